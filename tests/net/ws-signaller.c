/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-failure.h"
#include "rw-process.h"
#include "rw-test-relay.h"
#include "rw-test-server.h"
#include "rw-ws-signaller.h"

#include <string.h>

#define MS G_GINT64_CONSTANT (1000)

/* What the signaller told, as words. */
typedef struct {
  RwTestServer *server;
  RwTestRelay *relay;
  RwClock *clock;
  RwWsSignaller *ws;
  RwSignaller *signaller;
  GPtrArray *log;
  GError *error;
  gint64 delay_us;
  guint n_opened;
  guint n_closed;
  guint n_failed;
  guint n_tokens;
  const char *fresh_token;
  const char *awaited; /* in the log, or at the server */
  guint n_awaited;
} Fixture;

static void
note (Fixture *f, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (f->log, g_strdup_vprintf (format, args));
  va_end (args);
}

static void
on_opened (RwSignaller *signaller, const char *peer_id, Fixture *f)
{
  f->n_opened++;
  note (f, "opened %s", peer_id);
}

static void
on_closed (RwSignaller *signaller, const GError *error, gboolean will_retry,
           gint64 delay_us, Fixture *f)
{
  f->n_closed++;
  f->delay_us = delay_us;
  g_clear_error (&f->error);
  f->error = error != NULL ? g_error_copy (error) : NULL;
  note (f, "closed %s", will_retry ? "retry" : "for good");
}

static void
on_failed (RwSignaller *signaller, const GError *error, Fixture *f)
{
  f->n_failed++;
  g_clear_error (&f->error);
  f->error = g_error_copy (error);
  note (f, "failed");
}

static void
on_server_error (RwSignaller *signaller, const char *details, Fixture *f)
{
  note (f, "server-error %s", details);
}

static void
on_peer_status (RwSignaller *signaller, const char *peer_id, RwRoles roles,
                const char *name, gboolean is_resilient, const char *stream_id,
                Fixture *f)
{
  note (f, "peer %s %u %s %s %s", peer_id, roles, name != NULL ? name : "-",
        is_resilient ? "resilient" : "ordinary",
        stream_id != NULL ? stream_id : "-");
}

static void
on_session_started (RwSignaller *signaller, const char *peer_id,
                    const char *session_id, guint64 generation, Fixture *f)
{
  note (f, "started %s %s %u", peer_id, session_id, (guint) generation);
}

static void
on_session_refused (RwSignaller *signaller, guint64 generation,
                    const char *details, Fixture *f)
{
  note (f, "refused %u %s", (guint) generation, details);
}

static void
on_session_requested (RwSignaller *signaller, const char *peer_id,
                      const char *session_id, const char *offer,
                      const RwSessionRequest *request, Fixture *f)
{
  note (f, "requested %s %s %s %s", peer_id, session_id,
        offer != NULL ? offer : "-",
        request != NULL ? request->consumer_id : "-");
}

static void
on_session_ended (RwSignaller *signaller, const char *session_id,
                  const char *error, Fixture *f)
{
  note (f, "ended %s %s", session_id, error != NULL ? error : "-");
}

static void
on_description (RwSignaller *signaller, const char *session_id, int type,
                const char *sdp, Fixture *f)
{
  note (f, "%s %s %s", type == RW_SDP_TYPE_OFFER ? "offer" : "answer",
        session_id, sdp);
}

static void
on_candidate (RwSignaller *signaller, const char *session_id, guint mline,
              const char *candidate, Fixture *f)
{
  note (f, "candidate %s %u %s", session_id, mline, candidate);
}

static char *
on_request_token (RwWsSignaller *signaller, Fixture *f)
{
  f->n_tokens++;
  return g_strdup (f->fresh_token);
}

static RwWsSignallerConfig
quick_config (const char *const *uris)
{
  RwWsSignallerConfig config = RW_WS_SIGNALLER_CONFIG_DEFAULT;

  config.uris = uris;
  config.client_id = "me";
  config.backoff.delay_us = 20 * MS;
  config.backoff.delay_max_us = 100 * MS;
  config.spread_us = 0;
  return config;
}

static void
make_signaller (Fixture *f, const RwWsSignallerConfig *config)
{
  g_autoptr (GError) error = NULL;

  f->ws = rw_ws_signaller_new (f->clock, NULL, NULL, config, &error);
  g_assert_no_error (error);
  f->signaller = RW_SIGNALLER (f->ws);
  g_signal_connect (f->ws, "opened", G_CALLBACK (on_opened), f);
  g_signal_connect (f->ws, "closed", G_CALLBACK (on_closed), f);
  g_signal_connect (f->ws, "failed", G_CALLBACK (on_failed), f);
  g_signal_connect (f->ws, "server-error", G_CALLBACK (on_server_error), f);
  g_signal_connect (f->ws, "peer-status", G_CALLBACK (on_peer_status), f);
  g_signal_connect (f->ws, "session-started", G_CALLBACK (on_session_started),
                    f);
  g_signal_connect (f->ws, "session-refused", G_CALLBACK (on_session_refused),
                    f);
  g_signal_connect (f->ws, "session-requested",
                    G_CALLBACK (on_session_requested), f);
  g_signal_connect (f->ws, "session-ended", G_CALLBACK (on_session_ended), f);
  g_signal_connect (f->ws, "description", G_CALLBACK (on_description), f);
  g_signal_connect (f->ws, "candidate", G_CALLBACK (on_candidate), f);
  g_signal_connect (f->ws, "request-token", G_CALLBACK (on_request_token), f);
}

