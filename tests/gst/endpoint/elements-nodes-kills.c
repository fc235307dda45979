/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-outage.h"
#include "test-process.h"
#include "test-program.h"
#include "test-streams.h"

#include <glib/gstdio.h>
#include <string.h>

/*
 * Whatever happens to one of two servers, to their Redis, or to the network
 * between them: live streams, whose sinks are at one server and whose sources
 * are at the other, lose no frame, and signalling is back within a stated time.
 * Beside them are two witnesses, one at each server, who want the same name and
 * the same floor: never do both have it.
 *
 * RW_FULL=1 runs them; RW_STREAMS=50 for 25 streams; else 3.
 */

/* In which a message of a former holder comes that is no holder any more. */
#define BOTH_US (2 * G_USEC_PER_SEC)

#define NAME "studio"

typedef struct {
  TestClient *client;
  guint node;
  gboolean has_floor;
} Witness;

typedef struct {
  TestStreams f;
  TestOutage outage;
  TestRedis replica;
  gboolean frozen; /* the first server */

  char *uris;
  char *src_uris;
  Witness witnesses[2];
  gint64 both_us; /* since then both have the floor; 0: they do not */
} Kills;

/* --- Witnesses --- */

static void
join_room (Witness *self)
{
  test_client_send (self->client, "'type':'joinRoom','roomId':'%s'", "r");
}

/* Its server has died: it is who it was, and joins and registers again. */
static void
begin_anew (Witness *self)
{
  self->has_floor = FALSE;
  join_room (self);
  if (self->client->welcome)
    test_client_set_role (self->client, "producer", NAME);
}

static void
take (Witness *self, JsonObject *message)
{
  const char *type = test_client_get (message, "type");
  const char *id = test_client_get (message, "peerId");

  if (g_str_equal (type, "floorGranted"))
    self->has_floor = TRUE;
  else if (g_str_equal (type, "begun"))
    begin_anew (self);
  else if (g_str_equal (type, "floorTaken") ||
           (g_str_equal (type, "floorReleased") &&
            g_strcmp0 (id, self->client->id) == 0))
    self->has_floor = FALSE;
  else if (g_str_equal (type, "error"))
    g_assert_cmpstr (test_client_get (message, "code"), ==, "name-taken");
}

static gboolean
is_well (Kills *self, guint node)
{
  return self->outage.nodes[node].process != NULL &&
         (node > 0 || !self->frozen);
}

/* At its server, or at the other one, if that is there. */
static void
come (Kills *self, Witness *witness)
{
  if (!is_well (self, witness->node))
    witness->node = 1 - witness->node;
  if (is_well (self, witness->node))
    test_client_try (witness->client, &self->outage.nodes[witness->node]);
}

static void
attend (Kills *self, Witness *witness)
{
  JsonObject *message;
  gboolean is_there;

  while (g_main_context_iteration (NULL, FALSE))
    ;
  is_there = test_client_take (witness->client);
  while ((message = g_queue_pop_head (&witness->client->inbox)) != NULL) {
    take (witness, message);
    json_object_unref (message);
  }
  if (!is_there)
    come (self, witness);
}

static gboolean
have_both_the_floor (Kills *self)
{
  return self->witnesses[0].has_floor && self->witnesses[1].has_floor;
}

static void
play_round (Kills *self)
{
  for (guint i = 0; i < 2; i++)
    attend (self, &self->witnesses[i]);
  if (!have_both_the_floor (self))
    self->both_us = 0;
  else if (self->both_us == 0)
    self->both_us = g_get_monotonic_time ();
  else
    g_assert_cmpint (g_get_monotonic_time () - self->both_us, <, BOTH_US);
  test_streams_play_round (&self->f);
}

static void
play (Kills *self, guint ms)
{
  gint64 end_us = g_get_monotonic_time () + ms * G_GINT64_CONSTANT (1000);

  while (g_get_monotonic_time () < end_us)
    play_round (self);
}

typedef gboolean (*Condition) (Kills *self);

static void
play_until (Kills *self, Condition condition, const char *what)
{
  gint64 end_us = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

  while (!condition (self)) {
    if (g_get_monotonic_time () > end_us)
      g_error ("waited in vain for %s", what);
    play_round (self);
  }
}

static gboolean
has_first_the_floor (Kills *self)
{
  return self->witnesses[0].has_floor;
}

static gboolean
has_one_the_floor (Kills *self)
{
  return self->witnesses[0].has_floor != self->witnesses[1].has_floor;
}

static void
request_floor (Witness *self)
{
  test_client_send (self->client, "'type':'requestFloor','roomId':'%s'", "r");
}

/* The first one gets both. */
static void
begin_witnesses (Kills *self)
{
  for (guint i = 0; i < 2; i++) {
    Witness *witness = &self->witnesses[i];

    witness->node = i;
    witness->client = test_client_new (&self->outage.nodes[i], TRUE);
    join_room (witness);
    json_object_unref (test_client_receive (witness->client, "roomJoined"));
  }
  test_client_set_role (self->witnesses[0].client, "producer", NAME);
  request_floor (&self->witnesses[0]);
  play_until (self, has_first_the_floor, "the floor");
}

