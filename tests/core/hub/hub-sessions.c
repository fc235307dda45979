/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-hub.h"

/* Sessions begin, carry messages and end. */

static void
test_a_consumer_calls_a_producer (TestHub *f, gconstpointer unused)
{
  test_hub_add (f, "p", RW_ROLE_PRODUCER);
  test_hub_add (f, "c", RW_ROLE_NONE);

  test_hub_send_start (f, "c", "p", NULL);
  test_hub_expect (f, "c started p s1", "p start c s1", NULL);
  test_hub_send_start (f, "c", "p", "offer");
  test_hub_expect (f, "c started p s2", "p start c s2 offer", NULL);
}

static void
test_a_producer_calls_a_consumer (TestHub *f, gconstpointer unused)
{
  test_hub_add (f, "p", RW_ROLE_NONE);
  test_hub_add (f, "c", RW_ROLE_CONSUMER);

  test_hub_send_start (f, "p", "c", NULL);
  test_hub_expect (f, "c started p s1", "p start c s1", NULL);
}

static void
test_the_receivers_position_is_passed_on (TestHub *f, gconstpointer unused)
{
  RwSignalMessage *m = rw_signal_message_new (RW_SIGNAL_START_SESSION);

  test_hub_add (f, "p", RW_ROLE_PRODUCER);
  test_hub_add (f, "c", RW_ROLE_NONE);
  m->peer_id = g_strdup ("p");
  m->request.consumer_id = g_strdup ("me");
  m->request.next = 42;
  test_hub_send (f, "c", m);
  test_hub_expect (f, "c started p s1", "p start c s1 me@42", NULL);
}

static void
test_starting_with_nobody_is_an_error (TestHub *f, gconstpointer unused)
{
  test_hub_add (f, "a", RW_ROLE_PRODUCER);
  test_hub_add (f, "l", RW_ROLE_LISTENER);

  test_hub_send_start (f, "a", "nobody", NULL);
  test_hub_expect (f, "a error unknown-peer", NULL);
  test_hub_send_start (f, "a", "l", NULL);
  test_hub_expect (f, "a error unknown-peer", NULL);
  test_hub_send_start (f, "a", "a", NULL);
  test_hub_expect (f, "a error unknown-peer", NULL);
}

static void
test_peer_messages_reach_the_other_side (TestHub *f, gconstpointer unused)
{
  test_hub_add_pair (f);

  test_hub_send_peer (f, "p", "s1", "offer");
  test_hub_send_peer (f, "c", "s1", "answer");
  test_hub_send_peer (f, "p", "s1", "candidate");
  test_hub_expect (f, "c peer s1 offer", "p peer s1 answer",
                   "c peer s1 candidate", NULL);
}

static void
test_strangers_cannot_touch_a_session (TestHub *f, gconstpointer unused)
{
  test_hub_add_pair (f);
  test_hub_add (f, "x", RW_ROLE_PRODUCER);

  test_hub_send_peer (f, "x", "s1", "evil");
  test_hub_expect (f, "x error s1 unknown-session", NULL);
  test_hub_send_end (f, "x", "s1", NULL);
  test_hub_expect (f, "x error s1 unknown-session", NULL);
  test_hub_send_peer (f, "p", "no", "body");
  test_hub_expect (f, "p error no unknown-session", NULL);
  test_hub_send_end (f, "p", "no", "why");
  test_hub_expect (f, "p error no unknown-session", NULL);
  test_hub_send_peer (f, "p", "s1", "still");
  test_hub_expect (f, "c peer s1 still", NULL);
}

static void
test_either_side_ends_a_session (TestHub *f, gconstpointer unused)
{
  test_hub_add_pair (f);
  test_hub_send_start (f, "c", "p", NULL);
  test_hub_drop_output (f);

  test_hub_send_end (f, "c", "s1", NULL);
  test_hub_expect (f, "p end s1", NULL);
  test_hub_send_end (f, "p", "s2", NULL);
  test_hub_expect (f, "c end s2", NULL);
}

static void
test_what_crosses_an_end_is_passed_over (TestHub *f, gconstpointer unused)
{
  test_hub_add_pair (f);

  test_hub_send_end (f, "c", "s1", NULL);
  test_hub_expect (f, "p end s1", NULL);
  test_hub_send_peer (f, "p", "s1", "late");
  test_hub_send_end (f, "p", "s1", NULL);
  test_hub_send_end (f, "c", "s1", NULL);
  test_hub_expect_nothing (f);
}

