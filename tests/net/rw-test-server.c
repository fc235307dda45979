/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-test-server.h"

#include <libsoup/soup.h>
#include <string.h>

#include "rw-replay.h"
#include "rw-signal-message.h"

struct _RwTestServer {
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

  RwReplay *seat; /* NULL: it keeps none */
  gboolean is_degraded;
  gboolean claimed; /* somebody sits there, or has */
  SoupWebsocketConnection *holder;
  GPtrArray *heard;
  guint n_resumed;
};

G_DEFINE_FINAL_TYPE (RwTestServer, rw_test_server, G_TYPE_OBJECT)

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
send_on_seat (RwTestServer *self, RwSignalMessage *message)
{
  message->has_ack = TRUE;
  message->ack = rw_replay_get_received (self->seat);
  rw_replay_note_acknowledged (self->seat);
  if (self->holder != NULL)
    send_message (self->holder, message);
}

static void
seat_client (RwTestServer *self, SoupWebsocketConnection *connection,
             const RwSignalOptIn *opt_in)
{
  g_autoptr (RwSignalMessage) answer =
      rw_signal_message_new (RW_SIGNAL_RESILIENT_WELCOME);
  gboolean resumed = self->claimed && g_strcmp0 (opt_in->token, "secret") == 0;
  RwSignalMessage *message;
  guint64 seq;

  if (!resumed)
    rw_replay_reset (self->seat);
  else
    g_assert_true (rw_replay_resume (self->seat, opt_in->ack));
  self->claimed = TRUE;
  self->n_resumed += resumed ? 1 : 0;
  self->holder = connection;
  answer->peer_id = g_strdup ("seat");
  answer->resilience = g_new0 (RwSignalResilience, 1);
  answer->resilience->version = 1;
  answer->resilience->token = g_strdup ("secret");
  answer->resilience->resumed = resumed;
  answer->resilience->degraded = self->is_degraded;
  answer->resilience->ack = rw_replay_get_received (self->seat);
  send_message (connection, answer);
  while ((message = rw_replay_next (self->seat, &seq)) != NULL)
    send_on_seat (self, message);
}

static void
hear_on_seat (RwTestServer *self, RwSignalMessage *message)
{
  RwReplayVerdict verdict = RW_REPLAY_DUPLICATE;

  if (message->has_ack)
    g_assert_true (rw_replay_acknowledge (self->seat, message->ack));
  if (message->seq > 0)
    verdict = rw_replay_receive (self->seat, message->seq);
  g_assert_cmpint (verdict, !=, RW_REPLAY_GAP);
  if (verdict == RW_REPLAY_NEW) {
    message->seq = 0;
    message->has_ack = FALSE;
    g_ptr_array_add (self->heard, rw_signal_message_to_json (message));
  }
  if (rw_replay_get_owed (self->seat) > 2) {
    g_autoptr (RwSignalMessage) ack = rw_signal_message_new (RW_SIGNAL_ACK);

    send_on_seat (self, ack);
  }
}

/* TRUE if there is no more to be done with it. */
static gboolean
handle_seat (RwTestServer *self, SoupWebsocketConnection *connection,
             const char *text)
{
  g_autoptr (RwSignalMessage) message = NULL;

  if (self->seat == NULL)
    return FALSE;
  message = rw_signal_message_parse (text, strlen (text), NULL);
  g_assert_nonnull (message);
  if (message->type == RW_SIGNAL_SET_PROTOCOL_VERSION && message->opt_in)
    seat_client (self, connection, message->opt_in);
  else if (connection == self->holder && (message->seq > 0 || message->has_ack))
    hear_on_seat (self, message);
  else
    return FALSE;
  return TRUE;
}

static void
on_message (SoupWebsocketConnection *connection, int type, GBytes *message,
            RwTestServer *self)
{
  const char *text = g_bytes_get_data (message, NULL);
  g_autofree char *list = NULL;

  g_ptr_array_add (self->received, g_strdup (text));
  if (handle_seat (self, connection, text))
    return;
  if (strstr (text, "\"list\"") == NULL || self->producers == NULL)
    return;
  list =
      g_strdup_printf ("{\"type\":\"list\",\"producers\":%s}", self->producers);
  soup_websocket_connection_send_text (connection, list);
}

static void
on_closed (SoupWebsocketConnection *connection, RwTestServer *self)
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
  RwTestServer *self = data;

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
  RwTestServer *self = data;
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
rw_test_server_listen_again (RwTestServer *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) loopback =
      g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new (loopback, self->port);
  g_autoslist (GUri) uris = NULL;

  soup_server_listen (self->server, address,
                      self->tls ? SOUP_SERVER_LISTEN_HTTPS : 0, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  self->port = (guint) g_uri_get_port (uris->data);
}

static void
rw_test_server_finalize (GObject *object)
{
  RwTestServer *self = RW_TEST_SERVER (object);

  rw_test_server_stop (self);
  g_object_unref (self->server);
  g_ptr_array_unref (self->received);
  g_ptr_array_unref (self->connections);
  g_ptr_array_unref (self->heard);
  g_clear_pointer (&self->seat, rw_replay_free);
  g_free (self->welcome);
  g_free (self->producers);
  g_free (self->retry_after);
  g_free (self->authorization);
  G_OBJECT_CLASS (rw_test_server_parent_class)->finalize (object);
}

