/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-process.h"
#include "rw-server.h"
#include "test-host.h"
#include "test-peer.h"

#include <string.h>

/* What a server must bear from clients that do not play along: raw sockets
 * that send what no library would, or nothing, or never read. */

typedef struct {
  TestHost host;
} Fixture;

static void
start (Fixture *f, RwServerConfig *config)
{
  test_host_start (&f->host, config);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  RwServerConfig *config = rw_server_config_new ();

  config->ping_interval_s = 1;
  config->ping_timeout_s = 3;
  config->http_timeout_s = 2;
  config->max_queue_bytes = 256 * 1024;
  config->max_clients = 8;
  config->message_rate = 0;
  start (f, config);
}

static void
set_up_crowd (Fixture *f, gconstpointer unused)
{
  RwServerConfig *config = rw_server_config_new ();

  config->ping_interval_s = 1;
  config->max_clients = 200;
  config->max_queue_bytes = 16 * 1024 * 1024;
  config->message_rate = 0;
  start (f, config);
}

static void
set_up_full (Fixture *f, gconstpointer unused)
{
  RwServerConfig *config = rw_server_config_new ();

  config->max_queues_bytes = 1024 * 1024;
  config->message_rate = 0;
  start (f, config);
}

static void
set_up_strict (Fixture *f, gconstpointer unused)
{
  RwServerConfig *config = rw_server_config_new ();

  config->message_rate = 10;
  config->message_burst = 100;
  start (f, config);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_host_stop (&f->host);
}

/* --- Raw clients: blocking, with the deadline as a socket timeout --- */

static GSocketConnection *
raw_connect (Fixture *f)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *raw;

  g_socket_client_set_timeout (client, TEST_DEADLINE_S);
  raw = g_socket_client_connect_to_host (client, "127.0.0.1", f->host.port,
                                         NULL, &error);
  g_assert_no_error (error);
  return raw;
}

static gboolean
raw_write (GSocketConnection *raw, gconstpointer data, gsize len)
{
  return g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (raw)), data, len, NULL, NULL,
      NULL);
}

static gboolean
raw_say (GSocketConnection *raw, const char *text)
{
  return raw_write (raw, text, strlen (text));
}

static gssize
raw_read (GSocketConnection *raw, gpointer buffer, gsize len, GError **error)
{
  return g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (raw)),
                              buffer, len, NULL, error);
}

/* Reads and drops until the server has cut the connection. */
static void
raw_expect_end (GSocketConnection *raw)
{
  char buffer[4096];

  for (;;) {
    g_autoptr (GError) error = NULL;
    gssize got = raw_read (raw, buffer, sizeof buffer, &error);

    if (got > 0)
      continue;
    g_assert_false (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
    return;
  }
}

static GSocketConnection *
raw_upgrade (Fixture *f)
{
  static const char request[] = "GET / HTTP/1.1\r\n"
                                "Host: localhost\r\n"
                                "Upgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
                                "\r\n\r\n";
  GSocketConnection *raw = raw_connect (f);
  char buffer[13] = "";

  g_assert_true (raw_write (raw, request, sizeof request - 1));
  g_assert_cmpint (raw_read (raw, buffer, 12, NULL), ==, 12);
  g_assert_cmpstr (buffer, ==, "HTTP/1.1 101");
  return raw;
}

static gboolean
is_empty (gpointer user_data)
{
  return test_host_get_n_clients (user_data) == 0;
}

static gboolean
is_one (gpointer user_data)
{
  return test_host_get_n_clients (user_data) == 1;
}

/* The bystander is served as if nothing had happened. */
static void
expect_still_serving (Fixture *f)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);

  g_free (test_peer_expect_type (peer, "welcome"));
  test_peer_say (peer, "{'type':'list'}");
  g_free (test_peer_expect_type (peer, "list"));
}

static void
test_a_half_open_socket_is_found (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) raw = raw_upgrade (f);

  test_wait_until (is_one, &f->host, "the client to be counted");
  /* It never answers a ping. */
  test_wait_until (is_empty, &f->host, "the silent client to be cut off");
  raw_expect_end (raw);
}

