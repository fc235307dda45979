/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-outage.h"
#include "test-resumable.h"
#include "test-session.h"

#include <string.h>

/*
 * One of two servers is cut off from Redis, in both directions or in one, or
 * dies in the middle of something.
 */

#define A(f) (&(f)->nodes[0])
#define B(f) (&(f)->nodes[1])

#define N_OUTAGES 2

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

static void
set_link (TestOutage *f, TestLinkState state)
{
  test_link_set_state (&f->links[0], state);
}

/* --- One server is cut off --- */

/* A command that Redis has executed, and not answered, is not executed
 * twice. */
static void
test_one_server_is_cut_off (TestOutage *f, gconstpointer state)
{
  g_auto (TestPair) across;
  g_auto (TestPair) back;
  g_auto (TestPair) near;
  TestPair *all[] = {&across, &back, &near};

  test_pair_connect (&across, A (f), B (f), TRUE);
  test_pair_meet (&across);
  test_pair_connect (&back, B (f), A (f), TRUE);
  test_pair_meet (&back);
  test_pair_new (&near, A (f), TRUE);
  for (guint n = 0; n < N_OUTAGES; n++) {
    for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
      test_session_send (&all[i]->session, 5);
    set_link (f, (TestLinkState) GPOINTER_TO_UINT (state));
    for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
      test_session_send (&all[i]->session, 5);
    if (n % 2 == 0)
      test_node_wait_degraded (A (f));
    test_session_receive (&near.session);
    set_link (f, TEST_LINK_WHOLE);
    test_outage_wait_ready (f);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++) {
    test_session_receive (&all[i]->session);
    test_session_talk (&all[i]->session);
  }
  g_assert_cmpuint (across.consumer->n_begun, ==, 1);
  g_assert_cmpuint (back.consumer->n_begun, ==, 1);
}

static void
test_a_room_with_a_server_that_is_cut_off (TestOutage *f, gconstpointer state)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;

  test_resumable_meet (&one, A (f), &two, B (f));
  for (guint n = 0; n < N_OUTAGES; n++) {
    test_resumable_publish (&one, 3 * n);
    set_link (f, (TestLinkState) GPOINTER_TO_UINT (state));
    test_resumable_publish (&one, 3 * n + 1);
    if (n % 2 == 0)
      test_node_wait_degraded (A (f));
    set_link (f, TEST_LINK_WHOLE);
    test_resumable_publish (&one, 3 * n + 2);
    test_resumable_receive_range (&one, 3 * n, 3);
    test_resumable_receive_range (&two, 3 * n, 3);
  }
}

/* The other server takes its clients over when its lease has expired; when it
 * comes back, the client is there only. */
static void
test_a_client_is_at_one_server_only (TestOutage *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;
  TestPeer *former;

  test_resumable_meet (&one, A (f), &two, B (f));
  set_link (f, TEST_LINK_CUT);
  test_node_wait_degraded (A (f));
  former = g_steal_pointer (&one.peer);
  test_resumable_restore (&one, B (f));
  test_resumable_publish (&one, 0);
  test_resumable_receive_published (&two, 0);
  set_link (f, TEST_LINK_WHOLE);
  test_node_wait_ready (A (f));
  test_peer_expect_closed (former, 4001);
  test_peer_free (former);
  test_resumable_publish (&two, 1);
  test_resumable_receive_range (&one, 0, 2);
}

static gboolean
is_removed (gpointer user_data)
{
  g_autofree char *n =
      test_redis_do (user_data, "SCARD %s", "resilient-signalling:servers");

  return g_str_equal (n, "1");
}

/* Its renewals are late, not lost: the first begins a lease of which the server
 * is not notified, as it has given up that connection. */
static void
test_a_server_is_cut_off_until_it_is_removed (TestOutage *f,
                                              gconstpointer state)
{
  g_auto (TestPair) across;
  g_auto (TestPair) back;
  g_auto (TestPair) later;
  TestPair *before[] = {&across, &back};

  test_pair_connect (&across, A (f), B (f), TRUE);
  test_pair_meet (&across);
  test_pair_connect (&back, B (f), A (f), TRUE);
  test_pair_meet (&back);
  set_link (f, (TestLinkState) GPOINTER_TO_UINT (state));
  test_wait_until (is_removed, &f->redis, "the removal of the server");
  for (gsize i = 0; i < G_N_ELEMENTS (before); i++)
    test_session_send (&before[i]->session, 5);
  set_link (f, TEST_LINK_WHOLE);
  test_outage_wait_ready (f);
  for (gsize i = 0; i < G_N_ELEMENTS (before); i++) {
    test_session_receive (&before[i]->session);
    test_session_talk (&before[i]->session);
  }
  test_pair_connect (&later, B (f), A (f), TRUE);
  test_pair_meet (&later);
}

/* --- Death in the middle --- */

