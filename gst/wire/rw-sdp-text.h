/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/* Readers of single values in untrusted SDP. Pure. */

/* Bytes of one value at most. */
#define RW_SDP_MAX_VALUE 512

/* Bytes of a line's mid at most. */
#define RW_SDP_MAX_MID 128

/** rw_sdp_is_plain: whether @text (may be NULL) is 1 to @max bytes of printable
 * ASCII, so that nothing in it can start a line of its own. */
gboolean rw_sdp_is_plain (const char *text, gsize max);

/** rw_sdp_is_token: whether it is also a token of RFC 8866. */
gboolean rw_sdp_is_token (const char *text, gsize max);

/** rw_sdp_read_number: whether @text (may be NULL) is a number up to @max. */
gboolean rw_sdp_read_number (const char *text, guint64 max, guint64 *number);

/** rw_sdp_find_format: the value of "<payload type> <value>" in the attributes
 * called @key, such as rtpmap and fmtp; NULL if there is none. */
const char *rw_sdp_find_format (const GstSDPMedia *media, const char *key,
                                guint payload_type);

/** A description of a session with a few lines has some kilobytes. */
#define RW_SDP_MAX_BYTES (256 * 1024)

/** rw_sdp_parse: reads an untrusted description of bounded size, with an origin
 * and 1 to 16 lines, into @message, a new one. */
gboolean rw_sdp_parse (const char *text, GstSDPMessage *message);

G_END_DECLS
