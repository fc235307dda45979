/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-peer.h"
#include "test-redis.h"
#include "test-seat.h"

#include <string.h>

/* Several servers that share a Redis, as processes: any of the three may go at
 * any time, and no client loses its seat or a message. */

typedef struct {
  TestRedis redis;
  TestNode a;
  TestNode b;
} Fixture;

static void
set_up (Fixture *f, gconstpointer persists)
{
  memset (f, 0, sizeof *f);
  test_redis_init (&f->redis, GPOINTER_TO_INT (persists));
  test_redis_start (&f->redis);
  test_node_start (&f->a, f->redis.uri);
  test_node_start (&f->b, f->redis.uri);
  test_node_wait_ready (&f->a);
  test_node_wait_ready (&f->b);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_node_kill (&f->a);
  test_node_kill (&f->b);
  test_redis_clear (&f->redis);
}

/* --- What nodes share --- */

static void
test_a_session_between_two_nodes (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) producer;
  g_auto (TestSeat) consumer;
  g_autofree char *started = NULL;
  g_autofree char *asked = NULL;
  g_autofree char *offer = NULL;
  g_autofree char *session = NULL;

  test_seat_open (&producer, &f->a);
  test_seat_open (&consumer, &f->b);
  test_seat_say (&consumer, "'type':'setPeerStatus','roles':['%s'],'meta':null",
                 "listener");
  g_free (test_seat_hear (&consumer, "peerStatusChanged"));
  test_seat_say (&producer, "'type':'setPeerStatus','roles':['%s'],'meta':null",
                 "producer");
  g_free (test_seat_hear (&consumer, "peerStatusChanged"));
  test_seat_say (&consumer, "'type':'startSession','peerId':'%s'", producer.id);
  started = test_seat_hear (&consumer, "sessionStarted");
  session = test_peer_get (started, "sessionId");
  asked = test_seat_hear (&producer, "startSession");
  g_assert_nonnull (strstr (asked, session));
  test_seat_say (&producer,
                 "'type':'peer','sessionId':'%s',"
                 "'sdp':{'type':'offer','sdp':'v=0'}",
                 session);
  offer = test_seat_hear (&consumer, "peer");
  g_assert_nonnull (strstr (offer, "v=0"));
}

static void
test_a_room_on_two_nodes (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);
  for (guint i = 0; i < 20; i++) {
    test_seat_publish (&one, i);
    test_seat_hear_published (&two, i);
  }
}

/* Whose seat is gone says what it had, wherever it comes. */
static void
test_a_room_is_gone_back_to_at_the_other_node (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;
  g_auto (TestSeat) again;
  g_autofree char *joined = NULL;
  g_autofree char *back = NULL;
  g_autofree char *instance = NULL;

  test_seat_meet (&two, &f->b, &one, &f->a);
  test_seat_say (&one, "'type':'joinRoom','roomId':'%s'", "r");
  joined = test_seat_hear (&one, "roomJoined");
  instance = test_peer_get (joined, "instance");
  for (guint i = 0; i < 30; i++)
    test_seat_publish (&two, i);
  test_seat_hear_range (&one, 0, 20);
  test_seat_say (&one, "'type':'leaveRoom','roomId':'%s'", "r");

  test_seat_open (&again, &f->b);
  test_seat_say (&again,
                 "'type':'joinRoom','roomId':'r','instance':'%s',"
                 "'sequence':20",
                 instance);
  g_free (test_seat_hear (&again, "roomJoined"));
  back = test_seat_hear (&again, "reconnection-detected");
  g_assert_nonnull (strstr (back, "\"missed\":10,\"lost\":0"));
  test_seat_hear_range (&again, 20, 10);
}

static void
test_a_seat_is_resumed_at_the_other_node (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);
  test_seat_publish (&two, 0);
  test_seat_hear_published (&one, 0);

  test_seat_leave (&one);
  for (guint i = 1; i <= 30; i++)
    test_seat_publish (&two, i);
  test_seat_resume (&one, &f->b);
  test_seat_hear_range (&one, 1, 30);
  test_seat_publish (&one, 31);
  test_seat_hear_range (&two, 0, 32);
}

