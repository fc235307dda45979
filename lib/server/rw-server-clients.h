/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "rw-server-admission.h"
#include "rw-server-state.h"
#include "rw-turn.h"

G_BEGIN_DECLS

/**
 * RwServerClients:
 *
 * The WebSockets of a server, on their shards: received messages go to the
 * state, the state's output goes to the sockets. Server's thread.
 */
typedef struct _RwServerClients RwServerClients;

extern const RwServerStateFuncs rw_server_clients_state_funcs;

RwServerClients *rw_server_clients_new (const RwServerConfig *config,
                                        RwServerAdmission *admission,
                                        RwServerMetrics *metrics);
void rw_server_clients_free (RwServerClients *self);

void rw_server_clients_start (RwServerClients *self, RwServerState *state,
                              RwTurn *turn);
void rw_server_clients_stop (RwServerClients *self);

void rw_server_clients_add (RwServerClients *self, SoupServerMessage *msg);
void rw_server_clients_tick (RwServerClients *self, gint64 now_us);
void rw_server_clients_drain (RwServerClients *self, guint delay_ms);
guint rw_server_clients_get_n (RwServerClients *self);
gsize rw_server_clients_get_queued_bytes (RwServerClients *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerClients, rw_server_clients_free)

G_END_DECLS
