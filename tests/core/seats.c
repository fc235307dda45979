/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-seats.h"
#include "rw-replay.h"

#include <string.h>

/* Seats in memory: connections are numbers, time is a variable. What comes
 * out is rendered as "<connection> <type> <peer> <seq>/<ack>" and compared
 * whole. */

#define SECOND G_USEC_PER_SEC

typedef struct {
  RwSeats *seats;
  gint64 now_us;
  guint n_ids;
  guint n_tokens;
} Fixture;

static char *
next_id (gpointer user_data)
{
  Fixture *f = user_data;

  return g_strdup_printf ("i%u", ++f->n_ids);
}

static char *
next_token (gpointer user_data)
{
  Fixture *f = user_data;

  return g_strdup_printf ("t%u", ++f->n_tokens);
}

/* @max_kept: NULL for few */
static void
set_up (Fixture *f, gconstpointer max_kept)
{
  RwSeatsConfig config = {
      .new_id = next_id,
      .new_token = next_token,
      .user_data = f,
      .grace_us = 30 * SECOND,
      .max_kept = 20,
      .max_kept_bytes = 20000,
      .max_waiting = 3,
      .rooms = {.max_rooms = 3,
                .max_rooms_per_member = 3,
                .max_messages = 10,
                .max_bytes = 1000000,
                .max_age_us = 300 * SECOND},
  };

  if (max_kept != NULL) {
    config.max_kept = GPOINTER_TO_UINT (max_kept);
    config.max_kept_bytes = G_MAXUINT;
  }
  f->seats = rw_seats_new (&config);
  f->now_us = SECOND;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_seats_free (f->seats);
}

static const char *
name_of (const RwBrainMessage *message)
{
  switch (message->type) {
  case RW_SIGNAL_WELCOME:
    return "welcome";
  case RW_SIGNAL_RESILIENT_WELCOME:
    return message->resumed ? "resumed" : "seated";
  case RW_SIGNAL_PEER_STATUS_CHANGED:
    return message->roles == RW_ROLE_NONE ? "gone" : "status";
  case RW_SIGNAL_SESSION_STARTED:
    return "started";
  case RW_SIGNAL_START_SESSION:
    return "start";
  case RW_SIGNAL_END_SESSION:
    return "end";
  case RW_SIGNAL_PEER:
    return "peer";
  case RW_SIGNAL_LIST:
    return "list";
  case RW_SIGNAL_ACK:
    return "ack";
  case RW_SIGNAL_ERROR_REPLY:
    return message->code;
  default:
    return "?";
  }
}

static char *
render (const RwSeatsOutput *output)
{
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "%" G_GUINT64_FORMAT, output->connection);
  if (output->message == NULL) {
    g_string_append_printf (line, " close %u", output->close_code);
    return g_string_free (line, FALSE);
  }

  g_string_append_printf (line, " %s", name_of (output->message));
  if (output->message->peer_id != NULL)
    g_string_append_printf (line, " %s", output->message->peer_id);
  if (output->message->body != NULL)
    g_string_append_printf (line, " %s", output->message->body);
  if (output->message->type == RW_SIGNAL_RESILIENT_WELCOME)
    g_string_append_printf (line, " %.*s <%" G_GUINT64_FORMAT,
                            (int) strcspn (output->message->token, "."),
                            output->message->token, output->message->ack);
  if (output->seq > 0)
    g_string_append_printf (line, " #%" G_GUINT64_FORMAT, output->seq);
  if (output->has_ack)
    g_string_append_printf (line, " <%" G_GUINT64_FORMAT, output->ack);

  return g_string_free (line, FALSE);
}

static void G_GNUC_NULL_TERMINATED
expect (Fixture *f, const char *first, ...)
{
  const char *line = first;
  va_list lines;

  va_start (lines, first);
  for (;;) {
    g_autofree char *got = NULL;
    RwSeatsOutput output;

    if (rw_seats_pop (f->seats, &output)) {
      got = render (&output);
      rw_seats_output_clear (&output);
    }
    g_assert_cmpstr (got, ==, line);
    if (line == NULL)
      break;
    line = va_arg (lines, const char *);
  }
  va_end (lines);
}

static void
expect_silence (Fixture *f)
{
  RwSeatsOutput output;

  g_assert_false (rw_seats_pop (f->seats, &output));
}

static void
forget_output (Fixture *f)
{
  RwSeatsOutput output;

  while (rw_seats_pop (f->seats, &output))
    rw_seats_output_clear (&output);
}

static void
say (Fixture *f, guint64 connection, RwBrainMessage *message)
{
  rw_seats_handle (f->seats, connection, message, f->now_us);
  rw_brain_message_unref (message);
}

static RwBrainMessage *
numbered (RwSignalType type, guint64 seq)
{
  RwBrainMessage *message = rw_brain_message_new (type);

  message->seq = seq;
  return message;
}

static void
say_hello (Fixture *f, guint64 connection, const char *token, guint64 ack)
{
  RwBrainMessage *m = rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  m->resilient = TRUE;
  m->token = g_strdup (token);
  m->ack = ack;
  say (f, connection, m);
}

/* Says that it is the @attempt-th, of a client that knows more than who was not
 * there. */
static void
claim (Fixture *f, guint64 connection, const char *token, guint64 attempt,
       gboolean degraded)
{
  RwBrainMessage *m = rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  m->resilient = TRUE;
  m->token = g_strdup (token);
  m->attempt = attempt;
  m->degraded = degraded;
  rw_seats_connect (f->seats, connection, NULL);
  forget_output (f);
  say (f, connection, m);
}

static void
say_status (Fixture *f, guint64 connection, RwRoles roles, const char *name)
{
  RwBrainMessage *m = rw_brain_message_new (RW_SIGNAL_SET_PEER_STATUS);

  m->roles = roles;
  m->name = g_strdup (name);
  say (f, connection, m);
}

static void
say_start (Fixture *f, guint64 connection, const char *peer, guint64 seq)
{
  RwBrainMessage *m = numbered (RW_SIGNAL_START_SESSION, seq);

  m->peer_id = g_strdup (peer);
  say (f, connection, m);
}

static void
say_peer (Fixture *f, guint64 connection, const char *session, const char *body,
          guint64 seq)
{
  RwBrainMessage *m = numbered (RW_SIGNAL_PEER, seq);

  m->session_id = g_strdup (session);
  m->body = g_ref_string_new (body);
  say (f, connection, m);
}

static void
say_ack (Fixture *f, guint64 connection, guint64 ack)
{
  RwBrainMessage *m = rw_brain_message_new (RW_SIGNAL_ACK);

  m->has_ack = TRUE;
  m->ack = ack;
  say (f, connection, m);
}

