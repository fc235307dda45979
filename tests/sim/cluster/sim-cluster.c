/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-scenes.h"
#include "sim-world.h"

#include "rw-hub-remote.h"

#ifdef __SANITIZE_ADDRESS__
#define N_SEEDS 8
#else
#define N_SEEDS 240
#endif

/* Several servers, with the clients, the cluster and the scripts that the
 * product has, share a Redis in memory. Clients talk in sessions and rooms and
 * change servers, servers die, freeze and stop, Redis fails. Everything follows
 * from the seed. Checked, as docs/signalling.md promises:
 *
 * - while their homes live, no message of a session or a room is lost, doubled
 *   or out of order, and no session ends by itself (SimBook);
 * - a generation that is over writes nothing (redis.lua);
 * - a room never gives one number to two messages in one epoch (SimBook);
 * - nobody is told that the floor goes to a second holder (SimMember), and two
 *   clients that both are connected do not both have it;
 * - in the end each client has one home, each name one holder, and all that
 *   was sent has arrived.
 */

#define MS        1000
#define CHAOS_US  (8 * G_USEC_PER_SEC)
#define SETTLE_US (8 * G_USEC_PER_SEC)

typedef enum {
  KILL,
  STOP,
  FREEZE,
  CUT,
  HANG_UP,
  REDIS_FREEZE,
  REDIS_RESTART,
  REDIS_EMPTY,
  N_MISHAPS,
} Mishap;

#define MISHAPS ((1u << N_MISHAPS) - 1)

static const char *const names[] = {"na", "nb"};

/* --- What goes wrong --- */

typedef struct {
  SimWorld *world;
  guint server;
} Later;

static void
later (SimWorld *w, guint server, gint64 max_us, SimFunc func)
{
  Later *what = g_new (Later, 1);

  *what = (Later){w, server};
  sim_time_add (
      NULL, sim_time_get () + sim_random_range (&w->random, 10 * MS, max_us),
      func, what, g_free);
}

static void
start_server (gpointer data)
{
  const Later *what = data;

  sim_book_note (what->world->book, "s%u starts", what->server);
  sim_server_start (sim_world_get_server (what->world, what->server));
}

static void
uncut (gpointer data)
{
  const Later *what = data;
  SimOwner *owner =
      sim_server_get_owner (sim_world_get_server (what->world, what->server));

  sim_book_note (what->world->book, "s%u is not cut off", what->server);
  if (owner != NULL)
    sim_redis_cut (what->world->redis, owner, FALSE, FALSE);
}

static void
start_redis (gpointer data)
{
  const Later *what = data;

  if (!sim_redis_is_stopped (what->world->redis))
    return; /* it was stopped twice, and has started */
  sim_book_note (what->world->book, "Redis starts (%u)", what->server);
  sim_redis_start (what->world->redis, (SimRedisWhat) what->server);
}

/* What Redis had taken may be lost. */
static void
lose_all (SimWorld *w)
{
  for (guint i = 0; i < w->clients->len; i++)
    if (!sim_client_is_welcome (sim_world_get_client (w, i)))
      sim_book_note_lost (w->book, i);
  sim_book_excuse_all (w->book);
  sim_book_forgive_all (w->book);
}

static void
restart_redis (SimWorld *w)
{
  SimRedisWhat what = (SimRedisWhat) sim_world_roll (w, 3);

  sim_redis_stop (w->redis);
  sim_book_forgive_all (w->book);
  if (what != SIM_REDIS_ALL)
    lose_all (w);
  later (w, what, 2 * G_USEC_PER_SEC, start_redis);
}

static gboolean
has_record (SimWorld *w, const char *id)
{
  g_autofree char *key = g_strconcat ("p:client:", id, NULL);
  g_autoptr (RwCommand) command = rw_command_new ("EXISTS", key, NULL);
  g_autoptr (GBytes) answer = sim_redis_run (w->redis, command);

  return g_str_has_prefix (g_bytes_get_data (answer, NULL), ":1");
}

