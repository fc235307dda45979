/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "limits-fixture.h"
#include "test-process.h"

#include <string.h>
#include <sys/socket.h>

static void
set_up_strict (Fixture *f, gconstpointer unused)
{
  RwServerConfig *config = rw_server_config_new ();

  config->message_rate = 10;
  config->message_burst = 100;
  limits_start (f, config);
}

static void
test_a_half_open_socket_is_found (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) raw = raw_upgrade (f);

  test_wait_until (limits_has_one, &f->host, "the client to be counted");
  /* It never answers a ping. */
  test_wait_until (limits_is_empty, &f->host,
                   "the silent client to be cut off");
  raw_expect_end (raw);
}

static void
test_a_client_that_answers_pings_stays (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);
  g_autoptr (GSocketConnection) silent = raw_upgrade (f);

  g_free (test_peer_expect_type (peer, "welcome"));
  test_wait_until (limits_has_one, &f->host, "the silent one to be cut off");
  test_peer_send_json (peer, "{'type':'list'}");
  g_free (test_peer_expect_type (peer, "list"));
}

/* The reset meets the server anywhere between its first look at the request and
 * its first message. */
static void
test_clients_that_vanish_harm_nobody (Fixture *f, gconstpointer unused)
{
  g_autoptr (GRand) dice = g_rand_new_with_seed (1);

  for (guint i = 0; i < 300; i++) {
    g_autoptr (GSocketConnection) raw = raw_ask_upgrade (f);
    GSocket *socket = g_socket_connection_get_socket (raw);
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    g_assert_cmpint (setsockopt (g_socket_get_fd (socket), SOL_SOCKET,
                                 SO_LINGER, &at_once, sizeof at_once),
                     ==, 0);
    test_process_wait_moment (dice, 500);
  }
  test_wait_until (limits_is_empty, &f->host, "all to be gone");
  limits_expect_serving (f);
}

static void
test_an_unfinished_request_is_cut_off (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) nothing = raw_connect (f);
  g_autoptr (GSocketConnection) half = raw_connect (f);
  g_autoptr (GSocketConnection) body = raw_connect (f);

  raw_send (half, "GET / HTTP/1.1\r\nHost: x\r\n");
  raw_send (body, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx");
  raw_expect_end (nothing);
  raw_expect_end (half);
  raw_expect_end (body);
  limits_expect_serving (f);
}

static void
test_endless_fragments_cost_no_memory (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) raw = raw_upgrade (f);
  guint8 frame[22];
  gsize pages = limits_count_pages ();

  raw_frame (frame, 0x01);
  raw_write (raw, frame, sizeof frame);
  raw_frame (frame, 0x00);
  while (raw_write (raw, frame, sizeof frame))
    continue;
  raw_expect_end (raw);
  /* Tens of megabytes were sent; the limit is one. */
  limits_expect_pages (pages + 4 * 1024);
  limits_expect_serving (f);
}

static void
test_a_flood_of_pings_is_ended (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) raw = raw_upgrade (f);
  guint8 frame[22];

  raw_frame (frame, 0x89);
  for (guint i = 0; i < 100000; i++) {
    if (!raw_write (raw, frame, sizeof frame))
      break;
  }
  raw_expect_end (raw);
  limits_expect_serving (f);
}

