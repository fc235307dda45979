/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What an Opus packet says about itself in its first bytes (RFC 6716, 3.1). */

/**
 * rw_opus_packet_duration:
 * @data: the packet
 * @size: its bytes
 *
 * Returns: the samples at 48 kHz that the packet decodes to, 120 to 5760, or
 *   0 where it is no Opus packet (empty, no frames, or over 120 ms).
 */
guint16 rw_opus_packet_duration (const guint8 *data, gsize size);

/**
 * rw_opus_packet_channels:
 *
 * Returns: 1 or 2, what this packet was coded as; 0 for an empty one.
 */
guint rw_opus_packet_channels (const guint8 *data, gsize size);

G_END_DECLS
