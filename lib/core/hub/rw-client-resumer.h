/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-client-delivery.h"

G_BEGIN_DECLS

/**
 * RwClientResumer:
 *
 * Gives a client that requests resumption a new RwResumption, or resumes the
 * client that its token names: here, or, if that client is not here, after
 * other servers were asked.
 *
 * Pure: time comes as an argument. Of one thread.
 */
typedef struct _RwClientResumer RwClientResumer;

/**
 * RwClientResumerConfig: the pointers outlive the resumer
 * @new_token: makes secrets beyond guessing
 * @grace_us: sent to clients
 */
typedef struct {
  RwClientTable *table;
  RwClientDelivery *delivery;
  RwHub *hub;
  RwRooms *rooms;
  RwIdFunc new_token;
  gpointer user_data;
  gint64 grace_us;
  RwResumptionLimits limits;
} RwClientResumerConfig;

RwClientResumer *rw_client_resumer_new (const RwClientResumerConfig *config);
void rw_client_resumer_free (RwClientResumer *self);
void rw_client_resumer_set_uplink (RwClientResumer *self,
                                   const RwClientsUplink *uplink);

/** rw_client_resumer_set_degraded: sent to clients. */
void rw_client_resumer_set_degraded (RwClientResumer *self, gboolean degraded);

/**
 * rw_client_resumer_request:
 * @message: the first one of its connection
 *
 * @client may be freed: the client that it resumes takes its connection. A
 * token that cannot be resumed from is no error: the client begins anew.
 */
void rw_client_resumer_request (RwClientResumer *self, RwClient *client,
                                RwSignalMessage *message, gint64 now_us);

/** rw_client_resumer_begin: @client gets a new resumption; @message: its
 * request. */
void rw_client_resumer_begin (RwClientResumer *self, RwClient *client,
                              RwSignalMessage *message);

/**
 * rw_client_resumer_replace:
 * @id: of no client here
 *
 * Returns: (transfer none): a client of that id, with the connection, the
 *   grants and the held messages of @newcomer, which is removed
 */
RwClient *rw_client_resumer_replace (RwClientResumer *self, RwClient *newcomer,
                                     const char *id, gint64 now_us);

/** rw_client_resumer_restore: @client, whose home has died, goes on; numbers
 * begin anew. */
void rw_client_resumer_restore (RwClientResumer *self, RwClient *client,
                                guint64 attempt);

/** rw_client_resumer_evict: closes the connection of @client, if any, as the
 * client has another one. */
void rw_client_resumer_evict (RwClientResumer *self, RwClient *client);

/** rw_client_resumer_add_counts: to @counts, what this type counts. */
void rw_client_resumer_add_counts (RwClientResumer *self,
                                   RwClientsCounts *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwClientResumer, rw_client_resumer_free)

G_END_DECLS
