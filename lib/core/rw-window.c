/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-window.h"

#include "rw-frame-ring.h"

#include <string.h>

/*
 * Frames wait in a ring. Positions, all indices, in rising order:
 *
 *   handed   the cumulative ack: downstream has taken what is below
 *   popped   given out below this (to the pad's thread)
 *   base     there is room for [base, base + max_frames)
 *   missing  lowest index that is not here and not given up
 *
 * Below *given_up what is missing is lost; it becomes a gap when its turn
 * comes. When a stream is replaced, what is left of it moves to a queue.
 */
/* Indices are at most this, so that sums cannot overflow. */
#define MAX_INDEX (G_MAXUINT64 / 4)

/* Items of replaced streams that may wait for downstream. */
#define MAX_QUEUED(window) (4u * (window)->max_frames)

/* Gaps remembered to tell a late frame from a repeated one. */
#define N_RECENT_GAPS 16u

/* No window is smaller. */
#define MIN_FRAMES 64u

struct _RwWindow {
  guint max_frames;
  guint max_bytes;
  GQueue queue; /* of RwWindowItem: what is left of replaced streams */

  /* the current stream */
  guint8 stream_id[RW_STREAM_ID_SIZE];
  guint32 serial; /* 0: none yet */
  guint32 generation;
  GPtrArray *formats;
  guint64 handed;
  guint64 popped;
  guint64 missing;
  guint64 given_up;
  guint64 final;
  guint64 last_end_ns;
  guint64 stream_lost;
  gboolean announced; /* its STREAM item was popped */
  gboolean ended;     /* its ENDED item was popped */
  gboolean finished;  /* and handed on */

  RwFrameRing ring;
  guint n_given_up; /* frames that are here although given up */

  RwRange gaps[N_RECENT_GAPS];
  guint n_gaps;

  RwWindowStats stats;
};

static void
ref_string_free (gpointer data)
{
  g_ref_string_release (data);
}

void
rw_window_item_clear (RwWindowItem *item)
{
  g_clear_pointer (&item->payload, g_bytes_unref);
  g_clear_pointer (&item->caps, g_ref_string_release);
  item->type = RW_WINDOW_ITEM_NONE;
}

static void
item_free (gpointer data)
{
  rw_window_item_clear (data);
  g_free (data);
}

RwWindow *
rw_window_new (guint max_frames, guint max_bytes)
{
  RwWindow *window = g_new0 (RwWindow, 1);

  max_frames = max_frames != 0 ? max_frames : RW_WINDOW_MAX_FRAMES;
  window->max_frames = CLAMP (max_frames, MIN_FRAMES, 1u << 20);
  window->max_bytes = max_bytes != 0 ? max_bytes : RW_WINDOW_MAX_BYTES;
  g_queue_init (&window->queue);
  window->formats = g_ptr_array_new_with_free_func (ref_string_free);
  window->final = RW_INDEX_NONE;
  window->last_end_ns = RW_TIME_NONE;
  return window;
}

/* Positions */

/* The lowest index that the ring must have room for. Frames below what was
 * given up are here only as long as downstream is slow. */
static guint64
get_base (const RwWindow *window)
{
  return window->n_given_up > 0 ? window->popped
                                : MAX (window->popped, window->given_up);
}

static void
update_missing (RwWindow *window)
{
  guint64 from = MAX (window->missing, window->given_up);

  window->missing = rw_frame_ring_find_absent (&window->ring, from, MAX_INDEX);
}

static void
give_up (RwWindow *window, guint64 below)
{
  guint64 from = MAX (window->popped, window->given_up);
  guint64 i;

  if (below <= from || below > MAX_INDEX) /* nothing new, or a lie */
    return;
  for (i = rw_frame_ring_find (&window->ring, from, below); i < below;
       i = rw_frame_ring_find (&window->ring, i + 1, below))
    window->n_given_up++;
  window->given_up = below;
  update_missing (window);
}

/* Streams */

void
rw_window_reset (RwWindow *window)
{
  rw_frame_ring_clear (&window->ring);
  g_queue_clear_full (&window->queue, item_free);
  g_ptr_array_set_size (window->formats, 0);
  memset (window->stream_id, 0, sizeof window->stream_id);
  window->generation = 0;
  window->handed = window->popped = window->missing = 0;
  window->given_up = window->stream_lost = 0;
  window->final = RW_INDEX_NONE;
  window->last_end_ns = RW_TIME_NONE;
  window->announced = window->ended = window->finished = FALSE;
  window->n_given_up = window->n_gaps = 0;
}

