/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Checks the elements that a session needs, and does their slow first use
 * early.
 */

/**
 * rw_webrtc_runtime_check_elements:
 * Whether all the GStreamer elements that a session needs are installed; else
 * sets RW_PEER_ERROR_MISSING_PLUGIN with the Debian package to install. Any
 * thread; loads plugins, so call it when going to READY.
 */
gboolean rw_webrtc_runtime_check_elements (GError **error);

/**
 * rw_webrtc_runtime_prewarm:
 * Makes this process's DTLS certificate (an RSA key: 90 to 670 ms) and loads
 * the plugins on a thread of its own, once; the first session then starts as
 * quickly as the others. Returns at once. Any thread.
 */
void rw_webrtc_runtime_prewarm (void);

/**
 * rw_webrtc_runtime_finish_prewarm:
 * Waits until that thread is done: a process that ended meanwhile would take
 * OpenSSL away from under it. Any thread.
 */
void rw_webrtc_runtime_finish_prewarm (void);

G_END_DECLS
