/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-redis.h"

#include "rw-redis.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>

/* How long a connection takes that is made again. */
#define MIN_BACKOFF_US 50000
#define MAX_BACKOFF_US 600000

/* A command on its way, or its answer. */
typedef struct {
  guint ref_count;
  RwRedis *link;    /* NULL: nobody waits any more */
  gboolean is_lost; /* it does not reach Redis */
  gboolean is_mute; /* its answer does not come back */
  RwCommand *args;
  RwRedisReplyFunc func; /* NULL: answered */
  gpointer user_data;
  gint64 sent_us;
  gint64 block_until_us; /* of a read that waits at Redis */
  GBytes *answer;
} Command;

struct _RwRedis {
  SimRedis *redis;
  SimOwner *owner;
  RwRedisFuncs funcs;
  gpointer user_data;
  gint64 stall_us;
  gboolean is_up;
  gboolean is_broken; /* something was lost on the way */
  GQueue pending;     /* Command, in the order they were sent */
  gint64 to_us;       /* when the last one arrives */
  gint64 from_us;
  SimEvent *timer; /* the next attempt, or a look at what is late */
};

struct _SimRedis {
  lua_State *lua;
  SimRandom *random;
  gint64 max_delay_us;
  SimOwner *owner;
  gboolean is_stopped;
  guint n_runs;
  guint64 n_grown;
  GPtrArray *links;   /* RwRedis */
  GPtrArray *reading; /* Command: reads that wait */
  GHashTable *cuts;   /* SimOwner -> 1: to, 2: from, 3: both */
  GHashTable *counts; /* SimOwner -> guint64 * */
};

static SimRedis *used;

G_DEFINE_QUARK (rw - redis - error - quark, rw_redis_error)

/* --- Lua --- */

static void
call (SimRedis *self, int n_args, int n_results)
{
  if (lua_pcall (self->lua, n_args, n_results, 0) != 0)
    g_error ("redis.lua: %s", lua_tostring (self->lua, -1));
}

static void
push_bytes (SimRedis *self, GBytes *bytes)
{
  gsize len;
  const char *data = g_bytes_get_data (bytes, &len);

  lua_pushlstring (self->lua, data != NULL ? data : "", len);
}

static gboolean
is_command (const RwCommand *command, const char *name)
{
  gsize len;
  const char *data = g_bytes_get_data (g_ptr_array_index (command, 0), &len);

  return len == strlen (name) && memcmp (data, name, len) == 0;
}

static GBytes *
load (SimRedis *self, GBytes *text)
{
  gsize len;
  const char *data = g_bytes_get_data (text, &len);
  g_autofree char *sha =
      g_compute_checksum_for_string (G_CHECKSUM_SHA1, data, (gssize) len);

  lua_getglobal (self->lua, "sim_load");
  lua_pushstring (self->lua, sha);
  push_bytes (self, text);
  call (self, 2, 0);
  return g_bytes_new_static ("+OK\r\n", 5);
}

GBytes *
sim_redis_run (SimRedis *self, const RwCommand *command)
{
  GBytes *answer;
  const char *text;
  gsize len;

  if (is_command (command, "SCRIPT"))
    return load (self, g_ptr_array_index (command, 2));

  lua_getglobal (self->lua, "sim_set_time");
  lua_pushnumber (self->lua, (lua_Number) sim_time_get ());
  call (self, 1, 0);
  lua_getglobal (self->lua, "sim_run");
  for (guint i = 0; i < command->len; i++)
    push_bytes (self, g_ptr_array_index (command, i));
  call (self, (int) command->len, 2);
  text = lua_tolstring (self->lua, -2, &len);
  if (text[0] == '-')
    g_error ("A command failed: %.*s", (int) len - 3, text + 1);
  answer = g_bytes_new (text, len);
  self->n_grown = (guint64) lua_tonumber (self->lua, -1);
  lua_pop (self->lua, 2);
  return answer;
}

/* --- Commands on their way --- */

static void
command_unref (gpointer data)
{
  Command *self = data;

  if (--self->ref_count > 0)
    return;
  g_ptr_array_unref (self->args);
  g_clear_pointer (&self->answer, g_bytes_unref);
  g_free (self);
}

static Command *
command_ref (Command *self)
{
  self->ref_count++;
  return self;
}

