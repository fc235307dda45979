/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-config.h"
#include "rw-server-metrics.h"
#include "rw-server-state.h"

G_BEGIN_DECLS

/**
 * RwServerLosses:
 *
 * Connections that are lost: whether their seats wait for them. All seats that
 * wait have one bound together, so an address may have only as many of them as
 * it may have connections; one more is treated as if its client had left.
 * Otherwise somebody who opts in and drops the connection over and over would
 * push out the seats of all others.
 *
 * Of this node alone: what others lost is not counted. Server's thread.
 */
typedef struct _RwServerLosses RwServerLosses;

RwServerLosses *rw_server_losses_new (const RwServerConfig *config,
                                      RwServerMetrics *metrics);
void rw_server_losses_free (RwServerLosses *self);

void rw_server_losses_start (RwServerLosses *self, RwServerState *state);
void rw_server_losses_stop (RwServerLosses *self);

void rw_server_losses_add (RwServerLosses *self, guint64 connection,
                           const char *address, guint64 mark);
void rw_server_losses_note_resumed (RwServerLosses *self, const char *peer_id);
void rw_server_losses_go_on (RwServerLosses *self);
void rw_server_losses_tick (RwServerLosses *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerLosses, rw_server_losses_free)

G_END_DECLS
