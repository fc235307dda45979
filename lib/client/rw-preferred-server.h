/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"
#include "rw-server-pool.h"

G_BEGIN_DECLS

/**
 * RwPreferredServer:
 * When to look whether a server works again that is preferred to the one in
 * use. Control thread.
 */
typedef struct _RwPreferredServer RwPreferredServer;

/** rw_preferred_server_new: @pool outlives it; @min_delay_us: how long to stay
 * with a server; @on_due (@data): look now. */
RwPreferredServer *
rw_preferred_server_new (RwClock *clock, GMainContext *context,
                         RwServerPool *pool, gint64 min_delay_us,
                         void (*on_due) (gpointer data), gpointer data);
void rw_preferred_server_free (RwPreferredServer *self);

/** rw_preferred_server_plan: @server is in use; @hold_us: for how long
 * the preferred one asks for no attempt, or 0. */
void rw_preferred_server_plan (RwPreferredServer *self, guint server,
                               gint64 hold_us);

/** rw_preferred_server_look_in: whatever the server in use is. */
void rw_preferred_server_look_in (RwPreferredServer *self, gint64 delay_us);
void rw_preferred_server_stop (RwPreferredServer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwPreferredServer, rw_preferred_server_free)

G_END_DECLS