/* When what is sent now arrives: behind what was sent before. */
static gint64
get_arrival_us (SimRedis *self, gint64 before_us)
{
  gint64 at_us =
      sim_time_get () + sim_random_range (self->random, 20, self->max_delay_us);

  return MAX (before_us, at_us);
}

static gboolean
is_cut (SimRedis *self, SimOwner *owner, guint direction)
{
  return (GPOINTER_TO_UINT (g_hash_table_lookup (self->cuts, owner)) &
          direction) != 0;
}

static void look_at_late (RwRedis *link);

/* Its answer is the next that is due. */
static void
on_answer (gpointer data)
{
  Command *command = data;
  RwRedis *link = command->link;
  redisReader *reader;
  gpointer reply = NULL;
  gsize len;
  const char *text;

  if (link == NULL)
    return;
  if (link->is_broken || command->is_mute ||
      is_cut (link->redis, link->owner, 2)) {
    link->is_broken = TRUE;
    return;
  }

  g_assert_true (g_queue_pop_head (&link->pending) == command);
  command->link = NULL;
  reader = redisReaderCreate ();
  text = g_bytes_get_data (command->answer, &len);
  redisReaderFeed (reader, text, len);
  g_assert_cmpint (redisReaderGetReply (reader, &reply), ==, REDIS_OK);
  command->func (reply, NULL, command->user_data);
  freeReplyObject (reply);
  redisReaderFree (reader);
  if (link->is_up)
    link->funcs.answered (link, sim_time_get () - command->sent_us,
                          link->user_data);
  command_unref (command);
}

static void
answer (SimRedis *self, Command *command, GBytes *text)
{
  RwRedis *link = command->link;

  command->answer = text;
  if (link == NULL)
    return;
  link->from_us = get_arrival_us (self, link->from_us);
  sim_time_add (link->owner, link->from_us, on_answer, command_ref (command),
                command_unref);
}

static gboolean
is_nothing (GBytes *text)
{
  return g_bytes_get_size (text) == 5 &&
         memcmp (g_bytes_get_data (text, NULL), "$-1\r\n", 5) == 0;
}

static void
on_read_over (gpointer data)
{
  Command *command = data;
  SimRedis *self = used;

  for (guint i = 0; i < self->reading->len; i++) {
    if (g_ptr_array_index (self->reading, i) != command)
      continue;
    answer (self, command, g_bytes_new_static ("$-1\r\n", 5));
    g_ptr_array_remove_index (self->reading, i);
    return;
  }
}

static void
read_or_wait (SimRedis *self, Command *command)
{
  GBytes *text = sim_redis_run (self, command->args);

  if (!is_nothing (text)) {
    answer (self, command, text);
    return;
  }

  g_bytes_unref (text);
  g_ptr_array_add (self->reading, command_ref (command));
  sim_time_add (self->owner, sim_time_get () + G_USEC_PER_SEC, on_read_over,
                command_ref (command), command_unref);
}

static void
serve_reading (SimRedis *self)
{
  for (guint i = 0; i < self->reading->len;) {
    Command *command = g_ptr_array_index (self->reading, i);
    GBytes *text =
        command->link != NULL ? sim_redis_run (self, command->args) : NULL;

    if (text != NULL && is_nothing (text)) {
      g_bytes_unref (text);
      i++;
      continue;
    }
    if (text != NULL)
      answer (self, command, text);
    g_ptr_array_remove_index (self->reading, i);
  }
}

static void
on_command (gpointer data)
{
  Command *command = data;
  SimRedis *self = used;
  guint64 n_grown = self->n_grown;

  if (command->is_lost)
    return;
  if (command->link != NULL &&
      (command->link->is_broken || is_cut (self, command->link->owner, 1))) {
    command->link->is_broken = TRUE;
    return;
  }

  if (is_command (command->args, "XREAD"))
    read_or_wait (self, command);
  else
    answer (self, command, sim_redis_run (self, command->args));
  if (self->n_grown != n_grown)
    serve_reading (self);
}

/* --- Connections --- */

