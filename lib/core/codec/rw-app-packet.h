/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RTCP packets of type APP (RFC 3550, 6.7) that carry the protocol's messages.
 * A message of more than %RW_APP_PART_SIZE bytes travels in several packets.
 * docs/protocol.md has the layout. Pure functions, callable from any thread.
 */

/* Bytes of a message in one packet. With the headers of SRTCP, UDP and IPv6 a
 * packet stays under 1,200 bytes, which every path carries unfragmented. */
#define RW_APP_PART_SIZE 1100u

/* Parts of the largest message, 65,536 bytes. */
#define RW_APP_MAX_PARTS 60u

/* Header, SSRC, name; number, index, parts, size; a part, padded. */
#define RW_APP_MAX_SIZE 1120u

/**
 * RwAppKind: the packet's subtype.
 * @RW_APP_PART: a message, or a part of one.
 * @RW_APP_CLOSE: the sender closes the carrier, or confirms that it is closed.
 */
typedef enum {
  RW_APP_PART,
  RW_APP_CLOSE,
} RwAppKind;

/**
 * RwAppPacket: one packet.
 * @number: of the message; modulo 65,536. The fields from here on belong to
 *   %RW_APP_PART.
 * @index: of the part, from 0
 * @n_parts: of the message, 1 to %RW_APP_MAX_PARTS
 * @size: %RW_APP_PART_SIZE, or less in the last part; at least 1
 * @data: borrowed
 */
typedef struct {
  RwAppKind kind;
  guint32 ssrc;
  guint16 number;
  guint8 index;
  guint8 n_parts;
  guint16 size;
  const guint8 *data;
} RwAppPacket;

/** rw_app_packet_write: Returns: the bytes written, a multiple of four. */
gsize rw_app_packet_write (const RwAppPacket *packet,
                           guint8 bytes[RW_APP_MAX_SIZE]);

/**
 * rw_app_packet_read:
 * @packet: (out caller-allocates): undefined unless TRUE is returned
 *
 * Returns: whether @bytes are exactly one valid packet of this kind.
 */
gboolean rw_app_packet_read (RwAppPacket *packet, const guint8 *bytes,
                             gsize size);

/**
 * rw_app_packet_is_ours:
 *
 * Returns: whether @bytes begin with an APP packet of the protocol's name,
 * valid or not. No other user of RTCP needs such a packet.
 */
gboolean rw_app_packet_is_ours (const guint8 *bytes, gsize size);

/** rw_app_count_parts: Returns: the packets that @size bytes take; 0 for an
 * empty message or one over 65,536 bytes. */
guint rw_app_count_parts (gsize size);

/**
 * rw_app_take_part:
 * @number: of the message @data
 * @index: less than rw_app_count_parts()
 *
 * Returns: the part at @index, which borrows from @data.
 */
RwAppPacket rw_app_take_part (guint32 ssrc, guint16 number, const guint8 *data,
                              gsize size, guint index);

G_END_DECLS
