/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-input-packet.h"

#include <string.h>

#include "rw-frame.h"
#include "rw-opus-packet.h"

static gboolean
is_header (GstBuffer *buffer, const GstMapInfo *map)
{
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER) || map->size == 0)
    return TRUE;
  return map->size >= 8 && (memcmp (map->data, "OpusHead", 8) == 0 ||
                            memcmp (map->data, "OpusTags", 8) == 0);
}

RwInputPacket
rw_input_packet_classify (GstBuffer *buffer, const GstMapInfo *map)
{
  if (is_header (buffer, map))
    return RW_INPUT_PACKET_HEADER;
  if (map->size <= RW_FRAME_MAX_SIZE &&
      rw_opus_packet_duration (map->data, map->size) != 0)
    return RW_INPUT_PACKET_AUDIO;
  return RW_INPUT_PACKET_INVALID;
}

guint16
rw_input_packet_get_duration (GstBuffer *buffer, const GstMapInfo *map)
{
  guint packet = rw_opus_packet_duration (map->data, map->size);
  guint64 stated;

  if (!GST_BUFFER_DURATION_IS_VALID (buffer))
    return packet;
  stated = gst_util_uint64_scale_round (GST_BUFFER_DURATION (buffer),
                                        RW_FRAME_RATE, GST_SECOND);
  return stated == 0 || stated > packet ? packet : stated;
}
