/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-producer-session.h"

#include "rw-consumer-sessions.h"
#include "rw-send-media.h"

/* See the header. */

#define GST_CAT_DEFAULT rw_session_get_debug_category ()

/* A session is closed after so long a silence. */
#define ABANDON_US (60 * G_USEC_PER_SEC)

/* A session is closed when it has no transport after so long; otherwise a peer
 * could keep it for ever. */
#define OPENING_US (20 * G_USEC_PER_SEC)

struct _RwProducerSession {
  const RwProducerSessionHost *host;
  char *peer_id;
  char *offer;               /* until the handshake begins; or NULL */
  RwConsumerEntry *consumer; /* NULL once closed */
  gint64 opened_us;
  gint64 started_us; /* when the handshake began, or 0 */
  gboolean is_connected;
  gboolean is_ours;      /* a resilient consumer has sent a message on it */
  RwSession *base;       /* owns us */
  RwSendPath *send_path; /* NULL once closed */
};

static void
session_free (gpointer data)
{
  RwProducerSession *self = data;

  g_free (self->offer);
  g_free (self->peer_id);
  g_free (self);
}

/* Of an open session. */
static void
get_status (RwProducerSession *self, RwSendPathStatus *status)
{
  rw_send_path_get_status (self->send_path, status);
}

static RwConsumerCause
get_cause (RwProducerSession *self)
{
  return (RwConsumerCause){rw_session_get_id (self->base),
                           rw_session_get_generation (self->base)};
}

static void
set_state (RwProducerSession *self, RwState state, const char *reason)
{
  RwConsumerCause cause = get_cause (self);
  RwSendPathStatus status;

  if (self->consumer->state != state) {
    get_status (self, &status);
    self->consumer->backlog_ns = status.backlog_ns;
  }
  rw_consumer_book_set_state (self->host->book, self->consumer, &cause, state,
                              reason);
  rw_admission_queue_review (self->host->handshakes);
}

/* A peer that sends a protocol message is resilient, regardless of its
 * description. */
static gboolean
is_resilient (RwProducerSession *self)
{
  return self->is_ours || rw_session_is_resilient (self->base);
}

gboolean
rw_producer_session_is_silent_for (RwProducerSession *self, gint64 limit_us)
{
  RwSendPathStatus status;

  get_status (self, &status);
  return rw_endpoint_now_us (self->host->endpoint) -
             MAX (status.received_us, self->opened_us) >
         limit_us;
}

static void
update_state (RwProducerSession *self)
{
  RwState state = rw_consumer_sessions_get_state (self->consumer);

  if (self->consumer->state == RW_STATE_CONNECTING &&
      state != RW_STATE_CONNECTED)
    return;
  set_state (self, state,
             state == RW_STATE_CONNECTED ? "audio acknowledged"
                                         : "no sign of life");
}

/* Handles the consumer's BYE; its reason states whether the consumer will
 * return.
 */
static void
on_bye (RwProducerSession *self)
{
  RwSendPathStatus status;

  get_status (self, &status);
  GST_DEBUG_OBJECT (rw_endpoint_get_element (self->host->endpoint),
                    "session %s: BYE, reason %d",
                    rw_session_get_id (self->base), status.bye_reason);
  if (status.bye_reason == RW_BYE_STOPPED &&
      rw_consumer_sessions_close_others (self->consumer, self))
    set_state (self, RW_STATE_STOPPED, "consumer left");
  rw_producer_session_close (self, NULL);
}

/* The consumer id of the HELLO takes precedence: signalling may have dropped
 * it, or may have carried another one. */
static void
establish (RwProducerSession *self)
{
  RwConsumerCause cause = get_cause (self);
  RwSendPathStatus status;

  get_status (self, &status);
  self->is_ours = TRUE;
  self->consumer->backlog_ns = status.backlog_ns;
  self->consumer = rw_consumer_book_move (self->host->book, self->consumer,
                                          status.consumer_id, self, &cause);
  rw_admission_queue_review (self->host->handshakes);
}

/* The reason why the session has timed out, or NULL. */
static const char *
find_overdue (RwProducerSession *self)
{
  gint64 now_us = rw_endpoint_now_us (self->host->endpoint);

  if (!self->is_connected && self->started_us != 0 &&
      now_us - self->started_us > OPENING_US)
    return "no transport to the consumer in time";
  if (is_resilient (self) &&
      rw_producer_session_is_silent_for (self, ABANDON_US))
    return "no sign of life from the consumer";
  return NULL;
}

/* Whether nothing but acknowledgements is expected. With two sessions of one
 * consumer each acknowledgement may decide between them. */
