/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-nodes.h"
#include "test-peer.h"
#include "test-resumable.h"

#include <string.h>

/* Somebody else writes into the Redis of two servers, or what is to be a Redis
 * is none. */

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
test_garbage_in_streams_is_passed_over (TestNodes *f, gconstpointer unused)
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
test_forged_records_harm_nobody_else (TestNodes *f, gconstpointer unused)
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

static void
test_a_wrong_password_lets_no_node_in (TestNodes *f, gconstpointer unused)
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
test_keys_of_others_let_no_node_in (TestNodes *f, gconstpointer unused)
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
test_what_is_no_redis_lets_no_node_in (TestNodes *f, gconstpointer unused)
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

#define NODES_TEST(name, func)                                                 \
  g_test_add ("/server/nodes/" name, TestNodes, GINT_TO_POINTER (FALSE),       \
              test_nodes_set_up, func, test_nodes_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  NODES_TEST ("hostile/records", test_forged_records_harm_nobody_else);
  NODES_TEST ("hostile/streams", test_garbage_in_streams_is_passed_over);
  NODES_TEST ("hostile/keys", test_keys_of_others_let_no_node_in);
  NODES_TEST ("hostile/no-redis", test_what_is_no_redis_lets_no_node_in);
  NODES_TEST ("hostile/password", test_a_wrong_password_lets_no_node_in);
  return g_test_run ();
}
