/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-dialer.h"

struct _RwServerDialer {
  RwClock *clock;
  RwServerPool *pool;
  RwWsConnectionConfig config; /* without strings */
  char *auth_token;
  guint64 n_dialed;
};

RwServerDialer *
rw_server_dialer_new (RwClock *clock, RwServerPool *pool,
                      const RwWsConnectionConfig *config)
{
  RwServerDialer *self = g_new0 (RwServerDialer, 1);

  self->clock = g_object_ref (clock);
  self->pool = pool;
  self->config = *config;
  self->auth_token = g_strdup (config->handshake.auth_token);
  if (config->handshake.tls_database != NULL)
    g_object_ref (config->handshake.tls_database);
  return self;
}

void
rw_server_dialer_free (RwServerDialer *self)
{
  g_clear_object (&self->config.handshake.tls_database);
  g_free (self->auth_token);
  g_object_unref (self->clock);
  g_free (self);
}

RwServerConnection *
rw_server_dialer_dial (RwServerDialer *self, guint64 generation)
{
  guint server =
      rw_server_pool_pick (self->pool, rw_clock_get_now_us (self->clock));
  RwWsConnectionConfig config = self->config;

  self->n_dialed++;
  config.handshake.uri = rw_server_pool_get_uri (self->pool, server);
  config.handshake.auth_token = self->auth_token;
  return rw_server_connection_new (self->clock, &config, generation, server);
}

gboolean
rw_server_dialer_set_auth_token (RwServerDialer *self, const char *token)
{
  if (g_strcmp0 (token, self->auth_token) == 0)
    return FALSE;
  g_free (self->auth_token);
  self->auth_token = g_strdup (token);
  return token != NULL;
}

guint64
rw_server_dialer_get_n_dialed (RwServerDialer *self)
{
  return self->n_dialed;
}