/* A signaller of the server itself. */
static void
make_plain_signaller (Fixture *f)
{
  g_autofree char *uri = rw_test_server_get_uri (f->server);
  const char *uris[] = {uri, NULL};
  RwWsSignallerConfig config = quick_config (uris);

  make_signaller (f, &config);
}

/* A signaller of the server through the relay. */
static void
make_relayed_signaller (Fixture *f, gint64 ping_us, gint64 pong_us)
{
  g_autofree char *uri = NULL;
  const char *uris[] = {NULL, NULL};
  RwWsSignallerConfig config;

  f->relay = rw_test_relay_new (rw_test_server_get_port (f->server));
  uri =
      g_strdup_printf ("ws://127.0.0.1:%u", rw_test_relay_get_port (f->relay));
  uris[0] = uri;
  config = quick_config (uris);
  config.ping_interval_us = ping_us;
  config.pong_timeout_us = pong_us;
  config.probe_timeout_us = 50 * MS;
  make_signaller (f, &config);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->server = rw_test_server_new ();
  f->clock = rw_clock_new ();
  f->log = g_ptr_array_new_with_free_func (g_free);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->ws != NULL)
    g_assert_finalize_object (f->ws);
  g_clear_pointer (&f->relay, rw_test_relay_free);
  g_clear_error (&f->error);
  g_object_unref (f->server);
  g_object_unref (f->clock);
  g_ptr_array_unref (f->log);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static guint
count_logged (Fixture *f, const char *text)
{
  guint n = 0;

  for (guint i = 0; i < f->log->len; i++)
    if (g_str_equal (f->log->pdata[i], text))
      n++;
  return n;
}

static gboolean
is_logged (gpointer data)
{
  Fixture *f = data;

  return count_logged (f, f->awaited) >= f->n_awaited;
}

static void
wait_logged (Fixture *f, const char *text, guint n)
{
  f->awaited = text;
  f->n_awaited = n;
  rw_test_wait (is_logged, f);
}

static gboolean
is_received (gpointer data)
{
  Fixture *f = data;

  return rw_test_server_count (f->server, f->awaited) >= f->n_awaited;
}

static void
wait_received (Fixture *f, const char *part, guint n)
{
  f->awaited = part;
  f->n_awaited = n;
  rw_test_wait (is_received, f);
}

static gboolean
is_opened_so_often (gpointer data)
{
  Fixture *f = data;

  return f->n_opened >= f->n_awaited;
}

static void
wait_opened (Fixture *f, guint n)
{
  f->n_awaited = n;
  rw_test_wait (is_opened_so_often, f);
}

static gboolean
is_closed_so_often (gpointer data)
{
  Fixture *f = data;

  return f->n_closed >= f->n_awaited;
}

static void
wait_closed (Fixture *f, guint n)
{
  f->n_awaited = n;
  rw_test_wait (is_closed_so_often, f);
}

static gboolean
is_failed (gpointer data)
{
  return ((Fixture *) data)->n_failed > 0;
}

static const char *
get_received (Fixture *f, guint i)
{
  GPtrArray *received = rw_test_server_get_received (f->server);

  g_assert_cmpuint (i, <, received->len);
  return received->pdata[i];
}

static void
assert_contains (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("no \"%s\" in: %s", part, text);
}

/* ---- tests ---- */

static void
test_says_who_it_is_without_waiting (Fixture *f, gconstpointer data)
{
  make_plain_signaller (f);
  rw_signaller_set_status (f->signaller, RW_ROLE_PRODUCER, "studio", "stream");
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  g_assert_cmpuint (count_logged (f, "opened client-1"), ==, 1);
  assert_contains (get_received (f, 0), "\"setProtocolVersion\"");
  assert_contains (get_received (f, 0), "\"v1_1\"");
  assert_contains (get_received (f, 0), "\"clientId\":\"me\"");
  assert_contains (get_received (f, 1), "\"setPeerStatus\"");
  assert_contains (get_received (f, 1), "[\"producer\"]");
  assert_contains (get_received (f, 1), "\"studio\"");
  assert_contains (get_received (f, 1), "\"stream\"");
  rw_signaller_set_status (f->signaller, RW_ROLE_PRODUCER, "hall", "stream");
  wait_received (f, "\"hall\"", 1);
}

