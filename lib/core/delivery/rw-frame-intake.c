/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-frame-intake.h"

void
rw_frame_intake_init (RwFrameIntake *intake, RwWindow *window, const RwRtt *rtt,
                      gint64 reorder_us, RwReceiveLiveFunc live_func,
                      gpointer live_data)
{
  *intake = (RwFrameIntake){
      .window = window,
      .rtt = rtt,
      .reorder_us = reorder_us,
      .live_func = live_func,
      .live_data = live_data,
  };
  rw_held_frames_init (&intake->held);
}

void
rw_frame_intake_clear (RwFrameIntake *intake)
{
  rw_held_frames_clear (&intake->held);
}

gboolean
rw_frame_intake_is_current (const RwFrameIntake *intake)
{
  return intake->serial != 0 &&
         intake->serial == rw_window_get_serial (intake->window);
}

static gboolean
is_missing_any (const RwFrameIntake *intake)
{
  return rw_window_get_first_missing (intake->window) < intake->expected.mark;
}

gboolean
rw_frame_intake_expect_now (RwFrameIntake *intake, guint64 to)
{
  guint64 before = intake->expected.mark;

  rw_expected_mark_add_now (&intake->expected, to);
  return intake->expected.mark > before && is_missing_any (intake);
}

void
rw_frame_intake_expect_soon (RwFrameIntake *intake, guint64 to, gint64 now_us)
{
  rw_expected_mark_add (&intake->expected, to,
                        rw_window_get_first_missing (intake->window),
                        now_us + intake->reorder_us);
}

gboolean
rw_frame_intake_poll (RwFrameIntake *intake, gint64 now_us)
{
  return rw_expected_mark_ripen (&intake->expected, now_us) &&
         is_missing_any (intake);
}

static RwWindowResult
insert (RwFrameIntake *intake, const RwFrame *frame, GBytes *payload,
        RwLane lane, gint64 arrival_us)
{
  RwWindowResult result =
      rw_window_insert (intake->window, intake->serial, frame, payload, lane);

  if (result == RW_WINDOW_FENCED)
    intake->has_fenced = TRUE;
  if (lane == RW_LANE_LIVE && intake->live_func != NULL &&
      (result == RW_WINDOW_NEW || result == RW_WINDOW_BEYOND))
    intake->live_func (intake->serial, frame, arrival_us, intake->rtt,
                       intake->live_data);
  if (result != RW_WINDOW_NEW)
    return result;
  intake->has_new = TRUE;
  if (lane == RW_LANE_LIVE)
    intake->n_live++;
  else
    intake->n_repaired++;
  return result;
}

RwWindowResult
rw_frame_intake_put (RwFrameIntake *intake, const RwFrame *frame,
                     GBytes *payload, RwLane lane, gint64 now_us)
{
  if (intake->serial != 0)
    return insert (intake, frame, payload, lane, now_us);
  rw_held_frames_add (&intake->held, frame, payload, lane, now_us);
  return RW_WINDOW_NEW;
}

void
rw_frame_intake_begin (RwFrameIntake *intake, guint32 serial, gint64 now_us)
{
  RwHeldFrame *held;

  intake->serial = serial;
  while ((held = rw_held_frames_pop (&intake->held)) != NULL) {
    insert (intake, &held->frame, held->payload, held->lane, held->arrival_us);
    if (held->lane == RW_LANE_LIVE)
      rw_frame_intake_expect_soon (intake, held->frame.index, now_us);
    rw_held_frame_free (held);
  }
}
