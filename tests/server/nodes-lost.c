/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-redis.h"
#include "test-seat.h"

#include <string.h>

/* A Redis that comes back with less than it had: who has it still gives it
 * back, and nobody goes on from what the others do not have. */

typedef struct {
  TestRedis redis;
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
  test_redis_clear (&f->redis);
}

static gboolean
somebody_came (gpointer user_data)
{
  g_autofree char *n =
      test_redis_do (user_data, "EXISTS resilient-signalling:epoch "
                                "resilient-signalling:candidate");

  return !g_str_equal (n, "0");
}

static void
test_a_new_node_does_not_overrule_an_old_one (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;

  test_seat_open (&one, &f->b);
  test_seat_join (&one);
  test_seat_publish (&one, 0);
  test_seat_hear_range (&one, 0, 1);
  test_node_kill (&f->a);
  test_redis_kill (&f->redis);
  test_node_wait_degraded (&f->b);

  test_node_freeze (&f->b, TRUE);
  test_redis_start (&f->redis);
  test_node_start (&f->a, f->redis.uri);
  test_wait_until (somebody_came, &f->redis, "the new node to be first");
  test_node_freeze (&f->b, FALSE);
  test_node_wait_ready (&f->b);
  test_node_wait_ready (&f->a);
  test_seat_publish (&one, 1);
  test_seat_hear_range (&one, 1, 1);
  test_seat_resume (&one, &f->a);
}

static gboolean
is_filled (gpointer user_data)
{
  return test_redis_has_state (user_data);
}

/* No connection is lost by it, and nobody is told. */
static void
test_an_emptied_redis_is_filled_again (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);
  g_free (test_redis_do (&f->redis, "FLUSHALL"));
  test_seat_publish (&one, 0);
  test_seat_hear_range (&one, 0, 1);
  test_seat_hear_range (&two, 0, 1);
  test_wait_until (is_filled, &f->redis, "the state to be stored again");

  test_node_kill (&f->a);
  test_node_kill (&f->b);
  test_node_start (&f->a, f->redis.uri);
  test_node_wait_ready (&f->a);
  test_seat_resume (&one, &f->a);
  test_seat_resume (&two, &f->a);
  test_seat_publish (&two, 1);
  test_seat_hear_range (&one, 1, 1);
}

/* The log as it was is put back, which is what Redis finds on a disk that is
 * behind; everybody has to connect again. */
static void
back_up (TestRedis *redis)
{
  g_free (test_redis_do (redis, "EVAL %s 0",
                         "redis.call('SET', 'backup', redis.call('DUMP',"
                         " 'resilient-signalling:log')) return 1"));
}

static void
lose_the_end (TestRedis *redis)
{
  g_free (test_redis_do (redis, "EVAL %s 0",
                         "redis.call('RESTORE', 'resilient-signalling:log', 0,"
                         " redis.call('GET', 'backup'), 'REPLACE') return 1"));
  g_free (test_redis_do (redis, "CLIENT KILL TYPE normal"));
}

static void
test_who_has_the_end_gives_it_back (Fixture *f, gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);
  back_up (&f->redis);
  test_seat_publish (&one, 0);
  test_seat_hear_range (&one, 0, 1);
  test_seat_hear_range (&two, 0, 1);
  test_node_freeze (&f->a, TRUE);
  test_node_freeze (&f->b, TRUE);
  lose_the_end (&f->redis);
  test_node_freeze (&f->a, FALSE);
  test_node_freeze (&f->b, FALSE);
  test_seat_publish (&one, 1);
  test_seat_publish (&one, 2);
  test_seat_hear_range (&one, 1, 2);
  test_seat_hear_range (&two, 1, 2);
}

static void
test_who_comes_too_late_with_the_end_takes_what_there_is (Fixture *f,
                                                          gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) three;

  test_seat_open (&one, &f->a);
  test_seat_join (&one);
  back_up (&f->redis);
  test_seat_publish (&one, 0);
  test_seat_hear_range (&one, 0, 1);
  test_node_freeze (&f->a, TRUE);
  test_node_kill (&f->b);
  lose_the_end (&f->redis);
  test_node_start (&f->c, f->redis.uri);
  test_node_wait_ready (&f->c);
  test_seat_open (&three, &f->c);
  test_seat_join (&three);

  test_node_freeze (&f->a, FALSE);
  test_seat_hear_range (&three, 0, 1);
  test_seat_publish (&three, 1);
  test_seat_hear_range (&three, 1, 1);
}

/* --- A log that is shortened --- */

static gboolean
is_shortened (gpointer user_data)
{
  g_autofree char *forgotten =
      test_redis_do (user_data, "HGET resilient-signalling:snapshot forgotten");

  return !g_str_equal (forgotten, "0-0");
}

/* By much that is nothing, and much later by the log's clock: so there is a
 * snapshot, and what was before it is forgotten. */
static void
shorten_log (TestRedis *redis)
{
  g_free (test_redis_do (
      redis, "EVAL %s 1 resilient-signalling:log",
      "local ms = redis.call('TIME')[1] * 1000 + 120000\n"
      "redis.call('XADD', KEYS[1], string.format('%d-0', ms), 'x', 'y')\n"
      "for i = 1, 5000 do redis.call('XADD', KEYS[1], '*', 'x', 'y') end\n"));
  test_wait_until (is_shortened, redis, "the log to be shortened");
}

static gboolean
has_rejoined (gpointer user_data)
{
  g_autofree char *metrics = test_node_get (user_data, "/metrics", NULL);

  g_assert_nonnull (strstr (metrics, "store_lag_seconds "));
  return strstr (metrics, "store_rejoined_total 1\n") != NULL;
}

/* The next entry waits for it in its socket; those behind it are gone. */
static void
test_who_comes_too_late_for_the_log_takes_the_snapshot (Fixture *f,
                                                        gconstpointer unused)
{
  g_auto (TestSeat) one;
  g_auto (TestSeat) two;

  test_seat_meet (&one, &f->a, &two, &f->b);
  test_node_freeze (&f->b, TRUE);
  for (guint i = 0; i < 10; i++) {
    test_seat_publish (&one, i);
    test_seat_hear_published (&one, i);
  }
  shorten_log (&f->redis);
  test_node_freeze (&f->b, FALSE);
  test_wait_until (has_rejoined, &f->b, "the node to see what it has missed");
  test_node_wait_ready (&f->b);
  test_seat_resume (&two, &f->b);
  test_seat_hear_range (&two, 0, 10);
  test_seat_publish (&one, 10);
  test_seat_hear_range (&two, 10, 1);
}

#define LOST_TEST(name, func)                                                  \
  g_test_add ("/server/nodes/lost/" name, Fixture, NULL, set_up, func,         \
              tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  LOST_TEST ("all", test_a_new_node_does_not_overrule_an_old_one);
  LOST_TEST ("emptied", test_an_emptied_redis_is_filled_again);
  LOST_TEST ("end", test_who_has_the_end_gives_it_back);
  LOST_TEST ("end/late",
             test_who_comes_too_late_with_the_end_takes_what_there_is);
  LOST_TEST ("beginning",
             test_who_comes_too_late_for_the_log_takes_the_snapshot);
  return g_test_run ();
}
