/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-peer.h"
#include "test-redis.h"

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

/* --- Clients that count --- */

/* One that opted in: what it says is numbered, what it hears is counted. */
typedef struct {
  TestPeer *peer;
  char *id;
  char *token;
  guint said;
  guint heard;
} Seat;

static void
seat_leave (Seat *seat)
{
  g_clear_pointer (&seat->peer, test_peer_free);
}

static void
seat_clear (Seat *seat)
{
  seat_leave (seat);
  g_free (seat->id);
  g_free (seat->token);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Seat, seat_clear)

static void
seat_open (Seat *seat, TestNode *node)
{
  g_autofree char *seated = NULL;

  memset (seat, 0, sizeof *seat);
  seat->peer = test_peer_new (node->port);
  g_free (test_peer_expect_type (seat->peer, "welcome"));
  test_peer_say (seat->peer, "{'type':'setProtocolVersion','version':'v1_1',"
                             "'resilient':{'version':1}}");
  seated = test_peer_expect_type (seat->peer, "resilientWelcome");
  seat->id = test_peer_get (seated, "peerId");
  seat->token = test_peer_get (seated, "token");
}

/* At @node, over a new connection. */
static void
seat_resume (Seat *seat, TestNode *node)
{
  g_autofree char *resumed = NULL;

  seat_leave (seat);
  seat->peer = test_peer_new (node->port);
  g_free (test_peer_expect_type (seat->peer, "welcome"));
  test_peer_say (seat->peer,
                 "{'type':'setProtocolVersion','version':'v1_1',"
                 "'resilient':{'version':1,'token':'%s','ack':%u}}",
                 seat->token, seat->heard);
  resumed = test_peer_expect_type (seat->peer, "resilientWelcome");
  g_assert_nonnull (strstr (resumed, "\"resumed\":true"));
  g_assert_nonnull (strstr (resumed, seat->id));
}

#define seat_say(seat, format, ...)                                            \
  test_peer_say ((seat)->peer, "{" format ",'seq':%u}", __VA_ARGS__,           \
                 ++(seat)->said)

static void
count_heard (Seat *seat, const char *text)
{
  const char *seq = strstr (text, "\"seq\":");

  g_assert_nonnull (seq);
  g_assert_cmpuint (g_ascii_strtoull (seq + strlen ("\"seq\":"), NULL, 10), ==,
                    seat->heard + 1);
  seat->heard++;
}

/* The next message of @type. Numbered ones must have the next number, and none
 * may come between but of having been away: whether a loss was noticed before
 * the return is a matter of time. */
static char *
seat_hear (Seat *seat, const char *type)
{
  for (;;) {
    g_autofree char *text = test_peer_next (seat->peer);
    g_autofree char *got = test_peer_get (text, "type");

    if (g_str_equal (got, "ack"))
      continue;
    if (!g_str_equal (got, "serverStatus"))
      count_heard (seat, text);
    if (g_str_equal (got, type))
      return g_steal_pointer (&text);
    if (!g_str_equal (got, "serverStatus"))
      g_assert_cmpstr (got, ==, "reconnection-detected");
  }
}

static void
join (Seat *seat)
{
  seat_say (seat, "'type':'joinRoom','roomId':'%s'", "r");
  g_free (seat_hear (seat, "roomJoined"));
}

static void
publish (Seat *seat, guint n)
{
  seat_say (seat, "'type':'publish','roomId':'r','data':'m%u'", n);
}

static void
hear_published (Seat *seat, guint n)
{
  g_autofree char *text = seat_hear (seat, "roomMessage");
  g_autofree char *data = test_peer_get (text, "data");
  g_autofree char *wanted = g_strdup_printf ("m%u", n);

  g_assert_cmpstr (data, ==, wanted);
}

/* Who publishes hears it too. */
static void
hear_range (Seat *seat, guint first, guint n)
{
  for (guint i = 0; i < n; i++)
    hear_published (seat, first + i);
}

/* --- What nodes share --- */

static void
test_a_session_between_two_nodes (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) producer;
  g_auto (Seat) consumer;
  g_autofree char *started = NULL;
  g_autofree char *asked = NULL;
  g_autofree char *offer = NULL;
  g_autofree char *session = NULL;

  seat_open (&producer, &f->a);
  seat_open (&consumer, &f->b);
  seat_say (&producer, "'type':'setPeerStatus','roles':['%s'],'meta':null",
            "producer");
  /* Answered by its own node, so the other may not have read it yet. */
  seat_say (&consumer, "'type':'setPeerStatus','roles':['%s'],'meta':null",
            "listener");
  g_free (seat_hear (&consumer, "peerStatusChanged"));
  seat_say (&consumer, "'type':'startSession','peerId':'%s'", producer.id);
  started = seat_hear (&consumer, "sessionStarted");
  session = test_peer_get (started, "sessionId");
  asked = seat_hear (&producer, "startSession");
  g_assert_nonnull (strstr (asked, session));
  seat_say (&producer,
            "'type':'peer','sessionId':'%s',"
            "'sdp':{'type':'offer','sdp':'v=0'}",
            session);
  offer = seat_hear (&consumer, "peer");
  g_assert_nonnull (strstr (offer, "v=0"));
}

