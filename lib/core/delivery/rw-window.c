/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-window.h"

#include "rw-window-stream.h"

#include <string.h>

/*
 * The current stream is an RwWindowStream. When another one replaces it, its
 * remaining items move to a queue, which is handed out first.
 */

/* Items of replaced streams that may wait for downstream. */
#define MAX_QUEUED(window) (4u * (window)->stream.buffer.max_frames)

/* No window is smaller. */
#define MIN_FRAMES 64u

struct _RwWindow {
  GQueue queue;          /* of RwWindowItem: what is left of replaced streams */
  RwWindowStream stream; /* the current one */
  guint32 serial;        /* its serial; 0: none yet */
  guint32 generation;    /* of the session that began it, or a newer one */
  RwWindowStats stats;
  RwWindow *mirror; /* not owned; or NULL */
};

static void
item_free (gpointer data)
{
  rw_window_item_free (data);
}

RwWindow *
rw_window_new (guint max_frames, guint max_bytes)
{
  RwWindow *window = g_new0 (RwWindow, 1);

  max_frames = max_frames != 0 ? max_frames : RW_WINDOW_MAX_FRAMES;
  max_bytes = max_bytes != 0 ? max_bytes : RW_WINDOW_MAX_BYTES;
  g_queue_init (&window->queue);
  rw_window_stream_init (&window->stream,
                         CLAMP (max_frames, MIN_FRAMES, 1u << 20), max_bytes);
  return window;
}

void
rw_window_reset (RwWindow *window)
{
  rw_window_stream_reset (&window->stream);
  g_queue_clear_full (&window->queue, item_free);
  window->generation = 0;
  if (window->mirror)
    rw_window_reset (window->mirror);
}

void
rw_window_free (RwWindow *window)
{
  if (window == NULL)
    return;
  rw_window_reset (window);
  rw_window_stream_clear (&window->stream);
  g_free (window);
}

/* Streams */

static gboolean
is_current (RwWindow *window, guint32 serial)
{
  return serial == window->serial && rw_window_stream_exists (&window->stream);
}

static gboolean
pop_current (RwWindow *window, gboolean flush, RwWindowItem *item)
{
  RwWindowStats *stats = &window->stats;
  gboolean has_item = rw_window_stream_pop (&window->stream, flush, item);

  item->serial = window->serial;
  if (item->type == RW_WINDOW_ITEM_STREAM)
    stats->streams++;
  if (item->type == RW_WINDOW_ITEM_GAP) {
    stats->gaps++;
    stats->lost += item->to - item->from;
  }
  return has_item;
}

/* Moves the remaining items of the current stream to the queue. */
static void
flush_stream (RwWindow *window)
{
  RwWindowItem item;

  rw_reorder_buffer_give_up (&window->stream.buffer,
                             window->stream.buffer.final != RW_INDEX_NONE
                                 ? window->stream.buffer.final
                                 : rw_window_get_highest (window));
  while (pop_current (window, TRUE, &item))
    g_queue_push_tail (&window->queue, g_memdup2 (&item, sizeof item));
}

static void
replace_stream (RwWindow *window, const guint8 *stream_id, guint64 start)
{
  if (rw_window_stream_exists (&window->stream))
    flush_stream (window);
  rw_window_stream_reset (&window->stream);
  rw_window_stream_begin (&window->stream, stream_id, start);
  window->serial++;
}

void
rw_window_set_mirror (RwWindow *window, RwWindow *mirror)
{
  window->mirror = mirror;
}

static guint32
begin_stream (RwWindow *window, const guint8 *stream_id, guint32 generation,
              guint64 start)
{
  static const guint8 none[RW_STREAM_ID_SIZE];
  gboolean exists = rw_window_stream_exists (&window->stream);

  if (start > RW_REORDER_MAX_INDEX ||
      memcmp (stream_id, none, sizeof none) == 0)
    return 0;
  if (exists && rw_window_stream_has_id (&window->stream, stream_id)) {
    window->generation = MAX (window->generation, generation);
    rw_reorder_buffer_give_up (&window->stream.buffer, start);
    return window->serial;
  }
  if (exists && generation <= window->generation)
    return 0;
  if (window->queue.length > MAX_QUEUED (window))
    return 0;
  replace_stream (window, stream_id, start);
  window->generation = generation;
  return window->serial;
}

guint32
rw_window_begin_stream (RwWindow *window, const guint8 *stream_id,
                        guint32 generation, guint64 start)
{
  guint32 serial = begin_stream (window, stream_id, generation, start);

  if (serial != 0 && window->mirror)
    begin_stream (window->mirror, stream_id, generation, start);
  return serial;
}

