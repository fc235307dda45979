/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwStepTime:
 * How long the steps of attempts have taken lately (from a description to the
 * transport, from there to audio), and so how long the next one may take on
 * this machine, over this path. Smoothed as TCP does it. A step that was given
 * up before its end says only that it takes longer: so the next one may take
 * twice as long, four seconds at the most. Each step that ends takes half of
 * that back. Caller-owned, pure.
 */
typedef struct {
  gint64 mean_us; /* 0: none yet */
  gint64 deviation_us;
  gint64 patience_us; /* after time-outs */
} RwStepTime;

void rw_step_time_take (RwStepTime *self, gint64 took_us);

/** rw_step_time_note_timeout: a step has not ended in its time, which was
 * rw_step_time_get_timeout_us() with the same @least_us. */
void rw_step_time_note_timeout (RwStepTime *self, gint64 least_us);

/** rw_step_time_get_timeout_us: no less than @least_us, and than ten seconds no
 * more: what takes longer is dead whatever the others took. */
gint64 rw_step_time_get_timeout_us (const RwStepTime *self, gint64 least_us);

G_END_DECLS
