/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-window.h"

#include <string.h>

/*
 * Frames wait in a ring of slots, index modulo its size, with a bitmap of
 * which are taken. Positions, all indices, in rising order:
 *
 *   handed   the cumulative ack: downstream has taken what is below
 *   popped   given out below this (to the pad's thread)
 *   base     the ring has room for [base, base + max_frames)
 *   missing  lowest index that is not here and not given up
 *   highest  one past the highest that is here
 *
 * Below *given_up what is missing is lost; it becomes a gap when its turn
 * comes. When a stream is replaced, what is left of it moves to a queue.
 */
#define MIN_SLOTS 64u

/* Indices are at most this, so that sums cannot overflow. */
#define MAX_INDEX (G_MAXUINT64 / 4)

/* Items of replaced streams that may wait for downstream. */
#define MAX_QUEUED(window) (4u * (window)->max_frames)

/* Gaps remembered to tell a late frame from a repeated one. */
#define N_RECENT_GAPS 16u

typedef struct {
  GBytes *payload;
  guint64 running_time_ns;
  gint64 capture_time_ns;
  guint16 duration;
  guint8 format;
  guint8 flags;
  gboolean repaired;
} Slot;

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
  guint64 highest;
  guint64 given_up;
  guint64 final;
  guint64 last_end_ns;
  guint64 stream_lost;
  gboolean announced; /* its STREAM item was popped */
  gboolean ended;     /* its ENDED item was popped */
  gboolean finished;  /* and handed on */

  Slot *slots;
  guint64 *taken;
  guint n_slots;
  guint bytes;
  guint n_given_up; /* frames that are here although given up */
  guint64 low;      /* no lower index is here; see get_lowest() */

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
  guint slots = MIN_SLOTS;

  max_frames = MIN (max_frames, 1u << 20);
  while (slots < (max_frames != 0 ? max_frames : RW_WINDOW_MAX_FRAMES))
    slots *= 2;
  window->max_frames = slots;
  window->max_bytes = max_bytes != 0 ? max_bytes : RW_WINDOW_MAX_BYTES;
  g_queue_init (&window->queue);
  window->formats = g_ptr_array_new_with_free_func (ref_string_free);
  window->final = RW_INDEX_NONE;
  window->last_end_ns = RW_TIME_NONE;
  return window;
}

/* The ring */

static Slot *
slot_of (const RwWindow *window, guint64 index)
{
  return &window->slots[index & (window->n_slots - 1)];
}

/* The lowest index that the ring must have room for. Frames below what was
 * given up are here only as long as downstream is slow. */
static guint64
get_base (const RwWindow *window)
{
  return window->n_given_up > 0 ? window->popped
                                : MAX (window->popped, window->given_up);
}

/* The ring holds [lowest, highest), and nothing else is here. */
static guint64
get_lowest (const RwWindow *window)
{
  return MAX (window->low, get_base (window));
}

static gboolean
is_here (const RwWindow *window, guint64 index)
{
  guint at = index & (window->n_slots - 1);

  return index >= get_lowest (window) && index < window->highest &&
         (window->taken[at / 64] >> (at % 64) & 1) != 0;
}

static void
mark (RwWindow *window, guint64 index, gboolean here)
{
  guint at = index & (window->n_slots - 1);
  guint64 bit = G_GUINT64_CONSTANT (1) << (at % 64);

  if (here)
    window->taken[at / 64] |= bit;
  else
    window->taken[at / 64] &= ~bit;
}

/* The lowest index in [from, to) whose bit is @here, else @to. The range lies
 * in the ring; 64 slots are looked at in one step. */
static guint64
scan (const RwWindow *window, guint64 from, guint64 to, gboolean here)
{
  while (from < to) {
    guint at = from & (window->n_slots - 1);
    guint64 word = window->taken[at / 64];

    word = (here ? word : ~word) >> (at % 64);
    if (word != 0)
      return MIN (to, from + __builtin_ctzll (word));
    from += 64 - at % 64;
  }
  return to;
}

