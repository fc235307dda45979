/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-merge.h"
#include "rw-replica-private.h"
#include "rw-seats-merge.h"

/* A node that goes on alone while the log is away: what its clients say to each
 * other is handled at once, on a copy of the seats. The seats themselves stay
 * as the log has left them, so that in the end both can be compared. */

/* For later. */
typedef struct {
  RwEntryKind kind;
  guint64 connection;
  GVariant *body;
} Held;

struct _RwReplicaAlone {
  RwSeats *seats;
  GHashTable *ours; /* peers of this node that the others may know of, and
                       whether they do as seats */
  GQueue held;
  GHashTable *blocked; /* connections, guint64: all that they say is held */
  GHashTable *holding; /* ordinary ones of which something is held */
  GHashTable *late;    /* peer -> GPtrArray of GVariant: what it has said */
  gsize bytes;         /* of what is held and late */
};

static void
held_free (gpointer data)
{
  Held *held = data;

  g_variant_unref (held->body);
  g_free (held);
}

static GHashTable *
new_connections (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

static void
add_connection (GHashTable *connections, guint64 connection)
{
  g_hash_table_add (connections, g_memdup2 (&connection, sizeof connection));
}

/* --- What is said --- */

static void
hold (RwReplicaAlone *alone, const RwEntry *entry)
{
  Held *held = g_new (Held, 1);

  *held = (Held){entry->kind, entry->connection, g_variant_ref (entry->body)};
  alone->bytes += g_variant_get_size (entry->body);
  g_queue_push_tail (&alone->held, held);
}

static void
keep_late (RwReplicaAlone *alone, const char *peer_id, GVariant *text)
{
  GPtrArray *texts = g_hash_table_lookup (alone->late, peer_id);

  if (texts == NULL) {
    texts = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
    g_hash_table_insert (alone->late, g_strdup (peer_id), texts);
  }
  alone->bytes += g_variant_get_size (text);
  g_ptr_array_add (texts, g_variant_ref (text));
}

static RwBrainMessage *
parse (RwReplica *self, GVariant *text)
{
  gsize len;
  const char *data = g_variant_get_fixed_array (text, &len, 1);
  g_autofree char *copy = g_strndup (data, len);

  return self->config.parse (copy, len, self->config.user_data);
}

static void
put_off (RwReplica *self, const RwEntry *entry, const RwBrainMessage *message)
{
  RwReplicaAlone *alone = self->alone;
  const char *peer_id = rw_seats_get_peer_id (alone->seats, entry->connection);
  gboolean has_seat = rw_seats_is_seat (alone->seats, entry->connection);

  if (!rw_seats_hold (alone->seats, entry->connection, message, entry->time_us))
    return;

  /* One that was made before is on its way to the log; where its client has
   * been elsewhere when it gets there, it does not count. */
  if (has_seat) {
    keep_late (alone, peer_id, entry->body);
  } else if (entry->n == 0) {
    add_connection (alone->holding, entry->connection);
    hold (alone, entry);
  }
}

static void
block (RwReplica *self, const RwEntry *entry)
{
  add_connection (self->alone->blocked, entry->connection);
  if (entry->n == 0)
    hold (self->alone, entry);
}

/* TRUE when it has been handled. */
static gboolean
handle (RwReplica *self, const RwEntry *entry)
{
  RwReplicaAlone *alone = self->alone;
  g_autoptr (RwBrainMessage) message = parse (self, entry->body);

  if (message == NULL)
    return TRUE;

  switch (rw_seats_judge (alone->seats, entry->connection, message)) {
  case RW_SEATS_NOW:
    rw_seats_handle (alone->seats, entry->connection, message, entry->time_us);
    return TRUE;
  case RW_SEATS_LATER:
    put_off (self, entry, message);
    return FALSE;
  case RW_SEATS_BLOCK:
  default:
    block (self, entry);
    return FALSE;
  }
}

/* Nobody leaves before what it has said has been passed on. */
static gboolean
may_disconnect (RwReplica *self, const RwEntry *entry)
{
  RwReplicaAlone *alone = self->alone;
  const char *peer_id = rw_seats_get_peer_id (alone->seats, entry->connection);

  if (peer_id == NULL)
    return !rw_replica_is_open (self, entry->connection);
  return !g_hash_table_contains (alone->holding, &entry->connection) &&
         !(g_variant_get_boolean (entry->body) &&
           g_hash_table_contains (alone->late, peer_id));
}

static gboolean
disconnect (RwReplica *self, const RwEntry *entry)
{
  RwSeats *seats = self->alone->seats;

  if (!may_disconnect (self, entry)) {
    block (self, entry);
    return FALSE;
  }

  if (g_variant_get_boolean (entry->body))
    rw_seats_leave (seats, entry->connection, entry->time_us);
  rw_seats_disconnect (seats, entry->connection, entry->time_us);
  return TRUE;
}

static void
fail (RwReplica *self, const RwEntry *entry)
{
  const char *code;
  const char *details;
  guint64 retry_after_ms;

  g_variant_get (entry->body, "(&s&st)", &code, &details, &retry_after_ms);
  rw_seats_fail (self->alone->seats, entry->connection, g_intern_string (code),
                 details, retry_after_ms);
}

/* TRUE when all that it leads to has been told. */
static gboolean
apply (RwReplica *self, const RwEntry *entry)
{
  RwReplicaAlone *alone = self->alone;

  if (g_hash_table_contains (alone->blocked, &entry->connection)) {
    if (entry->n == 0)
      hold (alone, entry);
    return FALSE;
  }

  switch (entry->kind) {
  case RW_ENTRY_CONNECT:
    rw_seats_connect (alone->seats, entry->connection,
                      rw_entry_load_grants (entry->body));
    return TRUE;
  case RW_ENTRY_DISCONNECT:
    return disconnect (self, entry);
  case RW_ENTRY_HANDLE:
    return handle (self, entry);
  case RW_ENTRY_FAIL:
    fail (self, entry);
    return TRUE;
  case RW_ENTRY_WAKE:
    rw_seats_wake (alone->seats, entry->time_us);
    return FALSE;
  default:
    if (entry->n == 0)
      hold (alone, entry);
    return FALSE;
  }
}

static gboolean
apply_as (RwReplica *self, const RwEntry *entry)
{
  gboolean done;

  self->entry = entry;
  self->n_names = 0;
  rw_seats_set_cause (self->alone->seats, entry->node, entry->n);
  done = apply (self, entry);
  self->entry = NULL;
  return done;
}

/** rw_replica_alone_take: something happened here. */
void
rw_replica_alone_take (RwReplica *self, RwEntryKind kind, guint64 connection,
                       GVariant *body)
{
  RwEntry entry = {.kind = kind,
                   .node = self->config.node,
                   .connection = connection,
                   .time_us = rw_replica_get_log_time_us (self),
                   .body = g_variant_ref_sink (body)};

  self->config.new_seed (entry.seed, self->config.user_data);
  apply_as (self, &entry);
  rw_entry_clear (&entry);
}

/* --- Alone, from now on --- */

/* Those entries that the log may have got, or may get yet. */
static void
apply_made (RwReplica *self)
{
  guint64 n = rw_replica_get_last_applied (self) + 1;

  self->told = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (; n <= self->last_made; n++) {
    g_auto (RwEntry) entry = {0};

    if (rw_entry_from_bytes (&entry, rw_replica_get_entry (self, n)) &&
        apply_as (self, &entry))
      g_array_append_val (self->told, n);
  }
}

static void
note_ours (RwReplica *self)
{
  g_autoptr (GPtrArray) ids =
      rw_seats_list_of_node (self->alone->seats, self->config.node);

  for (guint i = 0; i < ids->len; i++) {
    gboolean has_seat = rw_seats_has_seat (self->alone->seats, ids->pdata[i]);

    g_hash_table_replace (self->alone->ours, g_strdup (ids->pdata[i]),
                          GINT_TO_POINTER (has_seat));
  }
}

/* Of those that were ours before it, too, as what was made may end them. */
static void
note_ours_before (RwReplica *self)
{
  note_ours (self);
  apply_made (self);
  note_ours (self);
  rw_seats_end_of_log (self->alone->seats);
}

/**
 * rw_replica_go_alone:
 *
 * The log is away: what can be handled without it is, until
 * rw_replica_come_back(). Everything must have been popped.
 *
 * Returns: FALSE, and nothing has changed, while what came of the last time is
 *   not known to all yet
 */
gboolean
rw_replica_go_alone (RwReplica *self)
{
  g_return_val_if_fail (self->alone == NULL, FALSE);

  if (!rw_replica_is_settled (self))
    return FALSE;

  self->alone = g_new0 (RwReplicaAlone, 1);
  self->alone->ours =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->alone->blocked = new_connections ();
  self->alone->holding = new_connections ();
  self->alone->late = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->alone->seats =
      rw_seats_go_alone (self->seats, &self->config.seats, self->config.node);
  note_ours_before (self);
  return TRUE;
}

gboolean
rw_replica_is_alone (RwReplica *self)
{
  return self->alone != NULL;
}

/** rw_replica_is_settled: whether what came of being alone is known to all. */
gboolean
rw_replica_is_settled (RwReplica *self)
{
  return self->alone == NULL &&
         rw_replica_get_last_applied (self) >= self->settled;
}

/** rw_replica_alone_get_seats: (transfer none): the copy. */
RwSeats *
rw_replica_alone_get_seats (RwReplica *self)
{
  return self->alone->seats;
}

/** rw_replica_alone_get_bytes: of what is for later. */
gsize
rw_replica_alone_get_bytes (RwReplica *self)
{
  return self->alone != NULL ? self->alone->bytes : 0;
}

static void
alone_free (RwReplicaAlone *alone)
{
  rw_seats_free (alone->seats);
  g_hash_table_unref (alone->ours);
  g_queue_clear_full (&alone->held, held_free);
  g_hash_table_unref (alone->blocked);
  g_hash_table_unref (alone->holding);
  g_hash_table_unref (alone->late);
  g_free (alone);
}

/** rw_replica_alone_free: what was done alone is lost. */
void
rw_replica_alone_free (RwReplica *self)
{
  g_clear_pointer (&self->alone, alone_free);
}

/* --- No more --- */

/* NULL as it is for those that the brain does not know. */
static GVariant *
save_client (RwSeats *seats, const char *peer_id)
{
  GVariant *state = rw_seats_save_client (seats, peer_id);

  return state != NULL ? g_variant_ref_sink (state) : NULL;
}

static gboolean
are_equal (GVariant *a, GVariant *b)
{
  return a == b || (a != NULL && b != NULL && g_variant_equal (a, b));
}

static GVariant *
new_numbers (GArray *numbers)
{
  return g_variant_new_fixed_array (
      G_VARIANT_TYPE_UINT64, numbers != NULL ? numbers->data : NULL,
      numbers != NULL ? numbers->len : 0, sizeof (guint64));
}

static GVariant *
new_late (const GPtrArray *texts)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aay"));
  for (guint i = 0; texts != NULL && i < texts->len; i++)
    g_variant_builder_add_value (&builder, texts->pdata[i]);
  return g_variant_builder_end (&builder);
}

