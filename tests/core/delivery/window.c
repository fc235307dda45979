/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-window.h"

#include <string.h>

#define MS (G_GUINT64_CONSTANT (1000000))

static const guint8 stream_a[RW_STREAM_ID_SIZE] = {'a'};
static const guint8 stream_b[RW_STREAM_ID_SIZE] = {'b'};

static RwWindowResult
insert (RwWindow *window, guint32 serial, guint64 index)
{
  guint8 payload[4] = {index, index >> 8, index >> 16, 0x55};
  RwFrame frame = {.index = index,
                   .running_time_ns = index * 20 * MS,
                   .capture_time_ns = RW_CAPTURE_TIME_NONE,
                   .duration = 960,
                   .size = sizeof payload,
                   .data = payload};

  return rw_window_insert (window, serial, &frame, NULL, RW_LANE_LIVE);
}

static guint32
begin (RwWindow *window, const guint8 *stream, guint32 generation,
       guint64 start)
{
  guint32 serial = rw_window_begin_stream (window, stream, generation, start);

  g_assert_cmpuint (serial, !=, 0);
  g_assert_true (rw_window_set_format (window, serial, 0, "caps", 4));
  return serial;
}

static void
pop (RwWindow *window, RwWindowItem *item, RwWindowItemType type)
{
  g_assert_true (rw_window_pop (window, item));
  g_assert_cmpint (item->type, ==, type);
}

/* Pops and hands on. */
static void
expect (RwWindow *window, RwWindowItemType type, guint64 from, guint64 to)
{
  RwWindowItem item;

  pop (window, &item, type);
  g_assert_cmpuint (item.from, ==, from);
  g_assert_cmpuint (item.to, ==, to);
  if (type == RW_WINDOW_ITEM_FRAME) {
    g_assert_cmpuint (item.frame.index, ==, from);
    g_assert_cmpuint (item.frame.running_time_ns, ==, from * 20 * MS);
    g_assert_cmpuint (item.frame.data[0], ==, from & 0xff);
    g_assert_cmpuint (item.frame.size, ==, 4);
    g_assert_cmpstr (item.caps, ==, "caps");
  }
  rw_window_handed (window, &item);
  rw_window_item_clear (&item);
}

static void
expect_frames (RwWindow *window, guint64 from, guint64 to)
{
  for (; from < to; from++)
    expect (window, RW_WINDOW_ITEM_FRAME, from, from + 1);
}

static void
expect_nothing (RwWindow *window)
{
  RwWindowItem item;

  g_assert_false (rw_window_pop (window, &item));
}

static void
test_orders_and_drops_repeats (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 5);
  RwWindowStats stats;

  expect (window, RW_WINDOW_ITEM_STREAM, 5, 5);
  g_assert_cmpint (insert (window, a, 7), ==, RW_WINDOW_NEW);
  g_assert_cmpint (insert (window, a, 7), ==, RW_WINDOW_DUPLICATE);
  expect_nothing (window);
  g_assert_cmpint (insert (window, a, 5), ==, RW_WINDOW_NEW);
  expect_frames (window, 5, 6);
  expect_nothing (window);
  g_assert_cmpint (insert (window, a, 6), ==, RW_WINDOW_NEW);
  expect_frames (window, 6, 8);
  g_assert_cmpint (insert (window, a, 6), ==, RW_WINDOW_DUPLICATE);
  rw_window_get_stats (window, &stats);
  g_assert_cmpuint (stats.live, ==, 3);
  g_assert_cmpuint (stats.duplicate, ==, 2);
}

static void
test_only_handing_on_acknowledges (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);
  RwWindowItem item;

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  insert (window, a, 0);
  g_assert_cmpuint (rw_window_get_next (window), ==, 0);
  pop (window, &item, RW_WINDOW_ITEM_FRAME);
  g_assert_cmpuint (rw_window_get_next (window), ==, 0);
  rw_window_handed (window, &item);
  rw_window_item_clear (&item);
  g_assert_cmpuint (rw_window_get_next (window), ==, 1);
}

