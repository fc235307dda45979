/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-outage.h"
#include "test-session.h"

#include <string.h>

/*
 * Two nodes lose their Redis, and each serves its own clients alone until it is
 * back; then both know all that was done, and nobody has lost or heard twice
 * what was said.
 *
 * Messages that a test awaits between the beginning and the end of an outage
 * come while Redis is away, as nothing else brings it back. RW_FULL=1: each
 * test with each kind of outage.
 */

#define A(f) (&(f)->nodes[0])
#define B(f) (&(f)->nodes[1])

/* In which a node is to answer that has just lost its Redis; and how much later
 * if that is only silent, which counts as slow at first. */
#define SOON_US   (5 * G_USEC_PER_SEC)
#define SILENT_US (2 * G_USEC_PER_SEC)

/* --- What there was --- */

static gboolean
is_silent (TestOutage *f)
{
  return f->kind == TEST_OUTAGE_FROZEN || f->kind == TEST_OUTAGE_HELD;
}

static void
test_sessions_go_on (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) ordinary;
  g_auto (TestPair) resumable;
  g_auto (TestPair) at_b;
  TestSession *all[] = {&ordinary.session, &resumable.session, &at_b.session};
  gint64 us;

  test_pair_new (&ordinary, A (f), FALSE);
  test_pair_new (&resumable, A (f), TRUE);
  test_pair_new (&at_b, B (f), TRUE);
  test_outage_begin (f);
  us = g_get_monotonic_time ();
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    test_session_talk (all[i]);
  us = g_get_monotonic_time () - us;
  g_test_message ("answered after %.3f s", (double) us / 1e6);
  g_assert_cmpint (us, <, is_silent (f) ? SOON_US + SILENT_US : SOON_US);

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    test_session_send (all[i], 5);
  test_outage_end (f);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    test_session_send (all[i], 5);
  test_outage_wait_ready (f);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++) {
    test_session_receive (all[i]);
    test_session_talk (all[i]);
  }
  test_outage_wait_agreed (f, 3);
}

static void
test_it_is_said (TestOutage *f, gconstpointer kind)
{
  g_autoptr (TestClient) resumable = test_client_new (A (f), TRUE);
  g_autoptr (TestClient) ordinary = test_client_new (A (f), FALSE);
  g_autoptr (TestClient) late = NULL;
  g_autofree char *metrics = NULL;

  test_outage_begin (f);
  if (f->kind == TEST_OUTAGE_NEVER)
    return;
  test_client_wait_degraded (resumable, TRUE);
  test_node_wait_degraded (A (f));
  metrics = test_node_get (A (f), "/metrics", NULL);
  g_assert_nonnull (strstr (metrics, "store_up 0\n"));
  late = test_client_new (A (f), TRUE);
  test_client_wait_degraded (late, TRUE);
  test_client_assert_silence (ordinary);

  test_outage_end (f);
  test_outage_wait_ready (f);
  test_client_wait_degraded (resumable, FALSE);
  test_client_wait_degraded (late, FALSE);
  test_client_assert_silence (ordinary);
}

/* --- Who is new --- */

/* All that needs nobody else is answered. */
static void
come_and_go (TestPair *pair, TestNode *node, TestClient *listener,
             gboolean opted_in)
{
  test_pair_new (pair, node, opted_in);
  test_client_receive_roles (listener, pair->producer->id, 1);
  test_client_set_role (pair->consumer, "consumer", NULL);
  test_client_receive_roles (listener, pair->consumer->id, 1);
  g_assert_true (test_client_lists (listener, "consumers", pair->consumer->id));
  test_client_send (pair->consumer, "'type':'startSession','peerId':'%s'",
                    "nobody");
  test_client_receive_error (pair->consumer, "unknown-peer");
  test_client_ask (pair->producer, "'type':'%s'", "getIceServers");
  json_object_unref (test_client_receive (pair->producer, "iceServers"));
  test_client_wait_acked (pair->consumer);
  test_client_wait_acked (pair->producer);
  test_session_end (&pair->session);
}

