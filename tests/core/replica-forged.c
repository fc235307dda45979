/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-entry.h"
#include "rw-replica.h"

#include <string.h>

/* What a node did alone comes by the log, which is anybody's who may write to
 * it. Whatever stands there, a node goes on, and so does one that begins with
 * the state that came of it. */

#ifdef FEW_SEEDS
#define N_BENT 200
#else
#define N_BENT 1000
#endif

typedef struct {
  GPtrArray *log;
  GBytes *before; /* the state that the entries of @log go on from */
  guint first;    /* of those in the log that tell what was done alone */
  guint64 connection;
  char *peer_id; /* on @connection */
  guint8 seed;
} Fixture;

static RwBrainMessage *
parse (const char *text, gsize len, gpointer unused)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  RwBrainMessage *message = NULL;

  if (!g_utf8_validate (text, -1, NULL) || g_strv_length (words) < 2)
    return NULL;

  if (g_str_equal (words[0], "opt-in")) {
    message = rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);
    message->resilient = TRUE;
  } else if (g_str_equal (words[0], "produce")) {
    message = rw_brain_message_new (RW_SIGNAL_SET_PEER_STATUS);
    message->roles = RW_ROLE_PRODUCER | RW_ROLE_LISTENER;
    message->name = g_strdup (words[1]);
  } else if (g_str_equal (words[0], "start")) {
    message = rw_brain_message_new (RW_SIGNAL_START_SESSION);
    message->peer_id = g_strdup (words[1]);
    message->seq = words[2] != NULL ? g_ascii_strtoull (words[2], NULL, 10) : 0;
  } else if (g_str_equal (words[0], "join")) {
    message = rw_brain_message_new (RW_SIGNAL_JOIN_ROOM);
    message->room_id = g_strdup (words[1]);
    message->seq = words[2] != NULL ? g_ascii_strtoull (words[2], NULL, 10) : 0;
  }
  return message;
}

static void
new_seed (guint8 *seed, gpointer user_data)
{
  Fixture *f = user_data;

  memset (seed, ++f->seed, RW_REPLICA_SEED_BYTES);
}

static RwReplica *
new_node_with (Fixture *f, guint32 number, guint max_waiting)
{
  RwReplicaConfig config = {
      .node = number,
      .parse = parse,
      .new_seed = new_seed,
      .user_data = f,
      .seats = {.grace_us = 30 * G_USEC_PER_SEC,
                .max_kept = 100,
                .max_kept_bytes = 1 << 20,
                .max_waiting = max_waiting,
                .rooms = {.max_rooms = 10,
                          .max_rooms_per_member = 10,
                          .max_messages = 50,
                          .max_bytes = 1 << 20,
                          .max_total_bytes = 1 << 20,
                          .max_age_us = 300 * G_USEC_PER_SEC,
                          .floor = {.max_queue = 10}}},
  };

  return rw_replica_new (&config);
}

static RwReplica *
new_node (Fixture *f, guint32 number)
{
  return new_node_with (f, number, 100);
}

static void
say (RwReplica *node, guint64 connection, const char *text)
{
  rw_replica_handle (node, connection, text, strlen (text));
}

static void
drop_output (RwReplica *node)
{
  RwSeatsOutput output;

  while (rw_replica_pop (node, &output))
    rw_seats_output_clear (&output);
}

static gboolean
apply (RwReplica *node, GBytes *bytes)
{
  RwReplicaPosition position;
  gboolean done;

  rw_replica_get_position (node, &position);
  position.ms += 1000;
  done = rw_replica_apply (node, &position, bytes, NULL);
  drop_output (node);
  return done;
}

/* What @node has made since entry @n goes into the log, and is applied. */
static void
append (Fixture *f, RwReplica *node, guint64 n)
{
  GBytes *entry;

  for (; (entry = rw_replica_get_entry (node, n)) != NULL; n++) {
    g_ptr_array_add (f->log, g_bytes_ref (entry));
    g_assert_true (apply (node, entry));
  }
}

