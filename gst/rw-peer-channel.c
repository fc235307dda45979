/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-peer-channel.h"

#include "rw-post.h"

/* A session's data channel. webrtcbin's callbacks copy, post and return; the
 * lock guards what they share with the control thread. */

#define LABEL    "resilient"
#define PROTOCOL "rw1"

/* What an SCTP message may be here, whatever the other peer allows. */
#define MAX_MESSAGE 65536
/* Bytes that webrtcbin may hold before SCTP takes them; in a blackout SCTP has
 * up to a megabyte more. */
#define MAX_BUFFERED (256 * 1024)
/* Received bytes on their way to the control thread. */
#define MAX_INBOX (4 * 1024 * 1024)

struct _RwPeerChannel {
  GObject *owner;
  RwLoop *loop;
  RwPeerChannelFuncs funcs;

  GstWebRTCDataChannel *channel;
  gboolean is_open;
  gboolean was_closed;
  gboolean is_dropped;

  GMutex lock;
  gsize inbox;
  guint64 n_sent;
  guint64 n_received;
};

/* --- On the control thread ----------------------------------------------- */

static void
handle_open (gpointer data, gpointer unused)
{
  RwPeerChannel *self = data;

  if (self->is_open || self->was_closed || self->channel == NULL)
    return;

  self->is_open = TRUE;
  self->funcs.opened (self->owner);
}

static void
handle_close (gpointer data, gpointer unused)
{
  RwPeerChannel *self = data;

  if (!self->is_open)
    return;

  self->is_open = FALSE;
  self->was_closed = TRUE;
  self->funcs.closed (self->owner);
}

static void
handle_message (gpointer data, gpointer message)
{
  RwPeerChannel *self = data;

  g_mutex_lock (&self->lock);
  self->inbox -= g_bytes_get_size (message);
  self->n_received++;
  g_mutex_unlock (&self->lock);

  /* It may have overtaken the news that the channel is open. */
  handle_open (self, NULL);
  if (self->is_open)
    self->funcs.message (self->owner, message);
}

/* --- webrtcbin's callbacks ----------------------------------------------- */

static void
on_open (GstWebRTCDataChannel *channel, RwPeerChannel *self)
{
  rw_post (self->loop, self->owner, handle_open, self, NULL, NULL);
}

static void
on_close (GstWebRTCDataChannel *channel, RwPeerChannel *self)
{
  rw_post (self->loop, self->owner, handle_close, self, NULL, NULL);
}

/* The channel is unreliable anyway: what the control thread cannot keep up
 * with is dropped here. */
static void
on_message (GstWebRTCDataChannel *channel, GBytes *message, RwPeerChannel *self)
{
  gboolean fits;

  if (message == NULL || g_bytes_get_size (message) > MAX_MESSAGE)
    return;

  g_mutex_lock (&self->lock);
  fits = self->inbox + g_bytes_get_size (message) <= MAX_INBOX;
  if (fits)
    self->inbox += g_bytes_get_size (message);
  g_mutex_unlock (&self->lock);

  if (fits)
    rw_post (self->loop, self->owner, handle_message, self,
             g_bytes_ref (message), (GDestroyNotify) g_bytes_unref);
}

static void
connect_signals (RwPeerChannel *self, GstWebRTCDataChannel *channel)
{
  g_signal_connect (channel, "on-open", G_CALLBACK (on_open), self);
  g_signal_connect (channel, "on-close", G_CALLBACK (on_close), self);
  g_signal_connect (channel, "on-message-data", G_CALLBACK (on_message), self);
}

static void
handle_remote_channel (gpointer data, gpointer channel)
{
  RwPeerChannel *self = data;
  GstWebRTCDataChannelState state;

  if (self->is_dropped || self->channel != NULL) {
    g_signal_handlers_disconnect_by_data (channel, self);
    return;
  }

  self->channel = g_object_ref (channel);
  g_object_get (self->channel, "ready-state", &state, NULL);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN)
    handle_open (self, NULL);
}

static void
on_data_channel (GstElement *webrtc, GstWebRTCDataChannel *channel,
                 RwPeerChannel *self)
{
  g_autofree char *label = NULL;

  g_object_get (channel, "label", &label, NULL);
  if (g_strcmp0 (label, LABEL) != 0)
    return;

  /* The event goes first, so that it is ahead of every message. */
  rw_post (self->loop, self->owner, handle_remote_channel, self,
           g_object_ref (channel), g_object_unref);
  connect_signals (self, channel);
}

/* --- Public -------------------------------------------------------------- */

RwPeerChannel *
rw_peer_channel_new (GObject *owner, RwLoop *loop,
                     const RwPeerChannelFuncs *funcs)
{
  RwPeerChannel *self = g_new0 (RwPeerChannel, 1);

  g_mutex_init (&self->lock);
  self->owner = owner;
  self->loop = loop;
  self->funcs = *funcs;
  return self;
}

void
rw_peer_channel_free (RwPeerChannel *self)
{
  g_assert (self->channel == NULL);

  g_mutex_clear (&self->lock);
  g_free (self);
}

void
rw_peer_channel_watch (RwPeerChannel *self, GstElement *webrtc)
{
  g_signal_connect (webrtc, "on-data-channel", G_CALLBACK (on_data_channel),
                    self);
}

void
rw_peer_channel_create (RwPeerChannel *self, GstElement *webrtc)
{
  g_autoptr (GstStructure) options = gst_structure_new (
      "options", "ordered", G_TYPE_BOOLEAN, FALSE, "max-retransmits",
      G_TYPE_INT, 0, "protocol", G_TYPE_STRING, PROTOCOL, NULL);

  g_signal_emit_by_name (webrtc, "create-data-channel", LABEL, options,
                         &self->channel);
  if (self->channel != NULL)
    connect_signals (self, self->channel);
}

GObject *
rw_peer_channel_drop (RwPeerChannel *self, GstElement *webrtc)
{
  g_signal_handlers_disconnect_by_data (webrtc, self);
  if (self->channel != NULL)
    g_signal_handlers_disconnect_by_data (self->channel, self);
  self->is_open = FALSE;
  self->is_dropped = TRUE;
  return (GObject *) g_steal_pointer (&self->channel);
}

void
rw_peer_channel_close (RwPeerChannel *self)
{
  gst_webrtc_data_channel_close (self->channel);
}

gboolean
rw_peer_channel_is_open (RwPeerChannel *self)
{
  return self->is_open;
}

gboolean
rw_peer_channel_send (RwPeerChannel *self, GBytes *message)
{
  gsize size = g_bytes_get_size (message);

  if (!self->is_open || size > MAX_MESSAGE ||
      rw_peer_channel_get_buffered_amount (self) + size > MAX_BUFFERED ||
      !gst_webrtc_data_channel_send_data_full (self->channel, message, NULL))
    return FALSE;

  g_mutex_lock (&self->lock);
  self->n_sent++;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

guint64
rw_peer_channel_get_buffered_amount (RwPeerChannel *self)
{
  guint64 amount = 0;

  if (self->channel != NULL)
    g_object_get (self->channel, "buffered-amount", &amount, NULL);
  return amount;
}

void
rw_peer_channel_get_counts (RwPeerChannel *self, guint64 *sent,
                            guint64 *received)
{
  g_mutex_lock (&self->lock);
  *sent = self->n_sent;
  *received = self->n_received;
  g_mutex_unlock (&self->lock);
}
