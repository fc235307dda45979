/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-side.h"
#include "test-process.h"
#include "test-program.h"

#include <gio/gio.h>
#include <string.h>

/* The elements with servers, ports and plugins that are not as they should be:
 * one error, which says what to do. */

static void
assert_one_error (TestSide *side, const char *says)
{
  GError *error = NULL;

  gst_message_parse_error (test_side_wait_type (side, GST_MESSAGE_ERROR, 1),
                           &error, NULL);
  g_test_message ("%s", error->message);
  if (strstr (error->message, says) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, says);
  g_error_free (error);
  test_side_stop (side);
  g_assert_cmpuint (test_side_count_errors (side), ==, 1);
}

static void
test_port_in_use_is_an_error (void)
{
  g_autoptr (TestSide) first = test_side_new_opus_sink ("");
  g_autoptr (TestSide) second = test_side_new_opus_sink ("");

  test_side_play (first);
  g_object_set (second->element, "signalling-server-port",
                test_side_get_port (first), NULL);
  g_assert_cmpint (gst_element_set_state (second->pipeline, GST_STATE_PLAYING),
                   ==, GST_STATE_CHANGE_FAILURE);
  assert_one_error (second, "port");
}

static TestSide *
named_sink_new (TestSide *host)
{
  TestSide *sink =
      test_side_new ("audiotestsrc is-live=true samplesperbuffer=960 "
                     "! audio/x-raw,rate=48000,channels=1 "
                     "! resilientwebrtcsink name=it stream-name=studio "
                     "signaller-uri=ws://127.0.0.1:%u",
                     test_side_get_port (host));

  test_side_play (sink);
  return sink;
}

/* The one who has the name keeps it, and the other one says whose it is, once;
 * when it is free the other one takes it. */
static void
test_a_name_that_is_taken_is_a_warning (void)
{
  g_autoptr (TestSide) host = test_side_new_opus_sink ("stream-name=other");
  g_autoptr (TestSide) first = NULL;
  g_autoptr (TestSide) second = NULL;
  g_autoptr (TestSide) src = NULL;
  const char *holder;
  GError *error = NULL;
  guint n;

  test_side_play (host);
  first = named_sink_new (host);
  src = test_side_new_opus_src (host, "");
  test_side_play (src);
  test_side_wait_buffers (src, 20);
  holder = gst_structure_get_string (
      test_side_wait_message (src, "resilient-webrtc-state", "state",
                              "connected"),
      "peer-id");

  second = named_sink_new (host);
  gst_message_parse_warning (
      test_side_wait_type (second, GST_MESSAGE_WARNING, 1), &error, NULL);
  g_test_message ("%s", error->message);
  g_assert_true (
      g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED));
  g_assert_nonnull (strstr (error->message, "\"studio\" is taken"));
  g_assert_nonnull (strstr (error->message, holder));
  g_error_free (error);
  test_side_wait_buffers (src, 150); /* in which it asks again */
  g_assert_cmpuint (test_side_get_stat (first, "consumers"), ==, 1);
  g_assert_cmpuint (test_side_get_stat (second, "consumers"), ==, 0);

  /* The end of its stream is no end of the name. */
  test_side_stop (first);
  test_side_wait_eos (src);
  test_side_stop (src);
  n = src->buffers->len;
  test_side_play (src);
  test_side_wait_buffers (src, n + 20);
  g_assert_cmpuint (test_side_get_stat (second, "consumers"), ==, 1);
  test_side_assert_quiet (first);
  g_assert_cmpuint (test_side_count_errors (second), ==, 0);
  g_assert_cmpuint (test_side_count_type (second, GST_MESSAGE_WARNING), ==, 1);
}

