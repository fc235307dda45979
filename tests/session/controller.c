/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-controller.h"
#include "rw-fake-clock.h"

#define MS G_GINT64_CONSTANT (1000)

/* What the controller told, as words: "attempt 1", "connected connected". */
typedef struct {
  RwFakeClock *clock;
  RwController *controller;
  GPtrArray *log;
  RwStateInfo last_info;
  guint64 newest;
  guint64 stop_on_attempt;
  guint64 fail_on_attempt;
  RwFailure failure;
} Fixture;

static void
on_attempt (RwController *controller, guint64 generation, gpointer data)
{
  Fixture *f = data;

  g_ptr_array_add (f->log,
                   g_strdup_printf ("attempt %" G_GUINT64_FORMAT, generation));
  f->newest = generation;
  if (generation == f->stop_on_attempt)
    rw_controller_stop (controller);
  if (generation == f->fail_on_attempt)
    rw_controller_report_attempt_failed (controller, generation, f->failure, 0);
}

static void
on_abandon (RwController *controller, guint64 generation, gpointer data)
{
  Fixture *f = data;

  g_ptr_array_add (f->log,
                   g_strdup_printf ("abandon %" G_GUINT64_FORMAT, generation));
}

static void
on_state_changed (RwController *controller, const RwStateInfo *info,
                  gpointer data)
{
  Fixture *f = data;

  f->last_info = *info;
  g_ptr_array_add (f->log,
                   g_strdup_printf ("%s %s", rw_state_to_string (info->state),
                                    info->reason));
}

static void
on_retrying (RwController *controller, const RwStateInfo *info, gpointer data)
{
  Fixture *f = data;

  f->last_info = *info;
  g_ptr_array_add (f->log, g_strdup_printf ("retry in %" G_GINT64_FORMAT " %s",
                                            info->delay_us / MS, info->reason));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->clock = rw_fake_clock_new ();
  f->log = g_ptr_array_new_with_free_func (g_free);
  f->controller =
      rw_controller_new (RW_CLOCK (f->clock), NULL, g_rand_new_with_seed (7));
  g_object_set (f->controller, "retry-jitter", 0.0, NULL);
  g_signal_connect (f->controller, "attempt", G_CALLBACK (on_attempt), f);
  g_signal_connect (f->controller, "abandon", G_CALLBACK (on_abandon), f);
  g_signal_connect (f->controller, "state-changed",
                    G_CALLBACK (on_state_changed), f);
  g_signal_connect (f->controller, "retrying", G_CALLBACK (on_retrying), f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->controller);
  g_assert_finalize_object (f->clock);
  g_ptr_array_unref (f->log);
}

/* Compares all that was told since the last time; @expected has commas. */
static void
expect (Fixture *f, const char *expected)
{
  g_autofree char *told = NULL;

  g_ptr_array_add (f->log, NULL);
  told = g_strjoinv (", ", (char **) f->log->pdata);
  g_assert_cmpstr (told, ==, expected);
  g_ptr_array_set_size (f->log, 0);
}

static void
advance (Fixture *f, gint64 ms)
{
  rw_fake_clock_advance (f->clock, ms * MS);
}

/* Generation 1 is in use, and nothing is left to be told. */
static void
connect_first (Fixture *f)
{
  rw_controller_start (f->controller);
  rw_controller_report_progress (f->controller, 1);
  expect (f, "connecting start, attempt 1, connected connected");
  advance (f, 1000);
  rw_controller_report_progress (f->controller, 1);
}

static RwControllerCounts
get_counts (Fixture *f)
{
  RwControllerCounts counts;

  rw_controller_get_counts (f->controller, &counts);
  return counts;
}

static void
test_connects_and_is_up_with_audio_only (Fixture *f, gconstpointer data)
{
  rw_controller_start (f->controller);
  expect (f, "connecting start, attempt 1");
  advance (f, 500);
  rw_controller_report_advance (f->controller, 1);
  expect (f, "");
  g_assert_cmpint (rw_controller_get_generation (f->controller), ==, 0);
  rw_controller_report_progress (f->controller, 1);
  expect (f, "connected connected");
  g_assert_cmpint (f->last_info.outage_us, ==, 0);
  g_assert_cmpint (rw_controller_get_generation (f->controller), ==, 1);
  advance (f, 3600 * 1000);
  expect (f, "");
}

