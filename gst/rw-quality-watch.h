/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-quality-meter.h"

G_BEGIN_DECLS

/*
 * RwQualityWatch: once a second it asks its owner for a sample of each peer's
 * connection, posts a resilient-webrtc-quality where there is something to
 * tell, and reports the worst of them to the signalling server.
 *
 * Thread: control.
 */
typedef struct _RwQualityWatch RwQualityWatch;

/* Answered by rw_quality_watch_take() for each peer whose connection is well
 * enough to be measured; what is left out begins anew the next time. */
typedef void (*RwQualityCollectFunc) (RwQualityWatch *watch, gpointer data);

/* @signaller outlives it. */
RwQualityWatch *rw_quality_watch_new (RwEndpoint *endpoint,
                                      RwSignaller *signaller,
                                      RwQualityCollectFunc collect,
                                      gpointer data);
void rw_quality_watch_free (RwQualityWatch *self);

void rw_quality_watch_take (RwQualityWatch *self, const char *peer_id,
                            const RwQualitySample *sample);

G_END_DECLS
