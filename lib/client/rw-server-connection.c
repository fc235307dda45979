/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-connection.h"

enum {
  SIGNAL_CONNECTED,
  SIGNAL_STALLED,
  SIGNAL_OPENED,
  SIGNAL_ACTIVITY,
  SIGNAL_MESSAGE,
  SIGNAL_MALFORMED,
  SIGNAL_CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

struct _RwServerConnection {
  GObject parent_instance;
  RwWsConnection *ws;
  guint64 generation;
  guint server;
  gboolean is_closing;

  char *peer_id;
  gboolean is_old; /* it does not know setProtocolVersion */
  gboolean has_resumption;
  gboolean is_resumed;
  gint64 answer_us;
  gint64 used_us;
  gint64 hold_us;
};

G_DEFINE_FINAL_TYPE (RwServerConnection, rw_server_connection, G_TYPE_OBJECT)

/* ---- from the WebSocket ---- */

static void
on_ws_connected (RwWsConnection *ws, RwServerConnection *self)
{
  g_signal_emit (self, signals[SIGNAL_CONNECTED], 0);
}

static void
on_ws_stalled (RwWsConnection *ws, const GError *error,
               RwServerConnection *self)
{
  g_signal_emit (self, signals[SIGNAL_STALLED], 0, error);
}

static void
on_ws_opened (RwWsConnection *ws, RwServerConnection *self)
{
  g_signal_emit (self, signals[SIGNAL_OPENED], 0);
}

static void
on_ws_activity (RwWsConnection *ws, RwServerConnection *self)
{
  g_signal_emit (self, signals[SIGNAL_ACTIVITY], 0);
}

static void
on_ws_text (RwWsConnection *ws, const char *text, guint len,
            RwServerConnection *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_parse (text, len, &error);
  guint64 seq = 0;

  if (message != NULL) {
    g_debug ("<- %s", rw_signal_type_to_string (message->type));
    g_signal_emit (self, signals[SIGNAL_MESSAGE], 0, message);
    return;
  }
  if (!rw_signal_message_peek_seq (text, len, &seq))
    seq = 0;
  g_signal_emit (self, signals[SIGNAL_MALFORMED], 0, seq, error->message);
}

static void
on_ws_closed (RwWsConnection *ws, const GError *error, RwServerConnection *self)
{
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0, error);
}

/* ---- object ---- */

static void
rw_server_connection_dispose (GObject *object)
{
  RwServerConnection *self = RW_SERVER_CONNECTION (object);

  if (self->ws != NULL) {
    g_signal_handlers_disconnect_by_data (self->ws, self);
    rw_server_connection_drop (self);
  }
  g_clear_object (&self->ws);
  G_OBJECT_CLASS (rw_server_connection_parent_class)->dispose (object);
}

static void
rw_server_connection_finalize (GObject *object)
{
  g_free (RW_SERVER_CONNECTION (object)->peer_id);
  G_OBJECT_CLASS (rw_server_connection_parent_class)->finalize (object);
}

