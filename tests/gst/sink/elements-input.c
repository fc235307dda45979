/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-side.h"
#include "test-process.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

/* Inputs of the sink: raw audio, Opus from several sources, and what is
 * neither. */

static void
check_raw (const char *caps)
{
  g_autoptr (TestSide) sink = test_side_new (
      "audiotestsrc num-buffers=40 is-live=true samplesperbuffer=882 "
      "! %s ! resilientwebrtcsink name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "stream-name=studio",
      caps);
  g_autoptr (TestSide) src = NULL;
  GstStructure *structure;
  gint rate = 0;

  g_test_message ("%s", caps);
  test_side_play (sink);
  src = test_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                       "start-position=oldest "
                       "signaller-uri=ws://127.0.0.1:%u ! audioconvert "
                       "! fakesink sync=false async=false",
                       test_side_get_port (sink));
  test_side_play (src);
  test_side_wait_eos (src);
  test_side_wait_eos_message (sink);
  g_assert_cmpuint (src->caps->len, >=, 1);
  structure = gst_caps_get_structure (g_ptr_array_index (src->caps, 0), 0);
  g_assert_true (gst_structure_has_name (structure, "audio/x-raw"));
  g_assert_true (gst_structure_get_int (structure, "rate", &rate));
  g_assert_cmpint (rate, >, 0);
  g_assert_cmpuint (src->segments->len, ==, 1);
  test_side_assert_quiet (sink);
  test_side_assert_quiet (src);
}

static void
test_raw_audio_of_all_kinds (void)
{
  check_raw ("audio/x-raw,rate=48000,channels=1");
  check_raw ("audio/x-raw,format=S16LE,rate=44100,channels=2");
  check_raw ("audio/x-raw,format=S32LE,rate=8000,channels=1");
  check_raw ("audio/x-raw,format=F32LE,rate=96000,channels=6");
}

static void
set_sink_property (TestSide *sink, const char *name, const char *value)
{
  gst_util_set_object_arg (G_OBJECT (sink->element), name, value);
}

static void
test_properties_change_while_playing (void)
{
  g_autoptr (TestSide) sink = test_side_new (
      "audiotestsrc num-buffers=60 is-live=true "
      "samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 "
      "! resilientwebrtcsink name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "stream-name=studio");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "start-position=oldest");
  test_side_play (src);
  test_side_wait_buffers (src, 10);
  set_sink_property (sink, "bitrate", "16000");
  set_sink_property (sink, "frame-size", "40");
  set_sink_property (sink, "dtx", "true");
  set_sink_property (sink, "inband-fec", "true");
  set_sink_property (sink, "packet-loss-percentage", "20");
  set_sink_property (sink, "max-size-time", "30000000000");
  set_sink_property (sink, "drain-rate", "0");
  set_sink_property (sink, "eos-timeout", "10000000000");
  g_object_set (src->element, "latency", 50, NULL);
  test_side_wait_eos (src);
  test_side_wait_eos_message (sink);
  test_side_assert_quiet (sink);
  test_side_assert_quiet (src);
}

static void
push (TestSide *side, GstBuffer *buffer)
{
  GstFlowReturn flow;

  g_signal_emit_by_name (side->feed, "push-buffer", buffer, &flow);
  g_assert_cmpint (flow, ==, GST_FLOW_OK);
  gst_buffer_unref (buffer);
}

static void
test_caps_may_change_while_playing (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;
  g_autoptr (GstCaps) mono = gst_caps_from_string (
      "audio/x-opus,channel-mapping-family=0,channels=1,rate=48000");
  gint channels = 0;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_stat (sink, "consumers", 1);
  test_side_push (sink, 0, 20);
  g_object_set (sink->feed, "caps", mono, NULL);
  test_side_push (sink, 20, 20);
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_assert_numbers (src, 0, 40);
  g_assert_cmpuint (src->caps->len, ==, 2);
  gst_structure_get_int (
      gst_caps_get_structure (g_ptr_array_index (src->caps, 1), 0), "channels",
      &channels);
  g_assert_cmpint (channels, ==, 1);
}

/* One warning for all of it, and the good packets come through. */
static void
test_what_is_not_opus_is_dropped (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;
  static const guint8 garbage[] = {0xff, 0xff, 0xff, 0x00, 0x01};

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_stat (sink, "consumers", 1);
  test_side_push (sink, 0, 5);
  push (sink, gst_buffer_new ());
  push (sink, gst_buffer_new_memdup (garbage, sizeof garbage));
  push (sink, gst_buffer_new_allocate (NULL, 70000, NULL));
  push (sink, gst_buffer_new_memdup (garbage, 1));
  test_side_push (sink, 5, 5);
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_wait_eos_message (sink);
  test_side_assert_numbers (src, 0, 10);
  g_assert_cmpuint (test_side_count_type (sink, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (test_side_count_type (sink, GST_MESSAGE_ERROR), ==, 0);
}

static void
test_packets_without_times_follow_each_other (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_stat (sink, "consumers", 1);
  for (guint i = 0; i < 20; i++) {
    GstBuffer *buffer = test_side_make_packet (i);

    GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
    push (sink, buffer);
  }
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_assert_numbers (src, 0, 20);
  for (guint i = 1; i < 20; i++) {
    GstBuffer *before = g_ptr_array_index (src->buffers, i - 1);
    GstBuffer *buffer = g_ptr_array_index (src->buffers, i);

    /* They were pushed all at once, so that the first ones were late: the
     * timeline may move towards the last ones by half a frame at a time. */
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, 20 * GST_MSECOND);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=,
                      GST_BUFFER_PTS (before) + 10 * GST_MSECOND);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), <=,
                      GST_BUFFER_PTS (before) + 21 * GST_MSECOND);
  }
}

