/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>

G_BEGIN_DECLS

/*
 * RwCatchUp: an element behind the decoder, for delivery=catch-up: audio that
 * comes too late for its time is moved to the present, and the audio after it
 * is played at a raised tempo, with the pitch kept, until it is on time again.
 * Pauses of the speech and holes are shortened meanwhile. Faster audio has the
 * metas of the newest buffer in it. Audio that is on
 * time passes as it is.
 *
 * Late is audio that no synchronizing sink would play: by the pipeline's clock
 * and latency, so only while the element plays.
 *
 * Threads: the streaming thread, and any for the rate and the lag.
 */
#define RW_TYPE_CATCH_UP (rw_catch_up_get_type ())
G_DECLARE_FINAL_TYPE (RwCatchUp, rw_catch_up, RW, CATCH_UP, GstElement)

/* @rate: the tempo while it catches up, 1 to 2. */
GstElement *rw_catch_up_new (double rate);

/* Holds from the next time that it is late. */
void rw_catch_up_set_rate (RwCatchUp *self, double rate);

/* Of the pipeline: until then a sink still plays what is late. */
void rw_catch_up_set_latency (RwCatchUp *self, GstClockTime latency);

/* Puts out the audio that it holds. Streaming thread. */
void rw_catch_up_finish (RwCatchUp *self);

/* By how much the audio comes out later than its time. */
GstClockTime rw_catch_up_get_behind (RwCatchUp *self);

G_END_DECLS
