/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-replica.h"

#include <string.h>

/* Nodes that share a log, without any Redis: the log is an array here. A
 * client's text is the type of its message, and sometimes its token. */

typedef struct {
  RwReplica *nodes[2];
  GPtrArray *log;
  guint64 next[2]; /* entry to append */
  guint8 seed;
} Fixture;

static RwBrainMessage *
parse (const char *text, gsize len, gpointer unused)
{
  g_auto (GStrv) parts = g_strsplit (text, " ", -1);
  RwBrainMessage *message = NULL;

  if (g_str_equal (parts[0], "opt-in")) {
    message = rw_brain_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);
    message->resilient = TRUE;
    message->token = g_strdup (parts[1]);
  } else if (g_str_equal (parts[0], "join")) {
    message = rw_brain_message_new (RW_SIGNAL_JOIN_ROOM);
    message->room_id = g_strdup (parts[1]);
  } else if (g_str_equal (parts[0], "publish")) {
    message = rw_brain_message_new (RW_SIGNAL_PUBLISH);
    message->room_id = g_strdup (parts[1]);
    message->meta = g_ref_string_new (parts[2]);
  } else if (g_str_equal (parts[0], "floor")) {
    message = rw_brain_message_new (RW_SIGNAL_REQUEST_FLOOR);
    message->room_id = g_strdup (parts[1]);
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
new_node_with (Fixture *f, guint32 number, guint max_messages,
               char *const *strict_rooms)
{
  RwReplicaConfig config = {
      .node = number,
      .parse = parse,
      .new_seed = new_seed,
      .user_data = f,
      .seats = {.grace_us = 30 * G_USEC_PER_SEC,
                .max_kept = 100,
                .max_kept_bytes = 1 << 20,
                .max_waiting = 100,
                .rooms = {.max_rooms = 10,
                          .max_rooms_per_member = 10,
                          .max_messages = max_messages,
                          .max_bytes = 1 << 20,
                          .max_total_bytes = max_messages * 400,
                          .max_age_us = 300 * G_USEC_PER_SEC,
                          .floor = {.max_queue = 10,
                                    .grace_us = G_USEC_PER_SEC},
                          .strict_rooms = strict_rooms}},
  };

  return rw_replica_new (&config);
}

static RwReplica *
new_node (Fixture *f, guint32 number)
{
  return new_node_with (f, number, 50, NULL);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  memset (f, 0, sizeof *f);
  f->log = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (guint i = 0; i < 2; i++) {
    f->nodes[i] = new_node (f, i + 1);
    f->next[i] = 1;
  }
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rw_replica_free (f->nodes[0]);
  rw_replica_free (f->nodes[1]);
  g_ptr_array_unref (f->log);
}

/* As it comes back from elsewhere. */
static GBytes *
copy_bytes (GBytes *bytes)
{
  gsize len;
  const void *data = g_bytes_get_data (bytes, &len);

  return g_bytes_new (data, len);
}

/* What @i has made goes to the end of the log. */
static void
append (Fixture *f, guint i)
{
  GBytes *entry;

  while ((entry = rw_replica_get_entry (f->nodes[i], f->next[i])) != NULL) {
    g_ptr_array_add (f->log, copy_bytes (entry));
    f->next[i]++;
  }
}

/* Entry n of the log has come at n seconds. */
static void
read_on (Fixture *f, RwReplica *node)
{
  RwReplicaPosition position;

  rw_replica_get_position (node, &position);
  for (guint64 n = position.ms / 1000; n < f->log->len; n++) {
    position = (RwReplicaPosition){(n + 1) * 1000, 0};
    rw_replica_apply (node, &position, g_ptr_array_index (f->log, n), NULL);
  }
}

/* (nullable): the last message of @type to @connection. */
static RwBrainMessage *
take (RwReplica *node, guint64 connection, RwSignalType type)
{
  RwBrainMessage *last = NULL;
  RwSeatsOutput output;

  while (rw_replica_pop (node, &output)) {
    if (output.connection == connection && output.message != NULL &&
        output.message->type == type) {
      g_clear_pointer (&last, rw_brain_message_unref);
      last = rw_brain_message_ref (output.message);
    }
    rw_seats_output_clear (&output);
  }
  return last;
}

static void
drop_output (RwReplica *node)
{
  g_assert_null (take (node, 0, RW_SIGNAL_WELCOME));
}

static void
settle (Fixture *f)
{
  append (f, 0);
  append (f, 1);
  read_on (f, f->nodes[0]);
  read_on (f, f->nodes[1]);
}

static void
say (Fixture *f, guint i, guint64 connection, const char *text)
{
  rw_replica_handle (f->nodes[i], connection, text, strlen (text));
}

static guint64
open_seat (Fixture *f, guint i)
{
  guint64 connection = rw_replica_new_connection (f->nodes[i]);

  rw_replica_connect (f->nodes[i], connection, NULL);
  say (f, i, connection, "opt-in");
  return connection;
}

static void
assert_equal (Fixture *f)
{
  g_autoptr (GBytes) a = NULL;
  g_autoptr (GBytes) b = NULL;

  drop_output (f->nodes[0]);
  drop_output (f->nodes[1]);
  a = rw_replica_save (f->nodes[0]);
  b = rw_replica_save (f->nodes[1]);
  g_assert_true (g_bytes_equal (a, b));
}

static void
test_nodes_hold_the_same_state (Fixture *f, gconstpointer unused)
{
  guint64 one = open_seat (f, 0);
  guint64 two = open_seat (f, 1);
  g_autoptr (RwBrainMessage) heard = NULL;

  say (f, 0, one, "join r");
  say (f, 1, two, "join r");
  settle (f);
  say (f, 0, one, "publish r 1");
  settle (f);
  heard = take (f->nodes[1], two, RW_SIGNAL_ROOM_MESSAGE);
  g_assert_nonnull (heard);
  assert_equal (f);
}

static void
test_an_entry_counts_once (Fixture *f, gconstpointer unused)
{
  guint64 one = open_seat (f, 0);

  say (f, 0, one, "join r");
  say (f, 0, one, "publish r 1");
  append (f, 0);
  f->next[0] = 2;
  append (f, 0);
  settle (f);
  g_assert_cmpuint (rw_replica_get_last_applied (f->nodes[0]), ==, 4);
  g_assert_cmpuint (rw_replica_get_pending_bytes (f->nodes[0]), ==, 0);
  assert_equal (f);
}

/* The second was refused, the third taken: both come again. */
static void
test_an_entry_waits_for_the_one_before (Fixture *f, gconstpointer unused)
{
  guint64 one = open_seat (f, 0);

  say (f, 0, one, "join r");
  append (f, 0);
  g_ptr_array_remove_index (f->log, 1);
  read_on (f, f->nodes[0]);
  read_on (f, f->nodes[1]);
  g_assert_cmpuint (rw_replica_get_last_applied (f->nodes[0]), ==, 1);
  f->next[0] = 2;
  settle (f);
  g_assert_cmpuint (rw_replica_get_last_applied (f->nodes[0]), ==, 3);
  assert_equal (f);
}

static void
test_a_seat_is_claimed_at_another_node (Fixture *f, gconstpointer unused)
{
  guint64 one = open_seat (f, 0);
  g_autoptr (RwBrainMessage) seated = NULL;
  g_autoptr (RwBrainMessage) resumed = NULL;
  g_autofree char *claim = NULL;
  guint64 again;

  settle (f);
  seated = take (f->nodes[0], one, RW_SIGNAL_RESILIENT_WELCOME);
  claim = g_strdup_printf ("opt-in %s", seated->token);
  again = rw_replica_new_connection (f->nodes[1]);
  rw_replica_connect (f->nodes[1], again, NULL);
  say (f, 1, again, claim);
  settle (f);
  resumed = take (f->nodes[1], again, RW_SIGNAL_RESILIENT_WELCOME);
  g_assert_true (resumed->resumed);
  g_assert_cmpstr (resumed->peer_id, ==, seated->peer_id);
  assert_equal (f);
}

static void
test_a_node_that_is_down_has_no_connections (Fixture *f, gconstpointer unused)
{
  guint64 one = open_seat (f, 0);
  RwSeatsCounts counts;

  open_seat (f, 1);
  settle (f);
  rw_replica_declare_down (f->nodes[1], 1);
  settle (f);
  g_assert_true (rw_replica_take_declared_down (f->nodes[0]));
  g_assert_false (rw_replica_take_declared_down (f->nodes[0]));
  g_assert_false (rw_replica_knows (f->nodes[0], one));
  rw_seats_get_counts (rw_replica_get_seats (f->nodes[1]), &counts);
  g_assert_cmpuint (counts.waiting, ==, 1);
  assert_equal (f);

  /* It lives after all, and goes on counting. */
  open_seat (f, 0);
  settle (f);
  rw_seats_get_counts (rw_replica_get_seats (f->nodes[1]), &counts);
  g_assert_cmpuint (counts.seats, ==, 3);
  assert_equal (f);
}

static void
test_a_third_node_goes_on_from_a_snapshot (Fixture *f, gconstpointer unused)
{
  g_autoptr (RwReplica) third = new_node (f, 3);
  g_autoptr (GBytes) state = NULL;
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) later = NULL;
  guint64 one = open_seat (f, 0);

  say (f, 0, one, "join r");
  settle (f);
  drop_output (f->nodes[0]);
  state = rw_replica_save (f->nodes[0]);
  g_assert_true (rw_replica_load (third, state, NULL));

  say (f, 0, one, "publish r 1");
  open_seat (f, 1);
  settle (f);
  read_on (f, third);
  drop_output (f->nodes[0]);
  drop_output (third);
  first = rw_replica_save (f->nodes[0]);
  later = rw_replica_save (third);
  g_assert_true (g_bytes_equal (first, later));
}

