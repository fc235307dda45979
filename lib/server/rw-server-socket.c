/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "rw-guarded-stream.h"

/* libsoup queues whatever it is given, without bound and without telling, in
 * a copy for each client. So messages do not pass through it: their frames
 * are written here, from the queue; libsoup has its pings and the like. */
#define WRITE_BYTES (16 * 1024)

/* Written in one turn, so that others have theirs. */
#define MAX_WRITES 8

/* What the kernel takes beyond what the client has room for: of one that does
 * not read, it would else hold megabytes. */
#define MAX_UNSENT_BYTES (64 * 1024)

/* A message of so many bytes costs a second token of the rate, and so on. */
#define RATE_UNIT_BYTES 4096

/* What a client over its rate is asked to wait. */
#define RATE_RETRY_MS 1000

/* Pings and the like that a client may send in a second. */
#define MAX_CONTROLS 64

/* For a close to go through; then the socket is cut. */
#define CLOSE_TIMEOUT_US (5 * G_USEC_PER_SEC)

struct _RwServerSocket {
  SoupWebsocketConnection *connection;
  RwGuardedStream *stream;
  GSocket *socket;
  RwServerShard *shard; /* not owned: it outlives us */
  const RwServerConfig *config;
  const RwServerSocketFuncs *funcs;
  gpointer user_data;
  RwServerQueue *queue;
  GSource *pump;
  gint64 heard_us;
  gint64 writable_us;
  double tokens;
  gint64 tokens_us;
  gint64 closing_us;
  gushort close_code;
  char *close_why;
  GSource *tripped;
  gboolean over;
};

static void
stop_pump (RwServerSocket *self)
{
  if (self->pump == NULL)
    return;

  g_source_destroy (self->pump);
  g_clear_pointer (&self->pump, g_source_unref);
}

static void
disconnect_signals (RwServerSocket *self)
{
  g_signal_handlers_disconnect_by_data (self->connection, self);
  rw_guarded_stream_set_func (self->stream, NULL, NULL);
  if (self->tripped != NULL) {
    g_source_destroy (self->tripped);
    g_clear_pointer (&self->tripped, g_source_unref);
  }
}

static void
finish (RwServerSocket *self, RwServerEnd end)
{
  if (self->over)
    return;

  self->over = TRUE;
  stop_pump (self);
  rw_server_queue_drop (self->queue, RW_SERVER_DROP_NONE);
  self->funcs->closed (self, end, self->user_data);
}

/* Without any farewell. The GSocket goes first: closing a TLS stream would
 * else wait for a peer that does not read. */
static void
cut (RwServerSocket *self, RwServerEnd end)
{
  if (self->over)
    return;

  disconnect_signals (self);
  rw_server_shard_forget_fds (self->shard);
  g_socket_close (self->socket, NULL);
  finish (self, end);
}

/* Until either side has said that it goes. */
static gboolean
may_say_more (const RwServerSocket *self)
{
  return soup_websocket_connection_get_state (self->connection) ==
         SOUP_WEBSOCKET_STATE_OPEN;
}

static gboolean
is_open (const RwServerSocket *self)
{
  return !self->over && may_say_more (self);
}

/* The tick cuts it. */
static void
give_up (RwServerSocket *self)
{
  rw_guarded_stream_mute (self->stream);
  stop_pump (self);
  if (self->closing_us == 0)
    self->closing_us = 1;
}

/* FALSE when the stream is broken. */
static gboolean
write_queue (RwServerSocket *self)
{
  guint8 buffer[WRITE_BYTES];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < MAX_WRITES; i++) {
    gsize n = rw_server_queue_peek (self->queue, buffer, sizeof buffer,
                                    rw_guarded_stream_is_wanted (self->stream));
    gssize written;

    if (n == 0)
      return TRUE;
    written = rw_guarded_stream_write (self->stream, buffer, n, &error);
    if (written < 0)
      return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    rw_server_queue_advance (self->queue, (gsize) written);
  }

  return TRUE;
}

