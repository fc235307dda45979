/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-peer-feed.h"

#include <gst/app/gstappsrc.h>
#include <string.h>

/* A producing session's way in. The lock guards the state and the order of
 * the packets; what is called under it only appends to appsrc's queue. */

/* Packets waiting for webrtcbin's thread: 1.28 s of 20 ms frames, which it
 * normally takes within a millisecond. */
#define MAX_WAITING 64

struct _RwPeerFeed {
  GMutex lock;
  GstAppSrc *source;
  RwRtpWriter writer;
  RwRtpFormat format;
  gboolean is_open;
  gboolean is_closed;

  /* The newest frame from before the opening. */
  gboolean has_held;
  RwFrame held;

  guint64 n_sent;
  guint64 n_dropped;
};

RwPeerFeed *
rw_peer_feed_new (void)
{
  RwPeerFeed *self = g_new0 (RwPeerFeed, 1);

  g_mutex_init (&self->lock);
  self->writer.ssrc = g_random_int ();
  self->writer.timestamp_base = g_random_int ();
  self->writer.next_sequence = (guint16) g_random_int ();
  self->source = gst_object_ref_sink (
      GST_APP_SRC (gst_element_factory_make ("appsrc", NULL)));
  g_object_set (self->source, "is-live", TRUE, "format", GST_FORMAT_TIME,
                "block", FALSE, "max-buffers", (guint64) MAX_WAITING,
                "max-bytes", (guint64) 0, "leaky-type",
                GST_APP_LEAKY_TYPE_DOWNSTREAM, "emit-signals", FALSE, NULL);
  return self;
}

void
rw_peer_feed_free (RwPeerFeed *self)
{
  gst_clear_object (&self->source);
  g_free ((gpointer) self->held.data);
  g_mutex_clear (&self->lock);
  g_free (self);
}

GstElement *
rw_peer_feed_get_element (RwPeerFeed *self)
{
  return GST_ELEMENT (self->source);
}

guint32
rw_peer_feed_get_ssrc (RwPeerFeed *self)
{
  return self->writer.ssrc;
}

static void
drop_held_locked (RwPeerFeed *self)
{
  g_free ((gpointer) self->held.data);
  self->held.data = NULL;
  self->has_held = FALSE;
}

static void
hold_locked (RwPeerFeed *self, const RwFrame *frame)
{
  if (self->has_held)
    self->n_dropped++;
  drop_held_locked (self);
  self->held = *frame;
  self->held.data = g_memdup2 (frame->data, frame->size);
  self->has_held = TRUE;
}

static void
send_locked (RwPeerFeed *self, const RwFrame *frame)
{
  GstBuffer *packet =
      rw_rtp_writer_packetize (&self->writer, &self->format, frame);

  if (gst_app_src_push_buffer (self->source, packet) == GST_FLOW_OK)
    self->n_sent++;
  else
    self->n_dropped++;
}

void
rw_peer_feed_open (RwPeerFeed *self, const RwRtpFormat *format,
                   GstCaps *rtp_caps)
{
  gst_app_src_set_caps (self->source, rtp_caps);

  g_mutex_lock (&self->lock);
  self->format = *format;
  self->is_open = TRUE;
  if (self->has_held && !self->is_closed)
    send_locked (self, &self->held);
  drop_held_locked (self);
  g_mutex_unlock (&self->lock);
}

void
rw_peer_feed_close (RwPeerFeed *self)
{
  g_mutex_lock (&self->lock);
  self->is_closed = TRUE;
  drop_held_locked (self);
  g_mutex_unlock (&self->lock);
}

gboolean
rw_peer_feed_push (RwPeerFeed *self, const RwFrame *frame)
{
  gboolean accepted;

  g_mutex_lock (&self->lock);
  accepted = !self->is_closed;
  if (!accepted)
    self->n_dropped++;
  else if (self->is_open)
    send_locked (self, frame);
  else
    hold_locked (self, frame);
  g_mutex_unlock (&self->lock);

  return accepted;
}

void
rw_peer_feed_get_counts (RwPeerFeed *self, guint64 *sent, guint64 *dropped)
{
  g_mutex_lock (&self->lock);
  *sent = self->n_sent;
  *dropped = self->n_dropped;
  g_mutex_unlock (&self->lock);
}
