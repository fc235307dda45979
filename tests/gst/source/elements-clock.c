/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-side.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "rw-outage-simulation.h"
#include "test-process.h"

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

/* How long the host of this program has slept, in place of the kernel's word:
 * the monotonic clock stands still in a sleep, that since boot does not. */
static gint slept_s;

int
clock_gettime (clockid_t id, struct timespec *time)
{
  int ret = (int) syscall (SYS_clock_gettime, id, time);

  if (id == CLOCK_BOOTTIME)
    time->tv_sec += g_atomic_int_get (&slept_s);
  return ret;
}

static TestSide *
live_sink_new (void)
{
  TestSide *sink = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
      "run-signalling-server=true signalling-server-host=127.0.0.1 "
      "signalling-server-port=0 stream-name=studio");

  test_side_play (sink);
  return sink;
}

static guint
count_buffers (TestSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return side->buffers->len;
}

/* So long that @n more frames come in. */
static void
pause_for (TestSide *src, guint n)
{
  guint64 frames = test_side_get_stat (src, "frames");

  gst_element_set_state (src->pipeline, GST_STATE_PAUSED);
  test_side_wait_stat_at_least (src, "frames", frames + n);
  test_side_play (src);
}

/* Every frame is played, so what is played stays behind by the pause. */
static void
test_complete_is_late_by_the_pause (void)
{
  g_autoptr (TestSide) sink = live_sink_new ();
  g_autoptr (TestSide) src =
      test_side_new_opus_src (sink, "start-position=live");

  test_side_play (src);
  test_side_wait_buffers (src, 10);
  pause_for (src, 75);
  test_side_wait_buffers (src, count_buffers (src) + 150);
  g_assert_cmpint (test_side_measure_early (src, 50), >, 1 * GST_SECOND);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
}

/* Live is live: what came in meanwhile is let go of, and told. */
static void
test_live_is_live_after_a_pause (void)
{
  g_autoptr (TestSide) sink = live_sink_new ();
  g_autoptr (TestSide) src =
      test_side_new_opus_src (sink, "start-position=live delivery=live");
  GstClockTimeDiff early;

  test_side_play (src);
  test_side_wait_buffers (src, 10);
  pause_for (src, 75);
  test_side_wait_buffers (src, count_buffers (src) + 50);
  early = test_side_measure_early (src, 25);
  g_assert_cmpint (ABS (early), <, 800 * GST_MSECOND);
  test_side_wait_message (src, "resilient-webrtc-gap", NULL, NULL);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), >=, 50);
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
  g_autoptr (TestSide) sink = live_sink_new ();
  g_autoptr (TestSide) src =
      test_side_new_opus_src (sink, "start-position=live");
  GstClockTimeDiff early;
  guint n;

  test_side_play (src);
  test_side_wait_buffers (src, 20);
  gst_element_set_state (sink->pipeline, GST_STATE_PAUSED);
  gst_element_get_state (sink->pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
  test_side_play (sink);
  n = count_buffers (src);
  test_side_wait_buffers (src, n + 50);
  early = test_side_measure_early (src, 25);
  g_assert_cmpint (ABS (early), <, 2 * GST_SECOND);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
  g_assert_cmpuint (test_side_count_messages (src, "resilient-webrtc-stream"),
                    ==, 1);
}

/* The application may set another clock in PLAYING; the old one goes on being
 * asked by nobody. */
static void
test_clock_may_change_while_playing (void)
{
  g_autoptr (TestSide) sink = live_sink_new ();
  g_autoptr (TestSide) src =
      test_side_new_opus_src (sink, "start-position=live");
  g_autoptr (GstClock) clock = g_object_new (
      GST_TYPE_SYSTEM_CLOCK, "clock-type", GST_CLOCK_TYPE_REALTIME, NULL);
  GstClockTime first;

  test_side_play (src);
  test_side_wait_buffers (src, 20);
  for (guint i = 0; i < 2; i++) {
    TestSide *side = i == 0 ? src : sink;
    GstClockTime running = gst_element_get_current_running_time (side->element);

    gst_element_set_clock (side->pipeline, clock);
    gst_element_set_base_time (side->pipeline,
                               gst_clock_get_time (clock) - running);
    test_side_wait_buffers (src, count_buffers (src) + 50);
  }
  g_mutex_lock (&src->lock);
  first = GST_BUFFER_PTS (g_ptr_array_index (src->buffers, 0));
  for (guint i = 1; i < src->buffers->len; i++) {
    GstClockTime pts = GST_BUFFER_PTS (g_ptr_array_index (src->buffers, i));

    g_assert_cmpint (ABS (GST_CLOCK_DIFF (first + i * 20 * GST_MSECOND, pts)),
                     <, GST_SECOND);
  }
  g_mutex_unlock (&src->lock);
  test_side_assert_quiet (src);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
}

