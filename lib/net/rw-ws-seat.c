/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-signaller-private.h"

#include "rw-producer-meta.h"

/*
 * A seat is our place at a server, and the line to it.
 *
 * On a new line everything that a server needs is said at once, without waiting
 * for its welcome: our version, our status, and the question for the list. A
 * server with seats answers the first with a resilientWelcome; if an answer to
 * a later one comes first, it is an ordinary server. Either way the line is
 * open one round trip after the WebSocket is.
 */

/* How long the others wait for the answer that one line waits for. */
#define GREET_PATIENCE_US (1 * G_TIME_SPAN_SECOND)

/* How long a server that took our connection may take for the rest. */
#define QUEUE_TIME_US (10 * G_TIME_SPAN_SECOND)

/* Our extension's version in setProtocolVersion. */
#define RESILIENT_VERSION 1

static void on_line_closed (RwWsLine *line, const GError *error,
                            RwWsSeat *seat);

void
rw_ws_seat_free (gpointer data)
{
  RwWsSeat *seat = data;

  if (seat->line != NULL) {
    g_signal_handlers_disconnect_by_data (seat->line, seat);
    rw_ws_line_drop (seat->line);
  }
  g_clear_object (&seat->line);
  g_free (seat->peer_id);
  g_free (seat);
}

/* There is no line any more, or it does not count. */
void
rw_ws_signaller_leave_seat (RwWsSignaller *self)
{
  if (self->seat != NULL)
    self->lost_us = rw_clock_get_now_us (self->clock);
  self->seat = NULL;
  rw_timer_stop (self->probe_timer);
  rw_timer_stop (self->better_timer);
  rw_conversation_pause (self->conversation);
}

void
rw_ws_signaller_forget_left (RwWsSignaller *self)
{
  if (self->left != NULL)
    rw_ws_line_drop (self->left);
  g_clear_object (&self->left);
}

/* Another server has taken us in, which knows nothing of @seat: there nobody is
 * to wait for us, as for one that was cut off. */
static void
rw_ws_signaller_say_goodbye (RwWsSignaller *self, RwWsSeat *seat)
{
  if (self->seat == NULL || self->seat->uri_index == seat->uri_index ||
      self->seat->resumed || seat->taken_us == 0 || seat->line == NULL)
    return;
  rw_ws_signaller_forget_left (self);
  self->left = g_steal_pointer (&seat->line);
  g_signal_handlers_disconnect_by_data (self->left, seat);
  rw_ws_line_close (self->left, NULL);
}

/* ---- saying ---- */

void
rw_ws_signaller_say_status (RwWsSignaller *self, RwWsSeat *seat)
{
  g_autoptr (RwSignalMessage) message = NULL;

  if (!self->has_status)
    return;
  message = rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS);
  message->roles = self->roles;
  if (self->name != NULL && self->stream_id != NULL)
    message->meta = rw_producer_meta_new_node (self->name, self->stream_id);
  rw_conversation_say_now (self->conversation, seat->line, message);
}

void
rw_ws_signaller_say_gone (RwWsSignaller *self, RwWsSeat *seat)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_SET_PEER_STATUS);

  if (self->has_status)
    rw_conversation_say_now (self->conversation, seat->line, message);
}

/* Every server answers it: it is also a question for a sign of life. Who does
 * not listen wants no more than that, and a server of ours knows. */
void
rw_ws_signaller_ask_list (RwWsSignaller *self, RwWsSeat *seat)
{
  g_autoptr (RwSignalMessage) message = rw_signal_message_new (RW_SIGNAL_LIST);

  message->brief = (self->roles & RW_ROLE_LISTENER) == 0;
  rw_conversation_say_now (self->conversation, seat->line, message);
}

static void
rw_ws_signaller_say_hello (RwWsSignaller *self, RwWsSeat *seat)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  message->version = RW_SIGNAL_VERSION_1_1;
  message->opt_in = g_new0 (RwSignalOptIn, 1);
  message->opt_in->version = RESILIENT_VERSION;
  message->opt_in->client_id = g_strdup (self->client_id);
  message->opt_in->token = g_strdup (self->token);
  message->opt_in->ack = rw_conversation_get_received (self->conversation);
  message->opt_in->attempt = ++self->n_attempts;
  message->opt_in->degraded = self->knows_more;
  rw_conversation_say_now (self->conversation, seat->line, message);
}

/* ---- hearing ---- */

/* What a server says and means makes no sense: the line, and the seat if there
 * was one, are of no use. */
static void
rw_ws_signaller_refuse_line (RwWsSignaller *self, RwWsSeat *seat,
                             const char *what)
{
  g_autoptr (GError) error = g_error_new (
      RW_FAILURE_ERROR, RW_FAILURE_PROTOCOL, "The signalling server %s %s",
      rw_ws_line_get_uri (seat->line), what);

  g_clear_pointer (&self->token, g_free);
  on_line_closed (seat->line, error, seat);
}

