/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-producer-meta.h"
#include "rw-signal-json.h"
#include "rw-signal-message-state.h"
#include "rw-struct-serializer.h"

#include <string.h>

static RwSignalMessage *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  RwSignalMessage *message =
      rw_signal_message_parse (text, strlen (text), &error);

  g_assert_no_error (error);
  g_assert_nonnull (message);
  return message;
}

/* Each is what the protocol says, member for member, so that reading and
 * writing it again must give the very same text. */
static const char *const canonical[] = {
    "{\"type\":\"setProtocolVersion\",\"version\":\"v1_1\"}",
    "{\"type\":\"setProtocolVersion\",\"version\":\"v1_0\",\"resilient\":"
    "{\"version\":1,\"clientId\":\"c1\",\"token\":null}}",
    "{\"type\":\"setPeerStatus\",\"roles\":[\"producer\",\"listener\"],"
    "\"meta\":{\"name\":\"a\",\"deep\":[1,2.5,true,null,\"\xc3\xa9\"]}}",
    "{\"type\":\"setPeerStatus\",\"roles\":[],\"meta\":null,\"peerId\":\"p\"}",
    "{\"type\":\"startSession\",\"peerId\":\"p\",\"offer\":null}",
    "{\"type\":\"startSession\",\"peerId\":\"p\",\"offer\":\"v=0\\r\\n\"}",
    "{\"type\":\"startSession\",\"peerId\":\"p\",\"sessionId\":\"s\","
    "\"offer\":null,\"resilient\":{\"consumerId\":\"c\",\"streamId\":\"u\","
    "\"next\":\"18446744073709551615\",\"generation\":\"7\","
    "\"start\":\"oldest\"}}",
    "{\"type\":\"startSession\",\"peerId\":\"p\",\"offer\":null,"
    "\"resilient\":{\"consumerId\":\"c\",\"streamId\":null,\"next\":\"0\","
    "\"generation\":\"1\",\"start\":\"live\",\"rtcp\":true}}",
    "{\"type\":\"endSession\",\"sessionId\":\"s\"}",
    "{\"type\":\"endSessionV1_1\",\"sessionId\":\"s\",\"error\":null}",
    "{\"type\":\"endSessionV1_1\",\"sessionId\":\"s\",\"error\":\"why\"}",
    "{\"type\":\"peer\",\"sessionId\":\"s\",\"sdp\":{\"type\":\"answer\","
    "\"sdp\":\"v=0\\r\\n\"}}",
    "{\"type\":\"peer\",\"sessionId\":\"s\",\"ice\":{\"candidate\":\"\","
    "\"sdpMLineIndex\":0}}",
    "{\"type\":\"list\"}",
    "{\"type\":\"list\",\"brief\":true}",
    "{\"type\":\"list\",\"producers\":[]}",
    "{\"type\":\"list\",\"producers\":[{\"id\":\"p\",\"meta\":[1]},"
    "{\"id\":\"q\",\"meta\":null}]}",
    "{\"type\":\"listConsumers\"}",
    "{\"type\":\"listConsumers\",\"consumers\":[{\"id\":\"p\",\"meta\":1}]}",
    "{\"type\":\"welcome\",\"peerId\":\"p\"}",
    "{\"type\":\"peerStatusChanged\",\"roles\":[\"consumer\"],\"meta\":\"m\","
    "\"peerId\":\"p\"}",
    "{\"type\":\"sessionStarted\",\"peerId\":\"p\",\"sessionId\":\"s\"}",
    "{\"type\":\"error\",\"details\":\"no\"}",
    "{\"type\":\"error\",\"details\":\"no\",\"code\":\"name-taken\","
    "\"sessionId\":\"s\"}",
    "{\"type\":\"resilientWelcome\",\"peerId\":\"p\",\"version\":1,"
    "\"token\":\"t\",\"graceMs\":30000,\"resumed\":true,\"ack\":9}",
    "{\"type\":\"resilientWelcome\",\"peerId\":\"p\",\"version\":1,"
    "\"token\":\"t\",\"graceMs\":30000,\"resumed\":false,\"iceServers\":["
    "{\"urls\":[\"turn:h\",\"stun:h\"],\"username\":\"u\",\"credential\":"
    "\"c\"}],\"iceTtlMs\":60000}",
    "{\"type\":\"reportQuality\",\"latencyMs\":40.5,\"packetLossPercent\":"
    "2.0,\"jitterMs\":3.0}",
    "{\"type\":\"reportQuality\",\"latencyMs\":40.5,\"packetLossPercent\":"
    "2.0,\"jitterMs\":3.0,\"bandwidthKbps\":64.0}",
    "{\"type\":\"getIceServers\"}",
    "{\"type\":\"iceServers\",\"iceServers\":[{\"urls\":[\"stun:h\"]}],"
    "\"iceTtlMs\":0}",
    "{\"type\":\"setProtocolVersion\",\"version\":\"v1_1\",\"resilient\":"
    "{\"version\":1,\"clientId\":null,\"token\":\"t\",\"ack\":4}}",
    "{\"type\":\"setProtocolVersion\",\"version\":\"v1_1\",\"resilient\":"
    "{\"version\":1,\"clientId\":\"c1\",\"token\":\"t\",\"ack\":4,"
    "\"attempt\":3}}",
    "{\"type\":\"resilientWelcome\",\"peerId\":\"p\",\"version\":1,"
    "\"token\":\"t\",\"graceMs\":30000,\"resumed\":true,\"ack\":9,"
    "\"degraded\":true}",
    "{\"type\":\"serverStatus\",\"degraded\":false}",
    "{\"type\":\"ack\",\"ack\":0}",
    "{\"type\":\"endSession\",\"sessionId\":\"s\",\"seq\":12,\"ack\":3}",
    "{\"type\":\"error\",\"details\":\"no\",\"retryAfterMs\":5000}",
    "{\"type\":\"moved\",\"delayMs\":5000}",
    "{\"type\":\"joinRoom\",\"roomId\":\"r\",\"meta\":{\"name\":\"Ann\"}}",
    "{\"type\":\"joinRoom\",\"roomId\":\"r\",\"meta\":null,\"instance\":"
    "\"i\",\"sequence\":7}",
    "{\"type\":\"leaveRoom\",\"roomId\":\"r\"}",
    "{\"type\":\"publish\",\"roomId\":\"r\",\"data\":[1,{\"a\":null}]}",
    "{\"type\":\"roomJoined\",\"roomId\":\"r\",\"sequence\":7,\"members\":[{"
    "\"id\":\"p\",\"meta\":null}],\"floorHolder\":null}",
    "{\"type\":\"roomJoined\",\"roomId\":\"r\",\"instance\":\"i\","
    "\"sequence\":7,\"members\":[],\"floorHolder\":\"p\"}",
    "{\"type\":\"memberJoined\",\"roomId\":\"r\",\"peerId\":\"p\",\"meta\":1}",
    "{\"type\":\"memberLeft\",\"roomId\":\"r\",\"peerId\":\"p\"}",
    "{\"type\":\"roomMessage\",\"roomId\":\"r\",\"sequence\":8,\"peerId\":"
    "\"p\",\"data\":\"hi\"}",
    "{\"type\":\"reconnection-detected\",\"roomId\":\"r\",\"outageMs\":1200,"
    "\"missed\":3,\"lost\":0,\"floorHolder\":\"p\"}",
    "{\"type\":\"requestFloor\",\"roomId\":\"r\",\"priority\":5,\"wait\":"
    "false}",
    "{\"type\":\"releaseFloor\",\"roomId\":\"r\"}",
    "{\"type\":\"floorGranted\",\"roomId\":\"r\",\"maxHoldMs\":60000}",
    "{\"type\":\"floorQueued\",\"roomId\":\"r\",\"position\":2}",
    "{\"type\":\"floorDenied\",\"roomId\":\"r\",\"peerId\":\"p\"}",
    "{\"type\":\"floorTaken\",\"roomId\":\"r\",\"peerId\":\"p\"}",
    "{\"type\":\"floorReleased\",\"roomId\":\"r\",\"peerId\":\"p\",\"reason\":"
    "\"time\"}",
    "{\"type\":\"startSession\",\"peerId\":\"p\",\"offer\":null,"
    "\"traceparent\":\"00-1-2-01\"}",
    "{\"type\":\"peer\",\"sessionId\":\"s\",\"ice\":{\"candidate\":\"\","
    "\"sdpMLineIndex\":0},\"traceparent\":\"00-1-2-01\"}",
};

