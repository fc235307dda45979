/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-talk-key.h"

#define SECOND G_USEC_PER_SEC

typedef struct {
  RwTalkKey *key;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->key = rw_talk_key_new (&RW_TALK_KEY_CONFIG_DEFAULT);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_talk_key_free (f->key);
}

static char *
render (const RwTalkEvent *event)
{
  switch (event->type) {
  case RW_TALK_REQUEST:
    return g_strdup ("request");
  case RW_TALK_GIVE_BACK:
    return g_strdup ("give back");
  case RW_TALK_MARK:
    return g_strdup ("mark");
  case RW_TALK_GRANTED:
    return g_strdup_printf ("granted %d", (int) (event->remaining_us / SECOND));
  case RW_TALK_IN_QUEUE:
    return g_strdup_printf ("queued %u", event->position);
  case RW_TALK_DENIED:
    return g_strdup_printf ("denied: %s", event->reason);
  case RW_TALK_RELEASED:
  default:
    return g_strdup_printf ("released: %s", event->reason);
  }
}

/* All that has happened, with ", " between, and the state at the end of it. */
static void
expect (Fixture *f, const char *wanted, RwTalkState state)
{
  g_autoptr (GString) got = g_string_new (NULL);
  RwTalkEvent event;

  while (rw_talk_key_pop (f->key, &event)) {
    g_autofree char *line = render (&event);

    g_string_append_printf (got, "%s%s", got->len > 0 ? ", " : "", line);
  }
  g_assert_cmpstr (got->str, ==, wanted);
  g_assert_cmpint (rw_talk_key_get_state (f->key), ==, state);
}

/* In a room, pressed at 0 and granted at 0, without a limit. */
static void
talk (Fixture *f)
{
  rw_talk_key_join (f->key, FALSE, 0);
  rw_talk_key_press (f->key, 0);
  rw_talk_key_grant (f->key, 0, 0);
  expect (f, "request, granted 0", RW_TALK_TALKING);
}

static void
test_a_press_is_on_air_when_granted (Fixture *f, gconstpointer unused)
{
  rw_talk_key_join (f->key, FALSE, 0);
  rw_talk_key_press (f->key, 0);
  expect (f, "request", RW_TALK_WAITING);
  rw_talk_key_grant (f->key, 60 * SECOND, SECOND);
  expect (f, "granted 60", RW_TALK_TALKING);
  rw_talk_key_release (f->key);
  expect (f, "give back, released: released", RW_TALK_IDLE);
}

static void
test_a_press_before_the_room_is_joined_waits (Fixture *f, gconstpointer unused)
{
  rw_talk_key_press (f->key, 0);
  expect (f, "", RW_TALK_WAITING);
  rw_talk_key_join (f->key, FALSE, SECOND);
  expect (f, "request", RW_TALK_WAITING);
}

static void
test_a_press_without_an_answer_is_dropped (Fixture *f, gconstpointer unused)
{
  rw_talk_key_join (f->key, FALSE, 0);
  rw_talk_key_press (f->key, 0);
  g_assert_cmpint (rw_talk_key_get_wake_us (f->key), ==, 2 * SECOND);
  rw_talk_key_wake (f->key, 2 * SECOND);
  expect (f, "request, give back, denied: no-answer", RW_TALK_SPENT);
  rw_talk_key_grant (f->key, 0, 3 * SECOND);
  expect (f, "give back", RW_TALK_SPENT);
  rw_talk_key_release (f->key);
  rw_talk_key_press (f->key, 4 * SECOND);
  expect (f, "mark, request", RW_TALK_WAITING);
}

static void
test_a_press_from_before_a_late_join_is_dropped (Fixture *f,
                                                 gconstpointer unused)
{
  rw_talk_key_press (f->key, 0);
  rw_talk_key_join (f->key, FALSE, 3 * SECOND);
  expect (f, "denied: no-answer", RW_TALK_SPENT);
}