/* What shapes the state is said by who was first. */
static void
test_others_limits_are_taken_over (Fixture *f, gconstpointer unused)
{
  char *strict[] = {(char *) "r*", NULL};
  g_autoptr (GBytes) state = NULL;
  guint64 one;
  guint64 two;

  rw_replica_free (f->nodes[0]);
  f->nodes[0] = new_node_with (f, 1, 2, strict);
  state = rw_replica_save (f->nodes[0]);
  strict[0] = NULL;
  g_assert_true (rw_replica_load (f->nodes[1], state, NULL));

  one = open_seat (f, 0);
  two = open_seat (f, 1);
  say (f, 0, one, "join r");
  say (f, 1, two, "join r");
  say (f, 0, one, "floor r");
  say (f, 1, two, "join s");
  for (guint i = 0; i < 5; i++) {
    say (f, 1, two, "publish r 1");
    say (f, 1, two, "publish s 1");
  }
  rw_replica_disconnect (f->nodes[0], one, FALSE);
  settle (f);
  assert_equal (f);
}

/* The log has begun anew from the state of a node that had not read all. What
 * our client has heard of the rest need not become true again. */
static void
test_what_a_state_lacks_is_sent_again (Fixture *f, gconstpointer unused)
{
  g_autoptr (GBytes) state = NULL;
  RwSeatsCounts counts;
  guint64 one = open_seat (f, 0);

  append (f, 0);
  read_on (f, f->nodes[0]);
  read_on (f, f->nodes[1]);
  say (f, 0, one, "join r");
  append (f, 0);
  read_on (f, f->nodes[0]);
  g_assert_cmpuint (rw_replica_get_pending_bytes (f->nodes[0]), ==, 0);

  drop_output (f->nodes[0]);
  drop_output (f->nodes[1]);
  state = rw_replica_save (f->nodes[1]);
  g_ptr_array_set_size (f->log, 2);
  g_assert_true (rw_replica_load (f->nodes[0], state, NULL));
  g_assert_true (rw_replica_can_go_on (f->nodes[0]));
  g_assert_cmpuint (rw_replica_get_pending_bytes (f->nodes[0]), >, 0);
  f->next[0] = rw_replica_get_last_applied (f->nodes[0]) + 1;
  settle (f);
  g_assert_cmpuint (rw_replica_get_last_applied (f->nodes[0]), ==, 4);
  g_assert_false (rw_replica_knows (f->nodes[0], one));
  rw_seats_get_counts (rw_replica_get_seats (f->nodes[1]), &counts);
  g_assert_cmpuint (counts.waiting, ==, 0);
  g_assert_null (
      rw_seats_get_peer_id (rw_replica_get_seats (f->nodes[1]), one));
  assert_equal (f);
}

