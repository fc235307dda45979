/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-webrtc-peer.h"

#include "rw-fingerprint.h"
#include "rw-negotiator.h"
#include "rw-opus-sdp.h"
#include "rw-peer-channel.h"
#include "rw-peer-feed.h"
#include "rw-peer-stats.h"
#include "rw-peer-tap.h"
#include "rw-post.h"
#include "rw-webrtc-pipeline.h"

/* One session on the control thread. webrtcbin's callbacks come on threads of
 * its own: each copies what it got, posts an event and returns; tearing down
 * from inside one would deadlock. */

GST_DEBUG_CATEGORY_STATIC (rw_webrtc_peer_debug);
#define GST_CAT_DEFAULT rw_webrtc_peer_debug

/* How long the other peer gets to answer a goodbye. */
#define GOODBYE_MS 200

/* A farewell may be lost like every message. */
#define FAREWELL_MS 30
/* webrtcbin leaks its ICE agent when it goes to NULL in the middle of
 * negotiating, or just after it has begun to gather. Negotiating takes
 * milliseconds, so it is waited for; gathering may hang on a server. */
#define GATHER_MS          250
#define MAX_GATHER_PERIODS 8

typedef enum {
  STATE_NEW,
  STATE_RUNNING,
  STATE_FAREWELL, /* the other peer is told, and is to close the channel */
  STATE_GOODBYE,  /* the data channel is closing */
  STATE_SETTLING, /* webrtcbin finishes what it has begun */
  STATE_CLOSED,
} State;

struct _RwWebrtcPeer {
  GObject parent_instance;

  RwWebrtcPeerRole role;
  gboolean offers;
  RwLoop *loop;
  guint64 generation;
  RwWebrtcPeerFuncs funcs;
  gpointer user_data;
  GDestroyNotify destroy;

  State state;
  gboolean has_failed;
  RwWebrtcPipeline *pipeline;
  RwNegotiator *negotiator;
  RwPeerChannel *channel;
  RwPeerFeed *feed; /* of a producer */
  RwPeerTap *tap;   /* of a consumer */
  GSource *timer;
  guint n_periods;
  GBytes *farewell;
  char *held_offer; /* one that came before the start */

  /* Written and read on several threads. */
  GMutex lock;
  GstCaps *caps;
  gboolean is_resilient;
  gint64 start_us;
  gint64 connected_us;
  GstWebRTCPeerConnectionState connection_state;
  GstWebRTCICEConnectionState ice_state;
  GstStructure *rtp_stats;
};

static void rw_webrtc_peer_iface_init (RwPeerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwWebrtcPeer, rw_webrtc_peer, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (RW_TYPE_PEER, rw_webrtc_peer_iface_init)
        GST_DEBUG_CATEGORY_INIT (rw_webrtc_peer_debug, "resilientwebrtcpeer", 0,
                                 "One WebRTC session"))

/* --- News for the owner --------------------------------------------------- */

static gboolean
is_running (RwWebrtcPeer *self)
{
  return self->state == STATE_RUNNING && !self->has_failed;
}

static void
handle_failed (gpointer data, gpointer error)
{
  RwWebrtcPeer *self = data;

  if (!is_running (self))
    return;

  self->has_failed = TRUE;
  rw_negotiator_stop (self->negotiator);
  g_signal_emit_by_name (self, "failed", error);
}

/* Any thread. Takes @error. */
static void
fail (RwWebrtcPeer *self, GError *error)
{
  GST_INFO_OBJECT (self, "session %" G_GUINT64_FORMAT " failed: %s",
                   self->generation, error->message);
  rw_post (self->loop, self, handle_failed, self, error,
           (GDestroyNotify) g_error_free);
}

static void
on_pipeline_error (const char *message, gpointer user_data)
{
  fail (user_data,
        g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT,
                     "The session's transport stopped: %s", message));
}

/* --- Tearing down -------------------------------------------------------- */

