/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cost to a client of state that is shared through Redis: two servers and a
 * Redis, all on this machine, and members of one room who talk and return. As
 * Markdown tables, first with a Redis in memory, then with one that syncs.
 *
 *   G_TEST_BUILDDIR=build/tests build/tests/bench/store [SAMPLES]
 *
 * Each time is a client's: from its writing a message to its reading the
 * answer, so both WebSockets and both event loops are in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test-resumable.h"

#define N_MISSED 50

typedef struct {
  TestRedis redis;
  TestNode a;
  TestNode b;
} Nodes;

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static void
note (GArray *times, gint64 since_us)
{
  gint64 us = g_get_monotonic_time () - since_us;

  g_array_append_val (times, us);
}

static double
percentile (GArray *times, guint percent)
{
  guint i = (times->len - 1) * percent / 100;

  return (double) g_array_index (times, gint64, i) / 1000.0;
}

static void
print_row (const char *what, GArray *times)
{
  g_array_sort (times, compare);
  printf ("| %s | %u | %.2f | %.2f | %.2f |\n", what, times->len,
          percentile (times, 50), percentile (times, 99),
          percentile (times, 100));
  fflush (stdout);
  g_array_unref (times);
}

/* So that the next ones find an empty room. */
static void
leave (TestResumable *client)
{
  test_resumable_send (client, "'type':'leaveRoom','roomId':'%s'", "r");
  test_resumable_send (client, "'type':'joinRoom','roomId':'%s'", "next");
  g_free (test_resumable_receive (client, "roomJoined"));
}

static GArray *
new_times (void)
{
  return g_array_new (FALSE, FALSE, sizeof (gint64));
}

/* The publisher receives it too, once it is in the room's stream and has been
 * read back. */
static void
measure_messages (Nodes *nodes, guint n)
{
  g_auto (TestResumable) speaker;
  g_auto (TestResumable) listener;
  GArray *same = new_times ();
  GArray *other = new_times ();

  test_resumable_open (&speaker, &nodes->a);
  test_resumable_open (&listener, &nodes->b);
  test_resumable_join (&speaker);
  test_resumable_join (&listener);
  g_free (test_resumable_receive (&speaker, "memberJoined"));
  for (guint i = 0; i < 2 * n; i++) {
    gint64 from_us = g_get_monotonic_time ();

    test_resumable_publish (&speaker, i);
    if (i % 2 == 0) {
      test_resumable_receive_published (&speaker, i);
      note (same, from_us);
      test_resumable_receive_published (&listener, i);
    } else {
      test_resumable_receive_published (&listener, i);
      note (other, from_us);
      test_resumable_receive_published (&speaker, i);
    }
    test_resumable_ack (&speaker);
    test_resumable_ack (&listener);
  }
  leave (&speaker);
  leave (&listener);
  print_row ("a message, until it is stored and its sender hears it", same);
  print_row ("a message, until a member at the other server hears it", other);
}

/* The connection is there; what is measured begins with the claim. */
static void
measure_returns (Nodes *nodes, guint n)
{
  g_auto (TestResumable) speaker;
  g_auto (TestResumable) listener;
  GArray *returned = new_times ();
  GArray *missed = new_times ();
  guint said = 0;

  test_resumable_open (&speaker, &nodes->a);
  test_resumable_open (&listener, &nodes->b);
  test_resumable_join (&speaker);
  test_resumable_join (&listener);
  g_free (test_resumable_receive (&speaker, "memberJoined"));
  for (guint i = 0; i < n; i++) {
    TestNode *node = i % 2 == 0 ? &nodes->a : &nodes->b;
    gint64 from_us;

    test_resumable_leave (&listener);
    for (guint k = 0; k < N_MISSED; k++)
      test_resumable_publish (&speaker, said + k);
    test_resumable_receive_range (&speaker, said, N_MISSED);
    test_resumable_connect (&listener, node);
    from_us = g_get_monotonic_time ();
    test_resumable_request (&listener);
    note (returned, from_us);
    test_resumable_receive_range (&listener, said, N_MISSED);
    note (missed, from_us);
    test_resumable_ack (&speaker);
    test_resumable_ack (&listener);
    said += N_MISSED;
  }
  leave (&speaker);
  leave (&listener);
  print_row ("a return, until it is told so", returned);
  print_row ("and until it has the 50 messages missed", missed);
}

/* The last one leaves a room full of messages, and finds a new one there. */
static void
measure_clean_up (Nodes *nodes, guint n)
{
  g_auto (TestResumable) member;
  GArray *times = new_times ();

  test_resumable_open (&member, &nodes->a);
  for (guint i = 0; i < n; i++) {
    g_autofree char *joined = NULL;
    gint64 from_us;

    test_resumable_send (&member, "'type':'joinRoom','roomId':'%s'", "r");
    joined = test_resumable_receive (&member, "roomJoined");
    if (strstr (joined, "\"sequence\":0") == NULL)
      g_error ("an empty room keeps what was said in it: %s", joined);
    for (guint k = 0; k < N_MISSED; k++)
      test_resumable_publish (&member, k);
    test_resumable_receive_range (&member, 0, N_MISSED);
    test_resumable_ack (&member);
    from_us = g_get_monotonic_time ();
    leave (&member);
    note (times, from_us);
    test_resumable_send (&member, "'type':'leaveRoom','roomId':'%s'", "next");
  }
  print_row ("a room of 50 messages, from its last member's leaving until it "
             "is gone",
             times);
}

static void
measure_all (gboolean persists, guint n)
{
  Nodes nodes = {0};

  test_redis_init (&nodes.redis, persists);
  test_redis_start (&nodes.redis);
  /* No client talks as fast as this one. */
  test_node_start_with (&nodes.a, nodes.redis.uri, "--message-rate=0");
  test_node_start_with (&nodes.b, nodes.redis.uri, "--message-rate=0");
  test_node_wait_ready (&nodes.a);
  test_node_wait_ready (&nodes.b);

  printf ("| two servers and a Redis %s | n | p50, ms | p99, ms | max, ms |\n"
          "|---|---|---|---|---|\n",
          persists ? "that syncs each entry to disk (`appendfsync always`)"
                   : "that keeps all in memory");
  measure_messages (&nodes, n);
  measure_returns (&nodes, n);
  measure_clean_up (&nodes, n);

  test_node_stop (&nodes.a);
  test_node_stop (&nodes.b);
  test_redis_clear (&nodes.redis);
}

int
main (int argc, char **argv)
{
  guint n = argc > 1 ? (guint) atoi (argv[1]) : 1000;

  measure_all (FALSE, n);
  printf ("\n");
  measure_all (TRUE, n);
  return 0;
}
