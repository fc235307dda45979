/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-peer.h"
#include "test-serve.h"

#include <string.h>

/* The floor of a room, over real sockets and by the server's own clock. */

typedef struct {
  RwServer *server;
  guint port;
} Fixture;

/* A client with resumption, in the room. */
typedef struct {
  TestPeer *peer;
  char *id;
  char *token;
} Talker;

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const char *const strict_rooms[] = {"strict-*", NULL};
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  config->max_rooms = 2;
  config->floor_max_hold_s = 1;
  config->floor_grace_ms = 10000;
  config->floor_strict_rooms = g_strdupv ((char **) strict_rooms);
  f->server = test_serve (config);
  f->port = rw_server_get_port (f->server);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_server_stop (f->server);
  g_object_unref (f->server);
}

static void
say (Talker *t, const char *type, const char *room, const char *more)
{
  test_peer_send_json (t->peer, "{'type':'%s','roomId':'%s'%s}", type, room,
                       more);
}

static void
talker_free (Talker *t)
{
  g_clear_pointer (&t->peer, test_peer_free);
  g_free (t->id);
  g_free (t->token);
  g_free (t);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Talker, talker_free)

static Talker *
join (Fixture *f, const char *room)
{
  Talker *t = g_new0 (Talker, 1);
  g_autofree char *welcome = NULL;

  t->peer = test_peer_new (f->port);
  g_free (test_peer_expect_type (t->peer, "welcome"));
  test_peer_send_json (t->peer, "{'type':'setProtocolVersion','version':'v1_1',"
                                "'resilient':{'version':1,'clientId':'me'}}");
  welcome = test_peer_expect_type (t->peer, "resilientWelcome");
  t->id = test_peer_get (welcome, "peerId");
  t->token = test_peer_get (welcome, "token");
  say (t, "joinRoom", room, "");
  g_free (test_peer_expect_type (t->peer, "roomJoined"));
  return t;
}

/* Messages before the first of that @type are passed over. */
static char *
skip_to (Talker *t, const char *type)
{
  for (;;) {
    char *text = test_peer_next (t->peer);
    g_autofree char *got = NULL;

    g_assert_nonnull (text);
    got = test_peer_get (text, "type");
    if (g_str_equal (got, type))
      return text;
    g_free (text);
  }
}

static void
expect (Talker *t, const char *type, const char *says)
{
  g_autofree char *text = skip_to (t, type);

  if (strstr (text, says) == NULL)
    g_error ("%s does not say %s", text, says);
}

static void
lose (Talker *t)
{
  g_clear_pointer (&t->peer, test_peer_free);
}

static void
come_back (Fixture *f, Talker *t)
{
  t->peer = test_peer_new (f->port);
  g_free (test_peer_expect_type (t->peer, "welcome"));
  /* All that was said to it, it has heard: it does not matter here. */
  test_peer_send_json (
      t->peer,
      "{'type':'setProtocolVersion','version':'v1_1','resilient':{"
      "'version':1,'clientId':'me','token':'%s','ack':0}}",
      t->token);
  expect (t, "resilientWelcome", "\"resumed\":true");
  g_free (skip_to (t, "reconnection-detected"));
}

static void
test_the_queue_is_by_priority (Fixture *f, gconstpointer unused)
{
  g_autoptr (Talker) holder = join (f, "r");
  g_autoptr (Talker) low = join (f, "r");
  g_autoptr (Talker) high = join (f, "r");

  say (holder, "requestFloor", "r", "");
  expect (holder, "floorGranted", "\"maxHoldMs\":1000");
  expect (low, "floorTaken", holder->id);
  say (low, "requestFloor", "r", ",'priority':1");
  expect (low, "floorQueued", "\"position\":1");
  say (high, "requestFloor", "r", ",'priority':9");
  expect (high, "floorQueued", "\"position\":1");
  say (holder, "requestFloor", "r", ",'wait':false");
  say (holder, "releaseFloor", "r", "");
  expect (high, "floorGranted", "\"roomId\":\"r\"");
  expect (low, "floorTaken", high->id);
}

static void
test_nobody_holds_it_for_too_long (Fixture *f, gconstpointer unused)
{
  g_autoptr (Talker) holder = join (f, "r");
  g_autoptr (Talker) next = join (f, "r");
  gint64 start_us = g_get_monotonic_time ();

  say (holder, "requestFloor", "r", "");
  expect (holder, "floorGranted", "1000");
  say (next, "requestFloor", "r", "");
  expect (holder, "floorReleased", "\"reason\":\"time\"");
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 900000);
  expect (next, "floorGranted", "1000");
}

/* Away for less than its grace: nobody else was granted anything. */
static void
test_a_lost_holder_gets_it_back (Fixture *f, gconstpointer unused)
{
  g_autoptr (Talker) holder = join (f, "r");
  g_autoptr (Talker) other = join (f, "r");

  say (holder, "requestFloor", "r", "");
  expect (other, "floorTaken", holder->id);
  lose (holder);
  say (other, "requestFloor", "r", ",'wait':false");
  expect (other, "floorDenied", holder->id);
  come_back (f, holder);
  expect (holder, "floorGranted", "\"roomId\":\"r\"");
}

static void
test_in_a_strict_room_it_is_lost (Fixture *f, gconstpointer unused)
{
  g_autoptr (Talker) holder = join (f, "strict-1");
  g_autoptr (Talker) other = join (f, "strict-1");

  say (holder, "requestFloor", "strict-1", "");
  expect (other, "floorTaken", holder->id);
  lose (holder);
  expect (other, "floorReleased", "\"reason\":\"lost\"");
  say (other, "requestFloor", "strict-1", "");
  expect (other, "floorGranted", "\"roomId\":\"strict-1\"");
}

static void
test_there_are_as_many_rooms_as_may_be (Fixture *f, gconstpointer unused)
{
  g_autoptr (Talker) a = join (f, "r1");
  g_autoptr (Talker) b = join (f, "r2");

  say (a, "joinRoom", "r3", "");
  expect (a, "error", "too-many-rooms");
  say (b, "leaveRoom", "r2", "");
  say (b, "joinRoom", "r3", "");
  expect (b, "roomJoined", "r3");
}

#define ADD(path, func)                                                        \
  g_test_add ("/floor/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("the-queue-is-by-priority", test_the_queue_is_by_priority);
  ADD ("nobody-holds-it-for-too-long", test_nobody_holds_it_for_too_long);
  ADD ("a-lost-holder-gets-it-back", test_a_lost_holder_gets_it_back);
  ADD ("in-a-strict-room-it-is-lost", test_in_a_strict_room_it_is_lost);
  ADD ("there-are-as-many-rooms-as-may-be",
       test_there_are_as_many_rooms_as_may_be);

  return g_test_run ();
}
