/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint-pair.h"

static void
test_an_outage_is_noticed_by_both (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  pair.cut_up = pair.cut_down = TRUE;
  pair_play (&pair, 13);
  g_assert_cmpint (pair_get_receiver_state (&pair), ==, RW_LIVENESS_SUSPECT);
  g_assert_cmpint (pair_get_sender_state (&pair), ==, RW_LIVENESS_SUSPECT);
  pair_play (&pair, 20);
  g_assert_cmpint (pair_get_receiver_state (&pair), ==, RW_LIVENESS_DOWN);
  g_assert_cmpint (pair_get_sender_state (&pair), ==, RW_LIVENESS_DOWN);
  pair.cut_up = pair.cut_down = FALSE;
  pair_play (&pair, 20);
  g_assert_cmpint (pair_get_receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
  g_assert_cmpint (pair_get_sender_state (&pair), ==, RW_LIVENESS_ALIVE);
  g_assert_cmpuint (pair.next, ==, 103);
  g_assert_cmpuint (pair.n_lost, ==, 0);
  pair_clear (&pair);
}

/* SCTP's timer of what nobody acknowledges runs out 1, 3, 7, 15, ... s after
 * the cut, and gives room for one packet (1,200 bytes or so) each time: that
 * must not be full when the path is back. */
static void
test_a_long_outage_leaves_room_in_the_channel (void)
{
  Pair pair;
  guint seconds, beats, acks, i;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  pair.cut_up = pair.cut_down = TRUE;
  pair_play (&pair, 50);
  for (seconds = 2; seconds <= 32; seconds *= 2) {
    beats = pair.n_down[RW_MESSAGE_BEAT];
    acks = pair.n_up[RW_MESSAGE_ACK];
    pair_play (&pair, seconds * 50);
    g_assert_cmpuint (pair.n_down[RW_MESSAGE_BEAT] - beats, <=, 9);
    g_assert_cmpuint (pair.n_up[RW_MESSAGE_ACK] - acks, <=, 9);
    g_assert_cmpuint (pair.n_down[RW_MESSAGE_BEAT] - beats, >=, 3);
    g_assert_cmpuint (pair.n_up[RW_MESSAGE_ACK] - acks, >=, 3);
  }
  /* The live lane tells that it is over, and all goes on at once. */
  pair.cut_up = pair.cut_down = FALSE;
  pair_append (&pair);
  pair_send_live (&pair);
  i = pair.next;
  pair_idle (&pair, 15);
  g_assert_cmpint (pair_get_sender_state (&pair), ==, RW_LIVENESS_ALIVE);
  g_assert_cmpuint (pair.next, >, i);
  pair_clear (&pair);
}

/* Time from the path's return until everything is acknowledged, ms. */
static guint
catch_up (gdouble rate, guint outage_ms)
{
  Pair pair;
  guint ms = 0;

  pair_init (&pair, NULL);
  rw_send_endpoint_set_drain_rate (pair.sender, rate, pair.now_us);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  pair.cut_up = pair.cut_down = TRUE;
  pair_play (&pair, outage_ms / 20);
  pair.cut_up = pair.cut_down = FALSE;
  for (; pair_get_acked (&pair) + 6 < pair_get_head (&pair) && ms < 60000;
       ms += 20)
    pair_play (&pair, 1);
  pair_clear (&pair);
  return ms;
}

static void
test_an_outage_is_caught_up_with_in_time (void)
{
  g_assert_cmpuint (catch_up (8, 20000), <=, 3000);
  g_assert_cmpuint (catch_up (0, 20000), <=, 500);
  g_assert_cmpuint (catch_up (8, 1000), <=, 300);
}

/* Messages that the channel held during the outage arrive after it. */
static void
test_stale_messages_do_not_spoil_the_round_trip (void)
{
  static RwMessage stale_ack, stale_beat;
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  while (!rw_receive_endpoint_next (pair.receiver, pair.now_us, 0, &stale_ack))
    pair.now_us += 1000;
  while (!rw_send_endpoint_next (pair.sender, pair.now_us, 0, &stale_beat))
    pair.now_us += 1000;
  pair.cut_up = pair.cut_down = TRUE;
  pair_play (&pair, 500);
  pair.cut_up = pair.cut_down = FALSE;
  pair_append (&pair);
  pair_send_live (&pair); /* the live lane is the first to be heard again */
  rw_receive_endpoint_receive (pair.receiver, &stale_beat, pair.now_us);
  rw_send_endpoint_receive (pair.sender, &stale_ack, pair.now_us);
  pair_idle (&pair, 500);
  g_assert_cmpint (rw_send_endpoint_get_link (pair.sender)->rtt.srtt_us, <=,
                   2000);
  g_assert_cmpint (rw_receive_endpoint_get_link (pair.receiver)->rtt.srtt_us,
                   <=, 2000);
  pair_clear (&pair);
}

static void
test_one_way_loss_is_noticed_by_both (void)
{
  guint way;

  for (way = 0; way < 2; way++) {
    Pair pair;

    pair_init (&pair, NULL);
    pair_open_receiver (&pair, 1, RW_START_LIVE);
    pair_play (&pair, 50);
    if (way == 0)
      pair.cut_up = TRUE;
    else
      pair.cut_down = TRUE;
    pair_play (&pair, 25);
    g_assert_cmpint (pair_get_receiver_state (&pair), >=, RW_LIVENESS_SUSPECT);
    g_assert_cmpint (pair_get_sender_state (&pair), >=, RW_LIVENESS_SUSPECT);
    pair_play (&pair, 25);
    g_assert_cmpint (pair_get_receiver_state (&pair), ==, RW_LIVENESS_DOWN);
    g_assert_cmpint (pair_get_sender_state (&pair), ==, RW_LIVENESS_DOWN);
    pair.cut_up = pair.cut_down = FALSE;
    pair_play (&pair, 15);
    g_assert_cmpint (pair_get_receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
    g_assert_cmpint (pair_get_sender_state (&pair), ==, RW_LIVENESS_ALIVE);
    g_assert_cmpuint (pair.next, ==, pair_get_head (&pair));
    pair_clear (&pair);
  }
}

static void
test_overtaken_bad_news_is_old_news (void)
{
  static RwMessage late;
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 20);
  pair.cut_up = TRUE;
  pair_play (&pair, 12);
  /* The sender is not_receiving, and says so in a message that is held up. */
  while (!rw_send_endpoint_next (pair.sender, pair.now_us, 0, &late))
    pair.now_us += 1000;
  g_assert_true (late.type == RW_MESSAGE_BEAT &&
                 late.beat.status.not_receiving);
  pair.cut_up = FALSE;
  pair_play (&pair, 20);
  g_assert_cmpint (pair_get_receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
  rw_receive_endpoint_receive (pair.receiver, &late, pair.now_us);
  g_assert_cmpint (pair_get_receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
  pair_clear (&pair);
}

static void
test_nothing_is_repaired_into_an_outage (void)
{
  Pair pair;
  RwSendStats before, after;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  pair.drop_live = 50;
  pair_play (&pair, 2);
  pair.cut_down = TRUE; /* it goes on asking, and is answered in vain */
  pair_play (&pair, 40);
  rw_send_endpoint_get_stats (pair.sender, &before);
  pair_play (&pair, 100);
  rw_send_endpoint_get_stats (pair.sender, &after);
  g_assert_cmpuint (after.frames_repaired, ==, before.frames_repaired);
  pair_clear (&pair);
}

static void
test_a_new_session_goes_on_where_the_old_was (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 50);
  pair.cut_up = pair.cut_down = TRUE;
  pair_play (&pair, 100);
  pair_open_sender (&pair, 2);
  pair_open_receiver (&pair, 2, RW_START_LIVE);
  pair.cut_up = pair.cut_down = FALSE;
  pair_play (&pair, 50);
  g_assert_cmpuint (pair.next, ==, 200);
  g_assert_cmpuint (pair.n_lost, ==, 0);
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/endpoints/outage/" name, func)
  ADD ("outage", test_an_outage_is_noticed_by_both);
  ADD ("long-outage", test_a_long_outage_leaves_room_in_the_channel);
  ADD ("catch-up", test_an_outage_is_caught_up_with_in_time);
  ADD ("stale", test_stale_messages_do_not_spoil_the_round_trip);
  ADD ("one-way", test_one_way_loss_is_noticed_by_both);
  ADD ("overtaken-news", test_overtaken_bad_news_is_old_news);
  ADD ("no-repair-in-outage", test_nothing_is_repaired_into_an_outage);
  ADD ("resume", test_a_new_session_goes_on_where_the_old_was);
  return g_test_run ();
}
