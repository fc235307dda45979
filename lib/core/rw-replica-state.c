/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-replica-private.h"

/* A replica as bytes, and back. */

/* Of the log's entries, too. */
#define STATE_VERSION 5

/* version, position, time, limits, strict rooms, nodes (number, last entry,
 * down since), connections, seats */
#define STATE_TYPE "(u(tt)xaxasa(utx)atv)"

/* What a node has to take over from those that were there before it. */
static void
put_limits (const RwSeatsConfig *seats, gint64 *limits)
{
  limits[0] = seats->grace_us;
  limits[1] = seats->max_kept;
  limits[2] = (gint64) seats->max_kept_bytes;
  limits[3] = seats->max_waiting;
  limits[4] = seats->rooms.max_rooms;
  limits[5] = seats->rooms.max_rooms_per_member;
  limits[6] = seats->rooms.max_messages;
  limits[7] = (gint64) seats->rooms.max_bytes;
  limits[8] = seats->rooms.max_age_us;
  limits[9] = seats->rooms.floor.max_hold_us;
  limits[10] = seats->rooms.floor.grace_us;
  limits[11] = seats->rooms.floor.max_queue;
  limits[12] = (gint64) seats->rooms.max_total_bytes;
}

#define N_LIMITS 13

static void
take_limits (RwSeatsConfig *seats, const gint64 *limits)
{
  seats->grace_us = limits[0];
  seats->max_kept = (guint) limits[1];
  seats->max_kept_bytes = (gsize) limits[2];
  seats->max_waiting = (guint) limits[3];
  seats->rooms.max_rooms = (guint) limits[4];
  seats->rooms.max_rooms_per_member = (guint) limits[5];
  seats->rooms.max_messages = (guint) limits[6];
  seats->rooms.max_bytes = (gsize) limits[7];
  seats->rooms.max_age_us = limits[8];
  seats->rooms.floor.max_hold_us = limits[9];
  seats->rooms.floor.grace_us = limits[10];
  seats->rooms.floor.max_queue = (guint) limits[11];
  seats->rooms.max_total_bytes = (gsize) limits[12];
}

static gboolean
limits_are_sound (const gint64 *limits, gsize n)
{
  if (n != N_LIMITS)
    return FALSE;

  for (gsize i = 0; i < n; i++) {
    if (limits[i] < 0 || limits[i] > G_MAXINT64 / 2)
      return FALSE;
  }
  return limits[1] > 0 && limits[1] <= G_MAXINT32;
}

static gboolean
save_node (gpointer key, gpointer value, gpointer builder)
{
  const RwReplicaNode *node = value;

  g_variant_builder_add (builder, "(utx)", node->number, node->last,
                         node->down_us);
  return FALSE;
}

static gboolean
save_connection (gpointer key, gpointer value, gpointer builder)
{
  g_variant_builder_add (builder, "t", *(guint64 *) key);
  return FALSE;
}

/** rw_replica_save: the same bytes at every node that has come as far. */
GBytes *
rw_replica_save (RwReplica *self)
{
  gint64 limits[N_LIMITS];
  GVariantBuilder nodes;
  GVariantBuilder connections;

  put_limits (&self->config.seats, limits);
  g_variant_builder_init (&nodes, G_VARIANT_TYPE ("a(utx)"));
  g_tree_foreach (self->nodes, save_node, &nodes);
  g_variant_builder_init (&connections, G_VARIANT_TYPE ("at"));
  g_tree_foreach (self->connections, save_connection, &connections);

  return rw_entry_store (g_variant_new (
      "(u(tt)x@ax^asa(utx)atv)", STATE_VERSION, self->position.ms,
      self->position.seq, self->time_us,
      g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, limits, N_LIMITS,
                                 sizeof (gint64)),
      self->strict_rooms, &nodes, &connections, rw_seats_save (self->seats)));
}

/* How another's state is to ours, by the entries that are in it. */
typedef struct {
  gboolean has_more;
  gboolean lacks_some;
} Difference;

static void
compare (RwReplica *self, GVariant *nodes, Difference *difference)
{
  gint n_common = 0;
  GVariantIter iter;
  guint32 number;
  guint64 last;

  g_variant_iter_init (&iter, nodes);
  while (g_variant_iter_next (&iter, "(utx)", &number, &last, NULL)) {
    const RwReplicaNode *ours = rw_replica_find_node (self, number);

    n_common += ours != NULL;
    difference->has_more |= last > (ours != NULL ? ours->last : 0);
    difference->lacks_some |= ours != NULL && last < ours->last;
  }
  difference->lacks_some |= n_common < g_tree_nnodes (self->nodes);
}

static gboolean
collect_connection (gpointer key, gpointer value, gpointer user_data)
{
  GArray *connections = user_data;

  g_array_append_vals (connections, key, 1);
  return FALSE;
}