static void
test_listener_hears_of_producers (Fixture *f, gconstpointer data)
{
  rw_test_server_set_producers (
      f->server, "[{\"id\":\"a\",\"meta\":null},{\"id\":\"b\",\"meta\":{"
                 "\"name\":\"studio\",\"resilient\":1,\"streamId\":\"s\"}},"
                 "{\"id\":\"client-1\",\"meta\":null}]");
  make_plain_signaller (f);
  rw_signaller_set_status (f->signaller, RW_ROLE_LISTENER, NULL, NULL);
  rw_signaller_start (f->signaller);
  wait_logged (f, "peer b 1 studio resilient s", 1);
  g_assert_cmpuint (count_logged (f, "peer a 1 - ordinary -"), ==, 1);
  rw_test_server_say (f->server,
                      "{\"type\":\"peerStatusChanged\",\"roles\":[\"listener\"]"
                      ",\"meta\":null,\"peerId\":\"client-1\"}");
  rw_test_server_say (f->server,
                      "{\"type\":\"peerStatusChanged\",\"roles\":[\"producer\"]"
                      ",\"meta\":{\"name\":7},\"peerId\":\"c\"}");
  rw_test_server_say (f->server, "{\"type\":\"peerStatusChanged\",\"roles\":[],"
                                 "\"meta\":null,\"peerId\":\"a\"}");
  wait_logged (f, "peer a 0 - ordinary -", 1);
  g_assert_cmpuint (count_logged (f, "peer c 1 - ordinary -"), ==, 1);
  /* Its own echo is no news. */
  g_assert_cmpuint (f->log->len, ==, 5);
}

static void
test_carries_a_session_both_ways (Fixture *f, gconstpointer data)
{
  g_autoptr (RwSessionRequest) request = rw_session_request_new ("ears");

  make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  request->generation = 3;
  rw_signaller_start_session (f->signaller, "p", NULL, request);
  rw_signaller_send_description (f->signaller, "s1", RW_SDP_TYPE_ANSWER, "v=0");
  rw_signaller_send_candidate (f->signaller, "s1", 1, "candidate:1");
  rw_signaller_end_session (f->signaller, "s1", "no audio");
  wait_received (f, "endSession", 1);
  wait_received (f, "\"consumerId\":\"ears\"", 1);
  wait_received (f, "\"sdp\":\"v=0\"", 1);
  wait_received (f, "\"candidate:1\"", 1);

  rw_test_server_say (f->server, "{\"type\":\"sessionStarted\",\"peerId\":"
                                 "\"p\",\"sessionId\":\"s2\"}");
  rw_test_server_say (f->server, "{\"type\":\"startSession\",\"peerId\":\"q\","
                                 "\"sessionId\":\"s3\",\"offer\":null}");
  rw_test_server_say (f->server, "{\"type\":\"startSession\",\"peerId\":\"q\","
                                 "\"sessionId\":\"s4\",\"offer\":\"o\","
                                 "\"resilient\":{\"consumerId\":\"c\"}}");
  rw_test_server_say (f->server,
                      "{\"type\":\"peer\",\"sessionId\":\"s2\",\"sdp\":{"
                      "\"type\":\"offer\",\"sdp\":\"v=1\"}}");
  rw_test_server_say (f->server,
                      "{\"type\":\"peer\",\"sessionId\":\"s2\",\"ice\":{"
                      "\"candidate\":\"\",\"sdpMLineIndex\":0}}");
  rw_test_server_say (f->server, "{\"type\":\"error\",\"details\":\"oh\"}");
  rw_test_server_say (f->server, "{\"type\":\"endSessionV1_1\",\"sessionId\":"
                                 "\"s2\",\"error\":\"bye\"}");
  rw_test_server_say (f->server,
                      "{\"type\":\"endSession\",\"sessionId\":\"s3\"}");
  wait_logged (f, "ended s3 -", 1);
  g_assert_cmpuint (count_logged (f, "started p s2 3"), ==, 1);
  g_assert_cmpuint (count_logged (f, "requested q s3 - -"), ==, 1);
  g_assert_cmpuint (count_logged (f, "requested q s4 o c"), ==, 1);
  g_assert_cmpuint (count_logged (f, "offer s2 v=1"), ==, 1);
  g_assert_cmpuint (count_logged (f, "candidate s2 0 "), ==, 1);
  g_assert_cmpuint (count_logged (f, "server-error oh"), ==, 1);
  g_assert_cmpuint (count_logged (f, "ended s2 bye"), ==, 1);
}

static void
ask (Fixture *f, guint64 generation)
{
  g_autoptr (RwSessionRequest) request = rw_session_request_new ("ears");

  request->generation = generation;
  rw_signaller_start_session (f->signaller, "p", NULL, request);
}

