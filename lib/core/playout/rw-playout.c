/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-playout.h"

/* Hosts whose clocks differ by more are not synchronized. */
#define MAX_CAPTURE_ERROR_NS (10 * G_GINT64_CONSTANT (1000000000))

struct _RwPlayout {
  RwWindow *window;
  RwDelivery delivery;
  guint64 latency_ns;
  guint64 pipeline_ns; /* the latency of the whole pipeline */
  guint64 idle_ns;     /* when there was nothing to hand on, the last time */
  gint64 origin_ns;    /* UTC at running time 0, or NONE */

  RwLiveOffset live;
  guint32 live_serial;    /* the stream that it is of */
  RwLiveOffset last_live; /* of the stream before, not all of it popped */

  RwTimeline timeline;
  guint32 popped_serial; /* the stream that it is of */
  guint64 anchor_due_ns; /* no longer is a first live frame waited for */
  guint64 let_go_to;     /* lower frames were let go of */
  gboolean is_resumed;   /* and the next one is the first after it */
  gboolean is_jumping;   /* what has been given times for is let go of, too */
};

RwPlayout *
rw_playout_new (RwWindow *window, RwDelivery delivery, guint64 latency_ns)
{
  RwPlayout *playout = g_new0 (RwPlayout, 1);

  playout->window = window;
  playout->origin_ns = RW_CAPTURE_TIME_NONE;
  rw_live_offset_init (&playout->live);
  rw_live_offset_init (&playout->last_live);
  rw_timeline_init (&playout->timeline);
  rw_playout_set_delivery (playout, delivery, latency_ns);
  return playout;
}

void
rw_playout_free (RwPlayout *playout)
{
  if (playout == NULL)
    return;
  rw_window_free (playout->window);
  g_free (playout);
}

void
rw_playout_set_delivery (RwPlayout *playout, RwDelivery delivery,
                         guint64 latency_ns)
{
  playout->delivery = delivery;
  playout->timeline.is_live = delivery == RW_DELIVERY_LIVE;
  playout->latency_ns = MAX (latency_ns, RW_PLAYOUT_MIN_LATENCY_NS);
}

void
rw_playout_set_pipeline_latency (RwPlayout *playout, guint64 latency_ns)
{
  playout->pipeline_ns = latency_ns;
}

void
rw_playout_observe (RwPlayout *playout, guint32 serial, const RwFrame *frame,
                    guint64 arrival_ns, const RwRtt *rtt)
{
  gint64 queueing_us = rw_rtt_get_queueing_us (rtt);

  if (serial != playout->live_serial) {
    playout->last_live = playout->live;
    rw_live_offset_init (&playout->live);
    playout->live_serial = serial;
  }
  rw_live_offset_observe (&playout->live, frame, arrival_ns,
                          RW_TIMELINE_STEP_NS + queueing_us * 1000);
}

void
rw_playout_set_origin (RwPlayout *playout, gint64 origin_ns)
{
  playout->origin_ns = origin_ns;
}

void
rw_playout_note_sleep (RwPlayout *playout, guint64 slept_ns)
{
  playout->live.fallen_ns += (gint64) slept_ns;
}

/* Whether the live lane says when the frames belong that come out next. */
static gboolean
has_live (const RwPlayout *playout)
{
  return playout->live.known &&
         playout->live_serial == playout->popped_serial &&
         playout->popped_serial == rw_window_get_serial (playout->window);
}

/* A date that is set, there or here, must not move the audio. */
static gboolean
has_capture_time (const RwPlayout *playout, const RwFrame *frame,
                  gint64 *time_ns)
{
  gint64 live_ns;

  if (playout->origin_ns == RW_CAPTURE_TIME_NONE ||
      frame->capture_time_ns == RW_CAPTURE_TIME_NONE || !has_live (playout))
    return FALSE;
  *time_ns = frame->capture_time_ns - playout->origin_ns;
  live_ns = (gint64) frame->running_time_ns +
            rw_live_offset_get (&playout->live, frame->index);
  return ABS (*time_ns - live_ns) < MAX_CAPTURE_ERROR_NS;
}

