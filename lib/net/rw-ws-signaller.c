/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-signaller.h"

#include "rw-controller.h"
#include "rw-outbox.h"
#include "rw-producer-meta.h"
#include "rw-signal-message.h"
#include "rw-timer.h"
#include "rw-ws-line.h"

/*
 * Owns a controller, a line for each of its generations, and what waits for a
 * line. The controller decides when lines come and go; here is what is said on
 * them. Control thread only.
 *
 * On a new line everything that a server needs is said at once, without waiting
 * for its welcome: our version, our status, and the question for the list. A
 * server with seats answers the first with a resilientWelcome; if an answer to
 * a later one comes first, it is an ordinary server. Either way the line is
 * open one round trip after the WebSocket is.
 */

#define OUTBOX_MAX 100

/* Our extension's version in setProtocolVersion. */
#define RESILIENT_VERSION 1

/* A line on which nothing was heard for so long after a probe is closed: the
 * promise is 2 s, and the controller wants to be told before. */
#define PROBE_DEADLINE_US (1800 * G_GINT64_CONSTANT (1000))

/* What a server without seats is given before it is doubted, in probe times:
 * there, changing lines ends our sessions. */
#define PLAIN_PATIENCE 4

enum { SIGNAL_REQUEST_TOKEN, N_SIGNALS };

static guint signals[N_SIGNALS];

/* One line and what its server has said of itself so far. */
typedef struct {
  RwWsSignaller *owner; /* no reference: it owns us */
  RwWsLine *line;
  guint64 generation;
  guint uri_index;
  char *peer_id;
  gboolean old; /* it does not know setProtocolVersion */
  gboolean resilient;
  gboolean resumed;
} RwSeat;

struct _RwWsSignaller {
  GObject parent_instance;
  RwClock *clock;
  RwController *controller;
  RwTimer *probe_timer;
  RwTimer *outage_timer; /* the end of a rehearsed outage */

  GStrv uris;
  guint uri_index; /* of the next attempt */
  char *client_id;
  char *auth_token;
  GTlsDatabase *tls_database;
  gboolean insecure_tls;
  gint64 ping_interval_us;
  gint64 pong_timeout_us;
  gint64 probe_timeout_us;

  GHashTable *seats; /* generation -> RwSeat */
  RwSeat *seat;      /* the one in use, or NULL; owned by seats */
  RwWsLine *closing; /* the one that we have said goodbye on */
  char *token;       /* resumes the seat we had */
  RwOutbox *outbox;
  GHashTable *producers; /* announced to the application: peer ids */

  gboolean has_status;
  RwRoles roles;
  char *name;
  char *stream_id;

  GError *last_error;
  gboolean listed; /* the list was answered on this line */
  RwWsSignallerCounts counts;
};

static void rw_ws_signaller_iface_init (RwSignallerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (
    RwWsSignaller, rw_ws_signaller, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (RW_TYPE_SIGNALLER, rw_ws_signaller_iface_init))

static void
rw_seat_free (gpointer data)
{
  RwSeat *seat = data;

  if (seat->line != NULL) {
    g_signal_handlers_disconnect_by_data (seat->line, seat);
    rw_ws_line_drop (seat->line);
  }
  g_clear_object (&seat->line);
  g_free (seat->peer_id);
  g_free (seat);
}

/* ---- sending ---- */

static void
rw_ws_signaller_send_on (RwWsSignaller *self, RwSeat *seat,
                         const RwSignalMessage *message)
{
  g_autofree char *json = rw_signal_message_to_json (message);

  g_debug ("-> %s", rw_signal_type_to_string (message->type));
  if (rw_ws_line_send (seat->line, json))
    self->counts.sent++;
}

/* Takes @message. */
static void
rw_ws_signaller_send (RwWsSignaller *self, RwSignalMessage *message)
{
  g_autoptr (RwSignalMessage) owned = message;

  if (self->seat != NULL && rw_ws_line_is_open (self->seat->line))
    rw_ws_signaller_send_on (self, self->seat, owned);
  else
    rw_outbox_push (self->outbox, g_steal_pointer (&owned),
                    rw_clock_get_now_us (self->clock));
}

static void
rw_ws_signaller_send_status (RwWsSignaller *self, RwSeat *seat)
{
  g_autoptr (RwSignalMessage) message = NULL;

  if (!self->has_status)
    return;
  message = rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS);
  message->roles = self->roles;
  if (self->name != NULL || self->stream_id != NULL)
    message->meta = rw_producer_meta_new_node (self->name, self->stream_id);
  rw_ws_signaller_send_on (self, seat, message);
}

