/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint-pair.h"

static void
test_one_lost_frame_is_repaired (void)
{
  Pair pair;
  RwSendStats stats;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 20);
  pair.drop_live = 25;
  pair_play (&pair, 10);
  g_assert_cmpuint (pair.next, ==, 30);
  rw_send_endpoint_get_stats (pair.sender, &stats);
  g_assert_cmpuint (stats.frames_repaired, ==, 1);
  pair_clear (&pair);
}

static void
test_the_last_frame_is_repaired_too (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 20);
  pair.drop_live = 29;
  pair_play (&pair, 10);
  pair_idle (&pair, 150);
  g_assert_cmpuint (pair.next, ==, 30);
  pair_clear (&pair);
}

static void
test_without_a_live_lane_everything_is_repaired (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_idle (&pair, 5);
  pair.cut_live = TRUE;
  pair_play (&pair, 100);
  pair_idle (&pair, 300);
  g_assert_cmpuint (pair.next, ==, 100);
  g_assert_cmpint (pair_get_receiver_state (&pair), ==, RW_LIVENESS_ALIVE);
  pair_clear (&pair);
}

static void
test_a_live_lane_that_stalls_is_made_up_for (void)
{
  Pair pair;
  guint i;

  pair_init (&pair, NULL);
  pair_open_receiver (&pair, 1, RW_START_LIVE);
  pair_play (&pair, 10);
  for (i = 0; i < 20; i++) { /* appended, but not taken by the lane */
    pair_append (&pair);
    pair_idle (&pair, 20);
  }
  pair_idle (&pair, 500);
  g_assert_cmpuint (pair.next, ==, 30);
  pair_clear (&pair);
}

static void
test_repair_keeps_to_its_rate (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  pair_idle (&pair, 1);
  while (pair_get_head (&pair) < 500) /* ten seconds */
    pair_append (&pair);
  pair_open_receiver (&pair, 1, RW_START_OLDEST);
  pair_idle (&pair, 600);
  /* At eight times real time 0.6 s bring 4.8 s, give or take a burst. */
  g_assert_cmpuint (pair.next, >=, 200);
  g_assert_cmpuint (pair.next, <=, 270);
  pair_idle (&pair, 800);
  g_assert_cmpuint (pair.next, ==, 500);
  pair_clear (&pair);
}

static void
test_repair_without_a_rate_is_quick (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  rw_send_endpoint_set_drain_rate (pair.sender, 0, pair.now_us);
  pair_idle (&pair, 1);
  while (pair_get_head (&pair) < 1000)
    pair_append (&pair);
  pair_open_receiver (&pair, 1, RW_START_OLDEST);
  pair_idle (&pair, 300);
  g_assert_cmpuint (pair.next, ==, 1000);
  pair_clear (&pair);
}

static void
test_a_backlog_may_be_larger_than_the_window (void)
{
  Pair pair;

  pair_init (&pair, NULL);
  rw_send_endpoint_set_drain_rate (pair.sender, 0, pair.now_us);
  pair_idle (&pair, 1);
  while (pair_get_head (&pair) < 3 * RW_WINDOW_MAX_FRAMES)
    pair_append (&pair);
  pair_open_receiver (&pair, 1, RW_START_OLDEST);
  pair_play (&pair, 250);
  g_assert_cmpuint (pair.next, ==, pair_get_head (&pair));
  g_assert_cmpuint (pair.n_lost, ==, 0);
  pair_clear (&pair);
}

static void
test_frames_wait_for_a_full_channel (void)
{
  static RwMessage message;
  Pair pair;

  pair_init (&pair, NULL);
  while (pair_get_head (&pair) < 100)
    pair_append (&pair);
  pair_open_receiver (&pair, 1, RW_START_OLDEST);
  g_assert_true (
      rw_receive_endpoint_next (pair.receiver, pair.now_us, 0, &message));
  rw_send_endpoint_receive (pair.sender, &message, pair.now_us);
  while (rw_send_endpoint_next (pair.sender, pair.now_us, 5000, &message))
    g_assert_cmpint (message.type, !=, RW_MESSAGE_FRAMES);
  g_assert_cmpint (rw_send_endpoint_get_deadline (pair.sender), <=,
                   pair.now_us + 20000);
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/endpoints/repair/" name, func)
  ADD ("one-lost", test_one_lost_frame_is_repaired);
  ADD ("last-lost", test_the_last_frame_is_repaired_too);
  ADD ("no-live-lane", test_without_a_live_lane_everything_is_repaired);
  ADD ("stalled-live-lane", test_a_live_lane_that_stalls_is_made_up_for);
  ADD ("rate", test_repair_keeps_to_its_rate);
  ADD ("no-rate", test_repair_without_a_rate_is_quick);
  ADD ("large-backlog", test_a_backlog_may_be_larger_than_the_window);
  ADD ("full-channel", test_frames_wait_for_a_full_channel);
  return g_test_run ();
}
