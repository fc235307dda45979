/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clients.h"
#include "rw-server-config.h"
#include "rw-server-metrics.h"

G_BEGIN_DECLS

/**
 * RwServerState:
 *
 * The clients with a clock, random numbers and, where there are others, the
 * cluster: what happens to connections goes in, what they are to be sent comes
 * out. Server's thread.
 */
typedef struct _RwServerState RwServerState;

/**
 * RwServerStateFuncs: each may call back into the state
 * @output: @output is borrowed; NULL: that was all for now
 * @degraded: the store is away, or back
 */
typedef struct {
  void (*output) (const RwClientsOutput *output, gpointer user_data);
  void (*degraded) (gboolean degraded, gpointer user_data);
} RwServerStateFuncs;

RwServerState *rw_server_state_new (const RwServerConfig *config,
                                    GMainContext *context,
                                    const RwServerStateFuncs *funcs,
                                    gpointer user_data, GError **error);
void rw_server_state_free (RwServerState *self);

guint64 rw_server_state_new_connection (RwServerState *self);

void rw_server_state_connect (RwServerState *self, guint64 connection,
                              RwGrants *grants);
void rw_server_state_disconnect (RwServerState *self, guint64 connection,
                                 gboolean is_close);
gboolean rw_server_state_handle (RwServerState *self, guint64 connection,
                                 const char *text, gsize len);
void rw_server_state_fail (RwServerState *self, guint64 connection,
                           const char *code, const char *what,
                           guint retry_after_ms);

RwClients *rw_server_state_get_clients (RwServerState *self);

gboolean rw_server_state_is_ready (RwServerState *self);
gboolean rw_server_state_is_degraded (RwServerState *self);
gboolean rw_server_state_is_full (RwServerState *self, gsize len);
void rw_server_state_get_store (RwServerState *self, RwServerStore *store);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerState, rw_server_state_free)

G_END_DECLS
