/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-connection.h"
#include "rw-server-pool.h"

G_BEGIN_DECLS

/**
 * RwServerDialer:
 * Makes the connections of a client: to the server that the pool picks, with
 * the client's credentials and trust. Control thread.
 */
typedef struct _RwServerDialer RwServerDialer;

/** rw_server_dialer_new: @pool outlives it; @config is copied; it needs no URI.
 */
RwServerDialer *rw_server_dialer_new (RwClock *clock, RwServerPool *pool,
                                      const RwWsConnectionConfig *config);
void rw_server_dialer_free (RwServerDialer *self);

/** rw_server_dialer_dial: (transfer full): not opened yet. */
RwServerConnection *rw_server_dialer_dial (RwServerDialer *self,
                                           guint64 generation);

/** rw_server_dialer_set_auth_token: for the next connection; FALSE: it is the
 * one already used, or NULL. */
gboolean rw_server_dialer_set_auth_token (RwServerDialer *self,
                                          const char *token);

guint64 rw_server_dialer_get_n_dialed (RwServerDialer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerDialer, rw_server_dialer_free)

G_END_DECLS
