/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-redis-keys.h"
#include "rw-redis-uri.h"
#include "rw-replica.h"

G_BEGIN_DECLS

/**
 * RwRedisReader:
 *
 * Follows the log on a connection of its own, since a read that waits for the
 * next entry holds up whatever else is asked on it. Of the thread that runs
 * its context.
 */
typedef struct _RwRedisReader RwRedisReader;

/** The name of the only field of the log's first entry: which log it is. */
#define RW_REDIS_EPOCH_FIELD "epoch"

/**
 * RwRedisReaderFuncs:
 * @entry: the next one; @bytes is empty for what is none
 * @pause: those were all for now
 * @caught_up: the end of the log was reached, the first time since it began
 * @down: the connection was lost; it is made again, and nothing is read until
 *   rw_redis_reader_begin()
 * @up: it may begin
 */
typedef struct {
  void (*entry) (const RwReplicaPosition *position, GBytes *bytes,
                 gpointer user_data);
  void (*pause) (gpointer user_data);
  void (*caught_up) (gpointer user_data);
  void (*up) (gpointer user_data);
  void (*down) (const GError *error, gpointer user_data);
} RwRedisReaderFuncs;

RwRedisReader *rw_redis_reader_new (const RwRedisUri *uri,
                                    const RwRedisKeys *keys,
                                    GMainContext *context,
                                    const RwRedisReaderFuncs *funcs,
                                    gpointer user_data);
void rw_redis_reader_free (RwRedisReader *self);

gboolean rw_redis_reader_is_up (RwRedisReader *self);
gboolean rw_redis_reader_is_behind (RwRedisReader *self);
void rw_redis_reader_begin (RwRedisReader *self,
                            const RwReplicaPosition *position,
                            const char *epoch);
void rw_redis_reader_end (RwRedisReader *self);

gboolean rw_redis_parse_position (const char *text,
                                  RwReplicaPosition *position);
char *rw_redis_print_position (const RwReplicaPosition *position);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRedisReader, rw_redis_reader_free)

G_END_DECLS
