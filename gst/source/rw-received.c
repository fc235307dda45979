/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-received.h"

#include <string.h>

/* See the header. */

gboolean
rw_received_pop (RwReceived *item, RwPlayout *playout,
                 RwOrdinaryQueue *ordinary, GstClockTime now_ns)
{
  static const RwReceivedType types[] = {
      [RW_WINDOW_ITEM_STREAM] = RW_RECEIVED_STREAM,
      [RW_WINDOW_ITEM_FRAME] = RW_RECEIVED_FRAME,
      [RW_WINDOW_ITEM_GAP] = RW_RECEIVED_GAP,
      [RW_WINDOW_ITEM_ENDED] = RW_RECEIVED_ENDED,
  };

  memset (item, 0, sizeof *item);
  if (rw_playout_pop (playout, now_ns, &item->item)) {
    item->type = types[item->item.window.type];
    return TRUE;
  }
  if (ordinary == NULL ||
      !rw_ordinary_queue_pop (ordinary, now_ns, &item->ordinary))
    return FALSE;
  item->type = item->ordinary.buffer ? RW_RECEIVED_BUFFER : RW_RECEIVED_LOST;
  return TRUE;
}

void
rw_received_clear (RwReceived *item)
{
  rw_window_item_clear (&item->item.window);
  gst_clear_buffer (&item->ordinary.buffer);
}

static GstBuffer *
make_frame_buffer (const RwPlayoutItem *item)
{
  static GstStaticCaps unix_caps = GST_STATIC_CAPS ("timestamp/x-unix");
  const RwFrame *frame = &item->window.frame;
  GstBuffer *buffer = gst_buffer_new_wrapped_bytes (item->window.payload);

  GST_BUFFER_PTS (buffer) = item->time_ns;
  GST_BUFFER_DURATION (buffer) = item->duration_ns;
  if (item->is_discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  if (frame->capture_time_ns != RW_CAPTURE_TIME_NONE &&
      frame->capture_time_ns >= 0) {
    g_autoptr (GstCaps) caps = gst_static_caps_get (&unix_caps);

    gst_buffer_add_reference_timestamp_meta (
        buffer, caps, frame->capture_time_ns, item->duration_ns);
  }
  return buffer;
}

GstBuffer *
rw_received_make_buffer (RwReceived *item)
{
  RwOrdinaryItem *packet = &item->ordinary;
  GstBuffer *buffer;

  if (item->type == RW_RECEIVED_FRAME)
    return make_frame_buffer (&item->item);
  buffer = gst_buffer_make_writable (g_steal_pointer (&packet->buffer));
  GST_BUFFER_PTS (buffer) = packet->time_ns;
  if (packet->hole_ns > 0 || packet->step_ns != 0 ||
      packet->lost_ns >= RW_ORDINARY_LONG_LOSS_NS)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  return buffer;
}
