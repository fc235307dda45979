/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Members of a room talk all the time while Redis fares badly and they change
 * servers, at moments that a seed chooses. While the home of each lives, all
 * receive all that was sent: once, in the order of each sender, and in one
 * order for all, whichever server they are at.
 *
 * RW_CHAOS_EVENTS: how many mishaps (4); RW_CHAOS_SEED: of whom (1);
 * RW_CHAOS_CLIENTS: how many talk (6).
 */
#include "test-client.h"
#include "test-redis.h"

#include <string.h>

#define N_NODES      2
#define TALK_MS      400
#define SAY_EVERY_MS 20

/* A member may be away for as long as any mishap takes. */
#define OPTIONS   "--message-rate=0 --room-history=1000"
#define LET_GO_MS 40000

typedef struct {
  TestClient *client;
  guint node;       /* it is connected to, or was last */
  GPtrArray *lines; /* of the room, as they came */
} Talker;

typedef struct {
  TestRedis redis;
  TestNode nodes[N_NODES];
  gboolean frozen[N_NODES];
  GRand *dice; /* of what goes wrong */
  GRand *talkers_dice;
  guint n_talkers;
  Talker *talkers;
  guint n_said;
} Fixture;

static guint
get_setting (const char *name, guint otherwise)
{
  const char *value = g_getenv (name);

  return value != NULL ? (guint) g_ascii_strtoull (value, NULL, 10) : otherwise;
}

/* --- One client --- */

static gboolean
is_well (Fixture *f, guint node)
{
  return f->nodes[node].process != NULL && !f->frozen[node];
}

/* At its node, or at the next that is there; or another time. */
static void
come (Fixture *f, Talker *self)
{
  if (!is_well (f, self->node))
    self->node = (self->node + 1) % N_NODES;
  if (is_well (f, self->node))
    test_client_try (self->client, &f->nodes[self->node]);
}

static void
take (Talker *self, JsonObject *message)
{
  const char *type = test_client_get (message, "type");

  g_assert_cmpstr (type, !=, "error");
  if (g_str_equal (type, "roomMessage"))
    g_ptr_array_add (self->lines, g_strdup (test_client_get (message, "data")));
}

static void
attend (Fixture *f, Talker *self)
{
  gboolean there = test_client_take (self->client);
  JsonObject *message;

  while ((message = g_queue_pop_head (&self->client->inbox)) != NULL) {
    take (self, message);
    json_object_unref (message);
  }
  g_assert_cmpuint (self->client->n_begun, <=, 1);
  if (!there)
    come (f, self);
}

static void
attend_all (Fixture *f)
{
  for (guint i = 0; i < f->n_talkers; i++)
    attend (f, &f->talkers[i]);
}

static void
join_all (Fixture *f)
{
  for (guint i = 0; i < f->n_talkers; i++) {
    Talker *talker = &f->talkers[i];

    talker->node = i % N_NODES;
    talker->lines = g_ptr_array_new_with_free_func (g_free);
    talker->client = g_new0 (TestClient, 1);
    talker->client->opted_in = TRUE;
    test_client_send (talker->client, "'type':'joinRoom','roomId':'r'");
  }
}

