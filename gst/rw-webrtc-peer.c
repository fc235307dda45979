/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-webrtc-peer.h"

#include "rw-frame-extension.h"
#include "rw-peer-feed.h"
#include "rw-peer-tap.h"
#include "rw-session-sdp.h"

/* One session on the control thread. webrtcbin's callbacks come on threads of
 * its own: each copies what it got, posts an event and returns; tearing down
 * from inside one would deadlock. */

GST_DEBUG_CATEGORY_STATIC (rw_webrtc_peer_debug);
#define GST_CAT_DEFAULT rw_webrtc_peer_debug

#define CHANNEL_LABEL    "resilient"
#define CHANNEL_PROTOCOL "rw1"

/* What an SCTP message may be here, whatever the other peer allows. */
#define MAX_MESSAGE 65536
/* Bytes that webrtcbin may hold before SCTP takes them; in a blackout SCTP has
 * up to a megabyte more, and a full one would make the teardown hang. */
#define MAX_BUFFERED (256 * 1024)
/* Received messages on their way to the control thread. */
#define MAX_INBOX_BYTES (4 * 1024 * 1024)
#define MAX_CANDIDATES  256

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
  GstClock *clock;
  char *stun_server;
  char **turn_servers;
  GstWebRTCICETransportPolicy ice_transport_policy;
  guint latency_ms;
  GstCaps *caps;
  RwWebrtcPeerFuncs funcs;
  gpointer user_data;
  GDestroyNotify destroy;

  State state;
  gboolean has_failed;
  GstElement *pipeline;
  GstElement *webrtc;
  RwPeerFeed *feed;
  RwPeerTap *tap;
  GstWebRTCDataChannel *channel;
  gboolean channel_is_open;
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

  int is_blacked_out; /* atomic */

  /* Written and read on several threads. */
  GMutex lock;
  GstClockTime base_time;
  gboolean is_resilient;
  gint64 start_us;
  gint64 connected_us;
  guint64 n_messages_sent;
  guint64 n_messages_received;
  gsize inbox_bytes;
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

typedef void (*ElementFunc) (GstElement *element);

static void
call_element (const GValue *item, gpointer user_data)
{
  ((ElementFunc) user_data) (g_value_get_object (item));
}

static void
for_each_element (GstElement *bin, const char *factory_name, ElementFunc func)
{
  GstIterator *elements =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (bin), factory_name);

  while (gst_iterator_foreach (elements, call_element, func) ==
         GST_ITERATOR_RESYNC)
    gst_iterator_resync (elements);
  gst_iterator_free (elements);
}

static gboolean
flush_pad (GstElement *encoder, GstPad *pad, gpointer unused)
{
  gst_pad_send_event (pad, gst_event_new_flush_start ());
  return TRUE;
}

/* With SCTP's send buffer full a thread of webrtcbin's waits in sctpenc, and
 * going to NULL would wait for it. Flushing its output lets nothing more out;
 * flushing its inputs ends the wait. */
static void
release_sctp (GstElement *encoder)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (encoder, "src");

  gst_pad_push_event (pad, gst_event_new_flush_start ());
  gst_element_foreach_sink_pad (encoder, flush_pad, NULL);
}

/* A packet that came while srtpdec goes down would find it without its
 * events, which srtpdec takes for a programming error. Flushing refuses new
 * packets; the lock is free when the last one has gone through. */
static void
stop_input (GstElement *demuxer)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (demuxer, "sink");

  gst_pad_send_event (pad, gst_event_new_flush_start ());
  GST_PAD_STREAM_LOCK (pad);
  GST_PAD_STREAM_UNLOCK (pad);
}

static void
drop_channel (RwWebrtcPeer *self)
{
  if (self->channel != NULL)
    g_signal_handlers_disconnect_by_data (self->channel, self);
  g_clear_object (&self->channel);
  self->channel_is_open = FALSE;
}

