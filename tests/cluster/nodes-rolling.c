/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-address.h"
#include "test-client.h"
#include "test-later-version.h"
#include "test-session.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Three servers behind one address are restarted one after the other, while
 * clients talk in a room and two of them in a session: all is received once and
 * in order, the session stays, and each client is resumed each time. Those that
 * come back may be of a later version.
 */

#define N_NODES   3
#define N_TALKERS 3
#define N_STEPS   20

/* The first two are in the session. */
typedef struct {
  TestClient *client;
  guint number;
  guint n_returns;
  guint n_published;
  guint received[N_TALKERS]; /* of the room, by author */
  guint n_sent;              /* in the session */
  guint n_received;
} Talker;

typedef struct {
  TestRedis redis;
  TestLink link; /* for servers of a later version */
  TestLaterVersion *version;
  TestNode nodes[N_NODES];
  TestAddress address;
  Talker talkers[N_TALKERS];
  TestSession session;
} Fixture;

/* --- Talkers --- */

static void
take_from_room (Talker *talker, JsonObject *message)
{
  guint author, n;

  g_assert_cmpint (
      sscanf (test_client_get (message, "data"), "%u %u", &author, &n), ==, 2);
  g_assert_cmpuint (author, <, N_TALKERS);
  g_assert_cmpuint (n, ==, talker->received[author]++);
}

static void
take_from_session (Talker *talker, JsonObject *message)
{
  JsonObject *ice = json_object_get_object_member (message, "ice");

  g_assert_cmpint (atoi (test_client_get (ice, "candidate")), ==,
                   talker->n_received++);
}

static void
take (Talker *talker, JsonObject *message)
{
  const char *type = test_client_get (message, "type");

  if (g_str_equal (type, "roomMessage"))
    take_from_room (talker, message);
  else if (g_str_equal (type, "peer"))
    take_from_session (talker, message);
  else if (g_str_equal (type, "error") || g_str_has_prefix (type, "endSession"))
    g_error ("talker %u received %s", talker->number, type);
}

static void
attend (Fixture *f, Talker *talker)
{
  TestClient *client = talker->client;
  gboolean is_there = test_client_take (client);
  JsonObject *message;

  while ((message = g_queue_pop_head (&client->inbox)) != NULL) {
    take (talker, message);
    json_object_unref (message);
  }
  g_assert_cmpuint (client->n_begun, ==, 1);
  if (is_there)
    return;

  talker->n_returns++;
  while (!test_client_try (client, &f->address.node))
    ;
}

static gboolean
somebody_has_news (gpointer user_data)
{
  Fixture *f = user_data;

  for (guint i = 0; i < N_TALKERS; i++) {
    TestPeer *peer = f->talkers[i].client->peer;

    if (peer == NULL || peer->closed || !g_queue_is_empty (&peer->received))
      return TRUE;
  }
  return FALSE;
}

static void
attend_all (Fixture *f)
{
  test_wait_until (somebody_has_news, f, "a message or an end");
  for (guint i = 0; i < N_TALKERS; i++)
    attend (f, &f->talkers[i]);
}

static void
say (Fixture *f)
{
  for (guint i = 0; i < N_TALKERS; i++)
    test_client_send (f->talkers[i].client,
                      "'type':'publish','roomId':'r','data':'%u %u'", i,
                      f->talkers[i].n_published++);
  for (guint i = 0; i < 2; i++)
    test_client_send (f->talkers[i].client,
                      "'type':'peer','sessionId':'%s',"
                      "'ice':{'candidate':'%u','sdpMLineIndex':0}",
                      f->session.id, f->talkers[i].n_sent++);
}

/* Until @talker has received what @author has published, wherever that takes
 * both. */
static void
receive_all (Fixture *f, const Talker *talker, const Talker *author)
{
  while (talker->received[author->number] < author->n_published)
    attend_all (f);
}

static void
talk (Fixture *f, guint steps)
{
  for (guint i = 0; i < steps; i++) {
    say (f);
    for (guint k = 0; k < N_TALKERS; k++)
      receive_all (f, &f->talkers[k], &f->talkers[(i + k) % N_TALKERS]);
  }
}