static void
connect_plain (Fixture *f, guint64 connection, RwRoles roles)
{
  rw_seats_connect (f->seats, connection, NULL);
  if (roles != RW_ROLE_NONE)
    say_status (f, connection, roles, NULL);
  forget_output (f);
}

static void
connect_seat (Fixture *f, guint64 connection, RwRoles roles, const char *name)
{
  rw_seats_connect (f->seats, connection, NULL);
  say_hello (f, connection, NULL, 0);
  if (roles != RW_ROLE_NONE)
    say_status (f, connection, roles, name);
  forget_output (f);
}

static void
disconnect (Fixture *f, guint64 connection)
{
  rw_seats_disconnect (f->seats, connection, f->now_us);
}

static void
pass_time (Fixture *f, gint64 us)
{
  f->now_us += us;
  while (rw_seats_get_wake_us (f->seats) <= f->now_us)
    rw_seats_wake (f->seats, f->now_us);
}

static void
say_meta (Fixture *f, guint64 connection, const char *meta)
{
  RwBrainMessage *m = rw_brain_message_new (RW_SIGNAL_SET_PEER_STATUS);

  m->roles = RW_ROLE_PRODUCER;
  m->meta = g_ref_string_new (meta);
  say (f, connection, m);
}

/* Each may have ten thousand of them kept. */
static void
test_nobody_says_a_book_about_itself (Fixture *f, gconstpointer unused)
{
  g_autofree char *book = g_strnfill (16385, 'x');

  rw_seats_connect (f->seats, 1, NULL);
  expect (f, "1 welcome i1", NULL);
  say_meta (f, 1, book);
  expect (f, "1 meta-too-large", NULL);
}

/* Who asks for a list is told what all say, in one message. */
static void
test_all_together_say_no_book_either (Fixture *f, gconstpointer unused)
{
  g_autofree char *pages = g_strnfill (4000, 'x');

  for (guint i = 1; i <= 3; i++)
    rw_seats_connect (f->seats, i, NULL);
  forget_output (f);
  say_meta (f, 1, pages);
  say_meta (f, 2, pages);
  expect_silence (f);
  say_meta (f, 3, pages);
  expect (f, "3 meta-too-large", NULL);
  pages[256] = '\0';
  say_meta (f, 3, pages);
  expect_silence (f);
}

static void
test_an_ordinary_client_sees_the_plain_protocol (Fixture *f,
                                                 gconstpointer unused)
{
  connect_plain (f, 1, RW_ROLE_LISTENER);
  rw_seats_connect (f->seats, 2, NULL);
  expect (f, "2 welcome i2", NULL);
  say_status (f, 2, RW_ROLE_PRODUCER, NULL);
  expect (f, "1 status i2", NULL);
  say_start (f, 1, "i2", 7);
  expect (f, "1 started i2", "2 start i1", NULL);
  disconnect (f, 2);
  expect (f, "1 end", "1 gone i2", NULL);
  g_assert_cmpint (rw_seats_get_wake_us (f->seats), ==, G_MAXINT64);
}

static void
test_opting_in_gives_a_seat (Fixture *f, gconstpointer unused)
{
  rw_seats_connect (f->seats, 1, NULL);
  say_hello (f, 1, NULL, 0);
  expect (f, "1 welcome i1", "1 seated i1 t1 <0", NULL);
  say_status (f, 1, RW_ROLE_LISTENER, NULL);
  expect (f, "1 status i1 #1 <0", NULL);
  say (f, 1, rw_brain_message_new (RW_SIGNAL_LIST));
  expect (f, "1 list <0", NULL);
  g_assert_cmpstr (rw_seats_get_peer_id (f->seats, 1), ==, "i1");
}

static void
test_opting_in_late_is_an_error (Fixture *f, gconstpointer unused)
{
  connect_plain (f, 1, RW_ROLE_LISTENER);
  say_hello (f, 1, NULL, 0);
  expect (f, "1 out-of-order", NULL);
  connect_seat (f, 2, RW_ROLE_NONE, NULL);
  say_hello (f, 2, "t1", 0);
  expect (f, "2 out-of-order #1 <0", NULL);
}

static void
test_what_was_missed_is_replayed_in_order (Fixture *f, gconstpointer unused)
{
  connect_seat (f, 1, RW_ROLE_PRODUCER, "studio");
  connect_plain (f, 2, RW_ROLE_NONE);
  say_start (f, 2, "i1", 0);
  expect (f, "2 started i1", "1 start i2 #1 <0", NULL);
  disconnect (f, 1);
  say_peer (f, 2, "i3", "a", 0);
  say_peer (f, 2, "i3", "b", 0);
  expect_silence (f);

  pass_time (f, 29 * SECOND);
  rw_seats_connect (f->seats, 3, NULL);
  say_hello (f, 3, "t1", 1);
  expect (f, "3 welcome i4", "3 resumed i1 t1 <0", "3 peer a #2 <0",
          "3 peer b #3 <0", NULL);
  say_peer (f, 3, "i3", "c", 1);
  expect (f, "2 peer c", NULL);
}

static void
test_an_outage_is_hidden_from_the_others (Fixture *f, gconstpointer unused)
{
  connect_plain (f, 1, RW_ROLE_LISTENER);
  connect_seat (f, 2, RW_ROLE_PRODUCER, NULL);
  disconnect (f, 2);
  pass_time (f, 10 * SECOND);
  rw_seats_connect (f->seats, 3, NULL);
  say_hello (f, 3, "t1", 0);
  say_status (f, 3, RW_ROLE_PRODUCER, NULL);
  expect (f, "3 welcome i3", "3 resumed i2 t1 <0", NULL);
}

static void
test_grace_comes_to_an_end (Fixture *f, gconstpointer unused)
{
  RwSeatsCounts counts;

  connect_plain (f, 1, RW_ROLE_LISTENER);
  connect_seat (f, 2, RW_ROLE_PRODUCER, NULL);
  say_start (f, 1, "i2", 0);
  forget_output (f);
  disconnect (f, 2);
  pass_time (f, 30 * SECOND - 1);
  expect_silence (f);
  pass_time (f, 1);
  expect (f, "1 end", "1 gone i2", NULL);

  rw_seats_connect (f->seats, 3, NULL);
  say_hello (f, 3, "t1", 0);
  expect (f, "3 welcome i4", "3 seated i4 t2 <0", NULL);
  rw_seats_get_counts (f->seats, &counts);
  g_assert_cmpuint (counts.expired, ==, 1);
  g_assert_cmpuint (counts.refused, ==, 1);
  g_assert_cmpuint (counts.seats, ==, 1);
}

