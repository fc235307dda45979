/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"

G_BEGIN_DECLS

/**
 * RwIceRefresh:
 * When to ask a signalling server for fresh credentials of the TURN servers
 * that it recommends: before the present ones expire. Each new connection
 * brings fresh ones anyway. Control thread.
 */
typedef struct _RwIceRefresh RwIceRefresh;

/** rw_ice_refresh_new: @on_due (@data): ask now; called again, some time later,
 * until rw_ice_refresh_note_servers(). */
RwIceRefresh *rw_ice_refresh_new (RwClock *clock, GMainContext *context,
                                  void (*on_due) (gpointer data),
                                  gpointer data);
void rw_ice_refresh_free (RwIceRefresh *self);

/** rw_ice_refresh_note_servers: the server has recommended @n_servers, with
 * credentials for @ttl_ms; 0: for ever. */
void rw_ice_refresh_note_servers (RwIceRefresh *self, guint n_servers,
                                  guint64 ttl_ms);
void rw_ice_refresh_stop (RwIceRefresh *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwIceRefresh, rw_ice_refresh_free)

G_END_DECLS
