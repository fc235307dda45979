/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-rtp-frame.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/**
 * RwPeerTap:
 * A consuming session's way out: takes RTP from webrtcbin where it has been
 * decrypted and nothing has touched it, before jitter buffers that would stall
 * behind a gap. rtpsession still sees every packet, so that RTCP reports stay
 * right; behind it they are dropped. A resilient peer's frames go straight
 * out; an ordinary peer's packets go through a jitter buffer of our own.
 */
typedef struct _RwPeerTap RwPeerTap;

/**
 * rw_peer_tap_new:
 *
 * @funcs must outlive the tap.
 */
RwPeerTap *rw_peer_tap_new (guint latency_ms, const RwWebrtcPeerFuncs *funcs,
                            gpointer user_data);

/**
 * rw_peer_tap_attach:
 * @bin: the session's, with @webrtc in it, not yet started. Borrowed; it goes
 *   to NULL before the tap is freed.
 */
void rw_peer_tap_attach (RwPeerTap *self, GstBin *bin, GstElement *webrtc);

void rw_peer_tap_free (RwPeerTap *self);

/**
 * rw_peer_tap_open:
 * What the other peer sends is known: packets of @format are taken from here
 * on. Once. @rtp_caps: of the packets.
 */
void rw_peer_tap_open (RwPeerTap *self, const RwRtpFormat *format,
                       GstCaps *rtp_caps);

/** rw_peer_tap_close: calls nobody any more, but for a call in progress. */
void rw_peer_tap_close (RwPeerTap *self);

/** rw_peer_tap_get_last_arrival: monotonic us of the last packet, 0 if none. */
gint64 rw_peer_tap_get_last_arrival (RwPeerTap *self);

/** rw_peer_tap_get_count: packets handed on. */
guint64 rw_peer_tap_get_count (RwPeerTap *self);

G_END_DECLS
