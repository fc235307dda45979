/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-replica-private.h"
#include "rw-seats-merge.h"

/* What a node did while it was alone comes by the log, to all nodes, itself
 * among them. See rw-replica-alone.h. */

/* --- What our clients have heard --- */

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

/* What has a number is for nobody whom the entry has put off its connection:
 * it hears that on the next one. */
static gboolean
is_held_back (RwReplica *self, const RwSeatsOutput *output)
{
  const char *peer_id = rw_seats_get_peer_id (self->seats, output->connection);

  if (output->message == NULL)
    return FALSE;
  return peer_id != NULL ? g_hash_table_contains (self->unsettled, peer_id)
                         : output->seq != 0;
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

/* --- Entries --- */

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
  rw_seats_merge_received (self->seats, entry->node, peer_id, received);
  for (gsize i = 0; i < g_variant_n_children (texts); i++) {
    g_autoptr (GVariant) text = g_variant_get_child_value (texts, i);
    g_autoptr (RwBrainMessage) message = rw_replica_parse (self, text);

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
