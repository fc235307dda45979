/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-signaller.h"
#include "test-identity.h"
#include "test-server.h"

#include <string.h>

/* Which servers a client trusts behind wss://, what it reports of those that it
 * does not, and what is no matter of trust. */

#define HERE "IP:127.0.0.1"

typedef struct {
  TestServer *server;
  TestIdentity *identity;
  GSocketService *impostor; /* speaks no TLS */
  const char *says;         /* before it hangs up */
  TestSignaller client;
} Fixture;

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_signaller_stop (&f->client);
  g_clear_object (&f->server);
  g_clear_pointer (&f->identity, test_identity_free);
  if (f->impostor != NULL) {
    g_socket_service_stop (f->impostor);
    g_socket_listener_close (G_SOCKET_LISTENER (f->impostor));
  }
  g_clear_object (&f->impostor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
start (Fixture *f, const char *uri, const char *ca_file, gboolean insecure)
{
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;

  config.tls_ca_file = ca_file;
  config.insecure_tls = insecure;
  config.backoff.delay_us = 20000;
  test_signaller_start (&f->client, &config, uri);
}

/* FALSE if there is nothing to make a certificate with. */
static gboolean
serve (Fixture *f, const char *name, int from_days, int until_days)
{
  f->identity = test_identity_new (name, from_days, until_days);
  if (f->identity != NULL)
    f->server = test_server_new_tls (f->identity->cert, f->identity->key);
  return f->server != NULL;
}

static void
start_trusting (Fixture *f)
{
  g_autofree char *uri = test_server_get_uri (f->server);

  start (f, uri, f->identity->ca, FALSE);
}

static void
start_insecure (Fixture *f)
{
  g_autofree char *uri = test_server_get_uri (f->server);

  g_test_expect_message ("rw-client", G_LOG_LEVEL_WARNING, "*insecure-tls*");
  start (f, uri, NULL, TRUE);
  g_test_assert_expected_messages ();
}

/* Told once, and not tried again. */
static void
assert_refused (Fixture *f, const char *says, const char *does_not_say)
{
  test_signaller_expect_failed (&f->client, RW_FAILURE_TLS, says);
  if (does_not_say != NULL)
    g_assert_null (strstr (f->client.error->message, does_not_say));
}

static char *
format_day (int days)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) date = g_date_time_add_days (now, days);

  return g_date_time_format (date, "%Y-%m-%d");
}

static void
test_known_authority_is_trusted (Fixture *f, gconstpointer data)
{
  if (!serve (f, HERE, -1, 1))
    return;
  start_trusting (f);
  test_signaller_wait_opened (&f->client, 1);
}

static void
test_unknown_authority_is_rejected (Fixture *f, gconstpointer data)
{
  g_autofree char *uri = NULL;

  if (!serve (f, HERE, -1, 1))
    return;
  uri = test_server_get_uri (f->server);
  start (f, uri, NULL, FALSE);
  assert_refused (f, "tls-ca-file", NULL);
}

static void
test_another_host_is_refused (Fixture *f, gconstpointer data)
{
  if (!serve (f, "IP:127.0.0.2", -1, 1))
    return;
  start_trusting (f);
  assert_refused (f, "another host", "tls-ca-file");
}

static void
test_expired_is_refused (Fixture *f, gconstpointer data)
{
  g_autofree char *day = format_day (-3);

  if (!serve (f, HERE, -9, -3))
    return;
  start_trusting (f);
  assert_refused (f, "expired", "tls-ca-file");
  g_assert_nonnull (strstr (f->client.error->message, day));
}

static void
test_not_valid_yet_is_refused (Fixture *f, gconstpointer data)
{
  g_autofree char *day = format_day (3);

  if (!serve (f, HERE, 3, 9))
    return;
  start_trusting (f);
  assert_refused (f, "not valid before", "tls-ca-file");
  g_assert_nonnull (strstr (f->client.error->message, day));
}

/* All that is wrong is reported at once, not one after the other. */
static void
test_all_that_is_wrong_is_reported (Fixture *f, gconstpointer data)
{
  if (!serve (f, "IP:127.0.0.2", -9, -3))
    return;
  start_trusting (f);
  assert_refused (f, "expired", "tls-ca-file");
  g_assert_nonnull (strstr (f->client.error->message, "another host"));
}

static void
check_insecure (Fixture *f, const char *name, int from_days, int until_days)
{
  if (!serve (f, name, from_days, until_days))
    return;
  start_insecure (f);
  test_signaller_wait_opened (&f->client, 1);
  g_assert_cmpuint (f->client.n_closed, ==, 0);
}

