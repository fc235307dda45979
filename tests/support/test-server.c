/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-server.h"

#include <libsoup/soup.h>
#include <string.h>

#include "rw-resend-queue.h"
#include "rw-signal-json.h"
#include "test-program.h"

struct _TestServer {
  GObject parent_instance;
  SoupServer *server;
  gboolean tls;
  guint port;
  char *welcome;
  char *producers;
  guint refuse_status;
  guint n_refused;
  char *retry_after;
  char *authorization;
  GPtrArray *received;
  GPtrArray *connections;
  guint n_accepted;
  guint close_code;

  RwResendQueue *queue; /* NULL: it keeps none */
  gboolean has_client;  /* a client has requested resumption */
  SoupWebsocketConnection *holder;
  GPtrArray *heard;
  guint n_resumed;
};

G_DEFINE_FINAL_TYPE (TestServer, test_server, G_TYPE_OBJECT)

static void
send_message (SoupWebsocketConnection *connection,
              const RwSignalMessage *message)
{
  g_autofree char *json = rw_signal_message_to_json (message);

  if (soup_websocket_connection_get_state (connection) ==
      SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text (connection, json);
}

static void
send_numbered (TestServer *self, RwSignalMessage *message)
{
  message->has_ack = TRUE;
  message->ack = rw_resend_queue_get_received (self->queue);
  rw_resend_queue_note_acknowledged (self->queue);
  if (self->holder != NULL)
    send_message (self->holder, message);
}

static void
welcome_client (TestServer *self, SoupWebsocketConnection *connection,
                const RwSignalMessage *hello)
{
  g_autoptr (RwSignalMessage) answer =
      rw_signal_message_new (RW_SIGNAL_RESILIENT_WELCOME);
  gboolean resumed =
      self->has_client && g_strcmp0 (hello->token, "secret") == 0;
  RwSignalMessage *message;
  guint64 seq;

  if (!resumed)
    rw_resend_queue_reset (self->queue);
  else
    g_assert_true (rw_resend_queue_resume (self->queue, hello->resume_ack));
  self->has_client = TRUE;
  self->n_resumed += resumed ? 1 : 0;
  self->holder = connection;
  answer->peer_id = g_strdup ("resumable");
  answer->extension_version = RW_SIGNAL_EXTENSION_VERSION;
  answer->token = g_strdup ("secret");
  answer->resumed = resumed;
  answer->resume_ack = rw_resend_queue_get_received (self->queue);
  send_message (connection, answer);
  while ((message = rw_resend_queue_next (self->queue, &seq)) != NULL)
    send_numbered (self, message);
}

static void
receive_numbered (TestServer *self, RwSignalMessage *message)
{
  RwResendQueueVerdict verdict = RW_RESEND_QUEUE_DUPLICATE;

  if (message->has_ack)
    g_assert_true (rw_resend_queue_acknowledge (self->queue, message->ack));
  if (message->seq > 0)
    verdict = rw_resend_queue_receive (self->queue, message->seq);
  g_assert_cmpint (verdict, !=, RW_RESEND_QUEUE_GAP);
  if (verdict == RW_RESEND_QUEUE_NEW) {
    message->seq = 0;
    message->has_ack = FALSE;
    g_ptr_array_add (self->heard, rw_signal_message_to_json (message));
  }
  if (rw_resend_queue_get_owed (self->queue) > 2) {
    g_autoptr (RwSignalMessage) ack = rw_signal_message_new (RW_SIGNAL_ACK);

    send_numbered (self, ack);
  }
}

/* TRUE if there is no more to be done with it. */
static gboolean
handle_resumption (TestServer *self, SoupWebsocketConnection *connection,
                   const char *text)
{
  g_autoptr (RwSignalMessage) message = NULL;

  if (self->queue == NULL)
    return FALSE;
  message = rw_signal_message_parse (text, strlen (text), NULL);
  g_assert_nonnull (message);
  if (message->type == RW_SIGNAL_SET_PROTOCOL_VERSION &&
      message->extension_version > 0)
    welcome_client (self, connection, message);
  else if (connection == self->holder && (message->seq > 0 || message->has_ack))
    receive_numbered (self, message);
  else
    return FALSE;
  return TRUE;
}

static void
on_message (SoupWebsocketConnection *connection, int type, GBytes *message,
            TestServer *self)
{
  const char *text = g_bytes_get_data (message, NULL);
  g_autofree char *list = NULL;

  g_ptr_array_add (self->received, g_strdup (text));
  if (handle_resumption (self, connection, text))
    return;
  if (strstr (text, "\"list\"") == NULL || self->producers == NULL)
    return;
  list =
      g_strdup_printf ("{\"type\":\"list\",\"producers\":%s}", self->producers);
  soup_websocket_connection_send_text (connection, list);
}

static void
on_closed (SoupWebsocketConnection *connection, TestServer *self)
{
  self->close_code = soup_websocket_connection_get_close_code (connection);
  if (self->holder == connection)
    self->holder = NULL;
  g_ptr_array_remove (self->connections, connection);
}

static void
on_websocket (SoupServer *server, SoupServerMessage *message, const char *path,
              SoupWebsocketConnection *connection, gpointer data)
{
  TestServer *self = data;

  self->n_accepted++;
  g_ptr_array_add (self->connections, g_object_ref (connection));
  g_signal_connect (connection, "message", G_CALLBACK (on_message), self);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), self);
  if (self->welcome != NULL) {
    g_autoptr (GString) text = g_string_new (self->welcome);
    g_autofree char *number = g_strdup_printf ("%u", self->n_accepted);

    g_string_replace (text, "%u", number, 0);
    soup_websocket_connection_send_text (connection, text->str);
  }
}

