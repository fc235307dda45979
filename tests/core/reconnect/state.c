/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-state.h"

#include <string.h>

static void
test_table_is_whole (void)
{
  g_autofree char *fault = rw_state_table_validate (rw_state_get_table ());

  g_assert_cmpstr (fault, ==, NULL);
}

static void
assert_fault (const RwStateTable *table, const char *expected)
{
  g_autofree char *fault = rw_state_table_validate (table);

  g_assert_cmpstr (fault, ==, expected);
}

static void
test_validation_finds_faults (void)
{
  RwStateTable broken;

  memcpy (broken, rw_state_get_table (), sizeof broken);
  broken[RW_STATE_SUSPECT][RW_STATE_EVENT_ALIVE] = 0;
  assert_fault (&broken, "suspect + alive is not defined");

  memcpy (broken, rw_state_get_table (), sizeof broken);
  broken[RW_STATE_SUSPECT][RW_STATE_EVENT_ALIVE] = RW_N_STATES + 1;
  assert_fault (&broken, "suspect + alive is not defined");

  memcpy (broken, rw_state_get_table (), sizeof broken);
  broken[RW_STATE_CONNECTED][RW_STATE_EVENT_SUSPECT] = RW_STATE_REFUSED;
  assert_fault (&broken, "suspect cannot be reached");

  memcpy (broken, rw_state_get_table (), sizeof broken);
  broken[RW_STATE_FAILED][RW_STATE_EVENT_START] = RW_STATE_REFUSED;
  broken[RW_STATE_FAILED][RW_STATE_EVENT_STOP] = RW_STATE_FAILED + 1;
  assert_fault (&broken, "failed cannot be left");
}

static void
step (RwState *state, RwStateEvent event, RwState expected)
{
  g_assert_true (rw_state_step (state, event));
  g_assert_cmpstr (rw_state_to_string (*state), ==,
                   rw_state_to_string (expected));
}

static void
refuse (RwState state, RwStateEvent event)
{
  RwState before = state;

  g_assert_false (rw_state_step (&state, event));
  g_assert_cmpint (state, ==, before);
}

static void
test_life_of_an_outage (void)
{
  RwState state = RW_STATE_IDLE;

  step (&state, RW_STATE_EVENT_START, RW_STATE_CONNECTING);
  step (&state, RW_STATE_EVENT_ATTEMPT_FAILED, RW_STATE_CONNECTING);
  step (&state, RW_STATE_EVENT_PROGRESS, RW_STATE_CONNECTED);
  step (&state, RW_STATE_EVENT_SUSPECT, RW_STATE_SUSPECT);
  step (&state, RW_STATE_EVENT_ALIVE, RW_STATE_CONNECTED);
  step (&state, RW_STATE_EVENT_SUSPECT, RW_STATE_SUSPECT);
  step (&state, RW_STATE_EVENT_ATTEMPT_FAILED, RW_STATE_SUSPECT);
  step (&state, RW_STATE_EVENT_DOWN, RW_STATE_RECONNECTING);
  step (&state, RW_STATE_EVENT_ALIVE, RW_STATE_RECONNECTING);
  step (&state, RW_STATE_EVENT_PROGRESS, RW_STATE_CONNECTED);
  step (&state, RW_STATE_EVENT_DOWN, RW_STATE_RECONNECTING);
  step (&state, RW_STATE_EVENT_GIVE_UP, RW_STATE_FAILED);
  step (&state, RW_STATE_EVENT_START, RW_STATE_CONNECTING);
  step (&state, RW_STATE_EVENT_STOP, RW_STATE_STOPPED);
}

static void
test_stop_is_final_until_start (void)
{
  for (int event = 0; event < RW_N_STATE_EVENTS; event++)
    if (event != RW_STATE_EVENT_START && event != RW_STATE_EVENT_STOP) {
      refuse (RW_STATE_STOPPED, event);
      refuse (RW_STATE_FAILED, event);
      refuse (RW_STATE_IDLE, event);
    }
  for (int s = 0; s < RW_N_STATES; s++) {
    RwState state = s;

    step (&state, RW_STATE_EVENT_STOP, RW_STATE_STOPPED);
  }
}

static void
test_old_session_outlives_the_last_retry (void)
{
  refuse (RW_STATE_SUSPECT, RW_STATE_EVENT_GIVE_UP);
  refuse (RW_STATE_CONNECTED, RW_STATE_EVENT_GIVE_UP);
}

static void
test_names_are_distinct (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (int s = 0; s < RW_N_STATES; s++)
    g_assert_true (g_hash_table_add (seen, (gpointer) rw_state_to_string (s)));
  g_hash_table_remove_all (seen);
  for (int e = 0; e < RW_N_STATE_EVENTS; e++)
    g_assert_true (
        g_hash_table_add (seen, (gpointer) rw_state_event_to_string (e)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/state/table-is-whole", test_table_is_whole);
  g_test_add_func ("/core/state/validation-finds-faults",
                   test_validation_finds_faults);
  g_test_add_func ("/core/state/life-of-an-outage", test_life_of_an_outage);
  g_test_add_func ("/core/state/stop-is-final-until-start",
                   test_stop_is_final_until_start);
  g_test_add_func ("/core/state/old-session-outlives-the-last-retry",
                   test_old_session_outlives_the_last_retry);
  g_test_add_func ("/core/state/names-are-distinct", test_names_are_distinct);
  return g_test_run ();
}