/* Every server answers it: it is also a question for a sign of life. */
static void
rw_ws_signaller_send_list (RwWsSignaller *self, RwSeat *seat)
{
  g_autoptr (RwSignalMessage) message = rw_signal_message_new (RW_SIGNAL_LIST);

  rw_ws_signaller_send_on (self, seat, message);
}

static void
rw_ws_signaller_send_hello (RwWsSignaller *self, RwSeat *seat)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  message->version = RW_SIGNAL_VERSION_1_1;
  message->opt_in = g_new0 (RwSignalOptIn, 1);
  message->opt_in->version = RESILIENT_VERSION;
  message->opt_in->client_id = g_strdup (self->client_id);
  message->opt_in->token = g_strdup (self->token);
  rw_ws_signaller_send_on (self, seat, message);
}

static void
rw_ws_signaller_flush (RwWsSignaller *self)
{
  RwSignalMessage *message;
  gint64 now_us = rw_clock_get_now_us (self->clock);

  while (self->seat != NULL && rw_ws_line_is_open (self->seat->line) &&
         (message = rw_outbox_pop (self->outbox, now_us)) != NULL) {
    rw_ws_signaller_send_on (self, self->seat, message);
    rw_signal_message_free (message);
  }
}

/* ---- hearing ---- */

static void
rw_ws_signaller_report_producer (RwWsSignaller *self, const char *peer_id,
                                 RwRoles roles, JsonNode *meta)
{
  g_auto (RwProducerMeta) known = {0};

  if (roles & RW_ROLE_PRODUCER)
    g_hash_table_add (self->producers, g_strdup (peer_id));
  else
    g_hash_table_remove (self->producers, peer_id);
  rw_producer_meta_read (&known, meta);
  rw_signaller_emit_peer_status (RW_SIGNALLER (self), peer_id, roles,
                                 known.name, known.resilient > 0,
                                 known.stream_id);
}

static void
rw_ws_signaller_hear_status (RwWsSignaller *self,
                             const RwSignalMessage *message)
{
  if (message->peer_id == NULL ||
      g_strcmp0 (message->peer_id, self->seat->peer_id) == 0)
    return;
  rw_ws_signaller_report_producer (self, message->peer_id, message->roles,
                                   message->meta);
}

static gboolean
list_contains (GPtrArray *peers, const char *peer_id)
{
  for (guint i = 0; i < peers->len; i++)
    if (g_str_equal (((RwSignalPeer *) peers->pdata[i])->id, peer_id))
      return TRUE;
  return FALSE;
}

/* Those announced on an earlier line, and not there any more. */
static GPtrArray *
rw_ws_signaller_find_gone (RwWsSignaller *self, GPtrArray *peers)
{
  GPtrArray *gone = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer peer_id;

  g_hash_table_iter_init (&iter, self->producers);
  while (g_hash_table_iter_next (&iter, &peer_id, NULL))
    if (!list_contains (peers, peer_id))
      g_ptr_array_add (gone, g_strdup (peer_id));
  return gone;
}

