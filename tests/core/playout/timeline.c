/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-timeline.h"

#define MS  (G_GINT64_CONSTANT (1000000))
#define SEC (1000 * MS)

#define FRAME 960 /* samples: 20 ms */

/* A stream of frames of 20 ms, and what became of its times. */
typedef struct {
  RwTimeline timeline;
  RwLiveOffset live;
  guint64 index;
  guint64 running_ns; /* of the next frame */
  gint64 shift_ns;    /* from it to when it arrives */
  gint64 jitter_ns;
  gint ppm; /* by which the sender's clock gains on ours */
  GRand *rand;
  RwPlacement last;
  guint64 last_end_ns;
  guint n_breaks;       /* frames that did not meet the one before */
  gint64 worst_late_ns; /* placed later than the quickest arrival */
  gint64 worst_early_ns;
} Stream;

static void
stream_init (Stream *stream, gint64 shift_ns)
{
  *stream = (Stream){.shift_ns = shift_ns, .rand = g_rand_new_with_seed (1)};
  rw_timeline_init (&stream->timeline);
  rw_live_offset_init (&stream->live);
}

static void
stream_clear (Stream *stream)
{
  g_rand_free (stream->rand);
}

static RwFrame
make_frame (Stream *stream)
{
  return (RwFrame){.index = stream->index,
                   .running_time_ns = stream->running_ns,
                   .duration = FRAME};
}

static gint64
get_true_time (const Stream *stream)
{
  return (gint64) stream->running_ns -
         (gint64) (stream->running_ns / 1000000) * stream->ppm +
         stream->shift_ns;
}

static void
place (Stream *stream, guint64 now_ns)
{
  RwFrame frame = make_frame (stream);
  gint64 late_ns;

  rw_timeline_place (&stream->timeline, &stream->live, &frame, now_ns,
                     &stream->last);
  late_ns = (gint64) stream->last.time_ns - get_true_time (stream);
  stream->worst_late_ns = MAX (stream->worst_late_ns, late_ns);
  stream->worst_early_ns = MAX (stream->worst_early_ns, -late_ns);
  stream->n_breaks +=
      stream->last_end_ns != 0 && stream->last.time_ns != stream->last_end_ns;
  stream->last_end_ns = stream->last.time_ns + 20 * MS;
  stream->index++;
  stream->running_ns += 20 * MS;
}

static void
play (Stream *stream, guint n)
{
  for (; n > 0; n--) {
    RwFrame frame = make_frame (stream);
    gint64 now_ns = get_true_time (stream);

    if (stream->jitter_ns > 0)
      now_ns += g_rand_int_range (stream->rand, 0, stream->jitter_ns);
    rw_live_offset_observe (&stream->live, &frame, now_ns, 100 * MS);
    place (stream, now_ns);
  }
}

static void
forget_worst (Stream *stream)
{
  stream->worst_late_ns = stream->worst_early_ns = 0;
  stream->n_breaks = 0;
}

static void
test_a_healthy_link_is_contiguous (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  stream.jitter_ns = 15 * MS;
  play (&stream, 3000);
  g_assert_cmpuint (stream.n_breaks, ==, 0);
  g_assert_cmpint (stream.worst_late_ns, <=, 15 * MS);
  stream_clear (&stream);
}

/* Off by a sample, or by 5 ms to both sides: what comes out is contiguous. */
static void
test_an_input_may_be_inexact (void)
{
  static const gint64 errors_ns[] = {20833, 400000, 5 * MS};

  for (guint i = 0; i < G_N_ELEMENTS (errors_ns); i++) {
    Stream stream;

    stream_init (&stream, 5 * SEC);
    for (guint64 n = 0; n < 3000; n++) {
      stream.running_ns = n * 20 * MS + 10 * MS +
                          g_rand_int_range (stream.rand, 0, 2 * errors_ns[i]) -
                          errors_ns[i];
      play (&stream, 1);
    }
    g_assert_cmpuint (stream.n_breaks, ==, 0);
    stream_clear (&stream);
  }
}

