/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-element-side.h"
#include "rw-process.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

/* The two elements against each other on loopback: what goes in comes out. */

#define N_PACKETS 100

static void
test_every_packet_comes_out_once_in_order (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) src = NULL;

  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "");
  rw_side_play (src);
  rw_side_wait_stat (sink, "consumers", 1);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_end (sink);
  rw_side_wait_eos (src);
  rw_side_wait_eos_message (sink);
  rw_side_assert_numbers (src, 0, N_PACKETS);
  rw_side_assert_same (sink, src);
  rw_side_assert_quiet (sink);
  rw_side_assert_quiet (src);
}

/* The goodbye is waited for as long as it takes, not for a fixed time. */
static void
test_stop_is_quick (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) src = NULL;
  gint64 start_us, src_us, sink_us;

  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "");
  rw_side_play (src);
  rw_side_wait_stat (sink, "consumers", 1);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_wait_buffers (src, N_PACKETS);
  start_us = g_get_monotonic_time ();
  rw_side_stop (src);
  src_us = g_get_monotonic_time () - start_us;
  start_us = g_get_monotonic_time ();
  rw_side_stop (sink);
  sink_us = g_get_monotonic_time () - start_us;
  g_test_message ("source %" G_GINT64_FORMAT " us, sink %" G_GINT64_FORMAT
                  " us",
                  src_us, sink_us);
  g_assert_cmpint (src_us, <, G_TIME_SPAN_SECOND);
  g_assert_cmpint (sink_us, <, G_TIME_SPAN_SECOND);
}

/* ---- Who comes when ---- */

/* A port that was free a moment ago. */
static guint
free_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

static void
test_source_may_come_first (void)
{
  guint port = free_port ();
  g_autoptr (RwSide) src =
      rw_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                   "start-position=oldest retry-delay=20 retry-delay-max=100 "
                   "signaller-uri=ws://127.0.0.1:%u ! audio/x-opus "
                   "! fakesink sync=false async=false",
                   port);
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");

  g_object_set (sink->element, "signalling-server-port", port, NULL);
  rw_side_play (src);
  rw_side_wait_type (src, GST_MESSAGE_WARNING, 1); /* no server yet */
  rw_side_play (sink);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_end (sink);
  rw_side_wait_eos (src);
  rw_side_assert_numbers (src, 0, N_PACKETS);
  g_assert_cmpuint (rw_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
}

static void
test_source_begins_at_the_oldest_frame_if_asked (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) src = NULL;

  rw_side_play (sink);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_wait_stat (sink, "frames", N_PACKETS);
  src = rw_side_new_opus_src (sink, "start-position=oldest");
  rw_side_play (src);
  rw_side_wait_buffers (src, N_PACKETS);
  rw_side_push (sink, N_PACKETS, 10);
  rw_side_end (sink);
  rw_side_wait_eos (src);
  rw_side_assert_numbers (src, 0, N_PACKETS + 10);
}

static void
test_two_sources_get_everything (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) first = NULL;
  g_autoptr (RwSide) second = NULL;

  rw_side_play (sink);
  first = rw_side_new_opus_src (sink, "");
  second = rw_side_new_opus_src (sink, "");
  rw_side_play (first);
  rw_side_play (second);
  rw_side_wait_stat (sink, "consumers", 2);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_wait_buffers (first, 10);
  rw_side_push (sink, N_PACKETS, N_PACKETS);
  rw_side_end (sink);
  rw_side_wait_eos (first);
  rw_side_wait_eos (second);
  rw_side_assert_numbers (first, 0, 2 * N_PACKETS);
  rw_side_assert_numbers (second, 0, 2 * N_PACKETS);
}

static void
test_source_that_leaves_disturbs_nobody (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) first = NULL;
  g_autoptr (RwSide) second = NULL;

  rw_side_play (sink);
  first = rw_side_new_opus_src (sink, "");
  second = rw_side_new_opus_src (sink, "");
  rw_side_play (first);
  rw_side_play (second);
  rw_side_wait_stat (sink, "consumers", 2);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_wait_buffers (first, N_PACKETS);
  rw_side_stop (first);
  rw_side_wait_stat (sink, "consumers", 1);
  rw_side_push (sink, N_PACKETS, N_PACKETS);
  rw_side_end (sink);
  rw_side_wait_eos (second);
  rw_side_wait_eos_message (sink);
  rw_side_assert_numbers (second, 0, 2 * N_PACKETS);
  rw_side_assert_quiet (sink);
}

