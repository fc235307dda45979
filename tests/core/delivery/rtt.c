/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rtt.h"

#define MS 1000

static void
test_knows_nothing_at_first (void)
{
  RwRtt rtt;

  rw_rtt_init (&rtt);
  g_assert_false (rtt.valid);
  g_assert_cmpint (rw_rtt_get_rto_us (&rtt), ==, 250 * MS);
  g_assert_cmpint (rw_rtt_get_base_us (&rtt), ==, 0);
  g_assert_cmpint (rw_rtt_get_queueing_us (&rtt), ==, 0);
}

static void
test_settles_on_a_steady_path (void)
{
  RwRtt rtt;
  guint i;

  rw_rtt_init (&rtt);
  for (i = 0; i < 100; i++)
    rw_rtt_update (&rtt, 100 * MS, i * 10 * MS);
  g_assert_cmpint (rtt.srtt_us, ==, 100 * MS);
  g_assert_cmpint (rtt.rttvar_us, <, 1 * MS);
  g_assert_cmpint (rw_rtt_get_rto_us (&rtt), >=, 150 * MS);
  g_assert_cmpint (rw_rtt_get_rto_us (&rtt), <=, 155 * MS);
}

static void
test_rto_has_bounds (void)
{
  RwRtt rtt;
  guint i;

  rw_rtt_init (&rtt);
  for (i = 0; i < 50; i++)
    rw_rtt_update (&rtt, 300, i);
  g_assert_cmpint (rw_rtt_get_rto_us (&rtt), ==, 60 * MS);
  rw_rtt_update (&rtt, 60 * G_USEC_PER_SEC, 60);
  g_assert_cmpint (rw_rtt_get_rto_us (&rtt), ==, 3 * G_USEC_PER_SEC);
}

static void
test_ignores_the_impossible (void)
{
  RwRtt rtt;

  rw_rtt_init (&rtt);
  rw_rtt_update (&rtt, -5, 0);
  g_assert_false (rtt.valid);
}

/* A slow reply among quick ones is jitter; slow ones alone are a queue. */
static void
test_sees_a_queue_build_up (void)
{
  gint64 now;
  RwRtt rtt;

  rw_rtt_init (&rtt);
  for (now = 0; now < 500 * MS; now += 10 * MS)
    rw_rtt_update (&rtt, 20 * MS + now / MS % 7 * MS * 10, now);
  g_assert_cmpint (rw_rtt_get_queueing_us (&rtt), <=, 20 * MS);
  for (; now < 800 * MS; now += 10 * MS)
    rw_rtt_update (&rtt, 90 * MS, now);
  g_assert_cmpint (rw_rtt_get_queueing_us (&rtt), ==, 70 * MS);
}

static void
test_the_base_follows_a_new_path (void)
{
  RwRtt rtt;
  gint64 now;

  rw_rtt_init (&rtt);
  rw_rtt_update (&rtt, 10 * MS, 0);
  for (now = 1; now < 2 * RW_RTT_BASE_PERIOD_US; now += G_USEC_PER_SEC)
    rw_rtt_update (&rtt, 80 * MS, now);
  g_assert_cmpint (rw_rtt_get_base_us (&rtt), <=, 80 * MS);
  for (; now < 3 * RW_RTT_BASE_PERIOD_US; now += G_USEC_PER_SEC)
    rw_rtt_update (&rtt, 80 * MS, now);
  g_assert_cmpint (rw_rtt_get_base_us (&rtt), ==, 80 * MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/rtt/" name, func)
  ADD ("nothing", test_knows_nothing_at_first);
  ADD ("steady", test_settles_on_a_steady_path);
  ADD ("bounds", test_rto_has_bounds);
  ADD ("impossible", test_ignores_the_impossible);
  ADD ("queue", test_sees_a_queue_build_up);
  ADD ("new-path", test_the_base_follows_a_new_path);
  return g_test_run ();
}
