/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * rw_rtp_caps_restore:
 *
 * The rtpfunnel of a @webrtc that sends takes SSRC and clock rate out of the
 * caps, and rtpsession has to ask for the clock rate when it makes its first
 * report. GStreamer before 1.26 releases the session's lock for that in the
 * middle of a walk over its sources; if another thread adds one meanwhile, the
 * walk is broken off with a critical warning. From here on rtpbin gets the caps
 * that came into the sink pad, if there is one. Before @webrtc negotiates; any
 * thread.
 */
void rw_rtp_caps_restore (GstElement *webrtc);

G_END_DECLS