/* Both ways within one pipeline, and one server for all. */
static void
test_two_sinks_and_two_sources_in_one_pipeline (void)
{
  guint port = free_port ();
  g_autoptr (RwSide) all = rw_side_new (
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

  rw_side_play (all);
  rw_side_wait_eos_message (all);
  g_assert_cmpuint (all->buffers->len, >=, 50);
}

/* ---- Ends ---- */

static void
test_stop_of_the_sink_ends_the_stream (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) src = NULL;

  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "");
  rw_side_play (src);
  rw_side_wait_stat (sink, "consumers", 1);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_wait_buffers (src, 1);
  rw_side_wait_stat (sink, "frames", N_PACKETS);
  rw_side_stop (sink);
  rw_side_wait_eos (src);
  rw_side_wait_eos_message (src);
  rw_side_assert_numbers (src, 0, N_PACKETS);
}

static void
test_eos_without_consumers_is_immediate (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  gint64 start_us = g_get_monotonic_time ();

  rw_side_play (sink);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_end (sink);
  rw_side_wait_eos_message (sink);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <,
                   5 * G_TIME_SPAN_SECOND);
  rw_side_assert_quiet (sink);
}

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK; /* stays blocked */
}

/* Downstream takes nothing any more. */
static gulong
block_source (RwSide *src)
{
  return gst_pad_add_probe (
      src->pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, block,
      NULL, NULL);
}

static void
test_eos_timeout_bounds_the_wait (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("eos-timeout=300000000");
  g_autoptr (RwSide) src = NULL;
  GError *error = NULL;
  gulong id;

  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "");
  id = block_source (src);
  rw_side_play (src);
  rw_side_wait_stat (sink, "consumers", 1);
  rw_side_push (sink, 0, N_PACKETS);
  rw_side_end (sink);
  rw_side_wait_eos_message (sink);
  gst_message_parse_warning (rw_side_wait_type (sink, GST_MESSAGE_WARNING, 1),
                             &error, NULL);
  g_assert_nonnull (strstr (error->message, "eos-timeout"));
  g_error_free (error);
  gst_pad_remove_probe (src->pad, id);
  rw_side_wait_eos (src);
  rw_side_assert_numbers (src, 0, N_PACKETS);
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
sum_of_messages (RwSide *side, const char *name, const char *field)
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
last_of_messages (RwSide *side, const char *name, const char *field)
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

/* What the journal sheds is told on both sides, to the frame. */
static void
test_overrun_is_told_exactly (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("max-size-buffers=50");
  g_autoptr (RwSide) src = NULL;
  Overruns overruns = {0};
  guint64 told, lost = 0;
  gulong id;

  g_signal_connect (sink->element, "overrun", G_CALLBACK (on_overrun),
                    &overruns);
  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "consumer-id=slow");
  rw_side_play (src);
  rw_side_wait_stat (sink, "consumers", 1);
  rw_side_push (sink, 0, 10);
  rw_side_wait_buffers (src, 10);
  id = block_source (src);
  rw_side_push (sink, 10, 3990);
  rw_side_wait_stat (sink, "frames", 4000);
  gst_pad_remove_probe (src->pad, id);
  rw_side_end (sink);
  rw_side_wait_eos (src);
  rw_side_wait_eos_message (sink);
  rw_side_stop (sink);

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
  g_assert_cmpuint (lost, ==, told);
  g_assert_cmpuint (src->gaps->len, ==,
                    rw_side_count_messages (src, "resilient-webrtc-gap"));
  g_assert_cmpuint (overruns.n, >, 0);
  g_assert_cmpuint (
      overruns.frames, ==,
      sum_of_messages (sink, "resilient-webrtc-overrun", "frames"));
  g_assert_cmpuint (overruns.frames, >=, told);
  g_assert_cmpuint (last_of_messages (sink, "resilient-webrtc-overrun", "lost"),
                    ==, told);
  g_assert_cmpuint (
      last_of_messages (sink, "resilient-webrtc-overrun", "total"), ==,
      overruns.frames);
}

