/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-held-frames.h"

void
rw_held_frame_free (RwHeldFrame *frame)
{
  g_bytes_unref (frame->payload);
  g_free (frame);
}

static void
free_frame (gpointer data)
{
  rw_held_frame_free (data);
}

void
rw_held_frames_init (RwHeldFrames *held)
{
  g_queue_init (&held->queue);
}

void
rw_held_frames_clear (RwHeldFrames *held)
{
  g_queue_clear_full (&held->queue, free_frame);
}

void
rw_held_frames_add (RwHeldFrames *held, const RwFrame *frame, GBytes *payload,
                    RwLane lane, gint64 arrival_us)
{
  RwHeldFrame *added;

  if (held->queue.length >= RW_HELD_FRAMES_MAX)
    rw_held_frame_free (g_queue_pop_head (&held->queue));
  added = g_new (RwHeldFrame, 1);
  added->frame = *frame;
  added->payload = payload != NULL ? g_bytes_ref (payload)
                                   : g_bytes_new (frame->data, frame->size);
  added->frame.data = NULL;
  added->lane = lane;
  added->arrival_us = arrival_us;
  g_queue_push_tail (&held->queue, added);
}

RwHeldFrame *
rw_held_frames_pop (RwHeldFrames *held)
{
  return g_queue_pop_head (&held->queue);
}
