/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-room-joiner.h"

struct _RwHubRoomJoiner {
  const RwRoomsConfig *config;
  const RwRoomsStore *store;
  RwHubRoomTable *table;
  RwHubOutbox *outbox;
  RwHubRoomJoins *joins;
};

RwHubRoomJoiner *
rw_hub_room_joiner_new (const RwRoomsConfig *config, const RwRoomsStore *store,
                        RwHubRoomTable *table, RwHubOutbox *outbox)
{
  RwHubRoomJoiner *self = g_new0 (RwHubRoomJoiner, 1);

  self->config = config;
  self->store = store;
  self->table = table;
  self->outbox = outbox;
  self->joins = rw_hub_room_joins_new ();
  return self;
}

/** rw_hub_room_joiner_free: NULL is fine. */
void
rw_hub_room_joiner_free (RwHubRoomJoiner *self)
{
  if (self == NULL)
    return;

  rw_hub_room_joins_free (self->joins);
  g_free (self);
}

RwHubRoomJoins *
rw_hub_room_joiner_get_joins (RwHubRoomJoiner *self)
{
  return self->joins;
}

void
rw_hub_room_joiner_send_error (RwHubRoomJoiner *self, const char *id,
                               const char *room_id, const char *code,
                               const char *details)
{
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_ERROR_REPLY);

  message->room_id = g_strdup (room_id);
  message->code = g_strdup (code);
  message->details = g_strdup (details);
  rw_hub_outbox_add (self->outbox, id, message);
}

/* --- Joining --- */

static RwHubRoom *
ensure_room (RwHubRoomJoiner *self, const char *id)
{
  RwHubRoom *room = rw_hub_room_table_find (self->table, id);
  g_autofree char *instance = NULL;
  RwFloorConfig floor;

  if (room != NULL ||
      rw_hub_room_table_get_n (self->table) >= self->config->max_rooms)
    return room;

  floor = rw_rooms_config_get_floor (self->config, id);
  instance = self->config->new_id (self->config->user_data);
  return rw_hub_room_table_add (self->table, id, instance,
                                rw_floor_new (&floor));
}

/* Whether the client was in this very room before, and can go on from there. A
 * number that was never given is of a server that has lost its end. */
static gboolean
is_returning (const RwHubRoom *room, const RwSignalMessage *message)
{
  return g_strcmp0 (message->instance, rw_hub_room_get_instance (room)) == 0 &&
         message->sequence <=
             rw_hub_room_history_get_last (rw_hub_room_get_history (room));
}

static gboolean
is_away (RwHubRoomJoiner *self, const char *id)
{
  return self->config->is_away != NULL &&
         self->config->is_away (id, self->config->user_data);
}

/* A member that returns is away until it has been sent the state of the room.
 */
void
rw_hub_room_joiner_enter (RwHubRoomJoiner *self, RwHubRoom *room,
                          const RwHubRoomJoin *join, gboolean is_known,
                          gint64 now_us)
{
  const RwSignalMessage *message = join->message;
  const RwHubRoomHistory *history = rw_hub_room_get_history (room);
  RwHubRoomMember *member =
      rw_hub_room_member_new (room, join->id, message->meta);
  gboolean returns = is_returning (room, message);
  guint64 last =
      returns ? message->sequence : rw_hub_room_history_get_last (history);
  gboolean stays_away = is_away (self, join->id);

  rw_hub_room_member_set_next (member, last + 1);
  rw_hub_room_member_set_away (member, returns || stays_away);
  rw_hub_room_member_set_seen_us (
      member, rw_hub_room_history_get_missed_us (history, last, now_us));
  rw_hub_room_table_add_member (self->table, member);

  if (!join->is_silent || !returns)
    rw_hub_room_send_joined (room, member);
  if (!is_known)
    rw_hub_room_send_member_joined (room, member);
  if (returns && !stays_away)
    rw_hub_room_feed_return (rw_hub_room_table_get_feed (self->table), member,
                             now_us);
}

