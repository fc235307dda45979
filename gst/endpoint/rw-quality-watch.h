/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-quality-meter.h"

G_BEGIN_DECLS

/*
 * RwQualityWatch: samples the quality of each peer's connection once a second
 * through its owner, posts resilient-webrtc-quality on changes and
 * periodically, and reports the worst quality to the signalling server.
 *
 * Thread: control.
 */
typedef struct _RwQualityWatch RwQualityWatch;

/* The owner calls rw_quality_watch_take() for each peer whose connection can be
 * measured; the measurement of an omitted peer starts anew the next time. */
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
