/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "rw-loop.h"
#include "rw-session-sdp.h"

G_BEGIN_DECLS

/**
 * RwNegotiatorFuncs:
 * What the negotiation tells its owner, on the control thread. After a stop
 * only @settled.
 *
 * @understood: the other peer's description is accepted, and now is the time
 *   to prepare webrtcbin for it. Borrowed as long as the negotiator.
 * @described: our description, to be sent.
 * @candidate: ours, to be sent; empty for "no more".
 * @failed: it cannot go on; @error is the callee's.
 * @settled: a step has ended, and rw_negotiator_is_settled() now.
 */
typedef struct {
  void (*understood) (GObject *owner, RwSdpType type,
                      const RwRemoteSdp *remote);
  void (*described) (GObject *owner, RwSdpType type, const char *sdp);
  void (*candidate) (GObject *owner, guint mline, const char *candidate);
  void (*failed) (GObject *owner, GError *error);
  void (*settled) (GObject *owner);
} RwNegotiatorFuncs;

/**
 * RwNegotiator:
 * The one exchange of offer, answer and candidates between a webrtcbin and the
 * other peer. Control thread.
 */
typedef struct _RwNegotiator RwNegotiator;

/**
 * rw_negotiator_new:
 * @owner: not referenced, but while something is on its way to it.
 * @we_send: which way the audio goes.
 * @caps: audio/x-opus that we send, or NULL.
 */
RwNegotiator *rw_negotiator_new (GObject *owner, RwLoop *loop,
                                 const RwNegotiatorFuncs *funcs,
                                 gboolean we_send, GstCaps *caps);
void rw_negotiator_free (RwNegotiator *self);

/** rw_negotiator_attach: @webrtc is borrowed until the stop. */
void rw_negotiator_attach (RwNegotiator *self, GstElement *webrtc);

/** rw_negotiator_offer: webrtcbin has what is to be offered; offer it. */
void rw_negotiator_offer (RwNegotiator *self);

/** rw_negotiator_set_remote: as rw_peer_set_remote_description(). */
void rw_negotiator_set_remote (RwNegotiator *self, RwSdpType type,
                               const char *sdp);

/** rw_negotiator_add_candidate: as rw_peer_add_remote_candidate(). */
void rw_negotiator_add_candidate (RwNegotiator *self, guint mline,
                                  const char *candidate);

/** rw_negotiator_get_remote: borrowed; NULL until it is understood. Any thread
 * that was started by webrtcbin after that. */
const RwRemoteSdp *rw_negotiator_get_remote (RwNegotiator *self);

/**
 * rw_negotiator_stop: begins nothing any more; waits for what is begun.
 */
void rw_negotiator_stop (RwNegotiator *self);

/** rw_negotiator_detach: webrtcbin is about to go. */
void rw_negotiator_detach (RwNegotiator *self);

/**
 * rw_negotiator_is_asking: whether webrtcbin still owes an answer.
 * rw_negotiator_is_settled: it does not, and ICE has gathered if it ever began:
 *   nothing leaks if webrtcbin goes now.
 */
gboolean rw_negotiator_is_asking (RwNegotiator *self);
gboolean rw_negotiator_is_settled (RwNegotiator *self);

/**
 * rw_negotiator_ask_stats: @func gets webrtcbin's reply (or NULL) on the
 * control thread, unless stopped before.
 */
void rw_negotiator_ask_stats (RwNegotiator *self,
                              void (*func) (GObject *owner,
                                            const GstStructure *reply));

G_END_DECLS
