/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-entry.h"
#include "rw-replica.h"

#include <string.h>

/* What a node does while the log is away, one scene a test. Two nodes, 0 and 1;
 * the log is an array, which a node that is alone does not touch. What clients
 * hear is noted as "started", "peer one", "error name-taken" and so on, and
 * compared whole. Numbers are checked in passing: none may be missing, none may
 * come twice. tests/core/replicas.c does the same with everything by chance. */

#define N_NODES 2

typedef struct {
  RwReplica *nodes[N_NODES];
  guint64 appended[N_NODES];
  gboolean away[N_NODES]; /* from the log */
  GPtrArray *log;         /* GBytes */
  GPtrArray *clients;     /* Client */
  guint8 seed;
  gint64 now_us;
} Fixture;

typedef struct {
  Fixture *f;
  guint node;
  guint64 connection; /* 0: it is closed */
  char *peer_id;
  char *token;
  char *session_id;
  guint64 sent;     /* the last number that it gave */
  guint64 received; /* the last number that it was given */
  guint64 acked;    /* the last of ours that the server has acknowledged */
  guint64 attempts;
  gboolean degraded; /* what it says of itself in its next claim */
  GString *heard;    /* since the last expect() */
} Client;

/* --- What is said: "<seq> <ack> <verb> <words>" --- */

static RwBrainMessage *
new_message (const char *verb, char **words)
{
  RwBrainMessage *message;

  if (g_str_equal (verb, "produce")) {
    message = rw_brain_message_new (RW_SIGNAL_SET_PEER_STATUS);
    message->roles = RW_ROLE_PRODUCER;
    message->name = g_strdup (words[0]);
  } else if (g_str_equal (verb, "retire")) {
    message = rw_brain_message_new (RW_SIGNAL_SET_PEER_STATUS);
  } else if (g_str_equal (verb, "start")) {
    message = rw_brain_message_new (RW_SIGNAL_START_SESSION);
    message->peer_id = g_strdup (words[0]);
  } else if (g_str_equal (verb, "end")) {
    message = rw_brain_message_new (RW_SIGNAL_END_SESSION_V1_1);
    message->session_id = g_strdup (words[0]);
  } else if (g_str_equal (verb, "peer")) {
    message = rw_brain_message_new (RW_SIGNAL_PEER);
    message->session_id = g_strdup (words[0]);
    message->body = g_ref_string_new (words[1]);
  } else if (g_str_equal (verb, "join")) {
    message = rw_brain_message_new (RW_SIGNAL_JOIN_ROOM);
    message->room_id = g_strdup (words[0]);
  } else {
    g_assert_cmpstr (verb, ==, "publish");
    message = rw_brain_message_new (RW_SIGNAL_PUBLISH);
    message->room_id = g_strdup (words[0]);
    message->meta = g_ref_string_new (words[1]);
  }
  return message;
}

/* "hello <token or -> <ack> <attempt> <degraded>" */
static RwBrainMessage *
new_hello (char **words)
{
  RwBrainMessage *message =
      rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  message->version = RW_SIGNAL_VERSION_1_1;
  message->resilient = TRUE;
  message->token = g_str_equal (words[0], "-") ? NULL : g_strdup (words[0]);
  message->ack = g_ascii_strtoull (words[1], NULL, 10);
  message->attempt = g_ascii_strtoull (words[2], NULL, 10);
  message->degraded = g_str_equal (words[3], "1");
  return message;
}

static RwBrainMessage *
parse (const char *text, gsize len, gpointer unused)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  RwBrainMessage *message;

  if (g_str_equal (words[0], "hello"))
    return new_hello (words + 1);
  if (g_strv_length (words) < 3)
    return NULL;

  message = new_message (words[2], words + 3);
  message->seq = g_ascii_strtoull (words[0], NULL, 10);
  message->ack = g_ascii_strtoull (words[1], NULL, 10);
  message->has_ack = TRUE;
  return message;
}

static void
new_seed (guint8 *seed, gpointer user_data)
{
  Fixture *f = user_data;

  memset (seed, ++f->seed, RW_REPLICA_SEED_BYTES);
}

static gint64
get_time_us (gpointer user_data)
{
  return ((Fixture *) user_data)->now_us;
}

/* --- Fixture --- */

