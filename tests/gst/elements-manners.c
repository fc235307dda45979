/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-side.h"
#include "test-process.h"

#include <gst/app/gstappsrc.h>
#include <gst/base/gstbasesink.h>

/* The rules that GStreamer has for every element. */

static GstClockTime
query_latency (GstElement *element, gboolean *is_live)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "src");
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime min = 0;

  g_assert_true (gst_pad_query (pad, query));
  gst_query_parse_latency (query, is_live, &min, NULL);
  return min;
}

/* How often the control threads of the elements, which are named "it", have
 * waited. */
static guint64
count_control_waits (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;
  guint64 sum = 0;

  while ((task = g_dir_read_name (tasks)) != NULL) {
    g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/status", task);
    g_autofree char *text = NULL;
    const char *line;

    if (!g_file_get_contents (path, &text, NULL, NULL) ||
        !g_str_has_prefix (text, "Name:\tit\n"))
      continue;
    line = strstr (text, "\nvoluntary_ctxt_switches:");
    g_assert_nonnull (line);
    sum += g_ascii_strtoull (strchr (line, ':') + 1, NULL, 10);
  }
  return sum;
}

#define FRAMES_AT_REST 100

/* A busy machine delays packets, which brings timers to their end: so there are
 * several attempts. */
static void
test_control_threads_sleep_at_rest (void)
{
  g_autoptr (TestSide) sink =
      test_side_new ("audiotestsrc is-live=true ! audioconvert ! opusenc ! "
                     "resilientwebrtcsink name=it stream-name=studio "
                     "run-signalling-server=true signalling-server-port=0 "
                     "signalling-server-host=127.0.0.1");
  g_autoptr (TestSide) src = NULL;
  guint64 waits;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_buffers (src, FRAMES_AT_REST);
  for (guint i = 2; i <= 10; i++) {
    waits = count_control_waits ();
    test_side_wait_buffers (src, i * FRAMES_AT_REST);
    waits = count_control_waits () - waits;
    if (waits <= FRAMES_AT_REST / 2)
      return;
  }
  g_test_message ("%" G_GUINT64_FORMAT " for %d frames", waits, FRAMES_AT_REST);
  g_test_fail ();
}

/* A pipeline asks when it begins to play, which may be long before. */
static void
test_latency_is_told_before_there_is_audio (void)
{
  g_autoptr (TestSide) src = test_side_new (
      "resilientwebrtcsrc name=it run-signalling-server=true latency=300 "
      "signalling-server-port=0 signalling-server-host=127.0.0.1 ! fakesink");
  gboolean is_live = FALSE;

  g_assert_cmpuint (query_latency (src->element, &is_live), ==,
                    300 * GST_MSECOND);
  g_assert_true (is_live);
  test_side_play (src);
  is_live = FALSE;
  g_assert_cmpuint (query_latency (src->element, &is_live), ==,
                    300 * GST_MSECOND);
  g_assert_true (is_live);
}

static void
check_latency_at_sink (const char *filter)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;
  g_autoptr (GstElement) out = NULL;
  gboolean is_live = FALSE;

  test_side_play (sink);
  test_side_push (sink, 0, 5);
  test_side_wait_stat (sink, "frames", 5);
  src = test_side_new (
      "resilientwebrtcsrc name=it producer-name=studio latency=250 "
      "start-position=oldest signaller-uri=ws://127.0.0.1:%u ! %s "
      "! fakesink name=out sync=true",
      test_side_get_port (sink), filter);
  test_side_play (src);
  test_side_wait_buffers (src, 5);
  out = gst_bin_get_by_name (GST_BIN (src->pipeline), "out");
  g_assert_cmpuint (gst_base_sink_get_latency (GST_BASE_SINK (out)), >=,
                    250 * GST_MSECOND);
  g_assert_cmpuint (query_latency (src->element, &is_live), >=,
                    250 * GST_MSECOND);
  g_assert_true (is_live);
}

static void
test_a_synchronized_sink_knows_the_latency (void)
{
  check_latency_at_sink ("audio/x-opus");
}

static void
test_so_it_does_behind_the_decoder (void)
{
  check_latency_at_sink ("audio/x-raw");
}

