/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/* Readers of one m= line of an untrusted description. Pure. */

/** rw_sdp_line_has: whether the line has an attribute @key. */
gboolean rw_sdp_line_has (const GstSDPMedia *media, const char *key);

/** rw_sdp_line_find_value: of the line's attribute @key, or else of the whole
 * description's; NULL if there is none. */
const char *rw_sdp_line_find_value (const GstSDPMessage *message,
                                    const GstSDPMedia *media, const char *key);

/** rw_sdp_line_is_kind: @kind is "audio", "application", ... */
gboolean rw_sdp_line_is_kind (const GstSDPMedia *media, const char *kind);

/** rw_sdp_line_is_rejected: whether its port is 0, and not because it is part
 * of a bundle only. */
gboolean rw_sdp_line_is_rejected (const GstSDPMedia *media);

/** rw_sdp_line_is_channel: whether it is for data channels. */
gboolean rw_sdp_line_is_channel (const GstSDPMedia *media);

/** rw_sdp_line_flows: whether media of @message's line @media can go from us to
 * the other peer (@we_send), or from there to us. */
gboolean rw_sdp_line_flows (const GstSDPMessage *message,
                            const GstSDPMedia *media, gboolean we_send);

/** rw_sdp_line_find_extension: the id of the RTP header extension @uri, which
 * fits the one-byte form; 0 if there is none. */
guint8 rw_sdp_line_find_extension (const GstSDPMedia *media, const char *uri);

G_END_DECLS
