/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-shards.h"

G_BEGIN_DECLS

/**
 * RwServerClosing:
 *
 * Clients whose connection is closed, and which are not freed yet: a socket may
 * not be freed in its own callback, and the close frames of a stopped server
 * need a moment to leave. It owns the shards, which stay until then. Server's
 * thread.
 */
typedef struct _RwServerClosing RwServerClosing;

/** rw_server_closing_new: @client_free: of what is added */
RwServerClosing *rw_server_closing_new (GDestroyNotify client_free);
void rw_server_closing_free (RwServerClosing *self);

/** rw_server_closing_start: on the thread-default main context; frees what a
 * stopped server has left. */
void rw_server_closing_start (RwServerClosing *self);

/** rw_server_closing_stop: what was added as leaving is freed a little later.
 */
void rw_server_closing_stop (RwServerClosing *self);

/** rw_server_closing_get_shards: (nullable): NULL: not started, and no client
 * is left */
RwServerShards *rw_server_closing_get_shards (RwServerClosing *self);

/** rw_server_closing_add: @client is freed when its callback has returned. */
void rw_server_closing_add (RwServerClosing *self, gpointer client);

/** rw_server_closing_add_leaving: before a stop. */
void rw_server_closing_add_leaving (RwServerClosing *self, gpointer client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerClosing, rw_server_closing_free)

G_END_DECLS
