/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-talker.h"

#include "rw-outage-simulation.h"

/* Push to talk when the signalling of a talker is away, or its server. */

static void
cut_signalling (TestSide *side, guint ms)
{
  g_signal_emit_by_name (side->element, "simulate-outage", RW_OUTAGE_SIGNALLING,
                         ms);
}

static void
test_a_short_outage_is_not_heard (void)
{
  TestHost host;
  TestSide *sink, *src;
  guint n;

  test_talker_start_host (&host, 5000);
  sink = test_talker_new (host.port, "one", "talk=true");
  src = test_talker_new_listener (host.port, "one");
  test_side_wait_buffers (src, 10);
  cut_signalling (sink, 1000);
  n = test_talker_count_input (src);
  test_side_wait_buffers (src, n + 100);
  test_talker_wait_events (sink, TEST_ROOM, "returned", 1);
  g_assert_cmpuint (test_talker_count_events (sink, "released"), ==, 0);
  g_assert_cmpuint (test_talker_get_longest_hole (src), ==, 0);
  test_side_free (src);
  test_side_free (sink);
  test_host_stop (&host);
}

/* Longer than the lease, within the server's grace. */
static void
check_long_outage (const char *properties, gboolean is_complete)
{
  TestHost host;
  TestSide *sink, *src;
  guint n;

  test_talker_start_host (&host, 60000);
  sink = test_talker_new (host.port, "one", properties);
  src = test_talker_new_listener (host.port, "one");
  test_side_wait_buffers (src, 10);
  cut_signalling (sink, 6000);
  test_talker_wait_on_air (sink, FALSE);
  test_talker_wait_events (sink, TEST_FLOOR, "released", 1);
  n = test_talker_count_input (src);
  test_talker_check_silent (sink, test_talker_count_recorded (sink));
  test_talker_wait_on_air (sink, TRUE);
  test_side_wait_buffers (src, n + (is_complete ? 150 : 70));
  if (is_complete)
    g_assert_cmpuint (test_talker_get_longest_hole (src), ==, 0);
  else
    g_assert_cmpuint (test_talker_get_longest_hole (src), >, 500 * GST_MSECOND);
  test_side_free (src);
  test_side_free (sink);
  test_host_stop (&host);
}

static void
test_what_is_said_in_a_long_outage_comes_late (void)
{
  check_long_outage ("talk=true", TRUE);
}

static void
test_what_is_too_late_is_dropped (void)
{
  check_long_outage ("talk=true max-late=1000000000", FALSE);
}

static void
test_who_lets_go_in_an_outage_is_silent_afterwards (void)
{
  TestHost host;
  TestSide *one, *two;
  guint64 recorded;

  test_talker_start_host (&host, 60000);
  one = test_talker_new (host.port, "one", "talk=true");
  test_talker_wait_on_air (one, TRUE);
  two = test_talker_new (host.port, "two", "talk=true");
  test_talker_wait_events (two, TEST_FLOOR, "queued", 1);
  cut_signalling (one, 1500);
  test_talker_pass_input (one, 10);
  test_talker_press (one, FALSE);
  recorded = test_talker_count_recorded (one);
  test_talker_wait_on_air (two, TRUE);
  test_talker_wait_events (one, TEST_FLOOR, "taken", 1);
  test_talker_check_silent (one, recorded);
  g_assert_true (test_talker_is_on_air (one, GINT_TO_POINTER (FALSE)));
  g_assert_cmpuint (test_talker_count_events (one, "granted"), <=, 1);
  test_side_free (two);
  test_side_free (one);
  test_host_stop (&host);
}

/* Pressed and released again in it: the server hears of neither. */
static void
test_who_pressed_in_an_outage_only_is_silent_afterwards (void)
{
  TestHost host;
  TestSide *sink;

  test_talker_start_host (&host, 5000);
  sink = test_talker_new (host.port, "one", "");
  test_talker_wait_events (sink, TEST_ROOM, "joined", 1);
  cut_signalling (sink, 1000);
  test_talker_press (sink, TRUE);
  test_talker_pass_input (sink, 10);
  test_talker_press (sink, FALSE);
  test_talker_wait_events (sink, TEST_ROOM, "returned", 1);
  test_talker_check_silent (sink, 0);
  g_assert_cmpuint (test_talker_count_recorded (sink), ==, 0);
  g_assert_true (test_talker_is_on_air (sink, GINT_TO_POINTER (FALSE)));
  test_side_free (sink);
  test_host_stop (&host);
}