static void
test_a_client_that_answers_pings_stays (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);
  g_autoptr (GSocketConnection) silent = raw_upgrade (f);

  g_free (test_peer_expect_type (peer, "welcome"));
  test_wait_until (is_one, &f->host, "the silent one to be cut off");
  test_peer_say (peer, "{'type':'list'}");
  g_free (test_peer_expect_type (peer, "list"));
}

static void
test_an_unfinished_request_is_cut_off (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) nothing = raw_connect (f);
  g_autoptr (GSocketConnection) half = raw_connect (f);
  g_autoptr (GSocketConnection) body = raw_connect (f);

  raw_say (half, "GET / HTTP/1.1\r\nHost: x\r\n");
  raw_say (body, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx");
  raw_expect_end (nothing);
  raw_expect_end (half);
  raw_expect_end (body);
  expect_still_serving (f);
}

static gsize
resident_pages (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  fields = g_strsplit (text, " ", 3);
  return g_ascii_strtoull (fields[1], NULL, 10);
}

/* The sanitizer keeps freed memory for a while, on purpose. */
static void
expect_pages_at_most (gsize limit)
{
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpuint (resident_pages (), <=, limit);
#endif
}

/* A frame of 16 bytes' payload, masked with zeros. */
static void
raw_frame (guint8 *frame, guint8 first)
{
  memset (frame, ' ', 22);
  frame[0] = first;
  frame[1] = 0x80 | 16;
  memset (frame + 2, 0, 4);
}

static void
test_endless_fragments_cost_no_memory (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) raw = raw_upgrade (f);
  guint8 frame[22];
  gsize pages = resident_pages ();

  raw_frame (frame, 0x01);
  raw_write (raw, frame, sizeof frame);
  raw_frame (frame, 0x00);
  while (raw_write (raw, frame, sizeof frame))
    continue;
  raw_expect_end (raw);
  /* Tens of megabytes were sent; the limit is one. */
  expect_pages_at_most (pages + 4 * 1024);
  expect_still_serving (f);
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
  expect_still_serving (f);
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
  test_wait_until (is_empty, &f->host, "all of them to be gone");
  expect_still_serving (f);
}

/* As many as like to could else stay for ever, below all limits. */
static void
test_an_answered_request_ends_its_connection (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) raw = raw_connect (f);
  g_autoptr (GSocketConnection) late = raw_connect (f);

  g_assert_true (
      raw_say (raw, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  raw_expect_end (raw);
  g_assert_true (raw_say (late, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                "\r\nGET /heal"));
  raw_expect_end (late);
  expect_still_serving (f);
}

/* A listener that is told of every status, and reads none. */
static GSocketConnection *
raw_listen (Fixture *f)
{
  GSocketConnection *raw = raw_upgrade (f);
  guint8 listen[] = "\x81\xbc\0\0\0\0{\"type\":\"setPeerStatus\",\"roles\":"
                    "[\"listener\"],\"meta\":null}   ";

  g_assert_cmpuint (sizeof listen - 1, ==, 6 + 60);
  raw_write (raw, listen, sizeof listen - 1);
  return raw;
}

static void
say_status (TestPeer *talker, guint n)
{
  g_autofree char *large = g_strnfill (15 * 1024, 'x');

  test_peer_say (talker,
                 "{'type':'setPeerStatus','roles':['listener'],"
                 "'meta':['%s',%u]}",
                 large, n);
  g_free (test_peer_expect_type (talker, "peerStatusChanged"));
}

/* Hears more and more, and never reads it. */
static void
test_a_slow_reader_is_cut_off (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) talker = test_peer_new (f->host.port);
  g_autoptr (GSocketConnection) raw = raw_listen (f);

  g_free (test_peer_expect_type (talker, "welcome"));
  for (guint i = 0; i < 2000 && test_host_get_n_clients (&f->host) == 2; i++)
    say_status (talker, i);
  test_wait_until (is_one, &f->host, "the slow reader to be cut off");
  raw_expect_end (raw);
}

/* A hundred that read nothing leave the server with one copy, not with a
 * hundred. */
