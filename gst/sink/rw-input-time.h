/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-frame.h"

G_BEGIN_DECLS

/*
 * RwInputTime: the running times of the stream's frames. They are those of the
 * input as long as these go on with the clock; over a pause of the pipeline, a
 * flush and an input whose times go back they go on as the clock did.
 *
 * A caller-owned struct of the upstream thread.
 */
typedef struct {
  GstElement *element; /* whose clock and base time count; not referenced */
  GstClock *clock;     /* owned; that base_ns is a time of */
  GstClockTime base_ns;
  gint64 shift_ns;      /* from the input's running time to the stream's */
  guint64 next_ns;      /* where a frame begins that meets the last one */
  gint64 appended_us;   /* when the last frame was */
  gboolean was_flushed; /* since then */
} RwInputTime;

void rw_input_time_init (RwInputTime *time, GstElement *element);
void rw_input_time_clear (RwInputTime *time);

/* A flushing seek may send the input's running time back to zero. */
void rw_input_time_flush (RwInputTime *time);

/**
 * rw_input_time_map:
 * @running_ns: of the buffer, or %GST_CLOCK_TIME_NONE
 * @duration: of it, samples
 * @is_moved: (out): the clock went on while the input's time did not
 *
 * Returns: the running time of the frame in the stream.
 */
guint64 rw_input_time_map (RwInputTime *time, GstClockTime running_ns,
                           guint16 duration, gboolean *is_moved);

G_END_DECLS
