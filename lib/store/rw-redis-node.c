/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-node.h"

#include <string.h>

#include "rw-redis-keys.h"
#include "rw-redis-reader.h"
#include "rw-redis-scripts.h"
#include "rw-redis-snapshots.h"
#include "rw-redis-upload.h"
#include "rw-redis-writer.h"
#include "rw-redis.h"

#define TICK_MS 500

/* How long Redis may take to answer before it counts as away. */
#define ANSWER_MS 2000

/* How long a node is believed to be there, and how long we wait before we
 * believe that one is not: after an outage of Redis all leases have run out,
 * and each node needs the time to renew its own. */
#define LEASE_MS 3000
#define TRUST_US (5 * G_USEC_PER_SEC)

/* How long a state that Redis lost is waited for: within it each node has
 * tried to reach Redis, see rw-redis.c. */
#define ELECTION_MS 1200

/* How long it is waited for before this node goes on alone: a connection that
 * was only cut is there again by then. */
#define ALONE_MS 300

/* The node with the lowest number wakes the seats for all, at the due time;
 * each further one so much later, if nobody has by then. */
#define WAKE_STEP_US 10000

struct _RwRedisNode {
  RwRedisUri *uri;
  GMainContext *context;
  RwReplicaConfig config;
  RwRedisNodeFuncs funcs;
  gpointer user_data;
  RwRedisKeys keys;
  RwRedis *redis;
  RwRedisReader *reader;
  RwRedisWriter *writer;
  RwRedisSnapshots *snapshots;
  RwRedisUpload *upload; /* of our state, where Redis has none */
  RwReplica *replica;
  char *epoch; /* NULL: never joined */
  gboolean joining;
  gboolean offered; /* the upload is there, and said to be */
  gboolean joined;
  gboolean has_caught_up; /* ever */
  gboolean is_behind;     /* now: it has joined, and not read all yet */
  gint64 joined_us;
  gint64 degraded_since_us; /* 0: it is not */
  char *refusal;      /* (nullable): what Redis was last said to refuse since */
  gint64 applied_us;  /* our clock, at the last entry */
  gint64 log_us;      /* that of the log then, or later: it may stand */
  GArray *looked_for; /* (nullable): nodes whose leases have been asked for */
  gboolean waking;
  GSource *wake;
  GSource *lonely; /* (nullable): goes alone soon */
  GSource *tick;
  RwRedisStats stats;
};

static void join (RwRedisNode *self);
static void await_alone (RwRedisNode *self);

/* --- Sources --- */

static GSource *
attach (RwRedisNode *self, GSource *source, const char *name, GSourceFunc func)
{
  g_source_set_static_name (source, name);
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, self->context);
  return source;
}

/* --- Replica --- */

/* A node's number is drawn at random: a counter in Redis would begin again
 * with it. */
static void
new_replica (RwRedisNode *self)
{
  guint8 seed[RW_REPLICA_SEED_BYTES];

  self->config.new_seed (seed, self->config.user_data);
  memcpy (&self->config.node, seed, sizeof self->config.node);
  self->config.node |= 1u;
  g_clear_pointer (&self->replica, rw_replica_free);
  self->replica = rw_replica_new (&self->config);
  self->stats.node = self->config.node;
}

static char *
get_lease_key (RwRedisNode *self, guint32 node)
{
  return g_strdup_printf ("%s%08x", self->keys.lease, node);
}

/* --- Status --- */

static void
set_degraded (RwRedisNode *self, gboolean degraded)
{
  gint64 now_us = g_get_monotonic_time ();

  if (degraded == (self->degraded_since_us != 0))
    return;

  if (degraded) {
    self->degraded_since_us = now_us;
  } else {
    self->stats.degraded_us += now_us - self->degraded_since_us;
    self->degraded_since_us = 0;
  }
  self->funcs.changed (self->user_data);
}

/* Each cause once; but that Redis is not there may be said in many ways. */
static gboolean
is_worth_telling (RwRedisNode *self, const GError *error)
{
  gboolean refused =
      g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED);

  if (!self->joined && self->degraded_since_us != 0 &&
      (!refused || g_strcmp0 (error->message, self->refusal) == 0))
    return FALSE;

  g_free (self->refusal);
  self->refusal = refused ? g_strdup (error->message) : NULL;
  return TRUE;
}

