/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-webrtc-peer.h"

#include "rw-fingerprint.h"
#include "rw-frame-extension.h"
#include "rw-peer-channel.h"
#include "rw-peer-feed.h"
#include "rw-peer-stats.h"
#include "rw-peer-tap.h"
#include "rw-session-sdp.h"
#include "rw-webrtc-pipeline.h"

/* One session on the control thread. webrtcbin's callbacks come on threads of
 * its own: each copies what it got, posts an event and returns; tearing down
 * from inside one would deadlock. */

GST_DEBUG_CATEGORY_STATIC (rw_webrtc_peer_debug);
#define GST_CAT_DEFAULT rw_webrtc_peer_debug

#define MAX_CANDIDATES 256

/* How long the other peer gets to answer a goodbye. */
#define GOODBYE_MS 200
/* webrtcbin leaks its ICE agent when it goes to NULL in the middle of
 * negotiating, or just after it has begun to gather. Negotiating takes
 * milliseconds, so it is waited for; gathering may hang on a server. */
#define GATHER_MS          250
#define MAX_GATHER_PERIODS 8

#define OFFERED_PAYLOAD_TYPE 96

typedef enum {
  STATE_NEW,
  STATE_RUNNING,
  STATE_GOODBYE,  /* the data channel is closing */
  STATE_SETTLING, /* webrtcbin finishes what it has begun */
  STATE_CLOSED,
} State;

typedef struct {
  guint mline;
  char *text;
} Candidate;

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
  RwPeerChannel *channel;
  RwPeerFeed *feed; /* of a producer */
  RwPeerTap *tap;   /* of a consumer */
  GSource *timer;

  char *held_offer;
  gboolean has_offered;
  GstSDPMessage *local_offer;
  RwRemoteSdp *remote;
  gboolean remote_is_set;
  GPtrArray *candidates;
  guint n_candidates;
  guint n_promises;
  guint n_periods;
  gboolean has_local;
  gboolean has_gathered;

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
        GST_DEBUG_CATEGORY_INIT (rw_webrtc_peer_debug, "rwpeer", 0,
                                 "One WebRTC session"))

/* --- Posting to the control thread --------------------------------------- */

typedef struct _Event Event;
typedef void (*EventFunc) (RwWebrtcPeer *self, Event *event);

struct _Event {
  RwWebrtcPeer *peer;
  EventFunc func;
  guint number;
  gpointer data;
  GDestroyNotify free_data;
};

static void
event_run (gpointer data)
{
  Event *event = data;

  if (event->peer->state != STATE_CLOSED)
    event->func (event->peer, event);
}

static void
event_free (gpointer data)
{
  Event *event = data;

  if (event->free_data != NULL && event->data != NULL)
    event->free_data (event->data);
  g_object_unref (event->peer);
  g_free (event);
}

/* Any thread. Takes @data. */
static void
post (RwWebrtcPeer *self, EventFunc func, guint number, gpointer data,
      GDestroyNotify free_data)
{
  Event *event = g_new0 (Event, 1);

  event->peer = g_object_ref (self);
  event->func = func;
  event->number = number;
  event->data = data;
  event->free_data = free_data;
  rw_loop_invoke (self->loop, event_run, event, event_free);
}

static void
emit_failed (RwWebrtcPeer *self, Event *event)
{
  if (self->state != STATE_RUNNING || self->has_failed)
    return;

  self->has_failed = TRUE;
  g_signal_emit_by_name (self, "failed", event->data);
}

/* Any thread. Takes @error. */
static void
fail (RwWebrtcPeer *self, GError *error)
{
  GST_INFO_OBJECT (self, "session %" G_GUINT64_FORMAT " failed: %s",
                   self->generation, error->message);
  post (self, emit_failed, 0, error, (GDestroyNotify) g_error_free);
}

static void
on_pipeline_error (const char *message, gpointer user_data)
{
  fail (user_data,
        g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT,
                     "The session's transport stopped: %s", message));
}

