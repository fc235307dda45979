/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-peer-connection.h"

#include "rw-channel-carrier.h"
#include "rw-negotiator.h"
#include "rw-peer-shutdown.h"
#include "rw-peer-transport.h"
#include "rw-post.h"
#include "rw-rtcp-carrier.h"

struct _RwPeerConnection {
  RwWebrtcPeer *owner;
  RwLoop *loop;
  RwWebrtcPipeline *pipeline;
  RwPeerConnectionFuncs funcs;

  gboolean is_active; /* from attach to stop */
  RwNegotiator *negotiator;
  RwChannelCarrier *channel;
  RwRtcpCarrier *rtcp;
  RwCarrier *carrier; /* the one of these that is used */
  RwPeerTransport *transport;
  RwPeerShutdown *shutdown;
};

/* --- Messages ------------------------------------------------------------ */

static gboolean
on_carrier_arrived (gpointer data, GBytes *message)
{
  RwPeerConnection *self = data;

  return self->funcs.arrived (self->owner, message);
}

static void
on_carrier_opened (gpointer data)
{
  RwPeerConnection *self = data;

  if (self->is_active)
    g_signal_emit_by_name (self->owner, "channel-open");
}

static void
on_carrier_message (gpointer data, GBytes *message)
{
  RwPeerConnection *self = data;

  if (self->is_active)
    g_signal_emit_by_name (self->owner, "channel-message", message);
}

static void
on_carrier_closed (gpointer data)
{
  RwPeerConnection *self = data;

  if (self->is_active)
    g_signal_emit_by_name (self->owner, "channel-closed");
  else
    rw_peer_shutdown_note_carrier_closed (self->shutdown);
}

static const RwCarrierFuncs carrier_funcs = {
    on_carrier_arrived,
    on_carrier_opened,
    on_carrier_message,
    on_carrier_closed,
};

/* --- Negotiation --------------------------------------------------------- */

/* From now on there is no data channel, whoever would create one. */
static void
use_rtcp (RwPeerConnection *self)
{
  rw_webrtc_pipeline_keep (
      self->pipeline,
      rw_carrier_detach (RW_CARRIER (self->channel),
                         rw_webrtc_pipeline_get_webrtc (self->pipeline)));
  self->carrier = RW_CARRIER (self->rtcp);
  rw_webrtc_pipeline_expect_no_channel (self->pipeline);
}

static void
on_understood (gpointer data, RwSdpType type, const RwRemoteSdp *remote)
{
  RwPeerConnection *self = data;

  self->funcs.understood (self->owner, type, remote);
  if (remote->format.rtcp_messages)
    use_rtcp (self);
  if (remote->format.frame_id == 0)
    rw_webrtc_pipeline_watch_peer (self->pipeline);
}

static void
on_described (gpointer data, RwSdpType type, const char *sdp)
{
  RwPeerConnection *self = data;

  if (self->is_active)
    g_signal_emit_by_name (self->owner, "local-description", (guint) type, sdp);
}

static void
on_candidate (gpointer data, guint mline, const char *candidate)
{
  RwPeerConnection *self = data;

  if (self->is_active)
    g_signal_emit_by_name (self->owner, "local-candidate", mline, candidate);
}

static void
on_negotiation_failed (gpointer data, GError *error)
{
  RwPeerConnection *self = data;

  self->funcs.failed (self->owner, error);
}

static void
on_idle (gpointer data)
{
  RwPeerConnection *self = data;

  rw_peer_shutdown_note_idle (self->shutdown);
}

static void
on_renumbered (gpointer data, const RwRtpFormat *format)
{
  RwPeerConnection *self = data;

  self->funcs.renumbered (self->owner, format);
}

static const RwNegotiatorFuncs negotiator_funcs = {
    on_understood,         on_described, on_candidate,
    on_negotiation_failed, on_idle,      on_renumbered,
};

/* --- The transport ------------------------------------------------------- */

static void
handle_connected (gpointer data, gpointer unused)
{
  RwPeerConnection *self = data;

  if (!self->is_active)
    return;
  rw_webrtc_pipeline_rest_ice (self->pipeline);
  g_signal_emit_by_name (self->owner, "transport-connected");
  if (self->is_active && self->carrier == RW_CARRIER (self->rtcp))
    rw_rtcp_carrier_open (self->rtcp);
}

/* The owner is notified at once, not by way of the control thread: an ordinary
 * peer receives nothing of what comes before. */
static void
on_transport_connected (gpointer data)
{
  RwPeerConnection *self = data;

  self->funcs.connected (self->owner,
                         &rw_negotiator_get_remote (self->negotiator)->format);
  rw_post (self->loop, self->owner, handle_connected, self, NULL, NULL);
}

static void
on_transport_failed (GError *error, gpointer data)
{
  RwPeerConnection *self = data;

  self->funcs.failed (self->owner, error);
}

static const RwPeerTransportFuncs transport_funcs = {
    on_transport_connected,
    on_transport_failed,
};

/* --- The end ------------------------------------------------------------- */

