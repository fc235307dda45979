/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-negotiator.h"
#include "rw-webrtc-pipeline.h"

G_BEGIN_DECLS

/** RwPeerTransportFuncs: on a thread of webrtcbin's. @failed takes @error. */
typedef struct {
  void (*connected) (gpointer user_data);
  void (*failed) (GError *error, gpointer user_data);
} RwPeerTransportFuncs;

/**
 * RwPeerTransport:
 * Watches the connection of a webrtcbin: it is up once ICE and DTLS are, and
 * the certificate at the other end is one that the description announced.
 *
 * Control thread.
 */
typedef struct _RwPeerTransport RwPeerTransport;

/** rw_peer_transport_new: @pipeline and @negotiator are borrowed. */
RwPeerTransport *rw_peer_transport_new (RwWebrtcPipeline *pipeline,
                                        RwNegotiator *negotiator,
                                        const RwPeerTransportFuncs *funcs,
                                        gpointer user_data);

/** rw_peer_transport_free: after the pipeline has gone to NULL. */
void rw_peer_transport_free (RwPeerTransport *self);

/** rw_peer_transport_attach, _detach: to the pipeline's webrtcbin. */
void rw_peer_transport_attach (RwPeerTransport *self);
void rw_peer_transport_detach (RwPeerTransport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwPeerTransport, rw_peer_transport_free)

G_END_DECLS
