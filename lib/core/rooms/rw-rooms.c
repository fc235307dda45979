/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rooms.h"

struct _RwRooms {
  RwRoomsConfig config;
  RwHubOutbox *outbox;
  RwHubRoomTable *table;
  RwHubRoomJoiner *joiner;
  RwRoomsStore store;
  guint64 n_published;
};

RwRooms *
rw_rooms_new (const RwRoomsConfig *config)
{
  const RwHubRoomFeedConfig feed = {
      .limits = {config->max_messages, config->max_bytes, config->max_age_us},
      .max_total_bytes = config->max_total_bytes,
      .may_send = config->may_send,
      .user_data = config->user_data,
  };
  RwRooms *self;

  g_return_val_if_fail (config->new_id != NULL, NULL);

  self = g_new0 (RwRooms, 1);
  self->config = *config;
  self->outbox = rw_hub_outbox_new ();
  self->table = rw_hub_room_table_new (&feed, self->outbox);
  self->joiner = rw_hub_room_joiner_new (&self->config, &self->store,
                                         self->table, self->outbox);
  return self;
}

/** rw_rooms_free: NULL is fine. */
void
rw_rooms_free (RwRooms *self)
{
  if (self == NULL)
    return;

  rw_hub_room_joiner_free (self->joiner);
  rw_hub_room_table_free (self->table);
  rw_hub_outbox_free (self->outbox);
  g_free (self);
}

RwHubRoomTable *
rw_rooms_get_table (RwRooms *self)
{
  return self->table;
}

RwHubRoomJoiner *
rw_rooms_get_joiner (RwRooms *self)
{
  return self->joiner;
}

const RwRoomsStore *
rw_rooms_get_store (RwRooms *self)
{
  return &self->store;
}

void
rw_rooms_set_store (RwRooms *self, const RwRoomsStore *store)
{
  self->store = *store;
}

/** rw_rooms_get_floor_config: of the room @id. */
RwFloorConfig
rw_rooms_get_floor_config (const RwRooms *self, const char *id)
{
  return rw_rooms_config_get_floor (&self->config, id);
}

/* --- Messages --- */

static void
on_publish (RwRooms *self, RwHubRoomMember *member,
            const RwSignalMessage *message, gint64 now_us)
{
  RwHubRoom *room = rw_hub_room_member_get_room (member);
  g_autoptr (RwSignalMessage) published = rw_hub_room_new_message (
      room, RW_SIGNAL_ROOM_MESSAGE, rw_hub_room_member_get_id (member));

  published->sequence =
      rw_hub_room_history_get_last (rw_hub_room_get_history (room)) + 1;
  rw_signal_message_set_meta (published, message->meta);
  self->n_published++;
  rw_hub_room_table_publish (self->table, room, published, now_us);
}

static void
on_floor (RwRooms *self, RwHubRoomMember *member,
          const RwSignalMessage *message, gint64 now_us)
{
  RwHubRoom *room = rw_hub_room_member_get_room (member);
  RwFloor *floor = rw_hub_room_get_floor (room);
  const char *id = rw_hub_room_member_get_id (member);

  if (message->type == RW_SIGNAL_REQUEST_FLOOR)
    rw_floor_request (floor, id, (guint) message->priority, !message->no_wait,
                      now_us);
  else
    rw_floor_release (floor, id, now_us);
  rw_hub_room_floors_update (rw_hub_room_table_get_floors (self->table), room);
}

/* Actions of a member of a stored room are written to the store. */
static void
store_message (RwRooms *self, const char *id, const RwSignalMessage *message)
{
  const RwRoomsStore *store = &self->store;

  if (message->type == RW_SIGNAL_PUBLISH) {
    self->n_published++;
    store->publish (message->room_id, id, message->meta, store->user_data);
    return;
  }
  store->note (message->room_id,
               message->type == RW_SIGNAL_REQUEST_FLOOR ? "request" : "release",
               id, message->priority, message->no_wait, store->user_data);
}

/** rw_rooms_takes: whether messages of @type are for rw_rooms_handle(). */
gboolean
rw_rooms_takes (RwSignalType type)
{
  return type == RW_SIGNAL_JOIN_ROOM || type == RW_SIGNAL_LEAVE_ROOM ||
         type == RW_SIGNAL_PUBLISH || type == RW_SIGNAL_REQUEST_FLOOR ||
         type == RW_SIGNAL_RELEASE_FLOOR;
}

