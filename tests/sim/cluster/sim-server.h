/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clients.h"
#include "sim-book.h"
#include "sim-redis.h"

G_BEGIN_DECLS

/**
 * SimServer:
 *
 * A server of a cluster without its sockets: RwClients and RwCluster, as the
 * product has them. It can be killed, frozen, stopped and started again.
 */
typedef struct _SimServer SimServer;

/** SimConnection: between a client and a server; either side may be gone. */
typedef struct _SimConnection SimConnection;

/**
 * SimPeerFuncs: of the client's side
 * @receive: @output is borrowed
 * @lost: the connection has ended
 */
typedef struct {
  void (*receive) (const RwClientsOutput *output, gpointer user_data);
  void (*lost) (gpointer user_data);
} SimPeerFuncs;

SimServer *sim_server_new (SimRedis *redis, SimRandom *random, guint index,
                           SimBook *book);
void sim_server_free (SimServer *self);

void sim_server_start (SimServer *self);
void sim_server_stop (SimServer *self);
void sim_server_kill (SimServer *self);
void sim_server_freeze (SimServer *self, gint64 until_us);

guint sim_server_get_index (const SimServer *self);

/** sim_server_is_there: it takes connections. */
gboolean sim_server_is_there (const SimServer *self);

/** sim_server_is_well: likewise, and is not frozen and has its Redis. */
gboolean sim_server_is_well (const SimServer *self);
gboolean sim_server_is_stopping (const SimServer *self);

/** sim_server_look: notes how it is, and whether it reaches Redis. */
void sim_server_look (SimServer *self);

/** sim_server_get_ill_us: when that was seen last, and, @from_us, since when.
 */
gint64 sim_server_get_ill_us (const SimServer *self, gint64 *from_us);

/** sim_server_get_owner: of the process that runs now. */
SimOwner *sim_server_get_owner (const SimServer *self);
RwClients *sim_server_get_clients (const SimServer *self);

/** sim_connection_new: (nullable): NULL: refused. */
SimConnection *sim_connection_new (SimServer *server, const SimPeerFuncs *funcs,
                                   gpointer user_data);

/** sim_connection_send: a copy of @message. */
void sim_connection_send (SimConnection *self, RwSignalMessage *message);

/** sim_connection_drop: by the client, who does not use it any more.
 * @is_lossy: what is on its way does not arrive; @late_us: when the server
 * notices, at the earliest */
void sim_connection_drop (SimConnection *self, gboolean is_lossy,
                          gint64 late_us);
SimServer *sim_connection_get_server (const SimConnection *self);

G_END_DECLS
