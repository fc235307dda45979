/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-redis-reply.h"
#include "rw-rooms-mirror.h"

G_BEGIN_DECLS

/**
 * RwClusterMembers:
 *
 * Which server each member of a room is homed at, as the room's record has it.
 * Changes go to the room's mirror. Of one thread.
 */
typedef struct _RwClusterMembers RwClusterMembers;

RwClusterMembers *rw_cluster_members_new (RwRooms *rooms, const char *room_id,
                                          const char *me);
void rw_cluster_members_free (RwClusterMembers *self);

/** RwClusterMembersFunc: TRUE for a member that is meant */
typedef gboolean (*RwClusterMembersFunc) (const char *id, gpointer user_data);

void rw_cluster_members_list (RwClusterMembers *self, const redisReply *members,
                              gboolean is_first, gboolean may_come);
void rw_cluster_members_finish_joins (RwClusterMembers *self,
                                      RwClusterMembersFunc is_joining,
                                      gpointer user_data);
void rw_cluster_members_join (RwClusterMembers *self, const char *id,
                              const char *server, const char *meta,
                              gboolean is_overtaken);
void rw_cluster_members_leave (RwClusterMembers *self, const char *id,
                               const char *server);

G_END_DECLS
