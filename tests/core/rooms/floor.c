/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-floor.h"

#define SECOND G_USEC_PER_SEC

typedef struct {
  RwFloor *floor;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  RwFloorConfig config = {60 * SECOND, 5 * SECOND, 3};

  f->floor = rw_floor_new (&config);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_floor_free (f->floor);
}

static char *
render (const RwFloorEvent *event)
{
  switch (event->type) {
  case RW_FLOOR_GRANTED:
    return g_strdup_printf ("%s granted %d", event->id,
                            (int) (event->remaining_us / SECOND));
  case RW_FLOOR_QUEUED:
    return g_strdup_printf ("%s queued %u", event->id, event->position);
  case RW_FLOOR_DENIED:
    return g_strdup_printf ("%s denied", event->id);
  case RW_FLOOR_RELEASED:
  default:
    return g_strdup_printf ("%s %s", event->id, event->reason);
  }
}

/* All that has happened, with ", " between. */
static void
expect (Fixture *f, const char *wanted)
{
  g_autoptr (GString) got = g_string_new (NULL);
  RwFloorEvent event;

  while (rw_floor_pop (f->floor, &event)) {
    g_autofree char *line = render (&event);

    g_string_append_printf (got, "%s%s", got->len > 0 ? ", " : "", line);
    rw_floor_event_clear (&event);
  }
  g_assert_cmpstr (got->str, ==, wanted);
}

static void
test_the_first_gets_it_the_others_wait (Fixture *f, gconstpointer unused)
{
  rw_floor_request (f->floor, "a", 0, TRUE, 0);
  rw_floor_request (f->floor, "b", 0, TRUE, SECOND);
  rw_floor_request (f->floor, "c", 0, FALSE, SECOND);
  rw_floor_request (f->floor, "a", 0, TRUE, 2 * SECOND);
  expect (f, "a granted 60, b queued 1, c denied, a granted 58");
  g_assert_cmpstr (rw_floor_get_holder (f->floor), ==, "a");
  rw_floor_release (f->floor, "a", 3 * SECOND);
  expect (f, "a released, b granted 60");
  rw_floor_release (f->floor, "b", 4 * SECOND);
  expect (f, "b released");
  g_assert_null (rw_floor_get_holder (f->floor));
  rw_floor_release (f->floor, "b", 4 * SECOND);
  expect (f, "");
}

static void
test_priority_comes_before_patience (Fixture *f, gconstpointer unused)
{
  rw_floor_request (f->floor, "a", 0, TRUE, 0);
  rw_floor_request (f->floor, "low", 1, TRUE, 0);
  rw_floor_request (f->floor, "high", 9, TRUE, 1);
  rw_floor_request (f->floor, "high2", 9, TRUE, 2);
  rw_floor_request (f->floor, "late", 9, TRUE, 3);
  expect (f, "a granted 60, low queued 1, high queued 1, high2 queued 2, "
             "late denied");
  rw_floor_release (f->floor, "a", 4);
  rw_floor_release (f->floor, "high", 4);
  rw_floor_release (f->floor, "high2", 4);
  expect (f, "a released, high granted 60, high released, high2 granted 60, "
             "high2 released, low granted 60");
}

static void
test_nobody_holds_it_for_ever (Fixture *f, gconstpointer unused)
{
  rw_floor_request (f->floor, "a", 0, TRUE, 0);
  rw_floor_request (f->floor, "b", 0, TRUE, 0);
  g_assert_cmpint (rw_floor_get_wake_us (f->floor), ==, 60 * SECOND);
  rw_floor_wake (f->floor, 60 * SECOND - 1);
  expect (f, "a granted 60, b queued 1");
  rw_floor_wake (f->floor, 60 * SECOND);
  expect (f, "a time, b granted 60");
}

static void
test_a_holder_that_returns_has_it_still (Fixture *f, gconstpointer unused)
{
  rw_floor_request (f->floor, "a", 0, TRUE, 0);
  rw_floor_set_away (f->floor, "a", TRUE, 10 * SECOND);
  rw_floor_request (f->floor, "b", 0, TRUE, 12 * SECOND);
  rw_floor_wake (f->floor, 14 * SECOND);
  rw_floor_set_away (f->floor, "a", FALSE, 14 * SECOND);
  expect (f, "a granted 60, b queued 1, a granted 46");
}

static void
test_a_holder_that_stays_away_loses_it (Fixture *f, gconstpointer unused)
{
  rw_floor_request (f->floor, "a", 0, TRUE, 0);
  rw_floor_request (f->floor, "b", 0, TRUE, 0);
  rw_floor_set_away (f->floor, "a", TRUE, 10 * SECOND);
  g_assert_cmpint (rw_floor_get_wake_us (f->floor), ==, 15 * SECOND);
  rw_floor_wake (f->floor, 15 * SECOND);
  rw_floor_set_away (f->floor, "a", FALSE, 16 * SECOND);
  expect (f, "a granted 60, b queued 1, a lost, b granted 60");
}

static void
test_without_grace_it_is_lost_at_once (Fixture *f, gconstpointer unused)
{
  RwFloorConfig config = {0, 0, 1};

  rw_floor_free (f->floor);
  f->floor = rw_floor_new (&config);
  rw_floor_request (f->floor, "a", 0, TRUE, 0);
  g_assert_cmpint (rw_floor_get_wake_us (f->floor), ==, G_MAXINT64);
  rw_floor_set_away (f->floor, "a", TRUE, SECOND);
  expect (f, "a granted 0, a lost");
}

static void
test_who_waits_and_is_away_is_passed_over (Fixture *f, gconstpointer unused)
{
  rw_floor_request (f->floor, "a", 0, TRUE, 0);
  rw_floor_request (f->floor, "b", 5, TRUE, 0);
  rw_floor_request (f->floor, "c", 0, TRUE, 0);
  rw_floor_set_away (f->floor, "b", TRUE, 1);
  rw_floor_release (f->floor, "a", 2);
  rw_floor_release (f->floor, "c", 3);
  expect (f, "a granted 60, b queued 1, c queued 2, a released, "
             "c granted 60, c released");
  rw_floor_set_away (f->floor, "b", FALSE, 4);
  expect (f, "b granted 60");
}

static void
test_who_leaves_gives_way (Fixture *f, gconstpointer unused)
{
  rw_floor_request (f->floor, "a", 0, TRUE, 0);
  rw_floor_request (f->floor, "b", 0, TRUE, 0);
  rw_floor_request (f->floor, "c", 0, TRUE, 0);
  rw_floor_remove (f->floor, "b", 1);
  rw_floor_remove (f->floor, "a", 1);
  expect (f, "a granted 60, b queued 1, c queued 2, a left, c granted 60");
}

#define ADD(path, func)                                                        \
  g_test_add ("/floor/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("the-first-gets-it-the-others-wait",
       test_the_first_gets_it_the_others_wait);
  ADD ("priority-comes-before-patience", test_priority_comes_before_patience);
  ADD ("nobody-holds-it-for-ever", test_nobody_holds_it_for_ever);
  ADD ("a-holder-that-returns-has-it-still",
       test_a_holder_that_returns_has_it_still);
  ADD ("a-holder-that-stays-away-loses-it",
       test_a_holder_that_stays_away_loses_it);
  ADD ("without-grace-it-is-lost-at-once",
       test_without_grace_it_is_lost_at_once);
  ADD ("who-waits-and-is-away-is-passed-over",
       test_who_waits_and_is_away_is_passed_over);
  ADD ("who-leaves-gives-way", test_who_leaves_gives_way);

  return g_test_run ();
}
