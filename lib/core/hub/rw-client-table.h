/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-client.h"
#include "rw-clients-counts.h"
#include "rw-hub.h"
#include "rw-rooms.h"

G_BEGIN_DECLS

/**
 * RwClientTable:
 *
 * The clients of this server by id and by connection, those without a
 * connection in the order in which they lost it, and those that an
 * acknowledgement is owed to. A client that is removed leaves the hub and the
 * rooms, too.
 *
 * Pure: connections are numbers, time comes as an argument. Of one thread.
 */
typedef struct _RwClientTable RwClientTable;

/**
 * RwClientTableConfig:
 * @grace_us: how long a client is kept without a connection
 * @max_waiting: clients without a connection at once; the one that has waited
 *   longest is removed first
 */
typedef struct {
  RwHub *hub;
  RwRooms *rooms;
  gint64 grace_us;
  guint max_waiting;
} RwClientTableConfig;

/** rw_client_table_new: the hub and the rooms outlive it. */
RwClientTable *rw_client_table_new (const RwClientTableConfig *config);
void rw_client_table_free (RwClientTable *self);

/* --- Look-up: (transfer none) (nullable) --- */

RwClient *rw_client_table_find (RwClientTable *self, const char *id);
RwClient *rw_client_table_find_connection (RwClientTable *self,
                                           guint64 connection);

/** rw_client_table_find_user: the client of @user that is in the room; on an
 * open server, users are their client's ids. */
RwClient *rw_client_table_find_user (RwClientTable *self, const char *user,
                                     const char *room_id);

/* --- Clients come and go --- */

/** rw_client_table_add: @client: (transfer full): of an id that is new */
void rw_client_table_add (RwClientTable *self, RwClient *client);

/** rw_client_table_add_waiting: the same, without a connection yet. */
void rw_client_table_add_waiting (RwClientTable *self, RwClient *client,
                                  gint64 now_us);

/** rw_client_table_set_resumption: @resumption: (transfer full) */
void rw_client_table_set_resumption (RwClientTable *self, RwClient *client,
                                     RwResumption *resumption);
void rw_client_table_connect (RwClientTable *self, RwClient *client,
                              guint64 connection);
void rw_client_table_disconnect (RwClientTable *self, RwClient *client);
void rw_client_table_set_quality (RwClientTable *self, RwClient *client,
                                  RwQuality quality);

/** rw_client_table_forget: it is freed; the hub and the rooms keep it. */
void rw_client_table_forget (RwClientTable *self, RwClient *client);

/** rw_client_table_remove: @reason: (nullable): for its sessions' other ends */
void rw_client_table_remove (RwClientTable *self, RwClient *client,
                             const char *reason, gint64 now_us);

/* --- Without a connection --- */

/** rw_client_table_may_wait: whether it is kept without a connection. */
gboolean rw_client_table_may_wait (RwClientTable *self, const RwClient *client);

/** rw_client_table_start_waiting: its connection is lost. */
void rw_client_table_start_waiting (RwClientTable *self, RwClient *client,
                                    gint64 now_us);

/** rw_client_table_stop_waiting: how long it waited. */
gint64 rw_client_table_stop_waiting (RwClientTable *self, RwClient *client,
                                     gint64 now_us);

/** rw_client_table_set_degraded: the grace does not run while clients may be
 * unable to reach another server. */
void rw_client_table_set_degraded (RwClientTable *self, gboolean degraded,
                                   gint64 now_us);

/** rw_client_table_expire: removes the clients whose grace is over. */
void rw_client_table_expire (RwClientTable *self, gint64 now_us);

/* --- Acknowledgements --- */

void rw_client_table_owe_ack (RwClientTable *self, RwClient *client,
                              gint64 now_us);
void rw_client_table_settle_ack (RwClientTable *self, RwClient *client);

/** rw_client_table_get_ack_due: (nullable): a client that is owed one for long
 * enough. */
RwClient *rw_client_table_get_ack_due (RwClientTable *self, gint64 now_us);

/** rw_client_table_get_wake_us: when an acknowledgement or the end of a grace
 * is due; G_MAXINT64 for never. */
gint64 rw_client_table_get_wake_us (RwClientTable *self);

/** rw_client_table_add_counts: to @counts, what this type counts. */
void rw_client_table_add_counts (RwClientTable *self, RwClientsCounts *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwClientTable, rw_client_table_free)

G_END_DECLS
