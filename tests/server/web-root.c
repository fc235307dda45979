/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-host.h"
#include "test-peer.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of the page: what of it is served, and how; and what never is. */

#define SECRET "a secret outside of the folder"

typedef struct {
  TestHost host;
  char *dir;
  char *root;
} Fixture;

static char *
in (const char *dir, const char *name)
{
  return g_build_filename (dir, name, NULL);
}

static void
write_file (const char *dir, const char *name, const char *text, gssize len)
{
  g_autofree char *path = in (dir, name);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  g_assert_true (g_file_set_contents (path, text, len, NULL));
}

static void
link_to (const char *target, const char *dir, const char *name)
{
  g_autofree char *path = in (dir, name);

  g_assert_cmpint (symlink (target, path), ==, 0);
}

static void
fill (Fixture *f)
{
  g_autofree char *large = g_strnfill (1024 * 1024 + 1, 'x');
  g_autofree char *fifo = in (f->root, "fifo");

  write_file (f->dir, "secret.txt", SECRET, -1);
  write_file (f->dir, "web-other/secret.txt", SECRET, -1);
  write_file (f->root, "index.html", "<!DOCTYPE html>", -1);
  write_file (f->root, "app.js", "export {};", -1);
  write_file (f->root, "lib/style.css", "a {}", -1);
  write_file (f->root, "lib/icon.svg", "<svg/>", -1);
  write_file (f->root, "data", "?", -1);
  write_file (f->root, "empty.txt", "", -1);
  write_file (f->root, "limit.txt", large, 1024 * 1024);
  write_file (f->root, "large.txt", large, -1);
  write_file (f->root, ".hidden", SECRET, -1);
  write_file (f->root, ".git/config", SECRET, -1);
  write_file (f->root, "a/b/c/d/deep.txt", SECRET, -1);
  write_file (f->root, "blank in name.txt", SECRET, -1);
  link_to ("../secret.txt", f->root, "link.txt");
  link_to ("..", f->root, "up");
  link_to ("app.js", f->root, "inner.js");
  g_assert_cmpint (mkfifo (fifo, 0644), ==, 0);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  RwServerConfig *config = rw_server_config_new ();

  f->dir = g_dir_make_tmp ("rw-web-root-XXXXXX", NULL);
  f->root = in (f->dir, "web");
  fill (f);
  g_free (config->web_root);
  config->web_root = g_strdup (f->root);
  test_host_start (&f->host, config);
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    dir = g_dir_open (path, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *child = in (path, name);

    remove_all (child);
  }
  g_remove (path);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_host_stop (&f->host);
  remove_all (f->dir);
  g_free (f->dir);
  g_free (f->root);
}

/* Byte by byte, as a client library would mend the path. */
static char *
request (Fixture *f, const char *method, const char *path, const char *headers)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) raw = NULL;
  g_autofree char *text =
      g_strdup_printf ("%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, path,
                       headers != NULL ? headers : "");
  g_autoptr (GString) answer = g_string_new (NULL);
  char buffer[65536];
  gssize got;

  g_socket_client_set_timeout (client, TEST_DEADLINE_S);
  raw = g_socket_client_connect_to_host (client, "127.0.0.1",
                                         (guint16) f->host.port, NULL, NULL);
  g_assert_nonnull (raw);
  g_assert_true (g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (raw)), text, strlen (text),
      NULL, NULL, NULL));
  while ((got = g_input_stream_read (
              g_io_stream_get_input_stream (G_IO_STREAM (raw)), buffer,
              sizeof buffer, NULL, NULL)) > 0)
    g_string_append_len (answer, buffer, got);
  return g_string_free (g_steal_pointer (&answer), FALSE);
}

static const char *
get_body (const char *answer)
{
  const char *end = strstr (answer, "\r\n\r\n");

  return end != NULL ? end + 4 : "";
}

static char *
get_header (const char *answer, const char *name)
{
  g_autofree char *key = g_strdup_printf ("\r\n%s: ", name);
  const char *found = strstr (answer, key);
  const char *value = found != NULL ? found + strlen (key) : NULL;

  return value != NULL ? g_strndup (value, strcspn (value, "\r")) : NULL;
}

static void
assert_status (const char *answer, guint status)
{
  g_autofree char *line = g_strdup_printf ("HTTP/1.1 %u ", status);
  g_autofree char *sent = g_strndup (answer, strlen (line));

  g_assert_cmpstr (sent, ==, line);
}

static void
assert_file (Fixture *f, const char *path, const char *type, const char *body)
{
  g_autofree char *answer = request (f, "GET", path, NULL);
  g_autofree char *sent_type = get_header (answer, "Content-Type");

  g_test_message ("%s", path);
  assert_status (answer, 200);
  g_assert_cmpstr (sent_type, ==, type);
  g_assert_cmpstr (get_body (answer), ==, body);
}

