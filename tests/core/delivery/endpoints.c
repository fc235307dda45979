/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint-pair.h"

#include <string.h>

static void
test_a_healthy_session_only_acknowledges (void)
{
  Pair pair;
  RwSendStats stats;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_idle (&pair, 5);
  g_assert_true (pair.sender_events & RW_SEND_EVENT_ESTABLISHED);
  g_assert_true (pair.receiver_events & RW_RECEIVE_EVENT_WELCOME);
  pair_play (&pair, 500);
  g_assert_cmpuint (pair.next, ==, 500);
  g_assert_cmpuint (pair_get_acked (&pair), >=, 490);
  rw_send_endpoint_get_stats (pair.sender, &stats);
  g_assert_cmpuint (stats.frames_repaired, ==, 0);
  /* Ten seconds: ten acks a second and two beats. */
  g_assert_cmpuint (pair.n_up[RW_MESSAGE_ACK], <=, 110);
  g_assert_cmpuint (pair.n_down[RW_MESSAGE_BEAT], <=, 25);
  g_assert_cmpuint (pair.n_up[RW_MESSAGE_HELLO], ==, 1);
  g_assert_cmpint (pair_get_sender_state (&pair), ==, RW_LIVENESS_ALIVE);
  pair_clear (&pair);
}

/* An owner that looks at its end with each frame needs no timer at rest. */
static void
test_messages_go_along_with_frames (void)
{
  Pair pair;
  guint n_by_timer;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  n_by_timer = 0;
  for (guint i = 0; i < 500; i++) {
    guint n_acks, n_beats;

    pair_append (&pair);
    pair_send_live (&pair);
    pair_look (&pair);
    n_acks = pair.n_up[RW_MESSAGE_ACK];
    n_beats = pair.n_down[RW_MESSAGE_BEAT];
    pair_idle (&pair, i % 4 == 3 ? 23 : 19);
    if (i > 50)
      n_by_timer += pair.n_up[RW_MESSAGE_ACK] - n_acks +
                    pair.n_down[RW_MESSAGE_BEAT] - n_beats;
  }
  g_assert_cmpuint (n_by_timer, ==, 0);
  g_assert_cmpuint (pair.n_up[RW_MESSAGE_ACK], >=, 100);
  g_assert_cmpuint (pair.n_up[RW_MESSAGE_ACK], <=, 120);
  pair_clear (&pair);
}

static void
test_an_idle_source_stays_alive (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 10);
  pair_idle (&pair, 1);
  pair.sender_events = 0;
  pair.receiver_events = 0;
  pair_idle (&pair, 20000);
  g_assert_false (pair.sender_events & RW_SEND_EVENT_LIVENESS);
  g_assert_false (pair.receiver_events & RW_RECEIVE_EVENT_LIVENESS);
  g_assert_cmpint (pair_get_receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
  pair_clear (&pair);
}

/* Frames appended while the session opened are not for a consumer that asked
 * for what is live, though its place was kept since the request. */
static void
test_live_begins_with_the_first_live_frame (void)
{
  RwCursor *cursor;
  Pair pair;

  pair_init (&pair, NULL);
  for (guint i = 0; i < 5; i++)
    pair_append (&pair);
  cursor = rw_cursor_set_add (pair.cursors, "me", 5, pair.now_us);
  cursor->is_provisional = TRUE;
  for (guint i = 0; i < 20; i++)
    pair_append (&pair);
  pair_append (&pair);
  pair_send_live (&pair);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_idle (&pair, 200);
  g_assert_cmpuint (cursor->acked, >=, 25);
  g_assert_cmpuint (pair.next, >=, 25);
  g_assert_cmpuint (pair.n_lost, ==, 0);
  pair_clear (&pair);
}

static void
test_start_position_is_obeyed (void)
{
  RwStart start;

  for (start = RW_START_LIVE; start <= RW_START_OLDEST; start++) {
    Pair pair;

    pair_init (&pair, NULL);
    pair_idle (&pair, 1);
    while (pair_get_head (&pair) < 50)
      pair_append (&pair);
    pair_open_receiver (&pair, 1, start);
    pair_play (&pair, 50);
    g_assert_cmpuint (pair.next, ==, 100);
    g_assert_cmpuint (rw_window_get_stream_lost (pair.window), ==, 0);
    g_assert_cmpuint (pair.n_down[RW_MESSAGE_FRAMES] > 0, ==,
                      start == RW_START_OLDEST);
    pair_clear (&pair);
  }
}

