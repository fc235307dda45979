/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-peer.h"
#include "test-redis.h"
#include "test-resumable.h"

#include <string.h>

/* Several servers that share a Redis, as processes: any of the three may go at
 * any time, and no client loses its resumption or a message. */

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
  g_auto (TestResumable) producer;
  g_auto (TestResumable) consumer;
  g_autofree char *started = NULL;
  g_autofree char *asked = NULL;
  g_autofree char *offer = NULL;
  g_autofree char *session = NULL;

  test_resumable_open (&producer, &f->a);
  test_resumable_open (&consumer, &f->b);
  test_resumable_send (&consumer,
                       "'type':'setPeerStatus','roles':['%s'],'meta':null",
                       "listener");
  g_free (test_resumable_receive (&consumer, "peerStatusChanged"));
  test_resumable_send (&producer,
                       "'type':'setPeerStatus','roles':['%s'],'meta':null",
                       "producer");
  g_free (test_resumable_receive (&consumer, "peerStatusChanged"));
  test_resumable_send (&consumer, "'type':'startSession','peerId':'%s'",
                       producer.id);
  started = test_resumable_receive (&consumer, "sessionStarted");
  session = test_peer_get (started, "sessionId");
  asked = test_resumable_receive (&producer, "startSession");
  g_assert_nonnull (strstr (asked, session));
  test_resumable_send (&producer,
                       "'type':'peer','sessionId':'%s',"
                       "'sdp':{'type':'offer','sdp':'v=0'}",
                       session);
  offer = test_resumable_receive (&consumer, "peer");
  g_assert_nonnull (strstr (offer, "v=0"));
}

static void
test_a_room_on_two_nodes (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  for (guint i = 0; i < 20; i++) {
    test_resumable_publish (&one, i);
    test_resumable_receive_published (&two, i);
  }
}

/* A member whose client is gone tells the server it comes to what it had. */
static void
test_a_room_is_gone_back_to_at_the_other_node (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;
  g_auto (TestResumable) again;
  g_autofree char *joined = NULL;
  g_autofree char *back = NULL;
  g_autofree char *instance = NULL;

  test_resumable_meet (&two, &f->b, &one, &f->a);
  test_resumable_send (&one, "'type':'joinRoom','roomId':'%s'", "r");
  joined = test_resumable_receive (&one, "roomJoined");
  instance = test_peer_get (joined, "instance");
  for (guint i = 0; i < 30; i++)
    test_resumable_publish (&two, i);
  test_resumable_receive_range (&one, 0, 20);
  test_resumable_send (&one, "'type':'leaveRoom','roomId':'%s'", "r");

  test_resumable_open (&again, &f->b);
  test_resumable_send (&again,
                       "'type':'joinRoom','roomId':'r','instance':'%s',"
                       "'sequence':20",
                       instance);
  g_free (test_resumable_receive (&again, "roomJoined"));
  back = test_resumable_receive (&again, "reconnection-detected");
  g_assert_nonnull (strstr (back, "\"missed\":10,\"lost\":0"));
  test_resumable_receive_range (&again, 20, 10);
}

static void
test_a_client_resumes_at_the_other_node (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  test_resumable_publish (&two, 0);
  test_resumable_receive_published (&one, 0);

  test_resumable_leave (&one);
  for (guint i = 1; i <= 30; i++)
    test_resumable_publish (&two, i);
  test_resumable_resume (&one, &f->b);
  test_resumable_receive_range (&one, 1, 30);
  test_resumable_publish (&one, 31);
  test_resumable_receive_range (&two, 0, 32);
}

static void
test_a_killed_node_is_taken_over (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  test_node_kill (&f->a);
  for (guint i = 0; i < 10; i++)
    test_resumable_publish (&two, i);
  test_resumable_restore (&one, &f->b);
  test_resumable_receive_range (&one, 0, 10);
  test_resumable_publish (&one, 10);
  test_resumable_receive_range (&two, 0, 11);
}

/* Its clients come to no other node: those of the other hear that they are
 * away, and then that they are gone, as if it had said so itself. */
