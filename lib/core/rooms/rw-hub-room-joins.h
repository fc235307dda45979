/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-message.h"

G_BEGIN_DECLS

/**
 * RwHubRoomJoins:
 *
 * Joins of local clients that were written to the rooms' store and have not
 * been read from it yet. Pure; of one thread.
 */
typedef struct _RwHubRoomJoins RwHubRoomJoins;

/**
 * RwHubRoomJoin:
 * @message: the client's joinRoom
 * @is_silent: the client moved here, and is not sent the state of the room
 */
typedef struct {
  char *id;
  RwSignalMessage *message;
  gboolean is_silent;
} RwHubRoomJoin;

RwHubRoomJoins *rw_hub_room_joins_new (void);
void rw_hub_room_joins_free (RwHubRoomJoins *self);

/** rw_hub_room_joins_add: replaces another of the same client and room. */
void rw_hub_room_joins_add (RwHubRoomJoins *self, const char *id,
                            RwSignalMessage *message, gboolean is_silent);
const RwHubRoomJoin *rw_hub_room_joins_find (RwHubRoomJoins *self,
                                             const char *id,
                                             const char *room_id);

/** rw_hub_room_joins_remove: FALSE if there is none. */
gboolean rw_hub_room_joins_remove (RwHubRoomJoins *self, const char *id,
                                   const char *room_id);

/** rw_hub_room_joins_pop: (transfer full) (nullable): the message of any join
 * of the client @id, which is removed */
RwSignalMessage *rw_hub_room_joins_pop (RwHubRoomJoins *self, const char *id);

typedef void (*RwHubRoomJoinFunc) (const RwHubRoomJoin *join,
                                   gpointer user_data);

/** rw_hub_room_joins_foreach: @id, @room_id: (nullable): those of all */
void rw_hub_room_joins_foreach (RwHubRoomJoins *self, const char *id,
                                const char *room_id, RwHubRoomJoinFunc func,
                                gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHubRoomJoins, rw_hub_room_joins_free)

G_END_DECLS