/* A day with clocks that differ by 300 ppm: right to 20 ms, in steps that are
 * as rare as they can be. */
static void
test_drift_is_followed_for_a_day (void)
{
  static const gint ppms[] = {-300, 300};

  for (guint i = 0; i < G_N_ELEMENTS (ppms); i++) {
    Stream stream;

    stream_init (&stream, 5 * SEC);
    stream.ppm = ppms[i];
    stream.jitter_ns = 5 * MS;
    if (ppms[i] > 0)
      stream.shift_ns = 60 * SEC; /* which it loses */
    play (&stream, 24 * 3600 * 50);
    g_test_message ("%d ppm: %" G_GINT64_FORMAT " us late, %" G_GINT64_FORMAT
                    " us early, %u breaks",
                    ppms[i], stream.worst_late_ns / 1000,
                    stream.worst_early_ns / 1000, stream.n_breaks);
    g_assert_cmpint (stream.worst_late_ns, <=, 20 * MS);
    g_assert_cmpint (stream.worst_early_ns, <=, 20 * MS);
    g_assert_cmpuint (stream.n_breaks, <=, 24 * 3600 / 15);
    stream_clear (&stream);
  }
}

static void
test_repaired_frames_move_nothing (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  play (&stream, 1000);
  for (guint i = 0; i < 500; i++) /* ten seconds late */
    place (&stream, stream.running_ns + 15 * SEC);
  play (&stream, 500);
  g_assert_cmpuint (stream.n_breaks, ==, 0);
  g_assert_cmpint (stream.worst_late_ns, ==, 0);
  stream_clear (&stream);
}

/* The first frame comes out when it belongs, however late it is here. */
static void
test_a_backlog_anchors_nothing (void)
{
  Stream stream;
  RwFrame newest = {.index = 100, .running_time_ns = 2 * SEC};

  stream_init (&stream, 5 * SEC);
  rw_live_offset_observe (&stream.live, &newest, 7 * SEC, 100 * MS);
  for (guint i = 0; i < 100; i++)
    place (&stream, 7 * SEC + 100 * MS);
  play (&stream, 500);
  g_assert_cmpuint (stream.n_breaks, ==, 0);
  g_assert_cmpint (stream.worst_late_ns, ==, 0);
  stream_clear (&stream);
}

/* The very first frame was slow. */
static void
test_a_slow_first_frame_is_forgotten (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC + 60 * MS);
  play (&stream, 1);
  stream.shift_ns = 5 * SEC;
  play (&stream, 20);
  forget_worst (&stream);
  play (&stream, 500);
  g_assert_cmpint (stream.worst_late_ns, <=, 15 * MS);
  stream_clear (&stream);
}

/* The sender's time stood still for 5 s: half a second later all is right. */
static void
test_a_pause_is_a_step (void)
{
  Stream stream;
  gint64 step_ns = 0;
  guint64 hole_ns = 0;

  stream_init (&stream, 5 * SEC);
  play (&stream, 500);
  stream.shift_ns += 5 * SEC;
  for (guint i = 0; i < 25; i++) {
    play (&stream, 1);
    step_ns += stream.last.step_ns;
    hole_ns += stream.last.hole_ns;
  }
  g_assert_cmpint (ABS (step_ns - 5 * SEC), <=, MS);
  g_assert_cmpint (ABS ((gint64) hole_ns - 5 * SEC), <=, MS);
  forget_worst (&stream);
  play (&stream, 500);
  g_assert_cmpint (stream.worst_late_ns, <=, 15 * MS);
  g_assert_cmpint (stream.worst_early_ns, <=, 15 * MS);
  g_assert_cmpuint (stream.n_breaks, ==, 0);
  stream_clear (&stream);
}

