/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cluster-store.h"
#include "rw-clients-remote.h"

G_BEGIN_DECLS

/**
 * RwCluster:
 *
 * Joins the clients of this server with those of others that share a Redis.
 * Each client has one home, the server of its connection, which alone handles
 * what it sends. Redis is the registry by which a client is found when it comes
 * to another server, the mailbox of each server, and the store of the rooms.
 * Two clients of one server never need it. Of the thread that runs its context.
 */
typedef struct _RwCluster RwCluster;

/**
 * RwClusterConfig:
 * @prefix: of all keys; servers with the same one belong together
 * @clients: outlives the cluster
 * @config: of @clients
 * @version: of the program, for people
 */
typedef struct {
  GUri *uri;
  const char *prefix;
  RwClients *clients;
  const RwClientsConfig *config;
  const char *version;
} RwClusterConfig;

/**
 * RwClusterFuncs:
 * @output: there may be some
 * @changed: rw_cluster_is_ready() or rw_cluster_is_degraded() has
 */
typedef struct {
  void (*output) (gpointer user_data);
  void (*changed) (gpointer user_data);
} RwClusterFuncs;

/**
 * RwClusterStats:
 * @commands: sent to Redis
 * @messages_sent: of sessions, to clients of other servers
 * @latency_buckets: commands by the time until their answer came, as those of
 *   rw_cluster_store_bucket_us(), not cumulative; the last is the rest
 */
typedef struct {
  gboolean is_up;
  guint servers;
  guint64 commands;
  guint64 messages_sent;
  guint64 messages_received;
  gint64 degraded_us;
  gsize pending_bytes;
  guint64 latency_buckets[RW_STORE_N_BUCKETS + 1];
  gint64 latency_sum_us;
} RwClusterStats;

RwCluster *rw_cluster_new (const RwClusterConfig *config, GMainContext *context,
                           const RwClusterFuncs *funcs, gpointer user_data);
void rw_cluster_free (RwCluster *self);

const char *rw_cluster_get_id (RwCluster *self);
gboolean rw_cluster_is_ready (RwCluster *self);
gboolean rw_cluster_is_degraded (RwCluster *self);
gsize rw_cluster_get_pending_bytes (RwCluster *self);
void rw_cluster_flush (RwCluster *self);
void rw_cluster_get_stats (RwCluster *self, RwClusterStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwCluster, rw_cluster_free)

G_END_DECLS