void
rw_window_free (RwWindow *window)
{
  if (window == NULL)
    return;
  rw_window_reset (window);
  g_ptr_array_unref (window->formats);
  g_free (window);
}

static gboolean
is_zero (const guint8 *stream_id)
{
  static const guint8 none[RW_STREAM_ID_SIZE];

  return memcmp (stream_id, none, sizeof none) == 0;
}

static gboolean
has_stream (const RwWindow *window)
{
  return !is_zero (window->stream_id);
}

static gboolean
is_current (RwWindow *window, guint32 serial)
{
#ifdef RW_MUTATION_NO_FENCING /* for the test of the simulation */
  return has_stream (window);
#endif
  return serial == window->serial && has_stream (window);
}

static gboolean pop_current (RwWindow *window, gboolean flush,
                             RwWindowItem *item);
static void discard (RwWindow *window, guint64 index);

/* Moves everything that is left of the current stream to the queue. */
static void
flush_stream (RwWindow *window)
{
  RwWindowItem item;

  give_up (window, window->final != RW_INDEX_NONE
                       ? window->final
                       : rw_window_get_highest (window));
  while (pop_current (window, TRUE, &item))
    g_queue_push_tail (&window->queue, g_memdup2 (&item, sizeof item));
}

static void
replace_stream (RwWindow *window, const guint8 *stream_id, guint64 start)
{
  GQueue queue;

  if (has_stream (window))
    flush_stream (window);
  queue = window->queue;
  g_queue_init (&window->queue);
  rw_window_reset (window);
  window->queue = queue;

  memcpy (window->stream_id, stream_id, RW_STREAM_ID_SIZE);
  window->serial++;
  window->handed = window->popped = window->missing = start;
  window->given_up = start;
}

guint32
rw_window_begin_stream (RwWindow *window, const guint8 *stream_id,
                        guint32 generation, guint64 start)
{
  gboolean same = has_stream (window) &&
                  memcmp (window->stream_id, stream_id, RW_STREAM_ID_SIZE) == 0;

  if (start > MAX_INDEX || is_zero (stream_id))
    return 0;
  if (same) {
    window->generation = MAX (window->generation, generation);
    give_up (window, start);
    return window->serial;
  }
#ifndef RW_MUTATION_NO_FENCING
  if (has_stream (window) && generation <= window->generation)
    return 0;
#endif
  if (window->queue.length > MAX_QUEUED (window))
    return 0;
  replace_stream (window, stream_id, start);
  window->generation = generation;
  return window->serial;
}

const guint8 *
rw_window_get_stream_id (const RwWindow *window)
{
  return window->stream_id;
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
  if (!is_current (window, serial) || id > window->formats->len ||
      id > G_MAXUINT8)
    return FALSE;
  if (id == window->formats->len)
    g_ptr_array_add (window->formats, g_ref_string_new_len (caps, length));
  return TRUE;
}

guint
rw_window_get_n_formats (const RwWindow *window)
{
  return window->formats->len;
}

/* In */

static gboolean
was_in_gap (const RwWindow *window, guint64 index)
{
  guint i;

  for (i = 0; i < MIN (window->n_gaps, N_RECENT_GAPS); i++)
    if (index >= window->gaps[i].from && index < window->gaps[i].to)
      return TRUE;
  return FALSE;
}

/* Whether and why a frame cannot be taken. */
static RwWindowResult
judge (RwWindow *window, guint32 serial, const RwFrame *frame)
{
  guint64 index = frame->index;
  guint64 base = get_base (window);

  if (!is_current (window, serial))
    return RW_WINDOW_FENCED;
  if (index < window->popped)
    return was_in_gap (window, index) ? RW_WINDOW_LATE : RW_WINDOW_DUPLICATE;
  if (rw_frame_ring_has (&window->ring, index))
    return RW_WINDOW_DUPLICATE;
  if (index >= window->final)
    return RW_WINDOW_LATE;
  if (index >= base + window->max_frames)
    return RW_WINDOW_BEYOND;
  /* Given up, but not announced yet: still welcome where the ring allows. */
  if (index < base && window->ring.high > index + window->max_frames)
    return RW_WINDOW_LATE;
  /* What pop() waits for must never be refused. */
  if (index > base && window->ring.bytes + frame->size > window->max_bytes)
    return RW_WINDOW_BEYOND;
  return RW_WINDOW_NEW;
}