static gboolean
on_tick (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
turn (guint ms)
{
  gboolean ticked = FALSE;
  guint tick = g_timeout_add (ms, on_tick, &ticked);

  g_main_context_iteration (NULL, TRUE);
  if (!ticked)
    g_source_remove (tick);
}

static void
talk (Fixture *f, guint ms)
{
  gint64 end_us = g_get_monotonic_time () + ms * G_GINT64_CONSTANT (1000);
  gint64 next_us = 0;

  while (g_get_monotonic_time () < end_us) {
    if (g_get_monotonic_time () >= next_us) {
      guint who =
          (guint) g_rand_int_range (f->talkers_dice, 0, (gint32) f->n_talkers);

      test_client_send (f->talkers[who].client,
                        "'type':'publish','roomId':'r','data':'%u %u'", who,
                        f->n_said++);
      next_us = g_get_monotonic_time () + SAY_EVERY_MS * 1000;
    }
    turn (SAY_EVERY_MS);
    attend_all (f);
  }
}

/* --- What goes wrong --- */

static guint
any_node (Fixture *f)
{
  return (guint) g_rand_int_range (f->dice, 0, N_NODES);
}

static void
redis_is_killed (Fixture *f)
{
  test_redis_kill (&f->redis);
  talk (f, TALK_MS);
  test_redis_start (&f->redis);
}

static void
redis_is_frozen (Fixture *f)
{
  test_redis_freeze (&f->redis, TRUE);
  talk (f, 3000);
  test_redis_freeze (&f->redis, FALSE);
}

static void
redis_is_emptied (Fixture *f)
{
  g_free (test_redis_do (&f->redis, "FLUSHALL"));
  talk (f, TALK_MS);
}

static void
redis_hangs_up (Fixture *f)
{
  for (guint i = 0; i < 5; i++) {
    g_free (test_redis_do (&f->redis, "CLIENT KILL TYPE normal"));
    talk (f, (guint) g_rand_int_range (f->dice, 5, 100));
  }
}

/* It does nothing else for so long, as when it forks or its disk is slow. */
static void
redis_is_slow (Fixture *f)
{
  g_free (test_redis_do (
      &f->redis, "EVAL %s 0",
      "local function now() local t = redis.call('TIME')"
      " return t[1] * 1000 + t[2] / 1000 end"
      " local over = now() + 700 while now() < over do end return 1"));
}

static void
clients_change_nodes (Fixture *f)
{
  for (guint i = 0; i < f->n_talkers; i++) {
    test_client_drop (f->talkers[i].client);
    f->talkers[i].node = any_node (f);
  }
}

static const struct {
  const char *name;
  void (*happens) (Fixture *f);
} mishaps[] = {
    {"Redis is killed", redis_is_killed},
    {"Redis is frozen", redis_is_frozen},
    {"Redis is emptied", redis_is_emptied},
    {"Redis hangs up", redis_hangs_up},
    {"Redis is slow", redis_is_slow},
    {"clients change nodes", clients_change_nodes},
};

/* --- The test --- */

static gboolean
all_have (Fixture *f, guint n)
{
  for (guint i = 0; i < f->n_talkers; i++)
    if (f->talkers[i].lines->len < n)
      return FALSE;
  return TRUE;
}

static gboolean
all_have_joined (Fixture *f)
{
  for (guint i = 0; i < f->n_talkers; i++)
    if (f->talkers[i].client->unacked.length > 0 ||
        f->talkers[i].client->heard == 0)
      return FALSE;
  return TRUE;
}

static void
tell_what_is_missing (Fixture *f)
{
  for (guint i = 0; i < f->n_talkers; i++)
    g_printerr ("%u at %u: %s, %u of %u heard, %u not acknowledged\n", i,
                f->talkers[i].node,
                f->talkers[i].client->welcome ? "connected" : "away",
                f->talkers[i].lines->len, f->n_said,
                f->talkers[i].client->unacked.length);
}

static void
attend_until (Fixture *f, gboolean joined)
{
  gint64 end_us =
      g_get_monotonic_time () + LET_GO_MS * G_GINT64_CONSTANT (1000);

  while (joined ? !all_have_joined (f) : !all_have (f, f->n_said)) {
    if (g_get_monotonic_time () > end_us) {
      tell_what_is_missing (f);
      g_error ("not all is heard");
    }
    turn (SAY_EVERY_MS);
    attend_all (f);
  }
}

static void
assert_all_is_in_order (Fixture *f)
{
  const GPtrArray *first = f->talkers[0].lines;
  g_autofree guint *last = g_new0 (guint, f->n_talkers);

  g_assert_cmpuint (first->len, ==, f->n_said);
  for (guint i = 0; i < first->len; i++) {
    char *n = NULL;
    guint who = (guint) g_ascii_strtoull (first->pdata[i], &n, 10);
    guint number = 1 + (guint) g_ascii_strtoull (n, NULL, 10);

    g_assert_cmpuint (who, <, f->n_talkers);
    g_assert_cmpuint (number, >, last[who]);
    last[who] = number;
    for (guint k = 1; k < f->n_talkers; k++)
      g_assert_cmpstr (first->pdata[i], ==, f->talkers[k].lines->pdata[i]);
  }
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  memset (f, 0, sizeof *f);
  f->n_talkers = MAX (2, get_setting ("RW_CHAOS_CLIENTS", 6));
  f->talkers = g_new0 (Talker, f->n_talkers);
  test_redis_init (&f->redis, TRUE);
  test_redis_start (&f->redis);
  for (guint i = 0; i < N_NODES; i++) {
    test_node_start_with (&f->nodes[i], f->redis.uri, OPTIONS);
    test_node_wait_ready (&f->nodes[i]);
  }
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  for (guint i = 0; i < f->n_talkers; i++) {
    test_client_free (f->talkers[i].client);
    g_ptr_array_unref (f->talkers[i].lines);
  }
  for (guint i = 0; i < N_NODES; i++)
    test_node_kill (&f->nodes[i]);
  test_redis_clear (&f->redis);
  g_free (f->talkers);
  g_rand_free (f->dice);
  g_rand_free (f->talkers_dice);
}

static void
test_mishaps_under_talk (Fixture *f, gconstpointer unused)
{
  guint n = get_setting ("RW_CHAOS_EVENTS", 4);
  guint seed = get_setting ("RW_CHAOS_SEED", 1);

  g_test_message ("RW_CHAOS_SEED=%u", seed);
  f->dice = g_rand_new_with_seed (seed);
  f->talkers_dice = g_rand_new_with_seed (seed);
  join_all (f);
  attend_until (f, TRUE);
  for (guint i = 0; i < n; i++) {
    guint which = (guint) g_rand_int_range (f->dice, 0, G_N_ELEMENTS (mishaps));

    talk (f, TALK_MS);
    g_test_message ("%s", mishaps[which].name);
    mishaps[which].happens (f);
    talk (f, TALK_MS);
    attend_until (f, FALSE);
  }
  assert_all_is_in_order (f);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/server/nodes/chaos", Fixture, NULL, set_up,
              test_mishaps_under_talk, tear_down);
  return g_test_run ();
}
