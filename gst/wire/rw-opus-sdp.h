/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/* Converts Opus parameters between SDP (RFC 7587, and "multiopus" for more than
 * two channels, as in browsers and GStreamer) and caps. Pure. */

/** rw_opus_sdp_read_rtpmap: the channels in the value of an rtpmap (may be
 * NULL), 2 for mono as well; 0 if it is not Opus. */
guint rw_opus_sdp_read_rtpmap (const char *value);

/** rw_opus_sdp_find: the first Opus of a line, by the order of its formats. */
gboolean rw_opus_sdp_find (const GstSDPMedia *media, guint *payload_type,
                           guint *channels);

/** rw_opus_sdp_find_red: the format of a line that repeats @payload_type as
 * redundant audio data (RFC 2198), or 0. */
guint rw_opus_sdp_find_red (const GstSDPMedia *media, guint payload_type);

/** rw_opus_sdp_prefers: whether the line names payload type @first before
 * @second. */
gboolean rw_opus_sdp_prefers (const GstSDPMedia *media, guint first,
                              guint second);

/**
 * rw_opus_sdp_read_caps:
 * @fmtp: the format's parameters, untrusted; may be NULL.
 * @channels: of the rtpmap.
 *
 * audio/x-opus, or NULL where the parameters are not valid.
 */
GstCaps *rw_opus_sdp_read_caps (const char *fmtp, guint channels);

/** rw_opus_sdp_is_mono: whether @fmtp (may be NULL) announces mono. */
gboolean rw_opus_sdp_is_mono (const char *fmtp);

/**
 * RwOpusTerms:
 * Parameters of a description beside the format: of the sent audio, or
 * requested from the sender.
 *
 * @max_bitrate: bit/s; 0 if unknown.
 * @ptime_ms: duration of a packet, ms; 0 if unknown.
 * @dtx: whether silence is not sent.
 * @mono: requests mono.
 * @max_ptime_ms: of the longest packet, ms; 0 for the longest of Opus.
 */
typedef struct {
  guint max_bitrate;
  double ptime_ms;
  gboolean dtx;
  gboolean mono;
  guint max_ptime_ms;
} RwOpusTerms;

/** rw_opus_sdp_write_fmtp: the value of a fmtp for @caps (NULL for stereo): the
 * sent format, or the accepted one. */
char *rw_opus_sdp_write_fmtp (guint payload_type, const GstCaps *caps,
                              const RwOpusTerms *terms);

/** rw_opus_sdp_new_rtp_caps: application/x-rtp, fixed, that carries @caps (NULL
 * for stereo) with @payload_type: what webrtcbin takes as codec preference. */
GstCaps *rw_opus_sdp_new_rtp_caps (const GstCaps *caps, guint payload_type);

G_END_DECLS
