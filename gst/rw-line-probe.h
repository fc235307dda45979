/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"
#include "rw-signaller.h"
#include "rw-state.h"

G_BEGIN_DECLS

/*
 * RwLineProbe: while media is suspect or down the signaller's line is tried
 * again and again, whatever its back-off says: a TCP connection that lived
 * through an outage takes seconds to notice its end.
 *
 * Thread: control.
 */
typedef struct _RwLineProbe RwLineProbe;

RwLineProbe *rw_line_probe_new (RwClock *clock, GMainContext *context,
                                RwSignaller *signaller);
void rw_line_probe_free (RwLineProbe *self);

/* Media has become @state. */
void rw_line_probe_follow_media (RwLineProbe *self, RwState state);

G_END_DECLS