static void
fail_all (RwRedis *link)
{
  g_autoptr (GError) error =
      g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN, "down");
  guint n_passed = link->is_broken
                       ? 0
                       : (guint) sim_random_range (link->redis->random, 0,
                                                   link->pending.length);
  Command *command;

  while ((command = g_queue_pop_head (&link->pending)) != NULL) {
    command->is_lost = command->answer == NULL && n_passed == 0;
    if (n_passed > 0)
      n_passed--;
    command->link = NULL;
    command->func (NULL, error, command->user_data);
    command_unref (command);
  }
}

static void try_again (RwRedis *link);

static void
set_timer (RwRedis *link, gint64 in_us, SimFunc func)
{
  if (link->timer != NULL)
    sim_time_remove (link->timer);
  link->timer =
      sim_time_add (link->owner, sim_time_get () + in_us, func, link, NULL);
}

static void
on_try (gpointer data)
{
  RwRedis *link = data;
  SimRedis *self = link->redis;

  link->timer = NULL;
  if (self->is_stopped || self->owner->frozen_until_us > sim_time_get () ||
      is_cut (self, link->owner, 3)) {
    try_again (link);
    return;
  }

  link->is_up = TRUE;
  link->is_broken = FALSE;
  link->to_us = link->from_us = 0;
  link->funcs.up (link, link->user_data);
}

static void
try_again (RwRedis *link)
{
  set_timer (
      link,
      sim_random_range (link->redis->random, MIN_BACKOFF_US, MAX_BACKOFF_US),
      on_try);
}

static void
drop (RwRedis *link)
{
  g_autoptr (GError) error =
      g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN, "down");

  if (!link->is_up)
    return;

  link->is_up = FALSE;
  try_again (link);
  fail_all (link);
  link->funcs.down (link, error, link->user_data);
}

static void
on_late (gpointer data)
{
  RwRedis *link = data;
  const Command *first = g_queue_peek_head (&link->pending);

  link->timer = NULL;
  if (first != NULL && sim_time_get () - first->sent_us >= link->stall_us)
    drop (link);
  else
    look_at_late (link);
}

static void
look_at_late (RwRedis *link)
{
  if (link->timer == NULL && link->is_up)
    set_timer (link, link->stall_us / 4, on_late);
}

/* --- RwRedis --- */

static void
on_begin (gpointer data)
{
  RwRedis *link = data;

  link->timer = NULL;
  on_try (link);
}

RwRedis *
rw_redis_new (GUri *uri, guint stall_ms, GMainContext *context,
              const RwRedisFuncs *funcs, gpointer user_data)
{
  RwRedis *self = g_new0 (RwRedis, 1);

  self->redis = used;
  self->owner = sim_owner_ref (sim_owner_find (context));
  self->funcs = *funcs;
  self->user_data = user_data;
  self->stall_us = stall_ms * G_GINT64_CONSTANT (1000);
  g_ptr_array_add (used->links, self);
  set_timer (self, 0, on_begin);
  return self;
}

void
rw_redis_free (RwRedis *self)
{
  if (self == NULL)
    return;

  self->is_up = FALSE;
  fail_all (self);
  if (self->timer != NULL)
    sim_time_remove (self->timer);
  g_ptr_array_remove (self->redis->links, self);
  sim_owner_unref (self->owner);
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
  Command *sent;
  guint64 *count;

  if (!self->is_up)
    return FALSE;

  sent = g_new0 (Command, 1);
  sent->ref_count = 1;
  sent->link = self;
  sent->args = rw_command_new_empty ();
  rw_command_add_all (sent->args, command);
  sent->func = func;
  sent->user_data = user_data;
  sent->sent_us = sim_time_get ();
  g_queue_push_tail (&self->pending, sent);
  self->to_us = get_arrival_us (self->redis, self->to_us);
  sim_time_add (self->redis->owner, self->to_us, on_command, command_ref (sent),
                command_unref);
  look_at_late (self);
  count = g_hash_table_lookup (self->redis->counts, self->owner);
  if (count == NULL) {
    count = g_new0 (guint64, 1);
    g_hash_table_insert (self->redis->counts, self->owner, count);
  }
  ++*count;
  return TRUE;
}

void
rw_redis_drop (RwRedis *self, const GError *error)
{
  drop (self);
}

void
rw_redis_reset_backoff (RwRedis *self)
{
}

/* --- What goes wrong --- */

static void
hang_up (gpointer data)
{
  ((RwRedis *) data)->timer = NULL;
  drop (data);
}

