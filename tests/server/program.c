/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-certificate.h"
#include "test-peer.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* The installed program: what it prints, and how it comes and goes. */

typedef struct {
  GSubprocess *process;
  GDataInputStream *output;
  GSocket *notify;
  char *dir;
  char *notify_path;
  guint port;
} Fixture;

static char *
get_program (void)
{
  return g_build_filename (g_test_get_dir (G_TEST_BUILT), "..", "lib", "server",
                           "resilient-signalling-server", NULL);
}

static void
open_notify_socket (Fixture *f)
{
  g_autoptr (GSocketAddress) address = NULL;

  f->dir = g_dir_make_tmp ("rw-program-XXXXXX", NULL);
  f->notify_path = g_build_filename (f->dir, "notify", NULL);
  address = g_unix_socket_address_new (f->notify_path);
  f->notify = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                            G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_socket_set_timeout (f->notify, TEST_DEADLINE_S);
  g_assert_true (g_socket_bind (f->notify, address, FALSE, NULL));
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autofree char *program = get_program ();
  g_autofree char *line = NULL;
  g_autoptr (GError) error = NULL;

  open_notify_socket (f);
  g_subprocess_launcher_setenv (launcher, "NOTIFY_SOCKET", f->notify_path,
                                TRUE);
  f->process = g_subprocess_launcher_spawn (launcher, &error, program, "--host",
                                            "127.0.0.1", "--port", "0", NULL);
  g_assert_no_error (error);
  f->output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (f->process));
  line = g_data_input_stream_read_line (f->output, NULL, NULL, NULL);
  g_assert_nonnull (line);
  g_assert_nonnull (strstr (line, "listens on ws://127.0.0.1:"));
  f->port = (guint) g_ascii_strtoull (strrchr (line, ':') + 1, NULL, 10);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_subprocess_force_exit (f->process);
  g_subprocess_wait (f->process, NULL, NULL);
  g_object_unref (f->output);
  g_object_unref (f->process);
  g_object_unref (f->notify);
  g_unlink (f->notify_path);
  g_rmdir (f->dir);
  g_free (f->notify_path);
  g_free (f->dir);
}

static void
expect_notified (Fixture *f, const char *state)
{
  char buffer[256] = "";

  g_assert_cmpint (
      g_socket_receive (f->notify, buffer, sizeof buffer - 1, NULL, NULL), >,
      0);
  g_assert_true (g_str_has_prefix (buffer, state));
}

static void
expect_clean_exit (Fixture *f)
{
  g_assert_true (g_subprocess_wait (f->process, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (f->process));
  g_assert_cmpint (g_subprocess_get_exit_status (f->process), ==, 0);
}

static void
test_sigterm_sends_the_clients_away (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->port);
  g_autofree char *moved = NULL;

  expect_notified (f, "READY=1\nSTATUS=listening on ws://");
  g_free (test_peer_expect_type (peer, "welcome"));
  test_peer_send_json (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                             "'resilient':{'version':1}}");
  g_free (test_peer_expect_type (peer, "resilientWelcome"));
  g_subprocess_send_signal (f->process, SIGTERM);
  moved = test_peer_expect_type (peer, "moved");
  test_peer_expect_closed (peer, SOUP_WEBSOCKET_CLOSE_GOING_AWAY);
  expect_notified (f, "STOPPING=1");
  expect_clean_exit (f);
}

static void
test_sigint_ends_it_without_clients (Fixture *f, gconstpointer unused)
{
  g_subprocess_send_signal (f->process, SIGINT);
  expect_clean_exit (f);
}

static void
test_sighup_reloads_and_goes_on (Fixture *f, gconstpointer unused)
{
  g_autoptr (TestPeer) peer = NULL;

  expect_notified (f, "READY=1");
  g_subprocess_send_signal (f->process, SIGHUP);
  expect_notified (f, "RELOADING=1");
  expect_notified (f, "READY=1");
  peer = test_peer_new (f->port);
  g_free (test_peer_expect_type (peer, "welcome"));
}

/* A client that never answers the close must not keep the server. */
static void
test_a_deaf_client_does_not_hold_it_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) not_receiving =
      g_socket_client_connect_to_host (client, "127.0.0.1", (guint16) f->port,
                                       NULL, NULL);
  static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n"
                                "Upgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
                                "\r\n\r\n";
  char buffer[12];

  g_assert_true (g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (not_receiving)), request,
      sizeof request - 1, NULL, NULL, NULL));
  g_assert_cmpint (g_input_stream_read (g_io_stream_get_input_stream (
                                            G_IO_STREAM (not_receiving)),
                                        buffer, sizeof buffer, NULL, NULL),
                   ==, sizeof buffer);
  g_subprocess_send_signal (f->process, SIGTERM);
  expect_clean_exit (f);
}

