/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-sdp-update.h"

#include <string.h>

#include "rw-candidate.h"
#include "rw-opus-sdp.h"
#include "rw-peer.h"
#include "rw-sdp-bundle.h"
#include "rw-sdp-line.h"
#include "rw-sdp-numbers.h"
#include "rw-sdp-text.h"

/* The answer is made of our last description. webrtcbin is not asked: the
 * transport and the formats of a session never change. */

static const char *const directions[] = {"sendrecv", "sendonly", "recvonly",
                                         "inactive"};

static void
set_attribute (GstSDPMedia *media, const char *key, const char *value)
{
  guint i = gst_sdp_media_attributes_len (media);

  while (i-- > 0) {
    if (g_strcmp0 (gst_sdp_media_get_attribute (media, i)->key, key) == 0)
      gst_sdp_media_remove_attribute (media, i);
  }
  if (value != NULL)
    gst_sdp_media_add_attribute (media, key, value);
}

static void
set_direction (GstSDPMedia *media, const char *direction)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (directions); i++)
    set_attribute (media, directions[i], NULL);
  gst_sdp_media_add_attribute (media, direction, "");
}

/* --- Lines --------------------------------------------------------------- */

static void
update_line (GstSDPMedia *ours, const GstSDPMedia *theirs, const char *setup)
{
  if (rw_sdp_line_is_rejected (theirs))
    gst_sdp_media_set_port_info (ours, 0, 0);
  set_attribute (ours, "setup",
                 strcmp (setup, "active") == 0 ? "passive" : "active");
}

static gboolean
update_audio (RwSdpUpdate *self, GstSDPMedia *ours, const GstSDPMessage *offer,
              const GstSDPMedia *theirs, gboolean we_send)
{
  gboolean flows = rw_sdp_line_flows (offer, theirs, we_send);

  if (!rw_sdp_line_is_rejected (theirs) &&
      !rw_sdp_numbers_follow (ours, theirs, &self->format) && flows)
    return FALSE;
  if (!flows)
    set_direction (ours, "inactive");
  else
    set_direction (ours, we_send ? "sendonly" : "recvonly");
  return TRUE;
}

/* Whether a line of the offer is the one that it was. */
static gboolean
is_same_line (const GstSDPMedia *ours, const GstSDPMedia *theirs)
{
  return rw_sdp_line_is_kind (theirs, gst_sdp_media_get_media (ours)) &&
         g_strcmp0 (gst_sdp_media_get_attribute_val (ours, "mid"),
                    gst_sdp_media_get_attribute_val (theirs, "mid")) == 0;
}

/* A line that the session does not have is rejected. */
static gboolean
add_line (GstSDPMessage *answer, const GstSDPMedia *theirs)
{
  const char *mid = gst_sdp_media_get_attribute_val (theirs, "mid");
  const char *format = gst_sdp_media_formats_len (theirs) > 0
                           ? gst_sdp_media_get_format (theirs, 0)
                           : "0";
  GstSDPMedia media = {0};

  if (!rw_sdp_is_token (gst_sdp_media_get_media (theirs), 32) ||
      !rw_sdp_is_plain (gst_sdp_media_get_proto (theirs), 64) ||
      !rw_sdp_is_token (format, 64) ||
      (mid != NULL && !rw_sdp_is_token (mid, RW_SDP_MAX_MID)))
    return FALSE;

  gst_sdp_media_init (&media);
  gst_sdp_media_set_media (&media, gst_sdp_media_get_media (theirs));
  gst_sdp_media_set_port_info (&media, 0, 0);
  gst_sdp_media_set_proto (&media, gst_sdp_media_get_proto (theirs));
  gst_sdp_media_add_format (&media, format);
  if (mid != NULL)
    gst_sdp_media_add_attribute (&media, "mid", mid);
  gst_sdp_media_add_attribute (&media, "inactive", "");
  gst_sdp_message_add_media (answer, &media);
  return TRUE;
}

static gboolean
has_format (const GstSDPMedia *media, const char *format)
{
  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++)
    if (g_strcmp0 (gst_sdp_media_get_format (media, i), format) == 0)
      return TRUE;
  return FALSE;
}

/* Whether @media has the payload types of @ours, for the same formats. */
static gboolean
has_formats (const GstSDPMedia *media, const GstSDPMedia *ours)
{
  guint pt, our_pt, channels;

  for (guint i = 0; i < gst_sdp_media_formats_len (ours); i++)
    if (!has_format (media, gst_sdp_media_get_format (ours, i)))
      return FALSE;
  return rw_opus_sdp_find (ours, &our_pt, &channels) &&
         rw_opus_sdp_find (media, &pt, &channels) && pt == our_pt &&
         rw_opus_sdp_find_red (media, pt) == rw_opus_sdp_find_red (ours, pt);
}

/* A page that has removed its track and adds it again offers it in a new line.
 * Where no other line has audio, what comes on the session's transport in its
 * format is the session's audio. */
static gboolean
is_audio_again (const GstSDPMessage *offer, guint mline,
                const GstSDPMedia *audio)
{
  const GstSDPMedia *theirs = gst_sdp_message_get_media (offer, mline);
  const char *mid = gst_sdp_media_get_attribute_val (theirs, "mid");

  for (guint i = 0; i < mline; i++) {
    const GstSDPMedia *other = gst_sdp_message_get_media (offer, i);

    if (rw_sdp_line_is_kind (other, "audio") &&
        rw_sdp_line_flows (offer, other, FALSE))
      return FALSE;
  }
  return rw_sdp_line_is_kind (theirs, "audio") &&
         rw_sdp_is_token (mid, RW_SDP_MAX_MID) &&
         rw_sdp_line_flows (offer, theirs, FALSE) &&
         rw_sdp_bundle_has (offer, mid) &&
         rw_sdp_bundle_has (offer,
                            gst_sdp_media_get_attribute_val (audio, "mid")) &&
         has_formats (theirs, audio);
}

