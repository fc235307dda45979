/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-redis-stats.h"
#include "rw-redis.h"
#include "rw-replica.h"

G_BEGIN_DECLS

/**
 * RwRedisWriter:
 *
 * Appends a node's entries to the log, in order, many at a time. When one is
 * refused or its answer is lost, the connection begins again, and all from
 * there on are sent again: the replicas take each but once, and in order.
 * Of the thread that runs the connection.
 */
typedef struct _RwRedisWriter RwRedisWriter;

/** The name of an entry's only field. */
#define RW_REDIS_FIELD "e"

RwRedisWriter *rw_redis_writer_new (RwRedis *redis, const char *key,
                                    RwRedisStats *stats);
void rw_redis_writer_free (RwRedisWriter *self);

void rw_redis_writer_begin (RwRedisWriter *self, RwReplica *replica);
void rw_redis_writer_end (RwRedisWriter *self);
void rw_redis_writer_flush (RwRedisWriter *self);
void rw_redis_writer_note_applied (RwRedisWriter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRedisWriter, rw_redis_writer_free)

G_END_DECLS