static guint64
open_seat (RwReplica *node)
{
  guint64 connection = rw_replica_new_connection (node);

  rw_replica_connect (node, connection, NULL);
  say (node, connection, "opt-in 1");
  return connection;
}

static const char *
get_peer_id (RwReplica *node, guint64 connection)
{
  return rw_seats_get_peer_id (rw_replica_get_seats (node), connection);
}

static void
start (RwReplica *node, guint64 from, guint64 to, guint seq)
{
  g_autofree char *text =
      g_strdup_printf ("start %s %u", get_peer_id (node, to), seq);

  say (node, from, text);
}

/* Sessions end and begin, seats come and go, names are given, and something is
 * held back, while the node is alone. */
static void
do_alone (RwReplica *node, guint64 one, guint64 two, guint64 three)
{
  guint64 four = open_seat (node);
  guint64 five = rw_replica_new_connection (node);

  say (node, four, "produce b");
  start (node, one, four, 2);
  start (node, two, four, 1);
  say (node, one, "join r 3");
  rw_replica_connect (node, five, NULL);
  rw_replica_disconnect (node, two, FALSE);
  rw_replica_disconnect (node, three, TRUE);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  RwReplica *node;
  guint64 two;
  guint64 three;

  memset (f, 0, sizeof *f);
  f->log = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  node = new_node (f, 1);
  f->connection = open_seat (node);
  two = open_seat (node);
  three = open_seat (node);
  append (f, node, 1);
  f->peer_id = g_strdup (get_peer_id (node, f->connection));
  say (node, three, "produce a");
  start (node, f->connection, three, 1);
  append (f, node, f->log->len + 1);
  f->first = f->log->len;
  f->before = rw_replica_save (node);

  g_assert_true (rw_replica_go_alone (node));
  do_alone (node, f->connection, two, three);
  drop_output (node);
  rw_replica_come_back (node);
  append (f, node, f->first + 1);
  g_assert_cmpuint (f->log->len, >, f->first + 5);
  rw_replica_free (node);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_ptr_array_unref (f->log);
  g_bytes_unref (f->before);
  g_free (f->peer_id);
}

static RwReplica *
new_reader (Fixture *f)
{
  RwReplica *node = new_node (f, 2);

  g_assert_true (rw_replica_load (node, f->before, NULL));
  return node;
}

/* The others can begin with what it has, and itself can go on alone. */
static void
assert_lives (Fixture *f, RwReplica *node)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) state = rw_replica_save (node);
  RwReplica *other = new_node (f, 3);

  rw_replica_load (other, state, &error);
  g_assert_no_error (error);
  g_assert_true (rw_replica_go_alone (other));
  rw_replica_free (other);
}

static void
assert_bears (Fixture *f, RwReplica *node, const RwEntry *entry)
{
  g_autoptr (GBytes) bytes = rw_entry_to_bytes (entry);

  g_assert_true (apply (node, bytes));
  assert_lives (f, node);
}

static void
test_numbers_of_no_client (Fixture *f, gconstpointer unused)
{
  RwReplica *node = new_reader (f);
  RwEntry entry = {.kind = RW_ENTRY_SAID, .node = 1, .n = f->first + 1};

  entry.body =
      g_variant_new ("(stb@aay)", f->peer_id, G_MAXUINT64, FALSE,
                     g_variant_new_array (G_VARIANT_TYPE_BYTESTRING, NULL, 0));
  assert_bears (f, node, &entry);
  rw_replica_free (node);
}

