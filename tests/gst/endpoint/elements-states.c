/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-state-log.h"

#include <glib/gstdio.h>

#include "test-host.h"

/*
 * The states of both elements as an application sees them, through every
 * transition of the table that can happen at an element. The order of the tests
 * counts: the last one asks what the others have seen.
 */

static TestStateCoverage coverage;

static TestSide *
sink_new (TestHost *host)
{
  return test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
      "stream-name=studio signaller-uri=ws://127.0.0.1:%u",
      host->port);
}

static TestSide *
src_new (TestHost *host, const char *properties)
{
  return test_side_new ("resilientwebrtcsrc name=it producer-name=studio "
                        "signaller-uri=ws://127.0.0.1:%u %s ! audio/x-opus "
                        "! fakesink sync=false async=false",
                        host->port, properties);
}

static void
simulate_outage (TestSide *side, const char *kind, guint duration_ms)
{
  g_auto (GValue) value = G_VALUE_INIT;
  GSignalQuery query;

  g_signal_query (
      g_signal_lookup ("simulate-outage", G_OBJECT_TYPE (side->element)),
      &query);
  g_value_init (&value, query.param_types[0] & ~G_SIGNAL_TYPE_STATIC_SCOPE);
  g_assert_true (gst_value_deserialize (&value, kind));
  g_signal_emit_by_name (side->element, "simulate-outage",
                         g_value_get_enum (&value), duration_ms);
}

/* A pair that has begun; @mark is behind its "connected". */
typedef struct {
  TestHost host;
  TestSide *sink;
  TestSide *src;
  guint mark;
} Pair;

static void
pair_init (Pair *pair, const char *properties)
{
  test_host_start (&pair->host, rw_server_config_new ());
  pair->sink = sink_new (&pair->host);
  test_side_play (pair->sink);
  pair->src = src_new (&pair->host, properties);
  test_side_play (pair->src);
  pair->mark = test_state_log_wait (pair->src, 0, "connected", "connected");
  test_side_wait_buffers (pair->src, 10);
}

static void
wait_state (Pair *pair, const char *state, const char *reason)
{
  pair->mark = test_state_log_wait (pair->src, pair->mark, state, reason);
}

/* The outages in "stats" are those of the messages. */
static void
check_stats (Pair *pair)
{
  guint64 outages = 0, last = 0, worst = 0;

  for (guint i = 0; i < pair->src->messages->len; i++) {
    const GstStructure *s =
        gst_message_get_structure (g_ptr_array_index (pair->src->messages, i));
    guint64 outage;

    if (s == NULL || !gst_structure_has_name (s, "resilient-webrtc-state") ||
        g_strcmp0 (gst_structure_get_string (s, "state"), "connected") != 0 ||
        g_strcmp0 (gst_structure_get_string (s, "previous"), "connecting") == 0)
      continue;
    gst_structure_get_uint64 (s, "outage", &outage);
    outages++;
    last = outage;
    worst = MAX (worst, outage);
  }
  g_assert_cmpuint (test_side_get_stat (pair->src, "outages"), ==, outages);
  g_assert_cmpuint (test_side_get_stat (pair->src, "last-reconnect"), ==, last);
  g_assert_cmpuint (test_side_get_stat (pair->src, "worst-reconnect"), ==,
                    worst);
}

static void
pair_clear (Pair *pair)
{
  test_side_stop (pair->src);
  test_state_log_check_source (pair->src, &coverage);
  test_side_stop (pair->sink);
  test_state_log_check_sink (pair->sink);
  test_side_free (pair->src);
  test_side_free (pair->sink);
  if (pair->host.thread)
    test_host_stop (&pair->host);
}

/* ---- Start and stop ---- */

static void
test_start_and_stop_and_start_again (void)
{
  Pair pair;

  pair_init (&pair, "");
  check_stats (&pair);
  test_side_stop (pair.src);
  wait_state (&pair, "stopped", "stop");
  test_side_play (pair.src);
  wait_state (&pair, "connected", "connected");
  pair_clear (&pair);
}