static void
test_new_session_wins_over_a_silent_one (Fixture *f, gconstpointer data)
{
  connect_first (f);
  advance (f, 150);
  rw_controller_report_suspect (f->controller, 1);
  expect (f, "suspect silence, attempt 2");
  advance (f, 200);
  rw_controller_report_down (f->controller, 1);
  expect (f, "reconnecting stalled");
  advance (f, 50);
  rw_controller_report_progress (f->controller, 2);
  expect (f, "abandon 1, connected replaced");
  g_assert_cmpint (f->last_info.outage_us, ==, 400 * MS);
  g_assert_cmpint (f->last_info.generation, ==, 2);
  g_assert_cmpint (get_counts (f).false_suspects, ==, 0);
}

static void
test_old_session_that_heals_wins (Fixture *f, gconstpointer data)
{
  connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  advance (f, 500);
  rw_controller_report_down (f->controller, 1);
  expect (f, "suspect silence, attempt 2, reconnecting stalled");
  rw_controller_report_progress (f->controller, 1);
  expect (f, "abandon 2, connected path-healed");
  /* The loser's last words. */
  rw_controller_report_progress (f->controller, 2);
  rw_controller_report_attempt_failed (f->controller, 2, RW_FAILURE_ICE, 0);
  rw_controller_report_suspect (f->controller, 2);
  expect (f, "");
  g_assert_cmpuint (get_counts (f).stale_events, ==, 3);
  g_assert_false (rw_controller_is_live (f->controller, 2));
}

static void
test_false_suspicion_costs_no_audio (Fixture *f, gconstpointer data)
{
  connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  expect (f, "suspect silence, attempt 2");
  advance (f, 20);
  rw_controller_report_alive (f->controller, 1);
  expect (f, "abandon 2, connected alive");
  g_assert_cmpuint (get_counts (f).false_suspects, ==, 1);
}

static void
test_back_off_grows_and_audio_alone_resets_it (Fixture *f, gconstpointer data)
{
  g_object_set (f->controller, "breaker-failures", 0, NULL);
  rw_controller_start (f->controller);
  expect (f, "connecting start, attempt 1");
  for (int i = 0; i < 9; i++) {
    gint64 delay_ms = MIN (250 << i, 30000);

    rw_controller_report_advance (f->controller, f->newest);
    rw_controller_report_attempt_failed (f->controller, f->newest,
                                         RW_FAILURE_REFUSED, 0);
    g_assert_cmpint (f->last_info.delay_us, ==, delay_ms * MS);
    g_ptr_array_set_size (f->log, 0);
    advance (f, delay_ms - 1);
    expect (f, "");
    advance (f, 1);
    g_assert_cmpuint (f->log->len, ==, 1);
  }
  rw_controller_report_progress (f->controller, f->newest);
  g_ptr_array_set_size (f->log, 0);
  advance (f, 100);
  rw_controller_report_lost (f->controller, f->newest, "peer-closed");
  expect (f, "abandon 10, reconnecting peer-closed, attempt 11");
  rw_controller_report_attempt_failed (f->controller, 11, RW_FAILURE_REFUSED,
                                       0);
  expect (f, "abandon 11, retry in 250 refused");
}

static void
test_watchdog_keeps_the_overdue_until_replaced (Fixture *f, gconstpointer data)
{
  rw_controller_start (f->controller);
  advance (f, 2999);
  expect (f, "connecting start, attempt 1");
  advance (f, 1);
  expect (f, "retry in 250 timed-out");
  advance (f, 250);
  /* Both are in flight now; the third needs the place of the first. */
  expect (f, "attempt 2");
  advance (f, 3000);
  expect (f, "retry in 500 timed-out");
  advance (f, 500);
  expect (f, "abandon 1, attempt 3");
  rw_controller_report_progress (f->controller, 2);
  expect (f, "abandon 3, connected connected");
}