static void
client_free (gpointer data)
{
  Client *client = data;

  g_free (client->peer_id);
  g_free (client->token);
  g_free (client->session_id);
  g_string_free (client->heard, TRUE);
  g_free (client);
}

static RwReplica *
new_node (Fixture *f, guint32 number)
{
  RwReplicaConfig config = {
      .node = number,
      .parse = parse,
      .new_seed = new_seed,
      .get_time_us = get_time_us,
      .user_data = f,
      .seats = {.grace_us = 30 * G_USEC_PER_SEC,
                .max_kept = 100,
                .max_kept_bytes = 1 << 20,
                .max_waiting = 100,
                .rooms = {.max_rooms = 10,
                          .max_rooms_per_member = 10,
                          .max_messages = 50,
                          .max_bytes = 1 << 20,
                          .max_total_bytes = 1 << 20,
                          .max_age_us = 300 * G_USEC_PER_SEC}},
  };

  return rw_replica_new (&config);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->log = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  f->clients = g_ptr_array_new_with_free_func (client_free);
  for (guint i = 0; i < N_NODES; i++)
    f->nodes[i] = new_node (f, i + 1);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  for (guint i = 0; i < N_NODES; i++)
    rw_replica_free (f->nodes[i]);
  g_ptr_array_unref (f->clients);
  g_ptr_array_unref (f->log);
}

/* --- What is heard --- */

static void G_GNUC_PRINTF (2, 3) note (Client *client, const char *format, ...)
{
  va_list args;

  if (client->heard->len > 0)
    g_string_append (client->heard, ", ");
  va_start (args, format);
  g_string_append_vprintf (client->heard, format, args);
  va_end (args);
}

static void
on_welcome (Client *client, const RwBrainMessage *message)
{
  if (!message->resumed)
    client->sent = client->received = 0;
  g_free (client->peer_id);
  g_free (client->token);
  client->peer_id = g_strdup (message->peer_id);
  client->token = g_strdup (message->token);
  client->acked = message->ack;
  note (client, message->resumed ? "resumed" : "seated");
}

static void
note_message (Client *client, const RwBrainMessage *message)
{
  switch (message->type) {
  case RW_SIGNAL_WELCOME:
    if (client->peer_id == NULL)
      client->peer_id = g_strdup (message->peer_id);
    return;
  case RW_SIGNAL_RESILIENT_WELCOME:
    on_welcome (client, message);
    return;
  case RW_SIGNAL_START_SESSION:
  case RW_SIGNAL_SESSION_STARTED:
    g_free (client->session_id);
    client->session_id = g_strdup (message->session_id);
    note (client, "started");
    return;
  case RW_SIGNAL_END_SESSION_V1_1:
    note (client, "ended");
    return;
  case RW_SIGNAL_PEER:
    note (client, "peer %s", message->body);
    return;
  case RW_SIGNAL_ROOM_MESSAGE:
    note (client, "room %s", message->meta);
    return;
  case RW_SIGNAL_ERROR_REPLY:
    note (client, "error %s", message->code);
    return;
  default:
    return;
  }
}

static void
hear (Client *client, const RwSeatsOutput *output)
{
  if (output->message == NULL) {
    client->connection = 0;
    note (client, "closed %u", output->close_code);
    return;
  }

  if (output->seq != 0)
    g_assert_cmpuint (output->seq, ==, ++client->received);
  if (output->has_ack)
    client->acked = output->ack;
  note_message (client, output->message);
}

static void
deliver (Fixture *f)
{
  RwSeatsOutput output;

  for (guint i = 0; i < N_NODES; i++) {
    while (rw_replica_pop (f->nodes[i], &output)) {
      for (guint c = 0; c < f->clients->len; c++) {
        Client *client = g_ptr_array_index (f->clients, c);

        if (client->connection == output.connection)
          hear (client, &output);
      }
      rw_seats_output_clear (&output);
    }
  }
}

/* --- The log --- */

static void
append (Fixture *f, guint i)
{
  GBytes *entry;

  while ((entry = rw_replica_get_entry (f->nodes[i], f->appended[i] + 1)) !=
         NULL) {
    g_ptr_array_add (f->log, g_bytes_ref (entry));
    f->appended[i]++;
  }
}