static void
test_stop_while_connecting (void)
{
  TestHost host;
  TestSide *src;

  test_host_start (&host, rw_server_config_new ());
  src = src_new (&host, "");
  test_side_play (src);
  test_state_log_wait (src, 0, "connecting", "start");
  test_side_stop (src);
  test_state_log_check_source (src, &coverage);
  test_side_free (src);
  test_host_stop (&host);
}

static void
test_stop_while_suspect (void)
{
  Pair pair;

  pair_init (&pair, "stall-timeout=20000");
  simulate_outage (pair.src, "both", 60000);
  wait_state (&pair, "suspect", "silence");
  pair_clear (&pair);
}

static void
test_stop_while_reconnecting (void)
{
  Pair pair;

  pair_init (&pair, "");
  simulate_outage (pair.src, "both", 60000);
  wait_state (&pair, "reconnecting", "stalled");
  pair_clear (&pair);
}

static void
test_end_of_the_stream (void)
{
  Pair pair;

  pair_init (&pair, "");
  test_side_stop (pair.sink);
  test_side_wait_eos (pair.src);
  wait_state (&pair, "stopped", "stop");
  pair_clear (&pair);
}

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK; /* stays blocked */
}

/* The frames that a consumer lacks when it is let go are reported. */
static void
test_backlog_is_told_at_the_end (void)
{
  const GstStructure *stopped;
  guint64 backlog = 0;
  gulong id;
  Pair pair;

  pair_init (&pair, "consumer-id=slow");
  id = gst_pad_add_probe (pair.src->pad,
                          GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER,
                          block, NULL, NULL);
  test_side_wait_buffers (pair.sink, pair.sink->buffers->len + 50);
  test_side_stop (pair.sink);
  gst_pad_remove_probe (pair.src->pad, id);
  stopped = test_state_log_get_last (pair.sink, "slow");
  g_assert_cmpstr (gst_structure_get_string (stopped, "state"), ==, "stopped");
  gst_structure_get_uint64 (stopped, "backlog", &backlog);
  g_assert_cmpuint (backlog, >=, 40 * 20 * GST_MSECOND);
  pair_clear (&pair);
}

/* One that leaves while the path is cut says so until it is heard. */
static void
test_goodbye_outlives_a_lossy_moment (void)
{
  Pair pair;

  pair_init (&pair, "");
  simulate_outage (pair.sink, "media", 70);
  test_side_stop (pair.src);
  test_state_log_wait (pair.sink, 0, "stopped", "consumer left");
  test_side_wait_stat (pair.sink, "consumers", 0);
  pair_clear (&pair);
}

/* ---- Two sessions of one consumer ---- */

/* A pair, and a second source of the consumer's name; it came later. */
static TestSide *
pair_init_double (Pair *pair)
{
  TestSide *later;

  pair_init (pair, "consumer-id=double");
  later = src_new (&pair->host, "consumer-id=double");
  test_side_play (later);
  test_side_wait_buffers (later, 10);
  test_side_wait_stat (pair->sink, "sessions", 2);
  return later;
}

static void
pair_clear_double (Pair *pair, TestSide *later)
{
  test_side_free (later);
  pair_clear (pair);
}

static const char *
get_state_of_double (Pair *pair)
{
  return gst_structure_get_string (
      test_state_log_get_last (pair->sink, "double"), "state");
}

/* As when a session was replaced, and could not be told so: it is open when the
 * consumer leaves on its last one, and falls silent after. */
static void
test_goodbye_is_for_all_sessions_before (void)
{
  Pair pair;
  TestSide *later = pair_init_double (&pair);

  simulate_outage (pair.src, "both", 60000);
  test_side_stop (later);
  test_state_log_wait (pair.sink, 0, "stopped", "consumer left");
  test_side_wait_stat (pair.sink, "sessions", 0);
  test_side_wait_stat (pair.sink, "consumers", 0);
  g_assert_cmpstr (get_state_of_double (&pair), ==, "stopped");
  pair_clear_double (&pair, later);
}

