/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-element-side.h"

#include <gio/gio.h>
#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

#include "test-peer.h"

/* The elements against peers that are not ours: ordinary ones, made of a plain
 * webrtcbin, and hostile ones, written by hand. */

/* ---- An ordinary peer ---- */

typedef struct {
  TestPeer *line;
  GstElement *pipeline;
  GstElement *webrtc;
  gboolean offers;
  char *session_id;
  gint n_buffers; /* that came in */
  GObject *channel;
} Ordinary;

static void
say_json (TestPeer *line, JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, FALSE);

  test_peer_send (line, text);
}

static void
say_description (TestPeer *line, const char *session_id, const char *type,
                 const char *sdp)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "type");
  json_builder_add_string_value (builder, "peer");
  json_builder_set_member_name (builder, "sessionId");
  json_builder_add_string_value (builder, session_id);
  json_builder_set_member_name (builder, "sdp");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "type");
  json_builder_add_string_value (builder, type);
  json_builder_set_member_name (builder, "sdp");
  json_builder_add_string_value (builder, sdp);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  say_json (line, builder);
}

static void
say_candidate (TestPeer *line, const char *session_id, guint mline,
               const char *candidate)
{
  test_peer_say (line,
                 "{'type':'peer','sessionId':'%s','ice':{'candidate':'%s',"
                 "'sdpMLineIndex':%u}}",
                 session_id, candidate, mline);
}

/* webrtcbin calls on threads of its own; the line belongs to the test's. */
typedef struct {
  Ordinary *peer;
  guint mline;
  char *candidate;
  char *sdp; /* or the local description */
} Event;

static gboolean
on_event (gpointer data)
{
  Event *event = data;
  Ordinary *peer = event->peer;

  if (event->candidate)
    say_candidate (peer->line, peer->session_id, event->mline,
                   event->candidate);
  else
    say_description (peer->line, peer->session_id,
                     peer->offers ? "offer" : "answer", event->sdp);
  g_free (event->candidate);
  g_free (event->sdp);
  g_free (event);
  return G_SOURCE_REMOVE;
}

static void
post_event (Ordinary *peer, guint mline, const char *candidate, char *sdp)
{
  Event *event = g_new (Event, 1);

  *event = (Event){peer, mline, g_strdup (candidate), sdp};
  g_idle_add (on_event, event);
}

static void
on_ice_candidate (GstElement *webrtc, guint mline, const char *candidate,
                  gpointer data)
{
  post_event (data, mline, candidate, NULL);
}

static void
on_description_made (GstPromise *promise, gpointer data)
{
  Ordinary *peer = data;
  const GstStructure *reply = gst_promise_get_reply (promise);
  GstWebRTCSessionDescription *description = NULL;

  gst_structure_get (reply, peer->offers ? "offer" : "answer",
                     GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  g_assert_nonnull (description);
  gst_promise_unref (promise);
  post_event (peer, 0, NULL, gst_sdp_message_as_text (description->sdp));
  g_signal_emit_by_name (peer->webrtc, "set-local-description", description,
                         NULL);
  gst_webrtc_session_description_free (description);
}

static void
make_description (Ordinary *peer)
{
  g_signal_emit_by_name (
      peer->webrtc, peer->offers ? "create-offer" : "create-answer", NULL,
      gst_promise_new_with_change_func (on_description_made, peer, NULL));
}

static GstPadProbeReturn
on_rtp (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_atomic_int_inc (&((Ordinary *) data)->n_buffers);
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement *webrtc, GstPad *pad, gpointer data)
{
  Ordinary *peer = data;
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) target = gst_element_get_static_pad (sink, "sink");

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC) {
    gst_object_unref (gst_object_ref_sink (sink));
    return;
  }
  g_object_set (sink, "async", FALSE, "sync", FALSE, NULL);
  gst_bin_add (GST_BIN (peer->pipeline), sink);
  gst_pad_link (pad, target);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_rtp, peer, NULL);
  gst_element_sync_state_with_parent (sink);
}

static void
on_data_channel (GstElement *webrtc, GObject *channel, gpointer data)
{
  Ordinary *peer = data;

  g_atomic_pointer_set (&peer->channel, g_object_ref (channel));
}

