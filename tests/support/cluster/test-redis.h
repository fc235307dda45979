/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * TestRedis:
 *
 * A redis-server of Debian's on a Unix socket in a directory of its own. Kept
 * there: what it writes, when it @persists.
 */
typedef struct {
  GSubprocess *process; /* NULL: it does not run */
  char *dir;
  char *socket;
  char *uri;
  gboolean persists;
} TestRedis;

void test_redis_init (TestRedis *self, gboolean persists);
void test_redis_clear (TestRedis *self);

void test_redis_start (TestRedis *self);
guint test_redis_listen (TestRedis *self);
void test_redis_kill (TestRedis *self);
void test_redis_forget (TestRedis *self);
void test_redis_freeze (TestRedis *self, gboolean frozen);
char *test_redis_do (TestRedis *self, const char *format, ...);

/**
 * TestNode: the program as it was built, as one of several that share a Redis.
 * G_TEST_BUILDDIR is the build's folder of tests.
 */
typedef struct {
  GSubprocess *process; /* NULL: it does not run */
  guint port;
} TestNode;

void test_node_start (TestNode *self, const char *redis_uri);
void test_node_start_with (TestNode *self, const char *redis_uri,
                           const char *options);
void test_node_kill (TestNode *self);
void test_node_freeze (TestNode *self, gboolean frozen);
void test_node_stop (TestNode *self);
char *test_node_get (TestNode *self, const char *path, guint *status);
void test_node_wait_ready (TestNode *self);
void test_node_wait_degraded (TestNode *self);

G_END_DECLS