/* @member: (nullable): NULL: it is joining a stored room. */
static void
dispatch (RwRooms *self, const char *id, RwHubRoomMember *member,
          RwSignalMessage *message, gint64 now_us)
{
  if (message->type == RW_SIGNAL_LEAVE_ROOM)
    rw_hub_room_joiner_leave (self->joiner, id, message->room_id, now_us);
  else if (self->store.publish != NULL)
    store_message (self, id, message);
  else if (message->type == RW_SIGNAL_PUBLISH)
    on_publish (self, member, message, now_us);
  else
    on_floor (self, member, message, now_us);
}

/** rw_rooms_handle: @message, of a type that it takes, came from @id. */
void
rw_rooms_handle (RwRooms *self, const char *id, RwSignalMessage *message,
                 gint64 now_us)
{
  RwHubRoomMember *member;

  if (message->type == RW_SIGNAL_JOIN_ROOM) {
    rw_hub_room_joiner_join (self->joiner, id, message, now_us);
    return;
  }

  member = rw_hub_room_table_find_member (self->table, message->room_id, id);
  if (member != NULL && rw_hub_room_member_is_remote (member))
    member = NULL;
  if (member != NULL)
    rw_hub_room_member_set_seen_us (member, now_us);
  if (member != NULL ||
      rw_hub_room_joins_find (rw_hub_room_joiner_get_joins (self->joiner), id,
                              message->room_id) != NULL)
    dispatch (self, id, member, message, now_us);
  else
    rw_hub_room_joiner_send_error (self->joiner, id, message->room_id,
                                   "unknown-room",
                                   "you are not in that room; join it first");
}

/** rw_rooms_remove: @id is gone for good, and out of all rooms. */
void
rw_rooms_remove (RwRooms *self, const char *id, gint64 now_us)
{
  rw_hub_room_joiner_leave_all (self->joiner, id, now_us);
}

/* --- Connections --- */

static void
set_member_away (RwRooms *self, RwHubRoomMember *member, gboolean away,
                 gint64 now_us)
{
  RwHubRoom *room = rw_hub_room_member_get_room (member);
  RwHubRoomFeed *feed = rw_hub_room_table_get_feed (self->table);
  const char *id = rw_hub_room_member_get_id (member);

  if (away == rw_hub_room_member_is_away (member))
    return;

  if (away) {
    rw_hub_room_member_set_away (member, TRUE);
    rw_hub_room_member_set_seen_us (member, now_us);
    rw_hub_room_feed_forget_member (feed, member);
  } else {
    rw_hub_room_feed_return (feed, member, now_us);
  }
  if (self->store.note != NULL)
    self->store.note (rw_hub_room_get_id (room), away ? "away" : "back", id, 0,
                      FALSE, self->store.user_data);
  else
    rw_floor_set_away (rw_hub_room_get_floor (room), id, away, now_us);
  rw_hub_room_floors_update (rw_hub_room_table_get_floors (self->table), room);
}

/**
 * rw_rooms_set_away:
 *
 * The connection of @id is lost, or there again: in the latter case it is sent,
 * in each of its rooms, how long it was away, and catches up.
 */
void
rw_rooms_set_away (RwRooms *self, const char *id, gboolean away, gint64 now_us)
{
  const GPtrArray *memberships =
      rw_hub_room_table_get_memberships (self->table, id);

  for (guint i = 0; memberships != NULL && i < memberships->len; i++)
    set_member_away (self, g_ptr_array_index (memberships, i), away, now_us);
}

/** rw_rooms_go_on: @id has space for more messages. */
void
rw_rooms_go_on (RwRooms *self, const char *id, gint64 now_us)
{
  const GPtrArray *memberships =
      rw_hub_room_table_get_memberships (self->table, id);

  for (guint i = 0; memberships != NULL && i < memberships->len; i++)
    rw_hub_room_feed_go_on (rw_hub_room_table_get_feed (self->table),
                            g_ptr_array_index (memberships, i), now_us);
}

/* --- Time --- */

/** rw_rooms_get_wake_us: when rw_rooms_wake() is due; G_MAXINT64 for never. */
gint64
rw_rooms_get_wake_us (RwRooms *self)
{
  return MIN (
      rw_hub_room_feed_get_wake_us (rw_hub_room_table_get_feed (self->table)),
      rw_hub_room_floors_get_wake_us (
          rw_hub_room_table_get_floors (self->table)));
}

