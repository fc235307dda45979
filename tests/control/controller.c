/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller-fixture.h"

static void
test_connects_and_is_up_with_audio_only (Fixture *f, gconstpointer data)
{
  rw_controller_start (f->controller);
  controller_expect (f, "connecting start, attempt 1");
  controller_advance (f, 500);
  rw_controller_report_advance (f->controller, 1);
  controller_expect (f, "");
  g_assert_cmpint (rw_controller_get_generation (f->controller), ==, 0);
  rw_controller_report_progress (f->controller, 1);
  controller_expect (f, "connected connected");
  g_assert_cmpint (f->last_info.outage_us, ==, 0);
  g_assert_cmpint (rw_controller_get_generation (f->controller), ==, 1);
  controller_advance (f, 3600 * 1000);
  controller_expect (f, "");
}

static void
test_new_session_wins_over_a_silent_one (Fixture *f, gconstpointer data)
{
  controller_connect_first (f);
  controller_advance (f, 150);
  rw_controller_report_suspect (f->controller, 1);
  controller_expect (f, "suspect silence, attempt 2");
  controller_advance (f, 200);
  rw_controller_report_down (f->controller, 1);
  controller_expect (f, "reconnecting stalled");
  controller_advance (f, 50);
  rw_controller_report_progress (f->controller, 2);
  controller_expect (f, "abandon 1, connected replaced");
  g_assert_cmpint (f->last_info.outage_us, ==, 400 * MS);
  g_assert_cmpint (f->last_info.generation, ==, 2);
}

static void
test_old_session_that_heals_wins (Fixture *f, gconstpointer data)
{
  controller_connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  controller_advance (f, 500);
  rw_controller_report_down (f->controller, 1);
  controller_expect (f, "suspect silence, attempt 2, reconnecting stalled");
  rw_controller_report_progress (f->controller, 1);
  controller_expect (f, "abandon 2, connected path-healed");
  /* The loser's last words. */
  rw_controller_report_progress (f->controller, 2);
  rw_controller_report_attempt_failed (f->controller, 2, RW_FAILURE_ICE, 0);
  rw_controller_report_suspect (f->controller, 2);
  controller_expect (f, "");
  g_assert_false (rw_controller_is_live (f->controller, 2));
}

static void
test_false_suspicion_costs_no_audio (Fixture *f, gconstpointer data)
{
  controller_connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  controller_expect (f, "suspect silence, attempt 2");
  controller_advance (f, 20);
  rw_controller_report_alive (f->controller, 1);
  controller_expect (f, "abandon 2, connected alive");
}

static void
test_watchdog_keeps_the_overdue_until_replaced (Fixture *f, gconstpointer data)
{
  rw_controller_start (f->controller);
  controller_advance (f, 2999);
  controller_expect (f, "connecting start, attempt 1");
  controller_advance (f, 1);
  controller_expect (f, "retry in 250 timed-out");
  controller_advance (f, 250);
  /* Both are in flight now; the third needs the place of the first. */
  controller_expect (f, "attempt 2");
  controller_advance (f, 3000);
  controller_expect (f, "retry in 500 timed-out");
  controller_advance (f, 500);
  controller_expect (f, "abandon 1, attempt 3");
  rw_controller_report_progress (f->controller, 2);
  controller_expect (f, "abandon 3, connected connected");
}

/* Longer than the watchdog gives, and after it the watchdog's time again. */
static void
test_an_attempt_is_granted_time (Fixture *f, gconstpointer data)
{
  f->config.attempt_timeout_us = 1000 * MS;
  rw_controller_set_config (f->controller, &f->config);
  rw_controller_start (f->controller);
  controller_expect (f, "connecting start, attempt 1");
  rw_controller_grant (f->controller, 1, 3000 * MS);
  controller_advance (f, 2900);
  controller_expect (f, "");
  rw_controller_report_advance (f->controller, 1);
  controller_advance (f, 900);
  controller_expect (f, "");
  controller_advance (f, 200);
  controller_expect (f, "retry in 250 timed-out");
}

