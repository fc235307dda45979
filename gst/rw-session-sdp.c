/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-sdp.h"

#include <string.h>

#include "rw-frame-extension.h"
#include "rw-opus-sdp.h"
#include "rw-peer.h"
#include "rw-sdp-text.h"

/* Reading the other peer's SDP and completing ours. The other peer's text is
 * never passed on: what is needed is picked out of it, checked, and written
 * anew, because webrtcbin asserts where a hostile peer would want it to. */

#define MAX_TEXT      (256 * 1024)
#define MAX_LINES     16
#define MAX_CANDIDATE 512

/* --- Small readers ------------------------------------------------------- */

static gboolean
has_line_attribute (const GstSDPMedia *media, const char *key)
{
  return gst_sdp_media_get_attribute_val (media, key) != NULL;
}

/* A line's attribute, or the whole description's. */
static const char *
find_value (const GstSDPMessage *message, const GstSDPMedia *media,
            const char *key)
{
  const char *value = gst_sdp_media_get_attribute_val (media, key);

  return value != NULL ? value
                       : gst_sdp_message_get_attribute_val (message, key);
}

static gboolean
is_kind (const GstSDPMedia *media, const char *kind)
{
  return g_strcmp0 (gst_sdp_media_get_media (media), kind) == 0;
}

/* A line with port 0 is rejected, unless it means "only as part of a bundle".
 */
static gboolean
is_rejected (const GstSDPMedia *media)
{
  return gst_sdp_media_get_port (media) == 0 &&
         !has_line_attribute (media, "bundle-only");
}

static gboolean
is_channel (const GstSDPMedia *media)
{
  return is_kind (media, "application") && !is_rejected (media) &&
         gst_sdp_media_formats_len (media) == 1 &&
         g_strcmp0 (gst_sdp_media_get_format (media, 0),
                    "webrtc-datachannel") == 0;
}

/* --- Choosing the audio -------------------------------------------------- */

static gboolean
has_direction (const GstSDPMessage *message, const GstSDPMedia *media,
               const char *direction)
{
  return has_line_attribute (media, direction) ||
         gst_sdp_message_get_attribute_val (message, direction) != NULL;
}

/* Whether audio can go on this line from us to them, or the other way. */
static gboolean
flows (const GstSDPMessage *message, const GstSDPMedia *media, gboolean we_send)
{
  const char *against = we_send ? "sendonly" : "recvonly";

  if (is_rejected (media))
    return FALSE;
  if (has_line_attribute (media, we_send ? "recvonly" : "sendonly") ||
      has_line_attribute (media, "sendrecv"))
    return TRUE;

  return !has_direction (message, media, against) &&
         !has_direction (message, media, "inactive");
}

static gboolean
read_extmap (const char *value, const char *uri, guint8 *id)
{
  g_auto (GStrv) parts = NULL;
  char *direction;
  guint64 number;

  if (!rw_sdp_is_plain (value, RW_SDP_MAX_VALUE))
    return FALSE;

  parts = g_strsplit (value, " ", 3);
  if (parts[0] == NULL || parts[1] == NULL || strcmp (parts[1], uri) != 0)
    return FALSE;
  direction = strchr (parts[0], '/');
  if (direction != NULL)
    *direction = '\0';
  /* 15 is reserved by the one-byte form. */
  if (!rw_sdp_read_number (parts[0], 14, &number) || number == 0)
    return FALSE;

  *id = (guint8) number;
  return TRUE;
}

static guint8
find_extension (const GstSDPMedia *media, const char *uri)
{
  guint8 id = 0;
  guint i;

  for (i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (g_strcmp0 (attribute->key, "extmap") == 0 &&
        read_extmap (attribute->value, uri, &id))
      return id;
  }
  return 0;
}

static gboolean
choose_audio (RwRemoteSdp *self, const GstSDPMessage *message, gboolean we_send,
              GError **error)
{
  gboolean seen = FALSE;
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);
    guint pt, channels;

    if (!is_kind (media, "audio") || !flows (message, media, we_send))
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
    self->format.frame_id = find_extension (media, RW_FRAME_EXTENSION_URI);
    self->format.capture_id = find_extension (media, RW_CAPTURE_EXTENSION_URI);
    return TRUE;
  }

  if (seen)
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_CODEC,
                 "The other peer's description has audio but not in Opus; "
                 "this session needs a peer that speaks Opus at 48 kHz");
  else
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_NO_AUDIO,
                 "The other peer's description has no audio that it wants to "
                 "%s; nothing can be %s",
                 we_send ? "receive" : "send", we_send ? "sent" : "received");
  return FALSE;
}