static void
test_who_waits_in_the_queue_may_wait_long (Fixture *f, gconstpointer unused)
{
  rw_talk_key_join (f->key, FALSE, 0);
  rw_talk_key_press (f->key, 0);
  rw_talk_key_queue (f->key, 2);
  expect (f, "request, queued 2", RW_TALK_QUEUED);
  g_assert_cmpint (rw_talk_key_get_wake_us (f->key), ==, G_MAXINT64);
  rw_talk_key_disconnect (f->key, SECOND);
  rw_talk_key_connect (f->key, TRUE);
  expect (f, "", RW_TALK_QUEUED); /* the server has kept the place */
  rw_talk_key_grant (f->key, 0, 50 * SECOND);
  expect (f, "granted 0, request", RW_TALK_TALKING); /* how long, now? */
  rw_talk_key_grant (f->key, 0, 50 * SECOND);
  expect (f, "granted 0", RW_TALK_TALKING);
}

static void
test_a_short_outage_is_not_noticed (Fixture *f, gconstpointer unused)
{
  talk (f);
  rw_talk_key_disconnect (f->key, SECOND);
  g_assert_cmpint (rw_talk_key_get_wake_us (f->key), ==, 4500000);
  rw_talk_key_connect (f->key, TRUE);
  g_assert_cmpint (rw_talk_key_get_wake_us (f->key), ==, G_MAXINT64);
  expect (f, "", RW_TALK_TALKING);
}

static void
test_a_long_outage_holds_what_is_said (Fixture *f, gconstpointer unused)
{
  talk (f);
  rw_talk_key_disconnect (f->key, SECOND);
  rw_talk_key_wake (f->key, 4500000);
  expect (f, "released: lost", RW_TALK_HELD);
  rw_talk_key_connect (f->key, TRUE);
  expect (f, "request", RW_TALK_HELD);
  rw_talk_key_lose (f->key, "lost"); /* from before the request */
  expect (f, "", RW_TALK_HELD);
  rw_talk_key_grant (f->key, 0, 9 * SECOND);
  expect (f, "granted 0, request", RW_TALK_TALKING);
}

static void
test_who_lets_go_in_an_outage_is_not_on_air_afterwards (Fixture *f,
                                                        gconstpointer unused)
{
  talk (f);
  rw_talk_key_disconnect (f->key, SECOND);
  rw_talk_key_release (f->key);
  expect (f, "give back, released: released", RW_TALK_IDLE);
  rw_talk_key_connect (f->key, TRUE);
  rw_talk_key_grant (f->key, 0, 2 * SECOND);
  expect (f, "give back", RW_TALK_IDLE);
}

static void
test_a_forgetful_server_is_asked_again (Fixture *f, gconstpointer unused)
{
  talk (f);
  rw_talk_key_disconnect (f->key, SECOND);
  rw_talk_key_connect (f->key, FALSE);
  expect (f, "", RW_TALK_TALKING);
  rw_talk_key_join (f->key, FALSE, 2 * SECOND);
  expect (f, "released: lost, request", RW_TALK_HELD);
  rw_talk_key_queue (f->key, 1);
  expect (f, "queued 1", RW_TALK_QUEUED);
  rw_talk_key_join (f->key, FALSE, 3 * SECOND);
  expect (f, "request", RW_TALK_WAITING);
  g_assert_cmpint (rw_talk_key_get_wake_us (f->key), ==, G_MAXINT64);
}

static void
test_after_the_longest_hold_the_key_is_pressed_anew (Fixture *f,
                                                     gconstpointer unused)
{
  rw_talk_key_join (f->key, FALSE, 0);
  rw_talk_key_press (f->key, 0);
  rw_talk_key_grant (f->key, 10 * SECOND, 0);
  expect (f, "request, granted 10", RW_TALK_TALKING);
  g_assert_cmpint (rw_talk_key_get_wake_us (f->key), ==, 10 * SECOND);
  rw_talk_key_lose (f->key, "time");
  expect (f, "released: time", RW_TALK_SPENT);
  rw_talk_key_wake (f->key, 20 * SECOND);
  expect (f, "", RW_TALK_SPENT);
}

static void
test_a_revoked_hold_in_an_outage_is_not_requested (Fixture *f,
                                                   gconstpointer unused)
{
  talk (f);
  rw_talk_key_disconnect (f->key, SECOND);
  rw_talk_key_wake (f->key, 5 * SECOND);
  rw_talk_key_connect (f->key, TRUE);
  expect (f, "released: lost, request", RW_TALK_HELD);
  rw_talk_key_lose (f->key, "time");
  expect (f, "give back, denied: time", RW_TALK_SPENT);
}