static void
test_who_is_new_is_served (TestOutage *f, gconstpointer kind)
{
  g_autoptr (TestClient) listener = test_client_new_listener (A (f));
  g_auto (TestPair) ordinary;
  g_auto (TestPair) resumable;
  g_auto (TestPair) mixed = {NULL};

  test_outage_begin (f);
  come_and_go (&ordinary, A (f), listener, FALSE);
  come_and_go (&resumable, A (f), listener, TRUE);
  test_session_begin (&mixed.session, resumable.consumer, ordinary.producer);
  test_session_talk (&mixed.session);
  test_session_end (&mixed.session);
  test_session_begin (&mixed.session, ordinary.consumer, resumable.producer);
  test_session_talk (&mixed.session);
  test_outage_end (f);
  test_session_talk (&mixed.session);
  test_outage_wait_agreed (f, 2);
}

/* To the other node as well. */
static void
test_who_came_meanwhile_is_known (TestOutage *f, gconstpointer kind)
{
  g_autoptr (TestClient) listener = test_client_new_listener (B (f));
  g_autoptr (TestClient) asker = test_client_new (B (f), TRUE);
  g_autoptr (TestClient) ordinary = NULL;
  g_autoptr (TestClient) resumable = NULL;
  g_auto (TestSession) session = {.id = NULL};

  test_outage_begin (f);
  ordinary = test_client_new (A (f), FALSE);
  test_client_set_role (ordinary, "producer", NULL);
  test_client_assert_silence (ordinary);
  resumable = test_client_new (A (f), TRUE);
  test_client_set_role (resumable, "producer", "studio");
  test_client_assert_silence (resumable);
  test_outage_end (f);

  /* In any order. */
  json_object_unref (test_client_receive (listener, "peerStatusChanged"));
  json_object_unref (test_client_receive (listener, "peerStatusChanged"));
  g_assert_true (test_client_lists (listener, "producers", resumable->id));
  g_assert_true (test_client_lists (listener, "producers", ordinary->id));
  test_session_begin (&session, asker, ordinary);
  test_session_talk (&session);
  test_session_end (&session);
  test_client_wait_listed (asker, "producers", resumable->id);
  test_session_begin (&session, asker, resumable);
  test_session_talk (&session);
  test_outage_wait_agreed (f, 2);
}

static void
test_sessions_begun_alone_go_on (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) ordinary;
  g_auto (TestPair) resumable;

  test_outage_begin (f);
  test_pair_new (&ordinary, A (f), FALSE);
  test_pair_new (&resumable, A (f), TRUE);
  test_session_send (&ordinary.session, 5);
  test_session_send (&resumable.session, 5);
  test_outage_end (f);
  test_session_send (&ordinary.session, 5);
  test_session_send (&resumable.session, 5);
  test_session_receive (&ordinary.session);
  test_session_receive (&resumable.session);
  test_outage_wait_agreed (f, 2);
  test_session_talk (&ordinary.session);
  test_session_talk (&resumable.session);

  test_client_drop (resumable.producer);
  test_session_send (&resumable.session, 5);
  test_client_come (resumable.producer, B (f));
  test_session_receive (&resumable.session);
  test_client_drop (resumable.consumer);
  test_session_send (&resumable.session, 5);
  test_client_come (resumable.consumer, B (f));
  test_session_receive (&resumable.session);
  test_session_talk (&resumable.session);
  test_session_end (&resumable.session);
  g_assert_cmpuint (resumable.consumer->n_begun, ==, 1);
  g_assert_cmpuint (resumable.producer->n_begun, ==, 1);
}

/* --- Who comes back, and who goes --- */

/* The messages of its absence, and those that were not acknowledged to it, are
 * sent then. */
static void
drop_and_come (TestSession *session, TestClient *client, TestNode *node)
{
  test_session_send (session, 3);
  test_client_drop (client);
  test_session_send (session, 5);
  test_client_come (client, node);
  test_session_receive (session);
  test_session_talk (session);
  g_assert_cmpuint (client->n_begun, ==, 1);
}

