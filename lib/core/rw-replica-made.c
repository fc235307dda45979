/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this node appends to the log: made here, numbered, and kept until
 * it cannot be needed again. */
#include "rw-replica-private.h"

/* Entries that have been applied are kept for so long: a log that comes back
 * without its end gets them again. */
#define KEEP_US (30 * G_GINT64_CONSTANT (1000000))

void
rw_replica_made_free (gpointer data)
{
  RwReplicaMade *made = data;

  g_bytes_unref (made->bytes);
  g_free (made);
}

/* What time it is by the log's clock, as far as we know. */
gint64
rw_replica_get_log_time_us (RwReplica *self)
{
  if (self->config.get_time_us == NULL)
    return self->time_us;
  return self->config.get_time_us (self->config.user_data);
}

void
rw_replica_make (RwReplica *self, RwEntryKind kind, guint64 connection,
                 GVariant *body)
{
  RwEntry entry = {.kind = kind,
                   .node = self->config.node,
                   .n = ++self->last_made,
                   .connection = connection,
                   .time_us = rw_replica_get_log_time_us (self),
                   .body = body};
  RwReplicaMade *made = g_new0 (RwReplicaMade, 1);

  self->config.new_seed (entry.seed, self->config.user_data);
  made->opens =
      kind == RW_ENTRY_CONNECT || kind == RW_ENTRY_CLIENT ? connection : 0;
  made->bytes = rw_entry_to_bytes (&entry);
  self->pending_bytes += g_bytes_get_size (made->bytes);
  g_ptr_array_add (self->made, made);
}

static void
take (RwReplica *self, RwEntryKind kind, guint64 connection, GVariant *body)
{
  if (self->alone != NULL)
    rw_replica_alone_take (self, kind, connection, body);
  else
    rw_replica_make (self, kind, connection, body);
}

/** rw_replica_new_connection: a number that no connection of any node has. */
guint64
rw_replica_new_connection (RwReplica *self)
{
  return (guint64) self->config.node << 32 | ++self->last_connection;
}

/** rw_replica_connect: @grants are nullable. */
void
rw_replica_connect (RwReplica *self, guint64 connection, const RwGrants *grants)
{
  take (self, RW_ENTRY_CONNECT, connection, rw_entry_save_grants (grants));
}

/** rw_replica_disconnect: @goodbye: the client meant to go. */
void
rw_replica_disconnect (RwReplica *self, guint64 connection, gboolean goodbye)
{
  take (self, RW_ENTRY_DISCONNECT, connection, g_variant_new_boolean (goodbye));
}

/** rw_replica_handle: @text has been parsed, and was a message. */
void
rw_replica_handle (RwReplica *self, guint64 connection, const char *text,
                   gsize len)
{
  take (self, RW_ENTRY_HANDLE, connection,
        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, text, len, 1));
}

/** rw_replica_fail: as rw_seats_fail(). @details need not be UTF-8. */
void
rw_replica_fail (RwReplica *self, guint64 connection, const char *code,
                 const char *details, guint64 retry_after_ms)
{
  g_autofree char *valid = g_utf8_make_valid (details, -1);

  take (self, RW_ENTRY_FAIL, connection,
        g_variant_new ("(sst)", code, valid, retry_after_ms));
}

/** rw_replica_set_quality: as rw_rooms_set_quality(). */
void
rw_replica_set_quality (RwReplica *self, const char *room_id,
                        const char *peer_id, RwQuality quality)
{
  take (self, RW_ENTRY_QUALITY, 0,
        g_variant_new ("(ssu)", room_id, peer_id, (guint32) quality));
}

/** rw_replica_wake: rw_replica_get_wake_us() is over. */
void
rw_replica_wake (RwReplica *self)
{
  if (self->alone != NULL)
    rw_replica_alone_wake (self);
  else
    rw_replica_make (self, RW_ENTRY_WAKE, 0, g_variant_new_boolean (TRUE));
}

/** rw_replica_declare_down: nobody is there any more at @node. */
void
rw_replica_declare_down (RwReplica *self, guint32 node)
{
  take (self, RW_ENTRY_NODE_DOWN, 0, g_variant_new_uint32 (node));
}

guint64
rw_replica_get_last_made (RwReplica *self)
{
  return self->last_made;
}

guint64
rw_replica_get_last_applied (RwReplica *self)
{
  const RwReplicaNode *node = rw_replica_find_node (self, self->config.node);

  return node != NULL ? node->last : 0;
}

static RwReplicaMade *
find_made (RwReplica *self, guint64 n)
{
  if (n < self->first_made || n - self->first_made >= self->made->len)
    return NULL;
  return g_ptr_array_index (self->made, n - self->first_made);
}

/** rw_replica_get_entry: (nullable) (transfer none): this node's @n-th. */
GBytes *
rw_replica_get_entry (RwReplica *self, guint64 n)
{
  const RwReplicaMade *made = find_made (self, n);

  return made != NULL ? made->bytes : NULL;
}

/** rw_replica_get_pending_bytes: of entries that have not been applied. */
gsize
rw_replica_get_pending_bytes (RwReplica *self)
{
  return self->pending_bytes + rw_replica_alone_get_bytes (self);
}

/* By the log's clock. Half of them at a time, so that each moves but once. */
static void
forget_made (RwReplica *self)
{
  while (self->n_old < self->made->len) {
    const RwReplicaMade *made = g_ptr_array_index (self->made, self->n_old);

    if (made->applied_us == 0 || made->applied_us >= self->time_us - KEEP_US)
      break;
    self->n_old++;
  }
  if (self->n_old == 0 || self->n_old * 2 < self->made->len)
    return;

  g_ptr_array_remove_range (self->made, 0, self->n_old);
  self->first_made += self->n_old;
  self->n_old = 0;
}

void
rw_replica_note_applied (RwReplica *self, guint64 n)
{
  RwReplicaMade *made = find_made (self, n);

  if (made != NULL && made->applied_us == 0) {
    made->applied_us = self->time_us;
    self->pending_bytes -= g_bytes_get_size (made->bytes);
  }
  forget_made (self);
}

/**
 * rw_replica_knows:
 *
 * Whether @connection, of this node, is open or will be, and has missed
 * nothing. Any other has to be closed.
 */
gboolean
rw_replica_knows (RwReplica *self, guint64 connection)
{
  if ((guint32) connection <= self->last_unknown)
    return FALSE;
  if (self->alone != NULL &&
      rw_seats_get_peer_id (rw_replica_alone_get_seats (self), connection) !=
          NULL)
    return TRUE;

  for (guint i = self->made->len; i > self->n_old; i--) {
    const RwReplicaMade *made = g_ptr_array_index (self->made, i - 1);

    if (made->applied_us != 0)
      break;
    if (made->opens == connection)
      return TRUE;
  }

  return rw_replica_is_open (self, connection);
}

/**
 * rw_replica_can_go_on:
 *
 * FALSE when the state lacks entries of this node that are not kept any more:
 * it has to begin anew, under another number.
 */
gboolean
rw_replica_can_go_on (RwReplica *self)
{
  guint64 last = rw_replica_get_last_applied (self);

  return last == self->last_made ||
         (last < self->last_made && find_made (self, last + 1) != NULL);
}