static gint64
get_capture_ns (TestSide *src, guint i)
{
  GstReferenceTimestampMeta *meta = gst_buffer_get_reference_timestamp_meta (
      g_ptr_array_index (src->buffers, i), NULL);

  g_assert_nonnull (meta);
  return (gint64) meta->timestamp;
}

/* By how much the capture times move against the times of the audio, s: the
 * sum, and how often. */
static guint
count_jumps (TestSide *src, gint64 *sum_s)
{
  guint n = 0;

  *sum_s = 0;
  for (guint i = 1; i < src->buffers->len; i++) {
    gint64 moved_ns =
        get_capture_ns (src, i) - get_capture_ns (src, i - 1) -
        GST_CLOCK_DIFF (
            GST_BUFFER_PTS (g_ptr_array_index (src->buffers, i - 1)),
            GST_BUFFER_PTS (g_ptr_array_index (src->buffers, i)));

    if (ABS (moved_ns) < GST_SECOND)
      continue;
    n++;
    *sum_s += (moved_ns + (moved_ns > 0 ? 1 : -1) * (gint64) GST_SECOND / 2) /
              (gint64) GST_SECOND;
  }
  return n;
}

/* Somebody sets the date, by an hour, a day, ten years: only the date of the
 * audio changes, once for each time. */
static void
test_date_may_jump (void)
{
  static const gint jumps_s[] = {3600, -86400, 315360000, 0};
  g_autoptr (TestSide) sink = live_sink_new ();
  g_autoptr (TestSide) src =
      test_side_new_opus_src (sink, "start-position=live");
  gint64 sum_s;

  test_side_play (src);
  test_side_wait_buffers (src, 20);
  for (guint i = 0; i < G_N_ELEMENTS (jumps_s); i++) {
    g_atomic_int_set (&jump_s, jumps_s[i]);
    test_side_wait_buffers (src, count_buffers (src) + 50);
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
  g_assert_cmpuint (count_jumps (src, &sum_s), ==, G_N_ELEMENTS (jumps_s));
  g_assert_cmpint (sum_s, ==, 0);
  g_mutex_unlock (&src->lock);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
  test_side_assert_quiet (src);
  test_side_assert_quiet (sink);
}

/* ---- A sleep of the host ---- */

/* Both ends slept, as on one host: nothing was missed. */
static void
test_sleep_of_both_changes_nothing (void)
{
  g_autoptr (TestSide) sink = live_sink_new ();
  g_autoptr (TestSide) src =
      test_side_new_opus_src (sink, "start-position=live");

  test_side_play (src);
  test_side_wait_buffers (src, 50);
  g_atomic_int_add (&slept_s, 3600);
  test_side_wait_buffers (src, count_buffers (src) + 100);
  g_mutex_lock (&src->lock);
  for (guint i = 21; i < src->buffers->len; i++)
    g_assert_cmpint (
        ABS (GST_CLOCK_DIFF (
                 GST_BUFFER_PTS (g_ptr_array_index (src->buffers, i - 1)),
                 GST_BUFFER_PTS (g_ptr_array_index (src->buffers, i))) -
             20 * (gint64) GST_MSECOND),
        <, 20 * (gint64) GST_MSECOND);
  g_mutex_unlock (&src->lock);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
  test_side_assert_quiet (src);
}

/* A pipeline clock that stands still while its host sleeps. */
typedef struct {
  GstSystemClock parent_instance;
} SleepyClock;
typedef struct {
  GstSystemClockClass parent_class;
} SleepyClockClass;

static GType sleepy_clock_get_type (void);
G_DEFINE_TYPE (SleepyClock, sleepy_clock, GST_TYPE_SYSTEM_CLOCK)

static GMutex sleepy_lock;
static GstClockTime sleepy_frozen_ns; /* 0: it goes on */
static GstClockTime sleepy_slept_ns;

static GstClockTime
sleepy_clock_get_time (GstClock *clock)
{
  GstClockTime now_ns =
      GST_CLOCK_CLASS (sleepy_clock_parent_class)->get_internal_time (clock);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&sleepy_lock);

  return (sleepy_frozen_ns ? sleepy_frozen_ns : now_ns) - sleepy_slept_ns;
}

