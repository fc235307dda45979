/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-ordinary.h"
#include "test-process.h"

#include "rw-frame-meta.h"
#include "rw-outage-simulation.h"

/* The time and age of what comes out after an outage that lost audio, and after
 * a sleep of the host: audio, silence and gaps together are as long as the time
 * they cover. */

#define RAW_CAPS "audio/x-raw,format=S16LE,rate=48000,channels=1"

static TestSide *
live_sink_new (const char *properties)
{
  TestSide *sink = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 ! "
      "audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
      "run-signalling-server=true signalling-server-host=127.0.0.1 "
      "signalling-server-port=0 stream-name=studio %s",
      properties);

  test_side_play (sink);
  return sink;
}

static guint
count_buffers (TestSide *side)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);

  return side->buffers->len;
}

/* Of all buffers: the time they cover, that of it without a
 * buffer, and the samples. */
typedef struct {
  GstClockTime covered;
  GstClockTime holes;
  GstClockTime samples;
} Lengths;

static Lengths
measure_raw (TestSide *src)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&src->lock);
  GstBuffer *buffer = g_ptr_array_index (src->buffers, 0);
  GstClockTime begin = GST_BUFFER_PTS (buffer), end = begin;
  Lengths lengths = {0};

  for (guint i = 0; i < src->buffers->len; i++) {
    buffer = g_ptr_array_index (src->buffers, i);
    /* Where the first frames were late the next ones follow more quickly. */
    g_assert_cmpuint (GST_BUFFER_PTS (buffer) + 20 * GST_MSECOND, >=, end);
    if (GST_BUFFER_PTS (buffer) > end)
      lengths.holes += GST_BUFFER_PTS (buffer) - end;
    end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
    lengths.samples += gst_buffer_get_size (buffer) * GST_SECOND / (48000 * 2);
  }
  lengths.covered = end - begin;
  g_test_message ("%" G_GUINT64_FORMAT " ms of audio in %" G_GUINT64_FORMAT
                  " ms",
                  lengths.samples / GST_MSECOND, lengths.covered / GST_MSECOND);
  return lengths;
}

/* The number of the newest frame; what the decoder made up has none. */
static guint64
get_newest_index (TestSide *src)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&src->lock);
  guint64 index = 0;

  for (guint i = src->buffers->len; i > 0 && index == 0; i--) {
    GstCustomMeta *meta = gst_buffer_get_custom_meta (
        g_ptr_array_index (src->buffers, i - 1), RW_FRAME_META_NAME);

    if (meta)
      gst_structure_get_uint64 (gst_custom_meta_get_structure (meta), "index",
                                &index);
  }
  return index;
}

static guint64
get_first_index (TestSide *src)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (
      g_ptr_array_index (src->buffers, 0), RW_FRAME_META_NAME);
  guint64 index = 0;

  g_assert_nonnull (meta);
  gst_structure_get_uint64 (gst_custom_meta_get_structure (meta), "index",
                            &index);
  return index;
}

static GstClockTime
sum_of_messages (TestSide *side, const char *name, const char *field)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&side->lock);
  GstClockTime sum = 0;
  guint64 value;

  for (guint i = 0; i < side->messages->len; i++) {
    const GstStructure *structure =
        gst_message_get_structure (g_ptr_array_index (side->messages, i));

    if (structure && gst_structure_has_name (structure, name) &&
        gst_structure_get_uint64 (structure, field, &value))
      sum += value;
  }
  return sum;
}

/* The sink keeps one second, and four are missed: raw output is as long as the
 * sender's hours, with silence for what is lost. */
static void
test_raw_output_outlasts_the_journal (void)
{
  g_autoptr (TestSide) sink = live_sink_new ("max-size-time=1000000000");
  g_autoptr (TestSide) src = test_side_new (
      "resilientwebrtcsrc name=it producer-name=studio start-position=oldest "
      "signaller-uri=ws://127.0.0.1:%u ! " RAW_CAPS
      " ! fakesink sync=false async=false",
      test_side_get_port (sink));
  GstClockTime sent;
  Lengths lengths;

  test_side_play (src);
  test_side_wait_buffers (src, 50);
  g_signal_emit_by_name (src->element, "simulate-outage", RW_OUTAGE_MEDIA,
                         4000);
  test_side_wait_message (src, "resilient-webrtc-gap", NULL, NULL);
  test_side_wait_buffers (src, count_buffers (src) + 50);
  test_side_end (sink);
  test_side_wait_eos (src);
  sent =
      (get_newest_index (src) + 1 - get_first_index (src)) * 20 * GST_MSECOND;
  lengths = measure_raw (src);
  g_assert_cmpuint (sum_of_messages (src, "resilient-webrtc-gap", "duration"),
                    >, GST_SECOND);
  g_assert_cmpint (ABS (GST_CLOCK_DIFF (lengths.samples, lengths.covered)), <,
                   20 * GST_MSECOND);
  g_assert_cmpint (ABS (GST_CLOCK_DIFF (lengths.covered, sent)), <,
                   60 * GST_MSECOND);
}

