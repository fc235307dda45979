/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server.h"
#include "rw-turn.h"
#include "test-coturn.h"
#include "test-host.h"
#include "test-peer.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define SECRET TEST_COTURN_SECRET

static char *uris[] = {(char *) "turn:turn.example.org:3478", NULL};

static char *
write_secret (const char *secret)
{
  char *path = NULL;
  int fd = g_file_open_tmp ("rw-turn-XXXXXX", &path, NULL);

  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, secret, -1, NULL));
  return path;
}

static RwTurn *
new_turn (void)
{
  g_autofree char *path = write_secret (SECRET "\n");
  g_autoptr (GError) error = NULL;
  RwTurn *turn = rw_turn_new (uris, path, 3600, &error);

  g_assert_no_error (error);
  g_unlink (path);
  return turn;
}

/* The password was computed with: printf '%s' 4600:ann | openssl dgst -sha1
 * -hmac north -binary | base64 */
static void
test_credentials_are_what_coturn_computes (void)
{
  g_autoptr (RwTurn) turn = new_turn ();
  g_autofree char *username =
      rw_turn_make_username (turn, "ann", 1000 * G_USEC_PER_SEC);
  g_autofree char *password = rw_turn_make_password (turn, username);
  g_autofree char *json = rw_turn_to_json (turn, "ann", 1000 * G_USEC_PER_SEC);

  g_assert_cmpstr (username, ==, "4600:ann");
  g_assert_cmpstr (password, ==, "V8KJMgwhmCzJLy5tIylAhjqGm4I=");
  g_assert_nonnull (strstr (json, "\"urls\":[\"turn:turn.example.org:3478\"]"));
  g_assert_nonnull (strstr (json, "\"username\":\"4600:ann\""));
}

static void
test_an_unfit_secret_is_named (void)
{
  g_autofree char *path = write_secret (" \n");
  g_autoptr (GError) error = NULL;

  g_assert_null (rw_turn_new (uris, path, 60, &error));
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);
  g_assert_null (rw_turn_new (uris, NULL, 60, &error));
  g_assert_nonnull (strstr (error->message, "turn-secret-file"));
  g_unlink (path);
}

static void
test_a_resumable_client_is_given_credentials (void)
{
  g_autofree char *path = write_secret (SECRET);
  RwServerConfig *config = rw_server_config_new ();
  TestHost host;
  g_autoptr (TestPeer) peer = NULL;
  g_autofree char *welcome = NULL;
  g_autofree char *renewed = NULL;

  config->turn_uris = g_strdupv (uris);
  config->turn_secret_file = g_strdup (path);
  test_host_start (&host, config);
  peer = test_peer_new (host.port);
  g_free (test_peer_expect_type (peer, "welcome"));
  test_peer_send_json (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                             "'resilient':{'version':1}}");
  welcome = test_peer_expect_type (peer, "resilientWelcome");
  g_assert_nonnull (strstr (welcome, "\"iceServers\":[{\"urls\":"));
  g_assert_nonnull (strstr (welcome, "\"iceTtlMs\":86400000"));
  test_peer_send_json (peer, "{'type':'getIceServers'}");
  renewed = test_peer_expect_type (peer, "iceServers");
  g_assert_nonnull (strstr (renewed, "\"iceServers\":[{\"urls\":"));
  g_assert_nonnull (strstr (renewed, "\"credential\":"));
  g_assert_nonnull (strstr (renewed, "\"iceTtlMs\":86400000"));
  g_assert_null (strstr (renewed, "\"seq\""));
  test_host_stop (&host);
  g_unlink (path);
}

/* --- The real thing --- */

/* The exit code says whether an allocation was granted and carried data. */
static gboolean
allocate (const TestCoturn *coturn, const char *username, const char *password)
{
  g_autoptr (GSubprocess) client = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, NULL,
      "timeout", "15", "turnutils_uclient", "-y", "-n", "2", "-m", "1", "-u",
      username, "-w", password, "-p", coturn->port, "-e", coturn->address,
      coturn->address, NULL);
  g_autofree char *output = NULL;

  g_assert_true (
      g_subprocess_communicate_utf8 (client, NULL, NULL, &output, NULL, NULL));
  g_test_message ("%s", output);
  return g_subprocess_get_successful (client) &&
         strstr (output, "tot_recv_msgs=") != NULL &&
         strstr (output, "Total lost packets 0 ") != NULL;
}

static void
test_coturn_accepts_the_credentials (void)
{
  g_autoptr (RwTurn) turn = new_turn ();
  g_autofree char *username = NULL;
  g_autofree char *password = NULL;
  TestCoturn coturn = {0};
  gboolean accepted = FALSE;

  if (!test_coturn_start (&coturn))
    return;
  username = rw_turn_make_username (turn, "ann", g_get_real_time ());
  password = rw_turn_make_password (turn, username);
  /* It may need a moment to listen. */
  for (guint i = 0; i < 200 && !accepted; i++)
    accepted = allocate (&coturn, username, password);
  g_assert_true (accepted);
  g_assert_false (allocate (&coturn, username, "wrong"));
  test_coturn_stop (&coturn);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/turn/credentials-are-what-coturn-computes",
                   test_credentials_are_what_coturn_computes);
  g_test_add_func ("/turn/an-unfit-secret-is-named",
                   test_an_unfit_secret_is_named);
  g_test_add_func ("/turn/a-resumable-client-is-given-credentials",
                   test_a_resumable_client_is_given_credentials);
  g_test_add_func ("/turn/coturn-accepts-the-credentials",
                   test_coturn_accepts_the_credentials);

  return g_test_run ();
}