static void
destroy_pipeline (RwWebrtcPeer *self)
{
  g_autoptr (GstElement) pipeline = NULL;

  g_mutex_lock (&self->lock);
  pipeline = g_steal_pointer (&self->pipeline);
  g_mutex_unlock (&self->lock);
  if (pipeline == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->webrtc, self);
  drop_channel (self);
  for_each_element (self->webrtc, "sctpenc", release_sctp);
  for_each_element (self->webrtc, "dtlssrtpdemux", stop_input);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  self->webrtc = NULL;
}

static void
teardown (RwWebrtcPeer *self)
{
  gboolean was_started = self->state != STATE_NEW;

  stop_timer (self);
  self->state = STATE_CLOSED;
  destroy_pipeline (self);
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
  if (self->pipeline == NULL || is_settled (self)) {
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
  gst_webrtc_data_channel_close (self->channel);
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
  if (graceful && self->channel_is_open)
    say_goodbye (self);
  else
    settle (self);
}

/* --- The data channel ---------------------------------------------------- */

static void
announce_open (RwWebrtcPeer *self)
{
  if (!is_running (self) || self->channel_is_open || self->channel == NULL)
    return;

  self->channel_is_open = TRUE;
  g_signal_emit_by_name (self, "channel-open");
}

static void
handle_channel_open (RwWebrtcPeer *self, Event *event)
{
  announce_open (self);
}

static void
handle_channel_close (RwWebrtcPeer *self, Event *event)
{
  gboolean was_open = self->channel_is_open;

  self->channel_is_open = FALSE;
  if (self->state == STATE_GOODBYE)
    settle (self);
  else if (is_running (self) && was_open)
    g_signal_emit_by_name (self, "channel-closed");
}

static void
handle_message (RwWebrtcPeer *self, Event *event)
{
  g_mutex_lock (&self->lock);
  self->inbox_bytes -= g_bytes_get_size (event->data);
  self->n_messages_received++;
  g_mutex_unlock (&self->lock);

  announce_open (self);
  if (is_running (self))
    g_signal_emit_by_name (self, "channel-message", event->data);
}

static void
on_channel_open (GstWebRTCDataChannel *channel, RwWebrtcPeer *self)
{
  post (self, handle_channel_open, 0, NULL, NULL);
}

static void
on_channel_close (GstWebRTCDataChannel *channel, RwWebrtcPeer *self)
{
  post (self, handle_channel_close, 0, NULL, NULL);
}

/* The channel is unreliable anyway: what the control thread cannot keep up
 * with is dropped here. */
static void
on_channel_message (GstWebRTCDataChannel *channel, GBytes *message,
                    RwWebrtcPeer *self)
{
  gboolean fits;

  if (message == NULL || g_bytes_get_size (message) > MAX_MESSAGE)
    return;

  g_mutex_lock (&self->lock);
  fits = self->inbox_bytes + g_bytes_get_size (message) <= MAX_INBOX_BYTES;
  if (fits)
    self->inbox_bytes += g_bytes_get_size (message);
  g_mutex_unlock (&self->lock);

  if (fits)
    post (self, handle_message, 0, g_bytes_ref (message),
          (GDestroyNotify) g_bytes_unref);
}

static void
connect_channel (RwWebrtcPeer *self, GstWebRTCDataChannel *channel)
{
  g_signal_connect (channel, "on-open", G_CALLBACK (on_channel_open), self);
  g_signal_connect (channel, "on-close", G_CALLBACK (on_channel_close), self);
  g_signal_connect (channel, "on-message-data", G_CALLBACK (on_channel_message),
                    self);
}

static void
create_channel (RwWebrtcPeer *self)
{
  g_autoptr (GstStructure) options = gst_structure_new (
      "options", "ordered", G_TYPE_BOOLEAN, FALSE, "max-retransmits",
      G_TYPE_INT, 0, "protocol", G_TYPE_STRING, CHANNEL_PROTOCOL, NULL);

  g_signal_emit_by_name (self->webrtc, "create-data-channel", CHANNEL_LABEL,
                         options, &self->channel);
  if (self->channel != NULL)
    connect_channel (self, self->channel);
}

static void
handle_remote_channel (RwWebrtcPeer *self, Event *event)
{
  GstWebRTCDataChannelState state;

  if (!is_running (self) || self->channel != NULL) {
    g_signal_handlers_disconnect_by_data (event->data, self);
    return;
  }

  self->channel = g_object_ref (event->data);
  g_object_get (self->channel, "ready-state", &state, NULL);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN)
    announce_open (self);
}

