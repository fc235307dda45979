/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-signaller.h"
#include "test-identity.h"
#include "test-proxy.h"
#include "test-resolver.h"
#include "test-server.h"

#include <string.h>

/* The connection goes through the HTTP proxy that GIO names. */

typedef struct {
  TestServer *server;
  TestProxy *proxy;
  TestSignaller client;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *uri = NULL;

  f->proxy = test_proxy_new ();
  uri = test_proxy_dup_uri (f->proxy);
  test_resolver_set (uri, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_signaller_stop (&f->client);
  g_clear_object (&f->server);
  test_proxy_free (f->proxy);
  test_resolver_set (NULL, NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
start_at (Fixture *f, const char *uri, const char *ca_file,
          gboolean insecure_tls)
{
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;

  config.tls_ca_file = ca_file;
  config.insecure_tls = insecure_tls;
  config.backoff.delay_us = 20000;
  test_signaller_start (&f->client, &config, uri);
}

static void
start (Fixture *f, gboolean insecure_tls)
{
  g_autofree char *uri = test_server_get_uri (f->server);

  start_at (f, uri, NULL, insecure_tls);
}

/* How often the proxy was asked for the server. */
static guint
count_asked (Fixture *f)
{
  g_autofree char *asked = test_proxy_dup_asked (f->proxy);
  g_autofree char *wanted = g_strdup_printf ("CONNECT 127.0.0.1:%u ",
                                             test_server_get_port (f->server));
  guint n = 0;

  for (const char *p = asked; (p = strstr (p, wanted)) != NULL; p++)
    n++;
  g_test_message ("%s", asked);
  return n;
}

static void
test_plain_connection_goes_through_the_proxy (Fixture *f, gconstpointer data)
{
  f->server = test_server_new ();
  start (f, FALSE);
  test_signaller_wait_opened (&f->client, 1);
  g_assert_cmpuint (count_asked (f), ==, 1);
}

/* FALSE if there is nothing to make a certificate with. */
static gboolean
make_secure_server (Fixture *f)
{
  g_autoptr (TestIdentity) id = test_identity_new ("DNS:test", -1, 1);

  if (id != NULL)
    f->server = test_server_new_tls (id->cert, id->key);
  return f->server != NULL;
}

static void
start_secure (Fixture *f)
{
  g_test_expect_message ("rw-client", G_LOG_LEVEL_WARNING, "*insecure-tls*");
  start (f, TRUE);
  g_test_assert_expected_messages ();
}

static void
test_secure_connection_goes_through_the_proxy (Fixture *f, gconstpointer data)
{
  if (!make_secure_server (f))
    return;
  start_secure (f);
  test_signaller_wait_opened (&f->client, 1);
  g_assert_cmpuint (count_asked (f), ==, 1);
}

/* The certificate has to be the server's, not the proxy's. */
static void
test_secure_connection_trusts_the_server_alone (Fixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) id = test_identity_new ("DNS:localhost", -1, 1);
  g_autofree char *uri = NULL;

  if (id == NULL)
    return;
  f->server = test_server_new_tls (id->cert, id->key);
  uri =
      g_strdup_printf ("wss://localhost:%u", test_server_get_port (f->server));
  start_at (f, uri, id->ca, FALSE);
  test_signaller_wait_opened (&f->client, 1);
  g_free (uri);
  uri = test_server_get_uri (f->server);
  start_at (f, uri, id->ca, FALSE);
  test_signaller_expect_failed (&f->client, RW_FAILURE_TLS, NULL);
}

static void
test_hosts_without_a_proxy_are_reached_directly (Fixture *f, gconstpointer data)
{
  const char *ignored[] = {"127.0.0.0/8", NULL};
  g_autofree char *uri = test_proxy_dup_uri (f->proxy);

  f->server = test_server_new ();
  test_resolver_set (uri, ignored);
  start (f, FALSE);
  test_signaller_wait_opened (&f->client, 1);
  g_assert_cmpuint (count_asked (f), ==, 0);
}

/* Our own token would be of no use there. */
static void
test_proxy_that_requires_credentials_is_reported_once (Fixture *f,
                                                       gconstpointer data)
{
  test_proxy_refuse (f->proxy, "HTTP/1.1 407 Proxy Authentication Required\r\n"
                               "Proxy-Authenticate: Basic realm=\"test\"");
  f->server = test_server_new ();
  start (f, FALSE);
  test_signaller_expect_failed (&f->client, RW_FAILURE_SETTINGS, "proxy");
}

/* It may be well again. */
static void
test_proxy_that_refuses_is_asked_again (Fixture *f, gconstpointer data)
{
  test_proxy_refuse (f->proxy, "HTTP/1.1 502 Bad Gateway");
  f->server = test_server_new ();
  start (f, FALSE);
  test_signaller_expect_retried (&f->client, RW_FAILURE_UNREACHABLE, "502");
}

static void
test_proxy_that_is_not_there_is_reported (Fixture *f, gconstpointer data)
{
  f->server = test_server_new ();
  /* Nobody listens at that port. */
  test_resolver_set ("http://127.0.0.1:1", NULL);
  start (f, FALSE);
  test_signaller_expect_retried (&f->client, RW_FAILURE_UNREACHABLE, NULL);
}

static void
test_secure_connection_requires_credentials_at_the_proxy (Fixture *f,
                                                          gconstpointer data)
{
  test_proxy_refuse (f->proxy, "HTTP/1.1 407 Proxy Authentication Required\r\n"
                               "Proxy-Authenticate: Basic realm=\"test\"");
  if (!make_secure_server (f))
    return;
  start_secure (f);
  test_signaller_expect_failed (&f->client, RW_FAILURE_SETTINGS, "proxy");
}

/* It is not the server that does not want us: our token is not to blame. */
static void
test_secure_connection_is_forbidden_by_the_proxy (Fixture *f,
                                                  gconstpointer data)
{
  test_proxy_refuse (f->proxy, "HTTP/1.1 403 Forbidden");
  if (!make_secure_server (f))
    return;
  start_secure (f);
  test_signaller_expect_retried (&f->client, RW_FAILURE_UNREACHABLE, "proxy");
}

static void
test_proxy_that_does_not_answer_is_reported (Fixture *f, gconstpointer data)
{
  test_proxy_refuse (f->proxy, "");
  f->server = test_server_new ();
  start (f, FALSE);
  test_signaller_wait_closed (&f->client, 1);
  g_assert_cmpuint (f->client.n_failed, ==, 0);
  g_assert_error (f->client.error, RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT);
  g_assert_nonnull (strstr (f->client.error->message, "proxy"));
}

/* ---- credentials in the proxy's URI ---- */

/* As they are, and as they are in a URI. */
#define USER            "us@er"
#define PASSWORD        "hid:den/word"
#define ESCAPED         "us%40er:hid%3Aden%2Fword"
#define PART_OF_ESCAPED "den%2Fword"

/* All that was logged, on any level. */
static GString *logged;
static GMutex logged_lock;

static void
on_log (const char *domain, GLogLevelFlags level, const char *text,
        gpointer data)
{
  GLogFunc next = (GLogFunc) data;

  g_mutex_lock (&logged_lock);
  g_string_append (logged, text);
  g_string_append_c (logged, '\n');
  g_mutex_unlock (&logged_lock);
  next (domain, level, text, NULL);
}

static void
assert_no_secret (const char *text)
{
  g_autofree char *encoded = g_base64_encode (
      (const guchar *) USER ":" PASSWORD, strlen (USER ":" PASSWORD));

  g_assert_null (strstr (text, PASSWORD));
  g_assert_null (strstr (text, PART_OF_ESCAPED));
  g_assert_null (strstr (text, encoded));
}

static void
give_credentials (Fixture *f, const char *password)
{
  g_autofree char *uri = test_proxy_dup_uri (f->proxy);
  g_autofree char *named =
      g_strconcat ("http://" ESCAPED "@", strstr (uri, "//") + 2, NULL);

  test_proxy_want (f->proxy, USER, password);
  test_resolver_set (named, NULL);
}

static void
watch_log (void)
{
  GLogFunc before;

  logged = g_string_new (NULL);
  before = g_log_set_default_handler (g_log_default_handler, NULL);
  g_log_set_default_handler (on_log, (gpointer) before);
}

static void
assert_log_is_clean (Fixture *f)
{
  g_mutex_lock (&logged_lock);
  g_assert_cmpuint (logged->len, >, 0);
  assert_no_secret (logged->str);
  g_mutex_unlock (&logged_lock);
  if (f->client.error != NULL)
    assert_no_secret (f->client.error->message);
}

static void
test_plain_connection_gives_credentials (Fixture *f, gconstpointer data)
{
  give_credentials (f, PASSWORD);
  f->server = test_server_new ();
  start (f, FALSE);
  test_signaller_wait_opened (&f->client, 1);
  g_assert_cmpuint (f->client.n_closed, ==, 0);
  assert_log_is_clean (f);
}

static void
test_secure_connection_gives_credentials (Fixture *f, gconstpointer data)
{
  give_credentials (f, PASSWORD);
  if (!make_secure_server (f))
    return;
  start_secure (f);
  test_signaller_wait_opened (&f->client, 1);
  g_assert_cmpuint (f->client.n_closed, ==, 0);
  assert_log_is_clean (f);
}

static void
check_wrong_credentials (Fixture *f)
{
  test_signaller_expect_failed (&f->client, RW_FAILURE_SETTINGS, "proxy");
  assert_log_is_clean (f);
}

static void
test_plain_connection_gives_wrong_credentials (Fixture *f, gconstpointer data)
{
  give_credentials (f, "another");
  f->server = test_server_new ();
  start (f, FALSE);
  check_wrong_credentials (f);
}

static void
test_secure_connection_gives_wrong_credentials (Fixture *f, gconstpointer data)
{
  give_credentials (f, "another");
  if (!make_secure_server (f))
    return;
  start_secure (f);
  check_wrong_credentials (f);
}

/* The password is in what cannot be reached, too. */
static void
test_proxy_with_credentials_is_not_there (Fixture *f, gconstpointer data)
{
  f->server = test_server_new ();
  test_resolver_set ("http://" ESCAPED "@127.0.0.1:1", NULL);
  start (f, FALSE);
  test_signaller_wait_closed (&f->client, 2);
  assert_log_is_clean (f);
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/proxy/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  watch_log ();
  test_resolver_install ();
  ADD ("plain-connection-goes-through-the-proxy",
       test_plain_connection_goes_through_the_proxy);
  ADD ("secure-connection-goes-through-the-proxy",
       test_secure_connection_goes_through_the_proxy);
  ADD ("secure-connection-trusts-the-server-alone",
       test_secure_connection_trusts_the_server_alone);
  ADD ("proxy-that-requires-credentials-is-reported-once",
       test_proxy_that_requires_credentials_is_reported_once);
  ADD ("proxy-that-refuses-is-asked-again",
       test_proxy_that_refuses_is_asked_again);
  ADD ("proxy-that-is-not-there-is-reported",
       test_proxy_that_is_not_there_is_reported);
  ADD ("proxy-that-does-not-answer-is-reported",
       test_proxy_that_does_not_answer_is_reported);
  ADD ("secure-connection-requires-credentials-at-the-proxy",
       test_secure_connection_requires_credentials_at_the_proxy);
  ADD ("secure-connection-is-forbidden-by-the-proxy",
       test_secure_connection_is_forbidden_by_the_proxy);
  ADD ("hosts-without-a-proxy-are-reached-directly",
       test_hosts_without_a_proxy_are_reached_directly);
  ADD ("plain-connection-gives-credentials",
       test_plain_connection_gives_credentials);
  ADD ("secure-connection-gives-credentials",
       test_secure_connection_gives_credentials);
  ADD ("plain-connection-gives-wrong-credentials",
       test_plain_connection_gives_wrong_credentials);
  ADD ("secure-connection-gives-wrong-credentials",
       test_secure_connection_gives_wrong_credentials);
  ADD ("proxy-with-credentials-is-not-there",
       test_proxy_with_credentials_is_not_there);
  return test_process_run_tests ();
}