static void
test_answers_find_their_questions (Fixture *f, gconstpointer data)
{
  make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  for (guint i = 1; i <= 5; i++)
    ask (f, i);
  wait_received (f, "startSession", 5);
  rw_test_server_say (f->server, "{\"type\":\"sessionStarted\",\"peerId\":"
                                 "\"p\",\"sessionId\":\"s\"}");
  rw_test_server_say (f->server, "{\"type\":\"error\",\"details\":\"d\","
                                 "\"code\":\"unknown-session\","
                                 "\"sessionId\":\"gone\"}");
  rw_test_server_say (f->server, "{\"type\":\"error\",\"details\":\"d\","
                                 "\"code\":\"bad-roles\"}");
  rw_test_server_say (f->server, "{\"type\":\"error\",\"details\":\"d\","
                                 "\"code\":\"unknown-peer\"}");
  rw_test_server_say (f->server, "{\"type\":\"error\",\"details\":\"d\"}");
  wait_logged (f, "refused 3 d", 1);
  g_assert_cmpuint (count_logged (f, "started p s 1"), ==, 1);
  g_assert_cmpuint (count_logged (f, "refused 2 d"), ==, 1);
  g_assert_cmpuint (count_logged (f, "server-error d"), ==, 2);
  /* The line goes, and with it the answers to the others. */
  rw_test_server_hang_up (f->server, 1001);
  wait_opened (f, 2);
  g_assert_cmpuint (count_logged (f, "refused 4 the connection was lost first"),
                    ==, 1);
  g_assert_cmpuint (count_logged (f, "refused 5 the connection was lost first"),
                    ==, 1);
  ask (f, 6);
  wait_received (f, "startSession", 6);
  rw_test_server_say (f->server, "{\"type\":\"sessionStarted\",\"peerId\":"
                                 "\"p\",\"sessionId\":\"t\"}");
  wait_logged (f, "started p t 6", 1);
}

static void
test_moves_when_told_to (Fixture *f, gconstpointer data)
{
  make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  rw_test_server_say (f->server, "{\"type\":\"moved\",\"delayMs\":100}");
  wait_opened (f, 2);
  g_assert_cmpuint (rw_test_server_get_n_accepted (f->server), ==, 2);
  rw_test_server_say (f->server, "{\"type\":\"moved\",\"delayMs\":100}");
  rw_test_server_hang_up (f->server, 1012);
  wait_opened (f, 3);
}

static gboolean
is_server_empty (gpointer data)
{
  return rw_test_server_get_n_open (data) == 0;
}

/* And is waited for by nobody at the other one. */
static void
test_goes_back_to_the_preferred_server (Fixture *f, gconstpointer data)
{
  g_autoptr (RwTestServer) preferred = rw_test_server_new ();
  g_autofree char *preferred_uri = rw_test_server_get_uri (preferred);
  g_autofree char *uri = rw_test_server_get_uri (f->server);
  const char *uris[] = {preferred_uri, uri, NULL};
  RwWsSignallerConfig config = quick_config (uris);

  config.better_delay_us = 1200 * MS;
  rw_test_server_stop (preferred);
  make_signaller (f, &config);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  g_assert_cmpstr (rw_ws_signaller_get_uri (f->ws), ==, uri);
  rw_test_server_listen_again (preferred);
  wait_opened (f, 2);
  g_assert_cmpstr (rw_ws_signaller_get_uri (f->ws), ==, preferred_uri);
  g_assert_cmpuint (f->n_closed, ==, 2);
  g_assert_no_error (f->error);
  rw_test_wait (is_server_empty, f->server);
  g_assert_cmpuint (rw_test_server_get_close_code (f->server), ==, 1000);
}

static void
test_old_servers_are_understood (Fixture *f, gconstpointer data)
{
  rw_test_server_set_welcome (f->server,
                              "{\"type\":\"welcome\",\"peer_id\":\"old\"}");
  /* It knows neither setProtocolVersion nor, in this test, what a list is. */
  rw_test_server_set_producers (f->server, NULL);
  make_plain_signaller (f);
  rw_signaller_set_status (f->signaller, RW_ROLE_LISTENER, NULL, NULL);
  rw_signaller_start (f->signaller);
  wait_received (f, "list", 1);
  rw_test_server_say (f->server, "{\"type\":\"error\",\"details\":\"unknown "
                                 "type setProtocolVersion\"}");
  rw_test_server_say (f->server,
                      "{\"type\":\"peerStatusChanged\",\"roles\":[\"listener\"]"
                      ",\"meta\":null,\"peerId\":\"old\"}");
  wait_logged (f, "opened old", 1);
  g_assert_cmpuint (f->log->len, ==, 1);
}

