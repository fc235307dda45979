/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-scenes.h"

#include "sim-world.h"

#define MS        1000
#define SETTLE_US (8 * G_USEC_PER_SEC)

/* Scenes that have gone wrong once. Each is run with some seeds, which choose
 * the delays. */
#ifdef __SANITIZE_ADDRESS__
#define N_SEEDS 4
#else
#define N_SEEDS 20
#endif

static void
begin (SimWorld *w, guint32 seed, gint64 delay_us)
{
  sim_world_begin (w, seed, delay_us);
  sim_world_step (w, 6 * G_USEC_PER_SEC);
}

static void
finish (SimWorld *w)
{
  sim_world_wait_for_all (w);
  sim_world_step (w, SETTLE_US);
  sim_world_wait_for_all (w);
  sim_book_finish (w->book);
  sim_world_check_homes (w);
  sim_world_check_positions (w);
  sim_world_end (w);
}

/* The client moves on before the server that it has come to has written its
 * record: what it has received there must not come again. */
static void
test_a_client_goes_to_and_fro (void)
{
  for (guint32 seed = 0; seed < N_SEEDS; seed++) {
    SimWorld w;

    begin (&w, seed, 300 * MS);
    sim_client_start (sim_world_get_client (&w, 1),
                      sim_world_get_client (&w, 0));
    sim_world_step (&w, G_USEC_PER_SEC);
    for (guint i = 1; i <= 20; i++) {
      sim_client_send (sim_world_get_client (&w, 0));
      sim_client_move (sim_world_get_client (&w, 1), i % 2);
      while (!sim_client_is_here (sim_world_get_client (&w, 1)))
        sim_time_step ();
      sim_client_send (sim_world_get_client (&w, 1));
    }
    finish (&w);
  }
}

/* Both clients of a session change places while its beginning is on its way
 * from the one to the other. */
static void
test_two_clients_change_places (void)
{
  for (guint32 seed = 0; seed < N_SEEDS; seed++) {
    SimWorld w;

    begin (&w, seed, 60 * MS);
    for (guint i = 0; i < 10; i++) {
      sim_client_start (sim_world_get_client (&w, 1),
                        sim_world_get_client (&w, 0));
      sim_world_step (&w, sim_world_roll (&w, 50) * MS);
      sim_client_move (sim_world_get_client (&w, 0), (i + 1) % 2);
      sim_client_move (sim_world_get_client (&w, 1), i % 2);
      sim_world_wait_for_all (&w);
      for (guint k = 0; k < 2; k++)
        sim_client_send (sim_world_get_client (&w, k));
      if (sim_world_roll (&w, 2) > 0)
        sim_client_end (sim_world_get_client (&w, sim_world_roll (&w, 2)));
    }
    finish (&w);
  }
}

/* The membership that came with the client is not the one that it has asked
 * for since, although both are joins of one server. */
static void
test_a_member_leaves_and_joins_on_its_way (void)
{
  for (guint32 seed = 0; seed < N_SEEDS; seed++) {
    SimWorld w;

    begin (&w, seed, 60 * MS);
    for (guint i = 0; i < 3; i++)
      sim_client_join (sim_world_get_client (&w, i), sim_rooms[0]);
    sim_world_step (&w, G_USEC_PER_SEC);
    sim_client_move (sim_world_get_client (&w, 1), 0);
    sim_client_leave (sim_world_get_client (&w, 1), sim_rooms[0]);
    sim_client_join (sim_world_get_client (&w, 1), sim_rooms[0]);
    sim_world_wait_for_all (&w);
    sim_world_step (&w, G_USEC_PER_SEC);
    for (guint i = 0; i < 3; i++)
      sim_client_publish (sim_world_get_client (&w, i), sim_rooms[0]);
    finish (&w);
  }
}

/* Leases expire that nobody could renew. Nobody has died, and whoever moves
 * resumes. */