static GSocketConnection *
connect_raw (guint port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  g_socket_client_set_timeout (client, TEST_DEADLINE_S);
  return g_socket_client_connect_to_host (client, "127.0.0.1", (guint16) port,
                                          NULL, NULL);
}

static gboolean
is_healthy (guint port)
{
  static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  g_autoptr (GSocketConnection) line = connect_raw (port);
  char buffer[12] = "";

  if (line == NULL)
    return FALSE;
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (line)),
                             request, sizeof request - 1, NULL, NULL, NULL);
  g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (line)),
                       buffer, sizeof buffer, NULL, NULL);
  return memcmp (buffer, "HTTP/1.1 200", sizeof buffer) == 0;
}

static GSubprocess *
start_with_descriptors (const char *n, guint *port)
{
  g_autofree char *program = get_program ();
  g_autoptr (GSubprocess) process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL,
      "sh", "-c", "ulimit -n $1; exec \"$0\" --host=127.0.0.1 --port=0",
      program, n, NULL);
  g_autoptr (GDataInputStream) output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_autofree char *line =
      g_data_input_stream_read_line (output, NULL, NULL, NULL);

  *port = (guint) g_ascii_strtoull (strrchr (line, ':') + 1, NULL, 10);
  return g_steal_pointer (&process);
}

static void
stop (GSubprocess *process)
{
  g_subprocess_send_signal (process, SIGTERM);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
}

/* Also of those that say nothing, and would not be counted as clients. */
static void
test_more_connections_than_descriptors_do_no_harm (void)
{
  g_autoptr (GPtrArray) silent =
      g_ptr_array_new_with_free_func (g_object_unref);
  guint port;
  g_autoptr (GSubprocess) process = start_with_descriptors ("64", &port);

  for (guint i = 0; i < 200; i++) {
    GSocketConnection *connection = connect_raw (port);

    if (connection != NULL)
      g_ptr_array_add (silent, connection);
  }
  g_assert_true (is_healthy (port));
  stop (process);
}

/* Answered, or closed: a server without a descriptor left does neither. */
static void
assert_is_handled (GSocketConnection *connection)
{
  static const char request[] =
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
  GIOStream *stream = G_IO_STREAM (connection);
  g_autoptr (GError) error = NULL;
  char buffer[12];

  g_output_stream_write_all (g_io_stream_get_output_stream (stream), request,
                             sizeof request - 1, NULL, NULL, NULL);
  g_input_stream_read (g_io_stream_get_input_stream (stream), buffer,
                       sizeof buffer, NULL, &error);
  g_assert_false (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

static gboolean
can_have_descriptors (rlim_t n)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  return setrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= n;
}

/* So many that the descriptors for each few dozen of them count. */
static void
test_more_clients_than_descriptors_do_no_harm (void)
{
  g_autoptr (GPtrArray) clients =
      g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GSubprocess) process = NULL;
  guint port;

  if (!can_have_descriptors (3000)) {
    g_test_skip ("needs 3000 file descriptors");
    return;
  }

  process = start_with_descriptors ("2500", &port);
  for (guint i = 0; i < 2500; i++) {
    GSocketConnection *connection = connect_raw (port);

    g_assert_nonnull (connection);
    g_ptr_array_add (clients, connection);
    assert_is_handled (connection);
  }
  g_ptr_array_set_size (clients, 0);
  stop (process);
}

static gboolean
on_accept_certificate (GTlsConnection *connection, GTlsCertificate *certificate,
                       GTlsCertificateFlags flags, gpointer unused)
{
  return TRUE;
}

static void
on_tls_event (GSocketClient *client, GSocketClientEvent event,
              GSocketConnectable *connectable, GIOStream *connection,
              gpointer unused)
{
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING)
    g_signal_connect (connection, "accept-certificate",
                      G_CALLBACK (on_accept_certificate), NULL);
}

/* Every connection before it has been accepted, too. */
static void
shake_hands (guint port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) line = NULL;
  g_autoptr (GError) error = NULL;

  g_socket_client_set_tls (client, TRUE);
  g_socket_client_set_timeout (client, TEST_DEADLINE_S);
  g_signal_connect (client, "event", G_CALLBACK (on_tls_event), NULL);
  line = g_socket_client_connect_to_host (client, "127.0.0.1", (guint16) port,
                                          NULL, &error);
  g_assert_no_error (error);
}

