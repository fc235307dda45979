/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis.h"

#include <hiredis/async.h>
#include <string.h>

#include "rw-backoff.h"
#include "rw-redis-source.h"
#include "rw-redis-uri.h"
#include "rw-timer.h"

/* In which a name is resolved, or a connection made and logged in. */
#define CONNECT_US (2 * G_USEC_PER_SEC)

/* A Redis that is restarted is tried again within a second. */
static const RwBackoffConfig backoff_config = {
    .delay_us = 50000,
    .factor = 1.6,
    .delay_max_us = 600000,
    .jitter = 0.5,
    .retries = -1,
};

typedef enum {
  STATE_WAITING,    /* for the next attempt */
  STATE_RESOLVING,  /* the host's name */
  STATE_CONNECTING, /* and logging in */
  STATE_UP,
} State;

/* A command under way. hiredis frees it, once it has called back. */
typedef struct {
  RwRedis *owner;
  RwRedisReplyFunc func; /* NULL: has been answered */
  gpointer user_data;
  gint64 sent_us;
} Pending;

struct _RwRedis {
  GUri *uri;
  gint64 stall_us;
  GMainContext *context;
  RwRedisFuncs funcs;
  gpointer user_data;
  State state;
  redisAsyncContext *ac;
  GCancellable *resolving;
  GQueue pending;    /* Pending, in the order they were sent */
  gint64 waiting_us; /* since when there is one */
  RwClock *clock;
  RwTimer *timer;
  RwBackoff backoff;
  GRand *rand;
  guint logging_in;
  guint address;   /* of those that the host has, counted on from the first */
  guint addresses; /* that are left to try before the next delay */
};

G_DEFINE_QUARK (rw - redis - error - quark, rw_redis_error)

/* --- Commands --- */

static void
answer (Pending *pending, const redisReply *reply, const GError *error)
{
  RwRedisReplyFunc func = pending->func;

  pending->func = NULL;
  func (reply, error, pending->user_data);
}

/* Whether Redis itself, not the command, is at fault. */
static gboolean
is_unusable (const char *message)
{
  static const char *const kinds[] = {
      "OOM",  "READONLY", "NOREPLICAS", "LOADING", "MISCONF",    "MASTERDOWN",
      "BUSY", "NOSCRIPT", "NOAUTH",     "NOPERM",  "CLUSTERDOWN"};

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (strstr (message, kinds[i]) != NULL)
      return TRUE;
  }

  return FALSE;
}

/* (nullable) */
static GError *
new_error (const redisReply *reply)
{
  if (reply == NULL)
    return g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN,
                                "the connection was lost");
  if (reply->type != REDIS_REPLY_ERROR)
    return NULL;
  return g_error_new (RW_REDIS_ERROR,
                      is_unusable (reply->str) ? RW_REDIS_ERROR_DOWN
                                               : RW_REDIS_ERROR_REFUSED,
                      "Redis answers: %s", reply->str);
}

static void drop (RwRedis *self, const GError *error, gboolean ended);

static void
on_reply (redisAsyncContext *ac, gpointer data, gpointer user_data)
{
  g_autofree Pending *pending = user_data;
  g_autoptr (GError) error = NULL;
  RwRedis *self = pending->owner;

  if (pending->func == NULL)
    return;

  g_queue_remove (&self->pending, pending);
  error = new_error (data);
  answer (pending, error == NULL ? data : NULL, error);
  if (data == NULL || self->state != STATE_UP)
    return;
  if (error != NULL && error->code == RW_REDIS_ERROR_DOWN)
    drop (self, error, FALSE);
  else
    self->funcs.answered (self, g_get_monotonic_time () - pending->sent_us,
                          self->user_data);
}

static gboolean
send (RwRedis *self, const RwCommand *command, RwRedisReplyFunc func,
      gpointer user_data)
{
  g_autofree const char **args = g_new (const char *, command->len);
  g_autofree gsize *lengths = g_new (gsize, command->len);
  Pending *pending = g_new (Pending, 1);

  for (guint i = 0; i < command->len; i++) {
    args[i] = g_bytes_get_data (g_ptr_array_index (command, i), &lengths[i]);
    if (args[i] == NULL)
      args[i] = "";
  }
  *pending = (Pending){self, func, user_data, g_get_monotonic_time ()};
  if (redisAsyncCommandArgv (self->ac, on_reply, pending, (int) command->len,
                             args, lengths) != REDIS_OK) {
    g_free (pending);
    return FALSE;
  }

  if (g_queue_is_empty (&self->pending))
    self->waiting_us = pending->sent_us;
  g_queue_push_tail (&self->pending, pending);
  if (!rw_timer_is_set (self->timer))
    rw_timer_set_in (self->timer, self->stall_us);
  return TRUE;
}