static void
test_insecure_trusts_another_host (Fixture *f, gconstpointer data)
{
  check_insecure (f, "IP:127.0.0.2", -1, 1);
}

static void
test_insecure_trusts_the_expired (Fixture *f, gconstpointer data)
{
  check_insecure (f, HERE, -9, -3);
}

static void
test_insecure_trusts_the_not_yet_valid (Fixture *f, gconstpointer data)
{
  check_insecure (f, HERE, 3, 9);
}

/* ---- no matter of trust ---- */

static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection,
             GObject *source, Fixture *f)
{
  g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (connection)), f->says,
      strlen (f->says), NULL, NULL, NULL);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  return TRUE;
}

static void
start_with_impostor (Fixture *f, const char *says)
{
  g_autofree char *uri = NULL;
  guint port;

  f->says = says;
  f->impostor = g_socket_service_new ();
  g_signal_connect (f->impostor, "incoming", G_CALLBACK (on_incoming), f);
  port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (f->impostor),
                                              NULL, NULL);
  g_assert_cmpuint (port, >, 0);
  uri = g_strdup_printf ("wss://127.0.0.1:%u", port);
  start (f, uri, NULL, FALSE);
}

/* As a server does that is being restarted: it will be well again. */
static void
test_server_that_closes_in_the_handshake_is_tried_again (Fixture *f,
                                                         gconstpointer data)
{
  start_with_impostor (f, "");
  test_signaller_expect_retried (&f->client, RW_FAILURE_UNREACHABLE, NULL);
  g_assert_null (strstr (f->client.error->message, "tls-ca-file"));
}

static void
test_server_without_tls_is_tried_again (Fixture *f, gconstpointer data)
{
  start_with_impostor (f, "HTTP/1.1 400 Bad Request\r\n\r\n");
  test_signaller_wait_closed (&f->client, 2);
  g_assert_cmpuint (f->client.n_failed, ==, 0);
  g_assert_cmpuint (f->client.n_closed, ==, 2);
  g_assert_true (f->client.error->domain == RW_FAILURE_ERROR);
  g_assert_null (strstr (f->client.error->message, "tls-ca-file"));
}

/* As this project's server does without TLS: it takes the first bytes of the
 * handshake for the beginning of a request, and waits for the rest. */
static void
test_plain_server_that_waits_is_named_soon (Fixture *f, gconstpointer data)
{
  g_autoptr (GTimer) timer = NULL;
  g_autofree char *uri = NULL;

  f->server = test_server_new ();
  uri =
      g_strdup_printf ("wss://127.0.0.1:%u", test_server_get_port (f->server));
  start (f, uri, NULL, FALSE);
  timer = g_timer_new ();
  test_signaller_wait_closed (&f->client, 1);
  g_assert_cmpfloat (g_timer_elapsed (timer, NULL), <, 8);
  g_assert_error (f->client.error, RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT);
  g_assert_nonnull (strstr (f->client.error->message, "TLS handshake"));
  g_assert_nonnull (strstr (f->client.error->message, "ws://"));
  /* It may be slow: the attempt goes on, and is reported again later. */
  g_assert_cmpuint (test_signaller_count_attempts (&f->client), ==, 1);
  g_assert_cmpuint (f->client.n_failed, ==, 0);
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/trust/" name, Fixture, NULL, NULL, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("known-authority-is-trusted", test_known_authority_is_trusted);
  ADD ("unknown-authority-is-rejected", test_unknown_authority_is_rejected);
  ADD ("another-host-is-refused", test_another_host_is_refused);
  ADD ("expired-is-refused", test_expired_is_refused);
  ADD ("not-valid-yet-is-refused", test_not_valid_yet_is_refused);
  ADD ("all-that-is-wrong-is-reported", test_all_that_is_wrong_is_reported);
  ADD ("insecure-trusts-another-host", test_insecure_trusts_another_host);
  ADD ("insecure-trusts-the-expired", test_insecure_trusts_the_expired);
  ADD ("insecure-trusts-the-not-yet-valid",
       test_insecure_trusts_the_not_yet_valid);
  ADD ("server-that-closes-in-the-handshake-is-tried-again",
       test_server_that_closes_in_the_handshake_is_tried_again);
  ADD ("server-without-tls-is-tried-again",
       test_server_without_tls_is_tried_again);
  ADD ("plain-server-that-waits-is-named-soon",
       test_plain_server_that_waits_is_named_soon);
  return test_process_run_tests ();
}