static void
test_files_have_their_types (Fixture *f, gconstpointer unused)
{
  assert_file (f, "/", "text/html; charset=utf-8", "<!DOCTYPE html>");
  assert_file (f, "/?x=1", "text/html; charset=utf-8", "<!DOCTYPE html>");
  assert_file (f, "/index.html", "text/html; charset=utf-8", "<!DOCTYPE html>");
  assert_file (f, "/app.js", "text/javascript; charset=utf-8", "export {};");
  assert_file (f, "/lib/style.css", "text/css; charset=utf-8", "a {}");
  assert_file (f, "/lib/icon.svg", "image/svg+xml", "<svg/>");
  assert_file (f, "/data", "application/octet-stream", "?");
  assert_file (f, "/empty.txt", "text/plain; charset=utf-8", "");
}

static void
test_the_page_may_run_its_own_scripts_only (Fixture *f, gconstpointer unused)
{
  g_autofree char *answer = request (f, "GET", "/", NULL);
  g_autofree char *policy = get_header (answer, "Content-Security-Policy");
  g_autofree char *options = get_header (answer, "X-Content-Type-Options");

  g_assert_nonnull (strstr (policy, "default-src 'none'"));
  g_assert_nonnull (strstr (policy, "script-src 'self';"));
  g_assert_nonnull (strstr (policy, "frame-ancestors 'none'"));
  g_assert_null (strstr (policy, "unsafe"));
  g_assert_cmpstr (options, ==, "nosniff");
}

static void
test_hostile_paths_get_nothing (Fixture *f, gconstpointer unused)
{
  static const char *const paths[] = {
      "/../secret.txt",
      "/lib/../../secret.txt",
      "/..%2fsecret.txt",
      "/%2e%2e/secret.txt",
      "/%2e%2e%2fsecret.txt",
      "/lib/%2e%2e/%2e%2e/secret.txt",
      "//app.js",
      "/lib//style.css",
      "//etc/passwd",
      "/%2fetc/passwd",
      "/lib%5c..%5c..%5csecret.txt",
      "/..\\secret.txt",
      "/../web-other/secret.txt",
      "/%252e%252e/secret.txt",
      "/..%c0%afsecret.txt",
      "/app.js%00.html",
      "/%00",
      "/%ff",
      "/link.txt",
      "/inner.js",
      "/up/secret.txt",
      "/up/web/app.js",
      "/.hidden",
      "/.git/config",
      "/lib",
      "/lib/",
      "/app.js/",
      "/app.js/x",
      "/a/b/c/d/deep.txt",
      "/blank%20in%20name.txt",
      "/fifo",
      "/large.txt",
      "/nothing",
      "/app.js;x",
      "/~root",
      "*",
  };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autofree char *answer = request (f, "GET", paths[i], NULL);

    g_test_message ("%s: %.20s", paths[i], answer);
    g_assert_false (g_str_has_prefix (answer, "HTTP/1.1 200"));
    g_assert_false (g_str_has_prefix (answer, "HTTP/1.1 5"));
    g_assert_null (strstr (answer, SECRET));
    g_assert_null (strstr (answer, "style.css"));
    g_assert_null (strstr (answer, "export"));
  }
}

/* libsoup resolves them, as browsers do; what is left is below the folder. */
static void
test_dot_segments_stay_inside (Fixture *f, gconstpointer unused)
{
  assert_file (f, "/lib/..", "text/html; charset=utf-8", "<!DOCTYPE html>");
  assert_file (f, "/./app.js", "text/javascript; charset=utf-8", "export {};");
  assert_file (f, "/..", "text/html; charset=utf-8", "<!DOCTYPE html>");
}

static void
test_long_paths_get_nothing (Fixture *f, gconstpointer unused)
{
  g_autofree char *name = g_strnfill (5000, 'a');
  g_autofree char *path = g_strdup_printf ("/%s", name);
  g_autofree char *answer = request (f, "GET", path, NULL);

  assert_status (answer, 404);
}

static void
test_a_file_of_the_limit_is_whole (Fixture *f, gconstpointer unused)
{
  g_autofree char *answer = request (f, "GET", "/limit.txt", NULL);

  assert_status (answer, 200);
  g_assert_cmpuint (strlen (get_body (answer)), ==, 1024 * 1024);
}

static void
test_head_has_no_body (Fixture *f, gconstpointer unused)
{
  g_autofree char *answer = request (f, "HEAD", "/app.js", NULL);
  g_autofree char *length = get_header (answer, "Content-Length");
  g_autofree char *etag = get_header (answer, "ETag");

  assert_status (answer, 200);
  g_assert_cmpstr (get_body (answer), ==, "");
  g_assert_cmpstr (length, ==, "10");
  g_assert_nonnull (etag);
}

