/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-element-side.h"
#include "rw-process.h"

#include <gio/gio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* The signalling server is killed and started again under live streams, each
 * of which says a packet of 20 ms every 20 ms all the while. Media must not
 * notice; everybody is to be registered again, and new sessions are possible.
 * RW_STREAMS=50 for the full number. */

#define DEADLINE_US (120 * G_USEC_PER_SEC)
#define ROUND_US    60000
#define PER_ROUND   3

/* In rounds: before the server is killed, and until it is started again. */
#define ROUNDS_BEFORE 25
#define ROUNDS_AWAY   33

typedef struct {
  RwSide *sink;
  RwSide *src;
} Stream;

typedef struct {
  guint n;
  Stream *streams;
  GSubprocess *server;
  guint port;
  guint64 said;
  gint64 next_us;
} Fixture;

static guint
free_port (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();

  return g_socket_listener_add_any_inet_port (listener, NULL, NULL);
}

static void
start_server (Fixture *f)
{
  g_autofree char *program = g_test_build_filename (
      G_TEST_BUILT, "..", "lib", "server", "resilient-signalling-server", NULL);
  g_autofree char *port = g_strdup_printf ("--port=%u", f->port);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  f->server = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
      &error, program, "--host=127.0.0.1", port, NULL);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (f->server));
  line = g_data_input_stream_read_line (output, NULL, NULL, NULL);
  g_assert_nonnull (line);
}

static void
kill_server (Fixture *f)
{
  g_subprocess_send_signal (f->server, SIGKILL);
  g_subprocess_wait (f->server, NULL, NULL);
  g_clear_object (&f->server);
}

/* One of the server's metrics, such as "clients". */
static guint
get_metric (Fixture *f, const char *name)
{
  static const char request[] = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) line = g_socket_client_connect_to_host (
      client, "127.0.0.1", (guint16) f->port, NULL, NULL);
  g_autofree char *key = g_strdup_printf ("\nresilient_signalling_%s ", name);
  char text[32768] = "";
  gsize len = 0;
  const char *value;

  g_assert_nonnull (line);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (line)),
                             request, strlen (request), NULL, NULL, NULL);
  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (line)),
                           text, sizeof text - 1, &len, NULL, NULL);
  value = strstr (text, key);
  g_assert_nonnull (value);
  return (guint) strtoul (value + strlen (key), NULL, 10);
}

/* Says what is due, and waits until the next is: in time with the clock, so
 * that a late round is made good and the streams are live. */
static void
play_round (Fixture *f)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockID due;

  for (guint i = 0; i < f->n; i++)
    rw_side_push (f->streams[i].sink, f->said, PER_ROUND);
  f->said += PER_ROUND;

  f->next_us += ROUND_US;
  due = gst_clock_new_single_shot_id (clock, (GstClockTime) f->next_us * 1000);
  gst_clock_id_wait (due, NULL);
  gst_clock_id_unref (due);
}

static void
play_rounds (Fixture *f, guint n)
{
  for (guint i = 0; i < n; i++)
    play_round (f);
}

/* Says on while it waits for @n of @what at the server. */
static void
play_until_registered (Fixture *f, const char *what, guint n)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  while (get_metric (f, what) < n) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    play_round (f);
  }
}

static RwSide *
new_sink (Fixture *f, guint i)
{
  return rw_side_new (
      "appsrc name=in format=time is-live=true max-bytes=0 "
      "caps=audio/x-opus,channel-mapping-family=0,channels=2,rate=48000 "
      "! resilientwebrtcsink name=it stream-name=stream-%u "
      "signaller-uri=ws://127.0.0.1:%u",
      i, f->port);
}

static RwSide *
new_src (Fixture *f, guint i, const char *consumer)
{
  return rw_side_new ("resilientwebrtcsrc name=it producer-name=stream-%u "
                      "consumer-id=%s signaller-uri=ws://127.0.0.1:%u "
                      "! audio/x-opus ! fakesink sync=false async=false",
                      i, consumer, f->port);
}

