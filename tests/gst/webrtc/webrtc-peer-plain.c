/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer-side.h"
#include <string.h>

#include "rw-rtp-caps.h"

/* A plain webrtcbin as the other peer. */

typedef struct {
  GstElement *pipeline;
  GstElement *webrtc;
  PeerSide *side;
  gboolean is_hasty; /* it adds a line before its offer is answered */
  guint n_answers;   /* to it */
  int payload_type;  /* atomic: that it sends since; 0 for what it offered */
  gboolean is_done;
  guint n_received;
  gsize last_size;
} Plain;

typedef struct {
  Plain *plain;
  RwSdpType type;
  guint mline;
  char *text;
} PlainEvent;

static void
plain_event_free (gpointer data)
{
  PlainEvent *event = data;

  g_free (event->text);
  g_free (event);
}

/* With another number for Opus than before, if it is hasty. */
static char *
make_next_offer (const char *offer)
{
  g_autoptr (GRegex) numbers =
      g_regex_new ("(SAVPF |rtpmap:|fmtp:|rtcp-fb:)97", 0, 0, NULL);
  g_autofree char *next =
      g_regex_replace (numbers, offer, -1, 0, "\\g<1>109", 0, NULL);

  return g_strconcat (next, "m=video 0 UDP/TLS/RTP/SAVPF 98\r\na=mid:next\r\n",
                      NULL);
}

static GstPadProbeReturn
on_plain_packet (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Plain *plain = data;
  guint8 header[2];
  GstBuffer *packet = GST_PAD_PROBE_INFO_BUFFER (info);
  int payload_type = g_atomic_int_get (&plain->payload_type);

  if (payload_type == 0)
    return GST_PAD_PROBE_OK;
  packet = gst_buffer_make_writable (packet);
  gst_buffer_extract (packet, 0, header, sizeof header);
  header[1] = (guint8) ((header[1] & 0x80) | payload_type);
  gst_buffer_fill (packet, 0, header, sizeof header);
  GST_PAD_PROBE_INFO_DATA (info) = packet;
  return GST_PAD_PROBE_OK;
}

static void
carry_description (gpointer data)
{
  PlainEvent *event = data;
  RwPeer *peer = (RwPeer *) event->plain->side->peer;
  g_autofree char *next = make_next_offer (event->text);

  if (peer == NULL)
    return;
  rw_peer_set_remote_description (peer, event->type, event->text);
  if (event->plain->is_hasty)
    rw_peer_set_remote_description (peer, event->type, next);
}

static void
carry_candidate (gpointer data)
{
  PlainEvent *event = data;

  if (event->plain->side->peer != NULL)
    rw_peer_add_remote_candidate (RW_PEER (event->plain->side->peer),
                                  event->mline, event->text);
}

static void
plain_post (Plain *plain, RwLoopFunc func, RwSdpType type, guint mline,
            char *text)
{
  PlainEvent *event = g_new0 (PlainEvent, 1);

  event->plain = plain;
  event->type = type;
  event->mline = mline;
  event->text = text;
  rw_loop_invoke (peer_side_loop, func, event, plain_event_free);
}

