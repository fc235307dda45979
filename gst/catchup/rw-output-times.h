/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RwOutputTimes: the times of audio that comes out at its own time, or, where
 * it comes too late for that, after the end of the audio before it. Late is
 * audio that a synchronizing sink would no longer play: by the clock of the
 * pipeline and its latency, and so only while the element plays.
 *
 * A caller-owned struct. One thread.
 */
typedef struct {
  GstElement *element; /* borrowed: its are the clock and the base time */
  GstSegment segment;
  GstClockTime latency; /* of the pipeline */
  GstClockTime in_end;  /* of the input, by its own times; NONE at first */
  GstClockTime out_end; /* of the output, or the time of the next; NONE at
                           first */
  gboolean is_discont;  /* the next output does not continue the last one */
} RwOutputTimes;

void rw_output_times_init (RwOutputTimes *self, GstElement *element);

/* A new segment begins, or the stream was flushed. */
void rw_output_times_reset (RwOutputTimes *self);

/**
 * rw_output_times_place:
 * @pts: of the next input
 * @is_contiguous: the output continues, whatever @pts is
 *
 * Sets out_end to the time of the next output: @pts, or the end of the output
 * so far, or, if that is too late, the earliest time that is not.
 */
void rw_output_times_place (RwOutputTimes *self, GstClockTime pts,
                            gboolean is_contiguous);

/* By how much the output is behind the input, in ns. */
gint64 rw_output_times_get_behind (const RwOutputTimes *self);

G_END_DECLS