static void
stop_timer (RwWebrtcPeer *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static void
start_timer (RwWebrtcPeer *self, guint delay_ms, GSourceFunc func)
{
  stop_timer (self);
  self->timer = g_timeout_source_new (delay_ms);
  g_source_set_callback (self->timer, func, self, NULL);
  g_source_set_static_name (self->timer, "rw-webrtc-peer");
  g_source_attach (self->timer, rw_loop_get_context (self->loop));
}

static void
emit_closed (gpointer data)
{
  RwWebrtcPeer *self = data;

  g_signal_emit_by_name (self, "closed");
}

static GstElement *
get_webrtc (RwWebrtcPeer *self)
{
  return rw_webrtc_pipeline_get_webrtc (self->pipeline);
}

static void
close_pipeline (RwWebrtcPeer *self)
{
  GstElement *webrtc = get_webrtc (self);
  g_autoptr (GObject) channel = NULL;

  if (webrtc == NULL)
    return;
  g_signal_handlers_disconnect_by_data (webrtc, self);
  rw_negotiator_detach (self->negotiator);
  /* webrtcbin may have let go of it already, while its appsrc still pushes
   * through a probe that borrows it. */
  channel = rw_peer_channel_drop (self->channel, webrtc);
  rw_webrtc_pipeline_close (self->pipeline);
}

static void
teardown (RwWebrtcPeer *self)
{
  gboolean was_started = self->state != STATE_NEW;

  stop_timer (self);
  g_clear_pointer (&self->farewell, g_bytes_unref);
  self->state = STATE_CLOSED;
  close_pipeline (self);
  if (self->destroy != NULL)
    self->destroy (self->user_data);
  self->destroy = NULL;

  GST_DEBUG_OBJECT (self, "session %" G_GUINT64_FORMAT " is torn down",
                    self->generation);
  rw_loop_invoke (self->loop, emit_closed, g_object_ref (self), g_object_unref);
  if (was_started)
    g_object_unref (self);
}

static gboolean
on_settle_timeout (gpointer data)
{
  RwWebrtcPeer *self = data;

  gboolean is_asking = rw_negotiator_is_asking (self->negotiator);

  if (is_asking && ++self->n_periods < MAX_GATHER_PERIODS)
    return G_SOURCE_CONTINUE;

  if (is_asking)
    GST_WARNING_OBJECT (self, "webrtcbin does not answer; tearing it down all "
                              "the same");
  teardown (self);
  return G_SOURCE_REMOVE;
}

static void
settle (RwWebrtcPeer *self)
{
  if (get_webrtc (self) == NULL ||
      rw_negotiator_is_settled (self->negotiator)) {
    teardown (self);
    return;
  }
  self->state = STATE_SETTLING;
  start_timer (self, GATHER_MS, on_settle_timeout);
}

static gboolean
is_taking_leave (RwWebrtcPeer *self)
{
  return self->state == STATE_FAREWELL || self->state == STATE_GOODBYE;
}

static gboolean
on_goodbye_timeout (gpointer data)
{
  settle (data);
  return G_SOURCE_REMOVE;
}

static void
say_goodbye (RwWebrtcPeer *self)
{
  self->state = STATE_GOODBYE;
  start_timer (self, GOODBYE_MS, on_goodbye_timeout);
  rw_peer_channel_close (self->channel);
}

static gboolean
on_farewell_timer (gpointer data)
{
  RwWebrtcPeer *self = data;

  if (++self->n_periods < GOODBYE_MS / FAREWELL_MS) {
    rw_peer_channel_send (self->channel, self->farewell);
    return G_SOURCE_CONTINUE;
  }
  self->n_periods = 0;
  say_goodbye (self);
  return G_SOURCE_REMOVE;
}

/* Who is told closes the channel, which is the answer. To close it here would
 * let the news of that overtake the farewell. */
static void
say_farewell (RwWebrtcPeer *self)
{
  self->state = STATE_FAREWELL;
  self->n_periods = 0;
  start_timer (self, FAREWELL_MS, on_farewell_timer);
  rw_peer_channel_send (self->channel, self->farewell);
}

static void
rw_webrtc_peer_close (RwPeer *peer, gboolean graceful)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);

  if (self->state == STATE_NEW) {
    teardown (self);
    return;
  }
  if (is_taking_leave (self) && !graceful) {
    self->n_periods = 0;
    settle (self);
    return;
  }
  if (self->state != STATE_RUNNING)
    return;

  rw_negotiator_stop (self->negotiator);
  if (self->feed != NULL)
    rw_peer_feed_close (self->feed);
  if (self->tap != NULL)
    rw_peer_tap_close (self->tap);
  if (!graceful || !rw_peer_channel_is_open (self->channel))
    settle (self);
  else if (self->farewell)
    say_farewell (self);
  else
    say_goodbye (self);
}