/* --- Rewriting ----------------------------------------------------------- */

static gboolean
is_fingerprint (const char *value)
{
  const char *hash = value != NULL ? strchr (value, ' ') : NULL;

  return rw_sdp_is_plain (value, RW_SDP_MAX_VALUE) && hash != NULL &&
         hash != value && strlen (hash + 1) >= 3 * 16 - 1 &&
         strspn (hash + 1, "0123456789abcdefABCDEF:") == strlen (hash + 1);
}

static gboolean
is_setup (const char *value)
{
  return g_strcmp0 (value, "actpass") == 0 ||
         g_strcmp0 (value, "active") == 0 || g_strcmp0 (value, "passive") == 0;
}

static gboolean
is_bundled (const GstSDPMessage *message, const char *mid)
{
  const char *group = gst_sdp_message_get_attribute_val (message, "group");
  g_auto (GStrv) mids = NULL;

  if (!rw_sdp_is_plain (group, RW_SDP_MAX_VALUE) ||
      !g_str_has_prefix (group, "BUNDLE "))
    return FALSE;
  mids = g_strsplit (group, " ", 2 * MAX_LINES);
  return g_strv_contains ((const char *const *) mids + 1, mid);
}

/* The line whose transport @media has: its own, unless it is bundled. */
static const GstSDPMedia *
find_transport (const GstSDPMessage *message, const GstSDPMedia *media)
{
  const char *mid = gst_sdp_media_get_attribute_val (media, "mid");
  const GstSDPMedia *first = NULL;
  g_auto (GStrv) mids = NULL;
  guint i;

  if (is_bundled (message, mid))
    mids = g_strsplit (gst_sdp_message_get_attribute_val (message, "group"),
                       " ", 3);
  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    const GstSDPMedia *other = gst_sdp_message_get_media (message, i);

    if (!has_line_attribute (other, "ice-ufrag"))
      continue;
    if (mids != NULL &&
        g_strcmp0 (gst_sdp_media_get_attribute_val (other, "mid"), mids[1]) ==
            0)
      return other;
    if (first == NULL)
      first = other;
  }

  if (first == NULL || has_line_attribute (media, "ice-ufrag"))
    return media;
  return first;
}

static gboolean
write_transport (const GstSDPMessage *message, const GstSDPMedia *media,
                 GstSDPMedia *clean, GError **error)
{
  const GstSDPMedia *from = find_transport (message, media);
  const char *ufrag = find_value (message, from, "ice-ufrag");
  const char *pwd = find_value (message, from, "ice-pwd");
  const char *fingerprint = find_value (message, from, "fingerprint");
  const char *setup = find_value (message, from, "setup");

  if (!rw_sdp_is_plain (ufrag, 256) || !rw_sdp_is_plain (pwd, 256) ||
      !is_fingerprint (fingerprint) || !is_setup (setup)) {
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                 "The other peer's description has no usable ICE credentials, "
                 "DTLS fingerprint or setup role; it is not of a WebRTC peer");
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
write_all_candidates (RwRemoteSdp *self, const GstSDPMessage *message)
{
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    guint to = rw_remote_sdp_get_transport (self, i);

    write_candidates (
        gst_sdp_message_get_media (message, i),
        (GstSDPMedia *) gst_sdp_message_get_media (self->message, to));
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
write_chosen (const RwRemoteSdp *self, const GstSDPMedia *media,
              GstSDPMedia *clean, gboolean we_send)
{
  guint pt = self->format.payload_type;

  /* Without parameters: webrtcbin would want ours to equal theirs. */
  write_rtpmap (clean, pt, rw_sdp_find_format (media, "rtpmap", pt));
  gst_sdp_media_add_attribute (clean, we_send ? "recvonly" : "sendonly", "");
}

static gboolean
write_line (const RwRemoteSdp *self, const GstSDPMessage *message, guint index,
            gboolean we_send, GError **error)
{
  const GstSDPMedia *media = gst_sdp_message_get_media (message, index);
  const char *mid = gst_sdp_media_get_attribute_val (media, "mid");
  GstSDPMedia clean = {0};

  if (!rw_sdp_is_token (mid, 32) ||
      !rw_sdp_is_token (gst_sdp_media_get_media (media), 32)) {
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                 "Line %u of the other peer's description has no valid mid",
                 index);
    return FALSE;
  }

  gst_sdp_media_init (&clean);
  gst_sdp_media_set_media (&clean, gst_sdp_media_get_media (media));
  gst_sdp_media_set_port_info (&clean, is_rejected (media) ? 0 : 9, 0);
  gst_sdp_media_set_proto (&clean, "UDP/TLS/RTP/SAVPF");
  gst_sdp_media_add_connection (&clean, "IN", "IP4", "0.0.0.0", 0, 0);
  gst_sdp_media_add_attribute (&clean, "mid", mid);
  if (has_line_attribute (media, "rtcp-mux"))
    gst_sdp_media_add_attribute (&clean, "rtcp-mux", "");

  if (index == self->audio_mline)
    write_chosen (self, media, &clean, we_send);
  else if (is_channel (media))
    write_channel (media, &clean);
  else
    write_unused (media, &clean);

  if (!write_transport (message, media, &clean, error)) {
    gst_sdp_media_uninit (&clean);
    return FALSE;
  }
  gst_sdp_message_add_media (self->message, &clean);
  return TRUE;
}

static gboolean
has_mid (const GstSDPMessage *message, const char *mid, guint *count)
{
  guint i;

  *count = 0;
  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);

    if (g_strcmp0 (gst_sdp_media_get_attribute_val (media, "mid"), mid) == 0)
      (*count)++;
  }
  return *count > 0;
}

