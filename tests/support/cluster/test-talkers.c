/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test-talkers.h"

#include <stdlib.h>
#include <string.h>

#define TURN_MS   20
#define LET_GO_MS 40000

/* At most so many at a time for one client. */
#define MAX_SESSIONS 4

typedef enum {
  SIDE_UNAWARE, /* has not been told of it yet */
  SIDE_OPEN,
  SIDE_ENDED,
} SideState;

typedef struct {
  SideState state;
  TestTalker *talker; /* (nullable): unaware, or gone */
  guint said;
  guint heard;
} Side;

/* A session as its two sides know it: consumer, producer. */
typedef struct {
  char *id;
  Side sides[2];
} Session;

guint
test_talkers_roll (TestTalkers *self, guint sides)
{
  return (guint) g_rand_int_range (self->dice, 0, (gint32) sides);
}

/* --- Sessions --- */

static void
session_free (gpointer data)
{
  Session *session = data;

  g_free (session->id);
  g_free (session);
}

static Session *
get_session (TestTalkers *self, const char *id)
{
  Session *session = g_hash_table_lookup (self->sessions, id);

  if (session == NULL) {
    session = g_new0 (Session, 1);
    session->id = g_strdup (id);
    g_hash_table_insert (self->sessions, session->id, session);
    g_ptr_array_add (self->order, session);
  }
  return session;
}

static Side *
get_side (Session *session, const TestTalker *talker)
{
  for (guint i = 0; i < 2; i++)
    if (session->sides[i].talker == talker)
      return &session->sides[i];
  return NULL;
}

/* Each is told once, but for who comes back. */
static void
on_begun (TestTalkers *self, TestTalker *talker, const char *id, guint which)
{
  Side *side = &get_session (self, id)->sides[which];

  g_assert_cmpint (side->state, ==, SIDE_UNAWARE);
  side->talker = talker;
  side->state = SIDE_OPEN;
}

/* Messages of a session that it has ended itself may still arrive. */
static void
on_peer (TestTalkers *self, TestTalker *talker, const char *id, JsonObject *ice)
{
  Side *side = get_side (get_session (self, id), talker);

  g_assert_nonnull (side);
  if (side->state == SIDE_ENDED)
    return;

  g_assert_cmpint (atoi (test_client_get (ice, "candidate")), ==,
                   side->heard++);
}

/* One who came from a node that was lost may hear of the end of a session of
 * whose beginning it has not heard. */
static void
on_ended (TestTalkers *self, TestTalker *talker, const char *id)
{
  Side *side = get_side (get_session (self, id), talker);

  g_assert_true (side != NULL || self->losses);
  if (side != NULL)
    side->state = SIDE_ENDED;
}

/* An ordinary client that has gone has ended all; so has a client that was not
 * resumed.
 */
static void
end_all (TestTalkers *self, const TestTalker *talker)
{
  for (guint i = 0; i < self->order->len; i++) {
    Side *side = get_side (self->order->pdata[i], talker);

    if (side != NULL) {
      side->state = SIDE_ENDED;
      side->talker = NULL;
    }
  }
}

static void
introduce (TestTalker *talker)
{
  if (talker->produces)
    test_client_set_role (talker->client, "producer", NULL);
}

static void
on_resumption_lost (TestTalkers *self, TestTalker *talker)
{
  g_assert_true (self->losses);
  end_all (self, talker);
  introduce (talker);
}

static void
take (TestTalkers *self, TestTalker *talker, JsonObject *message)
{
  const char *type = test_client_get (message, "type");
  const char *id = test_client_get (message, "sessionId");

  if (g_str_equal (type, "sessionStarted"))
    on_begun (self, talker, id, 0);
  else if (g_str_equal (type, "startSession"))
    on_begun (self, talker, id, 1);
  else if (g_str_equal (type, "peer"))
    on_peer (self, talker, id, json_object_get_object_member (message, "ice"));
  else if (g_str_has_prefix (type, "endSession"))
    on_ended (self, talker, id);
  else if (g_str_equal (type, "roomMessage"))
    g_ptr_array_add (talker->lines,
                     g_strdup (test_client_get (message, "data")));
  else if (g_str_equal (type, "begun"))
    on_resumption_lost (self, talker);
  else if (g_str_equal (type, "error"))
    g_assert_cmpstr (test_client_get (message, "code"), ==, "unknown-peer");
}

