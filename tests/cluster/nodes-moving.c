/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-outage.h"
#include "test-session.h"
#include "test-wait.h"

/*
 * A client goes to and fro between two servers while another client sends to
 * it: each message is received once and in order, wherever it was when the
 * client moved.
 */

#define A(f) (&(f)->nodes[0])
#define B(f) (&(f)->nodes[1])

/* The case happens by chance, in about one of three moves. */
#define N_MOVES 20

static void
set_up (TestOutage *f, gconstpointer unused)
{
  test_outage_init (f, TEST_OUTAGE_NEVER);
}

static void
tear_down (TestOutage *f, gconstpointer unused)
{
  test_outage_clear (f);
}

static TestNode *
get_target (TestOutage *f, guint move)
{
  return move % 2 == 0 ? B (f) : A (f);
}

typedef struct {
  TestOutage *f;
  const char *id;
} Moved;

static gboolean
is_home (gpointer user_data)
{
  Moved *moved = user_data;
  g_autofree char *from =
      test_redis_do (&moved->f->redis,
                     "HEXISTS resilient-signalling:client:%s from", moved->id);

  return g_strcmp0 (from, "0") == 0;
}

/* Until the client's new home has written its record. */
static void
wait_home (TestOutage *f, const TestClient *client)
{
  Moved moved = {f, client->id};

  test_wait_until (is_home, &moved, "the record of the client");
}

/* The server that the client has left writes the client's record, and so
 * notices the move, before it has read the messages for the client. */
static void
test_messages_before_the_move_follow (TestOutage *f, gconstpointer unused)
{
  g_auto (TestPair) pair;

  test_pair_connect (&pair, A (f), B (f), TRUE);
  test_pair_meet (&pair);
  for (guint i = 0; i < N_MOVES; i++) {
    test_client_drop (pair.consumer);
    test_session_send (&pair.session, 5);
    test_client_come (pair.consumer, get_target (f, i));
    test_session_receive (&pair.session);
    wait_home (f, pair.consumer);
  }
  test_session_talk (&pair.session);
  g_assert_cmpuint (pair.consumer->n_begun, ==, 1);
}

static void
test_messages_during_the_move_follow (TestOutage *f, gconstpointer unused)
{
  g_auto (TestPair) pair;

  test_pair_connect (&pair, A (f), B (f), TRUE);
  test_pair_meet (&pair);
  for (guint i = 0; i < N_MOVES; i++) {
    g_assert_true (test_client_try (pair.consumer, get_target (f, i)));
    while (test_client_take (pair.consumer) && !pair.consumer->welcome) {
      test_session_send (&pair.session, 1);
      g_main_context_iteration (NULL, TRUE);
    }
    test_session_send (&pair.session, 5);
    test_session_receive (&pair.session);
    wait_home (f, pair.consumer);
  }
  test_session_talk (&pair.session);
  g_assert_cmpuint (pair.consumer->n_begun, ==, 1);
}

#define MOVING_TEST(name, func)                                                \
  g_test_add ("/server/nodes/moving/" name, TestOutage, NULL, set_up, func,    \
              tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  MOVING_TEST ("before", test_messages_before_the_move_follow);
  MOVING_TEST ("during", test_messages_during_the_move_follow);
  return g_test_run ();
}