/* Entry n of the log has come at n seconds. */
static void
read_on (Fixture *f, guint i)
{
  RwReplicaPosition position;

  rw_replica_get_position (f->nodes[i], &position);
  for (guint64 n = position.ms / 1000; n < f->log->len; n++) {
    position = (RwReplicaPosition){(n + 1) * 1000, 0};
    g_assert_true (rw_replica_apply (f->nodes[i], &position,
                                     g_ptr_array_index (f->log, n), NULL));
  }
}

/* Whoever reaches the log has all that is in it. */
static void
settle (Fixture *f)
{
  for (guint i = 0; i < N_NODES; i++) {
    if (!f->away[i])
      append (f, i);
  }
  for (guint i = 0; i < N_NODES; i++) {
    if (!f->away[i])
      read_on (f, i);
  }
  deliver (f);
}

static void
go_alone (Fixture *f, guint i)
{
  deliver (f);
  f->away[i] = TRUE;
  g_assert_true (rw_replica_go_alone (f->nodes[i]));
  deliver (f);
}

static void
come_back (Fixture *f, guint i)
{
  f->away[i] = FALSE;
  rw_replica_come_back (f->nodes[i]);
  g_assert_false (rw_replica_is_alone (f->nodes[i]));
  settle (f);
  g_assert_true (rw_replica_is_settled (f->nodes[i]));
}

static void
let_pass (Fixture *f, guint i, guint seconds)
{
  f->now_us += seconds * (gint64) G_USEC_PER_SEC;
  if (rw_replica_get_wake_us (f->nodes[i]) <= f->now_us)
    rw_replica_wake (f->nodes[i]);
  settle (f);
}

static void
expect_same_nodes (Fixture *f)
{
  g_autoptr (GBytes) a = rw_replica_save (f->nodes[0]);
  g_autoptr (GBytes) b = rw_replica_save (f->nodes[1]);

  g_assert_true (g_bytes_equal (a, b));
}

/* --- Clients --- */

/* What has been heard since, all of it; and it is forgotten. */
#define expect(client, what)                                                   \
  G_STMT_START                                                                 \
  {                                                                            \
    g_assert_cmpstr ((client)->heard->str, ==, what);                          \
    g_string_truncate ((client)->heard, 0);                                    \
  }                                                                            \
  G_STMT_END

static void
handle (Client *client, const char *text)
{
  rw_replica_handle (client->f->nodes[client->node], client->connection, text,
                     strlen (text));
  settle (client->f);
}

static void G_GNUC_PRINTF (2, 3) say (Client *client, const char *format, ...)
{
  g_autofree char *words = NULL;
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  words = g_strdup_vprintf (format, args);
  va_end (args);
  text = g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s",
                          ++client->sent, client->received, words);
  handle (client, text);
}

static void
say_peer (Client *client, const char *body)
{
  say (client, "peer %s %s", client->session_id, body);
}

/* On a new line, to its seat if it has one. */
static void
go_online (Client *client, guint node)
{
  g_autofree char *text = g_strdup_printf (
      "hello %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %d",
      client->token != NULL ? client->token : "-", client->received,
      ++client->attempts, client->degraded);

  client->node = node;
  client->connection = rw_replica_new_connection (client->f->nodes[node]);
  rw_replica_connect (client->f->nodes[node], client->connection, NULL);
  handle (client, text);
}

static void
hang_up (Client *client, gboolean goodbye)
{
  rw_replica_disconnect (client->f->nodes[client->node], client->connection,
                         goodbye);
  client->connection = 0;
  settle (client->f);
}

static Client *
new_client (Fixture *f, guint node)
{
  Client *client = g_new0 (Client, 1);

  client->f = f;
  client->heard = g_string_new (NULL);
  g_ptr_array_add (f->clients, client);
  go_online (client, node);
  return client;
}

static Client *
new_ordinary (Fixture *f, guint node)
{
  Client *client = g_new0 (Client, 1);

  client->f = f;
  client->heard = g_string_new (NULL);
  g_ptr_array_add (f->clients, client);
  client->node = node;
  client->connection = rw_replica_new_connection (f->nodes[node]);
  rw_replica_connect (f->nodes[node], client->connection, NULL);
  settle (f);
  return client;
}

static Client *
new_seated (Fixture *f, guint node)
{
  Client *client = new_client (f, node);

  expect (client, "seated");
  return client;
}

