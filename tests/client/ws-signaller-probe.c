/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"
#include "rw-failure.h"
#include "test-process.h"

/* How a dead connection is found and replaced, and that nothing of it is left.
 */

static void
test_pings_find_a_dead_connection (Fixture *f, gconstpointer data)
{
  fixture_make_relayed_signaller (f, 1000 * MS, 500 * MS);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  test_relay_forget_all (f->relay);
  fixture_wait_closed (f, 1);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT);
  fixture_wait_opened (f, 2);
}

static void
test_quiet_connection_is_kept_by_its_pongs (Fixture *f, gconstpointer data)
{
  guint64 n_bytes;

  fixture_make_relayed_signaller (f, 1000 * MS, 500 * MS);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  n_bytes = test_relay_get_n_bytes (f->relay);
  /* Three pings and pongs, of 6 and 2 bytes and more. */
  while (test_relay_get_n_bytes (f->relay) < n_bytes + 3 * 8)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (f->n_closed, ==, 0);
  g_assert_cmpuint (f->n_opened, ==, 1);
}

/* With the pings far off, so that it is the doubt that finds it. (half-open.c
 * measures how soon, by a clock of its own.) */
static void
test_doubted_connection_is_replaced_soon (Fixture *f, gconstpointer data)
{
  gint64 start_us;

  fixture_make_relayed_signaller (f, 1000000 * MS, 1000 * MS);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  test_relay_forget_all (f->relay);
  start_us = g_get_monotonic_time ();
  rw_signaller_retry_now (f->signaller);
  fixture_wait_opened (f, 2);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 10000 * MS);
  /* Beside the old one; only then that one's sessions are over. */
  g_assert_cmpuint (f->n_closed, ==, 1);
  g_assert_cmpstr (f->log->pdata[f->log->len - 2], ==, "closed retry");
}

static void
test_doubted_connection_that_answers_is_kept (Fixture *f, gconstpointer data)
{
  fixture_make_relayed_signaller (f, 1000000 * MS, 1000 * MS);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  for (guint i = 2; i < 6; i++) {
    rw_signaller_retry_now (f->signaller);
    fixture_wait_received (f, "\"list\"", i);
    test_server_send (f->server, "{\"type\":\"error\",\"details\":\"oh\"}");
    fixture_wait_logged (f, "server-error oh", i - 1);
  }
  g_assert_cmpuint (test_server_get_n_accepted (f->server), ==, 1);
  g_assert_cmpuint (f->n_opened, ==, 1);
}

static gboolean
is_second_attempt (gpointer data)
{
  RwWsSignallerCounts counts;

  rw_ws_signaller_get_counts (((Fixture *) data)->ws, &counts);
  return counts.attempts >= 2;
}

static void
test_connection_that_thaws_first_wins (Fixture *f, gconstpointer data)
{
  fixture_make_relayed_signaller (f, 1000000 * MS, 1000 * MS);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  test_relay_set_frozen (f->relay, TRUE);
  rw_signaller_retry_now (f->signaller);
  test_wait (is_second_attempt, f);
  test_relay_set_frozen (f->relay, FALSE);
  rw_signaller_start_session (f->signaller, "p", NULL, NULL);
  fixture_wait_received (f, "startSession", 1);
  g_assert_cmpuint (f->n_closed, ==, 0);
}

static void
test_simulated_outage_ends (Fixture *f, gconstpointer data)
{
  fixture_make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  rw_ws_signaller_simulate_outage (f->ws, 300 * MS);
  fixture_wait_closed (f, 1);
  fixture_wait_opened (f, 2);
  g_assert_cmpuint (test_server_get_n_accepted (f->server), ==, 2);
}

static void
cycle (Fixture *f, int i)
{
  fixture_make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  /* Ended while connecting, when open, and after a goodbye. */
  if (i % 3 > 0)
    fixture_wait_opened (f, f->n_opened + 1);
  if (i % 3 > 1) {
    rw_signaller_stop (f->signaller);
    fixture_wait_closed (f, f->n_closed + 1);
  }
  g_assert_finalize_object (g_steal_pointer (&f->ws));
}

static void
test_cycles_leave_nothing (Fixture *f, gconstpointer data)
{
  guint n_fds, n_threads;

  for (int i = 0; i < 3; i++)
    cycle (f, i);
  test_wait (fixture_is_server_empty, f->server);
  n_fds = test_process_count_files ();
  n_threads = test_process_count_threads ();
  for (int i = 0; i < 300; i++)
    cycle (f, i);
  test_wait (fixture_is_server_empty, f->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (test_process_count_files (), <=, n_fds + 2);
  g_assert_cmpuint (test_process_count_threads (), <=, n_threads + 2);
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/ws-signaller-probe/" name, Fixture, NULL,               \
              fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("pings-find-a-dead-connection", test_pings_find_a_dead_connection);
  ADD ("quiet-connection-is-kept-by-its-pongs",
       test_quiet_connection_is_kept_by_its_pongs);
  ADD ("doubted-connection-is-replaced-soon",
       test_doubted_connection_is_replaced_soon);
  ADD ("doubted-connection-that-answers-is-kept",
       test_doubted_connection_that_answers_is_kept);
  ADD ("connection-that-thaws-first-wins",
       test_connection_that_thaws_first_wins);
  ADD ("simulated-outage-ends", test_simulated_outage_ends);
  ADD ("cycles-leave-nothing", test_cycles_leave_nothing);
  return test_process_run_tests ();
}
