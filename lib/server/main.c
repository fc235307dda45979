/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "rw-notify.h"
#include "rw-privileges.h"
#include "rw-server.h"
#include "rw-server-log.h"
#include "rw-server-options.h"

/* The signalling server as a program: options in, signals out. */

/* How long the clients may take to receive the close frame. */
#define DRAIN_MS 1000

/* Over how long the clients spread their reconnects. */
#define RETURN_SPREAD_MS 3000

typedef struct {
  RwServerConfig *config;
  GHashTable *given; /* a set: the options that were on the line */
} CommandLine;

static gboolean
on_option (const char *name, const char *value, gpointer user_data,
           GError **error)
{
  CommandLine *line = user_data;

  if (!g_hash_table_add (line->given, (gpointer) g_intern_string (name))) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "%s is given twice", name);
    return FALSE;
  }
  /* The name comes with its dashes. */
  return rw_server_options_set (line->config, name + 2, value, error);
}

static gboolean
on_config (const char *name, const char *path, gpointer user_data,
           GError **error)
{
  return rw_server_options_load (((CommandLine *) user_data)->config, path,
                                 error);
}

static gboolean
on_version (const char *name, const char *value, gpointer user_data,
            GError **error)
{
  printf ("resilient-signalling-server %s\n", RW_VERSION);
  exit (EXIT_SUCCESS);
}

static gboolean
on_print_config (const char *name, const char *value, gpointer user_data,
                 GError **error)
{
  char *example = rw_server_options_to_example ();

  fputs (example, stdout);
  g_free (example);
  exit (EXIT_SUCCESS);
}

static void
add_entry (GArray *entries, const RwServerOption *option)
{
  GOptionEntry entry = {
      option->key,     0, 0, G_OPTION_ARG_CALLBACK, (gpointer) on_option, NULL,
      option->argument};
  g_autofree char *help =
      option->preset != NULL
          ? g_strdup_printf ("%s (default: %s)", option->help, option->preset)
          : g_strdup (option->help);

  /* GOption keeps the pointer. */
  entry.description = g_intern_string (help);
  g_array_append_val (entries, entry);
}

static GOptionGroup *
new_option_group (CommandLine *line)
{
  static const GOptionEntry own[] = {
      {"config", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer) on_config,
       "Configuration file; options to the right of it override its keys",
       "FILE"},
      {"print-config", 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK,
       (gpointer) on_print_config,
       "Print a commented configuration with all defaults, and exit", NULL},
      {"version", 0, G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK,
       (gpointer) on_version, "Print the version, and exit", NULL},
      {NULL},
  };
  GOptionGroup *group = g_option_group_new ("server", "", "", line, NULL);
  g_autoptr (GArray) entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));
  guint n_options;
  const RwServerOption *options = rw_server_options_get (&n_options);

  for (guint i = 0; i < n_options; i++)
    add_entry (entries, &options[i]);
  g_option_group_add_entries (group, own);
  g_option_group_add_entries (group, (GOptionEntry *) entries->data);

  return group;
}

static gboolean
parse_options (RwServerConfig *config, int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GHashTable) given = g_hash_table_new (NULL, NULL);
  CommandLine line = {config, given};

  g_option_context_set_summary (
      context, "The signalling server of gst-resilient-webrtc: connects WebRTC "
               "producers and consumers\nover WebSocket, on any path.");
  g_option_context_set_main_group (context, new_option_group (&line));
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;

  if (*argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                 "unexpected argument \"%s\"", (*argv)[1]);
    return FALSE;
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
on_drain_over (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_CONTINUE;
}

/* A renewed certificate counts from the next connection on. */
static gboolean
on_reload (gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  rw_notify ("RELOADING=1");
  if (rw_server_reload_tls (user_data, &error))
    g_message ("TLS certificate reloaded");
  else
    g_warning ("TLS certificate not reloaded, the old one stays in use: %s",
               error->message);
  rw_notify ("READY=1");
  return G_SOURCE_CONTINUE;
}

/* From the loop that serves the clients: if it hangs, so do these. */
static gboolean
on_watchdog (gpointer unused)
{
  rw_notify ("WATCHDOG=1");
  return G_SOURCE_CONTINUE;
}

static void
report_ready (const char *uri)
{
  g_autofree char *state =
      g_strdup_printf ("READY=1\nSTATUS=listening on %s", uri);
  gint64 watchdog_us = rw_notify_get_watchdog_us ();

  rw_notify (state);
  if (watchdog_us > 0)
    g_timeout_add ((guint) (watchdog_us / 2000), on_watchdog, NULL);
}

/* Asks the clients to reconnect; one that does not read
 * is not waited for. */
static void
drain (RwServer *server)
{
  gboolean over = FALSE;
  guint timeout = g_timeout_add (DRAIN_MS, on_drain_over, &over);

  rw_server_drain (server, RETURN_SPREAD_MS);
  while (!over && rw_server_get_n_clients (server) > 0)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timeout);
}

/* Each client is a descriptor; what a shell allows is meant for programs that
 * know select(2). */
static void
raise_fd_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

/* Listens, then drops the privileges. */
static gboolean
start (RwServer *server, const RwServerConfig *config, GError **error)
{
  if (!rw_server_start (server, error))
    return FALSE;
  if (config->user != NULL)
    return rw_privileges_drop (config->user, error);
  if (rw_privileges_are_root ())
    rw_server_log (G_LOG_LEVEL_WARNING, 0, NULL,
                   "running as root: set --user, or start the server as an "
                   "unprivileged user");
  return TRUE;
}

static int
serve (RwServer *server, const RwServerConfig *config)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = NULL;

  if (!start (server, config, &error)) {
    fprintf (stderr, "resilient-signalling-server: %s\n", error->message);
    return EXIT_FAILURE;
  }

  /* Before anybody can know that it runs. */
  g_unix_signal_add (SIGINT, on_unix_signal, loop);
  g_unix_signal_add (SIGTERM, on_unix_signal, loop);
  g_unix_signal_add (SIGHUP, on_reload, server);

  uri = rw_server_dup_uri (server);
  printf ("resilient-signalling-server %s listens on %s\n", RW_VERSION, uri);
  if (config->token_key_file == NULL)
    rw_server_log (G_LOG_LEVEL_WARNING, 0, NULL,
                   "no token-key-file is set: ANY client that can reach this "
                   "port may produce, consume and join rooms");
  fflush (stdout);

  report_ready (uri);
  g_main_loop_run (loop);

  g_message ("stopping");
  rw_notify ("STOPPING=1");
  drain (server);
  rw_server_stop (server);
  return EXIT_SUCCESS;
}

int
main (int argc, char *argv[])
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  g_autoptr (RwServer) server = NULL;
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  if (!parse_options (config, &argc, &argv, &error)) {
    fprintf (stderr,
             "resilient-signalling-server: %s (--help lists the options)\n",
             error->message);
    return EXIT_FAILURE;
  }

  if (!rw_server_log_set_up (config->log_format, config->log_level, &error)) {
    fprintf (stderr, "resilient-signalling-server: %s\n", error->message);
    return EXIT_FAILURE;
  }

  raise_fd_limit ();
  server = rw_server_new (config);
  return serve (server, config);
}
