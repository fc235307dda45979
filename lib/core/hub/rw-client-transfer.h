/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-client-table.h"

G_BEGIN_DECLS

/**
 * RwClientTransfer:
 *
 * The saved form of a client that moves to another server: its resumption, its
 * roles, sessions and rooms. Pure; of one thread, for the time of a call.
 */
typedef struct {
  RwClientTable *table;
  RwHub *hub;
  RwRooms *rooms;
  RwResumptionLimits limits;
} RwClientTransfer;

/** rw_client_transfer_save: (transfer floating): an a{sv} */
GVariant *rw_client_transfer_save (const RwClientTransfer *self,
                                   const RwClient *client);

/**
 * rw_client_transfer_load:
 * @state: any bytes under the type a{sv}: it is checked
 * @from: the server that it comes from; "": that has stopped
 * @id: whom it has to be
 *
 * The client is in the table, the hub and the rooms, without a connection.
 */
gboolean rw_client_transfer_load (const RwClientTransfer *self, GVariant *state,
                                  const char *from, const char *id,
                                  gint64 now_us, GError **error);

G_END_DECLS
