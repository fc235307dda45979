/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-tls.h"

#include <sys/socket.h>

/* GIO reads a certificate and a key of which one may have nothing to do with
 * the other, and the files alone do not show it whatever the algorithm. So the
 * two serve one handshake, with ourselves, before any client meets them. */

#define TIMEOUT_S 5

typedef struct {
  guint n_open;
  GError *error; /* of the client, which is the one that verifies */
  GCancellable *failed;
} Handshake;

static GIOStream *
new_stream (int fd, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);

  if (socket == NULL)
    return NULL;
  g_socket_set_timeout (socket, TIMEOUT_S);
  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

static void
on_client_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Handshake *handshake = user_data;

  g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result,
                                     &handshake->error);
  if (handshake->error != NULL)
    g_cancellable_cancel (handshake->failed);
  handshake->n_open--;
}

static void
on_server_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Handshake *handshake = user_data;

  g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, NULL);
  handshake->n_open--;
}

/* Whom the certificate names, and who signed it, is for the clients. */
static gboolean
on_accept_certificate (GTlsConnection *connection, GTlsCertificate *certificate,
                       GTlsCertificateFlags flags, gpointer unused)
{
  return TRUE;
}

static void
shake_hands (GIOStream *server, GIOStream *client, Handshake *handshake)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  handshake->n_open = 2;
  g_signal_connect (client, "accept-certificate",
                    G_CALLBACK (on_accept_certificate), NULL);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (server),
                                    G_PRIORITY_DEFAULT, handshake->failed,
                                    on_server_done, handshake);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (client),
                                    G_PRIORITY_DEFAULT, NULL, on_client_done,
                                    handshake);
  while (handshake->n_open > 0)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
}

static gboolean
check_pair (GTlsCertificate *certificate, GError **error)
{
  g_autoptr (GIOStream) near = NULL;
  g_autoptr (GIOStream) far = NULL;
  g_autoptr (GIOStream) server = NULL;
  g_autoptr (GIOStream) client = NULL;
  g_autoptr (GCancellable) failed = g_cancellable_new ();
  Handshake handshake = {0, NULL, failed};
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                         "cannot create a socket pair for the check");
    return FALSE;
  }

  near = new_stream (fds[0], error);
  far = new_stream (fds[1], near != NULL ? error : NULL);
  if (near == NULL || far == NULL)
    return FALSE;
  server = g_tls_server_connection_new (near, certificate, error);
  if (server == NULL)
    return FALSE;
  client = g_tls_client_connection_new (far, NULL, error);
  if (client == NULL)
    return FALSE;

  shake_hands (server, client, &handshake);
  if (handshake.error == NULL)
    return TRUE;
  g_propagate_error (error, handshake.error);
  return FALSE;
}

/**
 * rw_server_tls_load:
 * @key_file: may be the same file
 *
 * Blocks for the time of a handshake. NULL with an error that names both files
 * if they cannot be read, or do not belong together.
 */
GTlsCertificate *
rw_server_tls_load (const char *certificate_file, const char *key_file,
                    GError **error)
{
  g_autoptr (GTlsCertificate) certificate =
      g_tls_certificate_new_from_files (certificate_file, key_file, error);

  if (certificate == NULL) {
    g_prefix_error (error, "cannot use the certificate %s with the key %s: ",
                    certificate_file, key_file);
    return NULL;
  }
  if (!check_pair (certificate, error)) {
    g_prefix_error (error,
                    "cannot use the certificate %s with the key %s, as they "
                    "do not belong together (no TLS handshake succeeds); give "
                    "the key that the certificate was made for: ",
                    certificate_file, key_file);
    return NULL;
  }

  return g_steal_pointer (&certificate);
}
