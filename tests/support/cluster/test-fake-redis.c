/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-fake-redis.h"

#include <string.h>

typedef struct {
  RwCommand *args;
  RwRedisReplyFunc func;
  gpointer user_data;
} Command;

struct _RwRedis {
  RwRedisFuncs funcs;
  gpointer user_data;
  gboolean is_up;
  GQueue commands; /* Command */
};

static GPtrArray *all;

G_DEFINE_QUARK (rw - redis - error - quark, rw_redis_error)

RwRedis *
test_fake_redis_get (guint n)
{
  g_assert_cmpuint (n, <, all->len);
  return g_ptr_array_index (all, n);
}

/* --- As RwRedis --- */

RwRedis *
rw_redis_new (GUri *uri, guint stall_ms, GMainContext *context,
              const RwRedisFuncs *funcs, gpointer user_data)
{
  RwRedis *self = g_new0 (RwRedis, 1);

  self->funcs = *funcs;
  self->user_data = user_data;
  if (all == NULL)
    all = g_ptr_array_new ();
  g_ptr_array_add (all, self);
  return self;
}

static void
finish (RwRedis *self, const redisReply *reply, const GError *error)
{
  g_autofree Command *command = g_queue_pop_head (&self->commands);

  command->func (reply, error, command->user_data);
  g_ptr_array_unref (command->args);
}

static void
fail_all (RwRedis *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN, "down");

  while (!g_queue_is_empty (&self->commands))
    finish (self, NULL, error);
}

void
rw_redis_free (RwRedis *self)
{
  fail_all (self);
  g_ptr_array_remove (all, self);
  g_free (self);
}

gboolean
rw_redis_is_up (RwRedis *self)
{
  return self->is_up;
}

gboolean
rw_redis_send (RwRedis *self, const RwCommand *command, RwRedisReplyFunc func,
               gpointer user_data)
{
  Command *kept;

  if (!self->is_up)
    return FALSE;

  kept = g_new (Command, 1);
  *kept = (Command){rw_command_new_empty (), func, user_data};
  rw_command_add_all (kept->args, command);
  g_queue_push_tail (&self->commands, kept);
  return TRUE;
}

void
rw_redis_drop (RwRedis *self, const GError *error)
{
  if (self->is_up)
    test_fake_redis_go_down (self);
}

void
rw_redis_reset_backoff (RwRedis *self)
{
}

/* --- For the test --- */

void
test_fake_redis_go_up (RwRedis *self)
{
  self->is_up = TRUE;
  self->funcs.up (self, self->user_data);
}

void
test_fake_redis_go_down (RwRedis *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN, "down");

  self->is_up = FALSE;
  fail_all (self);
  self->funcs.down (self, error, self->user_data);
}

guint
test_fake_redis_get_n (RwRedis *self)
{
  return self->commands.length;
}

void
test_fake_redis_skip (RwRedis *self)
{
  while (!g_queue_is_empty (&self->commands))
    test_fake_redis_answer (self, "+OK\r\n", -1);
}

char *
test_fake_redis_dup_args (RwRedis *self)
{
  const Command *command = g_queue_peek_head (&self->commands);
  GString *text = g_string_new (NULL);

  for (guint i = 0; command != NULL && i < command->args->len; i++) {
    gsize len;
    const char *data =
        g_bytes_get_data (g_ptr_array_index (command->args, i), &len);

    g_string_append_printf (text, i > 0 ? " %.*s" : "%.*s", (int) len, data);
  }
  return g_string_free (text, FALSE);
}

void
test_fake_redis_answer (RwRedis *self, const char *resp, gssize len)
{
  redisReader *reader = redisReaderCreate ();
  g_autoptr (GError) error = NULL;
  redisReply *reply;
  gpointer got = NULL;

  redisReaderFeed (reader, resp, len >= 0 ? (gsize) len : strlen (resp));
  g_assert_cmpint (redisReaderGetReply (reader, &got), ==, REDIS_OK);
  g_assert_nonnull (got);
  reply = got;
  if (reply->type == REDIS_REPLY_ERROR)
    error = g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED,
                                 reply->str);
  finish (self, error == NULL ? reply : NULL, error);
  freeReplyObject (reply);
  redisReaderFree (reader);
  if (self->is_up)
    self->funcs.answered (self, 1, self->user_data);
}

void
test_resp_add_array (GString *resp, guint n)
{
  g_string_append_printf (resp, "*%u\r\n", n);
}

void
test_resp_add_text (GString *resp, const char *text, gssize len)
{
  gsize n = len >= 0 ? (gsize) len : strlen (text);

  g_string_append_printf (resp, "$%" G_GSIZE_FORMAT "\r\n", n);
  g_string_append_len (resp, text, (gssize) n);
  g_string_append (resp, "\r\n");
}
