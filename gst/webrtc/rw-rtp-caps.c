/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rtp-caps.h"

/* The probe runs on webrtcbin's streaming thread. */

/* Of the one stream that there is; of several, none would be right for all. */
static GstCaps *
dup_sink_caps (GstElement *webrtc)
{
  g_autoptr (GstPad) sink = NULL;

  GST_OBJECT_LOCK (webrtc);
  if (webrtc->numsinkpads == 1)
    sink = gst_object_ref (webrtc->sinkpads->data);
  GST_OBJECT_UNLOCK (webrtc);
  return sink != NULL ? gst_pad_get_current_caps (sink) : NULL;
}

static gboolean
copy_field (GQuark field, const GValue *value, gpointer user_data)
{
  GstStructure *to = user_data;

  if (!gst_structure_id_has_field (to, field))
    gst_structure_id_set_value (to, field, value);
  return TRUE;
}

static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer webrtc)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  g_autoptr (GstCaps) whole = NULL;
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *stripped;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  whole = dup_sink_caps (webrtc);
  if (whole == NULL)
    return GST_PAD_PROBE_OK;

  gst_event_parse_caps (event, &stripped);
  caps = gst_caps_copy (stripped);
  gst_structure_foreach (gst_caps_get_structure (whole, 0), copy_field,
                         gst_caps_get_structure (caps, 0));
  GST_PAD_PROBE_INFO_DATA (info) = gst_event_new_caps (caps);
  gst_event_unref (event);
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement *rtpbin, GstPad *pad, gpointer webrtc)
{
  if (g_str_has_prefix (GST_PAD_NAME (pad), "send_rtp_sink_"))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event,
                       webrtc, NULL);
}

void
rw_rtp_caps_restore (GstElement *webrtc)
{
  g_autoptr (GstElement) rtpbin =
      gst_bin_get_by_name (GST_BIN (webrtc), "rtpbin");

  g_signal_connect (rtpbin, "pad-added", G_CALLBACK (on_pad_added), webrtc);
}