static void
test_a_restarted_receiver_is_remembered (void)
{
  Pair pair;
  guint64 at;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  g_clear_pointer (&pair.receiver, rw_receive_endpoint_free);
  rw_window_free (pair.window);
  pair.window = rw_window_new (0, 0);
  at = pair_get_acked (&pair);
  pair_play (&pair, 50);
  pair_open_sender (&pair, 1);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_idle (&pair, 5);
  g_assert_cmpuint (pair.next, >=, at);
  g_assert_cmpuint (rw_window_get_next (pair.window), <, 100);
  pair_play (&pair, 50);
  g_assert_cmpuint (pair.next, ==, 150);
  g_assert_cmpuint (pair.n_lost, ==, 0);
  pair_clear (&pair);
}

/* A killed receiver's last ack may come after its successor's hello. */
static void
test_an_ack_from_a_former_life_takes_nothing_away (void)
{
  static RwMessage late;
  Pair pair;
  RwSendEndpoint *old;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  pair.cut_up = TRUE;
  pair_play (&pair, 10);
  while (!rw_receive_endpoint_next (pair.receiver, pair.now_us, 0, &late))
    pair.now_us += 1000;
  g_clear_pointer (&pair.receiver, rw_receive_endpoint_free);
  rw_window_free (pair.window);
  pair.window = rw_window_new (0, 0);
  pair.cut_up = FALSE;
  old = g_steal_pointer (&pair.sender);
  pair_open_sender (&pair, 1);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_idle (&pair, 1);
  g_assert_cmpuint (pair_get_acked (&pair), <, 60);
  rw_send_endpoint_receive (old, &late, pair.now_us);
  rw_journal_release (pair.journal, rw_cursor_set_get_lowest (pair.cursors, 0));
  pair_play (&pair, 10);
  g_assert_cmpuint (pair.next, ==, 70);
  g_assert_cmpuint (pair.n_lost, ==, 0);
  rw_send_endpoint_free (old);
  pair_clear (&pair);
}

static void
test_consumer_that_sends_bye_is_removed (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 20);
  rw_receive_endpoint_close (pair.receiver, RW_BYE_STOPPED, NULL);
  pair_idle (&pair, 100);
  g_assert_cmpuint (pair.n_up[RW_MESSAGE_BYE], ==, 3);
  g_assert_true (pair.sender_events & RW_SEND_EVENT_BYE);
  g_assert_cmpint (
      rw_link_get_bye (rw_send_endpoint_get_link (pair.sender))->reason, ==,
      RW_BYE_STOPPED);
  g_assert_cmpuint (rw_cursor_set_get_size (pair.cursors), ==, 1);
  g_clear_pointer (&pair.sender, rw_send_endpoint_free);
  g_assert_cmpuint (rw_cursor_set_get_size (pair.cursors), ==, 0);
  pair_clear (&pair);
}

static void
test_an_overrun_is_announced_exactly (void)
{
  RwJournalLimits limits = {.max_frames = 30};
  Pair pair;

  pair_init (&pair, &limits);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  pair.cut_up = pair.cut_down = TRUE;
  pair_play (&pair, 100);
  g_assert_cmpuint (
      rw_cursor_get_shed (rw_send_endpoint_get_cursor (pair.sender),
                          rw_journal_get_tail (pair.journal)),
      >=, 70);
  pair.cut_up = pair.cut_down = FALSE;
  pair_play (&pair, 30);
  g_assert_cmpuint (pair.next, ==, 180);
  g_assert_cmpuint (pair.n_lost, >=, 69);
  g_assert_cmpuint (pair.n_lost, <=, 72);
  pair_idle (&pair, 200);
  g_assert_cmpuint (rw_send_endpoint_get_cursor (pair.sender)->lost, ==,
                    pair.n_lost);
  pair_clear (&pair);
}

