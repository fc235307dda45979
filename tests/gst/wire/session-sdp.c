/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "rw-local-sdp.h"
#include "rw-remote-sdp.h"

#include <gst/gst.h>
#include <string.h>

#include "rw-frame-extension.h"
#include "rw-opus-sdp.h"
#include "rw-peer.h"
#include "sdp-lines.h"

/* Reading descriptions of other peers, and writing ours. */

static RwRemoteSdp *
parse (const char *text, gboolean we_send)
{
  GError *error = NULL;
  RwRemoteSdp *remote =
      rw_remote_sdp_parse (text, NULL, we_send, FALSE, &error);

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

/* As Chromium writes it: many codecs, comfort noise, sendrecv. */
static void
test_a_browsers_offer_is_understood (void)
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
                                      NULL, FALSE, FALSE, &error));
  g_assert_error (error, RW_PEER_ERROR, RW_PEER_ERROR_NO_AUDIO);
}

static void
test_ids_of_our_extensions_are_found (void)
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
test_channels_are_read_from_the_parameters (void)
{
  g_autoptr (RwRemoteSdp) remote = parse (HEAD AUDIO ("111") LINE ("0") OPUS
                                          "a=fmtp:111 stereo=1; usedtx=1\r\n",
                                          FALSE);

  g_assert_cmpint (get_channels (remote->caps), ==, 2);
}

static void
test_surround_is_read_with_its_mapping (void)
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
test_size_is_named (void)
{
  g_autofree char *filler = g_strnfill (256 * 1024, 'x');
  g_autofree char *text = g_strconcat (HEAD "a=", filler, "\r\n" AUDIO ("111"),
                                       LINE ("0") OPUS, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (rw_remote_sdp_parse (text, NULL, FALSE, FALSE, &error));
  g_assert_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP);
  g_assert_nonnull (strstr (error->message, "longer than 256 KiB"));
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
  g_assert_null (rw_remote_sdp_parse (answer, offer, TRUE, FALSE, &error));
  g_assert_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP);
  g_clear_error (&error);

  active = g_regex_replace_literal (regex, answer, -1, 0, "active", 0, NULL);
  remote = rw_remote_sdp_parse (active, offer, TRUE, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (gst_sdp_message_get_attribute_val (remote->message, "group"),
                   ==, "BUNDLE 0");

  gst_sdp_message_add_media (offer, &(GstSDPMedia){0});
  g_assert_null (rw_remote_sdp_parse (active, offer, TRUE, FALSE, &error));
  g_assert_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP);
  g_regex_unref (regex);
}

#define LONG_MID                                                               \
  "0123456789abcdef-0123456789abcdef-0123456789abcdef-0123456789abcd"

static void
check_answer (const RwRemoteSdp *offer, const char *bundle, const char *wanted,
              const char *unwanted)
{
  static const RwOpusTerms terms = {0};
  g_autofree char *answer =
      rw_local_sdp_finish (offer->message, offer, offer->audio_mline,
                           &offer->format, offer->caps, &terms);
  g_autoptr (GstSDPMessage) message = NULL;

  g_assert_cmpint (gst_sdp_message_new_from_text (answer, &message), ==,
                   GST_SDP_OK);
  g_assert_cmpstr (gst_sdp_message_get_attribute_val (message, "group"), ==,
                   bundle);
  if (wanted != NULL)
    g_assert_nonnull (strstr (answer, wanted));
  if (unwanted != NULL)
    g_assert_null (strstr (answer, unwanted));
}

static void
test_a_long_mid_is_kept (void)
{
  g_autoptr (RwRemoteSdp) remote =
      parse (HEAD "a=group:BUNDLE " LONG_MID "\r\n" AUDIO ("111") ICE ("xxxx")
                 DTLS OPUS "a=mid:" LONG_MID "\r\n",
             FALSE);

  g_assert_cmpstr (attribute (remote, 0, "mid"), ==, LONG_MID);
  check_answer (remote, "BUNDLE " LONG_MID, NULL, NULL);
}

/* As browsers offer it, and in the order that the page prefers; a producer of
 * our kind repeats what is missing. */
