/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwServerShard:
 *
 * A main context of its own for a few dozen connections, all served by one
 * thread. GLib looks at every source of a context in every turn: ten thousand
 * connections on one context cost milliseconds for each event. Here the shard
 * waits on its file descriptors through epoll, and only the shard in which
 * something happens is looked at. RwServerShards runs it. Server's thread.
 *
 * A caller that attaches a source to the shard's context from outside of its
 * dispatch calls rw_server_shard_touch(), or rw_server_shard_add_fd().
 */
typedef struct _RwServerShard RwServerShard;

RwServerShard *rw_server_shard_new (void);
void rw_server_shard_free (RwServerShard *self);

/** rw_server_shard_prepare: before the thread waits. Returns when, at the
 * latest, the shard is to be dispatched: monotonic, 0 for at once. */
gint64 rw_server_shard_prepare (RwServerShard *self);
void rw_server_shard_dispatch (RwServerShard *self);

int rw_server_shard_get_epoll_fd (const RwServerShard *self);
GMainContext *rw_server_shard_get_context (RwServerShard *self);
void rw_server_shard_touch (RwServerShard *self);
void rw_server_shard_add_fd (RwServerShard *self, int fd);
void rw_server_shard_forget_fds (RwServerShard *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerShard, rw_server_shard_free)

G_END_DECLS