/* --- Talkers --- */

/* At its node, or at the other one where that is lost. */
static void
come (TestTalkers *self, TestTalker *talker)
{
  TestNode *nodes = self->outage->nodes;

  if (nodes[talker->node].process == NULL)
    talker->node = (talker->node + 1) % TEST_OUTAGE_N_NODES;
  test_client_try (talker->client, &nodes[talker->node]);
}

/* Somebody new in its place. */
static void
replace (TestTalkers *self, TestTalker *talker, gboolean opted_in)
{
  end_all (self, talker);
  test_client_free (talker->client);
  talker->client = g_new0 (TestClient, 1);
  talker->client->opted_in = opted_in;
  come (self, talker);
}

static void
attend (TestTalkers *self, TestTalker *talker)
{
  TestClient *client = talker->client;
  gboolean was_welcome = client->welcome;
  gboolean there = test_client_take (client);
  JsonObject *message;

  if (client->welcome && !was_welcome)
    introduce (talker);
  while ((message = g_queue_pop_head (&client->inbox)) != NULL) {
    take (self, talker, message);
    json_object_unref (message);
  }
  if (there)
    return;

  /* A client also comes again where an earlier request to resume still waited.
   */
  g_assert_true (client->opted_in || self->losses);
  if (client->opted_in)
    come (self, talker);
  else
    replace (self, talker, FALSE);
}

static gboolean
on_tick (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
turn (TestTalkers *self)
{
  gboolean ticked = FALSE;

  g_timeout_add (TURN_MS, on_tick, &ticked);
  while (!ticked)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < self->n_talkers; i++)
    attend (self, &self->talkers[i]);
}

/* --- What they do --- */

static Side *
any_open_side (TestTalkers *self, Session **session)
{
  Side *side;

  if (self->order->len == 0)
    return NULL;
  *session = self->order->pdata[test_talkers_roll (self, self->order->len)];
  side = &(*session)->sides[test_talkers_roll (self, 2)];
  return side->state == SIDE_OPEN && side->talker->client->welcome ? side
                                                                   : NULL;
}

static void
somebody_talks (TestTalkers *self)
{
  Session *session;
  Side *side = any_open_side (self, &session);

  if (side != NULL)
    test_client_send (side->talker->client,
                      "'type':'peer','sessionId':'%s',"
                      "'ice':{'candidate':'%u','sdpMLineIndex':0}",
                      session->id, side->said++);
}

static void
somebody_publishes (TestTalkers *self)
{
  guint who = test_talkers_roll (self, self->n_talkers);

  if (self->talkers[who].is_member)
    test_client_send (self->talkers[who].client,
                      "'type':'publish','roomId':'r','data':'%u %u'", who,
                      self->n_published++);
}

static guint
count_open (TestTalkers *self, const TestTalker *talker)
{
  guint n = 0;

  for (guint i = 0; i < self->order->len; i++) {
    const Side *side = get_side (self->order->pdata[i], talker);

    n += side != NULL && side->state == SIDE_OPEN;
  }
  return n;
}

static void
somebody_calls (TestTalkers *self)
{
  TestTalker *who = &self->talkers[test_talkers_roll (self, self->n_talkers)];
  TestTalker *whom = &self->talkers[test_talkers_roll (self, self->n_talkers)];

  if (who->produces || !who->client->welcome || !whom->produces ||
      !whom->client->welcome || count_open (self, who) >= MAX_SESSIONS ||
      count_open (self, whom) >= MAX_SESSIONS)
    return;
  test_client_send (who->client, "'type':'startSession','peerId':'%s'",
                    whom->client->id);
}

static void
somebody_hangs_up (TestTalkers *self)
{
  Session *session;
  Side *side = any_open_side (self, &session);

  if (side == NULL)
    return;
  test_client_send (side->talker->client,
                    "'type':'endSession','sessionId':'%s'", session->id);
  side->state = SIDE_ENDED;
}

