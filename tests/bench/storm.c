/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signalling server dies under its clients, and comes back: how do they?
 * Many RwWsSignallers and the server's program as a child. GLib looks at every
 * source of a context in every turn: so a thread has a hundred clients, and the
 * time that is measured is not the measurer's.
 *
 *   storm SERVER-PROGRAM [CLIENTS [DOWN-MS [kill|term]]]
 *
 * Prints attempts in each tenth of a second, their highest rate over any second
 * against the mean, and how long after the server's return half, 99 % and all
 * of the clients were back.
 */
#include "rw-loop.h"
#include "rw-ws-signaller.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define TICK_MS       100
#define MAX_TICKS     1200
#define CROWD_CLIENTS 100

typedef struct _Storm Storm;

/* Some clients and their thread. */
typedef struct {
  Storm *storm;
  RwLoop *loop;
  GPtrArray *clients; /* RwWsSignaller */
  GSource *tick;
  guint first;     /* its first client's number */
  gint n_attempts; /* atomic: of all of them, as of the last tick */
} Crowd;

struct _Storm {
  GPtrArray *crowds;
  RwClock *clock;
  GSubprocess *server;
  char *program;
  char *port;
  guint n_clients;
  guint down_ms;
  guint ticks[MAX_TICKS]; /* attempts in each, from the server's end on */
  guint n_ticks;
  guint n_attempts;
  gint64 back_us; /* when the server was back, or 0 */

  GMutex lock; /* of what the crowds write */
  guint n_open;
  gint64 half_us;
  gint64 most_us;
  gint64 all_us;
};

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

/* On a crowd's thread. */
static void
on_opened (RwSignaller *signaller, const char *peer_id, Storm *s)
{
  gint64 now_us = g_get_monotonic_time ();

  g_mutex_lock (&s->lock);
  s->n_open++;
  if (s->n_open == s->n_clients / 2)
    s->half_us = now_us;
  if (s->n_open == s->n_clients * 99 / 100)
    s->most_us = now_us;
  if (s->n_open == s->n_clients)
    s->all_us = now_us;
  g_mutex_unlock (&s->lock);
}

static void
add_client (Crowd *crowd, guint i)
{
  Storm *s = crowd->storm;
  g_autofree char *uri =
      g_strdup_printf ("ws://127.0.0.1:%s", s->port + strlen ("--port="));
  g_autofree char *name = g_strdup_printf ("client %u", i);
  const char *uris[] = {uri, NULL};
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  RwWsSignaller *client;

  config.uris = uris;
  client = rw_ws_signaller_new (s->clock, rw_loop_get_context (crowd->loop),
                                g_rand_new_with_seed (i), &config, NULL);
  g_signal_connect (client, "opened", G_CALLBACK (on_opened), s);
  rw_signaller_set_status (RW_SIGNALLER (client), RW_ROLE_PRODUCER, name, name);
  g_ptr_array_add (crowd->clients, client);
  rw_signaller_start (RW_SIGNALLER (client));
}

static void
crowd_count (gpointer data)
{
  Crowd *crowd = data;
  guint64 n = 0;

  for (guint i = 0; i < crowd->clients->len; i++) {
    RwWsSignallerCounts counts;

    rw_ws_signaller_get_counts (crowd->clients->pdata[i], &counts);
    n += counts.attempts;
  }
  g_atomic_int_set (&crowd->n_attempts, (gint) n);
}

static gboolean
on_crowd_tick (gpointer data)
{
  crowd_count (data);
  return G_SOURCE_CONTINUE;
}

static void
crowd_start (gpointer data)
{
  Crowd *crowd = data;
  guint end = MIN (crowd->first + CROWD_CLIENTS, crowd->storm->n_clients);

  for (guint i = crowd->first; i < end; i++)
    add_client (crowd, i);
  crowd->tick = g_timeout_source_new (TICK_MS / 4);
  g_source_set_callback (crowd->tick, on_crowd_tick, crowd, NULL);
  g_source_attach (crowd->tick, rw_loop_get_context (crowd->loop));
}