static void
lose (RwRedisNode *self, const GError *error)
{
  g_autofree char *where = rw_redis_uri_to_log (self->uri);

  rw_redis_writer_end (self->writer);
  rw_redis_reader_end (self->reader);
  rw_redis_snapshots_end (self->snapshots);
  rw_redis_upload_end (self->upload);
  self->joining = FALSE;
  self->funcs.applied (self->user_data);
  if (is_worth_telling (self, error))
    g_warning ("Redis at %s cannot be used: %s; it is tried again", where,
               error->message);
  await_alone (self);
  self->joined = FALSE;
  set_degraded (self, TRUE);
}

/* --- Wakes --- */

static guint
get_rank (RwRedisNode *self)
{
  g_autoptr (GArray) others = rw_replica_get_other_nodes (self->replica);
  guint rank = 0;

  for (guint i = 0; i < others->len; i++)
    rank += g_array_index (others, guint32, i) < self->config.node;
  return rank;
}

/* The log's clock is that of Redis; ours only measures from its last entry, or
 * from the one at which it was last ahead. */
static void
note_time (RwRedisNode *self)
{
  gint64 log_us = rw_redis_node_get_log_time_us (self);

  self->applied_us = g_get_monotonic_time ();
  self->log_us = MAX (log_us, rw_replica_get_time_us (self->replica));
}

static void
arm_wake (RwRedisNode *self)
{
  gint64 wake_us = rw_replica_get_wake_us (self->replica);
  gint64 since_us = wake_us - self->log_us;

  if (rw_replica_is_alone (self->replica) && wake_us != G_MAXINT64)
    g_source_set_ready_time (self->wake, self->applied_us + MAX (since_us, 0));
  else if (!self->joined || self->waking || wake_us == G_MAXINT64)
    g_source_set_ready_time (self->wake, -1);
  else
    g_source_set_ready_time (self->wake, self->applied_us + MAX (since_us, 0) +
                                             get_rank (self) * WAKE_STEP_US);
}

static gboolean
on_wake (gpointer user_data)
{
  RwRedisNode *self = user_data;

  g_source_set_ready_time (self->wake, -1);
  if (rw_replica_is_alone (self->replica)) {
    rw_replica_wake (self->replica);
    self->funcs.applied (self->user_data);
    arm_wake (self);
    return G_SOURCE_CONTINUE;
  }
  if (!self->joined)
    return G_SOURCE_CONTINUE;

  self->waking = TRUE;
  rw_replica_wake (self->replica);
  rw_redis_node_flush (self);
  return G_SOURCE_CONTINUE;
}

/* --- Alone --- */

/* Whoever has said something waits for its answer: what concerns no other node
 * gets it now. */
static gboolean
on_lonely (gpointer user_data)
{
  RwRedisNode *self = user_data;

  g_clear_pointer (&self->lonely, g_source_unref);
  if (self->joined || rw_replica_is_alone (self->replica))
    return G_SOURCE_REMOVE;

  if (!rw_replica_go_alone (self->replica))
    return G_SOURCE_REMOVE;

  g_message ("this node goes on alone, for its own clients; rooms, and what is "
             "for clients of other nodes, wait");
  self->applied_us = g_get_monotonic_time ();
  self->funcs.applied (self->user_data);
  arm_wake (self);
  return G_SOURCE_REMOVE;
}

static void
forget_lonely (RwRedisNode *self)
{
  if (self->lonely == NULL)
    return;

  g_source_destroy (self->lonely);
  g_clear_pointer (&self->lonely, g_source_unref);
}

/* A node that has never known what the others do serves nobody. */
static void
await_alone (RwRedisNode *self)
{
  if (self->lonely != NULL || !self->has_caught_up ||
      rw_replica_is_alone (self->replica))
    return;

  if (!rw_replica_is_settled (self->replica)) {
    if (self->joined)
      g_message ("Redis went before all was there of what was done without it; "
                 "what clients say waits here");
    return;
  }

  self->lonely = attach (self, g_timeout_source_new (ALONE_MS),
                         "rw-redis-node-lonely", on_lonely);
}

/* All have to hear of what was done alone. */
static void
come_back (RwRedisNode *self)
{
  forget_lonely (self);
  rw_replica_come_back (self->replica);
}

/* What it was told alone a client has to tell from what all know: so it is
 * over only then. */
