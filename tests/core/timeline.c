/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-timeline.h"

#define MS  (G_GINT64_CONSTANT (1000000))
#define SEC (1000 * MS)

/* Receives @n live frames of 20 ms whose clock gains @ppm on ours, each late
 * by up to @jitter. Returns the largest step between neighbours, less 20 ms. */
static gint64
play (RwTimeline *timeline, guint64 *running, guint n, gint64 shift,
      gint64 jitter, gint ppm)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  gint64 worst = 0, last = -1;

  for (; n > 0; n--) {
    gint64 now = (gint64) *running - (gint64) (*running / 1000000) * ppm;
    gint64 time;

    now += shift;
    if (jitter > 0)
      now += g_rand_int_range (rand, 0, jitter);
    rw_timeline_observe (timeline, *running, now);
    time = rw_timeline_map (timeline, *running, 20 * MS, now);
    if (last >= 0)
      worst = MAX (worst, ABS (time - last - 20 * MS));
    last = time;
    *running += 20 * MS;
  }
  return worst;
}

static void
test_a_healthy_link_has_no_steps (void)
{
  RwTimeline timeline;
  guint64 running = 0;

  rw_timeline_init (&timeline);
  g_assert_cmpint (play (&timeline, &running, 3000, 5 * SEC, 15 * MS, 0), <=,
                   20000);
}

static void
test_drift_is_followed (void)
{
  static const gint ppms[] = {-100, 100};
  guint i;

  for (i = 0; i < G_N_ELEMENTS (ppms); i++) {
    RwTimeline timeline;
    guint64 running = 0;
    gint64 wanted;

    rw_timeline_init (&timeline);
    /* Ten minutes, in which the clocks part by 60 ms. */
    play (&timeline, &running, 30000, 5 * SEC, 5 * MS, ppms[i]);
    wanted = 5 * SEC - (gint64) (running / 1000000) * ppms[i];
    g_assert_cmpint (ABS (timeline.offset_ns - wanted), <=, 5 * MS);
  }
}

static void
test_repaired_frames_move_nothing (void)
{
  RwTimeline timeline;
  guint64 running = 0;
  gint64 before;
  guint i;

  rw_timeline_init (&timeline);
  play (&timeline, &running, 1000, 5 * SEC, 0, 0);
  before = timeline.offset_ns;
  for (i = 0; i < 500; i++, running += 20 * MS) /* ten seconds late */
    g_assert_cmpuint (
        rw_timeline_map (&timeline, running, 20 * MS, running + 15 * SEC), ==,
        running + before);
  play (&timeline, &running, 500, 5 * SEC, 0, 0);
  g_assert_cmpint (ABS (timeline.offset_ns - before), <=, 1000);
}

/* What was handed on before the first live frame has no say in how far the
 * offset may move after it. */
static void
test_the_first_live_frame_is_followed_slowly (void)
{
  RwTimeline timeline;
  gint64 last = 0, time = 0;
  guint64 running = 0;
  guint i;

  rw_timeline_init (&timeline);
  for (i = 0; i < 100; i++, running += 20 * MS)
    last = rw_timeline_map (&timeline, running, 20 * MS, 5 * SEC);
  for (i = 0; i < 100; i++, running += 20 * MS) {
    rw_timeline_observe (&timeline, running, running + 4 * SEC);
    time = rw_timeline_map (&timeline, running, 20 * MS, 6 * SEC);
    g_assert_cmpint (ABS (time - last - 20 * MS), <=, 20000);
    last = time;
  }
  g_assert_cmpint (timeline.offset_ns, <, 5 * SEC);
  g_assert_cmpint (rw_timeline_get_live_offset (&timeline), ==, 4 * SEC);
}

static void
test_the_live_offset_is_the_one_in_use_without_a_live_frame (void)
{
  RwTimeline timeline;

  rw_timeline_init (&timeline);
  rw_timeline_map (&timeline, 1 * SEC, 20 * MS, 5 * SEC);
  g_assert_cmpint (rw_timeline_get_live_offset (&timeline), ==, 4 * SEC);
}

static void
test_a_new_stream_does_not_overlap (void)
{
  RwTimeline timeline;
  guint64 running = 0, first, end;

  rw_timeline_init (&timeline);
  play (&timeline, &running, 100, 5 * SEC, 0, 0);
  end = timeline.last_end_ns;
  rw_timeline_restart (&timeline);
  /* It begins at zero again, and came a second before the old one's end. */
  rw_timeline_observe (&timeline, 0, end - SEC);
  first = rw_timeline_map (&timeline, 0, 20 * MS, end - SEC);
  g_assert_cmpuint (first, ==, end);
  g_assert_cmpuint (rw_timeline_map (&timeline, 20 * MS, 20 * MS, end), >=,
                    end + 20 * MS - 20000);
}

static void
test_a_later_stream_keeps_the_pause (void)
{
  RwTimeline timeline;
  guint64 running = 0, end;

  rw_timeline_init (&timeline);
  play (&timeline, &running, 100, 5 * SEC, 0, 0);
  end = timeline.last_end_ns;
  rw_timeline_restart (&timeline);
  rw_timeline_observe (&timeline, 7 * SEC, end + 3 * SEC);
  g_assert_cmpuint (rw_timeline_map (&timeline, 7 * SEC, 20 * MS, 0), ==,
                    end + 3 * SEC);
}

static void
test_without_a_live_frame_now_is_the_anchor (void)
{
  RwTimeline timeline;

  rw_timeline_init (&timeline);
  g_assert_cmpuint (rw_timeline_map (&timeline, 100 * SEC, 20 * MS, 3 * SEC),
                    ==, 3 * SEC);
  g_assert_cmpuint (
      rw_timeline_map (&timeline, 100 * SEC + 20 * MS, 20 * MS, 9 * SEC), ==,
      3 * SEC + 20 * MS);
}

static void
test_no_time_is_negative (void)
{
  RwTimeline timeline;

  rw_timeline_init (&timeline);
  rw_timeline_observe (&timeline, 60 * SEC, 2 * SEC);
  g_assert_cmpuint (rw_timeline_map (&timeline, 0, 20 * MS, 2 * SEC), ==, 0);
  g_assert_cmpuint (rw_timeline_map (&timeline, 20 * MS, 20 * MS, 2 * SEC), ==,
                    20 * MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/timeline/" name, func)
  ADD ("no-steps", test_a_healthy_link_has_no_steps);
  ADD ("drift", test_drift_is_followed);
  ADD ("repaired", test_repaired_frames_move_nothing);
  ADD ("first-live", test_the_first_live_frame_is_followed_slowly);
  ADD ("live-offset",
       test_the_live_offset_is_the_one_in_use_without_a_live_frame);
  ADD ("new-stream", test_a_new_stream_does_not_overlap);
  ADD ("later-stream", test_a_later_stream_keeps_the_pause);
  ADD ("anchor", test_without_a_live_frame_now_is_the_anchor);
  ADD ("negative", test_no_time_is_negative);
  return g_test_run ();
}
