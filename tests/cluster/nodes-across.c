/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-outage.h"
#include "test-session.h"

/*
 * Two nodes lose their Redis, and clients of both have to do with each other:
 * what they say waits until it is back, while others of the same node go on;
 * then all of it comes, once and in order.
 *
 * RW_FULL=1: each test with each kind of outage.
 */

#define A(f) (&(f)->nodes[0])
#define B(f) (&(f)->nodes[1])

/* --- Sessions --- */

static void
test_what_is_said_to_the_other_node_waits (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) near;
  g_auto (TestPair) resumable;
  g_auto (TestPair) ordinary;

  test_pair_new (&near, A (f), TRUE);
  test_pair_connect (&resumable, A (f), B (f), TRUE);
  test_pair_meet (&resumable);
  test_pair_connect (&ordinary, A (f), B (f), FALSE);
  test_pair_meet (&ordinary);
  test_session_send (&resumable.session, 3);
  test_session_send (&ordinary.session, 3);
  test_outage_begin (f);
  test_session_send (&resumable.session, 5);
  test_session_send (&ordinary.session, 5);
  test_session_talk (&near.session);
  test_session_send (&resumable.session, 5);
  test_session_send (&ordinary.session, 5);

  /* The sender may lose its connection meanwhile. */
  test_client_drop (resumable.consumer);
  test_client_come (resumable.consumer, A (f));
  test_session_send (&resumable.session, 5);
  test_session_talk (&near.session);
  test_outage_end (f);
  test_session_send (&resumable.session, 5);
  test_session_send (&ordinary.session, 5);
  test_session_receive (&resumable.session);
  test_session_receive (&ordinary.session);
  test_session_talk (&resumable.session);
  test_session_talk (&ordinary.session);
  test_session_talk (&near.session);
  g_assert_cmpuint (resumable.consumer->n_begun, ==, 1);
}

/* Also of who came while Redis was away. */
static void
test_a_session_with_the_other_node_waits (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) pair = {NULL};

  pair.producer = test_client_new (B (f), TRUE);
  test_client_set_role (pair.producer, "producer", NULL);
  pair.consumer = test_client_new (A (f), TRUE);
  test_client_wait_listed (pair.consumer, "producers", pair.producer->id);
  test_outage_begin (f);
  test_client_free (pair.consumer);
  pair.consumer = test_client_new (A (f), TRUE);
  g_assert_true (
      test_client_lists (pair.consumer, "producers", pair.producer->id));
  test_client_send (pair.consumer, "'type':'startSession','peerId':'%s'",
                    pair.producer->id);
  test_outage_end (f);
  json_object_unref (test_client_receive (pair.consumer, "sessionStarted"));
  json_object_unref (test_client_receive (pair.producer, "startSession"));
  test_client_wait_acked (pair.consumer);
}

/* --- Rooms --- */

#define N_MEMBERS 4
#define N_PUBLISH 10

/* A server may be back later than the other one by all that is published. */
#define OPTIONS "--room-history=1000"

static void
publish (TestClient **members, guint *said)
{
  for (guint i = 0; i < N_PUBLISH * N_MEMBERS; i++)
    test_client_send (members[i % N_MEMBERS],
                      "'type':'publish','roomId':'r','data':'%u %u'",
                      i % N_MEMBERS, said[i % N_MEMBERS]++);
}

/* All that was said since the last time. */
static void
hear_the_room (TestClient **members, const guint *said, guint *heard)
{
  guint n = 0;

  for (guint i = 0; i < N_MEMBERS; i++)
    n += said[i] - heard[i];
  while (n-- > 0) {
    g_autofree char *first = NULL;
    guint who;

    for (guint i = 0; i < N_MEMBERS; i++) {
      g_autoptr (JsonObject) message =
          test_client_receive (members[i], "roomMessage");

      if (i == 0)
        first = g_strdup (test_client_get (message, "data"));
      g_assert_cmpstr (test_client_get (message, "data"), ==, first);
    }
    who = (guint) (first[0] - '0');
    g_assert_cmpuint (g_ascii_strtoull (first + 2, NULL, 10), ==, heard[who]++);
  }
}

