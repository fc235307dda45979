/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-client-resumer.h"

G_BEGIN_DECLS

/**
 * RwClientIntake:
 *
 * Takes the messages of clients: checks their numbers, what the client's token
 * allows and the size of "meta", and passes each one to the hub, the rooms or
 * the resumer. While other servers are asked about a message of a client, those
 * that follow it are held.
 *
 * Pure: time comes as an argument. Of one thread.
 */
typedef struct _RwClientIntake RwClientIntake;

/**
 * RwClientIntakeConfig: the pointers outlive the intake
 * @max_meta_bytes: "meta" of all clients, or of all members of a room, that is
 *   longer than a little
 */
typedef struct {
  RwClientTable *table;
  RwClientDelivery *delivery;
  RwClientResumer *resumer;
  RwHub *hub;
  RwRooms *rooms;
  gsize max_meta_bytes;
} RwClientIntakeConfig;

RwClientIntake *rw_client_intake_new (const RwClientIntakeConfig *config);
void rw_client_intake_free (RwClientIntake *self);
void rw_client_intake_set_uplink (RwClientIntake *self,
                                  const RwClientsUplink *uplink);

/** rw_client_intake_handle: @client may be freed. */
void rw_client_intake_handle (RwClientIntake *self, RwClient *client,
                              RwSignalMessage *message, gint64 now_us);

/** rw_client_intake_continue: the answer of the other servers is there, and
 * handled: what was held is handled, too. @client may be freed. */
void rw_client_intake_continue (RwClientIntake *self, RwClient *client,
                                gint64 now_us);

/** rw_client_intake_add_counts: to @counts, what this type counts. */
void rw_client_intake_add_counts (RwClientIntake *self,
                                  RwClientsCounts *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwClientIntake, rw_client_intake_free)

G_END_DECLS
