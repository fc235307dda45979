/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "rw-limited-stream.h"
#include "rw-message-rate.h"
#include "rw-server-writer.h"

/* The bytes that the kernel takes beyond what the client has room for: for a
 * client that does not read, it would else hold megabytes. */
#define MAX_UNSENT_BYTES (64 * 1024)

/* The delay that a client over its rate is asked for. */
#define RATE_RETRY_MS 1000

/* Pings and the like that a client may send in a second. */
#define MAX_CONTROLS 64

/* For a close to go through; then the socket is cut. */
#define CLOSE_TIMEOUT_US (5 * G_USEC_PER_SEC)

struct _RwServerSocket {
  SoupWebsocketConnection *connection;
  RwLimitedStream *stream;
  GSocket *socket;
  RwServerShard *shard; /* not owned: it outlives us */
  const RwServerConfig *config;
  const RwServerSocketFuncs *funcs;
  gpointer user_data;
  RwServerQueue *queue;
  RwServerWriter *writer;
  RwMessageRate rate;
  gint64 received_us; /* when something was last received */
  gint64 closing_us;
  gushort close_code;
  char *close_why;
  GSource *tripped;
  gboolean over;
};

static void
disconnect_signals (RwServerSocket *self)
{
  g_signal_handlers_disconnect_by_data (self->connection, self);
  rw_limited_stream_set_func (self->stream, NULL, NULL);
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
  rw_server_writer_stop (self->writer);
  self->funcs->closed (self, end, self->user_data);
}

/* Without a close frame. The GSocket goes first: closing a TLS stream would
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

static void
on_writer_idle (gpointer user_data)
{
  RwServerSocket *self = user_data;

  if (self->closing_us != 0 && is_open (self) && !is_dropped (self))
    soup_websocket_connection_close (self->connection, self->close_code,
                                     self->close_why);
}

static void
on_connection_message (SoupWebsocketConnection *connection, gint type,
                       GBytes *message, gpointer user_data)
{
  RwServerSocket *self = user_data;
  gsize len;
  const char *text = g_bytes_get_data (message, &len);

  self->received_us = g_get_monotonic_time ();
  if (self->closing_us != 0 || is_dropped (self))
    return;

  if (!rw_message_rate_take (&self->rate, len, self->received_us)) {
    self->funcs->unwanted (self, "rate-limited",
                           "Too many messages; the connection is closed, "
                           "reconnect and send fewer messages a second.",
                           RATE_RETRY_MS, self->user_data);
    rw_server_socket_close (self, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
                            "too many messages");
    return;
  }
  if (type != SOUP_WEBSOCKET_DATA_TEXT) {
    self->funcs->unwanted (self, "bad-message",
                           "A message must be a text frame with one JSON "
                           "object; binary frames are ignored.",
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

  self->received_us = g_get_monotonic_time ();
}

static void
on_connection_closed (SoupWebsocketConnection *connection, gpointer user_data)
{
  RwServerSocket *self = user_data;

  finish (self, self->closing_us == 0 &&
                        soup_websocket_connection_get_close_code (connection) ==
                            SOUP_WEBSOCKET_CLOSE_NORMAL
                    ? RW_SERVER_END_CLOSED
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
                         "A message exceeds the size limit, or there were too "
                         "many control frames; the connection is closed.",
                         0, self->user_data);
  rw_server_socket_close (self, SOUP_WEBSOCKET_CLOSE_TOO_BIG,
                          "message too big");
  return G_SOURCE_REMOVE;
}

/* Called from deep within libsoup's reading: answers in its own turn. */
static void
on_limit_exceeded (gpointer user_data)
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
  rw_limited_stream_set_func (self->stream, on_limit_exceeded, self);
}

/**
 * rw_server_socket_new:
 * @stream: on which a WebSocket's handshake has been made
 * @socket: what @stream runs over
 * @shard: must outlive the socket
 * @config: must outlive the socket, as must @queues and @funcs
 * @ping_interval_s: what the client asked for, or the one of @config
 *
 * Runs on the main context of @shard. Without any extension of the
 * protocol: compression would cost each connection more memory than all the
 * rest, and lets a small frame become a huge message.
 */
