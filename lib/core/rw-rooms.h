/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-brain-message.h"
#include "rw-floor.h"
#include "rw-quality.h"

G_BEGIN_DECLS

/**
 * RwRooms:
 *
 * Rooms in which members publish to each other. A room is a short log with a
 * cursor for each member: who was away is told so, and gets what it missed, in
 * order and a few at a time. Each room has a floor. Pure: clients are ids,
 * time comes as an argument. Of one thread.
 */
typedef struct _RwRooms RwRooms;

/**
 * RwRoomsConfig:
 * @new_id: makes the ids of the rooms' lives
 * @max_rooms: at once
 * @max_rooms_per_member: that one client may be in
 * @max_messages: that a room keeps
 * @max_bytes: that they may take
 * @max_total_bytes: that those of all rooms may take, 0 for no limit: beyond it
 *   the largest history gives
 * @max_age_us: for how long it keeps them
 * @floor: of each room
 * @may_send: (nullable): whether a member has room for one more message of a
 *   room; it is then sent. After a refusal rw_rooms_go_on() says when it has
 * @user_data: for both
 * @strict_rooms: (nullable): patterns of the ids of those whose floor is lost
 *   with its holder's connection; '*' and '?' stand for any. Not copied
 */
typedef struct {
  char *(*new_id) (gpointer user_data);
  guint max_rooms;
  guint max_rooms_per_member;
  guint max_messages;
  gsize max_bytes;
  gsize max_total_bytes;
  gint64 max_age_us;
  RwFloorConfig floor;
  gboolean (*may_send) (const char *id, const RwBrainMessage *message,
                        gpointer user_data);
  gpointer user_data;
  char *const *strict_rooms;
} RwRoomsConfig;

/** RwRoomsCounts: @rooms is now, the others are since the start. */
typedef struct {
  guint rooms;
  guint64 published;
  guint64 caught_up;
  guint64 lost;
  guint64 floors_granted;
  gint64 floor_wait_sum_us;
} RwRoomsCounts;

/** RwRoomsMember: what is known of a member. */
typedef struct {
  guint64 last_sequence;
  gint64 last_seen_us;
  gboolean is_connected;
  RwQuality quality;
} RwRoomsMember;

RwRooms *rw_rooms_new (const RwRoomsConfig *config);
void rw_rooms_free (RwRooms *self);

gboolean rw_rooms_takes (RwSignalType type);
void rw_rooms_handle (RwRooms *self, const char *id,
                      const RwBrainMessage *message, gint64 now_us);
void rw_rooms_set_away (RwRooms *self, const char *id, gboolean away,
                        gint64 now_us);
void rw_rooms_go_on (RwRooms *self, const char *id, gint64 now_us);
void rw_rooms_remove (RwRooms *self, const char *id, gint64 now_us);

gint64 rw_rooms_get_wake_us (RwRooms *self);
void rw_rooms_wake (RwRooms *self, gint64 now_us);

RwBrainMessage *rw_rooms_pop (RwRooms *self, char **id);
gsize rw_rooms_get_meta_bytes (RwRooms *self, const char *room_id);
gboolean rw_rooms_get_member (RwRooms *self, const char *room_id,
                              const char *id, RwRoomsMember *member);
void rw_rooms_set_quality (RwRooms *self, const char *room_id, const char *id,
                           RwQuality quality);
void rw_rooms_note_quality (RwRooms *self, const char *id, RwQuality quality);
void rw_rooms_get_counts (RwRooms *self, RwRoomsCounts *counts);

GVariant *rw_rooms_save (RwRooms *self);
RwRooms *rw_rooms_load (const RwRoomsConfig *config, GVariant *state,
                        GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRooms, rw_rooms_free)

G_END_DECLS