/* ---- Live output ---- */

/* The longest time from the sink's input to the source's output. */
static GstClockTimeDiff
measure_oldest (TestSide *sink, TestSide *src)
{
  GstClockTimeDiff oldest = 0;

  for (guint i = 0; i < count_buffers (src); i++) {
    GstCustomMeta *meta = gst_buffer_get_custom_meta (
        g_ptr_array_index (src->buffers, i), RW_FRAME_META_NAME);
    guint64 index;

    gst_structure_get_uint64 (gst_custom_meta_get_structure (meta), "index",
                              &index);
    g_mutex_lock (&sink->lock);
    g_assert_cmpuint (index, <, sink->arrivals->len);
    oldest = MAX (
        oldest,
        GST_CLOCK_DIFF (gst_element_get_base_time (sink->pipeline) +
                            g_array_index (sink->arrivals, GstClockTime, index),
                        gst_element_get_base_time (src->pipeline) +
                            g_array_index (src->arrivals, GstClockTime, i)));
    g_mutex_unlock (&sink->lock);
  }
  return oldest;
}

/* Four seconds wait at the sink when the network is back: what is older than
 * the latency is given up at once. A second allows for a busy machine. */
static void
test_live_output_is_no_older_than_its_latency (void)
{
  g_autoptr (TestSide) sink = live_sink_new ("");
  g_autoptr (TestSide) src = test_side_new (
      "resilientwebrtcsrc name=it producer-name=studio delivery=live "
      "latency=200 signaller-uri=ws://127.0.0.1:%u ! audio/x-opus ! "
      "fakesink sync=false async=false",
      test_side_get_port (sink));
  GstClockTimeDiff oldest;

  test_side_play (src);
  test_side_wait_buffers (src, 50);
  g_signal_emit_by_name (src->element, "simulate-outage", RW_OUTAGE_MEDIA,
                         4000);
  test_side_wait_message (src, "resilient-webrtc-gap", NULL, NULL);
  test_side_wait_buffers (src, count_buffers (src) + 100);
  test_side_stop (src);
  test_side_stop (sink);
  oldest = measure_oldest (sink, src);
  g_test_message ("the oldest: %" G_GINT64_FORMAT " ms",
                  oldest / (gint64) GST_MSECOND);
  g_assert_cmpuint (sum_of_messages (src, "resilient-webrtc-gap", "duration"),
                    >, 2 * GST_SECOND);
  g_assert_cmpint (oldest, <, 1200 * (gint64) GST_MSECOND);
}

/* ---- An ordinary producer ---- */

/* Its packets are lost on their way while @is_cut; one that has lost none was
 * held up by the machine. */
typedef struct {
  gint is_cut; /* atomic */
  gint n_lost; /* atomic */
} Cut;

static GstPadProbeReturn
lose (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Cut *cut = data;

  if (!g_atomic_int_get (&cut->is_cut))
    return GST_PAD_PROBE_OK;
  g_atomic_int_inc (&cut->n_lost);
  return GST_PAD_PROBE_DROP;
}

typedef struct {
  TestOrdinary *peer;
  Cut *cut;
  gint n;
} CutWant;

static gboolean
has_lost (gpointer data)
{
  CutWant *want = data;

  test_ordinary_take_messages (want->peer);
  return g_atomic_int_get (&want->cut->n_lost) >= want->n;
}

/* Three seconds of @src's producer are lost. Returns the number of buffers
 * before them. */
static guint
lose_three_seconds (TestSide *src, TestOrdinary *peer)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (peer->webrtc, "sink_0");
  Cut cut = {0};
  CutWant lost = {peer, &cut, 150};
  TestOrdinaryWant want = {src, peer, 50};
  guint before;
  gulong probe;

  test_wait_until (test_ordinary_has_come_out, &want, "audio");
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, lose, &cut, NULL);
  g_atomic_int_set (&cut.is_cut, TRUE);
  test_wait_until (has_lost, &lost, "three seconds of audio");
  before = count_buffers (src);
  g_atomic_int_set (&cut.is_cut, FALSE);
  want.n = before + 100;
  test_wait_until (test_ordinary_has_come_out, &want, "audio again");
  gst_pad_remove_probe (pad, probe);
  return before;
}