static void
test_redis_stands_still (void)
{
  for (guint32 seed = 0; seed < N_SEEDS; seed++) {
    SimWorld w;
    SimClient *client;

    begin (&w, seed, 60 * MS);
    client = sim_world_get_client (&w, 1);
    sim_client_start (client, sim_world_get_client (&w, 0));
    sim_world_step (&w, G_USEC_PER_SEC);
    sim_redis_freeze (w.redis, sim_time_get () + 1500 * MS +
                                   sim_world_roll (&w, 40) * 100 * MS);
    sim_world_step (&w, sim_world_roll (&w, 15) * 100 * MS);
    sim_client_send (sim_world_get_client (&w, 0));
    sim_client_move (client, 0);
    finish (&w);
  }
}

/* The server that is taken for dead lives, and so does what had been sent to
 * its clients. */
static void
test_a_server_is_cut_off_from_redis (void)
{
  for (guint32 seed = 0; seed < N_SEEDS; seed++) {
    SimWorld w;
    SimOwner *owner;

    begin (&w, seed, 60 * MS);
    sim_client_start (sim_world_get_client (&w, 1),
                      sim_world_get_client (&w, 0));
    sim_world_step (&w, G_USEC_PER_SEC);
    owner = sim_server_get_owner (sim_world_get_server (&w, 1));
    sim_redis_cut (w.redis, owner, TRUE, TRUE);
    for (guint i = 0; i < 10; i++) {
      sim_client_send (sim_world_get_client (&w, 0));
      sim_world_step (&w, 50 * MS + sim_world_roll (&w, 10) * 100 * MS);
    }
    sim_redis_cut (w.redis, owner, FALSE, FALSE);
    finish (&w);
  }
}

static void
press (SimWorld *w, guint i, gboolean pressed)
{
  sim_client_press (sim_world_get_client (w, i), sim_rooms[0], pressed);
  sim_world_step (w, 500 * MS);
}

/* The lease of the server expires. Its members get what has happened to the
 * floor, in order. */
static void
test_the_floor_changes_meanwhile (void)
{
  for (guint32 seed = 0; seed < N_SEEDS; seed++) {
    SimWorld w;
    SimOwner *owner;
    guint holder = 2;

    begin (&w, seed, 60 * MS);
    sim_book_note_trouble (w.book); /* it looks dead */
    for (guint i = 0; i < 3; i++)
      sim_client_join (sim_world_get_client (&w, i), sim_rooms[0]);
    sim_world_step (&w, G_USEC_PER_SEC);
    owner = sim_server_get_owner (
        sim_client_get_server (sim_world_get_client (&w, 1)));
    while (holder > 0 && owner == sim_server_get_owner (sim_client_get_server (
                                      sim_world_get_client (&w, holder))))
      holder -= 2;
    press (&w, holder, TRUE);
    sim_redis_cut (w.redis, owner, TRUE, TRUE);
    sim_world_step (&w, 500 * MS);
    press (&w, holder, FALSE);
    sim_world_step (&w, 3 * G_USEC_PER_SEC);
    sim_world_step (&w, sim_world_roll (&w, 20) * 100 * MS);
    sim_redis_cut (w.redis, owner, FALSE, FALSE);
    sim_world_step (&w, 2 * G_USEC_PER_SEC);
    for (guint i = 0; i < 3; i++) {
      press (&w, i, TRUE);
      press (&w, i, FALSE);
    }
    finish (&w);
  }
}

/* The server has a lease and does not know it. */
static void
test_the_first_answer_of_redis_is_lost (void)
{
  for (guint32 seed = 0; seed < N_SEEDS; seed++) {
    SimWorld w;

    begin (&w, seed, 300 * MS);
    sim_server_stop (sim_world_get_server (&w, 1));
    sim_book_note_trouble (w.book);
    sim_server_start (sim_world_get_server (&w, 1));
    sim_world_step (&w, sim_world_roll (&w, 100) * 10 * MS);
    sim_redis_hang_up (w.redis,
                       sim_server_get_owner (sim_world_get_server (&w, 1)));
    finish (&w);
  }
}

