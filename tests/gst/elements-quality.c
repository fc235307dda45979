/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-side.h"
#include "test-process.h"

#include <gio/gio.h>
#include <string.h>

/* The reports of the elements about their connection: to the application, and
 * to the signalling server. */

#define NAME "resilient-webrtc-quality"

/* A connection as good as loopback on a busy machine. */
static void
check_good (const GstStructure *s)
{
  guint64 latency, jitter, rate;
  gdouble loss;
  gboolean limited;

  g_assert_true (gst_structure_get (
      s, "latency", G_TYPE_UINT64, &latency, "packet-loss", G_TYPE_DOUBLE,
      &loss, "jitter", G_TYPE_UINT64, &jitter, "rate", G_TYPE_UINT64, &rate,
      "limited", G_TYPE_BOOLEAN, &limited, NULL));
  g_assert_cmpuint (latency, >, 0);
  g_assert_cmpuint (latency, <=, 100 * GST_MSECOND);
  g_assert_cmpuint (jitter, <=, 20 * GST_MSECOND);
  g_assert_cmpfloat (loss, >=, 0.0);
  g_assert_cmpfloat (loss, <=, 1.0);
  g_assert_cmpuint (rate, >, 8000);
  g_assert_cmpuint (rate, <, 1000000);
  g_assert_false (limited);
}

static char *
get_metrics (guint port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_to_host (
      client, "127.0.0.1", (guint16) port, NULL, &error);
  static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                                "Connection: close\r\n\r\n";
  char *text = g_malloc0 (65536);

  g_assert_no_error (error);
  g_assert_true (g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (connection)), request,
      strlen (request), NULL, NULL, NULL));
  g_assert_true (g_input_stream_read_all (
      g_io_stream_get_input_stream (G_IO_STREAM (connection)), text, 65535,
      NULL, NULL, NULL));
  return text;
}

/* How many say that it is good. */
static guint
count_good (guint port)
{
  g_autofree char *text = get_metrics (port);
  static const char name[] = "seats_quality{quality=\"good\"} ";
  const char *found = strstr (text, name);

  g_assert_nonnull (found);
  return (guint) g_ascii_strtoull (found + strlen (name), NULL, 10);
}

static gboolean
both_say_good (TestSide *side, gpointer port)
{
  return count_good (GPOINTER_TO_UINT (port)) == 2;
}

static void
test_is_told_to_the_application_and_to_the_server (void)
{
  g_autoptr (TestSide) sink = test_side_new (
      "audiotestsrc is-live=true samplesperbuffer=960 "
      "! audio/x-raw,rate=48000,channels=1 ! resilientwebrtcsink name=it "
      "run-signalling-server=true signalling-server-host=127.0.0.1 "
      "signalling-server-port=0 stream-name=studio");
  g_autoptr (TestSide) src = NULL;
  const GstStructure *message;

  test_side_play (sink);
  src = test_side_new_opus_src (sink, "consumer-id=ears");
  test_side_play (src);
  message = test_side_wait_message (src, NAME, "quality", "good");
  check_good (message);
  message = test_side_wait_message (sink, NAME, "quality", "good");
  check_good (message);
  g_assert_cmpstr (gst_structure_get_string (message, "peer-id"), ==, "ears");
  /* Asked again with each message that comes. */
  test_side_wait (src, both_say_good,
                  GUINT_TO_POINTER (test_side_get_port (sink)),
                  "both to be good at the server");
}

int
main (int argc, char **argv)
{
  test_side_init (&argc, &argv);
  g_test_add_func ("/elements/quality/is-told-to-the-application-and-to-the-"
                   "server",
                   test_is_told_to_the_application_and_to_the_server);
  return test_process_run_tests ();
}
