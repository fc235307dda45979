/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "rw-loop.h"

G_BEGIN_DECLS

/**
 * RwPeerChannelFuncs: what a channel tells its owner, on the control thread;
 * @owner is the one it was made with. Nothing after a drop.
 */
typedef struct {
  void (*opened) (GObject *owner);
  void (*message) (GObject *owner, GBytes *message);
  void (*closed) (GObject *owner);
} RwPeerChannelFuncs;

/**
 * RwPeerChannel:
 * A session's data channel: unordered and not retransmitted, bounded in what
 * waits on either side. Its owner makes it on webrtcbin before the offer, or
 * takes the one that the other peer made. Control thread, but for what says
 * otherwise.
 */
typedef struct _RwPeerChannel RwPeerChannel;

/**
 * rw_peer_channel_new:
 * @owner: not referenced, but while something is on its way to it.
 */
RwPeerChannel *rw_peer_channel_new (GObject *owner, RwLoop *loop,
                                    const RwPeerChannelFuncs *funcs);
void rw_peer_channel_free (RwPeerChannel *self);

/** rw_peer_channel_watch: takes a channel of ours that the other peer makes. */
void rw_peer_channel_watch (RwPeerChannel *self, GstElement *webrtc);

/** rw_peer_channel_create: makes it ourselves. */
void rw_peer_channel_create (RwPeerChannel *self, GstElement *webrtc);

/** rw_peer_channel_drop: lets go of it without a word; the last call but
 * free(). Returns the channel, if any, which has to outlive the pipeline. */
GObject *rw_peer_channel_drop (RwPeerChannel *self, GstElement *webrtc);

/** rw_peer_channel_close: says goodbye; "closed" is told when that is seen. */
void rw_peer_channel_close (RwPeerChannel *self);

gboolean rw_peer_channel_is_open (RwPeerChannel *self);

/** rw_peer_channel_send: as rw_peer_send(). */
gboolean rw_peer_channel_send (RwPeerChannel *self, GBytes *message);

/** rw_peer_channel_get_buffered_amount: as rw_peer_get_buffered_amount(). */
guint64 rw_peer_channel_get_buffered_amount (RwPeerChannel *self);

/** rw_peer_channel_get_counts: messages so far. Any thread. */
void rw_peer_channel_get_counts (RwPeerChannel *self, guint64 *sent,
                                 guint64 *received);

G_END_DECLS
