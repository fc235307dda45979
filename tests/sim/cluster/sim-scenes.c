/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-scenes.h"

#include "sim-world.h"

#define MS        1000
#define SETTLE_US (8 * G_USEC_PER_SEC)

/* Scenes that have gone wrong once. Each is run with some seeds, which choose
 * the delays. */
#define N_SEEDS 20

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

void
sim_scenes_add (void)
{
  g_test_add_func ("/sim/cluster/to-and-fro", test_a_client_goes_to_and_fro);
}
