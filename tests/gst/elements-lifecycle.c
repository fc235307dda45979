/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-side.h"

#include <gst/app/gstappsrc.h>
#include "test-process.h"

#include <malloc.h>
#include <string.h>
#include <unistd.h>

/* State changes of the elements: at any moment, from any place, for ever. */

/* A sanitizer sees in each what the others would show in their sum. */
#ifdef __SANITIZE_ADDRESS__
#define N_CYCLES 20
#else
#define N_CYCLES 100
#endif

/* In use, not resident: how a dozen arenas fragment under load is no leak. */
static guint64
allocated_bytes (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* Threads of GStreamer's and GLib's pools come and go as they like: what may
 * not be is growth. */
typedef struct {
  guint threads;
  guint fds;
  guint64 bytes;
} Usage;

static void
take_usage (Usage *usage)
{
  usage->threads = test_process_count_threads ();
  usage->fds = test_process_count_files ();
  usage->bytes = allocated_bytes ();
}

static void
assert_no_growth (const Usage *before, guint64 most_bytes)
{
  Usage after;

  test_process_wait_usage (before->threads + 3, before->fds);
  take_usage (&after);
  g_test_message ("threads %u -> %u, fds %u -> %u, kB %u -> %u",
                  before->threads, after.threads, before->fds, after.fds,
                  (guint) (before->bytes / 1024), (guint) (after.bytes / 1024));
  g_assert_cmpuint (after.fds, <=, before->fds);
  g_assert_cmpuint (after.threads, <=, before->threads + 3);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
  g_assert_cmpuint (after.bytes, <=, before->bytes + most_bytes);
#endif
}

/* ---- NULL from a handler ---- */

typedef struct {
  TestSide *side;
  const char *state; /* at which the handler stops the pipeline */
  gint stopped;
} Stopper;

/* A handler may still be on its way out when it is disconnected, so a stopper
 * outlives its test. */
static Stopper *
stopper_new (TestSide *side, const char *state)
{
  static Stopper stoppers[64];
  static guint n = 0;
  Stopper *stopper = &stoppers[n++];

  g_assert_cmpuint (n, <=, G_N_ELEMENTS (stoppers));
  stopper->side = side;
  stopper->state = state;
  return stopper;
}

static void
stop_once (Stopper *stopper)
{
  if (!g_atomic_int_compare_and_exchange (&stopper->stopped, 0, 1))
    return;
  test_side_stop (stopper->side);
  g_mutex_lock (&stopper->side->lock);
  g_atomic_int_set (&stopper->stopped, 2);
  g_cond_broadcast (&stopper->side->changed);
  g_mutex_unlock (&stopper->side->lock);
}

static gboolean
is_stopped (TestSide *side, gpointer data)
{
  return g_atomic_int_get (&((Stopper *) data)->stopped) == 2;
}

static void
on_notify_state (GObject *object, GParamSpec *spec, gpointer data)
{
  Stopper *stopper = data;
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *state = NULL;

  g_object_get_property (object, "state", &value);
  state = gst_value_serialize (&value);
  if (g_strcmp0 (state, stopper->state) == 0)
    stop_once (stopper);
}

static GstBusSyncReply
on_sync_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Stopper *stopper = data;
  const GstStructure *structure = gst_message_get_structure (message);

  if (structure &&
      gst_structure_has_name (structure, "resilient-webrtc-state") &&
      g_strcmp0 (gst_structure_get_string (structure, "state"),
                 stopper->state) == 0)
    stop_once (stopper);
  return GST_BUS_PASS;
}

/* A pair that plays; the sink's stream goes on until the end of the test. */
typedef struct {
  TestSide *sink;
  TestSide *src;
} Pair;

static const char live_sink_line[] =
    "audiotestsrc is-live=true samplesperbuffer=960 "
    "! audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
    "run-signalling-server=true signalling-server-host=127.0.0.1 "
    "signalling-server-port=0 stream-name=studio";

static void
pair_init (Pair *pair)
{
  pair->sink = test_side_new ("%s", live_sink_line);
  test_side_play (pair->sink);
  pair->src = test_side_new_opus_src (pair->sink, "");
}

static void
pair_clear (Pair *pair)
{
  test_side_free (pair->src);
  test_side_free (pair->sink);
}

static void
stop_from_notify (TestSide *side, Pair *pair, const char *state)
{
  Stopper *stopper = stopper_new (side, state);
  gulong id = g_signal_connect (side->element, "notify::state",
                                G_CALLBACK (on_notify_state), stopper);

  test_side_play (pair->src);
  test_side_wait (side, is_stopped, stopper, state);
  g_signal_handler_disconnect (side->element, id);
}

