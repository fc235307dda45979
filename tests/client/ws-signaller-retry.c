/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"
#include "rw-failure.h"
#include "test-process.h"

#include <string.h>

/* Which failures a signaller retries, when and where; and how it is stopped. */

static void
test_unreachable_is_reported_and_retried (Fixture *f, gconstpointer data)
{
  g_autofree char *uri = test_server_get_uri (f->server);

  fixture_make_plain_signaller (f);
  test_server_stop (f->server);
  rw_signaller_start (f->signaller);
  fixture_wait_closed (f, 3);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE);
  fixture_assert_contains (f->error->message, uri);
  fixture_assert_contains (f->error->message, "trying again in ");
  g_assert_cmpint (f->delay_us, >, 0);
  g_assert_cmpint (f->delay_us, <=, 100 * MS);
  test_server_listen_again (f->server);
  fixture_wait_opened (f, 1);
}

static void
test_no_host_of_that_name_is_reported (Fixture *f, gconstpointer data)
{
  const char *uris[] = {"ws://nobody.invalid:1?token=hidden", NULL};
  RwWsSignallerConfig config = fixture_quick_config (uris);

  config.backoff.retries = 0;
  fixture_make_signaller (f, &config);
  rw_signaller_start (f->signaller);
  test_wait (fixture_is_failed, f);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE);
  fixture_assert_contains (f->error->message, "ws://nobody.invalid:1");
  g_assert_null (strstr (f->error->message, "hidden"));
}

static void
test_refused_credentials_are_final (Fixture *f, gconstpointer data)
{
  fixture_make_plain_signaller (f);
  test_server_refuse (f->server, 401, NULL);
  rw_signaller_start (f->signaller);
  test_wait (fixture_is_failed, f);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNAUTHORIZED);
  fixture_assert_contains (f->error->message, "auth-token");
  g_assert_cmpuint (f->n_tokens, ==, 1);
}

static gboolean
is_asked_for_token (gpointer data)
{
  return ((Fixture *) data)->n_tokens > 0;
}

static void
test_fresh_token_is_tried (Fixture *f, gconstpointer data)
{
  fixture_make_plain_signaller (f);
  rw_ws_signaller_set_auth_token (f->ws, "stale");
  f->fresh_token = "fresh";
  test_server_refuse (f->server, 401, NULL);
  rw_signaller_start (f->signaller);
  test_wait (is_asked_for_token, f);
  g_assert_cmpstr (test_server_get_authorization (f->server), ==,
                   "Bearer stale");
  test_server_refuse (f->server, 0, NULL);
  fixture_wait_opened (f, 1);
  g_assert_cmpstr (test_server_get_authorization (f->server), ==,
                   "Bearer fresh");
  g_assert_cmpuint (f->n_failed, ==, 0);
}

static void
test_retry_after_is_obeyed (Fixture *f, gconstpointer data)
{
  gint64 start_us;

  fixture_make_plain_signaller (f);
  test_server_refuse (f->server, 429, "1");
  rw_signaller_start (f->signaller);
  fixture_wait_closed (f, 1);
  start_us = g_get_monotonic_time ();
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_RATE_LIMITED);
  g_assert_cmpint (f->delay_us, >=, 1000 * MS);
  test_server_refuse (f->server, 0, NULL);
  rw_signaller_retry_now (f->signaller);
  fixture_wait_opened (f, 1);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 900 * MS);
}

/* Sent on an open connection, just before it is closed for sending too much. */
static void
test_retry_after_on_the_connection_is_obeyed (Fixture *f, gconstpointer data)
{
  gint64 start_us;

  fixture_make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  test_server_send (f->server, "{\"type\":\"error\",\"details\":\"slow "
                               "down\",\"code\":\"rate-limited\","
                               "\"retryAfterMs\":1000}");
  test_server_hang_up (f->server, 1008);
  fixture_wait_closed (f, 1);
  start_us = g_get_monotonic_time ();
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_REFUSED);
  rw_signaller_retry_now (f->signaller);
  fixture_wait_opened (f, 2);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 900 * MS);
}

static void
test_bad_settings_are_reported_at_once (Fixture *f, gconstpointer data)
{
  const char *bad[] = {"",     "localhost:8443", "http://a:1", "ws://",
                       "ws:a", "ws://a:99999",   "\xff"};
  g_autofree char *uri = test_server_get_uri (f->server);
  const char *good_uris[] = {uri, NULL};
  RwWsSignallerConfig config = fixture_quick_config (good_uris);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    const char *uris[] = {uri, bad[i], NULL};
    RwWsSignallerConfig c = fixture_quick_config (uris);
    g_autoptr (GError) e = NULL;

    g_assert_null (rw_ws_signaller_new (f->clock, NULL, NULL, &c, &e));
    g_assert_error (e, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS);
  }
  config.tls_ca_file = "/nonexistent/ca.pem";
  g_assert_null (rw_ws_signaller_new (f->clock, NULL, NULL, &config, &error));
  g_assert_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS);
  fixture_assert_contains (error->message, "/nonexistent/ca.pem");
}

