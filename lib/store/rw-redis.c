/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis.h"

#include <hiredis/async.h>
#include <string.h>

#include "rw-backoff.h"
#include "rw-redis-source.h"

/* Within how long a connection must stand, with password and database. */
#define CONNECT_MS 2000

/* What a command may take longer for each byte that has to go out before its
 * answer: that of 4 Mbit/s. */
#define BYTES_PER_MS 512

/* An answer whose bytes still come is not late, however long it is; nor is one
 * that has come while we were busy. */
#define STALL_US (G_USEC_PER_SEC)

/* A Redis that is restarted is found again within this: rw-redis-node.c counts
 * on it, and on the time to connect. */
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
  gsize bytes;
  gint64 deadline_us;
} Pending;

struct _RwRedis {
  RwRedisUri *uri;
  GMainContext *context;
  RwRedisFuncs funcs;
  gpointer user_data;
  State state;
  redisAsyncContext *ac;
  GCancellable *resolving;
  GQueue pending; /* Pending, in the order they were given */
  gsize pending_bytes;
  GSource *timer;
  gint64 timer_us;
  RwBackoff backoff;
  GRand *rand;
  guint logging_in;
  guint address;   /* of those that the host has, counted on from the first */
  guint addresses; /* that are left to try before the next delay */
};

G_DEFINE_QUARK (rw - redis - error - quark, rw_redis_error)

static void begin (RwRedis *self);
static void drop (RwRedis *self, const GError *error, gboolean ended);

static void
set_timer (RwRedis *self, gint64 when_us)
{
  self->timer_us = when_us;
  g_source_set_ready_time (self->timer, when_us);
}

/* --- Commands --- */

/* The deadlines need no order: few are under way, and one timer looks. */
static void
arm (RwRedis *self)
{
  gint64 first_us = G_MAXINT64;

  for (GList *l = self->pending.head; l != NULL; l = l->next)
    first_us = MIN (first_us, ((Pending *) l->data)->deadline_us);
  set_timer (self, first_us == G_MAXINT64 ? -1 : first_us);
}

static void
answer (Pending *pending, const redisReply *reply, const GError *error)
{
  RwRedisReplyFunc func = pending->func;

  pending->func = NULL;
  func (reply, error, pending->user_data);
}

static void
on_reply (redisAsyncContext *ac, gpointer data, gpointer user_data)
{
  Pending *pending = user_data;
  redisReply *reply = data;
  g_autoptr (GError) error = NULL;

  /* Without a reply the connection is about to end, and that answers. */
  if (pending->func == NULL) {
    g_free (pending);
    return;
  }
  g_queue_remove (&pending->owner->pending, pending);
  pending->owner->pending_bytes -= pending->bytes;
  if (reply == NULL)
    error = g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN,
                                 "the connection was lost");
  else if (reply->type == REDIS_REPLY_ERROR)
    error = g_error_new (RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED,
                         "Redis says: %s", reply->str);
  answer (pending, error == NULL ? reply : NULL, error);
  g_free (pending);
}

static gboolean
command (RwRedis *self, Pending *pending, gsize n, const char *const *args,
         const gsize *lengths)
{
  if (redisAsyncCommandArgv (self->ac, on_reply, pending, (int) n,
                             (const char **) args, lengths) != REDIS_OK) {
    g_free (pending);
    return FALSE;
  }

  for (gsize i = 0; i < n; i++)
    pending->bytes += lengths != NULL ? lengths[i] : strlen (args[i]);
  self->pending_bytes += pending->bytes;
  pending->deadline_us +=
      (gint64) (self->pending_bytes / BYTES_PER_MS) * G_TIME_SPAN_MILLISECOND;
  g_queue_push_tail (&self->pending, pending);
  if (self->timer_us < 0 || pending->deadline_us < self->timer_us)
    set_timer (self, pending->deadline_us);
  return TRUE;
}

static Pending *
pending_new (RwRedis *self, guint deadline_ms, RwRedisReplyFunc func,
             gpointer user_data)
{
  Pending *pending = g_new0 (Pending, 1);

  pending->owner = self;
  pending->func = func;
  pending->user_data = user_data;
  pending->deadline_us =
      g_get_monotonic_time () + (gint64) deadline_ms * G_TIME_SPAN_MILLISECOND;
  return pending;
}

/* --- Ends --- */