static gboolean
check_mids_differ (const GstSDPMessage *message, GError **error)
{
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);
    guint count;

    has_mid (message, gst_sdp_media_get_attribute_val (media, "mid"), &count);
    if (count > 1) {
      g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                   "Two lines of the other peer's description have one mid");
      return FALSE;
    }
  }
  return TRUE;
}

/* The lines in use that are bundled, in the order of the lines; webrtcbin's
 * transport is the first one's. */
static void
write_bundle (RwRemoteSdp *self, const GstSDPMessage *message)
{
  g_autoptr (GString) bundle = g_string_new ("BUNDLE");
  guint i;

  for (i = 0; i < gst_sdp_message_medias_len (self->message); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (self->message, i);
    const char *mid = gst_sdp_media_get_attribute_val (media, "mid");

    if (gst_sdp_media_get_port (media) != 0 && is_bundled (message, mid))
      g_string_append_printf (bundle, " %s", mid);
  }
  if (bundle->len > strlen ("BUNDLE"))
    gst_sdp_message_add_attribute (self->message, "group", bundle->str);
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

static gboolean
rewrite (RwRemoteSdp *self, const GstSDPMessage *message, gboolean we_send,
         GError **error)
{
  guint i;

  write_session (message, self->message);
  for (i = 0; i < gst_sdp_message_medias_len (message); i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (message, i);

    if (!write_line (self, message, i, we_send, error))
      return FALSE;
    self->has_channel = self->has_channel || is_channel (media);
  }
  if (!check_mids_differ (self->message, error))
    return FALSE;

  write_bundle (self, message);
  write_all_candidates (self, message);
  return TRUE;
}

static void
set_group (GstSDPMessage *message, const char *group)
{
  guint i = gst_sdp_message_attributes_len (message);

  while (i-- > 0) {
    if (g_strcmp0 (gst_sdp_message_get_attribute (message, i)->key, "group") ==
        0)
      gst_sdp_message_remove_attribute (message, i);
  }
  gst_sdp_message_add_attribute (message, "group", group);
}

/* We offer one bundle, but not every peer answers with one; what is not on the
 * first line's transport is given up, which is the data channel at worst. */
static void
force_bundle (RwRemoteSdp *self)
{
  const GstSDPMedia *first = gst_sdp_message_get_media (self->message, 0);
  g_autoptr (GString) bundle = g_string_new ("BUNDLE ");
  guint i;

  g_string_append (bundle, gst_sdp_media_get_attribute_val (first, "mid"));
  for (i = 1; i < gst_sdp_message_medias_len (self->message); i++) {
    GstSDPMedia *media =
        (GstSDPMedia *) gst_sdp_message_get_media (self->message, i);

    if (rw_remote_sdp_get_transport (self, i) == 0)
      g_string_append_printf (bundle, " %s",
                              gst_sdp_media_get_attribute_val (media, "mid"));
    else
      gst_sdp_media_set_port_info (media, 0, 0);
  }
  set_group (self->message, bundle->str);
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

/* --- Public -------------------------------------------------------------- */

static gboolean
parse_text (const char *text, GstSDPMessage *message)
{
  gsize size = strlen (text);
  guint n_lines;

  if (size > MAX_TEXT || !g_str_has_prefix (text, "v=") ||
      gst_sdp_message_parse_buffer ((const guint8 *) text, (guint) size,
                                    message) != GST_SDP_OK)
    return FALSE;

  n_lines = gst_sdp_message_medias_len (message);
  return n_lines > 0 && n_lines <= MAX_LINES &&
         gst_sdp_message_get_origin (message) != NULL;
}

RwRemoteSdp *
rw_remote_sdp_parse (const char *text, const GstSDPMessage *offer,
                     gboolean we_send, GError **error)
{
  g_autoptr (RwRemoteSdp) self = g_new0 (RwRemoteSdp, 1);
  g_autoptr (GstSDPMessage) message = NULL;

  gst_sdp_message_new (&message);
  gst_sdp_message_new (&self->message);

  if (!parse_text (text, message)) {
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                 "The other peer's description cannot be parsed as SDP");
    return NULL;
  }
  if (!choose_audio (self, message, we_send, error) ||
      !rewrite (self, message, we_send, error))
    return NULL;
  if (offer != NULL && !fits_offer (self, offer)) {
    g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_SDP,
                 "The other peer's answer does not fit our offer");
    return NULL;
  }
  if (offer != NULL)
    force_bundle (self);

  return g_steal_pointer (&self);
}