static void
check_degraded (RwRedisNode *self)
{
  if (self->joined && rw_replica_is_settled (self->replica))
    set_degraded (self, FALSE);
}

/* --- Reading --- */

static void
on_entry (const RwReplicaPosition *position, GBytes *bytes, gpointer user_data)
{
  RwRedisNode *self = user_data;
  g_autoptr (GError) error = NULL;

  self->stats.entries++;
  rw_redis_snapshots_note_entry (self->snapshots);
  self->stats.position_ms = position->ms;
  if (rw_replica_apply (self->replica, position, bytes, &error))
    return;

  if (self->stats.entries_bad++ == 0)
    g_warning ("%s: somebody else writes to %s in Redis; such entries are "
               "passed over, and counted",
               error->message, self->keys.log);
}

/* Somebody thought us dead. What our clients do from now on is known again,
 * but their connections are not. */
static void
come_to_life (RwRedisNode *self)
{
  g_warning ("another node has declared this one down; its clients are asked "
             "to connect again");
  rw_replica_wake (self->replica);
  self->funcs.rejoined (self->user_data);
}

static void
on_pause (gpointer user_data)
{
  RwRedisNode *self = user_data;

  note_time (self);
  self->waking = FALSE;
  rw_redis_writer_note_applied (self->writer);
  self->funcs.applied (self->user_data);
  check_degraded (self);
  if (rw_replica_take_declared_down (self->replica))
    come_to_life (self);
  rw_redis_node_flush (self);
  arm_wake (self);
}

static void
on_caught_up (gpointer user_data)
{
  RwRedisNode *self = user_data;

  self->is_behind = FALSE;
  if (self->has_caught_up)
    return;

  self->has_caught_up = TRUE;
  self->funcs.changed (self->user_data);
}

/* --- Joining --- */

static const redisReply *
get_text (const redisReply *reply, gsize i)
{
  if (reply->type != REDIS_REPLY_ARRAY || i >= reply->elements ||
      reply->element[i]->type != REDIS_REPLY_STRING)
    return NULL;
  return reply->element[i];
}

static gboolean
take_state (RwRedisNode *self, const redisReply *state,
            const redisReply *position, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (state->str, (gsize) state->len);
  RwReplicaPosition from;

  if (!rw_redis_parse_position (position->str, &from)) {
    g_set_error (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED,
                 "%s holds no position", self->keys.snapshot);
    return FALSE;
  }
  if (state->len > 0 && !rw_replica_load (self->replica, bytes, error)) {
    g_prefix_error (error, "%s: ", self->keys.snapshot);
    return FALSE;
  }

  rw_replica_set_position (self->replica, &from);
  return TRUE;
}

/* It lacks what we said long ago, and do not keep: our clients begin anew. */
static void
start_over (RwRedisNode *self)
{
  g_warning ("Redis has another state than ours; this node begins anew");
  g_clear_pointer (&self->epoch, g_free);
  new_replica (self);
  self->funcs.rejoined (self->user_data);
  join (self);
}

static void
go_on (RwRedisNode *self, gboolean rejoined)
{
  RwReplicaPosition position;

  self->joined = TRUE;
  self->is_behind = TRUE;
  self->joined_us = self->applied_us = g_get_monotonic_time ();
  self->log_us = rw_replica_get_time_us (self->replica);
  self->waking = FALSE;
  rw_replica_get_position (self->replica, &position);
  rw_redis_writer_begin (self->writer, self->replica);
  rw_redis_reader_begin (self->reader, &position, self->epoch);
  g_message ("joined the others at %s, as node %08x", self->keys.log,
             self->config.node);
  if (rejoined) {
    self->stats.rejoined++;
    self->funcs.rejoined (self->user_data);
  }
  check_degraded (self);
  self->funcs.changed (self->user_data);
  arm_wake (self);
}

/* Another node may know more: the next tick asks again. That also keeps alive
 * the candidature of a state that is on its way. */
static void
go_on_waiting (RwRedisNode *self, gboolean wanted)
{
  g_autoptr (GBytes) state = NULL;

  if (!wanted) {
    rw_redis_upload_end (self->upload);
  } else if (!self->offered && rw_redis_upload_get_key (self->upload) != NULL) {
    join (self);
  } else if (!rw_redis_upload_is_under_way (self->upload)) {
    state = rw_replica_save (self->replica);
    rw_redis_upload_begin (self->upload, state);
  }
}

