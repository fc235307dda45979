/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instead of rw-server-cluster.c in a program that was built without Redis. */
#include "rw-server-cluster.h"

RwServerCluster *
rw_server_cluster_new (const RwServerConfig *config, RwClients *clients,
                       const RwClientsConfig *clients_config,
                       GMainContext *context, const RwServerClusterFuncs *funcs,
                       gpointer user_data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "redis-uri: this program was built without Redis; "
                       "build it with -Dcluster=enabled, or leave the option "
                       "out");
  return NULL;
}

void
rw_server_cluster_free (RwServerCluster *self)
{
}

void
rw_server_cluster_flush (RwServerCluster *self)
{
}

void
rw_server_cluster_get_store (RwServerCluster *self, RwServerStore *store)
{
  *store = (RwServerStore){0};
}
