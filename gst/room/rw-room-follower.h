/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-speaker-merge.h"

G_BEGIN_DECLS

/*
 * RwRoomFollower: the control half of a source that receives a room rather than
 * one producer: is a member of the room, and has its speakers received
 * (RwSpeakers). In place of RwConsumer.
 *
 * Thread: control, except new, start, stop and retry_now, as with RwConsumer.
 */
#define RW_TYPE_ROOM_FOLLOWER (rw_room_follower_get_type ())
G_DECLARE_FINAL_TYPE (RwRoomFollower, rw_room_follower, RW, ROOM_FOLLOWER,
                      GObject)

RwRoomFollower *rw_room_follower_new (RwEndpoint *endpoint,
                                      RwSpeakerMerge *merge);

/* FALSE, and an element error, when the signaller URI cannot be used. */
gboolean rw_room_follower_start (RwRoomFollower *self);

/* The element is in READY but for this. */
void rw_room_follower_stop (RwRoomFollower *self);
void rw_room_follower_retry_now (RwRoomFollower *self);

G_END_DECLS
