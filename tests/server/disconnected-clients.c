/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-serve.h"
#include "test-peer.h"
#include "test-redis.h"

#include <string.h>

/* A client that drops connections on purpose harms only itself: the clients of
 * others wait for them as long as ever. With Redis and without it. */

#define MAX_CLIENTS     6
#define MAX_PER_ADDRESS 3

#define OWN   "127.0.0.1"
#define OTHER "127.0.0.2"

typedef struct {
  RwServer *server;
  TestRedis redis;
  gboolean has_redis;
  TestNode node; /* the server, to be asked over HTTP */
} Fixture;

static void
start (Fixture *f, RwServerConfig *config)
{
  config->max_clients = MAX_CLIENTS;
  config->max_clients_per_address = MAX_PER_ADDRESS;
  f->server = test_serve (config);
  f->node.port = rw_server_get_port (f->server);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  start (f, config);
}

static void
set_up_hasty (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  config->grace_ms = 300;
  start (f, config);
}

static gboolean
has_redis_server (void)
{
  g_autofree char *path = g_find_program_in_path ("redis-server");

  return path != NULL;
}

static void
set_up_redis (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwServerConfig) config = rw_server_config_new ();

  if (!has_redis_server ())
    return;

  f->has_redis = TRUE;
  test_redis_init (&f->redis, FALSE);
  test_redis_start (&f->redis);
  config->redis_uri = g_strdup (f->redis.uri);
  start (f, config);
  test_node_wait_ready (&f->node);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  if (f->server != NULL)
    rw_server_stop (f->server);
  g_clear_object (&f->server);
  if (f->has_redis)
    test_redis_clear (&f->redis);
}

/* --- Clients --- */

static TestPeer *
come (Fixture *f, const char *address)
{
  TestPeer *peer = test_peer_new_from (address, f->node.port);

  g_free (test_peer_expect_type (peer, "welcome"));
  return peer;
}

/* Requests resumption; the token is left in @token. */
static TestPeer *
request_resumption (Fixture *f, const char *address, char **token)
{
  TestPeer *peer = come (f, address);
  g_autofree char *welcome = NULL;

  test_peer_send_json (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                             "'resilient':{'version':1}}");
  welcome = test_peer_expect_type (peer, "resilientWelcome");
  *token = test_peer_get (welcome, "token");
  return peer;
}

static TestPeer *
resume (Fixture *f, const char *address, const char *token, gboolean *resumed)
{
  TestPeer *peer = come (f, address);
  g_autofree char *welcome = NULL;

  test_peer_send_json (peer,
                       "{'type':'setProtocolVersion','version':'v1_1',"
                       "'resilient':{'version':1,'token':'%s','ack':0}}",
                       token);
  welcome = test_peer_expect_type (peer, "resilientWelcome");
  *resumed = strstr (welcome, "\"resumed\":true") != NULL;
  return peer;
}

static gboolean
has_no_clients (gpointer user_data)
{
  return rw_server_get_n_clients (user_data) == 0;
}

/* @peer is the only one that is there. */
static void
lose (Fixture *f, TestPeer *peer)
{
  test_peer_free (peer);
  test_wait_until (has_no_clients, f->server, "the loss to be noticed");
}

static char *
lose_resumable (Fixture *f, const char *address)
{
  char *token;

  lose (f, request_resumption (f, address, &token));
  return token;
}

static void
expect_waiting (Fixture *f, const char *token, gboolean expected)
{
  gboolean resumed;
  g_autoptr (TestPeer) peer = resume (f, OWN, token, &resumed);

  g_assert_cmpint (resumed, ==, expected);
}

static void
expect_metric (Fixture *f, const char *line)
{
  g_autofree char *metrics = test_node_get (&f->node, "/metrics", NULL);

  if (strstr (metrics, line) == NULL)
    g_error ("there is no \"%s\" in %s", line, metrics);
}

/* --- Tests --- */

static void
test_one_address_pushes_out_nobody (Fixture *f, gconstpointer unused)
{
  g_autofree char *token = lose_resumable (f, OWN);

  for (guint i = 0; i < 3 * MAX_CLIENTS; i++)
    g_free (lose_resumable (f, OTHER));

  expect_metric (f, "_seats_not_waited_for_total 15\n");
  expect_metric (f, "_seats_waiting 4\n");
  expect_waiting (f, token, TRUE);
}

static void
test_nobody_is_pushed_out_by_breaking_the_protocol (Fixture *f,
                                                    gconstpointer unused)
{
  g_autofree char *token = lose_resumable (f, OWN);

  for (guint i = 0; i < 2 * MAX_CLIENTS; i++) {
    g_autofree char *other = NULL;
    TestPeer *peer = request_resumption (f, OTHER, &other);

    test_peer_send_json (peer, "{'type':'ack','ack':1000}");
    test_peer_expect_closed (peer, 1002);
    lose (f, peer);
  }

  expect_metric (f, "_seats_waiting 4\n");
  expect_waiting (f, token, TRUE);
}

static void
test_the_first_of_an_address_are_waited_for (Fixture *f, gconstpointer unused)
{
  char *tokens[MAX_PER_ADDRESS + 1];

  for (guint i = 0; i < MAX_PER_ADDRESS + 1; i++)
    tokens[i] = lose_resumable (f, OTHER);

  for (guint i = 0; i < MAX_PER_ADDRESS + 1; i++) {
    expect_waiting (f, tokens[i], i < MAX_PER_ADDRESS);
    g_free (tokens[i]);
  }
}