static void
finish (Fixture *f)
{
  for (guint k = 0; k < N_TALKERS; k++)
    for (guint i = 0; i < N_TALKERS; i++)
      receive_all (f, &f->talkers[k], &f->talkers[i]);
  for (guint i = 0; i < 2; i++)
    while (f->talkers[i].n_received < f->talkers[1 - i].n_sent)
      attend_all (f);
}

/* In the session, and then in the room. */
static void
begin (Fixture *f)
{
  TestClient *consumer, *producer;

  for (guint i = 0; i < N_TALKERS; i++) {
    f->talkers[i].number = i;
    f->talkers[i].client = test_client_new (&f->address.node, TRUE);
  }
  consumer = f->talkers[0].client;
  producer = f->talkers[1].client;
  test_client_set_role (producer, "producer", NULL);
  test_client_wait_listed (consumer, "producers", producer->id);
  test_session_begin (&f->session, consumer, producer);
  for (guint i = 0; i < N_TALKERS; i++) {
    TestClient *client = f->talkers[i].client;

    test_client_send (client, "'type':'joinRoom','roomId':'%s'", "r");
    json_object_unref (test_client_receive (client, "roomJoined"));
  }
}

/* --- Tests --- */

static void
start_node (Fixture *f, guint i, const char *uri)
{
  test_node_start (&f->nodes[i], uri);
  test_node_wait_ready (&f->nodes[i]);
  test_address_set (&f->address, i, f->nodes[i].port);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  memset (f, 0, sizeof *f);
  test_redis_init (&f->redis, FALSE);
  test_redis_start (&f->redis);
  test_link_start (&f->link, f->redis.dir, f->redis.socket);
  f->version = test_later_version_new ();
  test_later_version_add_link (f->version, &f->link);
  test_address_start (&f->address, N_NODES);
  for (guint i = 0; i < N_NODES; i++)
    start_node (f, i, f->redis.uri);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_session_clear (&f->session);
  for (guint i = 0; i < N_TALKERS; i++)
    test_client_free (f->talkers[i].client);
  test_address_stop (&f->address);
  for (guint i = 0; i < N_NODES; i++)
    test_node_kill (&f->nodes[i]);
  test_link_stop (&f->link);
  test_later_version_free (f->version);
  test_redis_clear (&f->redis);
}

static void
restart_all (Fixture *f, const char *uri)
{
  begin (f);
  for (guint i = 0; i < N_NODES; i++) {
    talk (f, N_STEPS);
    g_subprocess_send_signal (f->nodes[i].process, SIGTERM);
    talk (f, N_STEPS);
    g_assert_true (g_subprocess_wait_check (f->nodes[i].process, NULL, NULL));
    g_clear_object (&f->nodes[i].process);
    start_node (f, i, uri);
  }
  talk (f, N_STEPS);
  finish (f);
  for (guint i = 0; i < N_TALKERS; i++)
    g_assert_cmpuint (f->talkers[i].n_returns, >=, 1);
}

static void
test_a_rolling_restart_under_traffic (Fixture *f, gconstpointer unused)
{
  restart_all (f, f->redis.uri);
  g_assert_cmpuint (test_later_version_count_scripts (f->version), ==, 0);
}

/* Which servers the clients come to, and so whether a message of theirs goes
 * from one to the other, is chance; what is published passes the scripts. */
static void
test_a_rolling_upgrade_under_traffic (Fixture *f, gconstpointer unused)
{
  restart_all (f, f->link.uri);
  g_assert_cmpuint (test_later_version_count_scripts (f->version), >,
                    N_TALKERS * N_STEPS);
}

#define ROLLING_TEST(name, func)                                               \
  g_test_add ("/server/nodes/rolling-restart/" name, Fixture, NULL, set_up,    \
              func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ROLLING_TEST ("under-traffic", test_a_rolling_restart_under_traffic);
  ROLLING_TEST ("upgrade", test_a_rolling_upgrade_under_traffic);
  return g_test_run ();
}
