/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-closing.h"

#include "rw-server-source.h"

/* How long the close frames of a stopped server may take to leave. */
#define LEAVING_S 2

struct _RwServerClosing {
  GMainContext *context; /* NULL: not started */
  RwServerShards *shards;
  GPtrArray *closed;
  GPtrArray *leaving;
  GSource *sweep;
  GSource *timeout;
};

RwServerClosing *
rw_server_closing_new (GDestroyNotify client_free)
{
  RwServerClosing *self = g_new0 (RwServerClosing, 1);

  self->closed = g_ptr_array_new_with_free_func (client_free);
  self->leaving = g_ptr_array_new_with_free_func (client_free);
  return self;
}

/* No client is left on the shards of a stopped server. */
static void
end (RwServerClosing *self)
{
  rw_server_source_clear (&self->timeout);
  g_ptr_array_set_size (self->leaving, 0);
  g_clear_pointer (&self->shards, rw_server_shards_free);
}

/** rw_server_closing_free: NULL is fine. */
void
rw_server_closing_free (RwServerClosing *self)
{
  if (self == NULL)
    return;

  rw_server_closing_stop (self);
  end (self);
  g_ptr_array_unref (self->closed);
  g_ptr_array_unref (self->leaving);
  g_free (self);
}

void
rw_server_closing_start (RwServerClosing *self)
{
  g_return_if_fail (self->context == NULL);

  end (self);
  self->context = g_main_context_ref_thread_default ();
  self->shards = rw_server_shards_new (self->context);
}

static gboolean
on_leaving_timeout (gpointer user_data)
{
  end (user_data);
  return G_SOURCE_REMOVE;
}

void
rw_server_closing_stop (RwServerClosing *self)
{
  if (self->context == NULL)
    return;

  rw_server_source_clear (&self->sweep);
  g_ptr_array_set_size (self->closed, 0);
  if (self->leaving->len > 0)
    self->timeout = rw_server_source_attach (
        self->context, g_timeout_source_new_seconds (LEAVING_S),
        "rw-server-leaving", on_leaving_timeout, self);
  else
    end (self);
  g_clear_pointer (&self->context, g_main_context_unref);
}

RwServerShards *
rw_server_closing_get_shards (RwServerClosing *self)
{
  return self->shards;
}

static gboolean
on_sweep (gpointer user_data)
{
  RwServerClosing *self = user_data;

  rw_server_source_clear (&self->sweep);
  g_ptr_array_set_size (self->closed, 0);
  return G_SOURCE_REMOVE;
}

void
rw_server_closing_add (RwServerClosing *self, gpointer client)
{
  g_ptr_array_add (self->closed, client);
  if (self->sweep == NULL)
    self->sweep = rw_server_source_attach (self->context, g_idle_source_new (),
                                           "rw-server-sweep", on_sweep, self);
}

void
rw_server_closing_add_leaving (RwServerClosing *self, gpointer client)
{
  g_ptr_array_add (self->leaving, client);
}
