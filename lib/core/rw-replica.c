/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-replica-private.h"

#include <string.h>

/* Codes outlive their entries; we have a few, and none is longer. */
#define MAX_CODE 32

/* An entry that says that it is this much later than the last is wrong. */
#define MAX_STEP_US (86400 * G_GINT64_CONSTANT (1000000))

/* So long it is known how far a node that is down had come. */
#define FORGET_NODE_US (3600 * G_GINT64_CONSTANT (1000000))

G_DEFINE_QUARK (rw - replica - error - quark, rw_replica_error)

/* --- Names --- */

static char *
new_id (gpointer user_data)
{
  RwReplica *self = user_data;

  return rw_entry_make_uuid (self->entry, self->n_names++);
}

static char *
new_token (gpointer user_data)
{
  RwReplica *self = user_data;

  return rw_entry_make_token (self->entry, self->n_names++);
}

/* --- Nodes and connections, in order --- */

static int
compare_numbers (gconstpointer a, gconstpointer b, gpointer unused)
{
  guint64 x = *(const guint64 *) a;
  guint64 y = *(const guint64 *) b;

  return (x > y) - (x < y);
}

static int
compare_nodes (gconstpointer a, gconstpointer b, gpointer unused)
{
  guint32 x = *(const guint32 *) a;
  guint32 y = *(const guint32 *) b;

  return (x > y) - (x < y);
}

void
rw_replica_add_connection (RwReplica *self, guint64 connection)
{
  g_tree_insert (self->connections, g_memdup2 (&connection, sizeof connection),
                 NULL);
}

gboolean
rw_replica_is_open (RwReplica *self, guint64 connection)
{
  return g_tree_lookup_node (self->connections, &connection) != NULL;
}

RwReplicaNode *
rw_replica_find_node (RwReplica *self, guint32 number)
{
  return g_tree_lookup (self->nodes, &number);
}

RwReplicaNode *
rw_replica_add_node (RwReplica *self, guint32 number)
{
  RwReplicaNode *node = g_new0 (RwReplicaNode, 1);

  node->number = number;
  g_tree_insert (self->nodes, &node->number, node);
  return node;
}

/* --- Applying --- */

static void
apply_connect (RwReplica *self, const RwEntry *entry)
{
  if (rw_seats_node_of (entry->connection) != entry->node ||
      rw_replica_is_open (self, entry->connection))
    return;

  rw_replica_add_connection (self, entry->connection);
  rw_seats_connect (self->seats, entry->connection,
                    rw_entry_load_grants (entry->body));
}

static void
disconnect (RwReplica *self, guint64 connection)
{
  rw_seats_disconnect (self->seats, connection, self->time_us);
  g_tree_remove (self->connections, &connection);
}

static void
apply_disconnect (RwReplica *self, const RwEntry *entry)
{
  if (g_variant_get_boolean (entry->body))
    rw_seats_leave (self->seats, entry->connection, self->time_us);
  disconnect (self, entry->connection);
}

/* (transfer full) (nullable): @text is an ay. */
RwBrainMessage *
rw_replica_parse (RwReplica *self, GVariant *text)
{
  gsize len;
  const char *data = g_variant_get_fixed_array (text, &len, 1);
  g_autofree char *copy = NULL;

  /* GVariant has no data then. */
  if (len == 0)
    return NULL;

  copy = g_strndup (data, len);
  return self->config.parse (copy, len, self->config.user_data);
}

static void
apply_handle (RwReplica *self, const RwEntry *entry)
{
  g_autoptr (RwBrainMessage) message = rw_replica_parse (self, entry->body);

  if (message != NULL)
    rw_seats_handle (self->seats, entry->connection, message, self->time_us);
}

void
rw_replica_apply_fail (RwSeats *seats, const RwEntry *entry)
{
  const char *code;
  const char *details;
  guint64 retry_after_ms;

  g_variant_get (entry->body, "(&s&st)", &code, &details, &retry_after_ms);
  if (strlen (code) <= MAX_CODE)
    rw_seats_fail (seats, entry->connection, g_intern_string (code), details,
                   retry_after_ms);
}

static void
apply_quality (RwReplica *self, const RwEntry *entry)
{
  const char *room_id;
  const char *peer_id;
  guint32 quality;

  g_variant_get (entry->body, "(&s&su)", &room_id, &peer_id, &quality);
  if (quality <= RW_QUALITY_POOR)
    rw_rooms_set_quality (rw_seats_get_rooms (self->seats), room_id, peer_id,
                          (RwQuality) quality);
}

static gboolean
is_forgotten (gpointer key, gpointer value, gpointer user_data)
{
  const RwReplicaNode *node = value;
  GPtrArray *forgotten = user_data;
  gint64 now_us = *(gint64 *) g_ptr_array_index (forgotten, 0);

  if (node->down_us != 0 && node->down_us < now_us - FORGET_NODE_US)
    g_ptr_array_add (forgotten, key);
  return FALSE;
}

