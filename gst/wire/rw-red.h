/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-rtp-frame.h"

G_BEGIN_DECLS

/*
 * RwRed: takes Opus out of redundant audio data (RFC 2198), of which each
 * packet repeats the ones before. A caller-owned struct, all zero at first; one
 * thread at a time.
 */
typedef struct {
  gboolean has_last;
  guint32 ssrc;
  guint16 last; /* the newest sequence number so far */
} RwRed;

/* @packet: an Opus packet in RTP; the callee's. */
typedef void (*RwRedFunc) (GstBuffer *packet, gpointer user_data);

/**
 * rw_red_unwrap:
 * @packet: untrusted; of either payload type of @format
 *
 * Hands on the packets that are missing before it, as far as it repeats them,
 * and then its own. A malformed packet is dropped.
 */
void rw_red_unwrap (RwRed *self, GstBuffer *packet, const RwRtpFormat *format,
                    RwRedFunc func, gpointer user_data);

G_END_DECLS
