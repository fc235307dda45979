/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <hiredis/hiredis.h>

#include "rw-command.h"

G_BEGIN_DECLS

#define RW_REDIS_ERROR (rw_redis_error_quark ())
GQuark rw_redis_error_quark (void);

/**
 * RwRedisError:
 * @RW_REDIS_ERROR_DOWN: the connection was lost, or never there; or Redis does
 *   not write (full, read-only, still loading), which counts as the same
 * @RW_REDIS_ERROR_REFUSED: Redis answered with another error
 */
typedef enum {
  RW_REDIS_ERROR_DOWN,
  RW_REDIS_ERROR_REFUSED,
} RwRedisError;

/**
 * RwRedis:
 *
 * One connection to a Redis, which is made again with back-off when it is
 * lost, or when answers are due and it makes no progress. It is up once
 * password and database have been accepted. All access to Redis goes through
 * this interface: a command, and one call of its reply function. Never blocks.
 * Of the thread that runs its context; callbacks come from there, from
 * rw_redis_drop() and from rw_redis_free().
 */
typedef struct _RwRedis RwRedis;

/**
 * RwRedisFuncs:
 * @up: commands are taken from now on
 * @down: none are, and those under way have all been answered with an error;
 *   called once for each time up or for each failed attempt
 * @answered: after an answer was passed on
 */
typedef struct {
  void (*up) (RwRedis *self, gpointer user_data);
  void (*down) (RwRedis *self, const GError *error, gpointer user_data);
  void (*answered) (RwRedis *self, gint64 latency_us, gpointer user_data);
} RwRedisFuncs;

/** RwRedisReplyFunc: exactly one of @reply and @error; both are borrowed. */
typedef void (*RwRedisReplyFunc) (const redisReply *reply, const GError *error,
                                  gpointer user_data);

RwRedis *rw_redis_new (GUri *uri, guint stall_ms, GMainContext *context,
                       const RwRedisFuncs *funcs, gpointer user_data);
void rw_redis_free (RwRedis *self);

gboolean rw_redis_is_up (RwRedis *self);
gboolean rw_redis_send (RwRedis *self, const RwCommand *command,
                        RwRedisReplyFunc func, gpointer user_data);
void rw_redis_drop (RwRedis *self, const GError *error);
void rw_redis_reset_backoff (RwRedis *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRedis, rw_redis_free)

G_END_DECLS
