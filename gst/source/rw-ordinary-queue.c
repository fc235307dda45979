/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ordinary-queue.h"

/* See the header. */

/* Packets that wait for a slow pad: ten seconds of 20 ms. */
#define MAX_ITEMS 500

/* A jitter buffer holds a packet until its time has come. */
#define MAX_EARLY (200 * GST_MSECOND)

/* A burst at the beginning is over by then. */
#define SETTLE (1 * GST_SECOND)

/* The duration of a packet that states none. */
#define FALLBACK_DURATION (20 * GST_MSECOND)

static void
item_free (gpointer data)
{
  RwOrdinaryItem *item = data;

  gst_clear_buffer (&item->buffer);
  g_free (item);
}

void
rw_ordinary_queue_init (RwOrdinaryQueue *queue)
{
  RwFrame here = {0};

  *queue = (RwOrdinaryQueue){.settle_ns = GST_CLOCK_TIME_NONE};
  g_queue_init (&queue->items);
  rw_timeline_init (&queue->timeline);
  rw_live_offset_init (&queue->none);
  rw_live_offset_observe (&queue->none, &here, 0, 0);
}

void
rw_ordinary_queue_clear (RwOrdinaryQueue *queue)
{
  g_queue_clear_full (&queue->items, item_free);
}

void
rw_ordinary_queue_reset (RwOrdinaryQueue *queue)
{
  rw_ordinary_queue_clear (queue);
  rw_ordinary_queue_init (queue);
}

static void
push (RwOrdinaryQueue *queue, const RwOrdinaryItem *item)
{
  if (queue->items.length >= MAX_ITEMS) {
    item_free (g_queue_pop_head (&queue->items));
    queue->dropped++;
  }
  g_queue_push_tail (&queue->items, g_memdup2 (item, sizeof *item));
}

void
rw_ordinary_queue_push (RwOrdinaryQueue *queue, GstBuffer *buffer)
{
  RwOrdinaryItem item = {.buffer = buffer,
                         .time_ns = GST_BUFFER_PTS (buffer),
                         .duration_ns = GST_BUFFER_DURATION (buffer)};

  if (!GST_CLOCK_TIME_IS_VALID (item.duration_ns))
    item.duration_ns = FALLBACK_DURATION;
  queue->pushed++;
  push (queue, &item);
}

void
rw_ordinary_queue_push_lost (RwOrdinaryQueue *queue, GstClockTime pts,
                             GstClockTime duration)
{
  RwOrdinaryItem item = {.time_ns = pts, .duration_ns = duration};

  if (GST_CLOCK_TIME_IS_VALID (pts) && GST_CLOCK_TIME_IS_VALID (duration))
    push (queue, &item);
}

/* Lost audio reaches from the end of the audio before it to its own end. */
static void
place (RwOrdinaryQueue *queue, RwOrdinaryItem *item)
{
  gboolean is_lost = item->buffer == NULL;
  RwFrame frame = {.running_time_ns =
                       item->time_ns + (is_lost ? item->duration_ns : 0)};
  RwPlacement placement;

  if (!is_lost)
    frame.duration = (guint16) gst_util_uint64_scale_round (
        MIN (item->duration_ns, GST_SECOND), RW_FRAME_RATE, GST_SECOND);
  rw_timeline_place (&queue->timeline, &queue->none, &frame,
                     frame.running_time_ns, &placement);
  item->step_ns = placement.step_ns;
  item->time_ns = placement.time_ns;
  if (is_lost) {
    item->time_ns -= placement.hole_ns;
    item->duration_ns = placement.hole_ns;
    queue->lost_ns += placement.hole_ns;
  } else {
    queue->next_ns = frame.running_time_ns + item->duration_ns;
    item->hole_ns = placement.hole_ns;
    item->lost_ns = queue->lost_ns;
    queue->lost_ns = 0;
  }
}

/* Of a burst at the beginning, but its first packet. */
static gboolean
is_passed_over (RwOrdinaryQueue *queue, const RwOrdinaryItem *item,
                GstClockTime now)
{
  if (!GST_CLOCK_TIME_IS_VALID (item->time_ns) || item->buffer == NULL)
    return FALSE;
  if (!GST_CLOCK_TIME_IS_VALID (queue->settle_ns))
    queue->settle_ns = now + SETTLE;
  return now < queue->settle_ns &&
         item->time_ns + RW_TIMELINE_TOLERANCE_NS < queue->next_ns;
}

/* Timed by the base time from before a pause. */
static gboolean
is_stale (const RwOrdinaryItem *item, GstClockTime now)
{
  return GST_CLOCK_TIME_IS_VALID (item->time_ns) &&
         item->time_ns > now + MAX_EARLY;
}

gboolean
rw_ordinary_queue_pop (RwOrdinaryQueue *queue, GstClockTime now,
                       RwOrdinaryItem *item)
{
  RwOrdinaryItem *queued;

  while ((queued = g_queue_pop_head (&queue->items)) != NULL) {
    if (is_stale (queued, now) || is_passed_over (queue, queued, now)) {
      queue->dropped += is_stale (queued, now);
      item_free (queued);
      continue;
    }
    *item = *queued;
    g_free (queued);
    if (GST_CLOCK_TIME_IS_VALID (item->time_ns))
      place (queue, item);
    return TRUE;
  }
  return FALSE;
}