static gboolean
is_running (RwWebrtcPeer *self)
{
  return self->state == STATE_RUNNING && !self->has_failed;
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

  if (webrtc == NULL)
    return;
  g_signal_handlers_disconnect_by_data (webrtc, self);
  rw_peer_channel_drop (self->channel, webrtc);
  rw_webrtc_pipeline_close (self->pipeline);
}

static void
teardown (RwWebrtcPeer *self)
{
  gboolean was_started = self->state != STATE_NEW;

  stop_timer (self);
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

/* Nothing that webrtcbin has begun is left unfinished. */
static gboolean
is_settled (RwWebrtcPeer *self)
{
  return self->n_promises == 0 && (!self->has_local || self->has_gathered);
}

static gboolean
on_settle_timeout (gpointer data)
{
  RwWebrtcPeer *self = data;

  if (self->n_promises > 0 && ++self->n_periods < MAX_GATHER_PERIODS)
    return G_SOURCE_CONTINUE;

  if (self->n_promises > 0)
    GST_WARNING_OBJECT (self, "webrtcbin does not answer; tearing it down all "
                              "the same");
  teardown (self);
  return G_SOURCE_REMOVE;
}

static void
settle (RwWebrtcPeer *self)
{
  if (get_webrtc (self) == NULL || is_settled (self)) {
    teardown (self);
    return;
  }
  self->state = STATE_SETTLING;
  start_timer (self, GATHER_MS, on_settle_timeout);
}

static void
check_settled (RwWebrtcPeer *self)
{
  if (self->state == STATE_SETTLING && is_settled (self))
    teardown (self);
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

static void
rw_webrtc_peer_close (RwPeer *peer, gboolean graceful)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);

  if (self->state == STATE_NEW) {
    teardown (self);
    return;
  }
  if (self->state == STATE_GOODBYE && !graceful) {
    settle (self);
    return;
  }
  if (self->state != STATE_RUNNING)
    return;

  if (self->feed != NULL)
    rw_peer_feed_close (self->feed);
  if (self->tap != NULL)
    rw_peer_tap_close (self->tap);
  if (graceful && rw_peer_channel_is_open (self->channel))
    say_goodbye (self);
  else
    settle (self);
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

  if (self->state == STATE_GOODBYE)
    settle (self);
  else if (is_running (self))
    g_signal_emit_by_name (self, "channel-closed");
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

/* A promise's answer, as an event; the promise is the event's data. */
typedef struct {
  RwWebrtcPeer *peer;
  EventFunc func;
} Promise;

static void
on_promise_changed (GstPromise *promise, gpointer data)
{
  Promise *context = data;

  post (context->peer, context->func, 0, gst_promise_ref (promise),
        (GDestroyNotify) gst_promise_unref);
}

static void
promise_free (gpointer data)
{
  Promise *context = data;

  g_object_unref (context->peer);
  g_free (context);
}

/* Has webrtcbin's action signal @what done with @argument, and @func called on
 * the control thread with its answer. */
static void
ask (RwWebrtcPeer *self, const char *what, gpointer argument, EventFunc func)
{
  Promise *context = g_new0 (Promise, 1);
  GstPromise *promise = gst_promise_new_with_change_func (
      on_promise_changed, context, promise_free);

  context->peer = g_object_ref (self);
  context->func = func;
  self->n_promises++;
  g_signal_emit_by_name (get_webrtc (self), what, argument, promise);
  gst_promise_unref (promise);
}

/* Whether what was asked for has been done and the session still wants it;
 * a refusal fails the session. */
static gboolean
take_reply (RwWebrtcPeer *self, Event *event, const char *tried)
{
  const GstStructure *reply = NULL;
  g_autoptr (GError) error = NULL;

  self->n_promises--;
  check_settled (self);
  if (!is_running (self))
    return FALSE;

  if (gst_promise_wait (event->data) == GST_PROMISE_RESULT_REPLIED)
    reply = gst_promise_get_reply (event->data);
  if (reply == NULL || !gst_structure_has_field (reply, "error"))
    return TRUE;

  gst_structure_get (reply, "error", G_TYPE_ERROR, &error, NULL);
  fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                           "WebRTC could not %s: %s", tried, error->message));
  return FALSE;
}

