/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-host.h"
#include "test-peer.h"

#include <glib/gstdio.h>
#include <string.h>

/* The server's answers over HTTP, and its access control. */

typedef struct {
  TestHost host;
  SoupSession *session;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  RwServerConfig *config = rw_server_config_new ();
  const char *origins[] = {"https://good.example", NULL};

  config->max_clients = 3;
  config->max_clients_per_address = 2;
  config->origins = g_strdupv ((char **) origins);
  test_host_start (&f->host, config);
  f->session = soup_session_new ();
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_object_unref (f->session);
  test_host_stop (&f->host);
}

static char *
request (Fixture *f, const char *method, const char *path, guint *status)
{
  g_autofree char *uri =
      g_strdup_printf ("http://127.0.0.1:%u%s", f->host.port, path);
  g_autoptr (SoupMessage) msg = soup_message_new (method, uri);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body =
      soup_session_send_and_read (f->session, msg, NULL, &error);

  g_assert_no_error (error);
  *status = soup_message_get_status (msg);
  return g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
}

static void
test_health_and_readiness (Fixture *f, gconstpointer unused)
{
  guint status;
  g_autofree char *health = request (f, "GET", "/healthz", &status);
  g_autofree char *ready = NULL;

  g_assert_cmpuint (status, ==, 200);
  g_assert_cmpstr (health, ==, "ok\n");
  ready = request (f, "GET", "/readyz", &status);
  g_assert_cmpuint (status, ==, 200);
}

static void
test_other_methods_are_refused (Fixture *f, gconstpointer unused)
{
  guint status;

  g_free (request (f, "DELETE", "/healthz", &status));
  g_assert_cmpuint (status, ==, 405);
}

static void
test_metrics_count_what_happens (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);
  g_autofree char *metrics = NULL;
  guint status;

  g_free (test_peer_expect_type (peer, "welcome"));
  test_peer_send_json (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                             "'resilient':{'version':1}}");
  test_peer_send_json (peer, "what");
  test_peer_send_json (peer, "{'type':'setPeerStatus','roles':['producer']}");
  test_peer_send_json (peer, "{'type':'list'}");
  g_free (test_peer_expect_type (peer, "resilientWelcome"));
  g_free (test_peer_expect_type (peer, "error"));
  g_free (test_peer_expect_type (peer, "list"));

  metrics = request (f, "GET", "/metrics", &status);
  g_assert_cmpuint (status, ==, 200);
  g_assert_nonnull (strstr (metrics, "signalling_connections 1\n"));
  g_assert_nonnull (strstr (metrics, "signalling_producers 1\n"));
  g_assert_nonnull (strstr (metrics, "signalling_seats 1\n"));
  g_assert_nonnull (strstr (metrics, "messages_received_total 4\n"));
  g_assert_nonnull (strstr (metrics, "messages_bad_total 1\n"));
  g_assert_nonnull (strstr (metrics, "outage_seconds_bucket{le=\"+Inf\"} 0\n"));
}

static guint
get_status (guint port, const char *path, const char *token)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u%s", port, path);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", uri);
  g_autoptr (GBytes) body = NULL;

  if (token != NULL)
    soup_message_headers_replace (soup_message_get_request_headers (msg),
                                  "Authorization", token);
  body = soup_session_send_and_read (session, msg, NULL, NULL);
  return soup_message_get_status (msg);
}

static guint
get_metrics (guint port, const char *token)
{
  return get_status (port, "/metrics", token);
}

static void
test_metrics_may_need_a_token_of_their_own (void)
{
  RwServerConfig *config = rw_server_config_new ();
  g_autofree char *path = NULL;
  TestHost host;
  int fd = g_file_open_tmp ("rw-metrics-XXXXXX", &path, NULL);

  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, "0123456789abcdef\n", -1, NULL));
  config->metrics_token_file = g_strdup (path);
  test_host_start (&host, config);
  g_assert_cmpuint (get_metrics (host.port, NULL), ==, 401);
  g_assert_cmpuint (get_status (host.port, "/webrtc/history", NULL), ==, 401);
  g_assert_cmpuint (
      get_status (host.port, "/webrtc/history", "Bearer 0123456789abcdef"), ==,
      200);
  g_assert_cmpuint (get_metrics (host.port, "Bearer 0123456789abcdeX"), ==,
                    401);
  g_assert_cmpuint (get_metrics (host.port, "Bearer 0123456789abcde"), ==, 401);
  g_assert_cmpuint (get_metrics (host.port, "Bearer 0123456789abcdef"), ==,
                    200);
  test_host_stop (&host);
  g_unlink (path);
}

