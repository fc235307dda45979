/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-peer.h"
#include "test-serve.h"

#include <string.h>

/* Clients with resumption, over real sockets. */

typedef struct {
  RwServer *server;
  guint port;
} Fixture;

static void
set_up (Fixture *f, gconstpointer grace_ms)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  config->grace_ms = GPOINTER_TO_UINT (grace_ms);
  f->server = test_serve (config);
  f->port = rw_server_get_port (f->server);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_server_stop (f->server);
  g_object_unref (f->server);
}

/* Requests resumption; the answer is left in @welcome. */
static TestPeer *
request_resumption (Fixture *f, const char *token, guint ack, char **welcome)
{
  TestPeer *peer = test_peer_new (f->port);

  g_free (test_peer_expect_type (peer, "welcome"));
  if (token == NULL)
    test_peer_send_json (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                               "'resilient':{'version':1,'clientId':'me'}}");
  else
    test_peer_send_json (
        peer,
        "{'type':'setProtocolVersion','version':'v1_1',"
        "'resilient':{'version':1,'clientId':'me','token':'%s',"
        "'ack':%u}}",
        token, ack);
  *welcome = test_peer_expect_type (peer, "resilientWelcome");
  return peer;
}

static void
say_status (TestPeer *peer, const char *role)
{
  test_peer_send_json (
      peer, "{'type':'setPeerStatus','roles':['%s'],'meta':null}", role);
}

/* Waits until what was said before has been handled. */
static void
settle (TestPeer *peer)
{
  test_peer_send_json (peer, "{'type':'list'}");
  for (;;) {
    g_autofree char *text = test_peer_next (peer);
    g_autofree char *type = test_peer_get (text, "type");

    if (g_str_equal (type, "list"))
      return;
  }
}

static gboolean
has_n_clients (gpointer user_data)
{
  return rw_server_get_n_clients (user_data) == 1;
}

static void
test_a_client_resumes_with_what_was_missed (Fixture *f, gconstpointer unused)
{
  g_autofree char *welcome = NULL;
  g_autofree char *resumed = NULL;
  g_autofree char *missed = NULL;
  TestPeer *first = request_resumption (f, NULL, 0, &welcome);
  g_autofree char *id = test_peer_get (welcome, "peerId");
  g_autofree char *token = test_peer_get (welcome, "token");
  g_autoptr (TestPeer) other = test_peer_new (f->port);
  g_autoptr (TestPeer) second = NULL;

  g_assert_cmpuint (strlen (token), >=, 32);
  say_status (first, "producer");
  settle (first);
  test_peer_free (first);
  test_wait_until (has_n_clients, f->server, "the loss to be noticed");

  g_free (test_peer_expect_type (other, "welcome"));
  test_peer_send_json (other, "{'type':'startSession','peerId':'%s'}", id);
  g_free (test_peer_expect_type (other, "sessionStarted"));

  second = request_resumption (f, token, 0, &resumed);
  g_assert_nonnull (strstr (resumed, "\"resumed\":true"));
  g_assert_nonnull (strstr (resumed, id));
  missed = test_peer_expect_type (second, "startSession");
  g_assert_nonnull (strstr (missed, "\"seq\":1"));
}

static void
test_a_claim_closes_the_old_connection (Fixture *f, gconstpointer unused)
{
  g_autofree char *welcome = NULL;
  g_autofree char *resumed = NULL;
  g_autoptr (TestPeer) first = request_resumption (f, NULL, 0, &welcome);
  g_autofree char *token = test_peer_get (welcome, "token");
  g_autoptr (TestPeer) second = request_resumption (f, token, 0, &resumed);

  g_assert_nonnull (strstr (resumed, "\"resumed\":true"));
  test_peer_expect_closed (first, 4001);
  settle (second);
}

static void
test_acks_come_by_themselves (Fixture *f, gconstpointer unused)
{
  g_autofree char *welcome = NULL;
  g_autoptr (TestPeer) peer = request_resumption (f, NULL, 0, &welcome);

  test_peer_send_json (peer, "{'type':'setPeerStatus','roles':['producer'],"
                             "'meta':null,'seq':1}");
  test_peer_expect (peer, "{'type':'ack','ack':1}");
}

