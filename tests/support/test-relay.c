/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-relay.h"

typedef struct {
  TestRelay *relay;
  GSocketConnection *ends[2]; /* of the client and of the server */
  GSource *sources[2];
  gboolean forgotten;
} RwPair;

struct _TestRelay {
  GSocketService *service;
  guint port;
  guint target_port;
  gboolean frozen;
  gssize left; /* bytes until the cut, or negative */
  guint64 n_bytes;
  GPtrArray *pairs;
};

static void
rw_pair_stop (RwPair *pair)
{
  for (int i = 0; i < 2; i++) {
    if (pair->sources[i] != NULL)
      g_source_destroy (pair->sources[i]);
    g_clear_pointer (&pair->sources[i], g_source_unref);
  }
}

static void
rw_pair_free (gpointer data)
{
  RwPair *pair = data;

  rw_pair_stop (pair);
  for (int i = 0; i < 2; i++)
    if (pair->ends[i] != NULL) {
      g_io_stream_close (G_IO_STREAM (pair->ends[i]), NULL, NULL);
      g_object_unref (pair->ends[i]);
    }
  g_free (pair);
}

/* FALSE when the pair is gone. */
static gboolean
rw_pair_pass (RwPair *pair, int from)
{
  TestRelay *self = pair->relay;
  char buffer[4096];
  gsize max = sizeof buffer;
  gssize n;

  if (self->left >= 0)
    max = MIN (max, (gsize) self->left + 1);
  n = g_socket_receive (g_socket_connection_get_socket (pair->ends[from]),
                        buffer, max, NULL, NULL);
  if (n > 0 && self->left >= 0 && n > self->left) {
    n = self->left;
    self->left = -1;
    g_output_stream_write_all (
        g_io_stream_get_output_stream (G_IO_STREAM (pair->ends[1 - from])),
        buffer, (gsize) n, NULL, NULL, NULL);
    self->n_bytes += (guint64) n;
    n = 0;
  }
  if (n <= 0) {
    g_ptr_array_remove (self->pairs, pair);
    return FALSE;
  }
  self->n_bytes += (guint64) n;
  if (self->left >= 0)
    self->left -= n;
  g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (pair->ends[1 - from])),
      buffer, (gsize) n, NULL, NULL, NULL);
  return TRUE;
}

static gboolean
on_client_readable (GSocket *socket, GIOCondition condition, gpointer data)
{
  return rw_pair_pass (data, 0);
}

static gboolean
on_server_readable (GSocket *socket, GIOCondition condition, gpointer data)
{
  return rw_pair_pass (data, 1);
}

static void
rw_pair_run (RwPair *pair)
{
  GSocketSourceFunc funcs[] = {on_client_readable, on_server_readable};

  for (int i = 0; i < 2; i++) {
    pair->sources[i] =
        g_socket_create_source (g_socket_connection_get_socket (pair->ends[i]),
                                G_IO_IN | G_IO_HUP, NULL);
    g_source_set_callback (pair->sources[i], G_SOURCE_FUNC (funcs[i]), pair,
                           NULL);
    g_source_attach (pair->sources[i], NULL);
  }
}

static gboolean
rw_pair_connect (RwPair *pair)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  pair->ends[1] = g_socket_client_connect_to_host (
      client, "127.0.0.1", (guint16) pair->relay->target_port, NULL, NULL);
  return pair->ends[1] != NULL;
}

static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection,
             GObject *source, gpointer data)
{
  TestRelay *self = data;
  RwPair *pair = g_new0 (RwPair, 1);

  pair->relay = self;
  pair->ends[0] = g_object_ref (connection);
  g_ptr_array_add (self->pairs, pair);
  if (self->frozen)
    return TRUE;
  if (rw_pair_connect (pair))
    rw_pair_run (pair);
  else
    g_ptr_array_remove (self->pairs, pair);
  return TRUE;
}

TestRelay *
test_relay_new (guint target_port)
{
  TestRelay *self = g_new0 (TestRelay, 1);
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  self->target_port = target_port;
  self->left = -1;
  self->pairs = g_ptr_array_new_with_free_func (rw_pair_free);
  self->service = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address,
                                 G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                 NULL, &bound, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
  return self;
}

void
test_relay_free (TestRelay *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_ptr_array_unref (self->pairs);
  g_free (self);
}

guint
test_relay_get_port (TestRelay *self)
{
  return self->port;
}

void
test_relay_set_frozen (TestRelay *self, gboolean frozen)
{
  self->frozen = frozen;
  for (guint i = 0; i < self->pairs->len; i++) {
    RwPair *pair = self->pairs->pdata[i];

    rw_pair_stop (pair);
    if (!frozen && !pair->forgotten &&
        (pair->ends[1] != NULL || rw_pair_connect (pair)))
      rw_pair_run (pair);
  }
}

void
test_relay_forget_all (TestRelay *self)
{
  for (guint i = 0; i < self->pairs->len; i++) {
    RwPair *pair = self->pairs->pdata[i];

    rw_pair_stop (pair);
    pair->forgotten = TRUE;
  }
}

void
test_relay_cut_after (TestRelay *self, gssize n_bytes)
{
  self->left = n_bytes;
}

guint64
test_relay_get_n_bytes (TestRelay *self)
{
  return self->n_bytes;
}
