/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-seats.h"
#include "rw-server-config.h"

G_BEGIN_DECLS

/**
 * RwServerState:
 *
 * The seats with a clock and dice: what happens to connections goes in, what
 * they are to be sent comes out by an RwServerOutputFunc. Server's thread.
 */
typedef struct _RwServerState RwServerState;

/**
 * RwServerOutputFunc:
 * @output: (nullable): borrowed; NULL: that was all for now
 *
 * It may call back into the state.
 */
typedef void (*RwServerOutputFunc) (const RwSeatsOutput *output,
                                    gpointer user_data);

RwServerState *rw_server_state_new (const RwServerConfig *config,
                                    GMainContext *context,
                                    RwServerOutputFunc func,
                                    gpointer user_data);
void rw_server_state_free (RwServerState *self);

guint64 rw_server_state_new_connection (RwServerState *self);

void rw_server_state_connect (RwServerState *self, guint64 connection,
                              RwGrants *grants);
void rw_server_state_disconnect (RwServerState *self, guint64 connection,
                                 gboolean goodbye);
gboolean rw_server_state_handle (RwServerState *self, guint64 connection,
                                 const char *text, gsize len);
void rw_server_state_fail (RwServerState *self, guint64 connection,
                           const char *code, const char *what,
                           guint retry_after_ms);

RwSeats *rw_server_state_get_seats (RwServerState *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerState, rw_server_state_free)

G_END_DECLS
