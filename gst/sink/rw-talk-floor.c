/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-talk-floor.h"

/* See the header. */

struct _RwTalkFloor {
  RwRoom *room;
  RwTalkKey *key; /* not owned */
  RwClock *clock; /* not owned */
  RwTalkFloorFunc changed;
  gpointer data;
};

static gboolean
is_ours (RwTalkFloor *self, const char *room_id)
{
  return g_strcmp0 (rw_room_get_id (self->room), room_id) == 0;
}

static gboolean
is_me (RwTalkFloor *self, const char *peer_id)
{
  RwRoomMembers *members = rw_room_get_members (self->room);

  return g_strcmp0 (rw_room_members_get_own_id (members), peer_id) == 0;
}

static void
on_connected (RwWsRooms *rooms, gboolean is_resumed, RwTalkFloor *self)
{
  rw_talk_key_connect (self->key, is_resumed);
  self->changed (self->data);
}

static void
on_disconnected (RwWsRooms *rooms, RwTalkFloor *self)
{
  rw_talk_key_disconnect (self->key, rw_clock_get_now_us (self->clock));
  self->changed (self->data);
}

static void
on_room_joined (RwWsRooms *rooms, const char *room_id, guint64 sequence,
                GPtrArray *peers, const char *holder, RwTalkFloor *self)
{
  if (!is_ours (self, room_id))
    return;
  rw_talk_key_join (self->key, holder != NULL && is_me (self, holder),
                    rw_clock_get_now_us (self->clock));
  self->changed (self->data);
}

/* Of all that the floor did meanwhile, only the holder is known. */
static void
on_reconnection_detected (RwWsRooms *rooms, const char *room_id,
                          guint64 outage_ms, guint64 missed, guint64 lost,
                          const char *holder, RwTalkFloor *self)
{
  if (!is_ours (self, room_id) || (holder != NULL && is_me (self, holder)))
    return;
  rw_talk_key_yield (self->key);
  self->changed (self->data);
}

static void
on_floor_granted (RwWsRooms *rooms, const char *room_id, guint64 max_hold_ms,
                  RwTalkFloor *self)
{
  if (!is_ours (self, room_id))
    return;
  rw_talk_key_grant (self->key, (gint64) MIN (max_hold_ms, G_MAXUINT32) * 1000,
                     rw_clock_get_now_us (self->clock));
  self->changed (self->data);
}

static void
on_floor_queued (RwWsRooms *rooms, const char *room_id, guint position,
                 RwTalkFloor *self)
{
  if (!is_ours (self, room_id))
    return;
  rw_talk_key_queue (self->key, position);
  self->changed (self->data);
}

static void
on_floor_denied (RwWsRooms *rooms, const char *room_id, const char *peer_id,
                 RwTalkFloor *self)
{
  if (!is_ours (self, room_id))
    return;
  rw_talk_key_deny (self->key, "queue-full");
  self->changed (self->data);
}

static void
on_floor_taken (RwWsRooms *rooms, const char *room_id, const char *peer_id,
                RwTalkFloor *self)
{
  if (!is_ours (self, room_id) || is_me (self, peer_id))
    return;
  rw_talk_key_yield (self->key);
  self->changed (self->data);
}

static void
on_floor_released (RwWsRooms *rooms, const char *room_id, const char *peer_id,
                   const char *reason, RwTalkFloor *self)
{
  if (!is_ours (self, room_id) || !is_me (self, peer_id))
    return;
  rw_talk_key_lose (self->key, reason != NULL ? reason : "lost");
  self->changed (self->data);
}

static void
on_room_error (RwWsRooms *rooms, const char *room_id, const char *code,
               const char *details, RwTalkFloor *self)
{
  static const char *const codes[] = {"unknown-room", "too-many-rooms",
                                      "seat-needed", "room-unavailable"};

  if (!is_ours (self, room_id))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_str_equal (code, codes[i]))
      rw_talk_key_deny (self->key, codes[i]);
  self->changed (self->data);
}

static void
connect_signals (RwTalkFloor *self)
{
  static const struct {
    const char *signal;
    GCallback handler;
  } handlers[] = {
      {"connected", G_CALLBACK (on_connected)},
      {"disconnected", G_CALLBACK (on_disconnected)},
      {"room-joined", G_CALLBACK (on_room_joined)},
      {"reconnection-detected", G_CALLBACK (on_reconnection_detected)},
      {"floor-granted", G_CALLBACK (on_floor_granted)},
      {"floor-queued", G_CALLBACK (on_floor_queued)},
      {"floor-denied", G_CALLBACK (on_floor_denied)},
      {"floor-taken", G_CALLBACK (on_floor_taken)},
      {"floor-released", G_CALLBACK (on_floor_released)},
      {"room-error", G_CALLBACK (on_room_error)},
  };
  RwWsRooms *rooms = rw_room_get_rooms (self->room);

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (rooms, handlers[i].signal, handlers[i].handler, self);
}

RwTalkFloor *
rw_talk_floor_new (RwRoom *room, RwTalkKey *key, RwClock *clock,
                   RwTalkFloorFunc changed, gpointer data)
{
  RwTalkFloor *self = g_new0 (RwTalkFloor, 1);

  self->room = g_object_ref (room);
  self->key = key;
  self->clock = clock;
  self->changed = changed;
  self->data = data;
  connect_signals (self);
  return self;
}

void
rw_talk_floor_free (RwTalkFloor *self)
{
  g_signal_handlers_disconnect_by_data (rw_room_get_rooms (self->room), self);
  g_object_unref (self->room);
  g_free (self);
}
