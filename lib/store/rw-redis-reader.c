/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-reader.h"

#include "rw-redis-scripts.h"
#include "rw-redis-snapshots.h"
#include "rw-redis-writer.h"
#include "rw-redis.h"

/* How long a read waits for the next entry: an answer at least so often also
 * shows that Redis is there. */
#define BLOCK_MS 1000

/* And how much later than that it may answer. */
#define LATE_MS 2000

/* Entries of one read that waits. Each may be as long as a message, and it can
 * not be said how many bytes they may have in all. */
#define MAX_WAITED_FOR 8

/* Of one that does not wait: what it may hold up the clients for, and what one
 * answer may take of memory here and in Redis. */
#define MAX_ENTRIES 256
#define MAX_BYTES   1048576

/* From one answer at the end of the log to the next, lest what came between
 * has been forgotten meanwhile: twice as long is safe. */
#define MAX_UNSEEN_US                                                          \
  (RW_REDIS_KEEP_LOG_MS / 2 * (gint64) G_TIME_SPAN_MILLISECOND)

struct _RwRedisReader {
  RwRedis *redis;
  const RwRedisKeys *keys;
  RwRedisReaderFuncs funcs;
  gpointer user_data;
  RwReplicaPosition position;
  char *epoch; /* nullable */
  guint run;   /* how often it began or ended */
  guint stale; /* reads whose answers are nothing any more */
  gboolean reading;
  gboolean taken;   /* something, of the last answer */
  gboolean at_end;  /* when it was asked the last time */
  gboolean begun;   /* and has not caught up since */
  gint64 asked_us;  /* the read under way */
  gint64 at_end_us; /* the read before, if it came to the end */
};

static void read_on (RwRedisReader *self);

/** rw_redis_parse_position: of MS-SEQ. */
gboolean
rw_redis_parse_position (const char *text, RwReplicaPosition *position)
{
  g_auto (GStrv) parts = g_strsplit (text, "-", 2);

  return g_strv_length (parts) == 2 &&
         g_ascii_string_to_unsigned (parts[0], 10, 0, G_MAXINT64 / 1000,
                                     &position->ms, NULL) &&
         g_ascii_string_to_unsigned (parts[1], 10, 0, G_MAXUINT64,
                                     &position->seq, NULL);
}

char *
rw_redis_print_position (const RwReplicaPosition *position)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT,
                          position->ms, position->seq);
}

static const redisReply *
get_element (const redisReply *array, gsize i)
{
  if (array == NULL || array->type != REDIS_REPLY_ARRAY || i >= array->elements)
    return NULL;
  return array->element[i];
}

static gboolean
is_text (const redisReply *reply)
{
  return reply != NULL && reply->type == REDIS_REPLY_STRING;
}

/* NULL when it is not there. */
static const redisReply *
get_field (const redisReply *fields, const char *name)
{
  const redisReply *given = get_element (fields, 0);
  const redisReply *value = get_element (fields, 1);

  if (!is_text (given) || !g_str_equal (given->str, name) || !is_text (value))
    return NULL;
  return value;
}

/* Anybody who may write to this Redis can have put something else there. */
static GBytes *
get_bytes (const redisReply *fields)
{
  const redisReply *value = get_field (fields, RW_REDIS_FIELD);

  if (value == NULL)
    return g_bytes_new_static ("", 0);
  return g_bytes_new (value->str, (gsize) value->len);
}

static void
check_epoch (RwRedisReader *self, const redisReply *epoch)
{
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (epoch->str, self->epoch) == 0)
    return;

  error = g_error_new (RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED,
                       "%s has begun anew", self->keys->log);
  rw_redis_drop (self->redis, error);
}

static gboolean
take_entry (RwRedisReader *self, const redisReply *entry)
{
  const redisReply *id = get_element (entry, 0);
  const redisReply *epoch =
      get_field (get_element (entry, 1), RW_REDIS_EPOCH_FIELD);
  g_autoptr (GBytes) bytes = get_bytes (get_element (entry, 1));
  RwReplicaPosition position;

  if (!is_text (id) || !rw_redis_parse_position (id->str, &position))
    return FALSE;

  self->position = position;
  if (epoch != NULL)
    check_epoch (self, epoch);
  else
    self->funcs.entry (&position, bytes, self->user_data);
  return TRUE;
}

static gboolean
take_entries (RwRedisReader *self, const redisReply *entries)
{
  guint run = self->run;

  if (entries == NULL || entries->type != REDIS_REPLY_ARRAY)
    return FALSE;

  self->taken = entries->elements > 0;
  for (gsize i = 0; i < entries->elements && run == self->run; i++) {
    if (!take_entry (self, entries->element[i]))
      return FALSE;
  }
  return TRUE;
}

/* [[key, entries]], or nil when nothing came. */
static gboolean
take_waited_for (RwRedisReader *self, const redisReply *reply)
{
  const redisReply *entries = get_element (get_element (reply, 0), 1);

  self->taken = FALSE;
  if (reply->type == REDIS_REPLY_NIL)
    return TRUE;

  self->at_end = entries != NULL && entries->elements < MAX_WAITED_FOR;
  return take_entries (self, entries);
}

