/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signalling server dies under its clients, and comes back: how do they?
 * Many RwWsSignallers on one thread and the server's program as a child.
 *
 *   storm SERVER-PROGRAM [CLIENTS [DOWN-MS [kill|term]]]
 *
 * Prints attempts in each tenth of a second, their highest rate over any second
 * against the mean, and how long after the server's return half, 99 % and all
 * of the clients were back.
 */
#include "rw-ws-signaller.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define TICK_MS   100
#define MAX_TICKS 1200

typedef struct {
  GPtrArray *clients; /* RwWsSignaller */
  GSubprocess *server;
  char *program;
  char *port;
  guint n_open;
  guint ticks[MAX_TICKS]; /* attempts in each, from the server's end on */
  guint n_ticks;
  guint64 n_attempts;
  gint64 back_us; /* when the server was back, or 0 */
  gint64 half_us;
  gint64 most_us;
  gint64 all_us;
} Storm;

static void
start_server (Storm *s)
{
  g_autoptr (GError) error = NULL;

  s->server = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
      &error, s->program, "--host=127.0.0.1", s->port, NULL);
  if (s->server == NULL)
    g_error ("%s: %s", s->program, error->message);
}

static void
end_server (Storm *s, int with)
{
  g_subprocess_send_signal (s->server, with);
  g_subprocess_wait (s->server, NULL, NULL);
  g_clear_object (&s->server);
}

/* Free a moment ago: good enough for a benchmark. */
static guint
find_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);

  g_socket_listener_close (listener);
  return port;
}

static void
on_opened (RwSignaller *signaller, const char *peer_id, Storm *s)
{
  gint64 now_us = g_get_monotonic_time ();

  s->n_open++;
  if (s->n_open == s->clients->len / 2)
    s->half_us = now_us;
  if (s->n_open == s->clients->len * 99 / 100)
    s->most_us = now_us;
  if (s->n_open == s->clients->len)
    s->all_us = now_us;
}

static void
add_client (Storm *s, RwClock *clock, guint i)
{
  g_autofree char *uri =
      g_strdup_printf ("ws://127.0.0.1:%s", s->port + strlen ("--port="));
  g_autofree char *name = g_strdup_printf ("client %u", i);
  const char *uris[] = {uri, NULL};
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  RwWsSignaller *client;

  config.uris = uris;
  client = rw_ws_signaller_new (clock, NULL, g_rand_new_with_seed (i), &config,
                                NULL);
  g_signal_connect (client, "opened", G_CALLBACK (on_opened), s);
  rw_signaller_set_status (RW_SIGNALLER (client), RW_ROLE_PRODUCER, name, name);
  g_ptr_array_add (s->clients, client);
  rw_signaller_start (RW_SIGNALLER (client));
}

static gboolean
on_too_late (gpointer data)
{
  g_error ("the clients are not back after two minutes");
  return G_SOURCE_REMOVE;
}

static void
wait_all_open (Storm *s)
{
  guint id = g_timeout_add_seconds (120, on_too_late, NULL);

  while (s->n_open < s->clients->len)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

static guint64
count_attempts (Storm *s)
{
  guint64 n = 0;

  for (guint i = 0; i < s->clients->len; i++) {
    RwWsSignallerCounts counts;

    rw_ws_signaller_get_counts (s->clients->pdata[i], &counts);
    n += counts.attempts;
  }
  return n;
}

static gboolean
on_tick (gpointer data)
{
  Storm *s = data;
  guint64 n = count_attempts (s);

  if (s->n_ticks < MAX_TICKS)
    s->ticks[s->n_ticks++] = (guint) (n - s->n_attempts);
  s->n_attempts = n;
  return G_SOURCE_CONTINUE;
}

static gboolean
on_down_over (gpointer data)
{
  Storm *s = data;

  start_server (s);
  s->back_us = g_get_monotonic_time ();
  return G_SOURCE_REMOVE;
}

/* The highest rate over any whole second, and the mean over the storm. */
static void
print_rates (Storm *s)
{
  const guint window = 1000 / TICK_MS;
  guint64 sum = 0, highest = 0;
  double mean;

  g_print ("attempts per %d ms:", TICK_MS);
  for (guint i = 0; i < s->n_ticks; i++) {
    guint64 in_window = 0;

    g_print (" %u", s->ticks[i]);
    sum += s->ticks[i];
    for (guint j = i; j < MIN (i + window, s->n_ticks); j++)
      in_window += s->ticks[j];
    highest = MAX (highest, in_window);
  }
  mean = sum * (1000.0 / TICK_MS) / MAX (s->n_ticks, 1);
  g_print ("\nattempts a second: mean %.0f, highest %" G_GUINT64_FORMAT
           ", %.1f times the mean\n",
           mean, highest, highest / MAX (mean, 1.0));
}

static void
run_storm (Storm *s, guint down_ms, int with)
{
  guint id;

  s->n_attempts = count_attempts (s);
  s->n_open = 0;
  end_server (s, with);
  id = g_timeout_add (TICK_MS, on_tick, s);
  g_timeout_add (down_ms, on_down_over, s);
  wait_all_open (s);
  on_tick (s);
  g_source_remove (id);
  print_rates (s);
  g_print ("back after the server's return: half %.2f s, 99 %% %.2f s, all "
           "%.2f s\n",
           (s->half_us - s->back_us) / 1e6, (s->most_us - s->back_us) / 1e6,
           (s->all_us - s->back_us) / 1e6);
}

int
main (int argc, char **argv)
{
  Storm s = {0};
  struct rlimit files;
  guint n_clients = argc > 2 ? (guint) atoi (argv[2]) : 1000;
  guint down_ms = argc > 3 ? (guint) atoi (argv[3]) : 2000;
  int with = argc > 4 && g_str_equal (argv[4], "term") ? SIGTERM : SIGKILL;
  g_autoptr (RwClock) clock = rw_clock_new ();

  if (argc < 2 || n_clients < 100) {
    g_printerr ("usage: storm SERVER-PROGRAM [CLIENTS, at least 100 "
                "[DOWN-MS [kill|term]]]\n");
    return 2;
  }
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  s.clients = g_ptr_array_new_with_free_func (g_object_unref);
  s.program = argv[1];
  s.port = g_strdup_printf ("--port=%u", find_port ());
  start_server (&s);
  for (guint i = 0; i < n_clients; i++)
    add_client (&s, clock, i);
  wait_all_open (&s);
  g_print ("%u clients, server away for %u ms\n", n_clients, down_ms);
  run_storm (&s, down_ms, with);
  g_ptr_array_unref (s.clients);
  end_server (&s, SIGKILL);
  g_free (s.port);
  return 0;
}
