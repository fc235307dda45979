/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-connection.h"

#include "rw-server-uri.h"
#include "rw-timer.h"

/*
 * Owns the handshake that opens it, libsoup's connection, and one timer. All on
 * the thread that opened it.
 */

/* libsoup's pings come from a timer of whole seconds, which GLib lets slip by
 * up to one. */
#define PING_SLACK_US (1 * G_TIME_SPAN_SECOND)

/* A close frame that is not answered by then will not be. */
#define CLOSE_TIMEOUT_US (1 * G_TIME_SPAN_SECOND)

enum {
  SIGNAL_CONNECTED,
  SIGNAL_STALLED,
  SIGNAL_OPENED,
  SIGNAL_ACTIVITY,
  SIGNAL_TEXT,
  SIGNAL_CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

struct _RwWsConnection {
  GObject parent_instance;
  RwClock *clock;
  RwTimer *timer; /* of the next pong, or of the close frame */
  char *shown_uri;
  gint64 ping_interval_us;
  gint64 pong_timeout_us;
  guint max_message_bytes;

  RwWsHandshake *handshake; /* also owns what the connection stands on */
  SoupWebsocketConnection *connection;
  gint64 retry_after_us;
  GError *fault;     /* what broke it */
  gboolean closing;  /* by this side: it holds a reference on itself */
  gboolean finished; /* "closed" was emitted, or it was dropped */
};

G_DEFINE_FINAL_TYPE (RwWsConnection, rw_ws_connection, G_TYPE_OBJECT)

/* ---- the end ---- */

static void
rw_ws_connection_release (RwWsConnection *self)
{
  self->finished = TRUE;
  g_clear_pointer (&self->timer, rw_timer_free);
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
  g_clear_pointer (&self->handshake, rw_ws_handshake_free);
}

/* Takes @error. */
static void
rw_ws_connection_finish (RwWsConnection *self, GError *error)
{
  g_autoptr (GError) owned = error;
  gboolean closing = self->closing;

  if (self->finished)
    return;
  g_object_ref (self);
  rw_ws_connection_release (self);
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0, owned);
  if (closing)
    g_object_unref (self);
  g_object_unref (self);
}

static void
on_deadline (gpointer data)
{
  RwWsConnection *self = data;

  rw_ws_connection_finish (
      self,
      self->closing ? NULL : rw_connect_error_new_silent (self->shown_uri));
}

/* ---- the connection ---- */

static void
rw_ws_connection_note_activity (RwWsConnection *self)
{
  if (self->closing)
    return;
  if (self->ping_interval_us > 0)
    rw_timer_set_in (self->timer, self->ping_interval_us + PING_SLACK_US +
                                      self->pong_timeout_us);
  else
    rw_timer_stop (self->timer);
  g_signal_emit (self, signals[SIGNAL_ACTIVITY], 0);
}

static void
on_connection_pong (SoupWebsocketConnection *connection, GBytes *payload,
                    RwWsConnection *self)
{
  g_object_ref (self);
  rw_ws_connection_note_activity (self);
  g_object_unref (self);
}

static void
on_connection_message (SoupWebsocketConnection *connection, int type,
                       GBytes *message, RwWsConnection *self)
{
  g_autoptr (GBytes) kept = g_bytes_ref (message);
  gsize len;
  const char *text = g_bytes_get_data (kept, &len);

  if (self->closing)
    return;
  g_object_ref (self);
  rw_ws_connection_note_activity (self);
  /* A binary frame has no meaning; it counts all the same. */
  if (type != SOUP_WEBSOCKET_DATA_TEXT) {
    text = "";
    len = 0;
  }
  if (!self->finished)
    g_signal_emit (self, signals[SIGNAL_TEXT], 0, text, (guint) len);
  g_object_unref (self);
}

static void
on_connection_error (SoupWebsocketConnection *connection, GError *error,
                     RwWsConnection *self)
{
  if (self->fault == NULL)
    self->fault = rw_connect_error_new_broken (self->shown_uri, error);
}