static void
test_nonsense_is_passed_over (Fixture *f, gconstpointer data)
{
  RwWsSignallerCounts counts;

  make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  rw_test_server_say (f->server, "");
  rw_test_server_say (f->server, "{");
  rw_test_server_say (f->server, "[1,2]");
  rw_test_server_say (f->server, "{\"type\":\"tomorrow\"}");
  rw_test_server_say (f->server, "{\"type\":\"sessionStarted\",\"peerId\":5}");
  rw_test_server_say (f->server, "{\"type\":\"welcome\",\"peerId\":\"x\"}");
  rw_test_server_say (f->server, "{\"type\":\"setPeerStatus\",\"roles\":[]}");
  rw_test_server_say (f->server,
                      "{\"type\":\"endSession\",\"sessionId\":\"s\"}");
  wait_logged (f, "ended s -", 1);
  g_assert_cmpuint (f->log->len, ==, 2);
  rw_ws_signaller_get_counts (f->ws, &counts);
  g_assert_cmpuint (counts.malformed, ==, 5);
}

#define RESILIENT_WELCOME                                                      \
  "{\"type\":\"resilientWelcome\",\"peerId\":\"seat\",\"version\":1,"          \
  "\"token\":\"secret\",\"graceMs\":30000,\"resumed\":%s}"

static void
test_seat_is_resumed_and_the_queue_sent (Fixture *f, gconstpointer data)
{
  g_autofree char *fresh = g_strdup_printf (RESILIENT_WELCOME, "false");
  g_autofree char *resumed = g_strdup_printf (RESILIENT_WELCOME, "true");

  rw_test_server_set_producers (f->server, NULL);
  make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  wait_received (f, "setProtocolVersion", 1);
  rw_test_server_say (f->server, fresh);
  wait_logged (f, "opened seat", 1);
  g_assert_cmpuint (rw_test_server_count (f->server, "\"secret\""), ==, 0);

  rw_test_server_stop (f->server);
  wait_closed (f, 1);
  rw_signaller_send_description (f->signaller, "s", RW_SDP_TYPE_OFFER, "v=0");
  rw_signaller_send_candidate (f->signaller, "s", 0, "candidate:9");
  rw_signaller_start_session (f->signaller, "p", NULL, NULL);
  rw_signaller_start_session (f->signaller, "p", "newer", NULL);
  rw_test_server_listen_again (f->server);
  wait_received (f, "setProtocolVersion", 2);
  g_assert_cmpuint (rw_test_server_count (f->server, "\"secret\""), ==, 1);
  /* Nothing goes out before the server has said whose seat it is. */
  g_assert_cmpuint (rw_test_server_count (f->server, "startSession"), ==, 0);
  rw_test_server_say (f->server, resumed);
  wait_logged (f, "opened seat", 2);
  wait_received (f, "startSession", 1);
  wait_received (f, "\"newer\"", 1);
  g_assert_cmpuint (rw_test_server_count (f->server, "v=0"), ==, 1);
  g_assert_cmpuint (rw_test_server_count (f->server, "candidate:9"), ==, 1);
}

static void
test_new_seat_forgets_old_sessions (Fixture *f, gconstpointer data)
{
  RwWsSignallerCounts counts;

  make_plain_signaller (f);
  rw_signaller_set_status (f->signaller, RW_ROLE_LISTENER, NULL, NULL);
  rw_test_server_set_producers (f->server, "[{\"id\":\"a\",\"meta\":null}]");
  rw_signaller_start (f->signaller);
  wait_logged (f, "peer a 1 - ordinary -", 1);
  rw_test_server_stop (f->server);
  wait_closed (f, 1);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE);
  rw_signaller_send_candidate (f->signaller, "s", 0, "candidate:9");
  rw_signaller_start_session (f->signaller, "p", NULL, NULL);
  rw_test_server_set_producers (f->server, "[{\"id\":\"b\",\"meta\":null}]");
  rw_test_server_listen_again (f->server);
  wait_opened (f, 2);
  wait_logged (f, "peer b 1 - ordinary -", 1);
  /* It has been told again what we are, and we what has gone. */
  g_assert_cmpuint (rw_test_server_count (f->server, "setPeerStatus"), ==, 2);
  g_assert_cmpuint (count_logged (f, "peer a 0 - ordinary -"), ==, 1);
  wait_received (f, "startSession", 1);
  g_assert_cmpuint (rw_test_server_count (f->server, "candidate:9"), ==, 0);
  rw_ws_signaller_get_counts (f->ws, &counts);
  g_assert_cmpuint (counts.dropped_stale, ==, 1);
  g_assert_cmpuint (counts.opened, ==, 2);
}

static void
test_queue_is_bounded (Fixture *f, gconstpointer data)
{
  RwWsSignallerCounts counts;

  make_plain_signaller (f);
  for (int i = 0; i < 150; i++) {
    g_autofree char *peer_id = g_strdup_printf ("p%d", i);

    rw_signaller_start_session (f->signaller, peer_id, NULL, NULL);
  }
  rw_ws_signaller_get_counts (f->ws, &counts);
  g_assert_cmpuint (counts.dropped_overflow, ==, 50);
  rw_signaller_start (f->signaller);
  wait_received (f, "\"p149\"", 1);
  g_assert_cmpuint (rw_test_server_count (f->server, "startSession"), ==, 100);
  g_assert_cmpuint (rw_test_server_count (f->server, "\"p49\""), ==, 0);
}

