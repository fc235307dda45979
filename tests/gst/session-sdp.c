/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-process.h"
#include "rw-session-sdp.h"

#include <gst/gst.h>
#include <string.h>

#include "rw-fingerprint.h"
#include "rw-frame-extension.h"
#include "rw-opus-sdp.h"
#include "rw-peer.h"

/* What is understood of other peers' descriptions, and what we say in ours. */

#define FINGERPRINT                                                            \
  "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"                   \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
#define HEAD "v=0\r\no=- 5 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define ICE(name)                                                              \
  "a=ice-ufrag:" name "\r\na=ice-pwd:0123456789abcdef0123" name "\r\n"
#define DTLS "a=setup:actpass\r\na=fingerprint:" FINGERPRINT "\r\n"
#define LINE(mid)                                                              \
  "a=mid:" mid "\r\n" ICE (mid mid mid mid) DTLS "a=rtcp-mux\r\n"
#define AUDIO(pts) "m=audio 9 UDP/TLS/RTP/SAVPF " pts "\r\n"
#define VIDEO      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
#define CHANNEL                                                                \
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=sctp-port:5001\r\n"
#define OPUS "a=rtpmap:111 opus/48000/2\r\n"

static RwRemoteSdp *
parse (const char *text, gboolean we_send)
{
  GError *error = NULL;
  RwRemoteSdp *remote = rw_remote_sdp_parse (text, NULL, we_send, &error);

  g_assert_no_error (error);
  g_assert_nonnull (remote);
  return remote;
}

static const char *
attribute (const RwRemoteSdp *remote, guint line, const char *key)
{
  return gst_sdp_media_get_attribute_val (
      gst_sdp_message_get_media (remote->message, line), key);
}

static int
get_channels (const GstCaps *caps)
{
  int channels = 0;

  gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels",
                         &channels);
  return channels;
}

/* As Chromium says it: many codecs, comfort noise, sendrecv. */
static void
test_browser (void)
{
  g_autoptr (RwRemoteSdp) remote = parse (
      HEAD "a=group:BUNDLE 0 1\r\n" VIDEO LINE (
          "0") "a=rtpmap:96 VP8/90000\r\n" AUDIO ("63 111 0 13 126")
          LINE (
              "1") "a=sendrecv\r\na=rtpmap:63 red/48000/2\r\n" OPUS
                   "a=rtcp-fb:111 transport-cc\r\n"
                   "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
                   "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
                   "a=rtpmap:126 telephone-event/8000\r\n",
      FALSE);
  const GstSDPMedia *audio;

  g_assert_cmpuint (remote->audio_mline, ==, 1);
  g_assert_cmpuint (remote->format.payload_type, ==, 111);
  g_assert_cmpuint (remote->format.frame_id, ==, 0);
  g_assert_cmpuint (remote->format.capture_id, ==, 0);
  g_assert_cmpint (get_channels (remote->caps), ==, 1);
  g_assert_false (remote->has_channel);

  /* Nothing but Opus is left of the audio, and nothing flows on the video. */
  audio = gst_sdp_message_get_media (remote->message, 1);
  g_assert_cmpuint (gst_sdp_media_formats_len (audio), ==, 1);
  g_assert_nonnull (attribute (remote, 1, "sendonly"));
  g_assert_null (attribute (remote, 1, "sendrecv"));
  g_assert_nonnull (attribute (remote, 0, "inactive"));
  g_assert_cmpstr (gst_sdp_message_get_attribute_val (remote->message, "group"),
                   ==, "BUNDLE 0 1");
}