/* The first frame that is here in [from, to), else @to. */
static guint64
find_here (const RwWindow *window, guint64 from, guint64 to)
{
  guint64 end = MIN (to, window->highest);
  guint64 found = scan (window, MAX (from, get_lowest (window)), end, TRUE);

  return found < end ? found : to;
}

/* The first index in [from, to) that is not here, else @to. */
static guint64
find_absent (const RwWindow *window, guint64 from, guint64 to)
{
  if (from >= to || from < get_lowest (window) || from >= window->highest)
    return MIN (from, to);
  return scan (window, from, MIN (to, window->highest), FALSE);
}

static void
free_slots (RwWindow *window)
{
  guint64 i, end = window->highest;

  for (i = find_here (window, window->popped, end); i < end;
       i = find_here (window, i + 1, end))
    g_bytes_unref (slot_of (window, i)->payload);
  g_clear_pointer (&window->slots, g_free);
  g_clear_pointer (&window->taken, g_free);
  window->n_slots = 0;
}

/* Grows the ring so that it holds [from, to). */
static void
make_room (RwWindow *window, guint64 from, guint64 to)
{
  guint old_n = window->n_slots;
  Slot *old_slots = window->slots;
  guint64 *old_taken = window->taken;
  guint64 i;

  if (to - from <= old_n)
    return;
  window->n_slots = MAX (MIN_SLOTS, old_n);
  while (window->n_slots < to - from)
    window->n_slots *= 2;
  window->slots = g_new (Slot, window->n_slots);
  window->taken = g_new0 (guint64, window->n_slots / 64);
  for (i = get_lowest (window); old_n > 0 && i < window->highest; i++) {
    guint at = i & (old_n - 1);

    if ((old_taken[at / 64] >> (at % 64) & 1) == 0)
      continue;
    *slot_of (window, i) = old_slots[at];
    mark (window, i, TRUE);
  }
  g_free (old_slots);
  g_free (old_taken);
}

static void
update_missing (RwWindow *window)
{
  window->missing =
      find_absent (window, MAX (window->missing, window->given_up), MAX_INDEX);
}

static void
give_up (RwWindow *window, guint64 below)
{
  guint64 from = MAX (window->popped, window->given_up);
  guint64 low = get_lowest (window);
  guint64 i;

  if (below <= from || below > MAX_INDEX) /* nothing new, or a lie */
    return;
  for (i = find_here (window, from, below); i < below;
       i = find_here (window, i + 1, below))
    window->n_given_up++;
  window->low = low;
  window->given_up = below;
  update_missing (window);
}

/* Streams */

