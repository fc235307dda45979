/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-replica-alone.h"

#include "rw-seats-merge.h"

/* A node that goes on alone while the log is away: what its clients say to each
 * other is handled at once, on a copy of the seats. See the header. */

/* What something that is held costs besides its bytes: who said it cannot leave
 * before it is told, and takes place for as long. */
#define HELD_COST 256

static void
held_free (gpointer data)
{
  RwReplicaHeld *held = data;

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

static gsize
get_cost (GVariant *body)
{
  return HELD_COST + g_variant_get_size (body);
}

static void
hold (RwReplicaAlone *alone, const RwEntry *entry)
{
  RwReplicaHeld *held = g_new (RwReplicaHeld, 1);
  GQueue *of_blocked = g_hash_table_lookup (alone->blocked, &entry->connection);

  *held = (RwReplicaHeld){entry->kind, entry->connection,
                          g_variant_ref (entry->body)};
  alone->bytes += get_cost (entry->body);
  g_queue_push_tail (&alone->held, held);
  if (of_blocked != NULL)
    g_queue_push_tail (of_blocked, alone->held.tail);
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

/* One that was made before comes by the log. But if all take this node for dead
 * there, its client sits on the connection again after it, and that it has
 * ended has to be said once more. */
static void
hold_blocked (RwReplicaAlone *alone, const RwEntry *entry)
{
  if (entry->n == 0 || entry->kind == RW_ENTRY_DISCONNECT)
    hold (alone, entry);
}

static void
block (RwReplica *self, const RwEntry *entry)
{
  g_hash_table_insert (self->alone->blocked,
                       g_memdup2 (&entry->connection, sizeof entry->connection),
                       g_queue_new ());
  hold_blocked (self->alone, entry);
}

/* A seat is kept for its grace, and no longer is it waited for. */
static void
wait_for_seat (RwReplica *self, const RwEntry *entry)
{
  RwReplicaClaim *claim;

  block (self, entry);
  if (entry->n != 0)
    return;

  claim = g_new (RwReplicaClaim, 1);
  *claim = (RwReplicaClaim){entry->connection,
                            entry->time_us + self->config.seats.grace_us};
  g_queue_push_tail (&self->alone->claims, claim);
}

/* TRUE when it has been handled. */
static gboolean
handle (RwReplica *self, const RwEntry *entry)
{
  RwReplicaAlone *alone = self->alone;
  g_autoptr (RwBrainMessage) message = rw_replica_parse (self, entry->body);

  if (message == NULL)
    return TRUE;
  if (alone->refusing)
    g_clear_pointer (&message->token, g_free);

  switch (rw_seats_judge (alone->seats, entry->connection, message)) {
  case RW_SEATS_NOW:
    rw_seats_handle (alone->seats, entry->connection, message, entry->time_us);
    return TRUE;
  case RW_SEATS_LATER:
    put_off (self, entry, message);
    return FALSE;
  case RW_SEATS_BLOCK:
  default:
    wait_for_seat (self, entry);
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

/* TRUE when all that it leads to has been told. */
static gboolean
apply (RwReplica *self, const RwEntry *entry)
{
  RwReplicaAlone *alone = self->alone;

  if (g_hash_table_contains (alone->blocked, &entry->connection)) {
    hold_blocked (alone, entry);
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
    rw_replica_apply_fail (alone->seats, entry);
    return TRUE;
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

/* --- Those who claim seats of other nodes --- */

/* (transfer full): what was held since @connection was blocked. */
static GQueue *
unblock (RwReplicaAlone *alone, guint64 connection)
{
  GQueue *links = g_hash_table_lookup (alone->blocked, &connection);
  GQueue *said = g_queue_new ();
  GList *link;

  while ((link = g_queue_pop_head (links)) != NULL) {
    RwReplicaHeld *held = link->data;

    g_queue_delete_link (&alone->held, link);
    alone->bytes -= get_cost (held->body);
    g_queue_push_tail (said, held);
  }
  g_hash_table_remove (alone->blocked, &connection);
  return said;
}

/* Its client gets another seat, and what it has said since is handled. */
static void
refuse (RwReplica *self, guint64 connection)
{
  RwReplicaAlone *alone = self->alone;
  g_autoptr (GQueue) said = unblock (alone, connection);
  RwReplicaHeld *held;

  alone->refusing = TRUE;
  while ((held = g_queue_pop_head (said)) != NULL) {
    rw_replica_alone_take (self, held->kind, connection, held->body);
    alone->refusing = FALSE;
    held_free (held);
  }
  alone->refusing = FALSE;
}

static gint64
get_claim_end_us (const RwReplicaAlone *alone)
{
  const RwReplicaClaim *first = g_queue_peek_head ((GQueue *) &alone->claims);

  return first != NULL ? first->until_us : G_MAXINT64;
}

/** rw_replica_alone_get_wake_us: when a wake is due. */
gint64
rw_replica_alone_get_wake_us (RwReplica *self)
{
  return MIN (rw_seats_get_wake_us (self->alone->seats),
              get_claim_end_us (self->alone));
}

/** rw_replica_alone_wake: does all that is due. */
void
rw_replica_alone_wake (RwReplica *self)
{
  gint64 now_us = rw_replica_get_log_time_us (self);

  rw_seats_wake (self->alone->seats, now_us);
  while (get_claim_end_us (self->alone) <= now_us) {
    g_autofree RwReplicaClaim *claim = g_queue_pop_head (&self->alone->claims);

    refuse (self, claim->connection);
  }
}

/* --- Alone, from now on --- */

/* Those entries that the log may have got, or may get yet. What follows from
 * them is told now; where it was all, it is not told again (see is_told()). */
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

static RwReplicaAlone *
alone_new (RwReplica *self)
{
  RwReplicaAlone *alone = g_new0 (RwReplicaAlone, 1);

  alone->ours = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  alone->blocked = new_connections ();
  alone->holding = new_connections ();
  alone->late = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_ptr_array_unref);
  alone->seats =
      rw_seats_go_alone (self->seats, &self->config.seats, self->config.node);
  return alone;
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

  rw_replica_forget_told (self);
  self->alone = alone_new (self);
  note_ours_before (self);
  return TRUE;
}

/** rw_replica_is_alone: whether what happens here makes no entries now. */
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

/** rw_replica_alone_free: what was done alone is lost. NULL is fine. */
void
rw_replica_alone_free (RwReplicaAlone *alone)
{
  if (alone == NULL)
    return;

  rw_seats_free (alone->seats);
  g_hash_table_unref (alone->ours);
  g_queue_clear_full (&alone->held, held_free);
  g_queue_clear_full (&alone->claims, g_free);
  g_hash_table_unref (alone->blocked);
  g_hash_table_unref (alone->holding);
  g_hash_table_unref (alone->late);
  g_free (alone);
}
