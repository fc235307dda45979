/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Duration and channels of an Opus packet, from its first bytes (RFC 6716,
 * 3.1). */

/**
 * rw_opus_packet_duration:
 * @data: the packet
 * @size: its bytes
 *
 * Returns: the samples at 48 kHz that the packet decodes to, 120 to 5760, or
 *   0 where it is no Opus packet (empty, no frames, or over 120 ms).
 */
guint16 rw_opus_packet_duration (const guint8 *data, gsize size);

G_END_DECLS
