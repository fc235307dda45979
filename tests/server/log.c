/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-peer.h"

#include <glib/gstdio.h>
#include <jwt.h>
#include <string.h>
#include <unistd.h>

/* The program says what happens, and no secret: it is run with one of each
 * kind, at its most talkative, and all that it wrote is searched. */

#define SECRET      "key-secret-0123456789abcdef0123456789abcdef"
#define TURN_SECRET "turn-secret-0123456789abcdef"
#define PASSWORD    "redis-password-0123456789"

typedef struct {
  GSubprocess *process;
  char *dir;
  char *token;
  guint port;
} Fixture;

static char *
write_secret (Fixture *f, const char *name, const char *text)
{
  char *path = g_build_filename (f->dir, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static char *
new_token (gint64 lasts_s)
{
  jwt_t *jwt = NULL;
  char *text;
  char *token;

  g_assert_cmpint (jwt_new (&jwt), ==, 0);
  jwt_add_grant (jwt, "sub", "ann");
  jwt_add_grant_int (jwt, "exp",
                     (long) (g_get_real_time () / G_USEC_PER_SEC + lasts_s));
  jwt_set_alg (jwt, JWT_ALG_HS256, (const unsigned char *) SECRET,
               sizeof SECRET - 1);
  text = jwt_encode_str (jwt);
  token = g_strdup (text);
  free (text);
  jwt_free (jwt);
  return token;
}

static guint
find_port (GSubprocess *process)
{
  g_autoptr (GDataInputStream) output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_autofree char *line =
      g_data_input_stream_read_line (output, NULL, NULL, NULL);

  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (output),
                                               FALSE);
  g_assert_nonnull (line);
  return (guint) g_ascii_strtoull (strrchr (line, ':') + 1, NULL, 10);
}

static void
set_up (Fixture *f, gconstpointer format)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autofree char *program =
      g_build_filename (g_test_get_dir (G_TEST_BUILT), "..", "lib", "server",
                        "resilient-signalling-server", NULL);
  g_autofree char *key = NULL;
  g_autofree char *turn = NULL;
  g_autoptr (GError) error = NULL;

  f->dir = g_dir_make_tmp ("rw-log-XXXXXX", NULL);
  key = write_secret (f, "key", SECRET);
  turn = write_secret (f, "turn", TURN_SECRET);
  f->token = new_token (60);
  g_subprocess_launcher_setenv (launcher, "G_MESSAGES_DEBUG", "all", TRUE);
  f->process = g_subprocess_launcher_spawn (
      launcher, &error, program, "--host", "127.0.0.1", "--port", "0",
      "--log-level", "debug", "--log-format", format, "--token-key-file", key,
      "--turn-uris", "turn:turn.example.org:3478", "--turn-secret-file", turn,
      NULL);
  g_assert_no_error (error);
  f->port = find_port (f->process);
}

static void
remove_file (Fixture *f, const char *name)
{
  g_autofree char *path = g_build_filename (f->dir, name, NULL);

  g_unlink (path);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_subprocess_force_exit (f->process);
  g_object_unref (f->process);
  remove_file (f, "key");
  remove_file (f, "turn");
  g_rmdir (f->dir);
  g_free (f->dir);
  g_free (f->token);
}

/* All that it wrote, to its end. */
static char *
end (Fixture *f)
{
  char *text = NULL;
  g_autofree char *output = NULL;

  g_subprocess_send_signal (f->process, 15);
  g_assert_true (g_subprocess_communicate_utf8 (f->process, NULL, NULL, &output,
                                                &text, NULL));
  return text;
}

static TestPeer *
connect_with (Fixture *f, const char *token)
{
  g_autofree char *bearer = g_strdup_printf ("Bearer %s", token);

  return test_peer_try_as (f->port, "/", bearer);
}

/* Requests resumption; the secrets of the answer are added to @secrets. */
static TestPeer *
request_resumption (Fixture *f, GPtrArray *secrets)
{
  TestPeer *peer = connect_with (f, f->token);
  static const char key[] = "\"credential\":\"";
  g_autofree char *welcome = NULL;
  const char *credential;

  g_assert_nonnull (peer->connection);
  g_free (test_peer_expect_type (peer, "welcome"));
  test_peer_send_json (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                             "'resilient':{'version':1,'clientId':'me'}}");
  welcome = test_peer_expect_type (peer, "resilientWelcome");
  g_ptr_array_add (secrets, test_peer_get (welcome, "token"));
  credential = strstr (welcome, key);
  g_assert_nonnull (credential);
  credential += sizeof key - 1;
  g_ptr_array_add (
      secrets,
      g_strndup (credential, (gsize) (strchr (credential, '"') - credential)));
  return peer;
}

