/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cluster-floor.h"
#include "rw-cluster-rooms.h"

G_BEGIN_DECLS

/**
 * RwClusterRoom:
 *
 * One room of RwClusterRooms: what local members do is written by calls of
 * scripts; the entries of the room's stream, which follow the record that the
 * first join or a renewal returns, go to the mirror, and to the floor while
 * this server is its arbiter. When Redis may have lost the room, or this server
 * entries, its members are written again, and the record is read again. Of the
 * same thread.
 */
typedef struct _RwClusterRoom RwClusterRoom;

RwClusterRoom *rw_cluster_room_new (const RwClusterRoomsConfig *config,
                                    const char *id);
void rw_cluster_room_free (RwClusterRoom *self);

void rw_cluster_room_join (RwClusterRoom *self, const char *id,
                           const char *meta);
void rw_cluster_room_leave (RwClusterRoom *self, const char *id);
void rw_cluster_room_publish (RwClusterRoom *self, const char *id,
                              const char *data);
void rw_cluster_room_note (RwClusterRoom *self, const char *kind,
                           const char *id, guint64 priority, gboolean no_wait);

void rw_cluster_room_go_up (RwClusterRoom *self, gboolean may_be_lost);
void rw_cluster_room_take (RwClusterRoom *self, const char *entry,
                           const redisReply *fields);
RwClusterFloor *rw_cluster_room_get_floor (RwClusterRoom *self);
void rw_cluster_room_wake (RwClusterRoom *self);
gboolean rw_cluster_room_is_over (RwClusterRoom *self);
void rw_cluster_room_close (RwClusterRoom *self);

G_END_DECLS