static void
test_stop_from_notify_of_the_source (void)
{
  static const char *const states[] = {"connecting", "connected"};
  Pair pair;

  for (guint i = 0; i < 10; i++) {
    pair_init (&pair);
    stop_from_notify (pair.src, &pair, states[i % 2]);
    pair_clear (&pair);
  }
}

static void
test_stop_from_notify_of_the_sink (void)
{
  Pair pair;

  for (guint i = 0; i < 5; i++) {
    pair_init (&pair);
    stop_from_notify (pair.sink, &pair, "connected");
    pair_clear (&pair);
  }
}

static void
stop_from_sync_handler (TestSide *side, Pair *pair, const char *state)
{
  Stopper *stopper = stopper_new (side, state);
  g_autoptr (GstBus) bus = gst_pipeline_get_bus (GST_PIPELINE (side->pipeline));

  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_bus_set_sync_handler (bus, on_sync_message, stopper, NULL);
  test_side_play (pair->src);
  test_side_wait (side, is_stopped, stopper, state);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
}

static void
test_stop_from_a_sync_bus_handler (void)
{
  static const char *const states[] = {"connecting", "connected", "connected"};
  Pair pair;

  for (guint i = 0; i < 9; i++) {
    pair_init (&pair);
    stop_from_sync_handler (i % 3 < 2 ? pair.src : pair.sink, &pair,
                            states[i % 3]);
    pair_clear (&pair);
  }
}

/* The application and its handler at once, either of which waits for the
 * other's state lock. */
static void
test_stop_from_a_handler_and_the_application_at_once (void)
{
  for (guint i = 0; i < 10; i++) {
    Stopper *stopper;
    gulong id;
    Pair pair;

    pair_init (&pair);
    stopper = stopper_new (pair.src, "connected");
    id = g_signal_connect (pair.src->element, "notify::state",
                           G_CALLBACK (on_notify_state), stopper);
    test_side_play (pair.src);
    test_side_wait_state (pair.src, "connecting");
    while (g_atomic_int_get (&stopper->stopped) == 0 && i % 2)
      g_thread_yield ();
    test_side_stop (pair.src);
    if (g_atomic_int_get (&stopper->stopped))
      test_side_wait (pair.src, is_stopped, stopper, "stopped");
    g_signal_handler_disconnect (pair.src->element, id);
    pair_clear (&pair);
  }
}

static void
on_overrun (GstElement *element, const char *consumer_id, guint64 frames,
            gpointer data)
{
  stop_once (data);
}

/* The stop may come in the middle of them. */
static void
push_until_stopped (TestSide *sink, guint n)
{
  GstFlowReturn flow = GST_FLOW_OK;

  for (guint i = 0; i < n && flow == GST_FLOW_OK; i++)
    flow = gst_app_src_push_buffer (GST_APP_SRC (sink->feed),
                                    test_side_make_packet (i));
  if (flow != GST_FLOW_OK)
    g_assert_cmpint (flow, ==, GST_FLOW_FLUSHING);
}

static void
test_stop_from_the_overrun_signal (void)
{
  for (guint i = 0; i < 3; i++) {
    g_autoptr (TestSide) sink = test_side_new_opus_sink ("max-size-buffers=20");
    g_autoptr (TestSide) src = NULL;
    Stopper *stopper = stopper_new (sink, NULL);

    g_signal_connect (sink->element, "overrun", G_CALLBACK (on_overrun),
                      stopper);
    test_side_play (sink);
    src = test_side_new_opus_src (sink, "");
    test_side_play (src);
    test_side_wait_stat (sink, "consumers", 1);
    push_until_stopped (sink, 100);
    test_side_wait (sink, is_stopped, stopper, "overrun");
  }
}

/* ---- Up and down ---- */

static void
drop_records (TestSide *side)
{
  g_mutex_lock (&side->lock);
  g_ptr_array_set_size (side->buffers, 0);
  g_ptr_array_set_size (side->messages, 0);
  g_mutex_unlock (&side->lock);
}

/* Without records, what the test itself keeps does not count as growth. */
static void
cycle_pair (Pair *pair)
{
  test_side_play (pair->src);
  test_side_wait_buffers (pair->src, 1);
  test_side_stop (pair->src);
  drop_records (pair->src);
  drop_records (pair->sink);
}

