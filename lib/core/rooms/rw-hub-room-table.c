/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-room-table.h"

#include <string.h>

struct _RwHubRoomTable {
  GHashTable *rooms;
  GHashTable *clients; /* id -> GPtrArray of RwHubRoomMember, not owned */
  RwHubRoomFeed *feed;
  RwHubRoomFloors *floors;
  RwHubOutbox *outbox;
};

RwHubRoomTable *
rw_hub_room_table_new (const RwHubRoomFeedConfig *feed, RwHubOutbox *outbox)
{
  RwHubRoomTable *self = g_new0 (RwHubRoomTable, 1);

  self->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                       (GDestroyNotify) rw_hub_room_free);
  self->clients = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify) g_ptr_array_unref);
  self->feed = rw_hub_room_feed_new (feed);
  self->floors = rw_hub_room_floors_new ();
  self->outbox = outbox;
  return self;
}

/** rw_hub_room_table_free: NULL is fine. */
void
rw_hub_room_table_free (RwHubRoomTable *self)
{
  if (self == NULL)
    return;

  rw_hub_room_floors_free (self->floors);
  rw_hub_room_feed_free (self->feed);
  g_hash_table_unref (self->clients);
  g_hash_table_unref (self->rooms);
  g_free (self);
}

RwHubRoomFeed *
rw_hub_room_table_get_feed (RwHubRoomTable *self)
{
  return self->feed;
}

RwHubRoomFloors *
rw_hub_room_table_get_floors (RwHubRoomTable *self)
{
  return self->floors;
}

/* --- Rooms --- */

guint
rw_hub_room_table_get_n (RwHubRoomTable *self)
{
  return g_hash_table_size (self->rooms);
}

/** rw_hub_room_table_find: (transfer none) (nullable) */
GList *
rw_hub_room_table_list (RwHubRoomTable *self)
{
  return g_hash_table_get_values (self->rooms);
}

RwHubRoom *
rw_hub_room_table_find (RwHubRoomTable *self, const char *id)
{
  return g_hash_table_lookup (self->rooms, id);
}

RwHubRoom *
rw_hub_room_table_add (RwHubRoomTable *self, const char *id,
                       const char *instance, RwFloor *floor)
{
  RwHubRoom *room = rw_hub_room_new (id, instance, floor, self->outbox);

  g_hash_table_insert (self->rooms, (char *) rw_hub_room_get_id (room), room);
  return room;
}

void
rw_hub_room_table_drop (RwHubRoomTable *self, RwHubRoom *room)
{
  rw_hub_room_floors_forget (self->floors, room);
  rw_hub_room_feed_forget (self->feed, room);
  g_hash_table_remove (self->rooms, rw_hub_room_get_id (room));
}

/* Of two that are alike the one whose name comes first. */
static gboolean
is_larger (const RwHubRoom *room, const RwHubRoom *than)
{
  gsize bytes = rw_hub_room_history_get_bytes (rw_hub_room_get_history (room));
  gsize than_bytes =
      rw_hub_room_history_get_bytes (rw_hub_room_get_history (than));

  return bytes > than_bytes ||
         (bytes == than_bytes &&
          strcmp (rw_hub_room_get_id (room), rw_hub_room_get_id (than)) < 0);
}

static RwHubRoom *
find_largest (RwHubRoomTable *self)
{
  RwHubRoom *largest = NULL;
  GHashTableIter iter;
  gpointer room;

  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, NULL, &room)) {
    if (largest == NULL || is_larger (room, largest))
      largest = room;
  }

  return largest;
}

/* A client that fills rooms with large messages shortens the histories of those
 * rooms, not of the others. */
void
rw_hub_room_table_publish (RwHubRoomTable *self, RwHubRoom *room,
                           RwSignalMessage *message, gint64 now_us)
{
  rw_hub_room_feed_add (self->feed, room, message, now_us);
  while (rw_hub_room_feed_is_over_total (self->feed))
    rw_hub_room_feed_drop_oldest (self->feed, find_largest (self));
}

/* --- Members --- */

static GPtrArray *
ensure_memberships (RwHubRoomTable *self, const char *id)
{
  GPtrArray *memberships = g_hash_table_lookup (self->clients, id);

  if (memberships == NULL) {
    memberships = g_ptr_array_new ();
    g_hash_table_insert (self->clients, g_strdup (id), memberships);
  }

  return memberships;
}

void
rw_hub_room_table_add_member (RwHubRoomTable *self, RwHubRoomMember *member)
{
  rw_hub_room_add (rw_hub_room_member_get_room (member), member);
  if (!rw_hub_room_member_is_remote (member))
    g_ptr_array_add (
        ensure_memberships (self, rw_hub_room_member_get_id (member)), member);
}

void
rw_hub_room_table_drop_member (RwHubRoomTable *self, RwHubRoomMember *member)
{
  const char *id = rw_hub_room_member_get_id (member);
  GPtrArray *memberships = g_hash_table_lookup (self->clients, id);

  rw_hub_room_feed_forget_member (self->feed, member);
  if (memberships != NULL && g_ptr_array_remove_fast (memberships, member) &&
      memberships->len == 0)
    g_hash_table_remove (self->clients, id);
  rw_hub_room_remove (rw_hub_room_member_get_room (member), member);
}

/** rw_hub_room_table_find_member: (transfer none) (nullable) */
RwHubRoomMember *
rw_hub_room_table_find_member (RwHubRoomTable *self, const char *room_id,
                               const char *id)
{
  const RwHubRoom *room = rw_hub_room_table_find (self, room_id);

  return room != NULL ? rw_hub_room_find (room, id) : NULL;
}

const GPtrArray *
rw_hub_room_table_get_memberships (RwHubRoomTable *self, const char *id)
{
  return g_hash_table_lookup (self->clients, id);
}
