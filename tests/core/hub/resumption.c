/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-clients.h"

/* Clients request resumption, are lost and resume. */

static void
test_an_ordinary_client_sees_the_plain_protocol (TestClients *f,
                                                 gconstpointer unused)
{
  test_clients_connect_plain (f, 1, RW_ROLE_LISTENER);
  rw_clients_connect (f->clients, 2, NULL, f->now_us);
  test_clients_expect (f, "2 welcome i2", NULL);
  test_clients_send_status (f, 2, RW_ROLE_PRODUCER, NULL);
  test_clients_expect (f, "1 status i2", NULL);
  test_clients_send_start (f, 1, "i2", 7);
  test_clients_expect (f, "1 started i2", "2 start i1", NULL);
  test_clients_disconnect (f, 2);
  test_clients_expect (f, "1 end", "1 gone i2", NULL);
  g_assert_cmpint (rw_clients_get_wake_us (f->clients), ==, G_MAXINT64);
}

static void
test_a_request_gives_a_resumption (TestClients *f, gconstpointer unused)
{
  rw_clients_connect (f->clients, 1, NULL, f->now_us);
  test_clients_request (f, 1, NULL, 0);
  test_clients_expect (f, "1 welcome i1", "1 new i1 t1 <0", NULL);
  test_clients_send_status (f, 1, RW_ROLE_LISTENER, NULL);
  test_clients_expect (f, "1 status i1 #1 <0", NULL);
  test_clients_send (f, 1, rw_signal_message_new (RW_SIGNAL_LIST));
  test_clients_expect (f, "1 list <0", NULL);
  g_assert_cmpstr (rw_clients_get_peer_id (f->clients, 1), ==, "i1");
}

static void
test_a_late_request_is_an_error (TestClients *f, gconstpointer unused)
{
  test_clients_connect_plain (f, 1, RW_ROLE_LISTENER);
  test_clients_request (f, 1, NULL, 0);
  test_clients_expect (f, "1 out-of-order", NULL);
  test_clients_connect_resumable (f, 2, RW_ROLE_NONE, NULL);
  test_clients_request (f, 2, "t1", 0);
  test_clients_expect (f, "2 out-of-order #1 <0", NULL);
}

static void
test_what_was_missed_is_replayed_in_order (TestClients *f, gconstpointer unused)
{
  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, "studio");
  test_clients_connect_plain (f, 2, RW_ROLE_NONE);
  test_clients_send_start (f, 2, "i1", 0);
  test_clients_expect (f, "2 started i1", "1 start i2 #1 <0", NULL);
  test_clients_disconnect (f, 1);
  test_clients_send_peer (f, 2, "i3", "a", 0);
  test_clients_send_peer (f, 2, "i3", "b", 0);
  test_clients_expect_nothing (f);

  test_clients_pass_time (f, 29 * SECOND);
  rw_clients_connect (f->clients, 3, NULL, f->now_us);
  test_clients_request (f, 3, "t1", 1);
  test_clients_expect (f, "3 welcome i4", "3 resumed i1 t1 <0",
                       "3 peer a #2 <0", "3 peer b #3 <0", NULL);
  test_clients_send_peer (f, 3, "i3", "c", 1);
  test_clients_expect (f, "2 peer c", NULL);
}

static void
test_an_outage_is_hidden_from_the_others (TestClients *f, gconstpointer unused)
{
  test_clients_connect_plain (f, 1, RW_ROLE_LISTENER);
  test_clients_connect_resumable (f, 2, RW_ROLE_PRODUCER, NULL);
  test_clients_disconnect (f, 2);
  test_clients_pass_time (f, 10 * SECOND);
  rw_clients_connect (f->clients, 3, NULL, f->now_us);
  test_clients_request (f, 3, "t1", 0);
  test_clients_send_status (f, 3, RW_ROLE_PRODUCER, NULL);
  test_clients_expect (f, "3 welcome i3", "3 resumed i2 t1 <0", NULL);
}

static void
test_grace_comes_to_an_end (TestClients *f, gconstpointer unused)
{
  RwClientsCounts counts;

  test_clients_connect_plain (f, 1, RW_ROLE_LISTENER);
  test_clients_connect_resumable (f, 2, RW_ROLE_PRODUCER, NULL);
  test_clients_send_start (f, 1, "i2", 0);
  test_clients_drop_output (f);
  test_clients_disconnect (f, 2);
  test_clients_pass_time (f, 30 * SECOND - 1);
  test_clients_expect_nothing (f);
  test_clients_pass_time (f, 1);
  test_clients_expect (f, "1 end", "1 gone i2", NULL);

  rw_clients_connect (f->clients, 3, NULL, f->now_us);
  test_clients_request (f, 3, "t1", 0);
  test_clients_expect (f, "3 welcome i4", "3 new i4 t2 <0", NULL);
  rw_clients_get_counts (f->clients, &counts);
  g_assert_cmpuint (counts.expired, ==, 1);
  g_assert_cmpuint (counts.refused, ==, 1);
  g_assert_cmpuint (counts.resumable, ==, 1);
}