/* Redis has lost the records of these clients, too: they begin anew. */
static void
note_unwritten (SimWorld *w, const SimServer *server)
{
  RwClients *clients = sim_server_get_clients (server);
  RwHubRecord record;

  for (guint i = 0; clients != NULL && i < w->clients->len; i++) {
    const char *id = sim_client_get_id (sim_world_get_client (w, i));

    if (rw_hub_get_record (rw_clients_get_hub (clients), id, &record) &&
        record.home == NULL && !has_record (w, id))
      sim_book_note_lost (w->book, i);
  }
}

/* A client whose home has died, looks so, or cannot store it while it stops, is
 * restored; if the client goes elsewhere before it is told, it begins anew. */
static gboolean
is_trouble (SimWorld *w, Mishap mishap, SimServer *server)
{
  switch (mishap) {
  case HANG_UP:
    return FALSE;
  case STOP:
    return sim_server_is_there (server) &&
           sim_redis_is_away (w->redis, sim_server_get_owner (server));
  case REDIS_FREEZE:
    for (guint i = 0; i < w->servers->len; i++)
      if (sim_server_is_stopping (sim_world_get_server (w, i)))
        return TRUE;
    return FALSE;
  default:
    return TRUE;
  }
}

static void
happen (SimWorld *w, Mishap mishap)
{
  static const char *const texts[] = {
      "killed",  "stopped",      "frozen",        "cut off",
      "hung up", "Redis frozen", "Redis stopped", "Redis emptied"};
  guint i = sim_world_roll (w, w->servers->len);
  SimServer *server = sim_world_get_server (w, i);
  gint64 until_us =
      sim_time_get () + sim_random_range (&w->random, 100 * MS, 6000 * MS);

  sim_book_note (w->book, "s%u: %s", i, texts[mishap]);
  if (is_trouble (w, mishap, server))
    sim_book_note_trouble (w->book);
  switch (mishap) {
  case KILL:
    note_unwritten (w, server);
    sim_server_kill (server);
    later (w, i, 5 * G_USEC_PER_SEC, start_server);
    return;
  case STOP:
    sim_server_stop (server);
    later (w, i, 2 * G_USEC_PER_SEC, start_server);
    return;
  case FREEZE:
    sim_server_freeze (server, until_us);
    return;
  case CUT:
    if (sim_server_get_owner (server) == NULL)
      return;
    sim_redis_cut (w->redis, sim_server_get_owner (server),
                   sim_world_roll (w, 3) > 0, sim_world_roll (w, 3) > 0);
    later (w, i, 7 * G_USEC_PER_SEC, uncut);
    return;
  case HANG_UP:
    sim_redis_hang_up (w->redis, sim_world_roll (w, 2) > 0
                                     ? sim_server_get_owner (server)
                                     : NULL);
    return;
  case REDIS_FREEZE:
    sim_redis_freeze (w->redis, until_us);
    return;
  case REDIS_RESTART:
    restart_redis (w);
    return;
  case REDIS_EMPTY:
  default:
    lose_all (w);
    sim_redis_flush (w->redis);
    return;
  }
}

static void
pick_mishap (SimWorld *w)
{
  guint first = sim_world_roll (w, N_MISHAPS);

  for (guint i = 0; i < N_MISHAPS; i++) {
    guint mishap = (first + i) % N_MISHAPS;

    if ((w->mishaps & (1u << mishap)) != 0) {
      happen (w, (Mishap) mishap);
      return;
    }
  }
}

/* --- What clients do --- */

static void
act (SimWorld *w)
{
  SimClient *client =
      sim_world_get_client (w, sim_world_roll (w, w->clients->len));
  SimClient *other =
      sim_world_get_client (w, sim_world_roll (w, w->clients->len));
  const char *room = sim_rooms[sim_world_roll (w, G_N_ELEMENTS (sim_rooms))];
  guint what = sim_world_roll (w, 100);

  if (what < 40)
    sim_client_send (client);
  else if (what < 60)
    sim_client_publish (client, room);
  else if (what < 70 && sim_client_is_producer (other) && client != other &&
           !sim_client_is_producer (client))
    sim_client_start (client, other);
  else if (what < 72)
    sim_client_end (client);
  else if (what < 76)
    sim_client_join (client, room);
  else if (what < 77)
    sim_client_leave (client, room);
  else if (what < 87)
    sim_client_press (client, room, sim_world_roll (w, 2) > 0);
  else if (what < 89 && w->has_names && sim_client_is_producer (client))
    sim_client_produce (client,
                        names[sim_world_roll (w, G_N_ELEMENTS (names))]);
  else if (what < 97)
    sim_client_move (client, sim_world_roll (w, w->servers->len));
  else if (what < 99)
    sim_client_drop (client);
}