static void
plain_describe (GstPromise *promise, Plain *plain, const char *field,
                RwSdpType type)
{
  GstWebRTCSessionDescription *description = NULL;

  g_assert_cmpint (gst_promise_wait (promise), ==, GST_PROMISE_RESULT_REPLIED);
  gst_structure_get (gst_promise_get_reply (promise), field,
                     GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  g_assert_nonnull (description);
  g_signal_emit_by_name (plain->webrtc, "set-local-description", description,
                         NULL);
  plain_post (plain, carry_description, type, 0,
              gst_sdp_message_as_text (description->sdp));
  gst_webrtc_session_description_free (description);
  gst_promise_unref (promise);
}

static void
on_plain_offer (GstPromise *promise, gpointer user_data)
{
  plain_describe (promise, user_data, "offer", RW_SDP_TYPE_OFFER);
}

static void
on_plain_answer (GstPromise *promise, gpointer user_data)
{
  plain_describe (promise, user_data, "answer", RW_SDP_TYPE_ANSWER);
}

static void
on_plain_negotiation_needed (GstElement *webrtc, Plain *plain)
{
  g_signal_emit_by_name (
      webrtc, "create-offer", NULL,
      gst_promise_new_with_change_func (on_plain_offer, plain, NULL));
}

static void
on_plain_candidate (GstElement *webrtc, guint mline, const char *candidate,
                    Plain *plain)
{
  plain_post (plain, carry_candidate, 0, mline, g_strdup (candidate));
}

static void
on_plain_buffer (GstElement *sink, GstBuffer *buffer, GstPad *pad, Plain *plain)
{
  g_mutex_lock (&peer_side_lock);
  plain->n_received++;
  plain->last_size = gst_buffer_get_size (buffer);
  g_cond_broadcast (&peer_side_changed);
  g_mutex_unlock (&peer_side_lock);
}

static void
on_plain_pad (GstElement *webrtc, GstPad *pad, Plain *plain)
{
  GstElement *bin;
  GstElement *sink;
  GstPad *sink_pad;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  bin = gst_parse_bin_from_description (
      "rtpopusdepay ! fakesink name=sink signal-handoffs=true sync=false "
      "async=false",
      TRUE, NULL);
  sink = gst_bin_get_by_name (GST_BIN (bin), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_plain_buffer), plain);
  gst_object_unref (sink);
  gst_bin_add (GST_BIN (plain->pipeline), bin);
  gst_element_sync_state_with_parent (bin);
  sink_pad = gst_element_get_static_pad (bin, "sink");
  g_assert_cmpint (gst_pad_link (pad, sink_pad), ==, GST_PAD_LINK_OK);
  gst_object_unref (sink_pad);
}

static void
plain_set_remote (Plain *plain, GstWebRTCSDPType type, const char *sdp)
{
  GstWebRTCSessionDescription *description;
  GstSDPMessage *message;

  g_assert_cmpint (gst_sdp_message_new_from_text (sdp, &message), ==,
                   GST_SDP_OK);
  description = gst_webrtc_session_description_new (type, message);
  g_signal_emit_by_name (plain->webrtc, "set-remote-description", description,
                         NULL);
  gst_webrtc_session_description_free (description);
}

static void
on_description_for_plain (RwPeer *peer, guint type, const char *sdp,
                          Plain *plain)
{
  if (type == RW_SDP_TYPE_ANSWER) {
    if (plain->n_answers++ == 0)
      plain_set_remote (plain, GST_WEBRTC_SDP_TYPE_ANSWER, sdp);
    else if (strstr (sdp, "a=rtpmap:109 ") != NULL)
      g_atomic_int_set (&plain->payload_type, 109);
    return;
  }
  plain_set_remote (plain, GST_WEBRTC_SDP_TYPE_OFFER, sdp);
  g_signal_emit_by_name (
      plain->webrtc, "create-answer", NULL,
      gst_promise_new_with_change_func (on_plain_answer, plain, NULL));
}

static void
on_candidate_for_plain (RwPeer *peer, guint mline, const char *candidate,
                        Plain *plain)
{
  if (candidate[0] != '\0')
    g_signal_emit_by_name (plain->webrtc, "add-ice-candidate", mline,
                           candidate);
}

static GstBusSyncReply
drop_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static Plain *
plain_new (const char *description, PeerSide *side)
{
  Plain *plain = g_new0 (Plain, 1);
  GstBus *bus;

  plain->side = side;
  plain->pipeline = gst_parse_launch (description, NULL);
  plain->webrtc = gst_bin_get_by_name (GST_BIN (plain->pipeline), "webrtc");
  rw_rtp_caps_restore (plain->webrtc);
  bus = gst_element_get_bus (plain->pipeline);
  gst_bus_set_sync_handler (bus, drop_message, NULL, NULL);
  gst_object_unref (bus);
  g_signal_connect (plain->webrtc, "on-negotiation-needed",
                    G_CALLBACK (on_plain_negotiation_needed), plain);
  g_signal_connect (plain->webrtc, "on-ice-candidate",
                    G_CALLBACK (on_plain_candidate), plain);
  g_signal_connect (plain->webrtc, "pad-added", G_CALLBACK (on_plain_pad),
                    plain);
  g_signal_connect (side->peer, "local-description",
                    G_CALLBACK (on_description_for_plain), plain);
  g_signal_connect (side->peer, "local-candidate",
                    G_CALLBACK (on_candidate_for_plain), plain);
  return plain;
}