static void
sleepy_clock_class_init (SleepyClockClass *klass)
{
  GST_CLOCK_CLASS (klass)->get_internal_time = sleepy_clock_get_time;
}

static void
sleepy_clock_init (SleepyClock *self)
{
}

static void
fall_asleep (void)
{
  g_mutex_lock (&sleepy_lock);
  sleepy_frozen_ns = gst_util_get_timestamp ();
  g_mutex_unlock (&sleepy_lock);
}

static void
wake_up (void)
{
  GstClockTime slept_ns;

  g_mutex_lock (&sleepy_lock);
  slept_ns = gst_util_get_timestamp () - sleepy_frozen_ns;
  sleepy_slept_ns += slept_ns;
  sleepy_frozen_ns = 0;
  g_mutex_unlock (&sleepy_lock);
  g_atomic_int_add (&slept_s,
                    (gint) ((slept_ns + GST_SECOND / 2) / GST_SECOND));
}

/* The host of @src sleeps for four seconds, in which the sender goes on. Its
 * network is gone, and its clocks stand still, but for that since boot. */
static void
sleep_four_seconds (TestSide *src, TestSide *sink)
{
  guint64 recorded = test_side_get_stat (sink, "frames");

  fall_asleep ();
  g_signal_emit_by_name (src->element, "simulate-outage", RW_OUTAGE_MEDIA,
                         4000);
  test_side_wait_stat_at_least (sink, "frames", recorded + 200);
  wake_up ();
}

static TestSide *
sleepy_src_new (TestSide *sink, const char *properties)
{
  g_autoptr (GstClock) clock =
      g_object_new (sleepy_clock_get_type (), "name", "sleepy", NULL);
  TestSide *src = test_side_new_opus_src (sink, properties);

  gst_object_ref_sink (clock);
  gst_pipeline_use_clock (GST_PIPELINE (src->pipeline), clock);
  test_side_play (src);
  test_side_wait_buffers (src, 50);
  return src;
}

/* Live audio is as young as before. */
static void
test_live_is_on_time_after_a_sleep (void)
{
  g_autoptr (TestSide) sink = live_sink_new ();
  g_autoptr (TestSide) src =
      sleepy_src_new (sink, "start-position=live delivery=live");

  sleep_four_seconds (src, sink);
  test_side_wait_message (src, "resilient-webrtc-gap", NULL, NULL);
  test_side_wait_buffers (src, count_buffers (src) + 150);
  g_assert_cmpint (ABS (test_side_measure_early (src, 20)), <,
                   500 * GST_MSECOND);
}

/* What the journal has comes out, so that it is behind by the sleep, and stays
 * so until the application jumps or the input has a hole. */
static void
test_complete_is_complete_after_a_sleep (void)
{
  g_autoptr (TestSide) sink = live_sink_new ();
  g_autoptr (TestSide) src = sleepy_src_new (sink, "start-position=live");

  sleep_four_seconds (src, sink);
  test_side_wait_buffers (src, count_buffers (src) + 300);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
  g_assert_cmpint (test_side_measure_early (src, 20), >, 2 * GST_SECOND);
  g_signal_emit_by_name (src->element, "jump-to-live");
  test_side_wait_message (src, "resilient-webrtc-gap", NULL, NULL);
  test_side_wait_buffers (src, count_buffers (src) + 50);
  g_assert_cmpint (ABS (test_side_measure_early (src, 20)), <,
                   500 * GST_MSECOND);
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
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/clock/complete-is-late-by-the-pause",
                   test_complete_is_late_by_the_pause);
  g_test_add_func ("/gst/clock/live-is-live-after-a-pause",
                   test_live_is_live_after_a_pause);
  g_test_add_func ("/gst/clock/sink-goes-on-after-a-pause",
                   test_sink_goes_on_after_a_pause);
  g_test_add_func ("/gst/clock/may-change-while-playing",
                   test_clock_may_change_while_playing);
  g_test_add_func ("/gst/clock/date-may-jump", test_date_may_jump);
  g_test_add_func ("/gst/clock/sleep-of-both",
                   test_sleep_of_both_changes_nothing);
  g_test_add_func ("/gst/clock/live-after-a-sleep",
                   test_live_is_on_time_after_a_sleep);
  g_test_add_func ("/gst/clock/complete-after-a-sleep",
                   test_complete_is_complete_after_a_sleep);
  g_test_add_func ("/gst/clock/unref-without-null",
                   test_unref_without_null_is_survived);
  return test_process_run_tests ();
}
