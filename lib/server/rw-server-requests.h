/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-admission.h"
#include "rw-server-clients.h"
#include "rw-server-state.h"
#include "rw-turn.h"

G_BEGIN_DECLS

/**
 * RwServerRequests:
 *
 * The HTTP of a server: what is answered on which path, which requests become
 * WebSockets, and how long any of them may take to arrive. Server's thread.
 */
typedef struct _RwServerRequests RwServerRequests;

/**
 * RwServerParts:
 * @turn: (nullable)
 * @uri: our own, for people who come with a browser
 *
 * The objects that requests are answered from. All outlive the requests.
 */
typedef struct {
  const RwServerConfig *config;
  RwServerMetrics *metrics;
  RwServerAdmission *admission;
  RwServerClients *clients;
  RwServerState *state;
  RwTurn *turn;
  char *uri;
} RwServerParts;

RwServerRequests *rw_server_requests_new (SoupServer *soup,
                                          const RwServerParts *parts);
void rw_server_requests_free (RwServerRequests *self);

void rw_server_requests_close (RwServerRequests *self);
void rw_server_requests_tick (RwServerRequests *self, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerRequests, rw_server_requests_free)

G_END_DECLS
