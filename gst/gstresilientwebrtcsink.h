/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstresilientwebrtcbin.h"

G_BEGIN_DECLS

#define GST_TYPE_RESILIENT_WEBRTC_SINK (gst_resilient_webrtc_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstResilientWebrtcSink, gst_resilient_webrtc_sink, GST,
                      RESILIENT_WEBRTC_SINK, GstResilientWebrtcBin)

GST_ELEMENT_REGISTER_DECLARE (resilientwebrtcsink)

G_END_DECLS
