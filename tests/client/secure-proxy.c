/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-signaller.h"
#include "test-identity.h"
#include "test-proxy.h"
#include "test-resolver.h"
#include "test-server.h"

#include <string.h>

/* A proxy that is itself spoken to over TLS, https://HOST:PORT. */

#define HERE "IP:127.0.0.1"

typedef struct {
  TestIdentity *identity; /* of the proxy */
  TestServer *server;
  TestProxy *proxy;
  TestSignaller client;
} Fixture;

/* Which authorities GIO trusts where nothing else is set: @ca alone, or, if
 * NULL, the system's authorities. */
static void
trust (const char *ca)
{
  g_autoptr (GTlsDatabase) database =
      ca != NULL ? g_tls_file_database_new (ca, NULL) : NULL;

  g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->proxy = test_proxy_new ();
  f->identity = test_identity_new (HERE, -1, 1);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_signaller_stop (&f->client);
  g_clear_object (&f->server);
  test_proxy_free (f->proxy);
  g_clear_pointer (&f->identity, test_identity_free);
  test_resolver_set (NULL, NULL);
  trust (NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* The proxy is at https://, whether it speaks TLS or not. @user_info ends with
 * "@", or is empty. */
static void
name_proxy (Fixture *f, const char *user_info)
{
  g_autofree char *uri = test_proxy_dup_uri (f->proxy);
  g_autofree char *named =
      g_strconcat ("https://", user_info, strstr (uri, "//") + 2, NULL);

  test_resolver_set (named, NULL);
}

/* FALSE if there is nothing to make a certificate with. */
static gboolean
secure_proxy (Fixture *f, const char *user_info)
{
  if (f->identity == NULL)
    return FALSE;
  test_proxy_secure (f->proxy, f->identity->cert, f->identity->key);
  name_proxy (f, user_info);
  return TRUE;
}

static gboolean
secure_trusted_proxy (Fixture *f, const char *user_info)
{
  if (!secure_proxy (f, user_info))
    return FALSE;
  trust (f->identity->ca);
  return TRUE;
}

static void
start (Fixture *f, TestServer *server, const char *ca_file)
{
  g_autofree char *uri = test_server_get_uri (server);
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;

  f->server = server;
  config.tls_ca_file = ca_file;
  config.backoff.delay_us = 20000;
  test_signaller_start (&f->client, &config, uri);
}

static void
assert_opened_through_it (Fixture *f)
{
  g_autofree char *asked = NULL;
  g_autofree char *wanted = g_strdup_printf ("CONNECT 127.0.0.1:%u ",
                                             test_server_get_port (f->server));

  test_signaller_wait_opened (&f->client, 1);
  asked = test_proxy_dup_asked (f->proxy);
  g_assert_true (g_str_has_prefix (asked, wanted));
}

static void
test_plain_connection_goes_through_it (Fixture *f, gconstpointer data)
{
  if (!secure_trusted_proxy (f, ""))
    return;
  start (f, test_server_new (), NULL);
  assert_opened_through_it (f);
}

/* TLS within TLS; neither trusts whom the other does. */
static void
test_secure_connection_goes_through_it (Fixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) id = test_identity_new (HERE, -1, 1);

  if (!secure_trusted_proxy (f, ""))
    return;
  start (f, test_server_new_tls (id->cert, id->key), id->ca);
  assert_opened_through_it (f);
}

static void
test_server_behind_it_is_refused (Fixture *f, gconstpointer data)
{
  g_autoptr (TestIdentity) id = test_identity_new (HERE, -1, 1);

  if (!secure_trusted_proxy (f, ""))
    return;
  start (f, test_server_new_tls (f->identity->cert, f->identity->key), id->ca);
  test_signaller_expect_failed (&f->client, RW_FAILURE_TLS, "tls-ca-file");
  g_assert_null (strstr (f->client.error->message, "proxy"));
}

static void
test_unknown_authority_is_rejected (Fixture *f, gconstpointer data)
{
  if (!secure_proxy (f, ""))
    return;
  start (f, test_server_new (), f->identity->ca);
  test_signaller_expect_failed (&f->client, RW_FAILURE_TLS,
                                "Cannot trust the HTTP proxy");
}

static void
test_server_without_tls_is_reported (Fixture *f, gconstpointer data)
{
  name_proxy (f, "");
  start (f, test_server_new (), NULL);
  test_signaller_expect_retried (&f->client, RW_FAILURE_UNREACHABLE,
                                 "http://HOST:PORT");
}

static void
test_credentials_are_given (Fixture *f, gconstpointer data)
{
  test_proxy_want (f->proxy, "ann", "secret");
  if (!secure_trusted_proxy (f, "ann:secret@"))
    return;
  start (f, test_server_new (), NULL);
  assert_opened_through_it (f);
}

static void
test_wrong_credentials_are_reported (Fixture *f, gconstpointer data)
{
  test_proxy_want (f->proxy, "ann", "secret");
  if (!secure_trusted_proxy (f, "ann:another@"))
    return;
  start (f, test_server_new (), NULL);
  test_signaller_expect_failed (&f->client, RW_FAILURE_SETTINGS, "proxy");
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/secure-proxy/" name, Fixture, NULL, set_up, func,       \
              tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  test_resolver_install ();
  ADD ("plain-connection-goes-through-it",
       test_plain_connection_goes_through_it);
  ADD ("secure-connection-goes-through-it",
       test_secure_connection_goes_through_it);
  ADD ("server-behind-it-is-refused", test_server_behind_it_is_refused);
  ADD ("unknown-authority-is-rejected", test_unknown_authority_is_rejected);
  ADD ("server-without-tls-is-reported", test_server_without_tls_is_reported);
  ADD ("credentials-are-given", test_credentials_are_given);
  ADD ("wrong-credentials-are-reported", test_wrong_credentials_are_reported);
  return test_process_run_tests ();
}