static void
on_data_channel (GstElement *webrtc, GstWebRTCDataChannel *channel,
                 RwWebrtcPeer *self)
{
  g_autofree char *label = NULL;

  g_object_get (channel, "label", &label, NULL);
  if (g_strcmp0 (label, CHANNEL_LABEL) != 0) {
    GST_DEBUG_OBJECT (self, "ignored a data channel that is not ours");
    return;
  }

  /* The event goes first, so that it is ahead of every message. */
  post (self, handle_remote_channel, 0, g_object_ref (channel), g_object_unref);
  connect_channel (self, channel);
}

static gboolean
rw_webrtc_peer_send (RwPeer *peer, GBytes *message)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);
  g_autoptr (GError) error = NULL;

  if (!is_running (self) || !self->channel_is_open ||
      g_bytes_get_size (message) > MAX_MESSAGE ||
      rw_peer_get_buffered_amount (peer) + g_bytes_get_size (message) >
          MAX_BUFFERED)
    return FALSE;

  if (!gst_webrtc_data_channel_send_data_full (self->channel, message,
                                               &error)) {
    GST_DEBUG_OBJECT (self, "a message was not sent: %s", error->message);
    return FALSE;
  }

  g_mutex_lock (&self->lock);
  self->n_messages_sent++;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static guint64
rw_webrtc_peer_get_buffered_amount (RwPeer *peer)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (peer);
  guint64 amount = 0;

  if (self->channel != NULL)
    g_object_get (self->channel, "buffered-amount", &amount, NULL);
  return amount;
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
  g_signal_emit_by_name (self->webrtc, what, argument, promise);
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
    g_signal_emit_by_name (self->webrtc, "add-ice-candidate", mline,
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
  sink = gst_element_request_pad_simple (self->webrtc, "sink_%u");
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

    g_signal_emit_by_name (self->webrtc, "add-transceiver",
                           GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                           rtp_caps, &transceiver);
  }
  create_channel (self);
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

static void
handle_connected (RwWebrtcPeer *self, Event *event)
{
  if (is_running (self))
    g_signal_emit_by_name (self, "transport-connected");
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

  if (is_first) {
    /* At once, not by way of the control thread: an ordinary peer hears
     * nothing of what comes before. */
    if (self->feed != NULL)
      open_feed (self);
    post (self, handle_connected, 0, NULL, NULL);
  }
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

/* Packets leave when they are pushed: the journal paces them, and a replay
 * runs faster than real time. */
static void
on_element_added (GstBin *webrtc, GstElement *element, RwWebrtcPeer *self)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory != NULL &&
      g_strcmp0 (GST_OBJECT_NAME (factory), "clocksync") == 0)
    g_object_set (element, "sync", FALSE, NULL);
}

static GstPadProbeReturn
on_network_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  RwWebrtcPeer *self = user_data;

  return g_atomic_int_get (&self->is_blacked_out) ? GST_PAD_PROBE_DROP
                                                  : GST_PAD_PROBE_OK;
}

static void
watch_network (RwWebrtcPeer *self, GstElement *element, const char *pad_name)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, pad_name);

  gst_pad_add_probe (pad,
                     GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                     on_network_packet, self, NULL);
}

static void
on_deep_element_added (GstBin *bin, GstBin *sub_bin, GstElement *element,
                       RwWebrtcPeer *self)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory == NULL)
    return;
  if (g_strcmp0 (GST_OBJECT_NAME (factory), "nicesrc") == 0)
    watch_network (self, element, "src");
  else if (g_strcmp0 (GST_OBJECT_NAME (factory), "nicesink") == 0)
    watch_network (self, element, "sink");
}

