/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/gst.h>

#include "rw-teardown.h"

/* One at a time, all before it is freed; what never ends holds nobody up. */

typedef struct {
  GMutex stuck;
  gint n_running;
  gint n_most;
  gint n_done;
} Work;

static Work work;
static RwTeardown *left_behind; /* reachable, for a leak checker */

static void
do_work (gpointer data)
{
  gint n = g_atomic_int_add (&work.n_running, 1) + 1;

  g_atomic_int_set (&work.n_most, MAX (n, g_atomic_int_get (&work.n_most)));
  if (GPOINTER_TO_INT (data) < 0) {
    g_mutex_lock (&work.stuck);
    g_mutex_unlock (&work.stuck);
  }
  g_atomic_int_add (&work.n_running, -1);
  g_atomic_int_inc (&work.n_done);
}

static void
test_all_is_done_when_it_is_freed (void)
{
  RwTeardown *teardown = rw_teardown_new (do_work);

  work = (Work){0};
  for (gint i = 1; i <= 100; i++)
    rw_teardown_push (teardown, GINT_TO_POINTER (i));
  rw_teardown_free (teardown);
  g_assert_cmpint (g_atomic_int_get (&work.n_done), ==, 100);
  g_assert_cmpint (g_atomic_int_get (&work.n_most), <=,
                   (gint) g_get_num_processors ());
}

static void
test_what_never_ends_is_left_behind (void)
{
  RwTeardown *teardown = rw_teardown_new (do_work);
  gint64 begun_us = g_get_monotonic_time ();

  work = (Work){0};
  g_mutex_lock (&work.stuck);
  rw_teardown_push (teardown, GINT_TO_POINTER (-1));
  rw_teardown_push (teardown, GINT_TO_POINTER (1));
  left_behind = teardown;
  rw_teardown_free (teardown);
  g_assert_cmpint (g_get_monotonic_time () - begun_us, <,
                   20 * G_TIME_SPAN_SECOND);
  if (g_get_num_processors () > 1)
    g_assert_cmpint (g_atomic_int_get (&work.n_done), ==, 1);
  g_mutex_unlock (&work.stuck);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/teardown/all-is-done", test_all_is_done_when_it_is_freed);
  g_test_add_func ("/teardown/what-never-ends",
                   test_what_never_ends_is_left_behind);
  return g_test_run ();
}
