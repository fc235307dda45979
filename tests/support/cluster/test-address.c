/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-address.h"

#include <string.h>

/* One direction of a connection. */
typedef struct {
  GIOStream *from;
  GIOStream *to;
} Way;

static void
shut (GIOStream *stream)
{
  g_socket_shutdown (
      g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)), TRUE, TRUE,
      NULL);
}

static gpointer
carry (gpointer user_data)
{
  Way *way = user_data;

  g_output_stream_splice (g_io_stream_get_output_stream (way->to),
                          g_io_stream_get_input_stream (way->from), 0, NULL,
                          NULL);
  shut (way->from);
  shut (way->to);
  return NULL;
}

/* (nullable) (transfer full): to the next server that takes it. */
static GSocketConnection *
connect_next (TestAddress *self)
{
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  guint turn = (guint) g_atomic_int_add (&self->turn, 1);
  GSocketConnection *node = NULL;

  for (guint i = 0; i < self->n && node == NULL; i++) {
    gint port = g_atomic_int_get (&self->ports[(turn + i) % self->n]);

    if (port != 0)
      node = g_socket_client_connect_to_host (connector, "127.0.0.1",
                                              (guint16) port, NULL, NULL);
  }
  return node;
}

static gboolean
on_run (GThreadedSocketService *service, GSocketConnection *client,
        GObject *source, gpointer user_data)
{
  g_autoptr (GSocketConnection) node = connect_next (user_data);
  GThread *back;

  if (node == NULL)
    return TRUE;

  back = g_thread_new ("test-address", carry,
                       &(Way){G_IO_STREAM (node), G_IO_STREAM (client)});
  carry (&(Way){G_IO_STREAM (client), G_IO_STREAM (node)});
  g_thread_join (back);
  return TRUE;
}

/** test_address_start: of @n servers, which are to be set. */
void
test_address_start (TestAddress *self, guint n)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (n, <=, TEST_ADDRESS_MAX_NODES);
  memset (self, 0, sizeof *self);
  self->n = n;
  self->service = g_threaded_socket_service_new (16);
  self->node.port = g_socket_listener_add_any_inet_port (
      G_SOCKET_LISTENER (self->service), NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->service, "run", G_CALLBACK (on_run), self);
  g_socket_service_start (self->service);
}

void
test_address_stop (TestAddress *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
}

void
test_address_set (TestAddress *self, guint i, guint port)
{
  g_atomic_int_set (&self->ports[i], (gint) port);
}
