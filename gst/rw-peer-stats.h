/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * rw_peer_stats_read:
 * @reply: webrtcbin's answer to "get-stats", or NULL.
 *
 * A structure of what a user wants of it: rtp-packets-lost (int64),
 * rtp-jitter and rtp-round-trip-time (double, s), each if known. Pure.
 */
GstStructure *rw_peer_stats_read (const GstStructure *reply);

/** rw_peer_stats_merge: copies all fields of @from, if any, to @to. */
void rw_peer_stats_merge (GstStructure *to, const GstStructure *from);

G_END_DECLS