static void
rw_ws_signaller_hear_list (RwWsSignaller *self, const RwSignalMessage *message)
{
  g_autoptr (GPtrArray) gone = NULL;

  /* Later answers are signs of life; news comes without asking. */
  if (message->peers == NULL || self->listed ||
      !(self->roles & RW_ROLE_LISTENER))
    return;
  self->listed = TRUE;
  gone = rw_ws_signaller_find_gone (self, message->peers);
  for (guint i = 0; i < gone->len; i++)
    rw_ws_signaller_report_producer (self, gone->pdata[i], RW_ROLE_NONE, NULL);
  for (guint i = 0; i < message->peers->len && self->seat != NULL; i++) {
    const RwSignalPeer *peer = message->peers->pdata[i];

    if (g_strcmp0 (peer->id, self->seat->peer_id) != 0)
      rw_ws_signaller_report_producer (self, peer->id, RW_ROLE_PRODUCER,
                                       peer->meta);
  }
}

static void
rw_ws_signaller_hear_peer (RwWsSignaller *self, const RwSignalMessage *message)
{
  if (message->sdp != NULL)
    rw_signaller_emit_description (RW_SIGNALLER (self), message->session_id,
                                   message->sdp_type, message->sdp);
  else
    rw_signaller_emit_candidate (RW_SIGNALLER (self), message->session_id,
                                 message->sdp_m_line_index, message->candidate);
}

static void
rw_ws_signaller_hear (RwWsSignaller *self, const RwSignalMessage *message)
{
  RwSignaller *signaller = RW_SIGNALLER (self);

  switch (message->type) {
  case RW_SIGNAL_PEER_STATUS_CHANGED:
    rw_ws_signaller_hear_status (self, message);
    break;
  case RW_SIGNAL_LIST:
    rw_ws_signaller_hear_list (self, message);
    break;
  case RW_SIGNAL_SESSION_STARTED:
    rw_signaller_emit_session_started (signaller, message->peer_id,
                                       message->session_id);
    break;
  case RW_SIGNAL_START_SESSION:
    if (message->session_id != NULL)
      rw_signaller_emit_session_requested (signaller, message->peer_id,
                                           message->session_id, message->offer,
                                           message->request);
    break;
  case RW_SIGNAL_END_SESSION:
  case RW_SIGNAL_END_SESSION_V1_1:
    rw_signaller_emit_session_ended (signaller, message->session_id,
                                     message->reason);
    break;
  case RW_SIGNAL_PEER:
    rw_ws_signaller_hear_peer (self, message);
    break;
  case RW_SIGNAL_ERROR_REPLY:
    rw_signaller_emit_server_error (signaller, message->details);
    break;
  default:
    g_debug ("<- %s is passed over", rw_signal_type_to_string (message->type));
    break;
  }
}

/* The line has become the one in use, and perhaps another has gone. */
static void
rw_ws_signaller_take_seat (RwWsSignaller *self, RwSeat *seat)
{
  guint64 generation = seat->generation;

  self->listed = FALSE;
  self->counts.opened++;
  if (seat->resumed)
    self->counts.resumed++;
  else
    rw_outbox_forget_sessions (self->outbox);
  rw_timer_stop (self->probe_timer);
  rw_controller_report_progress (self->controller, generation);
  if (rw_controller_get_generation (self->controller) != generation)
    return;
  self->seat = seat;
  self->uri_index = seat->uri_index;
  g_clear_error (&self->last_error);
  g_info ("%s: open as %s%s", rw_ws_line_get_uri (seat->line), seat->peer_id,
          seat->resumed ? ", resumed" : "");
  rw_signaller_emit_opened (RW_SIGNALLER (self), seat->peer_id);
  rw_ws_signaller_flush (self);
}

/* What comes before a line is open. TRUE if @message is still to be heard. */
static gboolean
rw_ws_signaller_greet (RwWsSignaller *self, RwSeat *seat,
                       const RwSignalMessage *message)
{
  switch (message->type) {
  case RW_SIGNAL_WELCOME:
    g_free (seat->peer_id);
    seat->peer_id = g_strdup (message->peer_id);
    return FALSE;
  case RW_SIGNAL_RESILIENT_WELCOME:
    g_free (seat->peer_id);
    seat->peer_id = g_strdup (message->peer_id);
    seat->resilient = TRUE;
    seat->resumed = message->resilience->resumed;
    g_free (self->token);
    self->token = g_strdup (message->resilience->token);
    rw_ws_signaller_take_seat (self, seat);
    return FALSE;
  case RW_SIGNAL_ERROR_REPLY:
    /* Servers from before setProtocolVersion say that they do not know it. */
    g_debug ("%s: %s", rw_ws_line_get_uri (seat->line), message->details);
    seat->old = TRUE;
    return FALSE;
  default:
    if (seat->peer_id == NULL)
      return FALSE;
    rw_ws_signaller_take_seat (self, seat);
    return self->seat == seat;
  }
}