static void
test_reports_every_hole (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);
  RwReport report;
  guint64 i;

  for (i = 0; i < 100; i++)
    if (i != 3 && i != 4 && i != 50)
      insert (window, a, i);
  rw_window_get_report (window, 110, &report);
  g_assert_cmpuint (report.n_ranges, ==, 3);
  g_assert_cmpuint (report.ranges[0].from, ==, 3);
  g_assert_cmpuint (report.ranges[0].to, ==, 5);
  g_assert_cmpuint (report.ranges[1].from, ==, 50);
  g_assert_cmpuint (report.ranges[1].to, ==, 51);
  g_assert_cmpuint (report.ranges[2].from, ==, 100);
  g_assert_cmpuint (report.ranges[2].to, ==, 110);
  g_assert_cmpuint (report.known_to, ==, 110);
  g_assert_cmpuint (report.next, ==, 0);
  rw_window_get_report (window, 30, &report);
  g_assert_cmpuint (report.n_ranges, ==, 1);
  g_assert_cmpuint (rw_window_get_first_missing (window), ==, 3);
}

static void
test_a_report_is_bounded (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);
  RwReport report;
  guint64 i;

  for (i = 1; i < 1000; i += 2)
    insert (window, a, i);
  rw_window_get_report (window, 1000, &report);
  g_assert_cmpuint (report.n_ranges, ==, RW_MESSAGE_MAX_RANGES);
  g_assert_cmpuint (report.ranges[63].from, ==, 126);
  g_assert_cmpuint (report.known_to, ==, 128);
}

static void
test_a_gap_is_exact_and_announced_once (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);
  RwWindowItem item;

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  insert (window, a, 0);
  insert (window, a, 5);
  expect_frames (window, 0, 1);
  rw_window_set_tail (window, a, 10);
  pop (window, &item, RW_WINDOW_ITEM_GAP);
  g_assert_cmpuint (item.from, ==, 1);
  g_assert_cmpuint (item.to, ==, 5);
  g_assert_cmpuint (item.start_ns, ==, 20 * MS);
  g_assert_cmpuint (item.end_ns, ==, 100 * MS);
  rw_window_handed (window, &item);
  expect_frames (window, 5, 6);
  /* The rest waits for a frame to end it, and grows meanwhile. */
  expect_nothing (window);
  rw_window_set_tail (window, a, 12);
  expect_nothing (window);
  insert (window, a, 12);
  expect (window, RW_WINDOW_ITEM_GAP, 6, 12);
  expect_frames (window, 12, 13);
  g_assert_cmpint (insert (window, a, 8), ==, RW_WINDOW_LATE);
  g_assert_cmpuint (rw_window_get_stream_lost (window), ==, 10);
}

static void
test_given_up_frames_are_welcome_until_announced (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  rw_window_set_tail (window, a, 5);
  g_assert_cmpint (insert (window, a, 3), ==, RW_WINDOW_NEW);
  expect (window, RW_WINDOW_ITEM_GAP, 0, 3);
  expect_frames (window, 3, 4);
  insert (window, a, 5);
  expect (window, RW_WINDOW_ITEM_GAP, 4, 5);
  expect_frames (window, 5, 6);
}

static void
test_a_gap_may_be_larger_than_the_window (void)
{
  g_autoptr (RwWindow) window = rw_window_new (64, 0);
  guint32 a = begin (window, stream_a, 1, 0);
  guint64 i;

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  insert (window, a, 0);
  insert (window, a, 3);
  rw_window_set_tail (window, a, 1000000);
  for (i = 1000000; i < 1000064; i++)
    g_assert_cmpint (insert (window, a, i), ==,
                     i < 64 ? RW_WINDOW_NEW : RW_WINDOW_BEYOND);
  expect_frames (window, 0, 1);
  expect (window, RW_WINDOW_ITEM_GAP, 1, 3);
  expect_frames (window, 3, 4);
  expect_nothing (window);
  for (i = 1000000; i < 1000064; i++)
    g_assert_cmpint (insert (window, a, i), ==, RW_WINDOW_NEW);
  g_assert_cmpint (insert (window, a, 1000064), ==, RW_WINDOW_BEYOND);
  g_assert_cmpint (insert (window, a, 5), ==, RW_WINDOW_LATE);
  expect (window, RW_WINDOW_ITEM_GAP, 4, 1000000);
  expect_frames (window, 1000000, 1000064);
}