static void
test_unreachable_is_told_and_retried (Fixture *f, gconstpointer data)
{
  g_autofree char *uri = rw_test_server_get_uri (f->server);

  make_plain_signaller (f);
  rw_test_server_stop (f->server);
  rw_signaller_start (f->signaller);
  wait_closed (f, 3);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE);
  assert_contains (f->error->message, uri);
  assert_contains (f->error->message, "trying again in ");
  g_assert_cmpint (f->delay_us, >, 0);
  g_assert_cmpint (f->delay_us, <=, 100 * MS);
  rw_test_server_listen_again (f->server);
  wait_opened (f, 1);
}

static void
test_no_host_of_that_name_is_told (Fixture *f, gconstpointer data)
{
  const char *uris[] = {"ws://nobody.invalid:1?token=hidden", NULL};
  RwWsSignallerConfig config = quick_config (uris);

  config.backoff.retries = 0;
  make_signaller (f, &config);
  rw_signaller_start (f->signaller);
  rw_test_wait (is_failed, f);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE);
  assert_contains (f->error->message, "ws://nobody.invalid:1");
  g_assert_null (strstr (f->error->message, "hidden"));
}

static void
test_refused_credentials_are_final (Fixture *f, gconstpointer data)
{
  make_plain_signaller (f);
  rw_test_server_refuse (f->server, 401, NULL);
  rw_signaller_start (f->signaller);
  rw_test_wait (is_failed, f);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNAUTHORIZED);
  assert_contains (f->error->message, "auth-token");
  g_assert_cmpuint (f->n_tokens, ==, 1);
}

static gboolean
is_asked_for_token (gpointer data)
{
  return ((Fixture *) data)->n_tokens > 0;
}

static void
test_fresh_token_is_tried (Fixture *f, gconstpointer data)
{
  make_plain_signaller (f);
  rw_ws_signaller_set_auth_token (f->ws, "stale");
  f->fresh_token = "fresh";
  rw_test_server_refuse (f->server, 401, NULL);
  rw_signaller_start (f->signaller);
  rw_test_wait (is_asked_for_token, f);
  g_assert_cmpstr (rw_test_server_get_authorization (f->server), ==,
                   "Bearer stale");
  rw_test_server_refuse (f->server, 0, NULL);
  wait_opened (f, 1);
  g_assert_cmpstr (rw_test_server_get_authorization (f->server), ==,
                   "Bearer fresh");
  g_assert_cmpuint (f->n_failed, ==, 0);
}

static void
test_retry_after_is_obeyed (Fixture *f, gconstpointer data)
{
  gint64 start_us;

  make_plain_signaller (f);
  rw_test_server_refuse (f->server, 429, "1");
  rw_signaller_start (f->signaller);
  wait_closed (f, 1);
  start_us = g_get_monotonic_time ();
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_RATE_LIMITED);
  g_assert_cmpint (f->delay_us, >=, 1000 * MS);
  rw_test_server_refuse (f->server, 0, NULL);
  rw_signaller_retry_now (f->signaller);
  wait_opened (f, 1);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 900 * MS);
}

/* Said on an open line, just before it is cut off for talking too much. */
static void
test_retry_after_on_the_line_is_obeyed (Fixture *f, gconstpointer data)
{
  gint64 start_us;

  make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  rw_test_server_say (f->server, "{\"type\":\"error\",\"details\":\"slow "
                                 "down\",\"code\":\"rate-limited\","
                                 "\"retryAfterMs\":1000}");
  rw_test_server_hang_up (f->server, 1008);
  wait_closed (f, 1);
  start_us = g_get_monotonic_time ();
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_REFUSED);
  rw_signaller_retry_now (f->signaller);
  wait_opened (f, 2);
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 900 * MS);
}

static void
test_bad_settings_are_told_at_once (Fixture *f, gconstpointer data)
{
  const char *bad[] = {"",     "localhost:8443", "http://a:1", "ws://",
                       "ws:a", "ws://a:99999",   "\xff"};
  g_autofree char *uri = rw_test_server_get_uri (f->server);
  const char *good_uris[] = {uri, NULL};
  RwWsSignallerConfig config = quick_config (good_uris);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    const char *uris[] = {uri, bad[i], NULL};
    RwWsSignallerConfig c = quick_config (uris);
    g_autoptr (GError) e = NULL;

    g_assert_null (rw_ws_signaller_new (f->clock, NULL, NULL, &c, &e));
    g_assert_error (e, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS);
  }
  config.tls_ca_file = "/nonexistent/ca.pem";
  g_assert_null (rw_ws_signaller_new (f->clock, NULL, NULL, &config, &error));
  g_assert_error (error, RW_FAILURE_ERROR, RW_FAILURE_SETTINGS);
  assert_contains (error->message, "/nonexistent/ca.pem");
}