void
rw_remote_sdp_free (RwRemoteSdp *self)
{
  g_clear_pointer (&self->message, gst_sdp_message_free);
  gst_clear_caps (&self->caps);
  g_free (self);
}

guint
rw_remote_sdp_get_transport (const RwRemoteSdp *self, guint mline)
{
  guint i;

  if (mline >= gst_sdp_message_medias_len (self->message) ||
      !is_bundled (
          self->message,
          gst_sdp_media_get_attribute_val (
              gst_sdp_message_get_media (self->message, mline), "mid")))
    return mline;

  for (i = 0; i < mline; i++) {
    const GstSDPMedia *media = gst_sdp_message_get_media (self->message, i);

    if (is_bundled (self->message,
                    gst_sdp_media_get_attribute_val (media, "mid")))
      return i;
  }
  return mline;
}

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

char *
rw_local_sdp_finish (const GstSDPMessage *message, guint audio_mline,
                     const RwRtpFormat *format, const GstCaps *caps)
{
  g_autoptr (GstSDPMessage) copy = NULL;
  g_autofree char *fmtp = rw_opus_sdp_write_fmtp (format->payload_type, caps);
  GstSDPMedia *media;

  g_return_val_if_fail (audio_mline < gst_sdp_message_medias_len (message),
                        NULL);

  gst_sdp_message_copy (message, &copy);
  media = (GstSDPMedia *) gst_sdp_message_get_media (copy, audio_mline);
  remove_attributes (media, "fmtp");
  remove_attributes (media, "extmap");
  gst_sdp_media_add_attribute (media, "fmtp", fmtp);
  add_extmap (media, format->frame_id, RW_FRAME_EXTENSION_URI);
  add_extmap (media, format->capture_id, RW_CAPTURE_EXTENSION_URI);
  return gst_sdp_message_as_text (copy);
}

char *
rw_candidate_check (const char *candidate)
{
  /* foundation component transport priority address port "typ" type */
  g_auto (GStrv) parts = NULL;
  guint64 number;

  if (candidate == NULL)
    return NULL;
  if (g_str_has_prefix (candidate, "a="))
    candidate += strlen ("a=");
  if (g_str_has_prefix (candidate, "candidate:"))
    candidate += strlen ("candidate:");
  if (!rw_sdp_is_plain (candidate, MAX_CANDIDATE))
    return NULL;

  parts = g_strsplit (candidate, " ", 9);
  if (g_strv_length (parts) < 8 || strlen (parts[0]) > 32 ||
      parts[0][0] == '\0' || !rw_sdp_read_number (parts[1], 2, &number) ||
      number == 0 || !rw_sdp_read_number (parts[3], G_MAXUINT32, &number) ||
      strlen (parts[4]) < 2 || !rw_sdp_read_number (parts[5], 65535, &number) ||
      strcmp (parts[6], "typ") != 0)
    return NULL;
  if (g_ascii_strcasecmp (parts[2], "udp") != 0 &&
      g_ascii_strcasecmp (parts[2], "tcp") != 0)
    return NULL;

  return g_strdup_printf ("candidate:%s", candidate);
}

gboolean
rw_candidate_is_link_local (const char *candidate)
{
  g_auto (GStrv) parts = g_strsplit (candidate, " ", 6);
  g_autoptr (GInetAddress) address = NULL;

  if (g_strv_length (parts) < 6)
    return FALSE;
  address = g_inet_address_new_from_string (parts[4]);
  return address != NULL &&
         g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 &&
         g_inet_address_get_is_link_local (address);
}