static void
test_a_client_that_leaves_has_no_grace (TestClients *f, gconstpointer unused)
{
  test_clients_connect_plain (f, 1, RW_ROLE_LISTENER);
  test_clients_connect_resumable (f, 2, RW_ROLE_PRODUCER, NULL);
  rw_clients_leave (f->clients, 2, f->now_us);
  test_clients_expect (f, "1 gone i2", NULL);
  test_clients_disconnect (f, 2);
  test_clients_expect_nothing (f);
  g_assert_cmpint (rw_clients_get_wake_us (f->clients), ==, G_MAXINT64);
}

static void
test_a_resume_closes_the_old_connection (TestClients *f, gconstpointer unused)
{
  RwClientsCounts counts;

  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, NULL);
  rw_clients_connect (f->clients, 2, NULL, f->now_us);
  test_clients_request (f, 2, "t1", 0);
  test_clients_expect (f, "2 welcome i2", "1 close 4001", "2 resumed i1 t1 <0",
                       NULL);

  /* Its last words, and its end, mean nothing any more. */
  test_clients_send_status (f, 1, RW_ROLE_NONE, NULL);
  test_clients_disconnect (f, 1);
  test_clients_expect_nothing (f);
  test_clients_send (f, 2, rw_signal_message_new (RW_SIGNAL_LIST));
  test_clients_expect (f, "2 list <0", NULL);
  rw_clients_get_counts (f->clients, &counts);
  g_assert_cmpuint (counts.evicted, ==, 1);
  g_assert_cmpuint (counts.resumed, ==, 1);
}

/* Any server has to find it. */
static void
test_a_token_names_its_client (TestClients *f, gconstpointer unused)
{
  test_clients_connect_resumable (f, 1, RW_ROLE_NONE, NULL);
  test_clients_resume (f, 2, "i1.t1", 0, FALSE);
  test_clients_expect (f, "1 close 4001", "2 resumed i1 t1 <0", NULL);
  test_clients_resume (f, 3, "i1.t2", 0, FALSE);
  test_clients_expect (f, "3 new i3 t2 <0", NULL);
  test_clients_resume (f, 4, "i3.t1", 0, FALSE);
  test_clients_expect (f, "4 new i4 t3 <0", NULL);
  test_clients_resume (f, 5, ".t1", 0, FALSE);
  test_clients_expect (f, "5 new i5 t4 <0", NULL);
  test_clients_resume (f, 6, "i1.", 0, FALSE);
  test_clients_expect (f, "6 new i6 t5 <0", NULL);
}

/* It was long on its way, and its client has a later connection. */
static void
test_an_attempt_that_was_overtaken_gives_a_new_client (TestClients *f,
                                                       gconstpointer unused)
{
  test_clients_resume (f, 1, NULL, 1, FALSE);
  test_clients_expect (f, "1 new i1 t1 <0", NULL);
  test_clients_resume (f, 2, "t1", 3, FALSE);
  test_clients_expect (f, "1 close 4001", "2 resumed i1 t1 <0", NULL);
  test_clients_resume (f, 3, "t1", 2, FALSE);
  test_clients_expect (f, "3 new i3 t2 <0", NULL);
  test_clients_resume (f, 4, "t1", 3, FALSE);
  test_clients_expect (f, "4 new i4 t3 <0", NULL);
  test_clients_resume (f, 5, "t1", 4, FALSE);
  test_clients_expect (f, "2 close 4001", "5 resumed i1 t1 <0", NULL);
}

static void
test_a_wrong_token_gives_a_new_client (TestClients *f, gconstpointer unused)
{
  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, NULL);
  rw_clients_connect (f->clients, 2, NULL, f->now_us);
  test_clients_request (f, 2, "guessed", 0);
  test_clients_expect (f, "2 welcome i2", "2 new i2 t2 <0", NULL);
  test_clients_send (f, 1, rw_signal_message_new (RW_SIGNAL_LIST));
  test_clients_expect (f, "1 list <0", NULL);
}