/* Another run of Redis begins a new epoch. */
static gboolean
is_another_run (TestOutage *f)
{
  return f->kind == TEST_OUTAGE_KILLED || f->kind == TEST_OUTAGE_EMPTIED;
}

static void
test_rooms_wait (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) near;
  TestClient *members[N_MEMBERS];
  guint said[N_MEMBERS] = {0};
  guint heard[N_MEMBERS] = {0};

  test_outage_restart_nodes (f, OPTIONS);
  test_pair_new (&near, A (f), TRUE);
  for (guint i = 0; i < N_MEMBERS; i++) {
    members[i] = test_client_new (i % 2 == 0 ? A (f) : B (f), TRUE);
    test_client_send (members[i], "'type':'joinRoom','roomId':'%s'", "r");
    json_object_unref (test_client_receive (members[i], "roomJoined"));
  }
  publish (members, said);
  if (is_another_run (f))
    hear_the_room (members, said, heard);
  test_outage_begin (f);
  publish (members, said);
  test_session_talk (&near.session);
  test_client_drop (members[0]);
  publish (members, said);
  test_client_come (members[0], A (f));
  publish (members, said);
  test_session_talk (&near.session);
  test_outage_end (f);
  publish (members, said);
  hear_the_room (members, said, heard);
  for (guint i = 0; i < N_MEMBERS; i++) {
    test_client_assert_silence (members[i]);
    g_assert_cmpuint (members[i]->n_begun, ==, 1);
    g_assert_cmpuint (members[i]->n_joined, ==, is_another_run (f) ? 2 : 1);
    test_client_free (members[i]);
  }
  test_session_talk (&near.session);
}

/* --- Again and again --- */

#define N_OUTAGES 8

static void
test_redis_comes_and_goes (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) ordinary;
  g_auto (TestPair) resumable;
  g_auto (TestPair) at_b;
  g_auto (TestPair) across;
  TestPair *all[] = {&ordinary, &resumable, &at_b, &across};

  test_pair_new (&ordinary, A (f), FALSE);
  test_pair_new (&resumable, A (f), TRUE);
  test_pair_new (&at_b, B (f), TRUE);
  test_pair_connect (&across, A (f), B (f), TRUE);
  test_pair_meet (&across);
  for (guint n = 0; n < N_OUTAGES; n++) {
    gboolean is_long = n % 2 == 0;

    /* Else the next outage begins before this one is over for all. */
    if (is_long)
      test_outage_wait_ready (f);
    test_outage_begin (f);
    for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
      test_session_send (&all[i]->session, 5);
    for (gsize i = 0; is_long && i < n / 2; i++)
      test_session_receive (&all[i]->session);
    test_outage_end (f);
    for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
      test_session_send (&all[i]->session, 5);
    if (n % 4 == 1)
      test_session_receive (&across.session);
    if (n % 4 == 3) {
      test_client_drop (resumable.producer);
      test_client_come (resumable.producer, A (f));
    }
  }
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    test_session_receive (&all[i]->session);
  test_outage_wait_ready (f);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    test_session_talk (&all[i]->session);
  g_assert_cmpuint (resumable.producer->n_begun, ==, 1);
  test_outage_wait_agreed (f, G_N_ELEMENTS (all));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_outage_add ("/server/nodes/across/session", HELD, OF_ALL,
                   test_what_is_said_to_the_other_node_waits);
  test_outage_add ("/server/nodes/across/session/new", FROZEN, OF_ALL,
                   test_a_session_with_the_other_node_waits);
  test_outage_add ("/server/nodes/across/rooms", CUT, OF_ALL, test_rooms_wait);
  test_outage_add ("/server/nodes/across/again", KILLED, OF_ALL,
                   test_redis_comes_and_goes);
  return g_test_run ();
}