/* What was done alone, and who did it. */
typedef struct {
  RwReplica *replica;
  RwReplicaAlone *alone;
} Return;

static void
make_client (RwReplica *self, RwReplicaAlone *alone, const char *peer_id,
             GVariant *state)
{
  guint64 connection = rw_seats_get_connection (alone->seats, peer_id);

  if (rw_seats_is_seat (alone->seats, connection))
    g_hash_table_add (self->unsettled, g_strdup (peer_id));

  rw_replica_make (
      self, RW_ENTRY_CLIENT, connection,
      g_variant_new (
          "(s@(a{sv}a{sv})tttbb@at)", peer_id, state,
          rw_seats_get_home (self->seats, peer_id),
          rw_seats_get_sent (self->seats, peer_id),
          rw_seats_get_by_log (alone->seats, peer_id),
          !g_hash_table_contains (alone->ours, peer_id),
          !rw_brain_has_same_status (rw_seats_get_brain (alone->seats),
                                     rw_seats_get_brain (self->seats), peer_id),
          new_numbers (rw_seats_get_told (alone->seats, peer_id))));
}

static void
make_said (RwReplica *self, RwReplicaAlone *alone, const char *peer_id)
{
  const GPtrArray *late = g_hash_table_lookup (alone->late, peer_id);
  guint64 received = rw_seats_get_received (alone->seats, peer_id);
  gboolean is_new = g_hash_table_lookup (alone->ours, peer_id) == NULL;

  if (late != NULL || received > rw_seats_get_received (self->seats, peer_id))
    rw_replica_make (self, RW_ENTRY_SAID, 0,
                     g_variant_new ("(stb@aay)", peer_id, received, is_new,
                                    new_late (late)));
}