static void
end_pump (RwServerSocket *self)
{
  stop_pump (self);
  if (self->closing_us != 0 && may_say_more (self))
    soup_websocket_connection_close (self->connection, self->close_code,
                                     self->close_why);
}

static gboolean
on_pump_ready (GObject *stream, gpointer user_data)
{
  RwServerSocket *self = user_data;

  if (rw_server_queue_get_dropped (self->queue) != RW_SERVER_DROP_NONE) {
    give_up (self);
    return G_SOURCE_REMOVE;
  }
  /* libsoup is dispatched by the same event, and goes on writing. */
  if (!rw_guarded_stream_begin (self->stream))
    return G_SOURCE_CONTINUE;

  if (!may_say_more (self))
    rw_server_queue_drop_rest (self->queue);
  if (!write_queue (self)) {
    give_up (self);
    return G_SOURCE_REMOVE;
  }
  if (rw_server_queue_is_begun (self->queue))
    return G_SOURCE_CONTINUE;

  rw_guarded_stream_end (self->stream);
  if (!rw_server_queue_is_empty (self->queue))
    return G_SOURCE_CONTINUE;

  end_pump (self);
  return G_SOURCE_REMOVE;
}

static void
start_pump (RwServerSocket *self)
{
  GIOStream *stream =
      soup_websocket_connection_get_io_stream (self->connection);
  GOutputStream *output = g_io_stream_get_output_stream (stream);

  if (self->pump != NULL)
    return;

  self->pump = g_pollable_output_stream_create_source (
      G_POLLABLE_OUTPUT_STREAM (output), NULL);
  g_source_set_static_name (self->pump, "rw-server-socket-pump");
  g_source_set_callback (self->pump, G_SOURCE_FUNC (on_pump_ready), self, NULL);
  g_source_attach (self->pump, rw_server_shard_get_context (self->shard));
  rw_server_shard_touch (self->shard);
}

/* A token bucket; FALSE when the client sends more than its share. */
static gboolean
take_tokens (RwServerSocket *self, gsize len)
{
  gint64 now_us = g_get_monotonic_time ();
  double earned = (double) (now_us - self->tokens_us) *
                  self->config->message_rate / G_USEC_PER_SEC;

  if (self->config->message_rate == 0)
    return TRUE;

  self->tokens_us = now_us;
  self->tokens = MIN (self->tokens + earned, self->config->message_burst);
  self->tokens -= 1.0 + (double) (len / RATE_UNIT_BYTES);

  return self->tokens >= 0.0;
}

static void
on_connection_message (SoupWebsocketConnection *connection, gint type,
                       GBytes *message, gpointer user_data)
{
  RwServerSocket *self = user_data;
  gsize len;
  const char *text = g_bytes_get_data (message, &len);

  self->heard_us = g_get_monotonic_time ();
  if (self->closing_us != 0 ||
      rw_server_queue_get_dropped (self->queue) != RW_SERVER_DROP_NONE)
    return;

  if (!take_tokens (self, len)) {
    self->funcs->unwanted (self, "rate-limited",
                           "too many messages; the connection is closed, "
                           "come back more slowly",
                           RATE_RETRY_MS, self->user_data);
    rw_server_socket_close (self, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
                            "too many messages");
    return;
  }
  if (type != SOUP_WEBSOCKET_DATA_TEXT) {
    self->funcs->unwanted (self, "bad-message",
                           "a message must be a text frame with one JSON "
                           "object; binary frames are not read",
                           0, self->user_data);
    return;
  }

  self->funcs->message (self, text, len, self->user_data);
}

static void
on_connection_pong (SoupWebsocketConnection *connection, GBytes *message,
                    gpointer user_data)
{
  RwServerSocket *self = user_data;

  self->heard_us = g_get_monotonic_time ();
}

static void
on_connection_closed (SoupWebsocketConnection *connection, gpointer user_data)
{
  RwServerSocket *self = user_data;

  finish (self, self->closing_us == 0 &&
                        soup_websocket_connection_get_close_code (connection) ==
                            SOUP_WEBSOCKET_CLOSE_NORMAL
                    ? RW_SERVER_END_GOODBYE
                    : RW_SERVER_END_LOST);
}