static void
test_a_killed_node_is_taken_over (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);
  test_node_kill (&f->a);
  for (guint i = 0; i < 10; i++)
    test_seat_publish (&two, i);
  test_seat_resume (&one, &f->b);
  test_seat_hear_range (&one, 0, 10);
  test_seat_publish (&one, 10);
  test_seat_hear_range (&two, 0, 11);
}

/* Its clients come to no other node: those of the other hear that they are
 * away, and then that they are gone, as if it had said so itself. */
static void
test_the_clients_of_a_killed_node_are_away (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) watcher;
  TestPeer *plain = test_peer_new (f->a.port);
  g_autofree char *gone = NULL;

  test_seat_open (&watcher, &f->b);
  test_seat_say (&watcher, "'type':'setPeerStatus','roles':['%s'],'meta':null",
                 "listener");
  g_free (test_seat_hear (&watcher, "peerStatusChanged"));
  g_free (test_peer_expect_type (plain, "welcome"));
  test_peer_say (plain,
                 "{'type':'setPeerStatus','roles':['producer'],'meta':null}");
  g_free (test_seat_hear (&watcher, "peerStatusChanged"));
  test_node_kill (&f->a);
  gone = test_seat_hear (&watcher, "peerStatusChanged");
  g_assert_nonnull (strstr (gone, "\"roles\":[]"));
  test_peer_free (plain);
}

static void
test_seats_survive_all_nodes (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);
  test_seat_leave (&one);
  test_seat_publish (&two, 0);
  test_seat_publish (&two, 1);
  test_seat_hear_range (&two, 0, 2);
  test_seat_say (&two, "'type':'joinRoom','roomId':'%s'", "other");
  g_free (test_seat_hear (&two, "roomJoined"));
  test_node_kill (&f->a);
  test_node_kill (&f->b);

  test_node_start (&f->a, f->redis.uri);
  test_node_wait_ready (&f->a);
  test_seat_resume (&one, &f->a);
  test_seat_hear_range (&one, 0, 2);
  test_seat_resume (&two, &f->a);
  test_seat_publish (&one, 2);
  test_seat_hear_published (&two, 2);
}

/* --- Redis goes --- */

static void
hear_status (TestSeat *seat, gboolean degraded)
{
  g_autofree char *text = test_seat_hear (seat, "serverStatus");

  g_assert_nonnull (
      strstr (text, degraded ? "\"degraded\":true" : "\"degraded\":false"));
}

/* With and without what it had kept. */
static void
test_redis_restarts_under_traffic (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;
  guint said = 0;

  test_seat_meet (&one, &f->a, &two, &f->b);
  while (said < 50)
    test_seat_publish (&one, said++);
  for (guint i = 0; i < 50; i++)
    test_seat_hear_published (&two, i);
  test_seat_hear_range (&one, 0, 50);

  test_redis_kill (&f->redis);
  hear_status (&one, TRUE);
  hear_status (&two, TRUE);
  test_node_wait_degraded (&f->a);
  while (said < 100)
    test_seat_publish (&one, said++);
  test_redis_start (&f->redis);
  for (guint i = 50; i < 100; i++)
    test_seat_hear_published (&two, i);
  test_node_wait_ready (&f->a);
  test_node_wait_ready (&f->b);

  /* And nobody was declared dead. */
  test_seat_publish (&two, 100);
  test_seat_hear_range (&one, 50, 51);
}

static void
test_a_redis_that_does_not_answer (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);
  test_redis_freeze (&f->redis, TRUE);
  test_seat_publish (&one, 0);
  hear_status (&one, TRUE);
  test_node_wait_degraded (&f->a);
  test_redis_freeze (&f->redis, FALSE);
  test_seat_hear_published (&two, 0);
  test_node_wait_ready (&f->a);
}

