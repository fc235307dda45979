/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-outage.h"
#include "test-session.h"

#include <string.h>

/*
 * Two nodes have lost their Redis, and what the one does alone does not fit
 * with what the other does, or is never heard of. Afterwards both say the same,
 * who has lost something is told, and everybody can go on.
 *
 * RW_FULL=1: each test with each kind of outage.
 */

#define A(f) (&(f)->nodes[0])
#define B(f) (&(f)->nodes[1])

/* --- Both at once --- */

static void
test_both_go_on_alone (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) old_a;
  g_auto (TestPair) old_b;
  g_auto (TestPair) new_a;
  g_auto (TestPair) new_b;
  g_auto (TestPair) ordinary_a;
  g_auto (TestPair) ordinary_b;
  g_auto (TestSession) across = {.id = NULL};
  TestPair *all[] = {&old_a, &old_b, &new_a, &new_b, &ordinary_a, &ordinary_b};

  test_pair_new (&old_a, A (f), TRUE);
  test_pair_new (&old_b, B (f), TRUE);
  test_outage_begin (f);
  test_pair_new (&new_a, A (f), TRUE);
  test_pair_new (&new_b, B (f), TRUE);
  test_pair_new (&ordinary_a, A (f), FALSE);
  test_pair_new (&ordinary_b, B (f), FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    test_session_talk (&all[i]->session);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    test_session_say (&all[i]->session, 5);
  test_outage_end (f);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    test_session_say (&all[i]->session, 5);
  test_outage_wait_agreed (f, G_N_ELEMENTS (all));
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++) {
    test_session_hear (&all[i]->session);
    test_session_talk (&all[i]->session);
  }

  for (gsize i = 2; i < G_N_ELEMENTS (all); i += 2) {
    test_session_begin (&across, all[i]->consumer, all[i + 1]->producer);
    test_session_talk (&across);
    test_session_end (&across);
  }
  test_client_come (new_a.producer, B (f));
  test_client_come (new_b.producer, A (f));
  test_session_talk (&new_a.session);
  test_session_talk (&new_b.session);
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    g_assert_cmpuint (all[i]->producer->n_begun, ==, 1);
}

/* --- One name, two who want it --- */

static void
come_as (TestPair *pair, TestNode *node, const char *name)
{
  pair->producer = test_client_new (node, TRUE);
  test_client_set_role (pair->producer, "producer", name);
  pair->consumer = test_client_new (node, TRUE);
  test_client_wait_listed (pair->consumer, "producers", pair->producer->id);
  test_session_begin (&pair->session, pair->consumer, pair->producer);
  test_session_talk (&pair->session);
}

/* That the name is taken, and the ends of sessions, in any order. */
static guint
count_bad_news (TestClient *client)
{
  guint n = 0;

  test_client_take (client);
  for (GList *l = client->inbox.head; l != NULL; l = l->next) {
    const char *type = test_client_get (l->data, "type");

    if (g_str_equal (type, "endSessionV1_1"))
      n++;
    else
      g_assert_cmpstr (test_client_get (l->data, "code"), ==, "name-taken");
    if (g_str_equal (type, "error"))
      n++;
  }
  return n;
}

typedef struct {
  TestPair *pairs[2];
  guint loser;
} Contest;

static gboolean
is_decided (gpointer user_data)
{
  Contest *self = user_data;

  for (guint i = 0; i < 2; i++) {
    self->loser = i;
    if (count_bad_news (self->pairs[i]->producer) == 2 &&
        count_bad_news (self->pairs[i]->consumer) == 1)
      return TRUE;
  }
  return FALSE;
}

static void
test_one_name_for_two (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) at_a = {NULL};
  g_auto (TestPair) at_b = {NULL};
  g_autoptr (TestClient) asker = NULL;
  g_autofree char *holder = NULL;
  Contest contest = {.pairs = {&at_a, &at_b}};
  TestPair *winner;

  if (f->kind == TEST_OUTAGE_NEVER)
    return;
  test_outage_begin (f);
  come_as (&at_a, A (f), "studio");
  come_as (&at_b, B (f), "studio");
  test_outage_end (f);
  test_wait_until (is_decided, &contest, "one to be told that it has lost");
  winner = contest.pairs[1 - contest.loser];
  test_outage_wait_agreed (f, 1);
  asker = test_client_new (A (f), FALSE);
  holder = test_client_list (asker, "producers");
  g_assert_cmpstr (holder, ==, winner->producer->id);
  test_session_talk (&winner->session);
}