/* --- Ends --- */

/* A host with several addresses is away when none of them answers. */
static void
wait_for_next (RwRedis *self)
{
  gboolean refused = self->state == STATE_CONNECTING;
  gint64 delay_us = 0;

  self->state = STATE_WAITING;
  if (refused)
    self->address++;
  if (!refused || self->addresses == 0)
    rw_backoff_next (&self->backoff, self->rand, 0, &delay_us);
  rw_timer_set_in (self->timer, delay_us);
}

static void
answer_all (RwRedis *self, const GError *error)
{
  Pending *pending;

  while ((pending = g_queue_pop_head (&self->pending)) != NULL)
    answer (pending, NULL, error);
}

/* Commands under way are answered first. @ended: hiredis frees the connection
 * itself. */
static void
drop (RwRedis *self, const GError *error, gboolean ended)
{
  redisAsyncContext *ac = g_steal_pointer (&self->ac);

  g_cancellable_cancel (self->resolving);
  g_clear_object (&self->resolving);
  self->logging_in = 0;
  wait_for_next (self);
  answer_all (self, error);
  if (ac != NULL) {
    ac->data = NULL;
    if (!ended)
      redisAsyncFree (ac);
  }
  self->funcs.down (self, error, self->user_data);
}

static void
drop_with (RwRedis *self, const char *why, gboolean ended)
{
  g_autoptr (GError) error =
      g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN, why);

  drop (self, error, ended);
}

static void
on_connected (const redisAsyncContext *ac, int status)
{
  if (ac->data != NULL && status != REDIS_OK)
    drop_with (ac->data, ac->errstr, TRUE);
}

static void
on_disconnected (const redisAsyncContext *ac, int status)
{
  if (ac->data != NULL)
    drop_with (ac->data,
               ac->err != 0 ? ac->errstr : "the connection was closed", TRUE);
}

/* --- Begins --- */

static void
on_logged_in (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedis *self = user_data;

  if (error != NULL && reply == NULL && self->state == STATE_CONNECTING)
    drop (self, error, FALSE);
  if (error != NULL || --self->logging_in > 0)
    return;

  self->state = STATE_UP;
  self->addresses = 0;
  rw_timer_set_in (self->timer, self->stall_us);
  self->funcs.up (self, self->user_data);
}

static void
log_in (RwRedis *self)
{
  const char *user = g_uri_get_user (self->uri);
  const char *password = g_uri_get_password (self->uri);
  g_autoptr (RwCommand) auth = rw_command_new ("AUTH", NULL);
  g_autoptr (RwCommand) select =
      rw_command_new ("SELECT", rw_redis_uri_get_database (self->uri), NULL);

  if (user != NULL && *user != '\0')
    rw_command_add (auth, user);
  rw_command_add (auth, password);
  if (password != NULL && send (self, auth, on_logged_in, self))
    self->logging_in++;
  if (send (self, select, on_logged_in, self))
    self->logging_in++;
}

static void
connect_to (RwRedis *self, const char *address)
{
  redisAsyncContext *ac =
      rw_redis_uri_is_unix (self->uri)
          ? redisAsyncConnectUnix (address)
          : redisAsyncConnect (address,
                               (int) rw_redis_uri_get_port (self->uri));

  self->state = STATE_CONNECTING;
  if (ac == NULL || ac->err != 0) {
    drop_with (self, ac != NULL ? ac->errstr : "out of memory", FALSE);
    g_clear_pointer (&ac, redisAsyncFree);
    return;
  }

  self->ac = ac;
  ac->data = self;
  rw_redis_source_attach (ac, self->context);
  redisAsyncSetConnectCallback (ac, on_connected);
  redisAsyncSetDisconnectCallback (ac, on_disconnected);
  log_in (self);
}

/* The one that was good the last time, or else the one behind it. */
static char *
take_address (RwRedis *self, GList *addresses)
{
  guint n = g_list_length (addresses);

  if (self->addresses == 0 || self->addresses > n)
    self->addresses = n;
  self->addresses--;
  return g_inet_address_to_string (
      g_list_nth_data (addresses, self->address % n));
}

