/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-remote-sdp.h"

#include <string.h>

#include "rw-frame-extension.h"
#include "rw-opus-sdp.h"
#include "rw-peer.h"
#include "rw-sdp-bundle.h"
#include "rw-sdp-line.h"
#include "rw-sdp-rewrite.h"
#include "rw-sdp-text.h"

/* Reading the other peer's SDP. */

/* --- Choosing the audio -------------------------------------------------- */

static gboolean
choose_audio (RwRemoteSdp *self, const GstSDPMessage *message, gboolean we_send,
              GError **error)
{
  gboolean seen = FALSE;
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);
    guint pt, channels;

    if (!rw_sdp_line_is_kind (media, "audio") ||
        !rw_sdp_line_flows (message, media, we_send))
      continue;
    seen = TRUE;
    if (!rw_opus_sdp_find (media, &pt, &channels))
      continue;

    self->caps = rw_opus_sdp_read_caps (rw_sdp_find_format (media, "fmtp", pt),
                                        channels);
    if (self->caps == NULL)
      continue;
    self->audio_mline = i;
    self->format.payload_type = (guint8) pt;
    self->format.frame_id =
        rw_sdp_line_find_extension (media, RW_FRAME_EXTENSION_URI);
    self->format.capture_id =
        rw_sdp_line_find_extension (media, RW_CAPTURE_EXTENSION_URI);
    if (!we_send && self->format.frame_id == 0)
      self->format.red_type = (guint8) rw_opus_sdp_find_red (media, pt);
    self->format.prefers_red =
        self->format.red_type != 0 &&
        rw_opus_sdp_prefers (media, self->format.red_type, pt);
    self->format.rtcp_messages =
        self->format.frame_id != 0 &&
        rw_sdp_line_has (media, RW_RTCP_MESSAGES_ATTRIBUTE);
    return TRUE;
  }

  if (seen)
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_CODEC,
                 "The remote peer's description has audio without Opus; this "
                 "session needs Opus at 48 kHz");
  else
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_NO_AUDIO,
                 "The remote peer's description has no audio that it would %s; "
                 "nothing can be %s",
                 we_send ? "receive" : "send", we_send ? "sent" : "received");
  return FALSE;
}

static gboolean
rewrite (RwRemoteSdp *self, const GstSDPMessage *message, gboolean we_send,
         GError **error)
{
  self->message =
      rw_sdp_rewrite (message, self->audio_mline, self->format.payload_type,
                      we_send, self->fingerprints, error);
  return self->message != NULL;
}

static gboolean
has_channel (const GstSDPMessage *message)
{
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    if (rw_sdp_line_is_channel (gst_sdp_message_get_media (message, i)))
      return TRUE;
  }
  return FALSE;
}

/* An answer has our lines and takes a DTLS role. */
static gboolean
fits_offer (const RwRemoteSdp *self, const GstSDPMessage *offer)
{
  guint n_lines = gst_sdp_message_medias_len (self->message);
  guint i;

  if (n_lines != gst_sdp_message_medias_len (offer))
    return FALSE;
  for (i = 0; i < n_lines; i++) {
    const GstSDPMedia *ours = gst_sdp_message_get_media (offer, i);
    const GstSDPMedia *theirs = gst_sdp_message_get_media (self->message, i);

    if (g_strcmp0 (gst_sdp_media_get_media (ours),
                   gst_sdp_media_get_media (theirs)) != 0 ||
        g_strcmp0 (gst_sdp_media_get_attribute_val (ours, "mid"),
                   gst_sdp_media_get_attribute_val (theirs, "mid")) != 0 ||
        g_strcmp0 (gst_sdp_media_get_attribute_val (theirs, "setup"),
                   "actpass") == 0)
      return FALSE;
  }
  return TRUE;
}

/* A browser's offer does not announce stereo: the browser sends stereo if the
 * answer requests it. Decoders take mono for stereo as well. */
