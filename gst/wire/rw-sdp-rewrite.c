/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-sdp-rewrite.h"

#include <string.h>

#include "rw-candidate.h"
#include "rw-fingerprint.h"
#include "rw-opus-sdp.h"
#include "rw-peer.h"
#include "rw-sdp-bundle.h"
#include "rw-sdp-line.h"
#include "rw-sdp-text.h"

/* The text of the other peer is never passed on, because webrtcbin asserts
 * where a hostile peer would want it to. */

typedef struct {
  const GstSDPMessage *message;
  GstSDPMessage *clean;
  guint audio_mline;
  guint payload_type;
  gboolean we_send;
  GPtrArray *fingerprints;
} Rewrite;

static gboolean
is_setup (const char *value)
{
  return g_strcmp0 (value, "actpass") == 0 ||
         g_strcmp0 (value, "active") == 0 || g_strcmp0 (value, "passive") == 0;
}

/* Keeps every fingerprint of one attribute list; returns the strongest. */
static const char *
take_fingerprint (GPtrArray *all, const char *value, const char *strongest)
{
  guint strength = rw_fingerprint_get_strength (value);

  if (strength == 0)
    return strongest;
  g_ptr_array_add (all, g_strdup (value));
  return strength > rw_fingerprint_get_strength (strongest) ? value : strongest;
}

/* A line's fingerprints, or the whole description's: each is of a certificate
 * that the other peer may use, perhaps by several hashes. */
static const char *
take_fingerprints (const Rewrite *self, const GstSDPMedia *media)
{
  const char *strongest = NULL;
  const char *value;
  guint i;

  for (i = 0; (value = gst_sdp_media_get_attribute_val_n (media, "fingerprint",
                                                          i)) != NULL;
       i++)
    strongest = take_fingerprint (self->fingerprints, value, strongest);
  if (i > 0)
    return strongest;
  for (i = 0; (value = gst_sdp_message_get_attribute_val_n (
                   self->message, "fingerprint", i)) != NULL;
       i++)
    strongest = take_fingerprint (self->fingerprints, value, strongest);
  return strongest;
}

static gboolean
write_transport (const Rewrite *self, const GstSDPMedia *media,
                 GstSDPMedia *clean, GError **error)
{
  const GstSDPMessage *message = self->message;
  const GstSDPMedia *from = rw_sdp_bundle_find_transport (message, media);
  const char *ufrag = rw_sdp_line_find_value (message, from, "ice-ufrag");
  const char *pwd = rw_sdp_line_find_value (message, from, "ice-pwd");
  const char *setup = rw_sdp_line_find_value (message, from, "setup");
  const char *fingerprint = take_fingerprints (self, from);

  if (!rw_sdp_is_plain (ufrag, 256) || !rw_sdp_is_plain (pwd, 256) ||
      fingerprint == NULL || !is_setup (setup)) {
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                 "The remote peer's description lacks valid ICE credentials, "
                 "DTLS fingerprint or setup role; it is not the description of "
                 "a WebRTC peer");
    return FALSE;
  }

  gst_sdp_media_add_attribute (clean, "ice-ufrag", ufrag);
  gst_sdp_media_add_attribute (clean, "ice-pwd", pwd);
  gst_sdp_media_add_attribute (clean, "fingerprint", fingerprint);
  gst_sdp_media_add_attribute (clean, "setup", setup);
  return TRUE;
}

static void
write_candidates (const GstSDPMedia *media, GstSDPMedia *clean)
{
  guint i;

  for (i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);
    g_autofree char *candidate = NULL;

    if (g_strcmp0 (attribute->key, "candidate") != 0)
      continue;
    candidate = rw_candidate_check (attribute->value);
    if (candidate != NULL)
      gst_sdp_media_add_attribute (clean, "candidate",
                                   candidate + strlen ("candidate:"));
  }
}

static void
write_all_candidates (const Rewrite *self)
{
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (self->message); i++) {
    guint to = rw_sdp_bundle_get_transport (self->clean, i);

    write_candidates (
        gst_sdp_message_get_media (self->message, i),
        (GstSDPMedia *) gst_sdp_message_get_media (self->clean, to));
  }
}

static void
write_channel (const GstSDPMedia *media, GstSDPMedia *clean)
{
  const char *port = gst_sdp_media_get_attribute_val (media, "sctp-port");
  const char *size =
      gst_sdp_media_get_attribute_val (media, "max-message-size");
  guint64 number;

  gst_sdp_media_set_proto (clean, "UDP/DTLS/SCTP");
  gst_sdp_media_add_format (clean, "webrtc-datachannel");
  gst_sdp_media_add_attribute (
      clean, "sctp-port",
      rw_sdp_read_number (port, 65535, &number) && number > 0 ? port : "5000");
  if (rw_sdp_read_number (size, G_MAXUINT32, &number))
    gst_sdp_media_add_attribute (clean, "max-message-size", size);
}

static void
write_rtpmap (GstSDPMedia *clean, guint pt, const char *value)
{
  g_autofree char *format = g_strdup_printf ("%u", pt);

  gst_sdp_media_add_format (clean, format);
  if (value != NULL) {
    g_autofree char *rtpmap = g_strdup_printf ("%u %s", pt, value);

    gst_sdp_media_add_attribute (clean, "rtpmap", rtpmap);
  }
}

