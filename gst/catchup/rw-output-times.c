/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-output-times.h"

/* Scheduling makes up for less. */
#define LATE (40 * GST_MSECOND)

/* Late audio is timed so much before the last moment. */
#define MARGIN (20 * GST_MSECOND)

/* A decoder's own rounding leaves shorter holes. */
#define MIN_HOLE (5 * GST_MSECOND)

void
rw_output_times_init (RwOutputTimes *self, GstElement *element)
{
  *self = (RwOutputTimes){.element = element};
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  rw_output_times_reset (self);
}

void
rw_output_times_reset (RwOutputTimes *self)
{
  self->in_end = self->out_end = GST_CLOCK_TIME_NONE;
  self->is_discont = FALSE;
}

static GstClockTime
get_running_time (const RwOutputTimes *self)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (self->element);
  GstClockTime base_time = gst_element_get_base_time (self->element);
  GstClockTime now;

  if (clock == NULL || !GST_CLOCK_TIME_IS_VALID (base_time))
    return GST_CLOCK_TIME_NONE;
  now = gst_clock_get_time (clock);
  return now > base_time ? now - base_time : 0;
}

static GstClockTime
get_earliest (const RwOutputTimes *self, GstClockTime time)
{
  GstClockTime now = get_running_time (self);
  GstClockTime last =
      gst_segment_to_running_time (&self->segment, GST_FORMAT_TIME, time);

  if (!GST_CLOCK_TIME_IS_VALID (now) || !GST_CLOCK_TIME_IS_VALID (last))
    return time;
  last += self->latency;
  return now < last + LATE ? time : time + (now - last) + MARGIN;
}

void
rw_output_times_place (RwOutputTimes *self, GstClockTime pts,
                       gboolean is_contiguous)
{
  GstClockTime next = pts;
  gint64 overlap = 0;

  if (GST_CLOCK_TIME_IS_VALID (self->out_end))
    overlap = GST_CLOCK_DIFF (pts, self->out_end);
  if (overlap > (gint64) MIN_HOLE || is_contiguous)
    next = self->out_end;
  self->out_end = get_earliest (self, next);
  if (self->out_end != next || (next == pts && overlap < -(gint64) MIN_HOLE))
    self->is_discont = TRUE;
}

gint64
rw_output_times_get_behind (const RwOutputTimes *self)
{
  return GST_CLOCK_DIFF (self->in_end, self->out_end);
}
