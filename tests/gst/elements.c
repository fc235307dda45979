/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-outage-simulation.h"
#include "test-side.h"
#include "test-process.h"
#include "test-program.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

/* The two elements against each other on loopback: what goes in comes out. */

#define N_PACKETS 100

static void
test_every_packet_comes_out_once_in_order (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_stat (sink, "consumers", 1);
  test_side_push (sink, 0, N_PACKETS);
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_wait_eos_message (sink);
  test_side_assert_numbers (src, 0, N_PACKETS);
  test_side_assert_same (sink, src);
  test_side_assert_quiet (sink);
  test_side_assert_quiet (src);
}

/* The goodbye is waited for as long as it takes, not for a fixed time. */
static void
test_stop_is_quick (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;
  gint64 start_us, src_us, sink_us;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_stat (sink, "consumers", 1);
  test_side_push (sink, 0, N_PACKETS);
  test_side_wait_buffers (src, N_PACKETS);
  start_us = g_get_monotonic_time ();
  test_side_stop (src);
  src_us = g_get_monotonic_time () - start_us;
  start_us = g_get_monotonic_time ();
  test_side_stop (sink);
  sink_us = g_get_monotonic_time () - start_us;
  g_test_message ("source %" G_GINT64_FORMAT " us, sink %" G_GINT64_FORMAT
                  " us",
                  src_us, sink_us);
  /* Three seconds at the most where nobody answers: docs/threads.md. */
  g_assert_cmpint (src_us, <, 3 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (sink_us, <, 3 * G_TIME_SPAN_SECOND);
}

/* ---- Who comes when ---- */

static void
test_source_may_come_first (void)
{
  guint port = test_program_reserve_port ();
  g_autoptr (TestSide) src =
      test_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                     "start-position=oldest retry-delay=20 retry-delay-max=100 "
                     "signaller-uri=ws://127.0.0.1:%u ! audio/x-opus "
                     "! fakesink sync=false async=false",
                     port);
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");

  g_object_set (sink->element, "signalling-server-port", port, NULL);
  test_side_play (src);
  test_side_wait_type (src, GST_MESSAGE_WARNING, 1); /* no server yet */
  test_side_play (sink);
  test_side_push (sink, 0, N_PACKETS);
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_assert_numbers (src, 0, N_PACKETS);
  g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
}

static void
test_source_begins_at_the_oldest_frame_if_asked (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  test_side_push (sink, 0, N_PACKETS);
  test_side_wait_stat (sink, "frames", N_PACKETS);
  src = test_side_new_opus_src (sink, "start-position=oldest");
  test_side_play (src);
  test_side_wait_buffers (src, N_PACKETS);
  test_side_push (sink, N_PACKETS, 10);
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_assert_numbers (src, 0, N_PACKETS + 10);
}

static void
test_two_sources_get_everything (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) first = NULL;
  g_autoptr (TestSide) second = NULL;

  test_side_play (sink);
  first = test_side_new_opus_src (sink, "");
  second = test_side_new_opus_src (sink, "");
  test_side_play (first);
  test_side_play (second);
  test_side_wait_stat (sink, "consumers", 2);
  test_side_push (sink, 0, N_PACKETS);
  test_side_wait_buffers (first, 10);
  test_side_push (sink, N_PACKETS, N_PACKETS);
  test_side_end (sink);
  test_side_wait_eos (first);
  test_side_wait_eos (second);
  test_side_assert_numbers (first, 0, 2 * N_PACKETS);
  test_side_assert_numbers (second, 0, 2 * N_PACKETS);
}

static void
test_source_that_leaves_disturbs_nobody (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) first = NULL;
  g_autoptr (TestSide) second = NULL;

  test_side_play (sink);
  first = test_side_new_opus_src (sink, "");
  second = test_side_new_opus_src (sink, "");
  test_side_play (first);
  test_side_play (second);
  test_side_wait_stat (sink, "consumers", 2);
  test_side_push (sink, 0, N_PACKETS);
  test_side_wait_buffers (first, N_PACKETS);
  test_side_stop (first);
  test_side_wait_stat (sink, "consumers", 1);
  test_side_push (sink, N_PACKETS, N_PACKETS);
  test_side_end (sink);
  test_side_wait_eos (second);
  test_side_wait_eos_message (sink);
  test_side_assert_numbers (second, 0, 2 * N_PACKETS);
  test_side_assert_quiet (sink);
}

