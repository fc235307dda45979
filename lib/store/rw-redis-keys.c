/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-keys.h"

void
rw_redis_keys_init (RwRedisKeys *self, const char *prefix)
{
  self->epoch = g_strconcat (prefix, ":epoch", NULL);
  self->log = g_strconcat (prefix, ":log", NULL);
  self->snapshot = g_strconcat (prefix, ":snapshot", NULL);
  self->state = g_strconcat (prefix, ":state", NULL);
  self->lock = g_strconcat (prefix, ":snapshot-lock", NULL);
  self->candidate = g_strconcat (prefix, ":candidate", NULL);
  self->upload = g_strconcat (prefix, ":upload:", NULL);
  self->lease = g_strconcat (prefix, ":node:", NULL);
}

void
rw_redis_keys_clear (RwRedisKeys *self)
{
  g_clear_pointer (&self->epoch, g_free);
  g_clear_pointer (&self->log, g_free);
  g_clear_pointer (&self->snapshot, g_free);
  g_clear_pointer (&self->state, g_free);
  g_clear_pointer (&self->lock, g_free);
  g_clear_pointer (&self->candidate, g_free);
  g_clear_pointer (&self->upload, g_free);
  g_clear_pointer (&self->lease, g_free);
}
