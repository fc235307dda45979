/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-embedded-server.h"

#include "rw-server.h"

/* See the header. */

struct _RwEmbeddedServer {
  RwServer *server; /* control thread */
  RwLoop *loop;     /* NULL while it does not run; state changes */

  GMutex lock; /* for what follows */
  char *uri;   /* NULL while it does not run */
  guint port;
};

RwEmbeddedServer *
rw_embedded_server_new (void)
{
  RwEmbeddedServer *self = g_new0 (RwEmbeddedServer, 1);

  g_mutex_init (&self->lock);
  return self;
}

void
rw_embedded_server_free (RwEmbeddedServer *self)
{
  g_assert (self->loop == NULL);
  g_mutex_clear (&self->lock);
  g_free (self);
}

typedef struct {
  RwEmbeddedServer *self;
  const char *host;
  guint port;
  GError *error;
} Start;

static void
start_on_loop (gpointer data)
{
  Start *start = data;
  RwEmbeddedServer *self = start->self;
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  g_free (config->host);
  config->host = g_strdup (start->host);
  config->port = start->port;
  self->server = rw_server_new (config);
  if (rw_server_start (self->server, &start->error))
    start->port = rw_server_get_port (self->server);
  else
    g_clear_object (&self->server);
}

static void
stop_on_loop (gpointer data)
{
  RwEmbeddedServer *self = data;

  rw_server_stop (self->server);
  g_clear_object (&self->server);
}

static char *
make_uri (const char *host, guint port)
{
  if (g_str_equal (host, "0.0.0.0"))
    host = "127.0.0.1";
  if (g_str_equal (host, "::"))
    host = "::1";
  return g_strdup_printf (strchr (host, ':') ? "ws://[%s]:%u" : "ws://%s:%u",
                          host, port);
}

gboolean
rw_embedded_server_start (RwEmbeddedServer *self, RwLoop *loop,
                          const char *host, guint port, GError **error)
{
  Start start = {.self = self, .host = host, .port = port};

  rw_loop_call (loop, start_on_loop, &start);
  if (start.error) {
    g_propagate_error (error, start.error);
    return FALSE;
  }
  self->loop = g_object_ref (loop);
  g_mutex_lock (&self->lock);
  self->uri = make_uri (host, start.port);
  self->port = start.port;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

void
rw_embedded_server_stop (RwEmbeddedServer *self)
{
  if (self->loop == NULL)
    return;
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->uri, g_free);
  self->port = 0;
  g_mutex_unlock (&self->lock);
  rw_loop_call (self->loop, stop_on_loop, self);
  g_clear_object (&self->loop);
}

guint
rw_embedded_server_get_port (RwEmbeddedServer *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->port;
}

char *
rw_embedded_server_dup_uri (RwEmbeddedServer *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_strdup (self->uri);
}