/* Those first that are gone: their connections may be others' now. */
static void
make_gone (RwReplica *self, RwReplicaAlone *alone)
{
  g_autoptr (GList) ids = g_hash_table_get_keys (alone->ours);

  ids = g_list_sort (ids, (GCompareFunc) g_strcmp0);
  for (GList *l = ids; l != NULL; l = l->next) {
    g_autoptr (GVariant) state = save_client (alone->seats, l->data);

    if (state == NULL)
      rw_replica_make (
          self, RW_ENTRY_GONE, 0,
          g_variant_new ("(st)", l->data,
                         rw_seats_get_home (self->seats, l->data)));
  }
}

/* First what they have said: who says it again elsewhere is known then. Those
 * whose seats are new have to have them before they can have said anything. */
static void
make_clients (RwReplica *self, RwReplicaAlone *alone)
{
  g_autoptr (GPtrArray) ids =
      rw_seats_list_of_node (alone->seats, self->config.node);

  for (guint i = 0; i < ids->len; i++) {
    if (g_hash_table_lookup (alone->ours, ids->pdata[i]) != NULL)
      make_said (self, alone, ids->pdata[i]);
  }

  for (guint i = 0; i < ids->len; i++) {
    g_autoptr (GVariant) now = save_client (alone->seats, ids->pdata[i]);
    g_autoptr (GVariant) before = save_client (self->seats, ids->pdata[i]);

    if (now != NULL && !are_equal (now, before))
      make_client (self, alone, ids->pdata[i], now);
    if (now != NULL && g_hash_table_lookup (alone->ours, ids->pdata[i]) == NULL)
      make_said (self, alone, ids->pdata[i]);
  }
}

