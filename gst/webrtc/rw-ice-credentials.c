/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ice-credentials.h"

#include <gst/webrtc/ice.h>
#include <gst/webrtc/webrtc.h>

static GObject *
dup_object (GObject *from, const char *name)
{
  GParamSpec *pspec =
      from != NULL
          ? g_object_class_find_property (G_OBJECT_GET_CLASS (from), name)
          : NULL;
  GObject *object = NULL;

  if (pspec != NULL && (pspec->flags & G_PARAM_READABLE))
    g_object_get (from, name, &object, NULL);
  return object;
}

/* One bundle, one transport: the first transceiver's. */
static GObject *
dup_stream (GstElement *webrtc)
{
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  g_autoptr (GObject) receiver = NULL;
  g_autoptr (GObject) dtls = NULL;
  g_autoptr (GObject) transport = NULL;

  g_signal_emit_by_name (webrtc, "get-transceiver", 0, &transceiver);
  receiver = dup_object ((GObject *) transceiver, "receiver");
  dtls = dup_object (receiver, "transport");
  transport = dup_object (dtls, "transport");
  return dup_object (transport, "stream");
}

gboolean
rw_ice_credentials_replace (GstElement *webrtc, const char *ufrag,
                            const char *pwd)
{
  g_autoptr (GObject) ice = dup_object (G_OBJECT (webrtc), "ice-agent");
  g_autoptr (GObject) stream = dup_stream (webrtc);

  return ice != NULL && stream != NULL && GST_IS_WEBRTC_ICE (ice) &&
         GST_IS_WEBRTC_ICE_STREAM (stream) &&
         gst_webrtc_ice_set_remote_credentials (
             GST_WEBRTC_ICE (ice), GST_WEBRTC_ICE_STREAM (stream), ufrag, pwd);
}
