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

#define UNREADABLE "the log could not be read"

/* An answer that takes longer than this and BLOCK_MS is a long one. */
#define LONG_US (500 * G_TIME_SPAN_MILLISECOND)

/* What was read, and has not been taken yet. */
typedef struct {
  RwReplicaPosition position;
  char *epoch; /* nullable: it is no entry then */
  GBytes *bytes;
} Entry;

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
  GPtrArray *entries; /* Entry: of the last answer */
  gboolean at_end;    /* when it was asked the last time */
  gboolean begun;     /* and has not caught up since */
  gint64 asked_us;    /* the read under way */
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
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->epoch);
  g_bytes_unref (entry->bytes);
  g_free (entry);
}

static gboolean
parse_entry (RwRedisReader *self, const redisReply *given)
{
  const redisReply *id = get_element (given, 0);
  const redisReply *fields = get_element (given, 1);
  const redisReply *epoch = get_field (fields, RW_REDIS_EPOCH_FIELD);
  RwReplicaPosition position;
  Entry *entry;

  if (!is_text (id) || !rw_redis_parse_position (id->str, &position))
    return FALSE;

  entry = g_new0 (Entry, 1);
  entry->position = position;
  entry->epoch = epoch != NULL ? g_strdup (epoch->str) : NULL;
  entry->bytes = get_bytes (fields);
  g_ptr_array_add (self->entries, entry);
  return TRUE;
}

static gboolean
parse_entries (RwRedisReader *self, const redisReply *entries)
{
  if (entries == NULL || entries->type != REDIS_REPLY_ARRAY)
    return FALSE;

  for (gsize i = 0; i < entries->elements; i++) {
    if (!parse_entry (self, entries->element[i]))
      return FALSE;
  }
  return TRUE;
}

/* [[key, entries]], or nil when nothing came. */
static gboolean
parse_waited_for (RwRedisReader *self, const redisReply *reply)
{
  const redisReply *entries = get_element (get_element (reply, 0), 1);

  if (reply->type == REDIS_REPLY_NIL)
    return TRUE;

  self->at_end = entries != NULL && entries->elements < MAX_WAITED_FOR;
  return parse_entries (self, entries);
}

/* [entries, whether there may be more] */
static gboolean
parse_range (RwRedisReader *self, const redisReply *reply)
{
  const redisReply *more = get_element (reply, 1);

  if (more == NULL || more->type != REDIS_REPLY_INTEGER)
    return FALSE;

  self->at_end = more->integer == 0;
  return parse_entries (self, get_element (reply, 0));
}

static void
refuse (RwRedisReader *self, const char *why)
{
  g_autoptr (GError) error =
      g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED, why);

  rw_redis_drop (self->redis, error);
}

static void
check_epoch (RwRedisReader *self, const char *epoch)
{
  g_autofree char *why = NULL;

  if (g_strcmp0 (epoch, self->epoch) == 0)
    return;

  why = g_strdup_printf ("%s has begun anew", self->keys->log);
  refuse (self, why);
}

static void
note_end (RwRedisReader *self)
{
  if (!self->at_end || !self->begun)
    return;

  self->begun = FALSE;
  self->funcs.caught_up (self->user_data);
}

/* Any of them may end it, or begin it anew. */
static void
take_entries (RwRedisReader *self)
{
  g_autoptr (GPtrArray) entries = g_steal_pointer (&self->entries);
  guint run = self->run;

  self->entries = g_ptr_array_new_with_free_func (entry_free);
  for (guint i = 0; i < entries->len && run == self->run; i++) {
    const Entry *entry = g_ptr_array_index (entries, i);

    self->position = entry->position;
    if (entry->epoch != NULL)
      check_epoch (self, entry->epoch);
    else
      self->funcs.entry (&entry->position, entry->bytes, self->user_data);
  }
  if (run == self->run && entries->len > 0)
    self->funcs.pause (self->user_data);
}

static void
go_on (RwRedisReader *self)
{
  guint run = self->run;

  rw_redis_note_well (self->redis);
  take_entries (self);
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

  if (is_stale (self, error))
    return;
  if (parse_range (self, reply))
    go_on (self);
  else
    refuse (self, UNREADABLE);
}

/* What comes is taken once it is known that nothing is missing before it. */
static void
on_waited (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisReader *self = user_data;

  if (self->stale > 0)
    return;
  if (g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED))
    rw_redis_drop (self->redis, error);
  else if (error == NULL && !parse_waited_for (self, reply))
    refuse (self, UNREADABLE);
}

static void
on_forgotten (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisReader *self = user_data;
  RwReplicaPosition forgotten = {0};
  g_autofree char *at = NULL;
  g_autofree char *why = NULL;

  if (is_stale (self, error))
    return;
  if (is_text (reply) && !rw_redis_parse_position (reply->str, &forgotten)) {
    refuse (self, UNREADABLE);
    return;
  }
  if (rw_replica_position_compare (&self->position, &forgotten) >= 0) {
    go_on (self);
    return;
  }

  at = rw_redis_print_position (&self->position);
  why = g_strdup_printf ("the log begins behind %s", at);
  refuse (self, why);
}

/* A read that waits can wait only at the end, and cannot see whether it comes
 * too late, as one that does not wait does. What is asked with it is answered
 * as soon as it is: what was not forgotten then was there to be read. */
static gboolean
wait_for_more (RwRedisReader *self, const char *position)
{
  return rw_redis_say (self->redis, BLOCK_MS + LATE_MS, on_waited, self,
                       "XREAD", "COUNT", G_STRINGIFY (MAX_WAITED_FOR), "BLOCK",
                       G_STRINGIFY (BLOCK_MS), "STREAMS", self->keys->log,
                       position, NULL) &&
         rw_redis_say (self->redis, BLOCK_MS + LATE_MS, on_forgotten, self,
                       "HGET", self->keys->snapshot, "forgotten", NULL);
}

static void
read_on (RwRedisReader *self)
{
  g_autofree char *position = rw_redis_print_position (&self->position);

  g_ptr_array_set_size (self->entries, 0);
  self->asked_us = g_get_monotonic_time ();
  if (self->at_end)
    self->reading = wait_for_more (self, position);
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

/** rw_redis_reader_is_behind: it knows that there is more than it has read. */
gboolean
rw_redis_reader_is_behind (RwRedisReader *self)
{
  return !self->at_end ||
         g_get_monotonic_time () >
             self->asked_us + LONG_US + BLOCK_MS * G_TIME_SPAN_MILLISECOND;
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
  self->entries = g_ptr_array_new_with_free_func (entry_free);
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
  g_ptr_array_unref (self->entries);
  g_free (self->epoch);
  g_free (self);
}