static void
test_the_clients_of_a_killed_node_are_away (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) watcher;
  TestPeer *plain = test_peer_new (f->a.port);
  g_autofree char *gone = NULL;

  test_resumable_open (&watcher, &f->b);
  test_resumable_send (&watcher,
                       "'type':'setPeerStatus','roles':['%s'],'meta':null",
                       "listener");
  g_free (test_resumable_receive (&watcher, "peerStatusChanged"));
  g_free (test_peer_expect_type (plain, "welcome"));
  test_peer_send_json (
      plain, "{'type':'setPeerStatus','roles':['producer'],'meta':null}");
  g_free (test_resumable_receive (&watcher, "peerStatusChanged"));
  test_node_kill (&f->a);
  gone = test_resumable_receive (&watcher, "peerStatusChanged");
  g_assert_nonnull (strstr (gone, "\"roles\":[]"));
  test_peer_free (plain);
}

static void
test_clients_survive_all_nodes (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  test_resumable_leave (&one);
  test_resumable_publish (&two, 0);
  test_resumable_publish (&two, 1);
  test_resumable_receive_range (&two, 0, 2);
  test_resumable_send (&two, "'type':'joinRoom','roomId':'%s'", "other");
  g_free (test_resumable_receive (&two, "roomJoined"));
  test_resumable_send (&two, "'type':'joinRoom','roomId':'%s'", "r");
  g_free (test_resumable_receive (&two, "roomJoined"));
  test_node_kill (&f->a);
  test_node_kill (&f->b);

  test_node_start (&f->a, f->redis.uri);
  test_node_wait_ready (&f->a);
  test_resumable_restore (&one, &f->a);
  test_resumable_receive_range (&one, 0, 2);
  test_resumable_restore (&two, &f->a);
  test_resumable_publish (&one, 2);
  test_resumable_receive_published (&two, 2);
}

/* --- Redis goes --- */

static void
hear_status (TestResumable *client, gboolean degraded)
{
  g_autofree char *text = test_resumable_receive (client, "serverStatus");

  g_assert_nonnull (
      strstr (text, degraded ? "\"degraded\":true" : "\"degraded\":false"));
}

/* With and without what it had kept. */
static void
test_redis_restarts_under_traffic (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;
  guint said = 0;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  while (said < 50)
    test_resumable_publish (&one, said++);
  for (guint i = 0; i < 50; i++)
    test_resumable_receive_published (&two, i);
  test_resumable_receive_range (&one, 0, 50);

  test_redis_kill (&f->redis);
  hear_status (&one, TRUE);
  hear_status (&two, TRUE);
  test_node_wait_degraded (&f->a);
  while (said < 100)
    test_resumable_publish (&one, said++);
  test_redis_start (&f->redis);
  for (guint i = 50; i < 100; i++)
    test_resumable_receive_published (&two, i);
  test_node_wait_ready (&f->a);
  test_node_wait_ready (&f->b);

  /* And nobody was declared dead. */
  test_resumable_publish (&two, 100);
  test_resumable_receive_range (&one, 50, 51);
}

static void
test_a_redis_that_does_not_answer (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  test_redis_freeze (&f->redis, TRUE);
  test_resumable_publish (&one, 0);
  hear_status (&one, TRUE);
  test_node_wait_degraded (&f->a);
  test_redis_freeze (&f->redis, FALSE);
  test_resumable_receive_published (&two, 0);
  test_node_wait_ready (&f->a);
}

/* Before it is known to be away, if it ever is. */
static void
test_what_waits_for_a_redis_is_bounded (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) other;
  g_autofree char *large = g_strnfill (900 * 1024, 'x');

  test_node_kill (&f->a);
  test_node_start_with (&f->a, f->redis.uri, "--message-rate=0");
  test_node_wait_ready (&f->a);
  test_resumable_open (&one, &f->a);
  test_resumable_join (&one);
  test_resumable_open (&other, &f->a);
  test_redis_freeze (&f->redis, TRUE);
  for (guint i = 0; i < 80; i++)
    test_resumable_send (&one, "'type':'publish','roomId':'r','data':'%s'",
                         large);
  test_peer_expect_closed (one.peer, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);

  /* Others have not said anything, and may. */
  test_resumable_send (&other, "'type':'joinRoom','roomId':'%s','meta':null",
                       "r");
  test_redis_freeze (&f->redis, FALSE);
  g_free (test_resumable_receive (&other, "roomJoined"));
}

