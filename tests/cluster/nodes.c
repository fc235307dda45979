/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-nodes.h"
#include "test-peer.h"
#include "test-resumable.h"

#include <string.h>

/* Several servers that share a Redis, as processes: any of them may go at any
 * time, and no client loses its resumption or a message. */

/* --- What nodes share --- */

static void
test_a_session_between_two_nodes (TestNodes *f, gconstpointer unused)
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
test_a_room_on_two_nodes (TestNodes *f, gconstpointer unused)
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
test_a_room_is_gone_back_to_at_the_other_node (TestNodes *f,
                                               gconstpointer unused)
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
test_a_client_resumes_at_the_other_node (TestNodes *f, gconstpointer unused)
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
test_a_killed_node_is_taken_over (TestNodes *f, gconstpointer unused)
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
test_the_clients_of_a_killed_node_are_away (TestNodes *f, gconstpointer unused)
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
test_clients_survive_all_nodes (TestNodes *f, gconstpointer unused)
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
test_a_session_at_one_node_costs_no_command (TestNodes *f, gconstpointer unused)
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

/* --- Restarts --- */

static void
test_a_rolling_restart_loses_nothing (TestNodes *f, gconstpointer unused)
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
  g_test_add ("/server/nodes/" name, TestNodes, GINT_TO_POINTER (FALSE),       \
              test_nodes_set_up, func, test_nodes_tear_down)

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
  NODES_TEST ("session/same-node", test_a_session_at_one_node_costs_no_command);
  return g_test_run ();
}
