/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-link.h"
#include "test-redis.h"
#include "test-seat.h"

#include <string.h>

/* A state that takes its time on the way to a Redis that is not near: it takes
 * longer than any one answer may, and everything else goes on. */

#define OPTIONS     "--message-rate=0"
#define RATE        3200000
#define ROOMS       2
#define PER_ROOM    4
#define LARGE_BYTES 900000
#define STATE_BYTES (ROOMS * PER_ROOM * LARGE_BYTES)

typedef struct {
  TestRedis redis;
  TestLink link;
  TestNode a;
  TestNode b;
  TestSeat seat;
} Fixture;

static void
set_up (Fixture *f, gconstpointer a_is_far)
{
  memset (f, 0, sizeof *f);
  test_redis_init (&f->redis, FALSE);
  test_redis_start (&f->redis);
  test_link_start (&f->link, f->redis.dir, f->redis.socket);
  test_node_start_with (
      &f->a, GPOINTER_TO_INT (a_is_far) ? f->link.uri : f->redis.uri, OPTIONS);
  test_node_wait_ready (&f->a);
  test_seat_open (&f->seat, &f->a);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_seat_clear (&f->seat);
  test_node_kill (&f->a);
  test_node_kill (&f->b);
  test_link_stop (&f->link);
  test_redis_clear (&f->redis);
}

/* What its rooms keep is a state of STATE_BYTES. */
static void
fill (TestSeat *seat)
{
  g_autofree char *data = g_strnfill (LARGE_BYTES, 'x');

  for (guint room = 0; room < ROOMS; room++) {
    test_seat_say (seat, "'type':'joinRoom','roomId':'r%u'", room);
    g_free (test_seat_hear (seat, "roomJoined"));
    for (guint i = 0; i < PER_ROOM; i++) {
      test_seat_say (seat, "'type':'publish','roomId':'r%u','data':'%s'", room,
                     data);
      g_free (test_seat_hear (seat, "roomMessage"));
      test_seat_ack (seat);
    }
  }
}

static guint64
get_metric (TestNode *node, const char *name)
{
  g_autofree char *metrics = test_node_get (node, "/metrics", NULL);
  g_autofree char *line = g_strdup_printf ("\nresilient_signalling_%s ", name);
  const char *found = strstr (metrics, line);

  return found != NULL ? g_ascii_strtoull (found + strlen (line), NULL, 10) : 0;
}

typedef struct {
  TestNode *node;
  const char *name;
  guint64 value;
} Metric;

static gboolean
is_reached (gpointer user_data)
{
  Metric *metric = user_data;

  return get_metric (metric->node, metric->name) >= metric->value;
}

static void
wait_for_metric (TestNode *node, const char *name, guint64 value)
{
  Metric metric = {node, name, value};

  test_wait_until (is_reached, &metric, name);
}

/* Entries that mean nothing, all at once. */
static void
add_to_the_log (Fixture *f, guint n)
{
  g_free (test_redis_do (&f->redis, "EVAL %s 0 %u",
                         "for i = 1, ARGV[1] do redis.call('XADD',"
                         " 'resilient-signalling:log', '*', 'e', 'x') end"
                         " return 1",
                         n));
}

/* By its number of entries. */
static void
make_a_snapshot_due (Fixture *f)
{
  add_to_the_log (f, 5000);
}

static void
test_a_large_state_comes_to_a_far_node (Fixture *f, gconstpointer unused)
{
  fill (&f->seat);
  make_a_snapshot_due (f);
  wait_for_metric (&f->a, "store_snapshots_total", 1);
  test_link_set_rate (&f->link, RATE);
  test_node_start_with (&f->b, f->link.uri, OPTIONS);
  test_node_wait_ready (&f->b);
  test_link_set_rate (&f->link, 0);
  test_seat_resume (&f->seat, &f->b);
}

static gboolean
is_stored (gpointer user_data)
{
  return test_redis_has_state (user_data);
}

/* And is sent once, although the node asks many times whether it is wanted. */
static void
test_a_large_state_comes_from_a_far_node (Fixture *f, gconstpointer unused)
{
  guint before;

  fill (&f->seat);
  before = test_link_get_sent (&f->link);
  test_link_set_rate (&f->link, RATE);
  g_free (test_redis_do (&f->redis, "FLUSHALL"));
  test_wait_until (is_stored, &f->redis, "the state to be stored again");
  g_assert_cmpuint (test_link_get_sent (&f->link) - before, <,
                    STATE_BYTES + STATE_BYTES / 2);

  test_node_kill (&f->a);
  test_node_start_with (&f->a, f->redis.uri, OPTIONS);
  test_node_wait_ready (&f->a);
  test_seat_resume (&f->seat, &f->a);
}

/* Of all that Redis has to send and has not yet. */
static guint64
get_waiting_bytes (TestRedis *redis)
{
  g_autofree char *clients = test_redis_do (redis, "CLIENT LIST TYPE normal");
  const char *at = clients;
  guint64 sum = 0;

  while ((at = strstr (at, " omem=")) != NULL) {
    at += strlen (" omem=");
    sum += g_ascii_strtoull (at, NULL, 10);
  }
  return sum;
}