/* It belongs to somebody at the other node, who may be there or not. */
static void
test_a_name_of_the_other_node_waits (TestOutage *f, gconstpointer kind)
{
  g_autoptr (TestClient) holder = test_client_new (B (f), TRUE);
  g_autoptr (TestClient) other = test_client_new (A (f), TRUE);
  g_auto (TestPair) pair;

  test_client_set_role (holder, "producer", "studio");
  test_client_assert_silence (holder);
  test_client_wait_listed (other, "producers", holder->id);
  test_outage_begin (f);
  test_client_set_role (other, "producer", "studio");
  test_pair_new (&pair, A (f), TRUE);
  test_outage_end (f);
  test_client_hear_error (other, "name-taken");
  test_outage_wait_agreed (f, 2);
  test_session_talk (&pair.session);
}

/* --- A node that does not live to tell --- */

/* Comes to @node, as what it was or as somebody new, and is fit for @role. */
static void
settle (TestClient *client, TestNode *node, const char *role)
{
  if (!test_client_take (client) || !client->welcome)
    test_client_come (client, node);
  test_client_set_role (client, role, NULL);
  test_client_ask (client, "'type':'%s'", "list");
  for (;;) {
    g_autoptr (JsonObject) message = test_client_hear (client, NULL);

    if (g_str_equal (test_client_get (message, "type"), "list"))
      return;
  }
}

/* A new session of whoever is left, with anybody. */
static void
check_pair (TestPair *pair, TestNode *consumer_at, TestNode *producer_at)
{
  g_auto (TestSession) session = {.id = NULL};

  settle (pair->producer, producer_at, "producer");
  settle (pair->consumer, consumer_at, "listener");
  settle (pair->consumer, consumer_at, "consumer");
  test_client_wait_listed (pair->consumer, "producers", pair->producer->id);
  settle (pair->consumer, consumer_at, "consumer");
  settle (pair->producer, producer_at, "producer");
  test_session_begin (&session, pair->consumer, pair->producer);
  test_session_talk (&session);
}

static void
test_a_node_is_killed_while_alone (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) old;
  g_auto (TestPair) new;
  g_auto (TestPair) across;
  g_auto (TestPair) at_b;
  g_auto (TestPair) ordinary;

  test_pair_new (&old, A (f), TRUE);
  test_pair_new (&at_b, B (f), TRUE);
  test_pair_connect (&across, A (f), B (f), TRUE);
  test_pair_meet (&across);
  test_outage_begin (f);
  test_pair_new (&new, A (f), TRUE);
  test_pair_new (&ordinary, A (f), FALSE);
  test_session_talk (&old.session);
  test_session_say (&across.session, 3);
  test_node_kill (A (f));
  test_session_talk (&at_b.session);
  test_client_drop (old.consumer);
  test_client_drop (old.producer);
  test_client_drop (new.consumer);
  test_client_drop (new.producer);
  test_client_drop (across.consumer);
  test_client_drop (ordinary.consumer);
  test_client_drop (ordinary.producer);
  test_outage_end (f);

  /* Nothing of this session was said alone. */
  test_client_come (across.consumer, B (f));
  g_assert_cmpuint (across.consumer->n_begun, ==, 1);
  test_session_hear (&across.session);
  check_pair (&old, B (f), B (f));
  check_pair (&new, B (f), B (f));
  check_pair (&ordinary, B (f), B (f));
  test_session_talk (&across.session);
  test_session_talk (&at_b.session);
  test_outage_start_node (f, 0);
  test_node_wait_ready (A (f));
  test_outage_wait_agreed (f, 5);
}

static void
test_a_node_is_stopped_while_alone (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) pair;
  g_auto (TestPair) at_b;

  test_pair_new (&at_b, B (f), TRUE);
  test_outage_begin (f);
  test_pair_new (&pair, A (f), TRUE);
  test_node_stop (A (f));
  test_client_drop (pair.consumer);
  test_client_drop (pair.producer);
  test_session_talk (&at_b.session);
  test_outage_end (f);
  check_pair (&pair, B (f), B (f));
  test_session_talk (&at_b.session);
}