/* Members stay in their room. */
static void
somebody_goes (TestTalkers *self)
{
  TestTalker *who = &self->talkers[test_talkers_roll (self, self->n_talkers)];
  gboolean opted_in = who->client->opted_in;

  if (who->is_member || !who->client->welcome)
    return;
  if (opted_in)
    test_client_send_goodbye (who->client);
  who->node = test_talkers_roll (self, TEST_OUTAGE_N_NODES);
  replace (self, who, opted_in);
}

/* Messages from a node without its Redis may be unknown to the others. */
static void
somebody_loses_its_connection (TestTalkers *self)
{
  TestTalker *who = &self->talkers[test_talkers_roll (self, self->n_talkers)];

  if (!who->client->opted_in || who->client->token == NULL)
    return;
  if (test_talkers_roll (self, 2) == 0 &&
      (self->losses || !who->client->knows_more))
    who->node = test_talkers_roll (self, TEST_OUTAGE_N_NODES);
  come (self, who);
}

static const struct {
  guint once_in; /* so many turns */
  void (*happens) (TestTalkers *self);
} habits[] = {
    {1, somebody_talks},
    {1, somebody_talks},
    {2, somebody_publishes},
    {2, somebody_calls},
    {20, somebody_hangs_up},
    {25, somebody_goes},
    {15, somebody_loses_its_connection},
};

void
test_talkers_talk (TestTalkers *self, guint ms)
{
  gint64 end_us = g_get_monotonic_time () + ms * G_GINT64_CONSTANT (1000);

  do {
    for (gsize i = 0; i < G_N_ELEMENTS (habits); i++)
      if (test_talkers_roll (self, habits[i].once_in) == 0)
        habits[i].happens (self);
    turn (self);
  } while (g_get_monotonic_time () < end_us);
}

/* --- What has come of it --- */

static gboolean
is_settled (TestTalkers *self, const Session *session)
{
  const Side *sides = session->sides;

  if (sides[0].state == SIDE_OPEN && sides[1].state == SIDE_OPEN)
    return sides[0].heard == sides[1].said && sides[1].heard == sides[0].said;
  return sides[0].state != SIDE_OPEN && sides[1].state != SIDE_OPEN;
}

static gboolean
has_all (TestTalkers *self, const TestTalker *talker)
{
  return talker->client->welcome && talker->client->unacked.length == 0 &&
         (!talker->is_member || talker->lines->len >= self->n_published);
}

static gboolean
is_all_settled (TestTalkers *self)
{
  for (guint i = 0; i < self->n_talkers; i++)
    if (!has_all (self, &self->talkers[i]))
      return FALSE;
  for (guint i = 0; i < self->order->len; i++)
    if (!is_settled (self, self->order->pdata[i]))
      return FALSE;
  return TRUE;
}

static void
tell_what_a_node_has (TestNode *node)
{
  g_autofree char *metrics = test_node_get (node, "/metrics", NULL);
  g_auto (GStrv) lines = g_strsplit (metrics, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, "resilient_signalling_clients ") ||
        g_str_has_prefix (*line, "resilient_signalling_sessions ") ||
        g_str_has_prefix (*line, "resilient_signalling_seats_waiting ") ||
        g_str_has_prefix (*line, "resilient_signalling_connections "))
      g_printerr ("node at port %u: %s\n", node->port, *line);
}

static void
tell_what_is_missing (TestTalkers *self)
{
  for (guint i = 0; i < self->n_talkers; i++) {
    TestTalker *talker = &self->talkers[i];

    if (!has_all (self, talker))
      g_printerr ("%u (%s) at %u: %s, %u of %u in the room, "
                  "%u not acknowledged\n",
                  i, talker->client->id, talker->node,
                  talker->client->welcome ? "there" : "away",
                  talker->lines->len, self->n_published,
                  talker->client->unacked.length);
  }
  for (guint i = 0; i < TEST_OUTAGE_N_NODES; i++)
    tell_what_a_node_has (&self->outage->nodes[i]);
  for (guint i = 0; i < self->order->len; i++) {
    const Session *session = self->order->pdata[i];

    for (guint k = 0; k < 2 && !is_settled (self, session); k++)
      g_printerr ("session %s: %s %s in state %d, %u said, %u heard\n",
                  session->id, k == 0 ? "consumer" : "producer",
                  session->sides[k].talker != NULL
                      ? session->sides[k].talker->client->id
                      : "(gone)",
                  session->sides[k].state, session->sides[k].said,
                  session->sides[k].heard);
  }
}