static void
take_description (Ordinary *peer, JsonObject *object)
{
  const char *type = json_object_get_string_member (object, "type");
  g_autoptr (GstPromise) promise = gst_promise_new ();
  GstWebRTCSessionDescription *description;
  GstSDPMessage *sdp;

  gst_sdp_message_new_from_text (json_object_get_string_member (object, "sdp"),
                                 &sdp);
  description = gst_webrtc_session_description_new (
      g_str_equal (type, "offer") ? GST_WEBRTC_SDP_TYPE_OFFER
                                  : GST_WEBRTC_SDP_TYPE_ANSWER,
      sdp);
  g_signal_emit_by_name (peer->webrtc, "set-remote-description", description,
                         promise);
  gst_promise_wait (promise);
  gst_webrtc_session_description_free (description);
  if (!peer->offers)
    make_description (peer);
}

static void
take_message (Ordinary *peer, const char *text)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  JsonObject *object = json_node_get_object (root);
  const char *type = json_object_get_string_member (object, "type");

  if (g_str_equal (type, "startSession") ||
      g_str_equal (type, "sessionStarted")) {
    g_free (peer->session_id);
    peer->session_id =
        g_strdup (json_object_get_string_member (object, "sessionId"));
    if (peer->offers)
      make_description (peer);
  } else if (g_str_equal (type, "peer") &&
             json_object_has_member (object, "sdp")) {
    take_description (peer, json_object_get_object_member (object, "sdp"));
  } else if (g_str_equal (type, "peer")) {
    JsonObject *ice = json_object_get_object_member (object, "ice");

    g_signal_emit_by_name (
        peer->webrtc, "add-ice-candidate",
        (guint) json_object_get_int_member (ice, "sdpMLineIndex"),
        json_object_get_string_member (ice, "candidate"));
  }
}

static void
ordinary_take_messages (Ordinary *peer)
{
  char *text;

  while ((text = g_queue_pop_head (&peer->line->received)) != NULL) {
    take_message (peer, text);
    g_free (text);
  }
}

/* gupnp warns of ports that are in use. */
static void
switch_upnp_off (GstElement *webrtc)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;

  g_object_get (webrtc, "ice-agent", &ice, NULL);
  g_object_get (ice, "agent", &agent, NULL);
  g_object_set (agent, "upnp", FALSE, NULL);
}

static gboolean
has_caps (gpointer data)
{
  return gst_pad_has_current_caps (data);
}

static Ordinary *
ordinary_new (guint port, const char *media)
{
  Ordinary *peer = g_new0 (Ordinary, 1);
  g_autofree char *welcome = NULL;
  g_autofree char *line =
      g_strdup_printf ("webrtcbin name=w bundle-policy=max-bundle %s",
                       *media ? media : "fakesrc num-buffers=0 ! fakesink");

  peer->offers = *media != '\0';
  peer->line = test_peer_new (port);
  welcome = test_peer_expect_type (peer->line, "welcome");
  peer->pipeline = gst_parse_launch (line, NULL);
  peer->webrtc = gst_bin_get_by_name (GST_BIN (peer->pipeline), "w");
  g_signal_connect (peer->webrtc, "on-ice-candidate",
                    G_CALLBACK (on_ice_candidate), peer);
  g_signal_connect (peer->webrtc, "pad-added", G_CALLBACK (on_pad_added), peer);
  g_signal_connect (peer->webrtc, "on-data-channel",
                    G_CALLBACK (on_data_channel), peer);
  switch_upnp_off (peer->webrtc);
  gst_element_set_state (peer->pipeline, GST_STATE_PLAYING);
  if (peer->offers) {
    g_autoptr (GstPad) pad =
        gst_element_get_static_pad (peer->webrtc, "sink_0");

    test_wait_until (has_caps, pad, "what is to be offered");
  }
  return peer;
}

static void
ordinary_free (Ordinary *peer)
{
  gst_element_set_state (peer->pipeline, GST_STATE_NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&peer->channel);
  gst_object_unref (peer->webrtc);
  gst_object_unref (peer->pipeline);
  test_peer_free (peer->line);
  g_free (peer->session_id);
  g_free (peer);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ordinary, ordinary_free)

#define OPUS_MEDIA                                                             \
  "audiotestsrc is-live=true samplesperbuffer=960 ! opusenc ! rtpopuspay "     \
  "! "                                                                         \
  "application/"                                                               \
  "x-rtp,media=audio,encoding-name=OPUS,payload=96,clock-rate=48000 ! w. "

/* ---- The line, by hand ---- */

