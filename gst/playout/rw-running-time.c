/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-running-time.h"

/* See the header. */

void
rw_running_time_init (RwRunningTime *time, GstElement *element)
{
  *time = (RwRunningTime){.element = element,
                          .base = GST_CLOCK_TIME_NONE,
                          .started_us = g_get_monotonic_time ()};
}

void
rw_running_time_clear (RwRunningTime *time)
{
  gst_clear_object (&time->clock);
}

/* Another clock with the base time of the one before. */
static void
follow_clock (RwRunningTime *time, GstClock *clock, GstClockTimeDiff running,
              gint64 now_us)
{
  GstClockTime base = gst_element_get_base_time (time->element);

  if (base != time->base)
    time->shift = 0;
  else if (time->clock != NULL && time->clock != clock)
    time->shift = (GstClockTimeDiff) time->last +
                  (now_us - time->last_us) * GST_USECOND - running;
  time->base = base;
  gst_object_replace ((GstObject **) &time->clock, GST_OBJECT (clock));
}

GstClockTime
rw_running_time_get (RwRunningTime *time, gint64 at_us)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (time->element);
  gint64 now_us = g_get_monotonic_time ();
  GstClockTimeDiff running;

  if (clock == NULL)
    return MAX (at_us - time->started_us, 0) * GST_USECOND;
  running = GST_CLOCK_DIFF (gst_element_get_base_time (time->element),
                            gst_clock_get_time (clock));
  follow_clock (time, clock, running, now_us);
  time->last = (GstClockTime) MAX (running + time->shift, 0);
  time->last_us = now_us;
  running += time->shift - (now_us - at_us) * (gint64) GST_USECOND;
  return (GstClockTime) MAX (running, 0);
}
