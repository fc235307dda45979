/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-sdp-text.h"

#include <string.h>

/* Checks of SDP values before they are used. */

#define MAX_LINES 16

gboolean
rw_sdp_is_plain (const char *text, gsize max)
{
  gsize i;

  if (text == NULL)
    return FALSE;
  for (i = 0; text[i] != '\0'; i++) {
    if (i >= max || !g_ascii_isprint (text[i]))
      return FALSE;
  }
  return i > 0;
}

gboolean
rw_sdp_is_token (const char *text, gsize max)
{
  return rw_sdp_is_plain (text, max) &&
         strpbrk (text, " \"(),/:;<=>?@[\\]") == NULL;
}

gboolean
rw_sdp_read_number (const char *text, guint64 max, guint64 *number)
{
  return text != NULL &&
         g_ascii_string_to_unsigned (text, 10, 0, max, number, NULL);
}

const char *
rw_sdp_find_format (const GstSDPMedia *media, const char *key,
                    guint payload_type)
{
  guint i;

  for (i = 0; i < gst_sdp_media_attributes_len (media); i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);
    char *end;

    if (g_strcmp0 (attribute->key, key) != 0 || attribute->value == NULL ||
        !g_ascii_isdigit (attribute->value[0]))
      continue;
    if (g_ascii_strtoull (attribute->value, &end, 10) == payload_type &&
        *end == ' ')
      return end + strspn (end, " ");
  }
  return NULL;
}

gboolean
rw_sdp_parse (const char *text, GstSDPMessage *message)
{
  gsize size = strlen (text);
  guint n_lines;

  if (size > RW_SDP_MAX_BYTES || !g_str_has_prefix (text, "v=") ||
      gst_sdp_message_parse_buffer ((const guint8 *) text, (guint) size,
                                    message) != GST_SDP_OK)
    return FALSE;

  n_lines = gst_sdp_message_medias_len (message);
  return n_lines > 0 && n_lines <= MAX_LINES &&
         gst_sdp_message_get_origin (message) != NULL;
}
