/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cost of the signalling server: memory for each idle client, sessions set
 * up in a second, and the latency of a message between two clients while the
 * others idle.
 *
 *   signalling-load SERVER-PROGRAM [IDLE-CLIENTS [SESSIONS]]
 *
 * The idle clients are bare sockets with a finished handshake that answer no
 * pings: it is all over before the server minds.
 */
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define N_MESSAGES 5000

static const char upgrade[] = "GET / HTTP/1.1\r\nHost: x\r\n"
                              "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
                              "\r\n\r\n";

typedef struct {
  GSocketConnection *line;
  GDataInputStream *input;
  GOutputStream *output;
} Client;

static guint16
read_port (GSubprocess *server)
{
  g_autoptr (GDataInputStream) output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (server));
  g_autofree char *line =
      g_data_input_stream_read_line (output, NULL, NULL, NULL);

  g_assert_nonnull (line);
  return (guint16) g_ascii_strtoull (strrchr (line, ':') + 1, NULL, 10);
}

static gsize
get_resident_bytes (GSubprocess *server)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%s/statm", g_subprocess_get_identifier (server));
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  fields = g_strsplit (text, " ", 3);
  return g_ascii_strtoull (fields[1], NULL, 10) * 4096;
}

/* User and system time of @server so far. */
static double
get_cpu_s (GSubprocess *server)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%s/stat", g_subprocess_get_identifier (server));
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  fields = g_strsplit (strrchr (text, ')') + 2, " ", -1);
  return (double) (g_ascii_strtoull (fields[11], NULL, 10) +
                   g_ascii_strtoull (fields[12], NULL, 10)) /
         (double) sysconf (_SC_CLK_TCK);
}

static void
read_bytes (Client *c, gpointer buffer, gsize len)
{
  gsize got = 0;

  if (!g_input_stream_read_all (G_INPUT_STREAM (c->input), buffer, len, &got,
                                NULL, NULL) ||
      got < len)
    g_error ("the server closed a connection");
}

/* One frame of the server's; none of the ones here is longer than 64 KiB. */
static char *
client_read (Client *c)
{
  guint8 header[4];
  gsize len;
  char *text;

  for (;;) {
    read_bytes (c, header, 2);
    len = header[1] & 0x7f;
    if (len == 126) {
      read_bytes (c, header + 2, 2);
      len = (gsize) header[2] << 8 | header[3];
    }
    text = g_malloc0 (len + 1);
    read_bytes (c, text, len);
    if ((header[0] & 0x0f) == 1)
      return text;
    g_free (text);
  }
}

/* Masked with zeros. */
static void
client_write (Client *c, const char *text)
{
  gsize len = strlen (text);
  gsize header_len = len < 126 ? 6 : 8;
  guint8 *frame = g_malloc0 (header_len + len);

  frame[0] = 0x81;
  frame[1] = 0x80 | (guint8) (len < 126 ? len : 126);
  if (len >= 126) {
    frame[2] = (guint8) (len >> 8);
    frame[3] = (guint8) len;
  }
  memcpy (frame + header_len, text, len);
  g_assert_true (g_output_stream_write_all (c->output, frame, header_len + len,
                                            NULL, NULL, NULL));
  g_free (frame);
}