static void
test_a_short_token_for_the_metrics_is_refused (void)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  g_autoptr (RwServer) server = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("rw-metrics-XXXXXX", &path, NULL);

  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, "short\n", -1, NULL));
  config->port = 0;
  config->metrics_token_file = g_strdup (path);
  server = rw_server_new (config);
  g_assert_false (rw_server_start (server, &error));
  g_assert_nonnull (strstr (error->message, path));
  g_unlink (path);
}

/* The limit for an address counts the clients, not their proxy. */
static guint
try_behind_proxy (guint port, const char *client)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/", port);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", uri);
  g_autoptr (GBytes) body = NULL;
  SoupMessageHeaders *headers = soup_message_get_request_headers (msg);

  soup_message_headers_replace (headers, "Upgrade", "websocket");
  soup_message_headers_replace (headers, "X-Forwarded-For", client);
  body = soup_session_send_and_read (session, msg, NULL, NULL);
  return soup_message_get_status (msg);
}

static void
test_clients_behind_a_proxy_are_told_apart (void)
{
  const char *proxies[] = {"127.0.0.0/8", NULL};
  RwServerConfig *config = rw_server_config_new ();
  g_autoptr (TestPeer) peer = NULL;
  TestHost host;

  config->trusted_proxies = g_strdupv ((char **) proxies);
  config->max_clients_per_address = 1;
  test_host_start (&host, config);
  peer = test_peer_new (host.port);
  g_free (test_peer_expect_type (peer, "welcome"));
  /* That one came from 127.0.0.1 itself. Let through, the handshake is bad. */
  g_assert_cmpuint (try_behind_proxy (host.port, "127.0.0.1"), ==, 429);
  g_assert_cmpuint (try_behind_proxy (host.port, "203.0.113.1"), ==, 400);
  test_host_stop (&host);
}

/* The frames of a raw client, until a ping is among them. */
static void
expect_ping (GSocketConnection *line)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (line));
  guint8 header[2];
  guint8 body[125];

  for (;;) {
    g_assert_true (
        g_input_stream_read_all (input, header, 2, NULL, NULL, NULL));
    g_assert_cmpuint (header[1], <=, sizeof body);
    g_assert_true (
        g_input_stream_read_all (input, body, header[1], NULL, NULL, NULL));
    if (header[0] == 0x89)
      return;
  }
}

/* By itself the server would not ping within the deadline. */
static void
test_a_client_may_ask_for_pings (void)
{
  static const char request[] =
      "GET /path?ping_interval=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
  RwServerConfig *config = rw_server_config_new ();
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) line = NULL;
  g_autoptr (TestPeer) refused = NULL;
  TestHost host;
  char answer[512];
  gsize n = 0;

  config->ping_interval_s = 3600;
  config->ping_timeout_s = 7200;
  test_host_start (&host, config);
  g_socket_client_set_timeout (client, TEST_DEADLINE_S);
  line = g_socket_client_connect_to_host (client, "127.0.0.1",
                                          (guint16) host.port, NULL, NULL);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (line)),
                             request, sizeof request - 1, NULL, NULL, NULL);
  do {
    g_assert_cmpuint (n, <, sizeof answer);
    g_assert_cmpint (
        g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (line)),
                             answer + n, 1, NULL, NULL),
        ==, 1);
    n++;
  } while (n < 4 || memcmp (answer + n - 4, "\r\n\r\n", 4) != 0);
  expect_ping (line);

  refused = test_peer_try_as (host.port, "/?ping_interval=0.5", NULL);
  g_assert_cmpuint (refused->http_status, ==, 400);
  test_host_stop (&host);
}

static char *
post (Fixture *f, const char *path, const char *text, guint *status)
{
  g_autofree char *uri =
      g_strdup_printf ("http://127.0.0.1:%u%s", f->host.port, path);
  g_autoptr (SoupMessage) msg = soup_message_new ("POST", uri);
  g_autoptr (GBytes) sent = g_bytes_new (text, strlen (text));
  g_autoptr (GBytes) body = NULL;

  soup_message_set_request_body_from_bytes (msg, "application/json", sent);
  body = soup_session_send_and_read (f->session, msg, NULL, NULL);
  *status = soup_message_get_status (msg);
  return g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
}

#define FAIR                                                                   \
  "{\"latency_ms\":150,\"packet_loss_percent\":2.5,\"jitter_ms\":30,"          \
  "\"bandwidth_kbps\":5000}"

