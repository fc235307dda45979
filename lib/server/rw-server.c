/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server.h"

#include <libsoup/soup.h>
#include <string.h>

#include "rw-server-admission.h"
#include "rw-server-clients.h"
#include "rw-server-listener.h"
#include "rw-server-metrics.h"
#include "rw-server-requests.h"
#include "rw-server-source.h"
#include "rw-server-state.h"
#include "rw-turn.h"
#include "rw-web-root.h"

/* Starts and stops what a server is made of: RwServerState (the clients),
 * RwServerClients (WebSockets), RwServerRequests (HTTP), RwServerAdmission
 * (tokens and limits). */

#define TICK_S 1

struct _RwServer {
  GObject parent_instance;
  RwServerConfig *config;
  RwServerMetrics metrics;
  RwServerAdmission *admission;
  RwServerClients *clients;
  RwTurn *turn; /* NULL: no TURN servers are known */
  guint16 port;

  /* Only while it listens. */
  GMainContext *context;
  SoupServer *soup;
  GSource *tick;
  RwServerState *state;
  RwServerRequests *requests;
};

G_DEFINE_FINAL_TYPE (RwServer, rw_server, G_TYPE_OBJECT)

static gboolean
on_tick (gpointer user_data)
{
  RwServer *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  rw_server_clients_tick (self->clients, now_us);
  rw_server_requests_tick (self->requests, now_us);

  return G_SOURCE_CONTINUE;
}

static void
rw_server_dispose (GObject *object)
{
  RwServer *self = RW_SERVER (object);

  rw_server_stop (self);

  G_OBJECT_CLASS (rw_server_parent_class)->dispose (object);
}

static void
rw_server_finalize (GObject *object)
{
  RwServer *self = RW_SERVER (object);

  rw_server_clients_free (self->clients);
  rw_server_admission_free (self->admission);
  rw_turn_free (self->turn);
  rw_server_config_free (self->config);

  G_OBJECT_CLASS (rw_server_parent_class)->finalize (object);
}

static void
rw_server_class_init (RwServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = rw_server_dispose;
  object_class->finalize = rw_server_finalize;
}

static void
rw_server_init (RwServer *self)
{
}

/** rw_server_new: @config is copied. */
RwServer *
rw_server_new (const RwServerConfig *config)
{
  RwServer *self;

  g_return_val_if_fail (config != NULL, NULL);

  self = g_object_new (RW_TYPE_SERVER, NULL);
  self->config = rw_server_config_copy (config);
  self->admission = rw_server_admission_new (self->config, &self->metrics);
  self->clients =
      rw_server_clients_new (self->config, self->admission, &self->metrics);

  return self;
}

/* Conflicts between options. */
static gboolean
check_config (const RwServerConfig *config, GError **error)
{
  if (rw_server_config_has_own_web_root (config) &&
      !rw_web_root_check (config->web_root, error))
    return FALSE;
  if (config->ping_timeout_s > config->ping_interval_s)
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               "ping-timeout (%u s) must be longer than ping-interval (%u s): "
               "otherwise an idle client would be disconnected",
               config->ping_timeout_s, config->ping_interval_s);
  return FALSE;
}

/* Parts that do not exist yet; a server that is started again has them. */
static gboolean
load_secrets (RwServer *self, GError **error)
{
  const RwServerConfig *config = self->config;

  if (!rw_server_admission_load_keys (self->admission, error))
    return FALSE;

  if (config->turn_uris != NULL && self->turn == NULL)
    self->turn = rw_turn_new (config->turn_uris, config->turn_secret_file,
                              config->turn_ttl_s, error);
  return config->turn_uris == NULL || self->turn != NULL;
}

static void
start_requests (RwServer *self)
{
  g_autofree char *uri = rw_server_dup_uri (self);
  RwServerParts parts = {self->config,
                         &self->metrics,
                         self->admission,
                         self->clients,
                         self->state,
                         self->turn,
                         uri};

  self->requests = rw_server_requests_new (self->soup, &parts);
}

