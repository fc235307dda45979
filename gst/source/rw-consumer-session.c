/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-consumer-session.h"

#include <string.h>

#include "rw-ordinary-liveness.h"
#include "rw-session-liveness.h"
#include "rw-session-media.h"
#include "rw-session-progress.h"

/* See the header. A report to the controller may close the session it is
 * about, so each is made only while it is open. */

#define GST_CAT_DEFAULT rw_session_get_debug_category ()

#define ORDINARY_REPORT_US (G_USEC_PER_SEC / 4)

struct _RwConsumerSession {
  const RwConsumerSessionHost *host;
  guint64 generation;
  RwSession *session;  /* owns us */
  RwReceivePath *path; /* NULL once closing */
  RwSessionLiveness liveness;
  RwSessionProgress progress;
  RwOrdinaryLiveness ordinary;
  char peer_id[]; /* of the producer */
};

/* ---- Reports to the controller ---- */

static gboolean
is_open (RwConsumerSession *self)
{
  return self->path != NULL;
}

static gint64
now_us (RwConsumerSession *self)
{
  return rw_endpoint_now_us (self->host->endpoint);
}

/* No reconnect after the end of the stream. */
static gboolean
stop_if_finished (RwConsumerSession *self)
{
  if (!rw_receiver_get_progress (self->host->receiver).is_finished)
    return FALSE;
  rw_controller_stop (self->host->controller);
  return TRUE;
}

static void
report_silence (RwConsumerSession *self, const RwReceivePathStatus *status)
{
  const RwConsumerSessionHost *host = self->host;
  gboolean is_down = self->liveness.state == RW_LIVENESS_DOWN;

  if (stop_if_finished (self))
    return;
  rw_outage_log_note_silence (host->outages, status->received_us, now_us (self),
                              is_down);
  if (is_down)
    rw_controller_report_down (host->controller, self->generation);
  else
    rw_controller_report_suspect (host->controller, self->generation);
}

static void
report_liveness (RwConsumerSession *self, const RwReceivePathStatus *status)
{
  RwLivenessState state = self->liveness.state;

  GST_DEBUG_OBJECT (
      rw_endpoint_get_element (self->host->endpoint),
      "session %s is %s; last packet %" G_GINT64_FORMAT
      " us ago, last message %" G_GINT64_FORMAT " us ago",
      rw_session_get_id (self->session), rw_liveness_state_get_name (state),
      now_us (self) - status->received_us, now_us (self) - status->message_us);
  if (state > RW_LIVENESS_ALIVE)
    report_silence (self, status);
  else if (state == RW_LIVENESS_ALIVE)
    rw_controller_report_alive (self->host->controller, self->generation);
}

/* RTP is the first to return: the path works, so retries start now. */
static void
note_path_state (RwConsumerSession *self, RwLivenessState state)
{
  const RwConsumerSessionHost *host = self->host;

  if (!rw_session_liveness_note_path (&self->liveness, state))
    return;
  rw_signaller_retry_now (rw_session_table_get_signaller (host->sessions));
  rw_controller_retry_now (host->controller, RW_RETRY_PATH_ALIVE);
}

static gboolean
update_liveness (RwConsumerSession *self, const RwReceivePathStatus *status)
{
  gint64 ms = rw_endpoint_get_stall_timeout_ms (self->host->endpoint);

  return rw_session_liveness_update (&self->liveness, status, ms * 1000,
                                     now_us (self));
}

static void
report_progress (RwConsumerSession *self, const RwReceivePathStatus *status)
{
  RwController *controller = self->host->controller;
  RwReceiveProgress source = rw_receiver_get_progress (self->host->receiver);
  RwSessionAdvance advance =
      rw_session_progress_update (&self->progress, status, &source);

  if (advance == RW_SESSION_ADVANCE_USABLE)
    rw_controller_report_usable (controller, self->generation);
  else if (advance == RW_SESSION_ADVANCE_PROGRESS)
    rw_controller_report_progress (controller, self->generation);
}

static void
report_lost (RwConsumerSession *self, const char *reason)
{
  if (!stop_if_finished (self))
    rw_controller_report_lost (self->host->controller, self->generation,
                               reason);
}

/* Whether nothing is expected but what comes all the time: the control thread
 * looks at the session once a second then, or when something else happens. */
