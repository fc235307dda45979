/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-frame-ring.h"

#define MIN_SLOTS 64u

static RwFrameSlot *
slot_of (const RwFrameRing *ring, guint64 index)
{
  return &ring->slots[index & (ring->n_slots - 1)];
}

static void
mark (RwFrameRing *ring, guint64 index, gboolean taken)
{
  guint at = index & (ring->n_slots - 1);
  guint64 bit = G_GUINT64_CONSTANT (1) << (at % 64);

  if (taken)
    ring->taken[at / 64] |= bit;
  else
    ring->taken[at / 64] &= ~bit;
}

/* The first index in [from, to) whose bit is @taken, else @to. The range lies
 * within [low, high). */
static guint64
scan (const RwFrameRing *ring, guint64 from, guint64 to, gboolean taken)
{
  while (from < to) {
    guint at = from & (ring->n_slots - 1);
    guint64 word = ring->taken[at / 64];

    word = (taken ? word : ~word) >> (at % 64);
    if (word != 0)
      return MIN (to, from + __builtin_ctzll (word));
    from += 64 - at % 64;
  }
  return to;
}

guint64
rw_frame_ring_find (const RwFrameRing *ring, guint64 from, guint64 to)
{
  guint64 end = MIN (to, ring->high);
  guint64 found = scan (ring, MAX (from, ring->low), end, TRUE);

  return found < end ? found : to;
}

guint64
rw_frame_ring_find_absent (const RwFrameRing *ring, guint64 from, guint64 to)
{
  if (from >= to || from < ring->low || from >= ring->high)
    return MIN (from, to);
  return scan (ring, from, MIN (to, ring->high), FALSE);
}

gboolean
rw_frame_ring_has (const RwFrameRing *ring, guint64 index)
{
  guint at = index & (ring->n_slots - 1);

  return index >= ring->low && index < ring->high &&
         (ring->taken[at / 64] >> (at % 64) & 1) != 0;
}

void
rw_frame_ring_clear (RwFrameRing *ring)
{
  guint64 i;

  for (i = rw_frame_ring_find (ring, ring->low, ring->high); i < ring->high;
       i = rw_frame_ring_find (ring, i + 1, ring->high))
    g_bytes_unref (slot_of (ring, i)->payload);
  g_free (ring->slots);
  g_free (ring->taken);
  *ring = (RwFrameRing){0};
}

static void
grow (RwFrameRing *ring, guint64 span)
{
  RwFrameRing old = *ring;
  guint64 i;

  ring->n_slots = MAX (MIN_SLOTS, old.n_slots);
  while (ring->n_slots < span)
    ring->n_slots *= 2;
  ring->slots = g_new (RwFrameSlot, ring->n_slots);
  ring->taken = g_new0 (guint64, ring->n_slots / 64);
  for (i = rw_frame_ring_find (&old, old.low, old.high); i < old.high;
       i = rw_frame_ring_find (&old, i + 1, old.high)) {
    *slot_of (ring, i) = *slot_of (&old, i);
    mark (ring, i, TRUE);
  }
  g_free (old.slots);
  g_free (old.taken);
}

/* Extends [low, high) to include @index, and the ring accordingly. */
static void
stretch (RwFrameRing *ring, guint64 index)
{
  guint64 low = MIN (ring->low, index);
  guint64 high = MAX (ring->high, index + 1);

  if (ring->n_frames == 0) {
    low = index;
    high = index + 1;
  } else if (high - low > ring->n_slots) {
    /* Frames leave at the low end; low is recomputed lazily. */
    low = MIN (rw_frame_ring_find (ring, ring->low, ring->high), index);
  }
  if (high - low > ring->n_slots)
    grow (ring, high - low);
  ring->low = low;
  ring->high = high;
}

void
rw_frame_ring_put (RwFrameRing *ring, const RwFrame *frame, GBytes *payload,
                   gboolean repaired)
{
  RwFrameSlot *slot;

  stretch (ring, frame->index);
  slot = slot_of (ring, frame->index);
  *slot = (RwFrameSlot){
      .payload = payload != NULL ? g_bytes_ref (payload)
                                 : g_bytes_new (frame->data, frame->size),
      .running_time_ns = frame->running_time_ns,
      .capture_time_ns = frame->capture_time_ns,
      .duration = frame->duration,
      .format = frame->format,
      .flags = frame->flags,
      .repaired = repaired,
  };
  mark (ring, frame->index, TRUE);
  ring->n_frames++;
  ring->bytes += g_bytes_get_size (slot->payload);
}

void
rw_frame_ring_take (RwFrameRing *ring, guint64 index, RwFrameSlot *out)
{
  *out = *slot_of (ring, index);
  mark (ring, index, FALSE);
  ring->n_frames--;
  ring->bytes -= g_bytes_get_size (out->payload);
}

const RwFrameSlot *
rw_frame_ring_peek (const RwFrameRing *ring, guint64 index)
{
  return slot_of (ring, index);
}

void
rw_frame_slot_get (const RwFrameSlot *slot, guint64 index, RwFrame *out)
{
  gsize size;

  *out = (RwFrame){
      .index = index,
      .running_time_ns = slot->running_time_ns,
      .capture_time_ns = slot->capture_time_ns,
      .duration = slot->duration,
      .format = slot->format,
      .flags = slot->flags,
      .data = g_bytes_get_data (slot->payload, &size),
  };
  out->size = size;
}
