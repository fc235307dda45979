/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"
#include "rw-room.h"
#include "rw-talk-key.h"

G_BEGIN_DECLS

/*
 * RwTalkFloor: enters in a talk key what the signalling server reports of the
 * floor of one room, and of the connection and the membership that the floor
 * depends on. The other direction is RwTalk's.
 *
 * Thread: control. The owner frees it before the key and before the room is
 * closed.
 */
typedef struct _RwTalkFloor RwTalkFloor;

/* The key may have changed, and may have events. The function may not free the
 * RwTalkFloor. */
typedef void (*RwTalkFloorFunc) (gpointer data);

/* Holds a reference to @room, which is open; @key and @clock outlive it. */
RwTalkFloor *rw_talk_floor_new (RwRoom *room, RwTalkKey *key, RwClock *clock,
                                RwTalkFloorFunc changed, gpointer data);
void rw_talk_floor_free (RwTalkFloor *self);

G_END_DECLS