static void
test_bad_uri_is_an_error (void)
{
  static const char *const uris[] = {"http://a b", "nonsense", "ftp://x/",
                                     "ws://", ""};

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++) {
    g_autoptr (TestSide) src = test_side_new (
        "resilientwebrtcsrc name=it ! audio/x-opus ! fakesink async=false");

    g_object_set (src->element, "signaller-uri", uris[i], NULL);
    if (gst_element_set_state (src->pipeline, GST_STATE_PLAYING) !=
        GST_STATE_CHANGE_FAILURE)
      g_test_message ("\"%s\" was taken", uris[i]);
    else
      assert_one_error (src, "");
  }
}

/* libnice speaks no TLS to relays, so that the user would be deceived. */
static void
test_turn_over_tls_is_an_error (void)
{
  g_autoptr (TestSide) src = test_side_new (
      "resilientwebrtcsrc name=it signaller-uri=ws://127.0.0.1:1 "
      "turn-servers=<\"turns://u:p@127.0.0.1:5349\"> ! audio/x-opus "
      "! fakesink async=false");

  g_assert_cmpint (gst_element_set_state (src->pipeline, GST_STATE_PLAYING), ==,
                   GST_STATE_CHANGE_FAILURE);
  assert_one_error (src, "turns");
}

static void
check_unreachable (const char *line)
{
  g_autofree char *text = g_strdup_printf (line, test_program_reserve_port ());
  g_autoptr (TestSide) side = test_side_new ("%s", text);

  test_side_play (side);
  test_side_wait_state (side, "failed");
  assert_one_error (side, "127.0.0.1");
  g_assert_cmpuint (test_side_count_type (side, GST_MESSAGE_WARNING), <=, 1);
}

static void
test_unreachable_server_is_given_up_when_asked_to (void)
{
  check_unreachable ("resilientwebrtcsrc name=it retries=2 retry-delay=10 "
                     "signaller-uri=ws://127.0.0.1:%u ! fakesink async=false");
  check_unreachable ("resilientwebrtcsrc name=it retries=0 "
                     "signaller-uri=ws://127.0.0.1:%u ! fakesink async=false");
  check_unreachable ("audiotestsrc is-live=true ! resilientwebrtcsink name=it "
                     "retries=2 retry-delay=10 "
                     "signaller-uri=ws://127.0.0.1:%u");
}

static void
hide (const char *factory)
{
  GstRegistry *registry = gst_registry_get ();
  GstPluginFeature *feature = gst_registry_lookup_feature (registry, factory);

  if (feature == NULL)
    return;
  gst_registry_remove_feature (registry, feature);
  gst_object_unref (feature);
}

static void
test_missing_plugin_names_its_package (void)
{
  static const char *const packages[][2] = {
      {"webrtcbin", "gstreamer1.0-plugins-bad"},
      {"nicesrc", "gstreamer1.0-nice"},
      {"opusenc", "gstreamer1.0-plugins-base"},
  };

  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, 0);
    g_test_trap_assert_passed ();
    return;
  }
  for (guint i = G_N_ELEMENTS (packages); i-- > 0;) {
    g_autoptr (TestSide) sink = test_side_new (
        "audiotestsrc is-live=true ! resilientwebrtcsink name=it "
        "run-signalling-server=true signalling-server-port=0");

    hide (packages[i][0]);
    gst_element_set_state (sink->pipeline, GST_STATE_PLAYING);
    assert_one_error (sink, packages[i][1]);
  }
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/gst/elements/port-in-use-is-an-error",
                   test_port_in_use_is_an_error);
  g_test_add_func ("/gst/elements/name-that-is-taken-is-a-warning",
                   test_a_name_that_is_taken_is_a_warning);
  g_test_add_func ("/gst/elements/bad-uri-is-an-error",
                   test_bad_uri_is_an_error);
  g_test_add_func ("/gst/elements/turn-over-tls-is-an-error",
                   test_turn_over_tls_is_an_error);
  g_test_add_func ("/gst/elements/unreachable-server-is-given-up-when-asked-to",
                   test_unreachable_server_is_given_up_when_asked_to);
  g_test_add_func ("/gst/elements/missing-plugin-names-its-package",
                   test_missing_plugin_names_its_package);
  return test_process_run_tests ();
}
