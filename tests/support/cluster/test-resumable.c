/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-resumable.h"

#include <string.h>

void
test_resumable_leave (TestResumable *client)
{
  g_clear_pointer (&client->peer, test_peer_free);
}

void
test_resumable_clear (TestResumable *client)
{
  test_resumable_leave (client);
  g_free (client->id);
  g_free (client->token);
  g_free (client->instance);
}

void
test_resumable_open (TestResumable *client, TestNode *node)
{
  g_autofree char *welcome = NULL;

  memset (client, 0, sizeof *client);
  client->peer = test_peer_new (node->port);
  g_free (test_peer_expect_type (client->peer, "welcome"));
  test_peer_send_json (client->peer,
                       "{'type':'setProtocolVersion','version':'v1_1',"
                       "'resilient':{'version':1}}");
  welcome = test_peer_expect_type (client->peer, "resilientWelcome");
  client->id = test_peer_get (welcome, "peerId");
  client->token = test_peer_get (welcome, "token");
}

/* Over a new connection, which has not said yet whose it is. */
void
test_resumable_connect (TestResumable *client, TestNode *node)
{
  test_resumable_leave (client);
  client->peer = test_peer_new (node->port);
  g_free (test_peer_expect_type (client->peer, "welcome"));
}

void
test_resumable_send_request (TestResumable *client)
{
  test_peer_send_json (client->peer,
                       "{'type':'setProtocolVersion','version':'v1_1',"
                       "'resilient':{'version':1,'token':'%s','ack':%u}}",
                       client->token, client->heard);
}

void
test_resumable_expect_resumed (TestResumable *client)
{
  g_autofree char *resumed =
      test_peer_expect_type (client->peer, "resilientWelcome");

  if (strstr (resumed, "\"resumed\":true") == NULL)
    g_error ("not resumed, but: %s", resumed);
  g_assert_nonnull (strstr (resumed, client->id));
}

void
test_resumable_request (TestResumable *client)
{
  test_resumable_send_request (client);
  test_resumable_expect_resumed (client);
}

void
test_resumable_restore (TestResumable *client, TestNode *node)
{
  g_autofree char *restored = NULL;

  test_resumable_connect (client, node);
  test_resumable_send_request (client);
  restored = test_peer_expect_type (client->peer, "resilientWelcome");
  g_assert_nonnull (strstr (restored, "\"restored\":true"));
  g_assert_nonnull (strstr (restored, client->id));
  g_free (client->token);
  client->token = test_peer_get (restored, "token");
  client->said = 0;
  client->heard = 0;
  if (client->instance == NULL)
    return;
  test_resumable_send (client,
                       "'type':'joinRoom','roomId':'r','instance':'%s',"
                       "'sequence':%" G_GUINT64_FORMAT,
                       client->instance, client->sequence);
  g_free (test_resumable_receive (client, "roomJoined"));
}

void
test_resumable_resume (TestResumable *client, TestNode *node)
{
  test_resumable_connect (client, node);
  test_resumable_request (client);
}

/* Acknowledged messages need not be kept for it any more. */
void
test_resumable_ack (TestResumable *client)
{
  test_peer_send_json (client->peer, "{'type':'ack','ack':%u}", client->heard);
}

static void
count_heard (TestResumable *client, const char *text)
{
  const char *seq = strstr (text, "\"seq\":");

  g_assert_nonnull (seq);
  g_assert_cmpuint (g_ascii_strtoull (seq + strlen ("\"seq\":"), NULL, 10), ==,
                    client->heard + 1);
  client->heard++;
}

/* For the next joinRoom. */
static void
note_room (TestResumable *client, const char *type, const char *text)
{
  const char *sequence = strstr (text, "\"sequence\":");

  if (g_str_equal (type, "roomJoined")) {
    g_free (client->instance);
    client->instance = test_peer_get (text, "instance");
  }
  if (sequence != NULL)
    client->sequence =
        g_ascii_strtoull (sequence + strlen ("\"sequence\":"), NULL, 10);
}

/* The next message of @type. Numbered ones must have the next number, and none
 * may come between but of having been away (whether a loss was noticed before
 * the return is a matter of time) and of a room's new epoch. */
char *
test_resumable_receive (TestResumable *client, const char *type)
{
  for (;;) {
    g_autofree char *text = test_peer_next (client->peer);
    g_autofree char *got = test_peer_get (text, "type");

    if (g_str_equal (got, "ack"))
      continue;
    if (!g_str_equal (got, "serverStatus"))
      count_heard (client, text);
    note_room (client, got, text);
    if (g_str_equal (got, type))
      return g_steal_pointer (&text);
    if (!g_str_equal (got, "serverStatus") &&
        !g_str_equal (got, "memberLeft") && !g_str_equal (got, "roomJoined") &&
        !g_str_equal (got, "reconnection-detected"))
      g_error ("%s was waited for, but %s came", type, text);
  }
}

void
test_resumable_join (TestResumable *client)
{
  test_resumable_send (client, "'type':'joinRoom','roomId':'%s'", "r");
  g_free (test_resumable_receive (client, "roomJoined"));
}

void
test_resumable_meet (TestResumable *one, TestNode *at, TestResumable *other,
                     TestNode *other_at)
{
  test_resumable_open (one, at);
  test_resumable_open (other, other_at);
  test_resumable_join (one);
  test_resumable_join (other);
  g_free (test_resumable_receive (one, "memberJoined"));
}

void
test_resumable_publish (TestResumable *client, guint n)
{
  test_resumable_send (client, "'type':'publish','roomId':'r','data':'m%u'", n);
}

void
test_resumable_receive_published (TestResumable *client, guint n)
{
  g_autofree char *text = test_resumable_receive (client, "roomMessage");
  g_autofree char *data = test_peer_get (text, "data");
  g_autofree char *wanted = g_strdup_printf ("m%u", n);

  g_assert_cmpstr (data, ==, wanted);
}

/* The publisher receives it too. */
void
test_resumable_receive_range (TestResumable *client, guint first, guint n)
{
  for (guint i = 0; i < n; i++)
    test_resumable_receive_published (client, first + i);
}