static Client *
new_producer (Fixture *f, guint node)
{
  Client *client = new_seated (f, node);

  say (client, "produce");
  return client;
}

static void
start_session (Client *consumer, Client *producer)
{
  say (consumer, "start %s", producer->peer_id);
  expect (consumer, "started");
  expect (producer, "started");
}

/* --- Tests --- */

static void
test_session_of_one_node_begins_at_once (Fixture *f, gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *consumer = new_seated (f, 0);
  guint64 n_entries = rw_replica_get_last_made (f->nodes[0]);

  go_alone (f, 0);
  start_session (consumer, producer);
  say_peer (consumer, "one");
  say_peer (producer, "two");
  expect (producer, "peer one");
  expect (consumer, "peer two");
  g_assert_cmpuint (rw_replica_get_last_made (f->nodes[0]), ==, n_entries);

  come_back (f, 0);
  expect (producer, "");
  expect (consumer, "");
  expect_same_nodes (f);

  /* The others know it. */
  hang_up (consumer, FALSE);
  go_online (consumer, 1);
  say_peer (producer, "three");
  expect (consumer, "resumed, peer three");
}

static void
test_client_that_came_alone_is_known_to_all_after (Fixture *f,
                                                   gconstpointer unused)
{
  Client *consumer = new_seated (f, 1);
  Client *producer;

  go_alone (f, 0);
  producer = new_producer (f, 0);
  say (consumer, "start %s", producer->peer_id);
  expect (consumer, "error unknown-peer");

  come_back (f, 0);
  start_session (consumer, producer);
  expect_same_nodes (f);
}

static void
test_client_that_left_alone_is_gone_for_all_after (Fixture *f,
                                                   gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *consumer = new_seated (f, 1);

  start_session (consumer, producer);
  go_alone (f, 0);
  hang_up (producer, TRUE);
  expect (consumer, "");

  come_back (f, 0);
  expect (consumer, "ended");
  expect_same_nodes (f);
}

static void
test_message_for_another_node_waits_unacknowledged (Fixture *f,
                                                    gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *consumer = new_seated (f, 1);
  guint64 acked;

  start_session (consumer, producer);
  acked = producer->sent;
  go_alone (f, 0);
  say_peer (producer, "one");
  say_peer (producer, "two");
  rw_replica_wake (f->nodes[0]);
  deliver (f);
  expect (consumer, "");
  g_assert_cmpuint (producer->acked, <=, acked);

  come_back (f, 0);
  expect (consumer, "peer one, peer two");
  expect (producer, "");
  g_assert_cmpuint (producer->acked, ==, producer->sent);
  expect_same_nodes (f);
}

static void
test_who_says_goodbye_is_heard_out (Fixture *f, gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *consumer = new_seated (f, 1);

  start_session (consumer, producer);
  go_alone (f, 0);
  say_peer (producer, "last");
  hang_up (producer, TRUE);

  come_back (f, 0);
  expect (consumer, "peer last, ended");
  expect_same_nodes (f);
}

/* The same where it gives up its role, which ends its sessions, at once. */
static void
test_who_gives_up_its_role_is_heard_out (Fixture *f, gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *consumer = new_seated (f, 1);

  start_session (consumer, producer);
  go_alone (f, 0);
  say_peer (producer, "last");
  say (producer, "retire");

  come_back (f, 0);
  expect (consumer, "peer last, ended");
  expect_same_nodes (f);
}

/* All members hear the same, in the same order; so nobody hears anything. */
static void
test_room_waits (Fixture *f, gconstpointer unused)
{
  Client *here = new_seated (f, 0);
  Client *too = new_seated (f, 0);
  Client *there = new_seated (f, 1);

  say (here, "join r");
  say (too, "join r");
  say (there, "join r");
  go_alone (f, 0);
  say (here, "publish r 1");
  say (there, "publish r 2");
  expect (too, "");
  expect (there, "room 2");

  come_back (f, 0);
  expect (there, "room 1");
  expect (here, "room 2, room 1");
  expect (too, "room 2, room 1");
  expect_same_nodes (f);
}

