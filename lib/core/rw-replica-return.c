/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-replica-alone.h"

#include "rw-brain-merge.h"
#include "rw-seats-merge.h"

/* The log is back: what this node did alone becomes entries. See
 * rw-replica-alone.h for which, and why in that order. */

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

static gboolean
has_known_seat (const RwReplicaAlone *alone, const char *peer_id)
{
  return g_hash_table_lookup (alone->ours, peer_id) != NULL;
}

static void
make_said (RwReplica *self, RwReplicaAlone *alone, const char *peer_id)
{
  const GPtrArray *late = g_hash_table_lookup (alone->late, peer_id);
  guint64 received = rw_seats_get_received (alone->seats, peer_id);
  gboolean is_new = !has_known_seat (alone, peer_id);

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

static void
make_said_of_known (RwReplica *self, RwReplicaAlone *alone,
                    const GPtrArray *ids)
{
  for (guint i = 0; i < ids->len; i++) {
    if (has_known_seat (alone, ids->pdata[i]))
      make_said (self, alone, ids->pdata[i]);
  }
}

/* Those whose seats are new have to have them before they can have said
 * anything. */
static void
make_clients (RwReplica *self, RwReplicaAlone *alone, const GPtrArray *ids)
{
  for (guint i = 0; i < ids->len; i++) {
    g_autoptr (GVariant) now = save_client (alone->seats, ids->pdata[i]);
    g_autoptr (GVariant) before = save_client (self->seats, ids->pdata[i]);

    if (now != NULL && !are_equal (now, before))
      make_client (self, alone, ids->pdata[i], now);
    if (now != NULL && !has_known_seat (alone, ids->pdata[i]))
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
    const RwReplicaHeld *held = l->data;

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
  g_autoptr (GPtrArray) ids = NULL;
  Return r = {self, alone};

  if (alone == NULL)
    return;

  keep_output (self, alone);
  self->unsettled =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  ids = rw_seats_list_of_node (alone->seats, self->config.node);
  make_gone (self, alone);
  make_said_of_known (self, alone, ids);
  rw_brain_foreach_session (rw_seats_get_brain (self->seats), make_session_end,
                            &r);
  make_clients (self, alone, ids);
  rw_brain_foreach_session (rw_seats_get_brain (alone->seats), make_session,
                            &r);
  self->settled = self->last_made;
  make_held (self, alone);
  rw_replica_alone_free (alone);
}