static void
test_ends_are_sent_in_the_version_of_each_side (TestHub *f,
                                                gconstpointer unused)
{
  rw_hub_add_client (f->hub, "p");
  test_hub_send_version (f, "p", RW_SIGNAL_VERSION_1_1, FALSE);
  test_hub_send_status (f, "p", RW_ROLE_PRODUCER, NULL, NULL);
  rw_hub_add_client (f->hub, "c");
  test_hub_send_version (f, "c", RW_SIGNAL_VERSION_1_0, FALSE);
  test_hub_drop_output (f);

  test_hub_send_start (f, "c", "p", NULL);
  test_hub_send_start (f, "c", "p", NULL);
  test_hub_send_start (f, "c", "p", NULL);
  test_hub_drop_output (f);
  test_hub_send_end (f, "c", "s1", NULL);
  test_hub_expect (f, "p end-v1_1 s1", NULL);
  test_hub_send_end (f, "p", "s2", "broken");
  test_hub_expect (f, "c end s2", NULL);
  test_hub_send_end (f, "c", "s3", "broken");
  test_hub_expect (f, "p end-v1_1 s3 broken", NULL);
}

static void
test_a_lost_client_ends_its_sessions_and_is_announced (TestHub *f,
                                                       gconstpointer unused)
{
  test_hub_add (f, "ear", RW_ROLE_LISTENER);
  test_hub_add_pair (f);
  test_hub_add (f, "d", RW_ROLE_NONE);
  test_hub_send_start (f, "d", "p", NULL);
  test_hub_drop_output (f);

  rw_hub_remove_client (f->hub, "c", "gone");
  test_hub_expect (f, "p end s1", NULL);
  rw_hub_remove_client (f->hub, "p", "gone");
  test_hub_expect (f, "d end s2", "ear status p []", NULL);
  rw_hub_remove_client (f->hub, "p", "gone");
  test_hub_expect_nothing (f);
  test_hub_send_type (f, "ear", RW_SIGNAL_LIST);
  test_hub_expect (f, "ear list", NULL);
  test_hub_send_end (f, "d", "s2", NULL);
  test_hub_expect_nothing (f);
}

static void
test_giving_up_a_role_ends_its_sessions (TestHub *f, gconstpointer unused)
{
  test_hub_add (f, "p", RW_ROLE_PRODUCER);
  test_hub_add (f, "c", RW_ROLE_CONSUMER);
  test_hub_send_start (f, "c", "p", NULL);
  test_hub_send_start (f, "p", "c", NULL);
  test_hub_drop_output (f);

  test_hub_send_status (f, "c", RW_ROLE_NONE, NULL, NULL);
  test_hub_expect (f, "p end s1", "c end s1", "p end s2", "c end s2", NULL);
  test_hub_send_start (f, "c", "p", NULL);
  test_hub_drop_output (f);
  test_hub_send_status (f, "p", RW_ROLE_PRODUCER, "{\"new\":1}", NULL);
  test_hub_expect_nothing (f);
  test_hub_send_status (f, "p", RW_ROLE_LISTENER, NULL, NULL);
  test_hub_expect (f, "p end s3", "c end s3", "p status p [L]", NULL);
}

static void
test_sessions_of_one_client_are_bounded (TestHub *f, gconstpointer unused)
{
  test_hub_add (f, "p", RW_ROLE_PRODUCER);
  test_hub_add (f, "c", RW_ROLE_NONE);
  for (guint i = 0; i < RW_HUB_MAX_SESSIONS_PER_CLIENT; i++)
    test_hub_send_start (f, "c", "p", NULL);
  test_hub_drop_output (f);

  test_hub_send_start (f, "c", "p", NULL);
  test_hub_expect (f, "c error too-many-sessions", NULL);
  test_hub_send_end (f, "c", "s7", NULL);
  test_hub_expect (f, "p end s7", NULL);
  test_hub_send_start (f, "c", "p", NULL);
  test_hub_expect (f, "c started p s1025", "p start c s1025", NULL);
}

#define ADD(path, func)                                                        \
  g_test_add ("/hub-sessions/" path, TestHub, NULL, test_hub_set_up, func,     \
              test_hub_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-consumer-calls-a-producer", test_a_consumer_calls_a_producer);
  ADD ("a-producer-calls-a-consumer", test_a_producer_calls_a_consumer);
  ADD ("the-receivers-position-is-passed-on",
       test_the_receivers_position_is_passed_on);
  ADD ("starting-with-nobody-is-an-error",
       test_starting_with_nobody_is_an_error);
  ADD ("peer-messages-reach-the-other-side",
       test_peer_messages_reach_the_other_side);
  ADD ("strangers-cannot-touch-a-session",
       test_strangers_cannot_touch_a_session);
  ADD ("either-side-ends-a-session", test_either_side_ends_a_session);
  ADD ("what-crosses-an-end-is-passed-over",
       test_what_crosses_an_end_is_passed_over);
  ADD ("ends-are-sent-in-the-version-of-each-side",
       test_ends_are_sent_in_the_version_of_each_side);
  ADD ("a-lost-client-ends-its-sessions-and-is-announced",
       test_a_lost_client_ends_its_sessions_and_is_announced);
  ADD ("giving-up-a-role-ends-its-sessions",
       test_giving_up_a_role_ends_its_sessions);
  ADD ("sessions-of-one-client-are-bounded",
       test_sessions_of_one_client_are_bounded);

  return g_test_run ();
}