static void
test_an_old_press_is_dropped (void)
{
  TestHost host;
  TestSide *sink;

  test_talker_start_host (&host, 5000);
  sink = test_talker_new (host.port, "one", "");
  test_talker_wait_events (sink, TEST_ROOM, "joined", 1);
  cut_signalling (sink, 3000);
  test_talker_press (sink, TRUE);
  test_talker_wait_events (sink, TEST_FLOOR, "denied", 1);
  test_talker_wait_events (sink, TEST_ROOM, "returned", 1);
  test_talker_check_silent (sink, 0);
  g_assert_cmpuint (test_talker_count_recorded (sink), ==, 0);
  test_talker_press (sink, FALSE);
  test_talker_press (sink, TRUE);
  test_talker_wait_on_air (sink, TRUE);
  test_side_free (sink);
  test_host_stop (&host);
}

/* The other one has the floor when the grace is over; who still presses gets
 * it back after it. */
static void
test_a_floor_that_was_lost_is_asked_for_again (void)
{
  TestHost host;
  TestSide *one, *two;
  guint64 recorded;

  test_talker_start_host (&host, 0);
  one = test_talker_new (host.port, "one", "talk=true");
  test_talker_wait_on_air (one, TRUE);
  two = test_talker_new (host.port, "two", "talk=true");
  test_talker_wait_events (two, TEST_FLOOR, "queued", 1);
  cut_signalling (one, 1000);
  test_talker_wait_on_air (two, TRUE);
  test_talker_wait_events (one, TEST_FLOOR, "queued", 1);
  g_assert_true (test_talker_is_on_air (one, GINT_TO_POINTER (FALSE)));
  recorded = test_talker_count_recorded (one);
  test_talker_check_silent (one, recorded);
  test_talker_press (two, FALSE);
  test_talker_wait_on_air (one, TRUE);
  test_side_wait_stat_at_least (one, "frames", recorded + 10);
  test_side_free (two);
  test_side_free (one);
  test_host_stop (&host);
}

/* The server restarts without a memory: who presses is on air again, who has
 * let go is not, and there is one at a time. */
static void
test_a_restart_of_the_server_restores_the_floor (void)
{
  TestHost host;
  TestSide *one, *two;
  guint64 recorded;

  test_talker_start_host (&host, 5000);
  one = test_talker_new (host.port, "one", "talk=true");
  test_talker_wait_on_air (one, TRUE);
  two = test_talker_new (host.port, "two", "");
  test_talker_wait_events (two, TEST_ROOM, "joined", 1);
  test_host_stop (&host);
  test_talker_pass_input (one, 10);
  test_host_start_again (&host, rw_server_config_new ());
  test_talker_wait_events (one, TEST_ROOM, "joined", 2);
  test_talker_wait_events (two, TEST_ROOM, "joined", 2);
  /* The first to ask a server without a memory gets the floor. */
  test_talker_wait_events (one, TEST_FLOOR, "granted", 2);
  test_talker_press (two, TRUE);
  test_talker_wait_events (two, TEST_FLOOR, "queued", 1);
  test_host_stop (&host);
  test_talker_press (one, FALSE);
  recorded = test_talker_count_recorded (one);
  test_host_start_again (&host, rw_server_config_new ());
  test_talker_wait_on_air (two, TRUE);
  test_talker_wait_events (one, TEST_ROOM, "joined", 3);
  test_talker_check_silent (one, recorded);
  g_assert_true (test_talker_is_on_air (one, GINT_TO_POINTER (FALSE)));
  test_side_free (two);
  test_side_free (one);
  test_host_stop (&host);
}

int
main (int argc, char *argv[])
{
  test_side_init (&argc, &argv);

#define ADD(name, func)                                                        \
  g_test_add_func ("/gst/elements-talk-outages/" name, func)
  ADD ("a-short-outage-is-not-heard", test_a_short_outage_is_not_heard);
  ADD ("what-is-said-in-a-long-outage-comes-late",
       test_what_is_said_in_a_long_outage_comes_late);
  ADD ("what-is-too-late-is-dropped", test_what_is_too_late_is_dropped);
  ADD ("who-lets-go-in-an-outage-is-silent-afterwards",
       test_who_lets_go_in_an_outage_is_silent_afterwards);
  ADD ("who-pressed-in-an-outage-only-is-silent-afterwards",
       test_who_pressed_in_an_outage_only_is_silent_afterwards);
  ADD ("an-old-press-is-dropped", test_an_old_press_is_dropped);
  ADD ("a-floor-that-was-lost-is-asked-for-again",
       test_a_floor_that_was_lost_is_asked_for_again);
  ADD ("a-restart-of-the-server-restores-the-floor",
       test_a_restart_of_the_server_restores_the_floor);
#undef ADD

  return test_process_run_tests ();
}
