/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-pool.h"

/* Which failures of one server are those of all, and how long a server is left
 * alone that closes what it has just accepted. */

#define SECOND G_TIME_SPAN_SECOND

static RwServerPool *
new_pool (void)
{
  static const char *const uris[] = {"ws://one", "ws://two", NULL};
  RwBackoffConfig backoff = RW_BACKOFF_CONFIG_DEFAULT;

  return rw_server_pool_new (uris, &backoff);
}

static void
test_permanent_only_when_all_are (void)
{
  g_autoptr (RwServerPool) pool = new_pool ();

  g_assert_cmpint (rw_server_pool_judge (pool, 0, RW_FAILURE_TLS), ==,
                   RW_FAILURE_REFUSED);
  g_assert_cmpint (rw_server_pool_judge (pool, 0, RW_FAILURE_UNAUTHORIZED), ==,
                   RW_FAILURE_REFUSED);
  g_assert_cmpint (rw_server_pool_judge (pool, 1, RW_FAILURE_TLS), ==,
                   RW_FAILURE_TLS);
}

static void
test_a_server_that_worked_is_tried_again (void)
{
  g_autoptr (RwServerPool) pool = new_pool ();

  rw_server_pool_judge (pool, 0, RW_FAILURE_TLS);
  rw_server_pool_note_working (pool, 0, 0);
  g_assert_cmpint (rw_server_pool_judge (pool, 1, RW_FAILURE_TLS), ==,
                   RW_FAILURE_REFUSED);
}

static void
test_other_failures_are_passed_on (void)
{
  g_autoptr (RwServerPool) pool = new_pool ();

  g_assert_cmpint (rw_server_pool_judge (pool, 0, RW_FAILURE_RATE_LIMITED), ==,
                   RW_FAILURE_RATE_LIMITED);
  g_assert_cmpint (rw_server_pool_judge (pool, 1, RW_FAILURE_TLS), ==,
                   RW_FAILURE_REFUSED);
}

/* The first end is no habit; then the delay doubles, up to 5 s, and chance
 * takes half of it at the most. */
static void
test_early_ends_cost_more_and_more (void)
{
  g_autoptr (RwServerPool) pool = new_pool ();
  gint64 whole_us = SECOND / 4;

  g_assert_cmpint (rw_server_pool_note_ended (pool, 0), ==, 0);
  for (guint i = 0; i < 10; i++) {
    gint64 delay_us = rw_server_pool_note_ended (pool, SECOND - 1);

    g_assert_cmpint (delay_us, >=, whole_us / 2);
    g_assert_cmpint (delay_us, <=, whole_us);
    whole_us = MIN (2 * whole_us, 5 * SECOND);
  }
}

static void
test_uptime_ends_the_delays (void)
{
  g_autoptr (RwServerPool) pool = new_pool ();

  for (guint i = 0; i < 5; i++)
    rw_server_pool_note_ended (pool, 0);
  g_assert_cmpint (rw_server_pool_note_ended (pool, SECOND), ==, 0);
  g_assert_cmpint (rw_server_pool_note_ended (pool, 0), ==, 0);
  g_assert_cmpint (rw_server_pool_note_ended (pool, 0), <=, SECOND / 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/client/server-pool/" name, func)
  ADD ("permanent-only-when-all-are", test_permanent_only_when_all_are);
  ADD ("a-server-that-worked-is-tried-again",
       test_a_server_that_worked_is_tried_again);
  ADD ("other-failures-are-passed-on", test_other_failures_are_passed_on);
  ADD ("early-ends-cost-more-and-more", test_early_ends_cost_more_and_more);
  ADD ("uptime-ends-the-delays", test_uptime_ends_the_delays);
#undef ADD
  return g_test_run ();
}