static void
expect_stereo (RwRemoteSdp *self, const GstSDPMessage *message)
{
  const GstSDPMedia *media =
      gst_sdp_message_get_media (message, self->audio_mline);
  const char *fmtp =
      rw_sdp_find_format (media, "fmtp", self->format.payload_type);
  int channels = 0;

  gst_structure_get_int (gst_caps_get_structure (self->caps, 0), "channels",
                         &channels);
  if (channels == 1 && !rw_opus_sdp_is_mono (fmtp))
    gst_caps_set_simple (self->caps, "channels", G_TYPE_INT, 2, NULL);
}

/* --- Public -------------------------------------------------------------- */

/* An answer names its lines as our offer does. */
static char *
make_mid (const GstSDPMessage *offer, guint index)
{
  const char *ours = NULL;

  if (offer != NULL && index < gst_sdp_message_medias_len (offer))
    ours = gst_sdp_media_get_attribute_val (
        gst_sdp_message_get_media (offer, index), "mid");
  return ours != NULL ? g_strdup (ours) : g_strdup_printf ("line-%u", index);
}

static gboolean
is_line_usable (const GstSDPMedia *media, GHashTable *mids)
{
  const char *mid = gst_sdp_media_get_attribute_val (media, "mid");

  return rw_sdp_is_token (mid, RW_SDP_MAX_MID) &&
         rw_sdp_is_token (gst_sdp_media_get_media (media), 32) &&
         g_hash_table_add (mids, (gpointer) mid);
}

/* Gives each line without a mid one of ours, and checks the others. */
static gboolean
name_lines (RwRemoteSdp *self, GstSDPMessage *message,
            const GstSDPMessage *offer, GError **error)
{
  g_autoptr (GHashTable) mids = g_hash_table_new (g_str_hash, g_str_equal);
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    GstSDPMedia *media = (GstSDPMedia *) gst_sdp_message_get_media (message, i);

    if (!rw_sdp_line_has (media, "mid")) {
      g_autofree char *mid = make_mid (offer, i);

      gst_sdp_media_add_attribute (media, "mid", mid);
      self->lines_without_mid |= 1u << i;
    }
    if (!is_line_usable (media, mids)) {
      g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                   "Media line %u of the remote description has no valid name, "
                   "or that of another line",
                   i);
      return FALSE;
    }
  }
  return TRUE;
}

RwRemoteSdp *
rw_remote_sdp_parse (const char *text, const GstSDPMessage *offer,
                     gboolean we_send, gboolean wants_stereo, GError **error)
{
  g_autoptr (RwRemoteSdp) self = g_new0 (RwRemoteSdp, 1);
  g_autoptr (GstSDPMessage) message = NULL;

  gst_sdp_message_new (&message);
  self->fingerprints = g_ptr_array_new_with_free_func (g_free);

  if (!rw_sdp_parse (text, message)) {
    g_set_error_literal (
        error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
        strlen (text) > RW_SDP_MAX_BYTES
            ? "The remote peer's description is longer than 256 KiB"
            : "The remote peer's description is not valid SDP");
    return NULL;
  }
  if (!name_lines (self, message, offer, error) ||
      !choose_audio (self, message, we_send, error) ||
      !rewrite (self, message, we_send, error))
    return NULL;
  self->has_channel = has_channel (message);
  self->is_bundled =
      gst_sdp_message_get_attribute_val (message, "group") != NULL;
  if (offer != NULL && !fits_offer (self, offer)) {
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                 "The remote peer's answer does not match the offer");
    return NULL;
  }
  if (offer != NULL)
    rw_sdp_bundle_force (self->message);
  if (!we_send && wants_stereo && self->format.frame_id == 0)
    expect_stereo (self, message);

  return g_steal_pointer (&self);
}

void
rw_remote_sdp_free (RwRemoteSdp *self)
{
  g_clear_pointer (&self->message, gst_sdp_message_free);
  g_clear_pointer (&self->fingerprints, g_ptr_array_unref);
  gst_clear_caps (&self->caps);
  g_free (self);
}

guint
rw_remote_sdp_get_transport (const RwRemoteSdp *self, guint mline)
{
  return rw_sdp_bundle_get_transport (self->message, mline);
}
