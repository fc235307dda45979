/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-rtp-frame.h"

G_BEGIN_DECLS

/**
 * RwPeerFeed:
 * A producing session's way in: turns frames to RTP packets and queues them,
 * bounded, in front of webrtcbin, whose own pad would block its caller until
 * it has negotiated. Any thread; calls never wait for the network.
 */
typedef struct _RwPeerFeed RwPeerFeed;

/**
 * rw_peer_feed_new:
 *
 * Makes the queue's element; see rw_peer_feed_get_element().
 */
RwPeerFeed *rw_peer_feed_new (void);

/** rw_peer_feed_free: after the session's bin has gone to NULL. */
void rw_peer_feed_free (RwPeerFeed *self);

/** rw_peer_feed_get_element: borrowed, for the session's bin; it has one
 * always pad, "src". */
GstElement *rw_peer_feed_get_element (RwPeerFeed *self);

/** rw_peer_feed_get_ssrc: what the stream will have. */
guint32 rw_peer_feed_get_ssrc (RwPeerFeed *self);

/**
 * rw_peer_feed_open:
 * The transport is up and @format agreed: frames flow from here on; the newest
 * one that came before goes first. @rtp_caps: of the packets.
 */
void rw_peer_feed_open (RwPeerFeed *self, const RwRtpFormat *format,
                        GstCaps *rtp_caps);

/** rw_peer_feed_close: nothing is taken any more, at once and for good. */
void rw_peer_feed_close (RwPeerFeed *self);

/**
 * rw_peer_feed_push: FALSE when it is closed. A frame before the opening
 * replaces the one before it.
 */
gboolean rw_peer_feed_push (RwPeerFeed *self, const RwFrame *frame);

/** rw_peer_feed_get_counts: frames sent and frames dropped so far. */
void rw_peer_feed_get_counts (RwPeerFeed *self, guint64 *sent,
                              guint64 *dropped);

G_END_DECLS