static void
crowd_end (gpointer data)
{
  Crowd *crowd = data;

  g_source_destroy (crowd->tick);
  g_source_unref (crowd->tick);
  g_ptr_array_unref (crowd->clients);
}

static void
crowd_free (gpointer data)
{
  Crowd *crowd = data;

  rw_loop_call (crowd->loop, crowd_end, crowd);
  g_object_unref (crowd->loop);
  g_free (crowd);
}

static void
add_crowd (Storm *s, guint first)
{
  Crowd *crowd = g_new0 (Crowd, 1);

  crowd->storm = s;
  crowd->first = first;
  crowd->loop = rw_loop_new ("crowd");
  crowd->clients = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (s->crowds, crowd);
  rw_loop_invoke (crowd->loop, crowd_start, crowd, NULL);
}

static gboolean
is_all_open (Storm *s)
{
  gboolean all;

  g_mutex_lock (&s->lock);
  all = s->n_open == s->n_clients;
  g_mutex_unlock (&s->lock);
  return all;
}

static void
wait_all_open (Storm *s)
{
  gint64 end_us = g_get_monotonic_time () + 120 * G_USEC_PER_SEC;

  while (!is_all_open (s)) {
    if (g_get_monotonic_time () > end_us)
      g_error ("%u of %u clients are back after two minutes", s->n_open,
               s->n_clients);
    g_main_context_iteration (NULL, TRUE);
  }
}

static guint
count_attempts (Storm *s)
{
  guint n = 0;

  for (guint i = 0; i < s->crowds->len; i++)
    n +=
        (guint) g_atomic_int_get (&((Crowd *) s->crowds->pdata[i])->n_attempts);
  return n;
}

static gboolean
on_tick (gpointer data)
{
  Storm *s = data;
  guint n = count_attempts (s);

  if (s->n_ticks < MAX_TICKS)
    s->ticks[s->n_ticks++] = n - s->n_attempts;
  s->n_attempts = n;
  return G_SOURCE_CONTINUE;
}

/* Wakes who waits. */
static gboolean
on_look (gpointer unused)
{
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

/* Waiting must not hold up the ticks. */
static void
on_server_ended (GObject *server, GAsyncResult *result, gpointer data)
{
  Storm *s = data;

  g_subprocess_wait_finish (G_SUBPROCESS (server), result, NULL);
  g_clear_object (&s->server);
  g_timeout_add (s->down_ms, on_down_over, s);
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
run_storm (Storm *s, int with)
{
  guint id;

  for (guint i = 0; i < s->crowds->len; i++) {
    Crowd *crowd = s->crowds->pdata[i];

    rw_loop_call (crowd->loop, crowd_count, crowd);
  }
  s->n_attempts = count_attempts (s);
  /* A client that is closed must not return before it is counted as gone. */
  g_mutex_lock (&s->lock);
  s->n_open = 0;
  g_mutex_unlock (&s->lock);
  id = g_timeout_add (TICK_MS, on_tick, s);
  g_subprocess_send_signal (s->server, with);
  g_subprocess_wait_async (s->server, NULL, on_server_ended, s);
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

  if (argc < 2 || n_clients < 100) {
    g_printerr ("usage: storm SERVER-PROGRAM [CLIENTS, at least 100 "
                "[DOWN-MS [kill|term]]]\n");
    return 2;
  }
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  s.crowds = g_ptr_array_new_with_free_func (crowd_free);
  s.clock = rw_clock_new ();
  s.n_clients = n_clients;
  s.down_ms = down_ms;
  s.program = argv[1];
  s.port = g_strdup_printf ("--port=%u", find_port ());
  start_server (&s);
  g_timeout_add (TICK_MS / 4, on_look, NULL);
  for (guint i = 0; i < n_clients; i += CROWD_CLIENTS)
    add_crowd (&s, i);
  wait_all_open (&s);
  g_print ("%u clients, server away for %u ms\n", n_clients, down_ms);
  run_storm (&s, with);
  g_ptr_array_unref (s.crowds);
  end_server (&s, SIGKILL);
  g_object_unref (s.clock);
  g_free (s.port);
  return 0;
}