static void
write_ogg_file (const char *path)
{
  g_autofree char *line =
      g_strdup_printf ("audiotestsrc num-buffers=50 samplesperbuffer=960 "
                       "! audio/x-raw,rate=48000,channels=2 ! opusenc ! oggmux "
                       "! filesink location=%s",
                       path);
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstBus) bus = gst_pipeline_get_bus (GST_PIPELINE (pipeline));
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Stream headers in the caps and as buffers, as demuxers give them. */
static void
test_opus_from_an_ogg_file (void)
{
  g_autofree char *dir = g_dir_make_tmp ("rw-elements-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "tone.ogg", NULL);
  g_autoptr (TestSide) sink = NULL;
  g_autoptr (TestSide) src = NULL;

  write_ogg_file (path);
  sink = test_side_new (
      "filesrc location=%s ! oggdemux ! clocksync "
      "! resilientwebrtcsink name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "stream-name=studio",
      path);
  test_side_play (sink);
  src = test_side_new_opus_src (sink, "start-position=oldest");
  test_side_play (src);
  test_side_wait_eos (src);
  test_side_wait_eos_message (sink);
  g_assert_cmpuint (src->buffers->len, >=, 50);
  test_side_assert_same (sink, src);
  test_side_assert_quiet (sink);
  g_remove (path);
  g_rmdir (dir);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements-input/raw-audio-of-all-kinds",
                   test_raw_audio_of_all_kinds);
  g_test_add_func ("/gst/elements-input/properties-change-while-playing",
                   test_properties_change_while_playing);
  g_test_add_func ("/gst/elements-input/caps-may-change-while-playing",
                   test_caps_may_change_while_playing);
  g_test_add_func ("/gst/elements-input/what-is-not-opus-is-dropped",
                   test_what_is_not_opus_is_dropped);
  g_test_add_func (
      "/gst/elements-input/packets-without-times-follow-each-other",
      test_packets_without_times_follow_each_other);
  g_test_add_func ("/gst/elements-input/opus-from-an-ogg-file",
                   test_opus_from_an_ogg_file);

  return test_process_run_tests ();
}