/* Our client has not heard what came of the entries in between. */
static void
test_what_is_skipped_is_asked_for (Fixture *f, gconstpointer unused)
{
  g_autoptr (GBytes) same = NULL;
  g_autoptr (GBytes) state = NULL;
  guint64 one = open_seat (f, 0);
  guint64 new_one;

  settle (f);
  drop_output (f->nodes[0]);
  same = rw_replica_save (f->nodes[0]);
  g_assert_true (rw_replica_load (f->nodes[0], same, NULL));
  g_assert_true (rw_replica_knows (f->nodes[0], one));

  open_seat (f, 1);
  append (f, 1);
  read_on (f, f->nodes[1]);
  drop_output (f->nodes[1]);
  state = rw_replica_save (f->nodes[1]);
  g_assert_true (rw_replica_load (f->nodes[0], state, NULL));
  g_assert_false (rw_replica_knows (f->nodes[0], one));
  new_one = open_seat (f, 0);
  g_assert_true (rw_replica_knows (f->nodes[0], new_one));
  settle (f);
  g_assert_true (rw_replica_knows (f->nodes[0], new_one));
  assert_equal (f);
}

static void
test_a_state_without_what_is_forgotten (Fixture *f, gconstpointer unused)
{
  g_autoptr (GBytes) empty = rw_replica_save (f->nodes[1]);

  for (guint i = 0; i < 40; i++)
    open_seat (f, 0);
  settle (f);
  drop_output (f->nodes[0]);
  g_assert_true (rw_replica_load (f->nodes[0], empty, NULL));
  g_assert_false (rw_replica_can_go_on (f->nodes[0]));
}

