/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-json.h"
#include "rw-random.h"
#include "rw-redis-node.h"
#include "rw-server-backend.h"
#include "rw-signal-message.h"

/* The seats in step with those of other nodes: see rw-redis-node.h. */

typedef struct {
  RwServerBackend backend;
  RwRedisNode *node;
  RwServerBackendFuncs funcs;
  gpointer user_data;
} Shared;

static RwReplica *
get_replica (RwServerBackend *backend)
{
  return rw_redis_node_get_replica (((Shared *) backend)->node);
}

static void
flush (RwServerBackend *backend)
{
  rw_redis_node_flush (((Shared *) backend)->node);
}

static void
on_applied (gpointer user_data)
{
  Shared *self = user_data;

  self->funcs.output (self->user_data);
}

static void
on_rejoined (gpointer user_data)
{
  Shared *self = user_data;

  self->funcs.rejoined (self->user_data);
}

static void
on_changed (gpointer user_data)
{
  Shared *self = user_data;

  self->funcs.changed (self->user_data);
}

static RwBrainMessage *
parse (const char *text, gsize len, gpointer user_data)
{
  g_autoptr (RwSignalMessage) signal =
      rw_signal_message_parse (text, len, NULL);

  return signal != NULL ? rw_brain_message_from_signal (signal) : NULL;
}

static void
new_seed (guint8 *seed, gpointer user_data)
{
  rw_random_fill (seed, RW_REPLICA_SEED_BYTES);
}

static gint64
get_time_us (gpointer user_data)
{
  return rw_redis_node_get_log_time_us (((Shared *) user_data)->node);
}

static void
shared_free (RwServerBackend *backend)
{
  Shared *self = (Shared *) backend;

  rw_redis_node_free (self->node);
  g_free (self);
}

static guint64
shared_new_connection (RwServerBackend *backend)
{
  return rw_replica_new_connection (get_replica (backend));
}

static void
shared_connect (RwServerBackend *backend, guint64 connection, RwGrants *grants)
{
  rw_replica_connect (get_replica (backend), connection, grants);
  rw_grants_free (grants);
  flush (backend);
}

static void
shared_disconnect (RwServerBackend *backend, guint64 connection,
                   gboolean goodbye)
{
  rw_replica_disconnect (get_replica (backend), connection, goodbye);
  flush (backend);
}

static void
shared_handle (RwServerBackend *backend, guint64 connection,
               const RwBrainMessage *message, const char *text, gsize len)
{
  rw_replica_handle (get_replica (backend), connection, text, len);
  flush (backend);
}

static void
shared_fail (RwServerBackend *backend, guint64 connection, const char *code,
             const char *what, guint retry_after_ms)
{
  rw_replica_fail (get_replica (backend), connection, code, what,
                   retry_after_ms);
  flush (backend);
}

static void
shared_set_quality (RwServerBackend *backend, const char *room_id,
                    const char *peer_id, RwQuality quality)
{
  rw_replica_set_quality (get_replica (backend), room_id, peer_id, quality);
  flush (backend);
}

static gboolean
shared_pop (RwServerBackend *backend, RwSeatsOutput *output)
{
  return rw_replica_pop (get_replica (backend), output);
}

static RwSeats *
shared_get_seats (RwServerBackend *backend)
{
  return rw_replica_get_seats (get_replica (backend));
}

static gint64
shared_get_now_us (RwServerBackend *backend)
{
  return rw_redis_node_get_log_time_us (((Shared *) backend)->node);
}

static gboolean
shared_knows (RwServerBackend *backend, guint64 connection)
{
  return rw_replica_knows (get_replica (backend), connection);
}

static guint64
shared_get_mark (RwServerBackend *backend)
{
  return rw_replica_get_last_made (get_replica (backend));
}

/* Alone, all that can be handled has been. One that is yet to be made is of the
 * time before this node began anew. */
static gboolean
shared_has_reached (RwServerBackend *backend, guint64 mark)
{
  RwReplica *replica = get_replica (backend);

  return rw_replica_is_alone (replica) ||
         mark <= rw_replica_get_last_applied (replica) ||
         mark > rw_replica_get_last_made (replica);
}

static void
shared_get_store (RwServerBackend *backend, RwServerStore *store)
{
  Shared *self = (Shared *) backend;
  RwRedisStats stats;

  rw_redis_node_get_stats (self->node, &stats);
  store->given = TRUE;
  store->ready = rw_redis_node_is_ready (self->node);
  store->degraded = rw_redis_node_is_degraded (self->node);
  store->up = stats.is_up;
  store->alone = stats.is_alone;
  store->node = stats.node;
  store->nodes = stats.nodes;
  store->position_ms = stats.position_ms;
  store->entries = stats.entries;
  store->entries_bad = stats.entries_bad;
  store->snapshots = stats.snapshots;
  store->snapshots_failed = stats.snapshots_failed;
  store->snapshot_bytes = stats.snapshot_bytes;
  store->log_entries = stats.log_entries;
  store->lag_us = stats.lag_us;
  store->snapshot_age_us = stats.snapshot_age_us;
  store->degraded_us = stats.degraded_us;
  store->rejoined = stats.rejoined;
  store->pending_bytes = stats.pending_bytes;
  store->n_buckets = RW_REDIS_N_BUCKETS;
  for (guint i = 0; i <= RW_REDIS_N_BUCKETS; i++)
    store->latency_buckets[i] = stats.latency_buckets[i];
  for (guint i = 0; i < RW_REDIS_N_BUCKETS; i++)
    store->bucket_us[i] = rw_redis_stats_bucket_us (i);
  store->latency_sum_us = stats.latency_sum_us;
}

static const RwServerBackend shared_backend = {
    .free = shared_free,
    .new_connection = shared_new_connection,
    .connect = shared_connect,
    .disconnect = shared_disconnect,
    .handle = shared_handle,
    .fail = shared_fail,
    .set_quality = shared_set_quality,
    .pop = shared_pop,
    .get_seats = shared_get_seats,
    .get_now_us = shared_get_now_us,
    .knows = shared_knows,
    .get_mark = shared_get_mark,
    .has_reached = shared_has_reached,
    .get_store = shared_get_store,
};

/** rw_server_shared_new: @seats but for its functions. */
RwServerBackend *
rw_server_shared_new (const RwServerConfig *config, const RwSeatsConfig *seats,
                      GMainContext *context, const RwServerBackendFuncs *funcs,
                      gpointer user_data, GError **error)
{
  static const RwRedisNodeFuncs node_funcs = {on_applied, on_rejoined,
                                              on_changed};
  g_autoptr (RwRedisUri) uri = rw_redis_uri_parse (config->redis_uri, error);
  RwRedisNodeConfig node = {
      .uri = uri,
      .prefix = config->redis_prefix,
      .replica = {.parse = parse,
                  .new_seed = new_seed,
                  .get_time_us = get_time_us,
                  .seats = *seats},
  };
  Shared *self;

  if (uri == NULL) {
    g_prefix_error (error, "redis-uri: ");
    return NULL;
  }

  self = g_new0 (Shared, 1);
  self->backend = shared_backend;
  self->funcs = *funcs;
  self->user_data = user_data;
  node.replica.user_data = self;
  self->node = rw_redis_node_new (&node, context, &node_funcs, self);
  return &self->backend;
}
