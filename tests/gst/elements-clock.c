/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-element-side.h"

#include <time.h>

#include "rw-process.h"

/* Times after the pipelines' clocks were stopped, moved or taken away. */

/* The wall clock of this program, in place of GLib's. */
static gint jump_s;

gint64
g_get_real_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  return (now.tv_sec + g_atomic_int_get (&jump_s)) * G_USEC_PER_SEC +
         now.tv_nsec / 1000;
}

static RwSide *
live_sink_new (void)
{
  RwSide *sink = rw_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
      "run-signalling-server=true signalling-server-host=127.0.0.1 "
      "signalling-server-port=0 stream-name=studio");

  rw_side_play (sink);
  return sink;
}

static guint
count_buffers (RwSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return side->buffers->len;
}

/* How far the newest buffer is ahead of the pipeline's running time. */
static GstClockTimeDiff
measure_early (RwSide *src)
{
  g_autoptr (GstClock) clock =
      gst_pipeline_get_clock (GST_PIPELINE (src->pipeline));
  GstClockTime now =
      gst_clock_get_time (clock) - gst_element_get_base_time (src->pipeline);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&src->lock);
  GstBuffer *last = g_ptr_array_index (src->buffers, src->buffers->len - 1);

  g_test_message ("early by %" G_GINT64_FORMAT " ms",
                  GST_CLOCK_DIFF (now, GST_BUFFER_PTS (last)) /
                      (GstClockTimeDiff) GST_MSECOND);
  return GST_CLOCK_DIFF (now, GST_BUFFER_PTS (last));
}

/* So long that @n more frames come in. */
static void
pause_for (RwSide *src, guint n)
{
  guint64 frames = rw_side_get_stat (src, "frames");

  measure_early (src);
  gst_element_set_state (src->pipeline, GST_STATE_PAUSED);
  rw_side_wait_stat_at_least (src, "frames", frames + n);
  rw_side_play (src);
}

/* Every frame is played, so what is played stays behind by the pause. */
static void
test_complete_is_late_by_the_pause (void)
{
  g_autoptr (RwSide) sink = live_sink_new ();
  g_autoptr (RwSide) src = rw_side_new_opus_src (sink, "");

  rw_side_play (src);
  rw_side_wait_buffers (src, 10);
  pause_for (src, 75);
  rw_side_wait_buffers (src, count_buffers (src) + 150);
  g_assert_cmpint (measure_early (src), >, 1 * GST_SECOND);
  g_assert_cmpuint (rw_side_get_stat (src, "lost"), ==, 0);
}

/* Live is live: what came in meanwhile is let go of, and told. */
static void
test_live_is_live_after_a_pause (void)
{
  g_autoptr (RwSide) sink = live_sink_new ();
  g_autoptr (RwSide) src = rw_side_new_opus_src (sink, "delivery=live");
  GstClockTimeDiff early;

  rw_side_play (src);
  rw_side_wait_buffers (src, 10);
  pause_for (src, 75);
  rw_side_wait_buffers (src, count_buffers (src) + 50);
  early = measure_early (src);
  g_assert_cmpint (ABS (early), <, 800 * GST_MSECOND);
  rw_side_wait_message (src, "resilient-webrtc-gap", NULL, NULL);
  g_assert_cmpuint (rw_side_get_stat (src, "lost"), >=, 50);
  /* The pause is no gap in the time of what is played; on a loaded machine a
   * late frame may be one. */
  for (guint i = 0; i < src->gaps->len; i++)
    g_assert_cmpuint ((&g_array_index (src->gaps, GstClockTime, 2 * i))[1], <,
                      1 * GST_SECOND);
  g_assert_cmpuint (src->segments->len, ==, 1);
}