static void
test_seat_is_resumed_where_it_was (Fixture *f, gconstpointer unused)
{
  Client *client = new_seated (f, 0);

  go_alone (f, 0);
  hang_up (client, FALSE);
  go_online (client, 0);
  expect (client, "resumed");
  go_online (client, 0);
  expect (client, "resumed");

  come_back (f, 0);
  hang_up (client, FALSE);
  go_online (client, 1);
  expect (client, "resumed");
  expect_same_nodes (f);
}

/* Only the others know what its client has heard there. */
static void
test_claim_of_a_seat_that_was_elsewhere_waits (Fixture *f, gconstpointer unused)
{
  Client *client = new_seated (f, 1);

  go_alone (f, 0);
  hang_up (client, FALSE);
  go_online (client, 0);
  expect (client, "");

  come_back (f, 0);
  expect (client, "resumed");
  expect_same_nodes (f);
}

/* Then its seat would be gone, as far as this node can know. */
static void
test_claim_waits_no_longer_than_grace (Fixture *f, gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *client = new_seated (f, 1);

  go_alone (f, 0);
  hang_up (client, FALSE);
  go_online (client, 0);
  let_pass (f, 0, 29);
  expect (client, "");
  let_pass (f, 0, 1);
  expect (client, "seated");
  start_session (client, producer);
  say_peer (client, "one");
  expect (producer, "peer one");

  come_back (f, 0);
  say_peer (producer, "two");
  expect (client, "peer two");
  expect_same_nodes (f);
}

/* They say little, but cannot leave before they are answered. */
static void
test_claims_that_wait_are_counted (Fixture *f, gconstpointer unused)
{
  const guint n = 50;
  gsize bytes;

  go_alone (f, 0);
  for (guint i = 0; i < n; i++) {
    Client *client = new_seated (f, 1);

    hang_up (client, FALSE);
    go_online (client, 0);
    hang_up (client, FALSE);
  }
  bytes = rw_replica_get_pending_bytes (f->nodes[0]);
  g_assert_cmpuint (bytes, >, (gsize) n * 512);
  let_pass (f, 0, 30);
  bytes = rw_replica_get_pending_bytes (f->nodes[0]);
  g_assert_cmpuint (bytes, ==, 0);

  come_back (f, 0);
  expect_same_nodes (f);
}

/* The node that was alone does not know it, and talks to a dead line. */
static void
test_who_has_moved_hears_all_where_it_is (Fixture *f, gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *consumer = new_seated (f, 0);

  start_session (consumer, producer);
  go_alone (f, 0);
  go_online (consumer, 1);
  expect (consumer, "resumed");
  say_peer (producer, "one");
  say_peer (consumer, "two");
  expect (consumer, "");

  come_back (f, 0);
  expect (consumer, "peer one");
  expect (producer, "peer two");
  expect_same_nodes (f);
}

static void
test_session_that_cannot_be_is_ended_for_both (Fixture *f, gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *consumer = new_seated (f, 0);

  go_alone (f, 0);
  go_online (producer, 1);
  expect (producer, "resumed");
  say (consumer, "start %s", producer->peer_id);
  expect (consumer, "started");

  come_back (f, 0);
  expect (consumer, "ended");
  expect (producer, "ended");
  say (consumer, "start %s", producer->peer_id);
  expect (consumer, "started");
  expect (producer, "started");
  expect_same_nodes (f);
}

static void
test_name_belongs_to_who_is_first_to_tell (Fixture *f, gconstpointer unused)
{
  Client *second = new_seated (f, 0);
  Client *first = new_seated (f, 1);
  Client *consumer = new_seated (f, 0);

  go_alone (f, 0);
  go_alone (f, 1);
  say (second, "produce studio");
  say (first, "produce studio");
  expect (second, "");
  expect (first, "");

  come_back (f, 1);
  expect (first, "");
  come_back (f, 0);
  expect (first, "");
  expect (second, "error name-taken");
  say (consumer, "start %s", second->peer_id);
  expect (consumer, "error unknown-peer");
  start_session (consumer, first);
  expect_same_nodes (f);
}

/* hear() checks the numbers. */
static void
test_others_are_heard_behind_what_was_heard_alone (Fixture *f,
                                                   gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *here = new_seated (f, 0);
  Client *there = new_seated (f, 1);

  start_session (here, producer);
  start_session (there, producer);
  go_alone (f, 0);
  say_peer (here, "one");
  say_peer (there, "two");
  say_peer (here, "three");
  say_peer (there, "four");
  expect (producer, "peer one, peer three");

  come_back (f, 0);
  expect (producer, "peer two, peer four");
  say_peer (there, "five");
  say_peer (here, "six");
  expect (producer, "peer five, peer six");
  expect_same_nodes (f);
}