/* Who has several addresses is away when none of them answers. */
static void
wait_for_next (RwRedis *self)
{
  gboolean refused = self->state == STATE_CONNECTING;
  gint64 delay_us;

  self->state = STATE_WAITING;
  if (refused)
    self->address++;
  if (refused && self->addresses > 0)
    set_timer (self, g_get_monotonic_time ());
  else if (rw_backoff_next (&self->backoff, self->rand, 0, &delay_us))
    set_timer (self, g_get_monotonic_time () + delay_us);
}

/* What is under way is answered first, so that nobody waits for what is down.
 * @ended: hiredis frees the connection itself. */
static void
drop (RwRedis *self, const GError *error, gboolean ended)
{
  redisAsyncContext *ac = g_steal_pointer (&self->ac);
  Pending *pending;

  if (self->resolving != NULL) {
    g_cancellable_cancel (self->resolving);
    g_clear_object (&self->resolving);
  }
  self->logging_in = 0;
  wait_for_next (self);
  self->pending_bytes = 0;
  while ((pending = g_queue_pop_head (&self->pending)) != NULL)
    answer (pending, NULL, error);

  if (ac != NULL) {
    ac->data = NULL;
    if (!ended)
      redisAsyncFree (ac);
  }
  if (self->funcs.down != NULL)
    self->funcs.down (self, error, self->user_data);
}

static void
on_connected (const redisAsyncContext *ac, int status)
{
  RwRedis *self = ac->data;
  g_autoptr (GError) error = NULL;

  if (self == NULL || status == REDIS_OK)
    return;

  error = g_error_new (RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN, "%s", ac->errstr);
  drop (self, error, TRUE);
}

static void
on_disconnected (const redisAsyncContext *ac, int status)
{
  RwRedis *self = ac->data;
  g_autoptr (GError) error = NULL;

  if (self == NULL)
    return;

  error = g_error_new (RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN, "%s",
                       ac->err != 0 ? ac->errstr : "the connection was closed");
  drop (self, error, TRUE);
}

/* --- Begins --- */

static void
on_logged_in (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwRedis *self = user_data;

  if (error != NULL) {
    if (g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED))
      drop (self, error, FALSE);
    return;
  }
  if (--self->logging_in > 0)
    return;

  self->state = STATE_UP;
  self->addresses = 0;
  self->funcs.up (self, self->user_data);
}

static void
log_in_with (RwRedis *self, gsize n, const char *const *args)
{
  Pending *pending = pending_new (self, CONNECT_MS, on_logged_in, self);

  if (command (self, pending, n, args, NULL))
    self->logging_in++;
}

static void
log_in (RwRedis *self)
{
  g_autofree char *database = g_strdup_printf ("%u", self->uri->database);
  const char *user = self->uri->user;
  const char *password = self->uri->password;

  if (password != NULL && user != NULL)
    log_in_with (self, 3, (const char *[]){"AUTH", user, password});
  else if (password != NULL)
    log_in_with (self, 2, (const char *[]){"AUTH", password});
  log_in_with (self, 2, (const char *[]){"SELECT", database});
}

