/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-window-stream.h"

#include <string.h>

/*
 * Frames wait in the reorder buffer until they are popped; the cumulative ack,
 * *handed*, follows when downstream has taken them.
 */

static void
ref_string_free (gpointer data)
{
  g_ref_string_release (data);
}

void
rw_window_stream_init (RwWindowStream *stream, guint max_frames,
                       guint max_bytes)
{
  *stream = (RwWindowStream){
      .buffer = {.max_frames = max_frames, .max_bytes = max_bytes},
      .last_end_ns = RW_TIME_NONE,
      .formats = g_ptr_array_new_with_free_func (ref_string_free),
  };
  rw_reorder_buffer_begin (&stream->buffer, 0);
}

void
rw_window_stream_reset (RwWindowStream *stream)
{
  rw_reorder_buffer_begin (&stream->buffer, 0);
  g_ptr_array_set_size (stream->formats, 0);
  memset (stream->id, 0, sizeof stream->id);
  stream->handed = stream->lost = 0;
  stream->last_end_ns = RW_TIME_NONE;
  stream->announced = stream->ended = stream->finished = FALSE;
  stream->gaps = (RwGapHistory){0};
}

void
rw_window_stream_clear (RwWindowStream *stream)
{
  rw_window_stream_reset (stream);
  g_clear_pointer (&stream->formats, g_ptr_array_unref);
}

void
rw_window_stream_begin (RwWindowStream *stream, const guint8 *id, guint64 start)
{
  memcpy (stream->id, id, RW_STREAM_ID_SIZE);
  rw_reorder_buffer_begin (&stream->buffer, start);
  stream->handed = start;
}

gboolean
rw_window_stream_has_id (const RwWindowStream *stream, const guint8 *id)
{
  return memcmp (stream->id, id, RW_STREAM_ID_SIZE) == 0;
}

gboolean
rw_window_stream_exists (const RwWindowStream *stream)
{
  static const guint8 none[RW_STREAM_ID_SIZE];

  return !rw_window_stream_has_id (stream, none);
}

gboolean
rw_window_stream_set_format (RwWindowStream *stream, guint id,
                             const gchar *caps, gsize length)
{
  if (id > stream->formats->len || id > G_MAXUINT8)
    return FALSE;
  if (id == stream->formats->len)
    g_ptr_array_add (stream->formats, g_ref_string_new_len (caps, length));
  return TRUE;
}

guint
rw_window_stream_get_n_formats (const RwWindowStream *stream)
{
  return stream->formats->len;
}

/* In */

RwWindowResult
rw_window_stream_check (const RwWindowStream *stream, const RwFrame *frame)
{
  const RwReorderBuffer *buffer = &stream->buffer;
  guint64 index = frame->index;
  guint64 base = rw_reorder_buffer_get_base (buffer);

  if (index < buffer->popped)
    return rw_gap_history_has (&stream->gaps, index) ? RW_WINDOW_LATE
                                                     : RW_WINDOW_DUPLICATE;
  if (rw_frame_ring_has (&buffer->ring, index))
    return RW_WINDOW_DUPLICATE;
  if (index >= buffer->final)
    return RW_WINDOW_LATE;
  if (index >= base + buffer->max_frames)
    return RW_WINDOW_BEYOND;
  /* Given up, but not announced yet: accepted if the ring allows. */
  if (index < base && buffer->ring.high > index + buffer->max_frames)
    return RW_WINDOW_LATE;
  /* The frame that pop() waits for is never refused. */
  if (index > base && buffer->ring.bytes + frame->size > buffer->max_bytes)
    return RW_WINDOW_BEYOND;
  return RW_WINDOW_NEW;
}

void
rw_window_stream_give_up (RwWindowStream *stream, guint64 index)
{
  rw_reorder_buffer_give_up (&stream->buffer,
                             MIN (index, stream->buffer.final));
}

void
rw_window_stream_discard_to (RwWindowStream *stream, guint64 index)
{
  rw_reorder_buffer_discard_to (&stream->buffer,
                                MIN (index, stream->buffer.final));
}