static void
count_refused (RwWindow *window, RwWindowResult result)
{
  RwWindowStats *stats = &window->stats;

  stats->duplicate += result == RW_WINDOW_DUPLICATE;
  stats->late += result == RW_WINDOW_LATE;
  stats->beyond += result == RW_WINDOW_BEYOND;
  stats->fenced += result == RW_WINDOW_FENCED;
}

static void
store (RwWindow *window, const RwFrame *frame, GBytes *payload, RwLane lane)
{
  guint64 index = frame->index;

  rw_frame_ring_put (&window->ring, frame, payload, lane == RW_LANE_REPAIR);
  window->n_given_up += index < window->given_up;
  if (index == window->missing)
    update_missing (window);
}

RwWindowResult
rw_window_insert (RwWindow *window, guint32 serial, const RwFrame *frame,
                  GBytes *payload, RwLane lane)
{
  RwWindowResult result = judge (window, serial, frame);

  if (result != RW_WINDOW_NEW) {
    count_refused (window, result);
    return result;
  }
  store (window, frame, payload, lane);
  if (lane == RW_LANE_LIVE)
    window->stats.live++;
  else
    window->stats.repaired++;
  return RW_WINDOW_NEW;
}

void
rw_window_set_tail (RwWindow *window, guint32 serial, guint64 tail)
{
  if (is_current (window, serial))
    give_up (window, MIN (tail, window->final));
}

void
rw_window_skip_to (RwWindow *window, guint64 index)
{
  if (has_stream (window))
    give_up (window, MIN (index, window->final));
}

void
rw_window_discard_to (RwWindow *window, guint64 index)
{
  if (!has_stream (window))
    return;
  index = MIN (index, window->final);
  for (guint64 i = rw_frame_ring_find (&window->ring, window->popped, index);
       i < index; i = rw_frame_ring_find (&window->ring, i + 1, index))
    discard (window, i);
  give_up (window, index);
}

void
rw_window_end (RwWindow *window, guint32 serial, guint64 final)
{
  if (is_current (window, serial) && window->final == RW_INDEX_NONE &&
      final >= window->popped && final <= MAX_INDEX)
    window->final = final;
}

/* Out */

static gboolean
pop_stream (RwWindow *window, RwWindowItem *item)
{
  item->type = RW_WINDOW_ITEM_STREAM;
  item->from = item->to = window->popped;
  memcpy (item->stream_id, window->stream_id, RW_STREAM_ID_SIZE);
  window->announced = TRUE;
  window->stats.streams++;
  return TRUE;
}

/* Removes a frame from the ring; the slot's payload is the caller's. */
static void
take (RwWindow *window, guint64 index, RwFrameSlot *out)
{
  rw_frame_ring_take (&window->ring, index, out);
  window->n_given_up -= index < window->given_up;
}

static gboolean
pop_frame (RwWindow *window, RwWindowItem *item)
{
  guint64 index = window->popped;
  RwFrameSlot slot;

  take (window, index, &slot);
  rw_frame_slot_get (&slot, index, &item->frame);
  item->type = RW_WINDOW_ITEM_FRAME;
  item->from = index;
  item->to = index + 1;
  item->payload = slot.payload;
  item->caps = g_ref_string_acquire (window->formats->pdata[slot.format]);
  item->repaired = slot.repaired;
  window->last_end_ns = rw_frame_end_ns (&item->frame);
  window->popped++;
  return TRUE;
}

static gboolean
pop_gap (RwWindow *window, guint64 to, RwWindowItem *item)
{
  item->type = RW_WINDOW_ITEM_GAP;
  item->from = window->popped;
  item->to = to;
  item->start_ns = window->last_end_ns;
  if (rw_frame_ring_has (&window->ring, to))
    item->end_ns = rw_frame_ring_peek (&window->ring, to)->running_time_ns;
  window->gaps[window->n_gaps++ % N_RECENT_GAPS] = (RwRange){item->from, to};
  window->last_end_ns = item->end_ns;
  window->popped = to;
  window->stats.gaps++;
  window->stats.lost += to - item->from;
  return TRUE;
}

/* A frame of which nobody told the format cannot be handed on: when its
 * stream is flushed it is lost. */