/* A client that listens, and what it is told of the first producer. */
static char *
find_producer (TestPeer *line)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonArray *producers;

  do {
    g_clear_pointer (&text, g_free);
    g_clear_pointer (&root, json_node_unref);
    test_peer_say (line, "{'type':'list'}");
    text = test_peer_expect_type (line, "list");
    root = json_from_string (text, NULL);
    producers =
        json_object_get_array_member (json_node_get_object (root), "producers");
  } while (json_array_get_length (producers) == 0);
  return g_strdup (json_object_get_string_member (
      json_array_get_object_element (producers, 0), "id"));
}

typedef struct {
  RwSide *side;
  Ordinary *peer;
  guint n;
} Want;

static gboolean
has_come_in (gpointer data)
{
  Want *want = data;

  ordinary_take_messages (want->peer);
  return g_atomic_int_get (&want->peer->n_buffers) >= (gint) want->n;
}

static gboolean
has_come_out (gpointer data)
{
  Want *want = data;
  gboolean done;

  if (want->peer)
    ordinary_take_messages (want->peer);
  g_mutex_lock (&want->side->lock);
  done = want->side->buffers->len >= want->n;
  g_mutex_unlock (&want->side->lock);
  return done;
}

static gboolean
has_channel (gpointer data)
{
  Want *want = data;

  ordinary_take_messages (want->peer);
  return g_atomic_pointer_get (&want->peer->channel) != NULL;
}

static RwSide *
live_sink_new (void)
{
  RwSide *sink = rw_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=2 ! resilientwebrtcsink name=it "
      "run-signalling-server=true signalling-server-host=127.0.0.1 "
      "signalling-server-port=0 stream-name=studio");

  rw_side_play (sink);
  return sink;
}

/* A source that runs the server itself, so that others may come to it. */
static RwSide *
serving_src_new (const char *properties, const char *tail)
{
  RwSide *src = rw_side_new (
      "resilientwebrtcsrc name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "retry-delay=20 retry-delay-max=100 %s ! %s ! fakesink async=false",
      properties, tail);

  rw_side_play (src);
  return src;
}

static Ordinary *
ordinary_consumer_new (RwSide *sink)
{
  Ordinary *peer = ordinary_new (rw_side_get_port (sink), "");
  g_autofree char *id = find_producer (peer->line);

  test_peer_say (peer->line, "{'type':'startSession','peerId':'%s'}", id);
  return peer;
}

static Ordinary *
ordinary_producer_new (RwSide *src)
{
  Ordinary *peer = ordinary_new (rw_side_get_port (src), OPUS_MEDIA);

  test_peer_say (peer->line, "{'type':'setPeerStatus','roles':['producer'],"
                             "'meta':{'name':'studio'}}");
  return peer;
}

static void
test_ordinary_consumer_hears_the_sink (void)
{
  g_autoptr (RwSide) sink = live_sink_new ();

  for (guint i = 0; i < 2; i++) { /* one leaves, another one comes */
    g_autoptr (Ordinary) peer = ordinary_consumer_new (sink);
    Want want = {NULL, peer, 30};

    test_wait_until (has_come_in, &want, "RTP of the sink");
  }
  rw_side_assert_quiet (sink);
}

