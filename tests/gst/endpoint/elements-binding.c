/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-ordinary.h"
#include "test-process.h"

#include <stdlib.h>
#include <string.h>

/* Which addresses and ports the elements use for media, and announce. */

static TestSide *
new_sink (const char *properties)
{
  TestSide *sink = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
      "run-signalling-server=true signalling-server-host=127.0.0.1 "
      "signalling-server-port=0 stream-name=studio %s",
      properties);

  test_side_play (sink);
  return sink;
}

/* The candidates of the sink's offer, until it says that there are no more. */
static GPtrArray *
collect_candidates (TestSide *sink)
{
  g_autoptr (TestPeer) line = test_peer_new (test_side_get_port (sink));
  g_autofree char *welcome = test_peer_expect_type (line, "welcome");
  g_autofree char *id = test_ordinary_find_producer (line);
  GPtrArray *candidates = g_ptr_array_new_with_free_func (g_free);

  test_peer_send_json (line, "{'type':'startSession','peerId':'%s'}", id);
  for (;;) {
    g_autofree char *text = test_peer_next (line);
    g_autoptr (JsonNode) root = json_from_string (text, NULL);
    JsonObject *object = json_node_get_object (root);
    const char *candidate;

    if (!json_object_has_member (object, "ice"))
      continue;
    candidate = json_object_get_string_member (
        json_object_get_object_member (object, "ice"), "candidate");
    if (*candidate == '\0')
      return candidates;
    g_test_message ("%s", candidate);
    g_ptr_array_add (candidates, g_strdup (candidate));
  }
}

static void
check_candidates (const char *properties, const char *address, guint min,
                  guint max)
{
  g_autoptr (TestSide) sink = new_sink (properties);
  g_autoptr (GPtrArray) candidates = collect_candidates (sink);

  g_assert_cmpuint (candidates->len, >, 0);
  for (guint i = 0; i < candidates->len; i++) {
    g_auto (GStrv) fields =
        g_strsplit (g_ptr_array_index (candidates, i), " ", -1);
    guint port = (guint) atoi (fields[5]);

    g_assert_cmpstr (fields[4], ==, address);
    g_assert_cmpuint (port, >=, min);
    g_assert_cmpuint (port, <=, max);
  }
}

static void
test_address_and_ports_are_bound (void)
{
  check_candidates ("local-address=127.0.0.1", "127.0.0.1", 1, 65535);
  check_candidates ("local-address=127.0.0.1 min-rtp-port=42000 "
                    "max-rtp-port=42063",
                    "127.0.0.1", 42000, 42063);
  check_candidates ("local-address=127.0.0.1 announced-address=203.0.113.7 "
                    "min-rtp-port=42064",
                    "203.0.113.7", 42064, 65535);
}

static void
test_interface_is_bound (void)
{
  g_autoptr (TestSide) sink = new_sink ("local-address=lo");
  g_autoptr (GPtrArray) candidates = collect_candidates (sink);

  g_assert_cmpuint (candidates->len, >, 0);
  for (guint i = 0; i < candidates->len; i++) {
    const char *candidate = g_ptr_array_index (candidates, i);

    g_assert_true (strstr (candidate, " 127.0.0.1 ") ||
                   strstr (candidate, " ::1 "));
  }
}

/* Media flows where both are bound so. */
static void
test_bound_pair_connects (void)
{
  g_autoptr (TestSide) sink = new_sink (
      "local-address=127.0.0.1 min-rtp-port=42100 max-rtp-port=42163");
  g_autoptr (TestSide) src = test_side_new_opus_src (
      sink, "local-address=127.0.0.1 min-rtp-port=42200 max-rtp-port=42263");

  test_side_play (src);
  test_side_wait_buffers (src, 20);
  test_side_assert_quiet (sink);
  test_side_assert_quiet (src);
}

static void
check_refused (const char *properties, const char *says)
{
  g_autofree char *line = g_strdup_printf ("resilientwebrtcsrc name=it %s "
                                           "! fakesink",
                                           properties);
  g_autoptr (TestSide) src = test_side_new ("%s", line);
  GError *error = NULL;

  gst_element_set_state (src->pipeline, GST_STATE_PLAYING);
  gst_message_parse_error (test_side_wait_type (src, GST_MESSAGE_ERROR, 1),
                           &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  g_assert_nonnull (strstr (error->message, says));
  g_error_free (error);
}

static void
test_what_cannot_be_used_is_refused (void)
{
  check_refused ("min-rtp-port=5000 max-rtp-port=4000", "max-rtp-port");
  check_refused ("announced-address=studio.example.org", "announced-address");
}

/* As docs/properties.md writes it for a shell, without the shell's quotes. */
static void
test_turn_servers_can_be_written_in_a_launch_line (void)
{
  g_autoptr (GstElement) src = gst_parse_launch (
      "resilientwebrtcsrc "
      "turn-servers=<\"turn://u:p%40w@turn.example.org:3478\","
      "\"turn://u:p@192.0.2.1:3478\">",
      NULL);
  g_auto (GValue) value = G_VALUE_INIT;

  g_assert_nonnull (src);
  g_object_get_property (G_OBJECT (src), "turn-servers", &value);
  g_assert_cmpuint (gst_value_array_get_size (&value), ==, 2);
  g_assert_cmpstr (g_value_get_string (gst_value_array_get_value (&value, 0)),
                   ==, "turn://u:p%40w@turn.example.org:3478");
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/address-and-ports-are-bound",
                   test_address_and_ports_are_bound);
  g_test_add_func ("/gst/elements/interface-is-bound", test_interface_is_bound);
  g_test_add_func ("/gst/elements/bound-pair-connects",
                   test_bound_pair_connects);
  g_test_add_func ("/gst/elements/what-cannot-be-used-is-refused",
                   test_what_cannot_be_used_is_refused);
  g_test_add_func ("/gst/elements/turn-servers-can-be-written-in-a-launch-line",
                   test_turn_servers_can_be_written_in_a_launch_line);
  return test_process_run_tests ();
}