static void
on_connection_closed (SoupWebsocketConnection *connection, RwWsConnection *self)
{
  gushort code = soup_websocket_connection_get_close_code (connection);
  const char *data = soup_websocket_connection_get_close_data (connection);
  GError *error = g_steal_pointer (&self->fault);

  if (self->closing)
    g_clear_error (&error);
  else if (error == NULL)
    error = rw_connect_error_new_closed (self->shown_uri, code, data);
  rw_ws_connection_finish (self, error);
}

/* Takes @connection. */
static void
rw_ws_connection_adopt (RwWsConnection *self,
                        SoupWebsocketConnection *connection)
{
  self->connection = connection;
  soup_websocket_connection_set_max_incoming_payload_size (
      connection, self->max_message_bytes);
  g_signal_connect (connection, "message", G_CALLBACK (on_connection_message),
                    self);
  g_signal_connect (connection, "pong", G_CALLBACK (on_connection_pong), self);
  g_signal_connect (connection, "error", G_CALLBACK (on_connection_error),
                    self);
  g_signal_connect (connection, "closed", G_CALLBACK (on_connection_closed),
                    self);
  soup_websocket_connection_set_keepalive_interval (
      connection,
      (self->ping_interval_us + G_TIME_SPAN_SECOND - 1) / G_TIME_SPAN_SECOND);
}

/* ---- the handshake ---- */

static void
on_handshake_connected (gpointer owner)
{
  g_signal_emit (owner, signals[SIGNAL_CONNECTED], 0);
}

static void
on_handshake_stalled (gpointer owner, const GError *error)
{
  g_signal_emit (owner, signals[SIGNAL_STALLED], 0, error);
}

static void
on_handshake_done (gpointer owner, SoupWebsocketConnection *connection,
                   GError *error)
{
  g_autoptr (RwWsConnection) self = g_object_ref (owner);

  if (connection == NULL) {
    self->retry_after_us = rw_ws_handshake_get_retry_after_us (self->handshake);
    rw_ws_connection_finish (self, error);
    return;
  }
  rw_ws_connection_adopt (self, connection);
  g_signal_emit (self, signals[SIGNAL_OPENED], 0);
  if (!self->finished)
    rw_ws_connection_note_activity (self);
}

/* ---- object ---- */

static void
rw_ws_connection_dispose (GObject *object)
{
  rw_ws_connection_release (RW_WS_CONNECTION (object));
  G_OBJECT_CLASS (rw_ws_connection_parent_class)->dispose (object);
}

static void
rw_ws_connection_finalize (GObject *object)
{
  RwWsConnection *self = RW_WS_CONNECTION (object);

  g_clear_error (&self->fault);
  g_free (self->shown_uri);
  g_object_unref (self->clock);
  G_OBJECT_CLASS (rw_ws_connection_parent_class)->finalize (object);
}