void
sim_redis_hang_up (SimRedis *self, SimOwner *owner)
{
  for (guint i = 0; i < self->links->len; i++) {
    RwRedis *link = g_ptr_array_index (self->links, i);

    if (link->is_up && (owner == NULL || link->owner == owner))
      set_timer (link, get_arrival_us (self, 0) - sim_time_get (), hang_up);
  }
}

void
sim_redis_forget (SimRedis *self, SimOwner *owner)
{
  for (guint i = 0; i < self->links->len; i++) {
    RwRedis *link = g_ptr_array_index (self->links, i);

    if (link->owner == owner)
      drop (link);
  }
  g_hash_table_remove (self->cuts, owner);
}

static void
forget_reading (SimRedis *self)
{
  g_ptr_array_set_size (self->reading, 0);
}

void
sim_redis_stop (SimRedis *self)
{
  self->is_stopped = TRUE;
  for (guint i = 0; i < self->links->len; i++) {
    RwRedis *link = g_ptr_array_index (self->links, i);

    link->is_broken = TRUE;
  }
  forget_reading (self);
  sim_redis_hang_up (self, NULL);
}

void
sim_redis_start (SimRedis *self, SimRedisWhat what)
{
  static const char *const names[] = {"all", "kept", "nothing"};
  g_autofree char *id = g_strdup_printf ("%040x", ++self->n_runs);

  self->is_stopped = FALSE;
  lua_getglobal (self->lua, "sim_restart");
  lua_pushstring (self->lua, id);
  lua_pushstring (self->lua, names[what]);
  call (self, 2, 0);
}

void
sim_redis_flush (SimRedis *self)
{
  g_autoptr (RwCommand) command = rw_command_new ("FLUSHALL", NULL);

  g_bytes_unref (sim_redis_run (self, command));
}

void
sim_redis_keep (SimRedis *self)
{
  lua_getglobal (self->lua, "sim_keep");
  call (self, 0, 0);
}

void
sim_redis_freeze (SimRedis *self, gint64 until_us)
{
  self->owner->frozen_until_us = MAX (self->owner->frozen_until_us, until_us);
}

void
sim_redis_cut (SimRedis *self, SimOwner *owner, gboolean is_to,
               gboolean is_from)
{
  guint directions = (is_to ? 1 : 0) | (is_from ? 2 : 0);

  g_hash_table_insert (self->cuts, owner, GUINT_TO_POINTER (directions));
}

gboolean
sim_redis_is_away (SimRedis *self, SimOwner *owner)
{
  return self->is_stopped || self->owner->frozen_until_us > sim_time_get () ||
         is_cut (self, owner, 3);
}

gboolean
sim_redis_is_stopped (SimRedis *self)
{
  return self->is_stopped;
}

guint64
sim_redis_count (SimRedis *self, SimOwner *owner)
{
  const guint64 *count = g_hash_table_lookup (self->counts, owner);

  return count != NULL ? *count : 0;
}

/* --- Life --- */

SimRedis *
sim_redis_new (const char *source, SimRandom *random, gint64 max_delay_us)
{
  SimRedis *self = g_new0 (SimRedis, 1);

  self->random = random;
  self->max_delay_us = max_delay_us;
  self->owner = sim_owner_new ();
  self->links = g_ptr_array_new ();
  self->reading = g_ptr_array_new_with_free_func (command_unref);
  self->cuts = g_hash_table_new (NULL, NULL);
  self->counts = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->lua = luaL_newstate ();
  luaL_openlibs (self->lua);
  if (luaL_loadfile (self->lua, source) != 0)
    g_error ("%s", lua_tostring (self->lua, -1));
  call (self, 0, 0);
  sim_redis_start (self, SIM_REDIS_ALL);
  return self;
}

void
sim_redis_free (SimRedis *self)
{
  g_assert_cmpuint (self->links->len, ==, 0);
  lua_close (self->lua);
  g_ptr_array_unref (self->links);
  g_ptr_array_unref (self->reading);
  g_hash_table_unref (self->cuts);
  g_hash_table_unref (self->counts);
  sim_owner_unref (self->owner);
  g_free (self);
}

void
sim_redis_use (SimRedis *self)
{
  used = self;
}
