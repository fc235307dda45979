/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * rw_ice_credentials_replace:
 * @webrtc: a webrtcbin whose session is up.
 *
 * The other peer has restarted ICE: its checks and its candidates have these
 * credentials from now on. FALSE if this GStreamer version cannot do so.
 * Control thread.
 */
gboolean rw_ice_credentials_replace (GstElement *webrtc, const char *ufrag,
                                     const char *pwd);

G_END_DECLS
