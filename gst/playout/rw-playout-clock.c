/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-playout-clock.h"

#include "rw-capture-origin.h"

void
rw_playout_clock_init (RwPlayoutClock *clock, GstElement *element)
{
  *clock = (RwPlayoutClock){.origin_ns = RW_CAPTURE_TIME_NONE};
  rw_running_time_init (&clock->running_time, element);
  rw_host_sleep_init (&clock->sleep);
}

void
rw_playout_clock_clear (RwPlayoutClock *clock)
{
  rw_running_time_clear (&clock->running_time);
}

void
rw_playout_clock_start (RwPlayoutClock *clock)
{
  clock->origin_ns = RW_CAPTURE_TIME_NONE;
  rw_host_sleep_init (&clock->sleep);
}

GstClockTime
rw_playout_clock_get_ns (RwPlayoutClock *clock, gint64 at_us)
{
  return rw_running_time_get (&clock->running_time, at_us);
}

void
rw_playout_clock_set_by_capture (RwPlayoutClock *clock, RwPlayout *playout,
                                 gboolean by_capture)
{
  clock->by_capture = by_capture;
  if (!by_capture)
    rw_playout_set_origin (playout, RW_CAPTURE_TIME_NONE);
}

void
rw_playout_clock_update_origin (RwPlayoutClock *clock, RwPlayout *playout)
{
  if (clock->by_capture &&
      rw_capture_origin_measure (&clock->origin_ns, &clock->running_time))
    rw_playout_set_origin (playout, clock->origin_ns);
}

void
rw_playout_clock_update_sleep (RwPlayoutClock *clock, RwPlayout *playout)
{
  gint64 slept_us = rw_host_sleep_take_us (&clock->sleep);

  if (slept_us > 0)
    rw_playout_note_sleep (playout, (guint64) slept_us * GST_USECOND);
}
