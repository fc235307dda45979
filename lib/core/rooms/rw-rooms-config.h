/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-floor.h"
#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwRoomsConfig:
 * @new_id: makes the ids of the rooms' lives
 * @max_rooms: at once
 * @max_rooms_per_member: that one client may be in
 * @max_messages: that a room keeps
 * @max_bytes: that they may take
 * @max_total_bytes: that those of all rooms may take, 0 for no limit: beyond it
 *   the largest history is shortened
 * @max_age_us: for how long it keeps them
 * @floor: of each room
 * @may_send: (nullable): whether a member has space for one more message of a
 *   room; it is then sent. After a refusal rw_rooms_go_on() is called when it
 *   has
 * @is_away: (nullable): whether a client has no connection at the moment
 * @user_data: for all of them
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
  gboolean (*may_send) (const char *id, const RwSignalMessage *message,
                        gpointer user_data);
  gboolean (*is_away) (const char *id, gpointer user_data);
  gpointer user_data;
  char *const *strict_rooms;
} RwRoomsConfig;

/** rw_rooms_config_get_floor: of the room @id. */
RwFloorConfig rw_rooms_config_get_floor (const RwRoomsConfig *self,
                                         const char *id);

G_END_DECLS
