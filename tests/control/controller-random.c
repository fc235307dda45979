/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-controller.h"
#include "test-fake-clock.h"

#define MS G_GINT64_CONSTANT (1000)

typedef struct {
  GHashTable *live; /* generations that were begun and not abandoned */
  guint64 last;
  gboolean running;
  gboolean failed;
  RwState state;
  TestFakeClock *clock;
  RwController *controller;
  GRand *rand;
  gint64 last_attempt_us;
} Model;

/* An attempt that waits for the other side keeps no distance. */
static void
model_fail (Model *m, guint64 generation, gint64 retry_after_us)
{
  RwFailure failure = g_rand_int_range (m->rand, 0, RW_N_FAILURES);

  if (rw_failure_get_policy (failure) == RW_FAILURE_POLICY_WAIT)
    m->last_attempt_us = -1;
  rw_controller_report_attempt_failed (m->controller, generation, failure,
                                       retry_after_us);
}

static void
model_on_attempt (RwController *controller, guint64 generation, gpointer data)
{
  Model *m = data;
  gint64 now_us = rw_clock_get_now_us (RW_CLOCK (m->clock));

  g_assert_true (m->running);
  g_assert_cmpuint (generation, >, m->last);
  g_assert_true (m->last_attempt_us < 0 ||
                 now_us - m->last_attempt_us >= 100 * MS);
  m->last = generation;
  m->last_attempt_us = now_us;
  g_hash_table_add (m->live, g_memdup2 (&generation, sizeof generation));
  /* The one in use, and two beside it. */
  g_assert_cmpuint (g_hash_table_size (m->live), <=, 3);
  if (g_rand_int_range (m->rand, 0, 10) == 0)
    model_fail (m, generation, 0);
}

static void
model_on_abandon (RwController *controller, guint64 generation, gpointer data)
{
  Model *m = data;

  g_assert_true (g_hash_table_remove (m->live, &generation));
  g_assert_false (rw_controller_is_live (controller, generation));
}

static void
model_on_state (RwController *controller, const RwStateInfo *info,
                gpointer data)
{
  Model *m = data;
  RwState state = info->previous;
  gboolean explained = FALSE;

  g_assert_cmpint (info->previous, ==, m->state);
  g_assert_cmpint (info->state, !=, info->previous);
  for (int event = 0; event < RW_N_STATE_EVENTS && !explained; event++) {
    state = info->previous;
    explained = rw_state_step (&state, event) && state == info->state;
  }
  g_assert_true (explained);
  g_assert_cmpint (info->outage_us, >=, 0);
  g_assert_cmpint (info->delay_us, >=, 0);
  m->state = info->state;
}

static void
model_act (Model *m)
{
  RwController *c = m->controller;
  guint64 age = (guint64) g_rand_int_range (m->rand, 0, 5);
  guint64 generation = m->last - MIN (m->last, age);

  if (g_rand_boolean (m->rand))
    generation = rw_controller_get_generation (c);
  switch (g_rand_int_range (m->rand, 0, 12)) {
  case 0:
    if (g_rand_int_range (m->rand, 0, 8) == 0) {
      m->running = FALSE;
      rw_controller_stop (c);
      g_assert_cmpuint (g_hash_table_size (m->live), ==, 0);
    }
    break;
  case 1:
    if (!m->running || m->state == RW_STATE_FAILED) {
      m->running = TRUE;
      m->last_attempt_us = -1;
      rw_controller_start (c);
    }
    break;
  case 2:
  case 3:
    rw_controller_report_progress (c, generation);
    break;
  case 4:
    rw_controller_report_suspect (c, generation);
    break;
  case 5:
    rw_controller_report_down (c, generation);
    break;
  case 6:
    rw_controller_report_alive (c, generation);
    break;
  case 7:
    rw_controller_report_lost (c, generation, "peer-closed");
    break;
  case 8:
    model_fail (m, generation, g_rand_int_range (m->rand, 0, 3) * 1000 * MS);
    break;
  case 9:
    rw_controller_retry_now (
        c, g_rand_int_range (m->rand, 0, RW_RETRY_REQUESTED + 1));
    break;
  case 10:
    rw_controller_report_advance (c, generation);
    break;
  default:
    test_fake_clock_advance (m->clock,
                             g_rand_int_range (m->rand, 0, 5000) * MS);
    break;
  }
}

static void
model_check (Model *m)
{
  guint64 current = rw_controller_get_generation (m->controller);

  g_assert_cmpint (rw_controller_get_state (m->controller), ==, m->state);
  if (current != 0)
    g_assert_true (g_hash_table_contains (m->live, &current));
  if (m->state == RW_STATE_CONNECTED) {
    g_assert_cmpuint (current, !=, 0);
    g_assert_cmpuint (g_hash_table_size (m->live), ==, 1);
  }
  if (m->state == RW_STATE_FAILED || m->state == RW_STATE_STOPPED)
    g_assert_cmpuint (g_hash_table_size (m->live), ==, 0);
}

static void
run_random_life (guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (TestFakeClock) clock = test_fake_clock_new ();
  g_autoptr (RwController) controller = rw_controller_new (
      RW_CLOCK (clock), NULL, g_rand_new_with_seed (seed + 1));
  RwReconnectConfig config = RW_RECONNECT_CONFIG_DEFAULT;
  g_autoptr (GHashTable) live =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  Model m = {.live = live,
             .clock = clock,
             .controller = controller,
             .rand = rand,
             .last_attempt_us = -1};

  config.backoff.retries = g_rand_int_range (rand, -1, 4);
  config.breaker_failures = g_rand_int_range (rand, 0, 6);
  config.spread_us = g_rand_int_range (rand, 0, 2) * 300 * MS;
  rw_controller_set_config (controller, &config);
  g_signal_connect (controller, "attempt", G_CALLBACK (model_on_attempt), &m);
  g_signal_connect (controller, "abandon", G_CALLBACK (model_on_abandon), &m);
  g_signal_connect (controller, "state-changed", G_CALLBACK (model_on_state),
                    &m);
  for (int i = 0; i < 300; i++) {
    model_act (&m);
    model_check (&m);
  }
  m.running = FALSE;
  rw_controller_stop (controller);
  g_assert_cmpuint (g_hash_table_size (live), ==, 0);
  test_fake_clock_advance (clock, 3600 * 1000 * MS);
}

static void
test_random_lives_keep_the_invariants (void)
{
  for (guint32 seed = 0; seed < 2000; seed++) {
    g_test_message ("seed %u", seed);
    run_random_life (seed);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/control/controller-random/lives-keep-the-invariants",
                   test_random_lives_keep_the_invariants);
  return g_test_run ();
}
