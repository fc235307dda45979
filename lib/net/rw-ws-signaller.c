/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-signaller.h"

#include "rw-controller.h"
#include "rw-conversation.h"
#include "rw-producer-meta.h"
#include "rw-server-list.h"
#include "rw-signal-dispatch.h"
#include "rw-timer.h"
#include "rw-ws-line.h"

/*
 * Owns a controller, a line for each of its generations, and the conversation
 * that goes on over them. The controller decides when lines come and go; here
 * is how one is begun. Control thread only.
 *
 * On a new line everything that a server needs is said at once, without waiting
 * for its welcome: our version, our status, and the question for the list. A
 * server with seats answers the first with a resilientWelcome; if an answer to
 * a later one comes first, it is an ordinary server. Either way the line is
 * open one round trip after the WebSocket is.
 */

/* Lines that are being opened at once. They cost little, and while the network
 * is away a new one for each hint must not cut short those before it. */
#define MAX_LINES 8

/* How long the others wait for the answer that one line waits for. */
#define GREET_PATIENCE_US (1 * G_TIME_SPAN_SECOND)

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
  gboolean old;       /* it does not know setProtocolVersion */
  gboolean resilient; /* it keeps seats */
  gint64 hold_us;     /* how long it wants to be left alone */
  gboolean connected; /* and has been greeted, or waits for its turn */
} RwSeat;

struct _RwWsSignaller {
  GObject parent_instance;
  RwClock *clock;
  RwController *controller;
  RwTimer *probe_timer;
  RwTimer *outage_timer; /* the end of a rehearsed outage */
  RwTimer *better_timer; /* a preferred server may be well again */
  RwConversation *conversation;
  RwSignalDispatch *dispatch;

  GStrv uris;
  RwServerList *servers; /* the health of each */
  char *client_id;
  char *auth_token;
  GTlsDatabase *tls_database;
  gboolean insecure_tls;
  gint64 ping_interval_us;
  gint64 pong_timeout_us;
  gint64 probe_timeout_us;
  gint64 better_delay_us;

  GHashTable *seats; /* generation -> RwSeat */
  RwSeat *seat;      /* the one in use, or NULL; owned by seats */
  RwSeat *greeted;   /* the one whose answer we wait for; likewise */
  gint64 greeted_us;
  RwWsLine *closing; /* the one that we have said goodbye on */
  char *token;       /* resumes the seat we had */

  gboolean has_status;
  RwRoles roles;
  char *name;
  char *stream_id;

  GError *last_error;
  RwWsSignallerCounts counts;
};

static void rw_ws_signaller_iface_init (RwSignallerInterface *iface);
static void on_line_closed (RwWsLine *line, const GError *error, RwSeat *seat);
static void rw_ws_signaller_plan_better (RwWsSignaller *self);

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

/* There is no line any more, or it does not count. */
static void
rw_ws_signaller_leave_seat (RwWsSignaller *self)
{
  self->seat = NULL;
  rw_timer_stop (self->probe_timer);
  rw_timer_stop (self->better_timer);
  rw_conversation_pause (self->conversation);
}

/* ---- saying ---- */

static void
rw_ws_signaller_say_status (RwWsSignaller *self, RwSeat *seat)
{
  g_autoptr (RwSignalMessage) message = NULL;

  if (!self->has_status)
    return;
  message = rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS);
  message->roles = self->roles;
  if (self->name != NULL || self->stream_id != NULL)
    message->meta = rw_producer_meta_new_node (self->name, self->stream_id);
  rw_conversation_say_now (self->conversation, seat->line, message);
}

static void
rw_ws_signaller_say_gone (RwWsSignaller *self, RwSeat *seat)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS);

  if (self->has_status)
    rw_conversation_say_now (self->conversation, seat->line, message);
}

