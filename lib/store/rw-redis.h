/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <hiredis/hiredis.h>

#include "rw-redis-uri.h"

G_BEGIN_DECLS

#define RW_REDIS_ERROR (rw_redis_error_quark ())
GQuark rw_redis_error_quark (void);

/**
 * RwRedisError:
 * @RW_REDIS_ERROR_DOWN: the connection was lost, or never there
 * @RW_REDIS_ERROR_LATE: no answer in time; the connection has been closed
 * @RW_REDIS_ERROR_REFUSED: Redis understood, and said no
 */
typedef enum {
  RW_REDIS_ERROR_DOWN,
  RW_REDIS_ERROR_LATE,
  RW_REDIS_ERROR_REFUSED,
} RwRedisError;

/**
 * RwRedis:
 *
 * One connection to a Redis that makes itself again when it is lost, with
 * back-off. It is up once password and database have been accepted. Each
 * command has a deadline; when one passes it the connection is closed, since
 * whatever comes later would come to nobody. Never blocks. Of the thread that
 * runs its context; callbacks come from there, and from rw_redis_drop().
 */
typedef struct _RwRedis RwRedis;

/**
 * RwRedisFuncs:
 * @up: commands are taken from now on
 * @down: none are, and those under way have all been answered with an error;
 *   called once for each time up or for each failed attempt
 */
typedef struct {
  void (*up) (RwRedis *self, gpointer user_data);
  void (*down) (RwRedis *self, const GError *error, gpointer user_data);
} RwRedisFuncs;

/** RwRedisReplyFunc: exactly one of @reply and @error; both are borrowed. */
typedef void (*RwRedisReplyFunc) (const redisReply *reply, const GError *error,
                                  gpointer user_data);

RwRedis *rw_redis_new (const RwRedisUri *uri, GMainContext *context,
                       const RwRedisFuncs *funcs, gpointer user_data);
void rw_redis_free (RwRedis *self);

gboolean rw_redis_is_up (RwRedis *self);
gboolean rw_redis_command (RwRedis *self, guint deadline_ms,
                           RwRedisReplyFunc func, gpointer user_data, gsize n,
                           const char *const *args, const gsize *lengths);
gboolean rw_redis_say (RwRedis *self, guint deadline_ms, RwRedisReplyFunc func,
                       gpointer user_data, ...) G_GNUC_NULL_TERMINATED;
void rw_redis_drop (RwRedis *self, const GError *error);
void rw_redis_note_well (RwRedis *self);
void rw_redis_push (RwRedis *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRedis, rw_redis_free)

G_END_DECLS
