/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-host.h"
#include "test-peer.h"

#include <string.h>

/* What the server says over HTTP, and whom it lets in. */

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
  test_peer_say (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                       "'resilient':{'version':1}}");
  test_peer_say (peer, "what");
  test_peer_say (peer, "{'type':'setPeerStatus','roles':['producer']}");
  test_peer_say (peer, "{'type':'list'}");
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
  g_autofree char *seated = NULL;
  g_autofree char *id = NULL;
  g_autofree char *state_path = NULL;
  g_autofree char *quality_path = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *reported = NULL;
  g_autofree char *metrics = NULL;
  guint status;

  g_free (test_peer_expect_type (peer, "welcome"));
  test_peer_say (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                       "'resilient':{'version':1}}");
  seated = test_peer_expect_type (peer, "resilientWelcome");
  id = test_peer_get (seated, "peerId");
  state_path = g_strdup_printf (
      "/webrtc/rooms/a%%20room/reconnection-state?user_id=%s", id);
  quality_path = g_strdup_printf (
      "/webrtc/rooms/a%%20room/connection-quality?user_id=%s", id);
  g_free (request (f, "GET", state_path, &status));
  g_assert_cmpuint (status, ==, 404);

  test_peer_say (peer, "{'type':'joinRoom','roomId':'a room'}");
  g_free (test_peer_expect_type (peer, "roomJoined"));
  test_peer_say (peer, "{'type':'publish','roomId':'a room','data':1}");
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
  /* A client may also say so where it sits. */
  test_peer_say (peer, "{'type':'reportQuality','latencyMs':400,'jitterMs':1,"
                       "'packetLossPercent':0}");
  test_peer_say (peer, "{'type':'list'}");
  g_free (test_peer_expect_type (peer, "list"));
  reported = request (f, "GET", state_path, &status);
  g_assert_nonnull (strstr (reported, "\"connection_quality\":\"poor\""));
  metrics = request (f, "GET", "/metrics", &status);
  g_assert_nonnull (strstr (metrics, "seats_quality{quality=\"poor\"} 1\n"));
  g_free (request (f, "GET", "/webrtc/rooms/r/reconnection-state", &status));
  g_assert_cmpuint (status, ==, 400);
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
  ADD ("an-address-has-its-share", test_an_address_has_its_share);
  ADD ("pages-of-other-origins-stay-out", test_pages_of_other_origins_stay_out);

  return g_test_run ();
}