/* A line that is not used still needs a format; never Opus, which webrtcbin
 * would take for the line that is. */
static void
write_unused (const GstSDPMedia *media, GstSDPMedia *clean)
{
  guint i;

  gst_sdp_media_add_attribute (clean, "inactive", "");
  for (i = 0; i < gst_sdp_media_formats_len (media); i++) {
    const char *value;
    guint64 pt;

    if (!rw_sdp_read_number (gst_sdp_media_get_format (media, i), 127, &pt))
      continue;
    value = rw_sdp_find_format (media, "rtpmap", (guint) pt);
    if (rw_opus_sdp_read_rtpmap (value) == 0 && rw_sdp_is_plain (value, 64)) {
      write_rtpmap (clean, (guint) pt, value);
      return;
    }
  }
  write_rtpmap (clean, 0, "PCMU/8000");
}

static void
write_chosen (const Rewrite *self, const GstSDPMedia *media, GstSDPMedia *clean)
{
  guint pt = self->payload_type;

  /* Without parameters: webrtcbin would want ours to equal theirs. */
  write_rtpmap (clean, pt, rw_sdp_find_format (media, "rtpmap", pt));
  gst_sdp_media_add_attribute (clean, self->we_send ? "recvonly" : "sendonly",
                               "");
}

/* The line whose transport stands in @media's place: a line that is not used
 * needs none of its own, but webrtcbin wants one. */
static const GstSDPMedia *
choose_transport (const Rewrite *self, guint index)
{
  const GstSDPMedia *media = gst_sdp_message_get_media (self->message, index);

  if (index == self->audio_mline ||
      (rw_sdp_line_is_channel (media) && !rw_sdp_line_is_rejected (media)) ||
      (!rw_sdp_line_is_rejected (media) &&
       rw_sdp_line_has (media, "ice-ufrag")))
    return media;
  return gst_sdp_message_get_media (self->message, self->audio_mline);
}

static gboolean
write_line (const Rewrite *self, guint index, GError **error)
{
  const GstSDPMedia *media = gst_sdp_message_get_media (self->message, index);
  GstSDPMedia clean = {0};

  gst_sdp_media_init (&clean);
  gst_sdp_media_set_media (&clean, gst_sdp_media_get_media (media));
  gst_sdp_media_set_port_info (&clean, rw_sdp_line_is_rejected (media) ? 0 : 9,
                               0);
  gst_sdp_media_set_proto (&clean, "UDP/TLS/RTP/SAVPF");
  gst_sdp_media_add_connection (&clean, "IN", "IP4", "0.0.0.0", 0, 0);
  gst_sdp_media_add_attribute (&clean, "mid",
                               gst_sdp_media_get_attribute_val (media, "mid"));
  if (rw_sdp_line_has (media, "rtcp-mux"))
    gst_sdp_media_add_attribute (&clean, "rtcp-mux", "");

  if (index == self->audio_mline)
    write_chosen (self, media, &clean);
  else if (rw_sdp_line_is_channel (media))
    write_channel (media, &clean);
  else
    write_unused (media, &clean);

  if (!write_transport (self, choose_transport (self, index), &clean, error)) {
    gst_sdp_media_uninit (&clean);
    return FALSE;
  }
  gst_sdp_message_add_media (self->clean, &clean);
  return TRUE;
}

static void
write_session (const GstSDPMessage *message, GstSDPMessage *clean)
{
  const GstSDPOrigin *origin = gst_sdp_message_get_origin (message);
  guint64 number;

  gst_sdp_message_set_version (clean, "0");
  gst_sdp_message_set_origin (
      clean, "-",
      rw_sdp_read_number (origin->sess_id, G_MAXUINT64, &number)
          ? origin->sess_id
          : "1",
      rw_sdp_read_number (origin->sess_version, G_MAXUINT64, &number)
          ? origin->sess_version
          : "1",
      "IN", "IP4", "0.0.0.0");
  gst_sdp_message_set_session_name (clean, "-");
  gst_sdp_message_add_time (clean, "0", "0", NULL);
  gst_sdp_message_add_attribute (clean, "ice-options", "trickle");
  if (gst_sdp_message_get_attribute_val (message, "ice-lite") != NULL)
    gst_sdp_message_add_attribute (clean, "ice-lite", "");
}

GstSDPMessage *
rw_sdp_rewrite (const GstSDPMessage *message, guint audio_mline,
                guint payload_type, gboolean we_send, GPtrArray *fingerprints,
                GError **error)
{
  g_autoptr (GstSDPMessage) clean = NULL;
  Rewrite self = {
      .message = message,
      .audio_mline = audio_mline,
      .payload_type = payload_type,
      .we_send = we_send,
      .fingerprints = fingerprints,
  };
  guint i;

  gst_sdp_message_new (&clean);
  self.clean = clean;
  write_session (message, clean);
  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    if (!write_line (&self, i, error))
      return NULL;
  }
  rw_sdp_bundle_write (clean, message, audio_mline);
  write_all_candidates (&self);
  return g_steal_pointer (&clean);
}
