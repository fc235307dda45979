/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-rtp-frame.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/**
 * RwRtpReceiver:
 * The receiving half of a consumer's session: takes decrypted RTP from
 * webrtcbin before its jitter buffer, which would stall behind a gap.
 * rtpsession still sees every packet, so that RTCP reports stay right; behind
 * it they are dropped. A resilient peer's frames are handed on at once; an
 * ordinary peer's packets go through a separate jitter buffer. Any thread,
 * under its own lock.
 */
typedef struct _RwRtpReceiver RwRtpReceiver;

/**
 * rw_rtp_receiver_new:
 *
 * @funcs must outlive the receiver.
 */
RwRtpReceiver *rw_rtp_receiver_new (guint latency_ms,
                                    const RwWebrtcPeerFuncs *funcs,
                                    gpointer user_data);

/**
 * rw_rtp_receiver_attach:
 * @bin: the session's, with @webrtc in it, not yet started. Borrowed; it goes
 *   to NULL before the receiver is freed.
 */
void rw_rtp_receiver_attach (RwRtpReceiver *self, GstBin *bin,
                             GstElement *webrtc);

void rw_rtp_receiver_free (RwRtpReceiver *self);

/**
 * rw_rtp_receiver_open:
 * The format was negotiated: packets of @format are taken from now on. Called
 * once. @rtp_caps: of the packets.
 */
void rw_rtp_receiver_open (RwRtpReceiver *self, const RwRtpFormat *format,
                           GstCaps *rtp_caps);

/** rw_rtp_receiver_renumber: packets may have the numbers of @format from now
 * on. */
void rw_rtp_receiver_renumber (RwRtpReceiver *self, const RwRtpFormat *format);

/** rw_rtp_receiver_close: no callback afterwards, except one in progress. */
void rw_rtp_receiver_close (RwRtpReceiver *self);

G_END_DECLS