static void
resume (Fixture *f, const char *token)
{
  g_autofree char *in_query = g_strdup_printf ("/?access_token=%s", f->token);
  g_autoptr (TestPeer) peer = test_peer_try_as (f->port, in_query, NULL);

  g_assert_nonnull (peer->connection);
  test_peer_send_json (
      peer,
      "{'type':'setProtocolVersion','version':'v1_1','resilient':{"
      "'version':1,'clientId':'me','token':'%s','ack':0}}",
      token);
  g_free (test_peer_expect_type (peer, "welcome"));
  g_free (test_peer_expect_type (peer, "resilientWelcome"));
  /* Not a message, with something in it that is nobody's business. */
  test_peer_send (peer,
                  "{\"type\":\"private-words-of-a-client\"}\n2026 forged");
  g_free (test_peer_expect_type (peer, "error"));
}

static void
expect_silent_about (const char *log, const char *secret)
{
  if (strstr (log, secret) != NULL)
    g_error ("the log tells \"%s\": %s", secret, log);
}

static void
test_no_secret_is_told (Fixture *f, gconstpointer format)
{
  g_autoptr (GPtrArray) secrets = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *old = new_token (-3600);
  TestPeer *peer = request_resumption (f, secrets);
  g_autoptr (TestPeer) refused = connect_with (f, old);
  g_autofree char *log = NULL;

  g_assert_null (refused->connection);
  resume (f, secrets->pdata[0]);
  test_peer_free (peer);
  log = end (f);

  g_assert_nonnull (strstr (log, "connected"));
  g_assert_nonnull (strstr (log, "the token has expired"));
  g_assert_nonnull (strstr (log, "127.0.0.1"));
  for (guint i = 0; i < secrets->len; i++)
    expect_silent_about (log, secrets->pdata[i]);
  expect_silent_about (log, f->token);
  expect_silent_about (log, old);
  expect_silent_about (log, SECRET);
  expect_silent_about (log, TURN_SECRET);
  expect_silent_about (log, "\n2026 forged");
}

static void
test_each_line_is_json (Fixture *f, gconstpointer unused)
{
  g_autoptr (GPtrArray) secrets = g_ptr_array_new_with_free_func (g_free);
  TestPeer *peer = request_resumption (f, secrets);
  g_autofree char *log = NULL;
  g_auto (GStrv) lines = NULL;

  test_peer_free (peer);
  log = end (f);
  lines = g_strsplit (g_strchomp (log), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), >, 2);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node = json_from_string (lines[i], &error);

    g_assert_no_error (error);
    g_assert_true (JSON_NODE_HOLDS_OBJECT (node));
    g_assert_true (
        json_object_has_member (json_node_get_object (node), "message"));
  }
}

#define TRACEPARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

/* A producer, and a consumer whose request belongs to a trace. */
static void
test_a_trace_can_be_found (Fixture *f, gconstpointer unused)
{
  TestPeer *producer = connect_with (f, f->token);
  TestPeer *consumer = connect_with (f, f->token);
  g_autofree char *welcome = test_peer_expect_type (producer, "welcome");
  g_autofree char *id = test_peer_get (welcome, "peerId");
  g_autofree char *start = NULL;
  g_autofree char *log = NULL;

  g_free (test_peer_expect_type (consumer, "welcome"));
  test_peer_send_json (producer,
                       "{'type':'setPeerStatus','roles':['producer']}");
  test_peer_send_json (producer, "{'type':'list'}");
  g_free (test_peer_expect_type (producer, "list"));
  test_peer_send_json (consumer,
                       "{'type':'startSession','peerId':'%s',"
                       "'traceparent':'" TRACEPARENT "'}",
                       id);
  start = test_peer_expect_type (producer, "startSession");
  g_assert_nonnull (strstr (start, "\"traceparent\":\"" TRACEPARENT "\""));
  test_peer_send_json (consumer,
                       "{'type':'startSession','peerId':'%s',"
                       "'traceparent':'00-not-a-trace'}",
                       id);
  g_free (test_peer_expect_type (producer, "startSession"));
  test_peer_free (consumer);
  test_peer_free (producer);
  log = end (f);
  g_assert_nonnull (strstr (log, "startSession traceparent=" TRACEPARENT));
  expect_silent_about (log, "not-a-trace");
}