/* Longer than the watchdog gives, and after it the watchdog's time again. */
static void
test_an_attempt_is_granted_time (Fixture *f, gconstpointer data)
{
  g_object_set (f->controller, "attempt-timeout", 1000, NULL);
  rw_controller_start (f->controller);
  expect (f, "connecting start, attempt 1");
  rw_controller_grant (f->controller, 1, 3000 * MS);
  advance (f, 2900);
  expect (f, "");
  rw_controller_report_advance (f->controller, 1);
  advance (f, 900);
  expect (f, "");
  advance (f, 200);
  expect (f, "retry in 250 timed-out");
}

static void
test_an_attempt_that_advances_has_more_time (Fixture *f, gconstpointer data)
{
  rw_controller_start (f->controller);
  for (int i = 0; i < 5; i++) {
    advance (f, 2900);
    rw_controller_report_advance (f->controller, 1);
  }
  /* Four renewals count, so that it ends 3 s after the fourth. */
  expect (f, "connecting start, attempt 1");
  advance (f, 99);
  expect (f, "");
  advance (f, 1);
  expect (f, "retry in 250 timed-out");
}

static void
test_retry_now_beats_the_back_off (Fixture *f, gconstpointer data)
{
  connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  rw_controller_report_attempt_failed (f->controller, 2, RW_FAILURE_ICE, 0);
  advance (f, 110);
  expect (f, "suspect silence, attempt 2, abandon 2, retry in 250 ice-failed");
  rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  expect (f, "attempt 3");
  /* A burst is answered by one more, 100 ms later, and no storm. */
  for (int i = 0; i < 9; i++) {
    advance (f, 10);
    rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  }
  expect (f, "");
  advance (f, 9);
  expect (f, "");
  advance (f, 1);
  expect (f, "attempt 4");
  advance (f, 2000);
  expect (f, "");
}

static void
test_heard_again_while_down_means_retry_now (Fixture *f, gconstpointer data)
{
  connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  advance (f, 500);
  rw_controller_report_down (f->controller, 1);
  advance (f, 1000);
  expect (f, "suspect silence, attempt 2, reconnecting stalled");
  rw_controller_report_alive (f->controller, 1);
  expect (f, "attempt 3");
  /* RTP flows on, while the new session takes its 400 ms. */
  for (int i = 0; i < 20; i++) {
    advance (f, 20);
    rw_controller_report_alive (f->controller, 1);
  }
  expect (f, "");
  rw_controller_report_progress (f->controller, 3);
  expect (f, "abandon 1, abandon 2, connected replaced");
}

static void
test_retries_run_out (Fixture *f, gconstpointer data)
{
  g_object_set (f->controller, "retries", 2, NULL);
  rw_controller_start (f->controller);
  for (int i = 1; i <= 3; i++) {
    rw_controller_report_attempt_failed (f->controller, f->newest,
                                         RW_FAILURE_REFUSED, 0);
    advance (f, 1000);
  }
  expect (f, "connecting start, attempt 1, abandon 1, retry in 250 refused, "
             "attempt 2, abandon 2, retry in 500 refused, attempt 3, "
             "abandon 3, failed refused");
  rw_controller_retry_now (f->controller, RW_RETRY_REQUESTED);
  advance (f, 100000);
  expect (f, "");
  rw_controller_start (f->controller);
  expect (f, "connecting start, attempt 4");
}

static void
test_without_retries_the_old_session_still_may_heal (Fixture *f,
                                                     gconstpointer data)
{
  g_object_set (f->controller, "retries", 0, NULL);
  connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  advance (f, 100);
  rw_controller_report_progress (f->controller, 1);
  expect (f, "suspect silence, connected path-healed");
  rw_controller_report_suspect (f->controller, 1);
  advance (f, 500);
  rw_controller_report_down (f->controller, 1);
  expect (f, "suspect silence, reconnecting stalled, failed no-retries, "
             "abandon 1");
}