/* None of the answers names its request. */
static void
test_answers_to_the_press_before_are_ignored (Fixture *f, gconstpointer unused)
{
  rw_talk_key_join (f->key, FALSE, 0);
  rw_talk_key_press (f->key, 0);
  rw_talk_key_release (f->key);
  rw_talk_key_press (f->key, 1);
  expect (f, "request, give back, mark, request", RW_TALK_WAITING);
  rw_talk_key_grant (f->key, 0, 2);
  rw_talk_key_lose (f->key, "released");
  expect (f, "", RW_TALK_WAITING);
  rw_talk_key_join (f->key, FALSE, 3);
  rw_talk_key_queue (f->key, 1);
  expect (f, "queued 1", RW_TALK_QUEUED);
}

static void
test_a_forgetful_server_owes_nothing (Fixture *f, gconstpointer unused)
{
  rw_talk_key_join (f->key, FALSE, 0);
  rw_talk_key_press (f->key, 0);
  rw_talk_key_release (f->key);
  rw_talk_key_press (f->key, 0);
  expect (f, "request, give back, mark, request", RW_TALK_WAITING);
  rw_talk_key_disconnect (f->key, 0);
  rw_talk_key_connect (f->key, FALSE);
  rw_talk_key_join (f->key, FALSE, SECOND);
  rw_talk_key_grant (f->key, 0, SECOND);
  expect (f, "request, granted 0", RW_TALK_TALKING);
}

static void
test_a_marker_that_is_lost_costs_one_press (Fixture *f, gconstpointer unused)
{
  rw_talk_key_join (f->key, FALSE, 0);
  rw_talk_key_press (f->key, 0);
  rw_talk_key_release (f->key);
  rw_talk_key_press (f->key, 0);
  rw_talk_key_wake (f->key, 2 * SECOND);
  expect (f, "request, give back, mark, request, give back, denied: no-answer",
          RW_TALK_SPENT);
  rw_talk_key_release (f->key);
  rw_talk_key_press (f->key, 3 * SECOND);
  rw_talk_key_join (f->key, FALSE, 3 * SECOND);
  rw_talk_key_grant (f->key, 0, 3 * SECOND);
  expect (f, "mark, request, granted 0", RW_TALK_TALKING);
}

static void
test_another_holder_ends_it (Fixture *f, gconstpointer unused)
{
  talk (f);
  rw_talk_key_yield (f->key);
  expect (f, "released: lost, request", RW_TALK_HELD);
}

static void
test_an_error_is_a_denial (Fixture *f, gconstpointer unused)
{
  rw_talk_key_join (f->key, FALSE, 0);
  rw_talk_key_press (f->key, 0);
  rw_talk_key_deny (f->key, "unknown-room");
  expect (f, "request, denied: unknown-room", RW_TALK_SPENT);
  rw_talk_key_deny (f->key, "unknown-room");
  expect (f, "", RW_TALK_SPENT);
}

static void
test_a_new_priority_is_requested (Fixture *f, gconstpointer unused)
{
  rw_talk_key_join (f->key, FALSE, 0);
  rw_talk_key_ask_again (f->key);
  expect (f, "", RW_TALK_IDLE);
  rw_talk_key_press (f->key, 0);
  rw_talk_key_queue (f->key, 3);
  rw_talk_key_ask_again (f->key);
  expect (f, "request, queued 3, request", RW_TALK_QUEUED);
}

#define ADD(name)                                                              \
  g_test_add ("/core/talk-key/" #name, Fixture, NULL, set_up, test_##name,     \
              tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (a_press_is_on_air_when_granted);
  ADD (a_press_before_the_room_is_joined_waits);
  ADD (a_press_without_an_answer_is_dropped);
  ADD (a_press_from_before_a_late_join_is_dropped);
  ADD (who_waits_in_the_queue_may_wait_long);
  ADD (a_short_outage_is_not_noticed);
  ADD (a_long_outage_holds_what_is_said);
  ADD (who_lets_go_in_an_outage_is_not_on_air_afterwards);
  ADD (a_forgetful_server_is_asked_again);
  ADD (after_the_longest_hold_the_key_is_pressed_anew);
  ADD (a_revoked_hold_in_an_outage_is_not_requested);
  ADD (answers_to_the_press_before_are_ignored);
  ADD (a_forgetful_server_owes_nothing);
  ADD (a_marker_that_is_lost_costs_one_press);
  ADD (another_holder_ends_it);
  ADD (an_error_is_a_denial);
  ADD (a_new_priority_is_requested);
  return g_test_run ();
}