static gboolean
is_at_rest (RwProducerSession *self)
{
  return self->consumer->state == RW_STATE_CONNECTED &&
         self->consumer->sessions->len == 1 && self->is_ours &&
         rw_webrtc_peer_uses_rtcp (rw_session_get_peer (self->base)) &&
         rw_producer_session_get_liveness (self) == RW_LIVENESS_ALIVE;
}

static void
plan (RwProducerSession *self, gint64 deadline_us)
{
  gboolean at_rest = is_at_rest (self);

  rw_transmitter_set_at_rest (self->host->transmitter, self->send_path,
                              at_rest);
  if (at_rest)
    rw_session_wake_at_rest (self->base);
  else
    rw_session_wake_at (self->base, deadline_us);
}

static void
pump (gpointer data)
{
  RwProducerSession *self = data;
  const char *overdue;
  gint64 deadline_us;
  RwSendEvents events;

  events = rw_transmitter_pump (self->host->transmitter, self->send_path,
                                &deadline_us);
  if (events & RW_SEND_EVENT_ESTABLISHED)
    establish (self);
  if (events & (RW_SEND_EVENT_ESTABLISHED | RW_SEND_EVENT_LIVENESS))
    update_state (self);
  if (events & RW_SEND_EVENT_ACKED)
    rw_consumer_sessions_close_superseded (self->consumer, self);
  if (events & RW_SEND_EVENT_BYE)
    on_bye (self);
  else if ((overdue = find_overdue (self)) != NULL)
    rw_producer_session_close (self, overdue);
  if (self->send_path != NULL)
    plan (self, deadline_us);
}

static void
on_offered (gpointer data)
{
  RwProducerSession *self = data;

  rw_admission_queue_note_described (self->host->handshakes, self);
}

static void
on_connected (gpointer data)
{
  RwProducerSession *self = data;

  self->is_connected = TRUE;
  rw_admission_queue_note_connected (self->host->handshakes, self);
  rw_send_path_set_live (self->send_path);
  if (!is_resilient (self))
    set_state (self, RW_STATE_CONNECTED,
               "transport connected to an ordinary peer");
}

static gboolean
on_channel_message (gpointer data, GBytes *message, GError **error)
{
  RwProducerSession *self = data;

  if (!rw_send_path_receive (self->send_path, message, error))
    return FALSE;
  pump (self);
  return TRUE;
}

static void
on_channel_closed (gpointer data)
{
  RwProducerSession *self = data;

  if (is_resilient (self))
    rw_producer_session_close (self, NULL);
}

static void
on_failed (gpointer data, const GError *error)
{
  RwProducerSession *self = data;

  if (!g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT) &&
      !g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_CLOSED)) {
    g_autofree char *text = g_strdup_printf ("Consumer %s cannot be served: %s",
                                             self->peer_id, error->message);

    rw_notifier_post_warning (rw_endpoint_get_notifier (self->host->endpoint),
                              GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, text,
                              NULL);
  }
  rw_producer_session_close (self, error->message);
}

/* Media outlives signalling: a session that a resilient consumer holds is ended
 * by its messages. An ordinary consumer that has only lost its connection to
 * the server listens on as long as it consents to ICE. */
static void
on_ended (gpointer data, const char *error)
{
  RwProducerSession *self = data;
  RwSendPathStatus status;

  get_status (self, &status);
  if (status.established ||
      (self->is_connected && g_strcmp0 (error, RW_SESSION_LOST) == 0))
    return;
  rw_producer_session_close (self, NULL);
}

static const RwSessionFuncs session_funcs = {
    .timeout = pump,
    .offered = on_offered,
    .connected = on_connected,
    .channel_open = pump,
    .channel_message = on_channel_message,
    .channel_closed = on_channel_closed,
    .failed = on_failed,
    .ended = on_ended,
};

/* ---- The handshake's turn ---- */

static gboolean
is_urgent (gpointer data)
{
  RwProducerSession *self = data;

  return self->consumer->state != RW_STATE_CONNECTED;
}

static void
start (gpointer data)
{
  RwProducerSession *self = data;
  g_autofree char *offer = g_steal_pointer (&self->offer);

  self->started_us = rw_endpoint_now_us (self->host->endpoint);
  rw_session_wake_in (self->base, OPENING_US + 1);
  rw_session_start (self->base, offer);
}

const RwAdmissionFuncs rw_producer_session_admission_funcs = {
    .is_urgent = is_urgent,
    .start = start,
};

