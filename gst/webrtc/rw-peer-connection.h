/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-remote-sdp.h"
#include "rw-webrtc-peer.h"
#include "rw-webrtc-pipeline.h"

G_BEGIN_DECLS

/**
 * RwPeerConnectionFuncs:
 * @understood: the remote description was accepted: the owner prepares
 *   webrtcbin's media for it now. Control thread.
 * @connected: ICE and DTLS are up, to the peer of the description. @format is
 *   borrowed. On a thread of webrtcbin's.
 * @arrived: a message has come over RTCP. On a thread of webrtcbin's. %TRUE: it
 *   is no signal of the session any more.
 * @failed: the callee owns @error. Any thread.
 * @renumbered: see rw_peer_media_renumber(). Control thread.
 * @closed: the connection has ended and is detached from webrtcbin, which may
 *   be torn down now. Control thread, once.
 */
typedef struct {
  void (*understood) (RwWebrtcPeer *owner, RwSdpType type,
                      const RwRemoteSdp *remote);
  void (*connected) (RwWebrtcPeer *owner, const RwRtpFormat *format);
  gboolean (*arrived) (RwWebrtcPeer *owner, GBytes *message);
  void (*failed) (RwWebrtcPeer *owner, GError *error);
  void (*closed) (RwWebrtcPeer *owner);
  void (*renumbered) (RwWebrtcPeer *owner, const RwRtpFormat *format);
} RwPeerConnectionFuncs;

/**
 * RwPeerConnection:
 * A session's connection to the other peer over one webrtcbin: joins
 * negotiation, transport and the messages' carrier, up to the graceful end. It
 * emits their signals of RwPeer on the session, from attach to stop.
 *
 * Control thread, unless stated otherwise. The session owns it.
 */
typedef struct _RwPeerConnection RwPeerConnection;

/** rw_peer_connection_new: @owner is referenced only while an event for it is
 * posted, @pipeline is borrowed, @config is copied. */
RwPeerConnection *rw_peer_connection_new (RwWebrtcPeer *owner,
                                          RwWebrtcPipeline *pipeline,
                                          const RwWebrtcPeerConfig *config,
                                          const RwPeerConnectionFuncs *funcs);

/** rw_peer_connection_free: after the pipeline has gone to NULL. */
void rw_peer_connection_free (RwPeerConnection *self);

/** rw_peer_connection_attach: to the webrtcbin of the pipeline, which is open.
 */
void rw_peer_connection_attach (RwPeerConnection *self);

/** rw_peer_connection_offer: webrtcbin has the media that is to be offered. */
void rw_peer_connection_offer (RwPeerConnection *self);

/** rw_peer_connection_set_remote, _add_candidate, _send, _get_buffered_amount,
 * _set_close_reason: as those of RwPeer and RwWebrtcPeer. */
void rw_peer_connection_set_remote (RwPeerConnection *self, RwSdpType type,
                                    const char *sdp);
void rw_peer_connection_add_candidate (RwPeerConnection *self, guint mline,
                                       const char *candidate);
gboolean rw_peer_connection_send (RwPeerConnection *self, GBytes *message);
guint64 rw_peer_connection_get_buffered_amount (RwPeerConnection *self);
void rw_peer_connection_set_close_reason (RwPeerConnection *self,
                                          GBytes *message);

/** rw_peer_connection_send_now, _uses_rtcp: as those of RwWebrtcPeer. */
gboolean rw_peer_connection_send_now (RwPeerConnection *self, GBytes *message);
gboolean rw_peer_connection_uses_rtcp (RwPeerConnection *self);

/** rw_peer_connection_stop: no signal any more, and nothing is begun. */
void rw_peer_connection_stop (RwPeerConnection *self);

/** rw_peer_connection_close: stops, and begins the end, which may be there at
 * once. Where not @graceful, the other peer is not notified. */
void rw_peer_connection_close (RwPeerConnection *self, gboolean graceful);

/** rw_peer_connection_hurry: the other peer is not waited for any more. */
void rw_peer_connection_hurry (RwPeerConnection *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwPeerConnection, rw_peer_connection_free)

G_END_DECLS