/* Which errors end the session: those of our own queue and of SCTP. Others
 * tell themselves by the connection's state, or mean nothing (dtlsdec). */
static gboolean
is_fatal (RwWebrtcPeer *self, GstMessage *message)
{
  GstElementFactory *factory;

  if (!GST_IS_ELEMENT (GST_MESSAGE_SRC (message)))
    return FALSE;
  factory = gst_element_get_factory (GST_ELEMENT (GST_MESSAGE_SRC (message)));
  return factory != NULL &&
         (g_strcmp0 (GST_OBJECT_NAME (factory), "appsrc") == 0 ||
          g_strcmp0 (GST_OBJECT_NAME (factory), "sctpenc") == 0);
}

/* Nobody reads this bus: a message that stayed on it would keep its element
 * alive. */
static GstBusSyncReply
on_bus_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  RwWebrtcPeer *self = user_data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = NULL;
    g_autofree char *details = NULL;

    gst_message_parse_error (message, &error, &details);
    GST_DEBUG_OBJECT (self, "%s: %s (%s)", GST_MESSAGE_SRC_NAME (message),
                      error->message, details);
    if (is_fatal (self, message))
      fail (self, g_error_new (RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT,
                               "The session's transport stopped: %s",
                               error->message));
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* --- Building up --------------------------------------------------------- */

static void
set_number (GObject *object, const char *name, int number)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (object), name) != NULL)
    g_object_set (object, name, number, NULL);
}

/* libnice's defaults are for calls between browsers: a check each 20 ms, UPnP
 * and TCP candidates, and giving up after 3 s. These connect in a third of
 * the time and sit out an outage of some ten seconds; 5 ms is the shortest
 * interval that RFC 8445 allows. */
static void
tune_ice (RwWebrtcPeer *self)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;

  g_object_get (self->webrtc, "ice-agent", &ice, NULL);
  if (ice == NULL ||
      g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "agent") == NULL)
    return;
  g_object_get (ice, "agent", &agent, NULL);
  if (agent == NULL)
    return;

  set_number (agent, "upnp", FALSE);
  set_number (agent, "ice-tcp", FALSE);
  set_number (agent, "stun-pacing-timer", 5);
  set_number (agent, "stun-initial-timeout", 100);
  set_number (agent, "stun-max-retransmissions", 12);
  set_number (agent, "idle-timeout", 30000);
}

static void
add_servers (RwWebrtcPeer *self)
{
  guint i;

  if (self->stun_server != NULL)
    g_object_set (self->webrtc, "stun-server", self->stun_server, NULL);
  for (i = 0; self->turn_servers != NULL && self->turn_servers[i] != NULL;
       i++) {
    gboolean added = FALSE;

    g_signal_emit_by_name (self->webrtc, "add-turn-server",
                           self->turn_servers[i], &added);
    if (!added)
      GST_WARNING_OBJECT (self, "TURN server %u is not usable", i);
  }
}

