/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub-room.h"

G_BEGIN_DECLS

/**
 * RwHubRoomFloors:
 *
 * Sends the members of rooms what the rooms' floors decide, and runs the
 * floors' timers. Pure: time comes as an argument. Of one thread.
 */
typedef struct _RwHubRoomFloors RwHubRoomFloors;

RwHubRoomFloors *rw_hub_room_floors_new (void);
void rw_hub_room_floors_free (RwHubRoomFloors *self);

/** rw_hub_room_floors_update: after each call to the floor of @room; a room
 * whose floor is another server's is fine. */
void rw_hub_room_floors_update (RwHubRoomFloors *self, RwHubRoom *room);

/** rw_hub_room_floors_send: what this server or another one has decided. */
void rw_hub_room_floors_send (RwHubRoomFloors *self, RwHubRoom *room,
                              const RwFloorEvent *event);

/** rw_hub_room_floors_forget: @room is about to be freed. */
void rw_hub_room_floors_forget (RwHubRoomFloors *self, RwHubRoom *room);

gint64 rw_hub_room_floors_get_wake_us (RwHubRoomFloors *self);
void rw_hub_room_floors_wake (RwHubRoomFloors *self, gint64 now_us);

/** rw_hub_room_floors_get_granted: since the start; @wait_sum_us: (out): how
 * long the members waited for it, altogether */
guint64 rw_hub_room_floors_get_granted (const RwHubRoomFloors *self,
                                        gint64 *wait_sum_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubRoomFloors, rw_hub_room_floors_free)

G_END_DECLS
