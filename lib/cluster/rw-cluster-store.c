/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-store.h"

#include "rw-redis-uri.h"

#include <string.h>

/* In which Redis makes progress; and a read that may wait for entries. */
#define STALL_MS      1500
#define READ_STALL_MS (STALL_MS + 1000)

struct _RwClusterStore {
  RwRedis *commands;
  RwRedis *reader;
  char *prefix;
  char *me;
  char *where; /* for people */
  RwClusterStoreFuncs funcs;
  gpointer user_data;
  char *shas[RW_N_SCRIPTS];
  gboolean is_up;
  gboolean is_open; /* calls are sent */
  gboolean is_dropping;
  gboolean is_reported; /* that it is away */
  guint64 n_commands;
  GQueue calls; /* Call: not answered, in order */
  gsize call_bytes;
  guint64 last_number;
  guint64 latency_buckets[RW_STORE_N_BUCKETS + 1];
  gint64 latency_sum_us;
};

typedef struct {
  RwClusterStore *owner;
  GList link; /* in the store's calls */
  RwScript script;
  RwCommand *args;
  guint64 number;
  RwRedisReplyFunc func;
  gpointer user_data;
  gboolean is_sent;
} Call;

static const gint64 bucket_us[RW_STORE_N_BUCKETS] = {
    250, 500, 1000, 2500, 5000, 25000, 100000, 1000000,
};

/** rw_cluster_store_bucket_us: the upper bound of a bucket but the last. */
gint64
rw_cluster_store_bucket_us (guint bucket)
{
  g_return_val_if_fail (bucket < RW_STORE_N_BUCKETS, 0);

  return bucket_us[bucket];
}

/** rw_cluster_store_get_latency: of commands, @buckets as many and one more. */
gint64
rw_cluster_store_get_latency (RwClusterStore *self, guint64 *buckets)
{
  memcpy (buckets, self->latency_buckets, sizeof self->latency_buckets);
  return self->latency_sum_us;
}

static void
note_latency (RwClusterStore *self, gint64 latency_us)
{
  guint bucket = 0;

  while (bucket < RW_STORE_N_BUCKETS && latency_us > bucket_us[bucket])
    bucket++;
  self->latency_buckets[bucket]++;
  self->latency_sum_us += latency_us;
}

/* --- Down --- */

static void
drop (RwClusterStore *self, const GError *error)
{
  gboolean was_up = self->is_up;

  if (self->is_dropping)
    return;

  self->is_dropping = TRUE;
  self->is_up = FALSE;
  self->is_open = FALSE;
  rw_redis_drop (self->commands, error);
  rw_redis_drop (self->reader, error);
  self->is_dropping = FALSE;
  if (!self->is_reported)
    g_message ("Redis at %s cannot be used: %s; it is tried again until it "
               "can",
               self->where, error->message);
  self->is_reported = TRUE;
  if (was_up)
    self->funcs.down (error, self->user_data);
}

static void
on_answered (RwRedis *redis, gint64 latency_us, gpointer user_data)
{
  RwClusterStore *self = user_data;

  if (!self->is_up)
    return;
  if (redis == self->commands)
    note_latency (self, latency_us);
  self->funcs.answered (self->user_data);
}

/* --- Up --- */

static void
on_loaded (const redisReply *reply, const GError *error, gpointer user_data)
{
  if (error != NULL)
    drop (user_data, error);
}

/* Calls that are sent after this find the scripts. */
static void
load (RwClusterStore *self)
{
  for (guint i = 0; i < RW_N_SCRIPTS; i++) {
    g_autofree char *text = rw_script_dup_text (i);
    g_autoptr (RwCommand) command =
        rw_command_new ("SCRIPT", "LOAD", text, NULL);

    rw_redis_send (self->commands, command, on_loaded, self);
  }
}

static void
on_up (RwRedis *redis, gpointer user_data)
{
  RwClusterStore *self = user_data;

  if (redis == self->commands)
    load (self);
  if (!rw_redis_is_up (self->commands) || !rw_redis_is_up (self->reader))
    return;

  self->is_up = TRUE;
  self->funcs.up (self->user_data);
}

static void
on_down (RwRedis *redis, const GError *error, gpointer user_data)
{
  drop (user_data, error);
}

/* --- Commands --- */

static void
ignore (const redisReply *reply, const GError *error, gpointer user_data)
{
}

/** rw_cluster_store_send: FALSE while it is down: @func is then not called;
 * NULL for an answer that does not matter. */
gboolean
rw_cluster_store_send (RwClusterStore *self, const RwCommand *command,
                       RwRedisReplyFunc func, gpointer user_data)
{
  if (!self->is_up)
    return FALSE;

  self->n_commands++;
  return rw_redis_send (self->commands, command, func != NULL ? func : ignore,
                        user_data);
}

/** rw_cluster_store_read: likewise; @command may wait for a second. */
gboolean
rw_cluster_store_read (RwClusterStore *self, const RwCommand *command,
                       RwRedisReplyFunc func, gpointer user_data)
{
  if (!self->is_up)
    return FALSE;

  self->n_commands++;
  return rw_redis_send (self->reader, command, func, user_data);
}

static gboolean
run_script (RwClusterStore *self, RwScript script, const RwCommand *args,
            guint64 number, RwRedisReplyFunc func, gpointer user_data)
{
  g_autoptr (RwCommand) command = rw_command_new (
      "EVALSHA", self->shas[script], "0", self->prefix, self->me, NULL);

  rw_command_add_number (command, number);
  rw_command_add_all (command, args);
  return rw_cluster_store_send (self, command, func, user_data);
}

