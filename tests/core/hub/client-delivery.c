/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-clients.h"

#include <string.h>

/* The memory kept for a client is bounded, and no client suffers for
 * another. */

static void
test_a_client_that_never_acknowledges_is_removed (TestClients *f,
                                                  gconstpointer unused)
{
  RwClientsCounts counts;

  test_clients_connect_resumable (f, 1, RW_ROLE_LISTENER, NULL);
  rw_clients_connect (f->clients, 2, NULL, f->now_us);
  test_clients_drop_output (f);
  for (guint i = 0; i < 4; i++)
    test_clients_send_status (
        f, 2, i % 2 == 0 ? RW_ROLE_PRODUCER : RW_ROLE_CONSUMER, NULL);
  test_clients_pass_time (f, 16 * SECOND);
  test_clients_send_status (f, 2, RW_ROLE_PRODUCER, NULL);
  test_clients_drop_output (f);
  test_clients_send_status (f, 2, RW_ROLE_CONSUMER, NULL);
  test_clients_expect (f, "1 close 1008", NULL);
  test_clients_disconnect (f, 1);
  test_clients_expect_nothing (f);
  rw_clients_get_counts (f->clients, &counts);
  g_assert_cmpuint (counts.overflowed, ==, 1);
  g_assert_cmpuint (counts.resumable, ==, 0);
}

/* Of 20 that may wait, 10 are for others: one of them may have half. */
static void
test_too_many_messages_to_a_client_end_the_session (TestClients *f,
                                                    gconstpointer unused)
{
  RwClientsCounts counts;

  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, NULL);
  test_clients_connect_plain (f, 2, RW_ROLE_NONE);
  test_clients_connect_plain (f, 3, RW_ROLE_NONE);
  test_clients_send_start (f, 2, "i1", 0);
  for (guint i = 0; i < 4; i++)
    test_clients_send_peer (f, 2, "i4", "x", 0);
  test_clients_drop_output (f);
  test_clients_send_peer (f, 2, "i4", "x", 0);
  test_clients_expect (f, "2 rate-limited", "1 end #6 <0", "2 end", NULL);
  test_clients_send_peer (f, 2, "i4", "x", 0);
  test_clients_expect_nothing (f);

  /* Another one may begin, which counts as much; a bystander is served. */
  test_clients_send_start (f, 2, "i1", 0);
  test_clients_expect (f, "2 started i1", "2 rate-limited", "2 end", NULL);
  test_clients_send_start (f, 3, "i1", 0);
  test_clients_expect (f, "3 started i1", "1 start i3 #7 <0", NULL);
  rw_clients_get_counts (f->clients, &counts);
  g_assert_cmpuint (counts.overflowed, ==, 0);
  g_assert_cmpuint (counts.throttled, ==, 2);

  /* Acknowledged messages make room again. */
  test_clients_send_ack (f, 1, 7);
  test_clients_send_start (f, 2, "i1", 0);
  test_clients_expect (f, "2 started i1", "1 start i2 #8 <0", NULL);
}

/* Many at once do not achieve it either. */
static void
test_flooders_together_do_not_remove_a_client (TestClients *f,
                                               gconstpointer unused)
{
  RwClientsCounts counts;

  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, NULL);
  test_clients_disconnect (f, 1);
  for (guint64 connection = 2; connection < 12; connection++) {
    test_clients_connect_plain (f, connection, RW_ROLE_NONE);
    for (guint i = 0; i < 30; i++)
      test_clients_send_start (f, connection, "i1", 0);
  }
  test_clients_drop_output (f);
  rw_clients_connect (f->clients, 99, NULL, f->now_us);
  test_clients_drop_output (f);
  test_clients_request (f, 99, "t1", 0);
  rw_clients_get_counts (f->clients, &counts);
  g_assert_cmpuint (counts.resumed, ==, 1);
  g_assert_cmpuint (counts.overflowed, ==, 0);
}

