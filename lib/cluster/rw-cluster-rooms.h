/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cluster-reader.h"
#include "rw-rooms-mirror.h"
#include "rw-clients.h"

G_BEGIN_DECLS

/**
 * RwClusterRooms:
 *
 * The rooms that this server has members in, as Redis has them. The actions of
 * members are written in order, room by room, and wait while Redis is away; the
 * entries that come back go to the mirror of the room. Of the thread of its
 * store.
 */
typedef struct _RwClusterRooms RwClusterRooms;

/** RwClusterRoomsConfig: @new_id: makes the names of epochs */
typedef struct {
  RwClusterStore *store;
  RwClusterReader *reader;
  RwClients *clients;
  const char *me;
  const RwRoomsConfig *rooms;
  RwIdFunc new_id;
} RwClusterRoomsConfig;

RwClusterRooms *rw_cluster_rooms_new (const RwClusterRoomsConfig *config);
void rw_cluster_rooms_free (RwClusterRooms *self);

void rw_cluster_rooms_go_up (RwClusterRooms *self, gboolean may_be_lost);
void rw_cluster_rooms_lose (RwClusterRooms *self, const char *server);
void rw_cluster_rooms_leave (RwClusterRooms *self, const char *room_id,
                             const char *id);
void rw_cluster_rooms_stop (RwClusterRooms *self);

gboolean rw_cluster_rooms_take (RwClusterRooms *self, const char *key,
                                const char *entry, const redisReply *fields);
gint64 rw_cluster_rooms_get_wake_us (RwClusterRooms *self);
void rw_cluster_rooms_wake (RwClusterRooms *self);

G_END_DECLS