static void
test_redundant_audio_is_accepted (void)
{
  g_autoptr (RwRemoteSdp) remote =
      parse (HEAD AUDIO ("111 63") LINE ("0") OPUS
             "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n",
             FALSE);
  g_autoptr (RwRemoteSdp) preferred =
      parse (HEAD AUDIO ("63 111") LINE ("0") OPUS
             "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n",
             FALSE);
  g_autoptr (RwRemoteSdp) of_other =
      parse (HEAD AUDIO ("111 63") LINE ("0") OPUS
             "a=rtpmap:63 red/48000/2\r\na=fmtp:63 9/9\r\n",
             FALSE);

  g_assert_cmpuint (remote->format.red_type, ==, 63);
  check_answer (remote, NULL, "a=rtpmap:63 red/48000/2\r\n", NULL);
  check_answer (remote, NULL, "a=fmtp:63 111/111\r\n", NULL);
  check_answer (remote, NULL, "SAVPF 111 63\r\n", NULL);
  check_answer (preferred, NULL, "SAVPF 63 111\r\n", NULL);
  g_assert_cmpuint (of_other->format.red_type, ==, 0);
  check_answer (of_other, NULL, NULL, "red/48000");
}

/* Peers from before JSEP name no line. The answer names none either. */
static void
test_a_line_without_mid_is_named_here_alone (void)
{
  g_autoptr (RwRemoteSdp) remote =
      parse (HEAD AUDIO ("111") ICE ("xxxx") DTLS OPUS, FALSE);

  g_assert_nonnull (attribute (remote, 0, "mid"));
  check_answer (remote, NULL, NULL, "a=mid");
}

