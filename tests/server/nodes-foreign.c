/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server.h"
#include "test-peer.h"
#include "test-redis.h"

#include <string.h>

/* Keys of ours that are of another kind, since somebody else has made them: it
 * is said which, and what to do; when they are gone, all is well. */

#define DOMAIN "rw-store"

typedef struct {
  TestRedis redis;
  RwServer *server;
  TestNode node; /* the server, to be asked over HTTP */
  GString *told; /* warnings, a line each */
  guint handler;
} Fixture;

static void
on_warning (const char *domain, GLogLevelFlags level, const char *text,
            gpointer user_data)
{
  g_string_append_printf (user_data, "%s\n", text);
  g_test_message ("%s", text);
}

/* They are what is tested here. */
static gboolean
is_fatal (const char *domain, GLogLevelFlags level, const char *text,
          gpointer user_data)
{
  return g_strcmp0 (domain, DOMAIN) != 0 || level & G_LOG_LEVEL_CRITICAL;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  memset (f, 0, sizeof *f);
  f->told = g_string_new (NULL);
  f->handler = g_log_set_handler (
      DOMAIN, G_LOG_LEVEL_WARNING | G_LOG_FLAG_FATAL, on_warning, f->told);
  g_test_log_set_fatal_handler (is_fatal, NULL);
  test_redis_init (&f->redis, FALSE);
  test_redis_start (&f->redis);
}

static void
start (Fixture *f)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();
  g_autoptr (GError) error = NULL;

  config->port = 0;
  config->redis_uri = g_strdup (f->redis.uri);
  f->server = rw_server_new (config);
  g_assert_true (rw_server_start (f->server, &error));
  g_assert_no_error (error);
  f->node.port = rw_server_get_port (f->server);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_server_stop (f->server);
  g_object_unref (f->server);
  test_redis_clear (&f->redis);
  g_log_remove_handler (DOMAIN, f->handler);
  g_string_free (f->told, TRUE);
}

typedef struct {
  Fixture *f;
  const char *text;
} Wanted;

static gboolean
is_told (gpointer user_data)
{
  const Wanted *wanted = user_data;

  return strstr (wanted->f->told->str, wanted->text) != NULL;
}

static void
expect_told (Fixture *f, const char *text)
{
  Wanted wanted = {f, text};

  test_wait_until (is_told, &wanted, text);
  g_assert_nonnull (strstr (f->told->str, "redis-prefix"));
}

/* One after the other is found, and removed. */
static void
test_a_key_of_another_kind_is_named (Fixture *f, gconstpointer unused)
{
  static const struct {
    const char *command;
    const char *key;
    const char *says;
  } cases[] = {
      {"RPUSH %s x", "resilient-signalling:epoch", ":epoch is a list"},
      {"SET %s x", "resilient-signalling:log", ":log is a string"},
      {"SET %s x", "resilient-signalling:snapshot", ":snapshot is a string"},
      {"SADD %s x", "resilient-signalling:candidate", ":candidate is a set"},
      {"RPUSH %s x", "resilient-signalling:state", ":state is a list"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_free (test_redis_do (&f->redis, cases[i].command, cases[i].key));
  start (f);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    expect_told (f, cases[i].says);
    g_free (test_redis_do (&f->redis, "DEL %s", cases[i].key));
  }
  test_node_wait_ready (&f->node);
  g_assert_null (strstr (f->told->str, "script"));
}

static void
test_a_key_that_is_replaced_is_named (Fixture *f, gconstpointer unused)
{
  start (f);
  test_node_wait_ready (&f->node);
  g_free (test_redis_do (&f->redis, "SET resilient-signalling:log x"));
  expect_told (f, ":log is a string");
  g_free (test_redis_do (&f->redis, "DEL resilient-signalling:log"));
  test_node_wait_ready (&f->node);
}

#define ADD(name, func)                                                        \
  g_test_add ("/server/nodes/foreign/" name, Fixture, NULL, set_up, func,      \
              tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("from-the-start", test_a_key_of_another_kind_is_named);
  ADD ("replaced", test_a_key_that_is_replaced_is_named);
  return g_test_run ();
}