/* When a frame is as old as the latency. A time that stood still at the
 * sender is no delay: until that is decided nothing is too old. */
static guint64
get_last_time (const RwPlayout *playout, const RwFrame *frame)
{
  gint64 time_ns, capture_ns;

  if (rw_live_offset_is_in_doubt (&playout->live, frame->index))
    return RW_TIME_NONE;
  time_ns = (gint64) frame->running_time_ns +
            rw_live_offset_get (&playout->live, frame->index);
  if (has_capture_time (playout, frame, &capture_ns))
    time_ns = MAX (time_ns, capture_ns);
  time_ns += (gint64) MAX (playout->latency_ns, playout->pipeline_ns);
  return (guint64) MAX (time_ns, 0);
}

/* Too old now, or when the sink would render it. A synchronized sink lets its
 * thread go for the next frame when the last one is just as old as the latency:
 * what has become too old since the thread left has a grace. */
static gboolean
is_too_old (const RwPlayout *playout, const RwFrame *frame, guint64 now_ns)
{
  guint64 last_ns = get_last_time (playout, frame);
  gint64 capture_ns;

  if (last_ns == RW_TIME_NONE)
    return FALSE;
  if (last_ns >= playout->idle_ns)
    last_ns += RW_PLAYOUT_GRACE_NS;
  if (now_ns > last_ns)
    return TRUE;
  return !has_capture_time (playout, frame, &capture_ns) &&
         rw_timeline_get_behind_ns (&playout->timeline, &playout->live, frame) >
             (gint64) RW_PLAYOUT_GRACE_NS;
}

/* After a jump: the time up to which frames came out is over. */
static void
finish_jump (RwPlayout *playout)
{
  guint64 index;
  RwFrame frame;

  while (playout->is_jumping && has_live (playout) &&
         rw_window_peek (playout->window, &index, &frame)) {
    gint64 time_ns = (gint64) frame.running_time_ns +
                     rw_live_offset_get (&playout->live, index);

    playout->is_jumping =
        time_ns + RW_TIMELINE_TOLERANCE_NS < (gint64) playout->timeline.end_ns;
    if (!playout->is_jumping)
      return;
    playout->let_go_to = index + 1;
    rw_window_discard_to (playout->window, index + 1);
  }
}

/* With delivery=live: lets go of what is too old, and of what is missing where
 * the frame after it cannot wait any longer. */
static void
leave_out (RwPlayout *playout, guint64 now_ns)
{
  guint64 index;
  RwFrame frame;

  if (playout->delivery != RW_DELIVERY_LIVE || !has_live (playout))
    return;
  while (rw_window_peek (playout->window, &index, &frame) &&
         is_too_old (playout, &frame, now_ns))
    rw_window_discard_to (playout->window, index + 1);
  if (rw_window_peek (playout->window, &index, &frame) &&
      now_ns + RW_PLAYOUT_GRACE_NS >= get_last_time (playout, &frame))
    rw_window_skip_to (playout->window, index);
}

/* The first frame waits for the live lane: what was repaired came late. */
static gboolean
is_waiting_for_anchor (const RwPlayout *playout, guint64 now_ns)
{
  return !playout->timeline.anchored && playout->popped_serial != 0 &&
         playout->popped_serial == rw_window_get_serial (playout->window) &&
         !has_live (playout) && now_ns < playout->anchor_due_ns;
}

static void
begin_stream (RwPlayout *playout, const RwWindowItem *item, guint64 now_ns)
{
  rw_timeline_restart (&playout->timeline);
  playout->popped_serial = item->serial;
  playout->anchor_due_ns = now_ns + RW_PLAYOUT_ANCHOR_NS;
  playout->let_go_to = 0;
  playout->is_jumping = FALSE;
}

static void
place (RwPlayout *playout, const RwFrame *frame, guint64 now_ns,
       RwPlacement *placement)
{
  RwLiveOffset none;
  RwLiveOffset *live = &none;

  rw_live_offset_init (&none);
  if (playout->popped_serial == playout->live_serial)
    live = &playout->live;
  else if (playout->popped_serial + 1 == playout->live_serial)
    live = &playout->last_live;
  rw_timeline_place (&playout->timeline, live, frame, now_ns, placement);
}