static void
handle_local_set (RwWebrtcPeer *self, Event *event)
{
  take_reply (self, event, "use its own description");
}

static GstWebRTCSessionDescription *
get_description (Event *event, const char *field)
{
  const GstStructure *reply = gst_promise_get_reply (event->data);
  GstWebRTCSessionDescription *description = NULL;

  if (reply != NULL)
    gst_structure_get (reply, field, GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                       &description, NULL);
  return description;
}

/* Sends the description on its way before webrtcbin gathers the candidates
 * that belong to it. */
static void
publish (RwWebrtcPeer *self, RwSdpType type,
         GstWebRTCSessionDescription *description, const RwRtpFormat *format,
         guint audio_mline)
{
  g_autofree char *text =
      rw_local_sdp_finish (description->sdp, audio_mline, format, self->caps);

  self->has_local = TRUE;
  ask (self, "set-local-description", description, handle_local_set);
  GST_LOG_OBJECT (self, "local description:\n%s", text);
  g_signal_emit_by_name (self, "local-description", (guint) type, text);
}

static void
handle_offer (RwWebrtcPeer *self, Event *event)
{
  static const RwRtpFormat offered = {
      OFFERED_PAYLOAD_TYPE, RW_FRAME_EXTENSION_ID, RW_CAPTURE_EXTENSION_ID};
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  if (!take_reply (self, event, "make an offer"))
    return;
  description = get_description (event, "offer");
  if (description == NULL ||
      gst_sdp_message_medias_len (description->sdp) == 0) {
    fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL,
                             "WebRTC made an empty offer"));
    return;
  }
  gst_sdp_message_copy (description->sdp, &self->local_offer);
  publish (self, RW_SDP_TYPE_OFFER, description, &offered, 0);
}

static void
handle_answer (RwWebrtcPeer *self, Event *event)
{
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  if (!take_reply (self, event, "make an answer"))
    return;
  description = get_description (event, "answer");
  if (description == NULL || gst_sdp_message_medias_len (description->sdp) <=
                                 self->remote->audio_mline) {
    fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL,
                             "WebRTC made an empty answer"));
    return;
  }
  publish (self, RW_SDP_TYPE_ANSWER, description, &self->remote->format,
           self->remote->audio_mline);
}

static void
add_candidate (RwWebrtcPeer *self, const Candidate *candidate)
{
  guint mline = rw_remote_sdp_get_transport (self->remote, candidate->mline);

  if (mline < gst_sdp_message_medias_len (self->remote->message))
    g_signal_emit_by_name (get_webrtc (self), "add-ice-candidate", mline,
                           candidate->text);
}

static void
handle_remote_set (RwWebrtcPeer *self, Event *event)
{
  guint i;

  if (!take_reply (self, event, "use the other peer's description"))
    return;

  if (!self->has_offered)
    ask (self, "create-answer", NULL, handle_answer);
  self->remote_is_set = TRUE;
  for (i = 0; i < self->candidates->len; i++)
    add_candidate (self, g_ptr_array_index (self->candidates, i));
  g_ptr_array_set_size (self->candidates, 0);
}

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
  g_autoptr (GstCaps) rtp_caps = rw_rtp_caps_new (self->caps, payload_type);
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
  self->has_offered = TRUE;
  if (self->role == RW_WEBRTC_PEER_PRODUCER) {
    add_sender (self, OFFERED_PAYLOAD_TYPE);
  } else {
    g_autoptr (GstCaps) rtp_caps =
        rw_rtp_caps_new (self->caps, OFFERED_PAYLOAD_TYPE);
    g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;

    g_signal_emit_by_name (get_webrtc (self), "add-transceiver",
                           GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                           rtp_caps, &transceiver);
  }
  rw_peer_channel_create (self->channel, get_webrtc (self));
  ask (self, "create-offer", NULL, handle_offer);
}

