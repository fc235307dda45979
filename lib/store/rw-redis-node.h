/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-redis-stats.h"
#include "rw-redis-uri.h"
#include "rw-replica.h"

G_BEGIN_DECLS

/**
 * RwRedisNode:
 *
 * Keeps a replica in step with those of other nodes through a log in Redis: a
 * stream, a snapshot of the state at some place of it, and a lease for each
 * node, by which the others see that it is there.
 *
 * While Redis is away, what happens here waits in the replica; it is sent once
 * Redis is back. A Redis that lost its data, or the end of them, gets them
 * from the first node that finds it so. Of the thread that runs its context.
 */
typedef struct _RwRedisNode RwRedisNode;

/**
 * RwRedisNodeConfig:
 * @prefix: of all keys; nodes with the same one belong together
 * @replica: but for its number, which the node finds
 */
typedef struct {
  const RwRedisUri *uri;
  const char *prefix;
  RwReplicaConfig replica;
} RwRedisNodeConfig;

/**
 * RwRedisNodeFuncs:
 * @applied: entries were: there may be output
 * @rejoined: the state may be another than before: connections that the
 *   replica does not know any more are to be closed
 * @changed: rw_redis_node_is_ready() or rw_redis_node_is_degraded() has
 */
typedef struct {
  void (*applied) (gpointer user_data);
  void (*rejoined) (gpointer user_data);
  void (*changed) (gpointer user_data);
} RwRedisNodeFuncs;

RwRedisNode *rw_redis_node_new (const RwRedisNodeConfig *config,
                                GMainContext *context,
                                const RwRedisNodeFuncs *funcs,
                                gpointer user_data);
void rw_redis_node_free (RwRedisNode *self);

RwReplica *rw_redis_node_get_replica (RwRedisNode *self);
void rw_redis_node_flush (RwRedisNode *self);

gint64 rw_redis_node_get_log_time_us (RwRedisNode *self);
gboolean rw_redis_node_is_ready (RwRedisNode *self);
gboolean rw_redis_node_is_degraded (RwRedisNode *self);
void rw_redis_node_get_stats (RwRedisNode *self, RwRedisStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRedisNode, rw_redis_node_free)

G_END_DECLS