void
rw_window_reset (RwWindow *window)
{
  free_slots (window);
  g_queue_clear_full (&window->queue, item_free);
  g_ptr_array_set_size (window->formats, 0);
  memset (window->stream_id, 0, sizeof window->stream_id);
  window->generation = 0;
  window->handed = window->popped = window->missing = window->highest = 0;
  window->given_up = window->stream_lost = 0;
  window->final = RW_INDEX_NONE;
  window->last_end_ns = RW_TIME_NONE;
  window->announced = window->ended = window->finished = FALSE;
  window->bytes = window->n_given_up = window->n_gaps = 0;
  window->low = 0;
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

/* Moves everything that is left of the current stream to the queue. */
static void
flush_stream (RwWindow *window)
{
  RwWindowItem item;

  give_up (window,
           window->final != RW_INDEX_NONE ? window->final : window->highest);
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
  window->handed = window->popped = window->missing = window->highest = start;
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
  if (is_here (window, index))
    return RW_WINDOW_DUPLICATE;
  if (index >= window->final)
    return RW_WINDOW_LATE;
  if (index >= base + window->max_frames)
    return RW_WINDOW_BEYOND;
  /* Given up, but not announced yet: still welcome where the ring allows. */
  if (index < base && window->highest > index + window->max_frames)
    return RW_WINDOW_LATE;
  /* What pop() waits for must never be refused. */
  if (index > base && window->bytes + frame->size > window->max_bytes)
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
  guint64 low = get_lowest (window);
  guint64 high = MAX (window->highest, index + 1);

  low = low >= window->highest ? index : MIN (low, index);
  make_room (window, low, high);
  window->low = low;
  window->highest = high;
  *slot_of (window, index) = (Slot){
      .payload = payload != NULL ? g_bytes_ref (payload)
                                 : g_bytes_new (frame->data, frame->size),
      .running_time_ns = frame->running_time_ns,
      .capture_time_ns = frame->capture_time_ns,
      .duration = frame->duration,
      .format = frame->format,
      .flags = frame->flags,
      .repaired = lane == RW_LANE_REPAIR,
  };
  mark (window, index, TRUE);
  window->bytes += g_bytes_get_size (slot_of (window, index)->payload);
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

static gboolean
pop_frame (RwWindow *window, RwWindowItem *item)
{
  guint64 index = window->popped;
  Slot *slot = slot_of (window, index);
  gsize size;

  item->type = RW_WINDOW_ITEM_FRAME;
  item->from = index;
  item->to = index + 1;
  item->payload = slot->payload;
  item->caps = g_ref_string_acquire (window->formats->pdata[slot->format]);
  item->repaired = slot->repaired;
  item->frame = (RwFrame){
      .index = index,
      .running_time_ns = slot->running_time_ns,
      .capture_time_ns = slot->capture_time_ns,
      .duration = slot->duration,
      .format = slot->format,
      .flags = slot->flags,
      .data = g_bytes_get_data (slot->payload, &size),
  };
  item->frame.size = size;

  mark (window, index, FALSE);
  window->bytes -= size;
  window->n_given_up -= index < window->given_up;
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
  item->end_ns = is_here (window, to) ? slot_of (window, to)->running_time_ns
                                      : RW_TIME_NONE;
  window->gaps[window->n_gaps++ % N_RECENT_GAPS] = (RwRange){item->from, to};
  window->last_end_ns = item->end_ns;
  window->popped = to;
  window->highest = MAX (window->highest, to);
  window->stats.gaps++;
  window->stats.lost += to - item->from;
  return TRUE;
}

/* A frame of which nobody told the format cannot be handed on: when its
 * stream is flushed it is lost. */
static gboolean
is_usable (const RwWindow *window, guint64 index)
{
  return is_here (window, index) &&
         slot_of (window, index)->format < window->formats->len;
}

static void
discard (RwWindow *window, guint64 index)
{
  Slot *slot = slot_of (window, index);

  window->bytes -= g_bytes_get_size (slot->payload);
  g_bytes_unref (slot->payload);
  mark (window, index, FALSE);
  window->n_given_up -= index < window->given_up;
}

/* Where the run of lost frames at the next position ends; the position itself
 * where it may not be announced yet. */
static guint64
get_gap_end (const RwWindow *window, gboolean flush)
{
  guint64 from = window->popped;
  guint64 limit = MIN (window->given_up, window->final);
  guint64 end = find_here (window, from, limit);

  if (from >= limit)
    return from;
  if (end < limit || end == window->final || is_here (window, end) || flush)
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
  if (is_here (window, window->popped)) {
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
  guint64 index;
  const Slot *slot;
  gsize size;

  if (window->n_slots == 0 || is_here (window, window->popped))
    return FALSE;
  index = find_here (window, window->popped, window->highest);
  if (index >= window->highest)
    return FALSE;
  slot = slot_of (window, index);
  *from = window->popped;
  *next = (RwFrame){
      .index = index,
      .running_time_ns = slot->running_time_ns,
      .capture_time_ns = slot->capture_time_ns,
      .duration = slot->duration,
      .format = slot->format,
      .flags = slot->flags,
      .data = g_bytes_get_data (slot->payload, &size),
  };
  next->size = size;
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
  return window->highest;
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
  if (window->bytes >= window->max_bytes)
    known_to = MIN (known_to, base + 1);

  report->next = rw_window_get_next (window);
  report->room = base + window->max_frames - report->next;
  report->n_ranges = 0;
  while (from < known_to && report->n_ranges < RW_MESSAGE_MAX_RANGES) {
    to = find_here (window, from, known_to);
    report->ranges[report->n_ranges++] = (RwRange){from, to};
    from = find_absent (window, to, known_to);
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
