/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-side.h"

#include <gst/app/gstappsrc.h>

/* Each frame when it belongs: pauses, holes, times that go back, the pace of
 * the input, and ends. */

#define FRAME_NS (20 * (gint64) GST_MSECOND)

static guint
count_buffers (TestSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return side->buffers->len;
}

static TestSide *
sink_new (const char *input)
{
  TestSide *sink = test_side_new (
      "%s ! resilientwebrtcsink name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "stream-name=studio",
      input);

  test_side_play (sink);
  return sink;
}

#define LIVE_INPUT                                                             \
  "audiotestsrc is-live=true samplesperbuffer=960 ! "                          \
  "audio/x-raw,rate=48000,channels=1"

/* Between any two buffers whose times do not meet there is a GAP event of just
 * that length, and no time goes back. Returns the sum. */
static GstClockTime
sum_gaps (TestSide *src)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&src->lock);
  GstClockTime sum = 0, gaps = 0;

  for (guint i = 1; i < src->buffers->len; i++) {
    GstBuffer *before = g_ptr_array_index (src->buffers, i - 1);
    GstBuffer *after = g_ptr_array_index (src->buffers, i);
    GstClockTimeDiff hole =
        GST_CLOCK_DIFF (GST_BUFFER_PTS (before) + GST_BUFFER_DURATION (before),
                        GST_BUFFER_PTS (after));

    g_assert_cmpuint (GST_BUFFER_PTS (after), >, GST_BUFFER_PTS (before));
    if (hole > 0)
      sum += (GstClockTime) hole;
  }
  for (guint i = 0; i < src->gaps->len; i++)
    gaps += (&g_array_index (src->gaps, GstClockTime, 2 * i))[1];
  g_assert_cmpuint (gaps, ==, sum);
  return sum;
}

static void
wait_until_us (gint64 end_us)
{
  GMutex lock;
  GCond cond;

  g_mutex_init (&lock);
  g_cond_init (&cond);
  g_mutex_lock (&lock);
  while (g_cond_wait_until (&cond, &lock, end_us))
    ;
  g_mutex_unlock (&lock);
  g_cond_clear (&cond);
  g_mutex_clear (&lock);
}