const guint8 *
rw_window_get_stream_id (const RwWindow *window)
{
  return window->stream.id;
}

guint32
rw_window_get_serial (const RwWindow *window)
{
  return window->serial;
}

gboolean
rw_window_set_format (RwWindow *window, guint32 serial, guint id,
                      const gchar *caps, gsize length)
{
  if (!is_current (window, serial))
    return FALSE;
  if (window->mirror)
    rw_window_set_format (window->mirror, window->mirror->serial, id, caps,
                          length);
  return rw_window_stream_set_format (&window->stream, id, caps, length);
}

guint
rw_window_get_n_formats (const RwWindow *window)
{
  return rw_window_stream_get_n_formats (&window->stream);
}

/* In */

static void
count_refused (RwWindow *window, RwWindowResult result)
{
  RwWindowStats *stats = &window->stats;

  stats->duplicate += result == RW_WINDOW_DUPLICATE;
  stats->late += result == RW_WINDOW_LATE;
}

RwWindowResult
rw_window_insert (RwWindow *window, guint32 serial, const RwFrame *frame,
                  GBytes *payload, RwLane lane)
{
  RwWindowResult result = is_current (window, serial)
                              ? rw_window_stream_check (&window->stream, frame)
                              : RW_WINDOW_FENCED;

  /* Also what this one has no room for. */
  if (window->mirror && result != RW_WINDOW_FENCED)
    rw_window_insert (window->mirror, window->mirror->serial, frame, payload,
                      lane);
  if (result != RW_WINDOW_NEW) {
    count_refused (window, result);
    return result;
  }
  rw_reorder_buffer_put (&window->stream.buffer, frame, payload,
                         lane == RW_LANE_REPAIR);
  if (lane == RW_LANE_LIVE)
    window->stats.live++;
  else
    window->stats.repaired++;
  return RW_WINDOW_NEW;
}

void
rw_window_set_tail (RwWindow *window, guint32 serial, guint64 tail)
{
  if (!is_current (window, serial))
    return;
  rw_window_stream_give_up (&window->stream, tail);
  if (window->mirror)
    rw_window_set_tail (window->mirror, window->mirror->serial, tail);
}

void
rw_window_skip_to (RwWindow *window, guint64 index)
{
  if (rw_window_stream_exists (&window->stream))
    rw_window_stream_give_up (&window->stream, index);
}

void
rw_window_discard_to (RwWindow *window, guint64 index)
{
  if (rw_window_stream_exists (&window->stream))
    rw_window_stream_discard_to (&window->stream, index);
}

void
rw_window_end (RwWindow *window, guint32 serial, guint64 final)
{
  if (!is_current (window, serial))
    return;
  rw_window_stream_end (&window->stream, final);
  if (window->mirror)
    rw_window_end (window->mirror, window->mirror->serial, final);
}

/* Out */

gboolean
rw_window_pop (RwWindow *window, RwWindowItem *item)
{
  RwWindowItem *queued = g_queue_pop_head (&window->queue);

  if (queued == NULL)
    return pop_current (window, FALSE, item);
  *item = *queued;
  g_free (queued);
  return TRUE;
}

void
rw_window_handed (RwWindow *window, const RwWindowItem *item)
{
  if (is_current (window, item->serial))
    rw_window_stream_handed (&window->stream, item);
}

/* Looking */

gboolean
rw_window_peek (const RwWindow *window, guint64 *index, RwFrame *frame)
{
  return rw_reorder_buffer_peek (&window->stream.buffer, index, frame);
}

guint64
rw_window_get_next (const RwWindow *window)
{
  return window->stream.handed;
}

guint64
rw_window_get_first_missing (const RwWindow *window)
{
  return window->stream.buffer.missing;
}

guint64
rw_window_get_highest (const RwWindow *window)
{
  return rw_reorder_buffer_get_highest (&window->stream.buffer);
}

void
rw_window_get_report (const RwWindow *window, guint64 known_to,
                      RwReport *report)
{
  report->next = rw_window_get_next (window);
  rw_reorder_buffer_fill_report (&window->stream.buffer, known_to, report);
}

gboolean
rw_window_is_finished (const RwWindow *window)
{
  return window->stream.finished;
}

guint64
rw_window_get_stream_lost (const RwWindow *window)
{
  return window->stream.lost;
}

void
rw_window_get_stats (const RwWindow *window, RwWindowStats *stats)
{
  *stats = window->stats;
}