static void
forget_nodes (RwReplica *self)
{
  g_autoptr (GPtrArray) forgotten = g_ptr_array_new ();

  g_ptr_array_add (forgotten, &self->time_us);
  g_tree_foreach (self->nodes, is_forgotten, forgotten);
  for (guint i = 1; i < forgotten->len; i++)
    g_tree_remove (self->nodes, g_ptr_array_index (forgotten, i));
}

static void
apply_node_down (RwReplica *self, const RwEntry *entry)
{
  guint32 number = g_variant_get_uint32 (entry->body);
  RwReplicaNode *node = rw_replica_find_node (self, number);
  guint64 first = (guint64) number << 32;
  GTreeNode *next;

  if (node == NULL)
    return;

  node->down_us = self->time_us;
  if (number == self->config.node)
    self->declared_down = TRUE;
  while ((next = g_tree_lower_bound (self->connections, &first)) != NULL &&
         rw_seats_node_of (*(guint64 *) g_tree_node_key (next)) == number)
    disconnect (self, *(guint64 *) g_tree_node_key (next));
  forget_nodes (self);
}

static gboolean
needs_connection (RwEntryKind kind)
{
  return kind == RW_ENTRY_DISCONNECT || kind == RW_ENTRY_HANDLE ||
         kind == RW_ENTRY_FAIL;
}

static void
apply_entry (RwReplica *self, const RwEntry *entry)
{
  /* Of a node that was declared down, and does not know it yet. */
  if (needs_connection (entry->kind) &&
      !rw_replica_is_open (self, entry->connection))
    return;

  switch (entry->kind) {
  case RW_ENTRY_CONNECT:
    apply_connect (self, entry);
    return;
  case RW_ENTRY_DISCONNECT:
    apply_disconnect (self, entry);
    return;
  case RW_ENTRY_HANDLE:
    apply_handle (self, entry);
    return;
  case RW_ENTRY_FAIL:
    rw_replica_apply_fail (self->seats, entry);
    return;
  case RW_ENTRY_WAKE:
    rw_seats_wake (self->seats, self->time_us);
    return;
  case RW_ENTRY_NODE_DOWN:
    apply_node_down (self, entry);
    return;
  case RW_ENTRY_QUALITY:
    apply_quality (self, entry);
    return;
  case RW_ENTRY_GONE:
    rw_replica_apply_gone (self, entry);
    return;
  case RW_ENTRY_CLIENT:
    rw_replica_apply_client (self, entry);
    return;
  case RW_ENTRY_SAID:
    rw_replica_apply_said (self, entry);
    return;
  case RW_ENTRY_SESSION:
    rw_replica_apply_session (self, entry);
    return;
  case RW_ENTRY_SESSION_END:
    rw_replica_apply_session_end (self, entry);
    return;
  default:
    g_assert_not_reached ();
  }
}

/* FALSE when @entry is not the next one of its node. */
static gboolean
take_number (RwReplica *self, const RwEntry *entry)
{
  RwReplicaNode *node = rw_replica_find_node (self, entry->node);

  if (entry->n != (node != NULL ? node->last + 1 : 1))
    return FALSE;

  if (node == NULL)
    node = rw_replica_add_node (self, entry->node);
  node->last = entry->n;
  node->down_us = 0;
  if (entry->node == self->config.node)
    rw_replica_note_applied (self, entry->n);
  return TRUE;
}

/* The log's clock is the one that counts, but one that was set back says the
 * same for as long as it takes to be where it was. Nodes that knew it before
 * then know better, and nothing that is due waits. */
static void
take_time (RwReplica *self, const RwEntry *entry)
{
  if (entry->time_us > self->time_us)
    self->time_us += MIN (entry->time_us - self->time_us, MAX_STEP_US);
}

/**
 * rw_replica_apply:
 * @position: behind all that were applied before
 *
 * The log's next entry, whoever made it. An error says that it is no entry; it
 * is then passed over, as everywhere else.
 */
gboolean
rw_replica_apply (RwReplica *self, const RwReplicaPosition *position,
                  GBytes *bytes, GError **error)
{
  g_auto (RwEntry) entry = {0};

  self->position = *position;
  self->time_us = MAX (self->time_us, (gint64) position->ms * 1000);
  if (!rw_entry_from_bytes (&entry, bytes)) {
    g_set_error (error, RW_REPLICA_ERROR, RW_REPLICA_ERROR_ENTRY,
                 "%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
                 " in the log is no entry",
                 position->ms, position->seq);
    return FALSE;
  }
  take_time (self, &entry);
  if (!take_number (self, &entry))
    return TRUE;

  self->entry = &entry;
  self->n_names = 0;
  rw_seats_set_cause (self->seats, entry.node, entry.n);
  apply_entry (self, &entry);
  rw_replica_filter (self, &entry);
  self->entry = NULL;
  return TRUE;
}

void
rw_replica_get_position (RwReplica *self, RwReplicaPosition *position)
{
  *position = self->position;
}