static void
on_uploaded (const GError *error, gpointer user_data)
{
  RwRedisNode *self = user_data;

  if (error == NULL)
    join (self);
  else if (g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED))
    rw_redis_drop (self->redis, error);
}

/* NULL when all is as it should be. */
static GError *
new_foreign_error (const redisReply *reply)
{
  const redisReply *key = get_text (reply, 3);
  const redisReply *found = get_text (reply, 4);
  const redisReply *wanted = get_text (reply, 5);

  if (key == NULL || found == NULL || wanted == NULL)
    return NULL;
  return g_error_new (RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED,
                      "%s is a %s, where servers keep a %s; if something "
                      "else uses that name, take another redis-prefix, else "
                      "delete all keys that begin with this one",
                      key->str, found->str, wanted->str);
}

static void
on_join (const redisReply *reply, const GError *failure, gpointer user_data)
{
  RwRedisNode *self = user_data;
  const redisReply *epoch = reply != NULL ? get_text (reply, 0) : NULL;
  const redisReply *state = reply != NULL ? get_text (reply, 1) : NULL;
  const redisReply *position = reply != NULL ? get_text (reply, 2) : NULL;
  gboolean rejoined;
  g_autoptr (GError) error = failure != NULL ? g_error_copy (failure) : NULL;

  if (!self->joining) /* one of the connections was lost meanwhile */
    return;

  self->joining = FALSE;
  if (failure == NULL && (epoch == NULL || state == NULL || position == NULL))
    error = g_error_new (RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED,
                         "%s is no snapshot", self->keys.snapshot);
  if (error == NULL)
    error = new_foreign_error (reply);
  if (error == NULL && epoch->len == 0) {
    go_on_waiting (self, state->len > 0);
    return;
  }
  if (error == NULL) {
    come_back (self);
    take_state (self, state, position, &error);
  }
  if (error != NULL) {
    rw_redis_drop (self->redis, error);
    return;
  }

  rw_redis_upload_end (self->upload);
  rejoined = self->epoch != NULL && state->len > 0;
  g_free (self->epoch);
  self->epoch = g_strdup (epoch->str);
  if (rw_replica_can_go_on (self->replica))
    go_on (self, rejoined);
  else
    start_over (self);
}

/* Once both connections are up. */
static void
join (RwRedisNode *self)
{
  const char *upload = rw_redis_upload_get_key (self->upload);
  gsize size = upload != NULL ? rw_redis_upload_get_size (self->upload) : 0;
  g_autofree char *given = g_strdup_printf ("%" G_GSIZE_FORMAT, size);
  g_autofree char *fresh = g_uuid_string_random ();
  g_autofree char *position = NULL;
  g_autofree char *lease = get_lease_key (self, self->config.node);
  RwReplicaPosition at;

  if (self->joining || self->joined || !rw_redis_is_up (self->redis) ||
      !rw_redis_reader_is_up (self->reader))
    return;

  rw_replica_get_position (self->replica, &at);
  position = rw_redis_print_position (&at);
  self->offered = upload != NULL;
  self->joining = rw_redis_say (
      self->redis, ANSWER_MS, on_join, self, "EVAL", rw_redis_script_join, "7",
      self->keys.epoch, self->keys.log, self->keys.snapshot, lease,
      self->keys.candidate, self->keys.state,
      upload != NULL ? upload : self->keys.upload,
      self->epoch != NULL ? self->epoch : "", fresh, position, given,
      G_STRINGIFY (LEASE_MS), G_STRINGIFY (ELECTION_MS), NULL);
}

static void
on_redis_up (RwRedis *redis, gpointer user_data)
{
  join (user_data);
}

static void
on_redis_down (RwRedis *redis, const GError *error, gpointer user_data)
{
  lose (user_data, error);
}

static void
on_reader_up (gpointer user_data)
{
  join (user_data);
}

static void
on_reader_down (const GError *error, gpointer user_data)
{
  lose (user_data, error);
}

/* --- Leases --- */

static void
on_lease (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisNode *self = user_data;

  if (error == NULL)
    rw_redis_note_well (self->redis);
  else if (g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED))
    rw_redis_drop (self->redis, error);
}