/** rw_cluster_store_run: once; FALSE while it is down. */
gboolean
rw_cluster_store_run (RwClusterStore *self, RwScript script,
                      const RwCommand *args, RwRedisReplyFunc func,
                      gpointer user_data)
{
  return run_script (self, script, args, 0, func, user_data);
}

static void
call_finish (Call *call, const redisReply *reply, const GError *error)
{
  RwClusterStore *self = call->owner;

  g_queue_unlink (&self->calls, &call->link);
  self->call_bytes -= rw_command_get_size (call->args);
  call->func (reply, error, call->user_data);
  g_ptr_array_unref (call->args);
  g_free (call);
}

static void
on_called (const redisReply *reply, const GError *error, gpointer user_data)
{
  Call *call = user_data;

  call->is_sent = FALSE;
  if (error == NULL ||
      g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED))
    call_finish (call, reply, error);
}

static void
send_call (Call *call)
{
  if (call->owner->is_open && !call->is_sent)
    call->is_sent = run_script (call->owner, call->script, call->args,
                                call->number, on_called, call);
}

/**
 * rw_cluster_store_call: takes @args. @func comes when Redis has answered, with
 * an error if it refuses, or when the store is freed.
 *
 * Returns: its number, greater than all before
 */
guint64
rw_cluster_store_call (RwClusterStore *self, RwScript script, RwCommand *args,
                       RwRedisReplyFunc func, gpointer user_data)
{
  Call *call = g_new0 (Call, 1);
  guint64 number = ++self->last_number;

  call->owner = self;
  call->link.data = call;
  call->script = script;
  call->args = args;
  call->number = number;
  call->func = func != NULL ? func : ignore;
  call->user_data = user_data;
  self->call_bytes += rw_command_get_size (args);
  g_queue_push_tail_link (&self->calls, &call->link);
  send_call (call);
  return number;
}

/** rw_cluster_store_open: Redis takes what is written: calls that wait are
 * sent. */
void
rw_cluster_store_open (RwClusterStore *self)
{
  if (self->is_reported)
    g_message ("Redis at %s is used again", self->where);
  self->is_reported = FALSE;
  rw_redis_reset_backoff (self->commands);
  rw_redis_reset_backoff (self->reader);
  self->is_open = self->is_up;
  for (GList *l = self->calls.head; l != NULL; l = l->next)
    send_call (l->data);
}

/** rw_cluster_store_drop: begins again, because of @error. */
void
rw_cluster_store_drop (RwClusterStore *self, const GError *error)
{
  drop (self, error);
}

/* --- Life --- */

/** rw_cluster_store_new: connects from the next turn of @context on. @me: the
 * id of this server */
RwClusterStore *
rw_cluster_store_new (GUri *uri, const char *prefix, const char *me,
                      GMainContext *context, const RwClusterStoreFuncs *funcs,
                      gpointer user_data)
{
  static const RwRedisFuncs redis_funcs = {on_up, on_down, on_answered};
  RwClusterStore *self = g_new0 (RwClusterStore, 1);

  self->funcs = *funcs;
  self->user_data = user_data;
  self->prefix = g_strconcat (prefix, ":", NULL);
  self->me = g_strdup (me);
  self->where = rw_redis_uri_to_log (uri);
  for (guint i = 0; i < RW_N_SCRIPTS; i++) {
    g_autofree char *text = rw_script_dup_text (i);

    self->shas[i] = g_compute_checksum_for_string (G_CHECKSUM_SHA1, text, -1);
  }
  self->commands = rw_redis_new (uri, STALL_MS, context, &redis_funcs, self);
  self->reader = rw_redis_new (uri, READ_STALL_MS, context, &redis_funcs, self);
  return self;
}

/** rw_cluster_store_free: what is not answered is, with an error. NULL is fine.
 */
void
rw_cluster_store_free (RwClusterStore *self)
{
  g_autoptr (GError) error = g_error_new_literal (
      RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN, "the server stops");

  if (self == NULL)
    return;

  self->is_up = FALSE;
  self->is_open = FALSE;
  self->is_dropping = TRUE; /* a command that fails now drops neither */
  rw_redis_free (self->reader);
  rw_redis_free (self->commands);
  while (!g_queue_is_empty (&self->calls))
    call_finish (self->calls.head->data, NULL, error);
  for (guint i = 0; i < RW_N_SCRIPTS; i++)
    g_free (self->shas[i]);
  g_free (self->prefix);
  g_free (self->me);
  g_free (self->where);
  g_free (self);
}

gboolean
rw_cluster_store_is_up (RwClusterStore *self)
{
  return self->is_up;
}

/** rw_cluster_store_dup_key: as the scripts build it, such as "log:" and a
 * room. */
char *
rw_cluster_store_dup_key (RwClusterStore *self, const char *kind,
                          const char *name)
{
  return g_strconcat (self->prefix, kind, name, NULL);
}

/** rw_cluster_store_get_n_commands: sent so far. */
guint64
rw_cluster_store_get_n_commands (RwClusterStore *self)
{
  return self->n_commands;
}

/** rw_cluster_store_get_pending_bytes: of calls that are not answered. */
gsize
rw_cluster_store_get_pending_bytes (RwClusterStore *self)
{
  return self->call_bytes;
}