static void
set_clock (RwWebrtcPeer *self)
{
  g_autoptr (GstClock) clock = self->clock != NULL
                                   ? gst_object_ref (self->clock)
                                   : gst_system_clock_obtain ();

  g_mutex_lock (&self->lock);
  if (self->clock == NULL)
    self->base_time = gst_clock_get_time (clock);
  gst_pipeline_use_clock (GST_PIPELINE (self->pipeline), clock);
  gst_element_set_start_time (self->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (self->pipeline, self->base_time);
  g_mutex_unlock (&self->lock);
}

static void
connect_webrtc (RwWebrtcPeer *self)
{
  static const struct {
    const char *signal;
    GCallback handler;
  } handlers[] = {
      {"on-ice-candidate", G_CALLBACK (on_ice_candidate)},
      {"on-data-channel", G_CALLBACK (on_data_channel)},
      {"notify::ice-gathering-state", G_CALLBACK (on_gathering_state)},
      {"notify::ice-connection-state", G_CALLBACK (on_ice_connection_state)},
      {"notify::connection-state", G_CALLBACK (on_connection_state)},
      {"element-added", G_CALLBACK (on_element_added)},
      {"deep-element-added", G_CALLBACK (on_deep_element_added)},
  };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (self->webrtc, handlers[i].signal, handlers[i].handler,
                      self);
}

static void
build (RwWebrtcPeer *self)
{
  g_autoptr (GstBus) bus = NULL;

  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  bus = gst_pipeline_get_bus (GST_PIPELINE (self->pipeline));
  gst_bus_set_sync_handler (bus, on_bus_message, self, NULL);
  set_clock (self);

  self->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  g_object_set (self->webrtc, "bundle-policy",
                GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "ice-transport-policy",
                self->ice_transport_policy, "latency", self->latency_ms, NULL);
  gst_bin_add (GST_BIN (self->pipeline), self->webrtc);
  tune_ice (self);
  connect_webrtc (self);

  if (self->role == RW_WEBRTC_PEER_PRODUCER)
    gst_bin_add (GST_BIN (self->pipeline),
                 rw_peer_feed_get_element (self->feed));
  else
    rw_peer_tap_attach (self->tap, GST_BIN (self->pipeline), self->webrtc);

  /* webrtcbin loses what is asked of it before it is READY. */
  gst_element_set_state (self->pipeline, GST_STATE_READY);
  add_servers (self);
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
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
}

/* --- Class --------------------------------------------------------------- */

static void
rw_webrtc_peer_dispose (GObject *object)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (object);

  g_clear_object (&self->loop);
  gst_clear_object (&self->clock);
  if (self->destroy != NULL)
    self->destroy (self->user_data);
  self->destroy = NULL;

  G_OBJECT_CLASS (rw_webrtc_peer_parent_class)->dispose (object);
}

static void
rw_webrtc_peer_finalize (GObject *object)
{
  RwWebrtcPeer *self = RW_WEBRTC_PEER (object);

  g_clear_pointer (&self->feed, rw_peer_feed_free);
  g_clear_pointer (&self->tap, rw_peer_tap_free);
  g_clear_pointer (&self->local_offer, gst_sdp_message_free);
  g_clear_pointer (&self->remote, rw_remote_sdp_free);
  g_clear_pointer (&self->candidates, g_ptr_array_unref);
  g_clear_pointer (&self->rtp_stats, gst_structure_free);
  gst_clear_caps (&self->caps);
  g_free (self->held_offer);
  g_free (self->stun_server);
  g_strfreev (self->turn_servers);
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
  if (config->clock != NULL)
    self->clock = gst_object_ref (config->clock);
  self->base_time = config->base_time;
  self->stun_server = g_strdup (config->stun_server);
  self->turn_servers = g_strdupv ((char **) config->turn_servers);
  self->ice_transport_policy = config->ice_transport_policy;
  self->latency_ms = config->latency_ms;
  if (config->caps != NULL)
    self->caps = gst_caps_ref (config->caps);
  if (config->funcs != NULL)
    self->funcs = *config->funcs;
  self->user_data = config->user_data;
  self->destroy = config->destroy;

  /* From the beginning to the end, so that any thread may use them. */
  if (self->role == RW_WEBRTC_PEER_PRODUCER)
    self->feed = rw_peer_feed_new ();
  else
    self->tap =
        rw_peer_tap_new (self->latency_ms, &self->funcs, self->user_data);
  return self;
}

gboolean
rw_webrtc_peer_push_frame (RwWebrtcPeer *self, const RwFrame *frame)
{
  g_return_val_if_fail (RW_IS_WEBRTC_PEER (self), FALSE);
  g_return_val_if_fail (frame != NULL, FALSE);

  return self->feed != NULL && rw_peer_feed_push (self->feed, frame);
}

static void
apply_base_time (const GValue *item, gpointer user_data)
{
  gst_element_set_base_time (g_value_get_object (item),
                             *(GstClockTime *) user_data);
}

