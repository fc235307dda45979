/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-expected-mark.h"

static void
test_nothing_missing_needs_no_timer (void)
{
  RwExpectedMarks claims = {0};

  rw_expected_mark_add (&claims, 10, 10, 500);
  g_assert_cmpuint (claims.mark, ==, 10);
  g_assert_cmpint (rw_expected_mark_get_deadline (&claims), ==, G_MAXINT64);
}

static void
test_what_may_be_overtaken_is_waited_for (void)
{
  RwExpectedMarks claims = {0};

  rw_expected_mark_add (&claims, 10, 7, 500);
  g_assert_cmpint (rw_expected_mark_get_deadline (&claims), ==, 500);
  g_assert_false (rw_expected_mark_ripen (&claims, 499));
  g_assert_cmpuint (claims.mark, ==, 0);
  g_assert_true (rw_expected_mark_ripen (&claims, 500));
  g_assert_cmpuint (claims.mark, ==, 10);
  g_assert_false (rw_expected_mark_ripen (&claims, 600));
}

/* While one waits, many follow: the first keeps its time, the last is kept. */
static void
test_a_row_of_claims_keeps_the_first_and_the_last (void)
{
  RwExpectedMarks claims = {0};
  guint i;

  for (i = 0; i < 20; i++)
    rw_expected_mark_add (&claims, 10 + i, 7, 500 + i);
  g_assert_true (rw_expected_mark_ripen (&claims, 500));
  g_assert_cmpuint (claims.mark, ==, 10);
  g_assert_true (rw_expected_mark_ripen (&claims, 519));
  g_assert_cmpuint (claims.mark, ==, 29);
}

static void
test_what_is_known_is_claimed_at_once (void)
{
  RwExpectedMarks claims = {0};

  rw_expected_mark_add (&claims, 10, 7, 500);
  rw_expected_mark_add_now (&claims, 30);
  g_assert_cmpuint (claims.mark, ==, 30);
  rw_expected_mark_add_now (&claims, 20);
  g_assert_cmpuint (claims.mark, ==, 30);
  g_assert_false (rw_expected_mark_ripen (&claims, 500));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/claims/" name, func)
  ADD ("no-timer", test_nothing_missing_needs_no_timer);
  ADD ("overtaken", test_what_may_be_overtaken_is_waited_for);
  ADD ("row", test_a_row_of_claims_keeps_the_first_and_the_last);
  ADD ("at-once", test_what_is_known_is_claimed_at_once);
  return g_test_run ();
}