static void
test_every_type_survives_a_round_trip (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (canonical); i++) {
    g_autoptr (RwSignalMessage) message = parse (canonical[i]);
    g_autofree char *again = rw_signal_message_to_json (message);

    g_assert_cmpstr (again, ==, canonical[i]);
  }
}

static void
test_values_arrive_typed (void)
{
  g_autoptr (RwSignalMessage) start = parse (canonical[6]);
  g_autoptr (RwSignalMessage) opt_in = parse (canonical[1]);
  g_autoptr (RwSignalMessage) status = parse (canonical[2]);

  g_assert_cmpint (start->type, ==, RW_SIGNAL_START_SESSION);
  g_assert_cmpstr (start->request.consumer_id, ==, "c");
  g_assert_cmpstr (start->request.stream_id, ==, "u");
  g_assert_cmpuint (start->request.next, ==, G_MAXUINT64);
  g_assert_cmpuint (start->request.generation, ==, 7);
  g_assert_cmpint (start->request.start, ==, RW_SESSION_START_OLDEST);
  g_assert_cmpstr (opt_in->client_id, ==, "c1");
  g_assert_null (opt_in->token);
  g_assert_cmpint (status->roles, ==, RW_ROLE_PRODUCER | RW_ROLE_LISTENER);
}

/* Where it is not said, it is not so. */
static void
test_what_a_server_alone_needs_arrives (void)
{
  g_autoptr (RwSignalMessage) hello =
      parse ("{\"type\":\"setProtocolVersion\",\"version\":\"v1_1\","
             "\"resilient\":{\"version\":1,\"clientId\":null,\"token\":\"t\","
             "\"ack\":4,\"attempt\":3}}");
  g_autoptr (RwSignalMessage) plain = parse (canonical[1]);
  g_autoptr (RwSignalMessage) welcome =
      parse ("{\"type\":\"resilientWelcome\",\"peerId\":\"p\",\"version\":1,"
             "\"token\":\"t\",\"graceMs\":0,\"resumed\":false,"
             "\"degraded\":true}");
  g_autoptr (RwSignalMessage) whole =
      parse ("{\"type\":\"resilientWelcome\",\"peerId\":\"p\",\"version\":1,"
             "\"token\":\"t\",\"graceMs\":0,\"resumed\":false}");

  g_assert_cmpuint (hello->attempt, ==, 3);
  g_assert_cmpuint (plain->attempt, ==, 0);
  g_assert_false (plain->degraded);
  g_assert_true (welcome->degraded);
  g_assert_false (whole->degraded);
}

