/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-side.h"

#include "rw-outage-simulation.h"

/* Seeks, flushes, removal, and ends that come at a bad moment. */

/* How long a state change may take: see docs/threads.md; and as long again for
 * a busy machine. Outages here last a minute. */
#define LONGEST_CHANGE_US (10 * G_TIME_SPAN_SECOND)

static TestSide *
seekable_sink_new (void)
{
  TestSide *sink = test_side_new (
      "audiotestsrc samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 "
      "! opusenc ! clocksync ! resilientwebrtcsink name=it stream-name=studio "
      "run-signalling-server=true signalling-server-host=127.0.0.1 "
      "signalling-server-port=0");

  test_side_play (sink);
  return sink;
}

static guint
count_buffers (TestSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return side->buffers->len;
}

static gboolean
seek (GstElement *element, GstSeekFlags flags)
{
  return gst_element_seek_simple (element, GST_FORMAT_TIME, flags, 0);
}

/* A live stream cannot be sought, and goes on. */
static void
test_source_cannot_be_sought (void)
{
  g_autoptr (TestSide) sink = seekable_sink_new ();
  g_autoptr (TestSide) src = test_side_new_opus_src (sink, "");
  g_autoptr (GstQuery) query = gst_query_new_seeking (GST_FORMAT_TIME);
  gboolean seekable = TRUE;

  test_side_play (src);
  test_side_wait_buffers (src, 10);
  g_assert_false (seek (src->pipeline, GST_SEEK_FLAG_FLUSH));
  g_assert_false (seek (src->element, GST_SEEK_FLAG_NONE));
  if (gst_element_query (src->element, query)) {
    gst_query_parse_seeking (query, NULL, &seekable, NULL, NULL);
    g_assert_false (seekable);
  }
  test_side_wait_buffers (src, count_buffers (src) + 20);
  g_assert_cmpuint (src->segments->len, ==, 1);
  test_side_assert_quiet (src);
}

static void
assert_times_rise (TestSide *src, GstClockTime largest_step)
{
  g_mutex_lock (&src->lock);
  for (guint i = 1; i < src->buffers->len; i++) {
    GstClockTime before =
        GST_BUFFER_PTS (g_ptr_array_index (src->buffers, i - 1));
    GstClockTime after = GST_BUFFER_PTS (g_ptr_array_index (src->buffers, i));

    g_assert_cmpuint (after, >, before);
    g_assert_cmpuint (after - before, <, largest_step);
  }
  g_mutex_unlock (&src->lock);
}

/* A flushing seek sends the sender's running time back to zero: to whoever
 * listens it is one stream that goes on. */
static void
test_sender_may_be_sought (void)
{
  static const GstSeekFlags flags[] = {GST_SEEK_FLAG_FLUSH, GST_SEEK_FLAG_FLUSH,
                                       GST_SEEK_FLAG_NONE};
  g_autoptr (TestSide) sink = seekable_sink_new ();
  g_autoptr (TestSide) src = test_side_new_opus_src (sink, "");

  test_side_play (src);
  test_side_wait_buffers (src, 75);
  for (guint i = 0; i < G_N_ELEMENTS (flags); i++) {
    g_assert_true (seek (sink->pipeline, flags[i]));
    test_side_wait_buffers (src, count_buffers (src) + 75);
  }
  assert_times_rise (src, 3 * GST_SECOND);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
  g_assert_cmpuint (src->segments->len, ==, 1);
  g_assert_cmpuint (test_side_count_messages (src, "resilient-webrtc-stream"),
                    ==, 1);
  test_side_assert_quiet (src);
  test_side_assert_quiet (sink);
}

/* A stream that was ended has ended; a flush after it begins a new one. */
static void
test_flush_after_the_end (void)
{
  g_autoptr (TestSide) sink = seekable_sink_new ();
  g_autoptr (TestSide) src = test_side_new_opus_src (sink, "");

  test_side_play (src);
  test_side_wait_buffers (src, 20);
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_wait_eos_message (sink);
  test_side_stop (src);
  seek (sink->pipeline, GST_SEEK_FLAG_FLUSH);
  test_side_wait_buffers (sink, count_buffers (sink) + 50);
  test_side_play (src);
  test_side_wait_buffers (src, count_buffers (src) + 50);
  g_assert_cmpuint (test_side_count_messages (src, "resilient-webrtc-stream"),
                    ==, 2);
  test_side_assert_quiet (sink);
}