/* Before it is known to be away, if it ever is. */
static void
test_what_waits_for_a_redis_is_bounded (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) other;
  g_autofree char *large = g_strnfill (900 * 1024, 'x');

  test_node_kill (&f->a);
  test_node_start_with (&f->a, f->redis.uri, "--message-rate=0");
  test_node_wait_ready (&f->a);
  test_seat_open (&one, &f->a);
  test_seat_open (&other, &f->a);
  test_redis_freeze (&f->redis, TRUE);
  for (guint i = 0; i < 80; i++)
    test_seat_say (&one, "'type':'publish','roomId':'r','data':'%s'", large);
  test_peer_expect_closed (one.peer, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);

  /* Others have not said anything, and may. */
  test_seat_say (&other, "'type':'joinRoom','roomId':'%s','meta':null", "r");
  test_redis_freeze (&f->redis, FALSE);
  g_free (test_seat_hear (&other, "roomJoined"));
}

static void
test_a_redis_that_is_full (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);
  g_free (test_redis_do (&f->redis, "CONFIG SET maxmemory 1"));
  for (guint i = 0; i < 20; i++)
    test_seat_publish (&one, i);
  test_node_wait_degraded (&f->a);
  g_free (test_redis_do (&f->redis, "CONFIG SET maxmemory 0"));
  for (guint i = 0; i < 20; i++)
    test_seat_hear_published (&two, i);
}

static void
test_a_redis_that_is_read_only (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);
  g_free (test_redis_do (&f->redis, "CONFIG SET min-replicas-to-write 1"));
  test_seat_publish (&one, 0);
  test_node_wait_degraded (&f->a);
  g_free (test_redis_do (&f->redis, "CONFIG SET min-replicas-to-write 0"));
  test_seat_hear_published (&two, 0);
}

/* "localhost" has an address of either kind, and this Redis only one. */
static void
test_a_redis_at_one_of_two_addresses (Fixture *f, gconstpointer unused)
{
  g_autofree char *uri =
      g_strdup_printf ("redis://localhost:%u", test_redis_listen (&f->redis));
  g_auto (TestSeat) one;

  test_node_kill (&f->a);
  test_node_start (&f->a, uri);
  test_node_wait_ready (&f->a);
  test_seat_open (&one, &f->a);
}

/* --- Somebody else writes there --- */

static void
test_garbage_in_the_log_is_passed_over (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;
  g_autofree char *metrics = NULL;

  test_seat_open (&one, &f->a);
  test_seat_open (&two, &f->b);
  g_free (
      test_redis_do (&f->redis, "XADD resilient-signalling:log * e nonsense"));
  g_free (test_redis_do (&f->redis, "XADD resilient-signalling:log * x y z 1"));
  test_seat_join (&one);
  test_seat_join (&two);
  g_free (test_seat_hear (&one, "memberJoined"));
  metrics = test_node_get (&f->a, "/metrics", NULL);
  g_assert_nonnull (strstr (metrics, "store_entries_bad_total 2\n"));
}

static void
test_a_garbage_snapshot_lets_no_node_in (Fixture *f, gconstpointer unused)
{
  g_autofree char *why = NULL;
  guint status;

  g_free (test_redis_do (&f->redis, "SET resilient-signalling:state rubbish"));
  test_node_kill (&f->a);
  test_node_start (&f->a, f->redis.uri);
  why = test_node_get (&f->a, "/readyz", &status);
  g_assert_cmpuint (status, ==, 503);
  g_assert_nonnull (strstr (why, "not ready"));
  test_node_wait_ready (&f->b);
}

static void
test_a_wrong_password_lets_no_node_in (Fixture *f, gconstpointer unused)
{
  g_autofree char *uri = g_strdup_printf ("unix://:wrong@%s", f->redis.socket);
  guint status;

  g_free (test_redis_do (&f->redis, "CONFIG SET requirepass right"));
  test_node_kill (&f->a);
  test_node_start (&f->a, uri);
  g_free (test_node_get (&f->a, "/readyz", &status));
  g_assert_cmpuint (status, ==, 503);
}

static gboolean
was_asked (gpointer user_data)
{
  g_autofree char *stats = test_redis_do (user_data, "INFO commandstats");

  return strstr (stats, "cmdstat_eval:") != NULL;
}

static void
assert_not_ready (TestNode *node)
{
  guint status;

  g_free (test_node_get (node, "/readyz", &status));
  g_assert_cmpuint (status, ==, 503);
}

