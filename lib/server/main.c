/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "rw-server.h"

/* The signalling server as a program: options in, signals out. */

/* How long clients may take to hear that the server goes. */
#define FAREWELL_MS 1000

/* Over how long they are to spread their return. */
#define RETURN_SPREAD_MS 3000

typedef struct {
  RwServerConfig *config;
  gint port;
  gboolean version;
} Options;

static gboolean
parse_options (Options *options, int *argc, char ***argv, GError **error)
{
  g_autofree char *host = NULL;
  GOptionEntry entries[] = {
      {"host", 0, 0, G_OPTION_ARG_STRING, &host,
       "Address to listen on (default: 0.0.0.0, all of IPv4)", "ADDRESS"},
      {"port", 0, 0, G_OPTION_ARG_INT, &options->port,
       "Port to listen on, 0 for any free one (default: 8443)", "PORT"},
      {"version", 0, 0, G_OPTION_ARG_NONE, &options->version,
       "Print the version and exit", NULL},
      {NULL},
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (
      context, "The signalling server of gst-resilient-webrtc: brings WebRTC "
               "producers and consumers\ntogether, over WebSocket on any "
               "path.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;

  if (*argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                 "unexpected argument \"%s\"", (*argv)[1]);
    return FALSE;
  }
  if (options->port < 0 || options->port > G_MAXUINT16) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "%d is no port: it must be from 0 to 65535", options->port);
    return FALSE;
  }

  options->config->port = (guint16) options->port;
  if (host != NULL) {
    g_free (options->config->host);
    options->config->host = g_steal_pointer (&host);
  }
  return TRUE;
}

static gboolean
on_unix_signal (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_farewell_over (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_CONTINUE;
}

/* Lets the clients hear that they are to come again; one that does not read
 * is not waited for. */
static void
send_away (RwServer *server)
{
  gboolean over = FALSE;
  guint timeout = g_timeout_add (FAREWELL_MS, on_farewell_over, &over);

  rw_server_send_away (server, RETURN_SPREAD_MS);
  while (!over && rw_server_get_n_clients (server) > 0)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timeout);
}

static int
serve (RwServer *server)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;

  if (!rw_server_start (server, &error)) {
    fprintf (stderr, "resilient-signalling-server: %s\n", error->message);
    return EXIT_FAILURE;
  }

  uri = rw_server_dup_uri (server);
  printf ("resilient-signalling-server %s listens on %s\n", RW_VERSION, uri);
  fflush (stdout);

  g_unix_signal_add (SIGINT, on_unix_signal, loop);
  g_unix_signal_add (SIGTERM, on_unix_signal, loop);
  g_main_loop_run (loop);

  send_away (server);
  rw_server_stop (server);
  return EXIT_SUCCESS;
}

int
main (int argc, char *argv[])
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  Options options = {config, config->port, FALSE};
  g_autoptr (RwServer) server = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  if (!parse_options (&options, &argc, &argv, &error)) {
    fprintf (stderr, "resilient-signalling-server: %s (--help shows all)\n",
             error->message);
    return EXIT_FAILURE;
  }
  if (options.version) {
    printf ("resilient-signalling-server %s\n", RW_VERSION);
    return EXIT_SUCCESS;
  }

  server = rw_server_new (config);
  return serve (server);
}