static void
add_audio (GstSDPMessage *answer, const GstSDPMedia *audio,
           const GstSDPMedia *theirs)
{
  GstSDPMedia *media = NULL;

  gst_sdp_media_copy (audio, &media);
  gst_sdp_media_set_port_info (media, 9, 0);
  set_attribute (media, "mid", gst_sdp_media_get_attribute_val (theirs, "mid"));
  set_direction (media, "recvonly");
  gst_sdp_message_add_media (answer, media);
  g_free (media);
  rw_sdp_bundle_add (answer, gst_sdp_media_get_attribute_val (theirs, "mid"));
}

/* A line of add_audio(), which a line of add_line() is not. */
static gboolean
is_added_audio (const GstSDPMedia *ours)
{
  return rw_sdp_line_is_kind (ours, "audio") && !rw_sdp_line_is_rejected (ours);
}

static gboolean
update_lines (RwSdpUpdate *self, GstSDPMessage *answer,
              const GstSDPMessage *offer, guint audio_mline, const char *setup,
              gboolean we_send)
{
  guint n_ours = gst_sdp_message_medias_len (answer);
  guint i;

  if (gst_sdp_message_medias_len (offer) < n_ours)
    return FALSE;
  for (i = 0; i < gst_sdp_message_medias_len (offer); i++) {
    const GstSDPMedia *theirs = gst_sdp_message_get_media (offer, i);
    const GstSDPMedia *audio = gst_sdp_message_get_media (answer, audio_mline);
    GstSDPMedia *ours;

    if (i >= n_ours) {
      if (!we_send && is_audio_again (offer, i, audio))
        add_audio (answer, audio, theirs);
      else if (!add_line (answer, theirs))
        return FALSE;
      continue;
    }
    ours = (GstSDPMedia *) gst_sdp_message_get_media (answer, i);
    if (!is_same_line (ours, theirs))
      return FALSE;
    update_line (ours, theirs, setup);
    if ((i == audio_mline || is_added_audio (ours)) &&
        !update_audio (self, ours, offer, theirs, we_send))
      return FALSE;
  }
  rw_sdp_bundle_restrict (answer, 0);
  return TRUE;
}

/* --- The rest ------------------------------------------------------------ */

/* Each description of a session has a higher version. */
static void
count_version (GstSDPMessage *answer)
{
  const GstSDPOrigin *origin = gst_sdp_message_get_origin (answer);
  g_autofree char *id = g_strdup (origin->sess_id);
  g_autofree char *version = NULL;
  guint64 number = 0;

  rw_sdp_read_number (origin->sess_version, G_MAXUINT64 - 1, &number);
  version = g_strdup_printf ("%" G_GUINT64_FORMAT, number + 1);
  gst_sdp_message_set_origin (answer, "-", id, version, "IN", "IP4", "0.0.0.0");
}

static gboolean
read_credentials (RwSdpUpdate *self, const GstSDPMessage *offer)
{
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (offer); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);
    const char *ufrag = rw_sdp_line_find_value (offer, media, "ice-ufrag");
    const char *pwd = rw_sdp_line_find_value (offer, media, "ice-pwd");

    if (rw_sdp_line_is_rejected (media) || !rw_sdp_is_plain (ufrag, 256) ||
        !rw_sdp_is_plain (pwd, 256))
      continue;
    self->ufrag = g_strdup (ufrag);
    self->pwd = g_strdup (pwd);
    return TRUE;
  }
  return FALSE;
}

static void
read_candidates (RwSdpUpdate *self, const GstSDPMessage *offer)
{
  guint i, j;

  for (i = 0; i < gst_sdp_message_medias_len (offer); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (offer, i);
    const char *value;

    for (j = 0; (value = gst_sdp_media_get_attribute_val_n (media, "candidate",
                                                            j)) != NULL;
         j++) {
      char *candidate = rw_candidate_check (value);

      if (candidate != NULL)
        g_ptr_array_add (self->candidates, candidate);
    }
  }
}

RwSdpUpdate *
rw_sdp_update_new (const char *ours, guint audio_mline, const char *setup,
                   const char *offer, gboolean we_send, GError **error)
{
  g_autoptr (RwSdpUpdate) self = g_new0 (RwSdpUpdate, 1);
  g_autoptr (GstSDPMessage) answer = NULL;
  g_autoptr (GstSDPMessage) message = NULL;

  self->candidates = g_ptr_array_new_with_free_func (g_free);
  gst_sdp_message_new (&answer);
  gst_sdp_message_new (&message);
  if (!rw_sdp_parse (offer, message) || !rw_sdp_parse (ours, answer) ||
      !update_lines (self, answer, message, audio_mline, setup, we_send) ||
      !read_credentials (self, message)) {
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                 "The remote peer's further offer does not continue the "
                 "session; the session goes on without it");
    return NULL;
  }

  count_version (answer);
  read_candidates (self, message);
  self->answer = gst_sdp_message_as_text (answer);
  return g_steal_pointer (&self);
}

void
rw_sdp_update_free (RwSdpUpdate *self)
{
  g_free (self->answer);
  g_free (self->ufrag);
  g_free (self->pwd);
  g_ptr_array_unref (self->candidates);
  g_free (self);
}