/* --- The data channel ---------------------------------------------------- */

static void
on_channel_opened (GObject *owner)
{
  if (is_running (RW_WEBRTC_PEER (owner)))
    g_signal_emit_by_name (owner, "channel-open");
}

static void
on_channel_message (GObject *owner, GBytes *message)
{
  if (is_running (RW_WEBRTC_PEER (owner)))
    g_signal_emit_by_name (owner, "channel-message", message);
}

static void
on_channel_closed (GObject *owner)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (owner);

  if (is_taking_leave (self)) {
    self->n_periods = 0;
    settle (self);
  } else if (is_running (self)) {
    g_signal_emit_by_name (self, "channel-closed");
  }
}

static const RwPeerChannelFuncs channel_funcs = {
    on_channel_opened,
    on_channel_message,
    on_channel_closed,
};

static gboolean
rw_webrtc_peer_send (RwPeer *peer, GBytes *message)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);

  return is_running (self) && rw_peer_channel_send (self->channel, message);
}

static guint64
rw_webrtc_peer_get_buffered_amount (RwPeer *peer)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);

  return rw_peer_channel_get_buffered_amount (self->channel);
}

/* --- Negotiation --------------------------------------------------------- */

static void
set_codec (GstWebRTCRTPTransceiver *transceiver, GstCaps *rtp_caps,
           GstWebRTCRTPTransceiverDirection direction)
{
  g_object_set (transceiver, "direction", direction, "codec-preferences",
                rtp_caps, NULL);
}

/* The codec is fixed before anything is created: without it create-offer may
 * wait for caps for ever. */
static void
add_sender (RwWebrtcPeer *self, guint payload_type)
{
  g_autoptr (GstCaps) rtp_caps =
      rw_opus_sdp_new_rtp_caps (self->caps, payload_type);
  g_autoptr (GstPad) source = NULL;
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;

  gst_caps_set_simple (rtp_caps, "ssrc", G_TYPE_UINT,
                       rw_peer_feed_get_ssrc (self->feed), NULL);
  sink = gst_element_request_pad_simple (get_webrtc (self), "sink_%u");
  g_object_get (sink, "transceiver", &transceiver, NULL);
  set_codec (transceiver, rtp_caps,
             GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY);
  source =
      gst_element_get_static_pad (rw_peer_feed_get_element (self->feed), "src");
  if (gst_pad_link (source, sink) != GST_PAD_LINK_OK)
    fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL,
                             "WebRTC took no audio"));
}

static void
make_offer (RwWebrtcPeer *self)
{
  if (self->role == RW_WEBRTC_PEER_PRODUCER) {
    add_sender (self, RW_OFFERED_PAYLOAD_TYPE);
  } else {
    g_autoptr (GstCaps) rtp_caps =
        rw_opus_sdp_new_rtp_caps (self->caps, RW_OFFERED_PAYLOAD_TYPE);
    g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;

    g_signal_emit_by_name (get_webrtc (self), "add-transceiver",
                           GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                           rtp_caps, &transceiver);
  }
  rw_peer_channel_create (self->channel, get_webrtc (self));
  rw_negotiator_offer (self->negotiator);
}