/* Nobody listens at port 1: it says so, with the password in its hand. */
static void
test_a_store_that_is_away_is_told_without_its_password (void)
{
  g_autofree char *program =
      g_build_filename (g_test_get_dir (G_TEST_BUILT), "..", "lib", "server",
                        "resilient-signalling-server", NULL);
  g_autoptr (GSubprocess) process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL,
      program, "--host=127.0.0.1", "--port=0", "--log-level=debug",
      "--redis-uri=redis://user:" PASSWORD "@127.0.0.1:1/0", NULL);
  g_autoptr (GDataInputStream) output =
      g_data_input_stream_new (g_subprocess_get_stderr_pipe (process));
  gboolean told = FALSE;

  while (!told) {
    g_autofree char *line =
        g_data_input_stream_read_line (output, NULL, NULL, NULL);

    g_assert_nonnull (line);
    expect_silent_about (line, PASSWORD);
    told = strstr (line, "cannot be used") != NULL ||
           strstr (line, "built without Redis") != NULL;
  }
  g_subprocess_force_exit (process);
}

/* Only root can become somebody else. */
static void
test_privileges_are_dropped (void)
{
  g_autofree char *program =
      g_build_filename (g_test_get_dir (G_TEST_BUILT), "..", "lib", "server",
                        "resilient-signalling-server", NULL);
  g_autoptr (GSubprocess) process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL,
      program, "--host=127.0.0.1", "--port=0", "--user=nobody", NULL);
  g_autofree char *path = NULL;
  g_autofree char *status = NULL;

  if (geteuid () != 0) {
    g_test_skip ("this is not root");
    g_subprocess_force_exit (process);
    return;
  }

  find_port (process);
  path = g_strdup_printf ("/proc/%s/status",
                          g_subprocess_get_identifier (process));
  g_assert_true (g_file_get_contents (path, &status, NULL, NULL));
  g_assert_null (strstr (status, "Uid:\t0"));
  g_assert_null (strstr (status, "Gid:\t0"));
  g_assert_nonnull (strstr (status, "CapPrm:\t0000000000000000"));
  g_assert_nonnull (strstr (status, "CapBnd:\t0000000000000000"));
  g_assert_nonnull (strstr (status, "CapAmb:\t0000000000000000"));
  g_assert_nonnull (strstr (status, "NoNewPrivs:\t1"));
  g_subprocess_send_signal (process, 15);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);
}

static void
test_who_is_unknown_is_named (void)
{
  g_autofree char *program =
      g_build_filename (g_test_get_dir (G_TEST_BUILT), "..", "lib", "server",
                        "resilient-signalling-server", NULL);
  g_autoptr (GSubprocess) process = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL,
      program, "--host=127.0.0.1", "--port=0", "--user=nobody-at-all", NULL);
  g_autofree char *text = NULL;

  g_assert_true (
      g_subprocess_communicate_utf8 (process, NULL, NULL, NULL, &text, NULL));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
  g_assert_nonnull (strstr (text, "\"nobody-at-all\""));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/log/no-secret-is-told", Fixture, "text", set_up,
              test_no_secret_is_told, tear_down);
  g_test_add ("/log/no-secret-is-told-as-json", Fixture, "json", set_up,
              test_no_secret_is_told, tear_down);
  g_test_add ("/log/each-line-is-json", Fixture, "json", set_up,
              test_each_line_is_json, tear_down);
  g_test_add ("/log/a-trace-can-be-found", Fixture, "json", set_up,
              test_a_trace_can_be_found, tear_down);
  g_test_add_func ("/log/a-store-that-is-away-is-told-without-its-password",
                   test_a_store_that_is_away_is_told_without_its_password);
  g_test_add_func ("/log/privileges-are-dropped", test_privileges_are_dropped);
  g_test_add_func ("/log/who-is-unknown-is-named",
                   test_who_is_unknown_is_named);

  return g_test_run ();
}
