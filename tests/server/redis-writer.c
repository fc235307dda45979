/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-writer.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

#include "test-peer.h"

/* What a node sends to Redis at once, by one that answers when it is told to:
 * more than a little would wait in this process, and hold up whatever else is
 * said on the connection. */

#define ENTRY_BYTES (1024 * 1024)

/* It understands as much as there is to it: what is appended, and PING. */
typedef struct {
  char *dir;
  RwRedisUri *uri;
  GSocketService *service;
  GIOStream *stream;
  GString *heard;
  char buffer[65536];
  guint n_appended; /* commands that have come */
  guint n_pings;
  RwRedis *redis;
  gboolean up;
  RwRedisStats stats;
  RwReplica *replica;
  RwRedisWriter *writer;
} Fixture;

static void read_on (Fixture *f);

static void
say (Fixture *f, const char *text)
{
  g_assert_true (
      g_output_stream_write_all (g_io_stream_get_output_stream (f->stream),
                                 text, strlen (text), NULL, NULL, NULL));
}

static gboolean
take (Fixture *f, const char *command)
{
  const char *at = strstr (f->heard->str, command);

  if (at == NULL)
    return FALSE;
  g_string_erase (f->heard, at - f->heard->str, (gssize) strlen (command));
  return TRUE;
}

/* What is left is shorter than a command's name. */
static void
take_all (Fixture *f)
{
  while (take (f, "\nSELECT\r"))
    say (f, "+OK\r\n");
  while (take (f, "\nXADD\r"))
    f->n_appended++;
  while (take (f, "\nPING\r"))
    f->n_pings++;
  if (f->heard->len > 16)
    g_string_erase (f->heard, 0, (gssize) f->heard->len - 16);
}

static void
on_heard (GObject *input, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (input), result, NULL);

  if (n <= 0) {
    g_clear_object (&f->stream);
    return;
  }
  for (gssize i = 0; i < n; i++)
    g_string_append_c (f->heard, f->buffer[i] != 0 ? f->buffer[i] : ' ');
  take_all (f);
  read_on (f);
}

static void
read_on (Fixture *f)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (f->stream),
                             f->buffer, sizeof f->buffer, G_PRIORITY_DEFAULT,
                             NULL, on_heard, f);
}

static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection,
             GObject *source, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_null (f->stream);
  f->stream = g_object_ref (G_IO_STREAM (connection));
  read_on (f);
  return TRUE;
}

static void
on_up (RwRedis *redis, gpointer user_data)
{
  ((Fixture *) user_data)->up = TRUE;
}

static void
on_down (RwRedis *redis, const GError *error, gpointer user_data)
{
  g_error ("the connection is down: %s", error->message);
}

static gboolean
is_up (gpointer user_data)
{
  return ((Fixture *) user_data)->up;
}

static RwBrainMessage *
parse (const char *text, gsize len, gpointer unused)
{
  return NULL;
}

static void
new_seed (guint8 *seed, gpointer unused)
{
  memset (seed, 1, RW_REPLICA_SEED_BYTES);
}

static void
listen_for_node (Fixture *f)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *path = NULL;
  g_autofree char *uri = NULL;
  g_autoptr (GError) error = NULL;

  f->dir = g_dir_make_tmp ("rw-writer-XXXXXX", NULL);
  path = g_build_filename (f->dir, "socket", NULL);
  uri = g_strconcat ("unix://", path, NULL);
  address = g_unix_socket_address_new (path);
  f->service = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (f->service), address,
                                 G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (f->service, "incoming", G_CALLBACK (on_incoming), f);
  f->uri = rw_redis_uri_parse (uri, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  static const RwRedisFuncs funcs = {on_up, on_down};
  const RwReplicaConfig config = {.node = 1,
                                  .parse = parse,
                                  .new_seed = new_seed,
                                  .seats = {.max_kept = 10,
                                            .max_kept_bytes = 1000,
                                            .max_waiting = 10,
                                            .rooms = {.max_rooms = 1}}};

  memset (f, 0, sizeof *f);
  f->heard = g_string_new (NULL);
  listen_for_node (f);
  f->redis = rw_redis_new (f->uri, g_main_context_default (), &funcs, f);
  f->writer = rw_redis_writer_new (f->redis, "log", &f->stats);
  f->replica = rw_replica_new (&config);
  test_wait_until (is_up, f, "the connection to be up");
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_redis_free (f->redis);
  rw_redis_writer_free (f->writer);
  rw_replica_free (f->replica);
  g_socket_service_stop (f->service);
  g_socket_listener_close (G_SOCKET_LISTENER (f->service));
  while (f->stream != NULL)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (f->service);
  g_unlink (f->uri->path);
  g_rmdir (f->dir);
  rw_redis_uri_free (f->uri);
  g_string_free (f->heard, TRUE);
  g_free (f->dir);
}

static void
make_entries (Fixture *f, guint n, gsize len)
{
  g_autofree char *text = g_strnfill (len, 'x');

  for (guint i = 0; i < n; i++)
    rw_replica_handle (f->replica, 1, text, len);
}

static void
ignore (const redisReply *reply, const GError *error, gpointer unused)
{
}

static gboolean
was_pinged (gpointer user_data)
{
  return ((Fixture *) user_data)->n_pings == 1;
}

/* All that was said before has come, too. */
static guint
count_under_way (Fixture *f)
{
  f->n_pings = 0;
  g_assert_true (rw_redis_say (f->redis, 30000, ignore, NULL, "PING", NULL));
  test_wait_until (was_pinged, f, "what is under way");
  return f->n_appended;
}

static gboolean
is_second_there (gpointer user_data)
{
  return ((Fixture *) user_data)->n_appended == 2;
}

static void
test_large_entries_go_one_by_one (Fixture *f, gconstpointer unused)
{
  make_entries (f, 20, ENTRY_BYTES);
  rw_redis_writer_begin (f->writer, f->replica);
  g_assert_cmpuint (count_under_way (f), ==, 1);
  say (f, "$3\r\n1-0\r\n");
  test_wait_until (is_second_there, f, "the second entry");
}

static void
test_small_entries_go_together (Fixture *f, gconstpointer unused)
{
  make_entries (f, 1000, 10);
  rw_redis_writer_begin (f->writer, f->replica);
  g_assert_cmpuint (count_under_way (f), ==, 256);
}

#define WRITER_TEST(name, func)                                                \
  g_test_add ("/server/redis-writer/" name, Fixture, NULL, set_up, func,       \
              tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  WRITER_TEST ("large", test_large_entries_go_one_by_one);
  WRITER_TEST ("small", test_small_entries_go_together);
  return g_test_run ();
}