typedef struct {
  Fixture *f;
  guint64 most_bytes;
} Reading;

static gboolean
has_read (gpointer user_data)
{
  Reading *reading = user_data;
  guint64 waiting = get_waiting_bytes (&reading->f->redis);
  guint status;

  reading->most_bytes = MAX (reading->most_bytes, waiting);
  g_free (test_node_get (&reading->f->b, "/readyz", &status));
  return status == 200;
}

static void
test_a_large_log_is_read_before_a_node_is_ready (Fixture *f,
                                                 gconstpointer unused)
{
  Reading reading = {f, 0};
  guint64 entries;

  fill (&f->seat);
  entries = get_metric (&f->a, "store_entries_total");
  test_link_set_rate (&f->link, RATE);
  test_node_start_with (&f->b, f->link.uri, OPTIONS);
  test_wait_until (has_read, &reading, "the log to be read");
  g_assert_cmpuint (get_metric (&f->b, "store_entries_total"), >=, entries);
  g_assert_cmpuint (get_metric (&f->b, "store_degraded_seconds_total"), ==, 0);
  g_assert_cmpuint (reading.most_bytes, <, STATE_BYTES / 2);
  test_link_set_rate (&f->link, 0);
  test_seat_resume (&f->seat, &f->b);
}

static gboolean
is_unlocked (gpointer user_data)
{
  g_autofree char *n =
      test_redis_do (user_data, "EXISTS resilient-signalling:snapshot-lock");

  return g_str_equal (n, "0");
}

/* Redis takes no string as long as that. */
static void
test_a_snapshot_that_fails_is_told (Fixture *f, gconstpointer unused)
{
  fill (&f->seat);
  g_free (test_redis_do (&f->redis, "CONFIG SET proto-max-bulk-len 1mb"));
  make_a_snapshot_due (f);
  wait_for_metric (&f->a, "store_snapshots_failed_total", 1);
  wait_for_metric (&f->a, "store_log_entries", 5000);
  g_assert_cmpuint (get_metric (&f->a, "store_snapshots_total"), ==, 0);
  g_assert_cmpuint (get_metric (&f->a, "store_up"), ==, 1);

  g_free (test_redis_do (&f->redis, "CONFIG SET proto-max-bulk-len 512mb"));
  test_wait_until (is_unlocked, &f->redis, "the lock to run out");
  make_a_snapshot_due (f);
  wait_for_metric (&f->a, "store_snapshots_total", 1);
}

/* As a snapshot does it with what is a minute old. */
static void
forget_all_that_is_saved (TestRedis *redis)
{
  g_free (test_redis_do (
      redis, "EVAL %s 0",
      "local from = redis.call('HGET', 'resilient-signalling:snapshot', 'from')"
      " redis.call('HSET', 'resilient-signalling:snapshot', 'forgotten', from)"
      " return redis.call('XTRIM', 'resilient-signalling:log', 'MINID', "
      "from)"));
}

static void
test_a_node_that_is_behind_the_log_takes_the_snapshot (Fixture *f,
                                                       gconstpointer unused)
{
  const guint n = 10;
  g_auto (TestSeat) two;

  test_node_start_with (&f->b, f->redis.uri, OPTIONS);
  test_node_wait_ready (&f->b);
  test_seat_open (&two, &f->b);
  test_seat_join (&two);
  test_seat_join (&f->seat);
  test_node_freeze (&f->b, TRUE);
  add_to_the_log (f, 20); /* it is given some of them, and asks for more */
  for (guint i = 0; i < n; i++)
    test_seat_publish (&f->seat, i);
  test_seat_hear_range (&f->seat, 0, n);
  make_a_snapshot_due (f);
  wait_for_metric (&f->a, "store_snapshots_total", 1);
  forget_all_that_is_saved (&f->redis);
  test_node_freeze (&f->b, FALSE);
  wait_for_metric (&f->b, "store_rejoined_total", 1);
  test_seat_resume (&two, &f->b);
  g_free (test_seat_hear (&two, "memberJoined"));
  test_seat_hear_range (&two, 0, n);
}

#define LARGE_TEST(name, a_is_far, func)                                       \
  g_test_add ("/server/nodes/large/" name, Fixture,                            \
              GINT_TO_POINTER (a_is_far), set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  LARGE_TEST ("to", FALSE, test_a_large_state_comes_to_a_far_node);
  LARGE_TEST ("from", TRUE, test_a_large_state_comes_from_a_far_node);
  LARGE_TEST ("log", FALSE, test_a_large_log_is_read_before_a_node_is_ready);
  LARGE_TEST ("failed", FALSE, test_a_snapshot_that_fails_is_told);
  LARGE_TEST ("behind", FALSE,
              test_a_node_that_is_behind_the_log_takes_the_snapshot);
  return g_test_run ();
}
