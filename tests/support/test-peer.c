/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-peer.h"

#include <string.h>

static void
on_message (SoupWebsocketConnection *connection, gint type, GBytes *message,
            gpointer user_data)
{
  TestPeer *self = user_data;
  gsize len;
  const char *text = g_bytes_get_data (message, &len);

  g_assert_cmpint (type, ==, SOUP_WEBSOCKET_DATA_TEXT);
  g_queue_push_tail (&self->received, g_strndup (text, len));
}

static void
on_closed (SoupWebsocketConnection *connection, gpointer user_data)
{
  TestPeer *self = user_data;

  self->closed = TRUE;
  self->close_code = soup_websocket_connection_get_close_code (connection);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TestPeer *self = user_data;

  self->connection = soup_session_websocket_connect_finish (
      SOUP_SESSION (source), result, &self->error);
  self->done = TRUE;
  if (self->connection == NULL)
    return;

  soup_websocket_connection_set_max_incoming_payload_size (self->connection, 0);
  g_signal_connect (self->connection, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);
}

static gboolean
is_done (gpointer user_data)
{
  return ((TestPeer *) user_data)->done;
}

/* From @address, one of this machine's. */
static TestPeer *
connect_from (const char *address, SoupMessage *msg)
{
  TestPeer *self = g_new0 (TestPeer, 1);
  g_autoptr (GSocketAddress) local =
      g_inet_socket_address_new_from_string (address, 0);

  self->session = soup_session_new_with_options ("local-address", local, NULL);
  soup_session_websocket_connect_async (self->session, msg, NULL, NULL,
                                        G_PRIORITY_DEFAULT, NULL, on_connected,
                                        self);
  test_wait_until (is_done, self, "a WebSocket");
  self->http_status = soup_message_get_status (msg);
  return self;
}

/**
 * test_peer_try_as:
 * @path: with its query
 * @authorization: (nullable): the header
 *
 * Look at `connection`, `error` and `http_status` after.
 */
TestPeer *
test_peer_try_as (guint port, const char *path, const char *authorization)
{
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u%s", port, path);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", uri);

  if (authorization != NULL)
    soup_message_headers_append (soup_message_get_request_headers (msg),
                                 "Authorization", authorization);
  return connect_from ("127.0.0.1", msg);
}

TestPeer *
test_peer_try (guint port)
{
  return test_peer_try_as (port, "/any/path", NULL);
}

TestPeer *
test_peer_new (guint port)
{
  TestPeer *self = test_peer_try (port);

  g_assert_no_error (self->error);
  return self;
}

/** test_peer_new_from: @address is one of 127.0.0.0/8. */
TestPeer *
test_peer_new_from (const char *address, guint port)
{
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u/", port);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", uri);
  TestPeer *self = connect_from (address, msg);

  g_assert_no_error (self->error);
  return self;
}

void
test_peer_free (TestPeer *self)
{
  if (self == NULL)
    return;

  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
  soup_session_abort (self->session);
  g_object_unref (self->session);
  g_queue_clear_full (&self->received, g_free);
  g_clear_error (&self->error);
  g_free (self);
}

void
test_peer_send (TestPeer *self, const char *text)
{
  soup_websocket_connection_send_text (self->connection, text);
}

/** test_peer_send_json: as test_peer_send(), with ' for every ". */
void
test_peer_send_json (TestPeer *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  test_peer_send (self, g_strdelimit (text, "'", '"'));
}

static gboolean
has_message_or_end (gpointer user_data)
{
  TestPeer *self = user_data;

  return self->closed || !g_queue_is_empty (&self->received);
}

/** test_peer_next: the next message; NULL when closed instead. */
char *
test_peer_next (TestPeer *self)
{
  test_wait_until (has_message_or_end, self, "a message");
  return g_queue_pop_head (&self->received);
}

/** test_peer_expect: @text with ' for every ". */
void
test_peer_expect (TestPeer *self, const char *text)
{
  g_autofree char *wanted = g_strdelimit (g_strdup (text), "'", '"');
  g_autofree char *got = test_peer_next (self);

  g_assert_cmpstr (got, ==, wanted);
}

/** test_peer_get: a string member of @text, or of what is in "a.b". */
char *
test_peer_get (const char *text, const char *member)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  g_auto (GStrv) path = g_strsplit (member, ".", -1);
  JsonObject *object = json_node_get_object (root);
  guint i;

  for (i = 0; path[i + 1] != NULL; i++)
    object = json_object_get_object_member (object, path[i]);
  return g_strdup (json_object_get_string_member (object, path[i]));
}

/** test_peer_expect_type: the message, whose `type` is asserted. */
char *
test_peer_expect_type (TestPeer *self, const char *type)
{
  char *text = test_peer_next (self);
  g_autofree char *got = NULL;

  g_assert_nonnull (text);
  got = test_peer_get (text, "type");
  g_assert_cmpstr (got, ==, type);
  return text;
}

void
test_peer_expect_error (TestPeer *self, const char *says)
{
  g_autofree char *text = test_peer_expect_type (self, "error");
  g_autofree char *details = test_peer_get (text, "details");

  if (strstr (details, says) == NULL)
    g_error ("\"%s\" does not say \"%s\"", details, says);
}

static gboolean
is_closed (gpointer user_data)
{
  return ((TestPeer *) user_data)->closed;
}

void
test_peer_expect_closed (TestPeer *self, guint code)
{
  test_wait_until (is_closed, self, "the end of a connection");
  g_assert_cmpuint (self->close_code, ==, code);
}

/** test_peer_expect_end: however it ends. */
void
test_peer_expect_end (TestPeer *self)
{
  test_wait_until (is_closed, self, "the end of a connection");
}