static gboolean
on_tripped (gpointer user_data)
{
  RwServerSocket *self = user_data;

  g_clear_pointer (&self->tripped, g_source_unref);
  if (self->closing_us != 0 || self->over)
    return G_SOURCE_REMOVE;

  self->funcs->unwanted (self, "too-large",
                         "a message over the size limit, or too many control "
                         "frames; the connection is closed",
                         0, self->user_data);
  rw_server_socket_close (self, SOUP_WEBSOCKET_CLOSE_TOO_BIG,
                          "message too big");
  return G_SOURCE_REMOVE;
}

/* Called from deep within libsoup's reading: answers in its own turn. */
static void
on_guard (gpointer user_data)
{
  RwServerSocket *self = user_data;

  self->tripped = g_idle_source_new ();
  g_source_set_static_name (self->tripped, "rw-server-socket-tripped");
  g_source_set_callback (self->tripped, on_tripped, self, NULL);
  g_source_attach (self->tripped, rw_server_shard_get_context (self->shard));
  rw_server_shard_touch (self->shard);
}

static void
connect_signals (RwServerSocket *self)
{
  g_signal_connect (self->connection, "message",
                    G_CALLBACK (on_connection_message), self);
  g_signal_connect (self->connection, "pong", G_CALLBACK (on_connection_pong),
                    self);
  g_signal_connect (self->connection, "closed",
                    G_CALLBACK (on_connection_closed), self);
  rw_guarded_stream_set_func (self->stream, on_guard, self);
}

/**
 * rw_server_socket_new:
 * @stream: on which a WebSocket's handshake has been made
 * @socket: what @stream runs over
 * @shard: must outlive the socket
 * @config: must outlive the socket, as must @queues and @funcs
 *
 * Runs on the main context of @shard. Without any extension of the
 * protocol: compression would cost each connection more memory than all the
 * rest, and lets a small frame become a huge message.
 */
RwServerSocket *
rw_server_socket_new (GIOStream *stream, GUri *uri, GSocket *socket,
                      RwServerShard *shard, const RwServerConfig *config,
                      RwServerQueues *queues, const RwServerSocketFuncs *funcs,
                      gpointer user_data)
{
  RwServerSocket *self = g_new0 (RwServerSocket, 1);
  RwFrameGuard guard;

  self->socket = g_object_ref (socket);
  self->shard = shard;
  self->config = config;
  self->queue = rw_server_queue_new (queues, config->max_queue_bytes);
  self->funcs = funcs;
  self->user_data = user_data;
  self->heard_us = g_get_monotonic_time ();
  self->writable_us = self->heard_us;
  self->tokens = config->message_burst;
  self->tokens_us = self->heard_us;

  /* Fails on what is not TCP, and does no harm there. */
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES,
                       NULL);
  rw_frame_guard_init (&guard, config->max_message_bytes, MAX_CONTROLS);
  self->stream = rw_guarded_stream_new (stream, &guard);
  g_main_context_push_thread_default (rw_server_shard_get_context (shard));
  self->connection = soup_websocket_connection_new (
      G_IO_STREAM (self->stream), uri, SOUP_WEBSOCKET_CONNECTION_SERVER, NULL,
      NULL, NULL);
  /* The guard has the say; libsoup would close without an answer. */
  soup_websocket_connection_set_max_incoming_payload_size (
      self->connection, (guint64) config->max_message_bytes + 1);
  soup_websocket_connection_set_keepalive_interval (self->connection,
                                                    config->ping_interval_s);
  g_main_context_pop_thread_default (rw_server_shard_get_context (shard));
  rw_server_shard_touch (shard);
  connect_signals (self);

  return self;
}

/* libsoup closes the stream of a connection that is let go in the background,
 * and that holds the main context until the context has run: for ever, if the
 * thread is about to end. So it is closed in front, and what libsoup still
 * does runs here, on a context of its own. */
