/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-fake-clock.h"
#include "rw-timer.h"

typedef struct {
  TestFakeClock *clock;
  RwTimer *timer;
  GArray *fired; /* gint64, the clock's time */
} Fixture;

static void
note_firing (gpointer data)
{
  Fixture *f = data;
  gint64 now_us = rw_clock_get_now_us (RW_CLOCK (f->clock));

  g_array_append_val (f->fired, now_us);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->clock = test_fake_clock_new ();
  f->timer = rw_timer_new (RW_CLOCK (f->clock), NULL, "test", note_firing, f);
  f->fired = g_array_new (FALSE, FALSE, sizeof (gint64));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->timer, rw_timer_free);
  g_assert_finalize_object (f->clock);
  g_array_unref (f->fired);
}

static void
test_fires_once_at_its_time (Fixture *f, gconstpointer data)
{
  gint64 start_us = rw_clock_get_now_us (RW_CLOCK (f->clock));

  g_assert_false (rw_timer_is_set (f->timer));
  rw_timer_set_in (f->timer, 500);
  g_assert_cmpint (rw_timer_get_due_us (f->timer), ==, start_us + 500);
  test_fake_clock_advance (f->clock, 499);
  g_assert_cmpuint (f->fired->len, ==, 0);
  test_fake_clock_advance (f->clock, 10000);
  g_assert_cmpuint (f->fired->len, ==, 1);
  g_assert_cmpint (g_array_index (f->fired, gint64, 0), ==, start_us + 500);
  g_assert_false (rw_timer_is_set (f->timer));
}

static void
test_can_be_reset_and_stopped (Fixture *f, gconstpointer data)
{
  rw_timer_set_in (f->timer, 500);
  rw_timer_set_in (f->timer, 2000);
  test_fake_clock_advance (f->clock, 1000);
  g_assert_cmpuint (f->fired->len, ==, 0);
  rw_timer_stop (f->timer);
  test_fake_clock_advance (f->clock, 10000);
  g_assert_cmpuint (f->fired->len, ==, 0);
}

static void
free_myself (gpointer data)
{
  Fixture *f = data;

  g_clear_pointer (&f->timer, rw_timer_free);
}

static void
test_may_be_freed_while_firing (Fixture *f, gconstpointer data)
{
  rw_timer_free (f->timer);
  f->timer = rw_timer_new (RW_CLOCK (f->clock), NULL, "test", free_myself, f);
  rw_timer_set_in (f->timer, 0);
  test_fake_clock_advance (f->clock, 1);
  g_assert_null (f->timer);
}

static void
set_flag (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static void
test_obeys_the_real_clock (void)
{
  g_autoptr (RwClock) clock = rw_clock_new ();
  gint64 start_us = rw_clock_get_now_us (clock);
  gboolean fired = FALSE;
  g_autoptr (RwTimer) timer =
      rw_timer_new (clock, NULL, "test", set_flag, &fired);

  rw_timer_set_in (timer, 20000);
  while (!fired)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (rw_clock_get_now_us (clock) - start_us, >=, 20000);
}

#define ADD(name, func)                                                        \
  g_test_add ("/session/timer/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("fires-once-at-its-time", test_fires_once_at_its_time);
  ADD ("can-be-reset-and-stopped", test_can_be_reset_and_stopped);
  ADD ("may-be-freed-while-firing", test_may_be_freed_while_firing);
  g_test_add_func ("/session/timer/obeys-the-real-clock",
                   test_obeys_the_real_clock);
  return g_test_run ();
}