static void
test_without_grace_no_client_is_kept (Fixture *f, gconstpointer unused)
{
  g_autofree char *welcome = NULL;
  g_autofree char *again = NULL;
  g_autoptr (TestPeer) other = test_peer_new (f->port);
  TestPeer *first = request_resumption (f, NULL, 0, &welcome);
  g_autofree char *token = test_peer_get (welcome, "token");
  g_autoptr (TestPeer) second = NULL;

  test_peer_free (first);
  test_wait_until (has_n_clients, f->server, "the loss to be noticed");
  second = request_resumption (f, token, 0, &again);
  g_assert_nonnull (strstr (again, "\"resumed\":false"));
}

static void
test_a_grace_ends_by_the_clock (Fixture *f, gconstpointer unused)
{
  g_autofree char *welcome = NULL;
  g_autofree char *gone = NULL;
  g_autoptr (TestPeer) listener = test_peer_new (f->port);
  TestPeer *peer = request_resumption (f, NULL, 0, &welcome);

  g_free (test_peer_expect_type (listener, "welcome"));
  say_status (listener, "listener");
  g_free (test_peer_expect_type (listener, "peerStatusChanged"));
  say_status (peer, "producer");
  g_free (test_peer_expect_type (listener, "peerStatusChanged"));
  test_peer_free (peer);
  gone = test_peer_expect_type (listener, "peerStatusChanged");
  g_assert_nonnull (strstr (gone, "\"roles\":[]"));
}

static void
test_a_normal_close_removes_the_client (Fixture *f, gconstpointer unused)
{
  g_autofree char *welcome = NULL;
  g_autofree char *again = NULL;
  g_autoptr (TestPeer) first = request_resumption (f, NULL, 0, &welcome);
  g_autofree char *token = test_peer_get (welcome, "token");
  g_autoptr (TestPeer) second = NULL;

  soup_websocket_connection_close (first->connection,
                                   SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  test_peer_expect_end (first);
  second = request_resumption (f, token, 0, &again);
  g_assert_nonnull (strstr (again, "\"resumed\":false"));
}

static void
say_room (TestPeer *peer, const char *type, const char *more)
{
  test_peer_send_json (peer, "{'type':'%s','roomId':'r'%s}", type, more);
}

static void
test_a_room_tells_who_returns_what_was_missed (Fixture *f, gconstpointer unused)
{
  g_autofree char *welcome = NULL;
  g_autofree char *other_welcome = NULL;
  g_autofree char *resumed = NULL;
  g_autofree char *back = NULL;
  g_autofree char *missed = NULL;
  TestPeer *first = request_resumption (f, NULL, 0, &welcome);
  g_autoptr (TestPeer) other = request_resumption (f, NULL, 0, &other_welcome);
  g_autofree char *token = test_peer_get (welcome, "token");
  g_autoptr (TestPeer) second = NULL;

  say_room (first, "joinRoom", "");
  g_free (test_peer_expect_type (first, "roomJoined"));
  say_room (other, "joinRoom", ",'meta':{'name':'Ann'}");
  g_free (test_peer_expect_type (other, "roomJoined"));
  g_free (test_peer_expect_type (first, "memberJoined"));
  test_peer_free (first);
  test_wait_until (has_n_clients, f->server, "the loss to be noticed");
  say_room (other, "publish", ",'data':{'text':'hello'}");
  g_free (test_peer_expect_type (other, "roomMessage"));

  second = request_resumption (f, token, 2, &resumed);
  back = test_peer_expect_type (second, "reconnection-detected");
  g_assert_nonnull (strstr (back, "\"missed\":1"));
  missed = test_peer_expect_type (second, "roomMessage");
  g_assert_nonnull (strstr (missed, "\"data\":{\"text\":\"hello\"}"));
  g_assert_nonnull (strstr (missed, "\"sequence\":1"));
}

/* The client is gone, and with it its membership; not the messages of the room.
 */
static void
test_a_room_goes_on_after_a_client_was_removed (Fixture *f,
                                                gconstpointer unused)
{
  g_autofree char *welcome = NULL;
  g_autofree char *other_welcome = NULL;
  g_autofree char *new_welcome = NULL;
  g_autofree char *joined = NULL;
  g_autofree char *again = NULL;
  g_autofree char *back = NULL;
  TestPeer *first = request_resumption (f, NULL, 0, &welcome);
  g_autoptr (TestPeer) other = request_resumption (f, NULL, 0, &other_welcome);
  g_autoptr (TestPeer) second = NULL;
  g_autofree char *instance = NULL;

  say_room (other, "joinRoom", "");
  g_free (test_peer_expect_type (other, "roomJoined"));
  say_room (first, "joinRoom", "");
  joined = test_peer_expect_type (first, "roomJoined");
  instance = test_peer_get (joined, "instance");
  g_free (test_peer_expect_type (other, "memberJoined"));
  test_peer_free (first);
  g_free (test_peer_expect_type (other, "memberLeft"));
  for (guint i = 0; i < 40; i++)
    test_peer_send_json (other, "{'type':'publish','roomId':'r','data':%u}", i);
  for (guint i = 0; i < 40; i++)
    g_free (test_peer_expect_type (other, "roomMessage"));

  second = request_resumption (f, NULL, 0, &new_welcome);
  test_peer_send_json (second,
                       "{'type':'joinRoom','roomId':'r','instance':'%s',"
                       "'sequence':0}",
                       instance);
  again = test_peer_expect_type (second, "roomJoined");
  g_assert_nonnull (strstr (again, instance));
  back = test_peer_expect_type (second, "reconnection-detected");
  g_assert_nonnull (strstr (back, "\"missed\":40,\"lost\":0"));
  for (guint i = 0; i < 40; i++) {
    g_autofree char *wanted = g_strdup_printf ("\"sequence\":%u,", i + 1);
    g_autofree char *missed = test_peer_expect_type (second, "roomMessage");

    g_assert_nonnull (strstr (missed, wanted));
  }
}

static void
test_rooms_are_for_resumable_clients (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) plain = test_peer_new (f->port);

  g_free (test_peer_expect_type (plain, "welcome"));
  say_room (plain, "joinRoom", "");
  test_peer_expect_error (plain, "requested resumption");
  say_room (plain, "joinRoom", ",'sequence':1");
  test_peer_expect_error (plain, "instance");
}