static void
on_line_text (RwWsLine *line, const char *text, guint len, RwSeat *seat)
{
  g_autoptr (RwWsSignaller) self = g_object_ref (seat->owner);
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSignalMessage) message = NULL;

  self->counts.received++;
  message = rw_signal_message_parse (text, len, &error);
  if (message == NULL) {
    self->counts.malformed++;
    /* Each doubling is logged: a mad server does not fill the disk. */
    if (g_bit_storage (self->counts.malformed) !=
        g_bit_storage (self->counts.malformed - 1))
      g_message ("%s: message passed over (%" G_GUINT64_FORMAT " so far): %s",
                 rw_ws_line_get_uri (line), self->counts.malformed,
                 error->message);
    return;
  }
  g_debug ("<- %s", rw_signal_type_to_string (message->type));
  if (seat == self->seat || rw_ws_signaller_greet (self, seat, message))
    rw_ws_signaller_hear (self, message);
}

/* ---- lines ---- */

static void
on_line_opened (RwWsLine *line, RwSeat *seat)
{
  RwWsSignaller *self = seat->owner;

  rw_ws_signaller_send_hello (self, seat);
  rw_ws_signaller_send_status (self, seat);
  rw_ws_signaller_send_list (self, seat);
  rw_controller_report_advance (self->controller, seat->generation);
}

static void
on_line_heard (RwWsLine *line, RwSeat *seat)
{
  RwWsSignaller *self = seat->owner;

  if (seat != self->seat)
    return;
  rw_timer_stop (self->probe_timer);
  rw_controller_report_alive (self->controller, seat->generation);
}

/* The server does not want our token: the application may have another. */
static gboolean
rw_ws_signaller_renew_token (RwWsSignaller *self)
{
  g_autofree char *token = NULL;

  g_signal_emit (self, signals[SIGNAL_REQUEST_TOKEN], 0, &token);
  if (token == NULL || g_strcmp0 (token, self->auth_token) == 0)
    return FALSE;
  rw_ws_signaller_set_auth_token (self, token);
  return TRUE;
}

static RwFailure
rw_ws_signaller_classify (RwWsSignaller *self, const GError *error)
{
  RwFailure failure = error->domain == RW_FAILURE_ERROR
                          ? (RwFailure) error->code
                          : RW_FAILURE_UNREACHABLE;

  if (failure == RW_FAILURE_UNAUTHORIZED && rw_ws_signaller_renew_token (self))
    return RW_FAILURE_REFUSED;
  return failure;
}

static void
on_line_closed (RwWsLine *line, const GError *error, RwSeat *seat)
{
  g_autoptr (RwWsSignaller) self = g_object_ref (seat->owner);
  guint64 generation = seat->generation;
  gint64 retry_after_us = rw_ws_line_get_retry_after_us (line);

  g_clear_error (&self->last_error);
  self->last_error = g_error_copy (error);
  if (seat == self->seat) {
    self->seat = NULL;
    rw_timer_stop (self->probe_timer);
    rw_controller_report_lost (self->controller, generation, "line-lost");
  } else {
    self->uri_index = (seat->uri_index + 1) % g_strv_length (self->uris);
    rw_controller_report_attempt_failed (self->controller, generation,
                                         rw_ws_signaller_classify (self, error),
                                         retry_after_us);
  }
}

