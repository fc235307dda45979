/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-sdp-numbers.h"

#include "rw-frame-extension.h"
#include "rw-opus-sdp.h"
#include "rw-sdp-line.h"

/* See the header. A payload type of 0 is PCMU's, and stands for none here. */

typedef struct {
  guint opus;
  guint red;
} Types;

static gboolean
read_types (Types *self, const GstSDPMedia *media)
{
  guint channels;

  if (!rw_opus_sdp_find (media, &self->opus, &channels))
    return FALSE;
  self->red = rw_opus_sdp_find_red (media, self->opus);
  return TRUE;
}

/* What a number of ours becomes; 0: nothing, it is taken out. */
static guint
get_new_type (const Types *ours, const Types *theirs, guint64 number)
{
  if (number == ours->opus)
    return theirs->opus;
  return number == ours->red ? theirs->red : 0;
}

static void
follow_formats (GstSDPMedia *media, const Types *ours, const Types *theirs)
{
  guint i = gst_sdp_media_formats_len (media);

  while (i-- > 0) {
    guint64 number =
        g_ascii_strtoull (gst_sdp_media_get_format (media, i), NULL, 10);
    guint type = get_new_type (ours, theirs, number);
    g_autofree char *text = g_strdup_printf ("%u", type);

    gst_sdp_media_remove_format (media, i);
    if (type != 0)
      gst_sdp_media_insert_format (media, (int) i, text);
  }
}

/* The value of an rtpmap or fmtp attribute. A redundant format's parameters
 * are the payload types in it. */
static char *
renumber_value (const char *value, const Types *ours, const Types *theirs,
                gboolean is_fmtp)
{
  char *rest = NULL;
  guint64 number = g_ascii_strtoull (value, &rest, 10);
  guint type = get_new_type (ours, theirs, number);

  if (type == 0)
    return NULL;
  if (is_fmtp && number == ours->red)
    return g_strdup_printf ("%u %u/%u", type, theirs->opus, theirs->opus);
  return g_strdup_printf ("%u%s", type, rest);
}

static void
follow_attributes (GstSDPMedia *media, const Types *ours, const Types *theirs)
{
  guint i = gst_sdp_media_attributes_len (media);

  while (i-- > 0) {
    const GstSDPAttribute *former = gst_sdp_media_get_attribute (media, i);
    gboolean is_fmtp = g_str_equal (former->key, "fmtp");
    g_autofree char *value = NULL;
    GstSDPAttribute attribute = {0};

    if (!is_fmtp && !g_str_equal (former->key, "rtpmap"))
      continue;
    value = renumber_value (former->value, ours, theirs, is_fmtp);
    gst_sdp_attribute_set (&attribute, former->key, value);
    gst_sdp_media_remove_attribute (media, i);
    if (value != NULL)
      gst_sdp_media_insert_attribute (media, (int) i, &attribute);
    else
      gst_sdp_attribute_clear (&attribute);
  }
}

static gboolean
is_extension (const GstSDPAttribute *attribute, const char *uri)
{
  return g_str_equal (attribute->key, "extmap") && attribute->value != NULL &&
         g_str_has_suffix (attribute->value, uri);
}

/* Returns its id from now on, 0 if both had not one. */
static guint8
follow_extension (GstSDPMedia *ours, const GstSDPMedia *theirs, const char *uri)
{
  guint8 former = rw_sdp_line_find_extension (ours, uri);
  guint8 id = former != 0 ? rw_sdp_line_find_extension (theirs, uri) : 0;
  guint i = gst_sdp_media_attributes_len (ours);
  g_autofree char *value = g_strdup_printf ("%u %s", id, uri);

  if (id == former)
    return id;
  while (i-- > 0)
    if (is_extension (gst_sdp_media_get_attribute (ours, i), uri))
      gst_sdp_media_remove_attribute (ours, i);
  if (id != 0)
    gst_sdp_media_add_attribute (ours, "extmap", value);
  return id;
}

gboolean
rw_sdp_numbers_follow (GstSDPMedia *ours, const GstSDPMedia *theirs,
                       RwRtpFormat *format)
{
  Types former, types;

  if (!read_types (&former, ours) || !read_types (&types, theirs))
    return FALSE;
  if (former.red == 0)
    types.red = 0;
  if (types.opus != former.opus || types.red != former.red) {
    follow_attributes (ours, &former, &types);
    follow_formats (ours, &former, &types);
  }
  format->payload_type = (guint8) types.opus;
  format->red_type = (guint8) types.red;
  format->frame_id = follow_extension (ours, theirs, RW_FRAME_EXTENSION_URI);
  format->capture_id =
      follow_extension (ours, theirs, RW_CAPTURE_EXTENSION_URI);
  return TRUE;
}