void
rw_webrtc_peer_set_base_time (RwWebrtcPeer *self, GstClockTime base_time)
{
  g_autoptr (GstElement) pipeline = NULL;
  GstIterator *elements;

  g_return_if_fail (RW_IS_WEBRTC_PEER (self));

  g_mutex_lock (&self->lock);
  self->base_time = base_time;
  if (self->pipeline != NULL)
    pipeline = gst_object_ref (self->pipeline);
  g_mutex_unlock (&self->lock);
  if (pipeline == NULL)
    return;

  gst_element_set_base_time (pipeline, base_time);
  elements = gst_bin_iterate_recurse (GST_BIN (pipeline));
  while (gst_iterator_foreach (elements, apply_base_time, &base_time) ==
         GST_ITERATOR_RESYNC)
    gst_iterator_resync (elements);
  gst_iterator_free (elements);
}

void
rw_webrtc_peer_set_blackout (RwWebrtcPeer *self, gboolean blackout)
{
  g_return_if_fail (RW_IS_WEBRTC_PEER (self));

  g_atomic_int_set (&self->is_blacked_out, blackout);
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
copy_rtp_stats (const GstStructure *from, GstStructure *to)
{
  gint64 lost;
  double jitter, round_trip;

  if (gst_structure_get_int64 (from, "packets-lost", &lost))
    gst_structure_set (to, "rtp-packets-lost", G_TYPE_INT64, lost, NULL);
  if (gst_structure_get_double (from, "jitter", &jitter))
    gst_structure_set (to, "rtp-jitter", G_TYPE_DOUBLE, jitter, NULL);
  if (gst_structure_get_double (from, "round-trip-time", &round_trip))
    gst_structure_set (to, "rtp-round-trip-time", G_TYPE_DOUBLE, round_trip,
                       NULL);
}

static gboolean
collect_stats (GQuark field, const GValue *value, gpointer user_data)
{
  GstWebRTCStatsType type;

  if (GST_VALUE_HOLDS_STRUCTURE (value) &&
      gst_structure_get (gst_value_get_structure (value), "type",
                         GST_TYPE_WEBRTC_STATS_TYPE, &type, NULL) &&
      (type == GST_WEBRTC_STATS_INBOUND_RTP ||
       type == GST_WEBRTC_STATS_REMOTE_INBOUND_RTP))
    copy_rtp_stats (gst_value_get_structure (value), user_data);
  return TRUE;
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
  if (reply == NULL)
    return;

  stats = gst_structure_new_empty ("rtp");
  gst_structure_foreach (reply, collect_stats, stats);
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->rtp_stats, gst_structure_free);
  self->rtp_stats = stats;
  g_mutex_unlock (&self->lock);
}

void
rw_webrtc_peer_refresh_stats (RwWebrtcPeer *self)
{
  g_return_if_fail (RW_IS_WEBRTC_PEER (self));

  if (is_running (self) && self->webrtc != NULL)
    ask (self, "get-stats", NULL, handle_stats);
}

static gboolean
copy_field (GQuark field, const GValue *value, gpointer user_data)
{
  gst_structure_id_set_value (user_data, field, value);
  return TRUE;
}

GstStructure *
rw_webrtc_peer_get_stats (RwWebrtcPeer *self)
{
  guint64 n_sent = 0, n_dropped = 0, n_received = 0;
  GstStructure *stats;

  g_return_val_if_fail (RW_IS_WEBRTC_PEER (self), NULL);

  if (self->feed != NULL)
    rw_peer_feed_get_counts (self->feed, &n_sent, &n_dropped);
  else
    n_received = rw_peer_tap_get_count (self->tap);

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
      G_TYPE_UINT64, self->n_messages_sent, "messages-received", G_TYPE_UINT64,
      self->n_messages_received, NULL);
  if (self->rtp_stats != NULL)
    gst_structure_foreach (self->rtp_stats, copy_field, stats);
  g_mutex_unlock (&self->lock);

  return stats;
}