static void
test_fatal_causes_are_told_at_once (Fixture *f, gconstpointer data)
{
  const RwFailure fatal[] = {RW_FAILURE_UNAUTHORIZED, RW_FAILURE_TLS,
                             RW_FAILURE_INCOMPATIBLE, RW_FAILURE_SETTINGS};

  for (guint i = 0; i < G_N_ELEMENTS (fatal); i++) {
    rw_controller_start (f->controller);
    rw_controller_report_attempt_failed (f->controller, f->newest, fatal[i], 0);
    g_assert_cmpint (rw_controller_get_state (f->controller), ==,
                     RW_STATE_FAILED);
    g_assert_cmpstr (f->last_info.reason, ==, rw_failure_to_string (fatal[i]));
    advance (f, 100000);
  }
  g_assert_cmpuint (get_counts (f).attempts, ==, G_N_ELEMENTS (fatal));
}

static void
test_no_producer_waits_and_does_not_poll (Fixture *f, gconstpointer data)
{
  g_object_set (f->controller, "retries", 0, NULL);
  rw_controller_start (f->controller);
  rw_controller_report_attempt_failed (f->controller, 1, RW_FAILURE_NO_PRODUCER,
                                       0);
  expect (f, "connecting start, attempt 1, abandon 1");
  advance (f, 3600 * 1000);
  expect (f, "");
  rw_controller_retry_now (f->controller, RW_RETRY_PRODUCER_ANNOUNCED);
  expect (f, "attempt 2");
  rw_controller_report_progress (f->controller, 2);
  expect (f, "connected connected");
}

static void
test_retry_after_is_obeyed_even_by_hints (Fixture *f, gconstpointer data)
{
  rw_controller_start (f->controller);
  rw_controller_report_attempt_failed (f->controller, 1,
                                       RW_FAILURE_RATE_LIMITED, 5000 * MS);
  expect (f, "connecting start, attempt 1, abandon 1, "
             "retry in 5000 rate-limited");
  advance (f, 1000);
  rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  rw_controller_retry_now (f->controller, RW_RETRY_REQUESTED);
  advance (f, 3999);
  expect (f, "");
  advance (f, 1);
  expect (f, "attempt 2");
}

static void
test_breaker_opens_and_probes (Fixture *f, gconstpointer data)
{
  g_object_set (f->controller, "breaker-failures", 3, "breaker-delay", 60000,
                "retry-delay-max", 60000, NULL);
  rw_controller_start (f->controller);
  advance (f, 3000 + 250 + 3000 + 500);
  expect (f, "connecting start, attempt 1, retry in 250 timed-out, attempt 2, "
             "retry in 500 timed-out, abandon 1, attempt 3");
  advance (f, 3000);
  expect (f, "abandon 2, abandon 3, retry in 60000 timed-out");
  g_assert_cmpint (rw_controller_get_breaker_state (f->controller), ==,
                   RW_BREAKER_OPEN);
  advance (f, 59999);
  expect (f, "");
  advance (f, 1);
  expect (f, "attempt 4");
  g_assert_cmpint (rw_controller_get_breaker_state (f->controller), ==,
                   RW_BREAKER_HALF_OPEN);
  /* The probe's fate decides; evidence replaces it, never adds to it. */
  rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  advance (f, 100);
  expect (f, "abandon 4, attempt 5");
  rw_controller_report_attempt_failed (f->controller, 5, RW_FAILURE_REFUSED, 0);
  expect (f, "abandon 5, retry in 60000 refused");
  rw_controller_retry_now (f->controller, RW_RETRY_SIGNALLING_OPENED);
  advance (f, 100);
  expect (f, "attempt 6");
  rw_controller_report_progress (f->controller, 6);
  expect (f, "connected connected");
  g_assert_cmpint (rw_controller_get_breaker_state (f->controller), ==,
                   RW_BREAKER_CLOSED);
  g_assert_cmpuint (get_counts (f).breaker_opened, ==, 2);
}

