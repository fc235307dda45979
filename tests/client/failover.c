/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-signaller.h"
#include "test-server.h"

/* Two servers, one of which wants nothing to do with us: what is final at one
 * is so at both only if both say so. */

#define MS G_GINT64_CONSTANT (1000)

typedef struct {
  TestServer *first;
  TestServer *second;
  char *uris[3];
  TestSignaller client;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->first = test_server_new ();
  f->second = test_server_new ();
  f->uris[0] = test_server_get_uri (f->first);
  f->uris[1] = test_server_get_uri (f->second);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_signaller_stop (&f->client);
  g_object_unref (f->first);
  g_object_unref (f->second);
  g_free (f->uris[0]);
  g_free (f->uris[1]);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
start (Fixture *f, int retries)
{
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;

  config.uris = (const char *const *) f->uris;
  config.backoff.delay_us = 20 * MS;
  config.backoff.delay_max_us = 100 * MS;
  config.backoff.retries = retries;
  config.better_delay_us = 100 * MS;
  test_signaller_start (&f->client, &config, NULL);
}

static void
wait_opened (Fixture *f, guint n, const char *uri)
{
  test_signaller_wait_opened (&f->client, n);
  g_assert_cmpstr (rw_ws_signaller_get_uri (f->client.ws), ==, uri);
}

static void
test_one_that_refuses_us_is_passed_over (Fixture *f, gconstpointer data)
{
  test_server_refuse (f->first, 401, NULL);
  start (f, -1);
  wait_opened (f, 1, f->uris[1]);
  g_assert_cmpuint (f->client.n_closed, ==, 1);
  g_assert_error (f->client.error, RW_FAILURE_ERROR, RW_FAILURE_UNAUTHORIZED);
}

static void
test_all_that_refuse_us_are_final (Fixture *f, gconstpointer data)
{
  test_server_refuse (f->first, 401, NULL);
  test_server_refuse (f->second, 403, NULL);
  start (f, -1);
  test_signaller_wait_closed (&f->client, 2);
  g_assert_error (f->client.error, RW_FAILURE_ERROR, RW_FAILURE_UNAUTHORIZED);
  g_assert_cmpuint (f->client.n_failed, ==, 1);
  g_assert_cmpuint (f->client.n_closed, ==, 1);
  g_assert_cmpuint (test_signaller_count_attempts (&f->client), ==, 2);
}

/* It was well, and may be again. */
static void
test_one_that_is_away_is_waited_for (Fixture *f, gconstpointer data)
{
  test_server_refuse (f->first, 401, NULL);
  test_server_stop (f->second);
  start (f, -1);
  test_signaller_wait_attempts (&f->client, 4);
  g_assert_cmpuint (f->client.n_failed, ==, 0);
  test_server_listen_again (f->second);
  wait_opened (f, 1, f->uris[1]);
}

/* Looked for now and then, at no cost for the connection in use. */
static void
look_for_the_first (Fixture *f, int retries)
{
  guint64 attempts;

  test_server_stop (f->first);
  start (f, retries);
  wait_opened (f, 1, f->uris[1]);
  test_server_refuse (f->first, 401, NULL);
  test_server_listen_again (f->first);
  attempts = test_signaller_count_attempts (&f->client);
  test_signaller_wait_attempts (&f->client, attempts + 2);
  g_assert_cmpuint (f->client.n_failed, ==, 0);
  g_assert_cmpuint (f->client.n_opened, ==, 1);
  g_assert_cmpuint (f->client.n_closed, ==, 1);
  g_assert_cmpuint (test_server_get_n_open (f->second), ==, 1);
  test_server_refuse (f->first, 0, NULL);
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
test_preferred_server_decides_when_to_look (Fixture *f, gconstpointer data)
{
  gint64 from_us;

  test_server_stop (f->first);
  start (f, -1);
  wait_opened (f, 1, f->uris[1]);
  test_server_refuse (f->first, 429, "2");
  test_server_listen_again (f->first);
  while (test_server_get_n_refused (f->first) == 0)
    g_main_context_iteration (NULL, TRUE);
  from_us = g_get_monotonic_time ();
  test_server_refuse (f->first, 0, NULL);
  wait_opened (f, 2, f->uris[0]);
  g_assert_cmpint (g_get_monotonic_time () - from_us, >=, 1900 * MS);
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/failover/" name, Fixture, NULL, set_up, func, tear_down)

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
  ADD ("preferred-server-decides-when-to-look",
       test_preferred_server_decides_when_to_look);
  return test_process_run_tests ();
}
