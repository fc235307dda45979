/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-shard.h"

G_BEGIN_DECLS

/**
 * RwServerShards:
 *
 * As many shards as the clients need, behind one source of the outer context.
 * They stay until all are freed, when no client may be left. Server's thread.
 */
typedef struct _RwServerShards RwServerShards;

RwServerShards *rw_server_shards_new (GMainContext *outer);
void rw_server_shards_free (RwServerShards *self);

RwServerShard *rw_server_shards_enter (RwServerShards *self);
void rw_server_shards_leave (RwServerShards *self, RwServerShard *shard);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerShards, rw_server_shards_free)

G_END_DECLS
