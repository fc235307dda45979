/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "test-redis.h"

G_BEGIN_DECLS

/** TestNodes: two servers that share a Redis. */
typedef struct {
  TestRedis redis;
  TestNode a;
  TestNode b;
} TestNodes;

/* Both are ready; @persists: Redis comes back with what it had. */
void test_nodes_init (TestNodes *self, gboolean persists);
void test_nodes_clear (TestNodes *self);

/* The same, for g_test_add(). */
void test_nodes_set_up (TestNodes *self, gconstpointer persists);
void test_nodes_tear_down (TestNodes *self, gconstpointer persists);

G_END_DECLS