/* Both ways within one pipeline, and one server for all. */
static void
test_two_sinks_and_two_sources_in_one_pipeline (void)
{
  guint port = test_program_reserve_port ();
  g_autoptr (TestSide) all = test_side_new (
      "audiotestsrc num-buffers=50 is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 "
      "! resilientwebrtcsink stream-name=one run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=%u "
      "audiotestsrc num-buffers=50 is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 "
      "! resilientwebrtcsink stream-name=two signaller-uri=ws://127.0.0.1:%u "
      "resilientwebrtcsrc name=it producer-name=one start-position=oldest "
      "signaller-uri=ws://127.0.0.1:%u ! audioconvert ! fakesink async=false "
      "resilientwebrtcsrc producer-name=two start-position=oldest "
      "signaller-uri=ws://127.0.0.1:%u ! audioconvert ! fakesink async=false",
      port, port, port, port);

  test_side_play (all);
  test_side_wait_eos_message (all);
  g_assert_cmpuint (all->buffers->len, >=, 50);
}

/* ---- Ends ---- */

static void
test_stop_of_the_sink_ends_the_stream (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_stat (sink, "consumers", 1);
  test_side_push (sink, 0, N_PACKETS);
  test_side_wait_buffers (src, 1);
  test_side_wait_stat (sink, "frames", N_PACKETS);
  test_side_stop (sink);
  test_side_wait_eos (src);
  test_side_wait_eos_message (src);
  test_side_assert_numbers (src, 0, N_PACKETS);
}

static void
test_eos_without_consumers_is_immediate (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  gint64 start_us = g_get_monotonic_time ();

  test_side_play (sink);
  test_side_push (sink, 0, N_PACKETS);
  test_side_end (sink);
  test_side_wait_eos_message (sink);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <,
                   20 * G_TIME_SPAN_SECOND);
  test_side_assert_quiet (sink);
}

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK; /* stays blocked */
}

/* Downstream takes nothing any more. */
static gulong
block_source (TestSide *src)
{
  return gst_pad_add_probe (
      src->pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, block,
      NULL, NULL);
}

static void
test_eos_timeout_bounds_the_wait (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("eos-timeout=300000000");
  g_autoptr (TestSide) src = NULL;
  GError *error = NULL;
  gulong id;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  id = block_source (src);
  test_side_play (src);
  test_side_wait_stat (sink, "consumers", 1);
  test_side_push (sink, 0, N_PACKETS);
  test_side_end (sink);
  test_side_wait_eos_message (sink);
  gst_message_parse_warning (test_side_wait_type (sink, GST_MESSAGE_WARNING, 1),
                             &error, NULL);
  g_assert_nonnull (strstr (error->message, "eos-timeout"));
  g_error_free (error);
  gst_pad_remove_probe (src->pad, id);
  test_side_wait_eos (src);
  test_side_assert_numbers (src, 0, N_PACKETS);
}

/* ---- Overrun ---- */

typedef struct {
  guint64 frames;
  guint n;
} Overruns;

static void
on_overrun (GstElement *element, const char *consumer_id, guint64 frames,
            gpointer data)
{
  Overruns *overruns = data;

  overruns->frames += frames;
  overruns->n++;
}

static guint64
sum_of_messages (TestSide *side, const char *name, const char *field)
{
  guint64 sum = 0, value;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    const GstStructure *structure =
        gst_message_get_structure (g_ptr_array_index (side->messages, i));

    if (structure && gst_structure_has_name (structure, name) &&
        gst_structure_get_uint64 (structure, field, &value))
      sum += value;
  }
  g_mutex_unlock (&side->lock);
  return sum;
}

static guint64
last_of_messages (TestSide *side, const char *name, const char *field)
{
  guint64 last = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    const GstStructure *structure =
        gst_message_get_structure (g_ptr_array_index (side->messages, i));

    if (structure && gst_structure_has_name (structure, name))
      gst_structure_get_uint64 (structure, field, &last);
  }
  g_mutex_unlock (&side->lock);
  return last;
}