static void
test_clean_stop_is_said_and_not_retried (Fixture *f, gconstpointer data)
{
  make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  rw_signaller_end_session (f->signaller, "last words", NULL);
  rw_signaller_stop (f->signaller);
  rw_signaller_stop (f->signaller);
  wait_closed (f, 1);
  g_assert_null (f->error);
  g_assert_cmpuint (count_logged (f, "closed for good"), ==, 1);
  g_assert_cmpuint (rw_test_server_count (f->server, "last words"), ==, 1);
  g_assert_cmpuint (rw_test_server_get_close_code (f->server), ==, 1000);
  g_assert_cmpuint (rw_test_server_get_n_open (f->server), ==, 0);
  g_assert_cmpuint (rw_test_server_get_n_accepted (f->server), ==, 1);
  /* It may be started again. */
  rw_signaller_start (f->signaller);
  wait_opened (f, 2);
}

static void
test_server_that_hangs_up_is_called_again (Fixture *f, gconstpointer data)
{
  make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  rw_test_server_hang_up (f->server, 1001);
  wait_opened (f, 2);
  g_assert_cmpuint (count_logged (f, "closed retry"), ==, 1);
}

static void
test_pings_find_a_dead_line (Fixture *f, gconstpointer data)
{
  make_relayed_signaller (f, 1000 * MS, 500 * MS);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  rw_test_relay_forget_all (f->relay);
  wait_closed (f, 1);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT);
  wait_opened (f, 2);
}

static void
test_quiet_line_is_kept_by_its_pongs (Fixture *f, gconstpointer data)
{
  guint64 n_bytes;

  make_relayed_signaller (f, 1000 * MS, 500 * MS);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  n_bytes = rw_test_relay_get_n_bytes (f->relay);
  /* Three pings and pongs, of 6 and 2 bytes and more. */
  while (rw_test_relay_get_n_bytes (f->relay) < n_bytes + 3 * 8)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (f->n_closed, ==, 0);
  g_assert_cmpuint (f->n_opened, ==, 1);
}

/* With the pings far off, so that it is the doubt that finds it. */
static void
test_doubted_line_is_replaced_within_two_seconds (Fixture *f,
                                                  gconstpointer data)
{
  gint64 start_us;

  make_relayed_signaller (f, 1000000 * MS, 1000 * MS);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  rw_test_relay_forget_all (f->relay);
  start_us = g_get_monotonic_time ();
  rw_signaller_retry_now (f->signaller);
  wait_opened (f, 2);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, 2000 * MS);
  /* Beside the old one; only then that one's sessions are over. */
  g_assert_cmpuint (f->n_closed, ==, 1);
  g_assert_cmpstr (f->log->pdata[f->log->len - 2], ==, "closed retry");
}

static void
test_doubted_line_that_answers_is_kept (Fixture *f, gconstpointer data)
{
  make_relayed_signaller (f, 1000000 * MS, 1000 * MS);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  for (guint i = 2; i < 6; i++) {
    rw_signaller_retry_now (f->signaller);
    wait_received (f, "\"list\"", i);
    rw_test_server_say (f->server, "{\"type\":\"error\",\"details\":\"oh\"}");
    wait_logged (f, "server-error oh", i - 1);
  }
  g_assert_cmpuint (rw_test_server_get_n_accepted (f->server), ==, 1);
  g_assert_cmpuint (f->n_opened, ==, 1);
}

static gboolean
is_second_attempt (gpointer data)
{
  RwWsSignallerCounts counts;

  rw_ws_signaller_get_counts (((Fixture *) data)->ws, &counts);
  return counts.attempts >= 2;
}

static void
test_line_that_thaws_first_wins (Fixture *f, gconstpointer data)
{
  make_relayed_signaller (f, 1000000 * MS, 1000 * MS);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  rw_test_relay_set_frozen (f->relay, TRUE);
  rw_signaller_retry_now (f->signaller);
  rw_test_wait (is_second_attempt, f);
  rw_test_relay_set_frozen (f->relay, FALSE);
  rw_signaller_start_session (f->signaller, "p", NULL, NULL);
  wait_received (f, "startSession", 1);
  g_assert_cmpuint (f->n_closed, ==, 0);
}

static void
test_rehearsed_outage_ends (Fixture *f, gconstpointer data)
{
  make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  rw_ws_signaller_simulate_outage (f->ws, 300 * MS);
  wait_closed (f, 1);
  wait_opened (f, 2);
  g_assert_cmpuint (rw_test_server_get_n_accepted (f->server), ==, 2);
}