void
rw_rooms_wake (RwRooms *self, gint64 now_us)
{
  rw_hub_room_feed_wake (rw_hub_room_table_get_feed (self->table), now_us);
  rw_hub_room_floors_wake (rw_hub_room_table_get_floors (self->table), now_us);
}

/* --- State --- */

/** rw_rooms_pop: as rw_hub_pop(). */
RwSignalMessage *
rw_rooms_pop (RwRooms *self, char **id)
{
  return rw_hub_outbox_pop (self->outbox, id);
}

/** rw_rooms_get_meta_bytes: of the members of the room. */
gsize
rw_rooms_get_meta_bytes (RwRooms *self, const char *room_id)
{
  const RwHubRoom *room = rw_hub_room_table_find (self->table, room_id);

  return room != NULL ? rw_hub_room_get_meta_bytes (room) : 0;
}

static RwRoomsMember
describe (const RwHubRoomMember *member)
{
  return (RwRoomsMember){
      .last_sequence = rw_hub_room_member_get_next (member) - 1,
      .last_seen_us = rw_hub_room_member_get_seen_us (member),
      .is_connected = !rw_hub_room_member_is_away (member),
      .is_remote = rw_hub_room_member_is_remote (member),
      .quality = rw_hub_room_member_get_quality (member)};
}

/** rw_rooms_get_member: FALSE if @id is not in the room. */
gboolean
rw_rooms_get_member (RwRooms *self, const char *room_id, const char *id,
                     RwRoomsMember *member)
{
  const RwHubRoomMember *found =
      rw_hub_room_table_find_member (self->table, room_id, id);

  if (found == NULL)
    return FALSE;

  *member = describe (found);
  return TRUE;
}

/** rw_rooms_foreach: @func must not change the rooms. */
void
rw_rooms_foreach (RwRooms *self, RwRoomsRoomFunc func, gpointer user_data)
{
  g_autoptr (GList) rooms = rw_hub_room_table_list (self->table);

  for (const GList *l = rooms; l != NULL; l = l->next) {
    const GList *members = rw_hub_room_get_members (l->data);

    func (rw_hub_room_get_id (l->data), g_list_length ((GList *) members),
          user_data);
  }
}

/** rw_rooms_foreach_member: in the order in which they came; none if there is
 * no such room. @func must not change the rooms. */
void
rw_rooms_foreach_member (RwRooms *self, const char *room_id,
                         RwRoomsMemberFunc func, gpointer user_data)
{
  const RwHubRoom *room = rw_hub_room_table_find (self->table, room_id);
  const GList *members = room != NULL ? rw_hub_room_get_members (room) : NULL;

  for (const GList *l = members; l != NULL; l = l->next) {
    RwRoomsMember member = describe (l->data);

    func (rw_hub_room_member_get_id (l->data), &member, user_data);
  }
}

/** rw_rooms_set_quality: of the connection of @id, for the record. */
void
rw_rooms_set_quality (RwRooms *self, const char *room_id, const char *id,
                      RwQuality quality)
{
  RwHubRoomMember *member =
      rw_hub_room_table_find_member (self->table, room_id, id);

  if (member != NULL)
    rw_hub_room_member_set_quality (member, quality);
}

/** rw_rooms_note_quality: the same, in each of its rooms. */
void
rw_rooms_note_quality (RwRooms *self, const char *id, RwQuality quality)
{
  const GPtrArray *memberships =
      rw_hub_room_table_get_memberships (self->table, id);

  for (guint i = 0; memberships != NULL && i < memberships->len; i++)
    rw_hub_room_member_set_quality (g_ptr_array_index (memberships, i),
                                    quality);
}

void
rw_rooms_get_counts (RwRooms *self, RwRoomsCounts *counts)
{
  counts->rooms = rw_hub_room_table_get_n (self->table);
  counts->published = self->n_published;
  counts->caught_up = rw_hub_room_feed_get_caught_up (
      rw_hub_room_table_get_feed (self->table), &counts->lost);
  counts->floors_granted = rw_hub_room_floors_get_granted (
      rw_hub_room_table_get_floors (self->table), &counts->floor_wait_sum_us);
}