static void
test_user_may_ask_for_a_new_session (Fixture *f, gconstpointer data)
{
  connect_first (f);
  rw_controller_retry_now (f->controller, RW_RETRY_NETWORK_CHANGED);
  expect (f, "");
  rw_controller_retry_now (f->controller, RW_RETRY_REQUESTED);
  expect (f, "reconnecting requested, attempt 2");
  /* The old one is well, and is kept, but does not count yet. */
  rw_controller_report_progress (f->controller, 1);
  rw_controller_report_alive (f->controller, 1);
  expect (f, "");
  rw_controller_report_progress (f->controller, 2);
  expect (f, "abandon 1, connected replaced");
}

static void
test_requested_session_that_fails_leaves_the_old (Fixture *f,
                                                  gconstpointer data)
{
  g_object_set (f->controller, "retries", 0, NULL);
  connect_first (f);
  rw_controller_retry_now (f->controller, RW_RETRY_REQUESTED);
  rw_controller_report_attempt_failed (f->controller, 2, RW_FAILURE_REFUSED, 0);
  rw_controller_report_progress (f->controller, 1);
  expect (f, "reconnecting requested, attempt 2, abandon 2, "
             "connected path-healed");
}

static void
test_stop_is_final (Fixture *f, gconstpointer data)
{
  connect_first (f);
  rw_controller_report_suspect (f->controller, 1);
  expect (f, "suspect silence, attempt 2");
  rw_controller_stop (f->controller);
  expect (f, "abandon 2, abandon 1, stopped stop");
  rw_controller_stop (f->controller);
  rw_controller_report_progress (f->controller, 1);
  rw_controller_report_progress (f->controller, 2);
  rw_controller_report_attempt_failed (f->controller, 2, RW_FAILURE_ICE, 0);
  rw_controller_retry_now (f->controller, RW_RETRY_REQUESTED);
  advance (f, 3600 * 1000);
  expect (f, "");
  rw_controller_start (f->controller);
  expect (f, "connecting start, attempt 3");
}

static void
test_handlers_may_call_back (Fixture *f, gconstpointer data)
{
  f->stop_on_attempt = 1;
  rw_controller_start (f->controller);
  expect (f, "connecting start, attempt 1, abandon 1, stopped stop");
  f->fail_on_attempt = 2;
  f->failure = RW_FAILURE_NO_SIGNALLING;
  rw_controller_start (f->controller);
  expect (f, "connecting start, attempt 2, abandon 2");
  rw_controller_retry_now (f->controller, RW_RETRY_SIGNALLING_OPENED);
  advance (f, 100);
  expect (f, "attempt 3");
}

static void
test_spread_delays_the_first_attempt_after_a_loss (Fixture *f,
                                                   gconstpointer data)
{
  g_object_set (f->controller, "spread", 1000, NULL);
  connect_first (f);
  advance (f, 2000);
  rw_controller_report_lost (f->controller, 1, "server-gone");
  expect (f, "abandon 1, reconnecting server-gone");
  advance (f, 1000);
  expect (f, "attempt 2");
  g_assert_cmpint (f->last_info.outage_us, <, 2001 * MS);
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
  g_autoptr (RwFakeClock) clock = rw_fake_clock_new ();
  RwController *controller = rw_controller_new (RW_CLOCK (clock), NULL, NULL);

  g_signal_connect (controller, "attempt", G_CALLBACK (free_controller),
                    &controller);
  rw_controller_start (controller);
  g_assert_null (controller);
  rw_fake_clock_advance (clock, 10000 * MS);
}

/* ---- random sequences ---- */

typedef struct {
  GHashTable *live; /* generations told to attempt, not yet to abandon */
  guint64 last;
  gboolean running;
  gboolean failed;
  RwState state;
  RwFakeClock *clock;
  RwController *controller;
  GRand *rand;
  gint64 last_attempt_us;
} Model;

