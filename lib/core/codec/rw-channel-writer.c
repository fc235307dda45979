/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-channel-codec.h"

#include "rw-channel-layout.h"

#include <string.h>

/* Messages to bytes. The writer keeps a position and a failure flag, so that
 * the functions mirror the layout. */

typedef struct {
  guint8 *data;
  gsize size;
  gsize at;
  gboolean failed;
} Writer;

static void
put (Writer *writer, guint64 value, guint bytes)
{
  if (writer->failed || writer->size - writer->at < bytes) {
    writer->failed = TRUE;
    return;
  }
  while (bytes-- > 0)
    writer->data[writer->at++] = (guint8) (value >> (8 * bytes));
}

static void
put_bytes (Writer *writer, gconstpointer bytes, gsize size)
{
  if (writer->failed || writer->size - writer->at < size) {
    writer->failed = TRUE;
    return;
  }
  if (size > 0)
    memcpy (writer->data + writer->at, bytes, size);
  writer->at += size;
}

/* Seven bits a byte, lowest first, the top bit set but in the last. */
static void
put_varint (Writer *writer, guint64 value)
{
  for (; value >= 0x80; value >>= 7)
    put (writer, (value & 0x7f) | 0x80, 1);
  put (writer, value, 1);
}

static void
write_report (Writer *writer, const RwReport *report)
{
  guint64 end = report->next;
  guint i;

  put (writer, report->next, 8);
  put (writer, report->known_to, 8);
  put (writer, report->credit, 4);
  put (writer, report->n_ranges, 1);
  for (i = 0; i < report->n_ranges; i++) {
    put_varint (writer, report->ranges[i].from - end);
    put_varint (writer, report->ranges[i].to - report->ranges[i].from);
    end = report->ranges[i].to;
  }
}

static void
write_status (Writer *writer, const RwStatus *status)
{
  guint flags = (status->ended ? RW_CHANNEL_STATUS_ENDED : 0) |
                (status->not_receiving ? RW_CHANNEL_STATUS_NOT_RECEIVING : 0);

  put (writer, status->head, 8);
  put (writer, status->tail, 8);
  put (writer, status->live_from, 8);
  put (writer, status->expect_to, 8);
  put (writer, status->n_formats, 1);
  put (writer, flags, 1);
}

static void
write_hello (Writer *writer, const RwHello *hello)
{
  gsize length = strlen (hello->consumer_id);

  put (writer, length, 1);
  put_bytes (writer, hello->consumer_id, length);
  put_bytes (writer, hello->stream_id, RW_STREAM_ID_SIZE);
  put (writer, hello->start, 1);
  write_report (writer, &hello->report);
}

static void
write_welcome (Writer *writer, const RwWelcome *welcome)
{
  put_bytes (writer, welcome->stream_id, RW_STREAM_ID_SIZE);
  put (writer, welcome->start, 8);
  put (writer, welcome->beat_ms, 2);
  write_status (writer, &welcome->status);
}

static void
write_format (Writer *writer, const RwFormat *format)
{
  put (writer, format->id, 1);
  put (writer, format->length, 2);
  put_bytes (writer, format->caps, format->length);
}

static gboolean
can_be_short (const RwFrame *frame, const RwFrame *before)
{
  guint64 moved =
      rw_channel_capture_offset (frame) - rw_channel_capture_offset (before);

  return frame->index - before->index <= G_MAXUINT8 &&
         frame->running_time_ns - before->running_time_ns <= G_MAXUINT32 &&
         rw_channel_is_captured (frame) == rw_channel_is_captured (before) &&
         moved + G_MAXINT32 <= 2 * (guint64) G_MAXINT32;
}

static void
write_frame (Writer *writer, const RwFrame *frame, const RwFrame *before)
{
  if (before != NULL && can_be_short (frame, before)) {
    put (writer, 0, 1);
    put (writer, frame->index - before->index, 1);
    put (writer, frame->running_time_ns - before->running_time_ns, 4);
    put (writer,
         rw_channel_capture_offset (frame) - rw_channel_capture_offset (before),
         4);
  } else {
    put (writer, RW_CHANNEL_FRAME_FULL, 1);
    put (writer, frame->index, 8);
    put (writer, frame->running_time_ns, 8);
    put (writer, (guint64) frame->capture_time_ns, 8);
  }
  put (writer, frame->duration, 2);
  put (writer, frame->format, 1);
  put (writer, frame->flags, 1);
  put (writer, frame->size, 2);
  put_bytes (writer, frame->data, frame->size);
}

static void
write_frames (Writer *writer, const RwFrames *frames)
{
  guint i;

  put (writer, frames->n_frames, 1);
  for (i = 0; i < frames->n_frames; i++)
    write_frame (writer, &frames->frames[i],
                 i > 0 ? &frames->frames[i - 1] : NULL);
}

static void
write_ack (Writer *writer, const RwAck *ack)
{
  guint flags = (ack->not_receiving ? RW_CHANNEL_ACK_NOT_RECEIVING : 0) |
                (ack->finished ? RW_CHANNEL_ACK_FINISHED : 0);

  write_report (writer, &ack->report);
  put (writer, ack->lost, 8);
  put (writer, ack->n_formats, 1);
  put (writer, flags, 1);
}

static void
write_bye (Writer *writer, const RwBye *bye)
{
  put (writer, bye->reason, 1);
  put (writer, bye->head, 8);
  put (writer, bye->length, 2);
  put_bytes (writer, bye->text, bye->length);
}

static void
write_header (Writer *writer, const RwMessage *message)
{
  put (writer, RW_PROTOCOL_VERSION, 1);
  put (writer, message->type, 1);
  put (writer, message->has_echo ? RW_CHANNEL_HEADER_ECHO : 0, 1);
  put (writer, message->generation, 4);
  put (writer, message->seq, 4);
  put (writer, message->sent_us, 4);
  if (!message->has_echo)
    return;
  put (writer, message->echo_us, 4);
  put (writer, message->echo_hold_us, 4);
}

gsize
rw_channel_encode (const RwMessage *message, guint8 *buffer, gsize size)
{
  Writer writer = {.data = buffer, .size = size};

  write_header (&writer, message);
  switch (message->type) {
  case RW_MESSAGE_HELLO:
    write_hello (&writer, &message->hello);
    break;
  case RW_MESSAGE_WELCOME:
    write_welcome (&writer, &message->welcome);
    break;
  case RW_MESSAGE_FORMAT:
    write_format (&writer, &message->format);
    break;
  case RW_MESSAGE_FRAMES:
    write_frames (&writer, &message->frames);
    break;
  case RW_MESSAGE_BEAT:
    write_status (&writer, &message->beat.status);
    break;
  case RW_MESSAGE_ACK:
    write_ack (&writer, &message->ack);
    break;
  case RW_MESSAGE_BYE:
    write_bye (&writer, &message->bye);
    break;
  default:
    g_return_val_if_reached (0);
  }
  return writer.failed ? 0 : writer.at;
}