static void
test_a_redis_that_is_full (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  g_free (test_redis_do (&f->redis, "CONFIG SET maxmemory 1"));
  for (guint i = 0; i < 20; i++)
    test_resumable_publish (&one, i);
  test_node_wait_degraded (&f->a);
  g_free (test_redis_do (&f->redis, "CONFIG SET maxmemory 0"));
  for (guint i = 0; i < 20; i++)
    test_resumable_receive_published (&two, i);
}

static void
test_a_redis_that_is_read_only (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  g_free (test_redis_do (&f->redis, "CONFIG SET min-replicas-to-write 1"));
  test_resumable_publish (&one, 0);
  test_node_wait_degraded (&f->a);
  g_free (test_redis_do (&f->redis, "CONFIG SET min-replicas-to-write 0"));
  test_resumable_receive_published (&two, 0);
}

/* "localhost" has an address of either kind, and this Redis only one. */
static void
test_a_redis_at_one_of_two_addresses (Fixture *f, gconstpointer unused)
{
  g_autofree char *uri =
      g_strdup_printf ("redis://localhost:%u", test_redis_listen (&f->redis));
  g_auto (TestResumable) one;

  test_node_kill (&f->a);
  test_node_start (&f->a, uri);
  test_node_wait_ready (&f->a);
  test_resumable_open (&one, &f->a);
}

/* --- Somebody else writes there --- */

/* To each stream there is. */
static void
write_garbage (TestRedis *redis)
{
  g_free (test_redis_do (
      redis, "EVAL %s 0",
      "for _, key in ipairs(redis.call('KEYS', '*')) do"
      "  if redis.call('TYPE', key)['ok'] == 'stream' then"
      "    redis.call('XADD', key, '*', 'e', 'nonsense')"
      "    redis.call('XADD', key, '*', 'kind', 'message', 'server', 'x',"
      "               'epoch', '18446744073709551615', 'number', '1')"
      "    redis.call('XADD', key, '*', 'kind', string.rep('k', 100000))"
      "    redis.call('XADD', key, '*', 'kind', 'take', 'server', 'x',"
      "               'client', string.rep('c', 300), 'generation', '-1')"
      "    redis.call('XADD', key, '*', 'kind', 'state', 'state', '\\0\\1')"
      "  end "
      "end "
      "return 1"));
}

/* A room's stream that has an entry out of its turn is read again. */
static void
test_garbage_in_streams_is_passed_over (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_open (&one, &f->a);
  test_resumable_open (&two, &f->b);
  write_garbage (&f->redis);
  test_resumable_join (&one);
  test_resumable_join (&two);
  g_free (test_resumable_receive (&one, "memberJoined"));
  test_resumable_publish (&one, 0);
  test_resumable_receive_published (&two, 0);
}

typedef struct {
  TestRedis *redis;
  const char *key;
} Key;

static gboolean
is_there (gpointer user_data)
{
  const Key *key = user_data;
  g_autofree char *n = test_redis_do (key->redis, "EXISTS %s", key->key);

  return g_str_equal (n, "1");
}

static void
forge (TestRedis *redis, const char *id, const char *script)
{
  g_autofree char *name =
      g_strconcat ("resilient-signalling:client:", id, NULL);
  Key key = {redis, name};

  test_wait_until (is_there, &key, "the client's record");
  g_free (test_redis_do (redis, "EVAL %s 1 %s", script, name));
}

/* Its client begins anew, or continues with what can be read; others do not
 * notice. */
