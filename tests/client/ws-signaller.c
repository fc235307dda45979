/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"
#include "rw-failure.h"
#include "test-process.h"

/* The messages between a signaller and its server, in both directions. */

static void
test_announces_itself_without_waiting (Fixture *f, gconstpointer data)
{
  fixture_make_plain_signaller (f);
  rw_signaller_set_status (f->signaller, RW_ROLE_PRODUCER, "studio", "stream");
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  g_assert_cmpuint (fixture_count_logged (f, "opened client-1"), ==, 1);
  fixture_assert_contains (fixture_get_received (f, 0),
                           "\"setProtocolVersion\"");
  fixture_assert_contains (fixture_get_received (f, 0), "\"v1_1\"");
  fixture_assert_contains (fixture_get_received (f, 0), "\"clientId\":\"me\"");
  fixture_assert_contains (fixture_get_received (f, 1), "\"setPeerStatus\"");
  fixture_assert_contains (fixture_get_received (f, 1), "[\"producer\"]");
  fixture_assert_contains (fixture_get_received (f, 1), "\"studio\"");
  fixture_assert_contains (fixture_get_received (f, 1), "\"stream\"");
  rw_signaller_set_status (f->signaller, RW_ROLE_PRODUCER, "hall", "stream");
  fixture_wait_received (f, "\"hall\"", 1);
}

static void
test_listener_is_notified_of_producers (Fixture *f, gconstpointer data)
{
  test_server_set_producers (
      f->server, "[{\"id\":\"a\",\"meta\":null},{\"id\":\"b\",\"meta\":{"
                 "\"name\":\"studio\",\"resilient\":1,\"streamId\":\"s\"}},"
                 "{\"id\":\"client-1\",\"meta\":null}]");
  fixture_make_plain_signaller (f);
  rw_signaller_set_status (f->signaller, RW_ROLE_LISTENER, NULL, NULL);
  rw_signaller_start (f->signaller);
  fixture_wait_logged (f, "peer b 1 studio resilient s", 1);
  g_assert_cmpuint (fixture_count_logged (f, "peer a 1 - ordinary -"), ==, 1);
  test_server_send (f->server,
                    "{\"type\":\"peerStatusChanged\",\"roles\":[\"listener\"]"
                    ",\"meta\":null,\"peerId\":\"client-1\"}");
  test_server_send (f->server,
                    "{\"type\":\"peerStatusChanged\",\"roles\":[\"producer\"]"
                    ",\"meta\":{\"name\":7},\"peerId\":\"c\"}");
  test_server_send (f->server, "{\"type\":\"peerStatusChanged\",\"roles\":[],"
                               "\"meta\":null,\"peerId\":\"a\"}");
  fixture_wait_logged (f, "peer a 0 - ordinary -", 1);
  g_assert_cmpuint (fixture_count_logged (f, "peer c 1 - ordinary -"), ==, 1);
  /* Its own echo is no news. */
  g_assert_cmpuint (f->log->len, ==, 5);
}

