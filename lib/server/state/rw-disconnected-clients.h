/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-config.h"
#include "rw-server-metrics.h"
#include "rw-server-state.h"

G_BEGIN_DECLS

/**
 * RwDisconnectedClients:
 *
 * Connections that are lost: whether their clients are kept. All clients that
 * wait have one bound together, so an address may have only as many of them as
 * it may have connections; one more is treated as if its client had left.
 * Otherwise a client that requests resumption and drops the connection in a
 * loop would evict those of all others.
 *
 * Of this server only: losses of other servers are not counted. Server's
 * thread.
 */
typedef struct _RwDisconnectedClients RwDisconnectedClients;

RwDisconnectedClients *
rw_disconnected_clients_new (const RwServerConfig *config,
                             RwServerMetrics *metrics);
void rw_disconnected_clients_free (RwDisconnectedClients *self);

void rw_disconnected_clients_start (RwDisconnectedClients *self,
                                    RwServerState *state);
void rw_disconnected_clients_stop (RwDisconnectedClients *self);

void rw_disconnected_clients_add (RwDisconnectedClients *self,
                                  guint64 connection, const char *address);
void rw_disconnected_clients_note_resumed (RwDisconnectedClients *self,
                                           const char *peer_id);
void rw_disconnected_clients_tick (RwDisconnectedClients *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwDisconnectedClients,
                               rw_disconnected_clients_free)

G_END_DECLS
