/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-channel-carrier.h"

#include <gst/webrtc/webrtc.h>

#include "rw-inbox-limit.h"
#include "rw-post.h"

/* webrtcbin's callbacks copy, post and return. */

#define LABEL    "resilient"
#define PROTOCOL "rw1"

/* Bytes that webrtcbin may hold before SCTP takes them; in a blackout SCTP has
 * up to a megabyte more. */
#define MAX_BUFFERED (256 * 1024)

struct _RwChannelCarrier {
  GObject parent_instance;

  GObject *owner;
  RwLoop *loop;
  RwCarrierFuncs funcs;
  gpointer user_data;
  RwInboxLimit inbox;

  GstWebRTCDataChannel *channel;
  gboolean is_open;
  gboolean is_closing;
  gboolean was_closed;
  gboolean is_detached;
};

static void rw_channel_carrier_iface_init (RwCarrierInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwChannelCarrier, rw_channel_carrier, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (RW_TYPE_CARRIER, rw_channel_carrier_iface_init))

/* --- On the control thread ----------------------------------------------- */

static void
handle_open (gpointer data, gpointer unused)
{
  RwChannelCarrier *self = data;

  if (self->is_open || self->was_closed || self->channel == NULL)
    return;

  self->is_open = TRUE;
  self->funcs.opened (self->user_data);
}

static void
handle_close (gpointer data, gpointer unused)
{
  RwChannelCarrier *self = data;

  if (!self->is_open)
    return;

  self->is_open = FALSE;
  self->was_closed = TRUE;
  self->funcs.closed (self->user_data);
}

static void
handle_message (gpointer data, gpointer message)
{
  RwChannelCarrier *self = data;

  rw_inbox_limit_release (&self->inbox, g_bytes_get_size (message));
  /* The message may arrive before the event that the channel is open. */
  handle_open (self, NULL);
  if (self->is_open)
    self->funcs.message (self->user_data, message);
}

/* --- webrtcbin's callbacks ----------------------------------------------- */

static void
on_open (GstWebRTCDataChannel *channel, RwChannelCarrier *self)
{
  rw_post (self->loop, self->owner, handle_open, self, NULL, NULL);
}

static void
on_close (GstWebRTCDataChannel *channel, RwChannelCarrier *self)
{
  rw_post (self->loop, self->owner, handle_close, self, NULL, NULL);
}

static void
on_message (GstWebRTCDataChannel *channel, GBytes *message,
            RwChannelCarrier *self)
{
  if (message != NULL && g_bytes_get_size (message) <= RW_CARRIER_MAX_MESSAGE &&
      rw_inbox_limit_admit (&self->inbox, g_bytes_get_size (message)))
    rw_post (self->loop, self->owner, handle_message, self,
             g_bytes_ref (message), (GDestroyNotify) g_bytes_unref);
}

static void
connect_signals (RwChannelCarrier *self, GstWebRTCDataChannel *channel)
{
  g_signal_connect (channel, "on-open", G_CALLBACK (on_open), self);
  g_signal_connect (channel, "on-close", G_CALLBACK (on_close), self);
  g_signal_connect (channel, "on-message-data", G_CALLBACK (on_message), self);
}

static void
handle_remote_channel (gpointer data, gpointer channel)
{
  RwChannelCarrier *self = data;
  GstWebRTCDataChannelState state;

  if (self->is_detached || self->channel != NULL) {
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
                 RwChannelCarrier *self)
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

/* --- The interface ------------------------------------------------------- */

static gboolean
rw_channel_carrier_is_open (RwCarrier *carrier)
{
  return RW_CHANNEL_CARRIER (carrier)->is_open;
}

static guint64
rw_channel_carrier_get_buffered_amount (RwCarrier *carrier)
{
  RwChannelCarrier *self = RW_CHANNEL_CARRIER (carrier);
  guint64 amount = 0;

  if (self->channel != NULL)
    g_object_get (self->channel, "buffered-amount", &amount, NULL);
  return amount;
}

static gboolean
rw_channel_carrier_send (RwCarrier *carrier, GBytes *message)
{
  RwChannelCarrier *self = RW_CHANNEL_CARRIER (carrier);
  gsize size = g_bytes_get_size (message);

  return self->is_open && size <= RW_CARRIER_MAX_MESSAGE &&
         rw_channel_carrier_get_buffered_amount (carrier) + size <=
             MAX_BUFFERED &&
         gst_webrtc_data_channel_send_data_full (self->channel, message, NULL);
}

/* SCTP repeats this by itself. */
static void
rw_channel_carrier_close (RwCarrier *carrier)
{
  RwChannelCarrier *self = RW_CHANNEL_CARRIER (carrier);

  if (!self->is_closing && self->channel != NULL)
    gst_webrtc_data_channel_close (self->channel);
  self->is_closing = TRUE;
}

/* webrtcbin may have let go of the channel already, while its appsrc still
 * pushes through a probe that borrows it. */
static GObject *
rw_channel_carrier_detach (RwCarrier *carrier, GstElement *webrtc)
{
  RwChannelCarrier *self = RW_CHANNEL_CARRIER (carrier);

  g_signal_handlers_disconnect_by_data (webrtc, self);
  if (self->channel != NULL)
    g_signal_handlers_disconnect_by_data (self->channel, self);
  self->is_open = FALSE;
  self->is_detached = TRUE;
  return (GObject *) g_steal_pointer (&self->channel);
}

static void
rw_channel_carrier_iface_init (RwCarrierInterface *iface)
{
  iface->is_open = rw_channel_carrier_is_open;
  iface->send = rw_channel_carrier_send;
  iface->get_buffered_amount = rw_channel_carrier_get_buffered_amount;
  iface->close = rw_channel_carrier_close;
  iface->detach = rw_channel_carrier_detach;
}

/* --- The object ---------------------------------------------------------- */

static void
rw_channel_carrier_finalize (GObject *object)
{
  RwChannelCarrier *self = RW_CHANNEL_CARRIER (object);

  g_assert (self->channel == NULL);
  rw_inbox_limit_clear (&self->inbox);
  G_OBJECT_CLASS (rw_channel_carrier_parent_class)->finalize (object);
}

static void
rw_channel_carrier_class_init (RwChannelCarrierClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_channel_carrier_finalize;
}

static void
rw_channel_carrier_init (RwChannelCarrier *self)
{
  rw_inbox_limit_init (&self->inbox);
}

/* --- Public -------------------------------------------------------------- */

RwChannelCarrier *
rw_channel_carrier_new (GObject *owner, RwLoop *loop,
                        const RwCarrierFuncs *funcs, gpointer user_data)
{
  RwChannelCarrier *self = g_object_new (RW_TYPE_CHANNEL_CARRIER, NULL);

  self->owner = owner;
  self->loop = loop;
  self->funcs = *funcs;
  self->user_data = user_data;
  return self;
}

void
rw_channel_carrier_watch (RwChannelCarrier *self, GstElement *webrtc)
{
  g_signal_connect (webrtc, "on-data-channel", G_CALLBACK (on_data_channel),
                    self);
}

void
rw_channel_carrier_create (RwChannelCarrier *self, GstElement *webrtc)
{
  g_autoptr (GstStructure) options = gst_structure_new (
      "options", "ordered", G_TYPE_BOOLEAN, FALSE, "max-retransmits",
      G_TYPE_INT, 0, "protocol", G_TYPE_STRING, PROTOCOL, NULL);

  g_signal_emit_by_name (webrtc, "create-data-channel", LABEL, options,
                         &self->channel);
  if (self->channel != NULL)
    connect_signals (self, self->channel);
}
