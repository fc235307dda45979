/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rtp-numbers.h"

/* See the header. The payload type is in the low bits of the second byte. */

#define TYPE_MASK 0x7f

void
rw_rtp_numbers_set (RwRtpNumbers *self, const RwRtpFormat *format)
{
  self->has_former = self->is_open;
  self->former = self->current;
  self->current = *format;
  self->is_open = TRUE;
}

static gboolean
has_payload_type (GstBuffer *packet, const RwRtpFormat *format)
{
  guint8 header[2];
  guint8 type;

  if (gst_buffer_extract (packet, 0, header, sizeof header) != sizeof header)
    return FALSE;
  type = header[1] & TYPE_MASK;
  return type == format->payload_type ||
         (format->red_type != 0 && type == format->red_type);
}

static void
ignore_frame (const RwFrame *frame, gpointer user_data)
{
}

/* The id of the frame extension alone may have changed. */
static gboolean
is_current (RwRtpNumbers *self, GstBuffer *packet)
{
  if (!has_payload_type (packet, &self->current))
    return FALSE;
  return !self->has_former || self->current.frame_id == 0 ||
         rw_rtp_frame_read (packet, &self->current, ignore_frame, NULL);
}

gboolean
rw_rtp_numbers_match (RwRtpNumbers *self, GstBuffer *packet,
                      RwRtpFormat *format)
{
  if (!self->is_open)
    return FALSE;
  if (is_current (self, packet)) {
    self->has_former = FALSE;
    *format = self->current;
    return TRUE;
  }
  *format = self->former;
  return self->has_former && has_payload_type (packet, &self->former);
}

GstBuffer *
rw_rtp_numbers_rewrite (GstBuffer *packet, guint8 payload_type)
{
  guint8 header[2];

  if (gst_buffer_extract (packet, 0, header, sizeof header) != sizeof header ||
      (header[1] & TYPE_MASK) == payload_type)
    return packet;
  packet = gst_buffer_make_writable (packet);
  header[1] = (guint8) ((header[1] & ~TYPE_MASK) | payload_type);
  gst_buffer_fill (packet, 0, header, sizeof header);
  return packet;
}
