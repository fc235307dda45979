/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-room-floor.h"

#include "rw-room-message.h"

/* See the header. */

struct _RwRoomFloor {
  RwWsRooms *rooms;
  const char *room_id;    /* not owned */
  RwRoomMembers *members; /* not owned */
  RwNotifier *notifier;   /* not owned */
  void (*changed) (gpointer data);
  gpointer data;
};

static gboolean
is_ours (RwRoomFloor *self, const char *room_id)
{
  return g_str_equal (self->room_id, room_id);
}

static void
set_holder (RwRoomFloor *self, const char *id)
{
  if (g_strcmp0 (rw_room_members_get_holder (self->members), id) == 0)
    return;
  rw_room_members_set_holder (self->members, id);
  self->changed (self->data);
}

static void
post (RwRoomFloor *self, const char *event, const char *peer_id,
      const char *reason)
{
  RwFloorReport report = {
      .room = self->room_id,
      .event = event,
      .peer_id = peer_id,
      .name = rw_room_members_name (self->members, peer_id),
      .reason = reason,
  };

  if (g_strcmp0 (peer_id, rw_room_members_get_own_id (self->members)) != 0)
    rw_notifier_post_structure (self->notifier,
                                rw_room_message_new_floor (&report));
}

static void
on_floor_granted (RwWsRooms *rooms, const char *room_id, guint64 max_hold_ms,
                  RwRoomFloor *self)
{
  if (is_ours (self, room_id))
    set_holder (self, rw_room_members_get_own_id (self->members));
}

static void
on_floor_taken (RwWsRooms *rooms, const char *room_id, const char *peer_id,
                RwRoomFloor *self)
{
  if (!is_ours (self, room_id))
    return;
  set_holder (self, peer_id);
  post (self, "taken", peer_id, NULL);
}

static void
on_floor_released (RwWsRooms *rooms, const char *room_id, const char *peer_id,
                   const char *reason, RwRoomFloor *self)
{
  if (!is_ours (self, room_id))
    return;
  set_holder (self, NULL);
  post (self, "released", peer_id, reason);
}

RwRoomFloor *
rw_room_floor_new (RwWsRooms *rooms, const char *room_id,
                   RwRoomMembers *members, RwNotifier *notifier,
                   void (*changed) (gpointer data), gpointer data)
{
  RwRoomFloor *self = g_new0 (RwRoomFloor, 1);

  self->rooms = g_object_ref (rooms);
  self->room_id = room_id;
  self->members = members;
  self->notifier = notifier;
  self->changed = changed;
  self->data = data;
  g_signal_connect (rooms, "floor-granted", G_CALLBACK (on_floor_granted),
                    self);
  g_signal_connect (rooms, "floor-taken", G_CALLBACK (on_floor_taken), self);
  g_signal_connect (rooms, "floor-released", G_CALLBACK (on_floor_released),
                    self);
  return self;
}

void
rw_room_floor_free (RwRoomFloor *self)
{
  g_signal_handlers_disconnect_by_data (self->rooms, self);
  g_object_unref (self->rooms);
  g_free (self);
}
