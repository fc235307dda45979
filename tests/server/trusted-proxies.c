/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-trusted-proxies.h"

/* Whom a chain of proxies forwards. */

static const struct {
  const char *peer;
  const char *forwarded_for;
  const char *client;
} chains[] = {
    /* Nobody forwards, or nobody who may. */
    {"198.51.100.7", NULL, "198.51.100.7"},
    {"198.51.100.7", "203.0.113.1", "198.51.100.7"},
    {"10.1.2.3", NULL, "10.1.2.3"},
    {"10.1.2.3", "", "10.1.2.3"},
    /* One proxy, or two. */
    {"10.1.2.3", "203.0.113.1", "203.0.113.1"},
    {"10.1.2.3", "203.0.113.1, 10.9.9.9", "203.0.113.1"},
    {"::1", "2001:db8::5", "2001:db8::5"},
    {"::ffff:10.1.2.3", "203.0.113.1", "203.0.113.1"},
    /* The addresses that the client itself wrote do not count. */
    {"10.1.2.3", "192.0.2.66, 203.0.113.1", "203.0.113.1"},
    {"10.1.2.3", "10.0.0.66, 203.0.113.1", "203.0.113.1"},
    /* With ports. */
    {"10.1.2.3", "203.0.113.1:4711", "203.0.113.1"},
    {"10.1.2.3", "[2001:db8::5]:4711", "2001:db8::5"},
    /* A client that has gone before it was looked at. */
    {NULL, NULL, "unknown"},
    {NULL, "203.0.113.1", "unknown"},
    /* Nonsense ends the chain. */
    {"10.1.2.3", "unknown", "10.1.2.3"},
    {"10.1.2.3", "203.0.113.1, , 10.4.4.4", "10.4.4.4"},
    {"10.1.2.3", "10.7.7.7", "10.7.7.7"},
};

static void
test_the_client_is_found (void)
{
  static const char *const masks[] = {"10.0.0.0/8", "::1", NULL};
  g_autoptr (GError) error = NULL;
  g_autoptr (RwTrustedProxies) proxies =
      rw_trusted_proxies_new ((char *const *) masks, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (chains); i++) {
    g_autofree char *client = rw_trusted_proxies_find_client (
        proxies, chains[i].peer, chains[i].forwarded_for);

    g_test_message ("%s: %s", chains[i].peer, chains[i].forwarded_for);
    g_assert_cmpstr (client, ==, chains[i].client);
  }
}

static void
test_nobody_is_trusted_by_default (void)
{
  g_autoptr (RwTrustedProxies) proxies = rw_trusted_proxies_new (NULL, NULL);
  g_autofree char *client =
      rw_trusted_proxies_find_client (proxies, "127.0.0.1", "203.0.113.1");

  g_assert_cmpstr (client, ==, "127.0.0.1");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/trusted-proxies/the-client-is-found",
                   test_the_client_is_found);
  g_test_add_func ("/trusted-proxies/nobody-is-trusted-by-default",
                   test_nobody_is_trusted_by_default);

  return g_test_run ();
}
