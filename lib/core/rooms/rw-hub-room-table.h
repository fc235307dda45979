/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub-room-feed.h"
#include "rw-hub-room-floors.h"

G_BEGIN_DECLS

/**
 * RwHubRoomTable:
 *
 * The rooms by id, and for each client of this server the rooms that it is in.
 * It owns the rooms, their feed and their floors. Pure; of one thread.
 */
typedef struct _RwHubRoomTable RwHubRoomTable;

/** rw_hub_room_table_new: @outbox outlives it. */
RwHubRoomTable *rw_hub_room_table_new (const RwHubRoomFeedConfig *feed,
                                       RwHubOutbox *outbox);
void rw_hub_room_table_free (RwHubRoomTable *self);

RwHubRoomFeed *rw_hub_room_table_get_feed (RwHubRoomTable *self);
RwHubRoomFloors *rw_hub_room_table_get_floors (RwHubRoomTable *self);

/* --- Rooms --- */

guint rw_hub_room_table_get_n (RwHubRoomTable *self);
/** rw_hub_room_table_list: (transfer container) (element-type RwHubRoom) */
GList *rw_hub_room_table_list (RwHubRoomTable *self);

RwHubRoom *rw_hub_room_table_find (RwHubRoomTable *self, const char *id);

/** rw_hub_room_table_add: a room without members, which must not stay so;
 * @floor: (transfer full) (nullable) */
RwHubRoom *rw_hub_room_table_add (RwHubRoomTable *self, const char *id,
                                  const char *instance, RwFloor *floor);

/** rw_hub_room_table_drop: a room without members; it is freed. */
void rw_hub_room_table_drop (RwHubRoomTable *self, RwHubRoom *room);

/** rw_hub_room_table_publish: the next message of @room. */
void rw_hub_room_table_publish (RwHubRoomTable *self, RwHubRoom *room,
                                RwSignalMessage *message, gint64 now_us);

/* --- Members --- */

/** rw_hub_room_table_add_member: @member: (transfer full): to its room */
void rw_hub_room_table_add_member (RwHubRoomTable *self,
                                   RwHubRoomMember *member);

/** rw_hub_room_table_drop_member: it is freed; its room stays. */
void rw_hub_room_table_drop_member (RwHubRoomTable *self,
                                    RwHubRoomMember *member);
RwHubRoomMember *rw_hub_room_table_find_member (RwHubRoomTable *self,
                                                const char *room_id,
                                                const char *id);

/** rw_hub_room_table_get_memberships: (nullable) (element-type
 * RwHubRoomMember): of the local client @id */
const GPtrArray *rw_hub_room_table_get_memberships (RwHubRoomTable *self,
                                                    const char *id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubRoomTable, rw_hub_room_table_free)

G_END_DECLS