static void
test_quality_is_judged (Fixture *f, gconstpointer unused)
{
  const char *path = "/webrtc/rooms/r/connection-quality";
  guint status;
  g_autofree char *report = post (f, path, FAIR, &status);
  g_autofree char *bad = NULL;
  g_autofree char *huge = g_strnfill (100000, '[');

  g_assert_cmpuint (status, ==, 200);
  g_assert_nonnull (strstr (report, "\"quality\":\"fair\""));
  g_assert_nonnull (strstr (report, "\"inband_fec\":true"));
  g_assert_nonnull (strstr (report, "\"timestamp\":\"2"));

  bad = post (f, path, "{\"latency_ms\":\"x\"}", &status);
  g_assert_cmpuint (status, ==, 400);
  g_assert_nonnull (strstr (bad, "latency_ms"));
  g_free (post (f, path, huge, &status));
  g_assert_cmpuint (status, ==, 413);
  g_free (post (f, path, "", &status));
  g_assert_cmpuint (status, ==, 400);
  g_free (request (f, "GET", path, &status));
  g_assert_cmpuint (status, ==, 405);
  g_free (request (f, "GET", "/webrtc/rooms/", &status));
  g_assert_cmpuint (status, ==, 404);
}

static void
test_a_members_state_is_told (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);
  g_autofree char *welcome = NULL;
  g_autofree char *id = NULL;
  g_autofree char *state_path = NULL;
  g_autofree char *quality_path = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *reported = NULL;
  g_autofree char *metrics = NULL;
  guint status;

  g_free (test_peer_expect_type (peer, "welcome"));
  test_peer_send_json (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                             "'resilient':{'version':1}}");
  welcome = test_peer_expect_type (peer, "resilientWelcome");
  id = test_peer_get (welcome, "peerId");
  state_path = g_strdup_printf (
      "/webrtc/rooms/a%%20room/reconnection-state?user_id=%s", id);
  quality_path = g_strdup_printf (
      "/webrtc/rooms/a%%20room/connection-quality?user_id=%s", id);
  g_free (request (f, "GET", state_path, &status));
  g_assert_cmpuint (status, ==, 404);

  test_peer_send_json (peer, "{'type':'joinRoom','roomId':'a room'}");
  g_free (test_peer_expect_type (peer, "roomJoined"));
  test_peer_send_json (peer, "{'type':'publish','roomId':'a room','data':1}");
  g_free (test_peer_expect_type (peer, "roomMessage"));
  before = request (f, "GET", state_path, &status);
  g_assert_cmpuint (status, ==, 200);
  g_assert_nonnull (strstr (before, "\"room_id\":\"a room\""));
  g_assert_nonnull (strstr (before, id));
  g_assert_nonnull (strstr (before, "\"last_sequence\":1"));
  g_assert_nonnull (strstr (before, "\"is_connected\":true"));
  g_assert_nonnull (strstr (before, "\"unknown\""));

  g_free (post (f, quality_path, FAIR, &status));
  after = request (f, "GET", state_path, &status);
  g_assert_nonnull (strstr (after, "\"connection_quality\":\"fair\""));
  /* A client may also report it on its own connection. */
  test_peer_send_json (peer,
                       "{'type':'reportQuality','latencyMs':400,'jitterMs':1,"
                       "'packetLossPercent':0}");
  test_peer_send_json (peer, "{'type':'list'}");
  g_free (test_peer_expect_type (peer, "list"));
  reported = request (f, "GET", state_path, &status);
  g_assert_nonnull (strstr (reported, "\"connection_quality\":\"poor\""));
  metrics = request (f, "GET", "/metrics", &status);
  g_assert_nonnull (strstr (metrics, "seats_quality{quality=\"poor\"} 1\n"));
  g_free (request (f, "GET", "/webrtc/rooms/r/reconnection-state", &status));
  g_assert_cmpuint (status, ==, 400);
}

static void
test_rooms_and_their_members_are_listed (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);
  g_autofree char *none = NULL;
  g_autofree char *nobody = NULL;
  g_autofree char *rooms = NULL;
  g_autofree char *members = NULL;
  g_autofree char *resumable = NULL;
  g_autofree char *id = NULL;
  guint status;

  none = request (f, "GET", "/webrtc/rooms", &status);
  g_assert_cmpuint (status, ==, 200);
  g_assert_cmpstr (none, ==, "{\"rooms\":[]}");
  nobody = request (f, "GET", "/webrtc/rooms/x/members", &status);
  g_assert_cmpuint (status, ==, 200);
  g_assert_cmpstr (nobody, ==, "{\"members\":[]}");

  g_free (test_peer_expect_type (peer, "welcome"));
  test_peer_send_json (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                             "'resilient':{'version':1}}");
  resumable = test_peer_expect_type (peer, "resilientWelcome");
  id = test_peer_get (resumable, "peerId");
  test_peer_send_json (peer, "{'type':'joinRoom','roomId':'a \\u0022room'}");
  g_free (test_peer_expect_type (peer, "roomJoined"));
  rooms = request (f, "GET", "/webrtc/rooms", &status);
  g_assert_nonnull (strstr (rooms, "{\"room_id\":\"a \\\"room\","
                                   "\"members\":1}"));
  members = request (f, "GET", "/webrtc/rooms/a%20%22room/members", &status);
  g_assert_nonnull (strstr (members, id));
  g_assert_nonnull (strstr (members, "\"is_connected\":true"));
  g_assert_nonnull (strstr (members, "\"connection_quality\":\"unknown\""));

  g_free (post (f, "/webrtc/rooms", "", &status));
  g_assert_cmpuint (status, ==, 405);
  g_free (post (f, "/webrtc/rooms/x/members", "", &status));
  g_assert_cmpuint (status, ==, 405);
}

