/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-ordinary.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

#include "rw-rtp-caps.h"

/* See the header. */

static void
say_json (TestPeer *line, JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, FALSE);

  test_peer_send (line, text);
}

void
test_ordinary_send_description (TestPeer *line, const char *session_id,
                                const char *type, const char *sdp)
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

void
test_ordinary_send_candidate (TestPeer *line, const char *session_id,
                              guint mline, const char *candidate)
{
  test_peer_send_json (
      line,
      "{'type':'peer','sessionId':'%s','ice':{'candidate':'%s',"
      "'sdpMLineIndex':%u}}",
      session_id, candidate, mline);
}

/* webrtcbin calls on threads of its own; the line belongs to the test's. */
typedef struct {
  TestOrdinary *peer;
  guint n_sessions; /* of the peer, when it was made */
  guint mline;
  char *candidate;
  char *sdp; /* or the local description */
} Event;

static void
say_description (TestOrdinary *peer, const char *sdp)
{
  g_autofree char *text =
      peer->rewrite != NULL ? peer->rewrite (sdp) : g_strdup (sdp);

  test_ordinary_send_description (peer->line, peer->session_id,
                                  peer->offers ? "offer" : "answer", text);
}

static gboolean
on_event (gpointer data)
{
  Event *event = data;
  TestOrdinary *peer = event->peer;

  if (event->n_sessions != peer->n_sessions)
    g_test_message ("passed over: it is of a session that has ended");
  else if (event->candidate == NULL)
    say_description (peer, event->sdp);
  else if (!peer->is_unreachable)
    test_ordinary_send_candidate (peer->line, peer->session_id, event->mline,
                                  event->candidate);
  g_free (event->candidate);
  g_free (event->sdp);
  g_free (event);
  return G_SOURCE_REMOVE;
}

