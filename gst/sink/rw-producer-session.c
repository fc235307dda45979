/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-producer-session.h"

#include "rw-consumer-membership.h"
#include "rw-consumer-sessions.h"
#include "rw-send-media.h"
#include "rw-session-deadlines.h"

/* See the header. */

#define GST_CAT_DEFAULT rw_session_get_debug_category ()

struct _RwProducerSession {
  const RwProducerSessionHost *host;
  char *peer_id;
  char *offer; /* until the handshake begins; or NULL */
  RwConsumerMembership membership;
  RwSessionDeadlines deadlines;
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

  rw_send_path_get_status (self->send_path, &status);
  return rw_session_deadlines_get_silence_us (
             &self->deadlines, status.received_us,
             rw_endpoint_now_us (self->host->endpoint)) > limit_us;
}

static void
update_state (RwProducerSession *self)
{
  RwState state = rw_consumer_sessions_get_state (self->membership.consumer);

  if (self->membership.consumer->state == RW_STATE_CONNECTING &&
      state != RW_STATE_CONNECTED)
    return;
  rw_consumer_membership_set_state (
      &self->membership, self->send_path, state,
      state == RW_STATE_CONNECTED ? "audio acknowledged" : "no sign of life");
}

/* Handles the consumer's BYE; its reason states whether the consumer will
 * return.
 */
static void
on_bye (RwProducerSession *self)
{
  RwSendPathStatus status;

  rw_send_path_get_status (self->send_path, &status);
  GST_DEBUG_OBJECT (rw_endpoint_get_element (self->host->endpoint),
                    "session %s: BYE, reason %d",
                    rw_session_get_id (self->base), status.bye_reason);
  if (status.bye_reason == RW_BYE_STOPPED &&
      rw_consumer_sessions_close_others (self->membership.consumer, self))
    rw_consumer_membership_set_state (&self->membership, self->send_path,
                                      RW_STATE_STOPPED, "consumer left");
  rw_producer_session_close (self, NULL);
}

static void
establish (RwProducerSession *self)
{
  self->is_ours = TRUE;
  rw_consumer_membership_move (&self->membership, self->send_path);
}

/* The reason why the session has timed out, or NULL. */
static const char *
find_overdue (RwProducerSession *self)
{
  RwSendPathStatus status;

  rw_send_path_get_status (self->send_path, &status);
  return rw_session_deadlines_check (&self->deadlines, is_resilient (self),
                                     status.received_us,
                                     rw_endpoint_now_us (self->host->endpoint));
}

/* Whether nothing but acknowledgements is expected. With two sessions of one
 * consumer each acknowledgement may decide between them. */
static gboolean
is_at_rest (RwProducerSession *self)
{
  return self->membership.consumer->state == RW_STATE_CONNECTED &&
         self->membership.consumer->sessions->len == 1 && self->is_ours &&
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
    rw_consumer_sessions_close_superseded (self->membership.consumer, self);
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

  self->deadlines.is_connected = TRUE;
  rw_admission_queue_note_connected (self->host->handshakes, self);
  rw_send_path_set_live (self->send_path);
  if (!is_resilient (self))
    rw_consumer_membership_set_state (
        &self->membership, self->send_path, RW_STATE_CONNECTED,
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

  rw_send_path_get_status (self->send_path, &status);
  if (status.established ||
      (self->deadlines.is_connected && g_strcmp0 (error, RW_SESSION_LOST) == 0))
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

  return self->membership.consumer->state != RW_STATE_CONNECTED;
}

static void
start (gpointer data)
{
  RwProducerSession *self = data;
  g_autofree char *offer = g_steal_pointer (&self->offer);

  rw_session_wake_in (
      self->base,
      rw_session_deadlines_start (&self->deadlines,
                                  rw_endpoint_now_us (self->host->endpoint)));
  rw_session_start (self->base, offer);
}

const RwAdmissionFuncs rw_producer_session_admission_funcs = {
    .is_urgent = is_urgent,
    .start = start,
};

/* ---- Public ---- */

RwProducerSession *
rw_producer_session_open (const RwProducerSessionHost *host,
                          const char *peer_id, const char *session_id,
                          const char *offer, const RwSessionRequest *request)
{
  RwProducerSession *self = g_new0 (RwProducerSession, 1);
  g_autoptr (GstCaps) caps = rw_transmitter_dup_caps (host->transmitter);
  RwWebrtcPeerConfig config = {.caps = caps};
  RwSendMedia *media = rw_send_media_new (host->transmitter, request, &config);

  self->host = host;
  self->peer_id = g_strdup (peer_id);
  self->offer = g_strdup (offer);
  self->membership.book = host->book;
  self->membership.handshakes = host->handshakes;
  self->deadlines.opened_us = rw_endpoint_now_us (host->endpoint);
  self->base = rw_session_table_add (host->sessions, session_id, &config,
                                     &session_funcs, self, session_free);
  rw_consumer_membership_join (&self->membership,
                               request ? request->consumer_id : session_id,
                               self, self->base);
  self->send_path = rw_transmitter_add_path (
      host->transmitter, rw_session_get_peer (self->base), request);
  rw_send_media_set_path (media, self->send_path);
  rw_consumer_sessions_enqueue (self->membership.consumer, host->handshakes,
                                self);
  return self;
}

/* Why the consumer will not return, or NULL where it may. */
static const char *
find_stopped (RwProducerSession *self)
{
  if (self->host->is_stopping)
    return "stopped";
  return self->membership.consumer->was_here || is_resilient (self)
             ? NULL
             : "consumer left";
}

static void
close_with (RwProducerSession *self, const char *error, GBytes *close_reason)
{
  const char *stopped;
  RwSendPathStatus status;
  RwSendPath *send_path;

  if (self->send_path == NULL)
    return;
  rw_admission_queue_remove (self->host->handshakes, self);
  stopped = find_stopped (self);
  rw_send_path_get_status (self->send_path, &status);
  send_path = g_steal_pointer (&self->send_path);
  rw_transmitter_remove_path (self->host->transmitter, send_path);
  rw_session_close (self->base, error, close_reason);
  rw_consumer_membership_leave (&self->membership, &status, stopped);
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
  return self->membership.consumer;
}

guint64
rw_producer_session_get_generation (RwProducerSession *self)
{
  return rw_session_get_generation (self->base);
}

gint64
rw_producer_session_get_opened_us (RwProducerSession *self)
{
  return self->deadlines.opened_us;
}

RwLivenessState
rw_producer_session_get_liveness (RwProducerSession *self)
{
  RwSendPathStatus status;

  if (self->send_path == NULL)
    return RW_LIVENESS_OPENING;
  rw_send_path_get_status (self->send_path, &status);
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
