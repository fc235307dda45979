/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-redis.h"

G_BEGIN_DECLS

/**
 * RwRedisUpload:
 *
 * Brings a state to Redis piece by piece, under a key of its own that goes by
 * itself when nobody takes it over. Whatever else is said on the connection is
 * at most some pieces late, and each answer shows that Redis is there: one
 * large command would be neither. Of the thread that runs its context.
 */
typedef struct _RwRedisUpload RwRedisUpload;

/** RwRedisUploadFunc: all is there, or @error says why not. */
typedef void (*RwRedisUploadFunc) (const GError *error, gpointer user_data);

RwRedisUpload *rw_redis_upload_new (RwRedis *redis, const char *prefix,
                                    RwRedisUploadFunc func, gpointer user_data);
void rw_redis_upload_free (RwRedisUpload *self);

void rw_redis_upload_begin (RwRedisUpload *self, GBytes *bytes);
void rw_redis_upload_end (RwRedisUpload *self);
gboolean rw_redis_upload_is_under_way (RwRedisUpload *self);
const char *rw_redis_upload_get_key (RwRedisUpload *self);
gsize rw_redis_upload_get_size (RwRedisUpload *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRedisUpload, rw_redis_upload_free)

G_END_DECLS