static void
test_first_usable_audio (void)
{
  const char *text = HEAD AUDIO ("8") LINE ("0") AUDIO ("111") LINE ("1") OPUS
      "a=recvonly\r\n" AUDIO ("111") LINE ("2") OPUS
      "a=sendonly\r\n" AUDIO ("111") LINE ("3") OPUS;
  g_autoptr (RwRemoteSdp) as_consumer = parse (text, FALSE);
  g_autoptr (RwRemoteSdp) as_producer = parse (text, TRUE);

  g_assert_cmpuint (as_consumer->audio_mline, ==, 2);
  g_assert_cmpuint (as_producer->audio_mline, ==, 1);
  /* The others must not look like the chosen one. */
  g_assert_nonnull (attribute (as_producer, 2, "inactive"));
  g_assert_null (strstr (attribute (as_producer, 2, "rtpmap"), "opus/48000/2"));
}

static void
test_direction_of_the_session (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (rw_remote_sdp_parse (HEAD "a=recvonly\r\n" AUDIO ("111")
                                          LINE ("0") OPUS,
                                      NULL, FALSE, &error));
  g_assert_error (error, RW_PEER_ERROR, RW_PEER_ERROR_NO_AUDIO);
}

static void
test_extensions (void)
{
  g_autoptr (RwRemoteSdp) remote =
      parse (HEAD AUDIO ("111") LINE ("0") OPUS
             "a=extmap:15 " RW_FRAME_EXTENSION_URI
             "\r\na=extmap:x " RW_FRAME_EXTENSION_URI
             "\r\na=extmap:5/sendonly " RW_FRAME_EXTENSION_URI
             "\r\na=extmap:9 " RW_CAPTURE_EXTENSION_URI "\r\n",
             FALSE);

  g_assert_cmpuint (remote->format.frame_id, ==, 5);
  g_assert_cmpuint (remote->format.capture_id, ==, 9);
}

static void
test_stereo (void)
{
  g_autoptr (RwRemoteSdp) remote = parse (HEAD AUDIO ("111") LINE ("0") OPUS
                                          "a=fmtp:111 stereo=1; usedtx=1\r\n",
                                          FALSE);

  g_assert_cmpint (get_channels (remote->caps), ==, 2);
}

static void
test_surround (void)
{
  g_autoptr (GstCaps) expected = gst_caps_from_string (
      "audio/x-opus,rate=48000,channels=6,channel-mapping-family=1,"
      "stream-count=4,coupled-count=2,channel-mapping=<0,4,1,2,3,5>");
  g_autoptr (RwRemoteSdp) remote = parse (
      HEAD AUDIO ("97") LINE ("0") "a=rtpmap:97 multiopus/48000/6\r\n"
                                   "a=fmtp:97 num_streams=4;coupled_streams=2;"
                                   "channel_mapping=0,4,1,2,3,5\r\n",
      FALSE);

  g_assert_true (gst_caps_is_equal (remote->caps, expected));
}

static void
test_bundle_only_line_is_used (void)
{
  g_autoptr (RwRemoteSdp) remote =
      parse (HEAD "a=group:BUNDLE 0 1\r\n" CHANNEL LINE (
                 "0") "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=bundle-only\r\n"
                      "a=mid:1\r\n" OPUS,
             FALSE);

  g_assert_cmpuint (remote->audio_mline, ==, 1);
  g_assert_true (remote->has_channel);
  g_assert_cmpuint (
      gst_sdp_media_get_port (gst_sdp_message_get_media (remote->message, 1)),
      ==, 9);
  /* Its transport is the bundle's. */
  g_assert_cmpstr (attribute (remote, 1, "ice-ufrag"), ==, "0000");
  g_assert_cmpuint (rw_remote_sdp_get_transport (remote, 1), ==, 0);
  g_assert_cmpuint (rw_remote_sdp_get_transport (remote, 77), ==, 77);
  g_assert_cmpstr (attribute (remote, 0, "sctp-port"), ==, "5001");
}

