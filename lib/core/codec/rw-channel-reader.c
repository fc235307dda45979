/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-channel-codec.h"

#include "rw-channel-layout.h"

#include <string.h>

/* Bytes to messages. The reader keeps a position and the first error, so that
 * the functions mirror the layout without repeated checks. */

G_DEFINE_QUARK (rw - channel - error - quark, rw_channel_error)

typedef struct {
  const guint8 *data;
  gsize size;
  gsize at;
  gboolean truncated;
  gboolean invalid;
} Reader;

static guint64
get (Reader *reader, guint bytes)
{
  guint64 value = 0;

  if (reader->truncated || reader->size - reader->at < bytes) {
    reader->truncated = TRUE;
    return 0;
  }
  while (bytes-- > 0)
    value = value << 8 | reader->data[reader->at++];
  return value;
}

static const guint8 *
get_bytes (Reader *reader, gsize size)
{
  const guint8 *bytes = reader->data + reader->at;

  if (reader->truncated || reader->size - reader->at < size) {
    reader->truncated = TRUE;
    return NULL;
  }
  reader->at += size;
  return bytes;
}

static guint64
get_varint (Reader *reader)
{
  guint64 value = 0;
  guint shift;

  for (shift = 0; shift < 63; shift += 7) {
    guint64 byte = get (reader, 1);

    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) == 0)
      return value;
  }
  reader->invalid = TRUE;
  return 0;
}

/* An invalid field invalidates the whole message. */
static void
require (Reader *reader, gboolean condition)
{
  if (!condition)
    reader->invalid = TRUE;
}

static guint64
get_index (Reader *reader)
{
  guint64 index = get (reader, 8);

  require (reader, index <= RW_CHANNEL_MAX_INDEX);
  return index;
}

static guint
get_flags (Reader *reader, guint known)
{
  guint flags = get (reader, 1);

  require (reader, (flags & ~known) == 0);
  return flags;
}

static const gchar *
get_text (Reader *reader, gsize length)
{
  const gchar *text = (const gchar *) get_bytes (reader, length);

  require (reader, text == NULL || g_utf8_validate (text, length, NULL));
  return text;
}

static gboolean
is_sound (const Reader *reader)
{
  return !reader->truncated && !reader->invalid;
}

static void
read_report (Reader *reader, RwReport *report)
{
  guint64 end;
  guint i;

  report->next = end = get_index (reader);
  report->known_to = get_index (reader);
  report->credit = get (reader, 4);
  report->n_ranges = get (reader, 1);
  require (reader, report->n_ranges <= RW_MESSAGE_MAX_RANGES);
  for (i = 0; is_sound (reader) && i < report->n_ranges; i++) {
    guint64 skipped = get_varint (reader);
    guint64 length = get_varint (reader);

    require (reader,
             skipped <= RW_CHANNEL_MAX_INDEX && length <= RW_CHANNEL_MAX_INDEX);
    require (reader,
             length > 0 && end + skipped + length <= RW_CHANNEL_MAX_INDEX);
    report->ranges[i] = (RwRange){end + skipped, end + skipped + length};
    end += skipped + length;
  }
  require (reader, report->known_to >= end);
}

static void
read_status (Reader *reader, RwStatus *status)
{
  guint flags;

  status->head = get_index (reader);
  status->tail = get_index (reader);
  status->live_from = get (reader, 8);
  status->expect_to = get_index (reader);
  status->n_formats = get (reader, 1);
  flags = get_flags (reader,
                     RW_CHANNEL_STATUS_ENDED | RW_CHANNEL_STATUS_NOT_RECEIVING);
  status->ended = (flags & RW_CHANNEL_STATUS_ENDED) != 0;
  status->not_receiving = (flags & RW_CHANNEL_STATUS_NOT_RECEIVING) != 0;
  require (reader, status->tail <= status->head);
  require (reader, status->expect_to <= status->head);
  require (reader, status->live_from <= status->head ||
                       status->live_from == RW_INDEX_NONE);
}

static void
read_hello (Reader *reader, RwHello *hello)
{
  gsize length = get (reader, 1);
  const gchar *id = get_text (reader, length);
  const guint8 *stream_id = get_bytes (reader, RW_STREAM_ID_SIZE);
  guint start = get (reader, 1);

  read_report (reader, &hello->report);
  require (reader, length >= 1 && length <= RW_CONSUMER_ID_MAX);
  require (reader, start <= RW_START_OLDEST);
  if (!is_sound (reader))
    return;
  memcpy (hello->consumer_id, id, length);
  hello->consumer_id[length] = '\0';
  memcpy (hello->stream_id, stream_id, RW_STREAM_ID_SIZE);
  hello->start = start;
}

static void
read_welcome (Reader *reader, RwWelcome *welcome)
{
  const guint8 *stream_id = get_bytes (reader, RW_STREAM_ID_SIZE);

  welcome->start = get_index (reader);
  welcome->beat_ms = get (reader, 2);
  read_status (reader, &welcome->status);
  if (is_sound (reader))
    memcpy (welcome->stream_id, stream_id, RW_STREAM_ID_SIZE);
}

static void
read_format (Reader *reader, RwFormat *format)
{
  format->id = get (reader, 1);
  format->length = get (reader, 2);
  require (reader,
           format->length >= 1 && format->length <= RW_FORMAT_MAX_LENGTH);
  format->caps = get_text (reader, format->length);
}