static void
check_ordinary_producer (const char *tail)
{
  g_autoptr (RwSide) src = serving_src_new ("producer-name=studio", tail);

  for (guint i = 0; i < 2; i++) {
    g_autoptr (Ordinary) peer = ordinary_producer_new (src);
    Want want = {src, peer, 0};

    want.n = src->buffers->len + 50;
    test_wait_until (has_come_out, &want, "audio of an ordinary producer");
  }
  g_assert_cmpuint (rw_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
  g_assert_cmpuint (src->segments->len, ==, 1);
}

static void
test_source_hears_an_ordinary_producer (void)
{
  check_ordinary_producer ("audio/x-opus");
  check_ordinary_producer ("audioconvert");
}

static GstClockTime
running_time (RwSide *side)
{
  g_autoptr (GstClock) clock =
      gst_pipeline_get_clock (GST_PIPELINE (side->pipeline));

  return gst_clock_get_time (clock) -
         gst_element_get_base_time (side->pipeline);
}

/* A pause moves the base time; what comes after it is timed by the new one. */
static void
test_ordinary_audio_is_on_time_after_a_pause (void)
{
  g_autoptr (RwSide) src =
      serving_src_new ("producer-name=studio", "audio/x-opus");
  g_autoptr (Ordinary) peer = ordinary_producer_new (src);
  Want want = {src, peer, 20};
  gint64 end_us;
  gint64 early_ns;

  test_wait_until (has_come_out, &want, "audio before the pause");
  gst_element_set_state (src->pipeline, GST_STATE_PAUSED);
  end_us = g_get_monotonic_time () + 3 * G_TIME_SPAN_SECOND;
  while (g_get_monotonic_time () < end_us)
    g_usleep (10000);
  rw_side_play (src);
  want.n = src->buffers->len + 250;
  test_wait_until (has_come_out, &want, "audio after the pause");
  g_mutex_lock (&src->lock);
  early_ns = GST_CLOCK_DIFF (
      running_time (src),
      GST_BUFFER_PTS (g_ptr_array_index (src->buffers, want.n - 1)));
  g_mutex_unlock (&src->lock);
  g_test_message ("early by %" G_GINT64_FORMAT " ns", early_ns);
  g_assert_cmpint (ABS (early_ns), <, GST_SECOND);
}

/* ---- Hostile consumers ---- */

/* After the attack a proper source still gets audio, and nobody shouted. */
static void
assert_sink_stands (RwSide *sink, guint most_warnings)
{
  g_autoptr (RwSide) src = rw_side_new_opus_src (sink, "");

  rw_side_play (src);
  rw_side_wait_buffers (src, 10);
  g_assert_cmpuint (rw_side_count_type (sink, GST_MESSAGE_ERROR), ==, 0);
  g_assert_cmpuint (rw_side_count_type (sink, GST_MESSAGE_WARNING), <=,
                    most_warnings);
}

static void
test_rubbish_on_the_data_channel_is_dropped (void)
{
  g_autoptr (RwSide) sink = live_sink_new ();
  g_autoptr (Ordinary) peer = ordinary_consumer_new (sink);
  Want want = {sink, peer, 10};

  test_wait_until (has_channel, &want, "the sink's data channel");
  test_wait_until (has_come_in, &want, "RTP");
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
  test_wait_until (has_come_in, &want, "RTP after the rubbish");
  assert_sink_stands (sink, 0);
}

static void
test_flood_of_sessions_is_bounded (void)
{
  g_autoptr (RwSide) sink = live_sink_new ();
  g_autoptr (TestPeer) line = test_peer_new (rw_side_get_port (sink));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");
  g_autofree char *id = find_producer (line);

  for (guint i = 0; i < 200; i++)
    test_peer_say (line, "{'type':'startSession','peerId':'%s'}", id);
  test_peer_say (line, "{'type':'list'}");
  for (;;) {
    g_autofree char *text = test_peer_next (line);
    g_autofree char *type = text ? test_peer_get (text, "type") : NULL;

    if (type == NULL || g_str_equal (type, "list"))
      break;
  }
  g_assert_cmpuint (rw_side_get_stat (sink, "sessions"), <=, 8);
  assert_sink_stands (sink, 0);
}

static void
test_rubbish_answers_are_refused (void)
{
  static const char *const answers[] = {
      "",
      "rubbish",
      "v=0\r\n",
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n",
  };
  g_autoptr (RwSide) sink = live_sink_new ();
  g_autoptr (TestPeer) line = test_peer_new (rw_side_get_port (sink));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");
  g_autofree char *id = find_producer (line);

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autofree char *started = NULL;
    g_autofree char *session_id = NULL;
    g_autofree char *type = NULL;

    test_peer_say (line, "{'type':'startSession','peerId':'%s'}", id);
    started = test_peer_expect_type (line, "sessionStarted");
    session_id = test_peer_get (started, "sessionId");
    say_description (line, session_id, "answer", answers[i]);
    do { /* offer and candidates may still be on their way */
      g_autofree char *text = test_peer_next (line);

      g_free (type);
      type = test_peer_get (text, "type");
    } while (!g_str_has_prefix (type, "endSession"));
  }
  rw_side_wait_stat (sink, "sessions", 0);
  assert_sink_stands (sink, G_N_ELEMENTS (answers)); /* one for each */
}

static void
test_ten_thousand_candidates_are_taken_calmly (void)
{
  g_autoptr (RwSide) sink = live_sink_new ();
  g_autoptr (TestPeer) line = test_peer_new (rw_side_get_port (sink));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");
  g_autofree char *id = find_producer (line);
  g_autofree char *started = NULL;
  g_autofree char *session_id = NULL;

  test_peer_say (line, "{'type':'startSession','peerId':'%s'}", id);
  started = test_peer_expect_type (line, "sessionStarted");
  session_id = test_peer_get (started, "sessionId");
  for (guint i = 0;
       i < 10000 && soup_websocket_connection_get_state (line->connection) ==
                        SOUP_WEBSOCKET_STATE_OPEN;
       i++) {
    g_autofree char *candidate =
        g_strdup_printf ("candidate:%u 1 UDP 2015363327 10.%u.%u.%u 9 typ host",
                         i, i % 3, i % 251, i % 241);

    say_candidate (line, session_id, i % 5,
                   i % 4 ? candidate : "candidate:rubbish");
    while (g_main_context_iteration (NULL, FALSE))
      ;
  }
  /* The server may have shut out the one or the other; the sink comes back. */
  assert_sink_stands (sink, 1);
}