void
test_talkers_settle (TestTalkers *self)
{
  gint64 end_us =
      g_get_monotonic_time () + LET_GO_MS * G_GINT64_CONSTANT (1000);

  while (!is_all_settled (self)) {
    if (g_get_monotonic_time () > end_us) {
      tell_what_is_missing (self);
      g_error ("not all is heard");
    }
    turn (self);
  }
}

static void
assert_one_order (TestTalkers *self)
{
  const GPtrArray *first = NULL;
  g_autofree guint *last = g_new0 (guint, self->n_talkers);

  for (guint i = 0; i < self->n_talkers; i++) {
    const GPtrArray *lines = self->talkers[i].lines;

    if (!self->talkers[i].is_member)
      continue;
    g_assert_cmpuint (lines->len, ==, self->n_published);
    for (guint k = 0; first != NULL && k < lines->len; k++)
      g_assert_cmpstr (lines->pdata[k], ==, first->pdata[k]);
    first = lines;
  }
  for (guint i = 0; first != NULL && i < first->len; i++) {
    char *n = NULL;
    guint who = (guint) strtoul (first->pdata[i], &n, 10);
    guint number = 1 + (guint) strtoul (n, NULL, 10);

    g_assert_cmpuint (number, >, last[who]);
    last[who] = number;
  }
}

/* And what they say to each other now is heard. */
void
test_talkers_assert_well (TestTalkers *self)
{
  guint n_producers = 0;
  guint n_open = 0;

  test_outage_wait_ready (self->outage);
  assert_one_order (self);
  for (guint i = 0; i < self->n_talkers; i++) {
    test_client_assert_silence (self->talkers[i].client);
    n_producers += self->talkers[i].produces;
  }
  test_outage_wait_agreed (self->outage, n_producers);
  for (guint i = 0; i < self->order->len; i++)
    n_open += ((Session *) self->order->pdata[i])->sides[0].state == SIDE_OPEN
                  ? 1
                  : 0;
  g_test_message ("%u sessions, %u open; %u said in the room", self->order->len,
                  n_open, self->n_published);
}

/* --- Beginning and end --- */

void
test_talkers_init (TestTalkers *self, TestOutage *outage, guint n,
                   gboolean losses, guint seed)
{
  memset (self, 0, sizeof *self);
  self->outage = outage;
  self->losses = losses;
  self->dice = g_rand_new_with_seed (seed);
  self->sessions =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, session_free);
  self->order = g_ptr_array_new ();
  self->n_talkers = n;
  self->talkers = g_new0 (TestTalker, self->n_talkers);
  for (guint i = 0; i < self->n_talkers; i++) {
    TestTalker *talker = &self->talkers[i];

    talker->node = i % TEST_OUTAGE_N_NODES;
    talker->produces = i % 4 < 2;
    talker->is_member = i % 3 == 0 && !self->losses;
    talker->lines = g_ptr_array_new_with_free_func (g_free);
    replace (self, talker, i % 3 != 2);
    test_client_wait_welcome (talker->client);
    introduce (talker);
    if (talker->is_member)
      test_client_send (talker->client, "'type':'joinRoom','roomId':'r'");
  }
}

void
test_talkers_clear (TestTalkers *self)
{
  for (guint i = 0; i < self->n_talkers; i++) {
    test_client_free (self->talkers[i].client);
    g_ptr_array_unref (self->talkers[i].lines);
  }
  g_free (self->talkers);
  g_ptr_array_unref (self->order);
  g_hash_table_unref (self->sessions);
  g_rand_free (self->dice);
}