static void
test_other_methods_are_refused (Fixture *f, gconstpointer unused)
{
  g_autofree char *post =
      request (f, "POST", "/app.js", "Content-Length: 0\r\n");
  g_autofree char *remove = request (f, "DELETE", "/app.js", NULL);

  assert_status (post, 405);
  assert_status (remove, 405);
}

static void
assert_conditional (Fixture *f, const char *tags, guint status)
{
  g_autofree char *header = g_strdup_printf ("If-None-Match: %s\r\n", tags);
  g_autofree char *answer = request (f, "GET", "/app.js", header);

  assert_status (answer, status);
  if (status == 304)
    g_assert_cmpstr (get_body (answer), ==, "");
}

static void
test_a_known_file_is_not_sent_again (Fixture *f, gconstpointer unused)
{
  g_autofree char *first = request (f, "GET", "/app.js", NULL);
  g_autofree char *etag = get_header (first, "ETag");
  g_autofree char *weak = g_strdup_printf ("\"other\", W/%s", etag);
  g_autofree char *second = NULL;
  g_autofree char *changed = NULL;

  assert_conditional (f, etag, 304);
  assert_conditional (f, weak, 304);
  assert_conditional (f, "*", 304);
  assert_conditional (f, "\"other\"", 200);
  assert_conditional (f, "garbage,,\"", 200);

  write_file (f->root, "app.js", "export const x = 1;", -1);
  second = request (f, "GET", "/app.js", NULL);
  changed = get_header (second, "ETag");
  g_assert_cmpstr (get_body (second), ==, "export const x = 1;");
  g_assert_cmpstr (changed, !=, etag);
  assert_conditional (f, etag, 200);
}

/* More than the server keeps in memory. */
static void
test_many_files_are_served (Fixture *f, gconstpointer unused)
{
  for (guint i = 0; i < 150; i++) {
    g_autofree char *name = g_strdup_printf ("many/%u.txt", i % 75);
    g_autofree char *path = g_strdup_printf ("/%s", name);

    write_file (f->root, name, path, -1);
    assert_file (f, path, "text/plain; charset=utf-8", path);
  }
}

static void
test_the_paths_of_the_api_stay (Fixture *f, gconstpointer unused)
{
  g_autofree char *health = request (f, "GET", "/healthz", NULL);
  g_autofree char *metrics = request (f, "GET", "/metrics", NULL);
  g_autoptr (TestPeer) peer = test_peer_new (f->host.port);

  assert_status (health, 200);
  assert_status (metrics, 200);
  g_free (test_peer_expect_type (peer, "welcome"));
}

/* An upgrade of the package may replace it. */
static void
test_a_folder_may_go_and_come (Fixture *f, gconstpointer unused)
{
  g_autofree char *away = in (f->dir, "away");
  g_autofree char *gone = NULL;

  g_assert_cmpint (g_rename (f->root, away), ==, 0);
  gone = request (f, "GET", "/", NULL);
  assert_status (gone, 404);
  g_assert_cmpint (g_rename (away, f->root), ==, 0);
  assert_file (f, "/", "text/html; charset=utf-8", "<!DOCTYPE html>");
}

static void
test_a_folder_that_is_missing_is_an_error (void)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  g_autoptr (RwServer) server = NULL;
  g_autoptr (GError) error = NULL;

  config->port = 0;
  g_free (config->web_root);
  config->web_root = g_strdup ("/nonexistent/web");
  server = rw_server_new (config);
  g_assert_false (rw_server_start (server, &error));
  g_assert_nonnull (strstr (error->message, "/nonexistent/web"));
  g_assert_nonnull (strstr (error->message, "web-root"));
}

#define ADD(path, func)                                                        \
  g_test_add ("/web-root/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("files-have-their-types", test_files_have_their_types);
  ADD ("the-page-may-run-its-own-scripts-only",
       test_the_page_may_run_its_own_scripts_only);
  ADD ("hostile-paths-get-nothing", test_hostile_paths_get_nothing);
  ADD ("dot-segments-stay-inside", test_dot_segments_stay_inside);
  ADD ("long-paths-get-nothing", test_long_paths_get_nothing);
  ADD ("a-file-of-the-limit-is-whole", test_a_file_of_the_limit_is_whole);
  ADD ("head-has-no-body", test_head_has_no_body);
  ADD ("other-methods-are-refused", test_other_methods_are_refused);
  ADD ("a-known-file-is-not-sent-again", test_a_known_file_is_not_sent_again);
  ADD ("many-files-are-served", test_many_files_are_served);
  ADD ("the-paths-of-the-api-stay", test_the_paths_of_the_api_stay);
  ADD ("a-folder-may-go-and-come", test_a_folder_may_go_and_come);
  g_test_add_func ("/web-root/a-folder-that-is-missing-is-an-error",
                   test_a_folder_that_is_missing_is_an_error);

  return g_test_run ();
}
