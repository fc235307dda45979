/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Readers of a buffer of the sink's input. Pure. */

typedef enum {
  RW_INPUT_PACKET_AUDIO,
  RW_INPUT_PACKET_HEADER,  /* or nothing at all */
  RW_INPUT_PACKET_INVALID, /* not Opus: it would fail at the receiver */
} RwInputPacket;

/* @map: of @buffer, for reading. */
RwInputPacket rw_input_packet_classify (GstBuffer *buffer,
                                        const GstMapInfo *map);

/* In samples, of a buffer with audio: by the buffer's own duration where
 * that is shorter than the packet, whose end is then not played. */
guint16 rw_input_packet_get_duration (GstBuffer *buffer, const GstMapInfo *map);

G_END_DECLS