static void
test_an_attempt_that_advances_has_more_time (Fixture *f, gconstpointer data)
{
  rw_controller_start (f->controller);
  for (int i = 0; i < 5; i++) {
    controller_advance (f, 2900);
    rw_controller_report_advance (f->controller, 1);
  }
  /* Four renewals count; after the fourth it has as long as such slow steps may
   * take: 2.9 s and four times their smoothed deviation. */
  controller_expect (f, "connecting start, attempt 1");
  controller_advance (f, 3262);
  controller_expect (f, "");
  controller_advance (f, 1);
  controller_expect (f, "retry in 250 timed-out");
}

/* The next attempt is granted from its beginning the time that others took
 * lately. */
static void
test_the_time_follows_what_attempts_took (Fixture *f, gconstpointer data)
{
  rw_controller_start (f->controller);
  rw_controller_report_advance (f->controller, 1);
  controller_advance (f, 2000);
  rw_controller_report_progress (f->controller, 1);
  rw_controller_report_lost (f->controller, 1, "peer-closed");
  controller_expect (
      f, "connecting start, attempt 1, connected connected, abandon 1, "
         "reconnecting peer-closed, attempt 2");
  controller_advance (f, 5999);
  controller_expect (f, "");
  controller_advance (f, 1);
  controller_expect (f, "retry in 250 timed-out");
}

/* Only word, or another kind of evidence, ends the wait before its time. */
static void
test_an_attempt_that_waits_is_left_alone (Fixture *f, gconstpointer data)
{
  controller_connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  controller_expect (f, "suspect silence, attempt 2");
  rw_controller_report_waiting (f->controller, 2, 20000 * MS);
  controller_advance (f, 10000);
  rw_controller_retry_now (f->controller, RW_RETRY_PATH_ALIVE);
  rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  rw_controller_retry_now (f->controller, RW_RETRY_SIGNALLING_RESUMED);
  controller_expect (f, "");
  rw_controller_report_advance (f->controller, 2);
  rw_controller_retry_now (f->controller, RW_RETRY_PATH_ALIVE);
  controller_expect (f, "attempt 3");
}

static void
test_an_attempt_that_waits_in_vain_is_joined (Fixture *f, gconstpointer data)
{
  controller_connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  rw_controller_report_waiting (f->controller, 2, 20000 * MS);
  controller_expect (f, "suspect silence, attempt 2");
  controller_advance (f, 1000);
  rw_controller_retry_now (f->controller, RW_RETRY_SIGNALLING_OPENED);
  controller_expect (f, "attempt 3");
  rw_controller_report_waiting (f->controller, 3, 20000 * MS);
  controller_advance (f, 19999);
  controller_expect (f, "");
  controller_advance (f, 1);
  controller_expect (f, "retry in 250 timed-out");
}

static void
test_user_may_ask_for_a_new_session (Fixture *f, gconstpointer data)
{
  controller_connect_first (f);
  rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  controller_expect (f, "");
  rw_controller_retry_now (f->controller, RW_RETRY_REQUESTED);
  controller_expect (f, "reconnecting requested, attempt 2");
  /* The old one is well, and is kept, but does not count yet. */
  rw_controller_report_progress (f->controller, 1);
  rw_controller_report_alive (f->controller, 1);
  controller_expect (f, "");
  rw_controller_report_progress (f->controller, 2);
  controller_expect (f, "abandon 1, connected replaced");
}

static void
test_requested_session_that_fails_leaves_the_old (Fixture *f,
                                                  gconstpointer data)
{
  f->config.backoff.retries = 0;
  rw_controller_set_config (f->controller, &f->config);
  controller_connect_first (f);
  rw_controller_retry_now (f->controller, RW_RETRY_REQUESTED);
  rw_controller_report_attempt_failed (f->controller, 2, RW_FAILURE_REFUSED, 0);
  rw_controller_report_progress (f->controller, 1);
  controller_expect (f, "reconnecting requested, attempt 2, abandon 2, "
                        "connected path-healed");
}

