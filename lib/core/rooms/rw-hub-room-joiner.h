/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-hub-room-joins.h"
#include "rw-hub-room-table.h"
#include "rw-rooms-config.h"
#include "rw-rooms-store.h"

G_BEGIN_DECLS

/**
 * RwHubRoomJoiner:
 *
 * Lets clients into rooms and out of them: at once, or, where several servers
 * share the rooms, by an entry in the store. Pure: time comes as an argument.
 * Of one thread.
 */
typedef struct _RwHubRoomJoiner RwHubRoomJoiner;

/** rw_hub_room_joiner_new: all of these outlive it. */
RwHubRoomJoiner *rw_hub_room_joiner_new (const RwRoomsConfig *config,
                                         const RwRoomsStore *store,
                                         RwHubRoomTable *table,
                                         RwHubOutbox *outbox);
void rw_hub_room_joiner_free (RwHubRoomJoiner *self);

/** rw_hub_room_joiner_get_joins: those that have not been read from the store.
 */
RwHubRoomJoins *rw_hub_room_joiner_get_joins (RwHubRoomJoiner *self);

/** rw_hub_room_joiner_join: @message: a joinRoom of the local client @id */
void rw_hub_room_joiner_join (RwHubRoomJoiner *self, const char *id,
                              RwSignalMessage *message, gint64 now_us);

/** rw_hub_room_joiner_enter: a local client becomes a member; @is_known: the
 * other members have it already. */
void rw_hub_room_joiner_enter (RwHubRoomJoiner *self, RwHubRoom *room,
                               const RwHubRoomJoin *join, gboolean is_known,
                               gint64 now_us);

/** rw_hub_room_joiner_leave: a room that @id is in, or is joining */
void rw_hub_room_joiner_leave (RwHubRoomJoiner *self, const char *id,
                               const char *room_id, gint64 now_us);
void rw_hub_room_joiner_leave_all (RwHubRoomJoiner *self, const char *id,
                                   gint64 now_us);

/** rw_hub_room_joiner_send_error: to @id, about the room. */
void rw_hub_room_joiner_send_error (RwHubRoomJoiner *self, const char *id,
                                    const char *room_id, const char *code,
                                    const char *details);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubRoomJoiner, rw_hub_room_joiner_free)

G_END_DECLS
