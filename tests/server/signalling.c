/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-peer.h"
#include "test-serve.h"

#include <string.h>

/* The plain protocol over real sockets, as ordinary clients speak it. */

typedef struct {
  RwServer *server;
  guint port;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  f->server = test_serve (config);
  f->port = rw_server_get_port (f->server);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_server_stop (f->server);
  g_object_unref (f->server);
}

/* Connects and takes the welcome; @id is the peer id in it. */
static TestPeer *
join (Fixture *f, char **id)
{
  TestPeer *peer = test_peer_new (f->port);
  g_autofree char *welcome = test_peer_expect_type (peer, "welcome");

  *id = test_peer_get (welcome, "peerId");
  g_assert_true (g_uuid_string_is_valid (*id));
  return peer;
}

static TestPeer *
join_as_producer (Fixture *f, char **id)
{
  TestPeer *peer = join (f, id);

  test_peer_send_json (peer, "{'type':'setPeerStatus','roles':['producer'],"
                             "'meta':{'name':'studio'}}");
  test_peer_send_json (peer, "{'type':'list'}");
  g_free (test_peer_expect_type (peer, "list"));
  return peer;
}

static void
expect_format (TestPeer *peer, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  test_peer_expect (peer, text);
}

/* The steps of the browser library on its `welcome`. */
static void
test_the_browser_library_gets_what_it_waits_for (Fixture *f,
                                                 gconstpointer unused)
{
  g_autofree char *p = NULL;
  g_autofree char *b = NULL;
  g_autofree char *started = NULL;
  g_autofree char *s = NULL;
  g_autoptr (TestPeer) producer = join_as_producer (f, &p);
  g_autoptr (TestPeer) browser = join (f, &b);

  test_peer_send_json (browser, "{'type':'setPeerStatus','roles':['listener'],"
                                "'meta':{'name':'page'}}");
  expect_format (browser,
                 "{'type':'peerStatusChanged','roles':['listener'],"
                 "'meta':{'name':'page'},'peerId':'%s'}",
                 b);
  test_peer_send_json (browser, "{'type':'list'}");
  test_peer_send_json (browser, "{'type':'listConsumers'}");
  expect_format (browser,
                 "{'type':'list','producers':[{'id':'%s','meta':"
                 "{'name':'studio'}}]}",
                 p);
  test_peer_expect (browser, "{'type':'listConsumers','consumers':[]}");

  test_peer_send_json (browser, "{'type':'startSession','peerId':'%s'}", p);
  started = test_peer_expect_type (browser, "sessionStarted");
  s = test_peer_get (started, "sessionId");
  expect_format (producer,
                 "{'type':'startSession','peerId':'%s','sessionId':'%s',"
                 "'offer':null}",
                 b, s);

  test_peer_send_json (producer,
                       "{'type':'peer','sessionId':'%s','sdp':{'type':'offer',"
                       "'sdp':'v=0'}}",
                       s);
  expect_format (browser,
                 "{'type':'peer','sessionId':'%s','sdp':{'type':'offer',"
                 "'sdp':'v=0'}}",
                 s);
  test_peer_send_json (
      browser,
      "{'type':'peer','sessionId':'%s','ice':{'candidate':'c',"
      "'sdpMid':'0','sdpMLineIndex':0,'usernameFragment':'u'}}",
      s);
  expect_format (producer,
                 "{'type':'peer','sessionId':'%s','ice':{'candidate':'c',"
                 "'sdpMLineIndex':0}}",
                 s);
  test_peer_send_json (browser, "{'type':'endSession','sessionId':'%s'}", s);
  expect_format (producer, "{'type':'endSession','sessionId':'%s'}", s);
}

static void
test_a_browser_produces_and_sees_its_own_echo (Fixture *f, gconstpointer unused)
{
  g_autofree char *b = NULL;
  g_autofree char *c = NULL;
  g_autoptr (TestPeer) browser = join (f, &b);
  g_autoptr (TestPeer) consumer = join (f, &c);

  test_peer_send_json (browser, "{'type':'setPeerStatus','roles':['listener',"
                                "'producer'],'meta':null}");
  expect_format (browser,
                 "{'type':'peerStatusChanged','roles':['producer','listener'],"
                 "'meta':null,'peerId':'%s'}",
                 b);
  test_peer_send_json (
      consumer, "{'type':'startSession','peerId':'%s','offer':'v=0 mine'}", b);
  g_free (test_peer_expect_type (consumer, "sessionStarted"));
  {
    g_autofree char *start = test_peer_expect_type (browser, "startSession");
    g_autofree char *offer = test_peer_get (start, "offer");

    g_assert_cmpstr (offer, ==, "v=0 mine");
  }
}