static void
test_the_history_has_a_sample_of_now (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);
  g_autofree char *history = NULL;
  guint status;

  g_free (test_peer_expect_type (peer, "welcome"));
  history = request (f, "GET", "/webrtc/history", &status);
  g_assert_cmpuint (status, ==, 200);
  g_assert_nonnull (strstr (history, "{\"interval_s\":10,\"fields\":"
                                     "[\"time\",\"connections\","));
  g_assert_nonnull (strstr (history, ",1,1,0,0,0,0,0,0,0,0,0,0,0]]}"));
}

static void
test_an_address_has_its_share (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) first = test_peer_new (f->host.port);
  TestPeer *second = test_peer_new (f->host.port);
  g_autoptr (TestPeer) third = NULL;
  g_autoptr (TestPeer) fourth = NULL;

  g_free (test_peer_expect_type (second, "welcome"));
  third = test_peer_try (f->host.port);
  g_assert_null (third->connection);
  g_assert_cmpuint (third->http_status, ==, 429);

  soup_websocket_connection_close (second->connection,
                                   SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  test_peer_expect_end (second);
  test_peer_free (second);
  while (test_host_get_n_clients (&f->host) == 2)
    g_thread_yield ();
  fourth = test_peer_new (f->host.port);
  g_free (test_peer_expect_type (fourth, "welcome"));
}

static guint
try_origin (Fixture *f, const char *origin)
{
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/", f->host.port);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", uri);
  SoupMessageHeaders *headers = soup_message_get_request_headers (msg);
  g_autoptr (GBytes) body = NULL;

  soup_message_headers_append (headers, "Origin", origin);
  soup_message_headers_append (headers, "Upgrade", "websocket");
  soup_message_headers_append (headers, "Connection", "Upgrade");
  body = soup_session_send_and_read (f->session, msg, NULL, NULL);
  return soup_message_get_status (msg);
}

/* The handshake is left unfinished on purpose: 400 means that the origin was
 * let through to it. */
static void
test_pages_of_other_origins_stay_out (Fixture *f, gconstpointer unused)
{
  g_assert_cmpuint (try_origin (f, "https://evil.example"), ==, 403);
  g_assert_cmpuint (try_origin (f, "null"), ==, 403);
  g_assert_cmpuint (try_origin (f, "https://good.example"), ==, 400);
}

#define ADD(path, func)                                                        \
  g_test_add ("/http/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("health-and-readiness", test_health_and_readiness);
  ADD ("other-methods-are-refused", test_other_methods_are_refused);
  ADD ("metrics-count-what-happens", test_metrics_count_what_happens);
  ADD ("quality-is-judged", test_quality_is_judged);
  ADD ("a-members-state-is-told", test_a_members_state_is_told);
  ADD ("rooms-and-their-members-are-listed",
       test_rooms_and_their_members_are_listed);
  ADD ("the-history-has-a-sample-of-now", test_the_history_has_a_sample_of_now);
  ADD ("an-address-has-its-share", test_an_address_has_its_share);
  ADD ("pages-of-other-origins-stay-out", test_pages_of_other_origins_stay_out);

  g_test_add_func ("/http/metrics-may-need-a-token-of-their-own",
                   test_metrics_may_need_a_token_of_their_own);
  g_test_add_func ("/http/a-short-token-for-the-metrics-is-refused",
                   test_a_short_token_for_the_metrics_is_refused);
  g_test_add_func ("/http/clients-behind-a-proxy-are-told-apart",
                   test_clients_behind_a_proxy_are_told_apart);
  g_test_add_func ("/http/a-client-may-ask-for-pings",
                   test_a_client_may_ask_for_pings);

  return g_test_run ();
}
