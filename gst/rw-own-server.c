/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-own-server.h"

#include "rw-server.h"

/* See the header. */

struct _RwOwnServer {
  RwLoop *loop;
  char *host;
  guint port;
  RwServer *server; /* control thread */
};

typedef struct {
  RwOwnServer *self;
  GError *error;
} Start;

static void
start_on_loop (gpointer data)
{
  Start *start = data;
  RwOwnServer *self = start->self;
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  g_free (config->host);
  config->host = g_strdup (self->host);
  config->port = self->port;
  self->server = rw_server_new (config);
  if (rw_server_start (self->server, &start->error))
    self->port = rw_server_get_port (self->server);
  else
    g_clear_object (&self->server);
}

static void
stop_on_loop (gpointer data)
{
  RwOwnServer *self = data;

  if (self->server)
    rw_server_stop (self->server);
  g_clear_object (&self->server);
}

RwOwnServer *
rw_own_server_new (RwLoop *loop, const char *host, guint port, GError **error)
{
  RwOwnServer *self = g_new0 (RwOwnServer, 1);
  Start start = {.self = self};

  self->loop = g_object_ref (loop);
  self->host = g_strdup (host);
  self->port = port;
  rw_loop_call (loop, start_on_loop, &start);
  if (start.error == NULL)
    return self;
  g_propagate_error (error, start.error);
  rw_own_server_free (self);
  return NULL;
}

void
rw_own_server_free (RwOwnServer *self)
{
  rw_loop_call (self->loop, stop_on_loop, self);
  g_object_unref (self->loop);
  g_free (self->host);
  g_free (self);
}

guint
rw_own_server_get_port (const RwOwnServer *self)
{
  return self->port;
}

char *
rw_own_server_dup_uri (const RwOwnServer *self)
{
  const char *host = self->host;

  if (g_str_equal (host, "0.0.0.0"))
    host = "127.0.0.1";
  if (g_str_equal (host, "::"))
    host = "::1";
  return g_strdup_printf (strchr (host, ':') ? "ws://[%s]:%u" : "ws://%s:%u",
                          host, self->port);
}