static void
make_session (const char *id, const char *producer, const char *consumer,
              gpointer user_data)
{
  Return *r = user_data;

  if (!rw_brain_has_session (rw_seats_get_brain (r->replica->seats), id))
    rw_replica_make (r->replica, RW_ENTRY_SESSION, 0,
                     g_variant_new ("(sss)", id, producer, consumer));
}

static void
make_session_end (const char *id, const char *producer, const char *consumer,
                  gpointer user_data)
{
  Return *r = user_data;

  if (!rw_brain_has_session (rw_seats_get_brain (r->alone->seats), id) &&
      (g_hash_table_contains (r->alone->ours, producer) ||
       g_hash_table_contains (r->alone->ours, consumer)))
    rw_replica_make (r->replica, RW_ENTRY_SESSION_END, 0,
                     g_variant_new_string (id));
}

static void
make_held (RwReplica *self, const RwReplicaAlone *alone)
{
  for (GList *l = alone->held.head; l != NULL; l = l->next) {
    const Held *held = l->data;

    rw_replica_make (self, held->kind, held->connection, held->body);
  }
}

static void
keep_output (RwReplica *self, RwReplicaAlone *alone)
{
  RwSeatsOutput output;

  while (rw_replica_pop_of (self, alone->seats, &output))
    g_queue_push_tail (&self->output, g_memdup2 (&output, sizeof output));
}

/**
 * rw_replica_come_back:
 *
 * The log is back: what came of being alone becomes entries, and what had to
 * wait, too. Where it is not alone nothing happens.
 */
void
rw_replica_come_back (RwReplica *self)
{
  RwReplicaAlone *alone = g_steal_pointer (&self->alone);
  Return r = {self, alone};

  if (alone == NULL)
    return;

  keep_output (self, alone);
  self->unsettled =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  make_gone (self, alone);
  rw_brain_foreach_session (rw_seats_get_brain (self->seats), make_session_end,
                            &r);
  make_clients (self, alone);
  rw_brain_foreach_session (rw_seats_get_brain (alone->seats), make_session,
                            &r);
  self->settled = self->last_made;
  make_held (self, alone);
  alone_free (alone);
}

/* --- Together again --- */

/** rw_replica_forget_told: whoever is there has to be told all. */
void
rw_replica_forget_told (RwReplica *self)
{
  g_clear_pointer (&self->told, g_array_unref);
  g_clear_pointer (&self->unsettled, g_hash_table_unref);
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *) a;
  guint64 y = *(const guint64 *) b;

  return (x > y) - (x < y);
}

/* What has a number is told anew with the one that it has for all. */
static gboolean
is_told (RwReplica *self, const RwEntry *entry, const RwSeatsOutput *output)
{
  return output->seq == 0 && entry->node == self->config.node &&
         g_array_binary_search (self->told, &entry->n, compare_numbers, NULL);
}

