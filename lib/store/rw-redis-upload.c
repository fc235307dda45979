/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-upload.h"

#include <string.h>

/* What it may hold up the rest of the connection for: 256 KiB, which is also
 * what a link brings within one round trip. */
#define PIECE_BYTES   65536
#define MAX_UNDER_WAY 4

#define ANSWER_MS 2000

/* How long Redis keeps what is not added to, nor taken over. */
#define KEEP_MS 60000

struct _RwRedisUpload {
  RwRedis *redis;
  char *prefix;
  RwRedisUploadFunc func;
  gpointer user_data;
  char *key;     /* NULL: there is none */
  GBytes *bytes; /* NULL: all has been sent and answered */
  gsize size;
  gsize n_sent; /* pieces */
  guint under_way;
  guint stale; /* pieces whose answers are nothing any more */
};

static void
on_said (const redisReply *reply, const GError *error, gpointer user_data)
{
}

static gsize
count_pieces (RwRedisUpload *self)
{
  return (self->size + PIECE_BYTES - 1) / PIECE_BYTES;
}

/** rw_redis_upload_end: forgets it, here and there. */
void
rw_redis_upload_end (RwRedisUpload *self)
{
  if (self->key == NULL)
    return;

  rw_redis_say (self->redis, ANSWER_MS, on_said, self, "UNLINK", self->key,
                NULL);
  self->stale += self->under_way;
  self->under_way = 0;
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->key, g_free);
}

static void
fail (RwRedisUpload *self, const GError *error)
{
  rw_redis_upload_end (self);
  self->func (error, self->user_data);
}

/* Redis may have thrown it away meanwhile, for want of memory. */
static void
fail_as_lost (RwRedisUpload *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED,
                           "Redis did not keep all of the state");

  fail (self, error);
}

static void send_pieces (RwRedisUpload *self);

static void
on_piece (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedisUpload *self = user_data;

  if (self->stale > 0) {
    self->stale--;
    return;
  }

  self->under_way--;
  if (error != NULL) {
    fail (self, error);
  } else if (reply->type != REDIS_REPLY_INTEGER ||
             (gsize) reply->integer != self->size) {
    fail_as_lost (self);
  } else if (self->under_way == 0 && self->n_sent == count_pieces (self)) {
    g_clear_pointer (&self->bytes, g_bytes_unref);
    self->func (NULL, self->user_data);
  } else {
    send_pieces (self);
  }
}

/* The end goes first: it makes room for all, and whatever is lost from then on
 * is seen by the length. */
static gsize
get_offset (RwRedisUpload *self)
{
  gsize i = self->n_sent > 0 ? self->n_sent - 1 : count_pieces (self) - 1;

  return i * PIECE_BYTES;
}

static gboolean
send_piece (RwRedisUpload *self)
{
  gsize offset = get_offset (self);
  const char *data = g_bytes_get_data (self->bytes, NULL);
  g_autofree char *where = g_strdup_printf ("%" G_GSIZE_FORMAT, offset);
  const char *args[] = {"SETRANGE", self->key, where, data + offset};
  const gsize lengths[] = {strlen (args[0]), strlen (args[1]), strlen (args[2]),
                           MIN (PIECE_BYTES, self->size - offset)};

  rw_redis_say (self->redis, ANSWER_MS, on_said, self, "PEXPIRE", self->key,
                G_STRINGIFY (KEEP_MS), NULL);
  return rw_redis_command (self->redis, ANSWER_MS, on_piece, self,
                           G_N_ELEMENTS (args), args, lengths);
}

static void
send_pieces (RwRedisUpload *self)
{
  while (self->under_way < MAX_UNDER_WAY &&
         self->n_sent < count_pieces (self) && send_piece (self)) {
    self->n_sent++;
    self->under_way++;
  }
}

/** rw_redis_upload_begin: of what is not empty; the last one is forgotten. */
void
rw_redis_upload_begin (RwRedisUpload *self, GBytes *bytes)
{
  g_autofree char *id = g_uuid_string_random ();

  rw_redis_upload_end (self);
  self->key = g_strconcat (self->prefix, id, NULL);
  self->bytes = g_bytes_ref (bytes);
  self->size = g_bytes_get_size (bytes);
  self->n_sent = 0;
  rw_redis_say (self->redis, ANSWER_MS, on_said, self, "SET", self->key, "",
                "PX", G_STRINGIFY (KEEP_MS), NULL);
  send_pieces (self);
}

gboolean
rw_redis_upload_is_under_way (RwRedisUpload *self)
{
  return self->bytes != NULL;
}

/** rw_redis_upload_get_key: (nullable): of what is there completely. */
const char *
rw_redis_upload_get_key (RwRedisUpload *self)
{
  return self->bytes == NULL ? self->key : NULL;
}

gsize
rw_redis_upload_get_size (RwRedisUpload *self)
{
  return self->size;
}

/** rw_redis_upload_new: @redis is freed first. */
RwRedisUpload *
rw_redis_upload_new (RwRedis *redis, const char *prefix, RwRedisUploadFunc func,
                     gpointer user_data)
{
  RwRedisUpload *self = g_new0 (RwRedisUpload, 1);

  self->redis = redis;
  self->prefix = g_strdup (prefix);
  self->func = func;
  self->user_data = user_data;
  return self;
}

/** rw_redis_upload_free: after its connection. NULL is fine. */
void
rw_redis_upload_free (RwRedisUpload *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self->key);
  g_free (self->prefix);
  g_free (self);
}