/* ---- Formats ---- */

static void
check_raw (const char *caps)
{
  g_autoptr (RwSide) sink = rw_side_new (
      "audiotestsrc num-buffers=40 is-live=true samplesperbuffer=882 "
      "! %s ! resilientwebrtcsink name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "stream-name=studio",
      caps);
  g_autoptr (RwSide) src = NULL;
  GstStructure *structure;
  gint rate = 0;

  g_test_message ("%s", caps);
  rw_side_play (sink);
  src = rw_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                     "start-position=oldest "
                     "signaller-uri=ws://127.0.0.1:%u ! audioconvert "
                     "! fakesink sync=false async=false",
                     rw_side_get_port (sink));
  rw_side_play (src);
  rw_side_wait_eos (src);
  rw_side_wait_eos_message (sink);
  g_assert_cmpuint (src->caps->len, >=, 1);
  structure = gst_caps_get_structure (g_ptr_array_index (src->caps, 0), 0);
  g_assert_true (gst_structure_has_name (structure, "audio/x-raw"));
  g_assert_true (gst_structure_get_int (structure, "rate", &rate));
  g_assert_cmpint (rate, >, 0);
  g_assert_cmpuint (src->segments->len, ==, 1);
  rw_side_assert_quiet (sink);
  rw_side_assert_quiet (src);
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
set_sink_property (RwSide *sink, const char *name, const char *value)
{
  gst_util_set_object_arg (G_OBJECT (sink->element), name, value);
}

static void
test_properties_change_while_playing (void)
{
  g_autoptr (RwSide) sink =
      rw_side_new ("audiotestsrc num-buffers=60 is-live=true "
                   "samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 "
                   "! resilientwebrtcsink name=it run-signalling-server=true "
                   "signalling-server-host=127.0.0.1 signalling-server-port=0 "
                   "stream-name=studio");
  g_autoptr (RwSide) src = NULL;

  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "start-position=oldest");
  rw_side_play (src);
  rw_side_wait_buffers (src, 10);
  set_sink_property (sink, "bitrate", "16000");
  set_sink_property (sink, "frame-size", "40");
  set_sink_property (sink, "dtx", "true");
  set_sink_property (sink, "inband-fec", "true");
  set_sink_property (sink, "packet-loss-percentage", "20");
  set_sink_property (sink, "max-size-time", "30000000000");
  set_sink_property (sink, "drain-rate", "0");
  set_sink_property (sink, "eos-timeout", "10000000000");
  g_object_set (src->element, "latency", 50, NULL);
  rw_side_wait_eos (src);
  rw_side_wait_eos_message (sink);
  rw_side_assert_quiet (sink);
  rw_side_assert_quiet (src);
}

static void
push (RwSide *side, GstBuffer *buffer)
{
  GstFlowReturn flow;

  g_signal_emit_by_name (side->feed, "push-buffer", buffer, &flow);
  g_assert_cmpint (flow, ==, GST_FLOW_OK);
  gst_buffer_unref (buffer);
}