static void
test_a_goodbye_needs_no_grace (Fixture *f, gconstpointer unused)
{
  connect_plain (f, 1, RW_ROLE_LISTENER);
  connect_seat (f, 2, RW_ROLE_PRODUCER, NULL);
  rw_seats_leave (f->seats, 2, f->now_us);
  expect (f, "1 gone i2", NULL);
  disconnect (f, 2);
  expect_silence (f);
  g_assert_cmpint (rw_seats_get_wake_us (f->seats), ==, G_MAXINT64);
}

static void
test_a_claim_evicts_who_sits_there (Fixture *f, gconstpointer unused)
{
  RwSeatsCounts counts;

  connect_seat (f, 1, RW_ROLE_PRODUCER, NULL);
  rw_seats_connect (f->seats, 2, NULL);
  say_hello (f, 2, "t1", 0);
  expect (f, "2 welcome i2", "1 close 4001", "2 resumed i1 t1 <0", NULL);

  /* Its last words, and its end, mean nothing any more. */
  say_status (f, 1, RW_ROLE_NONE, NULL);
  disconnect (f, 1);
  expect_silence (f);
  say (f, 2, rw_brain_message_new (RW_SIGNAL_LIST));
  expect (f, "2 list <0", NULL);
  rw_seats_get_counts (f->seats, &counts);
  g_assert_cmpuint (counts.evicted, ==, 1);
  g_assert_cmpuint (counts.resumed, ==, 1);
}

/* (transfer full): as its client is told it. */
static char *
take_token (Fixture *f)
{
  char *token = NULL;
  RwSeatsOutput output;

  while (rw_seats_pop (f->seats, &output)) {
    if (output.message != NULL &&
        output.message->type == RW_SIGNAL_RESILIENT_WELCOME) {
      g_free (token);
      token = g_strdup (output.message->token);
    }
    rw_seats_output_clear (&output);
  }
  return token;
}

static void
test_a_token_says_on_which_line_it_was_told (Fixture *f, gconstpointer unused)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  claim (f, 0x10, NULL, 0, FALSE);
  first = take_token (f);
  g_assert_cmpstr (first, ==, "t1.10");
  claim (f, 0x11, first, 0, FALSE);
  second = take_token (f);
  g_assert_cmpstr (second, ==, "t1.11");
}

/* The line is for servers that were alone; the secret is what counts. */
static void
test_a_token_is_good_with_and_without_its_line (Fixture *f,
                                                gconstpointer unused)
{
  connect_seat (f, 1, RW_ROLE_NONE, NULL);
  claim (f, 2, "t1.1", 0, FALSE);
  expect (f, "1 close 4001", "2 resumed i1 t1 <0", NULL);
  claim (f, 3, "t1", 0, FALSE);
  expect (f, "2 close 4001", "3 resumed i1 t1 <0", NULL);
  claim (f, 4, "t1.", 0, FALSE);
  expect (f, "3 close 4001", "4 resumed i1 t1 <0", NULL);
  claim (f, 5, ".1", 0, FALSE);
  expect (f, "5 seated i5 t2 <0", NULL);
}

/* It was long on its way, and its client sits on a later line. */
static void
test_an_attempt_that_was_overtaken_gives_a_new_seat (Fixture *f,
                                                     gconstpointer unused)
{
  claim (f, 1, NULL, 1, FALSE);
  expect (f, "1 seated i1 t1 <0", NULL);
  claim (f, 2, "t1", 3, FALSE);
  expect (f, "1 close 4001", "2 resumed i1 t1 <0", NULL);
  claim (f, 3, "t1", 2, FALSE);
  expect (f, "3 seated i3 t2 <0", NULL);
  claim (f, 4, "t1", 3, FALSE);
  expect (f, "4 seated i4 t3 <0", NULL);
  claim (f, 5, "t1", 4, FALSE);
  expect (f, "2 close 4001", "5 resumed i1 t1 <0", NULL);
}

/* What it has heard may be lost with the node that it was on. */
static void
test_who_knows_more_is_good_where_it_was (Fixture *f, gconstpointer unused)
{
  const guint64 node_1 = G_GUINT64_CONSTANT (1) << 32;
  const guint64 node_2 = G_GUINT64_CONSTANT (2) << 32;
  g_autofree char *token = NULL;

  claim (f, node_1 + 1, NULL, 1, FALSE);
  g_free (take_token (f));
  claim (f, node_1 + 2, "t1.100000001", 2, TRUE);
  token = take_token (f);
  g_assert_cmpstr (token, ==, "t1.100000002");
  claim (f, node_2 + 1, token, 3, FALSE);
  expect (f, "4294967298 close 4001", "8589934593 resumed i1 t1 <0", NULL);
  claim (f, node_1 + 3, token, 4, TRUE);
  expect (f, "8589934593 close 4001", "4294967299 resumed i1 t1 <0", NULL);
  claim (f, node_2 + 2, "t1.100000003", 5, TRUE);
  expect (f, "4294967299 close 1008", "8589934594 seated i5 t2 <0", NULL);
}

static void
test_a_wrong_token_gives_a_new_seat (Fixture *f, gconstpointer unused)
{
  connect_seat (f, 1, RW_ROLE_PRODUCER, NULL);
  rw_seats_connect (f->seats, 2, NULL);
  say_hello (f, 2, "guessed", 0);
  expect (f, "2 welcome i2", "2 seated i2 t2 <0", NULL);
  say (f, 1, rw_brain_message_new (RW_SIGNAL_LIST));
  expect (f, "1 list <0", NULL);
}

static void
test_a_claim_that_cannot_go_on_gives_a_new_seat (Fixture *f,
                                                 gconstpointer unused)
{
  connect_plain (f, 9, RW_ROLE_LISTENER);
  connect_seat (f, 1, RW_ROLE_PRODUCER, NULL);
  disconnect (f, 1);
  rw_seats_connect (f->seats, 2, NULL);
  forget_output (f);
  say_hello (f, 2, "t1", 5);
  expect (f, "2 seated i3 t2 <0", "9 gone i2", NULL);
}

static void
test_a_claim_that_was_overtaken_does_no_harm (Fixture *f, gconstpointer unused)
{
  connect_seat (f, 1, RW_ROLE_LISTENER, NULL);
  connect_plain (f, 9, RW_ROLE_PRODUCER);
  say_ack (f, 1, 2);
  rw_seats_connect (f->seats, 2, NULL);
  forget_output (f);

  /* Said when the client had received nothing, and long on its way. */
  say_hello (f, 2, "t1", 0);
  expect (f, "2 seated i3 t2 <0", NULL);
  say (f, 1, rw_brain_message_new (RW_SIGNAL_LIST));
  expect (f, "1 list <0", NULL);
}