/* --- Servers, streams and witnesses together --- */

static void
kills_init (Kills *self)
{
  guint a, b;

  memset (self, 0, sizeof *self);
  test_outage_init (&self->outage, TEST_OUTAGE_NEVER);
  a = self->outage.nodes[0].port;
  b = self->outage.nodes[1].port;
  self->uris = g_strdup_printf ("<ws://127.0.0.1:%u, ws://127.0.0.1:%u>", a, b);
  self->src_uris =
      g_strdup_printf ("<ws://127.0.0.1:%u, ws://127.0.0.1:%u>", b, a);

  self->f = (TestStreams){.n = (test_streams_get_usual_n () + 1) / 2,
                          .port = a,
                          .other_port = b,
                          .uris = self->uris,
                          .src_uris = self->src_uris};
  test_streams_begin (&self->f);
  begin_witnesses (self);
}

static void
kills_clear (Kills *self)
{
  test_streams_clear (&self->f);
  for (guint i = 0; i < 2; i++)
    test_client_free (self->witnesses[i].client);
  test_outage_clear (&self->outage);
  if (self->replica.dir != NULL)
    test_redis_clear (&self->replica);
  g_free (self->uris);
  g_free (self->src_uris);
}

/* Each client is at one server, and nobody is waited for. */
static gboolean
are_all_back (Kills *self)
{
  TestStreams *f = &self->f;

  return self->witnesses[0].client->welcome &&
         self->witnesses[1].client->welcome &&
         test_streams_get_metric (f, "connections") == 2 * f->n + 2 &&
         test_streams_get_metric (f, "clients") == 2 * f->n + 2 &&
         test_streams_get_metric (f, "producers") >= f->n &&
         test_streams_get_metric (f, "seats_waiting") == 0;
}

/* --- What happens --- */

static void
kill_server (Kills *self)
{
  test_node_kill (&self->outage.nodes[0]);
  self->f.port = self->outage.nodes[1].port;
  self->f.other_port = 0;
}

static void
restart_server (Kills *self)
{
  TestOutage *outage = &self->outage;
  guint port = outage->nodes[0].port;
  g_autofree char *option = g_strdup_printf ("--port=%u", port);

  test_node_start_with (&outage->nodes[0], outage->links[0].uri, option);
  self->f.other_port = port;
}

/* A witness does not wait for its connection to be found dead. */
static void
freeze_server (Kills *self)
{
  test_node_freeze (&self->outage.nodes[0], TRUE);
  self->frozen = TRUE;
  test_client_drop (self->witnesses[0].client);
  self->witnesses[0].has_floor = FALSE;
  self->f.port = self->outage.nodes[1].port;
  self->f.other_port = 0;
}

static void
thaw_server (Kills *self)
{
  test_node_freeze (&self->outage.nodes[0], FALSE);
  self->frozen = FALSE;
  self->f.other_port = self->outage.nodes[0].port;
}

static void
kill_redis (Kills *self)
{
  test_redis_kill (&self->outage.redis);
}

static void
kill_redis_and_its_data (Kills *self)
{
  test_redis_kill (&self->outage.redis);
  test_redis_forget (&self->outage.redis);
}

static void
start_redis (Kills *self)
{
  test_redis_start (&self->outage.redis);
}

static void
freeze_redis (Kills *self)
{
  test_redis_freeze (&self->outage.redis, TRUE);
}

static void
thaw_redis (Kills *self)
{
  test_redis_freeze (&self->outage.redis, FALSE);
}

static void
flush_redis (Kills *self)
{
  g_free (test_redis_do (&self->outage.redis, "FLUSHALL"));
}

/* A replica has what its primary had; then that dies. */
static void
lose_primary (Kills *self)
{
  TestRedis *primary = &self->outage.redis;
  guint port = test_redis_listen (primary);

  test_redis_init (&self->replica, FALSE);
  test_redis_start (&self->replica);
  g_free (test_redis_do (&self->replica, "REPLICAOF 127.0.0.1 %u", port));
  g_free (test_redis_do (primary, "WAIT 1 5000"));
  test_redis_kill (primary);
}

static void
fail_over (Kills *self)
{
  g_free (test_redis_do (&self->replica, "REPLICAOF NO ONE"));
  g_assert_cmpint (g_rename (self->replica.socket, self->outage.redis.socket),
                   ==, 0);
}

/**
 * Row:
 * @begin: (nullable): what happens, beside @link
 * @end: (nullable): of what @begin begins
 * @away_ms: until then
 * @within_s: signalling is back after @end
 * @link: between the first server and Redis, until the end
 */
typedef struct {
  const char *name;
  void (*begin) (Kills *self);
  void (*end) (Kills *self);
  guint away_ms;
  guint within_s;
  TestLinkState link;
} Row;

/* Longer than a lease, and than it takes to notice silence; shorter than a
 * lease and the time for which a floor waits for its holder. */
#define AWAY_MS 4500