/* Frames recorded before the pause keep their times, even if they come out when
 * the step is known. */
static void
test_a_step_begins_where_it_began (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  play (&stream, 500);
  for (guint64 i = 100; i < 130; i++) {
    RwFrame frame = {.index = 500 + i,
                     .running_time_ns = stream.running_ns + i * 20 * MS,
                     .duration = FRAME};

    rw_live_offset_observe (&stream.live, &frame,
                            frame.running_time_ns + 10 * SEC, 100 * MS);
  }
  forget_worst (&stream);
  for (guint i = 0; i < 100; i++)
    place (&stream, 20 * SEC);
  g_assert_cmpuint (stream.n_breaks, ==, 0);
  g_assert_cmpint (stream.worst_late_ns, ==, 0);
  place (&stream, 20 * SEC);
  g_assert_cmpint (stream.last.step_ns, ==, 5 * SEC);
  g_assert_cmpuint (stream.last.hole_ns, ==, 5 * SEC);
  stream_clear (&stream);
}

/* Frames that a full buffer on their way held up are no step. */
static void
test_a_burst_is_no_step (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  play (&stream, 500);
  forget_worst (&stream);
  for (guint i = 0; i < 100; i++) { /* all at once, two seconds late */
    stream.shift_ns = 5 * SEC + (100 - i) * 20 * MS;
    play (&stream, 1);
    g_assert_cmpint (stream.last.step_ns, ==, 0);
  }
  g_assert_cmpuint (stream.n_breaks, ==, 0);
  stream_clear (&stream);
}

/* Nor is what is late on a path that is known to be slow just now. */
static void
test_a_slow_path_is_no_step (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  play (&stream, 500);
  for (guint i = 0; i < 100; i++) {
    RwFrame frame = make_frame (&stream);

    rw_live_offset_observe (&stream.live, &frame,
                            stream.running_ns + 5 * SEC + 300 * MS, 500 * MS);
    place (&stream, 0);
    g_assert_cmpint (stream.last.step_ns, ==, 0);
  }
  stream_clear (&stream);
}

/* Nor is what comes later and later, as a queue fills of which the round trips
 * show the half. */
static void
test_a_filling_queue_is_no_step (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  play (&stream, 500);
  for (gint64 queue_ns = 0; queue_ns < 2 * SEC; queue_ns += 10 * MS) {
    RwFrame frame = make_frame (&stream);

    rw_live_offset_observe (&stream.live, &frame,
                            stream.running_ns + 5 * SEC + queue_ns,
                            100 * MS + queue_ns / 2);
    place (&stream, 0);
    g_assert_cmpint (stream.last.step_ns, ==, 0);
  }
  stream_clear (&stream);
}

/* Nor is a frame that others have overtaken, even if the next ones come after
 * an outage of which the sender's time knows nothing. */
static void
test_an_overtaken_frame_begins_no_step (void)
{
  Stream stream;
  RwFrame overtaken;

  stream_init (&stream, 5 * SEC);
  play (&stream, 500);
  overtaken = make_frame (&stream);
  overtaken.index -= 3;
  overtaken.running_time_ns -= 60 * MS;
  rw_live_offset_observe (&stream.live, &overtaken,
                          (guint64) get_true_time (&stream) + 200 * MS,
                          100 * MS);
  stream.shift_ns = 8 * SEC;
  stream.running_ns += 10 * SEC;
  play (&stream, 5);
  g_assert_cmpint (rw_live_offset_get (&stream.live, stream.index), ==,
                   5 * SEC);
  play (&stream, 40);
  g_assert_cmpint (rw_live_offset_get (&stream.live, stream.index), ==,
                   8 * SEC);
  stream_clear (&stream);
}