/* It was on its way to the log, and the node does not know whether it got
 * there: here it did. */
static void
test_what_was_on_its_way_is_heard_once (Fixture *f, gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *consumer = new_seated (f, 0);
  Client *late;

  start_session (consumer, producer);
  f->away[0] = TRUE;
  say_peer (consumer, "one");
  late = new_client (f, 0);
  append (f, 0);
  settle (f);
  expect (producer, "");
  expect (late, "");

  go_alone (f, 0);
  expect (producer, "peer one");
  expect (late, "seated");
  come_back (f, 0);
  expect (producer, "");
  expect (late, "");
  start_session (late, producer);
  expect_same_nodes (f);
}

/* What follows from it comes with numbers of before. */
static void
test_node_is_thought_dead_while_alone (Fixture *f, gconstpointer unused)
{
  Client *producer = new_ordinary (f, 0);
  Client *consumer = new_seated (f, 0);

  say (producer, "produce");
  start_session (consumer, producer);
  go_alone (f, 0);
  say_peer (producer, "one");
  expect (consumer, "peer one");
  rw_replica_declare_down (f->nodes[1], 1);
  settle (f);

  come_back (f, 0);
  expect (consumer, "ended");
  g_assert_true (rw_replica_take_declared_down (f->nodes[0]));
  g_assert_true (rw_replica_knows (f->nodes[0], consumer->connection));
  g_assert_false (rw_replica_knows (f->nodes[0], producer->connection));
  expect_same_nodes (f);
}

static void
test_node_may_be_alone_again_and_again (Fixture *f, gconstpointer unused)
{
  Client *producer = new_producer (f, 0);
  Client *consumer = new_seated (f, 0);

  for (guint i = 0; i < 3; i++) {
    go_alone (f, 0);
    f->away[0] = FALSE;
    rw_replica_come_back (f->nodes[0]);
  }
  go_alone (f, 0);
  start_session (consumer, producer);
  come_back (f, 0);
  go_alone (f, 0);
  say_peer (consumer, "one");
  expect (producer, "peer one");
  come_back (f, 0);
  expect_same_nodes (f);
}

/* Until the others know what it did, the copy would begin behind that. */
static void
test_node_is_not_alone_again_before_all_is_told (Fixture *f,
                                                 gconstpointer unused)
{
  go_alone (f, 0);
  new_seated (f, 0);
  rw_replica_come_back (f->nodes[0]);
  g_assert_false (rw_replica_is_settled (f->nodes[0]));
  g_assert_false (rw_replica_go_alone (f->nodes[0]));
  g_assert_false (rw_replica_is_alone (f->nodes[0]));

  f->away[0] = FALSE;
  settle (f);
  g_assert_true (rw_replica_is_settled (f->nodes[0]));
  expect_same_nodes (f);
}

/* --- Entries that no node of ours writes --- */

#define STRANGER 9

static void
add_entry (Fixture *f, guint64 n, RwEntryKind kind, guint64 connection,
           GVariant *body)
{
  RwEntry entry = {.kind = kind,
                   .node = STRANGER,
                   .n = n,
                   .connection = connection,
                   .body = body};

  g_ptr_array_add (f->log, rw_entry_to_bytes (&entry));
}

static GVariant *
new_client_body (const char *peer_id, const char *state)
{
  g_autofree char *text = g_strdup_printf (
      "('%s', %s, uint64 0, uint64 0, uint64 0, true, true, [uint64 1, 2])",
      peer_id, state);

  return g_variant_new_parsed (text, NULL);
}

static GVariant *
new_said_body (const char *peer_id, guint64 received, const char *text)
{
  GVariantBuilder texts;

  g_variant_builder_init (&texts, G_VARIANT_TYPE ("aay"));
  g_variant_builder_add_value (
      &texts,
      g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, text, strlen (text), 1));
  return g_variant_new ("(stbaay)", peer_id, received, FALSE, &texts);
}