/**
 * rw_server_start:
 *
 * Listens, and serves on the thread-default main context from now on. May be
 * called again after rw_server_stop(). An error names host and port and what
 * can be done; the server is then stopped.
 */
gboolean
rw_server_start (RwServer *self, GError **error)
{
  g_autoptr (SoupServer) soup = NULL;
  g_autoptr (GMainContext) context = NULL;

  g_return_val_if_fail (RW_IS_SERVER (self), FALSE);
  g_return_val_if_fail (self->soup == NULL, FALSE);

  if (!check_config (self->config, error) || !load_secrets (self, error))
    return FALSE;
  soup = soup_server_new (NULL, NULL);
  if (!rw_server_load_tls (soup, self->config, error))
    return FALSE;
  self->port = rw_server_listen (soup, self->config, error);
  if (self->port == 0)
    return FALSE;

  context = g_main_context_ref_thread_default ();
  self->state = rw_server_state_new (self->config, context,
                                     &rw_server_clients_state_funcs,
                                     self->clients, error);
  if (self->state == NULL)
    return FALSE;

  self->soup = g_steal_pointer (&soup);
  self->context = g_steal_pointer (&context);
  rw_server_clients_start (self->clients, self->state, self->turn);
  start_requests (self);
  self->tick = rw_server_source_attach (self->context,
                                        g_timeout_source_new_seconds (TICK_S),
                                        "rw-server-tick", on_tick, self);
  return TRUE;
}

/**
 * rw_server_stop:
 *
 * The port is free when it returns; the clients are asked to leave, if the
 * context runs on for a moment and the server is kept that long. Fine when not
 * started.
 */
void
rw_server_stop (RwServer *self)
{
  g_return_if_fail (RW_IS_SERVER (self));

  if (self->soup == NULL)
    return;

  g_clear_pointer (&self->requests, rw_server_requests_free);
  g_clear_object (&self->soup);
  rw_server_source_clear (&self->tick);
  rw_server_clients_stop (self->clients);
  rw_server_admission_clear (self->admission);
  g_clear_pointer (&self->state, rw_server_state_free);
  g_clear_pointer (&self->context, g_main_context_unref);
  self->port = 0;
}

/**
 * rw_server_drain:
 * @delay_ms: over how long the clients are to spread their return
 *
 * Before a restart: new clients are refused, and all others asked to reconnect.
 * rw_server_get_n_clients() falls to 0 while the context runs; then stop.
 */
void
rw_server_drain (RwServer *self, guint delay_ms)
{
  g_return_if_fail (RW_IS_SERVER (self));
  g_return_if_fail (self->soup != NULL);

  rw_server_requests_close (self->requests);
  rw_server_clients_drain (self->clients, delay_ms);
}

/** rw_server_get_port: where it listens; 0 when it does not. */
guint16
rw_server_get_port (RwServer *self)
{
  g_return_val_if_fail (RW_IS_SERVER (self), 0);

  return self->port;
}

/**
 * rw_server_reload_tls:
 *
 * Reads the certificate again; it counts for new connections. On an error the
 * old one stays. Fine without TLS.
 */
gboolean
rw_server_reload_tls (RwServer *self, GError **error)
{
  g_return_val_if_fail (RW_IS_SERVER (self), FALSE);
  g_return_val_if_fail (self->soup != NULL, FALSE);

  return rw_server_load_tls (self->soup, self->config, error);
}

/** rw_server_dup_uri: such as ws://0.0.0.0:8443. */
char *
rw_server_dup_uri (RwServer *self)
{
  gboolean ipv6;

  g_return_val_if_fail (RW_IS_SERVER (self), NULL);

  ipv6 = strchr (self->config->host, ':') != NULL;
  return g_strdup_printf (ipv6 ? "%s://[%s]:%u" : "%s://%s:%u",
                          self->config->tls_certificate != NULL ? "wss" : "ws",
                          self->config->host, self->port);
}

/** rw_server_get_n_clients: the WebSockets open now. */
guint
rw_server_get_n_clients (RwServer *self)
{
  g_return_val_if_fail (RW_IS_SERVER (self), 0);

  return rw_server_clients_get_n (self->clients);
}