static void
take_remote (RwWebrtcPeer *self, RwSdpType type)
{
  GstWebRTCSDPType webrtc_type = type == RW_SDP_TYPE_OFFER
                                     ? GST_WEBRTC_SDP_TYPE_OFFER
                                     : GST_WEBRTC_SDP_TYPE_ANSWER;
  RwRemoteSdp *remote = self->remote;
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  GstSDPMessage *message = NULL;

  g_mutex_lock (&self->lock);
  self->is_resilient = remote->format.frame_id != 0;
  if (self->role == RW_WEBRTC_PEER_CONSUMER)
    gst_caps_replace (&self->caps, remote->caps);
  g_mutex_unlock (&self->lock);

  if (self->tap != NULL) {
    g_autoptr (GstCaps) rtp_caps =
        rw_rtp_caps_new (remote->caps, remote->format.payload_type);

    rw_peer_tap_open (self->tap, &remote->format, rtp_caps);
  } else if (type == RW_SDP_TYPE_OFFER) {
    add_sender (self, remote->format.payload_type);
  }

  if (remote->format.frame_id == 0)
    rw_webrtc_pipeline_watch_peer (self->pipeline);

  gst_sdp_message_copy (remote->message, &message);
  description = gst_webrtc_session_description_new (webrtc_type, message);
  ask (self, "set-remote-description", description, handle_remote_set);
}

static void
read_remote (RwWebrtcPeer *self, RwSdpType type, const char *sdp)
{
  GError *error = NULL;

  GST_LOG_OBJECT (self, "remote description:\n%s", sdp);
  if (self->remote != NULL ||
      self->has_offered != (type == RW_SDP_TYPE_ANSWER) ||
      self->has_offered != (self->local_offer != NULL)) {
    fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                             "The other peer sent an %s when none was "
                             "expected; a session is negotiated once",
                             type == RW_SDP_TYPE_OFFER ? "offer" : "answer"));
    return;
  }

  self->remote = rw_remote_sdp_parse (
      sdp, self->local_offer, self->role == RW_WEBRTC_PEER_PRODUCER, &error);
  if (self->remote == NULL)
    fail (self, error);
  else
    take_remote (self, type);
}

static void
rw_webrtc_peer_set_remote_description (RwPeer *peer, RwSdpType type,
                                       const char *sdp)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);

  if (self->state == STATE_NEW && type == RW_SDP_TYPE_OFFER) {
    g_free (self->held_offer);
    self->held_offer = g_strdup (sdp);
  } else if (is_running (self)) {
    read_remote (self, type, sdp);
  }
}

static void
candidate_free (gpointer data)
{
  Candidate *candidate = data;

  g_free (candidate->text);
  g_free (candidate);
}

static void
rw_webrtc_peer_add_remote_candidate (RwPeer *peer, guint mline,
                                     const char *candidate)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);
  Candidate *checked;
  g_autofree char *text = NULL;

  /* "No more" is not passed on: it would let ICE give up early, in an outage
   * that it could sit out. */
  if (candidate[0] == '\0' || self->state > STATE_RUNNING || self->has_failed)
    return;

  text = rw_candidate_check (candidate);
  if (text == NULL || self->n_candidates >= MAX_CANDIDATES) {
    GST_INFO_OBJECT (self, "ignored a bad or superfluous ICE candidate");
    return;
  }

  self->n_candidates++;
  checked = g_new0 (Candidate, 1);
  checked->mline = mline;
  checked->text = g_steal_pointer (&text);
  if (self->remote_is_set) {
    add_candidate (self, checked);
    candidate_free (checked);
  } else {
    g_ptr_array_add (self->candidates, checked);
  }
}