static void
test_garbage_frames_end_their_sender (Fixture *f, gconstpointer unused)
{
  static const guint8 garbage[][8] = {
      {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
      {0x81, 0x02, '{', '}', 0, 0, 0, 0},
      {0x80, 0x80, 0, 0, 0, 0, 0x80, 0x80},
      {0x83, 0x80, 0, 0, 0, 0, 0, 0},
      {0x09, 0x80, 0, 0, 0, 0, 0, 0},
      {0xf1, 0x80, 0, 0, 0, 0, 0, 0},
      {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T'},
  };

  for (guint i = 0; i < G_N_ELEMENTS (garbage); i++) {
    g_autoptr (GSocketConnection) raw = raw_upgrade (f);

    raw_write (raw, garbage[i], sizeof garbage[i]);
    raw_expect_end (raw);
  }
  test_wait_until (limits_is_empty, &f->host, "all of them to be gone");
  limits_expect_serving (f);
}

/* As many as like to could else stay for ever, below all limits. */
static void
test_an_answered_request_ends_its_connection (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) raw = raw_connect (f);
  g_autoptr (GSocketConnection) late = raw_connect (f);

  g_assert_true (
      raw_send (raw, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  raw_expect_end (raw);
  g_assert_true (raw_send (late, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                 "\r\nGET /heal"));
  raw_expect_end (late);
  limits_expect_serving (f);
}

static void
test_a_talker_without_end_is_told_to_slow_down (Fixture *f,
                                                gconstpointer unused)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 1000; i++)
    test_peer_send_json (peer, "{'type':'list'}");
  g_free (test_peer_expect_type (peer, "welcome"));
  for (;;) {
    g_autofree char *type = NULL;

    g_free (text);
    text = test_peer_next (peer);
    g_assert_nonnull (text);
    type = test_peer_get (text, "type");
    if (g_str_equal (type, "error"))
      break;
  }
  g_assert_nonnull (strstr (text, "\"code\":\"rate-limited\""));
  test_peer_expect_closed (peer, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
  limits_expect_serving (f);
}

static void
test_one_client_too_many_is_asked_to_come_back (Fixture *f,
                                                gconstpointer unused)
{
  TestPeer *peers[8];
  g_autoptr (TestPeer) refused = NULL;

  for (guint i = 0; i < 8; i++) {
    peers[i] = test_peer_new (f->host.port);
    g_free (test_peer_expect_type (peers[i], "welcome"));
  }
  refused = test_peer_try (f->host.port);
  g_assert_null (refused->connection);
  g_assert_cmpuint (refused->http_status, ==, SOUP_STATUS_SERVICE_UNAVAILABLE);
  for (guint i = 0; i < 8; i++)
    test_peer_free (peers[i]);
  test_wait_until (limits_is_empty, &f->host, "places to be free again");
  limits_expect_serving (f);
}

/* --- Plain HTTP --- */

static void
test_a_plain_get_is_told_what_this_is (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) raw = raw_connect (f);
  g_autoptr (GString) answer = g_string_new (NULL);
  char buffer[4096];
  gssize got;

  raw_send (raw, "GET /some/page HTTP/1.1\r\nHost: x\r\n"
                 "Connection: close\r\n\r\n");
  while ((got = raw_read (raw, buffer, sizeof buffer, NULL)) > 0)
    g_string_append_len (answer, buffer, got);
  g_assert_true (g_str_has_prefix (answer->str, "HTTP/1.1 426 "));
  g_assert_nonnull (strstr (answer->str, "signalling server"));
  g_assert_nonnull (strstr (answer->str, "signaller-uri"));
}

static void
test_a_bad_handshake_is_refused (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) raw = raw_connect (f);
  char buffer[13] = "";

  raw_send (raw, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\n\r\n");
  g_assert_cmpint (raw_read (raw, buffer, 12, NULL), ==, 12);
  g_assert_cmpstr (buffer, ==, "HTTP/1.1 400");
}

/* --- Starting and stopping --- */

static void
test_a_port_in_use_is_named (void)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  g_autoptr (RwServer) first = NULL;
  g_autoptr (RwServer) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *names = NULL;

  config->port = 0;
  first = rw_server_new (config);
  g_assert_true (rw_server_start (first, NULL));
  config->port = rw_server_get_port (first);
  names = g_strdup_printf ("0.0.0.0 port %u", config->port);

  second = rw_server_new (config);
  g_assert_false (rw_server_start (second, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  g_assert_nonnull (strstr (error->message, names));
  g_assert_nonnull (strstr (error->message, "choose another"));
  g_assert_cmpuint (rw_server_get_port (second), ==, 0);

  rw_server_stop (first);
  g_clear_error (&error);
  g_assert_true (rw_server_start (second, &error));
  g_assert_no_error (error);
}

/* At the same port each time. */
static void
start_and_stop_with_clients (Fixture *f)
{
  RwServerConfig *config = rw_server_config_new ();
  g_autoptr (TestPeer) peer = NULL;
  g_autoptr (GSocketConnection) raw = NULL;

  g_clear_pointer (&config->web_root, g_free);
  test_host_start_again (&f->host, config);
  peer = test_peer_new (f->host.port);
  g_free (test_peer_expect_type (peer, "welcome"));
  raw = raw_upgrade (f);
  test_host_stop (&f->host);
}

static void
test_a_hundred_lives_leave_nothing_behind (void)
{
  guint fds;
  guint threads;
  gsize pages;
  Fixture f;

  limits_start (&f, rw_server_config_new ());
  test_host_stop (&f.host);
  for (guint i = 0; i < 20; i++)
    start_and_stop_with_clients (&f);
  fds = test_process_count_files ();
  threads = test_process_count_threads ();
  pages = limits_count_pages ();
  for (guint i = 0; i < 100; i++)
    start_and_stop_with_clients (&f);

  if (!test_process_wait_usage (threads + 4, fds + 3))
    g_error ("grown to %u threads and %u files from %u and %u",
             test_process_count_threads (), test_process_count_files (),
             threads, fds);
  /* One leaked connection a life would be twice as much. */
  limits_expect_pages (pages + 250);
}

#define ADD(path, func)                                                        \
  g_test_add ("/limits/" path, Fixture, NULL, limits_set_up, func,             \
              limits_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-half-open-socket-is-found", test_a_half_open_socket_is_found);
  ADD ("a-client-that-answers-pings-stays",
       test_a_client_that_answers_pings_stays);
  ADD ("clients-that-vanish-harm-nobody", test_clients_that_vanish_harm_nobody);
  ADD ("an-unfinished-request-is-cut-off",
       test_an_unfinished_request_is_cut_off);
  ADD ("endless-fragments-cost-no-memory",
       test_endless_fragments_cost_no_memory);
  ADD ("a-flood-of-pings-is-ended", test_a_flood_of_pings_is_ended);
  ADD ("garbage-frames-end-their-sender", test_garbage_frames_end_their_sender);
  ADD ("an-answered-request-ends-its-connection",
       test_an_answered_request_ends_its_connection);
  g_test_add ("/limits/a-talker-without-end-is-told-to-slow-down", Fixture,
              NULL, set_up_strict,
              test_a_talker_without_end_is_told_to_slow_down, limits_tear_down);
  ADD ("one-client-too-many-is-asked-to-come-back",
       test_one_client_too_many_is_asked_to_come_back);
  ADD ("a-plain-get-is-told-what-this-is",
       test_a_plain_get_is_told_what_this_is);
  ADD ("a-bad-handshake-is-refused", test_a_bad_handshake_is_refused);
  g_test_add_func ("/limits/a-port-in-use-is-named",
                   test_a_port_in_use_is_named);
  g_test_add_func ("/limits/a-hundred-lives-leave-nothing-behind",
                   test_a_hundred_lives_leave_nothing_behind);

  return g_test_run ();
}
