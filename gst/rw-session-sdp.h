/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/sdp/sdp.h>

#include "rw-rtp-frame.h"
#include "rw-signal-types.h"

G_BEGIN_DECLS

/* What one audio session says in SDP, and what is understood of the other
 * peer's. Pure functions over text, callable from any thread. */

/* Opus, in our own offers. */
#define RW_OFFERED_PAYLOAD_TYPE 96

/**
 * RwRemoteSdp:
 * The other peer's description, understood.
 * @message: the same rewritten from what was understood alone, so that nothing
 *   that webrtcbin might trip over reaches it: every line but the chosen audio
 *   and the data channel is inactive.
 * @audio_mline: the chosen audio's.
 * @format: payload type, and the ids of our extensions if it has them.
 * @caps: audio/x-opus with channels and mapping.
 * @has_channel: whether it has a line for data channels.
 */
typedef struct {
  GstSDPMessage *message;
  guint audio_mline;
  RwRtpFormat format;
  GstCaps *caps;
  gboolean has_channel;
} RwRemoteSdp;

/**
 * rw_remote_sdp_parse:
 * @text: untrusted.
 * @offer: ours, if @text is the answer to it; NULL if it is an offer.
 * @we_send: whether the audio goes from us to them.
 *
 * Chooses the first audio line that flows our way and has Opus. NULL and an
 * RwPeerError if there is none or the text is no usable description.
 */
RwRemoteSdp *rw_remote_sdp_parse (const char *text, const GstSDPMessage *offer,
                                  gboolean we_send, GError **error);
void rw_remote_sdp_free (RwRemoteSdp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRemoteSdp, rw_remote_sdp_free)

/**
 * rw_remote_sdp_get_transport:
 *
 * The line on whose transport @mline's packets go: the first of a bundle. A
 * line that does not exist is returned as it is.
 */
guint rw_remote_sdp_get_transport (const RwRemoteSdp *self, guint mline);

/**
 * rw_local_sdp_finish:
 * @message: webrtcbin's own offer or answer; not changed.
 * @audio_mline: where the audio is.
 * @format: the payload type and the extensions to name.
 * @caps: audio/x-opus of the stream.
 *
 * The text to send to the other peer: with the extensions and the Opus
 * parameters that webrtcbin leaves out.
 */
char *rw_local_sdp_finish (const GstSDPMessage *message, guint audio_mline,
                           const RwRtpFormat *format, const GstCaps *caps);

/**
 * rw_candidate_check:
 * @candidate: untrusted.
 *
 * The candidate with "candidate:" in front, or NULL if it is none that an ICE
 * agent could use.
 */
char *rw_candidate_check (const char *candidate);

/** rw_candidate_is_link_local: whether @candidate, a checked one, has an
 * address that means something on one link only (fe80::/10). */
gboolean rw_candidate_is_link_local (const char *candidate);

G_END_DECLS