static void
test_bundle_names_its_transport (void)
{
  g_autoptr (RwRemoteSdp) remote =
      parse (HEAD "a=group:BUNDLE b a\r\n" AUDIO ("111") LINE ("a") OPUS
             "a=candidate:1 1 udp 1 127.0.0.1 7000 typ host\r\n" CHANNEL LINE (
                 "b") "a=candidate:2 1 udp 1 127.0.0.1 7001 typ host\r\n"
                      "a=candidate:garbage\r\n",
             FALSE);

  g_assert_cmpstr (attribute (remote, 0, "ice-ufrag"), ==, "bbbb");
  g_assert_cmpstr (attribute (remote, 1, "ice-ufrag"), ==, "bbbb");
  /* Candidates go where webrtcbin has the transport. */
  g_assert_null (attribute (remote, 1, "candidate"));
  g_assert_cmpstr (
      gst_sdp_media_get_attribute_val_n (
          gst_sdp_message_get_media (remote->message, 0), "candidate", 1),
      ==, "2 1 udp 1 127.0.0.1 7001 typ host");
}

/* Nothing gets through that was not understood. */
static void
test_only_what_is_known_is_passed_on (void)
{
  g_autoptr (RwRemoteSdp) remote =
      parse (HEAD "a=evil:session\r\n" AUDIO ("111") LINE ("0") OPUS
             "a=ssrc:1 cname:evil\r\na=evil\r\na=rtcp-fb:111 nack\r\n",
             FALSE);
  g_autofree char *text = gst_sdp_message_as_text (remote->message);

  g_assert_null (strstr (text, "evil"));
  g_assert_null (strstr (text, "nack"));
}

static void
test_answer_must_fit (void)
{
  const char *answer = HEAD AUDIO ("96") LINE ("0") "a=rtpmap:96 OPUS/48000/2"
                                                    "\r\n";
  g_autoptr (GstSDPMessage) offer = NULL;
  g_autofree char *active = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (RwRemoteSdp) remote = NULL;
  GRegex *regex = g_regex_new ("actpass", 0, 0, NULL);

  gst_sdp_message_new_from_text (answer, &offer);
  g_assert_null (rw_remote_sdp_parse (answer, offer, TRUE, &error));
  g_assert_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP);
  g_clear_error (&error);

  active = g_regex_replace_literal (regex, answer, -1, 0, "active", 0, NULL);
  remote = rw_remote_sdp_parse (active, offer, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (gst_sdp_message_get_attribute_val (remote->message, "group"),
                   ==, "BUNDLE 0");

  gst_sdp_message_add_media (offer, &(GstSDPMedia){0});
  g_assert_null (rw_remote_sdp_parse (active, offer, TRUE, &error));
  g_assert_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP);
  g_regex_unref (regex);
}

/* What we say is what we understand. */
static void
check_local (const char *caps_text)
{
  static const RwRtpFormat format = {111, 3, 4};
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  g_autoptr (GstCaps) rtp_caps = rw_opus_sdp_new_rtp_caps (caps, 111);
  g_autoptr (RwRemoteSdp) back = NULL;
  g_autoptr (GstSDPMessage) message = NULL;
  g_autofree char *rtpmap = NULL;
  g_autofree char *text = NULL;
  g_autofree char *finished = NULL;
  const GstStructure *rtp = gst_caps_get_structure (rtp_caps, 0);

  rtpmap =
      g_strdup_printf ("a=rtpmap:111 %s/48000/%s\r\na=fmtp:111 wrong=1\r\n",
                       gst_structure_get_string (rtp, "encoding-name"),
                       gst_structure_get_string (rtp, "encoding-params"));
  text = g_strconcat (HEAD AUDIO ("111") LINE ("0"), rtpmap, NULL);
  gst_sdp_message_new_from_text (text, &message);
  finished = rw_local_sdp_finish (message, 0, &format, caps);

  g_assert_null (strstr (finished, "wrong"));
  g_assert_nonnull (strstr (finished, "useinbandfec=1"));
  back = parse (finished, FALSE);
  g_assert_true (gst_caps_is_equal (back->caps, caps));
  g_assert_cmpmem (&back->format, sizeof back->format, &format, sizeof format);
}