/* --- A node that is alone while the other is not --- */

/* The other one takes it for dead, once its lease has run out. */
static void
test_one_node_is_cut_off (TestOutage *f, gconstpointer kind)
{
  g_autoptr (TestClient) listener = test_client_new_listener (B (f));
  g_auto (TestPair) seats;
  g_auto (TestPair) moving;
  g_auto (TestPair) ordinary;
  g_auto (TestPair) new;
  g_auto (TestPair) at_b;

  test_pair_new (&at_b, B (f), TRUE);
  test_client_hear_roles (listener, at_b.producer->id, 1);
  test_pair_new (&seats, A (f), TRUE);
  test_client_hear_roles (listener, seats.producer->id, 1);
  test_pair_new (&moving, A (f), TRUE);
  test_client_hear_roles (listener, moving.producer->id, 1);
  test_pair_new (&ordinary, A (f), FALSE);
  test_client_hear_roles (listener, ordinary.producer->id, 1);
  test_outage_begin_at (f, 0);
  test_session_talk (&seats.session);
  test_session_talk (&moving.session);
  test_session_talk (&ordinary.session);
  test_pair_new (&new, A (f), TRUE);
  test_session_talk (&at_b.session);
  if (f->kind != TEST_OUTAGE_NEVER) {
    test_client_hear_roles (listener, ordinary.producer->id, 0);
    test_client_drop (moving.producer);
    test_client_come (moving.producer, B (f));
  }
  test_session_talk (&seats.session);
  test_session_talk (&new.session);
  test_session_talk (&ordinary.session);
  test_session_talk (&at_b.session);
  test_outage_end_at (f, 0);
  test_outage_wait_ready (f);

  check_pair (&seats, A (f), A (f));
  check_pair (&moving, A (f), B (f));
  check_pair (&new, A (f), A (f));
  check_pair (&ordinary, A (f), A (f));
  test_session_talk (&at_b.session);
  test_outage_wait_agreed (f, 5);
}

/* For less than its lease: nobody notices but who is at both. */
static void
test_one_node_is_cut_off_for_a_moment (TestOutage *f, gconstpointer kind)
{
  g_auto (TestPair) seats;
  g_auto (TestPair) ordinary;
  g_auto (TestPair) across;
  g_auto (TestPair) at_b;

  test_pair_new (&seats, A (f), TRUE);
  test_pair_new (&ordinary, A (f), FALSE);
  test_pair_connect (&across, A (f), B (f), TRUE);
  test_pair_meet (&across);
  test_pair_new (&at_b, B (f), TRUE);
  test_outage_begin_at (f, 0);
  test_session_say (&across.session, 3);
  test_session_talk (&seats.session);
  test_session_talk (&ordinary.session);
  test_session_talk (&at_b.session);
  test_outage_end_at (f, 0);
  test_session_hear (&across.session);
  test_session_talk (&seats.session);
  test_session_talk (&ordinary.session);
  test_session_talk (&across.session);
  test_session_talk (&at_b.session);
  test_outage_wait_agreed (f, 4);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_outage_add ("/server/nodes/apart/both", EMPTIED, OF_ALL,
                   test_both_go_on_alone);
  test_outage_add ("/server/nodes/apart/name", EMPTIED, OF_ALL,
                   test_one_name_for_two);
  test_outage_add ("/server/nodes/apart/name/held", CUT, OF_ALL,
                   test_a_name_of_the_other_node_waits);
  test_outage_add ("/server/nodes/apart/killed", KILLED, OF_ALL,
                   test_a_node_is_killed_while_alone);
  test_outage_add ("/server/nodes/apart/stopped", KILLED, OF_ALL,
                   test_a_node_is_stopped_while_alone);
  test_outage_add ("/server/nodes/apart/one", HELD, OF_ONE,
                   test_one_node_is_cut_off);
  test_outage_add ("/server/nodes/apart/one/moment", CUT, OF_ONE,
                   test_one_node_is_cut_off_for_a_moment);
  return g_test_run ();
}