static void
test_a_change_of_latency_is_announced (void)
{
  g_autoptr (TestSide) src = test_side_new (
      "resilientwebrtcsrc name=it run-signalling-server=true latency=100 "
      "signalling-server-port=0 signalling-server-host=127.0.0.1 ! fakesink");
  guint before;

  test_side_play (src);
  before = test_side_count_type (src, GST_MESSAGE_LATENCY);
  g_object_set (src->element, "latency", 400, NULL);
  test_side_wait_type (src, GST_MESSAGE_LATENCY, before + 1);
  g_assert_cmpuint (query_latency (src->element, NULL), ==, 400 * GST_MSECOND);
}

/* An application's appsrc counts in bytes unless it is told not to: there are
 * no running times then. */
static void
test_a_stream_without_times_is_refused_once (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");

  g_object_set (sink->feed, "format", GST_FORMAT_BYTES, NULL);
  test_side_play (sink);
  test_side_push (sink, 0, 3);
  test_side_wait_type (sink, GST_MESSAGE_ERROR, 1);
  test_side_stop (sink);
  g_assert_cmpuint (test_side_count_errors (sink), ==, 1);
  g_assert_cmpuint (test_side_get_stat (sink, "frames"), ==, 0);
}

/* The pads say what they take before there is anything behind them. */
static void
test_caps_are_told_at_once (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink->element, "sink");
  g_autoptr (GstCaps) raw = gst_caps_from_string ("audio/x-raw,rate=44100");
  g_autoptr (GstCaps) opus = gst_caps_from_string ("audio/x-opus,channels=2");
  g_autoptr (GstCaps) video = gst_caps_from_string ("video/x-raw");
  g_autoptr (GstCaps) narrowed = gst_pad_query_caps (pad, raw);

  g_assert_true (gst_caps_is_equal (narrowed, raw));
  g_assert_true (gst_pad_query_accept_caps (pad, raw));
  g_assert_true (gst_pad_query_accept_caps (pad, opus));
  g_assert_false (gst_pad_query_accept_caps (pad, video));
}

/* gst-inspect, and whatever else asks an element what it is. */
static void
test_elements_are_what_they_say (void)
{
  static const struct {
    const char *factory;
    GstElementFlags flag;
    GstElementFactoryListType type;
  } elements[] = {
      {"resilientwebrtcsink", GST_ELEMENT_FLAG_SINK,
       GST_ELEMENT_FACTORY_TYPE_SINK},
      {"resilientwebrtcsrc", GST_ELEMENT_FLAG_SOURCE,
       GST_ELEMENT_FACTORY_TYPE_SRC},
  };

  for (guint i = 0; i < G_N_ELEMENTS (elements); i++) {
    g_autoptr (GstElement) element =
        gst_element_factory_make (elements[i].factory, NULL);
    GstElementFactory *factory = gst_element_get_factory (element);

    gst_object_ref_sink (element);
    g_assert_true (GST_OBJECT_FLAG_IS_SET (element, elements[i].flag));
    g_assert_true (
        gst_element_factory_list_is_type (factory, elements[i].type));
    g_assert_true (GST_IS_PRESET (element));
  }
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/elements-manners/latency-is-told-before-there-is-audio",
                   test_latency_is_told_before_there_is_audio);
  g_test_add_func ("/elements-manners/a-synchronized-sink-knows-the-latency",
                   test_a_synchronized_sink_knows_the_latency);
  g_test_add_func ("/elements-manners/so-it-does-behind-the-decoder",
                   test_so_it_does_behind_the_decoder);
  g_test_add_func ("/elements-manners/a-change-of-latency-is-announced",
                   test_a_change_of_latency_is_announced);
  g_test_add_func ("/elements-manners/a-stream-without-times-is-refused-once",
                   test_a_stream_without_times_is_refused_once);
  g_test_add_func ("/elements-manners/caps-are-told-at-once",
                   test_caps_are_told_at_once);
  g_test_add_func ("/elements-manners/elements-are-what-they-say",
                   test_elements_are_what_they_say);
  g_test_add_func ("/elements-manners/control-threads-sleep-at-rest",
                   test_control_threads_sleep_at_rest);
  return test_process_run_tests ();
}
