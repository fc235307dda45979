/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-remote-sdp.h"
#include "rw-sdp-update.h"

G_BEGIN_DECLS

/**
 * RwRenegotiation:
 * The state of a negotiated session that is needed to answer a further offer:
 * webrtcbin cannot, so the answer is made of our last description, and the ICE
 * agent is given the other peer's new credentials.
 *
 * Control thread.
 */
typedef struct _RwRenegotiation RwRenegotiation;

/** rw_renegotiation_new: @we_send: which way the audio goes. */
RwRenegotiation *rw_renegotiation_new (gboolean we_send);
void rw_renegotiation_free (RwRenegotiation *self);

/** rw_renegotiation_set_local: our description, as it was sent. */
void rw_renegotiation_set_local (RwRenegotiation *self, const char *sdp);

/** rw_renegotiation_set_remote: @remote is borrowed until free.
 * @we_offered: whether it is an answer. */
void rw_renegotiation_set_remote (RwRenegotiation *self,
                                  const RwRemoteSdp *remote,
                                  gboolean we_offered);

/** rw_renegotiation_take_offer: a further offer, to be answered as soon as the
 * first exchange is done; it replaces one that still waits for that. */
void rw_renegotiation_take_offer (RwRenegotiation *self, const char *sdp);

/** rw_renegotiation_answer: follows the further offer as far as @webrtc can.
 * NULL if there is none, or, with a warning, if it does not continue the
 * session. */
RwSdpUpdate *rw_renegotiation_answer (RwRenegotiation *self,
                                      GstElement *webrtc);

/** rw_renegotiation_get_format: the session's, with the numbers of the last
 * offer. */
const RwRtpFormat *rw_renegotiation_get_format (RwRenegotiation *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRenegotiation, rw_renegotiation_free)

G_END_DECLS
