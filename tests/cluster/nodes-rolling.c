/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-redis.h"
#include "test-resumable.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Two nodes behind one address are restarted one after the other, while
 * clients talk: all is heard once, in order, and nobody loses a client. */

#define N_TALKERS 2
#define N_STEPS   120

typedef struct {
  TestResumable client;
  guint number;
  guint heard[N_TALKERS]; /* of each: the last */
  guint returns;
} Talker;

typedef struct {
  TestRedis redis;
  TestNode nodes[2];
  GSocketService *service;
  gint ports[2]; /* atomic */
  gint turn;     /* atomic */
  TestNode address;
  Talker talkers[N_TALKERS];
} Fixture;

/* --- The address: each connection goes to a node that takes it --- */

typedef struct {
  GIOStream *from;
  GIOStream *to;
} Way;

static gpointer
carry (gpointer user_data)
{
  Way *way = user_data;

  g_output_stream_splice (g_io_stream_get_output_stream (way->to),
                          g_io_stream_get_input_stream (way->from), 0, NULL,
                          NULL);
  g_socket_shutdown (
      g_socket_connection_get_socket (G_SOCKET_CONNECTION (way->from)), TRUE,
      TRUE, NULL);
  g_socket_shutdown (
      g_socket_connection_get_socket (G_SOCKET_CONNECTION (way->to)), TRUE,
      TRUE, NULL);
  return NULL;
}

static gboolean
on_run (GThreadedSocketService *service, GSocketConnection *client,
        GObject *source, gpointer user_data)
{
  Fixture *f = user_data;
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autoptr (GSocketConnection) node = NULL;
  guint turn = (guint) g_atomic_int_add (&f->turn, 1);
  GThread *back;

  for (guint i = 0; i < 2 && node == NULL; i++) {
    gint port = g_atomic_int_get (&f->ports[(turn + i) % 2]);

    node = g_socket_client_connect_to_host (connector, "127.0.0.1",
                                            (guint16) port, NULL, NULL);
  }
  if (node == NULL)
    return TRUE;

  back = g_thread_new ("back", carry,
                       &(Way){G_IO_STREAM (node), G_IO_STREAM (client)});
  carry (&(Way){G_IO_STREAM (client), G_IO_STREAM (node)});
  g_thread_join (back);
  return TRUE;
}