/* A sender that paused goes on with the stream, and its times with it. */
static void
test_sink_goes_on_after_a_pause (void)
{
  g_autoptr (RwSide) sink = live_sink_new ();
  g_autoptr (RwSide) src = rw_side_new_opus_src (sink, "");
  GstClockTimeDiff early;
  guint n;

  rw_side_play (src);
  rw_side_wait_buffers (src, 20);
  measure_early (src);
  gst_element_set_state (sink->pipeline, GST_STATE_PAUSED);
  gst_element_get_state (sink->pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  rw_side_play (sink);
  n = count_buffers (src);
  measure_early (sink);
  rw_side_wait_buffers (src, n + 50);
  early = measure_early (src);
  g_assert_cmpint (ABS (early), <, 2 * GST_SECOND);
  g_assert_cmpuint (rw_side_get_stat (src, "lost"), ==, 0);
  g_assert_cmpuint (rw_side_count_messages (src, "resilient-webrtc-stream"), ==,
                    1);
}

/* The application may set another clock in PLAYING; the old one goes on being
 * asked by nobody. */
static void
test_clock_may_change_while_playing (void)
{
  g_autoptr (RwSide) sink = live_sink_new ();
  g_autoptr (RwSide) src = rw_side_new_opus_src (sink, "");
  g_autoptr (GstClock) clock = g_object_new (
      GST_TYPE_SYSTEM_CLOCK, "clock-type", GST_CLOCK_TYPE_REALTIME, NULL);
  GstClockTime first;

  rw_side_play (src);
  rw_side_wait_buffers (src, 20);
  for (guint i = 0; i < 2; i++) {
    RwSide *side = i == 0 ? src : sink;
    GstClockTime running = gst_element_get_current_running_time (side->element);

    gst_element_set_clock (side->pipeline, clock);
    gst_element_set_base_time (side->pipeline,
                               gst_clock_get_time (clock) - running);
    rw_side_wait_buffers (src, count_buffers (src) + 50);
  }
  g_mutex_lock (&src->lock);
  first = GST_BUFFER_PTS (g_ptr_array_index (src->buffers, 0));
  for (guint i = 1; i < src->buffers->len; i++) {
    GstClockTime pts = GST_BUFFER_PTS (g_ptr_array_index (src->buffers, i));

    g_assert_cmpint (ABS (GST_CLOCK_DIFF (first + i * 20 * GST_MSECOND, pts)),
                     <, 500 * GST_MSECOND);
  }
  g_mutex_unlock (&src->lock);
  rw_side_assert_quiet (src);
  g_assert_cmpuint (rw_side_get_stat (src, "lost"), ==, 0);
}

static gint64
get_capture_time (RwSide *src, guint i)
{
  GstReferenceTimestampMeta *meta = gst_buffer_get_reference_timestamp_meta (
      g_ptr_array_index (src->buffers, i), NULL);

  g_assert_nonnull (meta);
  return meta->timestamp / GST_SECOND;
}

/* Somebody sets the date: only the date of the audio changes. */
static void
test_date_may_jump (void)
{
  static const gint jumps_s[] = {3600, -86400, 0};
  g_autoptr (RwSide) sink = live_sink_new ();
  g_autoptr (RwSide) src = rw_side_new_opus_src (sink, "");
  guint marks[G_N_ELEMENTS (jumps_s)];

  rw_side_play (src);
  rw_side_wait_buffers (src, 20);
  for (guint i = 0; i < G_N_ELEMENTS (jumps_s); i++) {
    g_atomic_int_set (&jump_s, jumps_s[i]);
    rw_side_wait_buffers (src, count_buffers (src) + 50);
    marks[i] = count_buffers (src) - 1;
  }
  g_mutex_lock (&src->lock);
  for (guint i = 20; i < src->buffers->len; i++) {
    GstBuffer *before = g_ptr_array_index (src->buffers, i - 1);
    GstBuffer *after = g_ptr_array_index (src->buffers, i);

    g_assert_cmpint (
        ABS (GST_CLOCK_DIFF (GST_BUFFER_PTS (before), GST_BUFFER_PTS (after)) -
             20 * (gint64) GST_MSECOND),
        <, GST_MSECOND);
  }
  g_assert_cmpint (get_capture_time (src, marks[0]) -
                       get_capture_time (src, marks[1]),
                   >, 3600 + 86400 - 10);
  g_assert_cmpint (get_capture_time (src, marks[2]) -
                       get_capture_time (src, marks[1]),
                   >, 86400 - 10);
  g_mutex_unlock (&src->lock);
  g_assert_cmpuint (rw_side_get_stat (src, "lost"), ==, 0);
  rw_side_assert_quiet (src);
  rw_side_assert_quiet (sink);
}

/* A program's mistake: nothing hangs, and nothing is left behind. */
static void
test_unref_without_null_is_survived (void)
{
  static const char *const factories[] = {"resilientwebrtcsink",
                                          "resilientwebrtcsrc"};
  static const GstState states[] = {GST_STATE_READY, GST_STATE_PAUSED};

  for (guint i = 0; i < 4; i++) {
    GstElement *element =
        gst_element_factory_make (factories[i % 2], "forgotten");
    gpointer weak = element;

    gst_object_ref_sink (element);
    g_object_add_weak_pointer (G_OBJECT (element), &weak);
    g_object_set (element, "run-signalling-server", TRUE,
                  "signalling-server-port", 0, "signalling-server-host",
                  "127.0.0.1", NULL);
    gst_element_set_state (element, states[i / 2]);
    gst_object_unref (element);
    while (g_atomic_pointer_get (&weak)) /* the last announcement is made */
      g_thread_yield ();
  }
}

int
main (int argc, char **argv)
{
  rw_side_init (&argc, &argv);
  g_test_add_func ("/gst/clock/complete-is-late-by-the-pause",
                   test_complete_is_late_by_the_pause);
  g_test_add_func ("/gst/clock/live-is-live-after-a-pause",
                   test_live_is_live_after_a_pause);
  g_test_add_func ("/gst/clock/sink-goes-on-after-a-pause",
                   test_sink_goes_on_after_a_pause);
  g_test_add_func ("/gst/clock/may-change-while-playing",
                   test_clock_may_change_while_playing);
  g_test_add_func ("/gst/clock/date-may-jump", test_date_may_jump);
  g_test_add_func ("/gst/clock/unref-without-null",
                   test_unref_without_null_is_survived);
  return rw_process_run_tests ();
}