static void
install_signals (void)
{
  signals[SIGNAL_CONNECTED] =
      g_signal_new ("connected", RW_TYPE_WS_CONNECTION, G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_STALLED] = g_signal_new (
      "stalled", RW_TYPE_WS_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 1, G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_OPENED] =
      g_signal_new ("opened", RW_TYPE_WS_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL,
                    NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_ACTIVITY] =
      g_signal_new ("activity", RW_TYPE_WS_CONNECTION, G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_TEXT] = g_signal_new (
      "text", RW_TYPE_WS_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 2, G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE, G_TYPE_UINT);
  signals[SIGNAL_CLOSED] = g_signal_new (
      "closed", RW_TYPE_WS_CONNECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 1, G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
rw_ws_connection_class_init (RwWsConnectionClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_ws_connection_dispose;
  G_OBJECT_CLASS (klass)->finalize = rw_ws_connection_finalize;
  install_signals ();
}

static void
rw_ws_connection_init (RwWsConnection *self)
{
}

/* ---- public ---- */

RwWsConnection *
rw_ws_connection_new (RwClock *clock, const RwWsConnectionConfig *config)
{
  static const RwWsHandshakeFuncs funcs = {
      on_handshake_connected, on_handshake_stalled, on_handshake_done};
  RwWsConnection *self;

  g_return_val_if_fail (RW_IS_CLOCK (clock), NULL);
  g_return_val_if_fail (config->handshake.uri != NULL, NULL);

  self = g_object_new (RW_TYPE_WS_CONNECTION, NULL);
  self->clock = g_object_ref (clock);
  self->shown_uri = rw_server_uri_dup_shown (config->handshake.uri);
  self->ping_interval_us = config->ping_interval_us;
  self->pong_timeout_us = config->pong_timeout_us;
  self->max_message_bytes = config->max_message_bytes;
  self->timer = rw_timer_new (clock, g_main_context_get_thread_default (),
                              "rw-ws-connection", on_deadline, self);
  self->handshake =
      rw_ws_handshake_new (clock, &config->handshake, &funcs, self);
  return self;
}

void
rw_ws_connection_open (RwWsConnection *self)
{
  g_return_if_fail (RW_IS_WS_CONNECTION (self));
  g_return_if_fail (!self->finished);

  rw_ws_handshake_start (self->handshake);
}

gboolean
rw_ws_connection_send (RwWsConnection *self, const char *text)
{
  g_return_val_if_fail (RW_IS_WS_CONNECTION (self), FALSE);

  if (!rw_ws_connection_is_open (self))
    return FALSE;
  soup_websocket_connection_send_text (self->connection, text);
  return TRUE;
}

void
rw_ws_connection_expect (RwWsConnection *self, gint64 timeout_us)
{
  gint64 due_us, earlier_us;

  g_return_if_fail (RW_IS_WS_CONNECTION (self));

  if (!rw_ws_connection_is_open (self))
    return;
  due_us = rw_clock_get_now_us (self->clock) + timeout_us;
  earlier_us = rw_timer_get_due_us (self->timer);
  if (earlier_us < 0 || due_us < earlier_us)
    rw_timer_set_at (self->timer, due_us);
}

void
rw_ws_connection_close (RwWsConnection *self, const char *reason)
{
  g_return_if_fail (RW_IS_WS_CONNECTION (self));

  if (self->finished || self->closing)
    return;
  self->closing = TRUE;
  g_object_ref (self);
  if (self->connection == NULL ||
      soup_websocket_connection_get_state (self->connection) !=
          SOUP_WEBSOCKET_STATE_OPEN) {
    rw_timer_set_in (self->timer, 0);
    return;
  }
  soup_websocket_connection_close (self->connection,
                                   SOUP_WEBSOCKET_CLOSE_NORMAL, reason);
  rw_timer_set_in (self->timer, CLOSE_TIMEOUT_US);
}

void
rw_ws_connection_drop (RwWsConnection *self)
{
  gboolean closing;

  g_return_if_fail (RW_IS_WS_CONNECTION (self));

  if (self->finished)
    return;
  closing = self->closing;
  rw_ws_connection_release (self);
  if (closing)
    g_object_unref (self);
}

RwConnectStage
rw_ws_connection_get_stage (RwWsConnection *self)
{
  g_return_val_if_fail (RW_IS_WS_CONNECTION (self), RW_CONNECT_STAGE_TCP);

  return self->handshake != NULL ? rw_ws_handshake_get_stage (self->handshake)
                                 : RW_CONNECT_STAGE_TCP;
}

gboolean
rw_ws_connection_is_open (RwWsConnection *self)
{
  g_return_val_if_fail (RW_IS_WS_CONNECTION (self), FALSE);

  return self->connection != NULL && !self->closing && !self->finished &&
         soup_websocket_connection_get_state (self->connection) ==
             SOUP_WEBSOCKET_STATE_OPEN;
}

gint64
rw_ws_connection_get_retry_after_us (RwWsConnection *self)
{
  g_return_val_if_fail (RW_IS_WS_CONNECTION (self), 0);

  return self->retry_after_us;
}

const char *
rw_ws_connection_get_uri (RwWsConnection *self)
{
  g_return_val_if_fail (RW_IS_WS_CONNECTION (self), NULL);

  return self->shown_uri;
}