/* Another input with a time of its own: it comes next. */
static void
test_times_never_go_back (void)
{
  Stream stream;
  guint64 before;

  stream_init (&stream, 5 * SEC);
  play (&stream, 550);
  before = stream.last_end_ns;
  stream.running_ns = 0;
  stream.shift_ns += 11 * SEC;
  play (&stream, 1);
  g_assert_cmpuint (stream.last.time_ns, ==, before);
  g_assert_cmpint (stream.last.step_ns, ==, 11 * SEC);
  forget_worst (&stream);
  play (&stream, 500);
  g_assert_cmpuint (stream.n_breaks, ==, 0);
  g_assert_cmpint (stream.worst_late_ns, ==, 0);
  stream_clear (&stream);
}

static void
test_a_hole_is_as_long_as_it_was (void)
{
  static const gint64 holes_ns[] = {20 * MS, 400 * MS, 15 * SEC};

  for (guint i = 0; i < G_N_ELEMENTS (holes_ns); i++) {
    Stream stream;

    stream_init (&stream, 5 * SEC);
    play (&stream, 500);
    stream.running_ns += holes_ns[i];
    play (&stream, 1);
    g_assert_cmpuint (stream.last.hole_ns, ==, holes_ns[i]);
    g_assert_cmpint (stream.last.step_ns, ==, 0);
    play (&stream, 500);
    g_assert_cmpuint (stream.n_breaks, ==, 1);
    g_assert_cmpint (stream.worst_late_ns, ==, 0);
    stream_clear (&stream);
  }
}

/* Times that jump ahead while nothing was missed are no hole. */
static void
test_a_jump_ahead_is_no_hole (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  play (&stream, 500);
  stream.running_ns += 7 * SEC;
  stream.shift_ns -= 7 * SEC;
  play (&stream, 500);
  g_assert_cmpuint (stream.n_breaks, ==, 0);
  g_assert_cmpint (stream.worst_late_ns, ==, 0);
  stream_clear (&stream);
}

/* The receiver was paused: it stays behind, until there is a hole. */
static void
test_what_is_behind_catches_up_in_a_hole (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  play (&stream, 500);
  stream.shift_ns -= 3 * SEC;
  play (&stream, 500);
  g_assert_cmpuint (stream.n_breaks, ==, 0);
  g_assert_cmpint (stream.worst_late_ns, ==, 3 * SEC);
  stream.running_ns += 4 * SEC;
  forget_worst (&stream);
  play (&stream, 1);
  g_assert_cmpuint (stream.last.hole_ns, ==, 1 * SEC);
  g_assert_cmpint (stream.worst_late_ns, ==, 0);
  stream_clear (&stream);
}

/* A machine that did not keep up for a second looks like a step of the sender's
 * time. When it keeps up again, by and by, the next hole makes that good. */
static void
test_a_step_that_was_none_is_made_good_in_a_hole (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  play (&stream, 500);
  stream.shift_ns += 128 * MS;
  play (&stream, 50);
  for (guint i = 0; i < 16; i++) {
    stream.shift_ns -= 8 * MS;
    play (&stream, 1);
  }
  play (&stream, 500);
  stream.running_ns += 3 * SEC;
  play (&stream, 2);
  forget_worst (&stream);
  play (&stream, 100);
  g_assert_cmpint (stream.worst_late_ns, <=, 20 * MS);
  g_assert_cmpint (stream.worst_early_ns, <=, 20 * MS);
  stream_clear (&stream);
}

/* And without a hole it is made good slowly. */
static void
test_a_step_that_was_none_is_made_good_by_and_by (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  play (&stream, 500);
  stream.shift_ns += 250 * MS;
  play (&stream, 50);
  stream.shift_ns -= 250 * MS;
  play (&stream, 600 * 50);
  forget_worst (&stream);
  play (&stream, 100);
  g_assert_cmpint (stream.worst_late_ns, <=, 20 * MS);
  g_assert_cmpint (stream.worst_early_ns, <=, 20 * MS);
  stream_clear (&stream);
}