static void
test_a_failure_outlives_its_entry (Fixture *f, gconstpointer unused)
{
  g_autofree char *code = g_strdup ("bad-message");
  g_autoptr (RwBrainMessage) error = NULL;
  guint64 one = open_seat (f, 0);

  rw_replica_fail (f->nodes[0], one, code, "why \xff", 1);
  append (f, 0);
  read_on (f, f->nodes[0]);
  g_ptr_array_set_size (f->log, 0);
  f->next[0] = 1000;
  memset (code, 'x', strlen (code));
  error = take (f->nodes[0], one, RW_SIGNAL_ERROR_REPLY);
  g_assert_nonnull (error);
  g_assert_cmpstr (error->code, ==, "bad-message");
}

static void
test_garbage_changes_nothing (Fixture *f, gconstpointer unused)
{
  g_autoptr (GBytes) before = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GError) error = NULL;
  GBytes *good;
  gsize len;
  const guint8 *data;
  const guint8 *saved;
  gsize saved_len;

  open_seat (f, 0);
  settle (f);
  drop_output (f->nodes[0]);
  before = rw_replica_save (f->nodes[0]);
  saved = g_bytes_get_data (before, &saved_len);
  good = g_ptr_array_index (f->log, 0);
  data = g_bytes_get_data (good, &len);

  for (gsize cut = 0; cut < len; cut++) {
    g_autoptr (GBytes) part = g_bytes_new (data, cut);
    RwReplicaPosition position = {3000, cut};

    g_assert_false (rw_replica_apply (f->nodes[0], &position, part, &error));
    g_assert_error (error, RW_REPLICA_ERROR, RW_REPLICA_ERROR_ENTRY);
    g_clear_error (&error);
  }
  for (guint i = 0; i < 2000; i++) {
    g_autofree guint8 *copy = g_memdup2 (saved, saved_len);
    g_autoptr (GBytes) bent = NULL;

    copy[g_rand_int_range (rand, 0, (gint32) saved_len)] ^=
        (guint8) g_rand_int_range (rand, 1, 256);
    bent = g_bytes_new (copy, saved_len);
    rw_replica_load (f->nodes[1], bent, NULL);
    drop_output (f->nodes[1]);
  }
}

#define REPLICA_TEST(name, func)                                               \
  g_test_add ("/core/replica/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  REPLICA_TEST ("same-state", test_nodes_hold_the_same_state);
  REPLICA_TEST ("once", test_an_entry_counts_once);
  REPLICA_TEST ("in-order", test_an_entry_waits_for_the_one_before);
  REPLICA_TEST ("claim", test_a_seat_is_claimed_at_another_node);
  REPLICA_TEST ("node-down", test_a_node_that_is_down_has_no_connections);
  REPLICA_TEST ("snapshot", test_a_third_node_goes_on_from_a_snapshot);
  REPLICA_TEST ("limits", test_others_limits_are_taken_over);
  REPLICA_TEST ("sent-again", test_what_a_state_lacks_is_sent_again);
  REPLICA_TEST ("skipped", test_what_is_skipped_is_asked_for);
  REPLICA_TEST ("forgotten", test_a_state_without_what_is_forgotten);
  REPLICA_TEST ("failure", test_a_failure_outlives_its_entry);
  REPLICA_TEST ("garbage", test_garbage_changes_nothing);
  return g_test_run ();
}
