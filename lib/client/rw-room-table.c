/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-room-table.h"

typedef struct {
  GRefString *meta; /* NULL for none */
  char *instance;   /* which life of it the client was in; NULL: in none */
  guint64 sequence;
  gint64 lost_us; /* when the client was disconnected from a server that has
                   * forgotten it since; 0: it has not */
} Room;

struct _RwRoomTable {
  GHashTable *rooms; /* id -> Room */
};

static void
room_free (gpointer data)
{
  Room *room = data;

  g_clear_pointer (&room->meta, g_ref_string_release);
  g_free (room->instance);
  g_free (room);
}

static Room *
lookup (RwRoomTable *self, const char *room_id)
{
  return g_hash_table_lookup (self->rooms, room_id);
}

RwRoomTable *
rw_room_table_new (void)
{
  RwRoomTable *self = g_new0 (RwRoomTable, 1);

  self->rooms =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, room_free);
  return self;
}

void
rw_room_table_free (RwRoomTable *self)
{
  g_hash_table_unref (self->rooms);
  g_free (self);
}

void
rw_room_table_add (RwRoomTable *self, const char *room_id, const char *meta)
{
  Room *room = lookup (self, room_id);

  if (room == NULL) {
    room = g_new0 (Room, 1);
    g_hash_table_insert (self->rooms, g_strdup (room_id), room);
  }
  g_clear_pointer (&room->meta, g_ref_string_release);
  room->meta = meta != NULL ? g_ref_string_new (meta) : NULL;
}

gboolean
rw_room_table_remove (RwRoomTable *self, const char *room_id)
{
  return g_hash_table_remove (self->rooms, room_id);
}

void
rw_room_table_clear (RwRoomTable *self)
{
  g_hash_table_remove_all (self->rooms);
}

gboolean
rw_room_table_contains (RwRoomTable *self, const char *room_id)
{
  return g_hash_table_contains (self->rooms, room_id);
}

GList *
rw_room_table_copy_ids (RwRoomTable *self)
{
  GList *ids = g_hash_table_get_keys (self->rooms);

  for (GList *l = ids; l != NULL; l = l->next)
    l->data = g_strdup (l->data);
  return ids;
}

RwSignalMessage *
rw_room_table_new_join (RwRoomTable *self, const char *room_id)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_JOIN_ROOM);

  message->room_id = g_strdup (room_id);
  rw_signal_message_set_meta (message, lookup (self, room_id)->meta);
  return message;
}

RwSignalMessage *
rw_room_table_new_rejoin (RwRoomTable *self, const char *room_id,
                          gint64 disconnected_us)
{
  RwSignalMessage *message = rw_room_table_new_join (self, room_id);
  Room *room = lookup (self, room_id);

  if (room->instance == NULL || room->sequence > G_MAXINT64)
    return message;

  message->instance = g_strdup (room->instance);
  message->sequence = room->sequence;
  if (room->lost_us == 0)
    room->lost_us = disconnected_us;
  return message;
}

void
rw_room_table_note_joined (RwRoomTable *self, const RwSignalMessage *message)
{
  Room *room = lookup (self, message->room_id);

  if (room == NULL)
    return;
  if (g_strcmp0 (room->instance, message->instance) != 0)
    room->lost_us = 0;
  g_free (room->instance);
  room->instance = g_strdup (message->instance);
  room->sequence = message->sequence;
}

void
rw_room_table_note_message (RwRoomTable *self, const RwSignalMessage *message)
{
  Room *room = lookup (self, message->room_id);

  if (room != NULL)
    room->sequence = message->sequence;
}

guint64
rw_room_table_note_reconnection (RwRoomTable *self,
                                 const RwSignalMessage *message, gint64 now_us)
{
  Room *room = lookup (self, message->room_id);
  guint64 outage_ms = message->outage_ms;

  if (room == NULL)
    return outage_ms;
  if (room->lost_us != 0)
    outage_ms = MAX (outage_ms, (guint64) (now_us - room->lost_us) / 1000);
  room->lost_us = 0;
  /* Lost messages are not to be missed again. */
  room->sequence += message->lost;
  return outage_ms;
}