static void
let_go (RwServerSocket *self)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  rw_server_shard_forget_fds (self->shard);
  g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
  g_io_stream_close (G_IO_STREAM (self->stream), NULL, NULL);

  g_main_context_push_thread_default (context);
  g_clear_object (&self->connection);
  while (g_main_context_iteration (context, FALSE))
    continue;
  g_main_context_pop_thread_default (context);
}

/** rw_server_socket_free: cuts the connection if it is still there. */
void
rw_server_socket_free (RwServerSocket *self)
{
  if (self == NULL)
    return;

  disconnect_signals (self);
  stop_pump (self);
  if (soup_websocket_connection_get_state (self->connection) !=
      SOUP_WEBSOCKET_STATE_CLOSED)
    let_go (self);
  g_clear_object (&self->connection);
  g_object_unref (self->stream);
  g_object_unref (self->socket);
  rw_server_queue_free (self->queue);
  g_free (self->close_why);
  g_free (self);
}

/**
 * rw_server_socket_send:
 * @text: one message, an object's JSON, from rw_server_queues_new_text(); kept
 *   by reference
 * @numbers: (nullable): to be put into it
 *
 * Queues it. A client that leaves more than the allowed number of bytes
 * waiting is cut off at the next tick, and gets nothing more; so are others,
 * if too much waits for all.
 */
void
rw_server_socket_send (RwServerSocket *self, GBytes *text,
                       const RwServerNumbers *numbers)
{
  if (!is_open (self) || self->closing_us != 0)
    return;

  rw_server_queue_push (self->queue, text, numbers, g_get_monotonic_time ());
  start_pump (self);
}

/** rw_server_socket_close: sends what is queued, then says why and goes. */
void
rw_server_socket_close (RwServerSocket *self, gushort code, const char *why)
{
  if (!is_open (self) || self->closing_us != 0)
    return;

  self->closing_us = g_get_monotonic_time ();
  self->close_code = code;
  self->close_why = g_strdup (why);
  start_pump (self);
}

/**
 * rw_server_socket_leave:
 *
 * The server goes: what is queued is dropped, the client is told, and no
 * callback is called any more.
 */
void
rw_server_socket_leave (RwServerSocket *self)
{
  disconnect_signals (self);
  rw_server_queue_drop_rest (self->queue);
  self->over = TRUE;
  g_free (self->close_why);
  self->closing_us = g_get_monotonic_time ();
  self->close_code = SOUP_WEBSOCKET_CLOSE_GOING_AWAY;
  self->close_why = g_strdup ("the server is stopping");
  if (!rw_server_queue_is_begun (self->queue))
    end_pump (self);
}

/* Whether the client reads what is sent to it, if only now and then. */
static gboolean
is_stuck (RwServerSocket *self, gint64 now_us, gint64 limit_us)
{
  GOutputStream *output =
      g_io_stream_get_output_stream (G_IO_STREAM (self->stream));

  if (g_pollable_output_stream_is_writable (G_POLLABLE_OUTPUT_STREAM (output)))
    self->writable_us = now_us;

  return now_us - self->writable_us > limit_us;
}

/** rw_server_socket_tick: to be called about once a second. */
void
rw_server_socket_tick (RwServerSocket *self, gint64 now_us)
{
  gint64 limit_us = (gint64) self->config->ping_timeout_s * G_USEC_PER_SEC;
  RwServerDrop dropped = rw_server_queue_get_dropped (self->queue);

  rw_guarded_stream_refill (self->stream);
  if (dropped == RW_SERVER_DROP_QUEUE)
    cut (self, RW_SERVER_END_QUEUE);
  else if (dropped == RW_SERVER_DROP_QUEUES)
    cut (self, RW_SERVER_END_QUEUES);
  else if (now_us - self->heard_us > limit_us ||
           is_stuck (self, now_us, limit_us))
    cut (self, RW_SERVER_END_SILENT);
  else if (self->closing_us != 0 &&
           now_us - self->closing_us > CLOSE_TIMEOUT_US)
    cut (self, RW_SERVER_END_LOST);
}