/* The sender's pipeline was paused: what follows is as late as before. */
static void
test_pause_of_the_sender_is_a_hole (void)
{
  g_autoptr (TestSide) sink = sink_new (LIVE_INPUT);
  g_autoptr (TestSide) src =
      test_side_new_opus_src (sink, "start-position=live");
  const GstStructure *step;
  GstClockTimeDiff before, after;
  GstClockTime away;
  guint64 hole = 0;
  gint64 start_us;

  test_side_play (src);
  test_side_wait_buffers (src, 100);
  before = test_side_measure_early (src, 50);
  start_us = g_get_monotonic_time ();
  gst_element_set_state (sink->pipeline, GST_STATE_PAUSED);
  gst_element_get_state (sink->pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  wait_until_us (g_get_monotonic_time () + 2 * G_TIME_SPAN_SECOND);
  test_side_play (sink);
  step = test_side_wait_message (src, "resilient-webrtc-step", NULL, NULL);
  away = (GstClockTime) (g_get_monotonic_time () - start_us) * GST_USECOND;
  g_assert_true (gst_structure_get_uint64 (step, "hole", &hole));
  test_side_wait_buffers (src, count_buffers (src) + 100);
  after = test_side_measure_early (src, 50);
  g_test_message ("hole of %" G_GUINT64_FORMAT " ms, early by %" G_GINT64_FORMAT
                  " and %" G_GINT64_FORMAT " ms",
                  hole / GST_MSECOND, before / (gint64) GST_MSECOND,
                  after / (gint64) GST_MSECOND);
  g_assert_cmpuint (hole, >, 1500 * GST_MSECOND);
  g_assert_cmpuint (hole, <, away + GST_SECOND);
  g_assert_cmpint (ABS (after - before), <, 300 * GST_MSECOND);
  g_assert_cmpuint (sum_gaps (src), >, 1500 * GST_MSECOND);
  g_assert_cmpuint (test_side_count_messages (src, "resilient-webrtc-step"), ==,
                    1);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
}

/* A sink that waits for each frame's time holds up the source's thread: that
 * makes no frame too old, even where the pipeline adds latency of its own. */
static void
test_live_to_a_synchronized_sink_leaves_nothing_out (void)
{
  g_autoptr (TestSide) sink =
      sink_new (LIVE_INPUT " ! opusenc frame-size=10 ! audio/x-opus");
  g_autoptr (TestSide) src = test_side_new (
      "resilientwebrtcsrc name=it delivery=live latency=40 "
      "start-position=live producer-name=studio "
      "signaller-uri=ws://127.0.0.1:%u ! opusdec ! audioconvert ! "
      "audiobuffersplit output-buffer-duration=1/40 ! fakesink sync=true",
      test_side_get_port (sink));
  guint begun;

  test_side_play (src);
  test_side_wait_buffers (src, 200);
  begun = test_side_count_messages (src, "resilient-webrtc-gap");
  test_side_wait_buffers (src, 600);
  g_assert_cmpuint (test_side_count_messages (src, "resilient-webrtc-gap"), <=,
                    begun + 30);
}

/* A sink renders a frame only when the latency of its pipeline is over, of
 * which the source is told before the first caps: until then the frame is not
 * old. */
static void
test_live_waits_for_the_latency_of_the_pipeline (void)
{
  g_autoptr (TestSide) sink = sink_new (LIVE_INPUT);
  g_autoptr (TestSide) src =
      test_side_new ("resilientwebrtcsrc name=it delivery=live latency=40 "
                     "start-position=live producer-name=studio "
                     "signaller-uri=ws://127.0.0.1:%u ! audio/x-opus ! "
                     "fakesink sync=true async=false",
                     test_side_get_port (sink));
  guint begun;

  gst_pipeline_set_latency (GST_PIPELINE (src->pipeline), GST_SECOND);
  test_side_play (src);
  test_side_wait_buffers (src, 100);
  begun = test_side_count_messages (src, "resilient-webrtc-gap");
  test_side_wait_buffers (src, 200);
  /* A busy machine makes a frame late now and then. */
  g_assert_cmpuint (test_side_count_messages (src, "resilient-webrtc-gap"), <=,
                    begun + 10);
}

static void
push_at (TestSide *sink, guint64 number, GstClockTime pts)
{
  GstBuffer *buffer = test_side_make_packet (number);

  GST_BUFFER_PTS (buffer) = pts;
  g_assert_cmpint (gst_app_src_push_buffer (GST_APP_SRC (sink->feed), buffer),
                   ==, GST_FLOW_OK);
}

/* Frames at the pace of the clock, timed from @pts on. */
static void
push_live (TestSide *sink, guint64 first, guint n, GstClockTime pts)
{
  gint64 start_us = g_get_monotonic_time ();

  for (guint i = 0; i < n; i++) {
    push_at (sink, first + i, pts + i * FRAME_NS);
    wait_until_us (start_us + (i + 1) * FRAME_NS / 1000);
  }
}

/* A muted input: the hole has its length, to the nanosecond. */
static void
test_hole_in_the_input_has_a_gap_event (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  push_live (sink, 0, 25, 0);
  wait_until_us (g_get_monotonic_time () + 700 * 1000);
  push_live (sink, 25, 25, 25 * FRAME_NS + 700 * GST_MSECOND);
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_assert_numbers (src, 0, 50);
  g_assert_cmpuint (sum_gaps (src), ==, 700 * GST_MSECOND);
  g_assert_cmpuint (src->gaps->len, ==, 1);
}

/* An input whose times go back without a flush: the audio goes on. */
static void
test_times_that_go_back_go_on (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;
  GstClockTime behind;
  gint64 start_us;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  start_us = g_get_monotonic_time ();
  push_live (sink, 0, 50, 0);
  push_live (sink, 50, 50, 0);
  behind = (GstClockTime) (g_get_monotonic_time () - start_us) * GST_USECOND -
           100 * FRAME_NS;
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_assert_numbers (src, 0, 100);
  /* This thread may have been held up between two frames. */
  g_assert_cmpuint (sum_gaps (src), <, behind + 300 * GST_MSECOND);
}

/* Off by up to 5 ms, as what comes out of a converter: contiguous. */
static void
test_inexact_input_comes_out_contiguous (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  for (guint64 i = 0; i < 100; i++)
    push_at (sink, i,
             GST_SECOND + i * FRAME_NS + (i * 7919 % 10) * GST_MSECOND);
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_assert_numbers (src, 0, 100);
  g_assert_cmpuint (sum_gaps (src), ==, 0);
}

/* Raw audio is as long as the time it covers: a WAV of it would be. */
static void
test_raw_audio_is_as_long_as_its_time (void)
{
  g_autoptr (TestSide) sink = sink_new (LIVE_INPUT " ! valve name=valve");
  g_autoptr (GstElement) valve =
      gst_bin_get_by_name (GST_BIN (sink->pipeline), "valve");
  g_autoptr (TestSide) src = NULL;
  GstClockTime first, end, sum = 0;

  src = test_side_new (
      "resilientwebrtcsrc name=it producer-name=studio "
      "start-position=oldest "
      "signaller-uri=ws://127.0.0.1:%u ! "
      "audio/x-raw,rate=48000,channels=1 ! fakesink name=out sync=false "
      "async=false",
      test_side_get_port (sink));
  test_side_play (src);
  test_side_wait_buffers (src, 25);
  g_object_set (valve, "drop", TRUE, NULL);
  wait_until_us (g_get_monotonic_time () + 2 * G_TIME_SPAN_SECOND);
  g_object_set (valve, "drop", FALSE, NULL);
  test_side_wait_buffers (src, count_buffers (src) + 25);
  test_side_end (sink);
  test_side_wait_eos (src);
  first = GST_BUFFER_PTS (g_ptr_array_index (src->buffers, 0));
  end = first;
  for (guint i = 0; i < src->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (src->buffers, i);

    sum += gst_buffer_get_size (buffer) * GST_SECOND / (48000 * 2);
    end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  }
  g_test_message ("%" G_GUINT64_FORMAT " ms of audio in %" G_GUINT64_FORMAT
                  " ms",
                  sum / GST_MSECOND, (end - first) / GST_MSECOND);
  g_assert_cmpuint (end - first, >, 2900 * GST_MSECOND);
  g_assert_cmpint (ABS (GST_CLOCK_DIFF (sum, end - first)), <,
                   20 * GST_MSECOND);
}

/* Paused and continued: behind, until it is told to jump. */
static void
test_jump_to_live_after_a_pause (void)
{
  g_autoptr (TestSide) sink = sink_new (LIVE_INPUT);
  g_autoptr (TestSide) src =
      test_side_new_opus_src (sink, "start-position=live");
  guint64 frames;

  test_side_play (src);
  test_side_wait_buffers (src, 50);
  frames = test_side_get_stat (src, "frames");
  gst_element_set_state (src->pipeline, GST_STATE_PAUSED);
  test_side_wait_stat_at_least (src, "frames", frames + 100);
  test_side_play (src);
  test_side_wait_buffers (src, count_buffers (src) + 120);
  g_assert_cmpint (test_side_measure_early (src, 50), >, 1 * GST_SECOND);
  g_signal_emit_by_name (src->element, "jump-to-live");
  test_side_wait_message (src, "resilient-webrtc-gap", NULL, NULL);
  test_side_wait_buffers (src, count_buffers (src) + 100);
  g_assert_cmpint (ABS (test_side_measure_early (src, 50)), <,
                   500 * GST_MSECOND);
}

static void
test_resume_at_live (void)
{
  g_autoptr (TestSide) sink = sink_new (LIVE_INPUT);
  g_autoptr (TestSide) src =
      test_side_new_opus_src (sink, "start-position=live resume-at-live=true");
  guint64 frames;

  test_side_play (src);
  test_side_wait_buffers (src, 50);
  frames = test_side_get_stat (src, "frames");
  gst_element_set_state (src->pipeline, GST_STATE_PAUSED);
  test_side_wait_stat_at_least (src, "frames", frames + 100);
  test_side_play (src);
  test_side_wait_message (src, "resilient-webrtc-gap", NULL, NULL);
  test_side_wait_buffers (src, count_buffers (src) + 50);
  g_assert_cmpint (ABS (test_side_measure_early (src, 50)), <,
                   500 * GST_MSECOND);
}

/* Of the pipeline's clock, on which all receivers agree. */
static GstClockTime
get_clock_time (TestSide *src, guint64 offset)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&src->lock);

  for (guint i = 0; i < src->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (src->buffers, i);
    GstReferenceTimestampMeta *meta =
        gst_buffer_get_reference_timestamp_meta (buffer, NULL);

    if (meta && meta->timestamp == offset)
      return gst_element_get_base_time (src->pipeline) +
             GST_BUFFER_PTS (buffer);
  }
  return GST_CLOCK_TIME_NONE;
}