/* [entries, whether there may be more] */
static gboolean
take_range (RwRedisReader *self, const redisReply *reply)
{
  const redisReply *more = get_element (reply, 1);

  if (more == NULL || more->type != REDIS_REPLY_INTEGER)
    return FALSE;

  self->at_end = more->integer == 0;
  return take_entries (self, get_element (reply, 0));
}

static void
refuse (RwRedisReader *self, const char *why)
{
  g_autoptr (GError) error =
      g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED, why);

  rw_redis_drop (self->redis, error);
}

static void
note_end (RwRedisReader *self)
{
  if (!self->at_end)
    return;

  self->at_end_us = self->asked_us;
  if (self->begun) {
    self->begun = FALSE;
    self->funcs.caught_up (self->user_data);
  }
}

static void
go_on (RwRedisReader *self, gboolean taken, guint run)
{
  if (run != self->run)
    return;
  if (!taken) {
    refuse (self, "the log could not be read");
    return;
  }

  rw_redis_note_well (self->redis);
  if (self->taken)
    self->funcs.pause (self->user_data);
  if (run == self->run)
    note_end (self);
  if (run == self->run)
    read_on (self);
}

static gboolean
is_stale (RwRedisReader *self, const GError *error)
{
  if (self->stale > 0) {
    self->stale--;
    return TRUE;
  }

  self->reading = FALSE;
  if (g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED))
    rw_redis_drop (self->redis, error);
  return error != NULL;
}

static void
on_range (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisReader *self = user_data;
  guint run = self->run;

  if (!is_stale (self, error))
    go_on (self, take_range (self, reply), run);
}

static void
on_waited (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisReader *self = user_data;
  guint run = self->run;

  if (is_stale (self, error))
    return;
  if (g_get_monotonic_time () > self->at_end_us + MAX_UNSEEN_US)
    refuse (self, "too long ago that the log was read");
  else
    go_on (self, take_waited_for (self, reply), run);
}

/* A read that waits can wait only at the end, and one that does not wait sees
 * whether it comes too late. */
static void
read_on (RwRedisReader *self)
{
  g_autofree char *position = rw_redis_print_position (&self->position);

  self->asked_us = g_get_monotonic_time ();
  if (self->at_end)
    self->reading = rw_redis_say (
        self->redis, BLOCK_MS + LATE_MS, on_waited, self, "XREAD", "COUNT",
        G_STRINGIFY (MAX_WAITED_FOR), "BLOCK", G_STRINGIFY (BLOCK_MS),
        "STREAMS", self->keys->log, position, NULL);
  else
    self->reading = rw_redis_say (
        self->redis, LATE_MS, on_range, self, "EVAL", rw_redis_script_read, "2",
        self->keys->log, self->keys->snapshot, position,
        G_STRINGIFY (MAX_ENTRIES), G_STRINGIFY (MAX_BYTES), NULL);
}

/** rw_redis_reader_end: no entry comes until it begins again. */
void
rw_redis_reader_end (RwRedisReader *self)
{
  self->run++;
  if (self->reading)
    self->stale++;
  self->reading = FALSE;
}

/** rw_redis_reader_begin: what comes behind @position in the log of @epoch. */
void
rw_redis_reader_begin (RwRedisReader *self, const RwReplicaPosition *position,
                       const char *epoch)
{
  rw_redis_reader_end (self);
  self->position = *position;
  g_free (self->epoch);
  self->epoch = g_strdup (epoch);
  self->at_end = FALSE;
  self->begun = TRUE;
  read_on (self);
}

gboolean
rw_redis_reader_is_up (RwRedisReader *self)
{
  return rw_redis_is_up (self->redis);
}

static void
on_up (RwRedis *redis, gpointer user_data)
{
  RwRedisReader *self = user_data;

  self->funcs.up (self->user_data);
}

static void
on_down (RwRedis *redis, const GError *error, gpointer user_data)
{
  RwRedisReader *self = user_data;

  rw_redis_reader_end (self);
  self->funcs.down (error, self->user_data);
}

/** rw_redis_reader_new: @keys outlive it. */
RwRedisReader *
rw_redis_reader_new (const RwRedisUri *uri, const RwRedisKeys *keys,
                     GMainContext *context, const RwRedisReaderFuncs *funcs,
                     gpointer user_data)
{
  static const RwRedisFuncs redis_funcs = {on_up, on_down};
  RwRedisReader *self = g_new0 (RwRedisReader, 1);

  self->keys = keys;
  self->funcs = *funcs;
  self->user_data = user_data;
  self->redis = rw_redis_new (uri, context, &redis_funcs, self);
  return self;
}

/** rw_redis_reader_free: NULL is fine. */
void
rw_redis_reader_free (RwRedisReader *self)
{
  if (self == NULL)
    return;

  rw_redis_free (self->redis);
  g_free (self->epoch);
  g_free (self);
}
