/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-world.h"

#include "rw-hub-remote.h"

#define MS          1000
#define MAX_HEAL_US (40 * G_USEC_PER_SEC)
#define MAX_SERVERS 3
#define MAX_CLIENTS 7
#define MAX_BOTH_US (1 * G_USEC_PER_SEC)

const char *const sim_rooms[SIM_N_ROOMS] = {"ra", "rb"};

guint
sim_world_roll (SimWorld *w, guint n)
{
  return (guint) sim_random_range (&w->random, 0, n - 1);
}

SimServer *
sim_world_get_server (SimWorld *w, guint i)
{
  return g_ptr_array_index (w->servers, i);
}

SimClient *
sim_world_get_client (SimWorld *w, guint i)
{
  return g_ptr_array_index (w->clients, i);
}

/* --- What has to hold --- */

static gboolean
is_well (SimWorld *w)
{
  for (guint i = 0; i < w->servers->len; i++)
    if (!sim_server_is_well (sim_world_get_server (w, i)))
      return FALSE;
  return TRUE;
}

static gboolean
is_held_twice (SimWorld *w)
{
  for (guint r = 0; r < G_N_ELEMENTS (sim_rooms); r++) {
    guint n = 0;

    for (guint i = 0; i < w->clients->len; i++)
      n += sim_client_has_floor (sim_world_get_client (w, i), sim_rooms[r]) ? 1
                                                                            : 0;
    if (n > 1)
      return TRUE;
  }
  return FALSE;
}

static void
check_floors (SimWorld *w)
{
  if (!is_held_twice (w)) {
    w->both_us = 0;
    return;
  }

  if (w->both_us == 0)
    w->both_us = sim_time_get ();
  if (sim_time_get () - w->both_us > MAX_BOTH_US)
    sim_book_fail (w->book, "two clients have the floor of a room");
}

typedef struct {
  SimWorld *world;
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

void
sim_world_check_homes (SimWorld *w)
{
  Homes homes = {w,
                 g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
                 g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL)};

  for (guint i = 0; i < w->servers->len; i++)
    rw_hub_foreach_client (rw_clients_get_hub (sim_server_get_clients (
                               sim_world_get_server (w, i))),
                           check_home, &homes);
  for (guint i = 0; i < w->clients->len; i++)
    if (!g_hash_table_contains (
            homes.ids, sim_client_get_id (sim_world_get_client (w, i))))
      sim_book_fail (w->book, "c%u has no home", i);
  g_hash_table_unref (homes.ids);
  g_hash_table_unref (homes.names);
}

void
sim_world_check_positions (SimWorld *w)
{
  for (guint r = 0; r < G_N_ELEMENTS (sim_rooms); r++) {
    const char *instance = NULL;
    guint64 last = 0;

    for (guint i = 0; i < w->clients->len; i++) {
      guint64 sequence;
      const char *own = sim_client_get_last (sim_world_get_client (w, i),
                                             sim_rooms[r], &sequence);

      if (own == NULL)
        continue;
      if (instance != NULL &&
          (!g_str_equal (own, instance) || sequence != last))
        sim_book_fail (w->book,
                       "c%u is at %" G_GUINT64_FORMAT " of %s in %s, others "
                       "at %" G_GUINT64_FORMAT " of %s",
                       i, sequence, own, sim_rooms[r], last, instance);
      instance = own;
      last = sequence;
    }
  }
}

/* --- A run --- */

void
sim_world_step (SimWorld *w, gint64 us)
{
  static const gint64 look_us = 100 * MS;
  gint64 end_us = sim_time_get () + us;

  while (sim_time_get () < end_us) {
    sim_time_run (MIN (end_us, sim_time_get () + look_us));
    for (guint i = 0; i < w->servers->len; i++)
      sim_server_look (sim_world_get_server (w, i));
    check_floors (w);
  }
}

static gboolean
all_are_here (SimWorld *w)
{
  for (guint i = 0; i < w->clients->len; i++)
    if (!sim_client_is_here (sim_world_get_client (w, i)))
      return FALSE;
  return is_well (w);
}

static void
note_ill (SimWorld *w)
{
  for (guint i = 0; i < w->servers->len; i++)
    if (!sim_server_is_well (sim_world_get_server (w, i)))
      sim_book_note (w->book, "s%u is not well", i);
}

void
sim_world_wait_for_all (SimWorld *w)
{
  gint64 end_us = sim_time_get () + MAX_HEAL_US;

  while (!all_are_here (w)) {
    for (guint i = 0; sim_time_get () > end_us; i++) {
      if (i == w->clients->len)
        note_ill (w);
      if (i == w->clients->len)
        sim_book_fail (w->book, "not all servers are well");
      if (!sim_client_is_here (sim_world_get_client (w, i)))
        sim_book_fail (w->book, "c%u has not come back", i);
    }
    sim_world_step (w, 100 * MS);
  }
}

static void
keep (gpointer data)
{
  SimWorld *w = data;

  sim_redis_keep (w->redis);
  sim_time_add (NULL, sim_time_get () + G_USEC_PER_SEC, keep, w, NULL);
}

/* @delay_us: of Redis, at most; 0: any */
void
sim_world_begin (SimWorld *w, guint32 seed, gint64 delay_us)
{
  static const gint64 delays_us[] = {100, 2 * MS, 60 * MS};
  g_autofree char *source =
      g_test_build_filename (G_TEST_DIST, "sim", "cluster", "redis.lua", NULL);
  guint n_servers;
  guint n_clients;

  *w = (SimWorld){.seed = seed, .random = {seed}};
  sim_time_begin ();
  n_servers = 2 + sim_world_roll (w, MAX_SERVERS - 1);
  n_clients = 3 + sim_world_roll (w, MAX_CLIENTS - 2);
  w->book = sim_book_new (seed);
  if (delay_us == 0)
    delay_us = delays_us[sim_world_roll (w, G_N_ELEMENTS (delays_us))];
  w->redis = sim_redis_new (source, &w->random, delay_us);
  sim_redis_use (w->redis);
  w->servers = g_ptr_array_new ();
  w->clients = g_ptr_array_new ();
  for (guint i = 0; i < n_servers; i++) {
    g_ptr_array_add (w->servers,
                     sim_server_new (w->redis, &w->random, i, w->book));
    sim_server_start (sim_world_get_server (w, i));
  }
  for (guint i = 0; i < n_clients; i++)
    g_ptr_array_add (w->clients,
                     sim_client_new (i, w->servers, &w->random, w->book));
  keep (w);
  sim_world_wait_for_all (w);
}

void
sim_world_end (SimWorld *w)
{
  for (guint i = 0; i < w->clients->len; i++)
    sim_client_free (sim_world_get_client (w, i));
  for (guint i = 0; i < w->servers->len; i++)
    sim_server_free (sim_world_get_server (w, i));
  g_ptr_array_unref (w->clients);
  g_ptr_array_unref (w->servers);
  sim_time_end ();
  sim_redis_free (w->redis);
  sim_book_free (w->book);
}
