/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-timeline.h"

void
rw_timeline_init (RwTimeline *timeline)
{
  *timeline = (RwTimeline){0};
}

void
rw_timeline_restart (RwTimeline *timeline)
{
  timeline->anchored = FALSE;
  timeline->has_next = FALSE;
}

static void
anchor (RwTimeline *timeline, const RwLiveOffset *live, const RwFrame *frame,
        guint64 now_ns)
{
  if (timeline->anchored && !(timeline->is_guess && live->known))
    return;
  timeline->anchored = TRUE;
  timeline->is_guess = !live->known;
  timeline->offset_ns = live->known
                            ? rw_live_offset_get (live, frame->index)
                            : (gint64) (now_ns - frame->running_time_ns);
  timeline->anchor_ns = timeline->slewed_ns = frame->running_time_ns;
}

/* A stream with owed time began on time, with a backlog. */
static gboolean
has_begun_late (const RwTimeline *timeline, guint64 running_ns)
{
  return running_ns - timeline->anchor_ns < RW_TIMELINE_SETTLE_NS &&
         timeline->owed_ns == 0;
}

/* Moves the offset in use towards the observed one, by no more than the slew
 * since the last time. */
static void
slew (RwTimeline *timeline, const RwLiveOffset *live, const RwFrame *frame)
{
  guint64 running_ns = frame->running_time_ns;
  gint64 error, most;

  if (running_ns < timeline->slewed_ns) {
    timeline->slewed_ns = running_ns;
    return;
  }
  most = (gint64) ((running_ns - timeline->slewed_ns) / 1000000 *
                   RW_TIMELINE_SLEW_PPM);
  timeline->slewed_ns = running_ns;
  if (!live->known)
    return;
  error = rw_live_offset_get (live, frame->index) - timeline->offset_ns;
  if (error < 0 && error > -RW_TIMELINE_LATE_START_NS &&
      has_begun_late (timeline, running_ns))
    most = -error;
  else if (error < -RW_TIMELINE_STEP_NS && timeline->owed_ns < -error)
    return;
  error = CLAMP (error, -most, most);
  timeline->offset_ns += error;
  timeline->owed_ns = MAX (timeline->owed_ns + MIN (error, 0), 0);
}

/* A machine that does not keep up for a while looks the same: should the live
 * lane be quicker again, the time is owed. */
static gint64
take_step (RwTimeline *timeline, RwLiveOffset *live, const RwFrame *frame)
{
  gint64 before_ns = timeline->offset_ns;

  if (rw_live_offset_take_step (live, frame->index))
    timeline->offset_ns =
        MAX (before_ns, rw_live_offset_get (live, frame->index));
  timeline->owed_ns += timeline->offset_ns - before_ns;
  return timeline->offset_ns - before_ns;
}

/* A timeline that fell behind catches up where there is no audio. A sender that
 * is ahead of its own time has lost nothing. */
static void
catch_up (RwTimeline *timeline, RwLiveOffset *live, const RwFrame *frame)
{
  gint64 hole_ns, behind_ns;

  timeline->owed_ns += live->fallen_ns;
  live->fallen_ns = 0;
  if (!timeline->has_next || !live->known ||
      frame->running_time_ns <= timeline->next_ns)
    return;
  hole_ns = (gint64) (frame->running_time_ns - timeline->next_ns);
  behind_ns = timeline->offset_ns - rw_live_offset_get (live, frame->index);
  behind_ns = MIN (hole_ns, behind_ns);
  if (!timeline->is_live)
    behind_ns = MIN (behind_ns, timeline->owed_ns);
  if (behind_ns < RW_TIMELINE_TOLERANCE_NS)
    return;
  timeline->offset_ns -= behind_ns;
  timeline->owed_ns = MAX (timeline->owed_ns - behind_ns, 0);
}

/* Where the sender's time itself went back, its frame comes next, if not
 * later. */
static void
follow_back (RwTimeline *timeline, const RwFrame *frame)
{
  gint64 back_ns;

  if (!timeline->has_next)
    return;
  back_ns = (gint64) (timeline->next_ns - frame->running_time_ns);
  if (back_ns > RW_TIMELINE_TOLERANCE_NS)
    timeline->offset_ns =
        MAX (timeline->offset_ns,
             (gint64) timeline->end_ns - (gint64) frame->running_time_ns);
}

