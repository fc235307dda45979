/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-room.h"

#include <string.h>

struct _RwClusterRooms {
  RwClusterRoomsConfig config;
  char *me;
  char *prefix; /* of the rooms' streams */
  GHashTable *rooms;
};

static RwClusterRoom *
ensure_room (RwClusterRooms *self, const char *id)
{
  RwClusterRoom *room = g_hash_table_lookup (self->rooms, id);

  if (room == NULL) {
    room = rw_cluster_room_new (&self->config, id);
    g_hash_table_insert (self->rooms, g_strdup (id), room);
  }
  return room;
}

/* --- From the members --- */

static void
on_join (const char *room_id, const char *id, GRefString *meta,
         gpointer user_data)
{
  rw_cluster_room_join (ensure_room (user_data, room_id), id, meta);
}

static void
on_leave (const char *room_id, const char *id, gpointer user_data)
{
  rw_cluster_room_leave (ensure_room (user_data, room_id), id);
}

static void
on_publish (const char *room_id, const char *id, GRefString *data,
            gpointer user_data)
{
  rw_cluster_room_publish (ensure_room (user_data, room_id), id, data);
}

static void
on_note (const char *room_id, const char *kind, const char *id,
         guint64 priority, gboolean no_wait, gpointer user_data)
{
  rw_cluster_room_note (ensure_room (user_data, room_id), kind, id, priority,
                        no_wait);
}

/** rw_cluster_rooms_leave: @id, which was of another server, has expired. */
void
rw_cluster_rooms_leave (RwClusterRooms *self, const char *room_id,
                        const char *id)
{
  on_leave (room_id, id, self);
}

/* --- From Redis --- */

/** rw_cluster_rooms_take: FALSE if @key is not the stream of a room. */
gboolean
rw_cluster_rooms_take (RwClusterRooms *self, const char *key, const char *entry,
                       const redisReply *fields)
{
  RwClusterRoom *room;

  if (!g_str_has_prefix (key, self->prefix))
    return FALSE;

  room = g_hash_table_lookup (self->rooms, key + strlen (self->prefix));
  if (room != NULL)
    rw_cluster_room_take (room, entry, fields);
  return TRUE;
}

/* Rooms may come and go meanwhile. */
static GPtrArray *
copy_rooms (RwClusterRooms *self)
{
  GPtrArray *rooms = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer room;

  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, NULL, &room))
    g_ptr_array_add (rooms, room);
  return rooms;
}

/** rw_cluster_rooms_go_up: @may_be_lost: Redis may not have them. */
void
rw_cluster_rooms_go_up (RwClusterRooms *self, gboolean may_be_lost)
{
  g_autoptr (GPtrArray) rooms = copy_rooms (self);

  for (guint i = 0; i < rooms->len; i++)
    rw_cluster_room_go_up (g_ptr_array_index (rooms, i), may_be_lost);
}

/** rw_cluster_rooms_lose: @server has died. */
void
rw_cluster_rooms_lose (RwClusterRooms *self, const char *server)
{
  g_autoptr (GPtrArray) rooms = copy_rooms (self);

  for (guint i = 0; i < rooms->len; i++)
    rw_cluster_floor_lose (
        rw_cluster_room_get_floor (g_ptr_array_index (rooms, i)), server);
}

/* --- Time --- */

/** rw_cluster_rooms_get_wake_us: on the wall clock; G_MAXINT64 for never. */
gint64
rw_cluster_rooms_get_wake_us (RwClusterRooms *self)
{
  gint64 wake_us = G_MAXINT64;
  GHashTableIter iter;
  gpointer room;

  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, NULL, &room))
    wake_us =
        MIN (wake_us,
             rw_cluster_floor_get_wake_us (rw_cluster_room_get_floor (room)));
  return wake_us;
}

static gboolean
close_if_over (gpointer key, gpointer room, gpointer user_data)
{
  if (!rw_cluster_room_is_over (room))
    return FALSE;

  rw_cluster_room_close (room);
  return TRUE;
}

/** rw_cluster_rooms_wake: when that is due, and about once a second: rooms
 * without members here are closed. */
void
rw_cluster_rooms_wake (RwClusterRooms *self)
{
  g_autoptr (GPtrArray) rooms = copy_rooms (self);

  for (guint i = 0; i < rooms->len; i++)
    rw_cluster_room_wake (g_ptr_array_index (rooms, i));
  g_hash_table_foreach_remove (self->rooms, close_if_over, self);
}

/** rw_cluster_rooms_stop: other servers may be arbiters from now on. */
void
rw_cluster_rooms_stop (RwClusterRooms *self)
{
  GHashTableIter iter;
  gpointer room;

  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, NULL, &room))
    rw_cluster_room_close (room);
}

/* --- Life --- */

/** rw_cluster_rooms_new: what it is given outlives it. */
RwClusterRooms *
rw_cluster_rooms_new (const RwClusterRoomsConfig *config)
{
  RwClusterRooms *self = g_new0 (RwClusterRooms, 1);
  RwRoomsStore store = {on_join, on_leave, on_publish, on_note, self};

  self->config = *config;
  self->me = g_strdup (config->me);
  self->config.me = self->me;
  self->prefix = rw_cluster_store_dup_key (config->store, "log:", "");
  self->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) rw_cluster_room_free);
  rw_rooms_set_store (rw_clients_get_rooms (config->clients), &store);
  return self;
}

/** rw_cluster_rooms_free: after its store. NULL is fine. */
void
rw_cluster_rooms_free (RwClusterRooms *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->rooms);
  g_free (self->prefix);
  g_free (self->me);
  g_free (self);
}