static void
on_understood (GObject *owner, RwSdpType type, const RwRemoteSdp *remote)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (owner);

  g_mutex_lock (&self->lock);
  self->is_resilient = remote->format.frame_id != 0;
  if (self->role == RW_WEBRTC_PEER_CONSUMER)
    gst_caps_replace (&self->caps, remote->caps);
  g_mutex_unlock (&self->lock);

  if (self->tap != NULL) {
    g_autoptr (GstCaps) rtp_caps =
        rw_opus_sdp_new_rtp_caps (remote->caps, remote->format.payload_type);

    rw_peer_tap_open (self->tap, &remote->format, rtp_caps);
  } else if (type == RW_SDP_TYPE_OFFER) {
    add_sender (self, remote->format.payload_type);
  }

  if (remote->format.frame_id == 0)
    rw_webrtc_pipeline_watch_peer (self->pipeline);
}

static void
on_described (GObject *owner, RwSdpType type, const char *sdp)
{
  if (is_running (RW_WEBRTC_PEER (owner)))
    g_signal_emit_by_name (owner, "local-description", (guint) type, sdp);
}

static void
on_candidate (GObject *owner, guint mline, const char *candidate)
{
  if (is_running (RW_WEBRTC_PEER (owner)))
    g_signal_emit_by_name (owner, "local-candidate", mline, candidate);
}

static void
on_negotiation_failed (GObject *owner, GError *error)
{
  fail (RW_WEBRTC_PEER (owner), error);
}

static void
on_settled (GObject *owner)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (owner);

  if (self->state == STATE_SETTLING)
    teardown (self);
}

static const RwNegotiatorFuncs negotiator_funcs = {
    on_understood,         on_described, on_candidate,
    on_negotiation_failed, on_settled,
};

static void
rw_webrtc_peer_set_remote_description (RwPeer *peer, RwSdpType type,
                                       const char *sdp)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);

  if (self->state == STATE_NEW && type == RW_SDP_TYPE_OFFER) {
    g_free (self->held_offer);
    self->held_offer = g_strdup (sdp);
  } else if (is_running (self)) {
    rw_negotiator_set_remote (self->negotiator, type, sdp);
  }
}

static void
rw_webrtc_peer_add_remote_candidate (RwPeer *peer, guint mline,
                                     const char *candidate)
{
  rw_negotiator_add_candidate (RW_WEBRTC_PEER (peer)->negotiator, mline,
                               candidate);
}

/* --- The transport ------------------------------------------------------- */

static void
open_feed (RwWebrtcPeer *self)
{
  const RwRtpFormat *format =
      &rw_negotiator_get_remote (self->negotiator)->format;
  g_autoptr (GstCaps) rtp_caps =
      rw_opus_sdp_new_rtp_caps (self->caps, format->payload_type);

  gst_caps_set_simple (rtp_caps, "ssrc", G_TYPE_UINT,
                       rw_peer_feed_get_ssrc (self->feed), NULL);
  rw_peer_feed_open (self->feed, format, rtp_caps);
}

/* Whether who is at the other end of DTLS is who sent the description. */
static gboolean
is_authentic (RwWebrtcPeer *self)
{
  const GstSDPMessage *message =
      rw_negotiator_get_remote (self->negotiator)->message;
  g_auto (GStrv) certificates =
      rw_webrtc_pipeline_dup_certificates (self->pipeline);
  guint i, j;

  for (i = 0; certificates[i] != NULL; i++) {
    gboolean matches = FALSE;

    for (j = 0; !matches && j < gst_sdp_message_medias_len (message); j++)
      matches = rw_fingerprint_matches (
          gst_sdp_media_get_attribute_val (
              gst_sdp_message_get_media (message, j), "fingerprint"),
          certificates[i]);
    if (!matches)
      return FALSE;
  }
  return i > 0;
}