/* Every server answers it: it is also a question for a sign of life. */
static void
rw_ws_signaller_ask_list (RwWsSignaller *self, RwSeat *seat)
{
  g_autoptr (RwSignalMessage) message = rw_signal_message_new (RW_SIGNAL_LIST);

  rw_conversation_say_now (self->conversation, seat->line, message);
}

static void
rw_ws_signaller_say_hello (RwWsSignaller *self, RwSeat *seat)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  message->version = RW_SIGNAL_VERSION_1_1;
  message->opt_in = g_new0 (RwSignalOptIn, 1);
  message->opt_in->version = RESILIENT_VERSION;
  message->opt_in->client_id = g_strdup (self->client_id);
  message->opt_in->token = g_strdup (self->token);
  message->opt_in->ack = rw_conversation_get_received (self->conversation);
  rw_conversation_say_now (self->conversation, seat->line, message);
}

/* ---- hearing ---- */

/* What a server says and means makes no sense: the line, and the seat if there
 * was one, are of no use. */
static void
rw_ws_signaller_refuse_line (RwWsSignaller *self, RwSeat *seat,
                             const char *what)
{
  g_autoptr (GError) error = g_error_new (
      RW_FAILURE_ERROR, RW_FAILURE_PROTOCOL, "The signalling server %s %s",
      rw_ws_line_get_uri (seat->line), what);

  g_clear_pointer (&self->token, g_free);
  on_line_closed (seat->line, error, seat);
}

/* A fresh seat: what was asked on the old one is not answered any more, and
 * the sessions there are over for the server. */
static void
rw_ws_signaller_mourn (RwWsSignaller *self)
{
  g_autoptr (GError) error = NULL;
  guint64 generation;

  while (rw_conversation_take_answer (self->conversation, &generation))
    rw_signaller_emit_session_refused (RW_SIGNALLER (self), generation,
                                       "the connection was lost first");
  if (self->seat == NULL)
    return;
  error = g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
                       "The signalling server %s did not answer on the old "
                       "connection; a new one has taken its place",
                       self->uris[self->seat->uri_index]);
  rw_ws_signaller_leave_seat (self);
  rw_signaller_emit_closed (RW_SIGNALLER (self), error, TRUE, 0);
}

/* The line becomes the one in use, and another may go. */
static void
rw_ws_signaller_take_seat (RwWsSignaller *self, RwSeat *seat,
                           const RwSignalResilience *resilience)
{
  gboolean resumed = resilience != NULL && resilience->resumed;
  guint64 generation = seat->generation;

  if (!resumed)
    rw_ws_signaller_mourn (self);
  /* A handler may have stopped us. */
  if (!rw_controller_is_live (self->controller, generation))
    return;
  if (!rw_conversation_open (self->conversation, seat->line, resilience)) {
    rw_ws_signaller_refuse_line (self, seat,
                                 "has received what was never said");
    return;
  }
  seat->resilient = resilience != NULL;
  g_free (self->token);
  self->token = g_strdup (resilience != NULL ? resilience->token : NULL);
  self->counts.opened++;
  self->counts.resumed += resumed ? 1 : 0;
  rw_timer_stop (self->probe_timer);
  /* The loser must not be taken for the one in use while it goes. */
  self->seat = seat;
  self->greeted = NULL;
  rw_controller_report_progress (self->controller, seat->generation);
  rw_server_list_succeed (self->servers, seat->uri_index);
  rw_ws_signaller_plan_better (self);
  rw_signal_dispatch_open (self->dispatch, seat->peer_id);
  g_clear_error (&self->last_error);
  g_info ("%s: open as %s%s", rw_ws_line_get_uri (seat->line), seat->peer_id,
          resumed ? ", resumed" : "");
  rw_signaller_emit_opened (RW_SIGNALLER (self), seat->peer_id);
  rw_conversation_flush (self->conversation);
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
    rw_ws_signaller_take_seat (self, seat, message->resilience);
    return FALSE;
  case RW_SIGNAL_ERROR_REPLY:
    /* Servers from before setProtocolVersion say that they do not know it. */
    g_debug ("%s: %s", rw_ws_line_get_uri (seat->line), message->details);
    seat->old = TRUE;
    return FALSE;
  default:
    if (seat->peer_id == NULL)
      return FALSE;
    rw_ws_signaller_take_seat (self, seat, NULL);
    return self->seat == seat;
  }
}

