/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-local-sdp.h"

#include "rw-frame-extension.h"
#include "rw-sdp-bundle.h"

/* Completing webrtcbin's own description. */

/* The longest packet that Opus has. */
#define MAX_PTIME_MS 120

static void
add_extmap (GstSDPMedia *media, guint id, const char *uri)
{
  g_autofree char *value = g_strdup_printf ("%u %s", id, uri);

  if (id != 0)
    gst_sdp_media_add_attribute (media, "extmap", value);
}

static void
remove_attributes (GstSDPMedia *media, const char *key)
{
  guint i = gst_sdp_media_attributes_len (media);

  while (i-- > 0) {
    if (g_strcmp0 (gst_sdp_media_get_attribute (media, i)->key, key) == 0)
      gst_sdp_media_remove_attribute (media, i);
  }
}

/* Accepted in the order of the offer: a browser sends what is first in the
 * answer, which is Opus unless the page prefers RED. */
static void
add_red (GstSDPMedia *media, const RwRtpFormat *format)
{
  g_autofree char *number = g_strdup_printf ("%u", format->red_type);
  g_autofree char *rtpmap =
      g_strdup_printf ("%u red/48000/2", format->red_type);
  g_autofree char *fmtp = g_strdup_printf (
      "%u %u/%u", format->red_type, format->payload_type, format->payload_type);

  gst_sdp_media_insert_format (media, format->prefers_red ? 0 : -1, number);
  gst_sdp_media_add_attribute (media, "rtpmap", rtpmap);
  gst_sdp_media_add_attribute (media, "fmtp", fmtp);
}

static void
add_packet_time (GstSDPMedia *media, const RwOpusTerms *terms)
{
  char value[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *longest = g_strdup_printf (
      "%u", terms->max_ptime_ms > 0 ? terms->max_ptime_ms : MAX_PTIME_MS);

  if (terms->ptime_ms > 0)
    gst_sdp_media_add_attribute (
        media, "ptime", g_ascii_dtostr (value, sizeof value, terms->ptime_ms));
  gst_sdp_media_add_attribute (media, "maxptime", longest);
}

/* A line that the offer rejects is rejected in the answer, and a line is named
 * there only if the offer names it. */
static void
follow_offer (GstSDPMessage *answer, const RwRemoteSdp *offer)
{
  guint32 lines_alone = offer->lines_without_mid;
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (answer); i++) {
    GstSDPMedia *media = (GstSDPMedia *) gst_sdp_message_get_media (answer, i);

    if (gst_sdp_media_get_port (
            gst_sdp_message_get_media (offer->message, i)) == 0)
      gst_sdp_media_set_port_info (media, 0, 0);
  }
  if (!offer->is_bundled)
    lines_alone = G_MAXUINT32;
  rw_sdp_bundle_restrict (answer, lines_alone);
  for (i = 0; i < gst_sdp_message_medias_len (answer); i++) {
    if (offer->lines_without_mid & (1u << i))
      remove_attributes ((GstSDPMedia *) gst_sdp_message_get_media (answer, i),
                         "mid");
  }
}

char *
rw_local_sdp_finish (const GstSDPMessage *message, const RwRemoteSdp *offer,
                     guint audio_mline, const RwRtpFormat *format,
                     const GstCaps *caps, const RwOpusTerms *terms)
{
  g_autoptr (GstSDPMessage) copy = NULL;
  g_autofree char *fmtp =
      rw_opus_sdp_write_fmtp (format->payload_type, caps, terms);
  GstSDPMedia *media;

  g_return_val_if_fail (audio_mline < gst_sdp_message_medias_len (message),
                        NULL);

  gst_sdp_message_copy (message, &copy);
  media = (GstSDPMedia *) gst_sdp_message_get_media (copy, audio_mline);
  remove_attributes (media, "fmtp");
  remove_attributes (media, "extmap");
  gst_sdp_media_add_attribute (media, "fmtp", fmtp);
  if (format->red_type != 0)
    add_red (media, format);
  add_packet_time (media, terms);
  add_extmap (media, format->frame_id, RW_FRAME_EXTENSION_URI);
  add_extmap (media, format->capture_id, RW_CAPTURE_EXTENSION_URI);
  if (format->rtcp_messages)
    gst_sdp_media_add_attribute (media, RW_RTCP_MESSAGES_ATTRIBUTE, "");
  if (offer != NULL)
    follow_offer (copy, offer);
  return gst_sdp_message_as_text (copy);
}