void
rw_window_stream_end (RwWindowStream *stream, guint64 final)
{
  RwReorderBuffer *buffer = &stream->buffer;

  if (buffer->final == RW_INDEX_NONE && final >= buffer->popped &&
      final <= RW_REORDER_MAX_INDEX)
    buffer->final = final;
}

/* Out */

static gboolean
pop_stream (RwWindowStream *stream, RwWindowItem *item)
{
  item->type = RW_WINDOW_ITEM_STREAM;
  item->from = item->to = stream->buffer.popped;
  memcpy (item->stream_id, stream->id, RW_STREAM_ID_SIZE);
  stream->announced = TRUE;
  return TRUE;
}

static gboolean
pop_frame (RwWindowStream *stream, RwWindowItem *item)
{
  guint64 index = stream->buffer.popped;
  RwFrameSlot slot;

  rw_reorder_buffer_pop (&stream->buffer, &slot);
  rw_frame_slot_get (&slot, index, &item->frame);
  item->type = RW_WINDOW_ITEM_FRAME;
  item->from = index;
  item->to = index + 1;
  item->payload = slot.payload;
  item->caps = g_ref_string_acquire (stream->formats->pdata[slot.format]);
  item->repaired = slot.repaired;
  stream->last_end_ns = rw_frame_end_ns (&item->frame);
  return TRUE;
}

static gboolean
pop_gap (RwWindowStream *stream, guint64 to, RwWindowItem *item)
{
  item->type = RW_WINDOW_ITEM_GAP;
  item->from = stream->buffer.popped;
  item->to = to;
  item->start_ns = stream->last_end_ns;
  if (rw_frame_ring_has (&stream->buffer.ring, to))
    item->end_ns =
        rw_frame_ring_peek (&stream->buffer.ring, to)->running_time_ns;
  rw_gap_history_add (&stream->gaps, (RwRange){item->from, to});
  stream->last_end_ns = item->end_ns;
  rw_reorder_buffer_pop_gap (&stream->buffer, to);
  return TRUE;
}

/* A frame without a known format cannot be handed on: it is lost when its
 * stream is flushed. */
static gboolean
is_usable (const RwWindowStream *stream, guint64 index)
{
  return rw_frame_ring_has (&stream->buffer.ring, index) &&
         rw_frame_ring_peek (&stream->buffer.ring, index)->format <
             stream->formats->len;
}

gboolean
rw_window_stream_pop (RwWindowStream *stream, gboolean flush,
                      RwWindowItem *item)
{
  guint64 end;

  *item = (RwWindowItem){.start_ns = RW_TIME_NONE, .end_ns = RW_TIME_NONE};
  if (!rw_window_stream_exists (stream))
    return FALSE;
  if (!stream->announced)
    return pop_stream (stream, item);
  if (stream->buffer.popped == stream->buffer.final) {
    item->type = stream->ended ? RW_WINDOW_ITEM_NONE : RW_WINDOW_ITEM_ENDED;
    item->from = item->to = stream->buffer.popped;
    stream->ended = TRUE;
    return item->type != RW_WINDOW_ITEM_NONE;
  }
  if (is_usable (stream, stream->buffer.popped))
    return pop_frame (stream, item);
  if (rw_frame_ring_has (&stream->buffer.ring, stream->buffer.popped)) {
    if (!flush)
      return FALSE;
    rw_reorder_buffer_discard_next (&stream->buffer);
  }
  end = rw_reorder_buffer_get_gap_end (&stream->buffer, flush);
  return end > stream->buffer.popped && pop_gap (stream, end, item);
}

void
rw_window_stream_handed (RwWindowStream *stream, const RwWindowItem *item)
{
  if (item->type == RW_WINDOW_ITEM_ENDED)
    stream->finished = TRUE;
  if (item->type == RW_WINDOW_ITEM_GAP)
    stream->lost += item->to - item->from;
  stream->handed = MAX (stream->handed, item->to);
}