static void
test_local (void)
{
  check_local ("audio/x-opus,rate=48000,channels=1,channel-mapping-family=0");
  check_local ("audio/x-opus,rate=48000,channels=2,channel-mapping-family=0");
  check_local ("audio/x-opus,rate=48000,channels=6,channel-mapping-family=1,"
               "stream-count=4,coupled-count=2,"
               "channel-mapping=<0,4,1,2,3,5>");
}

static void
test_candidate (void)
{
  g_autofree char *plain =
      rw_candidate_check ("1 1 UDP 2 ::1 9 typ host generation 0");
  g_autofree char *whole =
      rw_candidate_check ("a=candidate:1 1 udp 2 x.local 9 typ host");

  g_assert_cmpstr (plain, ==,
                   "candidate:1 1 UDP 2 ::1 9 typ host generation 0");
  g_assert_cmpstr (whole, ==, "candidate:1 1 udp 2 x.local 9 typ host");
  g_assert_null (rw_candidate_check ("1 1 udp 2 127.0.0.1 9 host"));
  g_assert_null (rw_candidate_check ("1 1 udp 2 127.0.0.1 -9 typ host"));
  g_assert_null (rw_candidate_check ("1 1 udp 2 127.0.0.1 9 typ host\na=x"));
}

static void
test_link_local_candidate (void)
{
  g_assert_true (rw_candidate_is_link_local (
      "candidate:1 1 UDP 2 fe80::1c2f:2 9 typ host"));
  g_assert_true (
      rw_candidate_is_link_local ("candidate:1 1 UDP 2 FEBF::1 9 typ host"));
  g_assert_false (
      rw_candidate_is_link_local ("candidate:1 1 UDP 2 fec0::1 9 typ host"));
  g_assert_false (
      rw_candidate_is_link_local ("candidate:1 1 UDP 2 169.254.1.1 9 typ "
                                  "host"));
  g_assert_false (
      rw_candidate_is_link_local ("candidate:1 1 UDP 2 fe80.local 9 typ host"));
  g_assert_false (rw_candidate_is_link_local ("candidate:1"));
}

static void
test_fingerprint (void)
{
  /* The base64 of "abc", whose digests are in the standard's examples. */
  const char *pem = "-----BEGIN CERTIFICATE-----\nYWJj\n"
                    "-----END CERTIFICATE-----\n";
  const char *sha256 =
      "SHA-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:"
      "B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:ad";

  g_assert_true (rw_fingerprint_matches (sha256, pem));
  g_assert_true (rw_fingerprint_matches (
      "sha-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D",
      pem));
  g_assert_false (rw_fingerprint_matches (
      "sha-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9E",
      pem));
  g_assert_false (rw_fingerprint_matches ("sha-256 BA:78", pem));
  g_assert_false (rw_fingerprint_matches ("sha-256 ", pem));
  g_assert_false (rw_fingerprint_matches ("sha-256", pem));
  g_assert_false (rw_fingerprint_matches ("md2 BA", pem));
  g_assert_false (rw_fingerprint_matches (sha256, "YWJj"));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add_func ("/session-sdp/" path, func)
  ADD ("remote/browser", test_browser);
  ADD ("remote/first-usable-audio", test_first_usable_audio);
  ADD ("remote/direction-of-the-session", test_direction_of_the_session);
  ADD ("remote/extensions", test_extensions);
  ADD ("remote/stereo", test_stereo);
  ADD ("remote/surround", test_surround);
  ADD ("remote/bundle-only-line-is-used", test_bundle_only_line_is_used);
  ADD ("remote/bundle-names-its-transport", test_bundle_names_its_transport);
  ADD ("remote/only-what-is-known-is-passed-on",
       test_only_what_is_known_is_passed_on);
  ADD ("remote/answer-must-fit", test_answer_must_fit);
  ADD ("local/says-what-we-understand", test_local);
  ADD ("candidate", test_candidate);
  ADD ("link-local", test_link_local_candidate);
  ADD ("fingerprint", test_fingerprint);
#undef ADD
  return rw_process_run_tests ();
}
