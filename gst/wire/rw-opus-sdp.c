/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-opus-sdp.h"

#include <string.h>

#include "rw-frame.h"
#include "rw-sdp-text.h"

/* Opus in SDP and in caps. */

#define CLOCK_RATE_TEXT "48000"

/* As browsers announce it. */
#define MIN_PTIME_MS 10

guint
rw_opus_sdp_read_rtpmap (const char *value)
{
  guint64 channels;

  if (value == NULL)
    return 0;
  if (g_ascii_strcasecmp (value, "opus/" CLOCK_RATE_TEXT "/2") == 0)
    return 2;
  if (g_ascii_strncasecmp (value, "multiopus/" CLOCK_RATE_TEXT "/", 16) == 0 &&
      rw_sdp_read_number (value + 16, 255, &channels) && channels > 2)
    return (guint) channels;
  return 0;
}

gboolean
rw_opus_sdp_find (const GstSDPMedia *media, guint *payload_type,
                  guint *channels)
{
  guint i;

  for (i = 0; i < gst_sdp_media_formats_len (media); i++) {
    guint64 number;

    if (!rw_sdp_read_number (gst_sdp_media_get_format (media, i), 127, &number))
      continue;
    *channels = rw_opus_sdp_read_rtpmap (
        rw_sdp_find_format (media, "rtpmap", (guint) number));
    if (*channels != 0) {
      *payload_type = (guint) number;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
rw_opus_sdp_prefers (const GstSDPMedia *media, guint first, guint second)
{
  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++) {
    guint64 number = 0;

    if (!rw_sdp_read_number (gst_sdp_media_get_format (media, i), 127, &number))
      continue;
    if (number == first || number == second)
      return number == first;
  }
  return FALSE;
}

guint
rw_opus_sdp_find_red (const GstSDPMedia *media, guint payload_type)
{
  g_autofree char *prefix = g_strdup_printf ("%u/", payload_type);

  for (guint i = 0; i < gst_sdp_media_formats_len (media); i++) {
    const char *rtpmap, *fmtp;
    guint64 number;

    if (!rw_sdp_read_number (gst_sdp_media_get_format (media, i), 127, &number))
      continue;
    rtpmap = rw_sdp_find_format (media, "rtpmap", (guint) number);
    fmtp = rw_sdp_find_format (media, "fmtp", (guint) number);
    if (rtpmap && fmtp && g_str_has_prefix (fmtp, prefix) &&
        g_ascii_strcasecmp (rtpmap, "red/" CLOCK_RATE_TEXT "/2") == 0)
      return (guint) number;
  }
  return 0;
}

static char *
find_parameter (const char *fmtp, const char *name)
{
  g_auto (GStrv) parts = NULL;
  guint i;

  if (!rw_sdp_is_plain (fmtp, RW_SDP_MAX_VALUE))
    return NULL;

  parts = g_strsplit (fmtp, ";", 32);
  for (i = 0; parts[i] != NULL; i++) {
    char *part = g_strstrip (parts[i]);
    gsize length = strlen (name);

    if (g_ascii_strncasecmp (part, name, length) == 0 && part[length] == '=')
      return g_strdup (part + length + 1);
  }
  return NULL;
}

static gboolean
parameter_is_set (const char *fmtp, const char *name)
{
  g_autofree char *value = find_parameter (fmtp, name);

  return g_strcmp0 (value, "1") == 0;
}

gboolean
rw_opus_sdp_is_mono (const char *fmtp)
{
  g_autofree char *value = find_parameter (fmtp, "sprop-stereo");

  return g_strcmp0 (value, "0") == 0;
}

static gboolean
read_mapping (GstStructure *structure, const char *list, guint channels,
              guint64 n_decoded)
{
  g_auto (GStrv) parts = list != NULL ? g_strsplit (list, ",", 256) : NULL;
  g_auto (GValue) mapping = G_VALUE_INIT;
  guint i;

  if (parts == NULL || g_strv_length (parts) != channels)
    return FALSE;

  gst_value_array_init (&mapping, channels);
  for (i = 0; i < channels; i++) {
    g_auto (GValue) item = G_VALUE_INIT;
    guint64 number;

    /* 255 is silence. */
    if (!rw_sdp_read_number (parts[i], 255, &number) ||
        (number >= n_decoded && number != 255))
      return FALSE;
    g_value_init (&item, G_TYPE_INT);
    g_value_set_int (&item, (int) number);
    gst_value_array_append_value (&mapping, &item);
  }
  gst_structure_set_value (structure, "channel-mapping", &mapping);
  return TRUE;
}

/* Surround: the mapping is in the parameters, all of them or none is valid. */
static gboolean
read_surround (GstStructure *structure, const char *fmtp, guint channels)
{
  g_autofree char *streams = find_parameter (fmtp, "num_streams");
  g_autofree char *coupled = find_parameter (fmtp, "coupled_streams");
  g_autofree char *mapping = find_parameter (fmtp, "channel_mapping");
  guint64 n_streams, n_coupled;

  if (!rw_sdp_read_number (streams, 255, &n_streams) ||
      !rw_sdp_read_number (coupled, 255, &n_coupled) || n_streams == 0 ||
      n_coupled > n_streams || n_streams + n_coupled > 255)
    return FALSE;

  gst_structure_set (structure, "channel-mapping-family", G_TYPE_INT, 1,
                     "stream-count", G_TYPE_INT, (int) n_streams,
                     "coupled-count", G_TYPE_INT, (int) n_coupled, NULL);
  return read_mapping (structure, mapping, channels, n_streams + n_coupled);
}

GstCaps *
rw_opus_sdp_read_caps (const char *fmtp, guint channels)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple (
      "audio/x-opus", "rate", G_TYPE_INT, RW_FRAME_RATE, NULL);
  GstStructure *structure = gst_caps_get_structure (caps, 0);

  if (channels > 2) {
    gst_structure_set (structure, "channels", G_TYPE_INT, channels, NULL);
    if (!read_surround (structure, fmtp, channels))
      return NULL;
    return g_steal_pointer (&caps);
  }

  /* RFC 7587: every peer announces two channels; these parameters give the real
   * number. */
  channels = parameter_is_set (fmtp, "sprop-stereo") ||
                     parameter_is_set (fmtp, "stereo")
                 ? 2
                 : 1;
  gst_structure_set (structure, "channels", G_TYPE_INT, channels,
                     "channel-mapping-family", G_TYPE_INT, 0, NULL);
  return g_steal_pointer (&caps);
}

static void
append_surround (GString *fmtp, const GstStructure *structure)
{
  const GValue *mapping =
      gst_structure_get_value (structure, "channel-mapping");
  int streams = 0, coupled = 0;
  guint i;

  gst_structure_get_int (structure, "stream-count", &streams);
  gst_structure_get_int (structure, "coupled-count", &coupled);
  g_string_append_printf (
      fmtp, ";num_streams=%d;coupled_streams=%d;channel_mapping=", streams,
      coupled);
  for (i = 0; mapping != NULL && i < gst_value_array_get_size (mapping); i++)
    g_string_append_printf (
        fmtp, "%s%d", i > 0 ? "," : "",
        g_value_get_int (gst_value_array_get_value (mapping, i)));
}

/* RFC 7587: whole milliseconds, the least that is asked for. */
static guint
get_min_ptime (const RwOpusTerms *terms)
{
  return terms->ptime_ms > 0 && terms->ptime_ms < MIN_PTIME_MS
             ? (guint) (terms->ptime_ms + 0.5)
             : MIN_PTIME_MS;
}

/* The same parameters for sending and receiving. "sprop-stereo" comes first and
 * after a blank: pages that use gstwebrtc-api look for it there before they ask
 * their browser for stereo. */
char *
rw_opus_sdp_write_fmtp (guint payload_type, const GstCaps *caps,
                        const RwOpusTerms *terms)
{
  GString *fmtp = g_string_new (NULL);
  int channels = 2;

  if (caps != NULL)
    gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels",
                           &channels);
  g_string_printf (fmtp, "%u ", payload_type);
  if (terms->mono)
    g_string_append (fmtp, "stereo=0;");
  else if (channels == 2)
    g_string_append (fmtp, "sprop-stereo=1;stereo=1;");
  g_string_append_printf (fmtp, "minptime=%u;useinbandfec=1",
                          get_min_ptime (terms));
  if (terms->max_bitrate > 0)
    g_string_append_printf (fmtp, ";maxaveragebitrate=%u", terms->max_bitrate);
  if (terms->dtx)
    g_string_append (fmtp, ";usedtx=1");
  if (channels > 2)
    append_surround (fmtp, gst_caps_get_structure (caps, 0));
  return g_string_free (fmtp, FALSE);
}

GstCaps *
rw_opus_sdp_new_rtp_caps (const GstCaps *caps, guint payload_type)
{
  GstCaps *rtp_caps = gst_caps_new_simple (
      "application/x-rtp", "media", G_TYPE_STRING, "audio", "clock-rate",
      G_TYPE_INT, RW_FRAME_RATE, "encoding-name", G_TYPE_STRING, "OPUS",
      "encoding-params", G_TYPE_STRING, "2", "payload", G_TYPE_INT,
      payload_type, NULL);
  int channels = 2;

  if (caps != NULL)
    gst_structure_get_int (gst_caps_get_structure (caps, 0), "channels",
                           &channels);
  if (channels > 2) {
    g_autofree char *text = g_strdup_printf ("%d", channels);

    gst_caps_set_simple (rtp_caps, "encoding-name", G_TYPE_STRING, "MULTIOPUS",
                         "encoding-params", G_TYPE_STRING, text, NULL);
  }
  return rtp_caps;
}