static void
handle_connected (gpointer data, gpointer unused)
{
  if (!is_running (data))
    return;
  rw_webrtc_pipeline_rest_ice (RW_WEBRTC_PEER (data)->pipeline);
  g_signal_emit_by_name (data, "transport-connected");
}

/* At once, not by way of the control thread: an ordinary peer hears nothing
 * of what comes before. */
static void
go_live (RwWebrtcPeer *self)
{
  if (!is_authentic (self)) {
    fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT,
                             "The other peer's certificate is not the one that "
                             "its description announced; somebody may stand "
                             "in for it"));
    return;
  }
  if (self->feed != NULL)
    open_feed (self);
  rw_post (self->loop, self, handle_connected, self, NULL, NULL);
}

static void
on_connection_state (GstElement *webrtc, GParamSpec *pspec, RwWebrtcPeer *self)
{
  GstWebRTCPeerConnectionState state;
  gboolean is_first = FALSE;

  g_object_get (webrtc, "connection-state", &state, NULL);
  GST_DEBUG_OBJECT (self, "connection state %d", state);
  g_mutex_lock (&self->lock);
  self->connection_state = state;
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED &&
      self->connected_us == 0) {
    self->connected_us = g_get_monotonic_time ();
    is_first = TRUE;
  }
  g_mutex_unlock (&self->lock);

  if (is_first)
    go_live (self);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
    fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT,
                             "The connection to the other peer failed (ICE or "
                             "DTLS); check that UDP passes between the hosts "
                             "or set a TURN server"));
}

static void
on_ice_connection_state (GstElement *webrtc, GParamSpec *pspec,
                         RwWebrtcPeer *self)
{
  GstWebRTCICEConnectionState state;

  g_object_get (webrtc, "ice-connection-state", &state, NULL);
  g_mutex_lock (&self->lock);
  self->ice_state = state;
  g_mutex_unlock (&self->lock);
}

/* --- Building up --------------------------------------------------------- */

static void
connect_webrtc (RwWebrtcPeer *self)
{
  static const struct {
    const char *signal;
    GCallback handler;
  } handlers[] = {
      {"notify::ice-connection-state", G_CALLBACK (on_ice_connection_state)},
      {"notify::connection-state", G_CALLBACK (on_connection_state)},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (get_webrtc (self), handlers[i].signal,
                      handlers[i].handler, self);
}

static void
build (RwWebrtcPeer *self)
{
  GstBin *bin;

  rw_webrtc_pipeline_open (self->pipeline);
  bin = rw_webrtc_pipeline_get_bin (self->pipeline);
  connect_webrtc (self);
  rw_negotiator_attach (self->negotiator, get_webrtc (self));
  rw_peer_channel_watch (self->channel, get_webrtc (self));
  if (self->feed != NULL)
    gst_bin_add (bin, rw_peer_feed_get_element (self->feed));
  else
    rw_peer_tap_attach (self->tap, bin, get_webrtc (self));
  rw_webrtc_pipeline_prepare (self->pipeline);
}

static void
rw_webrtc_peer_start (RwPeer *peer)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);
  GError *error = NULL;

  g_return_if_fail (self->state == STATE_NEW);
  g_return_if_fail (rw_loop_is_owner (self->loop));

  g_object_ref (self);
  self->state = STATE_RUNNING;
  self->start_us = g_get_monotonic_time ();
  if (!rw_webrtc_peer_check_elements (&error)) {
    fail (self, error);
    return;
  }

  build (self);
  if (self->held_offer != NULL)
    rw_negotiator_set_remote (self->negotiator, RW_SDP_TYPE_OFFER,
                              self->held_offer);
  else if (self->offers)
    make_offer (self);
  g_clear_pointer (&self->held_offer, g_free);
  rw_webrtc_pipeline_play (self->pipeline);
}

/* --- Class --------------------------------------------------------------- */

static void
rw_webrtc_peer_dispose (GObject *object)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (object);

  g_clear_object (&self->loop);
  if (self->destroy != NULL)
    self->destroy (self->user_data);
  self->destroy = NULL;

  G_OBJECT_CLASS (rw_webrtc_peer_parent_class)->dispose (object);
}

