/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-remote-sdp.h"
#include "rw-rtp-sender.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/**
 * RwPeerMedia:
 * A session's audio stream: in a producer frames to RTP in front of webrtcbin
 * (RwRtpSender), in a consumer RTP to frames behind it (RwRtpReceiver), and
 * the terms of the stream in the two descriptions.
 *
 * Control thread, unless stated otherwise.
 */
typedef struct _RwPeerMedia RwPeerMedia;

RwPeerMedia *rw_peer_media_new (const RwWebrtcPeerConfig *config,
                                RwRtpSenderErrorFunc on_error,
                                gpointer user_data);

/** rw_peer_media_free: after the pipeline has gone to NULL. */
void rw_peer_media_free (RwPeerMedia *self);

/** rw_peer_media_attach: adds what it needs to @bin, which holds @webrtc, not
 * yet started. Both are borrowed until free. */
void rw_peer_media_attach (RwPeerMedia *self, GstBin *bin, GstElement *webrtc);

/** rw_peer_media_offer: gives webrtcbin what it is to offer. FALSE if it does
 * not take it. */
gboolean rw_peer_media_offer (RwPeerMedia *self, GError **error);

/** rw_peer_media_take_remote: applies the other peer's description of @type.
 * FALSE if webrtcbin does not take the stream that follows from it. */
gboolean rw_peer_media_take_remote (RwPeerMedia *self, RwSdpType type,
                                    const RwRemoteSdp *remote, GError **error);

/** rw_peer_media_open: the transport is up: a producer's frames flow from here
 * on. Any thread. */
void rw_peer_media_open (RwPeerMedia *self, const RwRtpFormat *format);

/** rw_peer_media_renumber: a further offer has changed the payload types or the
 * ids of the extensions to those of @format. */
void rw_peer_media_renumber (RwPeerMedia *self, const RwRtpFormat *format);

/** rw_peer_media_close: takes and hands on nothing any more. */
void rw_peer_media_close (RwPeerMedia *self);

/** rw_peer_media_release: the pipeline is gone, so no call of the receivers of
 * the media can come: their data is freed. */
void rw_peer_media_release (RwPeerMedia *self);

/** rw_peer_media_take_message: gives a message that has arrived to the
 * receivers. On a thread of webrtcbin's. */
gboolean rw_peer_media_take_message (RwPeerMedia *self, GBytes *message);

/** rw_peer_media_push, _dup_caps, _is_resilient: as those of RwWebrtcPeer. Any
 * thread. */
gboolean rw_peer_media_push (RwPeerMedia *self, const RwFrame *frame);
GstCaps *rw_peer_media_dup_caps (RwPeerMedia *self);
gboolean rw_peer_media_is_resilient (RwPeerMedia *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwPeerMedia, rw_peer_media_free)

G_END_DECLS