static void
join_here (RwHubRoomJoiner *self, const char *id, RwSignalMessage *message,
           gint64 now_us)
{
  const RwHubRoomJoin join = {.id = (char *) id, .message = message};
  RwHubRoom *room = ensure_room (self, message->room_id);

  if (room == NULL)
    rw_hub_room_joiner_send_error (self, id, message->room_id, "too-many-rooms",
                                   "the server has as many rooms as it may");
  else
    rw_hub_room_joiner_enter (self, room, &join, FALSE, now_us);
}

/* It is a member when the store's entry has been read. */
static void
join_stored (RwHubRoomJoiner *self, const char *id, RwSignalMessage *message)
{
  if (rw_hub_room_table_get_n (self->table) >= self->config->max_rooms &&
      rw_hub_room_table_find (self->table, message->room_id) == NULL) {
    rw_hub_room_joiner_send_error (self, id, message->room_id, "too-many-rooms",
                                   "the server has as many rooms as it may");
    return;
  }

  rw_hub_room_joins_add (self->joins, id, message, FALSE);
  self->store->join (message->room_id, id, message->meta,
                     self->store->user_data);
}

void
rw_hub_room_joiner_join (RwHubRoomJoiner *self, const char *id,
                         RwSignalMessage *message, gint64 now_us)
{
  const GPtrArray *memberships =
      rw_hub_room_table_get_memberships (self->table, id);
  const RwHubRoomMember *member =
      rw_hub_room_table_find_member (self->table, message->room_id, id);

  if (member != NULL && !rw_hub_room_member_is_remote (member))
    rw_hub_room_send_joined (rw_hub_room_member_get_room (member), member);
  else if (memberships != NULL &&
           memberships->len >= self->config->max_rooms_per_member)
    rw_hub_room_joiner_send_error (
        self, id, message->room_id, "too-many-rooms",
        "you are in too many rooms; leave one first");
  else if (self->store->join == NULL)
    join_here (self, id, message, now_us);
  else
    join_stored (self, id, message);
}

/* --- Leaving --- */

/* A local member leaves, and its room goes with the last of them. */
static void
remove_member (RwHubRoomJoiner *self, RwHubRoomMember *member, gint64 now_us)
{
  RwHubRoom *room = rw_hub_room_member_get_room (member);
  g_autofree char *id = g_strdup (rw_hub_room_member_get_id (member));
  g_autoptr (RwSignalMessage) left =
      rw_hub_room_new_message (room, RW_SIGNAL_MEMBER_LEFT, id);

  rw_hub_room_table_drop_member (self->table, member);
  if (self->store->leave != NULL) {
    self->store->leave (rw_hub_room_get_id (room), id, self->store->user_data);
    return;
  }
  if (rw_hub_room_get_members (room) == NULL) {
    rw_hub_room_table_drop (self->table, room);
    return;
  }

  rw_hub_room_send_others (room, NULL, left);
  rw_floor_remove (rw_hub_room_get_floor (room), id, now_us);
  rw_hub_room_floors_update (rw_hub_room_table_get_floors (self->table), room);
}

/* Before the store's entry of the join has been read. */
static void
stop_joining (RwHubRoomJoiner *self, const char *id, const char *room_id)
{
  if (rw_hub_room_joins_remove (self->joins, id, room_id))
    self->store->leave (room_id, id, self->store->user_data);
}

void
rw_hub_room_joiner_leave (RwHubRoomJoiner *self, const char *id,
                          const char *room_id, gint64 now_us)
{
  RwHubRoomMember *member =
      rw_hub_room_table_find_member (self->table, room_id, id);

  if (member != NULL && !rw_hub_room_member_is_remote (member))
    remove_member (self, member, now_us);
  else
    stop_joining (self, id, room_id);
}

void
rw_hub_room_joiner_leave_all (RwHubRoomJoiner *self, const char *id,
                              gint64 now_us)
{
  const GPtrArray *memberships;
  RwSignalMessage *message;

  while ((memberships = rw_hub_room_table_get_memberships (self->table, id)) !=
         NULL)
    remove_member (self, g_ptr_array_index (memberships, 0), now_us);
  while ((message = rw_hub_room_joins_pop (self->joins, id)) != NULL) {
    self->store->leave (message->room_id, id, self->store->user_data);
    rw_signal_message_unref (message);
  }
}
