/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-json.h"

#include <string.h>

typedef struct {
  const char *text;
  int code;
  const char *says;
} Bad;

static const Bad bad[] = {
    {"", RW_SIGNAL_ERROR_SYNTAX, "too early"},
    {"   ", RW_SIGNAL_ERROR_SYNTAX, "too early"},
    {"{", RW_SIGNAL_ERROR_SYNTAX, "too early"},
    {"}", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"{]", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"{\"type\":\"list\"} x", RW_SIGNAL_ERROR_SYNTAX, "after the end"},
    {"{\"type\":\"list\",}", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"{\"type\":\"list\"/**/}", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"{'type':'list'}", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"{\"type\" \"list\"}", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"{\"type\":0x10}", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"{\"type\":01}", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"{\"type\":1e999}", RW_SIGNAL_ERROR_SYNTAX, "out of range"},
    {"{\"type\":9223372036854775808}", RW_SIGNAL_ERROR_SYNTAX, "range"},
    {"{\"type\":-}", RW_SIGNAL_ERROR_SYNTAX, "number"},
    {"{\"type\":1.}", RW_SIGNAL_ERROR_SYNTAX, "number"},
    {"{\"type\":nan}", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"{\"type\":tru}", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"{\"type\":\"\\u0000\"}", RW_SIGNAL_ERROR_SYNTAX, "escape"},
    {"{\"type\":\"\\ud800\"}", RW_SIGNAL_ERROR_SYNTAX, "surrogate"},
    {"{\"type\":\"\\ud800\\u0041\"}", RW_SIGNAL_ERROR_SYNTAX, "surrogate"},
    {"{\"type\":\"\\udc00\"}", RW_SIGNAL_ERROR_SYNTAX, "escape"},
    {"{\"type\":\"\\x\"}", RW_SIGNAL_ERROR_SYNTAX, "escape"},
    {"{\"type\":\"\n\"}", RW_SIGNAL_ERROR_SYNTAX, "control"},
    {"{\"type\":\"\xff\"}", RW_SIGNAL_ERROR_SYNTAX, "UTF-8"},
    {"{\"type\":\"list", RW_SIGNAL_ERROR_SYNTAX, "does not end"},
    {"{\"type\":\"list\\", RW_SIGNAL_ERROR_SYNTAX, ""},
    {"null", RW_SIGNAL_ERROR_INVALID, "object"},
    {"[]", RW_SIGNAL_ERROR_INVALID, "object"},
    {"\"list\"", RW_SIGNAL_ERROR_INVALID, "object"},
    {"{}", RW_SIGNAL_ERROR_INVALID, "\"type\" is missing"},
    {"{\"type\":null}", RW_SIGNAL_ERROR_INVALID, "missing"},
    {"{\"type\":{}}", RW_SIGNAL_ERROR_INVALID, "\"type\" must be"},
    {"{\"type\":\"dance\"}", RW_SIGNAL_ERROR_UNKNOWN_TYPE, "\"dance\""},
    {"{\"type\":\"setProtocolVersion\"}", RW_SIGNAL_ERROR_INVALID, "version"},
    {"{\"type\":\"setProtocolVersion\",\"version\":\"v2\"}",
     RW_SIGNAL_ERROR_INVALID, "v1_1"},
    {"{\"type\":\"setProtocolVersion\",\"version\":\"v1_0\","
     "\"resilient\":true}",
     RW_SIGNAL_ERROR_INVALID, "resilient"},
    {"{\"type\":\"setProtocolVersion\",\"version\":\"v1_0\","
     "\"resilient\":{\"version\":0}}",
     RW_SIGNAL_ERROR_INVALID, "version"},
    {"{\"type\":\"setProtocolVersion\",\"version\":\"v1_1\","
     "\"resilient\":{\"version\":1,\"attempt\":-1}}",
     RW_SIGNAL_ERROR_INVALID, "attempt"},
    {"{\"type\":\"resilientWelcome\",\"peerId\":\"p\",\"version\":1,"
     "\"token\":\"t\",\"graceMs\":0,\"resumed\":true,\"degraded\":\"yes\"}",
     RW_SIGNAL_ERROR_INVALID, "degraded"},
    {"{\"type\":\"setPeerStatus\"}", RW_SIGNAL_ERROR_INVALID, "roles"},
    {"{\"type\":\"setPeerStatus\",\"roles\":\"producer\"}",
     RW_SIGNAL_ERROR_INVALID, "array"},
    {"{\"type\":\"setPeerStatus\",\"roles\":[\"king\"]}",
     RW_SIGNAL_ERROR_INVALID, "role"},
    {"{\"type\":\"setPeerStatus\",\"roles\":[null]}", RW_SIGNAL_ERROR_INVALID,
     "role"},
    {"{\"type\":\"startSession\"}", RW_SIGNAL_ERROR_INVALID, "peerId"},
    {"{\"type\":\"startSession\",\"peerId\":\"\"}", RW_SIGNAL_ERROR_INVALID,
     "peerId"},
    {"{\"type\":\"startSession\",\"peerId\":\"p\",\"offer\":1}",
     RW_SIGNAL_ERROR_INVALID, "offer"},
    {"{\"type\":\"startSession\",\"peerId\":\"p\",\"resilient\":{}}",
     RW_SIGNAL_ERROR_INVALID, "consumerId"},
    {"{\"type\":\"startSession\",\"peerId\":\"p\",\"resilient\":"
     "{\"consumerId\":\"c\",\"next\":-1}}",
     RW_SIGNAL_ERROR_INVALID, "next"},
    {"{\"type\":\"startSession\",\"peerId\":\"p\",\"resilient\":"
     "{\"consumerId\":\"c\",\"next\":\"18446744073709551616\"}}",
     RW_SIGNAL_ERROR_INVALID, "next"},
    {"{\"type\":\"startSession\",\"peerId\":\"p\",\"resilient\":"
     "{\"consumerId\":\"c\",\"next\":1.5}}",
     RW_SIGNAL_ERROR_INVALID, "next"},
    {"{\"type\":\"startSession\",\"peerId\":\"p\",\"resilient\":"
     "{\"consumerId\":\"c\",\"start\":\"now\"}}",
     RW_SIGNAL_ERROR_INVALID, "start"},
    {"{\"type\":\"endSession\"}", RW_SIGNAL_ERROR_INVALID, "sessionId"},
    {"{\"type\":\"endSessionV1_1\",\"sessionId\":[]}", RW_SIGNAL_ERROR_INVALID,
     "sessionId"},
    {"{\"type\":\"peer\",\"sessionId\":\"s\"}", RW_SIGNAL_ERROR_INVALID,
     "either"},
    {"{\"type\":\"peer\",\"sessionId\":\"s\",\"ice\":{},\"sdp\":{}}",
     RW_SIGNAL_ERROR_INVALID, "either"},
    {"{\"type\":\"peer\",\"sessionId\":\"s\",\"ice\":{\"candidate\":\"c\"}}",
     RW_SIGNAL_ERROR_INVALID, "sdpMLineIndex"},
    {"{\"type\":\"peer\",\"sessionId\":\"s\",\"ice\":{\"candidate\":\"c\","
     "\"sdpMLineIndex\":65536}}",
     RW_SIGNAL_ERROR_INVALID, "sdpMLineIndex"},
    {"{\"type\":\"peer\",\"sessionId\":\"s\",\"sdp\":{\"type\":\"pranswer\","
     "\"sdp\":\"\"}}",
     RW_SIGNAL_ERROR_INVALID, "answer"},
    {"{\"type\":\"publish\"}", RW_SIGNAL_ERROR_INVALID, "roomId"},
    {"{\"type\":\"joinRoom\",\"roomId\":\"r\",\"sequence\":7}",
     RW_SIGNAL_ERROR_INVALID, "instance"},
    {"{\"type\":\"joinRoom\",\"roomId\":\"r\",\"instance\":\"i\"}",
     RW_SIGNAL_ERROR_INVALID, "sequence"},
    {"{\"type\":\"joinRoom\",\"roomId\":\"r\",\"instance\":\"i\","
     "\"sequence\":-1}",
     RW_SIGNAL_ERROR_INVALID, "sequence"},
    {"{\"type\":\"joinRoom\",\"roomId\":\"r\",\"instance\":7,"
     "\"sequence\":7}",
     RW_SIGNAL_ERROR_INVALID, "instance"},
    {"{\"type\":\"requestFloor\",\"roomId\":\"r\",\"priority\":256}",
     RW_SIGNAL_ERROR_INVALID, "priority"},
    {"{\"type\":\"requestFloor\",\"roomId\":\"r\",\"wait\":1}",
     RW_SIGNAL_ERROR_INVALID, "wait"},
    {"{\"type\":\"welcome\"}", RW_SIGNAL_ERROR_INVALID, "peerId"},
    {"{\"type\":\"reportQuality\",\"latencyMs\":1,\"jitterMs\":1}",
     RW_SIGNAL_ERROR_INVALID, "packetLossPercent"},
    {"{\"type\":\"reportQuality\",\"latencyMs\":-1,\"jitterMs\":1,"
     "\"packetLossPercent\":1}",
     RW_SIGNAL_ERROR_INVALID, "latencyMs"},
    {"{\"type\":\"reportQuality\",\"latencyMs\":1,\"jitterMs\":1,"
     "\"packetLossPercent\":101}",
     RW_SIGNAL_ERROR_INVALID, "from 0 to 100"},
    {"{\"type\":\"reportQuality\",\"latencyMs\":1,\"jitterMs\":1,"
     "\"packetLossPercent\":1,\"bandwidthKbps\":\"1\"}",
     RW_SIGNAL_ERROR_INVALID, "bandwidthKbps"},
    {"{\"type\":\"iceServers\",\"iceServers\":{}}", RW_SIGNAL_ERROR_INVALID,
     "array"},
    {"{\"type\":\"iceServers\",\"iceServers\":[\"turn:h\"]}",
     RW_SIGNAL_ERROR_INVALID, "object"},
    {"{\"type\":\"iceServers\",\"iceServers\":[{}]}", RW_SIGNAL_ERROR_INVALID,
     "urls"},
    {"{\"type\":\"iceServers\",\"iceServers\":[{\"urls\":[1]}]}",
     RW_SIGNAL_ERROR_INVALID, "urls"},
    {"{\"type\":\"iceServers\",\"iceServers\":[{\"urls\":{}}]}",
     RW_SIGNAL_ERROR_INVALID, "urls"},
    {"{\"type\":\"iceServers\",\"iceServers\":[{\"urls\":\"turn:h\","
     "\"credential\":7}]}",
     RW_SIGNAL_ERROR_INVALID, "credential"},
    {"{\"type\":\"list\",\"producers\":[1]}", RW_SIGNAL_ERROR_INVALID, ""},
    {"{\"type\":\"list\",\"producers\":[{}]}", RW_SIGNAL_ERROR_INVALID, "id"},
    {"{\"type\":\"error\"}", RW_SIGNAL_ERROR_INVALID, "details"},
};