#define INSTALL(id, name, n_args, ...)                                         \
  signals[id] =                                                                \
      g_signal_new (name, RW_TYPE_SERVER_CONNECTION, G_SIGNAL_RUN_LAST, 0,     \
                    NULL, NULL, NULL, G_TYPE_NONE, n_args, ##__VA_ARGS__)
#define STATIC_ERROR (G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE)

static void
install_signals (void)
{
  INSTALL (SIGNAL_CONNECTED, "connected", 0);
  INSTALL (SIGNAL_STALLED, "stalled", 1, STATIC_ERROR);
  INSTALL (SIGNAL_OPENED, "opened", 0);
  INSTALL (SIGNAL_ACTIVITY, "activity", 0);
  INSTALL (SIGNAL_MESSAGE, "message", 1, G_TYPE_POINTER);
  INSTALL (SIGNAL_MALFORMED, "malformed", 2, G_TYPE_UINT64,
           G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  INSTALL (SIGNAL_CLOSED, "closed", 1, STATIC_ERROR);
}

static void
rw_server_connection_class_init (RwServerConnectionClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_server_connection_dispose;
  G_OBJECT_CLASS (klass)->finalize = rw_server_connection_finalize;
  install_signals ();
}

static void
rw_server_connection_init (RwServerConnection *self)
{
}

/* ---- public ---- */

RwServerConnection *
rw_server_connection_new (RwClock *clock, const RwWsConnectionConfig *config,
                          guint64 generation, guint server)
{
  RwServerConnection *self = g_object_new (RW_TYPE_SERVER_CONNECTION, NULL);

  self->generation = generation;
  self->server = server;
  self->ws = rw_ws_connection_new (clock, config);
  g_signal_connect (self->ws, "connected", G_CALLBACK (on_ws_connected), self);
  g_signal_connect (self->ws, "stalled", G_CALLBACK (on_ws_stalled), self);
  g_signal_connect (self->ws, "opened", G_CALLBACK (on_ws_opened), self);
  g_signal_connect (self->ws, "activity", G_CALLBACK (on_ws_activity), self);
  g_signal_connect (self->ws, "text", G_CALLBACK (on_ws_text), self);
  g_signal_connect (self->ws, "closed", G_CALLBACK (on_ws_closed), self);
  return self;
}

void
rw_server_connection_open (RwServerConnection *self)
{
  rw_ws_connection_open (self->ws);
}

gboolean
rw_server_connection_send (RwServerConnection *self,
                           const RwSignalMessage *message)
{
  g_autofree char *json = rw_signal_message_to_json (message);

  g_debug ("-> %s", rw_signal_type_to_string (message->type));
  return rw_ws_connection_send (self->ws, json);
}

void
rw_server_connection_expect (RwServerConnection *self, gint64 timeout_us)
{
  rw_ws_connection_expect (self->ws, timeout_us);
}

void
rw_server_connection_close (RwServerConnection *self)
{
  self->is_closing = TRUE;
  rw_ws_connection_close (self->ws, NULL);
}

void
rw_server_connection_drop (RwServerConnection *self)
{
  if (!self->is_closing)
    rw_ws_connection_drop (self->ws);
}

RwHandshakeResult
rw_server_connection_read_handshake (RwServerConnection *self,
                                     const RwSignalMessage *message)
{
  switch (message->type) {
  case RW_SIGNAL_WELCOME:
    g_free (self->peer_id);
    self->peer_id = g_strdup (message->peer_id);
    return RW_HANDSHAKE_PENDING;
  case RW_SIGNAL_RESILIENT_WELCOME:
    g_free (self->peer_id);
    self->peer_id = g_strdup (message->peer_id);
    return RW_HANDSHAKE_RESILIENT;
  case RW_SIGNAL_ERROR_REPLY:
    /* Servers from before setProtocolVersion answer it with an error. */
    g_debug ("%s: %s", rw_server_connection_get_uri (self), message->details);
    self->is_old = TRUE;
    return RW_HANDSHAKE_PENDING;
  default:
    return self->peer_id != NULL ? RW_HANDSHAKE_PLAIN : RW_HANDSHAKE_PENDING;
  }
}

void
rw_server_connection_use (RwServerConnection *self,
                          const RwSignalMessage *welcome, gint64 answer_us,
                          gint64 now_us)
{
  self->has_resumption = welcome != NULL;
  self->is_resumed = welcome != NULL && welcome->resumed;
  self->answer_us = answer_us;
  self->used_us = now_us;
}

void
rw_server_connection_hold_off (RwServerConnection *self, gint64 hold_us)
{
  self->hold_us = hold_us;
}

gint64
rw_server_connection_get_hold_us (RwServerConnection *self)
{
  return MAX (rw_ws_connection_get_retry_after_us (self->ws), self->hold_us);
}

guint64
rw_server_connection_get_generation (RwServerConnection *self)
{
  return self->generation;
}

guint
rw_server_connection_get_server (RwServerConnection *self)
{
  return self->server;
}

gboolean
rw_server_connection_is_open (RwServerConnection *self)
{
  return rw_ws_connection_is_open (self->ws);
}

RwConnectStage
rw_server_connection_get_stage (RwServerConnection *self)
{
  return rw_ws_connection_get_stage (self->ws);
}

const char *
rw_server_connection_get_uri (RwServerConnection *self)
{
  return rw_ws_connection_get_uri (self->ws);
}

const char *
rw_server_connection_get_peer_id (RwServerConnection *self)
{
  return self->peer_id;
}

gboolean
rw_server_connection_has_version (RwServerConnection *self)
{
  return !self->is_old;
}

gboolean
rw_server_connection_has_resumption (RwServerConnection *self)
{
  return self->has_resumption;
}

gboolean
rw_server_connection_is_resumed (RwServerConnection *self)
{
  return self->is_resumed;
}

gint64
rw_server_connection_get_answer_us (RwServerConnection *self)
{
  return self->answer_us;
}

gint64
rw_server_connection_get_used_us (RwServerConnection *self)
{
  return self->used_us;
}