/* What waits for somebody else keeps no distance. */
static void
model_fail (Model *m, guint64 generation, gint64 retry_after_us)
{
  RwFailure failure = g_rand_int_range (m->rand, 0, RW_N_FAILURES);

  if (rw_failure_get_policy (failure) == RW_FAILURE_POLICY_WAIT)
    m->last_attempt_us = -1;
  rw_controller_report_attempt_failed (m->controller, generation, failure,
                                       retry_after_us);
}

static void
model_on_attempt (RwController *controller, guint64 generation, gpointer data)
{
  Model *m = data;
  gint64 now_us = rw_clock_get_now_us (RW_CLOCK (m->clock));

  g_assert_true (m->running);
  g_assert_cmpuint (generation, >, m->last);
  g_assert_true (m->last_attempt_us < 0 ||
                 now_us - m->last_attempt_us >= 100 * MS);
  m->last = generation;
  m->last_attempt_us = now_us;
  g_hash_table_add (m->live, g_memdup2 (&generation, sizeof generation));
  /* The one in use, and two beside it. */
  g_assert_cmpuint (g_hash_table_size (m->live), <=, 3);
  if (g_rand_int_range (m->rand, 0, 10) == 0)
    model_fail (m, generation, 0);
}

static void
model_on_abandon (RwController *controller, guint64 generation, gpointer data)
{
  Model *m = data;

  g_assert_true (g_hash_table_remove (m->live, &generation));
  g_assert_false (rw_controller_is_live (controller, generation));
}

static void
model_on_state (RwController *controller, const RwStateInfo *info,
                gpointer data)
{
  Model *m = data;
  RwState state = info->previous;
  gboolean explained = FALSE;

  g_assert_cmpint (info->previous, ==, m->state);
  g_assert_cmpint (info->state, !=, info->previous);
  for (int event = 0; event < RW_N_STATE_EVENTS && !explained; event++) {
    state = info->previous;
    explained = rw_state_step (&state, event) && state == info->state;
  }
  g_assert_true (explained);
  g_assert_cmpint (info->outage_us, >=, 0);
  g_assert_cmpint (info->delay_us, >=, 0);
  m->state = info->state;
}

static void
model_act (Model *m)
{
  RwController *c = m->controller;
  guint64 age = (guint64) g_rand_int_range (m->rand, 0, 5);
  guint64 generation = m->last - MIN (m->last, age);

  if (g_rand_boolean (m->rand))
    generation = rw_controller_get_generation (c);
  switch (g_rand_int_range (m->rand, 0, 12)) {
  case 0:
    if (g_rand_int_range (m->rand, 0, 8) == 0) {
      m->running = FALSE;
      rw_controller_stop (c);
      g_assert_cmpuint (g_hash_table_size (m->live), ==, 0);
    }
    break;
  case 1:
    if (!m->running || m->state == RW_STATE_FAILED) {
      m->running = TRUE;
      m->last_attempt_us = -1;
      rw_controller_start (c);
    }
    break;
  case 2:
  case 3:
    rw_controller_report_progress (c, generation);
    break;
  case 4:
    rw_controller_report_suspect (c, generation);
    break;
  case 5:
    rw_controller_report_down (c, generation);
    break;
  case 6:
    rw_controller_report_alive (c, generation);
    break;
  case 7:
    rw_controller_report_lost (c, generation, "peer-closed");
    break;
  case 8:
    model_fail (m, generation, g_rand_int_range (m->rand, 0, 3) * 1000 * MS);
    break;
  case 9:
    rw_controller_retry_now (
        c, g_rand_int_range (m->rand, 0, RW_RETRY_REQUESTED + 1));
    break;
  case 10:
    rw_controller_report_advance (c, generation);
    break;
  default:
    rw_fake_clock_advance (m->clock, g_rand_int_range (m->rand, 0, 5000) * MS);
    break;
  }
}

