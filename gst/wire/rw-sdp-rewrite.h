/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/**
 * rw_sdp_rewrite:
 * @message: an untrusted description; each line has a valid mid.
 * @audio_mline: its line with the audio of the session.
 * @payload_type: of Opus in that line.
 * @we_send: whether the audio goes from us to them.
 * @fingerprints: gets those of the certificates that the peer may use.
 *
 * Writes a description anew from what is needed of it and was checked, so that
 * nothing that webrtcbin might trip over reaches it: every line but the audio
 * and the data channel is inactive. NULL and an RwPeerError if a line has no
 * usable transport. Pure.
 */
GstSDPMessage *rw_sdp_rewrite (const GstSDPMessage *message, guint audio_mline,
                               guint payload_type, gboolean we_send,
                               GPtrArray *fingerprints, GError **error);

G_END_DECLS