static void
test_a_repeated_message_is_dropped (Fixture *f, gconstpointer unused)
{
  RwSeatsCounts counts;

  connect_plain (f, 1, RW_ROLE_PRODUCER);
  connect_seat (f, 2, RW_ROLE_NONE, NULL);
  say_start (f, 2, "i1", 1);
  expect (f, "2 started i1 #1 <1", "1 start i2", NULL);
  say_start (f, 2, "i1", 1);
  expect_silence (f);
  pass_time (f, SECOND);
  expect (f, "2 ack <1", NULL);
  rw_seats_get_counts (f->seats, &counts);
  g_assert_cmpuint (counts.duplicates, ==, 1);
}

static void
test_impossible_numbers_close_the_line_not_the_seat (Fixture *f,
                                                     gconstpointer unused)
{
  connect_seat (f, 1, RW_ROLE_PRODUCER, NULL);
  say_start (f, 1, "i1", 2);
  expect (f, "1 close 1002", NULL);
  rw_seats_disconnect (f->seats, 1, f->now_us);
  rw_seats_connect (f->seats, 2, NULL);
  say_hello (f, 2, "t1", 0);
  expect (f, "2 welcome i2", "2 resumed i1 t1 <0", NULL);
  say_ack (f, 2, 1);
  expect (f, "2 close 1002", NULL);
  rw_seats_disconnect (f->seats, 2, f->now_us);
  rw_seats_connect (f->seats, 3, NULL);
  say_hello (f, 3, "t1", 0);
  expect (f, "3 welcome i3", "3 resumed i1 t1 <0", NULL);
}

static void
test_acks_travel_alone_only_when_they_must (Fixture *f, gconstpointer unused)
{
  connect_plain (f, 1, RW_ROLE_PRODUCER);
  connect_seat (f, 2, RW_ROLE_NONE, NULL);
  say_start (f, 2, "i1", 1);
  forget_output (f);

  for (guint i = 0; i < 15; i++)
    say_peer (f, 2, "i3", "x", 2 + i);
  forget_output (f);
  say_peer (f, 2, "i3", "x", 17);
  expect (f, "1 peer x", "2 ack <17", NULL);
  say_peer (f, 2, "i3", "x", 18);
  expect (f, "1 peer x", NULL);
  pass_time (f, 199 * 1000);
  expect_silence (f);
  pass_time (f, 1000);
  expect (f, "2 ack <18", NULL);
  pass_time (f, SECOND);
  expect_silence (f);
}

static void
test_an_ack_is_not_an_ordinary_clients_word (Fixture *f, gconstpointer unused)
{
  connect_plain (f, 1, RW_ROLE_NONE);
  say_ack (f, 1, 0);
  expect (f, "1 wrong-direction", NULL);
}

static void
test_who_never_acknowledges_loses_the_seat (Fixture *f, gconstpointer unused)
{
  RwSeatsCounts counts;

  connect_seat (f, 1, RW_ROLE_LISTENER, NULL);
  rw_seats_connect (f->seats, 2, NULL);
  forget_output (f);
  for (guint i = 0; i < 4; i++)
    say_status (f, 2, i % 2 == 0 ? RW_ROLE_PRODUCER : RW_ROLE_CONSUMER, NULL);
  pass_time (f, 16 * SECOND);
  say_status (f, 2, RW_ROLE_PRODUCER, NULL);
  forget_output (f);
  say_status (f, 2, RW_ROLE_CONSUMER, NULL);
  expect (f, "1 close 1008", NULL);
  disconnect (f, 1);
  expect_silence (f);
  rw_seats_get_counts (f->seats, &counts);
  g_assert_cmpuint (counts.overflowed, ==, 1);
  g_assert_cmpuint (counts.seats, ==, 0);
}

/* Of 20 that may wait, 10 are for others: one of them may have half. */
static void
test_who_says_too_much_to_a_seat_loses_the_session (Fixture *f,
                                                    gconstpointer unused)
{
  RwSeatsCounts counts;

  connect_seat (f, 1, RW_ROLE_PRODUCER, NULL);
  connect_plain (f, 2, RW_ROLE_NONE);
  connect_plain (f, 3, RW_ROLE_NONE);
  say_start (f, 2, "i1", 0);
  for (guint i = 0; i < 4; i++)
    say_peer (f, 2, "i4", "x", 0);
  forget_output (f);
  say_peer (f, 2, "i4", "x", 0);
  expect (f, "2 rate-limited", "1 end #6 <0", "2 end", NULL);
  say_peer (f, 2, "i4", "x", 0);
  expect_silence (f);

  /* Another one may begin, which counts as much; a bystander is served. */
  say_start (f, 2, "i1", 0);
  expect (f, "2 started i1", "2 rate-limited", "2 end", NULL);
  say_start (f, 3, "i1", 0);
  expect (f, "3 started i1", "1 start i3 #7 <0", NULL);
  rw_seats_get_counts (f->seats, &counts);
  g_assert_cmpuint (counts.overflowed, ==, 0);
  g_assert_cmpuint (counts.held_off, ==, 2);

  /* What is acknowledged makes room again. */
  say_ack (f, 1, 7);
  say_start (f, 2, "i1", 0);
  expect (f, "2 started i1", "1 start i2 #8 <0", NULL);
}

/* Many at once do not achieve it either. */
static void
test_flooders_together_do_not_cost_a_seat (Fixture *f, gconstpointer unused)
{
  RwSeatsCounts counts;

  connect_seat (f, 1, RW_ROLE_PRODUCER, NULL);
  disconnect (f, 1);
  for (guint64 connection = 2; connection < 12; connection++) {
    connect_plain (f, connection, RW_ROLE_NONE);
    for (guint i = 0; i < 30; i++)
      say_start (f, connection, "i1", 0);
  }
  forget_output (f);
  rw_seats_connect (f->seats, 99, NULL);
  forget_output (f);
  say_hello (f, 99, "t1", 0);
  rw_seats_get_counts (f->seats, &counts);
  g_assert_cmpuint (counts.resumed, ==, 1);
  g_assert_cmpuint (counts.overflowed, ==, 0);
}