static void
read_times (Reader *reader, guint flags, const RwFrame *before, RwFrame *frame)
{
  guint64 moved;

  if ((flags & RW_CHANNEL_FRAME_FULL) != 0) {
    frame->index = get_index (reader);
    frame->running_time_ns = get (reader, 8);
    frame->capture_time_ns = (gint64) get (reader, 8);
    return;
  }
  require (reader, before != NULL);
  if (before == NULL)
    return;
  frame->index = before->index + get (reader, 1);
  frame->running_time_ns = before->running_time_ns + get (reader, 4);
  moved = (guint64) (gint64) (gint32) get (reader, 4);
  frame->capture_time_ns =
      rw_channel_is_captured (before)
          ? (gint64) (frame->running_time_ns +
                      rw_channel_capture_offset (before) + moved)
          : RW_CAPTURE_TIME_NONE;
}

static void
read_frame (Reader *reader, const RwFrame *before, RwFrame *frame)
{
  guint flags = get_flags (reader, RW_CHANNEL_FRAME_FULL);

  read_times (reader, flags, before, frame);
  require (reader, frame->index <= RW_CHANNEL_MAX_INDEX &&
                       (before == NULL || frame->index > before->index));
  frame->duration = get (reader, 2);
  frame->format = get (reader, 1);
  frame->flags = get (reader, 1);
  frame->size = get (reader, 2);
  require (reader, frame->size <= RW_FRAME_MAX_SIZE);
  frame->data = get_bytes (reader, frame->size);
}

static void
read_frames (Reader *reader, RwFrames *frames)
{
  guint i;

  frames->n_frames = get (reader, 1);
  require (reader,
           frames->n_frames >= 1 && frames->n_frames <= RW_MESSAGE_MAX_FRAMES);
  for (i = 0; is_sound (reader) && i < frames->n_frames; i++)
    read_frame (reader, i > 0 ? &frames->frames[i - 1] : NULL,
                &frames->frames[i]);
}

static void
read_ack (Reader *reader, RwAck *ack)
{
  guint flags;

  read_report (reader, &ack->report);
  ack->lost = get (reader, 8);
  ack->n_formats = get (reader, 1);
  flags = get_flags (reader,
                     RW_CHANNEL_ACK_NOT_RECEIVING | RW_CHANNEL_ACK_FINISHED);
  ack->not_receiving = (flags & RW_CHANNEL_ACK_NOT_RECEIVING) != 0;
  ack->finished = (flags & RW_CHANNEL_ACK_FINISHED) != 0;
}

static void
read_bye (Reader *reader, RwBye *bye)
{
  guint reason = get (reader, 1);

  bye->reason = reason;
  bye->head = get_index (reader);
  bye->length = get (reader, 2);
  require (reader, reason <= RW_BYE_ERROR);
  require (reader, bye->length <= RW_MESSAGE_MAX_TEXT);
  bye->text = get_text (reader, bye->length);
}

static void
read_header (Reader *reader, RwMessage *message)
{
  guint flags;

  message->type = get (reader, 1);
  flags = get_flags (reader, RW_CHANNEL_HEADER_ECHO);
  message->generation = get (reader, 4);
  message->seq = get (reader, 4);
  message->sent_us = get (reader, 4);
  message->has_echo = (flags & RW_CHANNEL_HEADER_ECHO) != 0;
  message->echo_us = message->has_echo ? get (reader, 4) : 0;
  message->echo_hold_us = message->has_echo ? get (reader, 4) : 0;
}

static void
read_body (Reader *reader, RwMessage *message)
{
  switch (message->type) {
  case RW_MESSAGE_HELLO:
    read_hello (reader, &message->hello);
    break;
  case RW_MESSAGE_WELCOME:
    read_welcome (reader, &message->welcome);
    break;
  case RW_MESSAGE_FORMAT:
    read_format (reader, &message->format);
    break;
  case RW_MESSAGE_FRAMES:
    read_frames (reader, &message->frames);
    break;
  case RW_MESSAGE_BEAT:
    read_status (reader, &message->beat.status);
    break;
  case RW_MESSAGE_ACK:
    read_ack (reader, &message->ack);
    break;
  case RW_MESSAGE_BYE:
    read_bye (reader, &message->bye);
    break;
  default:
    reader->invalid = TRUE;
  }
}

gboolean
rw_channel_decode (const guint8 *data, gsize size, RwMessage *message,
                   GError **error)
{
  Reader reader = {.data = data, .size = size};
  guint version = get (&reader, 1);

  if (!reader.truncated && version != RW_PROTOCOL_VERSION) {
    g_set_error (error, RW_CHANNEL_ERROR, RW_CHANNEL_ERROR_VERSION,
                 "the peer uses version %u of the delivery protocol, this side "
                 "version %u; update the older side",
                 version, RW_PROTOCOL_VERSION);
    return FALSE;
  }
  read_header (&reader, message);
  if (is_sound (&reader))
    read_body (&reader, message);
  if (reader.truncated) {
    g_set_error (error, RW_CHANNEL_ERROR, RW_CHANNEL_ERROR_TRUNCATED,
                 "a message of %" G_GSIZE_FORMAT " bytes is cut off", size);
    return FALSE;
  }
  if (reader.invalid || reader.at != size) {
    g_set_error (error, RW_CHANNEL_ERROR, RW_CHANNEL_ERROR_INVALID,
                 "a message of %" G_GSIZE_FORMAT
                 " bytes is invalid before byte %" G_GSIZE_FORMAT,
                 size, reader.at);
    return FALSE;
  }
  return TRUE;
}