static void
plain_free (Plain *plain)
{
  gst_element_set_state (plain->pipeline, GST_STATE_NULL);
  gst_object_unref (plain->webrtc);
  gst_object_unref (plain->pipeline);
  g_free (plain);
}

static void
do_nothing (gpointer data)
{
}

/* The side must not call into a plain peer that is gone, nor the other way. */
static void
part (PeerSide *side, Plain *plain)
{
  peer_side_close (side);
  g_signal_handlers_disconnect_by_data (side->peer, plain);
  plain_free (plain);
  rw_loop_call (peer_side_loop, do_nothing, NULL);
}

static void
check_plain_consumer (const char *policy)
{
  g_autoptr (PeerSide) producer = peer_side_new (RW_WEBRTC_PEER_PRODUCER);
  /* The second chain only makes gst_parse_launch() return a pipeline. */
  g_autofree char *description =
      g_strconcat ("webrtcbin name=webrtc bundle-policy=", policy,
                   " fakesrc num-buffers=1 ! fakesink async=false", NULL);
  Plain *plain = plain_new (description, producer);
  guint64 i = 0;

  g_signal_handlers_disconnect_by_func (plain->webrtc,
                                        on_plain_negotiation_needed, plain);
  gst_element_set_state (plain->pipeline, GST_STATE_PLAYING);
  peer_side_start (producer);
  peer_side_wait_until (producer->connected || producer->error != NULL);
  g_assert_no_error (producer->error);
  g_assert_false (rw_webrtc_peer_is_resilient (producer->peer));

  /* It has a jitter buffer, so packets come out while others go in. */
  while (g_atomic_int_get (&plain->n_received) < 20 && i < 1000) {
    peer_side_push (producer, i++);
    peer_side_wait_for_change (5000);
  }
  peer_side_wait_until (plain->n_received >= 20);
  g_assert_cmpuint (plain->last_size, ==, 9);
  part (producer, plain);
}

static void
test_plain_consumer (void)
{
  check_plain_consumer ("max-bundle");
}

static void
test_plain_consumer_without_bundle (void)
{
  check_plain_consumer ("none");
}

#define PLAIN_AUDIO                                                            \
  "audiotestsrc is-live=true samplesperbuffer=960 ! "                          \
  "audio/x-raw,rate=48000,channels=%d ! opusenc ! rtpopuspay pt=97 ! "         \
  "application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! webrtc. "
#define PLAIN_VIDEO                                                            \
  "videotestsrc is-live=true ! video/x-raw,width=64,height=64,"                \
  "framerate=5/1 ! jpegenc ! rtpjpegpay pt=98 ! "                              \
  "application/x-rtp,media=video,encoding-name=JPEG,payload=98 ! webrtc. "

static void
check_plain_producer (const char *policy, const char *parts, int channels,
                      gboolean is_hasty)
{
  g_autoptr (PeerSide) consumer = peer_side_new (RW_WEBRTC_PEER_CONSUMER);
  g_autofree char *format = g_strconcat (
      "webrtcbin name=webrtc bundle-policy=", policy, " ", parts, NULL);
  g_autofree char *description = NULL;
  g_autoptr (GstCaps) caps = NULL;
  Plain *plain;
  int n = 0;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  description = g_strdup_printf (format, channels);
#pragma GCC diagnostic pop
  plain = plain_new (description, consumer);
  plain->is_hasty = is_hasty;
  if (is_hasty) {
    g_autoptr (GstPad) pad =
        gst_element_get_static_pad (plain->webrtc, "sink_0");

    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_plain_packet, plain,
                       NULL);
  }
  peer_side_start (consumer);
  gst_element_set_state (plain->pipeline, GST_STATE_PLAYING);
  peer_side_wait_until (consumer->n_buffers >= 25);

  g_assert_no_error (consumer->error);
  g_assert_cmpuint (plain->n_answers, ==, is_hasty ? 2 : 1);
  g_assert_cmpint (plain->payload_type, ==, is_hasty ? 109 : 0);
  g_assert_false (rw_webrtc_peer_is_resilient (consumer->peer));
  g_assert_cmpuint (consumer->frames->len, ==, 0);
  caps = rw_webrtc_peer_dup_caps (consumer->peer);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels", &n);
  g_assert_cmpint (n, ==, channels);
  /* Running time since the start of the session, and so small. */
  g_assert_cmpuint (consumer->last_pts, >, 0);
  g_assert_cmpuint (consumer->last_pts, <, 60 * GST_SECOND);
  part (consumer, plain);
}

