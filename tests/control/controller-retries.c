/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller-fixture.h"

static void
test_back_off_grows_and_audio_alone_resets_it (Fixture *f, gconstpointer data)
{
  f->config.breaker_failures = 0;
  rw_controller_set_config (f->controller, &f->config);
  rw_controller_start (f->controller);
  controller_expect (f, "connecting start, attempt 1");
  for (int i = 0; i < 9; i++) {
    gint64 delay_ms = MIN (250 << i, 30000);

    rw_controller_report_advance (f->controller, f->newest);
    rw_controller_report_attempt_failed (f->controller, f->newest,
                                         RW_FAILURE_REFUSED, 0);
    g_assert_cmpint (f->last_info.delay_us, ==, delay_ms * MS);
    g_ptr_array_set_size (f->log, 0);
    controller_advance (f, delay_ms - 1);
    controller_expect (f, "");
    controller_advance (f, 1);
    g_assert_cmpuint (f->log->len, ==, 1);
  }
  rw_controller_report_progress (f->controller, f->newest);
  g_ptr_array_set_size (f->log, 0);
  controller_advance (f, 100);
  rw_controller_report_lost (f->controller, f->newest, "peer-closed");
  controller_expect (f, "abandon 10, reconnecting peer-closed, attempt 11");
  rw_controller_report_attempt_failed (f->controller, 11, RW_FAILURE_REFUSED,
                                       0);
  controller_expect (f, "abandon 11, retry in 250 refused");
}

static void
test_retry_now_beats_the_back_off (Fixture *f, gconstpointer data)
{
  controller_connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  rw_controller_report_attempt_failed (f->controller, 2, RW_FAILURE_ICE, 0);
  controller_advance (f, 110);
  controller_expect (
      f, "suspect silence, attempt 2, abandon 2, retry in 250 ice-failed");
  rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  controller_expect (f, "attempt 3");
  /* A burst is answered by one more, 100 ms later, and no storm. */
  for (int i = 0; i < 9; i++) {
    controller_advance (f, 10);
    rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  }
  controller_expect (f, "");
  controller_advance (f, 9);
  controller_expect (f, "");
  controller_advance (f, 1);
  controller_expect (f, "attempt 4");
  controller_advance (f, 2000);
  controller_expect (f, "");
}

static void
test_received_again_while_down_means_retry_now (Fixture *f, gconstpointer data)
{
  controller_connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  controller_advance (f, 500);
  rw_controller_report_down (f->controller, 1);
  controller_advance (f, 1000);
  controller_expect (f, "suspect silence, attempt 2, reconnecting stalled");
  rw_controller_report_alive (f->controller, 1);
  controller_expect (f, "attempt 3");
  /* RTP flows on, while the new session takes its 400 ms. */
  for (int i = 0; i < 20; i++) {
    controller_advance (f, 20);
    rw_controller_report_alive (f->controller, 1);
  }
  controller_expect (f, "");
  rw_controller_report_progress (f->controller, 3);
  controller_expect (f, "abandon 1, abandon 2, connected replaced");
}

/* Each step takes longer than an attempt has, as on a machine that begins many
 * at once: the attempts must not overtake each other for ever. */
static void
test_a_step_that_times_out_has_more_time_the_next_time (Fixture *f,
                                                        gconstpointer data)
{
  static const gint64 timeouts_ms[] = {1000, 2000, 4000, 4000};

  f->config.attempt_timeout_us = 1000 * MS;
  rw_controller_set_config (f->controller, &f->config);
  rw_controller_start (f->controller);
  for (guint i = 0; i < G_N_ELEMENTS (timeouts_ms); i++) {
    rw_controller_report_advance (f->controller, f->newest);
    g_ptr_array_set_size (f->log, 0);
    controller_advance (f, timeouts_ms[i] - 1);
    controller_expect (f, "");
    controller_advance (f, 1);
    g_assert_cmpuint (f->log->len, ==, 1);
    controller_advance (f, f->last_info.delay_us / MS);
  }
  /* Steps that end, though late, take it back. */
  rw_controller_report_advance (f->controller, f->newest);
  controller_advance (f, 30);
  rw_controller_report_advance (f->controller, f->newest);
  controller_advance (f, 10);
  rw_controller_report_progress (f->controller, f->newest);
  controller_advance (f, 100);
  rw_controller_report_lost (f->controller, f->newest, "peer-closed");
  rw_controller_report_advance (f->controller, f->newest);
  g_ptr_array_set_size (f->log, 0);
  controller_advance (f, 999);
  controller_expect (f, "");
  controller_advance (f, 1);
  g_assert_cmpuint (f->log->len, ==, 1);
}