static void
test_carries_a_session_both_ways (Fixture *f, gconstpointer data)
{
  g_autoptr (RwSessionRequest) request = rw_session_request_new ("ears");

  fixture_make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  request->generation = 3;
  rw_signaller_start_session (f->signaller, "p", NULL, request);
  rw_signaller_send_description (f->signaller, "s1", RW_SDP_TYPE_ANSWER, "v=0");
  rw_signaller_send_candidate (f->signaller, "s1", 1, "candidate:1");
  rw_signaller_end_session (f->signaller, "s1", "no audio");
  fixture_wait_received (f, "endSession", 1);
  fixture_wait_received (f, "\"consumerId\":\"ears\"", 1);
  fixture_wait_received (f, "\"sdp\":\"v=0\"", 1);
  fixture_wait_received (f, "\"candidate:1\"", 1);

  test_server_send (f->server, "{\"type\":\"sessionStarted\",\"peerId\":"
                               "\"p\",\"sessionId\":\"s2\"}");
  test_server_send (f->server, "{\"type\":\"startSession\",\"peerId\":\"q\","
                               "\"sessionId\":\"s3\",\"offer\":null}");
  test_server_send (f->server, "{\"type\":\"startSession\",\"peerId\":\"q\","
                               "\"sessionId\":\"s4\",\"offer\":\"o\","
                               "\"resilient\":{\"consumerId\":\"c\"}}");
  test_server_send (f->server,
                    "{\"type\":\"peer\",\"sessionId\":\"s2\",\"sdp\":{"
                    "\"type\":\"offer\",\"sdp\":\"v=1\"}}");
  test_server_send (f->server,
                    "{\"type\":\"peer\",\"sessionId\":\"s2\",\"ice\":{"
                    "\"candidate\":\"\",\"sdpMLineIndex\":0}}");
  test_server_send (f->server, "{\"type\":\"error\",\"details\":\"oh\"}");
  test_server_send (f->server, "{\"type\":\"endSessionV1_1\",\"sessionId\":"
                               "\"s2\",\"error\":\"bye\"}");
  test_server_send (f->server,
                    "{\"type\":\"endSession\",\"sessionId\":\"s3\"}");
  fixture_wait_logged (f, "ended s3 -", 1);
  g_assert_cmpuint (fixture_count_logged (f, "started p s2 3"), ==, 1);
  g_assert_cmpuint (fixture_count_logged (f, "requested q s3 - -"), ==, 1);
  g_assert_cmpuint (fixture_count_logged (f, "requested q s4 o c"), ==, 1);
  g_assert_cmpuint (fixture_count_logged (f, "offer s2 v=1"), ==, 1);
  g_assert_cmpuint (fixture_count_logged (f, "candidate s2 0 "), ==, 1);
  g_assert_cmpuint (fixture_count_logged (f, "server-error oh"), ==, 1);
  g_assert_cmpuint (fixture_count_logged (f, "ended s2 bye"), ==, 1);
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
  fixture_make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  for (guint i = 1; i <= 5; i++)
    ask (f, i);
  fixture_wait_received (f, "startSession", 5);
  test_server_send (f->server, "{\"type\":\"sessionStarted\",\"peerId\":"
                               "\"p\",\"sessionId\":\"s\"}");
  test_server_send (f->server, "{\"type\":\"error\",\"details\":\"d\","
                               "\"code\":\"unknown-session\","
                               "\"sessionId\":\"gone\"}");
  test_server_send (f->server, "{\"type\":\"error\",\"details\":\"d\","
                               "\"code\":\"bad-roles\"}");
  test_server_send (f->server, "{\"type\":\"error\",\"details\":\"d\","
                               "\"code\":\"unknown-peer\"}");
  test_server_send (f->server, "{\"type\":\"error\",\"details\":\"d\"}");
  fixture_wait_logged (f, "refused 3 d", 1);
  g_assert_cmpuint (fixture_count_logged (f, "started p s 1"), ==, 1);
  g_assert_cmpuint (fixture_count_logged (f, "refused 2 d"), ==, 1);
  g_assert_cmpuint (fixture_count_logged (f, "server-error d"), ==, 2);
  /* The connection ends, and with it the answers to the others. */
  test_server_hang_up (f->server, 1001);
  fixture_wait_opened (f, 2);
  g_assert_cmpuint (
      fixture_count_logged (f, "refused 4 the connection was lost first"), ==,
      1);
  g_assert_cmpuint (
      fixture_count_logged (f, "refused 5 the connection was lost first"), ==,
      1);
  ask (f, 6);
  fixture_wait_received (f, "startSession", 6);
  test_server_send (f->server, "{\"type\":\"sessionStarted\",\"peerId\":"
                               "\"p\",\"sessionId\":\"t\"}");
  fixture_wait_logged (f, "started p t 6", 1);
}

static void
test_old_servers_are_understood (Fixture *f, gconstpointer data)
{
  test_server_set_welcome (f->server,
                           "{\"type\":\"welcome\",\"peer_id\":\"old\"}");
  /* It knows neither setProtocolVersion nor, in this test, what a list is. */
  test_server_set_producers (f->server, NULL);
  fixture_make_plain_signaller (f);
  rw_signaller_set_status (f->signaller, RW_ROLE_LISTENER, NULL, NULL);
  rw_signaller_start (f->signaller);
  fixture_wait_received (f, "list", 1);
  test_server_send (f->server, "{\"type\":\"error\",\"details\":\"unknown "
                               "type setProtocolVersion\"}");
  test_server_send (f->server,
                    "{\"type\":\"peerStatusChanged\",\"roles\":[\"listener\"]"
                    ",\"meta\":null,\"peerId\":\"old\"}");
  fixture_wait_logged (f, "opened old", 1);
  g_assert_cmpuint (f->log->len, ==, 1);
}

static void
test_nonsense_is_passed_over (Fixture *f, gconstpointer data)
{
  RwWsSignallerCounts counts;

  fixture_make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  fixture_wait_opened (f, 1);
  test_server_send (f->server, "");
  test_server_send (f->server, "{");
  test_server_send (f->server, "[1,2]");
  test_server_send (f->server, "{\"type\":\"tomorrow\"}");
  test_server_send (f->server, "{\"type\":\"sessionStarted\",\"peerId\":5}");
  test_server_send (f->server, "{\"type\":\"welcome\",\"peerId\":\"x\"}");
  test_server_send (f->server, "{\"type\":\"setPeerStatus\",\"roles\":[]}");
  test_server_send (f->server, "{\"type\":\"endSession\",\"sessionId\":\"s\"}");
  fixture_wait_logged (f, "ended s -", 1);
  g_assert_cmpuint (f->log->len, ==, 2);
  rw_ws_signaller_get_counts (f->ws, &counts);
  g_assert_cmpuint (counts.malformed, ==, 5);
}

#define RESILIENT_WELCOME                                                      \
  "{\"type\":\"resilientWelcome\",\"peerId\":\"resumable\",\"version\":1,"     \
  "\"token\":\"secret\",\"graceMs\":30000,\"resumed\":%s}"