static void
test_what_is_waited_for_is_never_refused (void)
{
  g_autoptr (RwWindow) window = rw_window_new (128, 40);
  guint32 a = begin (window, stream_a, 1, 0);
  RwReport report;
  guint64 i;

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  for (i = 1; i <= 10; i++)
    g_assert_cmpint (insert (window, a, i), ==, RW_WINDOW_NEW);
  g_assert_cmpint (insert (window, a, 11), ==, RW_WINDOW_BEYOND);
  g_assert_cmpint (insert (window, a, 128), ==, RW_WINDOW_BEYOND);
  rw_window_get_report (window, 200, &report);
  g_assert_cmpuint (report.n_ranges, ==, 1);
  g_assert_cmpuint (report.ranges[0].to, ==, 1);
  g_assert_cmpint (insert (window, a, 0), ==, RW_WINDOW_NEW);
  expect_frames (window, 0, 11);
  g_assert_cmpint (insert (window, a, 11), ==, RW_WINDOW_NEW);
}

static void
test_ends_after_everything (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  insert (window, a, 1);
  rw_window_end (window, a, 2);
  expect_nothing (window);
  insert (window, a, 0);
  g_assert_cmpint (insert (window, a, 2), ==, RW_WINDOW_LATE);
  expect_frames (window, 0, 2);
  g_assert_false (rw_window_is_finished (window));
  expect (window, RW_WINDOW_ITEM_ENDED, 2, 2);
  g_assert_true (rw_window_is_finished (window));
  expect_nothing (window);
}

static void
test_a_gap_at_the_end_is_announced (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  insert (window, a, 0);
  rw_window_end (window, a, 4);
  rw_window_set_tail (window, a, 4);
  expect_frames (window, 0, 1);
  expect (window, RW_WINDOW_ITEM_GAP, 1, 4);
  expect (window, RW_WINDOW_ITEM_ENDED, 4, 4);
}

static void
test_a_new_stream_waits_for_the_rest_of_the_old (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);
  RwWindowItem item;
  guint32 b;

  insert (window, a, 0);
  insert (window, a, 1);
  insert (window, a, 4);
  b = begin (window, stream_b, 2, 0);
  g_assert_cmpuint (b, !=, a);
  insert (window, b, 0);
  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  expect_frames (window, 0, 2);
  expect (window, RW_WINDOW_ITEM_GAP, 2, 4);
  expect_frames (window, 4, 5);
  g_assert_cmpuint (rw_window_get_next (window), ==, 0);
  pop (window, &item, RW_WINDOW_ITEM_STREAM);
  g_assert_cmpmem (item.stream_id, RW_STREAM_ID_SIZE, stream_b,
                   RW_STREAM_ID_SIZE);
  rw_window_handed (window, &item);
  expect_frames (window, 0, 1);
  g_assert_cmpuint (rw_window_get_next (window), ==, 1);
}

static void
test_an_old_stream_is_fenced_off (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);
  guint32 b = begin (window, stream_b, 2, 0);

  g_assert_cmpint (insert (window, a, 0), ==, RW_WINDOW_FENCED);
  rw_window_set_tail (window, a, 100);
  rw_window_end (window, a, 1);
  g_assert_false (rw_window_set_format (window, a, 1, "x", 1));
  /* A session from before cannot take the window back. */
  g_assert_cmpuint (rw_window_begin_stream (window, stream_a, 1, 0), ==, 0);
  g_assert_cmpuint (rw_window_begin_stream (window, stream_a, 2, 0), ==, 0);
  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  insert (window, b, 0);
  expect_frames (window, 0, 1);
}

