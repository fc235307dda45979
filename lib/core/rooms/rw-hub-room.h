/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-floor.h"
#include "rw-hub-outbox.h"
#include "rw-hub-room-history.h"
#include "rw-hub-room-member.h"

G_BEGIN_DECLS

/**
 * RwHubRoom:
 *
 * A room: its members in the order in which they came, its history, and its
 * floor, or, where another server is the floor's arbiter, the holder that the
 * arbiter names. Messages to members go to an outbox. Of one thread, and of one
 * RwRooms.
 */

/** rw_hub_room_new: @instance: of this life of the room; @floor: (transfer
 * full) (nullable); @outbox outlives it. */
RwHubRoom *rw_hub_room_new (const char *id, const char *instance,
                            RwFloor *floor, RwHubOutbox *outbox);
void rw_hub_room_free (RwHubRoom *self);

const char *rw_hub_room_get_id (const RwHubRoom *self);
const char *rw_hub_room_get_instance (const RwHubRoom *self);
void rw_hub_room_set_instance (RwHubRoom *self, const char *instance);
RwHubRoomHistory *rw_hub_room_get_history (const RwHubRoom *self);

/** rw_hub_room_get_floor: (nullable): NULL: another server is its arbiter. */
RwFloor *rw_hub_room_get_floor (const RwHubRoom *self);

/** rw_hub_room_get_holder: (nullable): the member that has the floor */
const char *rw_hub_room_get_holder (const RwHubRoom *self);

/** rw_hub_room_set_holder: (nullable): as the arbiter names it */
void rw_hub_room_set_holder (RwHubRoom *self, const char *holder);

/** rw_hub_room_add: @member: (transfer full): of an id that is new */
void rw_hub_room_add (RwHubRoom *self, RwHubRoomMember *member);

/** rw_hub_room_remove: frees @member. */
void rw_hub_room_remove (RwHubRoom *self, RwHubRoomMember *member);
RwHubRoomMember *rw_hub_room_find (const RwHubRoom *self, const char *id);

/** rw_hub_room_get_members: (element-type RwHubRoomMember): in their order. */
const GList *rw_hub_room_get_members (const RwHubRoom *self);

/** rw_hub_room_get_meta_bytes: of all members. */
gsize rw_hub_room_get_meta_bytes (const RwHubRoom *self);

/** rw_hub_room_new_message: with the room's id; @peer_id: (nullable) */
RwSignalMessage *rw_hub_room_new_message (const RwHubRoom *self,
                                          RwSignalType type,
                                          const char *peer_id);
void rw_hub_room_send (RwHubRoom *self, const char *id,
                       RwSignalMessage *message);

/** rw_hub_room_send_others: to all members that are not away, but @except
 * (nullable). Members that are away do not get a message that is not in the
 * history: they are sent the state of the room when they return. */
void rw_hub_room_send_others (RwHubRoom *self, const char *except,
                              RwSignalMessage *message);

/** rw_hub_room_send_joined: the state of the room, to a member that comes. */
void rw_hub_room_send_joined (RwHubRoom *self, const RwHubRoomMember *member);

/** rw_hub_room_send_member_joined: to all but @member. */
void rw_hub_room_send_member_joined (RwHubRoom *self,
                                     const RwHubRoomMember *member);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubRoom, rw_hub_room_free)

G_END_DECLS
