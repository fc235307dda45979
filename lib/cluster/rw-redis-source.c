/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-source.h"

typedef struct {
  GSource source;
  redisAsyncContext *ac; /* NULL: it has ended */
  gpointer tag;
  GIOCondition wanted;
  gint64 progress_us; /* when something could be read or written, last */
} Source;

static void
want (Source *self, GIOCondition condition, gboolean wanted)
{
  if (wanted)
    self->wanted |= condition;
  else
    self->wanted &= (GIOCondition) ~condition;
  g_source_modify_unix_fd (&self->source, self->tag, self->wanted);
}

static void
add_read (gpointer data)
{
  want (data, G_IO_IN, TRUE);
}

static void
del_read (gpointer data)
{
  want (data, G_IO_IN, FALSE);
}

static void
add_write (gpointer data)
{
  want (data, G_IO_OUT, TRUE);
}

static void
del_write (gpointer data)
{
  want (data, G_IO_OUT, FALSE);
}

static void
cleanup (gpointer data)
{
  Source *self = data;

  self->ac = NULL;
  g_source_destroy (&self->source);
  g_source_unref (&self->source);
}

/* Either call may end the connection. An error of the descriptor is found by
 * reading; while connecting, by writing. */
static gboolean
dispatch (GSource *source, GSourceFunc unused, gpointer user_data)
{
  Source *self = (Source *) source;
  GIOCondition ready = g_source_query_unix_fd (source, self->tag);
  GIOCondition bad = ready & (G_IO_ERR | G_IO_HUP);

  self->progress_us = g_get_monotonic_time ();
  if (self->ac != NULL &&
      ((ready & G_IO_OUT) != 0 || (bad != 0 && (self->wanted & G_IO_OUT) != 0)))
    redisAsyncHandleWrite (self->ac);
  if (self->ac != NULL && ((ready & G_IO_IN) != 0 || bad != 0))
    redisAsyncHandleRead (self->ac);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {.dispatch = dispatch};

/** rw_redis_source_attach: @ac is new. */
void
rw_redis_source_attach (redisAsyncContext *ac, GMainContext *context)
{
  GSource *source = g_source_new (&source_funcs, sizeof (Source));
  Source *self = (Source *) source;

  self->ac = ac;
  self->tag = g_source_add_unix_fd (source, ac->c.fd, 0);
  ac->ev.data = self;
  ac->ev.addRead = add_read;
  ac->ev.delRead = del_read;
  ac->ev.addWrite = add_write;
  ac->ev.delWrite = del_write;
  ac->ev.cleanup = cleanup;
  g_source_set_static_name (source, "rw-redis");
  g_source_attach (source, context);
}

gint64
rw_redis_source_get_progress_us (const redisAsyncContext *ac)
{
  return ((const Source *) ac->ev.data)->progress_us;
}

/** rw_redis_source_has_input: and has not been read yet. */
gboolean
rw_redis_source_has_input (const redisAsyncContext *ac)
{
  GPollFD fd = {.fd = ac->c.fd, .events = G_IO_IN};

  return g_poll (&fd, 1, 0) > 0 && (fd.revents & G_IO_IN) != 0;
}