static void
test_plain_producer (void)
{
  check_plain_producer ("max-bundle", PLAIN_AUDIO, 1, FALSE);
}

static void
test_plain_producer_stereo (void)
{
  check_plain_producer ("max-bundle", PLAIN_AUDIO, 2, FALSE);
}

static void
test_plain_producer_without_bundle (void)
{
  check_plain_producer ("none", PLAIN_AUDIO, 2, FALSE);
}

static void
test_plain_producer_with_video (void)
{
  check_plain_producer ("max-bundle", PLAIN_VIDEO PLAIN_AUDIO, 1, FALSE);
}

static void
test_plain_producer_with_video_unbundled (void)
{
  check_plain_producer ("none", PLAIN_VIDEO PLAIN_AUDIO, 1, FALSE);
}

static void
test_plain_producer_that_offers_again_at_once (void)
{
  check_plain_producer ("max-bundle", PLAIN_AUDIO, 2, TRUE);
}

/* dtlsenc sends close_notify at the end of its stream. */
static gpointer
close_plain (gpointer data)
{
  GstElement *encoder = data;
  g_autoptr (GstPad) pad = gst_element_get_static_pad (encoder, "sink");

  gst_pad_send_event (pad, gst_event_new_eos ());
  gst_object_unref (encoder);
  return NULL;
}

static void
on_plain_key (GstElement *encoder, gpointer data)
{
  g_thread_unref (
      g_thread_new ("close", close_plain, gst_object_ref (encoder)));
}

static void
on_plain_element (GstBin *bin, GstBin *sub_bin, GstElement *element,
                  gpointer data)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory != NULL && g_str_equal (GST_OBJECT_NAME (factory), "dtlsenc"))
    g_signal_connect (element, "on-key-received", G_CALLBACK (on_plain_key),
                      NULL);
}

/* A page that closes while this side has not been told that it is connected. */
static void
test_plain_producer_that_closes_at_once (void)
{
  g_autoptr (PeerSide) consumer = peer_side_new (RW_WEBRTC_PEER_CONSUMER);
  Plain *plain = plain_new (
      "webrtcbin name=webrtc bundle-policy=max-bundle "
      "audiotestsrc is-live=true samplesperbuffer=960 ! opusenc ! "
      "rtpopuspay pt=97 ! "
      "application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! webrtc.",
      consumer);

  g_signal_connect (plain->pipeline, "deep-element-added",
                    G_CALLBACK (on_plain_element), NULL);
  peer_side_start (consumer);
  gst_element_set_state (plain->pipeline, GST_STATE_PLAYING);
  peer_side_wait_until (consumer->error != NULL);
  g_assert_error (consumer->error, RW_PEER_ERROR, RW_PEER_ERROR_CLOSED);
  part (consumer, plain);
}

static void
add_tests (void)
{
  g_test_add_func ("/webrtc-peer-plain/consumer", test_plain_consumer);
  g_test_add_func ("/webrtc-peer-plain/consumer-without-bundle",
                   test_plain_consumer_without_bundle);
  g_test_add_func ("/webrtc-peer-plain/producer", test_plain_producer);
  g_test_add_func ("/webrtc-peer-plain/producer-stereo",
                   test_plain_producer_stereo);
  g_test_add_func ("/webrtc-peer-plain/producer-without-bundle",
                   test_plain_producer_without_bundle);
  g_test_add_func ("/webrtc-peer-plain/producer-with-video",
                   test_plain_producer_with_video);
  g_test_add_func ("/webrtc-peer-plain/producer-with-video-unbundled",
                   test_plain_producer_with_video_unbundled);
  g_test_add_func ("/webrtc-peer-plain/producer-that-closes-at-once",
                   test_plain_producer_that_closes_at_once);
  g_test_add_func ("/webrtc-peer-plain/producer-that-offers-again-at-once",
                   test_plain_producer_that_offers_again_at_once);
}

int
main (int argc, char **argv)
{
  return peer_side_run (argc, argv, add_tests);
}