static void
rw_webrtc_peer_finalize (GObject *object)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (object);

  g_clear_pointer (&self->pipeline, rw_webrtc_pipeline_free);
  g_clear_pointer (&self->negotiator, rw_negotiator_free);
  g_clear_pointer (&self->channel, rw_peer_channel_free);
  g_clear_pointer (&self->feed, rw_peer_feed_free);
  g_clear_pointer (&self->tap, rw_peer_tap_free);
  g_clear_pointer (&self->rtp_stats, gst_structure_free);
  gst_clear_caps (&self->caps);
  g_free (self->held_offer);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (rw_webrtc_peer_parent_class)->finalize (object);
}

static void
rw_webrtc_peer_class_init (RwWebrtcPeerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = rw_webrtc_peer_dispose;
  object_class->finalize = rw_webrtc_peer_finalize;
}

static void
rw_webrtc_peer_iface_init (RwPeerInterface *iface)
{
  iface->start = rw_webrtc_peer_start;
  iface->set_remote_description = rw_webrtc_peer_set_remote_description;
  iface->add_remote_candidate = rw_webrtc_peer_add_remote_candidate;
  iface->send = rw_webrtc_peer_send;
  iface->get_buffered_amount = rw_webrtc_peer_get_buffered_amount;
  iface->close = rw_webrtc_peer_close;
}

static void
rw_webrtc_peer_init (RwWebrtcPeer *self)
{
  g_mutex_init (&self->lock);
}

/* --- Public -------------------------------------------------------------- */

RwWebrtcPeer *
rw_webrtc_peer_new (const RwWebrtcPeerConfig *config)
{
  RwWebrtcPeer *self = g_object_new (RW_TYPE_WEBRTC_PEER, NULL);

  self->role = config->role;
  self->offers = config->offers || config->role == RW_WEBRTC_PEER_PRODUCER;
  self->loop = g_object_ref (config->loop);
  self->generation = config->generation;
  if (config->caps != NULL)
    self->caps = gst_caps_ref (config->caps);
  if (config->funcs != NULL)
    self->funcs = *config->funcs;
  self->user_data = config->user_data;
  self->destroy = config->destroy;

  /* From the beginning to the end, so that any thread may use them. */
  self->pipeline = rw_webrtc_pipeline_new (config, on_pipeline_error, self);
  self->negotiator =
      rw_negotiator_new (G_OBJECT (self), self->loop, &negotiator_funcs,
                         config->role == RW_WEBRTC_PEER_PRODUCER, config->caps);
  self->channel =
      rw_peer_channel_new (G_OBJECT (self), self->loop, &channel_funcs);
  if (self->role == RW_WEBRTC_PEER_PRODUCER)
    self->feed = rw_peer_feed_new ();
  else
    self->tap =
        rw_peer_tap_new (config->latency_ms, &self->funcs, self->user_data);
  return self;
}

void
rw_webrtc_peer_set_farewell (RwWebrtcPeer *self, GBytes *message)
{
  g_clear_pointer (&self->farewell, g_bytes_unref);
  self->farewell = message ? g_bytes_ref (message) : NULL;
}

gboolean
rw_webrtc_peer_push_frame (RwWebrtcPeer *self, const RwFrame *frame)
{
  g_return_val_if_fail (RW_IS_WEBRTC_PEER (self), FALSE);
  g_return_val_if_fail (frame != NULL, FALSE);

  return self->feed != NULL && rw_peer_feed_push (self->feed, frame);
}

void
rw_webrtc_peer_set_base_time (RwWebrtcPeer *self, GstClockTime base_time)
{
  g_return_if_fail (RW_IS_WEBRTC_PEER (self));

  rw_webrtc_pipeline_set_base_time (self->pipeline, base_time);
}