static void
test_version_1_1_hears_why_a_session_ended (Fixture *f, gconstpointer unused)
{
  g_autofree char *p = NULL;
  g_autofree char *c = NULL;
  g_autofree char *started = NULL;
  g_autofree char *s = NULL;
  g_autoptr (TestPeer) producer = join_as_producer (f, &p);
  g_autoptr (TestPeer) consumer = join (f, &c);

  test_peer_send_json (consumer,
                       "{'type':'setProtocolVersion','version':'v1_1'}");
  test_peer_send_json (consumer, "{'type':'startSession','peerId':'%s'}", p);
  started = test_peer_expect_type (consumer, "sessionStarted");
  s = test_peer_get (started, "sessionId");
  test_peer_send_json (
      producer, "{'type':'endSessionV1_1','sessionId':'%s','error':'tired'}",
      s);
  expect_format (consumer,
                 "{'type':'endSessionV1_1','sessionId':'%s','error':'tired'}",
                 s);
}

static void
test_a_lost_socket_is_told_to_those_who_care (Fixture *f, gconstpointer unused)
{
  g_autofree char *p = NULL;
  g_autofree char *c = NULL;
  g_autofree char *l = NULL;
  g_autofree char *started = NULL;
  g_autofree char *s = NULL;
  TestPeer *producer = join_as_producer (f, &p);
  g_autoptr (TestPeer) consumer = join (f, &c);
  g_autoptr (TestPeer) listener = join (f, &l);

  test_peer_send_json (listener, "{'type':'setPeerStatus','roles':['listener'],"
                                 "'meta':null}");
  g_free (test_peer_expect_type (listener, "peerStatusChanged"));
  test_peer_send_json (consumer, "{'type':'startSession','peerId':'%s'}", p);
  started = test_peer_expect_type (consumer, "sessionStarted");
  s = test_peer_get (started, "sessionId");

  test_peer_free (producer);
  expect_format (consumer, "{'type':'endSession','sessionId':'%s'}", s);
  expect_format (listener,
                 "{'type':'peerStatusChanged','roles':[],'meta':"
                 "{'name':'studio'},'peerId':'%s'}",
                 p);
}

static void
test_our_fields_pass_through_untouched (Fixture *f, gconstpointer unused)
{
  g_autofree char *p = NULL;
  g_autofree char *c = NULL;
  g_autofree char *start = NULL;
  g_autoptr (TestPeer) producer = join_as_producer (f, &p);
  g_autoptr (TestPeer) consumer = join (f, &c);

  test_peer_send_json (consumer,
                       "{'type':'startSession','peerId':'%s','resilient':"
                       "{'consumerId':'me','streamId':'u',"
                       "'next':'18446744073709551615','generation':3,"
                       "'start':'oldest','rtcp':true}}",
                       p);
  start = test_peer_expect_type (producer, "startSession");
  g_assert_nonnull (
      strstr (start, "\"resilient\":{\"consumerId\":\"me\",\"streamId\":\"u\","
                     "\"next\":\"18446744073709551615\",\"generation\":\"3\","
                     "\"start\":\"oldest\",\"rtcp\":true}"));
}

/* --- Hostile input --- */

static void
test_nonsense_is_answered_and_harms_nobody (Fixture *f, gconstpointer unused)
{
  static const struct {
    const char *text;
    const char *says;
  } nonsense[] = {
      {"", "not JSON"},
      {"hello", "not JSON"},
      {"{'type':'list'", "not JSON"},
      {"[]", "object"},
      {"{'type':'dance'}", "unknown message type"},
      {"{'type':3}", "must be a string"},
      {"{'type':'setPeerStatus','roles':['king']}", "role"},
      {"{'type':'setPeerStatus','roles':['producer','consumer']}", "cannot"},
      {"{'type':'startSession','peerId':'nobody'}", "\"nobody\""},
      {"{'type':'startSession','peerId':[]}", "peerId"},
      {"{'type':'peer','sessionId':'x','sdp':{'type':'offer','sdp':''}}",
       "no session"},
      {"{'type':'endSession','sessionId':'x'}", "no session"},
      {"{'type':'welcome','peerId':'x'}", "for a server"},
      {"{'type':'error','details':'x'}", "for a server"},
      {"{'type':'setProtocolVersion','version':'v1_1'}", "first"},
  };
  g_autofree char *h = NULL;
  g_autofree char *p = NULL;
  g_autoptr (TestPeer) hostile = join (f, &h);
  g_autoptr (TestPeer) bystander = join_as_producer (f, &p);

  for (guint i = 0; i < G_N_ELEMENTS (nonsense); i++) {
    g_test_message ("%s", nonsense[i].text);
    test_peer_send_json (hostile, "%s", nonsense[i].text);
    test_peer_expect_error (hostile, nonsense[i].says);
  }

  test_peer_send_json (hostile, "{'type':'list'}");
  g_free (test_peer_expect_type (hostile, "list"));
  test_peer_send_json (bystander, "{'type':'listConsumers'}");
  test_peer_expect (bystander, "{'type':'listConsumers','consumers':[]}");
}