static gboolean
is_held_back (RwReplica *self, const RwSeatsOutput *output)
{
  const char *peer_id = rw_seats_get_peer_id (self->seats, output->connection);

  return output->message != NULL && peer_id != NULL &&
         g_hash_table_contains (self->unsettled, peer_id);
}

/**
 * rw_replica_filter:
 *
 * @entry has been applied. What our clients have heard of it while we were
 * alone they do not hear again; and those whose numbers have gone on since hear
 * nothing until their entries have come.
 */
void
rw_replica_filter (RwReplica *self, const RwEntry *entry)
{
  RwSeatsOutput output;

  if (self->unsettled == NULL)
    return;

  while (rw_replica_pop_of (self, self->seats, &output)) {
    if (is_told (self, entry, &output) || is_held_back (self, &output))
      rw_seats_output_clear (&output);
    else
      g_queue_push_tail (&self->output, g_memdup2 (&output, sizeof output));
  }
  if (rw_replica_is_settled (self))
    rw_replica_forget_told (self);
}

static void
update_connection (RwReplica *self, guint64 connection)
{
  if (connection == 0)
    return;

  if (rw_seats_get_peer_id (self->seats, connection) == NULL)
    g_tree_remove (self->connections, &connection);
  else if (!rw_replica_is_open (self, connection))
    rw_replica_add_connection (self, connection);
}

void
rw_replica_apply_gone (RwReplica *self, const RwEntry *entry)
{
  const char *peer_id;
  guint64 connection;
  guint64 home;

  g_variant_get (entry->body, "(&st)", &peer_id, &home);
  connection = rw_seats_get_connection (self->seats, peer_id);
  rw_seats_merge_gone (self->seats, entry->node, home, peer_id, self->time_us);
  update_connection (self, connection);
}

void
rw_replica_apply_said (RwReplica *self, const RwEntry *entry)
{
  g_autoptr (GVariant) texts = NULL;
  const char *peer_id;
  gboolean is_new;
  guint64 before;
  guint64 received;

  g_variant_get (entry->body, "(&stb@aay)", &peer_id, &received, &is_new,
                 &texts);
  before = is_new ? 0 : rw_seats_get_received (self->seats, peer_id);
  rw_seats_merge_received (self->seats, peer_id, received);
  for (gsize i = 0; i < g_variant_n_children (texts); i++) {
    g_autoptr (GVariant) text = g_variant_get_child_value (texts, i);
    g_autoptr (RwBrainMessage) message = parse (self, text);

    if (message != NULL && (message->seq == 0 || message->seq > before))
      rw_seats_merge_message (self->seats, peer_id, message, self->time_us);
  }
  rw_seats_merge_done (self->seats, peer_id);
}

void
rw_replica_apply_client (RwReplica *self, const RwEntry *entry)
{
  RwSeatsMerge merge = {.node = entry->node, .connection = entry->connection};
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GVariant) told = NULL;
  guint64 connection;
  const char *peer_id;

  g_variant_get (entry->body, "(&s@(a{sv}a{sv})tttbb@at)", &peer_id, &state,
                 &merge.home, &merge.base, &merge.by_log, &merge.is_new,
                 &merge.has_status, &told);
  merge.state = state;
  merge.told =
      g_variant_get_fixed_array (told, &merge.n_told, sizeof (guint64));
  if (entry->node == self->config.node && self->unsettled != NULL)
    g_hash_table_remove (self->unsettled, peer_id);

  connection = rw_seats_get_connection (self->seats, peer_id);
  rw_seats_merge_client (self->seats, &merge, self->time_us, NULL);
  rw_seats_merge_done (self->seats, peer_id);
  update_connection (self, connection);
  update_connection (self, entry->connection);
}

void
rw_replica_apply_session (RwReplica *self, const RwEntry *entry)
{
  const char *id;
  const char *producer;
  const char *consumer;

  g_variant_get (entry->body, "(&s&s&s)", &id, &producer, &consumer);
  rw_seats_merge_session (self->seats, entry->node, id, producer, consumer,
                          self->time_us);
}

void
rw_replica_apply_session_end (RwReplica *self, const RwEntry *entry)
{
  rw_seats_merge_session_end (self->seats, entry->node,
                              g_variant_get_string (entry->body, NULL),
                              self->time_us);
}
