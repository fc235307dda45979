/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rtp-frame.h"

#include <gst/rtp/rtp.h>
#include <string.h>

#include "rw-frame-extension.h"

/* Converts frames to RTP packets and back. The packets conform to RFC 7587, so
 * that any WebRTC peer can play them; a resilient peer reads the frame from the
 * extensions. */

static void
add_extensions (GstRTPBuffer *rtp, const RwRtpFormat *format,
                const RwFrame *frame)
{
  if (format->frame_id != 0) {
    guint8 bytes[RW_FRAME_EXTENSION_SIZE];

    rw_frame_extension_write (frame, bytes);
    gst_rtp_buffer_add_extension_onebyte_header (rtp, format->frame_id, bytes,
                                                 sizeof bytes);
  }

  if (format->capture_id != 0 &&
      frame->capture_time_ns != RW_CAPTURE_TIME_NONE) {
    guint8 bytes[RW_CAPTURE_EXTENSION_SIZE];

    rw_capture_extension_write (frame->capture_time_ns, bytes);
    gst_rtp_buffer_add_extension_onebyte_header (rtp, format->capture_id, bytes,
                                                 sizeof bytes);
  }
}

/* A larger error is corrected, all of it at once. */
#define MAX_SHIFT (30 * (gint64) RW_FRAME_RATE / 1000)

static guint32
next_timestamp (RwRtpWriter *self, const RwFrame *frame)
{
  guint64 samples = gst_util_uint64_scale_round (frame->running_time_ns,
                                                 RW_FRAME_RATE, GST_SECOND);

  if (self->has_next && frame->index == self->next_index)
    self->shift += (gint64) (self->next_samples - samples);
  if (ABS (self->shift) >= MAX_SHIFT)
    self->shift = 0;
  self->has_next = TRUE;
  self->next_index = frame->index + 1;
  self->next_samples = samples + frame->duration;
  return self->timestamp_base + (guint32) ((gint64) samples + self->shift);
}

GstBuffer *
rw_rtp_writer_packetize (RwRtpWriter *self, const RwRtpFormat *format,
                         const RwFrame *frame)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  GstBuffer *buffer = gst_rtp_buffer_new_allocate (0, 0, 0);

  gst_rtp_buffer_map (buffer, GST_MAP_READWRITE, &rtp);
  gst_rtp_buffer_set_payload_type (&rtp, format->payload_type);
  gst_rtp_buffer_set_ssrc (&rtp, self->ssrc);
  gst_rtp_buffer_set_seq (&rtp, self->next_sequence++);
  gst_rtp_buffer_set_timestamp (&rtp, next_timestamp (self, frame));
  gst_rtp_buffer_set_marker (&rtp, frame->flags & RW_FRAME_FLAG_DISCONT);
  add_extensions (&rtp, format, frame);
  gst_rtp_buffer_unmap (&rtp);

  if (frame->size > 0) {
    guint8 *data = g_memdup2 (frame->data, frame->size);

    gst_buffer_append_memory (
        buffer, gst_memory_new_wrapped (0, data, frame->size, 0, frame->size,
                                        data, g_free));
  }
  GST_BUFFER_PTS (buffer) = frame->running_time_ns;
  return buffer;
}

/* RFC 8285: a peer may use either form of header. */
static gboolean
find_extension (GstRTPBuffer *rtp, guint8 id, gpointer *bytes, guint *size)
{
  return gst_rtp_buffer_get_extension_onebyte_header (rtp, id, 0, bytes,
                                                      size) ||
         gst_rtp_buffer_get_extension_twobytes_header (rtp, NULL, id, 0, bytes,
                                                       size);
}

static gboolean
read_extensions (GstRTPBuffer *rtp, const RwRtpFormat *format, RwFrame *frame)
{
  gpointer bytes;
  guint size;

  if (!find_extension (rtp, format->frame_id, &bytes, &size) ||
      !rw_frame_extension_read (frame, bytes, size))
    return FALSE;

  frame->capture_time_ns = RW_CAPTURE_TIME_NONE;
  if (format->capture_id != 0 &&
      find_extension (rtp, format->capture_id, &bytes, &size))
    rw_capture_extension_read (&frame->capture_time_ns, bytes, size);
  return TRUE;
}

gboolean
rw_rtp_frame_read (GstBuffer *buffer, const RwRtpFormat *format,
                   RwRtpFrameFunc func, gpointer user_data)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  RwFrame frame = {0};
  gboolean is_frame;

  if (format->frame_id == 0 || !gst_rtp_buffer_map (buffer, GST_MAP_READ, &rtp))
    return FALSE;

  is_frame = gst_rtp_buffer_get_payload_type (&rtp) == format->payload_type &&
             read_extensions (&rtp, format, &frame);
  if (is_frame) {
    frame.size = gst_rtp_buffer_get_payload_len (&rtp);
    frame.data = gst_rtp_buffer_get_payload (&rtp);
    frame.flags = gst_rtp_buffer_get_marker (&rtp) ? RW_FRAME_FLAG_DISCONT : 0;
    is_frame = frame.size > 0 && frame.size <= RW_FRAME_MAX_SIZE;
  }
  if (is_frame)
    func (&frame, user_data);

  gst_rtp_buffer_unmap (&rtp);
  return is_frame;
}
