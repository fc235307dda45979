/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-failure.h"
#include "rw-process.h"
#include "rw-test-server.h"
#include "rw-ws-signaller.h"

/* Two servers, one of which wants nothing to do with us: what is final at one
 * is so at both only if both say so. */

#define MS G_GINT64_CONSTANT (1000)

typedef struct {
  RwTestServer *first;
  RwTestServer *second;
  char *uris[3];
  RwClock *clock;
  RwWsSignaller *ws;
  guint n_opened;
  guint n_wanted;
  guint n_failed;
  guint n_closed;
  GError *error; /* the last one told */
} Fixture;

static void
on_opened (RwSignaller *signaller, const char *id, Fixture *f)
{
  f->n_opened++;
}

static void
take_error (Fixture *f, const GError *error)
{
  g_clear_error (&f->error);
  f->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
on_closed (RwSignaller *signaller, const GError *error, gboolean will_retry,
           gint64 delay_us, Fixture *f)
{
  f->n_closed++;
  take_error (f, error);
}

static void
on_failed (RwSignaller *signaller, const GError *error, Fixture *f)
{
  f->n_failed++;
  take_error (f, error);
}

static gboolean
is_opened_or_failed (gpointer data)
{
  Fixture *f = data;

  return f->n_opened >= f->n_wanted || f->n_failed > 0;
}

static gboolean
is_failed (gpointer data)
{
  return ((Fixture *) data)->n_failed > 0;
}

static guint64
count_attempts (Fixture *f)
{
  RwWsSignallerCounts counts;

  rw_ws_signaller_get_counts (f->ws, &counts);
  return counts.attempts;
}

static gboolean
has_attempted (gpointer data)
{
  Fixture *f = data;

  return count_attempts (f) >= f->n_wanted || f->n_failed > 0;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->clock = rw_clock_new ();
  f->first = rw_test_server_new ();
  f->second = rw_test_server_new ();
  f->uris[0] = rw_test_server_get_uri (f->first);
  f->uris[1] = rw_test_server_get_uri (f->second);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->ws);
  g_object_unref (f->first);
  g_object_unref (f->second);
  g_object_unref (f->clock);
  g_free (f->uris[0]);
  g_free (f->uris[1]);
  g_clear_error (&f->error);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
start (Fixture *f, int retries)
{
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;
  g_autoptr (GError) error = NULL;

  config.uris = (const char *const *) f->uris;
  config.backoff.delay_us = 20 * MS;
  config.backoff.delay_max_us = 100 * MS;
  config.backoff.retries = retries;
  config.spread_us = 0;
  config.better_delay_us = 100 * MS;
  f->ws = rw_ws_signaller_new (f->clock, NULL, NULL, &config, &error);
  g_assert_no_error (error);
  g_signal_connect (f->ws, "opened", G_CALLBACK (on_opened), f);
  g_signal_connect (f->ws, "closed", G_CALLBACK (on_closed), f);
  g_signal_connect (f->ws, "failed", G_CALLBACK (on_failed), f);
  rw_signaller_start (RW_SIGNALLER (f->ws));
}

static void
wait_opened (Fixture *f, guint n, const char *uri)
{
  f->n_wanted = n;
  rw_test_wait (is_opened_or_failed, f);
  g_assert_cmpuint (f->n_failed, ==, 0);
  g_assert_cmpstr (rw_ws_signaller_get_uri (f->ws), ==, uri);
}

static void
test_one_that_refuses_us_is_passed_over (Fixture *f, gconstpointer data)
{
  rw_test_server_refuse (f->first, 401, NULL);
  start (f, -1);
  wait_opened (f, 1, f->uris[1]);
  g_assert_cmpuint (f->n_closed, ==, 1);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNAUTHORIZED);
}

static void
test_all_that_refuse_us_are_final (Fixture *f, gconstpointer data)
{
  rw_test_server_refuse (f->first, 401, NULL);
  rw_test_server_refuse (f->second, 403, NULL);
  start (f, -1);
  rw_test_wait (is_failed, f);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNAUTHORIZED);
  g_assert_cmpuint (f->n_failed, ==, 1);
  g_assert_cmpuint (f->n_closed, ==, 1);
  g_assert_cmpuint (count_attempts (f), ==, 2);
}

/* It was well, and may be again. */
static void
test_one_that_is_away_is_waited_for (Fixture *f, gconstpointer data)
{
  rw_test_server_refuse (f->first, 401, NULL);
  rw_test_server_stop (f->second);
  start (f, -1);
  f->n_wanted = 4;
  rw_test_wait (has_attempted, f);
  g_assert_cmpuint (f->n_failed, ==, 0);
  rw_test_server_listen_again (f->second);
  wait_opened (f, 1, f->uris[1]);
}

/* Looked for now and then, at no cost for the line in use. */
static void
look_for_the_first (Fixture *f, int retries)
{
  guint64 attempts;

  rw_test_server_stop (f->first);
  start (f, retries);
  wait_opened (f, 1, f->uris[1]);
  rw_test_server_refuse (f->first, 401, NULL);
  rw_test_server_listen_again (f->first);
  attempts = count_attempts (f);
  f->n_wanted = (guint) attempts + 2;
  rw_test_wait (has_attempted, f);
  g_assert_cmpuint (f->n_failed, ==, 0);
  g_assert_cmpuint (f->n_opened, ==, 1);
  g_assert_cmpuint (f->n_closed, ==, 1);
  g_assert_cmpuint (rw_test_server_get_n_open (f->second), ==, 1);
  rw_test_server_refuse (f->first, 0, NULL);
  wait_opened (f, 2, f->uris[0]);
}

static void
test_preferred_one_that_refuses_us_costs_nothing (Fixture *f,
                                                  gconstpointer data)
{
  look_for_the_first (f, -1);
}

static void
test_looking_for_a_better_one_is_no_retry (Fixture *f, gconstpointer data)
{
  look_for_the_first (f, 1);
}

static void
test_preferred_one_says_when_to_look (Fixture *f, gconstpointer data)
{
  gint64 from_us;

  rw_test_server_stop (f->first);
  start (f, -1);
  wait_opened (f, 1, f->uris[1]);
  rw_test_server_refuse (f->first, 429, "2");
  rw_test_server_listen_again (f->first);
  while (rw_test_server_get_n_refused (f->first) == 0)
    g_main_context_iteration (NULL, TRUE);
  from_us = g_get_monotonic_time ();
  rw_test_server_refuse (f->first, 0, NULL);
  wait_opened (f, 2, f->uris[0]);
  g_assert_cmpint (g_get_monotonic_time () - from_us, >=, 1900 * MS);
}

#define ADD(name, func)                                                        \
  g_test_add ("/net/failover/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("one-that-refuses-us-is-passed-over",
       test_one_that_refuses_us_is_passed_over);
  ADD ("all-that-refuse-us-are-final", test_all_that_refuse_us_are_final);
  ADD ("one-that-is-away-is-waited-for", test_one_that_is_away_is_waited_for);
  ADD ("preferred-one-that-refuses-us-costs-nothing",
       test_preferred_one_that_refuses_us_costs_nothing);
  ADD ("looking-for-a-better-one-is-no-retry",
       test_looking_for_a_better_one_is_no_retry);
  ADD ("preferred-one-says-when-to-look", test_preferred_one_says_when_to_look);
  return rw_process_run_tests ();
}