/* As many as may, as behind one NAT whose line is cut again and again. */
static void
test_all_of_an_address_come_back_each_time (Fixture *f, gconstpointer unused)
{
  char *tokens[MAX_PER_ADDRESS];
  TestPeer *peers[MAX_PER_ADDRESS];

  for (guint i = 0; i < MAX_PER_ADDRESS; i++)
    peers[i] = request_resumption (f, OWN, &tokens[i]);

  for (guint turn = 0; turn < 3; turn++) {
    for (guint i = 0; i < MAX_PER_ADDRESS; i++)
      test_peer_free (peers[i]);
    test_wait_until (has_no_clients, f->server, "the losses to be noticed");
    for (guint i = 0; i < MAX_PER_ADDRESS; i++) {
      gboolean resumed;

      peers[i] = resume (f, OWN, tokens[i], &resumed);
      g_assert_true (resumed);
    }
  }

  expect_metric (f, "_seats_not_waited_for_total 0\n");
  for (guint i = 0; i < MAX_PER_ADDRESS; i++) {
    test_peer_free (peers[i]);
    g_free (tokens[i]);
  }
}

/* A place is free again, wherever the client came back from. */
static void
test_who_came_back_is_not_counted (Fixture *f, gconstpointer unused)
{
  g_autofree char *moved = lose_resumable (f, OTHER);
  g_autofree char *last = NULL;
  gboolean resumed;
  g_autoptr (TestPeer) peer = NULL;

  g_free (lose_resumable (f, OTHER));
  g_free (lose_resumable (f, OTHER));
  lose (f, resume (f, OWN, moved, &resumed));
  g_assert_true (resumed);

  last = lose_resumable (f, OTHER);
  expect_waiting (f, last, TRUE);
}

static gboolean
nobody_waits (gpointer user_data)
{
  g_autofree char *metrics = test_node_get (user_data, "/metrics", NULL);

  return strstr (metrics, "_seats_waiting 0\n") != NULL;
}

static gboolean
is_kept (gpointer user_data)
{
  Fixture *f = user_data;
  g_autofree char *token = lose_resumable (f, OTHER);
  gboolean resumed;
  g_autoptr (TestPeer) peer = resume (f, OTHER, token, &resumed);

  return resumed;
}

static void
test_after_its_grace_nobody_is_counted (Fixture *f, gconstpointer unused)
{
  for (guint i = 0; i < MAX_PER_ADDRESS; i++)
    g_free (lose_resumable (f, OTHER));
  test_wait_until (nobody_waits, &f->node, "the graces to end");

  test_wait_until (is_kept, f, "a place of that address to be free");
}

/* Messages count when Redis has them; so does the end of all clients. */
static void
test_nobody_is_pushed_out_while_redis_is_silent (Fixture *f,
                                                 gconstpointer unused)
{
  g_autofree char *token = NULL;

  if (!f->has_redis) {
    g_test_skip ("there is no redis-server");
    return;
  }

  token = lose_resumable (f, OWN);
  expect_waiting (f, token, TRUE);
  test_wait_until (has_no_clients, f->server, "the loss to be noticed");
  test_redis_freeze (&f->redis, TRUE);
  for (guint i = 0; i < 2 * MAX_CLIENTS; i++) {
    TestPeer *peer = test_peer_new_from (OTHER, f->node.port);

    test_peer_send_json (peer, "{'type':'setProtocolVersion','version':'v1_1',"
                               "'resilient':{'version':1}}");
    soup_websocket_connection_close (peer->connection,
                                     SOUP_WEBSOCKET_CLOSE_GOING_AWAY, NULL);
    test_peer_expect_end (peer);
    lose (f, peer);
  }
  test_redis_freeze (&f->redis, FALSE);

  expect_waiting (f, token, TRUE);
  expect_metric (f, "_seats_not_waited_for_total 9\n");
}

static void
test_one_address_pushes_out_nobody_with_redis (Fixture *f, gconstpointer unused)
{
  if (!f->has_redis)
    g_test_skip ("there is no redis-server");
  else
    test_one_address_pushes_out_nobody (f, unused);
}

static void
test_all_come_back_with_redis (Fixture *f, gconstpointer unused)
{
  if (!f->has_redis)
    g_test_skip ("there is no redis-server");
  else
    test_all_of_an_address_come_back_each_time (f, unused);
}

#define ADD(path, set_up, func)                                                \
  g_test_add ("/losses/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("one-address-pushes-out-nobody", set_up,
       test_one_address_pushes_out_nobody);
  ADD ("nobody-is-pushed-out-by-breaking-the-protocol", set_up,
       test_nobody_is_pushed_out_by_breaking_the_protocol);
  ADD ("the-first-of-an-address-are-waited-for", set_up,
       test_the_first_of_an_address_are_waited_for);
  ADD ("all-of-an-address-come-back-each-time", set_up,
       test_all_of_an_address_come_back_each_time);
  ADD ("who-came-back-is-not-counted", set_up,
       test_who_came_back_is_not_counted);
  ADD ("after-its-grace-nobody-is-counted", set_up_hasty,
       test_after_its_grace_nobody_is_counted);
  ADD ("with-redis/one-address-pushes-out-nobody", set_up_redis,
       test_one_address_pushes_out_nobody_with_redis);
  ADD ("with-redis/all-of-an-address-come-back-each-time", set_up_redis,
       test_all_come_back_with_redis);
  ADD ("with-redis/nobody-is-pushed-out-while-redis-is-silent", set_up_redis,
       test_nobody_is_pushed_out_while_redis_is_silent);

  return g_test_run ();
}
