/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-backoff.h"
#include "rw-failure.h"

G_BEGIN_DECLS

/**
 * RwServerPool:
 * The servers that a client may use, the preferred one first: which to try
 * next (RwServerList), which have failed permanently, and how long to stay away
 * from one that keeps closing connections that it has just accepted. Reads no
 * clock.
 */
typedef struct _RwServerPool RwServerPool;

/** rw_server_pool_new: @uris and @backoff are copied. */
RwServerPool *rw_server_pool_new (const char *const *uris,
                                  const RwBackoffConfig *backoff);
void rw_server_pool_free (RwServerPool *self);

const char *rw_server_pool_get_uri (RwServerPool *self, guint server);

/** rw_server_pool_pick: the server to try now. */
guint rw_server_pool_pick (RwServerPool *self, gint64 now_us);

void rw_server_pool_note_failed (RwServerPool *self, guint server,
                                 gint64 now_us);
void rw_server_pool_note_working (RwServerPool *self, guint server,
                                  gint64 now_us);

/** rw_server_pool_get_better_us: when a server that is preferred to @server may
 * be tried again, or -1. */
gint64 rw_server_pool_get_better_us (RwServerPool *self, guint server);

/**
 * rw_server_pool_judge:
 * @failure: of an attempt at @server
 *
 * Returns: @failure, or one that is retried if it is permanent at @server but
 * another server is left to try.
 */
RwFailure rw_server_pool_judge (RwServerPool *self, guint server,
                                RwFailure failure);

/**
 * rw_server_pool_note_ended:
 * @uptime_us: for how long a connection was in use that the server has ended
 *
 * The back-off between attempts ends when a connection opens. So a server that
 * accepts and closes again and again needs one of its own. Once is no habit.
 *
 * Returns: how long to wait, or 0.
 */
gint64 rw_server_pool_note_ended (RwServerPool *self, gint64 uptime_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerPool, rw_server_pool_free)

G_END_DECLS
