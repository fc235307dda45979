/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-queue-bypass.h"

/* See the header. The probe owns what it has handled. */

/* The sink pad keeps a sticky event, as if it had taken it: GStreamer checks
 * that each buffer has its events before it. */
static GstPadProbeReturn
pass_event (GstPad *sink, GstPad *source, GstPadProbeInfo *info)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  if (!GST_EVENT_IS_SERIALIZED (event))
    return GST_PAD_PROBE_OK;
  if (GST_EVENT_IS_STICKY (event))
    gst_pad_store_sticky_event (sink, event);
  gst_pad_push_event (source, event);
  return GST_PAD_PROBE_HANDLED;
}

static GstPadProbeReturn
on_data (GstPad *sink, GstPadProbeInfo *info, gpointer user_data)
{
  GstPad *source = user_data;

  if (info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM)
    return pass_event (sink, source, info);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST)
    GST_PAD_PROBE_INFO_FLOW_RETURN (info) =
        gst_pad_push_list (source, GST_PAD_PROBE_INFO_BUFFER_LIST (info));
  else
    GST_PAD_PROBE_INFO_FLOW_RETURN (info) =
        gst_pad_push (source, GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_HANDLED;
}

void
rw_queue_bypass (GstElement *queue)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (queue, "sink");

  gst_pad_add_probe (
      sink,
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
          GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_data, gst_element_get_static_pad (queue, "src"), gst_object_unref);
}