static void
test_binary_frames_are_answered (Fixture *f, gconstpointer unused)
{
  g_autofree char *id = NULL;
  g_autoptr (TestPeer) peer = join (f, &id);

  soup_websocket_connection_send_binary (peer->connection, "\0\1\2", 3);
  test_peer_expect_error (peer, "binary");
  test_peer_send_json (peer, "{'type':'list'}");
  g_free (test_peer_expect_type (peer, "list"));
}

static void
test_ten_megabytes_close_their_sender_only (Fixture *f, gconstpointer unused)
{
  g_autofree char *h = NULL;
  g_autofree char *p = NULL;
  g_autoptr (TestPeer) hostile = join (f, &h);
  g_autoptr (TestPeer) bystander = join_as_producer (f, &p);
  g_autofree char *huge = g_strnfill (10 * 1024 * 1024, '[');

  test_peer_send (hostile, huge);
  test_peer_expect_error (hostile, "size limit");
  test_peer_expect_closed (hostile, SOUP_WEBSOCKET_CLOSE_TOO_BIG);
  test_peer_send_json (bystander, "{'type':'listConsumers'}");
  test_peer_expect (bystander, "{'type':'listConsumers','consumers':[]}");
}

/* More than one shard's worth, so that descriptors are closed and used again
 * on others; each must be heard, whatever became of its neighbours. */
static void
test_hundreds_come_and_go_and_are_heard (Fixture *f, gconstpointer unused)
{
  TestPeer *peers[150] = {NULL};

  for (guint i = 0; i < 600; i++) {
    guint at = (guint) g_test_rand_int_range (0, G_N_ELEMENTS (peers));

    if (peers[at] != NULL && g_test_rand_bit ())
      g_clear_pointer (&peers[at], test_peer_free);
    if (peers[at] == NULL) {
      peers[at] = test_peer_new (f->port);
      g_free (test_peer_expect_type (peers[at], "welcome"));
    }
    test_peer_send_json (peers[at], "{'type':'list'}");
    g_free (test_peer_expect_type (peers[at], "list"));
  }
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++) {
    if (peers[i] != NULL) {
      test_peer_send_json (peers[i], "{'type':'listConsumers'}");
      g_free (test_peer_expect_type (peers[i], "listConsumers"));
    }
    test_peer_free (peers[i]);
  }
}

static void
test_stopping_tells_the_clients (Fixture *f, gconstpointer unused)
{
  g_autofree char *id = NULL;
  g_autoptr (TestPeer) peer = join (f, &id);

  g_assert_cmpuint (rw_server_get_n_clients (f->server), ==, 1);
  rw_server_stop (f->server);
  g_assert_cmpuint (rw_server_get_port (f->server), ==, 0);
  test_peer_expect_closed (peer, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
}

#define ADD(path, func)                                                        \
  g_test_add ("/signalling/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("the-browser-library-gets-what-it-waits-for",
       test_the_browser_library_gets_what_it_waits_for);
  ADD ("a-browser-produces-and-sees-its-own-echo",
       test_a_browser_produces_and_sees_its_own_echo);
  ADD ("version-1-1-hears-why-a-session-ended",
       test_version_1_1_hears_why_a_session_ended);
  ADD ("a-lost-socket-is-told-to-those-who-care",
       test_a_lost_socket_is_told_to_those_who_care);
  ADD ("our-fields-pass-through-untouched",
       test_our_fields_pass_through_untouched);
  ADD ("nonsense-is-answered-and-harms-nobody",
       test_nonsense_is_answered_and_harms_nobody);
  ADD ("binary-frames-are-answered", test_binary_frames_are_answered);
  ADD ("ten-megabytes-close-their-sender-only",
       test_ten_megabytes_close_their_sender_only);
  ADD ("hundreds-come-and-go-and-are-heard",
       test_hundreds_come_and_go_and_are_heard);
  ADD ("stopping-tells-the-clients", test_stopping_tells_the_clients);

  return g_test_run ();
}
