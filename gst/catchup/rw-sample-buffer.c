/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-sample-buffer.h"

/* See the header. */

#define S16_SCALE 32768

static gboolean
is_s16 (const GstAudioInfo *info)
{
  return GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16;
}

static void
append_s16 (GArray *samples, const gint16 *data, gsize n)
{
  gsize i;

  g_array_set_size (samples, (guint) n);
  for (i = 0; i < n; i++)
    g_array_index (samples, gfloat, i) = (gfloat) data[i] / S16_SCALE;
}

gsize
rw_sample_buffer_read (GstBuffer *buffer, const GstAudioInfo *info,
                       GArray *samples)
{
  GstMapInfo map;

  g_array_set_size (samples, 0);
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return 0;
  if (is_s16 (info))
    append_s16 (samples, (const gint16 *) (gpointer) map.data,
                map.size / sizeof (gint16));
  else
    g_array_append_vals (samples, map.data,
                         (guint) (map.size / sizeof (gfloat)));
  gst_buffer_unmap (buffer, &map);
  return samples->len / (guint) GST_AUDIO_INFO_CHANNELS (info);
}

static void
write_s16 (gint16 *data, const GArray *samples)
{
  guint i;

  for (i = 0; i < samples->len; i++) {
    gfloat sample = g_array_index (samples, gfloat, i) * S16_SCALE;

    data[i] = (gint16) CLAMP (sample, G_MININT16, G_MAXINT16);
  }
}

GstBuffer *
rw_sample_buffer_new (const GArray *samples, const GstAudioInfo *info)
{
  gsize size = samples->len * ((gsize) GST_AUDIO_INFO_WIDTH (info) / 8);
  GstBuffer *buffer;
  GstMapInfo map;

  if (!is_s16 (info))
    return gst_buffer_new_memdup (samples->data, size);
  buffer = gst_buffer_new_allocate (NULL, size, NULL);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  write_s16 ((gint16 *) (gpointer) map.data, samples);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}
