/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-process.h"
#include "test-program.h"
#include "test-streams.h"

#include <gio/gio.h>
#include <signal.h>

/* The signalling server is killed and started again under live streams; or it
 * is one of two that know nothing of each other. RW_STREAMS=50 for the full
 * number. */

/* In rounds: until it is started again. */
#define ROUNDS_AWAY 33

/* For which a server keeps a client without a connection. */
#define GRACE_US (30 * G_USEC_PER_SEC)

typedef struct {
  GSubprocess *process; /* NULL: it does not run */
  guint port;
} Server;

static void
start_server (Server *self)
{
  g_autofree char *program = g_test_build_filename (
      G_TEST_BUILT, "..", "lib", "server", "resilient-signalling-server", NULL);
  g_autofree char *port = g_strdup_printf ("--port=%u", self->port);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  self->process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
      &error, program, "--host=127.0.0.1", port, NULL);
  g_assert_no_error (error);
  output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  line = g_data_input_stream_read_line (output, NULL, NULL, NULL);
  g_assert_nonnull (line);
}

static void
kill_server (Server *self)
{
  g_subprocess_send_signal (self->process, SIGKILL);
  g_subprocess_wait (self->process, NULL, NULL);
  g_clear_object (&self->process);
}

static void
test_killed_under_live_streams (void)
{
  Server server = {.port = test_program_reserve_port ()};
  g_autofree char *uri = g_strdup_printf ("<ws://127.0.0.1:%u>", server.port);
  TestStreams f = {
      .n = test_streams_get_usual_n (), .port = server.port, .uris = uri};

  start_server (&server);
  test_streams_begin (&f);
  kill_server (&server);
  test_streams_play_rounds (&f, ROUNDS_AWAY);
  start_server (&server);
  test_streams_wait_until_all_are_back (&f);
  test_streams_finish (&f);
  kill_server (&server);
}

/* --- Two servers that know nothing of each other --- */

/* Nobody has been moved to another session: where there was no doubt there is
 * one state. The line was lost once; what followed was no loss. */
static void
check_nothing_else_was_lost (TestStreams *f)
{
  for (guint i = 0; i < f->n; i++) {
    TestSide *sink = f->streams[i].sink;
    TestSide *src = f->streams[i].src;

    g_assert_cmpuint (test_streams_count_states (src, "reconnecting"), ==, 0);
    g_assert_cmpuint (test_side_get_stat (sink, "consumers"), ==, 1);
    if (test_streams_count_states (src, "suspect") > 0)
      continue;
    g_assert_cmpuint (test_streams_count_states (src, "connected"), ==, 1);
    g_assert_cmpuint (test_side_count_type (src, GST_MESSAGE_WARNING), ==, 1);
    g_assert_cmpuint (test_side_count_type (sink, GST_MESSAGE_WARNING), ==, 1);
  }
}

/* They have said goodbye: without it names are kept for the grace period. */
static void
check_server_is_left (TestStreams *f)
{
  gint64 from_us = g_get_monotonic_time ();

  test_streams_play_until (f, "connections", 0);
  test_streams_play_until (f, "producers", 0);
  test_streams_play_until (f, "seats_waiting", 0);
  g_assert_cmpint (g_get_monotonic_time () - from_us, <, GRACE_US / 2);
}

static void
test_back_at_the_preferred_server (void)
{
  Server first = {.port = test_program_reserve_port ()};
  Server second = {.port = test_program_reserve_port ()};
  g_autofree char *uris = g_strdup_printf (
      "<ws://127.0.0.1:%u, ws://127.0.0.1:%u>", first.port, second.port);
  TestStreams f = {
      .n = test_streams_get_usual_n (), .port = first.port, .uris = uris};

  start_server (&first);
  start_server (&second);
  test_streams_begin (&f);
  kill_server (&first);
  f.port = second.port;
  test_streams_wait_until_all_are_back (&f);
  f.port = first.port;
  start_server (&first);
  test_streams_wait_until_all_are_back (&f);
  check_nothing_else_was_lost (&f);
  f.port = second.port;
  check_server_is_left (&f);
  f.port = first.port;
  test_streams_finish (&f);
  kill_server (&first);
  kill_server (&second);
}

int
main (int argc, char *argv[])
{
  test_side_init (&argc, &argv);

#define ADD(name, func) g_test_add_func ("/elements-restart/" name, func)
  ADD ("killed-under-live-streams", test_killed_under_live_streams);
  ADD ("back-at-the-preferred-server", test_back_at_the_preferred_server);
#undef ADD

  return test_process_run_tests ();
}
