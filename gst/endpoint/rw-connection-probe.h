/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"
#include "rw-signaller.h"
#include "rw-state.h"

G_BEGIN_DECLS

/*
 * RwConnectionProbe: probes the signalling connection at short intervals while
 * media is suspect or down, regardless of its back-off, because a TCP
 * connection that lived through an outage takes seconds to recover.
 *
 * Thread: control.
 */
typedef struct _RwConnectionProbe RwConnectionProbe;

RwConnectionProbe *rw_connection_probe_new (RwClock *clock,
                                            GMainContext *context,
                                            RwSignaller *signaller);
void rw_connection_probe_free (RwConnectionProbe *self);

/* Media has become @state. */
void rw_connection_probe_follow_media (RwConnectionProbe *self, RwState state);

G_END_DECLS
