/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-side.h"

#include <gst/app/gstappsrc.h>

#include "rw-outage-simulation.h"

/* Audio out of the ordinary, each kind through an outage: what went into the
 * sink comes out of the source, all of it and in order, without a word. */

#define OUTAGE_MS 400

static TestSide *
src_new (TestSide *sink)
{
  return test_side_new_opus_src (sink, "start-position=oldest");
}

static guint
count_buffers (TestSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return side->buffers->len;
}

static void
cut (TestSide *src)
{
  g_signal_emit_by_name (src->element, "simulate-outage", RW_OUTAGE_MEDIA,
                         OUTAGE_MS);
  test_side_wait_message (src, "resilient-webrtc-state", "state", "suspect");
}

/* Until both have ended; everything that the sink took has come. */
static void
finish (TestSide *sink, TestSide *src)
{
  test_side_wait_eos (src);
  test_side_wait_eos_message (sink);
  g_assert_cmpuint (src->buffers->len, ==, test_side_get_stat (sink, "frames"));
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
  g_assert_cmpuint (src->segments->len, ==, 1);
  test_side_assert_quiet (sink);
  test_side_assert_quiet (src);
}

/* ---- Of an encoder ---- */

static void
through_an_outage (gconstpointer data)
{
  const char *input = data;
  g_autoptr (TestSide) sink = test_side_new (
      "%s ! resilientwebrtcsink name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "stream-name=studio",
      input);
  g_autoptr (TestSide) src = NULL;
  GstCaps *caps;

  test_side_play (sink);
  src = src_new (sink);
  test_side_play (src);
  test_side_wait_buffers (src, 10);
  cut (src);
  test_side_wait_buffers (src, count_buffers (src) + 20);
  test_side_end (sink);
  finish (sink, src);
  caps = g_ptr_array_index (sink->caps, 0);
  if (gst_structure_has_name (gst_caps_get_structure (caps, 0),
                              "audio/x-opus")) {
    g_assert_cmpuint (src->buffers->len, ==, sink->buffers->len);
    test_side_assert_same (sink, src);
  }
}

/* ---- Packet by packet ---- */

static void
push_at (TestSide *sink, guint64 number, GstClockTime pts, GstBufferFlags flags)
{
  GstBuffer *buffer = test_side_make_packet (number);

  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_FLAG_SET (buffer, flags);
  g_assert_cmpint (gst_app_src_push_buffer (GST_APP_SRC (sink->feed), buffer),
                   ==, GST_FLOW_OK);
}

typedef void (*Feed) (TestSide *sink);

/* Before, in and after an outage. */
static void
fed_through_an_outage (gconstpointer data)
{
  const Feed *feed = data;
  g_autoptr (TestSide) sink = test_side_new_opus_sink ("");
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = src_new (sink);
  test_side_play (src);
  test_side_push (sink, 0, 10);
  test_side_wait_buffers (src, 10);
  cut (src);
  (*feed) (sink);
  test_side_end (sink);
  finish (sink, src);
  test_side_assert_numbers (src, 0, src->buffers->len);
  g_assert_cmpuint (src->buffers->len, >, 10);
}

static void
feed_faster_than_time (TestSide *sink)
{
  test_side_push (sink, 10, 1000);
}

static void
feed_jumps_back (TestSide *sink)
{
  for (guint64 i = 10; i < 60; i++)
    push_at (sink, i, (i % 10) * 20 * GST_MSECOND,
             i % 10 == 0 ? GST_BUFFER_FLAG_DISCONT : 0);
}

static void
feed_jumps_ahead (TestSide *sink)
{
  for (guint64 i = 10; i < 20; i++)
    push_at (sink, i, i * 20 * GST_MSECOND + GST_SECOND,
             GST_BUFFER_FLAG_DISCONT);
}

static void
feed_without_times (TestSide *sink)
{
  for (guint64 i = 10; i < 40; i++)
    push_at (sink, i, GST_CLOCK_TIME_NONE, 0);
}

static void
feed_with_gaps (TestSide *sink)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink->feed, "src");

  for (guint64 i = 10; i < 60; i += 5) {
    test_side_push (sink, i, 5);
    test_side_wait_stat (sink, "frames", i + 5);
    gst_pad_push_event (
        pad, gst_event_new_gap ((i + 5) * 20 * GST_MSECOND, 100 * GST_MSECOND));
  }
}

/* As an encoder's that is set up anew: other channels, then the same again. */
static void
feed_changing_caps (TestSide *sink)
{
  for (guint64 i = 10; i < 60; i += 10) {
    g_autoptr (GstCaps) caps = gst_caps_new_simple (
        "audio/x-opus", "channel-mapping-family", G_TYPE_INT, 0, "channels",
        G_TYPE_INT, 1 + (int) (i / 10 % 2), "rate", G_TYPE_INT, 48000, NULL);

    gst_app_src_set_caps (GST_APP_SRC (sink->feed), caps);
    test_side_push (sink, i, 10);
  }
}

/* ---- The list ---- */

#define TONE "audiotestsrc samplesperbuffer=960 "
#define RAW  "! audio/x-raw,rate=48000,channels=1 "

static const struct {
  const char *name, *input;
} inputs[] = {
    {"frames-of-2.5-ms", TONE RAW "! opusenc frame-size=2.5 ! clocksync"},
    {"frames-of-5-ms", TONE RAW "! opusenc frame-size=5 ! clocksync"},
    {"frames-of-60-ms", TONE RAW "! opusenc frame-size=60 ! clocksync"},
    {"dtx", TONE "wave=silence " RAW
                 "! opusenc dtx=true bitrate-type=vbr ! clocksync"},
    {"discont",
     TONE RAW "! opusenc ! clocksync ! identity drop-probability=0.2"},
    {"raw-11025", TONE "! audio/x-raw,rate=11025,channels=1 ! clocksync"},
    {"raw-44100", TONE "! audio/x-raw,rate=44100,channels=2 ! clocksync"},
    {"raw-six-channels",
     TONE "! audio/x-raw,rate=48000,channels=6 ! clocksync"},
};

static const struct {
  const char *name;
  Feed feed;
} feeds[] = {
    {"faster-than-time", feed_faster_than_time},
    {"times-jump-back", feed_jumps_back},
    {"times-jump-ahead", feed_jumps_ahead},
    {"without-times", feed_without_times},
    {"gap-events", feed_with_gaps},
    {"changing-caps", feed_changing_caps},
};

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++) {
    g_autofree char *path = g_strdup_printf ("/gst/audio/%s", inputs[i].name);

    g_test_add_data_func (path, inputs[i].input, through_an_outage);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (feeds); i++) {
    g_autofree char *path = g_strdup_printf ("/gst/audio/%s", feeds[i].name);

    g_test_add_data_func (path, &feeds[i].feed, fed_through_an_outage);
  }
  return test_process_run_tests ();
}