static void
test_who_changes_status_too_often_is_shut_out (Fixture *f, gconstpointer unused)
{
  connect_seat (f, 1, RW_ROLE_LISTENER, NULL);
  disconnect (f, 1);
  rw_seats_connect (f->seats, 2, NULL);
  forget_output (f);
  for (guint i = 0; i < 5; i++)
    say_status (f, 2, i % 2 == 0 ? RW_ROLE_PRODUCER : RW_ROLE_CONSUMER, NULL);
  expect_silence (f);
  say_status (f, 2, RW_ROLE_CONSUMER, NULL);
  expect (f, "2 rate-limited", "2 close 1008", NULL);
  rw_seats_connect (f->seats, 3, NULL);
  forget_output (f);
  say_hello (f, 3, "t1", 0);
  expect (f, "3 resumed i1 t1 <0", "3 status i1 #1 <0", "3 status i2 #2 <0",
          "3 status i2 #3 <0", "3 status i2 #4 <0", "3 status i2 #5 <0",
          "3 status i2 #6 <0", "3 gone i2 #7 <0", NULL);
}

static void
say_of_room (Fixture *f, guint64 connection, RwSignalType type, guint64 seq,
             const char *data)
{
  RwBrainMessage *m = numbered (type, seq);

  m->room_id = g_strdup ("r");
  m->meta = g_ref_string_new (data);
  say (f, connection, m);
}

/* The numbers in the room of what comes to @connection, which acknowledges all
 * of it if it @reads. */
static char *
hear_room (Fixture *f, guint64 connection, gboolean reads)
{
  GString *heard = g_string_new (NULL);
  RwSeatsOutput output;
  guint64 last = 0;

  do {
    last = 0;
    while (rw_seats_pop (f->seats, &output)) {
      if (output.connection == connection) {
        g_assert_nonnull (output.message);
        if (output.message->type == RW_SIGNAL_ROOM_MESSAGE)
          g_string_append_printf (heard, "%u ",
                                  (guint) output.message->sequence);
        else if (output.message->type == RW_SIGNAL_RECONNECTION_DETECTED)
          g_string_append_printf (heard, "-%u ", (guint) output.message->lost);
        last = MAX (last, output.seq);
      }
      rw_seats_output_clear (&output);
    }
    if (reads && last > 0)
      say_ack (f, connection, last);
    pass_time (f, 10000);
  } while (reads && last > 0);

  return g_string_free (heard, FALSE);
}

/* Of 20 that may be unread, rooms may have 5; the rest waits in the room. */
static void
test_a_slow_member_costs_nobody_a_seat (Fixture *f, gconstpointer unused)
{
  g_autofree char *at_once = NULL;
  g_autofree char *later = NULL;
  g_autofree char *too_late = NULL;
  RwSeatsCounts counts;
  guint64 seq = 1;

  connect_seat (f, 1, RW_ROLE_NONE, NULL);
  connect_seat (f, 2, RW_ROLE_NONE, NULL);
  say_of_room (f, 1, RW_SIGNAL_JOIN_ROOM, 1, "");
  say_of_room (f, 2, RW_SIGNAL_JOIN_ROOM, seq++, "");
  g_free (hear_room (f, 1, TRUE));
  say_ack (f, 2, 1);
  forget_output (f);

  for (guint i = 0; i < 12; i++) {
    say_of_room (f, 2, RW_SIGNAL_PUBLISH, seq++, "x");
    say_ack (f, 2, i + 2);
  }
  at_once = hear_room (f, 1, FALSE);
  g_assert_cmpstr (at_once, ==, "1 2 3 4 5 ");
  say_ack (f, 1, 7);
  later = hear_room (f, 1, TRUE);
  g_assert_cmpstr (later, ==, "6 7 8 9 10 11 12 ");

  for (guint i = 0; i < 18; i++) {
    say_of_room (f, 2, RW_SIGNAL_PUBLISH, seq++, "x");
    say_ack (f, 2, i + 14);
  }
  too_late = hear_room (f, 1, TRUE);
  g_assert_cmpstr (too_late, ==,
                   "13 14 15 16 17 -3 21 22 23 24 25 26 27 28 29 30 ");
  rw_seats_get_counts (f->seats, &counts);
  g_assert_cmpuint (counts.overflowed, ==, 0);
}

