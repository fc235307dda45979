/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-room-message.h"

GstStructure *
rw_room_message_new_room (const RwRoomReport *report)
{
  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_ROOM,
      "room", G_TYPE_STRING, report->room,
      "event", G_TYPE_STRING, report->event,
      "peer-id", G_TYPE_STRING, report->peer_id,
      "name", G_TYPE_STRING, report->name,
      "members", G_TYPE_UINT, report->members,
      "missed", G_TYPE_UINT64, report->missed,
      "lost", G_TYPE_UINT64, report->lost,
      "outage", G_TYPE_UINT64, report->outage_ns,
      NULL);
  /* clang-format on */
}

GstStructure *
rw_room_message_new_data (const char *room, guint64 sequence,
                          const char *peer_id, const char *name,
                          const char *data)
{
  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_DATA,
      "room", G_TYPE_STRING, room,
      "sequence", G_TYPE_UINT64, sequence,
      "peer-id", G_TYPE_STRING, peer_id,
      "name", G_TYPE_STRING, name,
      "data", G_TYPE_STRING, data,
      NULL);
  /* clang-format on */
}

GstStructure *
rw_room_message_new_floor (const RwFloorReport *report)
{
  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_FLOOR,
      "room", G_TYPE_STRING, report->room,
      "event", G_TYPE_STRING, report->event,
      "peer-id", G_TYPE_STRING, report->peer_id,
      "name", G_TYPE_STRING, report->name,
      "position", G_TYPE_UINT, report->position,
      "remaining", G_TYPE_UINT64, report->remaining_ns,
      "reason", G_TYPE_STRING, report->reason,
      NULL);
  /* clang-format on */
}

GstStructure *
rw_room_message_new_level (const RwLevelReport *report)
{
  /* clang-format off */
  return gst_structure_new (RW_BUS_MESSAGE_LEVEL,
      "room", G_TYPE_STRING, report->room,
      "name", G_TYPE_STRING, report->name,
      "stream", G_TYPE_STRING, report->stream,
      "self", G_TYPE_BOOLEAN, report->is_self,
      "peak", G_TYPE_DOUBLE, report->peak_db,
      "rms", G_TYPE_DOUBLE, report->rms_db,
      NULL);
  /* clang-format on */
}
