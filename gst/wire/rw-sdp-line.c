/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-sdp-line.h"

#include <string.h>

#include "rw-sdp-text.h"

/* Readers of one m= line of an untrusted description. */

gboolean
rw_sdp_line_has (const GstSDPMedia *media, const char *key)
{
  return gst_sdp_media_get_attribute_val (media, key) != NULL;
}

const char *
rw_sdp_line_find_value (const GstSDPMessage *message, const GstSDPMedia *media,
                        const char *key)
{
  const char *value = gst_sdp_media_get_attribute_val (media, key);

  return value != NULL ? value
                       : gst_sdp_message_get_attribute_val (message, key);
}

gboolean
rw_sdp_line_is_kind (const GstSDPMedia *media, const char *kind)
{
  return g_strcmp0 (gst_sdp_media_get_media (media), kind) == 0;
}

/* A line with port 0 is rejected, unless it means "only as part of a bundle".
 */
gboolean
rw_sdp_line_is_rejected (const GstSDPMedia *media)
{
  return gst_sdp_media_get_port (media) == 0 &&
         !rw_sdp_line_has (media, "bundle-only");
}

gboolean
rw_sdp_line_is_channel (const GstSDPMedia *media)
{
  return rw_sdp_line_is_kind (media, "application") &&
         !rw_sdp_line_is_rejected (media) &&
         gst_sdp_media_formats_len (media) == 1 &&
         g_strcmp0 (gst_sdp_media_get_format (media, 0),
                    "webrtc-datachannel") == 0;
}

static gboolean
has_direction (const GstSDPMessage *message, const GstSDPMedia *media,
               const char *direction)
{
  return rw_sdp_line_has (media, direction) ||
         gst_sdp_message_get_attribute_val (message, direction) != NULL;
}

/* Whether audio can go on this line from us to them, or the other way. */
gboolean
rw_sdp_line_flows (const GstSDPMessage *message, const GstSDPMedia *media,
                   gboolean we_send)
{
  const char *against = we_send ? "sendonly" : "recvonly";

  if (rw_sdp_line_is_rejected (media))
    return FALSE;
  if (rw_sdp_line_has (media, we_send ? "recvonly" : "sendonly") ||
      rw_sdp_line_has (media, "sendrecv"))
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

guint8
rw_sdp_line_find_extension (const GstSDPMedia *media, const char *uri)
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