/* Its connections to Redis end one after the other, the first one with commands
 * that are not answered yet. */
static void
test_a_server_ends_before_it_is_ready (void)
{
  for (guint32 seed = 0; seed < N_SEEDS; seed++) {
    SimWorld w;

    begin (&w, seed, 300 * MS);
    sim_book_note_trouble (w.book);
    for (guint i = 0; i < 20; i++) {
      sim_server_kill (sim_world_get_server (&w, 1));
      sim_server_start (sim_world_get_server (&w, 1));
      sim_world_step (&w, sim_world_roll (&w, 100) * 10 * MS);
    }
    finish (&w);
  }
}

/* A room begins a new epoch, in which the arbiter of the former one decides
 * nothing. */
static void
test_requests_wait_for_redis (void)
{
  for (guint32 seed = 0; seed < N_SEEDS; seed++) {
    SimWorld w;

    begin (&w, seed, 60 * MS);
    for (guint i = 0; i < 3; i++)
      sim_client_join (sim_world_get_client (&w, i), sim_rooms[0]);
    sim_world_step (&w, G_USEC_PER_SEC);
    sim_client_press (sim_world_get_client (&w, 0), sim_rooms[0], TRUE);
    sim_world_step (&w, G_USEC_PER_SEC);
    sim_redis_stop (w.redis);
    sim_book_forgive_all (w.book);
    for (guint i = 0; i < 3; i++) {
      sim_client_publish (sim_world_get_client (&w, i), sim_rooms[0]);
      sim_client_press (sim_world_get_client (&w, i), sim_rooms[0], TRUE);
      sim_world_step (&w, 300 * MS);
    }
    sim_redis_start (w.redis, SIM_REDIS_ALL);
    finish (&w);
  }
}

/* A server that stops while its connection to Redis is away for a moment waits
 * for it: its clients resume elsewhere. */
static void
test_a_server_stops_without_redis (void)
{
  for (guint32 seed = 0; seed < N_SEEDS; seed++) {
    SimWorld w;
    SimServer *server;

    begin (&w, seed, 60 * MS);
    sim_client_start (sim_world_get_client (&w, 1),
                      sim_world_get_client (&w, 0));
    sim_world_step (&w, G_USEC_PER_SEC);
    server = sim_client_get_server (sim_world_get_client (&w, 1));
    sim_redis_hang_up (w.redis, sim_server_get_owner (server));
    sim_world_step (&w, 61 * MS);
    sim_server_stop (server);
    sim_server_start (server);
    finish (&w);
  }
}

void
sim_scenes_add (void)
{
  g_test_add_func ("/sim/cluster/to-and-fro", test_a_client_goes_to_and_fro);
  g_test_add_func ("/sim/cluster/change-places",
                   test_two_clients_change_places);
  g_test_add_func ("/sim/cluster/leaves-and-joins-on-its-way",
                   test_a_member_leaves_and_joins_on_its_way);
  g_test_add_func ("/sim/cluster/redis-stands-still", test_redis_stands_still);
  g_test_add_func ("/sim/cluster/server-is-cut-off",
                   test_a_server_is_cut_off_from_redis);
  g_test_add_func ("/sim/cluster/floor-changes-meanwhile",
                   test_the_floor_changes_meanwhile);
  g_test_add_func ("/sim/cluster/first-answer-is-lost",
                   test_the_first_answer_of_redis_is_lost);
  g_test_add_func ("/sim/cluster/server-ends-before-it-is-ready",
                   test_a_server_ends_before_it_is_ready);
  g_test_add_func ("/sim/cluster/requests-wait-for-redis",
                   test_requests_wait_for_redis);
  g_test_add_func ("/sim/cluster/server-stops-without-redis",
                   test_a_server_stops_without_redis);
}