static void
post_event (TestOrdinary *peer, guint mline, const char *candidate, char *sdp)
{
  Event *event = g_new (Event, 1);

  *event = (Event){peer, peer->n_sessions, mline, g_strdup (candidate), sdp};
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
  TestOrdinary *peer = data;
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
make_description (TestOrdinary *peer)
{
  g_signal_emit_by_name (
      peer->webrtc, peer->offers ? "create-offer" : "create-answer", NULL,
      gst_promise_new_with_change_func (on_description_made, peer, NULL));
}

static GstPadProbeReturn
on_rtp (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_atomic_int_inc (&((TestOrdinary *) data)->n_buffers);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_media (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  TestOrdinary *peer = data;

  if (g_atomic_int_get (&peer->is_muted))
    return GST_PAD_PROBE_DROP;
  g_atomic_int_inc (&peer->n_sent);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_report (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  TestOrdinary *peer = data;

  if (g_atomic_int_get (&peer->is_muted))
    g_atomic_int_inc (&peer->n_reports);
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement *webrtc, GstPad *pad, gpointer data)
{
  TestOrdinary *peer = data;
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
  TestOrdinary *peer = data;

  g_atomic_pointer_set (&peer->channel, g_object_ref (channel));
}

static void
take_description (TestOrdinary *peer, JsonObject *object)
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
  peer->n_answers += peer->offers;
  if (!peer->offers)
    make_description (peer);
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

static void
start_pipeline (TestOrdinary *peer)
{
  g_autofree char *line = g_strdup_printf (
      "webrtcbin name=w bundle-policy=max-bundle %s",
      peer->offers ? peer->media : "fakesrc num-buffers=0 ! fakesink");

  peer->pipeline = gst_parse_launch (line, NULL);
  peer->webrtc = gst_bin_get_by_name (GST_BIN (peer->pipeline), "w");
  g_signal_connect (peer->webrtc, "on-ice-candidate",
                    G_CALLBACK (on_ice_candidate), peer);
  g_signal_connect (peer->webrtc, "pad-added", G_CALLBACK (on_pad_added), peer);
  g_signal_connect (peer->webrtc, "on-data-channel",
                    G_CALLBACK (on_data_channel), peer);
  switch_upnp_off (peer->webrtc);
  /* Its reports would break GStreamer as ours did: see there. */
  rw_rtp_caps_restore (peer->webrtc);
  gst_element_set_state (peer->pipeline, GST_STATE_PLAYING);
  if (peer->offers) {
    g_autoptr (GstPad) pad =
        gst_element_get_static_pad (peer->webrtc, "sink_0");

    test_wait_until (has_caps, pad, "what is to be offered");
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_media, peer, NULL);
  }
}

static void
stop_pipeline (TestOrdinary *peer)
{
  gst_element_set_state (peer->pipeline, GST_STATE_NULL);
  g_clear_object (&peer->channel);
  gst_clear_object (&peer->webrtc);
  gst_clear_object (&peer->pipeline);
}

static void
start_session (TestOrdinary *peer, const char *session_id)
{
  if (peer->session_has_ended) {
    stop_pipeline (peer);
    start_pipeline (peer);
  }
  peer->session_has_ended = FALSE;
  peer->n_sessions++;
  g_free (peer->session_id);
  peer->session_id = g_strdup (session_id);
  if (peer->offers)
    make_description (peer);
}

static void
take_candidate (TestOrdinary *peer, JsonObject *ice)
{
  g_signal_emit_by_name (
      peer->webrtc, "add-ice-candidate",
      (guint) json_object_get_int_member (ice, "sdpMLineIndex"),
      json_object_get_string_member (ice, "candidate"));
}

/* It has one session at a time: whoever is impatient and asks for another is
 * told that it has ended. */
static void
take_request (TestOrdinary *peer, const char *session_id)
{
  gboolean is_busy = peer->session_id != NULL && !peer->session_has_ended;

  peer->n_asked++;
  if (is_busy)
    test_peer_send_json (peer->line, "{'type':'endSession','sessionId':'%s'}",
                         peer->replaces ? peer->session_id : session_id);
  if (is_busy && !peer->replaces)
    return;
  if (is_busy) {
    peer->session_has_ended = TRUE;
    peer->is_unreachable = FALSE;
  }
  start_session (peer, session_id);
}

static void
take_message (TestOrdinary *peer, const char *text)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  JsonObject *object = json_node_get_object (root);
  const char *type = json_object_get_string_member (object, "type");
  const char *session_id =
      json_object_get_string_member_with_default (object, "sessionId", "");
  gboolean is_its_own = g_strcmp0 (session_id, peer->session_id) == 0;

  if (g_str_equal (type, "startSession"))
    take_request (peer, session_id);
  else if (g_str_equal (type, "sessionStarted"))
    start_session (peer, session_id);
  else if (!is_its_own)
    return;
  else if (g_str_equal (type, "endSession"))
    peer->session_has_ended = TRUE;
  else if (g_str_equal (type, "peer") && json_object_has_member (object, "sdp"))
    take_description (peer, json_object_get_object_member (object, "sdp"));
  else if (g_str_equal (type, "peer") && !peer->is_unreachable)
    take_candidate (peer, json_object_get_object_member (object, "ice"));
}

void
test_ordinary_take_messages (TestOrdinary *peer)
{
  char *text;

  while ((text = g_queue_pop_head (&peer->line->received)) != NULL) {
    take_message (peer, text);
    g_free (text);
  }
}

void
test_ordinary_mute (TestOrdinary *peer)
{
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (peer->webrtc), "rtpbin");
  g_autoptr (GstPad) reports =
      gst_element_get_static_pad (rtpbin, "send_rtcp_src_0");

  g_atomic_int_set (&peer->is_muted, TRUE);
  gst_pad_add_probe (reports,
                     GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                     on_report, peer, NULL);
}

TestOrdinary *
test_ordinary_new (guint port, const char *media)
{
  TestOrdinary *peer = g_new0 (TestOrdinary, 1);
  g_autofree char *welcome = NULL;

  peer->media = media;
  peer->offers = *media != '\0';
  peer->line = test_peer_new (port);
  welcome = test_peer_expect_type (peer->line, "welcome");
  start_pipeline (peer);
  return peer;
}

void
test_ordinary_free (TestOrdinary *peer)
{
  stop_pipeline (peer);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  test_peer_free (peer->line);
  g_free (peer->session_id);
  g_free (peer);
}

#define OPUS_MEDIA                                                             \
  "audiotestsrc is-live=true samplesperbuffer=960 ! opusenc ! rtpopuspay "     \
  "! "                                                                         \
  "application/"                                                               \
  "x-rtp,media=audio,encoding-name=OPUS,payload=96,clock-rate=48000 ! w. "

