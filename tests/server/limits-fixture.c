/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "limits-fixture.h"

#include <string.h>

void
limits_start (Fixture *f, RwServerConfig *config)
{
  g_clear_pointer (&config->web_root, g_free);
  test_host_start (&f->host, config);
}

void
limits_set_up (Fixture *f, gconstpointer unused)
{
  RwServerConfig *config = rw_server_config_new ();

  config->ping_interval_s = 1;
  config->ping_timeout_s = 3;
  config->http_timeout_s = 2;
  config->max_queue_bytes = 256 * 1024;
  config->max_clients = 8;
  config->message_rate = 0;
  limits_start (f, config);
}

void
limits_tear_down (Fixture *f, gconstpointer unused)
{
  test_host_stop (&f->host);
}

gboolean
limits_is_empty (gpointer user_data)
{
  return test_host_get_n_clients (user_data) == 0;
}

gboolean
limits_has_one (gpointer user_data)
{
  return test_host_get_n_clients (user_data) == 1;
}

void
limits_expect_serving (Fixture *f)
{
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);

  g_free (test_peer_expect_type (peer, "welcome"));
  test_peer_send_json (peer, "{'type':'list'}");
  g_free (test_peer_expect_type (peer, "list"));
}

gsize
limits_count_pages (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  fields = g_strsplit (text, " ", 3);
  return g_ascii_strtoull (fields[1], NULL, 10);
}

void
limits_expect_pages (gsize limit)
{
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpuint (limits_count_pages (), <=, limit);
#endif
}

GSocketConnection *
raw_connect (Fixture *f)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *raw;

  g_socket_client_set_timeout (client, TEST_DEADLINE_S);
  raw = g_socket_client_connect_to_host (client, "127.0.0.1", f->host.port,
                                         NULL, &error);
  g_assert_no_error (error);
  return raw;
}

gboolean
raw_write (GSocketConnection *raw, gconstpointer data, gsize len)
{
  return g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (raw)), data, len, NULL, NULL,
      NULL);
}

gboolean
raw_send (GSocketConnection *raw, const char *text)
{
  return raw_write (raw, text, strlen (text));
}

gssize
raw_read (GSocketConnection *raw, gpointer buffer, gsize len, GError **error)
{
  return g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (raw)),
                              buffer, len, NULL, error);
}

void
raw_expect_end (GSocketConnection *raw)
{
  char buffer[4096];

  for (;;) {
    g_autoptr (GError) error = NULL;
    gssize got = raw_read (raw, buffer, sizeof buffer, &error);

    if (got > 0)
      continue;
    g_assert_false (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
    return;
  }
}

GSocketConnection *
raw_ask_upgrade (Fixture *f)
{
  static const char request[] = "GET / HTTP/1.1\r\n"
                                "Host: localhost\r\n"
                                "Upgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
                                "\r\n\r\n";
  GSocketConnection *raw = raw_connect (f);

  g_assert_true (raw_write (raw, request, sizeof request - 1));
  return raw;
}

GSocketConnection *
raw_upgrade (Fixture *f)
{
  GSocketConnection *raw = raw_ask_upgrade (f);
  char buffer[13] = "";

  g_assert_cmpint (raw_read (raw, buffer, 12, NULL), ==, 12);
  g_assert_cmpstr (buffer, ==, "HTTP/1.1 101");
  return raw;
}

GSocketConnection *
raw_listen (Fixture *f)
{
  GSocketConnection *raw = raw_upgrade (f);
  guint8 listen[] = "\x81\xbc\0\0\0\0{\"type\":\"setPeerStatus\",\"roles\":"
                    "[\"listener\"],\"meta\":null}   ";

  g_assert_cmpuint (sizeof listen - 1, ==, 6 + 60);
  raw_write (raw, listen, sizeof listen - 1);
  return raw;
}

void
raw_expect_head (GSocketConnection *raw)
{
  guint32 last = 0;

  while (last != 0x0d0a0d0a) {
    guint8 byte;

    g_assert_cmpint (raw_read (raw, &byte, 1, NULL), ==, 1);
    last = last << 8 | byte;
  }
}

void
raw_frame (guint8 *frame, guint8 first)
{
  memset (frame, ' ', 22);
  frame[0] = first;
  frame[1] = 0x80 | 16;
  memset (frame + 2, 0, 4);
}

guint8
raw_read_frame (GSocketConnection *raw)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (raw));
  guint8 head[4];
  gsize got;
  gsize len;
  gboolean is_long;

  g_assert_true (g_input_stream_read_all (input, head, 2, &got, NULL, NULL));
  g_assert_cmpuint (got, ==, 2);
  is_long = head[1] == 126;
  len = head[1];
  if (is_long) {
    g_assert_true (
        g_input_stream_read_all (input, head + 2, 2, &got, NULL, NULL));
    len = (gsize) head[2] << 8 | head[3];
  }
  while (len > 0) {
    char buffer[4096];
    gssize n = raw_read (raw, buffer, MIN (len, sizeof buffer), NULL);

    g_assert_cmpint (n, >, 0);
    len -= (gsize) n;
  }
  return head[0];
}