/* Nothing came: the path is cut, and time is no remedy. */
static void
test_an_attempt_without_an_answer_teaches_nothing (Fixture *f,
                                                   gconstpointer data)
{
  f->config.attempt_timeout_us = 1000 * MS;
  rw_controller_set_config (f->controller, &f->config);
  rw_controller_start (f->controller);
  for (guint i = 0; i < 4; i++) {
    g_ptr_array_set_size (f->log, 0);
    controller_advance (f, 1000);
    g_assert_cmpuint (f->log->len, ==, 1);
    controller_advance (f, f->last_info.delay_us / MS);
  }
}

static void
test_retries_run_out (Fixture *f, gconstpointer data)
{
  f->config.backoff.retries = 2;
  rw_controller_set_config (f->controller, &f->config);
  rw_controller_start (f->controller);
  for (int i = 1; i <= 3; i++) {
    rw_controller_report_attempt_failed (f->controller, f->newest,
                                         RW_FAILURE_REFUSED, 0);
    controller_advance (f, 1000);
  }
  controller_expect (
      f, "connecting start, attempt 1, abandon 1, retry in 250 refused, "
         "attempt 2, abandon 2, retry in 500 refused, attempt 3, "
         "abandon 3, failed refused");
  rw_controller_retry_now (f->controller, RW_RETRY_REQUESTED);
  controller_advance (f, 100000);
  controller_expect (f, "");
  rw_controller_start (f->controller);
  controller_expect (f, "connecting start, attempt 4");
}

static void
test_without_retries_the_old_session_still_may_heal (Fixture *f,
                                                     gconstpointer data)
{
  f->config.backoff.retries = 0;
  rw_controller_set_config (f->controller, &f->config);
  controller_connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  controller_advance (f, 100);
  rw_controller_report_progress (f->controller, 1);
  controller_expect (f, "suspect silence, connected path-healed");
  rw_controller_report_suspect (f->controller, 1);
  controller_advance (f, 500);
  rw_controller_report_down (f->controller, 1);
  controller_expect (
      f, "suspect silence, reconnecting stalled, failed no-retries, "
         "abandon 1");
}

static void
test_fatal_causes_are_reported_at_once (Fixture *f, gconstpointer data)
{
  const RwFailure fatal[] = {RW_FAILURE_UNAUTHORIZED, RW_FAILURE_TLS,
                             RW_FAILURE_SETTINGS};

  for (guint i = 0; i < G_N_ELEMENTS (fatal); i++) {
    rw_controller_start (f->controller);
    rw_controller_report_attempt_failed (f->controller, f->newest, fatal[i], 0);
    g_assert_cmpint (rw_controller_get_state (f->controller), ==,
                     RW_STATE_FAILED);
    g_assert_cmpstr (f->last_info.reason, ==, rw_failure_to_string (fatal[i]));
    controller_advance (f, 100000);
  }
}

static void
test_no_producer_waits_and_does_not_poll (Fixture *f, gconstpointer data)
{
  f->config.backoff.retries = 0;
  rw_controller_set_config (f->controller, &f->config);
  rw_controller_start (f->controller);
  rw_controller_report_attempt_failed (f->controller, 1, RW_FAILURE_NO_PRODUCER,
                                       0);
  controller_expect (f, "connecting start, attempt 1, abandon 1");
  controller_advance (f, 3600 * 1000);
  controller_expect (f, "");
  rw_controller_retry_now (f->controller, RW_RETRY_PRODUCER_ANNOUNCED);
  controller_expect (f, "attempt 2");
  rw_controller_report_progress (f->controller, 2);
  controller_expect (f, "connected connected");
  /* The first one was not made, so it does not count. */
  g_assert_cmpuint (f->last_info.attempt, ==, 1);
  g_assert_cmpuint (f->last_info.retries, ==, 0);
}

/* Sessions that open and bring nothing: the first loss is replaced at once, the
 * later ones wait longer and longer. */
static void
test_sessions_without_audio_back_off (Fixture *f, gconstpointer data)
{
  guint n = 0;

  rw_controller_start (f->controller);
  for (guint i = 0; i < 600; i++) { /* a minute */
    if (rw_controller_is_live (f->controller, f->newest) &&
        rw_controller_get_generation (f->controller) != f->newest) {
      rw_controller_report_usable (f->controller, f->newest);
      rw_controller_report_suspect (f->controller, f->newest);
      n++;
    }
    controller_advance (f, 100);
  }
  g_assert_cmpuint (n, >=, 3);
  g_assert_cmpuint (n, <=, 10);
  rw_controller_report_progress (f->controller, f->newest);
  rw_controller_report_suspect (f->controller, f->newest);
  controller_advance (f, 1);
  g_assert_cmpuint (f->newest, ==, n + 1);
}

