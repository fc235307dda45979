/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-quality.h"
#include "rw-hub-room-joiner.h"
#include "rw-rooms-config.h"
#include "rw-rooms-store.h"
#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwRooms:
 *
 * Rooms in which members publish to each other: takes the messages of members,
 * and does what they ask for, or, where several servers share the rooms, writes
 * it to a store. A room is a short log with a cursor for each member: a member
 * that was away is notified of that, and is sent what it missed, in order and
 * a few messages at a time. Each room has a floor.
 *
 * Pure: clients are ids, time comes as an argument. Of one thread.
 */
typedef struct _RwRooms RwRooms;

/** RwRoomsCounts: @rooms is now, the others are since the start. */
typedef struct {
  guint rooms;
  guint64 published;
  guint64 caught_up;
  guint64 lost;
  guint64 floors_granted;
  gint64 floor_wait_sum_us;
} RwRoomsCounts;

/** RwRoomsMember: what is known of a member. @is_remote: it is at another
 * server, and @is_connected and @quality are not known here. */
typedef struct {
  guint64 last_sequence;
  gint64 last_seen_us;
  gboolean is_connected;
  gboolean is_remote;
  RwQuality quality;
} RwRoomsMember;

typedef void (*RwRoomsRoomFunc) (const char *room_id, guint n_members,
                                 gpointer user_data);
typedef void (*RwRoomsMemberFunc) (const char *id, const RwRoomsMember *member,
                                   gpointer user_data);

RwFloorConfig rw_rooms_get_floor_config (const RwRooms *self, const char *id);

RwRooms *rw_rooms_new (const RwRoomsConfig *config);
void rw_rooms_free (RwRooms *self);

gboolean rw_rooms_takes (RwSignalType type);
void rw_rooms_handle (RwRooms *self, const char *id, RwSignalMessage *message,
                      gint64 now_us);
void rw_rooms_set_away (RwRooms *self, const char *id, gboolean away,
                        gint64 now_us);
void rw_rooms_go_on (RwRooms *self, const char *id, gint64 now_us);
void rw_rooms_remove (RwRooms *self, const char *id, gint64 now_us);

gint64 rw_rooms_get_wake_us (RwRooms *self);
void rw_rooms_wake (RwRooms *self, gint64 now_us);

RwSignalMessage *rw_rooms_pop (RwRooms *self, char **id);
gsize rw_rooms_get_meta_bytes (RwRooms *self, const char *room_id);
gboolean rw_rooms_get_member (RwRooms *self, const char *room_id,
                              const char *id, RwRoomsMember *member);
void rw_rooms_set_quality (RwRooms *self, const char *room_id, const char *id,
                           RwQuality quality);
void rw_rooms_note_quality (RwRooms *self, const char *id, RwQuality quality);
void rw_rooms_foreach (RwRooms *self, RwRoomsRoomFunc func, gpointer user_data);
void rw_rooms_foreach_member (RwRooms *self, const char *room_id,
                              RwRoomsMemberFunc func, gpointer user_data);
void rw_rooms_get_counts (RwRooms *self, RwRoomsCounts *counts);

/* Its parts: (transfer none), for rw-rooms-mirror.h and rw-rooms-transfer.h. */
RwHubRoomTable *rw_rooms_get_table (RwRooms *self);
RwHubRoomJoiner *rw_rooms_get_joiner (RwRooms *self);
const RwRoomsStore *rw_rooms_get_store (RwRooms *self);

/** rw_rooms_set_store: before there is any room. */
void rw_rooms_set_store (RwRooms *self, const RwRoomsStore *store);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRooms, rw_rooms_free)

G_END_DECLS