static void
on_controller_attempt (RwController *controller, guint64 generation,
                       RwWsSignaller *self)
{
  RwWsLineConfig config = {
      .uri = self->uris[self->uri_index],
      .auth_token = self->auth_token,
      .tls_database = self->tls_database,
      .insecure_tls = self->insecure_tls,
      .ping_interval_us = self->ping_interval_us,
      .pong_timeout_us = self->pong_timeout_us,
  };
  RwSeat *seat = g_new0 (RwSeat, 1);

  self->counts.attempts++;
  seat->owner = self;
  seat->generation = generation;
  seat->uri_index = self->uri_index;
  seat->line = rw_ws_line_new (self->clock, &config);
  g_hash_table_insert (self->seats, &seat->generation, seat);
  g_signal_connect (seat->line, "opened", G_CALLBACK (on_line_opened), seat);
  g_signal_connect (seat->line, "heard", G_CALLBACK (on_line_heard), seat);
  g_signal_connect (seat->line, "text", G_CALLBACK (on_line_text), seat);
  g_signal_connect (seat->line, "closed", G_CALLBACK (on_line_closed), seat);
  g_debug ("%s: attempt %" G_GUINT64_FORMAT, rw_ws_line_get_uri (seat->line),
           generation);
  /* In a rehearsed outage nothing answers; the watchdog will see. */
  if (!rw_timer_is_set (self->outage_timer))
    rw_ws_line_open (seat->line);
}

static void
on_controller_abandon (RwController *controller, guint64 generation,
                       RwWsSignaller *self)
{
  if (self->seat != NULL && self->seat->generation == generation)
    self->seat = NULL;
  g_hash_table_remove (self->seats, &generation);
}

/* ---- telling ---- */

/* The cause, and what happens next. */
static GError *
rw_ws_signaller_describe (RwWsSignaller *self, const RwStateInfo *info)
{
  const GError *cause = self->last_error;
  g_autofree char *next =
      info->delay_us > 0
          ? g_strdup_printf ("trying again in %.1f s",
                             info->delay_us / (double) G_TIME_SPAN_SECOND)
          : g_strdup ("trying again");

  if (cause == NULL)
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
                        "The signalling server does not answer; %s", next);
  return g_error_new (cause->domain, cause->code, "%s; %s", cause->message,
                      next);
}

static void
on_controller_retrying (RwController *controller, const RwStateInfo *info,
                        RwWsSignaller *self)
{
  g_autoptr (GError) error = rw_ws_signaller_describe (self, info);

  g_clear_error (&self->last_error);
  rw_signaller_emit_closed (RW_SIGNALLER (self), error, TRUE, info->delay_us);
}

static void
rw_ws_signaller_fail (RwWsSignaller *self)
{
  g_autoptr (GError) error = g_steal_pointer (&self->last_error);

  if (error == NULL)
    error = g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
                         "The signalling server does not answer; given up, as "
                         "there are no retries left");
  rw_signaller_emit_failed (RW_SIGNALLER (self), error);
}

static void
on_controller_state_changed (RwController *controller, const RwStateInfo *info,
                             RwWsSignaller *self)
{
  g_autoptr (GError) error = NULL;

  switch (info->state) {
  case RW_STATE_RECONNECTING:
    error = rw_ws_signaller_describe (self, info);
    rw_signaller_emit_closed (RW_SIGNALLER (self), error, TRUE, info->delay_us);
    break;
  case RW_STATE_FAILED:
    rw_ws_signaller_fail (self);
    break;
  default:
    break;
  }
}

/* ---- doubt ---- */

static void
on_probe_unanswered (gpointer data)
{
  RwWsSignaller *self = data;

  if (self->seat != NULL)
    rw_controller_report_suspect (self->controller, self->seat->generation);
}

static void
rw_ws_signaller_probe (RwWsSignaller *self)
{
  gint64 patience_us = self->probe_timeout_us;

  if (rw_timer_is_set (self->probe_timer))
    return;
  if (!self->seat->resilient)
    patience_us *= PLAIN_PATIENCE;
  rw_timer_set_in (self->probe_timer, patience_us);
  rw_ws_line_expect (self->seat->line, PROBE_DEADLINE_US);
  rw_ws_signaller_send_list (self, self->seat);
}