static const Row rows[] = {
    {"server/killed", kill_server, NULL, 0, 10},
    {"server/restarted", kill_server, restart_server, 1000, 10},
    {"server/frozen", freeze_server, NULL, 0, 15},
    {"server/thawed", freeze_server, thaw_server, AWAY_MS, 15},
    {"redis/killed", kill_redis, start_redis, AWAY_MS, 8},
    {"redis/frozen", freeze_redis, thaw_redis, AWAY_MS, 8},
    {"redis/emptied", kill_redis_and_its_data, start_redis, AWAY_MS, 8},
    {"redis/flushed", flush_redis, NULL, 0, 12},
    {"redis/failed-over", lose_primary, fail_over, 1000, 8},
    {"network/cut", NULL, NULL, AWAY_MS, 8, TEST_LINK_CUT},
    {"network/held", NULL, NULL, AWAY_MS, 8, TEST_LINK_HELD},
    {"network/held-to-redis", NULL, NULL, AWAY_MS, 8, TEST_LINK_HELD_TO},
    {"network/held-from-redis", NULL, NULL, AWAY_MS, 8, TEST_LINK_HELD_FROM},
};

/* --- The checks --- */

/* As a server tells it. */
static guint
count_holders (TestNode *node, const char *name)
{
  g_autoptr (TestClient) asker = test_client_new (node, FALSE);
  g_autoptr (JsonObject) list = NULL;
  JsonArray *producers;
  guint n = 0;

  test_client_ask (asker, "'type':'%s'", "list");
  list = test_client_receive (asker, "list");
  producers = json_object_get_array_member (list, "producers");
  for (guint i = 0; i < json_array_get_length (producers); i++) {
    JsonObject *producer = json_array_get_object_element (producers, i);
    JsonNode *meta = json_object_get_member (producer, "meta");

    if (meta != NULL && JSON_NODE_HOLDS_OBJECT (meta) &&
        g_strcmp0 (test_client_get (json_node_get_object (meta), "name"),
                   name) == 0)
      n++;
  }
  return n;
}

/* At no server two producers have it; a server may still have to read it. */
static gboolean
is_held_once (Kills *self, const char *name)
{
  gboolean is_held = TRUE;

  for (guint node = 0; node < TEST_OUTAGE_N_NODES; node++) {
    guint n = is_well (self, node)
                  ? count_holders (&self->outage.nodes[node], name)
                  : 1;

    g_assert_cmpuint (n, <=, 1);
    is_held = is_held && n == 1;
  }
  return is_held;
}

static gboolean
are_names_held_once (Kills *self)
{
  gboolean are_held = is_held_once (self, NAME);

  for (guint i = 0; i < self->f.n; i++) {
    g_autofree char *name = g_strdup_printf ("stream-%u", i);

    are_held = is_held_once (self, name) && are_held;
  }
  return are_held;
}

/* The holder of the floor, if there is one, gives it back, and the other one is
 * next. */
static void
check_floor (Kills *self)
{
  for (guint i = 0; i < 2; i++)
    if (!self->witnesses[i].has_floor)
      request_floor (&self->witnesses[i]);
  play_until (self, has_one_the_floor, "one holder of the floor");
}

/* The source is at the server that the sink is not at. */
static void
check_new_session (Kills *self)
{
  TestSide *src = test_streams_begin_new_session (&self->f, "new");

  test_side_free (src);
}

static void
test_row (gconstpointer user_data)
{
  const Row *row = user_data;
  gint64 from_us;
  Kills kills;

  kills_init (&kills);
  if (row->begin != NULL)
    row->begin (&kills);
  test_link_set_state (&kills.outage.links[0], row->link);
  test_client_set_role (kills.witnesses[1].client, "producer", NAME);
  request_floor (&kills.witnesses[1]);
  play (&kills, row->away_ms);
  if (row->end != NULL)
    row->end (&kills);
  test_link_set_state (&kills.outage.links[0], TEST_LINK_WHOLE);
  from_us = g_get_monotonic_time ();
  play_until (&kills, are_all_back, "all clients to be back");
  check_new_session (&kills);
  from_us = g_get_monotonic_time () - from_us;
  g_test_message ("signalling is back after %.1f s", (double) from_us / 1e6);
  g_assert_cmpint (from_us, <, row->within_s * G_USEC_PER_SEC);
  play_until (&kills, are_names_held_once, "each name at both servers");
  check_floor (&kills);
  test_streams_check_media (&kills.f);
  kills_clear (&kills);
}

static void
test_nothing_without_time (void)
{
  g_test_skip ("the rows take two minutes: RW_FULL=1");
}

int
main (int argc, char *argv[])
{
  gboolean is_full = g_getenv ("RW_FULL") != NULL;

  test_side_init (&argc, &argv);
  if (!is_full)
    g_test_add_func ("/elements-nodes-kills/rows", test_nothing_without_time);
  for (gsize i = 0; is_full && i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path =
        g_strconcat ("/elements-nodes-kills/", rows[i].name, NULL);

    g_test_add_data_func (path, &rows[i], test_row);
  }
  return test_process_run_tests ();
}