static void
test_forged_records_harm_nobody_else (Fixture *f, gconstpointer unused)
{
  static const char *const forgeries[] = {
      "redis.call('HSET', KEYS[1], 'home', '', 'state', 'nonsense')",
      "redis.call('HSET', KEYS[1], 'home', '', 'roles', '99999999999999999999',"
      " 'sessions', 'a b c d\\n\\n x y')",
      "redis.call('HSET', KEYS[1], 'home', '', 'generation', "
      "'9007199254740991')",
      "redis.call('HSET', KEYS[1], 'home', '', 'generation', 'x', 'attempt', "
      "'y', 'grants', 'nonsense')",
      "redis.call('HSET', KEYS[1], 'home', 'nowhere', 'meta', '\\255', 'name',"
      " '\\254')",
      "redis.call('HSET', KEYS[1], 'home', '', 'meta',"
      " string.rep('m', 2000000), 'name', string.rep('n', 1000))",
      "redis.call('SET', KEYS[1], 'nonsense')",
  };
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  for (gsize i = 0; i < G_N_ELEMENTS (forgeries); i++) {
    g_auto (TestResumable) forged;

    test_resumable_open (&forged, &f->a);
    forge (&f->redis, forged.id, forgeries[i]);
    test_resumable_connect (&forged, &f->b);
    test_peer_send_json (forged.peer,
                         "{'type':'setProtocolVersion','version':'v1_1',"
                         "'resilient':{'version':1,'token':'%s','ack':0}}",
                         forged.token);
    g_free (test_peer_expect_type (forged.peer, "resilientWelcome"));
    test_resumable_publish (&one, (guint) i);
    test_resumable_receive_published (&two, (guint) i);
  }
}

/* As a server of a later version would write them. */
static void
test_fields_of_other_versions_are_kept (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;
  g_autofree char *key = NULL;
  g_autofree char *kept = NULL;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  key = g_strconcat ("resilient-signalling:client:", one.id, NULL);
  forge (&f->redis, one.id, "redis.call('HSET', KEYS[1], 'later', 'kept')");
  g_free (test_redis_do (
      &f->redis, "EVAL %s 0",
      "for _, key in ipairs(redis.call('KEYS', '*:mailbox:*')) do"
      "  redis.call('XADD', key, '*', 'kind', 'later', 'server', 'x',"
      "             'epoch', '1', 'number', '1', 'of', '1', 'ack', '0') "
      "end "
      "redis.call('HSET', 'resilient-signalling:room:r', 'later', 'x') "
      "return 1"));
  test_resumable_publish (&two, 0);
  test_resumable_receive_range (&two, 0, 1);
  test_resumable_resume (&one, &f->b);
  test_resumable_receive_range (&one, 0, 1);
  test_resumable_send (
      &one, "'type':'setPeerStatus','roles':['%s'],'meta':null", "listener");
  g_free (test_resumable_receive (&one, "peerStatusChanged"));
  kept = test_redis_do (&f->redis, "HGET %s later", key);
  g_assert_cmpstr (kept, ==, "kept");
}

static guint64
count_commands (TestRedis *redis, const char *command)
{
  g_autofree char *key = g_strdup_printf ("cmdstat_%s:calls=", command);
  g_autofree char *stats = test_redis_do (redis, "INFO commandstats");
  const char *found = strstr (stats, key);

  return found != NULL ? g_ascii_strtoull (found + strlen (key), NULL, 10) : 0;
}

/* These commands write the messages between servers and the records of clients;
 * the lease is written by others. */
