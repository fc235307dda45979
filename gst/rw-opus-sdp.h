/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/* Opus as SDP says it (RFC 7587, and "multiopus" for more than two channels, as
 * browsers and GStreamer do) and as caps say it. Pure. */

/** rw_opus_sdp_read_rtpmap: the channels in the value of an rtpmap (may be
 * NULL), 2 for mono as well; 0 if it is not Opus. */
guint rw_opus_sdp_read_rtpmap (const char *value);

/** rw_opus_sdp_find: the first Opus of a line, by the order of its formats. */
gboolean rw_opus_sdp_find (const GstSDPMedia *media, guint *payload_type,
                           guint *channels);

/**
 * rw_opus_sdp_read_caps:
 * @fmtp: the format's parameters, untrusted; may be NULL.
 * @channels: of the rtpmap.
 *
 * audio/x-opus, or NULL where the parameters are not valid.
 */
GstCaps *rw_opus_sdp_read_caps (const char *fmtp, guint channels);

/** rw_opus_sdp_write_fmtp: the value of a fmtp for @caps (NULL for stereo):
 * what we send, or that we take the same. */
char *rw_opus_sdp_write_fmtp (guint payload_type, const GstCaps *caps);

/** rw_opus_sdp_new_rtp_caps: application/x-rtp, fixed, that carries @caps (NULL
 * for stereo) with @payload_type: what webrtcbin takes as codec preference. */
GstCaps *rw_opus_sdp_new_rtp_caps (const GstCaps *caps, guint payload_type);

G_END_DECLS
