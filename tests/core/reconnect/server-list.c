/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-list.h"

#define S G_GINT64_CONSTANT (1000000)

static void
test_prefers_the_first_that_is_well (void)
{
  g_autoptr (RwServerList) list = rw_server_list_new (3);

  g_assert_cmpuint (rw_server_list_pick (list, 0), ==, 0);
  rw_server_list_fail (list, 0, 0);
  g_assert_cmpuint (rw_server_list_pick (list, 0), ==, 1);
  rw_server_list_fail (list, 1, 0);
  g_assert_cmpuint (rw_server_list_pick (list, 0), ==, 2);
  rw_server_list_succeed (list, 2, 0);
  g_assert_cmpuint (rw_server_list_pick (list, 1 * S - 1), ==, 2);
  g_assert_cmpuint (rw_server_list_pick (list, 1 * S), ==, 0);
}

static void
test_rests_grow_to_a_minute (void)
{
  g_autoptr (RwServerList) list = rw_server_list_new (2);
  const gint64 rests_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
  gint64 now_us = 5 * S;

  for (guint i = 0; i < G_N_ELEMENTS (rests_s); i++) {
    rw_server_list_fail (list, 0, now_us);
    now_us += rests_s[i] * S;
    g_assert_cmpuint (rw_server_list_pick (list, now_us - 1), ==, 1);
    g_assert_cmpuint (rw_server_list_pick (list, now_us), ==, 0);
  }
  rw_server_list_succeed (list, 0, now_us);
  g_assert_cmpuint (rw_server_list_pick (list, now_us), ==, 0);
  now_us += RW_SERVER_STEADY_US;
  rw_server_list_fail (list, 0, now_us);
  g_assert_cmpuint (rw_server_list_pick (list, now_us + 1 * S), ==, 0);
}

/* It takes everybody in, and fails at once. */
static void
test_moment_of_health_is_no_health (void)
{
  g_autoptr (RwServerList) list = rw_server_list_new (2);
  const gint64 rests_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
  gint64 now_us = 5 * S;

  for (guint i = 0; i < G_N_ELEMENTS (rests_s); i++) {
    rw_server_list_succeed (list, 0, now_us);
    now_us += RW_SERVER_STEADY_US / 2;
    /* A second connection to it, and no new beginning. */
    rw_server_list_succeed (list, 0, now_us);
    now_us += RW_SERVER_STEADY_US / 2 - 1;
    rw_server_list_fail (list, 0, now_us);
    now_us += rests_s[i] * S;
    g_assert_cmpuint (rw_server_list_pick (list, now_us - 1), ==, 1);
    g_assert_cmpuint (rw_server_list_pick (list, now_us), ==, 0);
  }
}

static void
test_all_resting_takes_the_first_rested (void)
{
  g_autoptr (RwServerList) list = rw_server_list_new (2);

  rw_server_list_fail (list, 0, 0);
  rw_server_list_fail (list, 0, 0);
  rw_server_list_fail (list, 1, 0);
  g_assert_cmpuint (rw_server_list_pick (list, 0), ==, 1);
}

static void
test_reports_when_a_better_one_may_be_tried (void)
{
  g_autoptr (RwServerList) list = rw_server_list_new (3);

  g_assert_cmpint (rw_server_list_get_better_us (list, 0), ==, -1);
  g_assert_cmpint (rw_server_list_get_better_us (list, 2), ==, 0);
  rw_server_list_fail (list, 0, 0);
  rw_server_list_fail (list, 1, 7 * S);
  g_assert_cmpint (rw_server_list_get_better_us (list, 2), ==, 1 * S);
  g_assert_cmpint (rw_server_list_get_better_us (list, 1), ==, 1 * S);
}

static void
test_one_server_is_always_picked (void)
{
  g_autoptr (RwServerList) list = rw_server_list_new (1);

  for (int i = 0; i < 20; i++) {
    rw_server_list_fail (list, 0, i);
    g_assert_cmpuint (rw_server_list_pick (list, i), ==, 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/server-list/prefers-the-first-that-is-well",
                   test_prefers_the_first_that_is_well);
  g_test_add_func ("/core/server-list/rests-grow-to-a-minute",
                   test_rests_grow_to_a_minute);
  g_test_add_func ("/core/server-list/moment-of-health-is-no-health",
                   test_moment_of_health_is_no_health);
  g_test_add_func ("/core/server-list/all-resting-takes-the-first-rested",
                   test_all_resting_takes_the_first_rested);
  g_test_add_func ("/core/server-list/reports-when-a-better-one-may-be-tried",
                   test_reports_when_a_better_one_may_be_tried);
  g_test_add_func ("/core/server-list/one-server-is-always-picked",
                   test_one_server_is_always_picked);
  return g_test_run ();
}
