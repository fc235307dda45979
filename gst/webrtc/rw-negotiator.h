/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-remote-sdp.h"
#include "rw-webrtc-peer.h"

G_BEGIN_DECLS

/**
 * RwNegotiatorFuncs:
 * Events of the negotiation, on the control thread. After a stop only @idle.
 *
 * @understood: the remote description was accepted: the owner prepares
 *   webrtcbin for it now. Borrowed as long as the negotiator.
 * @described: the local description, to be sent.
 * @candidate: a local candidate, to be sent; empty for the end of candidates.
 * @failed: the negotiation has failed; the callee owns @error.
 * @renumbered: the format has other numbers from now on; borrowed.
 * @idle: a step has ended, and rw_negotiator_is_idle() now.
 */
typedef struct {
  void (*understood) (gpointer user_data, RwSdpType type,
                      const RwRemoteSdp *remote);
  void (*described) (gpointer user_data, RwSdpType type, const char *sdp);
  void (*candidate) (gpointer user_data, guint mline, const char *candidate);
  void (*failed) (gpointer user_data, GError *error);
  void (*idle) (gpointer user_data);
  void (*renumbered) (gpointer user_data, const RwRtpFormat *format);
} RwNegotiatorFuncs;

/**
 * RwNegotiator:
 * The one exchange of offer, answer and candidates between a webrtcbin and the
 * other peer. Control thread.
 */
typedef struct _RwNegotiator RwNegotiator;

/**
 * rw_negotiator_new:
 * @owner: the session, which @user_data is a part of; referenced only while an
 *   event is posted.
 * @config: its role, carriers, caps and terms are copied.
 */
RwNegotiator *rw_negotiator_new (GObject *owner,
                                 const RwWebrtcPeerConfig *config,
                                 const RwNegotiatorFuncs *funcs,
                                 gpointer user_data);
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

/** rw_negotiator_takes_rtcp: whether messages in RTCP are offered or accepted.
 */
gboolean rw_negotiator_takes_rtcp (RwNegotiator *self);

/**
 * rw_negotiator_stop: begins nothing any more; waits for what is begun.
 */
void rw_negotiator_stop (RwNegotiator *self);

/** rw_negotiator_detach: webrtcbin is about to go. */
void rw_negotiator_detach (RwNegotiator *self);

/**
 * rw_negotiator_is_requesting: whether a reply of webrtcbin's is still to come.
 * rw_negotiator_is_idle: no reply is, and ICE has gathered if it ever began:
 *   nothing leaks if webrtcbin goes now.
 */
gboolean rw_negotiator_is_requesting (RwNegotiator *self);
gboolean rw_negotiator_is_idle (RwNegotiator *self);

G_END_DECLS