/* From here on no callback of webrtcbin's finds its way here. */
static void
detach (RwPeerConnection *self)
{
  GstElement *webrtc = rw_webrtc_pipeline_get_webrtc (self->pipeline);

  if (webrtc == NULL)
    return;
  rw_peer_transport_detach (self->transport);
  rw_negotiator_detach (self->negotiator);
  rw_carrier_detach (RW_CARRIER (self->rtcp), webrtc);
  rw_webrtc_pipeline_keep (
      self->pipeline, rw_carrier_detach (RW_CARRIER (self->channel), webrtc));
}

static void
handle_released (gpointer data, gpointer unused)
{
  RwPeerConnection *self = data;

  rw_peer_shutdown_note_released (self->shutdown);
}

static gboolean
on_release_due (gpointer data)
{
  RwPeerConnection *self = data;

  return rw_webrtc_pipeline_release_relays (self->pipeline, self->loop,
                                            self->owner, handle_released, self);
}

static void
on_shut_down (gpointer data)
{
  RwPeerConnection *self = data;

  detach (self);
  self->funcs.closed (self->owner);
}

static const RwPeerShutdownFuncs shutdown_funcs = {
    on_release_due,
    on_shut_down,
};

void
rw_peer_connection_stop (RwPeerConnection *self)
{
  self->is_active = FALSE;
  rw_negotiator_stop (self->negotiator);
}

void
rw_peer_connection_close (RwPeerConnection *self, gboolean graceful)
{
  rw_peer_connection_stop (self);
  rw_peer_shutdown_begin (self->shutdown, graceful ? self->carrier : NULL);
}

void
rw_peer_connection_hurry (RwPeerConnection *self)
{
  rw_peer_shutdown_hurry (self->shutdown);
}

/* --- Public -------------------------------------------------------------- */

RwPeerConnection *
rw_peer_connection_new (RwWebrtcPeer *owner, RwWebrtcPipeline *pipeline,
                        const RwWebrtcPeerConfig *config,
                        const RwPeerConnectionFuncs *funcs)
{
  RwPeerConnection *self = g_new0 (RwPeerConnection, 1);
  GObject *object = G_OBJECT (owner);

  self->owner = owner;
  self->loop = config->loop;
  self->pipeline = pipeline;
  self->funcs = *funcs;
  self->negotiator =
      rw_negotiator_new (object, config, &negotiator_funcs, self);
  self->channel =
      rw_channel_carrier_new (object, self->loop, &carrier_funcs, self);
  self->rtcp = rw_rtcp_carrier_new (object, self->loop, &carrier_funcs, self);
  self->carrier = RW_CARRIER (self->channel);
  self->transport = rw_peer_transport_new (pipeline, self->negotiator,
                                           &transport_funcs, self);
  self->shutdown = rw_peer_shutdown_new (self->loop, self->negotiator,
                                         &shutdown_funcs, self);
  return self;
}

void
rw_peer_connection_free (RwPeerConnection *self)
{
  rw_peer_shutdown_free (self->shutdown);
  rw_peer_transport_free (self->transport);
  rw_negotiator_free (self->negotiator);
  g_object_unref (self->channel);
  g_object_unref (self->rtcp);
  g_free (self);
}

void
rw_peer_connection_attach (RwPeerConnection *self)
{
  GstElement *webrtc = rw_webrtc_pipeline_get_webrtc (self->pipeline);

  self->is_active = TRUE;
  rw_peer_transport_attach (self->transport);
  rw_negotiator_attach (self->negotiator, webrtc);
  rw_channel_carrier_watch (self->channel, webrtc);
  rw_rtcp_carrier_attach (self->rtcp, webrtc);
}

void
rw_peer_connection_offer (RwPeerConnection *self)
{
  if (rw_negotiator_takes_rtcp (self->negotiator))
    rw_webrtc_pipeline_expect_no_channel (self->pipeline);
  else
    rw_channel_carrier_create (self->channel,
                               rw_webrtc_pipeline_get_webrtc (self->pipeline));
  rw_negotiator_offer (self->negotiator);
}

void
rw_peer_connection_set_remote (RwPeerConnection *self, RwSdpType type,
                               const char *sdp)
{
  rw_negotiator_set_remote (self->negotiator, type, sdp);
}

void
rw_peer_connection_add_candidate (RwPeerConnection *self, guint mline,
                                  const char *candidate)
{
  rw_negotiator_add_candidate (self->negotiator, mline, candidate);
}

gboolean
rw_peer_connection_send (RwPeerConnection *self, GBytes *message)
{
  return self->is_active && rw_carrier_send (self->carrier, message);
}

gboolean
rw_peer_connection_send_now (RwPeerConnection *self, GBytes *message)
{
  return rw_rtcp_carrier_send_now (self->rtcp, message);
}

gboolean
rw_peer_connection_uses_rtcp (RwPeerConnection *self)
{
  return self->carrier == RW_CARRIER (self->rtcp);
}

guint64
rw_peer_connection_get_buffered_amount (RwPeerConnection *self)
{
  return rw_carrier_get_buffered_amount (self->carrier);
}

void
rw_peer_connection_set_close_reason (RwPeerConnection *self, GBytes *message)
{
  rw_peer_shutdown_set_close_reason (self->shutdown, message);
}
