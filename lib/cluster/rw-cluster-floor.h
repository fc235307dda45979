/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cluster-store.h"
#include "rw-entry-id.h"
#include "rw-redis-reply.h"
#include "rw-rooms-mirror.h"

G_BEGIN_DECLS

/**
 * RwClusterFloor:
 *
 * The floor of a room that several servers share. One of them is its arbiter:
 * there, an RwFloor on the wall clock follows the room's entries, and is saved
 * in the room's record with the events that come of them. When the arbiter
 * dies another server continues from the saved floor. Of the thread of its
 * store.
 */
typedef struct _RwClusterFloor RwClusterFloor;

RwClusterFloor *rw_cluster_floor_new (RwClusterStore *store, RwRooms *rooms,
                                      const char *room_id, const char *me);
void rw_cluster_floor_free (RwClusterFloor *self);

void rw_cluster_floor_set_arbiter (RwClusterFloor *self, const char *arbiter);
void rw_cluster_floor_begin_term (RwClusterFloor *self);
void rw_cluster_floor_end_term (RwClusterFloor *self);
void rw_cluster_floor_lose (RwClusterFloor *self, const char *server);
gboolean rw_cluster_floor_is_pending (const RwClusterFloor *self);

void rw_cluster_floor_take (RwClusterFloor *self, const RwEntryId *at,
                            const redisReply *entry);
gint64 rw_cluster_floor_get_wake_us (const RwClusterFloor *self);
void rw_cluster_floor_wake (RwClusterFloor *self);

G_END_DECLS
