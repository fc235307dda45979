/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-nodes.h"
#include "test-resumable.h"

#include <string.h>

/* The Redis of two servers restarts, does not answer, or takes nothing: no
 * client loses its resumption or a message. */

static void
hear_status (TestResumable *client, gboolean degraded)
{
  g_autofree char *text = test_resumable_receive (client, "serverStatus");

  g_assert_nonnull (
      strstr (text, degraded ? "\"degraded\":true" : "\"degraded\":false"));
}

/* With and without what it had kept. */
static void
test_redis_restarts_under_traffic (TestNodes *f, gconstpointer unused)
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
test_a_redis_that_does_not_answer (TestNodes *f, gconstpointer unused)
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

static gboolean
is_open (TestResumable *client)
{
  return soup_websocket_connection_get_state (client->peer->connection) ==
         SOUP_WEBSOCKET_STATE_OPEN;
}

/* Before it is known to be away, if it ever is. */
static void
test_what_waits_for_a_redis_is_bounded (TestNodes *f, gconstpointer unused)
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
  for (guint i = 0; i < 80 && is_open (&one); i++)
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
test_a_redis_that_is_full (TestNodes *f, gconstpointer unused)
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
test_a_redis_that_is_read_only (TestNodes *f, gconstpointer unused)
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
test_a_redis_at_one_of_two_addresses (TestNodes *f, gconstpointer unused)
{
  g_autofree char *uri =
      g_strdup_printf ("redis://localhost:%u", test_redis_listen (&f->redis));
  g_auto (TestResumable) one;

  test_node_kill (&f->a);
  test_node_start (&f->a, uri);
  test_node_wait_ready (&f->a);
  test_resumable_open (&one, &f->a);
}

#define NODES_TEST(name, func)                                                 \
  g_test_add ("/server/nodes/" name, TestNodes, GINT_TO_POINTER (FALSE),       \
              test_nodes_set_up, func, test_nodes_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  NODES_TEST ("redis/restart-empty", test_redis_restarts_under_traffic);
  g_test_add ("/server/nodes/redis/restart", TestNodes, GINT_TO_POINTER (TRUE),
              test_nodes_set_up, test_redis_restarts_under_traffic,
              test_nodes_tear_down);
  NODES_TEST ("redis/silent", test_a_redis_that_does_not_answer);
  NODES_TEST ("redis/bounded", test_what_waits_for_a_redis_is_bounded);
  NODES_TEST ("redis/full", test_a_redis_that_is_full);
  NODES_TEST ("redis/read-only", test_a_redis_that_is_read_only);
  NODES_TEST ("redis/addresses", test_a_redis_at_one_of_two_addresses);
  return g_test_run ();
}