/* No time is negative, and no stream begins before the end of another. */
static void
keep_order (RwTimeline *timeline, const RwFrame *frame)
{
  gint64 floor_ns =
      timeline->has_end && !timeline->has_next ? (gint64) timeline->end_ns : 0;
  gint64 time_ns = (gint64) frame->running_time_ns + timeline->offset_ns;

  if (time_ns >= floor_ns)
    return;
  timeline->offset_ns += floor_ns - time_ns;
  timeline->owed_ns += floor_ns - time_ns;
}

/* Where the frame meets the last one, or the hole after it. */
static guint64
get_meeting_time (const RwTimeline *timeline, const RwFrame *frame)
{
  gint64 hole_ns = (gint64) (frame->running_time_ns - timeline->next_ns);

  if (!timeline->has_next || hole_ns < RW_TIMELINE_TOLERANCE_NS)
    return timeline->end_ns;
  return timeline->end_ns + (guint64) hole_ns;
}

/* Contiguous while the error is small; an overlap is made good by frames that
 * follow each other more quickly, never by going back. */
static guint64
choose_time (const RwTimeline *timeline, const RwFrame *frame)
{
  gint64 wanted_ns = (gint64) frame->running_time_ns + timeline->offset_ns;
  guint64 meeting_ns = get_meeting_time (timeline, frame);
  guint64 earliest_ns;

  if (!timeline->has_end)
    return (guint64) wanted_ns;
  if (ABS (wanted_ns - (gint64) meeting_ns) < RW_TIMELINE_TOLERANCE_NS)
    return meeting_ns;
  if (wanted_ns >= (gint64) timeline->end_ns)
    return (guint64) wanted_ns;
  earliest_ns =
      timeline->last_ns + (timeline->end_ns - timeline->last_ns + 1) / 2;
  return MAX ((guint64) MAX (wanted_ns, 0), earliest_ns);
}

static void
accept (RwTimeline *timeline, const RwFrame *frame, guint64 time_ns,
        RwPlacement *out)
{
  out->time_ns = time_ns;
  out->hole_ns = timeline->has_end && time_ns > timeline->end_ns
                     ? time_ns - timeline->end_ns
                     : 0;
  timeline->last_ns = time_ns;
  timeline->end_ns = time_ns + rw_frame_samples_to_ns (frame->duration);
  timeline->next_ns = rw_frame_end_ns (frame);
  timeline->has_end = timeline->has_next = TRUE;
}

gint64
rw_timeline_get_behind_ns (const RwTimeline *timeline, const RwLiveOffset *live,
                           const RwFrame *frame)
{
  gint64 behind_ns, hole_ns;

  if (!timeline->anchored || !timeline->has_next)
    return 0;
  behind_ns = timeline->offset_ns - rw_live_offset_get (live, frame->index);
  hole_ns = (gint64) (frame->running_time_ns - timeline->next_ns);
  return behind_ns - MAX (hole_ns, 0);
}

void
rw_timeline_place (RwTimeline *timeline, RwLiveOffset *live,
                   const RwFrame *frame, guint64 now_ns, RwPlacement *out)
{
  gboolean was_anchored = timeline->anchored;
  gint64 before_ns;

  anchor (timeline, live, frame, now_ns);
  out->step_ns = take_step (timeline, live, frame);
  slew (timeline, live, frame);
  before_ns = timeline->offset_ns;
  catch_up (timeline, live, frame);
  follow_back (timeline, frame);
  keep_order (timeline, frame);
  out->step_ns += timeline->offset_ns - before_ns;
  if (!was_anchored)
    out->step_ns = 0;

  accept (timeline, frame, choose_time (timeline, frame), out);
}

void
rw_timeline_place_at (RwTimeline *timeline, const RwFrame *frame,
                      gint64 time_ns, RwPlacement *out)
{
  gint64 earliest_ns = timeline->has_end ? (gint64) timeline->last_ns + 1 : 0;

  out->step_ns = 0;
  accept (timeline, frame, (guint64) MAX (time_ns, earliest_ns), out);
  if (out->hole_ns < RW_TIMELINE_TOLERANCE_NS)
    out->hole_ns = 0;
  timeline->anchored = TRUE;
  timeline->offset_ns = (gint64) out->time_ns - (gint64) frame->running_time_ns;
  timeline->anchor_ns = timeline->slewed_ns = frame->running_time_ns;
}