static gboolean
is_at_rest (RwConsumerSession *self, const RwReceivePathStatus *status)
{
  if (self->liveness.state != RW_LIVENESS_ALIVE)
    self->progress.is_proven = FALSE;
  return self->progress.is_proven && status->is_rtcp &&
         status->liveness == RW_LIVENESS_ALIVE &&
         !rw_outage_log_is_catching_up (self->host->outages);
}

static void
plan (RwConsumerSession *self, const RwReceivePathStatus *status,
      gint64 deadline_us)
{
  gboolean at_rest = is_at_rest (self, status);

  rw_receive_exchange_set_at_rest (self->host->exchange, self->path, at_rest);
  if (at_rest)
    rw_session_wake_at_rest (self->session);
  else
    rw_session_wake_at (self->session, deadline_us);
}

static void
pump (RwConsumerSession *self)
{
  RwReceiveExchange *exchange = self->host->exchange;
  RwReceivePathStatus status;
  RwReceiveEvents events;
  gint64 deadline_us;

  if (!is_open (self))
    return;
  events = rw_receive_exchange_pump (exchange, self->path, &deadline_us);
  rw_receive_exchange_get_status (exchange, self->path, &status);
  note_path_state (self, status.liveness);
  if (is_open (self) && update_liveness (self, &status))
    report_liveness (self, &status);
  if (is_open (self) && status.welcome &&
      self->liveness.state == RW_LIVENESS_ALIVE)
    report_progress (self, &status);
  rw_consumer_reporter_check_repaired (self->host->reporter);
  if (is_open (self) && (events & RW_RECEIVE_EVENT_FENCED))
    report_lost (self, "replaced");
  if (is_open (self) && (events & RW_RECEIVE_EVENT_BYE))
    report_lost (self, "goodbye");
  if (is_open (self))
    plan (self, &status, deadline_us);
}

static void
count_packets (RwConsumerSession *self)
{
  rw_ordinary_liveness_count (&self->ordinary,
                              rw_receiver_get_n_ordinary (self->host->receiver),
                              now_us (self));
  if (is_open (self))
    self->ordinary.is_paused = g_atomic_int_get (&self->path->is_paused);
}

/* The producer had lost its signalling and is announced again, or another one
 * is, and nothing comes of this session any more: that is an invitation. */
static gboolean
is_superseded (RwConsumerSession *self)
{
  return rw_ordinary_liveness_is_abandoned (&self->ordinary, now_us (self)) &&
         self->host->has_producer (self->host->data);
}

/* An ordinary peer's silence means nothing: a page that mutes may send no RTP,
 * and a new session would have it send again what its user believes to be off.
 * It is well as long as it consents to ICE (RFC 7675); else the peer fails. */
static void
report_ordinary (RwConsumerSession *self)
{
  count_packets (self);
  rw_session_wake_in (self->session, ORDINARY_REPORT_US);
  if (is_superseded (self))
    rw_controller_report_suspect (self->host->controller, self->generation);
  else
    rw_controller_report_progress (self->host->controller, self->generation);
}

/* ---- Messages to send ---- */

static void
on_timeout (gpointer data)
{
  RwConsumerSession *self = data;

  if (rw_session_is_resilient (self->session))
    pump (self);
  else
    report_ordinary (self);
}

static void
on_described (gpointer data)
{
  RwConsumerSession *self = data;

  if (rw_ordinary_liveness_offer (&self->ordinary, now_us (self)))
    self->host->closed (self->host->data, self->peer_id, FALSE);
  rw_controller_report_advance (self->host->controller, self->generation);
}

static void
on_connected (gpointer data)
{
  RwConsumerSession *self = data;

  rw_controller_report_advance (self->host->controller, self->generation);
  if (!is_open (self) || rw_session_is_resilient (self->session))
    return;
  rw_ordinary_liveness_connect (&self->ordinary, now_us (self));
  self->host->closed (self->host->data, self->peer_id, FALSE);
  report_ordinary (self);
}

/* In another session a page would send again what its user has closed or muted;
 * but not one without signalling, or a resilient one, which says goodbye. */
static void
report_closed (RwConsumerSession *self)
{
  if (!self->ordinary.is_orphan && !rw_session_is_resilient (self->session))
    self->host->closed (self->host->data, self->peer_id, TRUE);
  report_lost (self, "peer-closed");
}

static void
on_channel_open (gpointer data)
{
  RwConsumerSession *self = data;

  if (!rw_session_is_resilient (self->session))
    return;
  rw_receive_exchange_set_peer (self->host->exchange, self->path,
                                rw_session_get_peer (self->session));
  pump (self);
}