/* Only the newest request of a consumer counts. */
static void
enqueue (RwProducerSession *self)
{
  RwAdmissionQueue *queue = self->host->handshakes;
  RwProducerSession *former =
      rw_consumer_sessions_find_waiting (self->consumer, queue, self);

  if (former == NULL) {
    rw_admission_queue_add (queue, self);
    return;
  }
  rw_admission_queue_replace (queue, former, self);
  rw_producer_session_close (former, NULL);
}

/* ---- Public ---- */

RwProducerSession *
rw_producer_session_open (const RwProducerSessionHost *host,
                          const char *peer_id, const char *session_id,
                          const char *offer, const RwSessionRequest *request)
{
  RwProducerSession *self = g_new0 (RwProducerSession, 1);
  g_autoptr (GstCaps) caps = rw_transmitter_dup_caps (host->transmitter);
  RwWebrtcPeerConfig config = {
      .role = RW_WEBRTC_PEER_PRODUCER,
      .takes_rtcp = request && request->takes_rtcp,
      .generation = request ? request->generation : 0,
      .caps = caps,
      .terms =
          rw_audio_terms_get (rw_transmitter_get_terms (host->transmitter)),
      .funcs = &rw_send_media_funcs,
      .user_data = rw_send_media_new (host->transmitter),
      .destroy = rw_send_media_free,
  };

  self->host = host;
  self->peer_id = g_strdup (peer_id);
  self->offer = g_strdup (offer);
  self->opened_us = rw_endpoint_now_us (host->endpoint);
  self->consumer = rw_consumer_book_join (
      host->book, request ? request->consumer_id : session_id, self);
  self->base = rw_session_table_add (host->sessions, session_id, &config,
                                     &session_funcs, self, session_free);
  self->send_path = rw_transmitter_add_path (
      host->transmitter, rw_session_get_peer (self->base), request);
  rw_send_media_set_path (config.user_data, self->send_path);
  enqueue (self);
  return self;
}

static void
leave_consumer (RwProducerSession *self, gboolean may_return)
{
  RwConsumerCause cause = get_cause (self);
  const char *stopped = NULL;

  if (self->host->is_stopping)
    stopped = "stopped";
  else if (!may_return)
    stopped = "consumer left";
  rw_consumer_book_leave (self->host->book, g_steal_pointer (&self->consumer),
                          self, &cause, stopped);
  rw_admission_queue_review (self->host->handshakes);
}

static void
close_with (RwProducerSession *self, const char *error, GBytes *close_reason)
{
  gboolean may_return;
  RwSendPathStatus status;
  RwSendPath *send_path;

  if (self->send_path == NULL)
    return;
  rw_admission_queue_remove (self->host->handshakes, self);
  may_return = self->consumer->was_here || is_resilient (self);
  get_status (self, &status);
  self->consumer->backlog_ns = status.backlog_ns;
  send_path = g_steal_pointer (&self->send_path);
  rw_transmitter_remove_path (self->host->transmitter, send_path);
  rw_session_close (self->base, error, close_reason);
  leave_consumer (self, may_return);
  self->host->closed (self, self->host->data);
}

void
rw_producer_session_close (RwProducerSession *self, const char *error)
{
  close_with (self, error, NULL);
}

void
rw_producer_session_end (RwProducerSession *self)
{
  g_autoptr (GBytes) bye = NULL;

  if (self->send_path == NULL)
    return;
  bye = rw_send_path_close (self->send_path, RW_BYE_ENDED);
  close_with (self, NULL, is_resilient (self) ? bye : NULL);
}

const char *
rw_producer_session_get_peer_id (RwProducerSession *self)
{
  return self->peer_id;
}

RwConsumerEntry *
rw_producer_session_get_consumer (RwProducerSession *self)
{
  return self->consumer;
}

guint64
rw_producer_session_get_generation (RwProducerSession *self)
{
  return rw_session_get_generation (self->base);
}

gint64
rw_producer_session_get_opened_us (RwProducerSession *self)
{
  return self->opened_us;
}

RwLivenessState
rw_producer_session_get_liveness (RwProducerSession *self)
{
  RwSendPathStatus status;

  if (self->send_path == NULL)
    return RW_LIVENESS_OPENING;
  get_status (self, &status);
  return status.established ? status.liveness : RW_LIVENESS_OPENING;
}

void
rw_producer_session_look (RwProducerSession *self)
{
  if (self->send_path != NULL && rw_send_path_has_events (self->send_path))
    pump (self);
}

gboolean
rw_producer_session_sample_quality (RwProducerSession *self,
                                    RwQualitySample *sample)
{
  return self->send_path != NULL &&
         rw_send_path_sample_quality (self->send_path, sample);
}