static void
test_clients_are_resumed (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) old;
  g_auto (TestPair) new;

  test_pair_new (&old, A (f), TRUE);
  test_outage_begin (f);
  test_pair_new (&new, A (f), TRUE);
  drop_and_come (&old.session, old.producer, A (f));
  drop_and_come (&old.session, old.consumer, A (f));
  drop_and_come (&new.session, new.producer, A (f));
  drop_and_come (&new.session, new.consumer, A (f));
  drop_and_come (&new.session, new.producer, A (f));
  test_outage_end (f);
  drop_and_come (&old.session, old.producer, A (f));
  test_outage_wait_ready (f);
  drop_and_come (&old.session, old.consumer, B (f));
  drop_and_come (&new.session, new.consumer, B (f));
  drop_and_come (&new.session, new.producer, B (f));
}

/* It was at the other node, which cannot be asked whether it still is. */
static void
test_a_client_of_the_other_node_waits (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) pair;

  test_pair_new (&pair, B (f), TRUE);
  test_outage_begin (f);
  test_session_send (&pair.session, 3);
  test_client_drop (pair.producer);
  test_session_send (&pair.session, 5);
  g_assert_true (test_client_try (pair.producer, A (f)));
  test_outage_end (f);
  test_client_wait_welcome (pair.producer);
  g_assert_cmpuint (pair.producer->n_begun, ==, 1);
  test_session_receive (&pair.session);
  test_session_talk (&pair.session);
}

/* Its messages there were received, and it knows that or not; so it may have to
 * begin anew here, but then the session has an end. */
static void
come_elsewhere_after (TestOutage *f, TestPair *pair)
{
  test_session_send (&pair->session, 5);
  g_assert_true (test_client_try (pair->producer, A (f)));
  test_outage_end (f);
  test_client_wait_welcome (pair->producer);
  if (pair->producer->n_begun == 1) {
    test_session_receive (&pair->session);
    test_session_talk (&pair->session);
    return;
  }

  g_test_message ("the resumable is lost");
  while (pair->session.heard[0] < 3)
    test_session_receive_next (&pair->session, 0);
  test_session_receive_end (&pair->session, 0);
}

static void
test_who_was_heard_at_the_other_node (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) pair;
  g_auto (TestPair) other;

  test_pair_new (&pair, B (f), TRUE);
  test_pair_new (&other, B (f), TRUE);
  test_outage_begin (f);
  test_session_talk (&other.session);
  test_session_send (&pair.session, 3);
  while (pair.session.heard[0] < 3)
    test_session_receive_next (&pair.session, 0);
  /* The messages themselves do not matter here. */
  g_clear_pointer (&pair.producer->peer, test_peer_free);
  pair.producer->welcome = FALSE;
  come_elsewhere_after (f, &pair);
}

static void
test_who_heard_at_the_other_node (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) pair;

  test_pair_new (&pair, B (f), TRUE);
  test_outage_begin (f);
  test_session_talk (&pair.session);
  test_client_drop (pair.producer);
  come_elsewhere_after (f, &pair);
}

/* Time does not run against who may not be able to come, from when the server
 * has noticed: silence for less than this grace may be a slow Redis. */
static void
test_grace_does_not_run (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) pair;
  g_auto (TestPair) other;
  gint64 end_us;

  test_outage_restart_nodes (f, "--grace=2000");
  test_pair_new (&pair, A (f), TRUE);
  test_pair_new (&other, A (f), TRUE);
  test_outage_begin (f);
  test_session_talk (&other.session);
  if (f->kind != TEST_OUTAGE_NEVER)
    test_node_wait_degraded (A (f));
  test_client_drop (pair.producer);
  end_us = g_get_monotonic_time () + 3 * G_USEC_PER_SEC;
  while (f->kind != TEST_OUTAGE_NEVER && g_get_monotonic_time () < end_us) {
    test_session_talk (&other.session);
    test_client_pause ();
  }
  test_session_send (&pair.session, 5);
  test_client_come (pair.producer, A (f));
  test_session_receive (&pair.session);
  test_outage_end (f);
  test_session_talk (&pair.session);
  g_assert_cmpuint (pair.producer->n_begun, ==, 1);
}

/* Whether @client was there before it was told of @other is a matter of time.
 */
static void
hear_of_producer (TestClient *client, const char *id, const char *other)
{
  g_autoptr (JsonObject) news =
      test_client_receive (client, "peerStatusChanged");

  if (g_strcmp0 (test_client_get (news, "peerId"), other) == 0)
    test_client_receive_roles (client, id, 1);
  else
    g_assert_cmpstr (test_client_get (news, "peerId"), ==, id);
}

