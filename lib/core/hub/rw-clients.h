/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-client-intake.h"
#include "rw-clients-counts.h"
#include "rw-clients-output.h"
#include "rw-grants.h"
#include "rw-hub.h"
#include "rw-rooms.h"

G_BEGIN_DECLS

/**
 * RwClients:
 *
 * The signalling server between its connections and its hub and rooms. An
 * ordinary client is one client of the hub for as long as its connection lives.
 * A client that requests resumption outlives its connection for a grace
 * period, and a later connection resumes it with its token. Messages from and
 * to such a client are numbered, acknowledged and sent again, so that each
 * arrives exactly once and in order across connections.
 *
 * Pure, as the hub is: connections are numbers, time comes as an argument. Of
 * one thread. It owns its parts (RwClientTable, RwClientIntake,
 * RwClientResumer, RwClientDelivery), the hub and the rooms.
 */
typedef struct _RwClients RwClients;

/**
 * RwClientsConfig:
 * @new_id: makes the ids of peers and sessions
 * @new_token: makes tokens; they must be beyond guessing
 * @grace_us: how long a client is kept without a connection
 * @max_kept: messages that may wait for an acknowledgement, for each client
 * @max_kept_bytes: the same in bytes
 * @max_waiting: clients without a connection at once; the one that has waited
 *   longest is removed first
 * @rooms: for the rooms, which only clients with resumption may enter
 */
typedef struct {
  RwIdFunc new_id;
  RwIdFunc new_token;
  gpointer user_data;
  gint64 grace_us;
  guint max_kept;
  gsize max_kept_bytes;
  guint max_waiting;
  RwRoomsConfig rooms;
} RwClientsConfig;

RwClients *rw_clients_new (const RwClientsConfig *config);
void rw_clients_free (RwClients *self);

void rw_clients_connect (RwClients *self, guint64 connection, RwGrants *grants,
                         gint64 now_us);
void rw_clients_disconnect (RwClients *self, guint64 connection, gint64 now_us);
void rw_clients_leave (RwClients *self, guint64 connection, gint64 now_us);
void rw_clients_handle (RwClients *self, guint64 connection,
                        RwSignalMessage *message, gint64 now_us);
void rw_clients_fail (RwClients *self, guint64 connection, const char *code,
                      const char *details, guint64 retry_after_ms,
                      gint64 now_us);

gint64 rw_clients_get_wake_us (RwClients *self);
void rw_clients_wake (RwClients *self, gint64 now_us);

gboolean rw_clients_pop (RwClients *self, RwClientsOutput *output);

gboolean rw_clients_is_resumable (RwClients *self, guint64 connection);
gboolean rw_clients_is_waiting (RwClients *self, const char *peer_id);
const char *rw_clients_get_peer_id (RwClients *self, guint64 connection);
const char *rw_clients_find_user (RwClients *self, const char *user,
                                  const char *room_id);
RwHub *rw_clients_get_hub (RwClients *self);
RwRooms *rw_clients_get_rooms (RwClients *self);
void rw_clients_get_counts (RwClients *self, RwClientsCounts *counts);

/* Its parts: (transfer none), for rw-clients-remote.h. */
RwClientTable *rw_clients_get_table (RwClients *self);
RwClientDelivery *rw_clients_get_delivery (RwClients *self);
RwClientResumer *rw_clients_get_resumer (RwClients *self);
RwClientIntake *rw_clients_get_intake (RwClients *self);
RwResumptionLimits rw_clients_get_limits (RwClients *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwClients, rw_clients_free)

G_END_DECLS