static void
on_outage_over (gpointer data)
{
  RwWsSignaller *self = data;

  rw_controller_retry_now (self->controller, RW_RETRY_NETWORK_CHANGED);
}

/* ---- RwSignaller ---- */

static void
rw_ws_signaller_start (RwSignaller *signaller)
{
  rw_controller_start (RW_WS_SIGNALLER (signaller)->controller);
}

/* It keeps itself alive until its goodbye is out. */
static void
rw_ws_signaller_forget_closing (RwWsSignaller *self)
{
  if (self->closing != NULL)
    g_signal_handlers_disconnect_by_data (self->closing, self);
  g_clear_object (&self->closing);
}

static void
on_closing_closed (RwWsLine *line, const GError *error, RwWsSignaller *self)
{
  g_signal_handlers_disconnect_by_data (line, self);
  g_clear_object (&self->closing);
  rw_signaller_emit_closed (RW_SIGNALLER (self), NULL, FALSE, 0);
}

static void
rw_ws_signaller_stop (RwSignaller *signaller)
{
  g_autoptr (RwWsSignaller) self = g_object_ref (RW_WS_SIGNALLER (signaller));
  RwState before = rw_controller_get_state (self->controller);
  RwWsLine *line = NULL;

  if (before == RW_STATE_STOPPED)
    return;
  if (self->seat != NULL) {
    /* The seat goes, the line stays for its goodbye. */
    line = g_steal_pointer (&self->seat->line);
    g_signal_handlers_disconnect_by_data (line, self->seat);
    self->seat = NULL;
    rw_ws_line_close (line, NULL);
    rw_ws_signaller_forget_closing (self);
    self->closing = line;
    g_signal_connect (line, "closed", G_CALLBACK (on_closing_closed), self);
  }
  rw_timer_stop (self->probe_timer);
  g_hash_table_remove_all (self->producers);
  g_clear_pointer (&self->token, g_free);
  rw_controller_stop (self->controller);
  if (line == NULL)
    rw_signaller_emit_closed (signaller, NULL, FALSE, 0);
}

static void
rw_ws_signaller_set_status (RwSignaller *signaller, RwRoles roles,
                            const char *name, const char *stream_id)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (signaller);

  self->has_status = TRUE;
  self->roles = roles;
  g_free (self->name);
  self->name = g_strdup (name);
  g_free (self->stream_id);
  self->stream_id = g_strdup (stream_id);
  if (self->seat != NULL)
    rw_ws_signaller_send_status (self, self->seat);
}

static void
rw_ws_signaller_start_session (RwSignaller *signaller, const char *peer_id,
                               const char *offer,
                               const RwSessionRequest *request)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_START_SESSION);

  message->peer_id = g_strdup (peer_id);
  message->offer = g_strdup (offer);
  if (request != NULL)
    message->request = rw_session_request_copy (request);
  rw_ws_signaller_send (RW_WS_SIGNALLER (signaller), message);
}

/* A server that has never heard of v1_1 knows the plain form alone; every
 * server knows that one. */
static void
rw_ws_signaller_end_session (RwSignaller *signaller, const char *session_id,
                             const char *error)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (signaller);
  gboolean with_error =
      error != NULL && (self->seat == NULL || !self->seat->old);
  RwSignalMessage *message = rw_signal_message_new (
      with_error ? RW_SIGNAL_END_SESSION_V1_1 : RW_SIGNAL_END_SESSION);

  message->session_id = g_strdup (session_id);
  if (with_error)
    message->reason = g_strdup (error);
  rw_ws_signaller_send (self, message);
}

static void
rw_ws_signaller_send_description (RwSignaller *signaller,
                                  const char *session_id, RwSdpType type,
                                  const char *sdp)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_PEER);

  message->session_id = g_strdup (session_id);
  message->sdp_type = type;
  message->sdp = g_strdup (sdp);
  rw_ws_signaller_send (RW_WS_SIGNALLER (signaller), message);
}