static void
check_full_journal (GstMessage *warning)
{
  GError *error = NULL;

  gst_message_parse_warning (warning, &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  g_assert_nonnull (strstr (error->message, "sync"));
  g_error_free (error);
}

/* Shed frames are reported on both sides, to the frame; gst-launch
 * prints one warning of it. */
static void
test_overrun_is_reported_exactly (void)
{
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("max-size-buffers=50");
  g_autoptr (TestSide) src = NULL;
  Overruns overruns = {0};
  guint64 told, lost = 0;

  g_signal_connect (sink->element, "overrun", G_CALLBACK (on_overrun),
                    &overruns);
  test_side_play (sink);
  src = test_side_new_opus_src (sink, "consumer-id=slow");
  test_side_play (src);
  test_side_wait_stat (sink, "consumers", 1);
  test_side_push (sink, 0, 10);
  test_side_wait_buffers (src, 10);
  /* Without an outage the live lane would carry them all. */
  g_signal_emit_by_name (sink->element, "simulate-outage", RW_OUTAGE_MEDIA,
                         1000);
  test_side_wait_message (src, "resilient-webrtc-state", "state", "suspect");
  test_side_push (sink, 10, 3990);
  test_side_wait_stat (sink, "frames", 4000);
  test_side_end (sink);
  test_side_wait_eos (src);
  test_side_wait_eos_message (sink);
  test_side_stop (sink);

  for (guint i = 0; i < src->gaps->len; i++) {
    GstClockTime *gap = &g_array_index (src->gaps, GstClockTime, 2 * i);

    lost += (gap[1] + 10 * GST_MSECOND) / (20 * GST_MSECOND);
  }
  told = sum_of_messages (src, "resilient-webrtc-gap", "frames");
  g_test_message ("%u received, %" G_GUINT64_FORMAT " lost, %u overruns of "
                  "%" G_GUINT64_FORMAT,
                  src->buffers->len, told, overruns.n, overruns.frames);
  g_assert_cmpuint (told, >, 0);
  g_assert_cmpuint (src->buffers->len + told, ==, 4000);
  /* 80 s of audio come within one: a receiver that is behind such a sender
   * catches up in the holes, so that they may be shorter than what is missing,
   * never longer. (gst-elements-time measures holes at their own time.) */
  g_assert_cmpuint (lost, <=, told);
  g_assert_cmpuint (src->gaps->len, <=,
                    test_side_count_messages (src, "resilient-webrtc-gap"));
  g_assert_cmpuint (overruns.n, >, 0);
  g_assert_cmpuint (
      overruns.frames, ==,
      sum_of_messages (sink, "resilient-webrtc-overrun", "frames"));
  g_assert_cmpuint (overruns.frames, >=, told);
  g_assert_cmpuint (test_side_count_type (sink, GST_MESSAGE_WARNING), ==, 1);
  check_full_journal (test_side_wait_type (sink, GST_MESSAGE_WARNING, 1));
  g_assert_cmpuint (last_of_messages (sink, "resilient-webrtc-overrun", "lost"),
                    ==, told);
  g_assert_cmpuint (
      last_of_messages (sink, "resilient-webrtc-overrun", "total"), ==,
      overruns.frames);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/every-packet-comes-out-once-in-order",
                   test_every_packet_comes_out_once_in_order);
  g_test_add_func ("/gst/elements/stop-is-quick", test_stop_is_quick);
  g_test_add_func ("/gst/elements/source-may-come-first",
                   test_source_may_come_first);
  g_test_add_func ("/gst/elements/source-begins-at-the-oldest-frame-if-asked",
                   test_source_begins_at_the_oldest_frame_if_asked);
  g_test_add_func ("/gst/elements/two-sources-get-everything",
                   test_two_sources_get_everything);
  g_test_add_func ("/gst/elements/source-that-leaves-disturbs-nobody",
                   test_source_that_leaves_disturbs_nobody);
  g_test_add_func ("/gst/elements/two-sinks-and-two-sources-in-one-pipeline",
                   test_two_sinks_and_two_sources_in_one_pipeline);
  g_test_add_func ("/gst/elements/stop-of-the-sink-ends-the-stream",
                   test_stop_of_the_sink_ends_the_stream);
  g_test_add_func ("/gst/elements/eos-without-consumers-is-immediate",
                   test_eos_without_consumers_is_immediate);
  g_test_add_func ("/gst/elements/eos-timeout-bounds-the-wait",
                   test_eos_timeout_bounds_the_wait);
  g_test_add_func ("/gst/elements/overrun-is-reported-exactly",
                   test_overrun_is_reported_exactly);
  return test_process_run_tests ();
}
