/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "rw-guarded-stream.h"

/* libsoup queues whatever it is given, without bound and without telling, in
 * a copy for each client. So the queue is kept here, and the next piece is
 * handed over only when as many bytes have left as the last had. A piece is a
 * burst of candidates, or one longer message. (Pings and pongs of libsoup's
 * own count as well; that makes the next piece come early by their few
 * bytes.) */
#define PIECE_BYTES (16 * 1024)

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
  guint64 written_target;
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

static gboolean
is_open (const RwServerSocket *self)
{
  return !self->over && soup_websocket_connection_get_state (
                            self->connection) == SOUP_WEBSOCKET_STATE_OPEN;
}

static gboolean
is_dropped (const RwServerSocket *self)
{
  return rw_server_queue_get_dropped (self->queue) != RW_SERVER_DROP_NONE;
}

/* A server's frame: not masked. */
static gsize
get_frame_size (gsize payload)
{
  return payload + (payload < 126 ? 2 : payload < 65536 ? 4 : 10);
}

static gsize
hand_over_next (RwServerSocket *self)
{
  g_autoptr (GBytes) text =
      rw_server_queue_pop (self->queue, g_get_monotonic_time ());

  soup_websocket_connection_send_message (self->connection,
                                          SOUP_WEBSOCKET_DATA_TEXT, text);
  return get_frame_size (g_bytes_get_size (text));
}

/* libsoup writes at once what the socket takes. */
static void
hand_over_piece (RwServerSocket *self)
{
  guint64 before = rw_guarded_stream_get_written (self->stream);
  gsize size = 0;

  while (is_open (self) && !rw_server_queue_is_empty (self->queue) &&
         size < PIECE_BYTES)
    size += hand_over_next (self);
  self->written_target = before + size;
}

static gboolean
is_piece_sent (RwServerSocket *self)
{
  if (rw_guarded_stream_get_written (self->stream) < self->written_target)
    return FALSE;

  rw_server_queue_sent (self->queue);
  return TRUE;
}

static gboolean
on_pump_ready (GObject *stream, gpointer user_data)
{
  RwServerSocket *self = user_data;
  gboolean idle;

  /* libsoup is dispatched by the same event, and goes on writing. */
  if (is_piece_sent (self))
    hand_over_piece (self);
  idle = is_piece_sent (self) && rw_server_queue_is_empty (self->queue);
  if (!idle && is_open (self) && !is_dropped (self))
    return G_SOURCE_CONTINUE;

  stop_pump (self);
  if (self->closing_us != 0 && is_open (self) && !is_dropped (self))
    soup_websocket_connection_close (self->connection, self->close_code,
                                     self->close_why);
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
  if (self->closing_us != 0 || is_dropped (self))
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
  stop_pump (self);
  rw_server_queue_drop (self->queue, RW_SERVER_DROP_NONE);
  if (is_open (self))
    soup_websocket_connection_close (self->connection,
                                     SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                                     "the server is stopping");
  self->over = TRUE;
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
