/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/gst.h>

#include "rw-candidate.h"
#include "rw-local-sdp.h"
#include "rw-remote-sdp.h"
#include "rw-sdp-update.h"

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static const char our_text[] =
    "v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "a=group:BUNDLE audio0 application1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:audio0\r\n"
    "a=sendonly\r\na=rtpmap:96 OPUS/48000/2\r\na=setup:actpass\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    "c=IN IP4 0.0.0.0\r\na=mid:application1\r\na=setup:actpass\r\n";

/* The description that is passed on has as many lines as the one that came
 * in. */
static void
check_lines (const char *text, guint n_lines)
{
  g_autoptr (GstSDPMessage) message = NULL;

  gst_sdp_message_new_from_text (text, &message);
  g_assert_cmpuint (gst_sdp_message_medias_len (message), ==, n_lines);
}

static void
check_answer (const RwRemoteSdp *remote)
{
  static const RwOpusTerms terms = {0};
  g_autofree char *text = gst_sdp_message_as_text (remote->message);
  g_autofree char *answer =
      rw_local_sdp_finish (remote->message, remote, remote->audio_mline,
                           &remote->format, remote->caps, &terms);
  guint n_lines = gst_sdp_message_medias_len (remote->message);

  g_assert_cmpuint (remote->audio_mline, <, n_lines);
  g_assert_cmpuint (remote->fingerprints->len, >, 0);
  check_lines (text, n_lines);
  check_lines (answer, n_lines);
}

static void
fuzz_description (const char *text, gboolean is_answer, gboolean we_send,
                  gboolean wants_stereo)
{
  g_autoptr (GstSDPMessage) ours = NULL;
  g_autoptr (RwRemoteSdp) remote = NULL;

  gst_sdp_message_new_from_text (our_text, &ours);
  remote = rw_remote_sdp_parse (text, is_answer ? ours : NULL, we_send,
                                wants_stereo, NULL);
  if (remote != NULL)
    check_answer (remote);
}

static void
fuzz_update (const char *text, gboolean we_send)
{
  g_autoptr (RwSdpUpdate) update =
      rw_sdp_update_new (our_text, 0, "active", text, we_send, NULL);

  if (update != NULL)
    g_assert_nonnull (update->ufrag);
}

/* Caps need GStreamer, but none of its plugins. */
int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  g_setenv ("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
  g_setenv ("GST_PLUGIN_PATH_1_0", "", TRUE);
  g_setenv ("GST_REGISTRY_1_0", "/dev/null", TRUE);
  gst_init (NULL, NULL);
  return 0;
}

/* The first byte chooses what is done with the rest. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = NULL;
  g_autofree char *candidate = NULL;

  if (size == 0)
    return 0;
  text = g_strndup ((const char *) data + 1, size - 1);
  fuzz_description (text, data[0] & 1, data[0] & 2, data[0] & 4);
  fuzz_update (text, data[0] & 2);
  candidate = rw_candidate_check (text);
  if (candidate != NULL)
    rw_candidate_is_link_local (candidate);
  return 0;
}