static void
test_hundred_cycles_of_the_source (void)
{
  Usage before = {0};
  Pair pair;

  pair_init (&pair);
  for (guint i = 0; i < N_CYCLES; i++) {
    cycle_pair (&pair);
    if (i == N_CYCLES / 4)
      take_usage (&before);
  }
  assert_no_growth (&before, 4 << 20);
  pair_clear (&pair);
}

static void
test_hundred_pairs_come_and_go (void)
{
  Usage before = {0};

  for (guint i = 0; i < N_CYCLES; i++) {
    Pair pair;

    pair_init (&pair);
    cycle_pair (&pair);
    pair_clear (&pair);
    if (i == N_CYCLES / 4)
      take_usage (&before);
  }
  assert_no_growth (&before, 4 << 20);
}

/* At moments from before the first candidate to after the first audio. */
static void
test_stop_at_random_moments (void)
{
  g_autoptr (GRand) dice = g_rand_new_with_seed (7);
  Usage before = {0};
  Pair pair;

  pair_init (&pair);
  for (guint i = 0; i < 60; i++) {
    test_side_play (pair.src);
    test_process_wait_moment (dice, 60000);
    test_side_stop (pair.src);
    if (i == 20)
      take_usage (&before);
  }
  assert_no_growth (&before, 4 << 20);
  g_ptr_array_set_size (pair.src->buffers, 0);
  cycle_pair (&pair);
  pair_clear (&pair);
}

static gpointer
flip_states (gpointer data)
{
  TestSide *side = data;
  static const GstState states[] = {GST_STATE_PLAYING, GST_STATE_NULL,
                                    GST_STATE_PAUSED, GST_STATE_READY};
  g_autoptr (GRand) dice = g_rand_new ();

  for (guint i = 0; i < 30; i++) {
    gst_element_set_state (side->pipeline,
                           states[g_rand_int_range (dice, 0, 4)]);
    test_process_wait_moment (dice, 10000);
  }
  return NULL;
}