static void
rw_test_server_class_init (RwTestServerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_test_server_finalize;
}

static void
rw_test_server_init (RwTestServer *self)
{
  self->received = g_ptr_array_new_with_free_func (g_free);
  self->connections = g_ptr_array_new_with_free_func (g_object_unref);
  self->heard = g_ptr_array_new_with_free_func (g_free);
  self->welcome = g_strdup ("{\"type\":\"welcome\",\"peerId\":\"client-%u\"}");
  self->producers = g_strdup ("[]");
}

RwTestServer *
rw_test_server_new (void)
{
  return rw_test_server_new_tls (NULL, NULL);
}

RwTestServer *
rw_test_server_new_tls (const char *cert, const char *key)
{
  RwTestServer *self = g_object_new (RW_TYPE_TEST_SERVER, NULL);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;

  self->tls = cert != NULL;
  if (self->tls) {
    certificate = g_tls_certificate_new_from_files (cert, key, &error);
    g_assert_no_error (error);
  }
  self->server = soup_server_new ("tls-certificate", certificate, NULL);
  soup_server_add_websocket_handler (self->server, NULL, NULL, NULL,
                                     on_websocket, self, NULL);
  soup_server_add_early_handler (self->server, NULL, on_request, self, NULL);
  rw_test_server_listen_again (self);
  return self;
}

void
rw_test_server_stop (RwTestServer *self)
{
  for (guint i = 0; i < self->connections->len; i++) {
    SoupWebsocketConnection *connection = self->connections->pdata[i];

    g_signal_handlers_disconnect_by_data (connection, self);
    g_io_stream_close (soup_websocket_connection_get_io_stream (connection),
                       NULL, NULL);
  }
  self->holder = NULL;
  g_ptr_array_set_size (self->connections, 0);
  soup_server_disconnect (self->server);
}

guint
rw_test_server_get_port (RwTestServer *self)
{
  return self->port;
}

char *
rw_test_server_get_uri (RwTestServer *self)
{
  return g_strdup_printf ("%s://127.0.0.1:%u", self->tls ? "wss" : "ws",
                          self->port);
}

void
rw_test_server_set_welcome (RwTestServer *self, const char *format)
{
  g_free (self->welcome);
  self->welcome = g_strdup (format);
}

void
rw_test_server_set_producers (RwTestServer *self, const char *json)
{
  g_free (self->producers);
  self->producers = g_strdup (json);
}

void
rw_test_server_refuse (RwTestServer *self, guint status,
                       const char *retry_after)
{
  self->refuse_status = status;
  g_free (self->retry_after);
  self->retry_after = g_strdup (retry_after);
}

guint
rw_test_server_get_n_refused (RwTestServer *self)
{
  return self->n_refused;
}

GPtrArray *
rw_test_server_get_received (RwTestServer *self)
{
  return self->received;
}

guint
rw_test_server_count (RwTestServer *self, const char *part)
{
  guint n = 0;

  for (guint i = 0; i < self->received->len; i++)
    if (strstr (self->received->pdata[i], part) != NULL)
      n++;
  return n;
}

guint
rw_test_server_get_n_accepted (RwTestServer *self)
{
  return self->n_accepted;
}

guint
rw_test_server_get_n_open (RwTestServer *self)
{
  return self->connections->len;
}

guint
rw_test_server_get_close_code (RwTestServer *self)
{
  return self->close_code;
}

const char *
rw_test_server_get_authorization (RwTestServer *self)
{
  return self->authorization;
}

void
rw_test_server_say (RwTestServer *self, const char *text)
{
  g_assert_cmpuint (self->connections->len, >, 0);
  soup_websocket_connection_send_text (
      self->connections->pdata[self->connections->len - 1], text);
}

void
rw_test_server_hang_up (RwTestServer *self, guint code)
{
  for (guint i = self->connections->len; i > 0; i--)
    soup_websocket_connection_close (self->connections->pdata[i - 1],
                                     (gushort) code, NULL);
}

void
rw_test_server_keep_seat (RwTestServer *self)
{
  self->seat = rw_replay_new (1000, 3, (GDestroyNotify) rw_signal_message_free);
}

void
rw_test_server_say_on_seat (RwTestServer *self, const char *text)
{
  RwSignalMessage *message =
      rw_signal_message_parse (text, strlen (text), NULL);

  g_assert_nonnull (message);
  message->seq = rw_replay_send (self->seat, message);
  send_on_seat (self, message);
}

void
rw_test_server_set_degraded (RwTestServer *self, gboolean degraded)
{
  self->is_degraded = degraded;
}

void
rw_test_server_lose_seat (RwTestServer *self)
{
  self->claimed = FALSE;
}

GPtrArray *
rw_test_server_get_heard (RwTestServer *self)
{
  return self->heard;
}

guint
rw_test_server_get_n_resumed (RwTestServer *self)
{
  return self->n_resumed;
}

static gboolean
on_too_late (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_CONTINUE;
}

void
rw_test_wait (RwTestCondition done, gpointer data)
{
  gboolean too_late = FALSE;
  guint id = g_timeout_add_seconds (20, on_too_late, &too_late);

  while (!done (data) && !too_late)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
  g_assert_false (too_late);
}