/** rw_replica_set_position: the log has begun anew. */
void
rw_replica_set_position (RwReplica *self, const RwReplicaPosition *position)
{
  self->position = *position;
}

/** rw_replica_get_time_us: of the last entry; the log's clock, not ours. */
gint64
rw_replica_get_time_us (RwReplica *self)
{
  return self->time_us;
}

/** rw_replica_get_wake_us: when, by the log's clock, a wake is due. */
gint64
rw_replica_get_wake_us (RwReplica *self)
{
  return self->alone != NULL ? rw_replica_alone_get_wake_us (self)
                             : rw_seats_get_wake_us (self->seats);
}

/* What @seats have to say to clients of this node. */
gboolean
rw_replica_pop_of (RwReplica *self, RwSeats *seats, RwSeatsOutput *output)
{
  while (rw_seats_pop (seats, output)) {
    if (rw_seats_node_of (output->connection) == self->config.node)
      return TRUE;
    rw_seats_output_clear (output);
  }

  return FALSE;
}

/**
 * rw_replica_pop:
 *
 * As rw_seats_pop(), of what is for connections of this node.
 */
gboolean
rw_replica_pop (RwReplica *self, RwSeatsOutput *output)
{
  g_autofree RwSeatsOutput *head = g_queue_pop_head (&self->output);

  if (head != NULL) {
    *output = *head;
    return TRUE;
  }
  return rw_replica_pop_of (self, rw_replica_get_seats (self), output);
}

/**
 * rw_replica_take_declared_down:
 *
 * TRUE once, after another node has declared this one down: its connections
 * are closed for all, and it has to close them too.
 */
gboolean
rw_replica_take_declared_down (RwReplica *self)
{
  gboolean declared_down = self->declared_down;

  self->declared_down = FALSE;
  return declared_down;
}

typedef struct {
  RwReplica *replica;
  GArray *numbers;
} OtherNodes;

static gboolean
add_other_node (gpointer key, gpointer value, gpointer user_data)
{
  const RwReplicaNode *node = value;
  OtherNodes *others = user_data;

  if (node->down_us == 0 && node->number != others->replica->config.node)
    g_array_append_val (others->numbers, node->number);
  return FALSE;
}

/** rw_replica_get_other_nodes: (transfer full): those not known to be down. */
GArray *
rw_replica_get_other_nodes (RwReplica *self)
{
  OtherNodes others = {self, g_array_new (FALSE, FALSE, sizeof (guint32))};

  g_tree_foreach (self->nodes, add_other_node, &others);
  return others.numbers;
}

/** rw_replica_get_seats: (transfer none): to read; until the next load, or
 * until it is alone, or no more. */
RwSeats *
rw_replica_get_seats (RwReplica *self)
{
  return self->alone != NULL ? rw_replica_alone_get_seats (self) : self->seats;
}

int
rw_replica_position_compare (const RwReplicaPosition *a,
                             const RwReplicaPosition *b)
{
  if (a->ms != b->ms)
    return a->ms < b->ms ? -1 : 1;
  return (a->seq > b->seq) - (a->seq < b->seq);
}

/* --- Life --- */

RwReplica *
rw_replica_new (const RwReplicaConfig *config)
{
  RwReplica *self;

  g_return_val_if_fail (config->node != 0, NULL);
  g_return_val_if_fail (config->parse != NULL, NULL);
  g_return_val_if_fail (config->new_seed != NULL, NULL);

  self = g_new0 (RwReplica, 1);
  self->config = *config;
  self->config.seats.new_id = new_id;
  self->config.seats.new_token = new_token;
  self->config.seats.user_data = self;
  self->strict_rooms =
      config->seats.rooms.strict_rooms != NULL
          ? g_strdupv ((char **) config->seats.rooms.strict_rooms)
          : g_new0 (char *, 1);
  self->config.seats.rooms.strict_rooms = self->strict_rooms;
  self->seats = rw_seats_new (&self->config.seats);
  self->made = g_ptr_array_new_with_free_func (rw_replica_made_free);
  self->first_made = 1;
  self->nodes = g_tree_new_full (compare_nodes, NULL, NULL, g_free);
  self->connections = g_tree_new_full (compare_numbers, NULL, g_free, NULL);
  return self;
}

static void
clear_output (RwReplica *self)
{
  RwSeatsOutput *output;

  while ((output = g_queue_pop_head (&self->output)) != NULL) {
    rw_seats_output_clear (output);
    g_free (output);
  }
}

/** rw_replica_free: NULL is fine. */
void
rw_replica_free (RwReplica *self)
{
  if (self == NULL)
    return;

  rw_replica_alone_free (self->alone);
  rw_replica_forget_told (self);
  clear_output (self);
  g_ptr_array_unref (self->made);
  rw_seats_free (self->seats);
  g_strfreev (self->strict_rooms);
  g_tree_unref (self->nodes);
  g_tree_unref (self->connections);
  g_free (self);
}