/* --- webrtcbin's other callbacks ----------------------------------------- */

static void
handle_candidate (RwWebrtcPeer *self, Event *event)
{
  if (is_running (self))
    g_signal_emit_by_name (self, "local-candidate", event->number, event->data);
}

static void
on_ice_candidate (GstElement *webrtc, guint mline, const char *candidate,
                  RwWebrtcPeer *self)
{
  if (candidate != NULL && candidate[0] != '\0')
    post (self, handle_candidate, mline, g_strdup (candidate), g_free);
}

static void
handle_gathered (RwWebrtcPeer *self, Event *event)
{
  self->has_gathered = TRUE;
  if (is_running (self))
    g_signal_emit_by_name (self, "local-candidate", 0, "");
  check_settled (self);
}

static void
on_gathering_state (GstElement *webrtc, GParamSpec *pspec, RwWebrtcPeer *self)
{
  GstWebRTCICEGatheringState state;

  g_object_get (webrtc, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    post (self, handle_gathered, 0, NULL, NULL);
}

static void
open_feed (RwWebrtcPeer *self)
{
  g_autoptr (GstCaps) rtp_caps =
      rw_rtp_caps_new (self->caps, self->remote->format.payload_type);

  gst_caps_set_simple (rtp_caps, "ssrc", G_TYPE_UINT,
                       rw_peer_feed_get_ssrc (self->feed), NULL);
  rw_peer_feed_open (self->feed, &self->remote->format, rtp_caps);
}

/* Whether who is at the other end of DTLS is who sent the description. */
static gboolean
is_authentic (RwWebrtcPeer *self)
{
  const GstSDPMessage *message = self->remote->message;
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
handle_connected (RwWebrtcPeer *self, Event *event)
{
  if (is_running (self))
    g_signal_emit_by_name (self, "transport-connected");
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
  post (self, handle_connected, 0, NULL, NULL);
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
      {"on-ice-candidate", G_CALLBACK (on_ice_candidate)},
      {"notify::ice-gathering-state", G_CALLBACK (on_gathering_state)},
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
    read_remote (self, RW_SDP_TYPE_OFFER, self->held_offer);
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
  g_clear_pointer (&self->channel, rw_peer_channel_free);
  g_clear_pointer (&self->feed, rw_peer_feed_free);
  g_clear_pointer (&self->tap, rw_peer_tap_free);
  g_clear_pointer (&self->local_offer, gst_sdp_message_free);
  g_clear_pointer (&self->remote, rw_remote_sdp_free);
  g_clear_pointer (&self->candidates, g_ptr_array_unref);
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
  self->candidates = g_ptr_array_new_with_free_func (candidate_free);
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
  self->channel =
      rw_peer_channel_new (G_OBJECT (self), self->loop, &channel_funcs);
  if (self->role == RW_WEBRTC_PEER_PRODUCER)
    self->feed = rw_peer_feed_new ();
  else
    self->tap =
        rw_peer_tap_new (config->latency_ms, &self->funcs, self->user_data);
  return self;
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
handle_stats (RwWebrtcPeer *self, Event *event)
{
  const GstStructure *reply = NULL;
  GstStructure *stats;

  self->n_promises--;
  check_settled (self);
  if (!is_running (self))
    return;

  if (gst_promise_wait (event->data) == GST_PROMISE_RESULT_REPLIED)
    reply = gst_promise_get_reply (event->data);
  stats = rw_peer_stats_read (reply);
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->rtp_stats, gst_structure_free);
  self->rtp_stats = stats;
  g_mutex_unlock (&self->lock);
}

void
rw_webrtc_peer_refresh_stats (RwWebrtcPeer *self)
{
  g_return_if_fail (RW_IS_WEBRTC_PEER (self));

  if (is_running (self) && get_webrtc (self) != NULL)
    ask (self, "get-stats", NULL, handle_stats);
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