static void
on_request (SoupServer *server, SoupServerMessage *message, const char *path,
            GHashTable *query, gpointer data)
{
  TestServer *self = data;
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (message);

  g_free (self->authorization);
  self->authorization =
      g_strdup (soup_message_headers_get_one (headers, "Authorization"));
  if (self->refuse_status == 0)
    return;
  self->n_refused++;
  soup_server_message_set_status (message, self->refuse_status, NULL);
  if (self->retry_after != NULL)
    soup_message_headers_replace (
        soup_server_message_get_response_headers (message), "Retry-After",
        self->retry_after);
}

void
test_server_listen_again (TestServer *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new (loopback, self->port);

  soup_server_listen (self->server, address,
                      self->tls ? SOUP_SERVER_LISTEN_HTTPS : 0, &error);
  g_assert_no_error (error);
}

static void
close_connections (TestServer *self)
{
  for (guint i = 0; i < self->connections->len; i++) {
    SoupWebsocketConnection *connection = self->connections->pdata[i];

    g_signal_handlers_disconnect_by_data (connection, self);
    g_io_stream_close (soup_websocket_connection_get_io_stream (connection),
                       NULL, NULL);
  }
  self->holder = NULL;
  g_ptr_array_set_size (self->connections, 0);
}

/* libsoup 3.6 uses a TLS connection after its end if the server disconnects it
 * while it closes, as one does that the client has refused: such a server is
 * left as it is until the process ends. */
static void
retire (SoupServer *server)
{
  static GPtrArray *retired = NULL;

  if (retired == NULL)
    retired = g_ptr_array_new ();
  soup_server_remove_handler (server, NULL);
  g_ptr_array_add (retired, server);
}

static void
test_server_finalize (GObject *object)
{
  TestServer *self = TEST_SERVER (object);

  if (self->tls) {
    close_connections (self);
    retire (self->server);
  } else {
    test_server_stop (self);
    g_object_unref (self->server);
  }
  g_ptr_array_unref (self->received);
  g_ptr_array_unref (self->connections);
  g_ptr_array_unref (self->heard);
  g_clear_pointer (&self->queue, rw_resend_queue_free);
  g_free (self->welcome);
  g_free (self->producers);
  g_free (self->retry_after);
  g_free (self->authorization);
  G_OBJECT_CLASS (test_server_parent_class)->finalize (object);
}

static void
test_server_class_init (TestServerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_server_finalize;
}

