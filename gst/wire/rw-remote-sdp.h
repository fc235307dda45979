/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/sdp/sdp.h>

#include "rw-rtp-frame.h"
#include "rw-signal-types.h"

G_BEGIN_DECLS

/**
 * RwRemoteSdp:
 * The other peer's description, understood. Pure functions over text, callable
 * from any thread.
 *
 * @message: the same rewritten from what was understood alone, so that nothing
 *   that webrtcbin might trip over reaches it: every line but the chosen audio
 *   and the data channel is inactive, a line without a mid has one of ours.
 * @lines_without_mid: a bit for each line that had none.
 * @is_bundled: whether the description bundles its lines.
 * @audio_mline: the chosen audio's.
 * @format: payload type, and the ids of our extensions if it has them.
 * @caps: audio/x-opus with channels and mapping.
 * @has_channel: whether it has a line for data channels.
 * @fingerprints: of the certificates that the peer may use, as SDP has them.
 */
typedef struct {
  GstSDPMessage *message;
  guint32 lines_without_mid;
  gboolean is_bundled;
  guint audio_mline;
  RwRtpFormat format;
  GstCaps *caps;
  gboolean has_channel;
  GPtrArray *fingerprints;
} RwRemoteSdp;

/**
 * rw_remote_sdp_parse:
 * @text: untrusted.
 * @offer: ours, if @text is the answer to it; NULL if it is an offer.
 * @we_send: whether the audio goes from us to them.
 * @wants_stereo: whether to request stereo; an ordinary peer that does not
 *   announce mono is then assumed to send stereo.
 *
 * Chooses the first audio line that flows our way and has Opus. NULL and an
 * RwPeerError if there is none or the text is no usable description.
 */
RwRemoteSdp *rw_remote_sdp_parse (const char *text, const GstSDPMessage *offer,
                                  gboolean we_send, gboolean wants_stereo,
                                  GError **error);

void rw_remote_sdp_free (RwRemoteSdp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRemoteSdp, rw_remote_sdp_free)

/** rw_remote_sdp_get_transport: see rw_sdp_bundle_get_transport(). */
guint rw_remote_sdp_get_transport (const RwRemoteSdp *self, guint mline);

G_END_DECLS