void
rw_webrtc_peer_set_blackout (RwWebrtcPeer *self, gboolean blackout)
{
  g_return_if_fail (RW_IS_WEBRTC_PEER (self));

  rw_webrtc_pipeline_set_blackout (self->pipeline, blackout);
}

guint64
rw_webrtc_peer_get_generation (RwWebrtcPeer *self)
{
  g_return_val_if_fail (RW_IS_WEBRTC_PEER (self), 0);

  return self->generation;
}

gboolean
rw_webrtc_peer_is_resilient (RwWebrtcPeer *self)
{
  gboolean is_resilient;

  g_return_val_if_fail (RW_IS_WEBRTC_PEER (self), FALSE);

  g_mutex_lock (&self->lock);
  is_resilient = self->is_resilient;
  g_mutex_unlock (&self->lock);

  return is_resilient;
}

GstCaps *
rw_webrtc_peer_dup_caps (RwWebrtcPeer *self)
{
  GstCaps *caps = NULL;

  g_return_val_if_fail (RW_IS_WEBRTC_PEER (self), NULL);

  g_mutex_lock (&self->lock);
  if (self->caps != NULL)
    caps = gst_caps_ref (self->caps);
  g_mutex_unlock (&self->lock);

  return caps;
}

gint64
rw_webrtc_peer_get_last_arrival (RwWebrtcPeer *self)
{
  g_return_val_if_fail (RW_IS_WEBRTC_PEER (self), 0);

  return self->tap != NULL ? rw_peer_tap_get_last_arrival (self->tap) : 0;
}

static const char *
enum_nick (GType type, int value)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (type);
  const GEnumValue *entry = g_enum_get_value (klass, value);

  return entry != NULL ? entry->value_nick : "unknown";
}

static void
on_stats (GObject *owner, const GstStructure *reply)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (owner);
  GstStructure *stats = rw_peer_stats_read (reply);

  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->rtp_stats, gst_structure_free);
  self->rtp_stats = stats;
  g_mutex_unlock (&self->lock);
}

void
rw_webrtc_peer_refresh_stats (RwWebrtcPeer *self)
{
  g_return_if_fail (RW_IS_WEBRTC_PEER (self));

  rw_negotiator_ask_stats (self->negotiator, on_stats);
}

GstStructure *
rw_webrtc_peer_get_stats (RwWebrtcPeer *self)
{
  guint64 n_sent = 0, n_dropped = 0, n_received = 0;
  guint64 n_messages_sent, n_messages_received;
  GstStructure *stats;

  g_return_val_if_fail (RW_IS_WEBRTC_PEER (self), NULL);

  if (self->feed != NULL)
    rw_peer_feed_get_counts (self->feed, &n_sent, &n_dropped);
  else
    n_received = rw_peer_tap_get_count (self->tap);
  rw_peer_channel_get_counts (self->channel, &n_messages_sent,
                              &n_messages_received);

  g_mutex_lock (&self->lock);
  stats = gst_structure_new (
      "session", "generation", G_TYPE_UINT64, self->generation, "resilient",
      G_TYPE_BOOLEAN, self->is_resilient, "ice-state", G_TYPE_STRING,
      enum_nick (GST_TYPE_WEBRTC_ICE_CONNECTION_STATE, self->ice_state),
      "connection-state", G_TYPE_STRING,
      enum_nick (GST_TYPE_WEBRTC_PEER_CONNECTION_STATE, self->connection_state),
      "connect-time", G_TYPE_UINT64,
      self->connected_us > 0
          ? (guint64) (self->connected_us - self->start_us) * 1000
          : (guint64) 0,
      "frames-sent", G_TYPE_UINT64, n_sent, "frames-dropped", G_TYPE_UINT64,
      n_dropped, "frames-received", G_TYPE_UINT64, n_received, "messages-sent",
      G_TYPE_UINT64, n_messages_sent, "messages-received", G_TYPE_UINT64,
      n_messages_received, NULL);
  rw_peer_stats_merge (stats, self->rtp_stats);
  g_mutex_unlock (&self->lock);

  return stats;
}
