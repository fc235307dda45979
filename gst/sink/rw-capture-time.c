/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-capture-time.h"

/* The offset is kept until its error exceeds this, so that capture times
 * advance by whole samples. */
#define MAX_ERROR_NS (2 * (gint64) GST_MSECOND)

#define OFFSET_NONE G_MININT64

void
rw_capture_time_init (RwCaptureTime *time, GstElement *element)
{
  time->element = element;
  time->offset_ns = OFFSET_NONE;
}

static void
update_offset (RwCaptureTime *time, GstClock *clock)
{
  gint64 offset_ns = g_get_real_time () * 1000 -
                     (gint64) (gst_clock_get_time (clock) -
                               gst_element_get_base_time (time->element));

  if (time->offset_ns == OFFSET_NONE ||
      ABS (offset_ns - time->offset_ns) > MAX_ERROR_NS)
    time->offset_ns = offset_ns;
}

gint64
rw_capture_time_get (RwCaptureTime *time, GstBuffer *buffer, guint64 running_ns)
{
  static GstStaticCaps unix_caps = GST_STATIC_CAPS ("timestamp/x-unix");
  g_autoptr (GstCaps) caps = gst_static_caps_get (&unix_caps);
  GstReferenceTimestampMeta *meta =
      gst_buffer_get_reference_timestamp_meta (buffer, caps);
  g_autoptr (GstClock) clock = NULL;

  if (meta)
    return meta->timestamp;
  clock = gst_element_get_clock (time->element);
  if (clock == NULL)
    return RW_CAPTURE_TIME_NONE;
  update_offset (time, clock);
  return time->offset_ns + running_ns;
}