/* Once it is gone, all is well. */
static void
test_keys_of_others_let_no_node_in (Fixture *f, gconstpointer unused)
{
  static const char *const commands[] = {
      "HSET resilient-signalling:epoch a b",
      "SET resilient-signalling:log nonsense",
      "MSET resilient-signalling:epoch e resilient-signalling:snapshot s",
      "LPUSH resilient-signalling:candidate c",
  };

  test_node_kill (&f->b);
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    test_node_kill (&f->a);
    g_free (test_redis_do (&f->redis, "FLUSHALL"));
    g_free (test_redis_do (&f->redis, commands[i]));
    g_free (test_redis_do (&f->redis, "CONFIG RESETSTAT"));
    test_node_start (&f->a, f->redis.uri);
    test_wait_until (was_asked, &f->redis, "the node to ask");
    assert_not_ready (&f->a);
    g_free (test_redis_do (&f->redis, "FLUSHALL"));
    test_node_wait_ready (&f->a);
  }
}

static void
test_what_is_no_redis_lets_no_node_in (Fixture *f, gconstpointer unused)
{
  g_autofree char *uri =
      g_strdup_printf ("redis://:secret@127.0.0.1:%u", f->b.port);

  test_node_kill (&f->a);
  test_node_start (&f->a, uri);
  for (guint i = 0; i < 20; i++)
    assert_not_ready (&f->a);
  test_node_wait_ready (&f->b);
  test_node_stop (&f->a);
}

/* --- Restarts --- */

static void
test_a_rolling_restart_loses_nothing (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);

  test_node_stop (&f->a);
  test_seat_publish (&two, 0);
  test_seat_hear_published (&two, 0);
  test_seat_resume (&one, &f->b);
  test_seat_hear_range (&one, 0, 1);
  test_node_start (&f->a, f->redis.uri);
  test_node_wait_ready (&f->a);
  test_node_stop (&f->b);
  test_seat_resume (&one, &f->a);
  test_seat_publish (&one, 1);
  test_seat_resume (&two, &f->a);
  test_seat_hear_range (&two, 1, 1);
}

#define NODES_TEST(name, func)                                                 \
  g_test_add ("/server/nodes/" name, Fixture, GINT_TO_POINTER (FALSE), set_up, \
              func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  NODES_TEST ("session", test_a_session_between_two_nodes);
  NODES_TEST ("room", test_a_room_on_two_nodes);
  NODES_TEST ("rejoin-elsewhere",
              test_a_room_is_gone_back_to_at_the_other_node);
  NODES_TEST ("resume-elsewhere", test_a_seat_is_resumed_at_the_other_node);
  NODES_TEST ("killed", test_a_killed_node_is_taken_over);
  NODES_TEST ("killed/away", test_the_clients_of_a_killed_node_are_away);
  NODES_TEST ("killed/all", test_seats_survive_all_nodes);
  NODES_TEST ("rolling-restart", test_a_rolling_restart_loses_nothing);
  NODES_TEST ("redis/restart-empty", test_redis_restarts_under_traffic);
  g_test_add ("/server/nodes/redis/restart", Fixture, GINT_TO_POINTER (TRUE),
              set_up, test_redis_restarts_under_traffic, tear_down);
  NODES_TEST ("redis/silent", test_a_redis_that_does_not_answer);
  NODES_TEST ("redis/bounded", test_what_waits_for_a_redis_is_bounded);
  NODES_TEST ("redis/full", test_a_redis_that_is_full);
  NODES_TEST ("redis/read-only", test_a_redis_that_is_read_only);
  NODES_TEST ("redis/addresses", test_a_redis_at_one_of_two_addresses);
  NODES_TEST ("hostile/log", test_garbage_in_the_log_is_passed_over);
  NODES_TEST ("hostile/snapshot", test_a_garbage_snapshot_lets_no_node_in);
  NODES_TEST ("hostile/keys", test_keys_of_others_let_no_node_in);
  NODES_TEST ("hostile/no-redis", test_what_is_no_redis_lets_no_node_in);
  NODES_TEST ("hostile/password", test_a_wrong_password_lets_no_node_in);
  return g_test_run ();
}