static void
model_check (Model *m)
{
  guint64 current = rw_controller_get_generation (m->controller);

  g_assert_cmpint (rw_controller_get_state (m->controller), ==, m->state);
  if (current != 0)
    g_assert_true (g_hash_table_contains (m->live, &current));
  if (m->state == RW_STATE_CONNECTED) {
    g_assert_cmpuint (current, !=, 0);
    g_assert_cmpuint (g_hash_table_size (m->live), ==, 1);
  }
  if (m->state == RW_STATE_FAILED || m->state == RW_STATE_STOPPED)
    g_assert_cmpuint (g_hash_table_size (m->live), ==, 0);
}

static void
run_random_life (guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (RwFakeClock) clock = rw_fake_clock_new ();
  g_autoptr (RwController) controller = rw_controller_new (
      RW_CLOCK (clock), NULL, g_rand_new_with_seed (seed + 1));
  g_autoptr (GHashTable) live =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  Model m = {.live = live,
             .clock = clock,
             .controller = controller,
             .rand = rand,
             .last_attempt_us = -1};

  g_object_set (controller, "retries", g_rand_int_range (rand, -1, 4),
                "breaker-failures", g_rand_int_range (rand, 0, 6), "spread",
                g_rand_int_range (rand, 0, 2) * 300, NULL);
  g_signal_connect (controller, "attempt", G_CALLBACK (model_on_attempt), &m);
  g_signal_connect (controller, "abandon", G_CALLBACK (model_on_abandon), &m);
  g_signal_connect (controller, "state-changed", G_CALLBACK (model_on_state),
                    &m);
  for (int i = 0; i < 300; i++) {
    model_act (&m);
    model_check (&m);
  }
  m.running = FALSE;
  rw_controller_stop (controller);
  g_assert_cmpuint (g_hash_table_size (live), ==, 0);
  rw_fake_clock_advance (clock, 3600 * 1000 * MS);
}

static void
test_random_lives_keep_the_invariants (void)
{
  for (guint32 seed = 0; seed < 2000; seed++) {
    g_test_message ("seed %u", seed);
    run_random_life (seed);
  }
}

#define ADD(name, func)                                                        \
  g_test_add ("/session/controller/" name, Fixture, NULL, set_up, func,        \
              tear_down)

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
  ADD ("back-off-grows-and-audio-alone-resets-it",
       test_back_off_grows_and_audio_alone_resets_it);
  ADD ("watchdog-keeps-the-overdue-until-replaced",
       test_watchdog_keeps_the_overdue_until_replaced);
  ADD ("an-attempt-that-advances-has-more-time",
       test_an_attempt_that_advances_has_more_time);
  ADD ("an-attempt-is-granted-time", test_an_attempt_is_granted_time);
  ADD ("retry-now-beats-the-back-off", test_retry_now_beats_the_back_off);
  ADD ("heard-again-while-down-means-retry-now",
       test_heard_again_while_down_means_retry_now);
  ADD ("retries-run-out", test_retries_run_out);
  ADD ("without-retries-the-old-session-still-may-heal",
       test_without_retries_the_old_session_still_may_heal);
  ADD ("fatal-causes-are-told-at-once", test_fatal_causes_are_told_at_once);
  ADD ("no-producer-waits-and-does-not-poll",
       test_no_producer_waits_and_does_not_poll);
  ADD ("retry-after-is-obeyed-even-by-hints",
       test_retry_after_is_obeyed_even_by_hints);
  ADD ("breaker-opens-and-probes", test_breaker_opens_and_probes);
  ADD ("user-may-ask-for-a-new-session", test_user_may_ask_for_a_new_session);
  ADD ("requested-session-that-fails-leaves-the-old",
       test_requested_session_that_fails_leaves_the_old);
  ADD ("stop-is-final", test_stop_is_final);
  ADD ("handlers-may-call-back", test_handlers_may_call_back);
  ADD ("spread-delays-the-first-attempt-after-a-loss",
       test_spread_delays_the_first_attempt_after_a_loss);
  g_test_add_func ("/session/controller/last-unref-may-come-from-a-handler",
                   test_last_unref_may_come_from_a_handler);
  g_test_add_func ("/session/controller/random-lives-keep-the-invariants",
                   test_random_lives_keep_the_invariants);
  return g_test_run ();
}