static void
test_damaged_entries_are_harmless (Fixture *f, gconstpointer unused)
{
  const guint64 line = (guint64) STRANGER << 32 | 1;
  Client *producer = new_producer (f, 0);
  Client *consumer = new_seated (f, 1);
  Client *victim = new_seated (f, 0);
  static const char *const states[] = {
      "@(a{sv}a{sv}) ({}, {})",
      "@(a{sv}a{sv}) ({'id': <'x'>}, {'id': <'x'>})",
      "@(a{sv}a{sv}) ({'id': <7>, 'replay': <'?'>}, {'roles': <'?'>})",
      "@(a{sv}a{sv}) ({'id': <'x'>, 'token': <'t'>, 'home': <uint64 "
      "38654705665>, 'connection': <uint64 38654705665>}, {})",
  };
  guint64 n = 0;

  start_session (consumer, producer);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
    add_entry (f, ++n, RW_ENTRY_CLIENT, line, new_client_body ("x", states[i]));
    add_entry (f, ++n, RW_ENTRY_CLIENT, producer->connection,
               new_client_body (producer->peer_id, states[i]));
  }
  add_entry (f, ++n, RW_ENTRY_GONE, 0,
             g_variant_new ("(st)", producer->peer_id, (guint64) 0));
  add_entry (f, ++n, RW_ENTRY_SAID, 0, new_said_body ("x", 3, "1 0 produce"));
  add_entry (f, ++n, RW_ENTRY_SAID, 0,
             new_said_body (producer->peer_id, 0, "rubbish"));
  add_entry (f, ++n, RW_ENTRY_SAID, 0,
             new_said_body (victim->peer_id, G_MAXUINT64, ""));
  add_entry (f, ++n, RW_ENTRY_SESSION, 0,
             g_variant_new ("(sss)", "s", "x", "y"));
  add_entry (f, ++n, RW_ENTRY_SESSION_END, 0, g_variant_new_string ("s"));
  settle (f);

  expect (producer, "");
  expect (consumer, "");
  say_peer (producer, "one");
  say_peer (consumer, "two");
  expect (consumer, "peer one");
  expect (producer, "peer two");
  expect_same_nodes (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/alone/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("session-of-one-node-begins-at-once",
       test_session_of_one_node_begins_at_once);
  ADD ("client-that-came-is-known-to-all-after",
       test_client_that_came_alone_is_known_to_all_after);
  ADD ("client-that-left-is-gone-for-all-after",
       test_client_that_left_alone_is_gone_for_all_after);
  ADD ("message-for-another-node-waits-unacknowledged",
       test_message_for_another_node_waits_unacknowledged);
  ADD ("who-says-goodbye-is-heard-out", test_who_says_goodbye_is_heard_out);
  ADD ("who-gives-up-its-role-is-heard-out",
       test_who_gives_up_its_role_is_heard_out);
  ADD ("room-waits", test_room_waits);
  ADD ("seat-is-resumed-where-it-was", test_seat_is_resumed_where_it_was);
  ADD ("claim-of-a-seat-that-was-elsewhere-waits",
       test_claim_of_a_seat_that_was_elsewhere_waits);
  ADD ("claim-waits-no-longer-than-grace",
       test_claim_waits_no_longer_than_grace);
  ADD ("claims-that-wait-are-counted", test_claims_that_wait_are_counted);
  ADD ("who-has-moved-hears-all-where-it-is",
       test_who_has_moved_hears_all_where_it_is);
  ADD ("session-that-cannot-be-is-ended-for-both",
       test_session_that_cannot_be_is_ended_for_both);
  ADD ("name-belongs-to-who-is-first-to-tell",
       test_name_belongs_to_who_is_first_to_tell);
  ADD ("others-are-heard-behind-what-was-heard-alone",
       test_others_are_heard_behind_what_was_heard_alone);
  ADD ("what-was-on-its-way-is-heard-once",
       test_what_was_on_its_way_is_heard_once);
  ADD ("node-is-thought-dead-while-alone",
       test_node_is_thought_dead_while_alone);
  ADD ("node-may-be-alone-again-and-again",
       test_node_may_be_alone_again_and_again);
  ADD ("node-is-not-alone-again-before-all-is-told",
       test_node_is_not_alone_again_before_all_is_told);
  ADD ("damaged-entries-are-harmless", test_damaged_entries_are_harmless);
#undef ADD

  return g_test_run ();
}
