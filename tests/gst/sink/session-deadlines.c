/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-deadlines.h"

/* A session of the sink that was opened at 1 s. */

#define AT(seconds) ((seconds) *G_USEC_PER_SEC)

static const RwSessionDeadlines opened = {.opened_us = AT (1)};

static void
test_waiting_for_its_turn_is_no_time_out (void)
{
  g_assert_null (rw_session_deadlines_check (&opened, FALSE, 0, AT (600)));
}

static void
test_a_transport_comes_in_20_s (void)
{
  RwSessionDeadlines deadlines = opened;
  gint64 check_us = rw_session_deadlines_start (&deadlines, AT (2));

  g_assert_null (rw_session_deadlines_check (&deadlines, FALSE, 0, AT (22)));
  g_assert_nonnull (
      rw_session_deadlines_check (&deadlines, FALSE, 0, AT (2) + check_us));
  deadlines.is_connected = TRUE;
  g_assert_null (rw_session_deadlines_check (&deadlines, FALSE, 0, AT (600)));
}

static void
test_a_consumer_that_sends_messages_may_be_silent_for_a_minute (void)
{
  RwSessionDeadlines deadlines = opened;

  rw_session_deadlines_start (&deadlines, AT (2));
  deadlines.is_connected = TRUE;
  g_assert_null (rw_session_deadlines_check (&deadlines, TRUE, 0, AT (61)));
  g_assert_nonnull (
      rw_session_deadlines_check (&deadlines, TRUE, 0, AT (61) + 1));
  g_assert_null (
      rw_session_deadlines_check (&deadlines, TRUE, AT (30), AT (90)));
  g_assert_nonnull (
      rw_session_deadlines_check (&deadlines, TRUE, AT (30), AT (90) + 1));
  g_assert_cmpint (rw_session_deadlines_get_silence_us (&deadlines, 0, AT (3)),
                   ==, AT (2));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/session-deadlines/" name, func)
  ADD ("waiting-for-its-turn-is-no-time-out",
       test_waiting_for_its_turn_is_no_time_out);
  ADD ("a-transport-comes-in-20-s", test_a_transport_comes_in_20_s);
  ADD ("a-consumer-that-sends-messages-may-be-silent-for-a-minute",
       test_a_consumer_that_sends_messages_may_be_silent_for_a_minute);
#undef ADD
  return g_test_run ();
}
