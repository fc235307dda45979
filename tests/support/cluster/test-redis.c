/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-redis.h"

#include <glib/gstdio.h>
#include <hiredis/hiredis.h>
#include <libsoup/soup.h>
#include <signal.h>
#include <string.h>

#include "test-peer.h"
#include "test-program.h"

/** test_redis_init: does not start it. */
void
test_redis_init (TestRedis *self, gboolean persists)
{
  memset (self, 0, sizeof *self);
  self->persists = persists;
  self->dir = g_dir_make_tmp ("rw-redis-XXXXXX", NULL);
  self->socket = g_build_filename (self->dir, "socket", NULL);
  self->uri = g_strconcat ("unix://", self->socket, NULL);
}

static gboolean
answers (gpointer user_data)
{
  TestRedis *self = user_data;
  redisContext *c = redisConnectUnix (self->socket);
  redisReply *reply = NULL;
  gboolean fine;

  if (c != NULL && c->err == 0)
    reply = redisCommand (c, "PING");
  fine = reply != NULL && reply->type == REDIS_REPLY_STATUS;
  g_clear_pointer (&reply, freeReplyObject);
  g_clear_pointer (&c, redisFree);
  return fine;
}

/** test_redis_start: it has loaded what it kept when this returns. */
void
test_redis_start (TestRedis *self)
{
  const char *const argv[] = {"redis-server",
                              "--port",
                              "0",
                              "--unixsocket",
                              self->socket,
                              "--dir",
                              self->dir,
                              "--save",
                              "",
                              "--appendonly",
                              self->persists ? "yes" : "no",
                              "--appendfsync",
                              "always",
                              NULL};

  self->process =
      test_program_spawn (argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                                    G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  test_wait_until (answers, self, "Redis to answer");
}

/** test_redis_listen: at a port of 127.0.0.1, too, and of nothing else. */
guint
test_redis_listen (TestRedis *self)
{
  guint port = test_program_reserve_port ();

  g_free (test_redis_do (self, "CONFIG SET bind 127.0.0.1"));
  g_free (test_redis_do (self, "CONFIG SET port %u", port));
  return port;
}

/** test_redis_kill: at once. Fine when it does not run. */
void
test_redis_kill (TestRedis *self)
{
  test_program_kill (&self->process);
}

static gboolean
is_stopped (gpointer user_data)
{
  TestRedis *self = user_data;
  g_autofree char *path = g_strdup_printf (
      "/proc/%s/stat", g_subprocess_get_identifier (self->process));
  g_autofree char *text = NULL;
  const char *end;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  end = strrchr (text, ')');
  return end != NULL && g_str_has_prefix (end, ") T");
}

/** test_redis_freeze: it then takes connections, and never answers. */
void
test_redis_freeze (TestRedis *self, gboolean frozen)
{
  g_subprocess_send_signal (self->process, frozen ? SIGSTOP : SIGCONT);
  if (frozen)
    test_wait_until (is_stopped, self, "Redis to stop");
}

/** test_redis_forget: what it has written; it does not run. */
void
test_redis_forget (TestRedis *self)
{
  g_autofree char *log = g_build_filename (self->dir, "appendonlydir", NULL);

  test_program_remove_dir (log);
}

void
test_redis_clear (TestRedis *self)
{
  test_redis_kill (self);
  test_program_remove_dir (self->dir);
  g_free (self->dir);
  g_free (self->socket);
  g_free (self->uri);
}

/** test_redis_do: (nullable): one command's answer, as text. */
char *
test_redis_do (TestRedis *self, const char *format, ...)
{
  redisContext *c = redisConnectUnix (self->socket);
  redisReply *reply;
  va_list args;
  char *text = NULL;

  g_assert_true (c != NULL && c->err == 0);
  va_start (args, format);
  reply = redisvCommand (c, format, args);
  va_end (args);
  g_assert_nonnull (reply);
  if (reply->type == REDIS_REPLY_ERROR)
    g_error ("Redis: %s", reply->str);
  if (reply->type == REDIS_REPLY_INTEGER)
    text = g_strdup_printf ("%lld", reply->integer);
  else if (reply->str != NULL)
    text = g_strdup (reply->str);
  freeReplyObject (reply);
  redisFree (c);
  return text;
}

/* --- Nodes --- */

static char *
get_program (void)
{
  const char *built = g_getenv ("G_TEST_BUILDDIR");

  g_assert_nonnull (built);
  return g_build_filename (built, "..", "lib", "server",
                           "resilient-signalling-server", NULL);
}

/**
 * test_node_start_with:
 * @options: (nullable): further ones, with a blank between two
 *
 * On any port, unless they name one; it need not be ready yet.
 */
void
test_node_start_with (TestNode *self, const char *redis_uri,
                      const char *options)
{
  g_autofree char *program = get_program ();
  const char *const needed[] = {program,       "--host",  "127.0.0.1",
                                "--redis-uri", redis_uri, NULL};
  g_auto (GStrv) further = g_strsplit (options != NULL ? options : "", " ", -1);
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();
  g_auto (GStrv) all = NULL;
  g_autofree char *line = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *any_port =
      g_strdup_printf ("--port=%u", test_program_reserve_port ());
  gboolean quiet = g_getenv ("RW_NODE_LOG") == NULL;

  g_strv_builder_addv (argv, (const char **) needed);
  g_strv_builder_addv (argv, (const char **) further);
  if (options == NULL || strstr (options, "--port=") == NULL)
    g_strv_builder_add (argv, any_port);
  all = g_strv_builder_end (argv);
  self->process =
      test_program_spawn ((const char *const *) all,
                          G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                              (quiet ? G_SUBPROCESS_FLAGS_STDERR_SILENCE : 0));
  output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  line = g_data_input_stream_read_line (output, NULL, NULL, NULL);
  g_assert_nonnull (line);
  self->port = (guint) g_ascii_strtoull (strrchr (line, ':') + 1, NULL, 10);
}

void
test_node_start (TestNode *self, const char *redis_uri)
{
  test_node_start_with (self, redis_uri, NULL);
}

/** test_node_kill: by SIGKILL. Fine when it does not run. */
void
test_node_kill (TestNode *self)
{
  test_program_kill (&self->process);
}

/** test_node_freeze: it then does nothing, and its sockets stand. */
void
test_node_freeze (TestNode *self, gboolean frozen)
{
  g_subprocess_send_signal (self->process, frozen ? SIGSTOP : SIGCONT);
}

/** test_node_stop: by SIGTERM; it ends well. */
void
test_node_stop (TestNode *self)
{
  g_subprocess_send_signal (self->process, SIGTERM);
  g_assert_true (g_subprocess_wait_check (self->process, NULL, NULL));
  g_clear_object (&self->process);
}

typedef struct {
  GAsyncResult *result;
} Answer;

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ((Answer *) user_data)->result = g_object_ref (result);
}

