/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-side.h"
#include "test-process.h"

#include <gio/gio.h>
#include <string.h>

/* The effects of the elements' properties on the signalling connection, as seen
 * by a server that upgrades it and then only listens. */

#define KEY_HEADER "Sec-WebSocket-Key: "
#define KEY_SUFFIX "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#define OPCODE_PING 0x9

typedef struct {
  GSocketListener *listener;
  GCancellable *over;
  GThread *thread;
  guint port;
  GMutex lock;
  GCond changed;
  guint n_pings;
} Listener;

static char *
make_accept (const char *head)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  const char *key = strstr (head, KEY_HEADER);
  guint8 digest[20];
  gsize size = sizeof digest;

  g_assert_nonnull (key);
  key += strlen (KEY_HEADER);
  g_checksum_update (sum, (const guchar *) key, (gssize) strcspn (key, "\r"));
  g_checksum_update (sum, (const guchar *) KEY_SUFFIX, -1);
  g_checksum_get_digest (sum, digest, &size);
  return g_base64_encode (digest, size);
}

static gboolean
read_bytes (Listener *self, GInputStream *input, gpointer buffer, gsize size)
{
  gsize n_read = 0;

  return g_input_stream_read_all (input, buffer, size, &n_read, self->over,
                                  NULL) &&
         n_read == size;
}

static gboolean
upgrade (Listener *self, GIOStream *connection)
{
  g_autoptr (GString) head = g_string_new (NULL);
  g_autofree char *accept = NULL;
  g_autofree char *answer = NULL;
  char c;

  while (!g_str_has_suffix (head->str, "\r\n\r\n")) {
    if (!read_bytes (self, g_io_stream_get_input_stream (connection), &c, 1))
      return FALSE;
    g_string_append_c (head, c);
  }
  accept = make_accept (head->str);
  answer = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\n"
                            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Accept: %s\r\n\r\n",
                            accept);
  return g_output_stream_write_all (g_io_stream_get_output_stream (connection),
                                    answer, strlen (answer), NULL, NULL, NULL);
}

/* A client's frame: its length is of 7 or 16 bits, and a mask follows. */
static gboolean
read_frame (Listener *self, GInputStream *input, guint *opcode)
{
  guint8 head[2], extended[2], rest[4 + G_MAXUINT16];
  guint size;

  if (!read_bytes (self, input, head, sizeof head))
    return FALSE;
  size = head[1] & 0x7f;
  if (size == 126) {
    if (!read_bytes (self, input, extended, sizeof extended))
      return FALSE;
    size = (guint) extended[0] << 8 | extended[1];
  }
  *opcode = head[0] & 0xf;
  return read_bytes (self, input, rest, 4 + size);
}

static void
serve (Listener *self, GIOStream *connection)
{
  GInputStream *input = g_io_stream_get_input_stream (connection);
  guint opcode;

  if (!upgrade (self, connection))
    return;
  while (read_frame (self, input, &opcode)) {
    g_mutex_lock (&self->lock);
    self->n_pings += opcode == OPCODE_PING ? 1 : 0;
    g_cond_broadcast (&self->changed);
    g_mutex_unlock (&self->lock);
  }
}

static gpointer
run (gpointer data)
{
  Listener *self = data;
  GSocketConnection *connection;

  while ((connection = g_socket_listener_accept (self->listener, NULL,
                                                 self->over, NULL)) != NULL) {
    serve (self, G_IO_STREAM (connection));
    g_object_unref (connection);
  }
  return NULL;
}

static void
listener_init (Listener *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->over = g_cancellable_new ();
  self->listener = g_socket_listener_new ();
  self->port = g_socket_listener_add_any_inet_port (self->listener, NULL, NULL);
  g_assert_cmpuint (self->port, >, 0);
  self->thread = g_thread_new ("listener", run, self);
}

static void
listener_clear (Listener *self)
{
  g_cancellable_cancel (self->over);
  g_thread_join (self->thread);
  g_socket_listener_close (self->listener);
  g_object_unref (self->listener);
  g_object_unref (self->over);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
}

static gboolean
wait_pings (Listener *self, guint n, gint64 within_us)
{
  gint64 deadline_us = g_get_monotonic_time () + within_us;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  while (in_time && self->n_pings < n)
    in_time = g_cond_wait_until (&self->changed, &self->lock, deadline_us);
  g_mutex_unlock (&self->lock);
  return in_time;
}

/* By default the second ping comes after 10 s. */
static void
test_ping_interval (void)
{
  Listener listener = {0};
  TestSide *src;

  listener_init (&listener);
  src = test_side_new ("resilientwebrtcsrc name=it "
                       "signaller-uri=ws://127.0.0.1:%u "
                       "signaller-ping-interval=1 ! fakesink",
                       listener.port);
  test_side_play (src);
  g_assert_true (wait_pings (&listener, 2, 8 * G_USEC_PER_SEC));
  test_side_free (src);
  listener_clear (&listener);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/signalling/ping-interval", test_ping_interval);
  return test_process_run_tests ();
}