static void
test_the_same_stream_goes_on (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  insert (window, a, 0);
  expect_frames (window, 0, 1);
  g_assert_cmpuint (begin (window, stream_a, 2, 3), ==, a);
  insert (window, a, 3);
  expect (window, RW_WINDOW_ITEM_GAP, 1, 3);
  expect_frames (window, 3, 4);
}

static void
test_a_frame_waits_for_its_format (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = rw_window_begin_stream (window, stream_a, 1, 0);

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  insert (window, a, 0);
  expect_nothing (window);
  g_assert_false (rw_window_set_format (window, a, 1, "no", 2));
  g_assert_true (rw_window_set_format (window, a, 0, "caps", 4));
  expect_frames (window, 0, 1);
}

static void
test_skipping_gives_up_what_is_missing (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  guint32 a = begin (window, stream_a, 1, 0);
  RwFrame next;
  guint64 index;

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  g_assert_false (rw_window_peek (window, &index, &next));
  insert (window, a, 4);
  g_assert_true (rw_window_peek (window, &index, &next));
  g_assert_cmpuint (index, ==, 4);
  g_assert_cmpuint (next.index, ==, 4);
  rw_window_skip_to (window, 4);
  expect (window, RW_WINDOW_ITEM_GAP, 0, 4);
  expect_frames (window, 4, 5);
  g_assert_cmpint (insert (window, a, 2), ==, RW_WINDOW_LATE);
}

static void
test_discarding_lets_go_of_what_is_here (void)
{
  g_autoptr (RwWindow) window = rw_window_new (64, 0);
  guint32 a = begin (window, stream_a, 1, 0);
  RwWindowStats stats;

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  for (guint i = 0; i < 40; i++)
    if (i != 7)
      insert (window, a, i);
  expect_frames (window, 0, 3);
  rw_window_discard_to (window, 30);
  expect (window, RW_WINDOW_ITEM_GAP, 3, 30);
  expect_frames (window, 30, 40);
  g_assert_cmpint (insert (window, a, 7), ==, RW_WINDOW_LATE);
  rw_window_get_stats (window, &stats);
  g_assert_cmpuint (stats.lost, ==, 27);
  /* Up to what is to come, and there is room for all of it. */
  insert (window, a, 41);
  rw_window_discard_to (window, 42);
  for (guint i = 42; i < 42 + 64; i++)
    g_assert_cmpint (insert (window, a, i), ==, RW_WINDOW_NEW);
  expect (window, RW_WINDOW_ITEM_GAP, 40, 42);
  expect_frames (window, 42, 42 + 64);
}

static void
test_lies_about_positions_do_no_harm (void)
{
  g_autoptr (RwWindow) window = rw_window_new (64, 0);
  guint32 a = begin (window, stream_a, 1, 0);

  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  g_assert_cmpuint (rw_window_begin_stream (window, stream_b, 2, G_MAXUINT64),
                    ==, 0);
  rw_window_set_tail (window, a, G_MAXUINT64 - 1);
  rw_window_end (window, a, G_MAXUINT64 - 1);
  g_assert_cmpint (insert (window, a, G_MAXUINT64), !=, RW_WINDOW_NEW);
  insert (window, a, 0);
  expect_frames (window, 0, 1);
}

/* Frames that one of the two gives up or delivers are still there for the
 * other. */
