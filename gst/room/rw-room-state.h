/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-speakers.h"

G_BEGIN_DECLS

/*
 * RwRoomState: the state of an element that receives a room: that of the room,
 * or the worst of any speaker. Announces each change once. A caller-owned
 * struct.
 *
 * Thread: control.
 */
typedef struct {
  RwEndpoint *endpoint; /* outlives it */
  RwState state;        /* as announced last */
} RwRoomState;

void rw_room_state_announce (RwRoomState *self, RwState state,
                             const char *reason);

/* The element has joined the room: announces the worst state of @speakers, if
 * that is an outage. */
void rw_room_state_follow (RwRoomState *self, RwSpeakers *speakers);

G_END_DECLS