/* A consumer that came later under the same name has not left. */
static void
test_goodbye_is_not_for_sessions_after (void)
{
  Pair pair;
  TestSide *later = pair_init_double (&pair);

  test_side_stop (pair.src);
  test_side_wait_stat (pair.sink, "sessions", 1);
  test_side_wait_buffers (later, later->buffers->len + 10);
  g_assert_cmpstr (get_state_of_double (&pair), !=, "stopped");
  pair_clear_double (&pair, later);
}

/* ---- Outages ---- */

/* Without signalling there is nothing that could replace the old session. */
static void
test_a_suspicion_that_was_false (void)
{
  Pair pair;

  pair_init (&pair, "stall-timeout=20000");
  simulate_outage (pair.src, "signalling", 60000);
  simulate_outage (pair.src, "media", 600);
  wait_state (&pair, "suspect", "silence");
  wait_state (&pair, "connected", "alive");
  check_stats (&pair);
  pair_clear (&pair);
}

static void
test_outages_of_each_kind (void)
{
  static const char *const kinds[] = {"media", "both"};
  Pair pair;

  pair_init (&pair, "");
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    simulate_outage (pair.src, kinds[i], 1500);
    wait_state (&pair, "suspect", "silence");
    wait_state (&pair, "reconnecting", "stalled");
    wait_state (&pair, "connected", NULL);
  }
  check_stats (&pair);
  pair_clear (&pair);
}

/* Media outlives signalling: nothing is told but the line, once. */
static void
test_outage_of_signalling_is_no_state (void)
{
  Pair pair;

  pair_init (&pair, "");
  simulate_outage (pair.src, "signalling", 1000);
  test_side_wait_buffers (pair.src, pair.src->buffers->len + 100);
  g_assert_cmpstr (gst_structure_get_string (
                       test_state_log_get_last (pair.src, NULL), "state"),
                   ==, "connected");
  g_assert_cmpuint (test_side_get_stat (pair.src, "outages"), ==, 0);
  pair_clear (&pair);
}

static void
test_reconnect_on_request (void)
{
  Pair pair;

  pair_init (&pair, "");
  g_signal_emit_by_name (pair.src->element, "reconnect");
  wait_state (&pair, "reconnecting", "requested");
  wait_state (&pair, "connected", "replaced");
  check_stats (&pair);
  pair_clear (&pair);
}

/* The producer falls silent without a word and comes again as another one. */
static void
test_producer_that_comes_back_as_another (void)
{
  Pair pair;
  TestSide *former;
  guint n;

  pair_init (&pair, "stall-timeout=20000");
  simulate_outage (pair.sink, "both", 60000);
  wait_state (&pair, "suspect", "silence");
  former = pair.sink;
  test_side_stop (former);
  pair.sink = sink_new (&pair.host);
  test_side_play (pair.sink);
  wait_state (&pair, "connected", "replaced");
  n = pair.src->buffers->len;
  test_side_wait_buffers (pair.src, n + 10);
  check_stats (&pair);
  g_assert_false (pair.src->eos);
  g_assert_cmpuint (
      test_side_count_messages (pair.src, "resilient-webrtc-stream"), ==, 2);
  g_assert_cmpuint (pair.src->segments->len, ==, 1);
  pair_clear (&pair);
  test_side_free (former);
}

/* Requests for the former one lie in the line meanwhile: that they are refused
 * says nothing of the new one. */
static void
test_producer_replaced_in_an_outage (void)
{
  Pair pair;
  TestSide *former;

  pair_init (&pair, "retry-delay=100 retry-factor=1");
  simulate_outage (pair.src, "both", 4000);
  simulate_outage (pair.sink, "both", 60000);
  wait_state (&pair, "reconnecting", "stalled");
  former = pair.sink;
  test_side_stop (former);
  pair.sink = sink_new (&pair.host);
  test_side_play (pair.sink);
  wait_state (&pair, "connected", "replaced");
  check_stats (&pair);
  pair_clear (&pair);
  test_side_free (former);
}

/* ---- Given up ---- */

