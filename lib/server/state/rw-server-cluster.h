/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clients.h"
#include "rw-server-config.h"
#include "rw-server-metrics.h"

G_BEGIN_DECLS

/**
 * RwServerCluster:
 *
 * The link to other servers: an RwCluster, or nothing at all in a
 * program that was built without Redis. Server's thread.
 */
typedef struct _RwServerCluster RwServerCluster;

/** RwServerClusterFuncs: as those of RwCluster. */
typedef struct {
  void (*output) (gpointer user_data);
  void (*changed) (gpointer user_data);
} RwServerClusterFuncs;

RwServerCluster *rw_server_cluster_new (const RwServerConfig *config,
                                        RwClients *clients,
                                        const RwClientsConfig *clients_config,
                                        GMainContext *context,
                                        const RwServerClusterFuncs *funcs,
                                        gpointer user_data, GError **error);
void rw_server_cluster_free (RwServerCluster *self);

void rw_server_cluster_flush (RwServerCluster *self);
void rw_server_cluster_get_store (RwServerCluster *self, RwServerStore *store);

G_END_DECLS