static void
place_frame (RwPlayout *playout, RwPlayoutItem *item, guint64 now_ns)
{
  const RwFrame *frame = &item->window.frame;
  RwPlacement placement;
  gint64 time_ns;

  if (has_capture_time (playout, frame, &time_ns))
    rw_timeline_place_at (&playout->timeline, frame, time_ns, &placement);
  else
    place (playout, frame, now_ns, &placement);
  item->time_ns = placement.time_ns;
  item->duration_ns = rw_frame_samples_to_ns (frame->duration);
  item->hole_ns = placement.hole_ns;
  item->step_ns = placement.step_ns;
  item->is_discont = (frame->flags & RW_FRAME_FLAG_DISCONT) ||
                     placement.hole_ns > 0 || placement.step_ns != 0 ||
                     playout->is_resumed;
  playout->is_resumed = FALSE;
}

/* A gap lasts to the frame after it, where there is one. */
static void
place_gap (RwPlayout *playout, RwPlayoutItem *item, guint64 now_ns)
{
  RwFrame end = {.index = item->window.to,
                 .running_time_ns = item->window.end_ns};
  RwPlacement placement;

  item->left_out = playout->delivery == RW_DELIVERY_LIVE;
  item->let_go = item->window.to <= playout->let_go_to;
  if (item->let_go || item->window.start_ns == RW_TIME_NONE ||
      item->window.end_ns == RW_TIME_NONE)
    return;
  place (playout, &end, now_ns, &placement);
  item->time_ns = placement.time_ns - placement.hole_ns;
  item->duration_ns = placement.hole_ns;
  item->step_ns = placement.step_ns;
}

gboolean
rw_playout_pop (RwPlayout *playout, guint64 now_ns, RwPlayoutItem *item)
{
  *item = (RwPlayoutItem){.time_ns = RW_TIME_NONE, .duration_ns = RW_TIME_NONE};
  if (is_waiting_for_anchor (playout, now_ns))
    return FALSE;
  finish_jump (playout);
  leave_out (playout, now_ns);
  if (!rw_window_pop (playout->window, &item->window)) {
    playout->idle_ns = now_ns;
    return FALSE;
  }
  if (item->window.type == RW_WINDOW_ITEM_STREAM)
    begin_stream (playout, &item->window, now_ns);
  else if (item->window.type == RW_WINDOW_ITEM_FRAME)
    place_frame (playout, item, now_ns);
  else if (item->window.type == RW_WINDOW_ITEM_GAP)
    place_gap (playout, item, now_ns);
  return TRUE;
}

guint64
rw_playout_get_deadline (const RwPlayout *playout, guint64 now_ns)
{
  guint64 index, last_ns;
  RwFrame frame;

  if (is_waiting_for_anchor (playout, now_ns))
    return playout->anchor_due_ns;
  if (playout->delivery != RW_DELIVERY_LIVE || !has_live (playout) ||
      !rw_window_peek (playout->window, &index, &frame))
    return RW_TIME_NONE;
  last_ns = get_last_time (playout, &frame);
  if (last_ns == RW_TIME_NONE)
    return RW_TIME_NONE;
  return last_ns > now_ns + RW_PLAYOUT_GRACE_NS ? last_ns - RW_PLAYOUT_GRACE_NS
                                                : last_ns + 1;
}

void
rw_playout_jump (RwPlayout *playout, gboolean is_resumed, guint64 now_ns)
{
  playout->let_go_to = rw_window_get_highest (playout->window);
  playout->is_resumed = playout->is_jumping = TRUE;
  rw_window_discard_to (playout->window, playout->let_go_to);
  rw_timeline_restart (&playout->timeline);
  playout->anchor_due_ns = now_ns + RW_PLAYOUT_ANCHOR_NS;
  if (is_resumed)
    rw_live_offset_init (&playout->live);
}
