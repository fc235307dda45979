/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-notifier.h"
#include "rw-room-members.h"
#include "rw-ws-signaller.h"

G_BEGIN_DECLS

/*
 * RwRoomFloor: follows the floor of a room that the element has joined: keeps
 * the holder in the table of members, and reports the floor of other members
 * on the bus. The sink reports its own (RwTalk). Part of RwRoom.
 *
 * Thread: control.
 */
typedef struct _RwRoomFloor RwRoomFloor;

/* @room_id, @members and @notifier outlive it. @changed: another member has
 * the floor, or none. */
RwRoomFloor *rw_room_floor_new (RwWsRooms *rooms, const char *room_id,
                                RwRoomMembers *members, RwNotifier *notifier,
                                void (*changed) (gpointer data), gpointer data);
void rw_room_floor_free (RwRoomFloor *self);

G_END_DECLS