/* Nothing was wrong with the line in use; the server of @seat is preferred. */
gboolean
rw_ws_signaller_is_moving (RwWsSignaller *self, RwWsSeat *seat)
{
  return self->seat != NULL && self->seat->uri_index != seat->uri_index &&
         rw_controller_get_state (self->controller) != RW_STATE_SUSPECT;
}

/* A fresh seat: what was asked on the old one is not answered any more, and
 * the sessions there are over for the server. */
static void
rw_ws_signaller_mourn (RwWsSignaller *self, RwWsSeat *seat)
{
  g_autoptr (GError) error = NULL;
  guint64 generation;

  while (rw_conversation_take_answer (self->conversation, &generation))
    rw_signaller_emit_session_refused (RW_SIGNALLER (self), generation,
                                       "the connection was lost first");
  if (!self->is_told_open)
    return;
  if (!rw_ws_signaller_is_moving (self, seat))
    error = g_error_new_literal (
        RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
        "The signalling server did not answer on the old connection; a new one "
        "has taken its place");
  rw_ws_signaller_leave_seat (self);
  rw_ws_signaller_tell_closed (self, error, 0);
}

/* The line becomes the one in use, and another may go. */
static void
rw_ws_signaller_take_seat (RwWsSignaller *self, RwWsSeat *seat,
                           const RwSignalResilience *resilience)
{
  gboolean resumed = resilience != NULL && resilience->resumed;
  guint64 generation = seat->generation;

  if (!resumed)
    rw_ws_signaller_mourn (self, seat);
  /* A handler may have stopped us. */
  if (!rw_controller_is_live (self->controller, generation))
    return;
  if (!rw_conversation_open (self->conversation, seat->line, resilience)) {
    rw_ws_signaller_refuse_line (self, seat,
                                 "has received what was never said");
    return;
  }
  seat->resilient = resilience != NULL;
  seat->resumed = resumed;
  self->hopeless[seat->uri_index] = FALSE;
  g_free (self->token);
  self->token = g_strdup (resilience != NULL ? resilience->token : NULL);
  /* One that was alone takes us in again only when all know what it did. */
  self->is_degraded = resilience != NULL && resilience->degraded;
  self->knows_more = self->is_degraded;
  self->counts.opened++;
  self->counts.resumed += resumed ? 1 : 0;
  rw_timer_stop (self->probe_timer);
  /* The loser must not be taken for the one in use while it goes. */
  self->seat = seat;
  self->greeted = NULL;
  self->is_told_open = TRUE;
  seat->taken_us = rw_clock_get_now_us (self->clock);
  seat->answer_us = seat->taken_us - self->greeted_us;
  rw_controller_report_progress (self->controller, seat->generation);
  rw_server_list_succeed (self->servers, seat->uri_index, seat->taken_us);
  rw_ws_signaller_plan_better (self);
  rw_signal_dispatch_open (self->dispatch, seat->peer_id);
  if (!resumed)
    rw_ws_signaller_rejoin_rooms (self);
  g_clear_error (&self->last_error);
  g_info ("%s: open as %s%s", rw_ws_line_get_uri (seat->line), seat->peer_id,
          resumed ? ", resumed" : "");
  rw_signaller_emit_opened (RW_SIGNALLER (self), seat->peer_id);
  rw_conversation_flush (self->conversation);
}

