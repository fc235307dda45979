/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-input-time.h"

/* See the header. */

/* Times that are off by less have not gone back. */
#define TOLERANCE_NS (15 * (gint64) GST_MSECOND)

void
rw_input_time_init (RwInputTime *time, GstElement *element)
{
  *time = (RwInputTime){.element = element,
                        .base_ns = GST_CLOCK_TIME_NONE,
                        .next_ns = RW_TIME_NONE};
}

void
rw_input_time_clear (RwInputTime *time)
{
  gst_clear_object (&time->clock);
}

void
rw_input_time_flush (RwInputTime *time)
{
  time->was_flushed = TRUE;
}

/* A pause moves the base time by its length. Times of another clock cannot be
 * compared. */
static gboolean
follow_base_time (RwInputTime *time)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (time->element);
  GstClockTime base_ns = gst_element_get_base_time (time->element);
  GstClockTimeDiff moved_ns = 0;

  if (clock == NULL)
    return FALSE;
  if (time->clock == clock && GST_CLOCK_TIME_IS_VALID (time->base_ns))
    moved_ns = GST_CLOCK_DIFF (time->base_ns, base_ns);
  time->base_ns = base_ns;
  gst_object_replace ((GstObject **) &time->clock, GST_OBJECT (clock));
  if (moved_ns <= 0)
    return FALSE;
  time->shift_ns += moved_ns;
  return moved_ns >= TOLERANCE_NS;
}

/* The frame is as far behind the last one as it comes later. */
static gboolean
follow_back (RwInputTime *time, guint64 running_ns, guint16 duration)
{
  gint64 tolerance_ns = time->was_flushed ? 0 : TOLERANCE_NS;
  gint64 pause_ns = (g_get_monotonic_time () - time->appended_us) * 1000 -
                    (gint64) rw_frame_samples_to_ns (duration);

  if (time->next_ns == RW_TIME_NONE ||
      (gint64) running_ns + time->shift_ns >=
          (gint64) time->next_ns - tolerance_ns)
    return FALSE;
  time->shift_ns = (gint64) (time->next_ns - running_ns) + MAX (pause_ns, 0);
  return TRUE;
}

guint64
rw_input_time_map (RwInputTime *time, GstClockTime running_ns, guint16 duration,
                   gboolean *is_moved)
{
  guint64 frame_ns;

  *is_moved = FALSE;
  if (GST_CLOCK_TIME_IS_VALID (running_ns)) {
    *is_moved = follow_base_time (time) && time->next_ns != RW_TIME_NONE;
    *is_moved |= follow_back (time, running_ns, duration);
    frame_ns = (guint64) ((gint64) running_ns + time->shift_ns);
  } else {
    frame_ns = time->next_ns == RW_TIME_NONE ? 0 : time->next_ns;
  }
  time->was_flushed = FALSE;
  time->next_ns = frame_ns + rw_frame_samples_to_ns (duration);
  time->appended_us = g_get_monotonic_time ();
  return frame_ns;
}