static void
rw_ws_signaller_send_candidate (RwSignaller *signaller, const char *session_id,
                                guint mline, const char *candidate)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_PEER);

  message->session_id = g_strdup (session_id);
  message->sdp_m_line_index = mline;
  message->candidate = g_strdup (candidate);
  rw_ws_signaller_send (RW_WS_SIGNALLER (signaller), message);
}

static void
rw_ws_signaller_retry_now (RwSignaller *signaller)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (signaller);

  rw_controller_retry_now (self->controller, RW_RETRY_NETWORK_CHANGED);
  if (self->seat != NULL &&
      rw_controller_get_state (self->controller) == RW_STATE_CONNECTED)
    rw_ws_signaller_probe (self);
}

static void
rw_ws_signaller_iface_init (RwSignallerInterface *iface)
{
  iface->start = rw_ws_signaller_start;
  iface->stop = rw_ws_signaller_stop;
  iface->set_status = rw_ws_signaller_set_status;
  iface->start_session = rw_ws_signaller_start_session;
  iface->end_session = rw_ws_signaller_end_session;
  iface->send_description = rw_ws_signaller_send_description;
  iface->send_candidate = rw_ws_signaller_send_candidate;
  iface->retry_now = rw_ws_signaller_retry_now;
}

/* ---- object ---- */

static void
rw_ws_signaller_dispose (GObject *object)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (object);

  if (self->controller != NULL) {
    g_signal_handlers_disconnect_by_data (self->controller, self);
    rw_controller_stop (self->controller);
  }
  g_clear_object (&self->controller);
  g_clear_pointer (&self->probe_timer, rw_timer_free);
  g_clear_pointer (&self->outage_timer, rw_timer_free);
  self->seat = NULL;
  g_hash_table_remove_all (self->seats);
  rw_ws_signaller_forget_closing (self);
  G_OBJECT_CLASS (rw_ws_signaller_parent_class)->dispose (object);
}

static void
rw_ws_signaller_finalize (GObject *object)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (object);

  g_hash_table_unref (self->seats);
  g_hash_table_unref (self->producers);
  rw_outbox_free (self->outbox);
  g_strfreev (self->uris);
  g_free (self->client_id);
  g_free (self->auth_token);
  g_free (self->token);
  g_free (self->name);
  g_free (self->stream_id);
  g_clear_error (&self->last_error);
  g_clear_object (&self->tls_database);
  g_clear_object (&self->clock);
  G_OBJECT_CLASS (rw_ws_signaller_parent_class)->finalize (object);
}

static void
rw_ws_signaller_class_init (RwWsSignallerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_ws_signaller_dispose;
  G_OBJECT_CLASS (klass)->finalize = rw_ws_signaller_finalize;
  signals[SIGNAL_REQUEST_TOKEN] = g_signal_new (
      "request-token", RW_TYPE_WS_SIGNALLER, G_SIGNAL_RUN_LAST, 0,
      g_signal_accumulator_first_wins, NULL, NULL, G_TYPE_STRING, 0);
}

static void
rw_ws_signaller_init (RwWsSignaller *self)
{
  self->seats =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, rw_seat_free);
  self->producers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->outbox = rw_outbox_new (OUTBOX_MAX);
}

/* ---- public ---- */

