/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-client-table.h"
#include "rw-clients-output.h"
#include "rw-clients-uplink.h"

G_BEGIN_DECLS

/**
 * RwClientDelivery:
 *
 * Brings the messages of the hub and the rooms to the clients that they are
 * for: numbered and kept for a client with resumption, at once for an ordinary
 * one, by the uplink for a client of another server. A source that sends too
 * much is throttled; a client for which too much waits is removed.
 *
 * Pure: what is to be done at connections is popped; time comes as an argument.
 * Of one thread.
 */
typedef struct _RwClientDelivery RwClientDelivery;

/** rw_client_delivery_new: the others outlive it. */
RwClientDelivery *rw_client_delivery_new (RwClientTable *table, RwHub *hub,
                                          RwRooms *rooms);
void rw_client_delivery_free (RwClientDelivery *self);
void rw_client_delivery_set_uplink (RwClientDelivery *self,
                                    const RwClientsUplink *uplink);

/** rw_client_delivery_run: until the hub and the rooms have nothing more. */
void rw_client_delivery_run (RwClientDelivery *self, gint64 now_us);

/** rw_client_delivery_deliver: nothing, unless @id is a client of this server.
 */
void rw_client_delivery_deliver (RwClientDelivery *self, const char *id,
                                 RwSignalMessage *message, gint64 now_us);

/**
 * rw_client_delivery_send:
 * @seq: 0 for none
 *
 * Now, on the client's connection, with the acknowledgement that is owed.
 */
void rw_client_delivery_send (RwClientDelivery *self, RwClient *client,
                              RwSignalMessage *message, guint64 seq);

/** rw_client_delivery_send_ack: alone; without a connection it is settled. */
void rw_client_delivery_send_ack (RwClientDelivery *self, RwClient *client);

/** rw_client_delivery_resend: what its connection before may have lost. */
void rw_client_delivery_resend (RwClientDelivery *self, RwClient *client);

/** rw_client_delivery_close: @why: static */
void rw_client_delivery_close (RwClientDelivery *self, guint64 connection,
                               guint code, const char *why);

/** rw_client_delivery_drop: @client cannot go on: its connection, if any, is
 * closed, and it begins anew. @why: static */
void rw_client_delivery_drop (RwClientDelivery *self, RwClient *client,
                              const char *why, gint64 now_us);

/**
 * rw_client_delivery_pop:
 * @output: (out caller-allocates): the oldest thing to do; clear it after
 *
 * Returns: FALSE if there is nothing to do
 */
gboolean rw_client_delivery_pop (RwClientDelivery *self,
                                 RwClientsOutput *output);

/** rw_client_delivery_add_counts: to @counts, what this type counts. */
void rw_client_delivery_add_counts (RwClientDelivery *self,
                                    RwClientsCounts *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwClientDelivery, rw_client_delivery_free)

G_END_DECLS