static void
test_goes_on_to_the_next_server (Fixture *f, gconstpointer data)
{
  g_autoptr (RwTestServer) gone = rw_test_server_new ();
  g_autofree char *gone_uri = rw_test_server_get_uri (gone);
  g_autofree char *uri = rw_test_server_get_uri (f->server);
  const char *uris[] = {gone_uri, uri, NULL};
  RwWsSignallerConfig config = quick_config (uris);

  rw_test_server_stop (gone);
  make_signaller (f, &config);
  rw_signaller_start (f->signaller);
  wait_opened (f, 1);
  g_assert_cmpuint (f->n_closed, ==, 1);
}

static void
stop_when_opened (RwSignaller *signaller, const char *peer_id, Fixture *f)
{
  rw_signaller_stop (signaller);
}

static void
test_handler_may_stop (Fixture *f, gconstpointer data)
{
  make_plain_signaller (f);
  g_signal_connect (f->ws, "opened", G_CALLBACK (stop_when_opened), f);
  rw_signaller_start_session (f->signaller, "p", NULL, NULL);
  rw_signaller_start (f->signaller);
  wait_logged (f, "closed for good", 1);
  g_assert_cmpuint (f->n_opened, ==, 1);
}

/* ---- leaks ---- */

static void
cycle (Fixture *f, int i)
{
  make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  /* Ended while connecting, when open, and after a goodbye. */
  if (i % 3 > 0)
    wait_opened (f, f->n_opened + 1);
  if (i % 3 > 1) {
    rw_signaller_stop (f->signaller);
    wait_closed (f, f->n_closed + 1);
  }
  g_assert_finalize_object (g_steal_pointer (&f->ws));
}

static void
test_cycles_leave_nothing (Fixture *f, gconstpointer data)
{
  guint n_fds, n_threads;

  for (int i = 0; i < 3; i++)
    cycle (f, i);
  rw_test_wait (is_server_empty, f->server);
  n_fds = rw_process_count_files ();
  n_threads = rw_process_count_threads ();
  for (int i = 0; i < 300; i++)
    cycle (f, i);
  rw_test_wait (is_server_empty, f->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (rw_process_count_files (), <=, n_fds + 2);
  g_assert_cmpuint (rw_process_count_threads (), <=, n_threads + 2);
}

#define ADD(name, func)                                                        \
  g_test_add ("/net/ws-signaller/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("says-who-it-is-without-waiting", test_says_who_it_is_without_waiting);
  ADD ("listener-hears-of-producers", test_listener_hears_of_producers);
  ADD ("carries-a-session-both-ways", test_carries_a_session_both_ways);
  ADD ("answers-find-their-questions", test_answers_find_their_questions);
  ADD ("moves-when-told-to", test_moves_when_told_to);
  ADD ("goes-back-to-the-preferred-server",
       test_goes_back_to_the_preferred_server);
  ADD ("old-servers-are-understood", test_old_servers_are_understood);
  ADD ("nonsense-is-passed-over", test_nonsense_is_passed_over);
  ADD ("seat-is-resumed-and-the-queue-sent",
       test_seat_is_resumed_and_the_queue_sent);
  ADD ("new-seat-forgets-old-sessions", test_new_seat_forgets_old_sessions);
  ADD ("queue-is-bounded", test_queue_is_bounded);
  ADD ("unreachable-is-told-and-retried", test_unreachable_is_told_and_retried);
  ADD ("no-host-of-that-name-is-told", test_no_host_of_that_name_is_told);
  ADD ("refused-credentials-are-final", test_refused_credentials_are_final);
  ADD ("fresh-token-is-tried", test_fresh_token_is_tried);
  ADD ("retry-after-is-obeyed", test_retry_after_is_obeyed);
  ADD ("retry-after-on-the-line-is-obeyed",
       test_retry_after_on_the_line_is_obeyed);
  ADD ("bad-settings-are-told-at-once", test_bad_settings_are_told_at_once);
  ADD ("clean-stop-is-said-and-not-retried",
       test_clean_stop_is_said_and_not_retried);
  ADD ("server-that-hangs-up-is-called-again",
       test_server_that_hangs_up_is_called_again);
  ADD ("pings-find-a-dead-line", test_pings_find_a_dead_line);
  ADD ("quiet-line-is-kept-by-its-pongs", test_quiet_line_is_kept_by_its_pongs);
  ADD ("doubted-line-is-replaced-within-two-seconds",
       test_doubted_line_is_replaced_within_two_seconds);
  ADD ("doubted-line-that-answers-is-kept",
       test_doubted_line_that_answers_is_kept);
  ADD ("line-that-thaws-first-wins", test_line_that_thaws_first_wins);
  ADD ("rehearsed-outage-ends", test_rehearsed_outage_ends);
  ADD ("goes-on-to-the-next-server", test_goes_on_to_the_next_server);
  ADD ("handler-may-stop", test_handler_may_stop);
  ADD ("cycles-leave-nothing", test_cycles_leave_nothing);
  return rw_process_run_tests ();
}
