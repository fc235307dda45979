/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-room-joins.h"

struct _RwHubRoomJoins {
  GHashTable *joins; /* "id\nroom" -> RwHubRoomJoin */
};

static void
join_free (gpointer data)
{
  RwHubRoomJoin *join = data;

  rw_signal_message_unref (join->message);
  g_free (join->id);
  g_free (join);
}

static char *
get_key (const char *id, const char *room_id)
{
  return g_strconcat (id, "\n", room_id, NULL);
}

RwHubRoomJoins *
rw_hub_room_joins_new (void)
{
  RwHubRoomJoins *self = g_new0 (RwHubRoomJoins, 1);

  self->joins =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, join_free);
  return self;
}

/** rw_hub_room_joins_free: NULL is fine. */
void
rw_hub_room_joins_free (RwHubRoomJoins *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->joins);
  g_free (self);
}

void
rw_hub_room_joins_add (RwHubRoomJoins *self, const char *id,
                       RwSignalMessage *message, gboolean is_silent)
{
  RwHubRoomJoin *join = g_new0 (RwHubRoomJoin, 1);

  join->id = g_strdup (id);
  join->message = rw_signal_message_ref (message);
  join->is_silent = is_silent;
  g_hash_table_replace (self->joins, get_key (id, message->room_id), join);
}

/** rw_hub_room_joins_find: (transfer none) (nullable) */
const RwHubRoomJoin *
rw_hub_room_joins_find (RwHubRoomJoins *self, const char *id,
                        const char *room_id)
{
  g_autofree char *key = get_key (id, room_id);

  return g_hash_table_lookup (self->joins, key);
}

gboolean
rw_hub_room_joins_remove (RwHubRoomJoins *self, const char *id,
                          const char *room_id)
{
  g_autofree char *key = get_key (id, room_id);

  return g_hash_table_remove (self->joins, key);
}

RwSignalMessage *
rw_hub_room_joins_pop (RwHubRoomJoins *self, const char *id)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->joins);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const RwHubRoomJoin *join = value;

    if (g_str_equal (join->id, id)) {
      RwSignalMessage *message = rw_signal_message_ref (join->message);

      g_hash_table_iter_remove (&iter);
      return message;
    }
  }

  return NULL;
}

void
rw_hub_room_joins_foreach (RwHubRoomJoins *self, const char *id,
                           const char *room_id, RwHubRoomJoinFunc func,
                           gpointer user_data)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->joins);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const RwHubRoomJoin *join = value;

    if ((id == NULL || g_str_equal (join->id, id)) &&
        (room_id == NULL || g_str_equal (join->message->room_id, room_id)))
      func (join, user_data);
  }
}
