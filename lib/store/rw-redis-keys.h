/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwRedisKeys:
 * @upload: what the keys of states on their way begin with
 * @lease: what the keys of the nodes' leases begin with
 *
 * The names of what nodes share in Redis; docs/server.md says what each is. A
 * plain value.
 */
typedef struct {
  char *epoch;
  char *log;
  char *snapshot;
  char *state;
  char *lock;
  char *candidate;
  char *upload;
  char *lease;
} RwRedisKeys;

void rw_redis_keys_init (RwRedisKeys *self, const char *prefix);
void rw_redis_keys_clear (RwRedisKeys *self);

G_END_DECLS