/* Two receivers that began at different times. */
static void
test_receivers_agree_by_capture_time (void)
{
  g_autoptr (TestSide) sink = sink_new (LIVE_INPUT);
  g_autoptr (TestSide) one =
      test_side_new_opus_src (sink, "start-position=live timestamps=capture");
  g_autoptr (TestSide) two =
      test_side_new_opus_src (sink, "start-position=live timestamps=capture");
  GstClockTimeDiff worst = 0;
  guint n = 0;

  test_side_play (one);
  test_side_wait_buffers (one, 50);
  test_side_play (two);
  test_side_wait_buffers (two, 100);
  test_side_wait_buffers (one, count_buffers (one) + 20);
  for (guint i = 0; i < 100; i++) {
    GstBuffer *buffer = g_ptr_array_index (two->buffers, i);
    GstClockTime theirs, ours;
    guint64 capture =
        gst_buffer_get_reference_timestamp_meta (buffer, NULL)->timestamp;

    ours = get_clock_time (two, capture);
    theirs = get_clock_time (one, capture);
    if (!GST_CLOCK_TIME_IS_VALID (theirs))
      continue;
    n++;
    worst = MAX (worst, ABS (GST_CLOCK_DIFF (ours, theirs)));
  }
  g_test_message ("%u frames, worst difference %" G_GINT64_FORMAT " us", n,
                  worst / (gint64) GST_USECOND);
  g_assert_cmpuint (n, >, 50);
  g_assert_cmpint (worst, <, GST_MSECOND);
}

