/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rtp-sender.h"

/* See the header. The pad's stream lock orders the packets, and is held while
 * they are pushed; the other lock guards the state. */

struct _RwRtpSender {
  GstPad *pad;
  RwRtpSenderErrorFunc on_error;
  gpointer user_data;

  GMutex lock;
  RwRtpWriter writer;
  RwRtpFormat format;
  gboolean is_renumbered;
  gboolean is_open;
  gboolean is_closed;

  /* The newest frame before rw_rtp_sender_open(). */
  gboolean has_held;
  RwFrame held;
};

RwRtpSender *
rw_rtp_sender_new (RwRtpSenderErrorFunc on_error, gpointer user_data)
{
  RwRtpSender *self = g_new0 (RwRtpSender, 1);

  g_mutex_init (&self->lock);
  self->on_error = on_error;
  self->user_data = user_data;
  self->writer.ssrc = g_random_int ();
  self->writer.timestamp_base = g_random_int ();
  self->writer.next_sequence = (guint16) g_random_int ();
  self->pad = gst_object_ref_sink (gst_pad_new ("rw-rtp", GST_PAD_SRC));
  gst_pad_set_active (self->pad, TRUE);
  return self;
}

void
rw_rtp_sender_free (RwRtpSender *self)
{
  gst_pad_set_active (self->pad, FALSE);
  gst_clear_object (&self->pad);
  g_free ((gpointer) self->held.data);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GstPad *
rw_rtp_sender_get_pad (RwRtpSender *self)
{
  return self->pad;
}

guint32
rw_rtp_sender_get_ssrc (RwRtpSender *self)
{
  return self->writer.ssrc;
}

static void
drop_held_locked (RwRtpSender *self)
{
  g_free ((gpointer) self->held.data);
  self->held.data = NULL;
  self->has_held = FALSE;
}

static void
hold_locked (RwRtpSender *self, const RwFrame *frame)
{
  drop_held_locked (self);
  self->held = *frame;
  self->held.data = g_memdup2 (frame->data, frame->size);
  self->has_held = TRUE;
}

static GstBuffer *
open_locked (RwRtpSender *self, const RwRtpFormat *format)
{
  GstBuffer *packet = NULL;

  if (!self->is_renumbered)
    self->format = *format;
  self->is_open = TRUE;
  if (self->has_held && !self->is_closed)
    packet =
        rw_rtp_writer_packetize (&self->writer, &self->format, &self->held);
  drop_held_locked (self);
  return packet;
}

/* A session that ends refuses its packets; anything worse ends it. */
static void
push_ordered (RwRtpSender *self, GstBuffer *packet)
{
  GstFlowReturn flow = gst_pad_push (self->pad, packet);

  if (flow > GST_FLOW_NOT_NEGOTIATED)
    return;
  rw_rtp_sender_close (self);
  self->on_error (gst_flow_get_name (flow), self->user_data);
}

static void
push_first_events (RwRtpSender *self, GstCaps *rtp_caps)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->pad, gst_event_new_stream_start ("rw-rtp"));
  gst_pad_push_event (self->pad, gst_event_new_caps (rtp_caps));
  gst_pad_push_event (self->pad, gst_event_new_segment (&segment));
}

void
rw_rtp_sender_open (RwRtpSender *self, const RwRtpFormat *format,
                    GstCaps *rtp_caps)
{
  GstBuffer *packet;

  GST_PAD_STREAM_LOCK (self->pad);
  push_first_events (self, rtp_caps);
  g_mutex_lock (&self->lock);
  packet = open_locked (self, format);
  g_mutex_unlock (&self->lock);
  if (packet != NULL)
    push_ordered (self, packet);
  GST_PAD_STREAM_UNLOCK (self->pad);
}

void
rw_rtp_sender_renumber (RwRtpSender *self, const RwRtpFormat *format)
{
  g_mutex_lock (&self->lock);
  self->format = *format;
  self->is_renumbered = TRUE;
  g_mutex_unlock (&self->lock);
}

void
rw_rtp_sender_close (RwRtpSender *self)
{
  g_mutex_lock (&self->lock);
  self->is_closed = TRUE;
  drop_held_locked (self);
  g_mutex_unlock (&self->lock);
}

/* NULL: nothing is to be sent now. */
static GstBuffer *
take_frame_locked (RwRtpSender *self, const RwFrame *frame)
{
  if (self->is_closed)
    return NULL;
  if (self->is_open)
    return rw_rtp_writer_packetize (&self->writer, &self->format, frame);
  hold_locked (self, frame);
  return NULL;
}

gboolean
rw_rtp_sender_push (RwRtpSender *self, const RwFrame *frame)
{
  gboolean accepted;
  GstBuffer *packet;

  GST_PAD_STREAM_LOCK (self->pad);
  g_mutex_lock (&self->lock);
  accepted = !self->is_closed;
  packet = take_frame_locked (self, frame);
  g_mutex_unlock (&self->lock);
  if (packet != NULL)
    push_ordered (self, packet);
  GST_PAD_STREAM_UNLOCK (self->pad);

  return accepted;
}