/* The server is about to go, and wants its clients to come again one by one;
 * to another one, if there is one. */
static void
rw_ws_signaller_move (RwWsSignaller *self, guint64 delay_ms)
{
  gint64 max_us = (gint64) MIN (delay_ms, G_MAXUINT32) * 1000;

  rw_server_list_fail (self->servers, self->seat->uri_index,
                       rw_clock_get_now_us (self->clock));
  self->seat->hold_us = (gint64) (g_random_double () * max_us);
  rw_timer_set_in (self->better_timer, self->seat->hold_us);
}

/* TRUE if a message with that verdict is to be handled. */
static gboolean
rw_ws_signaller_admit (RwWsSignaller *self, RwReplayVerdict verdict)
{
  if (verdict == RW_REPLAY_GAP)
    rw_ws_signaller_refuse_line (self, self->seat, "has lost count");
  return verdict == RW_REPLAY_NEW;
}

static void
rw_ws_signaller_hear (RwWsSignaller *self, const RwSignalMessage *message)
{
  if (message->type == RW_SIGNAL_ERROR_REPLY && message->retry_after_ms > 0)
    self->seat->hold_us = (gint64) MIN (message->retry_after_ms, G_MAXUINT32) *
                          G_GINT64_CONSTANT (1000);
  if (!rw_ws_signaller_admit (
          self, rw_conversation_hear (self->conversation, message)))
    return;
  if (message->type == RW_SIGNAL_MOVED)
    rw_ws_signaller_move (self, message->delay_ms);
  else
    rw_signal_dispatch_hear (self->dispatch, message);
}

/* Nonsense, or something from tomorrow; it may have a number all the same. */
static void
rw_ws_signaller_pass_over (RwWsSignaller *self, RwSeat *seat, const char *text,
                           guint len, const char *why)
{
  guint64 n = ++self->counts.malformed;
  guint64 seq;

  /* Each doubling is logged: a mad server does not fill the disk. */
  if ((n & (n - 1)) == 0)
    g_message ("%s: message passed over (%" G_GUINT64_FORMAT " so far): %s",
               rw_ws_line_get_uri (seat->line), n, why);
  if (seat == self->seat && rw_signal_message_peek_seq (text, len, &seq))
    rw_ws_signaller_admit (
        self, rw_conversation_hear_number (self->conversation, seq));
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
    rw_ws_signaller_pass_over (self, seat, text, len, error->message);
    return;
  }
  g_debug ("<- %s", rw_signal_type_to_string (message->type));
  if (seat == self->seat || rw_ws_signaller_greet (self, seat, message))
    rw_ws_signaller_hear (self, message);
}

/* ---- lines ---- */

/* Several lines may come through at the same moment, when the network is back.
 * They must not claim our place at the server from each other. */
static void
rw_ws_signaller_say_all (RwWsSignaller *self, RwSeat *seat)
{
  self->greeted = seat;
  self->greeted_us = rw_clock_get_now_us (self->clock);
  rw_ws_signaller_say_hello (self, seat);
  rw_ws_signaller_say_status (self, seat);
  rw_ws_signaller_ask_list (self, seat);
}

static void
on_line_opened (RwWsLine *line, RwSeat *seat)
{
  RwWsSignaller *self = seat->owner;

  gint64 now_us = rw_clock_get_now_us (self->clock);

  seat->connected = TRUE;
  rw_controller_report_advance (self->controller, seat->generation);
  if (self->greeted == NULL || now_us - self->greeted_us > GREET_PATIENCE_US)
    rw_ws_signaller_say_all (self, seat);
}

