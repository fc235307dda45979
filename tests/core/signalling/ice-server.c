/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ice-server.h"

static GPtrArray *
make (const char *const *urls, const char *username, const char *credential)
{
  GPtrArray *servers = rw_ice_servers_new ();
  RwIceServer *server = g_new0 (RwIceServer, 1);

  server->urls = g_strdupv ((char **) urls);
  server->username = g_strdup (username);
  server->credential = g_strdup (credential);
  g_ptr_array_add (servers, server);
  return servers;
}

/* The one TURN address that webrtcbin would be given, or NULL. */
static char *
turn_uri_of (const char *url)
{
  const char *urls[] = {url, NULL};
  g_autoptr (GPtrArray) servers = make (urls, "4600:ann", "a+b/c=");
  g_auto (GStrv) uris = rw_ice_servers_dup_turn_uris (servers);

  return g_strdup (uris[0]);
}

static void
expect_turn (const char *url, const char *uri)
{
  g_autofree char *got = turn_uri_of (url);

  g_assert_cmpstr (got, ==, uri);
}

#define USER "4600%3Aann:a%2Bb%2Fc%3D@"

static void
test_turn_is_what_webrtcbin_takes (void)
{
  expect_turn ("turn:turn.example.org", "turn://" USER "turn.example.org:3478");
  expect_turn ("turn:10.0.0.1:5000?transport=udp",
               "turn://" USER "10.0.0.1:5000?transport=udp");
  expect_turn ("TURN:h:443?transport=TCP",
               "turn://" USER "h:443?transport=tcp");
  expect_turn ("turn:[2001:db8::1]:3478", "turn://" USER "[2001:db8::1]:3478");
}

static void
test_what_cannot_be_used_is_left_out (void)
{
  static const char *const unfit[] = {
      "",        "turn:",         "turn:h:0",       "turn:h:65536",
      "turn:h:", "turn:u@h",      "turn://h",       "turn:h?transport=sctp",
      "http:h",  "turn:h/x",      "turn:[::1",      "turn:[]:1",
      "stun:h",  "turn:h?a=b",    "turn:h h",       "turn:h:1x",
      "turn",    "turn:h\n:3478", "turn:[::1]3478",
  };

  for (guint i = 0; i < G_N_ELEMENTS (unfit); i++)
    expect_turn (unfit[i], NULL);
}

/* libnice speaks no TLS to relays: what the user takes to be protected would
 * go out in the clear. */
static void
test_turn_over_tls_is_left_out (void)
{
  const char *urls[] = {"turn:t", "turns:h", NULL};
  g_autoptr (GPtrArray) servers = make (urls, "u", "p");
  g_auto (GStrv) uris = rw_ice_servers_dup_turn_uris (servers);

  g_assert_cmpuint (g_strv_length (uris), ==, 1);
  g_assert_cmpstr (rw_ice_servers_find_tls_url (servers), ==, "turns:h");
}

static void
test_turn_without_credentials_is_left_out (void)
{
  const char *urls[] = {"turn:h", NULL};
  g_autoptr (GPtrArray) servers = make (urls, "u", NULL);
  g_auto (GStrv) uris = rw_ice_servers_dup_turn_uris (servers);

  g_assert_null (uris[0]);
}

static void
test_first_stun_server_counts (void)
{
  const char *urls[] = {"turn:t", "stun:u@x", "stun:a", "stun:b:19302", NULL};
  g_autoptr (GPtrArray) servers = make (urls, NULL, NULL);
  g_autofree char *uri = rw_ice_servers_dup_stun_uri (servers);

  g_assert_cmpstr (uri, ==, "stun://a:3478");
  g_assert_null (rw_ice_servers_dup_stun_uri (NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ice-server/turn-is-what-webrtcbin-takes",
                   test_turn_is_what_webrtcbin_takes);
  g_test_add_func ("/ice-server/what-cannot-be-used-is-left-out",
                   test_what_cannot_be_used_is_left_out);
  g_test_add_func ("/ice-server/turn-over-tls-is-left-out",
                   test_turn_over_tls_is_left_out);
  g_test_add_func ("/ice-server/turn-without-credentials-is-left-out",
                   test_turn_without_credentials_is_left_out);
  g_test_add_func ("/ice-server/first-stun-server-counts",
                   test_first_stun_server_counts);
  return g_test_run ();
}
