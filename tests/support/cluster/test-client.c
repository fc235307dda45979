/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-client.h"

#include <string.h>

/* How many messages a client may owe an acknowledgement of. */
#define ACK_EVERY 8

/* --- Saying --- */

/* The side that closes may have begun to do so. */
static void
send_now (TestClient *self, const char *text)
{
  if (self->peer != NULL && self->peer->connection != NULL &&
      soup_websocket_connection_get_state (self->peer->connection) ==
          SOUP_WEBSOCKET_STATE_OPEN)
    test_peer_send (self->peer, text);
}

static char *
format_text (const char *format, va_list args)
{
  return g_strdelimit (g_strdup_vprintf (format, args), "'", '"');
}

/** test_client_send: one message without its braces. */
void
test_client_send (TestClient *self, const char *format, ...)
{
  g_autofree char *body = NULL;
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  body = format_text (format, args);
  va_end (args);
  if (!self->opted_in) {
    text = g_strdup_printf ("{%s}", body);
    g_assert_true (self->welcome);
    send_now (self, text);
    return;
  }

  text = g_strdup_printf ("{%s,\"seq\":%" G_GUINT64_FORMAT "}", body,
                          ++self->said);
  if (self->welcome)
    send_now (self, text);
  g_queue_push_tail (&self->unacked, g_steal_pointer (&text));
}

/** test_client_ask: likewise, without a number. */
void
test_client_ask (TestClient *self, const char *format, ...)
{
  g_autofree char *body = NULL;
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  body = format_text (format, args);
  va_end (args);
  text = g_strdup_printf ("{%s}", body);
  g_assert_true (self->welcome);
  send_now (self, text);
}

/* --- Hearing --- */

const char *
test_client_get (JsonObject *message, const char *member)
{
  return json_object_get_string_member_with_default (message, member, NULL);
}

static char *
to_text (JsonObject *message)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, message);
  return json_to_string (node, FALSE);
}

static guint64
get_acked (TestClient *self)
{
  return self->said - self->unacked.length;
}

static void
take_ack (TestClient *self, guint64 ack)
{
  g_assert_cmpuint (ack, <=, self->said);
  while (get_acked (self) < ack)
    g_free (g_queue_pop_head (&self->unacked));
}

/* Where it has been somebody else, who takes what it heard is told so. */
static void
begin_anew (TestClient *self, const char *id)
{
  JsonObject *begun;

  g_free (self->id);
  self->id = g_strdup (id);
  if (self->n_begun++ == 0)
    return;
  begun = json_object_new ();
  json_object_set_string_member (begun, "type", "begun");
  g_queue_push_tail (&self->inbox, begun);
  self->said = 0;
  self->heard = 0;
  g_queue_clear_full (&self->unacked, g_free);
  g_queue_init (&self->unacked);
}

static void
request_resumption (TestClient *self, JsonObject *message)
{
  const char *id = test_client_get (message, "peerId");

  if (json_object_get_boolean_member (message, "resumed")) {
    guint64 ack = (guint64) json_object_get_int_member (message, "ack");

    g_assert_cmpstr (id, ==, self->id);
    self->is_misfit = ack < get_acked (self);
    if (self->is_misfit)
      return;
    take_ack (self, ack);
  } else {
    begin_anew (self, id);
  }
  g_free (self->token);
  self->token = g_strdup (test_client_get (message, "token"));
  self->degraded =
      json_object_get_boolean_member_with_default (message, "degraded", FALSE);
  self->knows_more = self->degraded;
  self->welcome = TRUE;
  for (GList *l = self->unacked.head; l != NULL; l = l->next)
    send_now (self, l->data);
}

static void
opt_in (TestClient *self)
{
  g_autofree char *token = NULL;
  g_autofree char *hello = NULL;

  if (self->token != NULL)
    token = g_strdup_printf (",'token':'%s','ack':%" G_GUINT64_FORMAT,
                             self->token, self->heard);
  hello = g_strdup_printf ("{'type':'setProtocolVersion','version':'v1_1',"
                           "'resilient':{'version':1,'attempt':%u%s%s}}",
                           ++self->n_attempts,
                           self->knows_more ? ",'degraded':true" : "",
                           token != NULL ? token : "");
  send_now (self, g_strdelimit (hello, "'", '"'));
}

static void
take_status (TestClient *self, JsonObject *message)
{
  g_assert_true (self->opted_in);
  self->degraded = json_object_get_boolean_member (message, "degraded");
  self->knows_more = self->knows_more && self->degraded;
}