static void
test_too_many_status_changes_evict_their_source (TestClients *f,
                                                 gconstpointer unused)
{
  test_clients_connect_resumable (f, 1, RW_ROLE_LISTENER, NULL);
  test_clients_disconnect (f, 1);
  rw_clients_connect (f->clients, 2, NULL, f->now_us);
  test_clients_drop_output (f);
  for (guint i = 0; i < 5; i++)
    test_clients_send_status (
        f, 2, i % 2 == 0 ? RW_ROLE_PRODUCER : RW_ROLE_CONSUMER, NULL);
  test_clients_expect_nothing (f);
  test_clients_send_status (f, 2, RW_ROLE_CONSUMER, NULL);
  test_clients_expect (f, "2 rate-limited", "2 close 1008", NULL);
  rw_clients_connect (f->clients, 3, NULL, f->now_us);
  test_clients_drop_output (f);
  test_clients_request (f, 3, "t1", 0);
  test_clients_expect (f, "3 resumed i1 t1 <0", "3 status i1 #1 <0",
                       "3 status i2 #2 <0", "3 status i2 #3 <0",
                       "3 status i2 #4 <0", "3 status i2 #5 <0",
                       "3 status i2 #6 <0", "3 gone i2 #7 <0", NULL);
}

static void
send_of_room (TestClients *f, guint64 connection, RwSignalType type,
              guint64 seq, const char *data)
{
  RwSignalMessage *m = test_clients_new_message (type, seq);

  m->room_id = g_strdup ("r");
  m->meta = g_ref_string_new (data);
  test_clients_send (f, connection, m);
}

/* The numbers in the room of what comes to @connection, which acknowledges all
 * of it if it @reads. */
static char *
expect_room (TestClients *f, guint64 connection, gboolean reads)
{
  GString *heard = g_string_new (NULL);
  RwClientsOutput output;
  guint64 last = 0;

  do {
    last = 0;
    while (test_clients_pop (f, &output)) {
      if (output.connection == connection) {
        g_assert_nonnull (output.message);
        if (output.message->type == RW_SIGNAL_ROOM_MESSAGE)
          g_string_append_printf (heard, "%u ",
                                  (guint) output.message->sequence);
        else if (output.message->type == RW_SIGNAL_RECONNECTION_DETECTED)
          g_string_append_printf (heard, "-%u ", (guint) output.message->lost);
        last = MAX (last, output.seq);
      }
      rw_clients_output_clear (&output);
    }
    if (reads && last > 0)
      test_clients_send_ack (f, connection, last);
    test_clients_pass_time (f, 10000);
  } while (reads && last > 0);

  return g_string_free (heard, FALSE);
}

/* Of 20 that may be unread, rooms may have 5; the rest waits in the room. */
static void
test_a_slow_member_removes_no_client (TestClients *f, gconstpointer unused)
{
  g_autofree char *at_once = NULL;
  g_autofree char *later = NULL;
  g_autofree char *too_late = NULL;
  RwClientsCounts counts;
  guint64 seq = 1;

  test_clients_connect_resumable (f, 1, RW_ROLE_NONE, NULL);
  test_clients_connect_resumable (f, 2, RW_ROLE_NONE, NULL);
  send_of_room (f, 1, RW_SIGNAL_JOIN_ROOM, 1, "");
  send_of_room (f, 2, RW_SIGNAL_JOIN_ROOM, seq++, "");
  g_free (expect_room (f, 1, TRUE));
  test_clients_send_ack (f, 2, 1);
  test_clients_drop_output (f);

  for (guint i = 0; i < 12; i++) {
    send_of_room (f, 2, RW_SIGNAL_PUBLISH, seq++, "x");
    test_clients_send_ack (f, 2, i + 2);
  }
  at_once = expect_room (f, 1, FALSE);
  g_assert_cmpstr (at_once, ==, "1 2 3 4 5 ");
  test_clients_send_ack (f, 1, 7);
  later = expect_room (f, 1, TRUE);
  g_assert_cmpstr (later, ==, "6 7 8 9 10 11 12 ");

  for (guint i = 0; i < 18; i++) {
    send_of_room (f, 2, RW_SIGNAL_PUBLISH, seq++, "x");
    test_clients_send_ack (f, 2, i + 14);
  }
  too_late = expect_room (f, 1, TRUE);
  g_assert_cmpstr (too_late, ==,
                   "13 14 15 16 17 -3 21 22 23 24 25 26 27 28 29 30 ");
  rw_clients_get_counts (f->clients, &counts);
  g_assert_cmpuint (counts.overflowed, ==, 0);
}