static void
test_an_answer_without_mids_gets_those_of_the_offer (void)
{
  g_autoptr (GstSDPMessage) offer = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (RwRemoteSdp) remote = NULL;

  gst_sdp_message_new_from_text (
      HEAD "a=group:BUNDLE audio0 application1\r\n" AUDIO ("96") LINE ("audio0")
          CHANNEL LINE ("application1"),
      &offer);
  remote = rw_remote_sdp_parse (
      HEAD AUDIO ("96")
          ICE ("xxxx") "a=setup:active\r\na=fingerprint:" FINGERPRINT
                       "\r\na=rtpmap:96 opus/48000/2\r\n"
                       "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n",
      offer, TRUE, FALSE, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (attribute (remote, 0, "mid"), ==, "audio0");
  g_assert_cmpstr (attribute (remote, 1, "mid"), ==, "application1");
}

/* A rejected line may have nothing in it but its first line. */
static void
test_rejected_lines_stay_rejected (void)
{
  g_autoptr (RwRemoteSdp) remote = parse (
      HEAD "a=group:BUNDLE 1\r\nm=video 0 UDP/TLS/RTP/SAVPF 0\r\n" AUDIO ("111")
          LINE ("1") OPUS "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"
                          "a=mid:2\r\n",
      FALSE);

  g_assert_cmpuint (remote->audio_mline, ==, 1);
  g_assert_false (remote->has_channel);
  check_answer (remote, "BUNDLE 1", "m=video 0 ", "m=application 9");
}

static void
test_every_fingerprint_is_kept (void)
{
  g_autoptr (RwRemoteSdp) remote =
      parse (HEAD AUDIO ("111")
                 LINE ("0") "a=fingerprint:sha-1 "
                            "A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:"
                            "9C:D0:D8:9D\r\na=fingerprint:md2 00:11\r\n" OPUS,
             FALSE);

  g_assert_cmpuint (remote->fingerprints->len, ==, 2);
  g_assert_cmpstr (attribute (remote, 0, "fingerprint"), ==, FINGERPRINT);
}

/* A browser's offer does not tell whether stereo comes; the answer asks. */
static void
check_asked (const char *fmtp, gboolean wants_stereo, int channels)
{
  g_autofree char *text =
      g_strconcat (HEAD AUDIO ("111") LINE ("0") OPUS, fmtp, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (RwRemoteSdp) remote =
      rw_remote_sdp_parse (text, NULL, FALSE, wants_stereo, &error);

  g_assert_no_error (error);
  g_assert_cmpint (get_channels (remote->caps), ==, channels);
  check_answer (remote, NULL, channels == 2 ? " sprop-stereo=1;stereo=1" : NULL,
                channels == 1 ? "stereo=1" : NULL);
}

static void
test_stereo_is_requested_of_ordinary_peers (void)
{
  check_asked ("a=fmtp:111 minptime=10;useinbandfec=1\r\n", TRUE, 2);
  check_asked ("a=fmtp:111 minptime=10;useinbandfec=1\r\n", FALSE, 1);
  check_asked ("a=fmtp:111 sprop-stereo=0\r\n", TRUE, 1);
  check_asked ("a=fmtp:111 sprop-stereo=1\r\n", FALSE, 2);
  /* Our own sender states its channels. */
  check_asked ("a=extmap:1 " RW_FRAME_EXTENSION_URI "\r\n", TRUE, 1);
}

static void
test_terms_are_in_the_parameters (void)
{
  static const RwOpusTerms terms = {24000, 2.5, TRUE, FALSE};
  g_autoptr (RwRemoteSdp) remote =
      parse (HEAD AUDIO ("111") LINE ("0") OPUS, FALSE);
  g_autofree char *text = rw_local_sdp_finish (
      remote->message, NULL, 0, &remote->format, remote->caps, &terms);

  g_assert_nonnull (strstr (text, "a=ptime:2.5\r\n"));
  g_assert_nonnull (strstr (text, "a=maxptime:120\r\n"));
  g_assert_nonnull (strstr (text, ";maxaveragebitrate=24000"));
  g_assert_nonnull (strstr (text, ";usedtx=1"));
}

static void
check_local (const char *caps_text)
{
  static const RwRtpFormat format = {111, 3, 4};
  static const RwOpusTerms terms = {0};
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
  finished = rw_local_sdp_finish (message, NULL, 0, &format, caps, &terms);

  g_assert_null (strstr (finished, "wrong"));
  g_assert_nonnull (strstr (finished, "useinbandfec=1"));
  back = parse (finished, FALSE);
  g_assert_true (gst_caps_is_equal (back->caps, caps));
  g_assert_cmpmem (&back->format, sizeof back->format, &format, sizeof format);
}

static void
test_a_local_description_is_understood_as_meant (void)
{
  check_local ("audio/x-opus,rate=48000,channels=1,channel-mapping-family=0");
  check_local ("audio/x-opus,rate=48000,channels=2,channel-mapping-family=0");
  check_local ("audio/x-opus,rate=48000,channels=6,channel-mapping-family=1,"
               "stream-count=4,coupled-count=2,"
               "channel-mapping=<0,4,1,2,3,5>");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add_func ("/session-sdp/" path, func)
  ADD ("remote/a-browsers-offer-is-understood",
       test_a_browsers_offer_is_understood);
  ADD ("remote/first-usable-audio", test_first_usable_audio);
  ADD ("remote/redundant-audio-is-accepted", test_redundant_audio_is_accepted);
  ADD ("remote/direction-of-the-session", test_direction_of_the_session);
  ADD ("remote/ids-of-our-extensions-are-found",
       test_ids_of_our_extensions_are_found);
  ADD ("remote/channels-are-read-from-the-parameters",
       test_channels_are_read_from_the_parameters);
  ADD ("remote/surround-is-read-with-its-mapping",
       test_surround_is_read_with_its_mapping);
  ADD ("remote/bundle-only-line-is-used", test_bundle_only_line_is_used);
  ADD ("remote/bundle-names-its-transport", test_bundle_names_its_transport);
  ADD ("remote/only-what-is-known-is-passed-on",
       test_only_what_is_known_is_passed_on);
  ADD ("remote/size-is-named", test_size_is_named);
  ADD ("remote/answer-must-fit", test_answer_must_fit);
  ADD ("remote/a-long-mid-is-kept", test_a_long_mid_is_kept);
  ADD ("remote/a-line-without-mid-is-named-here-alone",
       test_a_line_without_mid_is_named_here_alone);
  ADD ("remote/an-answer-without-mids-gets-those-of-the-offer",
       test_an_answer_without_mids_gets_those_of_the_offer);
  ADD ("remote/rejected-lines-stay-rejected",
       test_rejected_lines_stay_rejected);
  ADD ("remote/every-fingerprint-is-kept", test_every_fingerprint_is_kept);
  ADD ("remote/stereo-is-requested-of-ordinary-peers",
       test_stereo_is_requested_of_ordinary_peers);
  ADD ("local/terms-are-in-the-parameters", test_terms_are_in_the_parameters);
  ADD ("local/a-local-description-is-understood-as-meant",
       test_a_local_description_is_understood_as_meant);
#undef ADD
  return test_process_run_tests ();
}