static void
client_connect (Client *c, guint16 port)
{
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autoptr (GError) error = NULL;

  c->line = g_socket_client_connect_to_host (connector, "127.0.0.1", port, NULL,
                                             &error);
  g_assert_no_error (error);
  g_socket_set_option (g_socket_connection_get_socket (c->line), 6, 1, 1, NULL);
  c->input = g_data_input_stream_new (
      g_io_stream_get_input_stream (G_IO_STREAM (c->line)));
  c->output = g_io_stream_get_output_stream (G_IO_STREAM (c->line));
  g_data_input_stream_set_newline_type (c->input,
                                        G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  g_assert_true (g_output_stream_write_all (
      c->output, upgrade, sizeof upgrade - 1, NULL, NULL, NULL));
  for (;;) {
    g_autofree char *line =
        g_data_input_stream_read_line (c->input, NULL, NULL, NULL);

    if (line == NULL || *line == '\0')
      break;
  }
  g_free (client_read (c));
}

/* The value of @member in @text; the ids need no unescaping. */
static char *
get_member (const char *text, const char *member)
{
  g_autofree char *key = g_strdup_printf ("\"%s\":\"", member);
  const char *start = strstr (text, key);

  g_assert_nonnull (start);
  start += strlen (key);
  return g_strndup (start, (gsize) (strchr (start, '"') - start));
}

static char *
find_producer (Client *c)
{
  g_autofree char *list = NULL;

  client_write (c, "{\"type\":\"list\"}");
  list = client_read (c);
  return get_member (list, "id");
}

static char *
start_session (Client *producer, Client *consumer, const char *id)
{
  g_autofree char *text =
      g_strdup_printf ("{\"type\":\"startSession\",\"peerId\":\"%s\"}", id);
  g_autofree char *started = NULL;

  client_write (consumer, text);
  started = client_read (consumer);
  g_free (client_read (producer));
  return get_member (started, "sessionId");
}

static void
measure_sessions (GSubprocess *server, Client *producer, Client *consumer,
                  const char *id, guint n)
{
  double cpu_s = get_cpu_s (server);
  gint64 start_us = g_get_monotonic_time ();

  for (guint i = 0; i < n; i++) {
    g_autofree char *session = start_session (producer, consumer, id);
    g_autofree char *end = g_strdup_printf (
        "{\"type\":\"endSession\",\"sessionId\":\"%s\"}", session);

    client_write (consumer, end);
    g_free (client_read (producer));
  }
  g_print ("sessions, one after the other: %.0f set up and ended a second, "
           "%.0f us of the server's CPU each\n",
           n / ((double) (g_get_monotonic_time () - start_us) / 1e6),
           (get_cpu_s (server) - cpu_s) * 1e6 / n);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static void
measure_latency (Client *producer, Client *consumer, const char *id)
{
  static gint64 latency_us[N_MESSAGES];
  g_autofree char *session = start_session (producer, consumer, id);
  g_autofree char *text = g_strdup_printf (
      "{\"type\":\"peer\",\"sessionId\":\"%s\",\"ice\":{\"candidate\":"
      "\"candidate:1 1 UDP 2015363327 192.0.2.1 40000 typ host\","
      "\"sdpMLineIndex\":0}}",
      session);

  for (guint i = 0; i < N_MESSAGES; i++) {
    gint64 start_us = g_get_monotonic_time ();

    client_write (producer, text);
    g_free (client_read (consumer));
    latency_us[i] = g_get_monotonic_time () - start_us;
  }
  qsort (latency_us, N_MESSAGES, sizeof *latency_us, compare);
  g_print ("a message from client to client: p50 %d us, p99 %d us\n",
           (int) latency_us[N_MESSAGES / 2],
           (int) latency_us[N_MESSAGES * 99 / 100]);
}

static void
connect_idlers (GSubprocess *server, guint16 port, Client *idlers, guint n)
{
  gsize before = get_resident_bytes (server);
  gint64 start_us = g_get_monotonic_time ();

  for (guint i = 0; i < n; i++)
    client_connect (&idlers[i], port);
  g_print ("%u idle clients: %.0f connects a second, %.1f KiB of the "
           "server's memory each\n",
           n, n / ((double) (g_get_monotonic_time () - start_us) / 1e6),
           (double) (get_resident_bytes (server) - before) / n / 1024);
}

static void
raise_fd_limit (void)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

int
main (int argc, char *argv[])
{
  guint n_idle = argc > 2 ? (guint) atoi (argv[2]) : 2000;
  guint n_sessions = argc > 3 ? (guint) atoi (argv[3]) : 2000;
  g_autofree Client *idlers = g_new0 (Client, n_idle);
  g_autofree char *id = NULL;
  g_autoptr (GSubprocess) server = NULL;
  Client producer;
  Client consumer;
  guint16 port;

  if (argc < 2)
    g_error ("usage: signalling-load SERVER-PROGRAM [IDLE [SESSIONS]]");

  raise_fd_limit ();
  server = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL,
      argv[1], "--host=127.0.0.1", "--port=0", "--max-clients=100000",
      "--message-rate=0", "--ping-timeout=7200", NULL);
  port = read_port (server);
  connect_idlers (server, port, idlers, n_idle);
  client_connect (&producer, port);
  client_connect (&consumer, port);
  client_write (&producer, "{\"type\":\"setPeerStatus\",\"roles\":"
                           "[\"producer\"],\"meta\":null}");
  client_write (&producer, "{\"type\":\"list\"}");
  g_free (client_read (&producer));
  id = find_producer (&consumer);
  measure_sessions (server, &producer, &consumer, id, n_sessions);
  measure_latency (&producer, &consumer, id);
  g_subprocess_force_exit (server);
  g_subprocess_wait (server, NULL, NULL);
  return EXIT_SUCCESS;
}
