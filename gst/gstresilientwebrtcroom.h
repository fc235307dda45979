/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gstresilientwebrtcbin.h"

G_BEGIN_DECLS

#define GST_TYPE_RESILIENT_WEBRTC_ROOM (gst_resilient_webrtc_room_get_type ())
G_DECLARE_FINAL_TYPE (GstResilientWebrtcRoom, gst_resilient_webrtc_room, GST,
                      RESILIENT_WEBRTC_ROOM, GstResilientWebrtcBin)

GST_ELEMENT_REGISTER_DECLARE (resilientwebrtcroom)

G_END_DECLS