static void
test_what_is_for_all_is_kept_once (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) talker = test_peer_new (f->host.port);
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func (g_object_unref);
  gsize pages;

  g_free (test_peer_expect_type (talker, "welcome"));
  for (guint i = 0; i < 100; i++)
    g_ptr_array_add (crowd, raw_listen (f));
  say_status (talker, 0);
  pages = resident_pages ();
  for (guint i = 1; i <= 200; i++)
    say_status (talker, i);

  g_assert_cmpuint (test_host_get_n_clients (&f->host), ==, 101);
  /* 3 MiB, a hundred places for each message, and for each client the piece
   * that is under way. */
  expect_pages_at_most (pages + 3 * 1024);
}

/* The rest of the handshake's answer. */
static void
raw_expect_head (GSocketConnection *raw)
{
  guint32 last = 0;

  while (last != 0x0d0a0d0a) {
    guint8 byte;

    g_assert_cmpint (raw_read (raw, &byte, 1, NULL), ==, 1);
    last = last << 8 | byte;
  }
}

/* The first byte of the next frame, which is read and dropped. */
static guint8
raw_read_frame (GSocketConnection *raw)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (raw));
  guint8 head[4];
  gsize got;
  gsize len;
  gboolean is_long;

  g_assert_true (g_input_stream_read_all (input, head, 2, &got, NULL, NULL));
  g_assert_cmpuint (got, ==, 2);
  is_long = head[1] == 126;
  len = head[1];
  if (is_long) {
    g_assert_true (
        g_input_stream_read_all (input, head + 2, 2, &got, NULL, NULL));
    len = (gsize) head[2] << 8 | head[3];
  }
  while (len > 0) {
    char buffer[4096];
    gssize n = raw_read (raw, buffer, MIN (len, sizeof buffer), NULL);

    g_assert_cmpint (n, >, 0);
    len -= (gsize) n;
  }
  return head[0];
}

/* It would else be cut off as silent: nobody answers pings that do not come. */
static void
test_a_ping_does_not_wait_for_all_that_is_queued (Fixture *f,
                                                  gconstpointer unused)
{
  g_autoptr (TestPeer) talker = test_peer_new (f->host.port);
  g_autoptr (GSocketConnection) slow = raw_listen (f);
  g_autoptr (GSocketConnection) idle = NULL;
  guint n = 0;

  g_free (test_peer_expect_type (talker, "welcome"));
  for (guint i = 0; i < 500; i++)
    say_status (talker, i);
  raw_expect_head (slow);
  for (guint i = 0; i < 20; i++)
    raw_read_frame (slow);
  /* When it has its ping, that of the other is due. */
  idle = raw_upgrade (f);
  raw_expect_head (idle);
  while (raw_read_frame (idle) != 0x89)
    continue;

  while (raw_read_frame (slow) != 0x89)
    g_assert_cmpuint (++n, <, 400);
}

static char *
get_metrics (Fixture *f)
{
  g_autoptr (GSocketConnection) raw = raw_connect (f);
  g_autoptr (GString) answer = g_string_new (NULL);
  char buffer[4096];
  gssize got;

  raw_say (raw, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  while ((got = raw_read (raw, buffer, sizeof buffer, NULL)) > 0)
    g_string_append_len (answer, buffer, got);
  return g_string_free (g_steal_pointer (&answer), FALSE);
}

/* Each is far below its own bound. The talker reads what it is told. */
static void
test_too_much_for_all_ends_those_that_do_not_read (Fixture *f,
                                                   gconstpointer unused)
{
  g_autoptr (TestPeer) talker = test_peer_new (f->host.port);
  g_autoptr (TestPeer) reader = test_peer_new (f->host.port);
  g_autoptr (GSocketConnection) first = raw_listen (f);
  g_autoptr (GSocketConnection) second = raw_listen (f);
  g_autofree char *metrics = NULL;
  guint n;

  g_free (test_peer_expect_type (talker, "welcome"));
  g_free (test_peer_expect_type (reader, "welcome"));
  test_peer_say (reader, "{'type':'setPeerStatus','roles':['listener'],"
                         "'meta':null}");
  for (n = 0; n < 2000 && test_host_get_n_clients (&f->host) == 4; n++) {
    say_status (talker, n);
    g_free (test_peer_expect_type (reader, "peerStatusChanged"));
  }

  raw_expect_end (first);
  raw_expect_end (second);
  g_assert_cmpuint (test_host_get_n_clients (&f->host), ==, 2);
  say_status (talker, n);
  g_free (test_peer_expect_type (reader, "peerStatusChanged"));
  metrics = get_metrics (f);
  g_assert_nonnull (strstr (metrics, "cut_total{reason=\"queues\"} 2\n"));
  g_assert_nonnull (strstr (metrics, "cut_total{reason=\"queue\"} 0\n"));
}

static void
test_a_talker_without_end_is_told_to_slow_down (Fixture *f,
                                                gconstpointer unused)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 1000; i++)
    test_peer_say (peer, "{'type':'list'}");
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
  expect_still_serving (f);
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
  test_wait_until (is_empty, &f->host, "places to be free again");
  expect_still_serving (f);
}