static void
test_server_init (TestServer *self)
{
  self->received = g_ptr_array_new_with_free_func (g_free);
  self->connections = g_ptr_array_new_with_free_func (g_object_unref);
  self->heard = g_ptr_array_new_with_free_func (g_free);
  self->welcome = g_strdup ("{\"type\":\"welcome\",\"peerId\":\"client-%u\"}");
  self->producers = g_strdup ("[]");
}

TestServer *
test_server_new (void)
{
  return test_server_new_tls (NULL, NULL);
}

TestServer *
test_server_new_tls (const char *cert, const char *key)
{
  TestServer *self = g_object_new (TEST_TYPE_SERVER, NULL);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;

  self->tls = cert != NULL;
  if (self->tls) {
    certificate = g_tls_certificate_new_from_files (cert, key, &error);
    g_assert_no_error (error);
  }
  self->port = test_program_reserve_port ();
  self->server = soup_server_new ("tls-certificate", certificate, NULL);
  soup_server_add_websocket_handler (self->server, NULL, NULL, NULL,
                                     on_websocket, self, NULL);
  soup_server_add_early_handler (self->server, NULL, on_request, self, NULL);
  test_server_listen_again (self);
  return self;
}

void
test_server_stop (TestServer *self)
{
  close_connections (self);
  soup_server_disconnect (self->server);
}

guint
test_server_get_port (TestServer *self)
{
  return self->port;
}

char *
test_server_get_uri (TestServer *self)
{
  return g_strdup_printf ("%s://127.0.0.1:%u", self->tls ? "wss" : "ws",
                          self->port);
}

void
test_server_set_welcome (TestServer *self, const char *format)
{
  g_free (self->welcome);
  self->welcome = g_strdup (format);
}

void
test_server_set_producers (TestServer *self, const char *json)
{
  g_free (self->producers);
  self->producers = g_strdup (json);
}

void
test_server_refuse (TestServer *self, guint status, const char *retry_after)
{
  self->refuse_status = status;
  g_free (self->retry_after);
  self->retry_after = g_strdup (retry_after);
}

guint
test_server_get_n_refused (TestServer *self)
{
  return self->n_refused;
}

GPtrArray *
test_server_get_received (TestServer *self)
{
  return self->received;
}

guint
test_server_count (TestServer *self, const char *part)
{
  guint n = 0;

  for (guint i = 0; i < self->received->len; i++)
    if (strstr (self->received->pdata[i], part) != NULL)
      n++;
  return n;
}

guint
test_server_get_n_accepted (TestServer *self)
{
  return self->n_accepted;
}

guint
test_server_get_n_open (TestServer *self)
{
  return self->connections->len;
}

guint
test_server_get_close_code (TestServer *self)
{
  return self->close_code;
}

const char *
test_server_get_authorization (TestServer *self)
{
  return self->authorization;
}

void
test_server_send (TestServer *self, const char *text)
{
  g_assert_cmpuint (self->connections->len, >, 0);
  soup_websocket_connection_send_text (
      self->connections->pdata[self->connections->len - 1], text);
}

void
test_server_hang_up (TestServer *self, guint code)
{
  for (guint i = self->connections->len; i > 0; i--)
    soup_websocket_connection_close (self->connections->pdata[i - 1],
                                     (gushort) code, NULL);
}

void
test_server_keep_client (TestServer *self)
{
  self->queue =
      rw_resend_queue_new (1000, 3, (GDestroyNotify) rw_signal_message_unref);
}

void
test_server_send_numbered (TestServer *self, const char *text)
{
  RwSignalMessage *message =
      rw_signal_message_parse (text, strlen (text), NULL);

  g_assert_nonnull (message);
  message->seq = rw_resend_queue_send (self->queue, message);
  send_numbered (self, message);
}

void
test_server_forget_client (TestServer *self)
{
  self->has_client = FALSE;
}

GPtrArray *
test_server_get_heard (TestServer *self)
{
  return self->heard;
}

guint
test_server_get_n_resumed (TestServer *self)
{
  return self->n_resumed;
}