static void
test_other_spellings_are_accepted (void)
{
  g_autoptr (RwSignalMessage) old =
      parse ("{\"type\":\"welcome\",\"peer_id\":\"p\"}");
  g_autoptr (RwSignalMessage) absent =
      parse (" {\"peerId\":\"p\",\n\"type\":\"startSession\"} ");
  g_autoptr (RwSignalMessage) more =
      parse ("{\"type\":\"peer\",\"sessionId\":\"s\",\"new\":{\"x\":[]},"
             "\"sdp\":null,\"ice\":{\"candidate\":\"c\",\"sdpMid\":\"0\","
             "\"sdpMLineIndex\":1,\"usernameFragment\":\"u\"}}");
  g_autoptr (RwSignalMessage) number = parse (
      "{\"type\":\"startSession\",\"peerId\":\"p\",\"resilient\":"
      "{\"consumerId\":\"c\",\"streamId\":null,\"next\":5,\"generation\":6}}");

  g_assert_cmpstr (old->peer_id, ==, "p");
  g_assert_null (absent->offer);
  g_assert_null (absent->request.consumer_id);
  g_assert_cmpstr (more->candidate, ==, "c");
  g_assert_cmpuint (more->sdp_m_line_index, ==, 1);
  g_assert_cmpuint (number->request.next, ==, 5);
  g_assert_cmpuint (number->request.generation, ==, 6);
  g_assert_null (number->request.stream_id);
  g_assert_cmpint (number->request.start, ==, RW_SESSION_START_LIVE);
}

