/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-writer.h"

/* libsoup queues whatever it is given, without bound and without telling, in
 * a copy for each client. So the queue is kept here, and the next piece is
 * handed over only when as many bytes have left as the last had. A piece is a
 * burst of candidates, or one longer message. (Pings and pongs of libsoup's
 * own count as well; that makes the next piece come early by their few
 * bytes.) */
#define PIECE_BYTES (16 * 1024)

struct _RwServerWriter {
  SoupWebsocketConnection *connection; /* not owned */
  RwLimitedStream *stream;             /* not owned */
  RwServerShard *shard;                /* not owned */
  RwServerQueue *queue;                /* not owned */
  void (*on_idle) (gpointer user_data);
  gpointer user_data;
  GSource *source;
  guint64 written_target;
  gint64 writable_us;
};

static void
stop_source (RwServerWriter *self)
{
  if (self->source == NULL)
    return;

  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static gboolean
is_open (const RwServerWriter *self)
{
  return soup_websocket_connection_get_state (self->connection) ==
         SOUP_WEBSOCKET_STATE_OPEN;
}

static gboolean
is_dropped (const RwServerWriter *self)
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
hand_over_next (RwServerWriter *self)
{
  g_autoptr (GBytes) text =
      rw_server_queue_pop (self->queue, g_get_monotonic_time ());

  soup_websocket_connection_send_message (self->connection,
                                          SOUP_WEBSOCKET_DATA_TEXT, text);
  return get_frame_size (g_bytes_get_size (text));
}

/* libsoup writes at once what the socket takes. */
static void
hand_over_piece (RwServerWriter *self)
{
  guint64 before = rw_limited_stream_get_written (self->stream);
  gsize size = 0;

  while (is_open (self) && !rw_server_queue_is_empty (self->queue) &&
         size < PIECE_BYTES)
    size += hand_over_next (self);
  self->written_target = before + size;
}

static gboolean
is_piece_sent (RwServerWriter *self)
{
  if (rw_limited_stream_get_written (self->stream) < self->written_target)
    return FALSE;

  rw_server_queue_sent (self->queue);
  return TRUE;
}

/* Whether there is more to be sent, and it can be. */
static gboolean
write_some (RwServerWriter *self)
{
  if (is_piece_sent (self))
    hand_over_piece (self);
  return !(is_piece_sent (self) && rw_server_queue_is_empty (self->queue)) &&
         is_open (self) && !is_dropped (self);
}

static gboolean
on_writable (GObject *stream, gpointer user_data)
{
  RwServerWriter *self = user_data;

  /* libsoup is dispatched by the same event, and goes on writing. */
  if (write_some (self))
    return G_SOURCE_CONTINUE;

  stop_source (self);
  self->on_idle (self->user_data);
  return G_SOURCE_REMOVE;
}

static void
start_source (RwServerWriter *self)
{
  GIOStream *stream =
      soup_websocket_connection_get_io_stream (self->connection);
  GOutputStream *output = g_io_stream_get_output_stream (stream);

  self->source = g_pollable_output_stream_create_source (
      G_POLLABLE_OUTPUT_STREAM (output), NULL);
  g_source_set_static_name (self->source, "rw-server-writer");
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_writable), self, NULL);
  g_source_attach (self->source, rw_server_shard_get_context (self->shard));
  rw_server_shard_touch (self->shard);
}

/* libsoup attaches what it has to wait for to the thread-default context. */
void
rw_server_writer_send (RwServerWriter *self)
{
  GMainContext *context = rw_server_shard_get_context (self->shard);
  gboolean unfinished;

  if (self->source != NULL)
    return;

  g_main_context_push_thread_default (context);
  unfinished = write_some (self);
  g_main_context_pop_thread_default (context);
  if (unfinished)
    start_source (self);
  else if (!is_open (self))
    rw_server_shard_touch (self->shard);
}

void
rw_server_writer_finish (RwServerWriter *self)
{
  if (self->source == NULL)
    start_source (self);
}

RwServerWriter *
rw_server_writer_new (SoupWebsocketConnection *connection,
                      RwLimitedStream *stream, RwServerShard *shard,
                      RwServerQueue *queue,
                      void (*on_idle) (gpointer user_data), gpointer user_data)
{
  RwServerWriter *self = g_new0 (RwServerWriter, 1);

  self->connection = connection;
  self->stream = stream;
  self->shard = shard;
  self->queue = queue;
  self->on_idle = on_idle;
  self->user_data = user_data;
  self->writable_us = g_get_monotonic_time ();
  return self;
}

void
rw_server_writer_free (RwServerWriter *self)
{
  if (self == NULL)
    return;

  stop_source (self);
  g_free (self);
}

void
rw_server_writer_stop (RwServerWriter *self)
{
  stop_source (self);
  rw_server_queue_drop (self->queue, RW_SERVER_DROP_NONE);
}

/* Whether the client reads what is sent to it, if only now and then. */
gboolean
rw_server_writer_is_stuck (RwServerWriter *self, gint64 now_us, gint64 limit_us)
{
  GOutputStream *output =
      g_io_stream_get_output_stream (G_IO_STREAM (self->stream));

  /* With nothing to be sent, there is no need to ask the kernel. */
  if (self->source == NULL ||
      g_pollable_output_stream_is_writable (G_POLLABLE_OUTPUT_STREAM (output)))
    self->writable_us = now_us;

  return now_us - self->writable_us > limit_us;
}