static void
simulate_outage (TestSide *side, guint duration_ms)
{
  g_signal_emit_by_name (side->element, "simulate-outage", RW_OUTAGE_BOTH,
                         duration_ms);
}

/* A stop does not wait for the network. */
static void
test_end_in_an_outage_and_stop_at_once (void)
{
  g_autoptr (TestSide) sink = seekable_sink_new ();
  g_autoptr (TestSide) src = test_side_new_opus_src (sink, "");
  gint64 start_us;

  test_side_play (src);
  test_side_wait_buffers (src, 20);
  simulate_outage (sink, 60000);
  test_side_wait_state (src, "suspect");
  test_side_end (sink);
  start_us = g_get_monotonic_time ();
  test_side_stop (sink);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, LONGEST_CHANGE_US);
  start_us = g_get_monotonic_time ();
  test_side_stop (src);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, LONGEST_CHANGE_US);
}

/* Up and down while nothing gets through, and all is well afterwards. */
static void
test_state_changes_in_an_outage (void)
{
  static const GstState states[] = {GST_STATE_PAUSED, GST_STATE_PLAYING,
                                    GST_STATE_READY,  GST_STATE_PLAYING,
                                    GST_STATE_NULL,   GST_STATE_PLAYING};
  g_autoptr (TestSide) sink = seekable_sink_new ();
  g_autoptr (TestSide) src = test_side_new_opus_src (sink, "");

  test_side_play (src);
  test_side_wait_buffers (src, 20);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
    simulate_outage (src, 600);
    g_assert_cmpint (gst_element_set_state (src->pipeline, states[i]), !=,
                     GST_STATE_CHANGE_FAILURE);
  }
  test_side_wait_buffers (src, count_buffers (src) + 50);
  g_assert_cmpuint (test_side_count_errors (src), ==, 0);
  g_assert_cmpuint (test_side_count_errors (sink), ==, 0);
}

/* Out of a pipeline that goes on; stopped after it, as a program may do. */
static void
test_removed_from_a_running_pipeline (void)
{
  g_autoptr (TestSide) sink = seekable_sink_new ();
  g_autoptr (TestSide) src = test_side_new (
      "audiotestsrc is-live=true ! fakesink async=false "
      "resilientwebrtcsrc name=it producer-name=studio "
      "signaller-uri=ws://127.0.0.1:%u ! audio/x-opus ! fakesink name=out "
      "async=false",
      test_side_get_port (sink));
  gint64 start_us;

  for (guint i = 0; i < 5; i++) {
    g_autoptr (GstElement) element = NULL;
    g_autoptr (GstPad) peer = NULL;

    test_side_play (src);
    test_side_wait_buffers (src, count_buffers (src) + 10);
    peer = gst_pad_get_peer (src->pad);
    element = gst_object_ref (src->element);
    gst_bin_remove (GST_BIN (src->pipeline), element);
    start_us = g_get_monotonic_time ();
    gst_element_set_state (element, GST_STATE_NULL);
    g_assert_cmpint (g_get_monotonic_time () - start_us, <, LONGEST_CHANGE_US);
    test_side_wait_stat (sink, "consumers", 0);
    gst_bin_add (GST_BIN (src->pipeline), element);
    g_assert_cmpint (gst_pad_link (src->pad, peer), ==, GST_PAD_LINK_OK);
    gst_element_sync_state_with_parent (element);
  }
  test_side_wait_buffers (src, count_buffers (src) + 10);
  g_assert_cmpuint (test_side_count_errors (src), ==, 0);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/events/source-cannot-be-sought",
                   test_source_cannot_be_sought);
  g_test_add_func ("/gst/events/sender-may-be-sought",
                   test_sender_may_be_sought);
  g_test_add_func ("/gst/events/flush-after-the-end", test_flush_after_the_end);
  g_test_add_func ("/gst/events/end-in-an-outage-and-stop-at-once",
                   test_end_in_an_outage_and_stop_at_once);
  g_test_add_func ("/gst/events/state-changes-in-an-outage",
                   test_state_changes_in_an_outage);
  g_test_add_func ("/gst/events/removed-from-a-running-pipeline",
                   test_removed_from_a_running_pipeline);
  return test_process_run_tests ();
}