static void
take_number (TestClient *self, JsonObject *message)
{
  if (json_object_has_member (message, "ack") ||
      json_object_has_member (message, "seq"))
    self->knows_more = self->knows_more || self->degraded;
  if (json_object_has_member (message, "ack"))
    take_ack (self, (guint64) json_object_get_int_member (message, "ack"));
  if (!json_object_has_member (message, "seq"))
    return;

  g_assert_cmpint (json_object_get_int_member (message, "seq"), ==,
                   (gint64) self->heard + 1);
  if (++self->heard % ACK_EVERY == 0)
    test_client_ask (self, "'type':'ack','ack':%" G_GUINT64_FORMAT,
                     self->heard);
}

static void
take_welcome (TestClient *self, JsonObject *message)
{
  if (self->opted_in) {
    opt_in (self);
  } else {
    begin_anew (self, test_client_get (message, "peerId"));
    self->welcome = TRUE;
  }
}

static void
take (TestClient *self, JsonObject *message)
{
  const char *type = test_client_get (message, "type");

  if (g_str_equal (type, "welcome")) {
    take_welcome (self, message);
  } else if (g_str_equal (type, "resilientWelcome")) {
    request_resumption (self, message);
  } else if (g_str_equal (type, "serverStatus")) {
    take_status (self, message);
  } else {
    if (self->opted_in)
      take_number (self, message);
    if (g_str_equal (type, "roomJoined"))
      self->n_joined++;
    if (!g_str_equal (type, "ack") && !g_str_equal (type, "moved"))
      g_queue_push_tail (&self->inbox, json_object_ref (message));
  }
}

/* As our own client does: what it has thrown away nobody has any more. */
static void
forget_resumption (TestClient *self)
{
  self->is_misfit = FALSE;
  g_clear_pointer (&self->token, g_free);
  g_clear_pointer (&self->peer, test_peer_free);
  test_client_try (self, self->node);
}

/** test_client_take: whatever has come is looked at; FALSE: the connection has
 * ended. */
gboolean
test_client_take (TestClient *self)
{
  char *text;

  while (self->peer != NULL && !self->is_misfit &&
         (text = g_queue_pop_head (&self->peer->received)) != NULL) {
    g_autoptr (JsonNode) root = json_from_string (text, NULL);

    g_free (text);
    take (self, json_node_get_object (root));
  }
  if (self->is_misfit)
    forget_resumption (self);
  return self->peer != NULL && !self->peer->closed;
}

static gboolean
has_news (gpointer user_data)
{
  TestClient *self = user_data;

  if (!test_client_take (self) && g_queue_is_empty (&self->inbox))
    g_error ("the connection of %s has ended (%u)", self->id,
             self->peer != NULL ? self->peer->close_code : 0);
  return !g_queue_is_empty (&self->inbox);
}

/* Whether a loss was noticed before the return is a matter of time. Epochs of
 * rooms are counted. */
static gboolean
is_by_the_way (const char *type)
{
  return g_str_equal (type, "begun") || g_str_equal (type, "memberJoined") ||
         g_str_equal (type, "memberLeft") || g_str_equal (type, "roomJoined") ||
         g_str_equal (type, "reconnection-detected");
}

/**
 * test_client_receive: (transfer full)
 *
 * The next message, which must be of @type; NULL: of any.
 */
JsonObject *
test_client_receive (TestClient *self, const char *type)
{
  for (;;) {
    g_autofree char *what = g_strdup_printf (
        "%s at %s", type != NULL ? type : "anything", self->id);
    JsonObject *message;
    const char *got;

    test_wait_until (has_news, self, what);
    message = g_queue_pop_head (&self->inbox);
    got = test_client_get (message, "type");
    if (type == NULL || g_str_equal (got, type))
      return message;
    if (!is_by_the_way (got))
      g_error ("%s was waited for, but %s came", what, to_text (message));
    json_object_unref (message);
  }
}

static gboolean
is_degraded (gpointer user_data)
{
  test_client_take (user_data);
  return ((TestClient *) user_data)->degraded;
}

static gboolean
is_not_degraded (gpointer user_data)
{
  return !is_degraded (user_data);
}

void
test_client_wait_degraded (TestClient *self, gboolean degraded)
{
  test_wait_until (degraded ? is_degraded : is_not_degraded, self,
                   "serverStatus");
}

static gboolean
is_acked (gpointer user_data)
{
  TestClient *self = user_data;

  test_client_take (self);
  return self->unacked.length == 0;
}

/** test_client_wait_acked: all that it said was handled. */
void
test_client_wait_acked (TestClient *self)
{
  test_wait_until (is_acked, self, "an acknowledgement");
}

/** test_client_assert_silence: nothing else has been sent to it. */
void
test_client_assert_silence (TestClient *self)
{
  test_client_ask (self, "'type':'%s'", "list");
  json_object_unref (test_client_receive (self, "list"));
  g_assert_cmpuint (self->inbox.length, ==, 0);
}

/* --- Being there --- */

