/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-nodes.h"

#include <string.h>

void
test_nodes_init (TestNodes *self, gboolean persists)
{
  memset (self, 0, sizeof *self);
  test_redis_init (&self->redis, persists);
  test_redis_start (&self->redis);
  test_node_start (&self->a, self->redis.uri);
  test_node_start (&self->b, self->redis.uri);
  test_node_wait_ready (&self->a);
  test_node_wait_ready (&self->b);
}

void
test_nodes_clear (TestNodes *self)
{
  test_node_kill (&self->a);
  test_node_kill (&self->b);
  test_redis_clear (&self->redis);
}

void
test_nodes_set_up (TestNodes *self, gconstpointer persists)
{
  test_nodes_init (self, GPOINTER_TO_INT (persists));
}

void
test_nodes_tear_down (TestNodes *self, gconstpointer persists)
{
  test_nodes_clear (self);
}