static void
start_streams (Fixture *f)
{
  f->streams = g_new0 (Stream, f->n);
  for (guint i = 0; i < f->n; i++) {
    f->streams[i].sink = new_sink (f, i);
    rw_side_play (f->streams[i].sink);
  }
  for (guint i = 0; i < f->n; i++) {
    f->streams[i].src = new_src (f, i, "first");
    rw_side_play (f->streams[i].src);
  }
  for (guint i = 0; i < f->n; i++)
    rw_side_wait_stat (f->streams[i].sink, "consumers", 1);
}

static guint
count_states (RwSide *side, const char *state)
{
  guint n = 0;

  g_mutex_lock (&side->lock);
  for (guint i = 0; i < side->messages->len; i++) {
    const GstStructure *s =
        gst_message_get_structure (side->messages->pdata[i]);

    if (s != NULL && gst_structure_has_name (s, "resilient-webrtc-state") &&
        g_strcmp0 (gst_structure_get_string (s, "state"), state) == 0)
      n++;
  }
  g_mutex_unlock (&side->lock);
  return n;
}

/* One that comes now gets what is said from now on. */
static void
check_new_session (Fixture *f)
{
  g_autoptr (RwSide) src = new_src (f, 0, "second");
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;

  rw_side_play (src);
  while (rw_side_get_stat (f->streams[0].sink, "consumers") < 2) {
    g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    play_round (f);
  }
  play_rounds (f, 5);
  rw_side_wait_buffers (src, PER_ROUND);
}

/* Every packet once and in order, and nobody has lost a session. A doubt that
 * passed again may be the machine's. */
static void
check_media (Fixture *f)
{
  guint doubts = 0;

  for (guint i = 0; i < f->n; i++)
    rw_side_end (f->streams[i].sink);
  for (guint i = 0; i < f->n; i++) {
    RwSide *src = f->streams[i].src;

    rw_side_wait_eos (src);
    rw_side_assert_numbers (src, 0, (guint) f->said);
    g_assert_cmpuint (count_states (src, "reconnecting"), ==, 0);
    g_assert_cmpuint (count_states (src, "connected"), >=, 1);
    doubts += count_states (src, "suspect");
  }
  g_test_message ("%u streams, %" G_GUINT64_FORMAT
                  " packets each, none lost, 0 reconnected, %u doubts",
                  f->n, f->said, doubts);
}

static void
test_killed_under_live_streams (void)
{
  const char *n = g_getenv ("RW_STREAMS");
  Fixture f = {.n = n != NULL ? (guint) atoi (n) : 6, .port = free_port ()};
  gint64 back_us;

  start_server (&f);
  start_streams (&f);
  f.next_us = g_get_monotonic_time ();
  play_rounds (&f, ROUNDS_BEFORE);
  g_assert_cmpuint (get_metric (&f, "producers"), ==, f.n);

  kill_server (&f);
  play_rounds (&f, ROUNDS_AWAY);
  start_server (&f);
  back_us = g_get_monotonic_time ();
  play_until_registered (&f, "producers", f.n);
  play_until_registered (&f, "clients", 2 * f.n);
  g_test_message ("all %u registered again %.1f s after the server's return",
                  2 * f.n, (double) (g_get_monotonic_time () - back_us) / 1e6);
  check_new_session (&f);
  check_media (&f);

  for (guint i = 0; i < f.n; i++) {
    rw_side_free (f.streams[i].src);
    rw_side_free (f.streams[i].sink);
  }
  g_free (f.streams);
  kill_server (&f);
}

int
main (int argc, char *argv[])
{
  rw_side_init (&argc, &argv);

  g_test_add_func ("/elements-restart/killed-under-live-streams",
                   test_killed_under_live_streams);

  return rw_process_run_tests ();
}