gboolean
test_client_try (TestClient *self, TestNode *node)
{
  self->node = node;
  test_client_drop (self);
  self->peer = test_peer_try (node->port);
  if (self->peer->connection == NULL)
    test_client_drop (self);
  return self->peer != NULL;
}

static gboolean
is_welcome (gpointer user_data)
{
  TestClient *self = user_data;

  if (!test_client_take (self))
    g_error ("the connection of %s has ended", self->id);
  return self->welcome;
}

void
test_client_wait_welcome (TestClient *self)
{
  test_wait_until (is_welcome, self, "a welcome");
}

void
test_client_come (TestClient *self, TestNode *node)
{
  g_assert_true (test_client_try (self, node));
  test_client_wait_welcome (self);
}

TestClient *
test_client_new (TestNode *node, gboolean opted_in)
{
  TestClient *self = g_new0 (TestClient, 1);

  self->opted_in = opted_in;
  test_client_come (self, node);
  return self;
}

/** test_client_drop: what has come is handled; the client remains. */
void
test_client_drop (TestClient *self)
{
  test_client_take (self);
  g_clear_pointer (&self->peer, test_peer_free);
  self->welcome = FALSE;
}

static gboolean
has_ended (gpointer user_data)
{
  return !test_client_take (user_data);
}

void
test_client_send_goodbye (TestClient *self)
{
  soup_websocket_connection_close (self->peer->connection,
                                   SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  test_wait_until (has_ended, self, "a goodbye to be answered");
  test_client_drop (self);
}

void
test_client_free (TestClient *self)
{
  if (self == NULL)
    return;

  test_client_drop (self);
  g_queue_clear_full (&self->unacked, g_free);
  g_queue_clear_full (&self->inbox, (GDestroyNotify) json_object_unref);
  g_free (self->id);
  g_free (self->token);
  g_free (self);
}

/* --- Status --- */

/** test_client_set_role: @name: (nullable): */
void
test_client_set_role (TestClient *self, const char *role, const char *name)
{
  g_autofree char *meta =
      name != NULL ? g_strdup_printf ("{'name':'%s'}", name) : NULL;

  test_client_ask (self, "'type':'setPeerStatus','roles':['%s'],'meta':%s",
                   role, meta != NULL ? meta : "null");
}

/** test_client_new_listener: which has heard of its own change. */
TestClient *
test_client_new_listener (TestNode *node)
{
  TestClient *self = test_client_new (node, TRUE);

  test_client_set_role (self, "listener", NULL);
  test_client_receive_roles (self, self->id, 1);
  return self;
}

/** test_client_receive_roles: of whom, and how many it has, 0 being gone. */
void
test_client_receive_roles (TestClient *self, const char *peer_id, guint n_roles)
{
  g_autoptr (JsonObject) news = test_client_receive (self, "peerStatusChanged");

  g_assert_cmpstr (test_client_get (news, "peerId"), ==, peer_id);
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (news, "roles")), ==,
      n_roles);
}

void
test_client_receive_error (TestClient *self, const char *code)
{
  g_autoptr (JsonObject) error = test_client_receive (self, "error");

  g_assert_cmpstr (test_client_get (error, "code"), ==, code);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/** test_client_list: the ids of all "producers" or "consumers", in order. */
char *
test_client_list (TestClient *self, const char *what)
{
  const char *type = g_str_equal (what, "producers") ? "list" : "listConsumers";
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autoptr (JsonObject) message = NULL;
  JsonArray *all;

  test_client_ask (self, "'type':'%s'", type);
  message = test_client_receive (self, type);
  all = json_object_get_array_member (message, what);
  for (guint i = 0; i < json_array_get_length (all); i++)
    g_ptr_array_add (ids, (gpointer) test_client_get (
                              json_array_get_object_element (all, i), "id"));
  g_ptr_array_sort (ids, compare_ids);
  g_ptr_array_add (ids, NULL);
  return g_strjoinv (" ", (char **) ids->pdata);
}

gboolean
test_client_lists (TestClient *self, const char *what, const char *peer_id)
{
  g_autofree char *ids = test_client_list (self, what);

  return strstr (ids, peer_id) != NULL;
}

static gboolean
on_pause_over (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/** test_client_pause: before the same is asked again. */
void
test_client_pause (void)
{
  gboolean over = FALSE;

  g_timeout_add (50, on_pause_over, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

/** test_client_wait_listed: what another node has appended has to be read. */
void
test_client_wait_listed (TestClient *self, const char *what,
                         const char *peer_id)
{
  gint64 end_us = g_get_monotonic_time () + TEST_DEADLINE_S * G_USEC_PER_SEC;

  while (!test_client_lists (self, what, peer_id)) {
    if (g_get_monotonic_time () > end_us)
      g_error ("%s is not told of %s", self->id, peer_id);
    test_client_pause ();
  }
}