/* The text that is handed over is exactly as long as its memory, so that the
 * sanitizer sees a read past the end. */
/* @n servers with @n_urls each, of one long name. */
static char *
make_ice_servers (guint n, guint n_urls, guint name_len)
{
  GString *text = g_string_new ("{\"type\":\"iceServers\",\"iceServers\":[");
  g_autofree char *name = g_strnfill (name_len, 'h');

  for (guint i = 0; i < n; i++) {
    g_string_append (text, i > 0 ? ",{\"urls\":[" : "{\"urls\":[");
    for (guint j = 0; j < n_urls; j++)
      g_string_append_printf (text, "%s\"%s\"", j > 0 ? "," : "", name);
    g_string_append (text, "]}");
  }
  g_string_append (text, "]}");
  return g_string_free (text, FALSE);
}

static gboolean
is_understood (const char *text)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_parse (text, strlen (text), NULL);

  return message != NULL;
}

static void
test_ice_servers_are_limited (void)
{
  static const struct {
    guint n, n_urls, name_len;
    gboolean understood;
  } lists[] = {
      {0, 0, 0, TRUE},  {16, 8, 1024, TRUE}, {17, 1, 8, FALSE},
      {1, 9, 8, FALSE}, {1, 1, 1025, FALSE},
  };
  const char *text = "{\"type\":\"iceServers\",\"iceServers\":[{\"urls\":"
                     "\"stun:h\"}],\"iceTtlMs\":\"7\"}";
  g_autoptr (RwSignalMessage) single = parse (text);
  const RwIceServer *server = g_ptr_array_index (single->ice_servers, 0);

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autofree char *list =
        make_ice_servers (lists[i].n, lists[i].n_urls, lists[i].name_len);

    g_assert_cmpint (is_understood (list), ==, lists[i].understood);
  }
  /* As the web has it, one may go without its brackets. */
  g_assert_cmpstr (server->urls[0], ==, "stun:h");
  g_assert_cmpuint (single->ice_ttl_ms, ==, 7);
}

static void
test_every_cut_of_a_message_is_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (canonical); i++) {
    for (gsize len = 1; len < strlen (canonical[i]); len++) {
      g_autofree char *cut = g_memdup2 (canonical[i], len);

      g_assert_null (rw_signal_message_parse (cut, len, NULL));
    }
  }
}

static void
check_mutation (const char *text, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_parse (text, len, &error);
  g_autoptr (RwSignalMessage) again = NULL;
  g_autofree char *json = NULL;

  g_assert_true ((message == NULL) == (error != NULL));
  if (message == NULL)
    return;

  json = rw_signal_message_to_json (message);
  g_assert_true (g_utf8_validate (json, -1, NULL));
  again = rw_signal_message_parse (json, strlen (json), &error);
  g_assert_no_error (error);
}