/* A sender with nothing to send is no failure. */
static void
test_session_that_holds_is_a_success (Fixture *f, gconstpointer data)
{
  rw_controller_start (f->controller);
  for (guint64 generation = 1; generation < 10; generation++) {
    g_assert_cmpuint (f->newest, ==, generation);
    for (guint i = 0; i < 120; i++) {
      rw_controller_report_usable (f->controller, generation);
      controller_advance (f, 100);
    }
    rw_controller_report_suspect (f->controller, generation);
    controller_advance (f, 1);
  }
}

static void
test_retry_after_is_obeyed_even_by_hints (Fixture *f, gconstpointer data)
{
  rw_controller_start (f->controller);
  rw_controller_report_attempt_failed (f->controller, 1,
                                       RW_FAILURE_RATE_LIMITED, 5000 * MS);
  controller_expect (f, "connecting start, attempt 1, abandon 1, "
                        "retry in 5000 rate-limited");
  controller_advance (f, 1000);
  rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  rw_controller_retry_now (f->controller, RW_RETRY_REQUESTED);
  controller_advance (f, 3999);
  controller_expect (f, "");
  controller_advance (f, 1);
  controller_expect (f, "attempt 2");
}

static void
test_breaker_opens_and_probes (Fixture *f, gconstpointer data)
{
  f->config.breaker_failures = 3;
  f->config.breaker_delay_us = f->config.backoff.delay_max_us = 60000 * MS;
  rw_controller_set_config (f->controller, &f->config);
  rw_controller_start (f->controller);
  controller_advance (f, 3000 + 250 + 3000 + 500);
  controller_expect (
      f, "connecting start, attempt 1, retry in 250 timed-out, attempt 2, "
         "retry in 500 timed-out, abandon 1, attempt 3");
  controller_advance (f, 3000);
  controller_expect (f, "abandon 2, abandon 3, retry in 60000 timed-out");
  controller_advance (f, 59999);
  controller_expect (f, "");
  controller_advance (f, 1);
  controller_expect (f, "attempt 4");
  /* The probe's fate decides; evidence replaces it, never adds to it. */
  rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  controller_advance (f, 100);
  controller_expect (f, "abandon 4, attempt 5");
  rw_controller_report_attempt_failed (f->controller, 5, RW_FAILURE_REFUSED, 0);
  controller_expect (f, "abandon 5, retry in 60000 refused");
  rw_controller_retry_now (f->controller, RW_RETRY_SIGNALLING_OPENED);
  controller_advance (f, 100);
  controller_expect (f, "attempt 6");
  rw_controller_report_progress (f->controller, 6);
  controller_expect (f, "connected connected");
}

static void
test_spread_delays_the_first_attempt_after_a_loss (Fixture *f,
                                                   gconstpointer data)
{
  f->config.spread_us = 1000 * MS;
  rw_controller_set_config (f->controller, &f->config);
  controller_connect_first (f);
  controller_advance (f, 2000);
  rw_controller_report_lost (f->controller, 1, "server-gone");
  controller_expect (f, "abandon 1, reconnecting server-gone");
  controller_advance (f, 1000);
  controller_expect (f, "attempt 2");
  g_assert_cmpint (f->last_info.outage_us, <, 2001 * MS);
}

#define ADD(name, func)                                                        \
  g_test_add ("/control/controller-retries/" name, Fixture, NULL,              \
              controller_set_up, func, controller_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("back-off-grows-and-audio-alone-resets-it",
       test_back_off_grows_and_audio_alone_resets_it);
  ADD ("retry-now-beats-the-back-off", test_retry_now_beats_the_back_off);
  ADD ("received-again-while-down-means-retry-now",
       test_received_again_while_down_means_retry_now);
  ADD ("a-step-that-times-out-has-more-time-the-next-time",
       test_a_step_that_times_out_has_more_time_the_next_time);
  ADD ("an-attempt-without-an-answer-teaches-nothing",
       test_an_attempt_without_an_answer_teaches_nothing);
  ADD ("retries-run-out", test_retries_run_out);
  ADD ("without-retries-the-old-session-still-may-heal",
       test_without_retries_the_old_session_still_may_heal);
  ADD ("fatal-causes-are-reported-at-once",
       test_fatal_causes_are_reported_at_once);
  ADD ("no-producer-waits-and-does-not-poll",
       test_no_producer_waits_and_does_not_poll);
  ADD ("sessions-without-audio-back-off", test_sessions_without_audio_back_off);
  ADD ("session-that-holds-is-a-success", test_session_that_holds_is_a_success);
  ADD ("retry-after-is-obeyed-even-by-hints",
       test_retry_after_is_obeyed_even_by_hints);
  ADD ("breaker-opens-and-probes", test_breaker_opens_and_probes);
  ADD ("spread-delays-the-first-attempt-after-a-loss",
       test_spread_delays_the_first_attempt_after_a_loss);
  return g_test_run ();
}
