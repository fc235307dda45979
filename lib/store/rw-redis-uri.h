/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwRedisUri:
 * @user: (nullable): of Redis 6's access lists
 * @password: (nullable): never shown
 * @path: (nullable): of a Unix socket, instead of @host and @port
 *
 * Where a Redis is: redis://[[user]:password@]host[:port][/database] or
 * unix:///path/of/socket[?db=database]. Any thread.
 */
typedef struct {
  char *host;
  guint port;
  char *path;
  char *user;
  char *password;
  guint database;
} RwRedisUri;

RwRedisUri *rw_redis_uri_parse (const char *text, GError **error);
RwRedisUri *rw_redis_uri_copy (const RwRedisUri *self);
void rw_redis_uri_free (RwRedisUri *self);
char *rw_redis_uri_to_log (const RwRedisUri *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwRedisUri, rw_redis_uri_free)

G_END_DECLS