static void
test_mutations_never_harm_and_what_passes_can_be_written (void)
{
  static const char pieces[] = "{}[]:,\"\\u0dtrfnul19-.eE+/ \x01\xc3\xa9\xff";

  for (guint round = 0; round < 40000; round++) {
    const char *text =
        canonical[g_test_rand_int_range (0, G_N_ELEMENTS (canonical))];
    gsize len = strlen (text);
    g_autofree char *copy = g_memdup2 (text, len);
    int changes = g_test_rand_int_range (1, 4);

    for (int i = 0; i < changes; i++)
      copy[g_test_rand_int_range (0, len)] =
          pieces[g_test_rand_int_range (0, sizeof pieces - 1)];
    check_mutation (copy, len);
  }
}

static void
test_producer_meta_reads_any_json (void)
{
  static const char *const strange[] = {
      "null",
      "[]",
      "\"x\"",
      "1",
      "{}",
      "{\"name\":1,\"resilient\":\"1\",\"streamId\":[]}",
      "{\"name\":null,\"resilient\":-4}",
  };
  GRefString *ours = rw_producer_meta_new_text ("studio", "uuid");
  g_auto (RwProducerMeta) meta = {NULL, 0, NULL};

  for (guint i = 0; i < G_N_ELEMENTS (strange); i++) {
    rw_producer_meta_read (&meta, strange[i]);
    g_assert_null (meta.name);
    g_assert_cmpuint (meta.resilient, ==, 0);
    g_assert_null (meta.stream_id);
  }

  rw_producer_meta_read (&meta, NULL);
  g_assert_null (meta.name);
  rw_producer_meta_read (&meta, ours);
  g_assert_cmpstr (meta.name, ==, "studio");
  g_assert_cmpuint (meta.resilient, ==, 1);
  g_assert_cmpstr (meta.stream_id, ==, "uuid");
  g_ref_string_release (ours);
}

static void
test_a_request_is_copied_deeply (void)
{
  g_autoptr (RwSessionRequest) request = rw_session_request_new ("c");
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_START_SESSION);

  rw_signal_message_set_request (message, NULL);
  g_assert_null (message->request.consumer_id);
  request->stream_id = g_strdup ("u");
  request->next = G_MAXUINT64;
  rw_signal_message_set_request (message, request);

  g_assert_cmpstr (message->request.consumer_id, ==, "c");
  g_assert_true (message->request.consumer_id != request->consumer_id);
  g_assert_cmpstr (message->request.stream_id, ==, "u");
  g_assert_true (message->request.stream_id != request->stream_id);
  g_assert_cmpuint (message->request.next, ==, G_MAXUINT64);
}

/* A message of any type is written as before after it was saved and loaded. */
static void
test_every_type_survives_being_saved (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (canonical); i++) {
    g_autoptr (RwSignalMessage) message = parse (canonical[i]);
    g_autoptr (GVariant) saved =
        g_variant_ref_sink (rw_signal_message_save (message));
    g_autoptr (GError) error = NULL;
    g_autoptr (RwSignalMessage) loaded = rw_signal_message_load (saved, &error);
    g_autofree char *again = NULL;

    g_assert_no_error (error);
    again = rw_signal_message_to_json (loaded);
    g_assert_cmpstr (again, ==, canonical[i]);
    g_assert_cmpstr (loaded->name, ==, message->name);
  }
}

static void
test_a_damaged_saved_message_is_refused (void)
{
  static const char *const damaged[] = {
      "{}",
      "{'type': <'dance'>}",
      "{'type': <1>}",
      "{'type': <'endSession'>}",
      "{'type': <'endSession'>, 'session_id': <7>}",
      "{'type': <'setProtocolVersion'>, 'version': <uint32 2>}",
      "{'type': <'setPeerStatus'>, 'roles': <uint32 8>}",
      "{'type': <'requestFloor'>, 'room_id': <'r'>, 'no_wait': <uint32 2>}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (damaged); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) state = g_variant_parse (
        G_VARIANT_TYPE_VARDICT, damaged[i], NULL, NULL, &error);

    g_assert_no_error (error);
    g_test_message ("%s", damaged[i]);
    g_assert_null (rw_signal_message_load (state, &error));
    g_assert_error (error, RW_STATE_ERROR, RW_STATE_ERROR_DAMAGED);
  }
}

