/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-reader.h"

/* How long a read waits for an entry (see READ_STALL_MS in the store), and how
 * many it takes of each stream. */
#define BLOCK_MS  "1000"
#define MAX_COUNT "256"

/* A read that was requested for another @serial than this is outdated. */
typedef struct {
  char *at; /* the last entry that was read */
  guint serial;
  guint requested;
  gboolean is_grown; /* since it was trimmed */
} Stream;

struct _RwClusterReader {
  RwClusterStore *store;
  char *mailbox;
  RwClusterReaderFunc func;
  gpointer user_data;
  GHashTable *streams; /* key -> Stream */
  guint last_serial;
  gboolean is_reading;
  gboolean is_passing_on;
  gboolean is_woken; /* the read that waits is going to end */
};

static void read_more (RwClusterReader *self);

static void
stream_free (gpointer data)
{
  Stream *stream = data;

  g_free (stream->at);
  g_free (stream);
}

/* An entry may make the stream be read from elsewhere, or not at all. */
static void
take_entries (RwClusterReader *self, const char *key, const redisReply *entries)
{
  for (gsize i = 0; i < rw_reply_get_length (entries); i++) {
    const redisReply *entry = rw_reply_get (entries, i);
    const char *id = rw_reply_get_text (entry, 0);
    Stream *stream = g_hash_table_lookup (self->streams, key);

    if (id == NULL || stream == NULL || stream->requested != stream->serial)
      return;
    g_free (stream->at);
    stream->at = g_strdup (id);
    stream->is_grown = TRUE;
    self->func (key, id, rw_reply_get (entry, 1), self->user_data);
  }
}

static void
on_read (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwClusterReader *self = user_data;

  self->is_reading = FALSE;
  self->is_woken = FALSE;
  if (error != NULL) {
    if (g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED))
      rw_cluster_store_drop (self->store, error);
    return;
  }

  self->is_passing_on = TRUE;
  for (gsize i = 0; i < rw_reply_get_length (reply); i++) {
    const redisReply *stream = rw_reply_get (reply, i);
    const char *key = rw_reply_get_text (stream, 0);

    if (key != NULL)
      take_entries (self, key, rw_reply_get (stream, 1));
  }
  self->is_passing_on = FALSE;
  read_more (self);
}

static void
read_more (RwClusterReader *self)
{
  g_autoptr (RwCommand) command = rw_command_new (
      "XREAD", "COUNT", MAX_COUNT, "BLOCK", BLOCK_MS, "STREAMS", NULL);
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  if (self->is_reading || self->is_passing_on)
    return;

  g_hash_table_iter_init (&iter, self->streams);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    rw_command_add (command, key);
  g_hash_table_iter_init (&iter, self->streams);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Stream *stream = value;

    rw_command_add (command, stream->at);
    stream->requested = stream->serial;
  }
  self->is_reading =
      rw_cluster_store_read (self->store, command, on_read, self);
}

/* A read that waits does not have a new stream: an entry in the mailbox, which
 * means nothing else, ends it. */
static void
wake (RwClusterReader *self)
{
  g_autoptr (RwCommand) command =
      rw_command_new ("XADD", self->mailbox, "*", "kind", "wake", NULL);

  if (self->is_reading && !self->is_passing_on && !self->is_woken)
    self->is_woken = rw_cluster_store_send (self->store, command, NULL, NULL);
  read_more (self);
}

/** rw_cluster_reader_add: entries behind @from; of a stream that is read
 * already, from there again. */
void
rw_cluster_reader_add (RwClusterReader *self, const char *key, const char *from)
{
  Stream *stream = g_new0 (Stream, 1);

  stream->at = g_strdup (from);
  stream->serial = ++self->last_serial;
  g_hash_table_replace (self->streams, g_strdup (key), stream);
  wake (self);
}

void
rw_cluster_reader_remove (RwClusterReader *self, const char *key)
{
  g_hash_table_remove (self->streams, key);
}

/** rw_cluster_reader_trim: deletes what was read of the stream @key. */
void
rw_cluster_reader_trim (RwClusterReader *self, const char *key)
{
  Stream *stream = g_hash_table_lookup (self->streams, key);
  g_autoptr (RwCommand) command = NULL;

  if (stream == NULL || !stream->is_grown)
    return;

  command = rw_command_new ("XTRIM", key, "MINID", stream->at, NULL);
  stream->is_grown = !rw_cluster_store_send (self->store, command, NULL, NULL);
}

/** rw_cluster_reader_go_on: Redis is back. */
void
rw_cluster_reader_go_on (RwClusterReader *self)
{
  read_more (self);
}

/* --- Life --- */

RwClusterReader *
rw_cluster_reader_new (RwClusterStore *store, const char *mailbox,
                       RwClusterReaderFunc func, gpointer user_data)
{
  RwClusterReader *self = g_new0 (RwClusterReader, 1);

  self->store = store;
  self->mailbox = g_strdup (mailbox);
  self->func = func;
  self->user_data = user_data;
  self->streams =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, stream_free);
  rw_cluster_reader_add (self, mailbox, "0-0");
  return self;
}

/** rw_cluster_reader_free: after its store. NULL is fine. */
void
rw_cluster_reader_free (RwClusterReader *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->streams);
  g_free (self->mailbox);
  g_free (self);
}
