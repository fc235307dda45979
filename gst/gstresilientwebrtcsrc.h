/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstresilientwebrtcbin.h"

G_BEGIN_DECLS

#define GST_TYPE_RESILIENT_WEBRTC_SRC (gst_resilient_webrtc_src_get_type ())
G_DECLARE_FINAL_TYPE (GstResilientWebrtcSrc, gst_resilient_webrtc_src, GST,
                      RESILIENT_WEBRTC_SRC, GstResilientWebrtcBin)

GST_ELEMENT_REGISTER_DECLARE (resilientwebrtcsrc)

G_END_DECLS
