/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-proxy.h"

#include <string.h>

struct _TestProxy {
  GSocketService *service;
  guint port;
  GCancellable *cancellable;
  GMutex lock;
  GCond gone;
  guint n_running; /* connections that are being served */
  GString *asked;
  char *refusal;                /* a status line, empty for silence, or NULL */
  char *wanted;                 /* a line of the head, or NULL */
  GTlsCertificate *certificate; /* or NULL */
};

/* The head of a request, to its empty line. Input that does not begin with a
 * letter is none. */
static char *
read_head (GInputStream *input)
{
  GString *head = g_string_new (NULL);
  char c;

  while (!g_str_has_suffix (head->str, "\r\n\r\n") && head->len < 8192 &&
         g_input_stream_read (input, &c, 1, NULL, NULL) == 1 &&
         (head->len > 0 || g_ascii_isalpha (c)))
    g_string_append_c (head, c);
  return g_string_free (head, FALSE);
}

static void
note (TestProxy *self, const char *head)
{
  g_mutex_lock (&self->lock);
  g_string_append_len (self->asked, head, (gssize) strcspn (head, "\r"));
  g_string_append_c (self->asked, '\n');
  g_mutex_unlock (&self->lock);
}

static gboolean
answer (GIOStream *stream, const char *text)
{
  return g_output_stream_write_all (g_io_stream_get_output_stream (stream),
                                    text, strlen (text), NULL, NULL, NULL);
}

static void
refuse (TestProxy *self, GIOStream *stream)
{
  GInputStream *input = g_io_stream_get_input_stream (stream);
  g_autofree char *text =
      g_strconcat (self->refusal, "\r\nContent-Length: 0\r\n\r\n", NULL);
  char c;

  if (*self->refusal != '\0')
    answer (stream, text);
  else /* until they have had enough, or we have */
    while (g_input_stream_read (input, &c, 1, self->cancellable, NULL) == 1)
      ;
}

static GSocketConnection *
connect_to (const char *head)
{
  g_auto (GStrv) words = g_strsplit (head, " ", 3);
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  if (g_strv_length (words) < 3 || !g_str_equal (words[0], "CONNECT"))
    return NULL;
  /* The proxy of the test is not for the proxy. */
  g_socket_client_set_enable_proxy (client, FALSE);
  return g_socket_client_connect_to_host (client, words[1], 0, NULL, NULL);
}

static void
on_spliced (GObject *source, GAsyncResult *result, gpointer loop)
{
  g_io_stream_splice_finish (result, NULL);
  g_main_loop_quit (loop);
}

static void
splice (TestProxy *self, GIOStream *a, GIOStream *b)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);

  g_main_context_push_thread_default (context);
  g_io_stream_splice_async (
      a, b, G_IO_STREAM_SPLICE_CLOSE_STREAM1 | G_IO_STREAM_SPLICE_CLOSE_STREAM2,
      G_PRIORITY_DEFAULT, self->cancellable, on_spliced, loop);
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (context);
}

static void
serve (TestProxy *self, GIOStream *stream)
{
  g_autofree char *head = read_head (g_io_stream_get_input_stream (stream));
  g_autoptr (GSocketConnection) target = NULL;

  note (self, head);
  if (self->refusal != NULL) {
    refuse (self, stream);
    return;
  }
  if (self->wanted != NULL && strstr (head, self->wanted) == NULL) {
    answer (stream, "HTTP/1.1 407 Who is it?\r\n"
                    "Connection: close\r\n"
                    "Proxy-Authenticate: Basic realm=\"x\"\r\n"
                    "Content-Length: 0\r\n\r\n");
    return;
  }
  target = connect_to (head);
  if (target == NULL)
    answer (stream, "HTTP/1.1 405 CONNECT only\r\n"
                    "Content-Length: 0\r\n\r\n");
  else if (answer (stream, "HTTP/1.1 200 OK\r\n\r\n"))
    splice (self, stream, G_IO_STREAM (target));
}

static void
serve_secure (TestProxy *self, GSocketConnection *connection)
{
  g_autoptr (GIOStream) stream = g_tls_server_connection_new (
      G_IO_STREAM (connection), self->certificate, NULL);

  if (g_tls_connection_handshake (G_TLS_CONNECTION (stream), self->cancellable,
                                  NULL))
    serve (self, stream);
}

static gboolean
on_run (GThreadedSocketService *service, GSocketConnection *connection,
        GObject *source, gpointer data)
{
  TestProxy *self = data;

  if (self->certificate != NULL)
    serve_secure (self, connection);
  else
    serve (self, G_IO_STREAM (connection));
  g_mutex_lock (&self->lock);
  self->n_running--;
  g_cond_signal (&self->gone);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* On the thread that accepts, so that none is overlooked. */
static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection,
             GObject *source, TestProxy *self)
{
  g_mutex_lock (&self->lock);
  self->n_running++;
  g_mutex_unlock (&self->lock);
  return FALSE;
}

TestProxy *
test_proxy_new (void)
{
  TestProxy *self = g_new0 (TestProxy, 1);
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->gone);
  self->asked = g_string_new (NULL);
  self->cancellable = g_cancellable_new ();
  self->service = g_threaded_socket_service_new (8);
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address,
                                 G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                 NULL, &bound, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
  g_signal_connect (self->service, "run", G_CALLBACK (on_run), self);
  return self;
}

void
test_proxy_free (TestProxy *self)
{
  g_cancellable_cancel (self->cancellable);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_mutex_lock (&self->lock);
  while (self->n_running > 0)
    g_cond_wait (&self->gone, &self->lock);
  g_mutex_unlock (&self->lock);
  g_object_unref (self->service);
  g_object_unref (self->cancellable);
  g_string_free (self->asked, TRUE);
  g_clear_object (&self->certificate);
  g_free (self->refusal);
  g_free (self->wanted);
  g_cond_clear (&self->gone);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
test_proxy_secure (TestProxy *self, const char *cert, const char *key)
{
  g_autoptr (GError) error = NULL;

  self->certificate = g_tls_certificate_new_from_files (cert, key, &error);
  g_assert_no_error (error);
}

void
test_proxy_refuse (TestProxy *self, const char *status_line)
{
  self->refusal = g_strdup (status_line);
}

void
test_proxy_want (TestProxy *self, const char *user, const char *password)
{
  g_autofree char *both = g_strconcat (user, ":", password, NULL);
  g_autofree char *encoded =
      g_base64_encode ((const guchar *) both, strlen (both));

  self->wanted =
      g_strconcat ("\r\nProxy-Authorization: Basic ", encoded, "\r\n", NULL);
}

char *
test_proxy_dup_uri (TestProxy *self)
{
  return g_strdup_printf ("%s://127.0.0.1:%u",
                          self->certificate != NULL ? "https" : "http",
                          self->port);
}

char *
test_proxy_dup_asked (TestProxy *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_strdup (self->asked->str);
}
