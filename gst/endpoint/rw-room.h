/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-loop.h"
#include "rw-notifier.h"
#include "rw-room-members.h"
#include "rw-ws-signaller.h"

G_BEGIN_DECLS

/*
 * RwRoom: an element's place in a room of the signalling server
 * (docs/signalling.md#rooms): joins it, follows its members and its floor,
 * posts its messages on the bus and publishes those of the application. The
 * client library joins again and fetches what was missed after an outage.
 *
 * Thread: control, except new, free and what says otherwise.
 *
 * Signals:
 *   changed ()
 *     The members, or who has the floor.
 */
#define RW_TYPE_ROOM (rw_room_get_type ())
G_DECLARE_FINAL_TYPE (RwRoom, rw_room, RW, ROOM, GObject)

/* Both outlive the room. */
RwRoom *rw_room_new (GstElement *element, RwNotifier *notifier);

/**
 * rw_room_open:
 * @room_id: valid
 * @member: the element: its name, its stream or NULL, and whether it requests
 *   the floor; the rest does not count
 *
 * Joins the room on the first connection of @signaller, which has not started.
 */
void rw_room_open (RwRoom *self, RwWsSignaller *signaller, const char *room_id,
                   const RwRoomMember *member);

/* Of the element's speech, 0 to 255: the other members get it with its `meta`,
 * or by a message of the room. */
void rw_room_set_priority (RwRoom *self, guint priority);

/* Nobody is a member any more. */
void rw_room_close (RwRoom *self);

/* Sends @data to all members, on @loop, which is the control thread's, or
 * NULL where the element is in no room. FALSE, and a warning in the log, in
 * that case and where @data is no JSON. Any thread. */
gboolean rw_room_publish (RwRoom *self, RwLoop *loop, const char *data);

/* NULL while the room is closed. */
RwWsRooms *rw_room_get_rooms (RwRoom *self);
const char *rw_room_get_id (RwRoom *self);

/* Joins although the element is a member: a marker in the order of messages. */
void rw_room_join_again (RwRoom *self);

/* The same as long as the room is there, with a lock of their own. Any thread.
 */
RwRoomMembers *rw_room_get_members (RwRoom *self);

G_END_DECLS