static void
open_address (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  f->service = g_threaded_socket_service_new (16);
  f->address.port = g_socket_listener_add_any_inet_port (
      G_SOCKET_LISTENER (f->service), NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (f->service, "run", G_CALLBACK (on_run), f);
  g_socket_service_start (f->service);
}

/* --- Talkers --- */

static gboolean
has_news (gpointer user_data)
{
  TestPeer *peer = user_data;

  return peer->connection == NULL || peer->closed ||
         !g_queue_is_empty (&peer->received);
}

/* NULL: the connection has ended. */
static char *
receive (TestPeer *peer)
{
  test_wait_until (has_news, peer, "a message or the end");
  return g_queue_pop_head (&peer->received);
}

/* Its n-th message, which is always the same. */
static void
say (Talker *talker, guint n)
{
  TestPeer *peer = talker->client.peer;

  if (peer->closed || soup_websocket_connection_get_state (peer->connection) !=
                          SOUP_WEBSOCKET_STATE_OPEN)
    return;
  test_peer_send_json (
      peer, "{'type':'publish','roomId':'r','data':'%u %u','seq':%u}",
      talker->number, n, n);
}

static gboolean
try_to_return (Talker *talker, guint port)
{
  TestResumable *client = &talker->client;
  g_autofree char *welcome = NULL;
  g_autofree char *resumed = NULL;
  const char *ack;

  test_resumable_leave (client);
  client->peer = test_peer_try (port);
  if (client->peer->connection == NULL)
    return FALSE;
  welcome = receive (client->peer);
  if (welcome == NULL || client->peer->closed)
    return FALSE;
  test_peer_send_json (client->peer,
                       "{'type':'setProtocolVersion','version':'v1_1',"
                       "'resilient':{'version':1,'token':'%s','ack':%u}}",
                       client->token, client->heard);
  resumed = receive (client->peer);
  if (resumed == NULL)
    return FALSE;

  if (strstr (resumed, "\"resumed\":true") == NULL)
    g_error ("not resumed, but: %s", resumed);
  ack = strstr (resumed, "\"ack\":");
  g_assert_nonnull (ack);
  for (guint n = (guint) g_ascii_strtoull (ack + 6, NULL, 10) + 1;
       n <= client->said; n++)
    say (talker, n);
  talker->returns++;
  return TRUE;
}

static void
take (Talker *talker, const char *text)
{
  g_autofree char *type = test_peer_get (text, "type");
  const char *seq = strstr (text, "\"seq\":");
  g_autofree char *data = NULL;
  guint author;
  guint n;

  if (seq == NULL)
    return;
  g_assert_cmpuint (g_ascii_strtoull (seq + 6, NULL, 10), ==,
                    ++talker->client.heard);
  if (!g_str_equal (type, "roomMessage"))
    return;

  data = test_peer_get (text, "data");
  g_assert_cmpint (sscanf (data, "%u %u", &author, &n), ==, 2);
  g_assert_cmpuint (n, ==, talker->heard[author] + 1);
  talker->heard[author] = n;
}

static gboolean
somebody_has_news (gpointer user_data)
{
  Fixture *f = user_data;

  for (guint k = 0; k < N_TALKERS; k++) {
    if (has_news (f->talkers[k].client.peer))
      return TRUE;
  }
  return FALSE;
}

static void
look_after (Fixture *f, Talker *talker)
{
  g_autofree char *text = NULL;

  if (!has_news (talker->client.peer))
    return;
  text = receive (talker->client.peer);
  if (text != NULL)
    take (talker, text);
  else
    while (!try_to_return (talker, f->address.port))
      ;
}

/* Until it has heard what @author has said, wherever that takes both. */
static void
hear_all (Fixture *f, Talker *talker, const Talker *author)
{
  while (talker->heard[author->number] < author->client.said) {
    test_wait_until (somebody_has_news, f, "a message or an end");
    for (guint k = 0; k < N_TALKERS; k++)
      look_after (f, &f->talkers[k]);
  }
}

static void
talk (Fixture *f, guint steps)
{
  for (guint i = 0; i < steps; i++) {
    for (guint k = 0; k < N_TALKERS; k++)
      say (&f->talkers[k], ++f->talkers[k].client.said);
    for (guint k = 0; k < N_TALKERS; k++)
      hear_all (f, &f->talkers[k], &f->talkers[(i + k) % N_TALKERS]);
  }
}

/* --- Tests --- */

static void
start_node (Fixture *f, guint i)
{
  test_node_start (&f->nodes[i], f->redis.uri);
  test_node_wait_ready (&f->nodes[i]);
  g_atomic_int_set (&f->ports[i], (gint) f->nodes[i].port);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  memset (f, 0, sizeof *f);
  test_redis_init (&f->redis, FALSE);
  test_redis_start (&f->redis);
  start_node (f, 0);
  start_node (f, 1);
  open_address (f);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  for (guint k = 0; k < N_TALKERS; k++)
    test_resumable_clear (&f->talkers[k].client);
  g_socket_service_stop (f->service);
  g_object_unref (f->service);
  test_node_kill (&f->nodes[0]);
  test_node_kill (&f->nodes[1]);
  test_redis_clear (&f->redis);
}

static void
test_a_rolling_restart_under_traffic (Fixture *f, gconstpointer unused)
{
  guint returns = 0;

  for (guint k = 0; k < N_TALKERS; k++) {
    Talker *talker = &f->talkers[k];

    test_resumable_open (&talker->client, &f->address);
    talker->number = k;
    test_resumable_join (&talker->client);
    for (guint author = 0; author < N_TALKERS; author++)
      talker->heard[author] = 1; /* the number of having joined */
  }

  for (guint i = 0; i < 2; i++) {
    talk (f, N_STEPS / 3);
    g_subprocess_send_signal (f->nodes[i].process, SIGTERM);
    talk (f, N_STEPS / 3);
    g_assert_true (g_subprocess_wait_check (f->nodes[i].process, NULL, NULL));
    g_clear_object (&f->nodes[i].process);
    start_node (f, i);
  }
  talk (f, N_STEPS / 3);

  for (guint k = 0; k < N_TALKERS; k++) {
    for (guint author = 0; author < N_TALKERS; author++)
      hear_all (f, &f->talkers[k], &f->talkers[author]);
    returns += f->talkers[k].returns;
  }
  g_assert_cmpuint (returns, >=, N_TALKERS);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/server/nodes/rolling-restart/under-traffic", Fixture, NULL,
              set_up, test_a_rolling_restart_under_traffic, tear_down);
  return g_test_run ();
}