/* ---- Producers that cannot be played ---- */

#define SDP_HEAD                                                               \
  "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"                          \
  "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"     \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:actpass\r\n"     \
  "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"

static const char video_only[] =
    SDP_HEAD "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n"
             "a=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n";
static const char pcmu_only[] =
    SDP_HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\n"
             "a=mid:0\r\na=sendonly\r\na=rtcp-mux\r\na=rtpmap:0 PCMU/8000\r\n";

static TestPeer *
fake_producer_new (RwSide *src, const char *name)
{
  TestPeer *line = test_peer_new (rw_side_get_port (src));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");

  test_peer_say (line,
                 "{'type':'setPeerStatus','roles':['producer'],"
                 "'meta':{'name':'%s'}}",
                 name);
  return line;
}

static void
offer (TestPeer *line, const char *sdp)
{
  g_autofree char *start = test_peer_expect_type (line, "startSession");
  g_autofree char *session_id = test_peer_get (start, "sessionId");

  say_description (line, session_id, "offer", sdp);
}

/* With the name given there is no other to wait for: one error says why. */
static void
check_unusable_producer (const char *sdp, const char *says)
{
  g_autoptr (RwSide) src =
      serving_src_new ("producer-name=studio", "audio/x-opus");
  g_autoptr (TestPeer) line = fake_producer_new (src, "studio");
  GError *error = NULL;

  offer (line, sdp);
  gst_message_parse_error (rw_side_wait_type (src, GST_MESSAGE_ERROR, 1),
                           &error, NULL);
  g_test_message ("%s", error->message);
  if (strstr (error->message, says) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, says);
  g_error_free (error);
  rw_side_wait_state (src, "failed");
  g_assert_cmpuint (rw_side_count_type (src, GST_MESSAGE_ERROR), ==, 1);
}

static void
test_producer_that_cannot_be_played_is_an_error (void)
{
  check_unusable_producer (video_only, "audio");
  check_unusable_producer (pcmu_only, "Opus");
  check_unusable_producer ("rubbish", "");
}

/* Without a name there may be another one. */
static void
test_source_without_a_name_waits_for_a_better_producer (void)
{
  g_autoptr (RwSide) src = serving_src_new ("", "audio/x-opus");
  g_autoptr (TestPeer) line = fake_producer_new (src, "video");
  g_autoptr (Ordinary) peer = NULL;
  Want want = {src, NULL, 20};

  offer (line, video_only);
  rw_side_wait_type (src, GST_MESSAGE_WARNING, 1);
  want.peer = peer = ordinary_producer_new (src);
  test_wait_until (has_come_out, &want, "audio of the better one");
  g_assert_cmpuint (rw_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
  g_assert_cmpuint (rw_side_count_type (src, GST_MESSAGE_ERROR), ==, 0);
}

/* ---- Servers, ports and plugins ---- */

static void
assert_one_error (RwSide *side, const char *says)
{
  GError *error = NULL;

  gst_message_parse_error (rw_side_wait_type (side, GST_MESSAGE_ERROR, 1),
                           &error, NULL);
  g_test_message ("%s", error->message);
  if (strstr (error->message, says) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, says);
  g_error_free (error);
  rw_side_stop (side);
  g_assert_cmpuint (rw_side_count_errors (side), ==, 1);
}

static void
test_port_in_use_is_an_error (void)
{
  g_autoptr (RwSide) first = live_sink_new ();
  g_autoptr (RwSide) second = rw_side_new_opus_sink ("");

  g_object_set (second->element, "signalling-server-port",
                rw_side_get_port (first), NULL);
  g_assert_cmpint (gst_element_set_state (second->pipeline, GST_STATE_PLAYING),
                   ==, GST_STATE_CHANGE_FAILURE);
  assert_one_error (second, "port");
}

static void
test_bad_uri_is_an_error (void)
{
  static const char *const uris[] = {"http://a b", "nonsense", "ftp://x/",
                                     "ws://", ""};

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++) {
    g_autoptr (RwSide) src = rw_side_new (
        "resilientwebrtcsrc name=it ! audio/x-opus ! fakesink async=false");

    g_object_set (src->element, "signaller-uri", uris[i], NULL);
    if (gst_element_set_state (src->pipeline, GST_STATE_PLAYING) !=
        GST_STATE_CHANGE_FAILURE)
      g_test_message ("\"%s\" was taken", uris[i]);
    else
      assert_one_error (src, "");
  }
}

