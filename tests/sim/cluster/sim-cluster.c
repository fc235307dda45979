/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-remote.h"
#include "sim-client.h"

#ifdef __SANITIZE_ADDRESS__
#define N_SEEDS 10
#else
#define N_SEEDS 80
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

#define MS            1000
#define CHAOS_US      (8 * G_USEC_PER_SEC)
#define MAX_HEAL_US   (40 * G_USEC_PER_SEC)
#define SETTLE_US     (8 * G_USEC_PER_SEC)
#define MAX_SERVERS   3
#define MAX_CLIENTS   7
#define MAX_BOTH_US   (1 * G_USEC_PER_SEC)
#define WELL_AGAIN_US (8 * G_USEC_PER_SEC)

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

/* Those that the promise is shown for with every seed. */
#define MISHAPS ((1u << KILL) | (1u << STOP) | (1u << FREEZE) | (1u << HANG_UP))

static const char *const rooms[] = {"ra", "rb"};
static const char *const names[] = {"na", "nb"};

typedef struct {
  guint32 seed;
  SimRandom random;
  SimBook *book;
  SimRedis *redis;
  GPtrArray *servers; /* SimServer */
  GPtrArray *clients; /* SimClient */
  guint mishaps;      /* a set of Mishap */
  guint calm;         /* actions between two mishaps */
  gboolean has_names; /* producers compete for names */
  gint64 unwell_us;   /* when something was wrong last */
  gint64 both_us;     /* since when two clients have a floor; 0: they do not */
} World;

static guint
roll (World *w, guint n)
{
  return (guint) sim_random_range (&w->random, 0, n - 1);
}

static SimServer *
get_server (World *w, guint i)
{
  return g_ptr_array_index (w->servers, i);
}

static SimClient *
get_client (World *w, guint i)
{
  return g_ptr_array_index (w->clients, i);
}

/* --- What goes wrong --- */

typedef struct {
  World *world;
  guint server;
} Later;

static void
later (World *w, guint server, gint64 max_us, SimFunc func)
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
  sim_server_start (get_server (what->world, what->server));
}

static void
uncut (gpointer data)
{
  const Later *what = data;
  SimOwner *owner =
      sim_server_get_owner (get_server (what->world, what->server));

  sim_book_note (what->world->book, "s%u is not cut off", what->server);
  if (owner != NULL)
    sim_redis_cut (what->world->redis, owner, FALSE, FALSE);
}

static void
start_redis (gpointer data)
{
  const Later *what = data;

  sim_book_note (what->world->book, "Redis starts (%u)", what->server);
  sim_redis_start (what->world->redis, (SimRedisWhat) what->server);
}

/* What Redis had taken may be lost. */
static void
lose_all (World *w)
{
  sim_book_excuse_all (w->book);
  sim_book_forgive_all (w->book);
}

static void
restart_redis (World *w)
{
  SimRedisWhat what = (SimRedisWhat) roll (w, 3);

  sim_redis_stop (w->redis);
  sim_book_forgive_all (w->book);
  if (what != SIM_REDIS_ALL)
    lose_all (w);
  later (w, what, 2 * G_USEC_PER_SEC, start_redis);
}