static void
test_two_threads_change_the_state (void)
{
  Pair pair;
  GThread *threads[4];

  pair_init (&pair);
  for (guint i = 0; i < 4; i++)
    threads[i] =
        g_thread_new ("flip", flip_states, i < 2 ? pair.src : pair.sink);
  for (guint i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  pair_clear (&pair);
}

/* ---- A life after another ---- */

static void
replace_feed (TestSide *side, GstCaps *caps)
{
  GstElement *feed = gst_element_factory_make ("appsrc", NULL);

  if (side->feed)
    gst_bin_remove (GST_BIN (side->pipeline), side->feed);
  g_clear_object (&side->feed);
  side->feed = gst_object_ref_sink (feed);
  g_object_set (feed, "caps", caps, "format", GST_FORMAT_TIME, "is-live", TRUE,
                NULL);
  gst_bin_add (GST_BIN (side->pipeline), feed);
  g_assert_true (gst_element_link (feed, side->element));
}

static void
test_raw_in_one_run_and_opus_in_the_next (void)
{
  g_autoptr (TestSide) sink =
      test_side_new ("fakesrc num-buffers=0 ! fakesink resilientwebrtcsink "
                     "name=it run-signalling-server=true "
                     "signalling-server-port=0 "
                     "signalling-server-host=127.0.0.1 stream-name=studio");
  static const char *const caps[] = {
      "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved",
      "audio/x-opus,channel-mapping-family=0,channels=2,rate=48000",
      "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved"};

  for (guint i = 0; i < G_N_ELEMENTS (caps); i++) {
    g_autoptr (GstCaps) format = gst_caps_from_string (caps[i]);
    g_autoptr (TestSide) src = NULL;

    replace_feed (sink, format);
    test_side_play (sink);
    src = test_side_new_opus_src (sink, "");
    test_side_play (src);
    test_side_wait_stat (sink, "consumers", 1);
    for (guint n = 0; n < 10; n++) {
      GstBuffer *buffer = test_side_make_packet (n);
      GstFlowReturn flow;

      if (i != 1) {
        GstBuffer *raw = gst_buffer_new_allocate (NULL, 3840, NULL);

        gst_buffer_memset (raw, 0, 0, 3840);
        gst_buffer_copy_into (raw, buffer, GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
        gst_buffer_unref (buffer);
        buffer = raw;
      }
      g_signal_emit_by_name (sink->feed, "push-buffer", buffer, &flow);
      gst_buffer_unref (buffer);
      g_assert_cmpint (flow, ==, GST_FLOW_OK);
    }
    test_side_wait_buffers (src, 5);
    test_side_stop (sink);
    test_side_assert_quiet (sink);
  }
}

/* Audio that arrives while the pad is paused is kept, and times go on after it
 * as if there had been no pause. */
static void
test_pause_loses_nothing (void)
{
  guint64 frames;
  Pair pair;
  guint n;

  pair_init (&pair);
  test_side_play (pair.src);
  test_side_wait_buffers (pair.src, 5);
  gst_element_set_state (pair.src->pipeline, GST_STATE_PAUSED);
  frames = test_side_get_stat (pair.src, "frames");
  test_side_wait_stat_at_least (pair.src, "frames", frames + 25);
  g_mutex_lock (&pair.src->lock);
  n = pair.src->buffers->len;
  g_mutex_unlock (&pair.src->lock);
  test_side_play (pair.src);
  test_side_wait_buffers (pair.src, n + 50);
  test_side_stop (pair.src);

  for (guint i = 1; i < pair.src->buffers->len; i++) {
    GstBuffer *before = g_ptr_array_index (pair.src->buffers, i - 1);
    GstBuffer *buffer = g_ptr_array_index (pair.src->buffers, i);
    GstClockTimeDiff step =
        GST_CLOCK_DIFF (GST_BUFFER_PTS (before) + GST_BUFFER_DURATION (before),
                        GST_BUFFER_PTS (buffer));

    /* A correction of time is less than a frame. */
    g_assert_cmpint (ABS (step), <, 20 * GST_MSECOND);
  }
  pair_clear (&pair);
}

static void
test_null_strings_are_defaults (void)
{
  g_autoptr (TestSide) sink =
      test_side_new ("fakesrc num-buffers=0 ! resilientwebrtcsink name=it "
                     "run-signalling-server=true signalling-server-port=0");
  g_autofree char *name = NULL;
  g_autofree char *host = NULL;

  g_object_set (sink->element, "signalling-server-host", NULL, "stream-name",
                NULL, "signaller-uri", NULL, "stun-server", NULL, NULL);
  g_object_get (sink->element, "signalling-server-host", &host, "stream-name",
                &name, NULL);
  g_assert_cmpstr (host, ==, "0.0.0.0");
  g_assert_cmpstr (name, ==, g_get_host_name ());
  test_side_play (sink);
  test_side_assert_quiet (sink);
}

static void
test_server_may_be_asked_for_in_ready (void)
{
  g_autoptr (TestSide) sink =
      test_side_new ("audiotestsrc is-live=true ! resilientwebrtcsink name=it "
                     "stream-name=studio");
  g_autoptr (TestSide) src = NULL;

  gst_element_set_state (sink->pipeline, GST_STATE_READY);
  g_object_set (sink->element, "run-signalling-server", TRUE,
                "signalling-server-port", 0, "signalling-server-host",
                "127.0.0.1", NULL);
  test_side_play (sink);
  src = test_side_new_opus_src (sink, "");
  test_side_play (src);
  test_side_wait_buffers (src, 5);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/stop-from-notify-of-the-source",
                   test_stop_from_notify_of_the_source);
  g_test_add_func ("/gst/elements/stop-from-notify-of-the-sink",
                   test_stop_from_notify_of_the_sink);
  g_test_add_func ("/gst/elements/stop-from-a-sync-bus-handler",
                   test_stop_from_a_sync_bus_handler);
  g_test_add_func ("/gst/elements/stop-from-a-handler-and-the-application",
                   test_stop_from_a_handler_and_the_application_at_once);
  g_test_add_func ("/gst/elements/stop-from-the-overrun-signal",
                   test_stop_from_the_overrun_signal);
  g_test_add_func ("/gst/elements/hundred-cycles-of-the-source",
                   test_hundred_cycles_of_the_source);
  g_test_add_func ("/gst/elements/hundred-pairs-come-and-go",
                   test_hundred_pairs_come_and_go);
  g_test_add_func ("/gst/elements/stop-at-random-moments",
                   test_stop_at_random_moments);
  g_test_add_func ("/gst/elements/two-threads-change-the-state",
                   test_two_threads_change_the_state);
  g_test_add_func ("/gst/elements/raw-in-one-run-and-opus-in-the-next",
                   test_raw_in_one_run_and_opus_in_the_next);
  g_test_add_func ("/gst/elements/pause-loses-nothing",
                   test_pause_loses_nothing);
  g_test_add_func ("/gst/elements/null-strings-are-defaults",
                   test_null_strings_are_defaults);
  g_test_add_func ("/gst/elements/server-asked-for-in-ready",
                   test_server_may_be_asked_for_in_ready);
  return test_process_run_tests ();
}