static void
renew_lease (RwRedisNode *self)
{
  g_autofree char *key = get_lease_key (self, self->config.node);

  rw_redis_say (self->redis, ANSWER_MS, on_lease, self, "SET", key, "1", "PX",
                G_STRINGIFY (LEASE_MS), NULL);
}

/* A Redis that was emptied answers as if nothing were, until something is
 * appended; the state should not wait for that. */
static void
on_epoch (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisNode *self = user_data;
  g_autoptr (GError) lost = NULL;

  if (error != NULL || !self->joined ||
      (reply->type == REDIS_REPLY_STRING &&
       g_strcmp0 (reply->str, self->epoch) == 0))
    return;

  lost = g_error_new (RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED,
                      "it was emptied, or given another state");
  rw_redis_drop (self->redis, lost);
}

static void
check_epoch (RwRedisNode *self)
{
  rw_redis_say (self->redis, ANSWER_MS, on_epoch, self, "GET", self->keys.epoch,
                NULL);
}

static void
on_look (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisNode *self = user_data;
  g_autoptr (GArray) nodes = g_steal_pointer (&self->looked_for);

  if (error != NULL || !self->joined || nodes == NULL ||
      reply->type != REDIS_REPLY_ARRAY || reply->elements != nodes->len)
    return;

  for (guint i = 0; i < nodes->len; i++) {
    guint32 node = g_array_index (nodes, guint32, i);

    if (reply->element[i]->type != REDIS_REPLY_NIL)
      continue;
    g_message ("node %08x is gone", node);
    rw_replica_declare_down (self->replica, node);
  }
  rw_redis_node_flush (self);
}

static void
look_for_others (RwRedisNode *self)
{
  g_autoptr (GArray) others = rw_replica_get_other_nodes (self->replica);
  g_autoptr (GPtrArray) args = g_ptr_array_new_with_free_func (g_free);

  self->stats.nodes = others->len + 1;
  if (others->len == 0 || self->looked_for != NULL ||
      g_get_monotonic_time () < self->joined_us + TRUST_US)
    return;

  g_ptr_array_add (args, g_strdup ("MGET"));
  for (guint i = 0; i < others->len; i++)
    g_ptr_array_add (args,
                     get_lease_key (self, g_array_index (others, guint32, i)));
  if (rw_redis_command (self->redis, ANSWER_MS, on_look, self, args->len,
                        (const char *const *) args->pdata, NULL))
    self->looked_for = g_steal_pointer (&others);
}

/* [seconds, microseconds] */
static void
on_time (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisNode *self = user_data;
  const redisReply *seconds = error == NULL ? get_text (reply, 0) : NULL;
  RwReplicaPosition position;
  guint64 now_s;

  if (seconds == NULL ||
      !g_ascii_string_to_unsigned (seconds->str, 10, 0, G_MAXINT64 / 1000000,
                                   &now_s, NULL))
    return;

  rw_replica_get_position (self->replica, &position);
  self->stats.lag_us = 0;
  if (rw_redis_reader_is_behind (self->reader) && position.ms > 0)
    self->stats.lag_us = MAX (
        (gint64) (now_s * G_USEC_PER_SEC) - (gint64) position.ms * 1000, 0);
}

static void
measure_lag (RwRedisNode *self)
{
  rw_redis_say (self->redis, ANSWER_MS, on_time, self, "TIME", NULL);
}

static gboolean
on_tick (gpointer user_data)
{
  RwRedisNode *self = user_data;

  if (!self->joined) {
    join (self);
    return G_SOURCE_CONTINUE;
  }

  check_epoch (self);
  renew_lease (self);
  look_for_others (self);
  measure_lag (self);
  if (!self->is_behind)
    rw_redis_snapshots_consider (self->snapshots, self->replica, self->epoch);
  return G_SOURCE_CONTINUE;
}

/* --- Life --- */

