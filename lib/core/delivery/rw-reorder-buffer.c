/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-reorder-buffer.h"

void
rw_reorder_buffer_begin (RwReorderBuffer *buffer, guint64 start)
{
  rw_frame_ring_clear (&buffer->ring);
  buffer->popped = buffer->missing = buffer->given_up = start;
  buffer->final = RW_INDEX_NONE;
  buffer->n_given_up = 0;
}

guint64
rw_reorder_buffer_get_base (const RwReorderBuffer *buffer)
{
  return buffer->n_given_up > 0 ? buffer->popped
                                : MAX (buffer->popped, buffer->given_up);
}

guint64
rw_reorder_buffer_get_highest (const RwReorderBuffer *buffer)
{
  return MAX (buffer->ring.high, buffer->popped);
}

static void
update_missing (RwReorderBuffer *buffer)
{
  guint64 from = MAX (buffer->missing, buffer->given_up);

  buffer->missing =
      rw_frame_ring_find_absent (&buffer->ring, from, RW_REORDER_MAX_INDEX);
}

void
rw_reorder_buffer_give_up (RwReorderBuffer *buffer, guint64 below)
{
  guint64 from = MAX (buffer->popped, buffer->given_up);
  guint64 i;

  if (below <= from || below > RW_REORDER_MAX_INDEX) /* not new, or invalid */
    return;
  for (i = rw_frame_ring_find (&buffer->ring, from, below); i < below;
       i = rw_frame_ring_find (&buffer->ring, i + 1, below))
    buffer->n_given_up++;
  buffer->given_up = below;
  update_missing (buffer);
}

void
rw_reorder_buffer_put (RwReorderBuffer *buffer, const RwFrame *frame,
                       GBytes *payload, gboolean repaired)
{
  guint64 index = frame->index;

  rw_frame_ring_put (&buffer->ring, frame, payload, repaired);
  buffer->n_given_up += index < buffer->given_up;
  if (index == buffer->missing)
    update_missing (buffer);
}

/* Removes a frame from the ring; the slot's payload is the caller's. */
static void
take (RwReorderBuffer *buffer, guint64 index, RwFrameSlot *out)
{
  rw_frame_ring_take (&buffer->ring, index, out);
  buffer->n_given_up -= index < buffer->given_up;
}

void
rw_reorder_buffer_pop (RwReorderBuffer *buffer, RwFrameSlot *out)
{
  take (buffer, buffer->popped, out);
  buffer->popped++;
}

void
rw_reorder_buffer_pop_gap (RwReorderBuffer *buffer, guint64 to)
{
  buffer->popped = to;
}

static void
discard (RwReorderBuffer *buffer, guint64 index)
{
  RwFrameSlot slot;

  take (buffer, index, &slot);
  g_bytes_unref (slot.payload);
}

void
rw_reorder_buffer_discard_next (RwReorderBuffer *buffer)
{
  discard (buffer, buffer->popped);
}

void
rw_reorder_buffer_discard_to (RwReorderBuffer *buffer, guint64 index)
{
  guint64 i;

  for (i = rw_frame_ring_find (&buffer->ring, buffer->popped, index); i < index;
       i = rw_frame_ring_find (&buffer->ring, i + 1, index))
    discard (buffer, i);
  rw_reorder_buffer_give_up (buffer, index);
}

guint64
rw_reorder_buffer_get_gap_end (const RwReorderBuffer *buffer, gboolean flush)
{
  guint64 from = buffer->popped;
  guint64 limit = MIN (buffer->given_up, buffer->final);
  guint64 end = rw_frame_ring_find (&buffer->ring, from, limit);

  if (from >= limit)
    return from;
  if (end < limit || end == buffer->final ||
      rw_frame_ring_has (&buffer->ring, end) || flush)
    return end;
  return from;
}

gboolean
rw_reorder_buffer_peek (const RwReorderBuffer *buffer, guint64 *index,
                        RwFrame *frame)
{
  const RwFrameRing *ring = &buffer->ring;

  *index = rw_frame_ring_find (ring, buffer->popped, ring->high);
  if (*index >= ring->high)
    return FALSE;
  rw_frame_slot_get (rw_frame_ring_peek (ring, *index), *index, frame);
  return TRUE;
}

void
rw_reorder_buffer_fill_report (const RwReorderBuffer *buffer, guint64 known_to,
                               RwReport *report)
{
  guint64 base = rw_reorder_buffer_get_base (buffer);
  guint64 from = buffer->missing;
  guint64 to;

  /* Frames that the window would refuse are not requested. */
  known_to = MIN (MIN (known_to, buffer->final), base + buffer->max_frames);
  if (buffer->ring.bytes >= buffer->max_bytes)
    known_to = MIN (known_to, base + 1);

  report->credit = base + buffer->max_frames - report->next;
  report->n_ranges = 0;
  while (from < known_to && report->n_ranges < RW_MESSAGE_MAX_RANGES) {
    to = rw_frame_ring_find (&buffer->ring, from, known_to);
    report->ranges[report->n_ranges++] = (RwRange){from, to};
    from = rw_frame_ring_find_absent (&buffer->ring, to, known_to);
  }
  report->known_to = MAX (from, report->next);
}