static void
test_what_waits_is_bounded_in_bytes (TestClients *f, gconstpointer unused)
{
  g_autofree char *large = g_strnfill (15000, 'x');

  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, NULL);
  test_clients_connect_plain (f, 2, RW_ROLE_NONE);
  test_clients_send_start (f, 2, "i1", 0);
  test_clients_disconnect (f, 1);
  test_clients_drop_output (f);
  test_clients_send_peer (f, 2, "i3", large, 0);
  test_clients_expect_nothing (f);
  test_clients_send_peer (f, 2, "i3", large, 0);
  test_clients_expect (f, "2 rate-limited", "2 end", NULL);
}

static void
send_traced (TestClients *f, char *traceparent)
{
  RwSignalMessage *message = test_clients_new_message (RW_SIGNAL_PEER, 0);

  message->session_id = g_strdup ("i3");
  message->candidate = g_strdup ("short");
  message->traceparent = traceparent;
  test_clients_send (f, 2, message);
}

static void
test_a_traceparent_counts (TestClients *f, gconstpointer unused)
{
  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, NULL);
  test_clients_connect_plain (f, 2, RW_ROLE_NONE);
  test_clients_send_start (f, 2, "i1", 0);
  test_clients_disconnect (f, 1);
  test_clients_drop_output (f);
  send_traced (f, g_strnfill (15000, 'x'));
  test_clients_expect_nothing (f);
  send_traced (f, g_strnfill (15000, 'x'));
  test_clients_expect (f, "2 rate-limited", "2 end", NULL);
}

static void
test_acknowledged_messages_make_room (TestClients *f, gconstpointer unused)
{
  g_autofree char *large = g_strnfill (15000, 'x');

  test_clients_connect_resumable (f, 1, RW_ROLE_PRODUCER, NULL);
  test_clients_connect_plain (f, 2, RW_ROLE_NONE);
  test_clients_send_start (f, 2, "i1", 0);
  for (guint i = 0; i < 100; i++) {
    test_clients_send_peer (f, 2, "i3", large, 0);
    test_clients_send_ack (f, 1, 2 + i);
  }
  test_clients_drop_output (f);
  test_clients_send_peer (f, 2, "i3", "still", 0);
  test_clients_expect (f, "1 peer still #102 <0", NULL);
}

#define ADD(path, func)                                                        \
  g_test_add ("/client-delivery/" path, TestClients, NULL,                     \
              test_clients_set_up, func, test_clients_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-client-that-never-acknowledges-is-removed",
       test_a_client_that_never_acknowledges_is_removed);
  ADD ("too-many-messages-to-a-client-end-the-session",
       test_too_many_messages_to_a_client_end_the_session);
  ADD ("flooders-together-do-not-remove-a-client",
       test_flooders_together_do_not_remove_a_client);
  ADD ("too-many-status-changes-evict-their-source",
       test_too_many_status_changes_evict_their_source);
  ADD ("a-slow-member-removes-no-client", test_a_slow_member_removes_no_client);
  ADD ("what-waits-is-bounded-in-bytes", test_what_waits_is_bounded_in_bytes);
  ADD ("a-traceparent-counts", test_a_traceparent_counts);
  ADD ("acknowledged-messages-make-room", test_acknowledged_messages_make_room);

  return g_test_run ();
}
