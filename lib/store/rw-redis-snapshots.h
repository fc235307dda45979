/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-redis-keys.h"
#include "rw-redis-stats.h"
#include "rw-redis.h"
#include "rw-replica.h"

G_BEGIN_DECLS

/**
 * RwRedisSnapshots:
 *
 * Stores the state from time to time, one node for all, and shortens the log.
 * Of the thread that runs its context.
 */
typedef struct _RwRedisSnapshots RwRedisSnapshots;

/** The log keeps what is newer than this, even if the snapshot has it: a node
 * that was away for less goes on with what it has. */
#define RW_REDIS_KEEP_LOG_MS 60000

RwRedisSnapshots *rw_redis_snapshots_new (RwRedis *redis,
                                          const RwRedisKeys *keys,
                                          RwRedisStats *stats);
void rw_redis_snapshots_free (RwRedisSnapshots *self);

void rw_redis_snapshots_note_entry (RwRedisSnapshots *self);
void rw_redis_snapshots_consider (RwRedisSnapshots *self, RwReplica *replica,
                                  const char *epoch);
void rw_redis_snapshots_end (RwRedisSnapshots *self);
gint64 rw_redis_snapshots_get_age_us (RwRedisSnapshots *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRedisSnapshots, rw_redis_snapshots_free)

G_END_DECLS