/* --- Plain HTTP --- */

static void
test_a_plain_get_is_told_what_this_is (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketConnection) raw = raw_connect (f);
  g_autoptr (GString) answer = g_string_new (NULL);
  char buffer[4096];
  gssize got;

  raw_say (raw, "GET /some/page HTTP/1.1\r\nHost: x\r\n"
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

  raw_say (raw, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
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

static void
start_and_stop_with_clients (void)
{
  Fixture f;
  g_autoptr (TestPeer) peer = NULL;
  g_autoptr (GSocketConnection) raw = NULL;

  start (&f, rw_server_config_new ());
  peer = test_peer_new (f.host.port);
  g_free (test_peer_expect_type (peer, "welcome"));
  raw = raw_upgrade (&f);
  test_host_stop (&f.host);
}

static void
test_a_hundred_lives_leave_nothing_behind (void)
{
  guint fds;
  guint threads;
  gsize pages;

  for (guint i = 0; i < 20; i++)
    start_and_stop_with_clients ();
  fds = rw_process_count_files ();
  threads = rw_process_count_threads ();
  pages = resident_pages ();
  for (guint i = 0; i < 100; i++)
    start_and_stop_with_clients ();

  g_assert_cmpuint (rw_process_count_files (), <=, fds + 3);
  g_assert_cmpuint (rw_process_count_threads (), <=, threads + 4);
  /* One leaked connection a life would be twice as much. */
  expect_pages_at_most (pages + 250);
}

#define ADD(path, func)                                                        \
  g_test_add ("/limits/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("a-half-open-socket-is-found", test_a_half_open_socket_is_found);
  ADD ("a-client-that-answers-pings-stays",
       test_a_client_that_answers_pings_stays);
  ADD ("an-unfinished-request-is-cut-off",
       test_an_unfinished_request_is_cut_off);
  ADD ("endless-fragments-cost-no-memory",
       test_endless_fragments_cost_no_memory);
  ADD ("a-flood-of-pings-is-ended", test_a_flood_of_pings_is_ended);
  ADD ("garbage-frames-end-their-sender", test_garbage_frames_end_their_sender);
  ADD ("an-answered-request-ends-its-connection",
       test_an_answered_request_ends_its_connection);
  ADD ("a-slow-reader-is-cut-off", test_a_slow_reader_is_cut_off);
  g_test_add ("/limits/what-is-for-all-is-kept-once", Fixture, NULL,
              set_up_crowd, test_what_is_for_all_is_kept_once, tear_down);
  g_test_add ("/limits/too-much-for-all-ends-those-that-do-not-read", Fixture,
              NULL, set_up_full,
              test_too_much_for_all_ends_those_that_do_not_read, tear_down);
  g_test_add ("/limits/a-ping-does-not-wait-for-all-that-is-queued", Fixture,
              NULL, set_up_crowd,
              test_a_ping_does_not_wait_for_all_that_is_queued, tear_down);
  g_test_add ("/limits/a-talker-without-end-is-told-to-slow-down", Fixture,
              NULL, set_up_strict,
              test_a_talker_without_end_is_told_to_slow_down, tear_down);
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
