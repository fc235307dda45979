/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>

/* A server as it is, and a client that sends whatever it likes and then no
 * more. The first byte chooses the server (with tokens and relays, or with a
 * page and proxies) and whether a sound handshake goes before, so that the rest
 * is the frames of a WebSocket. Each time the server must have closed the
 * connection in the end, and still be there for the next one. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define DEADLINE_US (20 * G_USEC_PER_SEC)

#define USE_KEY   1
#define USE_HELLO 2

static const char hello[] = "GET / HTTP/1.1\r\n"
                            "Host: a\r\n"
                            "Upgrade: websocket\r\n"
                            "Connection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                            "\r\n";

static char *
write_secret (void)
{
  char *path = NULL;
  int fd = g_file_open_tmp ("rw-fuzz-XXXXXX", &path, NULL);

  g_close (fd, NULL);
  g_file_set_contents (path, "0123456789abcdef0123456789abcdef", -1, NULL);
  return path;
}

/* All that reads what the client sends: tokens and relays, or a page and
 * proxies. */
static void
configure (RwServerConfig *config, gboolean with_key)
{
  static const char *const relays[] = {"turn:127.0.0.1:3478", NULL};
  static const char *const proxies[] = {"127.0.0.0/8", "2001:db8::/32", NULL};

  g_free (config->host);
  config->host = g_strdup ("127.0.0.1");
  config->port = 0;
  if (with_key) {
    config->token_key_file = write_secret ();
    config->turn_secret_file = write_secret ();
    config->metrics_token_file = write_secret ();
    config->turn_uris = g_strdupv ((char **) relays);
  } else {
    g_free (config->web_root);
    config->web_root = g_dir_make_tmp ("rw-fuzz-XXXXXX", NULL);
    config->trusted_proxies = g_strdupv ((char **) proxies);
  }
}

static void
write_page (const char *folder)
{
  g_autofree char *page = g_build_filename (folder, "index.html", NULL);

  g_file_set_contents (page, "<p>", -1, NULL);
}

/* The files of a secret are read once, and the page's for each request. */
static RwServer *
start_server (gboolean with_key)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  RwServer *server;

  configure (config, with_key);
  if (!with_key)
    write_page (config->web_root);
  server = rw_server_new (config);
  g_assert (rw_server_start (server, NULL));
  if (with_key) {
    g_unlink (config->token_key_file);
    g_unlink (config->turn_secret_file);
    g_unlink (config->metrics_token_file);
  }
  return server;
}

static GSocket *
connect_to (RwServer *server)
{
  static const struct linger reset = {1, 0};
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (
      "127.0.0.1", rw_server_get_port (server));
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_TCP, NULL);

  g_assert (socket != NULL);
  g_assert (g_socket_connect (socket, address, NULL, NULL));
  g_socket_set_blocking (socket, FALSE);
  /* Thousands of ports a minute must not be left waiting. */
  setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &reset,
              sizeof reset);
  return socket;
}

/* Less than the kernel keeps for a socket; the server may have closed. */
static void
say (GSocket *socket, const char *text, gsize len)
{
  g_socket_send (socket, text, len, NULL, NULL);
}

static gboolean
is_closed (GSocket *socket)
{
  char buffer[4096];
  gssize got;

  do {
    g_autoptr (GError) error = NULL;

    got = g_socket_receive (socket, buffer, sizeof buffer, NULL, &error);
    if (got < 0)
      return !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  } while (got > 0);

  return TRUE;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static RwServer *servers[2];
  g_autoptr (GSocket) socket = NULL;
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  RwServer *server;

  if (servers[0] == NULL) {
    servers[0] = start_server (FALSE);
    servers[1] = start_server (TRUE);
  }
  if (size < 1)
    return 0;

  server = servers[data[0] & USE_KEY];
  socket = connect_to (server);
  if (data[0] & USE_HELLO)
    say (socket, hello, sizeof hello - 1);
  /* A WebSocket is only there when its handshake has been answered. */
  for (guint i = 0; i < 20 && (data[0] & USE_HELLO); i++)
    g_main_context_iteration (NULL, FALSE);
  say (socket, (const char *) data + 1, size - 1);
  g_socket_shutdown (socket, FALSE, TRUE, NULL);

  while (!is_closed (socket)) {
    g_main_context_iteration (NULL, TRUE);
    g_assert (g_get_monotonic_time () < deadline_us);
  }
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert (rw_server_get_n_clients (server) == 0);
  return 0;
}
