/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-listener.h"

#include <sys/socket.h>

#include "rw-server-tls.h"

/* Binding the port, with errors that contain the next step. */

static GInetAddress *
resolve (const char *host, GError **error)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  g_autoptr (GResolver) resolver = NULL;
  GList *addresses;

  if (address != NULL)
    return g_steal_pointer (&address);

  resolver = g_resolver_get_default ();
  addresses = g_resolver_lookup_by_name (resolver, host, NULL, error);
  if (addresses == NULL) {
    g_prefix_error (error,
                    "cannot listen on \"%s\": this host has no such address "
                    "(0.0.0.0 means all IPv4 addresses): ",
                    host);
    return NULL;
  }

  address = g_object_ref (addresses->data);
  g_resolver_free_addresses (addresses);
  return g_steal_pointer (&address);
}

static void
explain (const RwServerConfig *config, GError **error)
{
  const char *next = "";

  if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    next = ". Stop the program that uses the port, or choose another port (0 "
           "means any free port)";
  else if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    next = ". Ports below 1024 need a privilege; choose a higher port";

  g_prefix_error (error, "cannot listen on %s port %u: ", config->host,
                  config->port);
  if (*next != '\0') {
    GError *longer = g_error_new ((*error)->domain, (*error)->code, "%s%s",
                                  (*error)->message, next);

    g_error_free (*error);
    *error = longer;
  }
}

static guint16
get_listening_port (SoupServer *soup)
{
  GSList *listeners = soup_server_get_listeners (soup);
  g_autoptr (GSocketAddress) address = NULL;
  guint16 port = 0;

  if (listeners != NULL)
    address = g_socket_get_local_address (listeners->data, NULL);
  if (address != NULL)
    port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  g_slist_free (listeners);

  return port;
}

/* libsoup lets ten connections wait. When a server returns, its clients come
 * within a second; those that do not fit wait for TCP, and that for seconds.
 * Listening once more only changes the number. */
static void
widen_backlog (SoupServer *soup)
{
  GSList *listeners = soup_server_get_listeners (soup);

  for (GSList *item = listeners; item != NULL; item = item->next)
    listen (g_socket_get_fd (item->data), 4096);
  g_slist_free (listeners);
}

/**
 * rw_server_load_tls:
 *
 * Gives @soup the certificate of @config for its next connections; nothing
 * changes if that fails, or if there is none.
 */
gboolean
rw_server_load_tls (SoupServer *soup, const RwServerConfig *config,
                    GError **error)
{
  const char *key =
      config->tls_key != NULL ? config->tls_key : config->tls_certificate;
  g_autoptr (GTlsCertificate) certificate = NULL;

  if (config->tls_certificate == NULL)
    return TRUE;

  certificate = rw_server_tls_load (config->tls_certificate, key, error);
  if (certificate == NULL)
    return FALSE;

  soup_server_set_tls_certificate (soup, certificate);
  return TRUE;
}

/**
 * rw_server_listen:
 *
 * Returns: the port, never 0; or 0 with an error whose message names host and
 *   port and what to do. Looking up a host name may block.
 */
guint16
rw_server_listen (SoupServer *soup, const RwServerConfig *config,
                  GError **error)
{
  g_autoptr (GInetAddress) inet = resolve (config->host, error);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) reason = NULL;

  if (inet == NULL)
    return 0;

  address = g_inet_socket_address_new (inet, (guint16) config->port);
  if (!soup_server_listen (
          soup, address,
          config->tls_certificate != NULL ? SOUP_SERVER_LISTEN_HTTPS : 0,
          &reason)) {
    explain (config, &reason);
    g_propagate_error (error, g_steal_pointer (&reason));
    return 0;
  }

  widen_backlog (soup);
  return get_listening_port (soup);
}