static void
test_given_up_before_the_first_audio (void)
{
  TestHost host;
  TestSide *sink, *src;

  test_host_start (&host, rw_server_config_new ());
  sink = sink_new (&host);
  test_side_play (sink);
  simulate_outage (sink, "media", 60000);
  src = src_new (&host, "retries=0");
  test_side_play (src);
  test_state_log_wait (src, 0, "failed", NULL);
  test_side_stop (src);
  test_state_log_check_source (src, &coverage);
  test_side_free (src);
  test_side_free (sink);
  test_host_stop (&host);
}

static void
test_given_up_after_an_outage (void)
{
  Pair pair;

  pair_init (&pair, "retries=0");
  simulate_outage (pair.src, "media", 60000);
  wait_state (&pair, "failed", "no-retries");
  pair_clear (&pair);
}

/* The server turns us away: no more attempts, whatever is left of them. */
static void
test_turned_away_by_the_server (void)
{
  RwServerConfig *config = rw_server_config_new ();
  g_autofree char *path = NULL;
  TestHost host;
  TestSide *src;
  gint fd = g_file_open_tmp ("rw-key-XXXXXX", &path, NULL);

  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (
      path, "a key of sufficient length for HMAC, 32+", -1, NULL));
  config->token_key_file = g_strdup (path);
  test_host_start (&host, config);
  src = src_new (&host, "auth-token=of-no-use");
  test_side_play (src);
  test_state_log_wait (src, 0, "failed", "unauthorized");
  test_side_stop (src);
  test_state_log_check_source (src, &coverage);
  test_side_free (src);
  test_host_stop (&host);
  g_remove (path);
}

/* While audio flows it is a warning that nobody will bring it back. */
static void
test_signalling_given_up_while_audio_flows (void)
{
  Pair pair;
  guint n;

  pair_init (&pair, "retries=1 retry-delay=10");
  test_host_stop (&pair.host);
  pair.host.thread = NULL;
  test_side_wait_type (pair.src, GST_MESSAGE_WARNING, 2);
  n = pair.src->buffers->len;
  test_side_wait_buffers (pair.src, n + 20);
  g_assert_cmpuint (test_side_count_errors (pair.src), ==, 0);
  simulate_outage (pair.src, "media", 60000);
  wait_state (&pair, "failed", NULL);
  test_side_wait_type (pair.src, GST_MESSAGE_ERROR, 1);
  pair_clear (&pair);
}

static void
test_every_transition_had_its_case (void)
{
  test_state_coverage_assert_complete (&coverage);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
#define ADD(name, func) g_test_add_func ("/gst/states/" name, func)
  ADD ("start-stop-start", test_start_and_stop_and_start_again);
  ADD ("stop-while-connecting", test_stop_while_connecting);
  ADD ("stop-while-suspect", test_stop_while_suspect);
  ADD ("stop-while-reconnecting", test_stop_while_reconnecting);
  ADD ("end-of-the-stream", test_end_of_the_stream);
  ADD ("backlog-at-the-end", test_backlog_is_told_at_the_end);
  ADD ("goodbye-in-a-lossy-moment", test_goodbye_outlives_a_lossy_moment);
  ADD ("goodbye-for-sessions-before", test_goodbye_is_for_all_sessions_before);
  ADD ("goodbye-not-for-sessions-after",
       test_goodbye_is_not_for_sessions_after);
  ADD ("false-suspicion", test_a_suspicion_that_was_false);
  ADD ("outages-of-each-kind", test_outages_of_each_kind);
  ADD ("outage-of-signalling", test_outage_of_signalling_is_no_state);
  ADD ("reconnect-on-request", test_reconnect_on_request);
  ADD ("producer-back-as-another", test_producer_that_comes_back_as_another);
  ADD ("producer-replaced-in-an-outage", test_producer_replaced_in_an_outage);
  ADD ("given-up-before-audio", test_given_up_before_the_first_audio);
  ADD ("given-up-after-an-outage", test_given_up_after_an_outage);
  ADD ("turned-away", test_turned_away_by_the_server);
  ADD ("signalling-given-up", test_signalling_given_up_while_audio_flows);
  ADD ("every-transition", test_every_transition_had_its_case);
#undef ADD
  return test_process_run_tests ();
}