static gboolean
dispatch_wake (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs wake_funcs = {.dispatch = dispatch_wake};

static void
open_connections (RwRedisNode *self)
{
  static const RwRedisFuncs redis_funcs = {on_redis_up, on_redis_down};
  static const RwRedisReaderFuncs reader_funcs = {
      on_entry, on_pause, on_caught_up, on_reader_up, on_reader_down};

  self->redis = rw_redis_new (self->uri, self->context, &redis_funcs, self);
  self->reader = rw_redis_reader_new (self->uri, &self->keys, self->context,
                                      &reader_funcs, self);
  self->writer =
      rw_redis_writer_new (self->redis, self->keys.log, &self->stats);
  self->snapshots =
      rw_redis_snapshots_new (self->redis, &self->keys, &self->stats);
  self->upload =
      rw_redis_upload_new (self->redis, self->keys.upload, on_uploaded, self);
}

/** rw_redis_node_new: joins the others from now on. @config is copied. */
RwRedisNode *
rw_redis_node_new (const RwRedisNodeConfig *config, GMainContext *context,
                   const RwRedisNodeFuncs *funcs, gpointer user_data)
{
  RwRedisNode *self = g_new0 (RwRedisNode, 1);

  self->uri = rw_redis_uri_copy (config->uri);
  self->context = g_main_context_ref (context);
  self->config = config->replica;
  self->funcs = *funcs;
  self->user_data = user_data;
  rw_redis_keys_init (&self->keys, config->prefix);
  new_replica (self);
  open_connections (self);
  self->wake = attach (self, g_source_new (&wake_funcs, sizeof (GSource)),
                       "rw-redis-node-wake", on_wake);
  self->tick = attach (self, g_timeout_source_new (TICK_MS),
                       "rw-redis-node-tick", on_tick);
  return self;
}

/* The others need not wait for our lease to run out. */
static void
say_goodbye (RwRedisNode *self)
{
  g_autofree char *key = get_lease_key (self, self->config.node);

  if (!self->joined)
    return;

  rw_replica_declare_down (self->replica, self->config.node);
  rw_redis_writer_flush (self->writer);
  rw_redis_say (self->redis, ANSWER_MS, on_lease, self, "DEL", key, NULL);
  rw_redis_push (self->redis);
}

/** rw_redis_node_free: says goodbye to the others. NULL is fine. */
void
rw_redis_node_free (RwRedisNode *self)
{
  if (self == NULL)
    return;

  say_goodbye (self);
  forget_lonely (self);
  g_source_destroy (self->wake);
  g_source_unref (self->wake);
  g_source_destroy (self->tick);
  g_source_unref (self->tick);
  rw_redis_reader_free (self->reader);
  rw_redis_free (self->redis);
  rw_redis_writer_free (self->writer);
  rw_redis_snapshots_free (self->snapshots);
  rw_redis_upload_free (self->upload);
  rw_replica_free (self->replica);
  rw_redis_uri_free (self->uri);
  g_main_context_unref (self->context);
  g_clear_pointer (&self->looked_for, g_array_unref);
  g_free (self->epoch);
  g_free (self->refusal);
  rw_redis_keys_clear (&self->keys);
  g_free (self);
}

/** rw_redis_node_get_replica: (transfer none): another one after @rejoined. */
RwReplica *
rw_redis_node_get_replica (RwRedisNode *self)
{
  return self->replica;
}

/** rw_redis_node_flush: the replica has made entries, or handled them. */
void
rw_redis_node_flush (RwRedisNode *self)
{
  if (rw_replica_is_alone (self->replica))
    arm_wake (self);
  if (self->joined)
    rw_redis_writer_flush (self->writer);
}

/** rw_redis_node_get_log_time_us: what time it is by the log's clock. */
gint64
rw_redis_node_get_log_time_us (RwRedisNode *self)
{
  gint64 since_us = g_get_monotonic_time () - self->applied_us;

  return self->log_us +
         (self->joined || rw_replica_is_alone (self->replica) ? since_us : 0);
}

/** rw_redis_node_is_ready: whether it has known all that the others do, ever.
 */
gboolean
rw_redis_node_is_ready (RwRedisNode *self)
{
  return self->has_caught_up;
}

/** rw_redis_node_is_degraded: whether Redis is away now, or does not know yet
 * what was done without it. */
gboolean
rw_redis_node_is_degraded (RwRedisNode *self)
{
  return self->degraded_since_us != 0;
}

void
rw_redis_node_get_stats (RwRedisNode *self, RwRedisStats *stats)
{
  *stats = self->stats;
  stats->is_up = self->joined;
  stats->is_alone = rw_replica_is_alone (self->replica);
  stats->pending_bytes = rw_replica_get_pending_bytes (self->replica);
  stats->snapshot_age_us = rw_redis_snapshots_get_age_us (self->snapshots);
  if (self->degraded_since_us != 0)
    stats->degraded_us += g_get_monotonic_time () - self->degraded_since_us;
}