/* Nothing came of the one that was greeted: the next, please. */
static void
rw_ws_signaller_greet_next (RwWsSignaller *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->seats);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    RwSeat *seat = value;

    if (seat != self->seat && seat->connected) {
      rw_ws_signaller_say_all (self, seat);
      return;
    }
  }
}

static void
on_line_heard (RwWsLine *line, RwSeat *seat)
{
  RwWsSignaller *self = seat->owner;

  if (seat != self->seat)
    return;
  rw_timer_stop (self->probe_timer);
  rw_controller_report_progress (self->controller, seat->generation);
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
  gint64 hold_us = MAX (rw_ws_line_get_retry_after_us (line), seat->hold_us);
  gint64 now_us = rw_clock_get_now_us (self->clock);

  g_clear_error (&self->last_error);
  self->last_error = g_error_copy (error);
  rw_server_list_fail (self->servers, seat->uri_index, now_us);
  if (seat == self->seat) {
    rw_ws_signaller_leave_seat (self);
    if (hold_us > 0)
      rw_controller_hold_off (self->controller, hold_us);
    rw_controller_report_lost (self->controller, generation, "line-lost");
  } else {
    rw_controller_report_attempt_failed (self->controller, generation,
                                         rw_ws_signaller_classify (self, error),
                                         hold_us);
  }
}

static void
on_controller_attempt (RwController *controller, guint64 generation,
                       RwWsSignaller *self)
{
  guint index =
      rw_server_list_pick (self->servers, rw_clock_get_now_us (self->clock));
  RwWsLineConfig config = {
      .uri = self->uris[index],
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
  seat->uri_index = index;
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
  gboolean was_greeted;

  if (self->seat != NULL && self->seat->generation == generation)
    rw_ws_signaller_leave_seat (self);
  was_greeted =
      self->greeted != NULL && self->greeted->generation == generation;
  if (was_greeted)
    self->greeted = NULL;
  g_hash_table_remove (self->seats, &generation);
  if (was_greeted)
    rw_ws_signaller_greet_next (self);
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
  RwSeat *seat = g_hash_table_lookup (self->seats, &info->generation);

  if (self->seat != NULL) {
    /* It was only to see whether there is a better one. */
    rw_ws_signaller_plan_better (self);
    rw_controller_report_progress (controller, self->seat->generation);
    return;
  }
  if (seat != NULL)
    rw_server_list_fail (self->servers, seat->uri_index,
                         rw_clock_get_now_us (self->clock));
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
    if (self->seat != NULL)
      break;
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
  rw_ws_signaller_ask_list (self, self->seat);
}

/* ---- going back to a preferred server ---- */

static void
rw_ws_signaller_plan_better (RwWsSignaller *self)
{
  gint64 better_us =
      rw_server_list_get_better_us (self->servers, self->seat->uri_index);
  gint64 soon_us = rw_clock_get_now_us (self->clock) + self->better_delay_us;

  if (better_us >= 0)
    rw_timer_set_at (self->better_timer, MAX (better_us, soon_us));
}

static void
on_better_due (gpointer data)
{
  RwWsSignaller *self = data;

  rw_controller_retry_now (self->controller, RW_RETRY_REQUESTED);
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
    /* Others are not to wait for us as for one that was cut off. */
    rw_ws_signaller_say_gone (self, self->seat);
    /* The seat goes, the line stays for its goodbye. */
    line = g_steal_pointer (&self->seat->line);
    g_signal_handlers_disconnect_by_data (line, self->seat);
    rw_ws_line_close (line, NULL);
    rw_ws_signaller_forget_closing (self);
    self->closing = line;
    g_signal_connect (line, "closed", G_CALLBACK (on_closing_closed), self);
  }
  rw_ws_signaller_leave_seat (self);
  rw_conversation_end (self->conversation);
  rw_signal_dispatch_forget (self->dispatch);
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
  rw_signal_dispatch_set_listening (self->dispatch,
                                    (roles & RW_ROLE_LISTENER) != 0);
  g_free (self->name);
  self->name = g_strdup (name);
  g_free (self->stream_id);
  self->stream_id = g_strdup (stream_id);
  if (self->seat != NULL)
    rw_ws_signaller_say_status (self, self->seat);
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
  rw_conversation_say (RW_WS_SIGNALLER (signaller)->conversation, message);
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
  rw_conversation_say (self->conversation, message);
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
  rw_conversation_say (RW_WS_SIGNALLER (signaller)->conversation, message);
}