/* A file, as one would write it: it takes as long as it lasts. */
static void
test_input_that_is_not_live_is_paced (void)
{
  g_autoptr (TestSide) sink =
      sink_new ("audiotestsrc num-buffers=100 samplesperbuffer=960 ! "
                "audio/x-raw,rate=48000,channels=1");
  gint64 start_us = g_get_monotonic_time ();

  test_side_wait_eos_message (sink);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >, 1500 * 1000);
  test_side_assert_quiet (sink);
}

static void
test_pacing_can_be_turned_off (void)
{
  g_autoptr (TestSide) sink = test_side_new (
      "audiotestsrc num-buffers=3000 samplesperbuffer=960 ! "
      "audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
      "sync=false run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0");
  gint64 start_us = g_get_monotonic_time ();

  test_side_play (sink);
  test_side_wait_eos_message (sink);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <,
                   50 * G_TIME_SPAN_SECOND);
}

/* A program that stops before it has had a frame. */
static void
test_eos_before_the_first_frame (void)
{
  static const char *const tails[] = {"audio/x-opus ! fakesink name=out",
                                      "audioconvert ! fakesink name=out"};

  for (guint i = 0; i < G_N_ELEMENTS (tails); i++) {
    g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
    g_autoptr (TestSide) src = NULL;
    gint64 start_us;

    test_side_play (sink);
    src = test_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                         "signaller-uri=ws://127.0.0.1:%u ! %s",
                         test_side_get_port (sink), tails[i]);
    test_side_play (src);
    start_us = g_get_monotonic_time ();
    gst_element_send_event (src->pipeline, gst_event_new_eos ());
    test_side_wait_eos_message (src);
    g_assert_cmpint (g_get_monotonic_time () - start_us, <,
                     10 * G_TIME_SPAN_SECOND);
    g_assert_cmpuint (test_side_count_errors (src), ==, 0);
  }
}

/* A producer that ends without a frame. */
static void
test_producer_that_ends_without_a_frame (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_state (sink, "connected");
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_wait_eos_message (src);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
#define ADD(name, func) g_test_add_func ("/gst/time/" name, func)
  ADD ("pause-of-the-sender", test_pause_of_the_sender_is_a_hole);
  ADD ("hole", test_hole_in_the_input_has_a_gap_event);
  ADD ("back", test_times_that_go_back_go_on);
  ADD ("inexact", test_inexact_input_comes_out_contiguous);
  ADD ("raw", test_raw_audio_is_as_long_as_its_time);
  ADD ("jump-to-live", test_jump_to_live_after_a_pause);
  ADD ("resume-at-live", test_resume_at_live);
  ADD ("capture", test_receivers_agree_by_capture_time);
  ADD ("paced", test_input_that_is_not_live_is_paced);
  ADD ("not-paced", test_pacing_can_be_turned_off);
  ADD ("live-synchronized",
       test_live_to_a_synchronized_sink_leaves_nothing_out);
  ADD ("live-pipeline-latency",
       test_live_waits_for_the_latency_of_the_pipeline);
  ADD ("eos-before-a-frame", test_eos_before_the_first_frame);
  ADD ("end-without-a-frame", test_producer_that_ends_without_a_frame);
  return test_process_run_tests ();
}