static void
test_a_new_stream_does_not_overlap (void)
{
  Stream stream;
  guint64 end_ns;

  stream_init (&stream, 5 * SEC);
  play (&stream, 100);
  end_ns = stream.last_end_ns;
  rw_timeline_restart (&stream.timeline);
  rw_live_offset_init (&stream.live);
  /* It begins at zero again, and came a second before the old one's end. */
  stream.running_ns = 0;
  stream.shift_ns = (gint64) end_ns - SEC;
  play (&stream, 1);
  g_assert_cmpuint (stream.last.time_ns, ==, end_ns);
  stream_clear (&stream);
}

static void
test_a_later_stream_keeps_the_pause (void)
{
  Stream stream;

  stream_init (&stream, 5 * SEC);
  play (&stream, 100);
  rw_timeline_restart (&stream.timeline);
  rw_live_offset_init (&stream.live);
  stream.shift_ns = (gint64) stream.last_end_ns + 3 * SEC - 7 * SEC;
  stream.running_ns = 7 * SEC;
  play (&stream, 1);
  g_assert_cmpuint (stream.last.hole_ns, ==, 3 * SEC);
  g_assert_cmpint (stream.last.step_ns, ==, 0);
  stream_clear (&stream);
}

static void
test_without_a_live_frame_now_is_the_anchor (void)
{
  Stream stream;

  stream_init (&stream, 0);
  stream.running_ns = 100 * SEC;
  place (&stream, 3 * SEC);
  g_assert_cmpuint (stream.last.time_ns, ==, 3 * SEC);
  place (&stream, 9 * SEC);
  g_assert_cmpuint (stream.last.time_ns, ==, 3 * SEC + 20 * MS);
  stream_clear (&stream);
}

static void
test_no_time_is_negative (void)
{
  Stream stream;
  RwFrame newest = {.index = 3000, .running_time_ns = 60 * SEC};

  stream_init (&stream, 0);
  rw_live_offset_observe (&stream.live, &newest, 2 * SEC, 100 * MS);
  place (&stream, 2 * SEC);
  g_assert_cmpuint (stream.last.time_ns, ==, 0);
  place (&stream, 2 * SEC);
  g_assert_cmpuint (stream.last.time_ns, ==, 20 * MS);
  stream_clear (&stream);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/timeline/" name, func)
  ADD ("contiguous", test_a_healthy_link_is_contiguous);
  ADD ("inexact-input", test_an_input_may_be_inexact);
  ADD ("drift", test_drift_is_followed_for_a_day);
  ADD ("repaired", test_repaired_frames_move_nothing);
  ADD ("backlog", test_a_backlog_anchors_nothing);
  ADD ("slow-first-frame", test_a_slow_first_frame_is_forgotten);
  ADD ("pause", test_a_pause_is_a_step);
  ADD ("step-begins", test_a_step_begins_where_it_began);
  ADD ("burst", test_a_burst_is_no_step);
  ADD ("slow-path", test_a_slow_path_is_no_step);
  ADD ("filling-queue", test_a_filling_queue_is_no_step);
  ADD ("overtaken", test_an_overtaken_frame_begins_no_step);
  ADD ("never-back", test_times_never_go_back);
  ADD ("hole", test_a_hole_is_as_long_as_it_was);
  ADD ("jump-ahead", test_a_jump_ahead_is_no_hole);
  ADD ("catch-up", test_what_is_behind_catches_up_in_a_hole);
  ADD ("no-step", test_a_step_that_was_none_is_made_good_in_a_hole);
  ADD ("no-step-no-hole", test_a_step_that_was_none_is_made_good_by_and_by);
  ADD ("new-stream", test_a_new_stream_does_not_overlap);
  ADD ("later-stream", test_a_later_stream_keeps_the_pause);
  ADD ("anchor", test_without_a_live_frame_now_is_the_anchor);
  ADD ("negative", test_no_time_is_negative);
  return g_test_run ();
}