static void
test_clean_stop_is_announced_and_not_retried (Fixture *f, gconstpointer data)
{
  fixture_make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  rw_signaller_end_session (f->signaller, "last words", NULL);
  rw_signaller_stop (f->signaller);
  rw_signaller_stop (f->signaller);
  fixture_wait_closed (f, 1);
  g_assert_null (f->error);
  g_assert_cmpuint (fixture_count_logged (f, "closed for good"), ==, 1);
  g_assert_cmpuint (test_server_count (f->server, "last words"), ==, 1);
  g_assert_cmpuint (test_server_get_close_code (f->server), ==, 1000);
  g_assert_cmpuint (test_server_get_n_open (f->server), ==, 0);
  g_assert_cmpuint (test_server_get_n_accepted (f->server), ==, 1);
  /* It may be started again. */
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 2);
}

static void
test_server_that_hangs_up_is_tried_again (Fixture *f, gconstpointer data)
{
  fixture_make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  test_server_hang_up (f->server, 1001);
  fixture_wait_opened (f, 2);
  g_assert_cmpuint (fixture_count_logged (f, "closed retry"), ==, 1);
}

static void
test_goes_on_to_the_next_server (Fixture *f, gconstpointer data)
{
  g_autoptr (TestServer) gone = test_server_new ();
  g_autofree char *gone_uri = test_server_get_uri (gone);
  g_autofree char *uri = test_server_get_uri (f->server);
  const char *uris[] = {gone_uri, uri, NULL};
  RwWsSignallerConfig config = fixture_quick_config (uris);

  test_server_stop (gone);
  fixture_make_signaller (f, &config);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  g_assert_cmpuint (f->n_closed, ==, 1);
}

static void
test_moves_when_the_server_drains (Fixture *f, gconstpointer data)
{
  fixture_make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  test_server_send (f->server, "{\"type\":\"moved\",\"delayMs\":100}");
  fixture_wait_opened (f, 2);
  g_assert_cmpuint (test_server_get_n_accepted (f->server), ==, 2);
  test_server_send (f->server, "{\"type\":\"moved\",\"delayMs\":100}");
  test_server_hang_up (f->server, 1012);
  fixture_wait_opened (f, 3);
}

/* And the other one does not wait for it. */
static void
test_goes_back_to_the_preferred_server (Fixture *f, gconstpointer data)
{
  g_autoptr (TestServer) preferred = test_server_new ();
  g_autofree char *preferred_uri = test_server_get_uri (preferred);
  g_autofree char *uri = test_server_get_uri (f->server);
  const char *uris[] = {preferred_uri, uri, NULL};
  RwWsSignallerConfig config = fixture_quick_config (uris);

  config.better_delay_us = 1200 * MS;
  test_server_stop (preferred);
  fixture_make_signaller (f, &config);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  g_assert_cmpstr (rw_ws_signaller_get_uri (f->ws), ==, uri);
  test_server_listen_again (preferred);
  fixture_wait_opened (f, 2);
  g_assert_cmpstr (rw_ws_signaller_get_uri (f->ws), ==, preferred_uri);
  g_assert_cmpuint (f->n_closed, ==, 2);
  g_assert_no_error (f->error);
  test_wait (fixture_is_server_empty, f->server);
  g_assert_cmpuint (test_server_get_close_code (f->server), ==, 1000);
}

static void
stop_when_opened (RwSignaller *signaller, const char *peer_id, Fixture *f)
{
  rw_signaller_stop (signaller);
}

static void
test_handler_may_stop (Fixture *f, gconstpointer data)
{
  fixture_make_plain_signaller (f);
  g_signal_connect (f->ws, "opened", G_CALLBACK (stop_when_opened), f);
  rw_signaller_start_session (f->signaller, "p", NULL, NULL);
  rw_signaller_start (f->signaller);
  fixture_wait_logged (f, "closed for good", 1);
  g_assert_cmpuint (f->n_opened, ==, 1);
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/ws-signaller-retry/" name, Fixture, NULL,               \
              fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("moves-when-the-server-drains", test_moves_when_the_server_drains);
  ADD ("goes-back-to-the-preferred-server",
       test_goes_back_to_the_preferred_server);
  ADD ("unreachable-is-reported-and-retried",
       test_unreachable_is_reported_and_retried);
  ADD ("no-host-of-that-name-is-reported",
       test_no_host_of_that_name_is_reported);
  ADD ("refused-credentials-are-final", test_refused_credentials_are_final);
  ADD ("fresh-token-is-tried", test_fresh_token_is_tried);
  ADD ("retry-after-is-obeyed", test_retry_after_is_obeyed);
  ADD ("retry-after-on-the-connection-is-obeyed",
       test_retry_after_on_the_connection_is_obeyed);
  ADD ("bad-settings-are-reported-at-once",
       test_bad_settings_are_reported_at_once);
  ADD ("clean-stop-is-announced-and-not-retried",
       test_clean_stop_is_announced_and_not_retried);
  ADD ("server-that-hangs-up-is-tried-again",
       test_server_that_hangs_up_is_tried_again);
  ADD ("goes-on-to-the-next-server", test_goes_on_to_the_next_server);
  ADD ("handler-may-stop", test_handler_may_stop);
  return test_process_run_tests ();
}