static void
test_a_session_at_one_node_costs_no_command (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) producer;
  g_auto (TestResumable) consumer;
  g_autofree char *started = NULL;
  g_autofree char *session = NULL;
  guint64 written;

  test_resumable_open (&producer, &f->a);
  test_resumable_open (&consumer, &f->a);
  test_resumable_send (&consumer,
                       "'type':'setPeerStatus','roles':['%s'],'meta':null",
                       "listener");
  g_free (test_resumable_receive (&consumer, "peerStatusChanged"));
  test_resumable_send (&producer,
                       "'type':'setPeerStatus','roles':['%s'],'meta':null",
                       "producer");
  g_free (test_resumable_receive (&consumer, "peerStatusChanged"));
  /* All that has to do with the two so far is written before this is. */
  test_resumable_join (&consumer);
  test_resumable_send (&consumer, "'type':'leaveRoom','roomId':'%s'", "r");
  test_resumable_join (&producer);
  written =
      count_commands (&f->redis, "xadd") + count_commands (&f->redis, "hmget");

  for (guint i = 0; i < 20; i++) {
    test_resumable_send (&consumer, "'type':'startSession','peerId':'%s'",
                         producer.id);
    g_free (started);
    started = test_resumable_receive (&consumer, "sessionStarted");
    g_free (session);
    session = test_peer_get (started, "sessionId");
    g_free (test_resumable_receive (&producer, "startSession"));
    test_resumable_send (&producer,
                         "'type':'peer','sessionId':'%s',"
                         "'sdp':{'type':'offer','sdp':'v=0'}",
                         session);
    g_free (test_resumable_receive (&consumer, "peer"));
    test_resumable_send (&consumer, "'type':'endSession','sessionId':'%s'",
                         session);
    g_free (test_resumable_receive (&producer, "endSessionV1_1"));
  }
  g_assert_cmpuint (count_commands (&f->redis, "xadd") +
                        count_commands (&f->redis, "hmget"),
                    <=, written + 4);
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

  return strstr (stats, "cmdstat_evalsha:") != NULL;
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
      "SET resilient-signalling:servers nonsense",
      "HSET resilient-signalling:waiting a b",
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
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->a, &two, &f->b);

  test_node_stop (&f->a);
  test_resumable_publish (&two, 0);
  test_resumable_receive_published (&two, 0);
  test_resumable_resume (&one, &f->b);
  test_resumable_receive_range (&one, 0, 1);
  test_node_start (&f->a, f->redis.uri);
  test_node_wait_ready (&f->a);
  test_node_stop (&f->b);
  test_resumable_resume (&one, &f->a);
  test_resumable_publish (&one, 1);
  test_resumable_resume (&two, &f->a);
  test_resumable_receive_range (&two, 1, 1);
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
  NODES_TEST ("resume-elsewhere", test_a_client_resumes_at_the_other_node);
  NODES_TEST ("killed", test_a_killed_node_is_taken_over);
  NODES_TEST ("killed/away", test_the_clients_of_a_killed_node_are_away);
  NODES_TEST ("killed/all", test_clients_survive_all_nodes);
  NODES_TEST ("rolling-restart", test_a_rolling_restart_loses_nothing);
  NODES_TEST ("redis/restart-empty", test_redis_restarts_under_traffic);
  g_test_add ("/server/nodes/redis/restart", Fixture, GINT_TO_POINTER (TRUE),
              set_up, test_redis_restarts_under_traffic, tear_down);
  NODES_TEST ("redis/silent", test_a_redis_that_does_not_answer);
  NODES_TEST ("redis/bounded", test_what_waits_for_a_redis_is_bounded);
  NODES_TEST ("redis/full", test_a_redis_that_is_full);
  NODES_TEST ("redis/read-only", test_a_redis_that_is_read_only);
  NODES_TEST ("redis/addresses", test_a_redis_at_one_of_two_addresses);
  NODES_TEST ("session/same-node", test_a_session_at_one_node_costs_no_command);
  NODES_TEST ("later-version", test_fields_of_other_versions_are_kept);
  NODES_TEST ("hostile/records", test_forged_records_harm_nobody_else);
  NODES_TEST ("hostile/streams", test_garbage_in_streams_is_passed_over);
  NODES_TEST ("hostile/keys", test_keys_of_others_let_no_node_in);
  NODES_TEST ("hostile/no-redis", test_what_is_no_redis_lets_no_node_in);
  NODES_TEST ("hostile/password", test_a_wrong_password_lets_no_node_in);
  return g_test_run ();
}
