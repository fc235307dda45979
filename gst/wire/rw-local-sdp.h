/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/sdp/sdp.h>

#include "rw-opus-sdp.h"
#include "rw-remote-sdp.h"
#include "rw-rtp-frame.h"

G_BEGIN_DECLS

/* Opus, in our own offers. */
#define RW_OFFERED_PAYLOAD_TYPE 96

/**
 * rw_local_sdp_finish:
 * @message: webrtcbin's own offer or answer; not changed.
 * @offer: the one that it answers; NULL if it is an offer.
 * @audio_mline: where the audio is.
 * @format: the payload type and the extensions to name.
 * @caps: audio/x-opus of the stream.
 * @terms: packet duration and bit rate to announce.
 *
 * The text to send to the other peer: with the extensions and the Opus
 * parameters that webrtcbin leaves out, and rejecting what the offer rejects.
 * Pure.
 */
char *rw_local_sdp_finish (const GstSDPMessage *message,
                           const RwRemoteSdp *offer, guint audio_mline,
                           const RwRtpFormat *format, const GstCaps *caps,
                           const RwOpusTerms *terms);

G_END_DECLS
