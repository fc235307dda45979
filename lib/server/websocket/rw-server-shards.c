/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-shards.h"

/* The outer context looks at each shard, a shard at each of its clients: with
 * ten thousand clients, about as many of either. */
#define CLIENTS_PER_SHARD 64

typedef struct {
  RwServerShard *shard;
  guint n_clients;
} Entry;

struct _RwServerShards {
  GMainContext *outer;
  GPtrArray *entries;
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  rw_server_shard_free (entry->shard);
  g_free (entry);
}

RwServerShards *
rw_server_shards_new (GMainContext *outer)
{
  RwServerShards *self = g_new0 (RwServerShards, 1);

  self->outer = g_main_context_ref (outer);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  return self;
}

/** rw_server_shards_free: NULL is fine. */
void
rw_server_shards_free (RwServerShards *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->entries);
  g_main_context_unref (self->outer);
  g_free (self);
}

static Entry *
find_with_room (RwServerShards *self)
{
  Entry *entry;

  for (guint i = 0; i < self->entries->len; i++) {
    entry = g_ptr_array_index (self->entries, i);
    if (entry->n_clients < CLIENTS_PER_SHARD)
      return entry;
  }

  entry = g_new0 (Entry, 1);
  entry->shard = rw_server_shard_new (self->outer);
  g_ptr_array_add (self->entries, entry);
  return entry;
}

/** rw_server_shards_enter: (transfer none): one with room for a client. */
RwServerShard *
rw_server_shards_enter (RwServerShards *self)
{
  Entry *entry = find_with_room (self);

  entry->n_clients++;
  return entry->shard;
}

/** rw_server_shards_leave: a client of @shard is gone. */
void
rw_server_shards_leave (RwServerShards *self, RwServerShard *shard)
{
  for (guint i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

    if (entry->shard == shard)
      entry->n_clients--;
  }
}
