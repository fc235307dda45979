/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-sdp-update.h"

#include <gst/gst.h>
#include <gst/sdp/sdp.h>
#include <string.h>

#include "rw-frame-extension.h"
#include "rw-peer.h"
#include "sdp-lines.h"
#include "test-process.h"

/* Answers to further offers in a session that is negotiated. */

#define OUR_ANSWER                                                             \
  "v=0\r\no=- 7 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE "           \
  "0\r\n" AUDIO ("111") "a=mid:0\r\n" ICE (                                    \
      "ours") "a=setup:active\r\na=fingerprint:" FINGERPRINT "\r\n" OPUS

static void
check_update (const char *ours, const char *offer, const char *direction,
              const char *version)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSdpUpdate) update =
      rw_sdp_update_new (ours, 0, "passive", offer, FALSE, &error);
  g_autoptr (GstSDPMessage) answer = NULL;
  const GstSDPMedia *media;

  g_assert_no_error (error);
  gst_sdp_message_new_from_text (update->answer, &answer);
  media = gst_sdp_message_get_media (answer, 0);
  g_assert_nonnull (gst_sdp_media_get_attribute_val (media, direction));
  g_assert_cmpstr (gst_sdp_media_get_attribute_val (media, "setup"), ==,
                   "active");
  g_assert_cmpstr (gst_sdp_media_get_attribute_val (media, "ice-ufrag"), ==,
                   "ours");
  g_assert_cmpstr (gst_sdp_message_get_origin (answer)->sess_version, ==,
                   version);
  g_assert_cmpstr (gst_sdp_message_get_attribute_val (answer, "group"), ==,
                   "BUNDLE 0");
  g_assert_cmpstr (update->ufrag, ==, "0000");
}

static void
test_a_further_offer_changes_the_direction (void)
{
  check_update (OUR_ANSWER "a=recvonly\r\n",
                HEAD AUDIO ("111") LINE ("0") OPUS "a=inactive\r\n", "inactive",
                "1");
  check_update (OUR_ANSWER "a=inactive\r\n",
                HEAD AUDIO ("111") LINE ("0") OPUS "a=sendrecv\r\n", "recvonly",
                "1");
  check_update (OUR_ANSWER "a=recvonly\r\n",
                HEAD "a=group:BUNDLE 0 1\r\n" AUDIO ("111") LINE ("0")
                    OPUS VIDEO LINE ("1"),
                "recvonly", "1");
}

static void
check_no_update (const char *offer)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (
      rw_sdp_update_new (OUR_ANSWER, 0, "passive", offer, FALSE, &error));
  g_assert_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP);
}

static void
test_an_offer_of_another_session_is_refused (void)
{
  check_no_update ("garbage");
  check_no_update (HEAD);
  check_no_update (HEAD VIDEO LINE ("0"));
  check_no_update (HEAD AUDIO ("111") LINE ("1") OPUS);
  check_no_update (HEAD AUDIO ("111") "a=mid:0\r\n" OPUS);
  check_no_update (HEAD AUDIO ("0") LINE ("0"));
}

static void
test_an_added_line_is_rejected (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSdpUpdate) update = rw_sdp_update_new (
      OUR_ANSWER, 0, "passive",
      HEAD "a=group:BUNDLE 0 1\r\n" AUDIO ("111") LINE ("0") OPUS
      "a=candidate:1 1 udp 1 127.0.0.1 7000 typ host\r\n"
      "a=candidate:garbage\r\n" VIDEO LINE ("1"),
      FALSE, &error);

  g_assert_no_error (error);
  g_assert_nonnull (strstr (update->answer, "m=video 0 "));
  g_assert_cmpuint (update->candidates->len, ==, 1);
}

#define REMOVED HEAD "a=group:BUNDLE 0 1\r\n" AUDIO ("111") LINE ("0") OPUS

static char *
answer_to (const char *ours, const char *offer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSdpUpdate) update =
      rw_sdp_update_new (ours, 0, "passive", offer, FALSE, &error);

  g_assert_no_error (error);
  return g_steal_pointer (&update->answer);
}

/* @direction: of the line named 1; NULL if it is rejected. */
static void
check_second_line (const char *answer, const char *direction)
{
  g_autoptr (GstSDPMessage) message = NULL;
  const GstSDPMedia *media;

  gst_sdp_message_new_from_text (answer, &message);
  g_assert_cmpuint (gst_sdp_message_medias_len (message), ==, 2);
  media = gst_sdp_message_get_media (message, 1);
  g_assert_cmpstr (gst_sdp_media_get_attribute_val (media, "mid"), ==, "1");
  g_assert_cmpstr (gst_sdp_message_get_attribute_val (message, "group"), ==,
                   direction ? "BUNDLE 0 1" : "BUNDLE 0");
  g_assert_cmpuint (gst_sdp_media_get_port (media), ==, direction ? 9 : 0);
  g_assert_nonnull (gst_sdp_media_get_attribute_val (
      media, direction ? direction : "inactive"));
  if (direction)
    g_assert_cmpstr (gst_sdp_media_get_attribute_val (media, "setup"), ==,
                     "active");
}

/* A page that calls removeTrack() and addTrack() offers another line. It may
 * pause that one, and go on in it. */