static void
test_a_room_on_two_nodes (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) one;
  g_auto (Seat) two;

  seat_open (&one, &f->a);
  seat_open (&two, &f->b);
  join (&one);
  join (&two);
  g_free (seat_hear (&one, "memberJoined"));
  for (guint i = 0; i < 20; i++) {
    publish (&one, i);
    hear_published (&two, i);
  }
}

static void
test_a_seat_is_resumed_at_the_other_node (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) one;
  g_auto (Seat) two;

  seat_open (&one, &f->a);
  seat_open (&two, &f->b);
  join (&one);
  join (&two);
  g_free (seat_hear (&one, "memberJoined"));
  publish (&two, 0);
  hear_published (&one, 0);

  seat_leave (&one);
  for (guint i = 1; i <= 30; i++)
    publish (&two, i);
  seat_resume (&one, &f->b);
  hear_range (&one, 1, 30);
  publish (&one, 31);
  hear_range (&two, 0, 32);
}

static void
test_a_killed_node_is_taken_over (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) one;
  g_auto (Seat) two;

  seat_open (&one, &f->a);
  seat_open (&two, &f->b);
  join (&one);
  join (&two);
  g_free (seat_hear (&one, "memberJoined"));
  test_node_kill (&f->a);
  for (guint i = 0; i < 10; i++)
    publish (&two, i);
  seat_resume (&one, &f->b);
  hear_range (&one, 0, 10);
  publish (&one, 10);
  hear_range (&two, 0, 11);
}

/* Its clients come to no other node: those of the other hear that they are
 * away, and then that they are gone, as if it had said so itself. */
static void
test_the_clients_of_a_killed_node_are_away (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) watcher;
  TestPeer *plain = test_peer_new (f->a.port);
  g_autofree char *gone = NULL;

  seat_open (&watcher, &f->b);
  seat_say (&watcher, "'type':'setPeerStatus','roles':['%s'],'meta':null",
            "listener");
  g_free (seat_hear (&watcher, "peerStatusChanged"));
  g_free (test_peer_expect_type (plain, "welcome"));
  test_peer_say (plain,
                 "{'type':'setPeerStatus','roles':['producer'],'meta':null}");
  g_free (seat_hear (&watcher, "peerStatusChanged"));
  test_node_kill (&f->a);
  gone = seat_hear (&watcher, "peerStatusChanged");
  g_assert_nonnull (strstr (gone, "\"roles\":[]"));
  test_peer_free (plain);
}

static void
test_seats_survive_all_nodes (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) one;
  g_auto (Seat) two;

  seat_open (&one, &f->a);
  seat_open (&two, &f->b);
  join (&one);
  join (&two);
  g_free (seat_hear (&one, "memberJoined"));
  seat_leave (&one);
  publish (&two, 0);
  publish (&two, 1);
  hear_range (&two, 0, 2);
  seat_say (&two, "'type':'joinRoom','roomId':'%s'", "other");
  g_free (seat_hear (&two, "roomJoined"));
  test_node_kill (&f->a);
  test_node_kill (&f->b);

  test_node_start (&f->a, f->redis.uri);
  test_node_wait_ready (&f->a);
  seat_resume (&one, &f->a);
  hear_range (&one, 0, 2);
  seat_resume (&two, &f->a);
  publish (&one, 2);
  hear_published (&two, 2);
}

/* --- Redis goes --- */

static void
hear_status (Seat *seat, gboolean degraded)
{
  g_autofree char *text = seat_hear (seat, "serverStatus");

  g_assert_nonnull (
      strstr (text, degraded ? "\"degraded\":true" : "\"degraded\":false"));
}

/* With and without what it had kept. */
static void
test_redis_restarts_under_traffic (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) one;
  g_auto (Seat) two;
  guint said = 0;

  seat_open (&one, &f->a);
  seat_open (&two, &f->b);
  join (&one);
  join (&two);
  g_free (seat_hear (&one, "memberJoined"));
  while (said < 50)
    publish (&one, said++);
  for (guint i = 0; i < 50; i++)
    hear_published (&two, i);
  hear_range (&one, 0, 50);

  test_redis_kill (&f->redis);
  hear_status (&one, TRUE);
  hear_status (&two, TRUE);
  test_node_wait_degraded (&f->a);
  while (said < 100)
    publish (&one, said++);
  test_redis_start (&f->redis);
  for (guint i = 50; i < 100; i++)
    hear_published (&two, i);
  test_node_wait_ready (&f->a);
  test_node_wait_ready (&f->b);

  /* And nobody was declared dead. */
  publish (&two, 100);
  hear_range (&one, 50, 51);
}