static void
test_caps_may_change_while_playing (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) src = NULL;
  g_autoptr (GstCaps) mono = gst_caps_from_string (
      "audio/x-opus,channel-mapping-family=0,channels=1,rate=48000");
  gint channels = 0;

  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "");
  rw_side_play (src);
  rw_side_wait_stat (sink, "consumers", 1);
  rw_side_push (sink, 0, 20);
  g_object_set (sink->feed, "caps", mono, NULL);
  rw_side_push (sink, 20, 20);
  rw_side_end (sink);
  rw_side_wait_eos (src);
  rw_side_assert_numbers (src, 0, 40);
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
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) src = NULL;
  static const guint8 garbage[] = {0xff, 0xff, 0xff, 0x00, 0x01};

  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "");
  rw_side_play (src);
  rw_side_wait_stat (sink, "consumers", 1);
  rw_side_push (sink, 0, 5);
  push (sink, gst_buffer_new ());
  push (sink, gst_buffer_new_memdup (garbage, sizeof garbage));
  push (sink, gst_buffer_new_allocate (NULL, 70000, NULL));
  push (sink, gst_buffer_new_memdup (garbage, 1));
  rw_side_push (sink, 5, 5);
  rw_side_end (sink);
  rw_side_wait_eos (src);
  rw_side_wait_eos_message (sink);
  rw_side_assert_numbers (src, 0, 10);
  g_assert_cmpuint (rw_side_count_type (sink, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (rw_side_count_type (sink, GST_MESSAGE_ERROR), ==, 0);
}

static void
test_packets_without_times_follow_each_other (void)
{
  g_autoptr (RwSide) sink = rw_side_new_opus_sink ("");
  g_autoptr (RwSide) src = NULL;

  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "");
  rw_side_play (src);
  rw_side_wait_stat (sink, "consumers", 1);
  for (guint i = 0; i < 20; i++) {
    GstBuffer *buffer = rw_side_make_packet (i);

    GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
    push (sink, buffer);
  }
  rw_side_end (sink);
  rw_side_wait_eos (src);
  rw_side_assert_numbers (src, 0, 20);
  for (guint i = 1; i < 20; i++) {
    GstBuffer *before = g_ptr_array_index (src->buffers, i - 1);
    GstBuffer *buffer = g_ptr_array_index (src->buffers, i);

    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, 20 * GST_MSECOND);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=,
                      GST_BUFFER_PTS (before) + 19 * GST_MSECOND);
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
  g_autoptr (RwSide) sink = NULL;
  g_autoptr (RwSide) src = NULL;

  write_ogg_file (path);
  sink =
      rw_side_new ("filesrc location=%s ! oggdemux ! clocksync "
                   "! resilientwebrtcsink name=it run-signalling-server=true "
                   "signalling-server-host=127.0.0.1 signalling-server-port=0 "
                   "stream-name=studio",
                   path);
  rw_side_play (sink);
  src = rw_side_new_opus_src (sink, "start-position=oldest");
  rw_side_play (src);
  rw_side_wait_eos (src);
  rw_side_wait_eos_message (sink);
  g_assert_cmpuint (src->buffers->len, >=, 50);
  rw_side_assert_same (sink, src);
  rw_side_assert_quiet (sink);
  g_remove (path);
  g_rmdir (dir);
}

static void
test_surround_opus_is_refused_with_advice (void)
{
  g_autoptr (RwSide) sink = rw_side_new (
      "audiotestsrc num-buffers=50 ! audio/x-raw,rate=48000,channels=6 "
      "! opusenc ! resilientwebrtcsink name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0");
  GError *error = NULL;

  rw_side_play (sink);
  gst_message_parse_error (rw_side_wait_type (sink, GST_MESSAGE_ERROR, 1),
                           &error, NULL);
  g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "Mix it down"));
  g_error_free (error);
  rw_side_stop (sink);
  g_assert_cmpuint (rw_side_count_errors (sink), ==, 1);
}

int
main (int argc, char **argv)
{
  rw_side_init (&argc, &argv);
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
  g_test_add_func ("/gst/elements/overrun-is-told-exactly",
                   test_overrun_is_told_exactly);
  g_test_add_func ("/gst/elements/raw-audio-of-all-kinds",
                   test_raw_audio_of_all_kinds);
  g_test_add_func ("/gst/elements/properties-change-while-playing",
                   test_properties_change_while_playing);
  g_test_add_func ("/gst/elements/caps-may-change-while-playing",
                   test_caps_may_change_while_playing);
  g_test_add_func ("/gst/elements/what-is-not-opus-is-dropped",
                   test_what_is_not_opus_is_dropped);
  g_test_add_func ("/gst/elements/packets-without-times-follow-each-other",
                   test_packets_without_times_follow_each_other);
  g_test_add_func ("/gst/elements/opus-from-an-ogg-file",
                   test_opus_from_an_ogg_file);
  g_test_add_func ("/gst/elements/surround-opus-is-refused-with-advice",
                   test_surround_opus_is_refused_with_advice);
  return rw_process_run_tests ();
}
