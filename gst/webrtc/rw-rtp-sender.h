/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-rtp-frame.h"

G_BEGIN_DECLS

/**
 * RwRtpSender:
 * The sending half of a producer's session: converts frames to RTP packets and
 * pushes them into webrtcbin, as far as its socket, on the caller's thread. It
 * pushes nothing before the transport is connected, because webrtcbin would
 * block its caller until then. Any thread; calls wait for locks, never for the
 * network.
 */
typedef struct _RwRtpSender RwRtpSender;

/** RwRtpSenderErrorFunc: webrtcbin refused a packet for good; nothing is sent
 * any more. On the thread that pushed. */
typedef void (*RwRtpSenderErrorFunc) (const char *message, gpointer user_data);

RwRtpSender *rw_rtp_sender_new (RwRtpSenderErrorFunc on_error,
                                gpointer user_data);

/** rw_rtp_sender_free: after the session's bin has gone to NULL. */
void rw_rtp_sender_free (RwRtpSender *self);

/** rw_rtp_sender_get_pad: borrowed; to be linked to webrtcbin. */
GstPad *rw_rtp_sender_get_pad (RwRtpSender *self);

/** rw_rtp_sender_get_ssrc: the SSRC of the stream. */
guint32 rw_rtp_sender_get_ssrc (RwRtpSender *self);

/**
 * rw_rtp_sender_open:
 * The transport is connected and @format negotiated: frames flow from now on,
 * beginning with the newest earlier one. @rtp_caps: of the packets.
 */
void rw_rtp_sender_open (RwRtpSender *self, const RwRtpFormat *format,
                         GstCaps *rtp_caps);

/** rw_rtp_sender_renumber: the packets have the numbers of @format from now on,
 * whatever rw_rtp_sender_open() says. webrtcbin does not look at them. */
void rw_rtp_sender_renumber (RwRtpSender *self, const RwRtpFormat *format);

/** rw_rtp_sender_close: rejects all further frames. */
void rw_rtp_sender_close (RwRtpSender *self);

/**
 * rw_rtp_sender_push: FALSE when it is closed. A frame before the opening
 * replaces the one before it.
 */
gboolean rw_rtp_sender_push (RwRtpSender *self, const RwFrame *frame);

G_END_DECLS
