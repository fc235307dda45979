/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-frame-log.h"

#include <errno.h>

FILE *
test_frame_log_open (const char *name, gboolean append)
{
  FILE *file = fopen (name, append ? "ae" : "we");

  if (!file)
    g_printerr ("%s: %s\n", name, g_strerror (errno));
  else
    setvbuf (file, NULL, _IOLBF, 0);
  return file;
}

void
test_frame_log_buffer (FILE *file, GstBuffer *buffer)
{
  GstReferenceTimestampMeta *reference =
      gst_buffer_get_reference_timestamp_meta (buffer, NULL);
  g_autofree char *sum = NULL;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA1, map.data, map.size);
  fprintf (file,
           "F %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
           " %" G_GSIZE_FORMAT " %s %" G_GINT64_FORMAT "\n",
           g_get_real_time (), (gint64) GST_BUFFER_PTS (buffer),
           (gint64) GST_BUFFER_DURATION (buffer), map.size, sum,
           reference ? (gint64) reference->timestamp : (gint64) -1);
  gst_buffer_unmap (buffer, &map);
}

void
test_frame_log_event (FILE *file, GstEvent *event)
{
  const GstStructure *structure = gst_event_get_structure (event);
  g_autofree char *details = NULL;
  GstClockTime pts, duration;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    details = gst_caps_to_string (caps);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_GAP) {
    gst_event_parse_gap (event, &pts, &duration);
    details = g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                               (gint64) pts, (gint64) duration);
  } else if (structure) {
    details = gst_structure_to_string (structure);
  }
  fprintf (file, "E %" G_GINT64_FORMAT " %s %s\n", g_get_real_time (),
           GST_EVENT_TYPE_NAME (event), details ? details : "");
}

static GstPadProbeReturn
on_pad (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  FILE *file = data;

  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
    test_frame_log_event (file, GST_PAD_PROBE_INFO_EVENT (info));
  } else if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    GstBufferList *list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
    for (guint i = 0; i < gst_buffer_list_length (list); i++)
      test_frame_log_buffer (file, gst_buffer_list_get (list, i));
  } else {
    test_frame_log_buffer (file, GST_PAD_PROBE_INFO_BUFFER (info));
  }
  return GST_PAD_PROBE_OK;
}

void
test_frame_log_attach (GstPad *pad, FILE *file)
{
  gst_pad_add_probe (pad,
                     GST_PAD_PROBE_TYPE_BUFFER |
                         GST_PAD_PROBE_TYPE_BUFFER_LIST |
                         GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                     on_pad, file, NULL);
}
