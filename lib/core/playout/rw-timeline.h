/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-live-offset.h"

G_BEGIN_DECLS

/*
 * RwTimeline: when each frame comes out: the sender's running times on the
 * receiver's clock.
 *
 * A caller-owned struct. The offset in use is that of the live lane; it
 * follows drift slowly, takes steps at once, and is moved by nothing that was
 * repaired. Times that come out are contiguous while the error is small, and
 * are then corrected by all of it; they never go back.
 */

/* A smaller error is no reason to break what is contiguous. */
#define RW_TIMELINE_TOLERANCE_NS (15 * G_GINT64_CONSTANT (1000000))

/* Drift is followed by at most this much per second of audio: above that of
 * any crystal. */
#define RW_TIMELINE_SLEW_PPM 500

/* For so long after its first frame a stream settles: that frame may have been
 * late, so the offset follows quicker frames at once, by up to the second
 * value. A frame that was late by more was so because the receiver was paused.
 */
#define RW_TIMELINE_SETTLE_NS     (2 * G_GINT64_CONSTANT (1000000000))
#define RW_TIMELINE_LATE_START_NS (1 * G_GINT64_CONSTANT (1000000000))

/* A timeline that comes to be behind by more than this later (the receiver was
 * paused, or took a backlog with times before its own begin) stays behind until
 * a hole makes it good: nothing is left out. */
#define RW_TIMELINE_STEP_NS (100 * G_GINT64_CONSTANT (1000000))

typedef struct {
  gboolean anchored;
  gboolean is_live; /* set by the caller: a hole makes good whatever it is
                       behind by, since frames are left out for that */
  gint64 offset_ns; /* receiver time - sender time, in use */
  guint64 end_ns;   /* of what was placed, on the receiver's clock */
  /*< private >*/
  gboolean is_guess; /* no live frame had come when it was anchored */
  gboolean has_end;
  gboolean has_next;
  guint64 next_ns; /* where the sender's next frame meets the last one */
  guint64 last_ns; /* the time given last */
  gint64 owed_ns;  /* how far behind it is, less what it has caught up */
  guint64 anchor_ns;
  guint64 slewed_ns; /* sender time up to which the offset has followed */
} RwTimeline;

/**
 * RwPlacement:
 * @time_ns: running time of the frame at the receiver
 * @hole_ns: between the end of the last frame and @time_ns, 0 for none
 * @step_ns: by how much the offset was moved at once, 0 for not at all
 */
typedef struct {
  guint64 time_ns;
  guint64 hole_ns;
  gint64 step_ns;
} RwPlacement;

void rw_timeline_init (RwTimeline *timeline);

/* Another stream, or the same after a jump: the offset is found anew, but no
 * frame begins before the end of what was placed. */
void rw_timeline_restart (RwTimeline *timeline);

/* By how much later than the live lane says @frame would come out, if it came
 * next and the hole before it made good what it can. */
gint64 rw_timeline_get_behind_ns (const RwTimeline *timeline,
                                  const RwLiveOffset *live,
                                  const RwFrame *frame);

/**
 * rw_timeline_place:
 * @live: of the frame's stream
 * @frame: the next one to come out; of a gap its end, as a frame of no
 *   duration
 * @now_ns: the receiver's running time; anchors a stream of which no live
 *   frame has come
 */
void rw_timeline_place (RwTimeline *timeline, RwLiveOffset *live,
                        const RwFrame *frame, guint64 now_ns, RwPlacement *out);

/* As rw_timeline_place(), at a given time: only going back is refused.
 */
void rw_timeline_place_at (RwTimeline *timeline, const RwFrame *frame,
                           gint64 time_ns, RwPlacement *out);

G_END_DECLS
