/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-frame-meta.h"

/* See the header. Without tags the meta is kept by decoders and converters. */

void
rw_frame_meta_register (void)
{
  static const char *tags[] = {NULL};
  static gsize done = 0;

  if (!g_once_init_enter (&done))
    return;
  /* A test is linked with this file and loads the plugin as well. */
  if (gst_meta_get_info (RW_FRAME_META_NAME) == NULL)
    gst_meta_register_custom (RW_FRAME_META_NAME, tags, NULL, NULL, NULL);
  g_once_init_leave (&done, 1);
}

void
rw_frame_meta_add (GstBuffer *buffer, const char *stream_id, guint64 index,
                   const char *lane)
{
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, RW_FRAME_META_NAME);
  GstStructure *structure = gst_custom_meta_get_structure (meta);

  /* clang-format off */
  gst_structure_set (structure,
      "stream-id", G_TYPE_STRING, stream_id,
      "index", G_TYPE_UINT64, index,
      "lane", G_TYPE_STRING, lane,
      NULL);
  /* clang-format on */
  GST_BUFFER_OFFSET (buffer) = index;
  GST_BUFFER_OFFSET_END (buffer) = index + 1;
}
