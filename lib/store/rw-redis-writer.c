/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-writer.h"

#include <string.h>

/* In which time Redis has to take an entry. */
#define APPEND_MS 2000

/* Entries on their way at once: more would only wait in the socket, and hold
 * up what else is said there. One may be longer. */
#define MAX_UNDER_WAY       256
#define MAX_UNDER_WAY_BYTES 524288

/* An entry that has been sent, and not been read back yet. */
typedef struct {
  guint64 n;
  gint64 sent_us;
} Sent;

struct _RwRedisWriter {
  RwRedis *redis;
  char *key;
  RwRedisStats *stats;
  RwReplica *replica; /* NULL: ended */
  guint64 next;
  GQueue under_way; /* of GSIZE_TO_POINTER: how long each is */
  gsize under_way_bytes;
  GQueue sent;
};

/* It is made by who joins; without it Redis was emptied, and to begin a new one
 * would part us from those who read the old one to its end. */
static void
lose_log (RwRedisWriter *self)
{
  g_autoptr (GError) error = g_error_new (
      RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED, "%s is gone", self->key);

  rw_redis_drop (self->redis, error);
}

static void
on_appended (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisWriter *self = user_data;

  self->under_way_bytes -=
      GPOINTER_TO_SIZE (g_queue_pop_head (&self->under_way));
  if (error == NULL && reply->type == REDIS_REPLY_NIL) {
    lose_log (self);
  } else if (error == NULL) {
    rw_redis_note_well (self->redis);
    rw_redis_writer_flush (self);
  } else if (g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED)) {
    rw_redis_drop (self->redis, error);
  }
}

static gboolean
append (RwRedisWriter *self, GBytes *entry)
{
  gsize len;
  const char *data = g_bytes_get_data (entry, &len);
  const char *args[] = {"XADD", self->key,      "NOMKSTREAM",
                        "*",    RW_REDIS_FIELD, data};
  const gsize lengths[] = {4, strlen (self->key),      10,
                           1, strlen (RW_REDIS_FIELD), len};

  return rw_redis_command (self->redis, APPEND_MS, on_appended, self,
                           G_N_ELEMENTS (args), args, lengths);
}

static gboolean
may_send (RwRedisWriter *self)
{
  return self->under_way.length < MAX_UNDER_WAY &&
         self->under_way_bytes < MAX_UNDER_WAY_BYTES;
}

static void
note_sent (RwRedisWriter *self, guint64 n, gsize bytes)
{
  Sent *sent = g_new (Sent, 1);

  sent->n = n;
  sent->sent_us = g_get_monotonic_time ();
  g_queue_push_tail (&self->sent, sent);
  g_queue_push_tail (&self->under_way, GSIZE_TO_POINTER (bytes));
  self->under_way_bytes += bytes;
}

/** rw_redis_writer_flush: sends what there is to be sent, as far as it may. */
void
rw_redis_writer_flush (RwRedisWriter *self)
{
  GBytes *entry;

  if (self->replica == NULL)
    return;

  while (may_send (self) &&
         (entry = rw_replica_get_entry (self->replica, self->next)) != NULL &&
         append (self, entry)) {
    note_sent (self, self->next, g_bytes_get_size (entry));
    self->next++;
  }
}

/** rw_redis_writer_begin: from the first that @replica has not applied. */
void
rw_redis_writer_begin (RwRedisWriter *self, RwReplica *replica)
{
  self->replica = replica;
  self->next = rw_replica_get_last_applied (replica) + 1;
  g_queue_clear_full (&self->sent, g_free);
  rw_redis_writer_flush (self);
}

/** rw_redis_writer_end: until it begins again. */
void
rw_redis_writer_end (RwRedisWriter *self)
{
  self->replica = NULL;
}

/** rw_redis_writer_note_applied: some of ours may have been read back. */
void
rw_redis_writer_note_applied (RwRedisWriter *self)
{
  gint64 now_us = g_get_monotonic_time ();
  guint64 last;
  Sent *sent;

  if (self->replica == NULL)
    return;

  last = rw_replica_get_last_applied (self->replica);
  while ((sent = g_queue_peek_head (&self->sent)) != NULL && sent->n <= last) {
    rw_redis_stats_note_latency (self->stats, now_us - sent->sent_us);
    g_free (g_queue_pop_head (&self->sent));
  }
}

/** rw_redis_writer_new: @redis and @stats outlive it. */
RwRedisWriter *
rw_redis_writer_new (RwRedis *redis, const char *key, RwRedisStats *stats)
{
  RwRedisWriter *self = g_new0 (RwRedisWriter, 1);

  self->redis = redis;
  self->key = g_strdup (key);
  self->stats = stats;
  g_queue_init (&self->sent);
  g_queue_init (&self->under_way);
  return self;
}

/** rw_redis_writer_free: after its connection. NULL is fine. */
void
rw_redis_writer_free (RwRedisWriter *self)
{
  if (self == NULL)
    return;

  g_queue_clear_full (&self->sent, g_free);
  g_queue_clear (&self->under_way);
  g_free (self->key);
  g_free (self);
}