static gboolean
on_channel_message (gpointer data, GBytes *message, GError **error)
{
  RwConsumerSession *self = data;

  if (!rw_session_is_resilient (self->session))
    return TRUE;
  if (!rw_receive_exchange_receive (self->host->exchange, self->path, message,
                                    error)) {
    if (g_error_matches (*error, RW_PEER_ERROR, RW_PEER_ERROR_FORMAT))
      self->host->failed (self->host->data, self->generation, *error);
    return FALSE;
  }
  pump (self);
  return TRUE;
}

static void
on_channel_closed (gpointer data)
{
  RwConsumerSession *self = data;

  if (rw_session_is_resilient (self->session))
    report_lost (self, "peer-closed");
}

static void
on_failed (gpointer data, const GError *error)
{
  RwConsumerSession *self = data;

  GST_INFO_OBJECT (rw_endpoint_get_element (self->host->endpoint),
                   "session %s failed: %s", rw_session_get_id (self->session),
                   error->message);
  count_packets (self);
  if (g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_CLOSED) ||
      rw_ordinary_liveness_is_muted (&self->ordinary))
    report_closed (self);
  else
    self->host->failed (self->host->data, self->generation, error);
}

/* Media outlives signalling: with a carrier of messages its end decides, with
 * an ordinary producer that has only lost its connection to the server its
 * consent to ICE. A page ends a session whose connection fails as well, but
 * later. */
static void
on_ended (gpointer data, const char *error)
{
  RwConsumerSession *self = data;
  RwReceivePathStatus status;

  rw_receive_exchange_get_status (self->host->exchange, self->path, &status);
  if (status.welcome)
    return;
  count_packets (self);
  if (error != NULL || rw_session_is_resilient (self->session))
    self->ordinary.is_offered = FALSE;
  if (self->ordinary.is_connected && g_strcmp0 (error, RW_SESSION_LOST) == 0)
    self->ordinary.is_orphan = TRUE;
  else if (rw_ordinary_liveness_is_well (&self->ordinary, now_us (self)))
    report_closed (self);
  else
    self->host->ended (self->host->data, self->generation, error);
}

static const RwSessionFuncs session_funcs = {
    .timeout = on_timeout,
    .described = on_described,
    .connected = on_connected,
    .channel_open = on_channel_open,
    .channel_message = on_channel_message,
    .channel_closed = on_channel_closed,
    .failed = on_failed,
    .ended = on_ended,
};

/* ---- Public ---- */

void
rw_consumer_session_start (const RwConsumerSessionHost *host, const char *id,
                           const char *peer_id,
                           const RwReceiveEndpointConfig *config,
                           guint latency_ms)
{
  RwConsumerSession *self = g_malloc0 (sizeof *self + strlen (peer_id) + 1);
  RwWebrtcPeerConfig peer = {
      .role = RW_WEBRTC_PEER_CONSUMER,
      .takes_rtcp = TRUE,
      .generation = config->generation,
      .latency_ms = latency_ms,
      .terms = host->terms,
      .funcs = &rw_session_media_funcs,
  };

  self->host = host;
  strcpy (self->peer_id, peer_id);
  self->generation = config->generation;
  self->progress.handed = rw_receiver_get_progress (host->receiver).handed;
  self->path = rw_receive_exchange_add (host->exchange, config);
  peer.user_data = rw_session_media_new (host->receiver, self->path);
  peer.destroy = rw_session_media_free;
  self->session = rw_session_table_add (host->sessions, id, &peer,
                                        &session_funcs, self, g_free);
  rw_session_start_at_offer (self->session);
}

void
rw_consumer_session_close (RwSession *session, RwByeReason reason)
{
  RwConsumerSession *self = rw_session_get_owner (session);
  RwReceiveExchange *exchange = self->host->exchange;
  RwReceivePath *path = g_steal_pointer (&self->path);
  g_autoptr (GBytes) bye = NULL;

  if (path == NULL)
    return;
  bye = rw_receive_exchange_close (exchange, path, reason);
  rw_receive_exchange_remove (exchange, path);
  rw_receive_path_unref (path);
  rw_session_close (session, NULL, bye);
}

void
rw_consumer_session_pump (RwSession *session)
{
  if (rw_session_is_resilient (session))
    pump (rw_session_get_owner (session));
}
