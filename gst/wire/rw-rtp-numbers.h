/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-rtp-frame.h"

G_BEGIN_DECLS

/**
 * RwRtpNumbers:
 * The payload types and extension ids of a received stream. After a change the
 * former ones are taken as well, until a packet has the new ones: the other
 * peer changes when it has our answer. Zeroed at first, locked by its owner.
 */
typedef struct {
  RwRtpFormat current;
  RwRtpFormat former;
  gboolean has_former;
  gboolean is_open;
} RwRtpNumbers;

/** rw_rtp_numbers_set: the first ones, or others. */
void rw_rtp_numbers_set (RwRtpNumbers *self, const RwRtpFormat *format);

/** rw_rtp_numbers_match: @packet: untrusted. @format: (out): what it is to be
 * read by. FALSE if it does not belong to the stream. */
gboolean rw_rtp_numbers_match (RwRtpNumbers *self, GstBuffer *packet,
                               RwRtpFormat *format);

/** rw_rtp_numbers_rewrite: @packet, which is the callee's, with
 * @payload_type. */
GstBuffer *rw_rtp_numbers_rewrite (GstBuffer *packet, guint8 payload_type);

G_END_DECLS
