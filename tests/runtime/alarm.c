/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-alarm.h"

typedef struct {
  GMainLoop *loop;
  RwAlarm *alarm;
  gint64 fired_us; /* 0: not yet */
} Fixture;

static void
on_alarm (gpointer data)
{
  Fixture *f = data;

  f->fired_us = g_get_monotonic_time ();
  g_main_loop_quit (f->loop);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->loop = g_main_loop_new (NULL, FALSE);
  f->alarm = rw_alarm_new (NULL, "test", on_alarm, f);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_alarm_free (f->alarm);
  g_main_loop_unref (f->loop);
}

static void
test_is_never_early (Fixture *f, gconstpointer unused)
{
  gint64 due_us = g_get_monotonic_time () + 5000;

  rw_alarm_set_at (f->alarm, due_us);
  g_main_loop_run (f->loop);
  g_assert_cmpint (f->fired_us, >=, due_us);
}

static void
test_a_time_that_has_passed_is_due_at_once (Fixture *f, gconstpointer unused)
{
  rw_alarm_set_at (f->alarm, 0);
  g_main_loop_run (f->loop);
  g_assert_cmpint (f->fired_us, !=, 0);
}

static void
test_a_later_time_replaces_an_earlier_one (Fixture *f, gconstpointer unused)
{
  gint64 due_us = g_get_monotonic_time () + 90000;

  rw_alarm_set_at (f->alarm, due_us - 60000); /* too far off to be changed */
  rw_alarm_set_at (f->alarm, due_us);
  g_main_loop_run (f->loop);
  g_assert_cmpint (f->fired_us, >=, due_us);
}

static void
test_an_earlier_time_replaces_a_later_one (Fixture *f, gconstpointer unused)
{
  rw_alarm_set_at (f->alarm, g_get_monotonic_time () + 60 * G_USEC_PER_SEC);
  rw_alarm_set_at (f->alarm, g_get_monotonic_time () + 1000);
  g_main_loop_run (f->loop);
  g_assert_cmpint (f->fired_us, !=, 0);
}

static gboolean
on_timeout (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
test_can_be_stopped (Fixture *f, gconstpointer unused)
{
  rw_alarm_set_at (f->alarm, g_get_monotonic_time () + 10000);
  rw_alarm_set_at (f->alarm, G_MAXINT64);
  g_timeout_add (50, on_timeout, f->loop);
  g_main_loop_run (f->loop);
  g_assert_cmpint (f->fired_us, ==, 0);
}

static gpointer
set_often (gpointer data)
{
  Fixture *f = data;

  for (guint i = 0; i < 10000; i++)
    rw_alarm_set_at (f->alarm, g_get_monotonic_time () + 100000);
  rw_alarm_set_at (f->alarm, g_get_monotonic_time ());
  return NULL;
}

static void
test_other_threads_may_set_it (Fixture *f, gconstpointer unused)
{
  GThread *thread = g_thread_new ("setter", set_often, f);

  g_main_loop_run (f->loop);
  g_thread_join (thread);
  g_assert_cmpint (f->fired_us, !=, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define CASE(name, func)                                                       \
  g_test_add ("/alarm/" name, Fixture, NULL, set_up, func, tear_down)
  CASE ("is-never-early", test_is_never_early);
  CASE ("the-past-is-due-at-once", test_a_time_that_has_passed_is_due_at_once);
  CASE ("is-postponed", test_a_later_time_replaces_an_earlier_one);
  CASE ("is-brought-forward", test_an_earlier_time_replaces_a_later_one);
  CASE ("can-be-stopped", test_can_be_stopped);
  CASE ("other-threads-may-set-it", test_other_threads_may_set_it);
  return g_test_run ();
}