static GArray *
get_connections (RwReplica *self)
{
  GArray *connections = g_array_new (FALSE, FALSE, sizeof (guint64));

  g_tree_foreach (self->connections, collect_connection, connections);
  return connections;
}

/* What the entries that we had not read led to is not told to our clients any
 * more: they have to come again, and are told then. What those led to that are
 * lost may have been told: who has heard it cannot go on. */
static void
lose_sight (RwReplica *self, const Difference *difference, GArray *connections)
{
  if (!difference->has_more && !difference->lacks_some)
    return;

  rw_replica_forget_told (self);
  self->last_unknown = self->last_connection;
  for (guint i = 0; difference->lacks_some && i < connections->len; i++) {
    guint64 connection = g_array_index (connections, guint64, i);

    if (rw_seats_node_of (connection) == self->config.node)
      rw_replica_disconnect (self, connection, TRUE);
  }
}

static void
load_nodes (RwReplica *self, GVariant *nodes)
{
  GVariantIter iter;
  guint32 number;
  guint64 last;
  gint64 down_us;

  g_tree_remove_all (self->nodes);
  g_variant_iter_init (&iter, nodes);
  while (g_variant_iter_next (&iter, "(utx)", &number, &last, &down_us)) {
    RwReplicaNode *node = rw_replica_add_node (self, number);

    node->last = last;
    node->down_us = down_us;
  }
}

static void
load_connections (RwReplica *self, GVariantIter *connections)
{
  guint64 connection;

  g_tree_remove_all (self->connections);
  while (g_variant_iter_next (connections, "t", &connection))
    rw_replica_add_connection (self, connection);
}

/* What was not applied in the state that is loaded now is to be sent again. */
static void
reopen_made (RwReplica *self)
{
  guint64 last = rw_replica_get_last_applied (self);

  self->pending_bytes = 0;
  self->n_old = 0;
  for (guint i = 0; i < self->made->len; i++) {
    RwReplicaMade *made = g_ptr_array_index (self->made, i);

    if (self->first_made + i > last) {
      made->applied_us = 0;
      self->pending_bytes += g_bytes_get_size (made->bytes);
    } else if (made->applied_us == 0) {
      made->applied_us = self->time_us;
    }
  }
}

static gboolean
load (RwReplica *self, GVariant *value)
{
  g_autoptr (GArray) open = get_connections (self);
  Difference difference = {FALSE};
  g_autoptr (GVariant) nodes = NULL;
  g_autoptr (GVariantIter) connections = NULL;
  g_autoptr (GVariant) limits = NULL;
  g_auto (GStrv) strict_rooms = NULL;
  g_autoptr (GVariant) state = NULL;
  RwSeatsConfig config = self->config.seats;
  const gint64 *numbers;
  guint32 version;
  gsize n;
  gint64 time_us;
  RwReplicaPosition position;
  RwSeats *seats;

  g_variant_get (value, "(u(tt)x@ax^as@a(utx)atv)", &version, &position.ms,
                 &position.seq, &time_us, &limits, &strict_rooms, &nodes,
                 &connections, &state);
  numbers = g_variant_get_fixed_array (limits, &n, sizeof (gint64));
  if (version != STATE_VERSION || !limits_are_sound (numbers, n))
    return FALSE;

  take_limits (&config, numbers);
  config.rooms.strict_rooms = strict_rooms;
  seats = rw_seats_load (&config, state, NULL);
  if (seats == NULL)
    return FALSE;

  rw_seats_free (self->seats);
  self->seats = seats;
  self->config.seats = config;
  g_strfreev (self->strict_rooms);
  self->strict_rooms = g_steal_pointer (&strict_rooms);
  self->position = position;
  self->time_us = time_us;
  compare (self, nodes, &difference);
  load_nodes (self, nodes);
  load_connections (self, connections);
  reopen_made (self);
  lose_sight (self, &difference, open);
  return TRUE;
}

/**
 * rw_replica_load:
 *
 * Goes on from what rw_replica_save() gave at any node, with its limits. The
 * entries of this node that are not in it will be wanted again. Connections
 * that were open are not known any more, unless the state was our own. On an
 * error nothing has changed. Not while it is alone.
 */
gboolean
rw_replica_load (RwReplica *self, GBytes *state, GError **error)
{
  g_autoptr (GVariant) value = NULL;

  g_return_val_if_fail (self->alone == NULL, FALSE);

  value = rw_entry_restore (G_VARIANT_TYPE (STATE_TYPE), state);

  if (value != NULL && load (self, value))
    return TRUE;

  g_set_error_literal (error, RW_REPLICA_ERROR, RW_REPLICA_ERROR_STATE,
                       "what is stored is no state of this version");
  return FALSE;
}
