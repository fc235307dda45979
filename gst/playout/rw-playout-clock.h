/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-host-sleep.h"
#include "rw-playout.h"
#include "rw-running-time.h"

G_BEGIN_DECLS

/*
 * RwPlayoutClock: the times that a playout is given: the element's running
 * time, the origin of capture times, and how long the host has slept. A
 * caller-owned struct; the owner's lock guards it.
 */
typedef struct {
  RwRunningTime running_time;
  gboolean by_capture;
  gint64 origin_ns; /* UTC at running time 0, where it was measured */
  RwHostSleep sleep;
} RwPlayoutClock;

/* @element: not referenced. */
void rw_playout_clock_init (RwPlayoutClock *clock, GstElement *element);
void rw_playout_clock_clear (RwPlayoutClock *clock);

/* A new run, with another playout. */
void rw_playout_clock_start (RwPlayoutClock *clock);

/* Running time at @at_us of g_get_monotonic_time(), now or lately. */
GstClockTime rw_playout_clock_get_ns (RwPlayoutClock *clock, gint64 at_us);

/* Whether frames come out by their capture times; else by their arrival. */
void rw_playout_clock_set_by_capture (RwPlayoutClock *clock, RwPlayout *playout,
                                      gboolean by_capture);

/* Measures the origin of capture times, where they count. */
void rw_playout_clock_update_origin (RwPlayoutClock *clock, RwPlayout *playout);

/* Lets @playout pass over what the host has slept since the last call. */
void rw_playout_clock_update_sleep (RwPlayoutClock *clock, RwPlayout *playout);

G_END_DECLS