static void
test_a_mirror_goes_its_own_way (void)
{
  g_autoptr (RwWindow) window = rw_window_new (0, 0);
  g_autoptr (RwWindow) mirror = rw_window_new (0, 0);
  guint32 serial;

  rw_window_set_mirror (window, mirror);
  serial = begin (window, stream_a, 1, 0);
  insert (window, serial, 0);
  insert (window, serial, 2);
  rw_window_skip_to (mirror, 2);
  expect (mirror, RW_WINDOW_ITEM_STREAM, 0, 0);
  expect (mirror, RW_WINDOW_ITEM_FRAME, 0, 1);
  expect (mirror, RW_WINDOW_ITEM_GAP, 1, 2);
  expect (mirror, RW_WINDOW_ITEM_FRAME, 2, 3);
  insert (window, serial, 1);
  expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
  expect (window, RW_WINDOW_ITEM_FRAME, 0, 1);
  expect (window, RW_WINDOW_ITEM_FRAME, 1, 2);
  expect (window, RW_WINDOW_ITEM_FRAME, 2, 3);
  g_assert_cmpuint (rw_window_get_next (window), ==, 3);
  rw_window_set_mirror (window, NULL);
}

/* Random insertions, holes and tails against a model of two arrays. */
static void
test_agrees_with_a_model (void)
{
  enum { N = 3000 };
  guint seed;

  for (seed = 0; seed < 40; seed++) {
    g_autoptr (RwWindow) window = rw_window_new (256, 0);
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    guint32 a = begin (window, stream_a, 1, 0);
    gboolean here[N + 600] = {0};
    guint64 next = 0, tail = 0, i;
    RwWindowItem item;

    expect (window, RW_WINDOW_ITEM_STREAM, 0, 0);
    while (next < N) {
      guint64 index = next + g_rand_int_range (rand, 0, 300);

      if (insert (window, a, index) == RW_WINDOW_NEW) {
        g_assert_false (here[index]);
        here[index] = TRUE;
      }
      if (g_rand_int_range (rand, 0, 20) == 0) {
        guint64 told = next + g_rand_int_range (rand, 0, 40);

        tail = MAX (tail, told);
        rw_window_set_tail (window, a, tail);
      }
      if (g_rand_int_range (rand, 0, 3) != 0)
        continue;
      while (rw_window_pop (window, &item)) {
        g_assert_cmpuint (item.from, ==, next);
        if (item.type == RW_WINDOW_ITEM_FRAME)
          g_assert_true (here[next]);
        for (i = item.from; item.type == RW_WINDOW_ITEM_GAP && i < item.to; i++)
          g_assert_true (i < tail && !here[i]);
        next = item.to;
        rw_window_handed (window, &item);
        rw_window_item_clear (&item);
      }
      for (i = MAX (next, tail); here[i]; i++)
        ;
      g_assert_cmpuint (rw_window_get_first_missing (window), ==, i);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/window/" name, func)
  ADD ("a-mirror-goes-its-own-way", test_a_mirror_goes_its_own_way);
  ADD ("orders", test_orders_and_drops_repeats);
  ADD ("acknowledges", test_only_handing_on_acknowledges);
  ADD ("reports", test_reports_every_hole);
  ADD ("report-bounded", test_a_report_is_bounded);
  ADD ("gap", test_a_gap_is_exact_and_announced_once);
  ADD ("given-up", test_given_up_frames_are_welcome_until_announced);
  ADD ("huge-gap", test_a_gap_may_be_larger_than_the_window);
  ADD ("bounds", test_what_is_waited_for_is_never_refused);
  ADD ("ends", test_ends_after_everything);
  ADD ("gap-at-end", test_a_gap_at_the_end_is_announced);
  ADD ("new-stream", test_a_new_stream_waits_for_the_rest_of_the_old);
  ADD ("fenced", test_an_old_stream_is_fenced_off);
  ADD ("same-stream", test_the_same_stream_goes_on);
  ADD ("format", test_a_frame_waits_for_its_format);
  ADD ("skip", test_skipping_gives_up_what_is_missing);
  ADD ("discard", test_discarding_lets_go_of_what_is_here);
  ADD ("lies", test_lies_about_positions_do_no_harm);
  ADD ("model", test_agrees_with_a_model);
  return g_test_run ();
}