static void
make_chaos (SimWorld *w)
{
  gint64 end_us = sim_time_get () + CHAOS_US;

  for (guint i = 0; i < w->clients->len; i++) {
    sim_client_join (sim_world_get_client (w, i), sim_rooms[0]);
    sim_client_start (sim_world_get_client (w, i), sim_world_get_client (w, 0));
  }
  while (sim_time_get () < end_us) {
    sim_world_step (w, sim_random_range (&w->random, MS, 80 * MS));
    act (w);
    if (w->mishaps != 0 && sim_world_roll (w, w->calm) == 0)
      pick_mishap (w);
  }
}

/* Everything that was wrong is over; a little later all have all. */
static void
heal (SimWorld *w)
{
  sim_book_note (w->book, "calm");
  sim_world_step (w, 7 * G_USEC_PER_SEC);
  sim_world_wait_for_all (w);
  for (guint i = 0; i < w->clients->len; i++) {
    sim_client_send (sim_world_get_client (w, i));
    sim_client_publish (sim_world_get_client (w, i), sim_rooms[0]);
  }
  sim_world_step (w, SETTLE_US);
  sim_world_wait_for_all (w);
}

/* RW_SIM_MISHAPS: a set of Mishap, as a number. */
static guint
get_mask (void)
{
  const char *text = g_getenv ("RW_SIM_MISHAPS");

  return text != NULL ? (guint) g_ascii_strtoull (text, NULL, 0) : MISHAPS;
}

static guint64
run (guint32 seed)
{
  SimWorld w;
  guint64 n;

  sim_world_begin (&w, seed, 0);
  w.mishaps =
      sim_world_roll (&w, 4) == 0 ? 0 : (guint) sim_random_next (&w.random);
  if (sim_world_roll (&w, 2) > 0)
    w.mishaps &= ~((1u << REDIS_RESTART) | (1u << REDIS_EMPTY));
  w.mishaps &= get_mask ();
  w.calm = 10 + sim_world_roll (&w, 100);
  w.has_names = sim_world_roll (&w, 4) == 0;
  if (w.has_names)
    sim_book_note_names (w.book);
  sim_book_note (w.book, "mishaps 0x%x%s", w.mishaps,
                 w.has_names ? ", names" : "");
  make_chaos (&w);
  heal (&w);
  sim_book_finish (w.book);
  sim_world_check_homes (&w);
  sim_world_check_positions (&w);
  n = sim_book_get_n (w.book);
  sim_world_end (&w);
  return n;
}

static void
test_nothing_is_lost_or_doubled (void)
{
  guint32 n = g_getenv ("RW_FULL") != NULL ? 20000 : N_SEEDS;
  const char *only = g_getenv ("RW_SEED");
  guint64 n_messages = 0;

  if (only != NULL) {
    run ((guint32) g_ascii_strtoull (only, NULL, 10));
    return;
  }
  for (guint32 seed = 0; seed < n; seed++)
    n_messages += run (seed);
  g_test_message ("%u seeds, %" G_GUINT64_FORMAT " messages", n, n_messages);
}

static void
ignore (const char *domain, GLogLevelFlags level, const char *text,
        gpointer unused)
{
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_handler ("rw-cluster", G_LOG_LEVEL_MESSAGE, ignore, NULL);
  sim_scenes_add ();
  g_test_add_func ("/sim/cluster/nothing-is-lost-or-doubled",
                   test_nothing_is_lost_or_doubled);
  return g_test_run ();
}