static gboolean
check_uris (const char *const *uris, GError **error)
{
  if (uris == NULL || uris[0] == NULL)
    return rw_ws_line_check_uri (NULL, error);
  for (guint i = 0; uris[i] != NULL; i++)
    if (!rw_ws_line_check_uri (uris[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
load_ca_file (const char *path, GTlsDatabase **database, GError **error)
{
  g_autoptr (GError) cause = NULL;

  *database = NULL;
  if (path == NULL)
    return TRUE;
  *database = g_tls_file_database_new (path, &cause);
  if (*database != NULL)
    return TRUE;
  g_set_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS,
               "Cannot use %s as tls-ca-file: %s; it must be the full path of "
               "a file with certificates in PEM form",
               path, cause->message);
  return FALSE;
}

static void
rw_ws_signaller_configure (RwWsSignaller *self,
                           const RwWsSignallerConfig *config)
{
  self->uris = g_strdupv ((GStrv) config->uris);
  self->client_id = g_strdup (config->client_id);
  self->auth_token = g_strdup (config->auth_token);
  self->insecure_tls = config->insecure_tls;
  self->ping_interval_us = config->ping_interval_us;
  self->pong_timeout_us = config->pong_timeout_us;
  self->probe_timeout_us = config->probe_timeout_us;
  g_object_set (self->controller, "retry-delay",
                (guint) (config->backoff.delay_us / 1000), "retry-factor",
                config->backoff.factor, "retry-delay-max",
                (guint) (config->backoff.delay_max_us / 1000), "retry-jitter",
                config->backoff.jitter, "retries", config->backoff.retries,
                "attempt-timeout", (guint) (config->attempt_timeout_us / 1000),
                "spread", (guint) (config->spread_us / 1000), NULL);
  if (self->insecure_tls)
    g_warning ("insecure-tls is set: anybody can pretend to be the signalling "
               "server, and listen");
}

static void
rw_ws_signaller_connect_controller (RwWsSignaller *self)
{
  g_signal_connect (self->controller, "attempt",
                    G_CALLBACK (on_controller_attempt), self);
  g_signal_connect (self->controller, "abandon",
                    G_CALLBACK (on_controller_abandon), self);
  g_signal_connect (self->controller, "retrying",
                    G_CALLBACK (on_controller_retrying), self);
  g_signal_connect (self->controller, "state-changed",
                    G_CALLBACK (on_controller_state_changed), self);
}

RwWsSignaller *
rw_ws_signaller_new (RwClock *clock, GMainContext *context, GRand *rand,
                     const RwWsSignallerConfig *config, GError **error)
{
  RwWsSignaller *self;
  GTlsDatabase *database;

  g_return_val_if_fail (RW_IS_CLOCK (clock), NULL);
  g_return_val_if_fail (config != NULL, NULL);

  if (!check_uris (config->uris, error) ||
      !load_ca_file (config->tls_ca_file, &database, error)) {
    g_clear_pointer (&rand, g_rand_free);
    return NULL;
  }
  self = g_object_new (RW_TYPE_WS_SIGNALLER, NULL);
  self->clock = g_object_ref (clock);
  self->tls_database = database;
  self->controller = rw_controller_new (clock, context, rand);
  self->probe_timer =
      rw_timer_new (clock, context, "rw-probe", on_probe_unanswered, self);
  self->outage_timer =
      rw_timer_new (clock, context, "rw-outage", on_outage_over, self);
  rw_ws_signaller_configure (self, config);
  rw_ws_signaller_connect_controller (self);
  return self;
}

void
rw_ws_signaller_set_auth_token (RwWsSignaller *self, const char *token)
{
  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  g_free (self->auth_token);
  self->auth_token = g_strdup (token);
}

gboolean
rw_ws_signaller_is_open (RwWsSignaller *self)
{
  g_return_val_if_fail (RW_IS_WS_SIGNALLER (self), FALSE);

  return self->seat != NULL;
}

void
rw_ws_signaller_get_counts (RwWsSignaller *self, RwWsSignallerCounts *counts)
{
  RwOutboxCounts dropped;

  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  rw_outbox_get_counts (self->outbox, &dropped);
  *counts = self->counts;
  counts->dropped_overflow = dropped.overflow;
  counts->dropped_stale = dropped.stale;
}

void
rw_ws_signaller_simulate_outage (RwWsSignaller *self, gint64 duration_us)
{
  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  rw_timer_set_in (self->outage_timer, duration_us);
  if (self->seat != NULL) {
    guint64 generation = self->seat->generation;

    self->seat = NULL;
    rw_controller_report_lost (self->controller, generation, "rehearsal");
  }
}