static void
connect_to (RwRedis *self, const char *address)
{
  redisAsyncContext *ac = self->uri->path != NULL
                              ? redisAsyncConnectUnix (self->uri->path)
                              : redisAsyncConnect (address, //
                                                   (int) self->uri->port);
  g_autoptr (GError) error = NULL;

  self->state = STATE_CONNECTING;
  if (ac == NULL || ac->err != 0) {
    error = g_error_new (RW_REDIS_ERROR, RW_REDIS_ERROR_DOWN, "%s",
                         ac != NULL ? ac->errstr : "out of memory");
    g_clear_pointer (&ac, redisAsyncFree);
    drop (self, error, FALSE);
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

/* hiredis would wait for the name server. */
static void
begin (RwRedis *self)
{
  g_autoptr (GResolver) resolver = NULL;

  set_timer (self, -1);
  if (self->uri->path != NULL || g_hostname_is_ip_address (self->uri->host)) {
    connect_to (self, self->uri->host);
    return;
  }

  resolver = g_resolver_get_default ();
  self->state = STATE_RESOLVING;
  self->resolving = g_cancellable_new ();
  set_timer (self, g_get_monotonic_time () +
                       CONNECT_MS * (gint64) G_TIME_SPAN_MILLISECOND);
  g_main_context_push_thread_default (self->context);
  g_resolver_lookup_by_name_async (resolver, self->uri->host, self->resolving,
                                   on_resolved, self);
  g_main_context_pop_thread_default (self->context);
}

static gboolean
is_hearing (RwRedis *self, gint64 now_us)
{
  return self->state == STATE_UP &&
         (rw_redis_source_has_input (self->ac) ||
          rw_redis_source_get_heard_us (self->ac) > now_us - STALL_US);
}

static void
check_deadlines (RwRedis *self)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  arm (self);
  if (self->state != STATE_RESOLVING &&
      (self->timer_us < 0 || self->timer_us > now_us))
    return;
  if (is_hearing (self, now_us)) {
    set_timer (self, now_us + STALL_US);
    return;
  }

  error = g_error_new_literal (RW_REDIS_ERROR, RW_REDIS_ERROR_LATE,
                               "no answer in time");
  drop (self, error, FALSE);
}

static gboolean
on_timer (gpointer user_data)
{
  RwRedis *self = user_data;

  set_timer (self, -1);
  if (self->state == STATE_WAITING)
    begin (self);
  else
    check_deadlines (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_timer (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs timer_funcs = {.dispatch = dispatch_timer};

/* --- Public --- */

/** rw_redis_new: connects from the next turn of @context on. */
RwRedis *
rw_redis_new (const RwRedisUri *uri, GMainContext *context,
              const RwRedisFuncs *funcs, gpointer user_data)
{
  RwRedis *self = g_new0 (RwRedis, 1);

  self->uri = rw_redis_uri_copy (uri);
  self->context = g_main_context_ref (context);
  self->funcs = *funcs;
  self->user_data = user_data;
  self->rand = g_rand_new ();
  g_queue_init (&self->pending);
  rw_backoff_init (&self->backoff, &backoff_config);
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_static_name (self->timer, "rw-redis-timer");
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, context);
  set_timer (self, 0);
  return self;
}

/** rw_redis_free: answers nothing any more. NULL is fine. */
void
rw_redis_free (RwRedis *self)
{
  Pending *pending;

  if (self == NULL)
    return;

  while ((pending = g_queue_pop_head (&self->pending)) != NULL)
    pending->func = NULL;
  if (self->ac != NULL) {
    self->ac->data = NULL;
    redisAsyncFree (self->ac);
  }
  if (self->resolving != NULL)
    g_cancellable_cancel (self->resolving);
  g_clear_object (&self->resolving);
  g_source_destroy (self->timer);
  g_source_unref (self->timer);
  g_rand_free (self->rand);
  g_main_context_unref (self->context);
  rw_redis_uri_free (self->uri);
  g_free (self);
}

gboolean
rw_redis_is_up (RwRedis *self)
{
  return self->state == STATE_UP;
}

/**
 * rw_redis_command:
 * @lengths: (nullable): of the @n @args; NULL when they are strings
 *
 * FALSE while it is down: @func is then not called.
 */
gboolean
rw_redis_command (RwRedis *self, guint deadline_ms, RwRedisReplyFunc func,
                  gpointer user_data, gsize n, const char *const *args,
                  const gsize *lengths)
{
  if (self->state != STATE_UP)
    return FALSE;

  return command (self, pending_new (self, deadline_ms, func, user_data), n,
                  args, lengths);
}

/** rw_redis_say: a command of strings, with a NULL at the end. */
gboolean
rw_redis_say (RwRedis *self, guint deadline_ms, RwRedisReplyFunc func,
              gpointer user_data, ...)
{
  g_autoptr (GPtrArray) args = g_ptr_array_new ();
  const char *arg;
  va_list list;

  va_start (list, user_data);
  while ((arg = va_arg (list, const char *)) != NULL)
    g_ptr_array_add (args, (gpointer) arg);
  va_end (list);

  return rw_redis_command (self, deadline_ms, func, user_data, args->len,
                           (const char *const *) args->pdata, NULL);
}

/** rw_redis_drop: begins again, because of @error. Fine while it is down. */
void
rw_redis_drop (RwRedis *self, const GError *error)
{
  if (self->state == STATE_UP)
    drop (self, error, FALSE);
}

/**
 * rw_redis_note_well:
 *
 * It serves us, so the next attempt would be the first again. That it lets us
 * in says little: it may be full, or read-only.
 */
void
rw_redis_note_well (RwRedis *self)
{
  rw_backoff_reset (&self->backoff);
}

/** rw_redis_push: last words: sends what the socket takes at once. */
void
rw_redis_push (RwRedis *self)
{
  if (self->state == STATE_UP)
    redisAsyncHandleWrite (self->ac);
}