static void
test_a_resume_that_cannot_go_on_gives_a_new_client (TestClients *f,
                                                    gconstpointer unused)
{
  test_clients_connect_plain (f, 9, RW_ROLE_LISTENER);
  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, NULL);
  test_clients_disconnect (f, 1);
  rw_clients_connect (f->clients, 2, NULL, f->now_us);
  test_clients_drop_output (f);
  test_clients_request (f, 2, "t1", 5);
  test_clients_expect (f, "2 new i3 t2 <0", "9 gone i2", NULL);
}

static void
test_a_resume_that_was_overtaken_does_no_harm (TestClients *f,
                                               gconstpointer unused)
{
  test_clients_connect_resumable (f, 1, RW_ROLE_LISTENER, NULL);
  test_clients_connect_plain (f, 9, RW_ROLE_PRODUCER);
  test_clients_send_ack (f, 1, 2);
  rw_clients_connect (f->clients, 2, NULL, f->now_us);
  test_clients_drop_output (f);

  /* Said when the client had received nothing, and long on its way. */
  test_clients_request (f, 2, "t1", 0);
  test_clients_expect (f, "2 new i3 t2 <0", NULL);
  test_clients_send (f, 1, rw_signal_message_new (RW_SIGNAL_LIST));
  test_clients_expect (f, "1 list <0", NULL);
}

static void
test_a_repeated_message_is_dropped (TestClients *f, gconstpointer unused)
{
  RwClientsCounts counts;

  test_clients_connect_plain (f, 1, RW_ROLE_PRODUCER);
  test_clients_connect_resumable (f, 2, RW_ROLE_NONE, NULL);
  test_clients_send_start (f, 2, "i1", 1);
  test_clients_expect (f, "2 started i1 #1 <1", "1 start i2", NULL);
  test_clients_send_start (f, 2, "i1", 1);
  test_clients_expect_nothing (f);
  test_clients_pass_time (f, SECOND);
  test_clients_expect (f, "2 ack <1", NULL);
  rw_clients_get_counts (f->clients, &counts);
  g_assert_cmpuint (counts.duplicates, ==, 1);
}

static void
test_impossible_numbers_close_only_the_connection (TestClients *f,
                                                   gconstpointer unused)
{
  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, NULL);
  test_clients_send_start (f, 1, "i1", 2);
  test_clients_expect (f, "1 close 1002", NULL);
  rw_clients_disconnect (f->clients, 1, f->now_us);
  rw_clients_connect (f->clients, 2, NULL, f->now_us);
  test_clients_request (f, 2, "t1", 0);
  test_clients_expect (f, "2 welcome i2", "2 resumed i1 t1 <0", NULL);
  test_clients_send_ack (f, 2, 1);
  test_clients_expect (f, "2 close 1002", NULL);
  rw_clients_disconnect (f->clients, 2, f->now_us);
  rw_clients_connect (f->clients, 3, NULL, f->now_us);
  test_clients_request (f, 3, "t1", 0);
  test_clients_expect (f, "3 welcome i3", "3 resumed i1 t1 <0", NULL);
}

static void
test_acks_travel_alone_only_when_they_must (TestClients *f,
                                            gconstpointer unused)
{
  test_clients_connect_plain (f, 1, RW_ROLE_PRODUCER);
  test_clients_connect_resumable (f, 2, RW_ROLE_NONE, NULL);
  test_clients_send_start (f, 2, "i1", 1);
  test_clients_drop_output (f);

  for (guint i = 0; i < 15; i++)
    test_clients_send_peer (f, 2, "i3", "x", 2 + i);
  test_clients_drop_output (f);
  test_clients_send_peer (f, 2, "i3", "x", 17);
  test_clients_expect (f, "1 peer x", "2 ack <17", NULL);
  test_clients_send_peer (f, 2, "i3", "x", 18);
  test_clients_expect (f, "1 peer x", NULL);
  test_clients_pass_time (f, 199 * 1000);
  test_clients_expect_nothing (f);
  test_clients_pass_time (f, 1000);
  test_clients_expect (f, "2 ack <18", NULL);
  test_clients_pass_time (f, SECOND);
  test_clients_expect_nothing (f);
}

static void
test_an_ordinary_client_may_not_acknowledge (TestClients *f,
                                             gconstpointer unused)
{
  test_clients_connect_plain (f, 1, RW_ROLE_NONE);
  test_clients_send_ack (f, 1, 0);
  test_clients_expect (f, "1 wrong-direction", NULL);
}