static guint
free_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

static void
check_unreachable (const char *line)
{
  g_autofree char *text = g_strdup_printf (line, free_port ());
  g_autoptr (RwSide) side = rw_side_new ("%s", text);

  rw_side_play (side);
  rw_side_wait_state (side, "failed");
  assert_one_error (side, "127.0.0.1");
  g_assert_cmpuint (rw_side_count_type (side, GST_MESSAGE_WARNING), <=, 1);
}

static void
test_unreachable_server_is_given_up_when_asked_to (void)
{
  check_unreachable ("resilientwebrtcsrc name=it retries=2 retry-delay=10 "
                     "signaller-uri=ws://127.0.0.1:%u ! fakesink async=false");
  check_unreachable ("resilientwebrtcsrc name=it retries=0 "
                     "signaller-uri=ws://127.0.0.1:%u ! fakesink async=false");
  check_unreachable ("audiotestsrc is-live=true ! resilientwebrtcsink name=it "
                     "retries=2 retry-delay=10 "
                     "signaller-uri=ws://127.0.0.1:%u");
}

static void
hide (const char *factory)
{
  GstRegistry *registry = gst_registry_get ();
  GstPluginFeature *feature = gst_registry_lookup_feature (registry, factory);

  if (feature == NULL)
    return;
  gst_registry_remove_feature (registry, feature);
  gst_object_unref (feature);
}

static void
test_missing_plugin_names_its_package (void)
{
  static const char *const packages[][2] = {
      {"webrtcbin", "gstreamer1.0-plugins-bad"},
      {"nicesrc", "gstreamer1.0-nice"},
      {"opusenc", "gstreamer1.0-plugins-base"},
  };

  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, 0);
    g_test_trap_assert_passed ();
    return;
  }
  for (guint i = G_N_ELEMENTS (packages); i-- > 0;) {
    g_autoptr (RwSide) sink =
        rw_side_new ("audiotestsrc is-live=true ! resilientwebrtcsink name=it "
                     "run-signalling-server=true signalling-server-port=0");

    hide (packages[i][0]);
    gst_element_set_state (sink->pipeline, GST_STATE_PLAYING);
    assert_one_error (sink, packages[i][1]);
  }
}

int
main (int argc, char **argv)
{
  rw_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/ordinary-consumer-hears-the-sink",
                   test_ordinary_consumer_hears_the_sink);
  g_test_add_func ("/gst/elements/source-hears-an-ordinary-producer",
                   test_source_hears_an_ordinary_producer);
  g_test_add_func ("/gst/elements/ordinary-audio-is-on-time-after-a-pause",
                   test_ordinary_audio_is_on_time_after_a_pause);
  g_test_add_func ("/gst/elements/rubbish-on-the-data-channel-is-dropped",
                   test_rubbish_on_the_data_channel_is_dropped);
  g_test_add_func ("/gst/elements/flood-of-sessions-is-bounded",
                   test_flood_of_sessions_is_bounded);
  g_test_add_func ("/gst/elements/rubbish-answers-are-refused",
                   test_rubbish_answers_are_refused);
  g_test_add_func ("/gst/elements/ten-thousand-candidates-are-taken-calmly",
                   test_ten_thousand_candidates_are_taken_calmly);
  g_test_add_func ("/gst/elements/producer-that-cannot-be-played-is-an-error",
                   test_producer_that_cannot_be_played_is_an_error);
  g_test_add_func (
      "/gst/elements/source-without-a-name-waits-for-a-better-producer",
      test_source_without_a_name_waits_for_a_better_producer);
  g_test_add_func ("/gst/elements/port-in-use-is-an-error",
                   test_port_in_use_is_an_error);
  g_test_add_func ("/gst/elements/bad-uri-is-an-error",
                   test_bad_uri_is_an_error);
  g_test_add_func ("/gst/elements/unreachable-server-is-given-up-when-asked-to",
                   test_unreachable_server_is_given_up_when_asked_to);
  g_test_add_func ("/gst/elements/missing-plugin-names-its-package",
                   test_missing_plugin_names_its_package);
  return g_test_run ();
}
