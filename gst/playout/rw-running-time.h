/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * RwRunningTime: an element's running time as a function of monotonic time. It
 * goes on evenly when the element is given another clock and its base time is
 * still the former clock's. A caller-owned struct; the owner's lock guards it.
 */
typedef struct {
  GstElement *element; /* not referenced */
  GstClock *clock;     /* owned; the one that was asked last */
  GstClockTime base;
  GstClockTimeDiff shift; /* while base is not the clock's */
  GstClockTime last;
  gint64 last_us;
  gint64 started_us; /* without a clock, running time begins here */
} RwRunningTime;

void rw_running_time_init (RwRunningTime *time, GstElement *element);
void rw_running_time_clear (RwRunningTime *time);

/* At @at_us of g_get_monotonic_time(), now or lately. */
GstClockTime rw_running_time_get (RwRunningTime *time, gint64 at_us);

G_END_DECLS
