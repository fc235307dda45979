/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-cluster.h"

#include "rw-cluster.h"
#include "rw-redis-uri.h"

struct _RwServerCluster {
  GUri *uri;
  RwClientsConfig config;
  RwCluster *cluster;
};

/** rw_server_cluster_new: @clients outlive it; an error is about the
 * configuration. */
RwServerCluster *
rw_server_cluster_new (const RwServerConfig *config, RwClients *clients,
                       const RwClientsConfig *clients_config,
                       GMainContext *context, const RwServerClusterFuncs *funcs,
                       gpointer user_data, GError **error)
{
  const RwClusterFuncs cluster_funcs = {funcs->output, funcs->changed};
  GUri *uri = rw_redis_uri_parse (config->redis_uri, error);
  RwServerCluster *self;
  RwClusterConfig cluster;

  if (uri == NULL) {
    g_prefix_error (error, "redis-uri: ");
    return NULL;
  }

  self = g_new0 (RwServerCluster, 1);
  self->uri = uri;
  self->config = *clients_config;
  cluster = (RwClusterConfig){self->uri, config->redis_prefix, clients,
                              &self->config, RW_VERSION};
  self->cluster = rw_cluster_new (&cluster, context, &cluster_funcs, user_data);
  return self;
}

/** rw_server_cluster_free: NULL is fine. */
void
rw_server_cluster_free (RwServerCluster *self)
{
  if (self == NULL)
    return;

  rw_cluster_free (self->cluster);
  g_uri_unref (self->uri);
  g_free (self);
}

/** rw_server_cluster_flush: after something was sent to the clients. */
void
rw_server_cluster_flush (RwServerCluster *self)
{
  rw_cluster_flush (self->cluster);
}

void
rw_server_cluster_get_store (RwServerCluster *self, RwServerStore *store)
{
  RwClusterStats stats;

  rw_cluster_get_stats (self->cluster, &stats);
  *store = (RwServerStore){
      .given = TRUE,
      .ready = rw_cluster_is_ready (self->cluster),
      .degraded = rw_cluster_is_degraded (self->cluster),
      .up = stats.is_up,
      .server = rw_cluster_get_id (self->cluster),
      .servers = stats.servers,
      .commands = stats.commands,
      .messages_sent = stats.messages_sent,
      .messages_received = stats.messages_received,
      .degraded_us = stats.degraded_us,
      .pending_bytes = stats.pending_bytes,
      .n_buckets = RW_STORE_N_BUCKETS,
      .latency_sum_us = stats.latency_sum_us,
  };
  for (guint i = 0; i <= RW_STORE_N_BUCKETS; i++)
    store->latency_buckets[i] = stats.latency_buckets[i];
  for (guint i = 0; i < RW_STORE_N_BUCKETS; i++)
    store->bucket_us[i] = rw_cluster_store_bucket_us (i);
}
