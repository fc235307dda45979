/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-opus-caps.h"

#include <gst/pbutils/pbutils.h>

#include "rw-peer.h"

/* See the header. */

#define MAX_CHANNELS 8 /* of mapping family 1, RFC 7845 */

typedef struct {
  guint32 rate;
  guint8 channels;
  guint8 family;
  guint8 streams;
  guint8 coupled;
  guint8 mapping[256];
} Layout;

static gboolean
parse_layout (const GstCaps *caps, Layout *layout)
{
  g_autoptr (GstCaps) copy = gst_caps_copy (caps);

  return gst_codec_utils_opus_parse_caps (
      copy, &layout->rate, &layout->channels, &layout->family, &layout->streams,
      &layout->coupled, layout->mapping);
}

static gboolean
is_mapping_valid (const Layout *layout)
{
  guint n = layout->streams + layout->coupled;

  if (layout->streams == 0 || layout->coupled > layout->streams || n > 255)
    return FALSE;
  for (guint i = 0; i < layout->channels; i++)
    if (layout->mapping[i] >= n && layout->mapping[i] != 255)
      return FALSE;
  return TRUE;
}

static gboolean
is_layout_playable (const Layout *layout)
{
  if (layout->channels == 0)
    return FALSE;
  if (layout->family == 0)
    return layout->channels <= 2;
  return layout->family == 1 && layout->channels <= MAX_CHANNELS &&
         is_mapping_valid (layout);
}

/* The fields may be wider than what the parser returns. */
static gboolean
is_in_range (const GstStructure *structure, const char *name, int max)
{
  int value;

  return !gst_structure_has_field (structure, name) ||
         (gst_structure_get_int (structure, name, &value) && value >= 0 &&
          value <= max);
}

gboolean
rw_opus_caps_is_playable (const GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  int family = 0;
  Layout layout;

  gst_structure_get_int (structure, "channel-mapping-family", &family);
  if (family == 0 && !gst_structure_has_field (structure, "channels"))
    return TRUE;
  return is_in_range (structure, "channel-mapping-family", 255) &&
         is_in_range (structure, "channels", 255) &&
         is_in_range (structure, "stream-count", 255) &&
         is_in_range (structure, "coupled-count", 255) &&
         is_in_range (structure, "rate", 48000) &&
         parse_layout (caps, &layout) && is_layout_playable (&layout);
}

gboolean
rw_opus_caps_check (const char *text, gsize length, GError **error)
{
  g_autofree char *copy = g_strndup (text, length);
  g_autoptr (GstCaps) caps = gst_caps_from_string (copy);
  GstStructure *structure;
  int channels = 0;

  if (caps == NULL || !gst_caps_is_fixed (caps))
    return TRUE;
  structure = gst_caps_get_structure (caps, 0);
  if (!gst_structure_has_name (structure, "audio/x-opus") ||
      rw_opus_caps_is_playable (caps))
    return TRUE;
  gst_structure_get_int (structure, "channels", &channels);
  g_set_error (error, RW_PEER_ERROR, RW_PEER_ERROR_FORMAT,
               "It announces Opus with %d channels in a layout that no decoder "
               "plays.",
               channels);
  return FALSE;
}

/* The OpusHead of @caps, or NULL. */
static GstBuffer *
get_header (const GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const GValue *headers = gst_structure_get_value (structure, "streamheader");
  const GValue *first;

  if (headers == NULL || !GST_VALUE_HOLDS_ARRAY (headers) ||
      gst_value_array_get_size (headers) == 0)
    return NULL;
  first = gst_value_array_get_value (headers, 0);
  return GST_VALUE_HOLDS_BUFFER (first) ? gst_value_get_buffer (first) : NULL;
}

/* The caps with headers of our own making, or NULL where the sender's are
 * broken or have another layout than its caps. */
static GstCaps *
make_with_headers (const GstCaps *caps, const Layout *layout)
{
  GstBuffer *header = get_header (caps);
  g_autoptr (GstBuffer) lean = NULL;
  Layout stated;
  guint16 pre_skip;
  gint16 gain;

  if (header == NULL ||
      !gst_codec_utils_opus_parse_header (
          header, &stated.rate, &stated.channels, &stated.family,
          &stated.streams, &stated.coupled, stated.mapping, &pre_skip, &gain) ||
      stated.channels != layout->channels || stated.family != layout->family)
    return NULL;
  lean = gst_codec_utils_opus_create_header (
      layout->rate, layout->channels, layout->family, layout->streams,
      layout->coupled, layout->mapping, pre_skip, gain);
  return lean ? gst_codec_utils_opus_create_caps_from_header (lean, NULL)
              : NULL;
}

GstCaps *
rw_opus_caps_simplify (const GstCaps *caps, gboolean with_headers)
{
  GstCaps *lean = NULL;
  Layout layout;

  if (!parse_layout (caps, &layout)) {
    lean = gst_caps_copy (caps);
    gst_structure_remove_field (gst_caps_get_structure (lean, 0),
                                "streamheader");
    return lean;
  }
  if (with_headers)
    lean = make_with_headers (caps, &layout);
  if (lean == NULL)
    lean = gst_codec_utils_opus_create_caps (layout.rate, layout.channels,
                                             layout.family, layout.streams,
                                             layout.coupled, layout.mapping);
  return lean;
}
