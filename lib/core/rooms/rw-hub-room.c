/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-room.h"

struct _RwHubRoom {
  char *id;
  char *instance;
  GHashTable *members; /* id -> its GList in @order */
  GQueue order;        /* of RwHubRoomMember */
  RwHubRoomHistory *history;
  RwFloor *floor;
  char *holder;
  RwHubOutbox *outbox;
};

RwHubRoom *
rw_hub_room_new (const char *id, const char *instance, RwFloor *floor,
                 RwHubOutbox *outbox)
{
  RwHubRoom *self = g_new0 (RwHubRoom, 1);

  self->id = g_strdup (id);
  self->instance = g_strdup (instance);
  self->members = g_hash_table_new (g_str_hash, g_str_equal);
  self->history = rw_hub_room_history_new ();
  self->floor = floor;
  self->outbox = outbox;
  return self;
}

/** rw_hub_room_free: NULL is fine. */
void
rw_hub_room_free (RwHubRoom *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->members);
  g_queue_clear_full (&self->order, (GDestroyNotify) rw_hub_room_member_free);
  rw_hub_room_history_free (self->history);
  rw_floor_free (self->floor);
  g_free (self->holder);
  g_free (self->instance);
  g_free (self->id);
  g_free (self);
}

const char *
rw_hub_room_get_id (const RwHubRoom *self)
{
  return self->id;
}

const char *
rw_hub_room_get_instance (const RwHubRoom *self)
{
  return self->instance;
}

void
rw_hub_room_set_instance (RwHubRoom *self, const char *instance)
{
  g_free (self->instance);
  self->instance = g_strdup (instance);
}

RwHubRoomHistory *
rw_hub_room_get_history (const RwHubRoom *self)
{
  return self->history;
}

RwFloor *
rw_hub_room_get_floor (const RwHubRoom *self)
{
  return self->floor;
}

const char *
rw_hub_room_get_holder (const RwHubRoom *self)
{
  return self->floor != NULL ? rw_floor_get_holder (self->floor) : self->holder;
}

void
rw_hub_room_set_holder (RwHubRoom *self, const char *holder)
{
  g_free (self->holder);
  self->holder = g_strdup (holder);
}

/* --- Members --- */

void
rw_hub_room_add (RwHubRoom *self, RwHubRoomMember *member)
{
  g_queue_push_tail (&self->order, member);
  g_hash_table_insert (self->members,
                       (char *) rw_hub_room_member_get_id (member),
                       self->order.tail);
}

void
rw_hub_room_remove (RwHubRoom *self, RwHubRoomMember *member)
{
  GList *link =
      g_hash_table_lookup (self->members, rw_hub_room_member_get_id (member));

  g_return_if_fail (link != NULL);

  g_hash_table_remove (self->members, rw_hub_room_member_get_id (member));
  g_queue_delete_link (&self->order, link);
  rw_hub_room_member_free (member);
}

/** rw_hub_room_find: (transfer none) (nullable) */
RwHubRoomMember *
rw_hub_room_find (const RwHubRoom *self, const char *id)
{
  const GList *link = g_hash_table_lookup (self->members, id);

  return link != NULL ? link->data : NULL;
}

const GList *
rw_hub_room_get_members (const RwHubRoom *self)
{
  return self->order.head;
}

gsize
rw_hub_room_get_meta_bytes (const RwHubRoom *self)
{
  gsize bytes = 0;

  for (const GList *l = self->order.head; l != NULL; l = l->next) {
    GRefString *meta = rw_hub_room_member_get_meta (l->data);

    bytes += meta != NULL ? g_ref_string_length (meta) : 0;
  }
  return bytes;
}

/* --- Messages --- */

/** rw_hub_room_new_message: (transfer full) */
RwSignalMessage *
rw_hub_room_new_message (const RwHubRoom *self, RwSignalType type,
                         const char *peer_id)
{
  RwSignalMessage *message = rw_signal_message_new (type);

  message->room_id = g_strdup (self->id);
  message->peer_id = g_strdup (peer_id);
  return message;
}

void
rw_hub_room_send (RwHubRoom *self, const char *id, RwSignalMessage *message)
{
  rw_hub_outbox_add (self->outbox, id, message);
}

void
rw_hub_room_send_others (RwHubRoom *self, const char *except,
                         RwSignalMessage *message)
{
  for (const GList *l = self->order.head; l != NULL; l = l->next) {
    const char *id = rw_hub_room_member_get_id (l->data);

    if (!rw_hub_room_member_is_away (l->data) && g_strcmp0 (id, except) != 0)
      rw_hub_outbox_add (self->outbox, id, message);
  }
}

void
rw_hub_room_send_joined (RwHubRoom *self, const RwHubRoomMember *member)
{
  g_autoptr (RwSignalMessage) joined = rw_hub_room_new_message (
      self, RW_SIGNAL_ROOM_JOINED, rw_hub_room_get_holder (self));

  joined->instance = g_strdup (self->instance);
  joined->sequence = rw_hub_room_member_get_next (member) - 1;
  joined->peers = rw_signal_peers_new ();
  for (const GList *l = self->order.head; l != NULL; l = l->next)
    rw_signal_peers_add (joined->peers, rw_hub_room_member_get_id (l->data),
                         rw_hub_room_member_get_meta (l->data));
  rw_hub_outbox_add (self->outbox, rw_hub_room_member_get_id (member), joined);
}

void
rw_hub_room_send_member_joined (RwHubRoom *self, const RwHubRoomMember *member)
{
  const char *id = rw_hub_room_member_get_id (member);
  g_autoptr (RwSignalMessage) joined =
      rw_hub_room_new_message (self, RW_SIGNAL_MEMBER_JOINED, id);

  joined->source = g_strdup (id);
  rw_signal_message_set_meta (joined, rw_hub_room_member_get_meta (member));
  rw_hub_room_send_others (self, id, joined);
}