static GstClockTime
get_length_of_messages (TestSide *src)
{
  return sum_of_messages (src, "resilient-webrtc-step", "hole") +
         sum_of_messages (src, "resilient-webrtc-gap", "duration");
}

/* Opus: a GAP event for each hole, a message that tells its length, and a
 * discontinuity. */
static void
test_an_ordinary_outage_leaves_a_trace (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  GstClockTime holes = 0, gaps = 0, longest = 0;
  gboolean is_discont = FALSE;

  lose_three_seconds (src, peer);
  g_assert_cmpuint (get_length_of_messages (src), >, 2500 * GST_MSECOND);
  g_mutex_lock (&src->lock);
  for (guint i = 1; i < src->buffers->len; i++) {
    GstBuffer *before = g_ptr_array_index (src->buffers, i - 1);
    GstBuffer *after = g_ptr_array_index (src->buffers, i);
    GstClockTimeDiff hole =
        GST_CLOCK_DIFF (GST_BUFFER_PTS (before) + GST_BUFFER_DURATION (before),
                        GST_BUFFER_PTS (after));

    holes += (GstClockTime) MAX (hole, 0);
    if (hole > (GstClockTimeDiff) longest) {
      longest = (GstClockTime) hole;
      is_discont = GST_BUFFER_FLAG_IS_SET (after, GST_BUFFER_FLAG_DISCONT);
    }
  }
  for (guint i = 0; i < src->gaps->len; i++)
    gaps += (&g_array_index (src->gaps, GstClockTime, 2 * i))[1];
  g_mutex_unlock (&src->lock);
  g_test_message ("hole of %" G_GUINT64_FORMAT " ms", longest / GST_MSECOND);
  g_assert_cmpuint (longest, >, 2500 * GST_MSECOND);
  g_assert_true (is_discont);
  g_assert_cmpuint (gaps, ==, holes);
}

static void
test_raw_audio_of_an_ordinary_outage_is_as_long (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", RAW_CAPS);
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  Lengths lengths;

  lose_three_seconds (src, peer);
  lengths = measure_raw (src);
  g_assert_cmpuint (lengths.covered, >, 5 * GST_SECOND);
  g_assert_cmpuint (lengths.holes, <, 20 * GST_MSECOND);
  /* The jitter buffer of a busy machine finds only by and by how quick the path
   * is; its first packets then follow each other more quickly. */
  g_assert_cmpuint (lengths.samples + 20 * GST_MSECOND, >=, lengths.covered);
}

/* The producer's pipeline stood still until its connection was there, and then
 * sent all at once: what follows is on time. */
static void
test_an_ordinary_burst_at_the_start_delays_nothing (void)
{
  g_autoptr (TestSide) src =
      test_ordinary_new_source ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestOrdinary) peer = test_ordinary_new_producer (src);
  TestOrdinaryWant want = {src, peer, 50};
  GstClockTimeDiff early;

  test_wait_until (test_ordinary_has_come_out, &want, "audio");
  g_mutex_lock (&src->lock);
  early = GST_CLOCK_DIFF (
      gst_element_get_current_running_time (src->pipeline),
      GST_BUFFER_PTS (g_ptr_array_index (src->buffers, want.n - 1)));
  g_mutex_unlock (&src->lock);
  g_test_message ("early by %" G_GINT64_FORMAT " ms",
                  early / (gint64) GST_MSECOND);
  g_assert_cmpint (early, <, 200 * (gint64) GST_MSECOND);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
#define ADD(name, func) g_test_add_func ("/gst/outages/" name, func)
  ADD ("raw-output-outlasts-the-journal", test_raw_output_outlasts_the_journal);
  ADD ("live-output-is-no-older-than-its-latency",
       test_live_output_is_no_older_than_its_latency);
  ADD ("an-ordinary-outage-leaves-a-trace",
       test_an_ordinary_outage_leaves_a_trace);
  ADD ("raw-audio-of-an-ordinary-outage",
       test_raw_audio_of_an_ordinary_outage_is_as_long);
  ADD ("an-ordinary-burst-at-the-start",
       test_an_ordinary_burst_at_the_start_delays_nothing);
#undef ADD
  return test_process_run_tests ();
}