static void
test_stop_is_final (Fixture *f, gconstpointer data)
{
  controller_connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  controller_expect (f, "suspect silence, attempt 2");
  rw_controller_stop (f->controller);
  controller_expect (f, "abandon 2, abandon 1, stopped stop");
  rw_controller_stop (f->controller);
  rw_controller_report_progress (f->controller, 1);
  rw_controller_report_progress (f->controller, 2);
  rw_controller_report_attempt_failed (f->controller, 2, RW_FAILURE_ICE, 0);
  rw_controller_retry_now (f->controller, RW_RETRY_REQUESTED);
  controller_advance (f, 3600 * 1000);
  controller_expect (f, "");
  rw_controller_start (f->controller);
  controller_expect (f, "connecting start, attempt 3");
}

static void
test_handlers_may_call_back (Fixture *f, gconstpointer data)
{
  f->stop_on_attempt = 1;
  rw_controller_start (f->controller);
  controller_expect (f, "connecting start, attempt 1, abandon 1, stopped stop");
  f->fail_on_attempt = 2;
  f->failure = RW_FAILURE_NO_SIGNALLING;
  rw_controller_start (f->controller);
  controller_expect (f, "connecting start, attempt 2, abandon 2");
  rw_controller_retry_now (f->controller, RW_RETRY_SIGNALLING_OPENED);
  controller_advance (f, 100);
  controller_expect (f, "attempt 3");
}

static void
free_controller (RwController *controller, guint64 generation, gpointer data)
{
  RwController **slot = data;

  rw_controller_stop (controller);
  g_clear_object (slot);
}

static void
test_last_unref_may_come_from_a_handler (void)
{
  g_autoptr (TestFakeClock) clock = test_fake_clock_new ();
  RwController *controller = rw_controller_new (RW_CLOCK (clock), NULL, NULL);

  g_signal_connect (controller, "attempt", G_CALLBACK (free_controller),
                    &controller);
  rw_controller_start (controller);
  g_assert_null (controller);
  test_fake_clock_advance (clock, 10000 * MS);
}

#define ADD(name, func)                                                        \
  g_test_add ("/control/controller/" name, Fixture, NULL, controller_set_up,   \
              func, controller_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("connects-and-is-up-with-audio-only",
       test_connects_and_is_up_with_audio_only);
  ADD ("new-session-wins-over-a-silent-one",
       test_new_session_wins_over_a_silent_one);
  ADD ("old-session-that-heals-wins", test_old_session_that_heals_wins);
  ADD ("false-suspicion-costs-no-audio", test_false_suspicion_costs_no_audio);
  ADD ("watchdog-keeps-the-overdue-until-replaced",
       test_watchdog_keeps_the_overdue_until_replaced);
  ADD ("an-attempt-that-advances-has-more-time",
       test_an_attempt_that_advances_has_more_time);
  ADD ("an-attempt-is-granted-time", test_an_attempt_is_granted_time);
  ADD ("the-time-follows-what-attempts-took",
       test_the_time_follows_what_attempts_took);
  ADD ("an-attempt-that-waits-is-left-alone",
       test_an_attempt_that_waits_is_left_alone);
  ADD ("an-attempt-that-waits-in-vain-is-joined",
       test_an_attempt_that_waits_in_vain_is_joined);
  ADD ("user-may-ask-for-a-new-session", test_user_may_ask_for_a_new_session);
  ADD ("requested-session-that-fails-leaves-the-old",
       test_requested_session_that_fails_leaves_the_old);
  ADD ("stop-is-final", test_stop_is_final);
  ADD ("handlers-may-call-back", test_handlers_may_call_back);
  g_test_add_func ("/control/controller/last-unref-may-come-from-a-handler",
                   test_last_unref_may_come_from_a_handler);
  return g_test_run ();
}