static void
test_client_is_resumed_and_the_queue_sent (Fixture *f, gconstpointer data)
{
  g_autofree char *fresh = g_strdup_printf (RESILIENT_WELCOME, "false");
  g_autofree char *resumed = g_strdup_printf (RESILIENT_WELCOME, "true");

  test_server_set_producers (f->server, NULL);
  fixture_make_plain_signaller (f);
  rw_signaller_start (f->signaller);
  fixture_wait_received (f, "setProtocolVersion", 1);
  test_server_send (f->server, fresh);
  fixture_wait_logged (f, "opened resumable", 1);
  g_assert_cmpuint (test_server_count (f->server, "\"secret\""), ==, 0);

  test_server_stop (f->server);
  fixture_wait_closed (f, 1);
  rw_signaller_send_description (f->signaller, "s", RW_SDP_TYPE_OFFER, "v=0");
  rw_signaller_send_candidate (f->signaller, "s", 0, "candidate:9");
  rw_signaller_start_session (f->signaller, "p", NULL, NULL);
  rw_signaller_start_session (f->signaller, "p", "newer", NULL);
  test_server_listen_again (f->server);
  fixture_wait_received (f, "setProtocolVersion", 2);
  g_assert_cmpuint (test_server_count (f->server, "\"secret\""), ==, 1);
  /* Nothing is sent before the server has said whether it knows the client. */
  g_assert_cmpuint (test_server_count (f->server, "startSession"), ==, 0);
  test_server_send (f->server, resumed);
  fixture_wait_logged (f, "opened resumable", 2);
  fixture_wait_received (f, "startSession", 1);
  fixture_wait_received (f, "\"newer\"", 1);
  g_assert_cmpuint (test_server_count (f->server, "v=0"), ==, 1);
  g_assert_cmpuint (test_server_count (f->server, "candidate:9"), ==, 1);
}

static void
test_new_client_forgets_old_sessions (Fixture *f, gconstpointer data)
{
  RwWsSignallerCounts counts;

  fixture_make_plain_signaller (f);
  rw_signaller_set_status (f->signaller, RW_ROLE_LISTENER, NULL, NULL);
  test_server_set_producers (f->server, "[{\"id\":\"a\",\"meta\":null}]");
  rw_signaller_start (f->signaller);
  fixture_wait_logged (f, "peer a 1 - ordinary -", 1);
  test_server_stop (f->server);
  fixture_wait_closed (f, 1);
  g_assert_error (f->error, RW_FAILURE_ERROR, RW_FAILURE_UNREACHABLE);
  rw_signaller_send_candidate (f->signaller, "s", 0, "candidate:9");
  rw_signaller_start_session (f->signaller, "p", NULL, NULL);
  test_server_set_producers (f->server, "[{\"id\":\"b\",\"meta\":null}]");
  test_server_listen_again (f->server);
  fixture_wait_opened (f, 2);
  fixture_wait_logged (f, "peer b 1 - ordinary -", 1);
  /* The status was announced again, and what has gone was reported. */
  g_assert_cmpuint (test_server_count (f->server, "setPeerStatus"), ==, 2);
  g_assert_cmpuint (fixture_count_logged (f, "peer a 0 - ordinary -"), ==, 1);
  fixture_wait_received (f, "startSession", 1);
  g_assert_cmpuint (test_server_count (f->server, "candidate:9"), ==, 0);
  rw_ws_signaller_get_counts (f->ws, &counts);
  g_assert_cmpuint (counts.dropped_stale, ==, 1);
  g_assert_cmpuint (counts.opened, ==, 2);
}

static void
test_queue_is_bounded (Fixture *f, gconstpointer data)
{
  RwWsSignallerCounts counts;

  fixture_make_plain_signaller (f);
  for (int i = 0; i < 150; i++) {
    g_autofree char *peer_id = g_strdup_printf ("p%d", i);

    rw_signaller_start_session (f->signaller, peer_id, NULL, NULL);
  }
  rw_ws_signaller_get_counts (f->ws, &counts);
  g_assert_cmpuint (counts.dropped_overflow, ==, 50);
  rw_signaller_start (f->signaller);
  fixture_wait_received (f, "\"p149\"", 1);
  g_assert_cmpuint (test_server_count (f->server, "startSession"), ==, 100);
  g_assert_cmpuint (test_server_count (f->server, "\"p49\""), ==, 0);
}

#define ADD(name, func)                                                        \
  g_test_add ("/client/ws-signaller/" name, Fixture, NULL, fixture_set_up,     \
              func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("announces-itself-without-waiting",
       test_announces_itself_without_waiting);
  ADD ("listener-is-notified-of-producers",
       test_listener_is_notified_of_producers);
  ADD ("carries-a-session-both-ways", test_carries_a_session_both_ways);
  ADD ("answers-find-their-questions", test_answers_find_their_questions);
  ADD ("old-servers-are-understood", test_old_servers_are_understood);
  ADD ("nonsense-is-passed-over", test_nonsense_is_passed_over);
  ADD ("client-is-resumed-and-the-queue-sent",
       test_client_is_resumed_and_the_queue_sent);
  ADD ("new-client-forgets-old-sessions", test_new_client_forgets_old_sessions);
  ADD ("queue-is-bounded", test_queue_is_bounded);
  return test_process_run_tests ();
}