static gboolean
has_no_clients (gpointer user_data)
{
  return rw_server_get_n_clients (user_data) == 0;
}

static void
test_before_a_restart_all_are_sent_away (Fixture *f, gconstpointer unused)
{
  g_autofree char *welcome = NULL;
  g_autoptr (TestPeer) plain = test_peer_new (f->port);
  g_autoptr (TestPeer) peer = request_resumption (f, NULL, 0, &welcome);
  g_autoptr (TestPeer) late = NULL;

  g_free (test_peer_expect_type (plain, "welcome"));
  rw_server_drain (f->server, 3000);
  test_peer_expect (peer, "{'type':'moved','delayMs':3000}");
  test_peer_expect_closed (peer, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
  g_assert_null (test_peer_next (plain));
  test_peer_expect_closed (plain, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
  test_wait_until (has_no_clients, f->server, "all to be gone");
  late = test_peer_try (f->port);
  g_assert_null (late->connection);
}

#define ADD(path, grace_ms, func)                                              \
  g_test_add ("/resumption/" path, Fixture, GUINT_TO_POINTER (grace_ms),       \
              set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-client-resumes-with-what-was-missed", 30000,
       test_a_client_resumes_with_what_was_missed);
  ADD ("a-resume-closes-the-old-connection", 30000,
       test_a_claim_closes_the_old_connection);
  ADD ("acks-come-by-themselves", 30000, test_acks_come_by_themselves);
  ADD ("without-grace-no-client-is-kept", 0,
       test_without_grace_no_client_is_kept);
  ADD ("a-grace-ends-by-the-clock", 300, test_a_grace_ends_by_the_clock);
  ADD ("a-normal-close-removes-the-client", 30000,
       test_a_normal_close_removes_the_client);
  ADD ("a-room-tells-who-returns-what-was-missed", 30000,
       test_a_room_tells_who_returns_what_was_missed);
  ADD ("a-room-goes-on-after-a-client-was-removed", 0,
       test_a_room_goes_on_after_a_client_was_removed);
  ADD ("rooms-are-for-resumable-clients", 30000,
       test_rooms_are_for_resumable_clients);
  ADD ("before-a-restart-all-are-sent-away", 30000,
       test_before_a_restart_all_are_sent_away);

  return g_test_run ();
}
