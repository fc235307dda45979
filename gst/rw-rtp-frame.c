/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rtp-frame.h"

#include <gst/rtp/rtp.h>
#include <string.h>

#include "rw-frame-extension.h"

/* A frame as an RTP packet and back. The packet is what RFC 7587 asks for, so
 * that any WebRTC peer plays it; ours finds the frame in the extensions. */

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

GstBuffer *
rw_rtp_writer_packetize (RwRtpWriter *self, const RwRtpFormat *format,
                         const RwFrame *frame)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  GstBuffer *buffer = gst_rtp_buffer_new_allocate (0, 0, 0);
  guint64 samples = gst_util_uint64_scale_round (frame->running_time_ns,
                                                 RW_FRAME_RATE, GST_SECOND);

  gst_rtp_buffer_map (buffer, GST_MAP_READWRITE, &rtp);
  gst_rtp_buffer_set_payload_type (&rtp, format->payload_type);
  gst_rtp_buffer_set_ssrc (&rtp, self->ssrc);
  gst_rtp_buffer_set_seq (&rtp, self->next_sequence++);
  gst_rtp_buffer_set_timestamp (&rtp, self->timestamp_base + (guint32) samples);
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

static gboolean
read_extensions (GstRTPBuffer *rtp, const RwRtpFormat *format, RwFrame *frame)
{
  gpointer bytes;
  guint size;

  if (!gst_rtp_buffer_get_extension_onebyte_header (rtp, format->frame_id, 0,
                                                    &bytes, &size) ||
      !rw_frame_extension_read (frame, bytes, size))
    return FALSE;

  frame->capture_time_ns = RW_CAPTURE_TIME_NONE;
  if (format->capture_id != 0 && gst_rtp_buffer_get_extension_onebyte_header (
                                     rtp, format->capture_id, 0, &bytes, &size))
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