/* It begins no TLS handshake, and libsoup would wait for its end. */
static void
test_a_silent_client_of_tls_does_not_hold_it_up (void)
{
  g_autofree char *program = get_program ();
  g_autofree char *dir = g_dir_make_tmp ("rw-program-XXXXXX", NULL);
  g_autofree char *pem = g_build_filename (dir, "cert.pem", NULL);
  g_autofree char *certificate = g_strconcat ("--tls-certificate=", pem, NULL);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autoptr (GSocketConnection) silent = NULL;
  g_autofree char *line = NULL;
  guint port;

  if (!test_certificate_make (pem, "localhost")) {
    g_test_skip ("openssl is not there");
    return;
  }
  /* LeakSanitizer of GCC 12 crashes when it looks into the threads that GLib's
   * TLS has used. */
  g_subprocess_launcher_setenv (launcher, "ASAN_OPTIONS", "detect_leaks=0",
                                TRUE);
  /* Should it wait all the same, it is killed, and has not exited. */
  process = g_subprocess_launcher_spawn (
      launcher, NULL, "timeout", "-s", "KILL", "20", program,
      "--host=127.0.0.1", "--port=0", certificate, NULL);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  line = g_data_input_stream_read_line (output, NULL, NULL, NULL);
  port = (guint) g_ascii_strtoull (strrchr (line, ':') + 1, NULL, 10);
  silent = connect_raw (port);
  shake_hands (port);
  g_subprocess_send_signal (process, SIGTERM);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);
  g_unlink (pem);
  g_rmdir (dir);
}

static char *
run (const char *argument, gboolean *successful)
{
  g_autofree char *program = get_program ();
  g_auto (GStrv) arguments = g_strsplit (argument, " ", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_auto (GStrv) argv = NULL;
  char *output = NULL;

  g_strv_builder_add (builder, program);
  g_strv_builder_addv (builder, (const char **) arguments);
  argv = g_strv_builder_end (builder);
  process = g_subprocess_newv (
      (const char *const *) argv,
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, NULL);
  g_assert_true (
      g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, NULL));
  *successful = g_subprocess_get_successful (process);
  return output;
}

static void
expect_output (const char *argument, gboolean success, const char *says)
{
  gboolean successful;
  g_autofree char *output = run (argument, &successful);

  g_assert_cmpint (successful, ==, success);
  if (strstr (output, says) == NULL)
    g_error ("%s: \"%s\" does not say \"%s\"", argument, output, says);
}

static void
test_the_command_line_explains_itself (void)
{
  expect_output ("--help", TRUE, "--max-clients=N");
  expect_output ("--version", TRUE, "resilient-signalling-server 0.");
  expect_output ("--print-config", TRUE, "[server]");
  expect_output ("--port=x", FALSE, "from 0 to 65535");
  expect_output ("--port=1 --port=2", FALSE, "--port is given twice");
  expect_output ("--nonsense", FALSE, "--help");
  expect_output ("--ping-interval=15", FALSE, "ping-timeout (15 s)");
  expect_output ("--turn-uris=http://x", FALSE, "\"http://x\"");
  expect_output ("--origins=good.example", FALSE, "\"good.example\"");
  expect_output ("argument", FALSE, "\"argument\"");
  expect_output ("--config=/nonexistent.conf", FALSE, "/nonexistent.conf");
}

#define ADD(path, func)                                                        \
  g_test_add ("/program/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("sigterm-sends-the-clients-away", test_sigterm_sends_the_clients_away);
  ADD ("sigint-ends-it-without-clients", test_sigint_ends_it_without_clients);
  ADD ("sighup-reloads-and-goes-on", test_sighup_reloads_and_goes_on);
  ADD ("a-not_receiving-client-does-not-hold-it-up",
       test_a_deaf_client_does_not_hold_it_up);
  g_test_add_func ("/program/more-connections-than-descriptors-do-no-harm",
                   test_more_connections_than_descriptors_do_no_harm);
  g_test_add_func ("/program/more-clients-than-descriptors-do-no-harm",
                   test_more_clients_than_descriptors_do_no_harm);
  g_test_add_func ("/program/a-silent-client-of-tls-does-not-hold-it-up",
                   test_a_silent_client_of_tls_does_not_hold_it_up);
  g_test_add_func ("/program/the-command-line-explains-itself",
                   test_the_command_line_explains_itself);

  return g_test_run ();
}
