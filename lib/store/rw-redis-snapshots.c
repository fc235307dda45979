/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-snapshots.h"

#include "rw-redis-reader.h"
#include "rw-redis-scripts.h"
#include "rw-redis-upload.h"

#define ANSWER_MS 2000

/* A snapshot after so many entries, or after so long if there were any. */
#define MAX_ENTRIES 5000
#define PERIOD_US   (60 * (gint64) G_USEC_PER_SEC)

struct _RwRedisSnapshots {
  RwRedis *redis;
  const RwRedisKeys *keys;
  RwRedisStats *stats;
  RwRedisUpload *upload;
  RwReplica *replica;   /* NULL: ended */
  char *epoch;          /* of what is on its way */
  RwReplicaPosition at; /* the same */
  gint64 considered_us;
  gint64 saved_us; /* 0: never */
  guint64 entries; /* since the last was considered */
};

/* What it should have held is tried again with the next one, even if nothing
 * more is said. */
static void
note_failure (RwRedisSnapshots *self, const GError *error)
{
  self->entries++;
  self->stats->snapshots_failed++;
  g_warning ("no snapshot could be written: %s; so the log in Redis is not "
             "shortened, and has %" G_GUINT64_FORMAT " entries",
             error->message, self->stats->log_entries);
}

static void
on_saved (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisSnapshots *self = user_data;

  rw_redis_upload_end (self->upload);
  if (error != NULL) {
    note_failure (self, error);
  } else if (reply->type == REDIS_REPLY_INTEGER && reply->integer == 1) {
    self->stats->snapshots++;
    self->saved_us = g_get_monotonic_time ();
  }
}

static char *
get_forgettable (const RwReplicaPosition *at)
{
  RwReplicaPosition position = {
      at->ms > RW_REDIS_KEEP_LOG_MS ? at->ms - RW_REDIS_KEEP_LOG_MS : 0, 0};

  return rw_redis_print_position (&position);
}

static void
on_uploaded (const GError *error, gpointer user_data)
{
  RwRedisSnapshots *self = user_data;
  g_autofree char *position = rw_redis_print_position (&self->at);
  g_autofree char *forgettable = get_forgettable (&self->at);
  g_autofree char *size = g_strdup_printf (
      "%" G_GSIZE_FORMAT, rw_redis_upload_get_size (self->upload));

  if (error != NULL)
    note_failure (self, error);
  else
    rw_redis_say (self->redis, ANSWER_MS, on_saved, self, "EVAL",
                  rw_redis_script_snapshot, "5", self->keys->epoch,
                  self->keys->log, self->keys->snapshot, self->keys->state,
                  rw_redis_upload_get_key (self->upload), self->epoch, size,
                  position, forgettable, NULL);
}

static void
on_locked (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisSnapshots *self = user_data;
  g_autoptr (GBytes) state = NULL;

  if (error != NULL || reply->type == REDIS_REPLY_NIL ||
      self->replica == NULL || rw_redis_upload_is_under_way (self->upload))
    return;

  rw_replica_get_position (self->replica, &self->at);
  state = rw_replica_save (self->replica);
  self->stats->snapshot_bytes = g_bytes_get_size (state);
  rw_redis_upload_begin (self->upload, state);
}

static void
on_length (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisSnapshots *self = user_data;

  if (error == NULL && reply->type == REDIS_REPLY_INTEGER)
    self->stats->log_entries = (guint64) reply->integer;
}

static gboolean
is_due (RwRedisSnapshots *self, gint64 now_us)
{
  if (rw_redis_upload_is_under_way (self->upload))
    return FALSE;
  return self->entries >= MAX_ENTRIES ||
         (self->entries > 0 && now_us >= self->considered_us + PERIOD_US);
}

/**
 * rw_redis_snapshots_consider: whether it is time for one, of @replica.
 *
 * One node does it for all; whoever comes too late has done its part.
 */
void
rw_redis_snapshots_consider (RwRedisSnapshots *self, RwReplica *replica,
                             const char *epoch)
{
  gint64 now_us = g_get_monotonic_time ();

  rw_redis_say (self->redis, ANSWER_MS, on_length, self, "XLEN",
                self->keys->log, NULL);
  if (!is_due (self, now_us))
    return;

  self->considered_us = now_us;
  self->entries = 0;
  self->replica = replica;
  g_free (self->epoch);
  self->epoch = g_strdup (epoch);
  rw_redis_say (self->redis, ANSWER_MS, on_locked, self, "SET",
                self->keys->lock, "1", "NX", "PX", "1000", NULL);
}

void
rw_redis_snapshots_note_entry (RwRedisSnapshots *self)
{
  self->entries++;
}

/** rw_redis_snapshots_end: until it is considered again. */
void
rw_redis_snapshots_end (RwRedisSnapshots *self)
{
  self->replica = NULL;
  rw_redis_upload_end (self->upload);
}

/** rw_redis_snapshots_get_age_us: of our last one; -1 when there is none. */
gint64
rw_redis_snapshots_get_age_us (RwRedisSnapshots *self)
{
  return self->saved_us > 0 ? g_get_monotonic_time () - self->saved_us : -1;
}

/** rw_redis_snapshots_new: all outlive it but @redis, which is freed first. */
RwRedisSnapshots *
rw_redis_snapshots_new (RwRedis *redis, const RwRedisKeys *keys,
                        RwRedisStats *stats)
{
  RwRedisSnapshots *self = g_new0 (RwRedisSnapshots, 1);

  self->redis = redis;
  self->keys = keys;
  self->stats = stats;
  self->upload = rw_redis_upload_new (redis, keys->upload, on_uploaded, self);
  self->considered_us = g_get_monotonic_time ();
  return self;
}

/** rw_redis_snapshots_free: after its connection. NULL is fine. */
void
rw_redis_snapshots_free (RwRedisSnapshots *self)
{
  if (self == NULL)
    return;

  rw_redis_upload_free (self->upload);
  g_free (self->epoch);
  g_free (self);
}