static void
happen (World *w, Mishap mishap)
{
  static const char *const texts[] = {
      "killed",  "stopped",      "frozen",        "cut off",
      "hung up", "Redis frozen", "Redis stopped", "Redis emptied"};
  guint i = roll (w, w->servers->len);
  SimServer *server = get_server (w, i);
  gint64 until_us =
      sim_time_get () + sim_random_range (&w->random, 100 * MS, 6000 * MS);

  sim_book_note (w->book, "s%u: %s", i, texts[mishap]);
  w->unwell_us = MAX (w->unwell_us, sim_time_get ());
  /* Whose home has died, looks so, or stops while it does not have its Redis,
   * is restored; if the client goes elsewhere before it is told, it begins
   * anew. */
  if (mishap == STOP
          ? sim_server_is_there (server) && !sim_server_is_well (server)
          : mishap != HANG_UP && mishap != REDIS_FREEZE)
    sim_book_note_trouble (w->book);
  switch (mishap) {
  case KILL:
    sim_server_kill (server);
    later (w, i, 5 * G_USEC_PER_SEC, start_server);
    return;
  case STOP:
    sim_server_stop (server);
    later (w, i, 2 * G_USEC_PER_SEC, start_server);
    return;
  case FREEZE:
    sim_server_freeze (server, until_us);
    w->unwell_us = until_us;
    return;
  case CUT:
    if (sim_server_get_owner (server) == NULL)
      return;
    sim_redis_cut (w->redis, sim_server_get_owner (server), roll (w, 3) > 0,
                   roll (w, 3) > 0);
    later (w, i, 7 * G_USEC_PER_SEC, uncut);
    return;
  case HANG_UP:
    sim_redis_hang_up (w->redis,
                       roll (w, 2) > 0 ? sim_server_get_owner (server) : NULL);
    return;
  case REDIS_FREEZE:
    sim_redis_freeze (w->redis, until_us);
    w->unwell_us = until_us;
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
pick_mishap (World *w)
{
  guint first = roll (w, N_MISHAPS);

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
act (World *w)
{
  SimClient *client = get_client (w, roll (w, w->clients->len));
  SimClient *other = get_client (w, roll (w, w->clients->len));
  const char *room = rooms[roll (w, G_N_ELEMENTS (rooms))];
  guint what = roll (w, 100);

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
    sim_client_press (client, room, roll (w, 2) > 0);
  else if (what < 89 && w->has_names && sim_client_is_producer (client))
    sim_client_produce (client, names[roll (w, G_N_ELEMENTS (names))]);
  else if (what < 97)
    sim_client_move (client, roll (w, w->servers->len));
  else if (what < 99)
    sim_client_drop (client);
}

/* --- What has to hold --- */

static gboolean
is_well (World *w)
{
  for (guint i = 0; i < w->servers->len; i++)
    if (!sim_server_is_well (get_server (w, i)))
      return FALSE;
  return TRUE;
}

static gboolean
is_held_twice (World *w)
{
  for (guint r = 0; r < G_N_ELEMENTS (rooms); r++) {
    guint n = 0;

    for (guint i = 0; i < w->clients->len; i++)
      n += sim_client_has_floor (get_client (w, i), rooms[r]) ? 1 : 0;
    if (n > 1)
      return TRUE;
  }
  return FALSE;
}

static void
check_floors (World *w)
{
  if (!is_well (w))
    w->unwell_us = MAX (w->unwell_us, sim_time_get ());
  if (!is_held_twice (w) || sim_time_get () - w->unwell_us < WELL_AGAIN_US) {
    w->both_us = 0;
    return;
  }

  if (w->both_us == 0)
    w->both_us = sim_time_get ();
  if (sim_time_get () - w->both_us > MAX_BOTH_US)
    sim_book_fail (w->book, "two clients have the floor of a room");
}

typedef struct {
  World *world;
  GHashTable *ids;   /* of clients that a server has */
  GHashTable *names; /* that are held */
} Homes;

static void
check_home (const RwHubRecord *record, gpointer user_data)
{
  Homes *homes = user_data;

  if (record->home != NULL)
    return;
  if (!g_hash_table_add (homes->ids, g_strdup (record->id)))
    sim_book_fail (homes->world->book, "%s has two homes", record->id);
  if (record->name != NULL && (record->roles & RW_ROLE_PRODUCER) != 0 &&
      record->connected &&
      !g_hash_table_add (homes->names, g_strdup (record->name)))
    sim_book_fail (homes->world->book, "%s is held twice", record->name);
}

static void
check_homes (World *w)
{
  Homes homes = {w,
                 g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
                 g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL)};

  for (guint i = 0; i < w->servers->len; i++)
    rw_hub_foreach_client (
        rw_clients_get_hub (sim_server_get_clients (get_server (w, i))),
        check_home, &homes);
  for (guint i = 0; i < w->clients->len; i++)
    if (!g_hash_table_contains (homes.ids,
                                sim_client_get_id (get_client (w, i))))
      sim_book_fail (w->book, "c%u has no home", i);
  g_hash_table_unref (homes.ids);
  g_hash_table_unref (homes.names);
}

static void
check_positions (World *w)
{
  for (guint r = 0; r < G_N_ELEMENTS (rooms); r++) {
    const char *instance = NULL;
    guint64 last = 0;

    for (guint i = 0; i < w->clients->len; i++) {
      guint64 sequence;
      const char *own =
          sim_client_get_last (get_client (w, i), rooms[r], &sequence);

      if (own == NULL)
        continue;
      if (instance != NULL &&
          (!g_str_equal (own, instance) || sequence != last))
        sim_book_fail (w->book,
                       "c%u is at %" G_GUINT64_FORMAT " of %s in %s, others "
                       "at %" G_GUINT64_FORMAT " of %s",
                       i, sequence, own, rooms[r], last, instance);
      instance = own;
      last = sequence;
    }
  }
}

/* --- A run --- */

static void
step (World *w, gint64 us)
{
  static const gint64 look_us = 100 * MS;
  gint64 end_us = sim_time_get () + us;

  while (sim_time_get () < end_us) {
    sim_time_run (MIN (end_us, sim_time_get () + look_us));
    check_floors (w);
  }
}

static gboolean
all_are_here (World *w)
{
  for (guint i = 0; i < w->clients->len; i++)
    if (!sim_client_is_here (get_client (w, i)))
      return FALSE;
  return is_well (w);
}

static void
wait_for_all (World *w)
{
  gint64 end_us = sim_time_get () + MAX_HEAL_US;

  while (!all_are_here (w)) {
    for (guint i = 0; sim_time_get () > end_us; i++) {
      if (i == w->clients->len)
        sim_book_fail (w->book, "not all servers are well");
      if (!sim_client_is_here (get_client (w, i)))
        sim_book_fail (w->book, "c%u has not come back", i);
    }
    step (w, 100 * MS);
  }
}

static void
keep (gpointer data)
{
  World *w = data;

  sim_redis_keep (w->redis);
  sim_time_add (NULL, sim_time_get () + G_USEC_PER_SEC, keep, w, NULL);
}

/* @delay_us: of Redis, at most; 0: any */
static void
begin (World *w, guint32 seed, gint64 delay_us)
{
  static const gint64 delays_us[] = {100, 2 * MS, 60 * MS};
  g_autofree char *source =
      g_test_build_filename (G_TEST_DIST, "sim", "cluster", "redis.lua", NULL);
  guint n_servers;
  guint n_clients;

  *w = (World){.seed = seed, .random = {seed}};
  sim_time_begin ();
  n_servers = 2 + roll (w, MAX_SERVERS - 1);
  n_clients = 3 + roll (w, MAX_CLIENTS - 2);
  w->book = sim_book_new (seed);
  if (delay_us == 0)
    delay_us = delays_us[roll (w, G_N_ELEMENTS (delays_us))];
  w->redis = sim_redis_new (source, &w->random, delay_us);
  sim_redis_use (w->redis);
  w->servers = g_ptr_array_new ();
  w->clients = g_ptr_array_new ();
  for (guint i = 0; i < n_servers; i++) {
    g_ptr_array_add (w->servers, sim_server_new (w->redis, &w->random, i));
    sim_server_start (get_server (w, i));
  }
  for (guint i = 0; i < n_clients; i++)
    g_ptr_array_add (w->clients,
                     sim_client_new (i, w->servers, &w->random, w->book));
  keep (w);
  wait_for_all (w);
}

static void
end (World *w)
{
  for (guint i = 0; i < w->clients->len; i++)
    sim_client_free (get_client (w, i));
  for (guint i = 0; i < w->servers->len; i++)
    sim_server_free (get_server (w, i));
  g_ptr_array_unref (w->clients);
  g_ptr_array_unref (w->servers);
  sim_time_end ();
  sim_redis_free (w->redis);
  sim_book_free (w->book);
}

static void
make_chaos (World *w)
{
  gint64 end_us = sim_time_get () + CHAOS_US;

  for (guint i = 0; i < w->clients->len; i++) {
    sim_client_join (get_client (w, i), rooms[0]);
    sim_client_start (get_client (w, i), get_client (w, 0));
  }
  while (sim_time_get () < end_us) {
    step (w, sim_random_range (&w->random, MS, 80 * MS));
    act (w);
    if (w->mishaps != 0 && roll (w, w->calm) == 0)
      pick_mishap (w);
  }
}

/* Everything that was wrong is over; a little later all have all. */
static void
heal (World *w)
{
  sim_book_note (w->book, "calm");
  step (w, 7 * G_USEC_PER_SEC);
  wait_for_all (w);
  for (guint i = 0; i < w->clients->len; i++) {
    sim_client_send (get_client (w, i));
    sim_client_publish (get_client (w, i), rooms[0]);
  }
  step (w, SETTLE_US);
  wait_for_all (w);
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
  World w;
  guint64 n;

  begin (&w, seed, 0);
  w.mishaps = roll (&w, 4) == 0 ? 0 : (guint) sim_random_next (&w.random);
  if (roll (&w, 2) > 0)
    w.mishaps &= ~((1u << REDIS_RESTART) | (1u << REDIS_EMPTY));
  w.mishaps &= get_mask ();
  w.calm = 10 + roll (&w, 100);
  w.has_names = roll (&w, 4) == 0;
  if (w.has_names)
    sim_book_note_trouble (w.book); /* whose name is taken is removed */
  sim_book_note (w.book, "mishaps 0x%x%s", w.mishaps,
                 w.has_names ? ", names" : "");
  make_chaos (&w);
  heal (&w);
  sim_book_finish (w.book);
  check_homes (&w);
  check_positions (&w);
  n = sim_book_get_n (w.book);
  end (&w);
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

/* The client moves on before the server that it has come to has written its
 * record: what it has received there must not come again. */
static void
test_a_client_goes_to_and_fro (void)
{
  for (guint32 seed = 0; seed < 20; seed++) {
    World w;

    begin (&w, seed, 300 * MS);
    step (&w, 6 * G_USEC_PER_SEC);
    sim_client_start (get_client (&w, 1), get_client (&w, 0));
    step (&w, G_USEC_PER_SEC);
    for (guint i = 1; i <= 20; i++) {
      sim_client_send (get_client (&w, 0));
      sim_client_move (get_client (&w, 1), i % 2);
      while (!sim_client_is_here (get_client (&w, 1)))
        sim_time_step ();
      sim_client_send (get_client (&w, 1));
    }
    wait_for_all (&w);
    step (&w, SETTLE_US);
    sim_book_finish (w.book);
    check_homes (&w);
    end (&w);
  }
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
  g_test_add_func ("/sim/cluster/to-and-fro", test_a_client_goes_to_and_fro);
  g_test_add_func ("/sim/cluster/nothing-is-lost-or-doubled",
                   test_nothing_is_lost_or_doubled);
  return g_test_run ();
}