static void
test_bad_messages_fail_with_a_reason (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (RwSignalMessage) message =
        rw_signal_message_parse (bad[i].text, strlen (bad[i].text), &error);

    g_autofree char *printable = g_strescape (bad[i].text, NULL);

    g_test_message ("%s", printable);
    g_assert_null (message);
    g_assert_error (error, RW_SIGNAL_ERROR, bad[i].code);
    g_assert_nonnull (strstr (error->message, bad[i].says));
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
  }
}

static void
expect_code (const char *text, gsize len, int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (rw_signal_message_parse (text, len, &error));
  g_assert_error (error, RW_SIGNAL_ERROR, code);
}

static void
test_absurd_size_and_depth_are_refused (void)
{
  g_autofree char *large = g_strnfill (RW_SIGNAL_MAX_FRAME + 1, ' ');
  g_autofree char *deep = g_strnfill (RW_SIGNAL_MAX_FRAME, '[');
  g_autofree char *id = g_strnfill (RW_SIGNAL_MAX_ID + 1, 'x');
  g_autofree char *long_id =
      g_strdup_printf ("{\"type\":\"welcome\",\"peerId\":\"%s\"}", id);
  g_autofree char *type = g_strnfill (100000, 'y');
  g_autofree char *long_type = g_strdup_printf ("{\"type\":\"%s\"}", type);
  g_autoptr (GError) error = NULL;

  expect_code (large, RW_SIGNAL_MAX_FRAME + 1, RW_SIGNAL_ERROR_TOO_LARGE);
  expect_code (deep, RW_SIGNAL_MAX_FRAME, RW_SIGNAL_ERROR_TOO_DEEP);
  expect_code (long_id, strlen (long_id), RW_SIGNAL_ERROR_INVALID);
  expect_code ("{}\0", 3, RW_SIGNAL_ERROR_SYNTAX);
  g_assert_null (
      rw_signal_message_parse (long_type, strlen (long_type), &error));
  g_assert_cmpuint (strlen (error->message), <, 200);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/signal-message/bad-messages-fail-with-a-reason",
                   test_bad_messages_fail_with_a_reason);
  g_test_add_func ("/signal-message/absurd-size-and-depth-are-refused",
                   test_absurd_size_and_depth_are_refused);
  return g_test_run ();
}