static void
test_audio_that_is_removed_and_added_goes_on (void)
{
  g_autofree char *added = answer_to (OUR_ANSWER "a=recvonly\r\n",
                                      REMOVED "a=inactive\r\n" AUDIO ("111")
                                          LINE ("1") OPUS "a=sendonly\r\n");
  g_autofree char *paused =
      answer_to (added, REMOVED "a=inactive\r\n" AUDIO ("111") LINE ("1") OPUS
                 "a=inactive\r\n");
  g_autofree char *resumed =
      answer_to (paused, REMOVED "a=inactive\r\n" AUDIO ("111") LINE ("1") OPUS
                 "a=sendrecv\r\n");

  check_second_line (added, "recvonly");
  check_second_line (paused, "inactive");
  check_second_line (resumed, "recvonly");
}

/* Another payload type, no bundle, or while the session has audio. */
static void
test_other_added_audio_is_rejected (void)
{
  static const char *const offers[] = {
      REMOVED "a=inactive\r\n" AUDIO ("96")
          LINE ("1") "a=rtpmap:96 opus/48000/2\r\na=sendonly\r\n",
      HEAD "a=group:BUNDLE 0\r\n" AUDIO ("111") LINE ("0") OPUS
      "a=inactive\r\n" AUDIO ("111") LINE ("1") OPUS "a=sendonly\r\n",
      REMOVED "a=sendonly\r\n" AUDIO ("111") LINE ("1") OPUS "a=sendonly\r\n",
      REMOVED "a=inactive\r\n" AUDIO ("111") LINE ("1") OPUS "a=inactive\r\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (offers); i++) {
    g_autofree char *answer =
        answer_to (OUR_ANSWER "a=recvonly\r\n", offers[i]);

    check_second_line (answer, NULL);
  }
}

#define EXTENSION(id, uri) "a=extmap:" id " " uri "\r\n"
#define RED_OF(red, pt)                                                        \
  "a=rtpmap:" red " red/48000/2\r\na=fmtp:" red " " pt "/" pt "\r\n"
#define NUMBERED(pt, red, frame, capture)                                      \
  AUDIO (pt " " red)                                                           \
  LINE ("0")                                                                   \
  "a=rtpmap:" pt " opus/48000/2\r\na=fmtp:" pt                                 \
  " useinbandfec=1\r\n" RED_OF (red, pt)                                       \
      EXTENSION (frame, RW_FRAME_EXTENSION_URI)                                \
          EXTENSION (capture, RW_CAPTURE_EXTENSION_URI)

static void
check_contains (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("%s is missing in\n%s", part, text);
}

/* RFC 8843 and RFC 8285 forbid it; another number in the answer would be a
 * session that the other side does not understand. */
static void
test_numbers_that_change_are_followed (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSdpUpdate) update =
      rw_sdp_update_new (HEAD NUMBERED ("111", "63", "3", "5"), 0, "passive",
                         HEAD NUMBERED ("63", "100", "5", "3"), FALSE, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (update->format.payload_type, ==, 63);
  g_assert_cmpuint (update->format.red_type, ==, 100);
  g_assert_cmpuint (update->format.frame_id, ==, 5);
  g_assert_cmpuint (update->format.capture_id, ==, 3);
  check_contains (update->answer, "UDP/TLS/RTP/SAVPF 63 100\r\n");
  check_contains (update->answer, "a=rtpmap:63 opus/48000/2\r\n");
  check_contains (update->answer, "a=fmtp:63 useinbandfec=1\r\n");
  check_contains (update->answer, RED_OF ("100", "63"));
  check_contains (update->answer, EXTENSION ("5", RW_FRAME_EXTENSION_URI));
  check_contains (update->answer, EXTENSION ("3", RW_CAPTURE_EXTENSION_URI));
  g_assert_null (strstr (update->answer, "111"));
}

/* What the offer has no more is not answered. */
static void
test_formats_that_go_are_taken_out (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSdpUpdate) update =
      rw_sdp_update_new (HEAD NUMBERED ("111", "63", "3", "5"), 0, "passive",
                         HEAD AUDIO ("111") LINE ("0") OPUS, FALSE, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (update->format.payload_type, ==, 111);
  g_assert_cmpuint (update->format.red_type, ==, 0);
  g_assert_cmpuint (update->format.frame_id, ==, 0);
  check_contains (update->answer, "UDP/TLS/RTP/SAVPF 111\r\n");
  g_assert_null (strstr (update->answer, "red/48000"));
  g_assert_null (strstr (update->answer, "extmap"));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdp-update/a-further-offer-changes-the-direction",
                   test_a_further_offer_changes_the_direction);
  g_test_add_func ("/sdp-update/an-added-line-is-rejected",
                   test_an_added_line_is_rejected);
  g_test_add_func ("/sdp-update/audio-that-is-removed-and-added-goes-on",
                   test_audio_that_is_removed_and_added_goes_on);
  g_test_add_func ("/sdp-update/other-added-audio-is-rejected",
                   test_other_added_audio_is_rejected);
  g_test_add_func ("/sdp-update/numbers-that-change-are-followed",
                   test_numbers_that_change_are_followed);
  g_test_add_func ("/sdp-update/formats-that-go-are-taken-out",
                   test_formats_that_go_are_taken_out);
  g_test_add_func ("/sdp-update/an-offer-of-another-session-is-refused",
                   test_an_offer_of_another_session_is_refused);
  return test_process_run_tests ();
}