/* ---- The line, by hand ---- */

/* A client that listens, and what it is told of the first producer. */
char *
test_ordinary_find_producer (TestPeer *line)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonArray *producers;

  do {
    g_clear_pointer (&text, g_free);
    g_clear_pointer (&root, json_node_unref);
    test_peer_send_json (line, "{'type':'list'}");
    text = test_peer_expect_type (line, "list");
    root = json_from_string (text, NULL);
    producers =
        json_object_get_array_member (json_node_get_object (root), "producers");
  } while (json_array_get_length (producers) == 0);
  return g_strdup (json_object_get_string_member (
      json_array_get_object_element (producers, 0), "id"));
}

gboolean
test_ordinary_has_come_in (gpointer data)
{
  TestOrdinaryWant *want = data;

  test_ordinary_take_messages (want->peer);
  return g_atomic_int_get (&want->peer->n_buffers) >= (gint) want->n;
}

gboolean
test_ordinary_has_come_out (gpointer data)
{
  TestOrdinaryWant *want = data;
  gboolean done;

  if (want->peer)
    test_ordinary_take_messages (want->peer);
  g_mutex_lock (&want->side->lock);
  done = want->side->buffers->len >= want->n;
  g_mutex_unlock (&want->side->lock);
  return done;
}

gboolean
test_ordinary_has_sent (gpointer data)
{
  TestOrdinaryWant *want = data;

  test_ordinary_take_messages (want->peer);
  return g_atomic_int_get (&want->peer->n_sent) >= (gint) want->n;
}

gboolean
test_ordinary_has_reported (gpointer data)
{
  TestOrdinaryWant *want = data;

  test_ordinary_take_messages (want->peer);
  return g_atomic_int_get (&want->peer->n_reports) >= (gint) want->n;
}

gboolean
test_ordinary_has_channel (gpointer data)
{
  TestOrdinaryWant *want = data;

  test_ordinary_take_messages (want->peer);
  return g_atomic_pointer_get (&want->peer->channel) != NULL;
}

gboolean
test_ordinary_is_answered (gpointer data)
{
  TestOrdinaryWant *want = data;

  test_ordinary_take_messages (want->peer);
  return want->peer->n_answers >= want->n;
}

TestSide *
test_ordinary_new_sink (void)
{
  TestSide *sink = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=2 ! resilientwebrtcsink name=it "
      "run-signalling-server=true signalling-server-host=127.0.0.1 "
      "signalling-server-port=0 stream-name=studio");

  test_side_play (sink);
  return sink;
}

/* A source that runs the server itself, so that others may come to it. */
TestSide *
test_ordinary_new_source (const char *properties, const char *tail)
{
  TestSide *src = test_side_new (
      "resilientwebrtcsrc name=it run-signalling-server=true "
      "signalling-server-host=127.0.0.1 signalling-server-port=0 "
      "retry-delay=20 retry-delay-max=100 %s ! %s ! fakesink async=false",
      properties, tail);

  test_side_play (src);
  return src;
}

TestOrdinary *
test_ordinary_new_consumer (TestSide *sink)
{
  TestOrdinary *peer = test_ordinary_new (test_side_get_port (sink), "");
  g_autofree char *id = test_ordinary_find_producer (peer->line);

  test_peer_send_json (peer->line, "{'type':'startSession','peerId':'%s'}", id);
  return peer;
}

TestOrdinary *
test_ordinary_new_consumer_as (TestSide *sink, const char *consumer_id)
{
  TestOrdinary *peer = test_ordinary_new (test_side_get_port (sink), "");
  g_autofree char *id = test_ordinary_find_producer (peer->line);

  test_peer_send_json (peer->line,
                       "{'type':'startSession','peerId':'%s','resilient':{"
                       "'consumerId':'%s','streamId':null,'next':'0',"
                       "'generation':'1','start':'live'}}",
                       id, consumer_id);
  return peer;
}

TestOrdinary *
test_ordinary_new_producer (TestSide *src)
{
  TestOrdinary *peer = test_ordinary_new (test_side_get_port (src), OPUS_MEDIA);

  test_peer_send_json (peer->line,
                       "{'type':'setPeerStatus','roles':['producer'],"
                       "'meta':{'name':'studio'}}");
  return peer;
}