static void
on_resolved (GObject *resolver, GAsyncResult *result, gpointer user_data)
{
  RwRedis *self = user_data;
  g_autoptr (GError) error = NULL;
  GList *addresses =
      g_resolver_lookup_by_name_finish (G_RESOLVER (resolver), result, &error);
  g_autofree char *address = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* and self may be gone */

  g_clear_object (&self->resolving);
  if (addresses == NULL) {
    self->addresses = 0;
    drop (self, error, FALSE);
    return;
  }
  address = take_address (self, addresses);
  g_resolver_free_addresses (addresses);
  connect_to (self, address);
}

/* hiredis would block until the name server answers. */
static void
begin (RwRedis *self)
{
  const char *host = g_uri_get_host (self->uri);
  g_autoptr (GResolver) resolver = NULL;

  rw_timer_set_in (self->timer, CONNECT_US);
  if (rw_redis_uri_is_unix (self->uri)) {
    connect_to (self, g_uri_get_path (self->uri));
    return;
  }
  if (g_hostname_is_ip_address (host)) {
    connect_to (self, host);
    return;
  }

  resolver = g_resolver_get_default ();
  self->state = STATE_RESOLVING;
  self->resolving = g_cancellable_new ();
  g_main_context_push_thread_default (self->context);
  g_resolver_lookup_by_name_async (resolver, host, self->resolving, on_resolved,
                                   self);
  g_main_context_pop_thread_default (self->context);
}

/* A long answer whose bytes still come is not late; nor is one that has come
 * while this process was busy. */
static void
check_progress (RwRedis *self)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 due_us =
      MAX (self->waiting_us, rw_redis_source_get_progress_us (self->ac)) +
      self->stall_us;

  if (g_queue_is_empty (&self->pending))
    return;

  if (due_us > now_us)
    rw_timer_set_at (self->timer, due_us);
  else if (rw_redis_source_has_input (self->ac))
    rw_timer_set_in (self->timer, self->stall_us);
  else
    drop_with (self, "no answer in time", FALSE);
}

static void
on_timer (gpointer user_data)
{
  RwRedis *self = user_data;

  if (self->state == STATE_WAITING)
    begin (self);
  else if (self->state == STATE_UP)
    check_progress (self);
  else
    drop_with (self, "no connection in time", FALSE);
}

/* --- Public --- */

/** rw_redis_new: connects from the next turn of @context on. @stall_ms: without
 * progress, after which the connection is made again. */
RwRedis *
rw_redis_new (GUri *uri, guint stall_ms, GMainContext *context,
              const RwRedisFuncs *funcs, gpointer user_data)
{
  RwRedis *self = g_new0 (RwRedis, 1);

  self->uri = g_uri_ref (uri);
  self->stall_us = (gint64) stall_ms * G_TIME_SPAN_MILLISECOND;
  self->context = g_main_context_ref (context);
  self->funcs = *funcs;
  self->user_data = user_data;
  self->rand = g_rand_new ();
  rw_backoff_init (&self->backoff, &backoff_config);
  self->clock = rw_clock_new ();
  self->timer =
      rw_timer_new (self->clock, context, "rw-redis-timer", on_timer, self);
  rw_timer_set_in (self->timer, 0);
  return self;
}

/** rw_redis_free: commands under way are answered with an error. NULL is fine.
 */
void
rw_redis_free (RwRedis *self)
{
  g_autoptr (GError) error = g_error_new_literal (
      RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN, "the server stops");

  if (self == NULL)
    return;

  self->state = STATE_WAITING;
  answer_all (self, error);
  if (self->ac != NULL) {
    self->ac->data = NULL;
    redisAsyncFree (self->ac);
  }
  g_cancellable_cancel (self->resolving);
  g_clear_object (&self->resolving);
  rw_timer_free (self->timer);
  g_object_unref (self->clock);
  g_rand_free (self->rand);
  g_main_context_unref (self->context);
  g_uri_unref (self->uri);
  g_free (self);
}

gboolean
rw_redis_is_up (RwRedis *self)
{
  return self->state == STATE_UP;
}

/** rw_redis_send: FALSE while it is down: @func is then not called. */
gboolean
rw_redis_send (RwRedis *self, const RwCommand *command, RwRedisReplyFunc func,
               gpointer user_data)
{
  return self->state == STATE_UP && send (self, command, func, user_data);
}

/** rw_redis_drop: begins again, because of @error. Fine while it is down. */
void
rw_redis_drop (RwRedis *self, const GError *error)
{
  if (self->state == STATE_UP)
    drop (self, error, FALSE);
}

/** rw_redis_reset_backoff: Redis takes what is written; a login alone does not
 * show that. */
void
rw_redis_reset_backoff (RwRedis *self)
{
  rw_backoff_reset (&self->backoff);
}