static gboolean
is_answered (gpointer user_data)
{
  return ((Answer *) user_data)->result != NULL;
}

/** test_node_get: the body of GET @path. */
char *
test_node_get (TestNode *self, const char *path, guint *status)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autofree char *uri =
      g_strdup_printf ("http://127.0.0.1:%u%s", self->port, path);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", uri);
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;
  Answer answer = {NULL};

  soup_session_send_and_read_async (session, msg, G_PRIORITY_DEFAULT, NULL,
                                    on_answered, &answer);
  test_wait_until (is_answered, &answer, "an answer over HTTP");
  body = soup_session_send_and_read_finish (session, answer.result, &error);
  g_object_unref (answer.result);
  g_assert_no_error (error);
  if (status != NULL)
    *status = soup_message_get_status (msg);
  return g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
}

static void
wait_for (TestNode *self, const char *begins)
{
  gint64 end_us = g_get_monotonic_time () + TEST_DEADLINE_S * G_USEC_PER_SEC;

  for (;;) {
    g_autofree char *text = test_node_get (self, "/readyz", NULL);

    if (g_str_has_prefix (text, begins))
      return;
    if (g_get_monotonic_time () > end_us)
      g_error ("/readyz does not become \"%s\", but is \"%s\"", begins, text);
  }
}

void
test_node_wait_ready (TestNode *self)
{
  wait_for (self, "ready");
}

void
test_node_wait_degraded (TestNode *self)
{
  wait_for (self, "degraded");
}
