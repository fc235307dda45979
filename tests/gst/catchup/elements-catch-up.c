/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-side.h"

#include "rw-outage-simulation.h"

/* delivery=catch-up between both elements: after an outage everything that was
 * missed is heard, faster, until the audio is live again. */

#define OUTAGE_MS 2000
#define FREQUENCY 997

/* A codec's own rounding, and its start, of which a part is left out. */
#define MIN_HOLE (10 * GST_MSECOND)

static TestSide *
sink_new (void)
{
  return test_side_new (
      "audiotestsrc is-live=true freq=%d samplesperbuffer=960 volume=0.5 "
      "! audio/x-raw,format=S16LE,rate=48000,channels=1 ! opusenc "
      "! resilientwebrtcsink name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "stream-name=studio",
      FREQUENCY);
}

static TestSide *
src_new (TestSide *sink, const char *properties, const char *downstream)
{
  return test_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                        "signaller-uri=ws://127.0.0.1:%u %s ! %s",
                        test_side_get_port (sink), properties, downstream);
}

static void
cut (TestSide *src)
{
  g_signal_emit_by_name (src->element, "simulate-outage", RW_OUTAGE_MEDIA,
                         OUTAGE_MS);
  test_side_wait_message (src, "resilient-webrtc-state", "state", "suspect");
}

typedef struct {
  guint n_holes;
  GstClockTime hole; /* the longest */
  GstClockTime heard;
  guint n_crossings;
} Heard;

static void
listen (GstBuffer *buffer, Heard *heard)
{
  GstMapInfo map;
  gsize i;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  for (i = 1; i < map.size / 2; i++)
    heard->n_crossings += ((gint16 *) (gpointer) map.data)[i - 1] < 0 &&
                          ((gint16 *) (gpointer) map.data)[i] >= 0;
  gst_buffer_unmap (buffer, &map);
  heard->heard += GST_BUFFER_DURATION (buffer);
}

/* Silence that fills a hole is no audio. */
static Heard
listen_to (TestSide *src)
{
  Heard heard = {0};
  GstClockTime end = GST_CLOCK_TIME_NONE;
  guint i;

  for (i = 0; i < src->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (src->buffers, i);

    if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
      continue;
    g_assert_nonnull (
        gst_buffer_get_custom_meta (buffer, "GstResilientWebrtcFrameMeta"));
    if (GST_CLOCK_TIME_IS_VALID (end)) {
      g_assert_cmpuint (GST_BUFFER_PTS (buffer) + MIN_HOLE, >=, end);
      if (GST_BUFFER_PTS (buffer) > end + MIN_HOLE) {
        heard.n_holes++;
        heard.hole = MAX (heard.hole, GST_BUFFER_PTS (buffer) - end);
      }
    }
    end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
    listen (buffer, &heard);
  }
  return heard;
}

#define RAW                                                                    \
  "audio/x-raw,format=S16LE,rate=48000,channels=1 ! fakesink sync=true"

static void
test_what_was_missed_is_heard_faster (void)
{
  g_autoptr (TestSide) sink = sink_new ();
  g_autoptr (TestSide) src = NULL;
  Heard heard;
  double frequency;

  test_side_play (sink);
  src = src_new (sink, "delivery=catch-up catch-up-rate=2", RAW);
  test_side_play (src);
  test_side_wait_buffers (src, 50);
  cut (src);
  test_side_wait_stat_at_least (src, "behind", GST_SECOND);
  test_side_wait_stat_at_most (src, "behind", 40 * GST_MSECOND);
  test_side_wait_buffers (src, src->buffers->len + 20);
  test_side_stop (src);

  heard = listen_to (src);
  frequency = (double) heard.n_crossings * GST_SECOND / (double) heard.heard;
  g_test_message ("%.1f Hz, %u holes, the longest of %.0f ms", frequency,
                  heard.n_holes, (double) heard.hole / GST_MSECOND);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
  g_assert_cmpuint (heard.hole, >, GST_SECOND);
  g_assert_cmpfloat (frequency, >, FREQUENCY * 0.99);
  g_assert_cmpfloat (frequency, <, FREQUENCY * 1.01);
}

/* With Opus there is nothing whose tempo could be raised. */
static void
test_opus_is_refused_in_words (void)
{
  g_autoptr (TestSide) sink = sink_new ();
  g_autoptr (TestSide) src = NULL;
  g_autoptr (GError) error = NULL;

  test_side_play (sink);
  src = src_new (sink, "delivery=catch-up",
                 "audio/x-opus ! fakesink sync=false async=false");
  test_side_play (src);
  gst_message_parse_warning (test_side_wait_type (src, GST_MESSAGE_WARNING, 1),
                             &error, NULL);
  g_assert_nonnull (strstr (error->message, "audio/x-raw"));
  test_side_wait_buffers (src, 10);
  g_assert_cmpuint (test_side_get_stat (src, "behind"), ==, 0);
}

/* At any moment, also while it catches up. */
static void
test_is_chosen_while_it_plays (void)
{
  g_autoptr (TestSide) sink = sink_new ();
  g_autoptr (TestSide) src = NULL;

  test_side_play (sink);
  src = src_new (sink, "", RAW);
  test_side_play (src);
  test_side_wait_buffers (src, 10);
  g_object_set (src->element, "delivery", 2, "catch-up-rate", 1.1, NULL);
  test_side_wait_buffers (src, src->buffers->len + 10);
  cut (src);
  test_side_wait_stat_at_least (src, "behind", GST_SECOND);
  g_object_set (src->element, "delivery", 0, NULL);
  test_side_wait_stat_at_most (src, "behind", 40 * GST_MSECOND);
  test_side_wait_buffers (src, src->buffers->len + 10);
  g_assert_cmpuint (test_side_get_stat (src, "lost"), ==, 0);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/catch-up/missed-is-heard-faster",
                   test_what_was_missed_is_heard_faster);
  g_test_add_func ("/gst/catch-up/opus-is-refused-in-words",
                   test_opus_is_refused_in_words);
  g_test_add_func ("/gst/catch-up/is-chosen-while-it-plays",
                   test_is_chosen_while_it_plays);
  return test_process_run_tests ();
}
