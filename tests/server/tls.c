/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server.h"
#include "test-certificate.h"
#include "test-peer.h"

#include <glib/gstdio.h>
#include <string.h>

/* The server behind TLS. */

#ifdef __SANITIZE_ADDRESS__
int __lsan_is_turned_off (void);

/* LeakSanitizer of GCC 12 crashes when it looks into the threads that GLib's
 * TLS has used; the other sanitizers stay on. */
int
__lsan_is_turned_off (void)
{
  return 1;
}
#endif

static gboolean
on_accept_certificate (SoupMessage *msg, GTlsCertificate *certificate,
                       GTlsCertificateFlags errors, gpointer user_data)
{
  GTlsCertificate **seen = user_data;

  g_set_object (seen, certificate);
  return TRUE;
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body =
      soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);

  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *) user_data;
}

/* The certificate that a new connection is shown. */
static GTlsCertificate *
see_certificate (RwServer *server)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autofree char *uri = g_strdup_printf ("https://127.0.0.1:%u/healthz",
                                          rw_server_get_port (server));
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", uri);
  GTlsCertificate *seen = NULL;
  gboolean done = FALSE;

  g_signal_connect (msg, "accept-certificate",
                    G_CALLBACK (on_accept_certificate), &seen);
  soup_session_send_and_read_async (session, msg, G_PRIORITY_DEFAULT, NULL,
                                    on_answer, &done);
  test_wait_until (is_true, &done, "an answer over TLS");
  g_assert_cmpuint (soup_message_get_status (msg), ==, 200);
  return seen;
}

static void
test_a_renewed_certificate_is_reloaded (void)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  g_autoptr (RwServer) server = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("rw-tls-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "cert.pem", NULL);
  g_autoptr (GTlsCertificate) first = NULL;
  g_autoptr (GTlsCertificate) same = NULL;
  g_autoptr (GTlsCertificate) second = NULL;

  if (!test_certificate_make (path, "first")) {
    g_test_skip ("openssl is not there");
    return;
  }
  config->port = 0;
  config->tls_certificate = g_strdup (path);
  server = rw_server_new (config);
  rw_server_start (server, &error);
  g_assert_no_error (error);
  first = see_certificate (server);

  g_assert_true (g_file_set_contents (path, "broken", -1, NULL));
  g_assert_false (rw_server_reload_tls (server, &error));
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);
  same = see_certificate (server);
  g_assert_true (g_tls_certificate_is_same (first, same));

  g_assert_true (test_certificate_make (path, "second"));
  g_assert_true (rw_server_reload_tls (server, &error));
  second = see_certificate (server);
  g_assert_false (g_tls_certificate_is_same (first, second));
  rw_server_stop (server);
  g_unlink (path);
  g_rmdir (dir);
}

/* A server that was given them would fail with every client. */
static void
test_a_key_of_another_certificate_is_refused (void)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  g_autoptr (RwServer) server = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("rw-tls-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "cert.pem", NULL);
  g_autofree char *other = g_build_filename (dir, "other.pem", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GTlsCertificate) first = NULL;
  g_autoptr (GTlsCertificate) same = NULL;

  if (!test_certificate_make (path, "first") ||
      !test_certificate_make (other, "other")) {
    g_test_skip ("openssl is not there");
    return;
  }
  config->port = 0;
  config->tls_certificate = g_strdup (path);
  config->tls_key = g_strdup (other);
  server = rw_server_new (config);
  g_assert_false (rw_server_start (server, &error));
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, other));
  g_assert_nonnull (strstr (error->message, "do not belong together"));
  g_clear_error (&error);

  /* The same at a reload, where the pair that fits stays. */
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_true (g_file_set_contents (other, text, -1, NULL));
  g_assert_true (rw_server_start (server, &error));
  first = see_certificate (server);
  g_assert_true (test_certificate_make (other, "other"));
  g_assert_false (rw_server_reload_tls (server, &error));
  g_assert_nonnull (strstr (error->message, "do not belong together"));
  same = see_certificate (server);
  g_assert_true (g_tls_certificate_is_same (first, same));
  rw_server_stop (server);
  g_unlink (path);
  g_unlink (other);
  g_rmdir (dir);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gssize *got = user_data;

  *got = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL) > 0;
}

static gboolean
is_answered (gpointer user_data)
{
  return *(gssize *) user_data != -2;
}

/* Else it would stay for ever, and others in its stead would find no place. */
static void
test_a_client_that_begins_no_handshake_is_cut (void)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  g_autoptr (RwServer) server = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("rw-tls-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "cert.pem", NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) silent = NULL;
  g_autoptr (GTlsCertificate) seen = NULL;
  char buffer[1];
  gssize got = -2;

  if (!test_certificate_make (path, "first")) {
    g_test_skip ("openssl is not there");
    return;
  }
  config->port = 0;
  config->http_timeout_s = 1;
  config->tls_certificate = g_strdup (path);
  server = rw_server_new (config);
  rw_server_start (server, &error);
  g_assert_no_error (error);
  silent = g_socket_client_connect_to_host (
      client, "127.0.0.1", rw_server_get_port (server), NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_async (
      g_io_stream_get_input_stream (G_IO_STREAM (silent)), buffer, 1,
      G_PRIORITY_DEFAULT, NULL, on_read, &got);
  seen = see_certificate (server);
  test_wait_until (is_answered, &got, "the end of a silent connection");
  g_assert_cmpint (got, ==, 0);
  rw_server_stop (server);
  g_unlink (path);
  g_rmdir (dir);
}

static void
test_a_missing_certificate_is_named (void)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  g_autoptr (RwServer) server = NULL;
  g_autoptr (GError) error = NULL;

  config->port = 0;
  config->tls_certificate = g_strdup ("/nonexistent/cert.pem");
  server = rw_server_new (config);
  g_assert_false (rw_server_start (server, &error));
  g_assert_nonnull (strstr (error->message, "/nonexistent/cert.pem"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tls/a-renewed-certificate-is-reloaded",
                   test_a_renewed_certificate_is_reloaded);
  g_test_add_func ("/tls/a-key-of-another-certificate-is-refused",
                   test_a_key_of_another_certificate_is_refused);
  g_test_add_func ("/tls/a-client-that-begins-no-handshake-is-cut",
                   test_a_client_that_begins_no_handshake_is_cut);
  g_test_add_func ("/tls/a-missing-certificate-is-named",
                   test_a_missing_certificate_is_named);

  return g_test_run ();
}