static void
test_who_leaves_is_gone (TestOutage *f, gconstpointer kind)
{
  g_autoptr (TestClient) at_a = test_client_new_listener (A (f));
  g_autoptr (TestClient) at_b = test_client_new_listener (B (f));
  g_auto (TestPair) resumable;
  g_auto (TestPair) ordinary;

  test_client_receive_roles (at_a, at_b->id, 1);
  test_pair_new (&resumable, A (f), TRUE);
  test_pair_new (&ordinary, A (f), FALSE);
  test_client_receive_roles (at_a, resumable.producer->id, 1);
  test_client_receive_roles (at_a, ordinary.producer->id, 1);
  hear_of_producer (at_b, resumable.producer->id, at_a->id);
  test_client_receive_roles (at_b, ordinary.producer->id, 1);

  test_outage_begin (f);
  test_client_send_goodbye (resumable.producer);
  test_session_receive_end (&resumable.session, 0);
  test_client_receive_roles (at_a, resumable.producer->id, 0);
  test_client_drop (ordinary.producer);
  test_session_receive_end (&ordinary.session, 0);
  test_client_receive_roles (at_a, ordinary.producer->id, 0);
  test_client_assert_silence (at_a);

  test_outage_end (f);
  /* In any order. */
  json_object_unref (test_client_receive (at_b, "peerStatusChanged"));
  json_object_unref (test_client_receive (at_b, "peerStatusChanged"));
  test_client_assert_silence (at_b);
  test_outage_wait_agreed (f, 0);
  test_client_come (resumable.producer, B (f));
  g_assert_cmpuint (resumable.producer->n_begun, ==, 2);
}

/* A number that leaves a hole costs the connection, not the resumable. */
static void
test_mistakes_are_answered (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) pair;

  test_outage_begin (f);
  test_pair_new (&pair, A (f), TRUE);
  test_client_ask (pair.producer, "'type':'%s'", "nonsense");
  test_client_receive_error (pair.producer, "bad-message");
  test_client_ask (pair.producer, "'type':'startSession','peerId':'x','seq':%d",
                   99);
  test_peer_expect_closed (pair.producer->peer, 1002);
  test_client_come (pair.producer, A (f));
  g_assert_cmpuint (pair.producer->n_begun, ==, 1);
  test_session_talk (&pair.session);
  test_outage_end (f);
  test_session_talk (&pair.session);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_outage_add ("/server/nodes/alone/sessions", KILLED | FROZEN, OF_ALL,
                   test_sessions_go_on);
  test_outage_add ("/server/nodes/alone/said", KILLED, OF_ALL, test_it_is_said);
  test_outage_add ("/server/nodes/alone/new", KILLED, OF_ALL,
                   test_who_is_new_is_served);
  test_outage_add ("/server/nodes/alone/new/known", EMPTIED, OF_ALL,
                   test_who_came_meanwhile_is_known);
  test_outage_add ("/server/nodes/alone/new/sessions", FROZEN, OF_ALL,
                   test_sessions_begun_alone_go_on);
  test_outage_add ("/server/nodes/alone/resume", EMPTIED, OF_ALL,
                   test_clients_are_resumed);
  test_outage_add ("/server/nodes/alone/resume/elsewhere", KILLED, OF_ALL,
                   test_a_client_of_the_other_node_waits);
  test_outage_add ("/server/nodes/alone/resume/was-heard", CUT, OF_ALL,
                   test_who_was_heard_at_the_other_node);
  test_outage_add ("/server/nodes/alone/resume/has-heard", KILLED, OF_ALL,
                   test_who_heard_at_the_other_node);
  test_outage_add ("/server/nodes/alone/grace", KILLED, OF_ALL,
                   test_grace_does_not_run);
  test_outage_add ("/server/nodes/alone/leave", CUT, OF_ALL,
                   test_who_leaves_is_gone);
  test_outage_add ("/server/nodes/alone/mistakes", KILLED, OF_ALL,
                   test_mistakes_are_answered);
  return g_test_run ();
}