static void
test_too_many_waiting_push_out_the_oldest (TestClients *f, gconstpointer unused)
{
  test_clients_connect_plain (f, 9, RW_ROLE_LISTENER);
  for (guint i = 1; i <= 4; i++)
    test_clients_connect_resumable (f, i, RW_ROLE_PRODUCER, NULL);
  test_clients_disconnect (f, 2);
  test_clients_disconnect (f, 1);
  test_clients_disconnect (f, 3);
  test_clients_expect_nothing (f);
  test_clients_disconnect (f, 4);
  test_clients_expect (f, "9 gone i3", NULL);
}

static void
test_a_name_is_taken_over_from_a_disconnected_client (TestClients *f,
                                                      gconstpointer unused)
{
  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, "studio");
  test_clients_connect_resumable (f, 2, RW_ROLE_NONE, NULL);
  test_clients_send_status (f, 2, RW_ROLE_PRODUCER, "studio");
  test_clients_expect (f, "2 name-taken #1 <0", NULL);
  test_clients_disconnect (f, 1);
  test_clients_send_status (f, 2, RW_ROLE_PRODUCER, "studio");
  test_clients_expect_nothing (f);

  rw_clients_connect (f->clients, 3, NULL, f->now_us);
  test_clients_request (f, 3, "t1", 0);
  test_clients_expect (f, "3 welcome i3", "3 new i3 t3 <0", NULL);
  test_clients_send_status (f, 3, RW_ROLE_PRODUCER, "studio");
  test_clients_expect (f, "3 name-taken #1 <0", NULL);
}

static void
test_outages_are_counted_by_length (TestClients *f, gconstpointer unused)
{
  RwClientsCounts counts;

  test_clients_connect_resumable (f, 1, RW_ROLE_NONE, NULL);
  test_clients_disconnect (f, 1);
  test_clients_pass_time (f, 3 * SECOND);
  rw_clients_connect (f->clients, 2, NULL, f->now_us);
  test_clients_request (f, 2, "t1", 0);
  rw_clients_get_counts (f->clients, &counts);
  g_assert_cmpint (rw_clients_bucket_us (4), ==, 5 * SECOND);
  g_assert_cmpuint (counts.outage_buckets[4], ==, 1);
  g_assert_cmpint (counts.outage_sum_us, ==, 3 * SECOND);
  g_assert_cmpuint (counts.waiting, ==, 0);
}

#define ADD(path, func)                                                        \
  g_test_add ("/resumption/" path, TestClients, NULL, test_clients_set_up,     \
              func, test_clients_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("an-ordinary-client-sees-the-plain-protocol",
       test_an_ordinary_client_sees_the_plain_protocol);
  ADD ("a-request-gives-a-resumption", test_a_request_gives_a_resumption);
  ADD ("a-late-request-is-an-error", test_a_late_request_is_an_error);
  ADD ("what-was-missed-is-replayed-in-order",
       test_what_was_missed_is_replayed_in_order);
  ADD ("an-outage-is-hidden-from-the-others",
       test_an_outage_is_hidden_from_the_others);
  ADD ("grace-comes-to-an-end", test_grace_comes_to_an_end);
  ADD ("a-client-that-leaves-has-no-grace",
       test_a_client_that_leaves_has_no_grace);
  ADD ("a-resume-closes-the-old-connection",
       test_a_resume_closes_the_old_connection);
  ADD ("a-token-names-its-client", test_a_token_names_its_client);
  ADD ("an-attempt-that-was-overtaken-gives-a-new-client",
       test_an_attempt_that_was_overtaken_gives_a_new_client);
  ADD ("a-wrong-token-gives-a-new-client",
       test_a_wrong_token_gives_a_new_client);
  ADD ("a-resume-that-cannot-go-on-gives-a-new-client",
       test_a_resume_that_cannot_go_on_gives_a_new_client);
  ADD ("a-resume-that-was-overtaken-does-no-harm",
       test_a_resume_that_was_overtaken_does_no_harm);
  ADD ("a-repeated-message-is-dropped", test_a_repeated_message_is_dropped);
  ADD ("impossible-numbers-close-only-the-connection",
       test_impossible_numbers_close_only_the_connection);
  ADD ("acks-travel-alone-only-when-they-must",
       test_acks_travel_alone_only_when_they_must);
  ADD ("an-ordinary-client-may-not-acknowledge",
       test_an_ordinary_client_may_not_acknowledge);
  ADD ("too-many-waiting-push-out-the-oldest",
       test_too_many_waiting_push_out_the_oldest);
  ADD ("a-name-is-taken-over-from-a-disconnected-client",
       test_a_name_is_taken_over_from_a_disconnected_client);
  ADD ("outages-are-counted-by-length", test_outages_are_counted_by_length);

  return g_test_run ();
}
