/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-backoff.h"

#include <math.h>

#define MS (1000)

static gint64
next_us (RwBackoff *backoff, GRand *rand, gint64 retry_after_us)
{
  gint64 delay_us = -1;

  g_assert_true (rw_backoff_next (backoff, rand, retry_after_us, &delay_us));
  return delay_us;
}

static void
test_grows_to_the_maximum_and_resets (void)
{
  RwBackoffConfig config = RW_BACKOFF_CONFIG_DEFAULT;
  RwBackoff backoff;
  gint64 expected_us = 250 * MS;

  config.jitter = 0.0;
  rw_backoff_init (&backoff, &config);
  for (int i = 0; i < 5000; i++) {
    g_assert_cmpint (next_us (&backoff, NULL, 0), ==, expected_us);
    expected_us = MIN (expected_us * 2, 30000 * MS);
  }
  rw_backoff_reset (&backoff);
  g_assert_cmpint (next_us (&backoff, NULL, 0), ==, 250 * MS);
}

static void
test_jitter_comes_after_the_maximum (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  RwBackoffConfig config = RW_BACKOFF_CONFIG_DEFAULT;
  RwBackoff backoff;
  gint64 low_us = G_MAXINT64, high_us = 0;

  rw_backoff_init (&backoff, &config);
  for (int i = 0; i < 1000; i++) {
    gint64 delay_us = next_us (&backoff, rand, 0);

    if (i < 10)
      continue;
    low_us = MIN (low_us, delay_us);
    high_us = MAX (high_us, delay_us);
  }
  /* Uniform over the upper half: the ends are nearly met, never passed. */
  g_assert_cmpint (low_us, >=, 15000 * MS);
  g_assert_cmpint (low_us, <, 15500 * MS);
  g_assert_cmpint (high_us, <=, 30000 * MS);
  g_assert_cmpint (high_us, >, 29500 * MS);
}

static void
test_same_seed_gives_same_delays (void)
{
  RwBackoffConfig config = RW_BACKOFF_CONFIG_DEFAULT;
  gint64 first[20];

  for (int round = 0; round < 2; round++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (42);
    RwBackoff backoff;

    rw_backoff_init (&backoff, &config);
    for (int i = 0; i < 20; i++) {
      gint64 delay_us = next_us (&backoff, rand, 0);

      if (round == 0)
        first[i] = delay_us;
      else
        g_assert_cmpint (delay_us, ==, first[i]);
    }
  }
}

static void
test_gives_up_after_its_retries (void)
{
  const int retries[] = {0, 1, 7};

  for (guint i = 0; i < G_N_ELEMENTS (retries); i++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (3);
    RwBackoffConfig config = RW_BACKOFF_CONFIG_DEFAULT;
    RwBackoff backoff;
    gint64 delay_us;

    config.retries = retries[i];
    rw_backoff_init (&backoff, &config);
    for (int n = 0; n < retries[i]; n++)
      next_us (&backoff, rand, 0);
    g_assert_false (rw_backoff_next (&backoff, rand, 0, &delay_us));
    g_assert_cmpint (delay_us, ==, 0);
    rw_backoff_reset (&backoff);
    g_assert_cmpint (rw_backoff_next (&backoff, rand, 0, &delay_us), ==,
                     retries[i] > 0);
  }
}

static void
test_retry_after_is_never_undercut (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  RwBackoffConfig config = RW_BACKOFF_CONFIG_DEFAULT;
  RwBackoff backoff;

  rw_backoff_init (&backoff, &config);
  for (int i = 0; i < 100; i++) {
    gint64 delay_us = next_us (&backoff, rand, 60000 * MS);

    g_assert_cmpint (delay_us, >=, 60000 * MS);
    g_assert_cmpint (delay_us, <=, 75000 * MS);
  }
  /* A small one does not shorten our own delay, a mad one is bounded. */
  g_assert_cmpint (next_us (&backoff, rand, 1), >=, 15000 * MS);
  g_assert_cmpint (next_us (&backoff, rand, G_MAXINT64), <=,
                   RW_BACKOFF_RETRY_AFTER_MAX_US * 5 / 4);
  g_assert_cmpint (next_us (&backoff, rand, G_MININT64), <=, 30000 * MS);
}

static void
test_bad_settings_are_tamed (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  RwBackoffConfig config = {.delay_us = -5,
                            .factor = NAN,
                            .delay_max_us = -1,
                            .jitter = NAN,
                            .retries = -100};
  RwBackoff backoff;

  rw_backoff_init (&backoff, &config);
  g_assert_cmpint (next_us (&backoff, rand, 0), ==, 0);
  config = (RwBackoffConfig){.delay_us = G_MAXINT64,
                             .factor = INFINITY,
                             .delay_max_us = 1000,
                             .jitter = 99.0,
                             .retries = -1};
  rw_backoff_init (&backoff, &config);
  for (int i = 0; i < 100; i++) {
    gint64 delay_us = next_us (&backoff, rand, 0);

    g_assert_cmpint (delay_us, >=, 0);
    g_assert_cmpint (delay_us, <=, 1000);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/backoff/grows-to-the-maximum-and-resets",
                   test_grows_to_the_maximum_and_resets);
  g_test_add_func ("/core/backoff/jitter-comes-after-the-maximum",
                   test_jitter_comes_after_the_maximum);
  g_test_add_func ("/core/backoff/same-seed-gives-same-delays",
                   test_same_seed_gives_same_delays);
  g_test_add_func ("/core/backoff/gives-up-after-its-retries",
                   test_gives_up_after_its_retries);
  g_test_add_func ("/core/backoff/retry-after-is-never-undercut",
                   test_retry_after_is_never_undercut);
  g_test_add_func ("/core/backoff/bad-settings-are-tamed",
                   test_bad_settings_are_tamed);
  return g_test_run ();
}