static void
rw_ws_signaller_send_candidate (RwSignaller *signaller, const char *session_id,
                                guint mline, const char *candidate)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_PEER);

  message->session_id = g_strdup (session_id);
  message->sdp_m_line_index = mline;
  message->candidate = g_strdup (candidate);
  rw_conversation_say (RW_WS_SIGNALLER (signaller)->conversation, message);
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
  g_clear_pointer (&self->better_timer, rw_timer_free);
  g_clear_pointer (&self->dispatch, rw_signal_dispatch_free);
  g_clear_pointer (&self->conversation, rw_conversation_free);
  self->seat = NULL;
  self->greeted = NULL;
  g_hash_table_remove_all (self->seats);
  rw_ws_signaller_forget_closing (self);
  G_OBJECT_CLASS (rw_ws_signaller_parent_class)->dispose (object);
}

static void
rw_ws_signaller_finalize (GObject *object)
{
  RwWsSignaller *self = RW_WS_SIGNALLER (object);

  g_hash_table_unref (self->seats);
  g_clear_pointer (&self->servers, rw_server_list_free);
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
  self->servers = rw_server_list_new (g_strv_length (self->uris));
  self->client_id = g_strdup (config->client_id);
  self->auth_token = g_strdup (config->auth_token);
  self->insecure_tls = config->insecure_tls;
  self->ping_interval_us = config->ping_interval_us;
  self->pong_timeout_us = config->pong_timeout_us;
  self->probe_timeout_us = config->probe_timeout_us;
  self->better_delay_us = config->better_delay_us;
  g_object_set (self->controller, "retry-delay",
                (guint) (config->backoff.delay_us / 1000), "retry-factor",
                config->backoff.factor, "retry-delay-max",
                (guint) (config->backoff.delay_max_us / 1000), "retry-jitter",
                config->backoff.jitter, "retries", config->backoff.retries,
                "attempt-timeout", (guint) (config->attempt_timeout_us / 1000),
                "spread", (guint) (config->spread_us / 1000), "max-attempts",
                MAX_LINES, NULL);
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
  self->better_timer =
      rw_timer_new (clock, context, "rw-better", on_better_due, self);
  self->conversation = rw_conversation_new (clock, context);
  self->dispatch =
      rw_signal_dispatch_new (RW_SIGNALLER (self), self->conversation);
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

const char *
rw_ws_signaller_get_uri (RwWsSignaller *self)
{
  g_return_val_if_fail (RW_IS_WS_SIGNALLER (self), NULL);

  return self->seat != NULL ? self->uris[self->seat->uri_index] : NULL;
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
  RwConversationCounts said;

  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  rw_conversation_get_counts (self->conversation, &said);
  *counts = self->counts;
  counts->sent = said.sent;
  counts->replayed = said.replayed;
  counts->duplicates = said.duplicates;
  counts->dropped_overflow = said.overflow;
  counts->dropped_stale = said.stale;
}

void
rw_ws_signaller_simulate_outage (RwWsSignaller *self, gint64 duration_us)
{
  g_return_if_fail (RW_IS_WS_SIGNALLER (self));

  rw_timer_set_in (self->outage_timer, duration_us);
  if (self->seat != NULL) {
    guint64 generation = self->seat->generation;

    rw_ws_signaller_leave_seat (self);
    rw_controller_report_lost (self->controller, generation, "rehearsal");
  }
}