/* What comes before a line is open. TRUE if @message is still to be heard. */
static gboolean
rw_ws_signaller_greet (RwWsSignaller *self, RwWsSeat *seat,
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
    /* Sessions are begun as soon as the line is open. */
    rw_ws_signaller_hear_ice (self, message);
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

/* A server that is on its own may be lost with what it says. */
static void
rw_ws_signaller_note_status (RwWsSignaller *self,
                             const RwSignalMessage *message)
{
  if (message->type == RW_SIGNAL_SERVER_STATUS) {
    self->is_degraded = message->degraded;
    self->knows_more = self->knows_more && message->degraded;
  } else if (self->is_degraded && (message->seq > 0 || message->has_ack)) {
    self->knows_more = TRUE;
  }
}

static void
rw_ws_signaller_hear (RwWsSignaller *self, const RwSignalMessage *message)
{
  rw_ws_signaller_note_status (self, message);
  if (message->type == RW_SIGNAL_ERROR_REPLY && message->retry_after_ms > 0)
    self->seat->hold_us = (gint64) MIN (message->retry_after_ms, G_MAXUINT32) *
                          G_GINT64_CONSTANT (1000);
  if (!rw_ws_signaller_admit (
          self, rw_conversation_hear (self->conversation, message)))
    return;
  if (message->type == RW_SIGNAL_MOVED)
    rw_ws_signaller_move (self, message->delay_ms);
  else if (message->type == RW_SIGNAL_ICE_SERVERS)
    rw_ws_signaller_hear_ice (self, message);
  else if (!rw_ws_signaller_hear_room (self, message))
    rw_signal_dispatch_hear (self->dispatch, message);
}

/* Nonsense, or something from tomorrow; it may have a number all the same. */
static void
rw_ws_signaller_pass_over (RwWsSignaller *self, RwWsSeat *seat,
                           const char *text, guint len, const char *why)
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
on_line_text (RwWsLine *line, const char *text, guint len, RwWsSeat *seat)
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
rw_ws_signaller_say_all (RwWsSignaller *self, RwWsSeat *seat)
{
  self->greeted = seat;
  self->greeted_us = rw_clock_get_now_us (self->clock);
  rw_ws_signaller_say_hello (self, seat);
  rw_ws_signaller_say_status (self, seat);
  rw_ws_signaller_ask_list (self, seat);
}

/* A connection that stands is a place in a busy server's queue: to give it up
 * is to begin again at its end. */
static void
on_line_connected (RwWsLine *line, RwWsSeat *seat)
{
  rw_controller_grant (seat->owner->controller, seat->generation,
                       QUEUE_TIME_US);
}

static void
on_line_opened (RwWsLine *line, RwWsSeat *seat)
{
  RwWsSignaller *self = seat->owner;

  gint64 now_us = rw_clock_get_now_us (self->clock);

  seat->connected = TRUE;
  rw_controller_grant (self->controller, seat->generation, QUEUE_TIME_US);
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
    RwWsSeat *seat = value;

    if (seat != self->seat && seat->connected) {
      rw_ws_signaller_say_all (self, seat);
      return;
    }
  }
}

static void
on_line_heard (RwWsLine *line, RwWsSeat *seat)
{
  RwWsSignaller *self = seat->owner;
  gint64 now_us = rw_clock_get_now_us (self->clock);

  if (seat != self->seat)
    return;
  /* Its place has been claimed by another line: it is too late to win. */
  if (seat->resilient && self->greeted != NULL &&
      now_us - self->greeted_us < GREET_PATIENCE_US)
    return;
  rw_timer_stop (self->probe_timer);
  rw_controller_report_progress (self->controller, seat->generation);
}

static void
on_line_closed (RwWsLine *line, const GError *error, RwWsSeat *seat)
{
  g_autoptr (RwWsSignaller) self = g_object_ref (seat->owner);
  guint64 generation = seat->generation;
  gint64 hold_us = MAX (rw_ws_line_get_retry_after_us (line), seat->hold_us);
  gint64 patience_us;
  gint64 now_us = rw_clock_get_now_us (self->clock);

  g_clear_error (&self->last_error);
  self->last_error = g_error_copy (error);
  rw_server_list_fail (self->servers, seat->uri_index, now_us);
  if (seat == self->seat) {
    rw_ws_signaller_leave_seat (self);
    patience_us = rw_ws_signaller_lose_patience (self, seat);
    hold_us = MAX (hold_us, patience_us);
    if (hold_us > 0)
      rw_controller_hold_off (self->controller, hold_us);
    rw_controller_report_lost (self->controller, generation, "line-lost");
    /* It was the network, not the server, that went: nobody else comes back at
     * this moment. */
    if (hold_us == 0 && now_us - self->doubted_us < DOUBT_TIME_US)
      rw_controller_retry_now (self->controller, RW_RETRY_NETWORK_CHANGED);
  } else {
    rw_ws_signaller_fail_attempt (self, seat, error, hold_us);
  }
}

void
rw_ws_signaller_on_attempt (RwController *controller, guint64 generation,
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
  RwWsSeat *seat = g_new0 (RwWsSeat, 1);

  self->counts.attempts++;
  seat->owner = self;
  seat->generation = generation;
  seat->uri_index = index;
  seat->line = rw_ws_line_new (self->clock, &config);
  g_free (self->tried);
  self->tried = g_strdup (rw_ws_line_get_uri (seat->line));
  g_hash_table_insert (self->seats, &seat->generation, seat);
  g_signal_connect (seat->line, "connected", G_CALLBACK (on_line_connected),
                    seat);
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

void
rw_ws_signaller_on_abandon (RwController *controller, guint64 generation,
                            RwWsSignaller *self)
{
  RwWsSeat *seat = g_hash_table_lookup (self->seats, &generation);
  gboolean was_greeted;

  if (self->seat != NULL && self->seat->generation == generation)
    rw_ws_signaller_leave_seat (self);
  was_greeted =
      self->greeted != NULL && self->greeted->generation == generation;
  if (was_greeted)
    self->greeted = NULL;
  if (seat != NULL)
    rw_ws_signaller_say_goodbye (self, seat);
  g_hash_table_remove (self->seats, &generation);
  if (was_greeted)
    rw_ws_signaller_greet_next (self);
}
