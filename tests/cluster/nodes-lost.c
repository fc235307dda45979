/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-client.h"
#include "test-redis.h"
#include "test-resumable.h"

#include <glib/gstdio.h>
#include <string.h>

/* A Redis that comes back with less than it had: each server writes again what
 * it homes, and rooms begin a new epoch. */

typedef struct {
  TestRedis redis;
  TestRedis replica;
  TestNode a;
  TestNode b;
  TestNode c;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  memset (f, 0, sizeof *f);
  test_redis_init (&f->redis, FALSE);
  test_redis_start (&f->redis);
  test_redis_init (&f->replica, FALSE);
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
  test_node_kill (&f->c);
  test_redis_clear (&f->replica);
  test_redis_clear (&f->redis);
}

static gboolean
has_record (gpointer user_data)
{
  g_autofree char *n = test_redis_do (
      user_data, "EVAL %s 0",
      "return #redis.call('KEYS', 'resilient-signalling:client:*')");

  return !g_str_equal (n, "0");
}

/* No connection is lost by it. */
static void
test_an_emptied_redis_is_filled_again (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, &f->a, &two, &f->b);
  g_free (test_redis_do (&f->redis, "FLUSHALL"));
  test_resumable_publish (&one, 0);
  test_resumable_receive_range (&one, 0, 1);
  test_resumable_receive_range (&two, 0, 1);
  test_wait_until (has_record, &f->redis, "the clients to be stored again");
  test_resumable_resume (&two, &f->a);
  test_resumable_publish (&two, 1);
  test_resumable_receive_range (&one, 1, 1);
  test_resumable_receive_range (&two, 1, 1);
}

/* It knows nothing, and does not count against those who do. */
static void
test_a_new_server_does_not_overrule_an_old_one (Fixture *f,
                                                gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_open (&one, &f->b);
  test_resumable_join (&one);
  test_resumable_publish (&one, 0);
  test_resumable_receive_range (&one, 0, 1);
  test_node_kill (&f->a);
  test_redis_kill (&f->redis);
  test_node_wait_degraded (&f->b);

  test_node_freeze (&f->b, TRUE);
  test_redis_start (&f->redis);
  test_node_start (&f->a, f->redis.uri);
  test_node_wait_ready (&f->a);
  test_resumable_open (&two, &f->a);
  test_resumable_join (&two);
  test_resumable_publish (&two, 1);
  test_resumable_receive_range (&two, 1, 1);
  test_node_freeze (&f->b, FALSE);
  test_node_wait_ready (&f->b);
  g_free (test_resumable_receive (&two, "memberJoined"));
  test_resumable_publish (&one, 2);
  test_resumable_receive_range (&two, 2, 1);
  test_resumable_resume (&one, &f->a);
}

/* The replica has what the other one had, but for the end. It takes its place
 * under the same address, as behind a proxy or a name that is moved. */
static void
test_redis_fails_over_without_the_end (Fixture *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;
  g_autofree char *joined = NULL;
  guint port;

  port = test_redis_listen (&f->redis);
  test_redis_start (&f->replica);
  g_free (test_redis_do (&f->replica, "REPLICAOF 127.0.0.1 %u", port));
  test_resumable_meet (&one, &f->a, &two, &f->b);
  for (guint i = 0; i < 10; i++)
    test_resumable_publish (&one, i);
  test_resumable_receive_range (&one, 0, 10);
  test_resumable_receive_range (&two, 0, 10);
  g_free (test_redis_do (&f->redis, "WAIT 1 5000"));
  g_free (test_redis_do (&f->replica, "REPLICAOF NO ONE"));
  test_resumable_publish (&one, 10);
  test_resumable_receive_range (&one, 10, 1);
  test_resumable_receive_range (&two, 10, 1);

  test_redis_kill (&f->redis);
  g_assert_cmpint (g_rename (f->replica.socket, f->redis.socket), ==, 0);
  test_resumable_publish (&two, 11);
  joined = test_resumable_receive (&two, "roomJoined");
  test_resumable_receive_range (&two, 11, 1);
  test_resumable_receive_range (&one, 11, 1);
  test_resumable_publish (&one, 12);
  test_resumable_receive_range (&two, 12, 1);
  test_resumable_resume (&one, &f->b);
}

#define LOST_TEST(name, func)                                                  \
  g_test_add ("/server/nodes/lost/" name, Fixture, NULL, set_up, func,         \
              tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  LOST_TEST ("emptied", test_an_emptied_redis_is_filled_again);
  LOST_TEST ("new-server", test_a_new_server_does_not_overrule_an_old_one);
  LOST_TEST ("failed-over", test_redis_fails_over_without_the_end);
  return g_test_run ();
}