/* (transfer floating): @body of a client, with another one's in the brain */
static GVariant *
mix_up (GVariant *body, GVariant *other)
{
  g_autoptr (GVariant) states = g_variant_get_child_value (body, 1);
  g_autoptr (GVariant) others = g_variant_get_child_value (other, 1);
  g_autoptr (GVariant) wrong = g_variant_get_child_value (others, 1);
  g_autoptr (GVariant) seat = g_variant_get_child_value (states, 0);
  GVariant *parts[8];

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    parts[i] = g_variant_get_child_value (body, i);
  g_variant_unref (parts[1]);
  parts[1] = g_variant_ref_sink (g_variant_new ("(@a{sv}@a{sv})", seat, wrong));
  body = g_variant_new_tuple (parts, G_N_ELEMENTS (parts));
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    g_variant_unref (parts[i]);
  return body;
}

static void
test_a_seat_of_another_client (Fixture *f, gconstpointer unused)
{
  RwReplica *node = new_reader (f);
  guint64 n = f->first + 1;

  for (guint i = f->first; i < f->log->len; i++) {
    for (guint j = f->first; j < f->log->len; j++) {
      g_auto (RwEntry) entry = {0};
      g_auto (RwEntry) other = {0};
      RwEntry bent;

      rw_entry_from_bytes (&entry, g_ptr_array_index (f->log, i));
      rw_entry_from_bytes (&other, g_ptr_array_index (f->log, j));
      if (i == j || entry.kind != RW_ENTRY_CLIENT ||
          other.kind != RW_ENTRY_CLIENT)
        continue;
      bent = entry;
      bent.n = n++;
      bent.body = mix_up (entry.body, other.body);
      assert_bears (f, node, &bent);
    }
  }
  g_assert_cmpuint (n, >, f->first + 2);
  rw_replica_free (node);
}

/* In its body alone, so that it counts. */
static GBytes *
bend (GRand *rand, GBytes *bytes)
{
  g_auto (RwEntry) entry = {0};
  RwEntry bent;
  g_autoptr (GBytes) stored = NULL;
  guint8 *data;
  g_autoptr (GVariant) body = NULL;
  gsize len;

  rw_entry_from_bytes (&entry, bytes);
  len = g_variant_get_size (entry.body);
  data = g_memdup2 (g_variant_get_data (entry.body), len);
  for (guint i = 0; i < 1 + g_rand_int (rand) % 3; i++)
    data[g_rand_int (rand) % len] = (guint8) g_rand_int (rand);
  stored = g_bytes_new_take (data, len);
  body = g_variant_ref_sink (g_variant_new_from_bytes (
      g_variant_get_type (entry.body), stored, FALSE));
  bent = entry;
  bent.body = body;
  return rw_entry_to_bytes (&bent);
}

static void
test_bent_entries (Fixture *f, gconstpointer unused)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint n_applied = 0;

  for (guint i = 0; i < N_BENT; i++) {
    RwReplica *node = new_reader (f);
    guint which = f->first + g_rand_int (rand) % (f->log->len - f->first);

    for (guint n = f->first; n < f->log->len; n++) {
      g_autoptr (GBytes) bytes =
          n == which ? bend (rand, g_ptr_array_index (f->log, n))
                     : g_bytes_ref (g_ptr_array_index (f->log, n));

      n_applied += apply (node, bytes) && n == which;
    }
    assert_lives (f, node);
    rw_replica_free (node);
  }
  g_assert_cmpuint (n_applied, >, N_BENT / 10);
}

/* Who waits has come to do so where others may. */
static void
test_where_none_may_wait (Fixture *f, gconstpointer unused)
{
  RwReplica *node = new_node_with (f, 2, 0);

  for (guint i = 0; i < f->log->len; i++)
    g_assert_true (apply (node, g_ptr_array_index (f->log, i)));
  assert_lives (f, node);
  rw_replica_free (node);
}

#define FORGED_TEST(name, func)                                                \
  g_test_add ("/core/replica-forged/" name, Fixture, NULL, set_up, func,       \
              tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  FORGED_TEST ("numbers", test_numbers_of_no_client);
  FORGED_TEST ("another-client", test_a_seat_of_another_client);
  FORGED_TEST ("bent", test_bent_entries);
  FORGED_TEST ("where-none-may-wait", test_where_none_may_wait);
  return g_test_run ();
}