static void
test_a_redis_that_does_not_answer (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) one;
  g_auto (Seat) two;

  seat_open (&one, &f->a);
  seat_open (&two, &f->b);
  join (&one);
  join (&two);
  g_free (seat_hear (&one, "memberJoined"));
  test_redis_freeze (&f->redis, TRUE);
  publish (&one, 0);
  hear_status (&one, TRUE);
  test_node_wait_degraded (&f->a);
  test_redis_freeze (&f->redis, FALSE);
  hear_published (&two, 0);
  test_node_wait_ready (&f->a);
}

static void
test_a_redis_that_is_full (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) one;
  g_auto (Seat) two;

  seat_open (&one, &f->a);
  seat_open (&two, &f->b);
  join (&one);
  join (&two);
  g_free (seat_hear (&one, "memberJoined"));
  g_free (test_redis_do (&f->redis, "CONFIG SET maxmemory 1"));
  for (guint i = 0; i < 20; i++)
    publish (&one, i);
  test_node_wait_degraded (&f->a);
  g_free (test_redis_do (&f->redis, "CONFIG SET maxmemory 0"));
  for (guint i = 0; i < 20; i++)
    hear_published (&two, i);
}

static void
test_a_redis_that_is_read_only (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) one;
  g_auto (Seat) two;

  seat_open (&one, &f->a);
  seat_open (&two, &f->b);
  join (&one);
  join (&two);
  g_free (seat_hear (&one, "memberJoined"));
  g_free (test_redis_do (&f->redis, "CONFIG SET min-replicas-to-write 1"));
  publish (&one, 0);
  test_node_wait_degraded (&f->a);
  g_free (test_redis_do (&f->redis, "CONFIG SET min-replicas-to-write 0"));
  hear_published (&two, 0);
}

/* --- Somebody else writes there --- */

static void
test_garbage_in_the_log_is_passed_over (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) one;
  g_auto (Seat) two;
  g_autofree char *metrics = NULL;

  seat_open (&one, &f->a);
  seat_open (&two, &f->b);
  g_free (
      test_redis_do (&f->redis, "XADD resilient-signalling:log * e nonsense"));
  g_free (test_redis_do (&f->redis, "XADD resilient-signalling:log * x y z 1"));
  join (&one);
  join (&two);
  g_free (seat_hear (&one, "memberJoined"));
  metrics = test_node_get (&f->a, "/metrics", NULL);
  g_assert_nonnull (strstr (metrics, "store_entries_bad_total 2\n"));
}

static void
test_a_garbage_snapshot_lets_no_node_in (Fixture *f, gconstpointer unused)
{
  g_autofree char *why = NULL;
  guint status;

  g_free (test_redis_do (&f->redis,
                         "HSET resilient-signalling:snapshot state rubbish"));
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

/* --- Restarts --- */

static void
test_a_rolling_restart_loses_nothing (Fixture *f, gconstpointer unused)
{
  g_auto (Seat) one;
  g_auto (Seat) two;

  seat_open (&one, &f->a);
  seat_open (&two, &f->b);
  join (&one);
  join (&two);
  g_free (seat_hear (&one, "memberJoined"));

  test_node_stop (&f->a);
  publish (&two, 0);
  hear_published (&two, 0);
  seat_resume (&one, &f->b);
  hear_range (&one, 0, 1);
  test_node_start (&f->a, f->redis.uri);
  test_node_wait_ready (&f->a);
  test_node_stop (&f->b);
  seat_resume (&one, &f->a);
  publish (&one, 1);
  seat_resume (&two, &f->a);
  hear_range (&two, 1, 1);
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
  NODES_TEST ("resume-elsewhere", test_a_seat_is_resumed_at_the_other_node);
  NODES_TEST ("killed", test_a_killed_node_is_taken_over);
  NODES_TEST ("killed/away", test_the_clients_of_a_killed_node_are_away);
  NODES_TEST ("killed/all", test_seats_survive_all_nodes);
  NODES_TEST ("rolling-restart", test_a_rolling_restart_loses_nothing);
  NODES_TEST ("redis/restart-empty", test_redis_restarts_under_traffic);
  g_test_add ("/server/nodes/redis/restart", Fixture, GINT_TO_POINTER (TRUE),
              set_up, test_redis_restarts_under_traffic, tear_down);
  NODES_TEST ("redis/silent", test_a_redis_that_does_not_answer);
  NODES_TEST ("redis/full", test_a_redis_that_is_full);
  NODES_TEST ("redis/read-only", test_a_redis_that_is_read_only);
  NODES_TEST ("hostile/log", test_garbage_in_the_log_is_passed_over);
  NODES_TEST ("hostile/snapshot", test_a_garbage_snapshot_lets_no_node_in);
  NODES_TEST ("hostile/password", test_a_wrong_password_lets_no_node_in);
  return g_test_run ();
}