RwServerSocket *
rw_server_socket_new (GIOStream *stream, GUri *uri, GSocket *socket,
                      RwServerShard *shard, const RwServerConfig *config,
                      RwServerQueues *queues, guint ping_interval_s,
                      const RwServerSocketFuncs *funcs, gpointer user_data)
{
  RwServerSocket *self = g_new0 (RwServerSocket, 1);
  RwFrameLimiter limiter;

  self->socket = g_object_ref (socket);
  self->shard = shard;
  self->config = config;
  self->funcs = funcs;
  self->user_data = user_data;
  self->received_us = g_get_monotonic_time ();
  rw_message_rate_init (&self->rate, config->message_rate,
                        config->message_burst, self->received_us);

  /* Fails on what is not TCP, and does no harm there. */
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES,
                       NULL);
  rw_frame_limiter_init (&limiter, config->max_message_bytes, MAX_CONTROLS);
  self->stream = rw_limited_stream_new (stream, &limiter);
  g_main_context_push_thread_default (rw_server_shard_get_context (shard));
  self->connection = soup_websocket_connection_new (
      G_IO_STREAM (self->stream), uri, SOUP_WEBSOCKET_CONNECTION_SERVER, NULL,
      NULL, NULL);
  /* The limiter decides; libsoup would close without an answer. */
  soup_websocket_connection_set_max_incoming_payload_size (
      self->connection, (guint64) config->max_message_bytes + 1);
  soup_websocket_connection_set_keepalive_interval (self->connection,
                                                    ping_interval_s);
  g_main_context_pop_thread_default (rw_server_shard_get_context (shard));
  rw_server_shard_add_fd (shard, g_socket_get_fd (socket));
  self->queue = rw_server_queue_new (queues, config->max_queue_bytes);
  self->writer = rw_server_writer_new (self->connection, self->stream, shard,
                                       self->queue, on_writer_idle, self);
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
  rw_server_writer_stop (self->writer);
  if (soup_websocket_connection_get_state (self->connection) !=
      SOUP_WEBSOCKET_STATE_CLOSED)
    let_go (self);
  g_clear_object (&self->connection);
  g_object_unref (self->stream);
  g_object_unref (self->socket);
  rw_server_writer_free (self->writer);
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
 * Sends it, or queues it behind others. A client that leaves more than the
 * allowed number of bytes waiting is cut off at the next tick, and gets nothing
 * more; so are others, if too much waits for all.
 */
void
rw_server_socket_send (RwServerSocket *self, GBytes *text,
                       const RwServerNumbers *numbers)
{
  if (!is_open (self) || self->closing_us != 0)
    return;

  rw_server_queue_push (self->queue, text, numbers, g_get_monotonic_time ());
  rw_server_writer_send (self->writer);
}

/** rw_server_socket_close: sends what is queued, then closes with the reason.
 */
void
rw_server_socket_close (RwServerSocket *self, gushort code, const char *why)
{
  if (!is_open (self) || self->closing_us != 0)
    return;

  self->closing_us = g_get_monotonic_time ();
  self->close_code = code;
  self->close_why = g_strdup (why);
  rw_server_writer_finish (self->writer);
}

/**
 * rw_server_socket_leave:
 *
 * The server stops: what is queued is dropped, the client gets a close, and no
 * callback is called any more.
 */
void
rw_server_socket_leave (RwServerSocket *self)
{
  disconnect_signals (self);
  rw_server_writer_stop (self->writer);
  if (is_open (self))
    soup_websocket_connection_close (self->connection,
                                     SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                                     "the server is stopping");
  self->over = TRUE;
}

/** rw_server_socket_tick: to be called about once a second. */
void
rw_server_socket_tick (RwServerSocket *self, gint64 now_us)
{
  gint64 limit_us = (gint64) self->config->ping_timeout_s * G_USEC_PER_SEC;
  RwServerDrop dropped = rw_server_queue_get_dropped (self->queue);

  rw_limited_stream_refill (self->stream);
  if (dropped == RW_SERVER_DROP_QUEUE)
    cut (self, RW_SERVER_END_QUEUE);
  else if (dropped == RW_SERVER_DROP_QUEUES)
    cut (self, RW_SERVER_END_QUEUES);
  else if (now_us - self->received_us > limit_us ||
           rw_server_writer_is_stuck (self->writer, now_us, limit_us))
    cut (self, RW_SERVER_END_SILENT);
  else if (self->closing_us != 0 &&
           now_us - self->closing_us > CLOSE_TIMEOUT_US)
    cut (self, RW_SERVER_END_LOST);
}