static gboolean
is_usable (const RwWindow *window, guint64 index)
{
  return rw_frame_ring_has (&window->ring, index) &&
         rw_frame_ring_peek (&window->ring, index)->format <
             window->formats->len;
}

static void
discard (RwWindow *window, guint64 index)
{
  RwFrameSlot slot;

  take (window, index, &slot);
  g_bytes_unref (slot.payload);
}

/* Where the run of lost frames at the next position ends; the position itself
 * where it may not be announced yet. */
static guint64
get_gap_end (const RwWindow *window, gboolean flush)
{
  guint64 from = window->popped;
  guint64 limit = MIN (window->given_up, window->final);
  guint64 end = rw_frame_ring_find (&window->ring, from, limit);

  if (from >= limit)
    return from;
  if (end < limit || end == window->final ||
      rw_frame_ring_has (&window->ring, end) || flush)
    return end;
  return from;
}

static gboolean
pop_current (RwWindow *window, gboolean flush, RwWindowItem *item)
{
  guint64 end;

  *item = (RwWindowItem){.serial = window->serial};
  item->start_ns = item->end_ns = RW_TIME_NONE;
  if (!has_stream (window))
    return FALSE;
  if (!window->announced)
    return pop_stream (window, item);
  if (window->popped == window->final) {
    item->type = window->ended ? RW_WINDOW_ITEM_NONE : RW_WINDOW_ITEM_ENDED;
    item->from = item->to = window->popped;
    window->ended = TRUE;
    return item->type != RW_WINDOW_ITEM_NONE;
  }
  if (is_usable (window, window->popped))
    return pop_frame (window, item);
  if (rw_frame_ring_has (&window->ring, window->popped)) {
    if (!flush)
      return FALSE;
    discard (window, window->popped);
  }
  end = get_gap_end (window, flush);
  return end > window->popped && pop_gap (window, end, item);
}

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
  if (item->serial != window->serial || !has_stream (window))
    return;
  if (item->type == RW_WINDOW_ITEM_ENDED)
    window->finished = TRUE;
  if (item->type == RW_WINDOW_ITEM_GAP)
    window->stream_lost += item->to - item->from;
  window->handed = MAX (window->handed, item->to);
}

/* Looking */

gboolean
rw_window_get_hole (const RwWindow *window, guint64 *from, RwFrame *next)
{
  const RwFrameRing *ring = &window->ring;
  guint64 index = rw_frame_ring_find (ring, window->popped, ring->high);

  if (index >= ring->high || index == window->popped)
    return FALSE;
  *from = window->popped;
  rw_frame_slot_get (rw_frame_ring_peek (ring, index), index, next);
  return TRUE;
}

guint64
rw_window_get_next (const RwWindow *window)
{
#ifdef RW_MUTATION_ACK_BEFORE_HANDOVER /* for the test of the simulation */
  return window->missing;
#endif
  return window->handed;
}

guint64
rw_window_get_popped (const RwWindow *window)
{
  return window->popped;
}

guint64
rw_window_get_first_missing (const RwWindow *window)
{
  return window->missing;
}

guint64
rw_window_get_highest (const RwWindow *window)
{
  return MAX (window->ring.high, window->popped);
}

void
rw_window_get_report (const RwWindow *window, guint64 known_to,
                      RwReport *report)
{
  guint64 base = get_base (window);
  guint64 from = window->missing;
  guint64 to;

  /* What would be refused is not asked for. */
  known_to = MIN (MIN (known_to, window->final), base + window->max_frames);
  if (window->ring.bytes >= window->max_bytes)
    known_to = MIN (known_to, base + 1);

  report->next = rw_window_get_next (window);
  report->room = base + window->max_frames - report->next;
  report->n_ranges = 0;
  while (from < known_to && report->n_ranges < RW_MESSAGE_MAX_RANGES) {
    to = rw_frame_ring_find (&window->ring, from, known_to);
    report->ranges[report->n_ranges++] = (RwRange){from, to};
    from = rw_frame_ring_find_absent (&window->ring, to, known_to);
  }
  report->known_to = MAX (from, report->next);
}

gboolean
rw_window_is_finished (const RwWindow *window)
{
  return window->finished;
}

guint64
rw_window_get_stream_lost (const RwWindow *window)
{
  return window->stream_lost;
}

void
rw_window_get_stats (const RwWindow *window, RwWindowStats *stats)
{
  *stats = window->stats;
}
