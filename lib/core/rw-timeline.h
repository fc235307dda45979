/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame.h"

G_BEGIN_DECLS

/*
 * RwTimeline: the sender's running times on the receiver's clock.
 *
 * A caller-owned struct. Live frames that arrive tell the offset of the two
 * clocks plus the path's delay; its least value over a window is the truth
 * plus the shortest delay, and moves only as fast as the clocks drift apart.
 * The offset in use follows it slowly, so that a healthy link never steps.
 * Repaired frames are mapped but never observed.
 */

#define RW_TIMELINE_PERIOD_NS (5 * G_GUINT64_CONSTANT (1000000000))

/* The offset in use moves by at most this much per second of audio: 500 ppm,
 * above any crystal's drift, below what an ear or a sink's skew logic minds.*/
#define RW_TIMELINE_SLEW_PPM 500

typedef struct {
  gboolean anchored;
  gint64 offset_ns; /* receiver time - sender time, in use */
  /*< private >*/
  gint64 minimum_ns[2]; /* this period's and the last one's least offset */
  guint64 period_ns;    /* sender time when this period began */
  guint n_periods;
  guint64 slewed_ns;   /* sender time up to which the offset has followed */
  guint64 last_end_ns; /* end of what was mapped, on the receiver's clock */
  guint64 floor_ns;    /* a new stream begins no earlier */
} RwTimeline;

void rw_timeline_init (RwTimeline *timeline);

/* A new stream's running times begin elsewhere: find the offset anew, but
 * never let its first frame begin before the end of what was mapped. */
void rw_timeline_restart (RwTimeline *timeline);

/* A live frame with this running time arrived at @arrival_ns. */
void rw_timeline_observe (RwTimeline *timeline, guint64 running_time_ns,
                          guint64 arrival_ns);

/* What the offset would be if it had followed at once: by the live frames of
 * late, the one in use where there were none. A stream that began with a
 * backlog is mapped late by it for long; what is late is judged by this. */
gint64 rw_timeline_get_live_offset (const RwTimeline *timeline);

/**
 * rw_timeline_map:
 * @running_time_ns: of the frame to hand on, at the sender
 * @duration_ns: of it
 * @now_ns: the receiver's running time; anchors a stream of which no live
 *   frame was seen
 *
 * Returns: its time at the receiver.
 */
guint64 rw_timeline_map (RwTimeline *timeline, guint64 running_time_ns,
                         guint64 duration_ns, guint64 now_ns);

G_END_DECLS