/* All members receive the room's messages in the same order, and once. */
static void
test_a_server_is_killed_in_mid_publish (TestOutage *f, gconstpointer unused)
{
  g_auto (TestResumable) one;
  g_auto (TestResumable) two;
  guint next = 0;

  test_resumable_meet (&one, A (f), &two, B (f));
  for (guint i = 0; i < 200; i++)
    test_resumable_publish (&one, i);
  g_free (test_resumable_receive (&two, "roomMessage"));
  test_node_kill (A (f));
  test_resumable_restore (&one, B (f));
  test_resumable_publish (&one, 1000);
  while (next != 1000) {
    g_autofree char *text = test_resumable_receive (&two, "roomMessage");
    g_autofree char *data = test_peer_get (text, "data");
    guint number = (guint) g_ascii_strtoull (data + 1, NULL, 10);

    g_assert_true (number == next + 1 || number == 1000);
    next = number;
  }
}

typedef struct {
  TestRedis *redis;
  const char *id;
} Record;

static gboolean
has_field (const Record *record, const char *field)
{
  g_autofree char *n =
      test_redis_do (record->redis, "HEXISTS resilient-signalling:client:%s %s",
                     record->id, field);

  return g_str_equal (n, "1");
}

static gboolean
is_written (gpointer user_data)
{
  return has_field (user_data, "token");
}

static gboolean
is_claimed (gpointer user_data)
{
  return has_field (user_data, "from");
}

/* The home of @client, which is there, is frozen, and another is asked. */
static void
claim (TestOutage *f, TestResumable *client)
{
  Record record = {&f->redis, client->id};

  test_wait_until (is_written, &record, "the record");
  test_node_freeze (A (f), TRUE);
  test_resumable_connect (client, B (f));
  test_resumable_send_request (client);
  test_wait_until (is_claimed, &record, "the claim");
}

/* Its former home stores the client whoever asks for it in the end. */
static void
test_a_server_is_killed_in_mid_resume (TestOutage *f, gconstpointer unused)
{
  g_auto (TestResumable) one;

  test_resumable_open (&one, A (f));
  test_resumable_send (
      &one, "'type':'setPeerStatus','roles':['%s'],'meta':null", "listener");
  g_free (test_resumable_receive (&one, "peerStatusChanged"));
  claim (f, &one);
  test_node_kill (B (f));
  test_outage_start_node (f, 1);
  test_node_wait_ready (B (f));
  test_resumable_connect (&one, B (f));
  test_resumable_send_request (&one);
  test_node_freeze (A (f), FALSE);
  test_resumable_expect_resumed (&one);
}

/* A client that hangs up while it is on its way is found at either server. */
static void
test_a_client_changes_its_mind_in_mid_resume (TestOutage *f,
                                              gconstpointer unused)
{
  g_auto (TestResumable) one;

  test_resumable_open (&one, A (f));
  claim (f, &one);
  test_resumable_leave (&one);
  test_node_freeze (A (f), FALSE);
  for (guint i = 0; i < 10; i++)
    test_resumable_resume (&one, i % 2 == 0 ? A (f) : B (f));
}

int
main (int argc, char *argv[])
{
  static const struct {
    const char *name;
    TestLinkState state;
  } states[] = {{"both-ways", TEST_LINK_HELD},
                {"to-redis", TEST_LINK_HELD_TO},
                {"from-redis", TEST_LINK_HELD_FROM},
                {"cut", TEST_LINK_CUT}};

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autofree char *sessions =
        g_strconcat ("/server/nodes/cut/sessions/", states[i].name, NULL);
    g_autofree char *room =
        g_strconcat ("/server/nodes/cut/room/", states[i].name, NULL);
    g_autofree char *removed =
        g_strconcat ("/server/nodes/cut/removed/", states[i].name, NULL);

    g_test_add (sessions, TestOutage, GUINT_TO_POINTER (states[i].state),
                set_up, test_one_server_is_cut_off, tear_down);
    g_test_add (room, TestOutage, GUINT_TO_POINTER (states[i].state), set_up,
                test_a_room_with_a_server_that_is_cut_off, tear_down);
    g_test_add (removed, TestOutage, GUINT_TO_POINTER (states[i].state), set_up,
                test_a_server_is_cut_off_until_it_is_removed, tear_down);
  }
#define ADD(name, func)                                                        \
  g_test_add ("/server/nodes/" name, TestOutage, NULL, set_up, func, tear_down)
  ADD ("cut/one-home", test_a_client_is_at_one_server_only);
  ADD ("killed/mid-publish", test_a_server_is_killed_in_mid_publish);
  ADD ("killed/mid-resume", test_a_server_is_killed_in_mid_resume);
  ADD ("hung-up/mid-resume", test_a_client_changes_its_mind_in_mid_resume);
  return g_test_run ();
}