static void
expect_documented (const char *docs, const char *type, const char *name)
{
  g_autofree char *word = g_strdup_printf ("\\b%s\\b", name);

  if (!g_regex_match_simple (word, docs, 0, 0))
    g_error ("docs/signalling.md does not name \"%s\" of \"%s\"", name, type);
}

static void
test_every_member_is_documented (void)
{
  g_autofree char *path = g_build_filename (g_test_get_dir (G_TEST_DIST), "..",
                                            "docs", "signalling.md", NULL);
  g_autofree char *docs = NULL;

  if (!g_file_get_contents (path, &docs, NULL, NULL)) {
    g_test_skip ("not run by meson");
    return;
  }
  for (guint type = 0; type <= RW_SIGNAL_LAST; type++) {
    const RwSignalSchema *schema = rw_signal_schema_get (type);

    expect_documented (docs, schema->name, schema->name);
    for (const RwSignalMember *m = schema->members; m->name != NULL; m++)
      expect_documented (docs, schema->name, m->name);
  }
}

static void
test_number_is_found_in_what_is_not_understood (void)
{
  const char *tomorrow = "{\"type\":\"tomorrow\",\"seq\":7}";
  const char *wrong = "{\"type\":\"endSession\",\"sessionId\":1,\"seq\":8}";
  const char *nothing = "{\"type\":\"tomorrow\"}";
  const char *unusable[] = {"{", "[]", "{\"seq\":-1}", "{\"seq\":{}}", ""};
  guint64 seq;

  g_assert_true (
      rw_signal_message_peek_seq (tomorrow, strlen (tomorrow), &seq));
  g_assert_cmpuint (seq, ==, 7);
  g_assert_true (rw_signal_message_peek_seq (wrong, strlen (wrong), &seq));
  g_assert_cmpuint (seq, ==, 8);
  g_assert_true (rw_signal_message_peek_seq (nothing, strlen (nothing), &seq));
  g_assert_cmpuint (seq, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (unusable); i++)
    g_assert_false (
        rw_signal_message_peek_seq (unusable[i], strlen (unusable[i]), &seq));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/signal-message/every-type-survives-a-round-trip",
                   test_every_type_survives_a_round_trip);
  g_test_add_func ("/signal-message/values-arrive-typed",
                   test_values_arrive_typed);
  g_test_add_func ("/signal-message/what-a-server-alone-needs-arrives",
                   test_what_a_server_alone_needs_arrives);
  g_test_add_func ("/signal-message/other-spellings-are-accepted",
                   test_other_spellings_are_accepted);
  g_test_add_func ("/signal-message/ice-servers-are-limited",
                   test_ice_servers_are_limited);
  g_test_add_func ("/signal-message/every-cut-of-a-message-is-refused",
                   test_every_cut_of_a_message_is_refused);
  g_test_add_func ("/signal-message/mutations-never-harm",
                   test_mutations_never_harm_and_what_passes_can_be_written);
  g_test_add_func ("/signal-message/producer-meta-reads-any-json",
                   test_producer_meta_reads_any_json);
  g_test_add_func ("/signal-message/a-request-is-copied-deeply",
                   test_a_request_is_copied_deeply);
  g_test_add_func ("/signal-message/every-member-is-documented",
                   test_every_member_is_documented);
  g_test_add_func ("/signal-message/every-type-survives-being-saved",
                   test_every_type_survives_being_saved);
  g_test_add_func ("/signal-message/a-damaged-saved-message-is-refused",
                   test_a_damaged_saved_message_is_refused);

  g_test_add_func ("/wire/signal-message/number-is-found-in-what-is-not-"
                   "understood",
                   test_number_is_found_in_what_is_not_understood);
  return g_test_run ();
}