static void
test_the_end_comes_after_everything (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  pair.cut_down = pair.cut_up = TRUE;
  pair_play (&pair, 20);
  rw_journal_end (pair.journal);
  pair_idle (&pair, 300);
  g_assert_false (pair.ended);
  pair.cut_down = pair.cut_up = FALSE;
  pair_idle (&pair, 300);
  g_assert_true (pair.ended);
  g_assert_cmpuint (pair.next, ==, 70);
  g_assert_true (pair.sender_events & RW_SEND_EVENT_FINISHED);
  g_assert_true (pair.receiver_events & RW_RECEIVE_EVENT_ENDED);
  pair_clear (&pair);
}

static void
test_an_end_that_cannot_wait_leaves_a_gap (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  pair.cut_live = TRUE;
  pair_append (&pair);
  pair_send_live (&pair);
  rw_journal_end (pair.journal);
  rw_send_endpoint_close (pair.sender, RW_BYE_ENDED, "time is up");
  pair_idle (&pair, 50);
  g_assert_true (pair.ended);
  g_assert_cmpuint (pair.next, ==, 51);
  g_assert_cmpuint (pair.n_lost, ==, 1);
  pair_clear (&pair);
}

static void
test_another_generation_is_fenced (void)
{
  Pair pair;
  RwSendStats stats;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 7, RW_START_LIVE);
  pair_idle (&pair, 300);
  g_assert_false (rw_receive_endpoint_is_welcome (pair.receiver));
  rw_send_endpoint_get_stats (pair.sender, &stats);
  g_assert_cmpuint (stats.messages_fenced, >=, 2);
  pair_clear (&pair);
}

static void
test_a_new_format_travels_before_its_frames (void)
{
  static const guint8 tens[8] = {10, 10, 10, 10, 10, 10, 10, 10};
  RwFrame frame = {.duration = 960, .format = 1, .size = 8, .data = tens};
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 10);
  rw_journal_add_format (pair.journal, "audio/x-opus, channels=2");
  rw_journal_append (pair.journal, &frame);
  pair_idle (&pair, 250);
  g_assert_cmpuint (rw_window_get_n_formats (pair.window), ==, 2);
  g_assert_cmpuint (pair_get_acked (&pair), ==, 11);
  pair_clear (&pair);
}

/* A receiver that lies about its position or asks for the impossible costs
 * itself alone. */
static void
test_absurd_reports_do_no_harm (void)
{
  static RwMessage message;
  static RwMessage out;
  Pair pair;
  guint i;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 10);
  for (i = 0; i < 8; i++) {
    message = (RwMessage){.type = RW_MESSAGE_ACK, .generation = 1};
    message.seq = 1000000 + i;
    message.ack.report.next = i % 2 ? G_MAXUINT64 / 4 : 3;
    message.ack.report.known_to = G_MAXUINT64 / 4;
    message.ack.report.credit = G_MAXUINT32;
    message.ack.report.n_ranges = 1;
    message.ack.report.ranges[0].from = i % 3 ? 5 : G_MAXUINT64 / 5;
    message.ack.report.ranges[0].to = G_MAXUINT64 / 4;
    rw_send_endpoint_receive (pair.sender, &message, pair.now_us);
    while (rw_send_endpoint_next (pair.sender, pair.now_us, 0, &out))
      ;
  }
  g_assert_cmpuint (pair_get_acked (&pair), <=, 10);
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/endpoints/" name, func)
  ADD ("messages-go-along-with-frames", test_messages_go_along_with_frames);
  ADD ("healthy", test_a_healthy_session_only_acknowledges);
  ADD ("idle", test_an_idle_source_stays_alive);
  ADD ("live", test_live_begins_with_the_first_live_frame);
  ADD ("start", test_start_position_is_obeyed);
  ADD ("restarted", test_a_restarted_receiver_is_remembered);
  ADD ("former-life", test_an_ack_from_a_former_life_takes_nothing_away);
  ADD ("bye", test_consumer_that_sends_bye_is_removed);
  ADD ("overrun", test_an_overrun_is_announced_exactly);
  ADD ("end", test_the_end_comes_after_everything);
  ADD ("end-at-once", test_an_end_that_cannot_wait_leaves_a_gap);
  ADD ("generation", test_another_generation_is_fenced);
  ADD ("format", test_a_new_format_travels_before_its_frames);
  ADD ("absurd", test_absurd_reports_do_no_harm);
  return g_test_run ();
}
