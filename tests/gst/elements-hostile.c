/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-ordinary.h"
#include "test-process.h"

/* The sink against consumers that mean it no good, written by hand. */

/* After the attack a proper source still gets audio, and nobody shouted. */
static void
assert_sink_stands (TestSide *sink, guint most_warnings)
{
  g_autoptr (TestSide) src = test_side_new_opus_src (sink, "");

  test_side_play (src);
  test_side_wait_buffers (src, 10);
  g_assert_cmpuint (test_side_count_type (sink, GST_MESSAGE_ERROR), ==, 0);
  g_assert_cmpuint (test_side_count_type (sink, GST_MESSAGE_WARNING), <=,
                    most_warnings);
}

static void
test_rubbish_on_the_data_channel_is_dropped (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestOrdinary) peer = test_ordinary_new_consumer (sink);
  TestOrdinaryWant want = {sink, peer, 10};

  test_wait_until (test_ordinary_has_channel, &want, "the sink's data channel");
  test_wait_until (test_ordinary_has_come_in, &want, "RTP");
  for (guint i = 0; i < 500; i++) {
    g_autofree guint8 *rubbish = g_malloc (200);
    g_autoptr (GBytes) bytes = NULL;

    for (guint n = 0; n < 200; n++)
      rubbish[n] = (i * 7 + n * 13) ^ (i >> 3);
    rubbish[0] = i % 16; /* the types that there are, and some that are not */
    bytes = g_bytes_new (rubbish, 1 + i % 199);
    g_signal_emit_by_name (peer->channel, "send-data", bytes);
    g_signal_emit_by_name (peer->channel, "send-string", "{\"a\":1}");
  }
  want.n = g_atomic_int_get (&peer->n_buffers) + 20;
  test_wait_until (test_ordinary_has_come_in, &want, "RTP after the rubbish");
  assert_sink_stands (sink, 0);
}

static void
test_flood_of_sessions_is_bounded (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestPeer) line = test_peer_new (test_side_get_port (sink));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");
  g_autofree char *id = test_ordinary_find_producer (line);

  for (guint i = 0; i < 200; i++)
    test_peer_send_json (line, "{'type':'startSession','peerId':'%s'}", id);
  test_peer_send_json (line, "{'type':'list'}");
  for (;;) {
    g_autofree char *text = test_peer_next (line);
    g_autofree char *type = text ? test_peer_get (text, "type") : NULL;

    if (type == NULL || g_str_equal (type, "list"))
      break;
  }
  g_assert_cmpuint (test_side_get_stat (sink, "sessions"), <=, 8);
  assert_sink_stands (sink, 0);
}

static void
test_rubbish_answers_are_refused (void)
{
  static const char *const answers[] = {
      "",
      "rubbish",
      "v=0\r\n",
      ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
       "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n"),
  };
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestPeer) line = test_peer_new (test_side_get_port (sink));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");
  g_autofree char *id = test_ordinary_find_producer (line);

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autofree char *started = NULL;
    g_autofree char *session_id = NULL;
    g_autofree char *type = NULL;

    test_peer_send_json (line, "{'type':'startSession','peerId':'%s'}", id);
    started = test_peer_expect_type (line, "sessionStarted");
    session_id = test_peer_get (started, "sessionId");
    test_ordinary_send_description (line, session_id, "answer", answers[i]);
    do { /* offer and candidates may still be on their way */
      g_autofree char *text = test_peer_next (line);

      g_free (type);
      type = test_peer_get (text, "type");
    } while (!g_str_has_prefix (type, "endSession"));
  }
  test_side_wait_stat (sink, "sessions", 0);
  assert_sink_stands (sink, G_N_ELEMENTS (answers)); /* one for each */
}

static void
test_ten_thousand_candidates_are_taken_calmly (void)
{
  g_autoptr (TestSide) sink = test_ordinary_new_sink ();
  g_autoptr (TestPeer) line = test_peer_new (test_side_get_port (sink));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");
  g_autofree char *id = test_ordinary_find_producer (line);
  g_autofree char *started = NULL;
  g_autofree char *session_id = NULL;

  test_peer_send_json (line, "{'type':'startSession','peerId':'%s'}", id);
  started = test_peer_expect_type (line, "sessionStarted");
  session_id = test_peer_get (started, "sessionId");
  for (guint i = 0;
       i < 10000 && soup_websocket_connection_get_state (line->connection) ==
                        SOUP_WEBSOCKET_STATE_OPEN;
       i++) {
    g_autofree char *candidate =
        g_strdup_printf ("candidate:%u 1 UDP 2015363327 10.%u.%u.%u 9 typ host",
                         i, i % 3, i % 251, i % 241);

    test_ordinary_send_candidate (line, session_id, i % 5,
                                  i % 4 ? candidate : "candidate:rubbish");
    while (g_main_context_iteration (NULL, FALSE))
      ;
  }
  /* The server may have shut out the one or the other; the sink comes back. */
  assert_sink_stands (sink, 1);
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/rubbish-on-the-data-channel-is-dropped",
                   test_rubbish_on_the_data_channel_is_dropped);
  g_test_add_func ("/gst/elements/flood-of-sessions-is-bounded",
                   test_flood_of_sessions_is_bounded);
  g_test_add_func ("/gst/elements/rubbish-answers-are-refused",
                   test_rubbish_answers_are_refused);
  g_test_add_func ("/gst/elements/ten-thousand-candidates-are-taken-calmly",
                   test_ten_thousand_candidates_are_taken_calmly);
  return test_process_run_tests ();
}