/* As it may come from a store that others write to. */
static RwSeats *
load_with_rooms_of (Fixture *f, RwSeats *other)
{
  RwSeatsConfig config = {
      .new_id = next_id,
      .new_token = next_token,
      .user_data = f,
      .max_kept = 20,
      .max_kept_bytes = 20000,
      .rooms = {.max_rooms = 3, .max_rooms_per_member = 3},
  };
  g_autoptr (RwSeats) empty = rw_seats_new (&config);
  g_autoptr (GVariant) theirs = g_variant_ref_sink (rw_seats_save (other));
  g_autoptr (GVariant) ours = g_variant_ref_sink (rw_seats_save (empty));
  g_autoptr (GVariant) rooms =
      g_variant_lookup_value (theirs, "rooms", G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;
  GVariantDict dict;
  RwSeats *loaded;

  g_variant_dict_init (&dict, ours);
  g_variant_dict_insert_value (&dict, "rooms", rooms);
  state = g_variant_ref_sink (g_variant_dict_end (&dict));
  loaded = rw_seats_load (&config, state, &error);
  g_assert_no_error (error);
  return loaded;
}

static void
test_a_member_without_a_seat_is_no_harm (Fixture *f, gconstpointer unused)
{
  g_autofree char *heard = NULL;
  RwSeats *loaded;

  connect_seat (f, 1, RW_ROLE_NONE, NULL);
  say_of_room (f, 1, RW_SIGNAL_JOIN_ROOM, 1, "");
  forget_output (f);
  loaded = load_with_rooms_of (f, f->seats);
  rw_seats_free (f->seats);
  f->seats = loaded;

  connect_seat (f, 2, RW_ROLE_NONE, NULL);
  say_of_room (f, 2, RW_SIGNAL_JOIN_ROOM, 1, "");
  forget_output (f);
  say_of_room (f, 2, RW_SIGNAL_PUBLISH, 2, "x");
  heard = hear_room (f, 2, TRUE);
  g_assert_cmpstr (heard, ==, "1 ");
}

static void
test_what_waits_is_bounded_in_bytes (Fixture *f, gconstpointer unused)
{
  g_autofree char *large = g_strnfill (15000, 'x');

  connect_seat (f, 1, RW_ROLE_PRODUCER, NULL);
  connect_plain (f, 2, RW_ROLE_NONE);
  say_start (f, 2, "i1", 0);
  disconnect (f, 1);
  forget_output (f);
  say_peer (f, 2, "i3", large, 0);
  expect_silence (f);
  say_peer (f, 2, "i3", large, 0);
  expect (f, "2 rate-limited", "2 end", NULL);
}

static void
test_acknowledged_messages_make_room (Fixture *f, gconstpointer unused)
{
  g_autofree char *large = g_strnfill (15000, 'x');

  connect_seat (f, 1, RW_ROLE_PRODUCER, NULL);
  connect_plain (f, 2, RW_ROLE_NONE);
  say_start (f, 2, "i1", 0);
  for (guint i = 0; i < 100; i++) {
    say_peer (f, 2, "i3", large, 0);
    say_ack (f, 1, 2 + i);
  }
  forget_output (f);
  say_peer (f, 2, "i3", "still", 0);
  expect (f, "1 peer still #102 <0", NULL);
}

static void
test_too_many_waiting_push_out_the_oldest (Fixture *f, gconstpointer unused)
{
  connect_plain (f, 9, RW_ROLE_LISTENER);
  for (guint i = 1; i <= 4; i++)
    connect_seat (f, i, RW_ROLE_PRODUCER, NULL);
  disconnect (f, 2);
  disconnect (f, 1);
  disconnect (f, 3);
  expect_silence (f);
  disconnect (f, 4);
  expect (f, "9 gone i3", NULL);
}

static void
test_a_name_is_taken_over_from_a_ghost (Fixture *f, gconstpointer unused)
{
  connect_seat (f, 1, RW_ROLE_PRODUCER, "studio");
  connect_seat (f, 2, RW_ROLE_NONE, NULL);
  say_status (f, 2, RW_ROLE_PRODUCER, "studio");
  expect (f, "2 name-taken #1 <0", NULL);
  disconnect (f, 1);
  say_status (f, 2, RW_ROLE_PRODUCER, "studio");
  expect_silence (f);

  rw_seats_connect (f->seats, 3, NULL);
  say_hello (f, 3, "t1", 0);
  expect (f, "3 welcome i3", "3 seated i3 t3 <0", NULL);
  say_status (f, 3, RW_ROLE_PRODUCER, "studio");
  expect (f, "3 name-taken #1 <0", NULL);
}

static RwGrants *
grants_of (const char *user)
{
  RwGrants *grants = rw_grants_new (user);

  grants->roles = RW_ROLE_CONSUMER;
  return grants;
}

static void
test_grants_are_kept_to (Fixture *f, gconstpointer unused)
{
  rw_seats_connect (f->seats, 1, grants_of ("ann"));
  forget_output (f);
  say_status (f, 1, RW_ROLE_PRODUCER, "studio");
  expect (f, "1 not-allowed", NULL);
  say_status (f, 1, RW_ROLE_CONSUMER | RW_ROLE_LISTENER, NULL);
  expect (f, "1 status i1", NULL);
}

static RwGrants *
grants_for (const char *user, RwRoles roles)
{
  RwGrants *grants = rw_grants_new (user);

  grants->roles = roles;
  return grants;
}

/* To start a session one needs to announce no role. */
static void
test_sessions_are_in_granted_roles (Fixture *f, gconstpointer unused)
{
  connect_plain (f, 1, RW_ROLE_PRODUCER);
  connect_plain (f, 2, RW_ROLE_CONSUMER);
  rw_seats_connect (f->seats, 3, grants_for ("pat", RW_ROLE_PRODUCER));
  rw_seats_connect (f->seats, 4, grants_for ("cat", RW_ROLE_CONSUMER));
  rw_seats_connect (f->seats, 5, grants_for ("lea", RW_ROLE_LISTENER));
  forget_output (f);

  say_start (f, 3, "i1", 0);
  expect (f, "3 not-allowed", NULL);
  say_start (f, 3, "i2", 0);
  expect (f, "2 started i3", "3 start i2", NULL);
  say_start (f, 4, "i1", 0);
  expect (f, "4 started i1", "1 start i4", NULL);
  say_start (f, 4, "i2", 0);
  expect (f, "4 not-allowed", NULL);
  say_start (f, 5, "i1", 0);
  say_start (f, 5, "i2", 0);
  expect (f, "5 not-allowed", "5 not-allowed", NULL);
  say_start (f, 5, "nobody", 0);
  expect (f, "5 unknown-peer", NULL);
}

/* Else it would keep what the old token allowed. */
static void
test_a_seat_needs_a_token_that_allows_as_much (Fixture *f, gconstpointer unused)
{
  rw_seats_connect (f->seats, 1,
                    grants_for ("ann", RW_ROLE_PRODUCER | RW_ROLE_LISTENER));
  say_hello (f, 1, NULL, 0);
  say_status (f, 1, RW_ROLE_PRODUCER, "studio");
  disconnect (f, 1);
  forget_output (f);
  rw_seats_connect (f->seats, 2,
                    grants_for ("ann", RW_ROLE_CONSUMER | RW_ROLE_LISTENER));
  say_hello (f, 2, "t1", 0);
  expect (f, "2 welcome i2", "2 seated i2 t2 <0", NULL);
  rw_seats_connect (f->seats, 3, rw_grants_new ("ann"));
  say_hello (f, 3, "t1", 0);
  expect (f, "3 welcome i3", "3 resumed i1 t1 <0", NULL);
}

static void
test_what_a_token_allows_is_compared_whole (void)
{
  static const char *const one[] = {"r1", NULL};
  static const char *const two[] = {"r1", "r2", NULL};
  g_autoptr (RwGrants) all = rw_grants_new ("ann");
  g_autoptr (RwGrants) named = rw_grants_new ("ann");
  g_autoptr (RwGrants) narrow = rw_grants_new ("ann");
  g_autoptr (RwGrants) wide = rw_grants_new ("ann");

  named->name = g_strdup ("studio");
  narrow->rooms = g_strdupv ((char **) one);
  wide->rooms = g_strdupv ((char **) two);
  g_assert_true (rw_grants_include (NULL, NULL));
  g_assert_false (rw_grants_include (NULL, all));
  g_assert_false (rw_grants_include (all, NULL));
  g_assert_true (rw_grants_include (all, named));
  g_assert_true (rw_grants_include (named, named));
  g_assert_false (rw_grants_include (named, all));
  g_assert_true (rw_grants_include (wide, narrow));
  g_assert_false (rw_grants_include (narrow, wide));
  g_assert_false (rw_grants_include (narrow, all));
}

static void
test_a_seat_is_its_users_own (Fixture *f, gconstpointer unused)
{
  rw_seats_connect (f->seats, 1, grants_of ("ann"));
  say_hello (f, 1, NULL, 0);
  disconnect (f, 1);
  forget_output (f);
  rw_seats_connect (f->seats, 2, grants_of ("eve"));
  say_hello (f, 2, "t1", 0);
  expect (f, "2 welcome i2", "2 seated i2 t2 <0", NULL);
  rw_seats_connect (f->seats, 3, grants_of ("ann"));
  say_hello (f, 3, "t1", 0);
  expect (f, "3 welcome i3", "3 resumed i1 t1 <0", NULL);
}

static void
test_outages_are_counted_by_length (Fixture *f, gconstpointer unused)
{
  RwSeatsCounts counts;

  connect_seat (f, 1, RW_ROLE_NONE, NULL);
  disconnect (f, 1);
  pass_time (f, 3 * SECOND);
  rw_seats_connect (f->seats, 2, NULL);
  say_hello (f, 2, "t1", 0);
  rw_seats_get_counts (f->seats, &counts);
  g_assert_cmpint (rw_seats_bucket_us (4), ==, 5 * SECOND);
  g_assert_cmpuint (counts.outage_buckets[4], ==, 1);
  g_assert_cmpint (counts.outage_sum_us, ==, 3 * SECOND);
  g_assert_cmpuint (counts.waiting, ==, 0);
}

/* --- Simulation: a client of ours and a stranger talk through the server,
 * and the client's connection is cut at any moment. Each side must hear what
 * the other said once, and in order. --- */

typedef struct {
  Fixture *f;
  RwReplay *replay;
  guint64 connection;
  guint64 last_connection;
  char *token;
  gboolean seated;
  GQueue to_server; /* RwBrainMessage, on the wire */
  GQueue to_client; /* RwSeatsOutput, on the wire */
  guint said;
  guint heard;
  guint stranger_said;
  guint stranger_heard;
} Sim;

static void
sim_write (Sim *sim, RwBrainMessage *message)
{
  g_queue_push_tail (&sim->to_server, message);
}

static RwBrainMessage *
sim_peer (const char *body, guint64 seq)
{
  RwBrainMessage *m = numbered (RW_SIGNAL_PEER, seq);

  m->session_id = g_strdup ("i3");
  m->body = g_ref_string_new (body);
  return m;
}

static void
sim_say (Sim *sim)
{
  char *body = g_strdup_printf ("%u", ++sim->said);
  guint64 seq = rw_replay_send (sim->replay, body);

  g_assert_cmpuint (seq, !=, 0);
  if (sim->seated)
    sim_write (sim, sim_peer (body, seq));
}

static void
sim_clear (Sim *sim)
{
  RwSeatsOutput *output;

  g_queue_clear_full (&sim->to_server, (GDestroyNotify) rw_brain_message_unref);
  while ((output = g_queue_pop_head (&sim->to_client)) != NULL) {
    rw_seats_output_clear (output);
    g_free (output);
  }
}

static void
sim_connect (Sim *sim)
{
  RwBrainMessage *hello = rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  sim->connection = ++sim->last_connection;
  sim->seated = FALSE;
  hello->resilient = TRUE;
  hello->token = g_strdup (sim->token);
  hello->ack = rw_replay_get_received (sim->replay);
  sim_write (sim, hello);
  rw_seats_connect (sim->f->seats, sim->connection, NULL);
}

/* Bytes in flight are lost with the line. The server may notice later, or only
 * when the seat is claimed. */
static void
sim_cut (Sim *sim)
{
  guint64 old = sim->connection;

  sim_clear (sim);
  sim->connection = 0;
  sim->seated = FALSE;
  if (g_test_rand_bit ())
    rw_seats_disconnect (sim->f->seats, old, sim->f->now_us);
}

static void
sim_client_hears (Sim *sim, const RwSeatsOutput *output)
{
  const RwBrainMessage *m = output->message;
  const char *body;
  guint64 seq;

  if (m->type == RW_SIGNAL_WELCOME)
    return;
  if (m->type == RW_SIGNAL_RESILIENT_WELCOME) {
    g_assert_true (m->resumed);
    g_assert_true (rw_replay_resume (sim->replay, m->ack));
    sim->seated = TRUE;
    while ((body = rw_replay_next (sim->replay, &seq)) != NULL)
      sim_write (sim, sim_peer (body, seq));
    return;
  }

  g_assert_true (!output->has_ack ||
                 rw_replay_acknowledge (sim->replay, output->ack));
  if (output->seq == 0)
    return;
  switch (rw_replay_receive (sim->replay, output->seq)) {
  case RW_REPLAY_NEW:
    g_assert_cmpint (m->type, ==, RW_SIGNAL_PEER);
    g_assert_cmpuint (g_ascii_strtoull (m->body, NULL, 10), ==, ++sim->heard);
    break;
  case RW_REPLAY_DUPLICATE:
    break;
  case RW_REPLAY_GAP:
  default:
    g_assert_not_reached ();
  }
}

/* Takes what the server gives out: the stranger's line never breaks. */
static void
sim_collect (Sim *sim)
{
  RwSeatsOutput output;

  while (rw_seats_pop (sim->f->seats, &output)) {
    if (output.connection == 1000000) {
      g_assert_cmpuint (g_ascii_strtoull (output.message->body, NULL, 10), ==,
                        ++sim->stranger_heard);
      rw_seats_output_clear (&output);
    } else if (output.message == NULL) {
      g_assert_cmpuint (output.close_code, ==, RW_CLOSE_CLAIMED);
    } else if (output.connection != sim->connection) {
      rw_seats_output_clear (&output);
    } else {
      g_queue_push_tail (&sim->to_client, g_memdup2 (&output, sizeof output));
    }
  }
}

static void
sim_deliver_to_server (Sim *sim)
{
  RwBrainMessage *m = g_queue_pop_head (&sim->to_server);

  if (m == NULL)
    return;

  say (sim->f, sim->connection, m);
  sim_collect (sim);
}

static void
sim_deliver_to_client (Sim *sim)
{
  RwSeatsOutput *output = g_queue_pop_head (&sim->to_client);
  RwBrainMessage *ack;

  if (output == NULL)
    return;

  sim_client_hears (sim, output);
  rw_seats_output_clear (output);
  g_free (output);
  if (!sim->seated || !rw_replay_is_ack_due (sim->replay))
    return;
  ack = rw_brain_message_new (RW_SIGNAL_ACK);
  ack->has_ack = TRUE;
  ack->ack = rw_replay_get_received (sim->replay);
  rw_replay_note_acknowledged (sim->replay);
  sim_write (sim, ack);
}

static void
sim_step (Sim *sim)
{
  switch (g_test_rand_int_range (0, 20)) {
  case 0:
    if (sim->connection != 0)
      sim_cut (sim);
    break;
  case 1:
  case 2:
    if (sim->connection == 0)
      sim_connect (sim);
    break;
  case 3:
  case 4:
    if (!rw_replay_is_full (sim->replay))
      sim_say (sim);
    break;
  case 5:
  case 6: {
    g_autofree char *body = g_strdup_printf ("%u", ++sim->stranger_said);

    /* Never nearly as many as may be kept for a seat that is away. */
    if (sim->stranger_said - sim->heard < 15)
      say_peer (sim->f, 1000000, "i3", body, 0);
    else
      sim->stranger_said--;
    break;
  }
  case 7:
    pass_time (sim->f, g_test_rand_int_range (0, 300 * 1000));
    break;
  default:
    if (g_test_rand_bit ())
      sim_deliver_to_server (sim);
    else
      sim_deliver_to_client (sim);
    break;
  }
  sim_collect (sim);
}

static void
sim_settle (Sim *sim)
{
  if (sim->connection == 0)
    sim_connect (sim);
  sim_collect (sim);
  for (guint i = 0; i < 400; i++) {
    sim_deliver_to_server (sim);
    sim_deliver_to_client (sim);
  }
}

static void
test_every_message_arrives_once_over_cut_lines (Fixture *f,
                                                gconstpointer unused)
{
  Sim sim = {.f = f, .token = g_strdup ("t1"), .last_connection = 1};

  sim.replay = rw_replay_new (20, 5, g_free);
  connect_seat (f, 1, RW_ROLE_PRODUCER, NULL);
  sim.connection = 1;
  sim.seated = TRUE;
  connect_plain (f, 1000000, RW_ROLE_NONE);
  say_start (f, 1000000, "i1", 0);
  forget_output (f);
  /* The startSession, which was the seat's first numbered message. */
  g_assert_cmpint (rw_replay_receive (sim.replay, 1), ==, RW_REPLAY_NEW);

  for (guint i = 0; i < 100000; i++) {
    /* The client is never away for the whole grace. */
    if (sim.connection == 0 && g_test_rand_int_range (0, 30) == 0)
      sim_connect (&sim);
    sim_step (&sim);
  }
  sim_settle (&sim);

  g_assert_cmpuint (sim.said, >, 1000);
  g_assert_cmpuint (sim.stranger_said, >, 1000);
  g_assert_cmpuint (sim.last_connection, >, 1000);
  g_assert_cmpuint (sim.stranger_heard, ==, sim.said);
  g_assert_cmpuint (sim.heard, ==, sim.stranger_said);

  sim_clear (&sim);
  rw_replay_free (sim.replay);
  g_free (sim.token);
}

#define ADD(path, func)                                                        \
  g_test_add ("/seats/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("an-ordinary-client-sees-the-plain-protocol",
       test_an_ordinary_client_sees_the_plain_protocol);
  ADD ("opting-in-gives-a-seat", test_opting_in_gives_a_seat);
  ADD ("opting-in-late-is-an-error", test_opting_in_late_is_an_error);
  ADD ("what-was-missed-is-replayed-in-order",
       test_what_was_missed_is_replayed_in_order);
  ADD ("an-outage-is-hidden-from-the-others",
       test_an_outage_is_hidden_from_the_others);
  ADD ("grace-comes-to-an-end", test_grace_comes_to_an_end);
  ADD ("a-goodbye-needs-no-grace", test_a_goodbye_needs_no_grace);
  ADD ("a-claim-that-was-overtaken-does-no-harm",
       test_a_claim_that_was_overtaken_does_no_harm);
  ADD ("nobody-says-a-book-about-itself", test_nobody_says_a_book_about_itself);
  ADD ("all-together-say-no-book-either", test_all_together_say_no_book_either);
  ADD ("a-claim-evicts-who-sits-there", test_a_claim_evicts_who_sits_there);
  ADD ("a-token-says-on-which-line-it-was-told",
       test_a_token_says_on_which_line_it_was_told);
  ADD ("a-token-is-good-with-and-without-its-line",
       test_a_token_is_good_with_and_without_its_line);
  ADD ("an-attempt-that-was-overtaken-gives-a-new-seat",
       test_an_attempt_that_was_overtaken_gives_a_new_seat);
  ADD ("who-knows-more-is-good-where-it-was",
       test_who_knows_more_is_good_where_it_was);
  ADD ("a-wrong-token-gives-a-new-seat", test_a_wrong_token_gives_a_new_seat);
  ADD ("a-claim-that-cannot-go-on-gives-a-new-seat",
       test_a_claim_that_cannot_go_on_gives_a_new_seat);
  ADD ("a-repeated-message-is-dropped", test_a_repeated_message_is_dropped);
  ADD ("impossible-numbers-close-the-line-not-the-seat",
       test_impossible_numbers_close_the_line_not_the_seat);
  ADD ("acks-travel-alone-only-when-they-must",
       test_acks_travel_alone_only_when_they_must);
  ADD ("an-ack-is-not-an-ordinary-clients-word",
       test_an_ack_is_not_an_ordinary_clients_word);
  ADD ("who-never-acknowledges-loses-the-seat",
       test_who_never_acknowledges_loses_the_seat);
  ADD ("who-says-too-much-to-a-seat-loses-the-session",
       test_who_says_too_much_to_a_seat_loses_the_session);
  ADD ("flooders-together-do-not-cost-a-seat",
       test_flooders_together_do_not_cost_a_seat);
  ADD ("who-changes-status-too-often-is-shut-out",
       test_who_changes_status_too_often_is_shut_out);
  ADD ("what-waits-is-bounded-in-bytes", test_what_waits_is_bounded_in_bytes);
  ADD ("a-slow-member-costs-nobody-a-seat",
       test_a_slow_member_costs_nobody_a_seat);
  ADD ("a-member-without-a-seat-is-no-harm",
       test_a_member_without_a_seat_is_no_harm);
  ADD ("acknowledged-messages-make-room", test_acknowledged_messages_make_room);
  ADD ("too-many-waiting-push-out-the-oldest",
       test_too_many_waiting_push_out_the_oldest);
  ADD ("a-name-is-taken-over-from-a-ghost",
       test_a_name_is_taken_over_from_a_ghost);
  ADD ("grants-are-kept-to", test_grants_are_kept_to);
  ADD ("a-seat-is-its-users-own", test_a_seat_is_its_users_own);
  ADD ("sessions-are-in-granted-roles", test_sessions_are_in_granted_roles);
  ADD ("a-seat-needs-a-token-that-allows-as-much",
       test_a_seat_needs_a_token_that_allows_as_much);
  g_test_add_func ("/seats/what-a-token-allows-is-compared-whole",
                   test_what_a_token_allows_is_compared_whole);
  ADD ("outages-are-counted-by-length", test_outages_are_counted_by_length);
  g_test_add ("/seats/every-message-arrives-once-over-cut-lines", Fixture,
              GUINT_TO_POINTER (1000), set_up,
              test_every_message_arrives_once_over_cut_lines, tear_down);

  return g_test_run ();
}
