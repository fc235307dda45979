/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rooms-mirror.h"

static RwHubRoom *
find_room (RwRooms *self, const char *room_id)
{
  return rw_hub_room_table_find (rw_rooms_get_table (self), room_id);
}

static RwHubRoomFeed *
get_feed (RwRooms *self)
{
  return rw_hub_room_table_get_feed (rw_rooms_get_table (self));
}

static RwHubRoomJoins *
get_joins (RwRooms *self)
{
  return rw_hub_room_joiner_get_joins (rw_rooms_get_joiner (self));
}

/* --- Rooms --- */

/** rw_rooms_mirror_open: @room_id begins here; where it is open, nothing is
 * done. */
void
rw_rooms_mirror_open (RwRooms *self, const char *room_id, const char *instance)
{
  if (find_room (self, room_id) == NULL)
    rw_hub_room_table_add (rw_rooms_get_table (self), room_id, instance, NULL);
}

/** rw_rooms_mirror_close: nobody here is in it. */
void
rw_rooms_mirror_close (RwRooms *self, const char *room_id)
{
  RwHubRoomTable *table = rw_rooms_get_table (self);
  RwHubRoom *room = find_room (self, room_id);
  const GList *members;

  if (room == NULL)
    return;

  while ((members = rw_hub_room_get_members (room)) != NULL)
    rw_hub_room_table_drop_member (table, members->data);
  rw_hub_room_table_drop (table, room);
}

/* --- Members --- */

/** rw_rooms_mirror_member: a remote one, if it is not here; @meta: (nullable)
 */
void
rw_rooms_mirror_member (RwRooms *self, const char *room_id, const char *id,
                        const char *meta)
{
  RwHubRoom *room = find_room (self, room_id);
  GRefString *text = NULL;

  if (room == NULL || rw_hub_room_find (room, id) != NULL)
    return;

  text = meta != NULL && *meta != '\0' ? g_ref_string_new (meta) : NULL;
  rw_hub_room_table_add_member (rw_rooms_get_table (self),
                                rw_hub_room_member_new_remote (room, id, text));
  g_clear_pointer (&text, g_ref_string_release);
}

static void
enter (RwRooms *self, RwHubRoom *room, const RwHubRoomJoin *join, gint64 now_us)
{
  g_autofree char *id = g_strdup (join->id);
  RwHubRoomMember *remote = rw_hub_room_find (room, id);
  gboolean is_known = remote != NULL;

  if (remote != NULL)
    rw_hub_room_table_drop_member (rw_rooms_get_table (self), remote);
  rw_hub_room_joiner_enter (rw_rooms_get_joiner (self), room, join, is_known,
                            now_us);
  rw_hub_room_joins_remove (get_joins (self), id, rw_hub_room_get_id (room));
}

/** rw_rooms_mirror_remote: a member of another server, or of this one, which
 * has left and joined again since then; one that was here already is not
 * announced. */
void
rw_rooms_mirror_remote (RwRooms *self, const char *room_id, const char *id,
                        const char *meta)
{
  RwHubRoom *room = find_room (self, room_id);

  if (room == NULL || rw_hub_room_find (room, id) != NULL)
    return;

  rw_rooms_mirror_member (self, room_id, id, meta);
  rw_hub_room_send_member_joined (room, rw_hub_room_find (room, id));
}

/** rw_rooms_mirror_joined: where @id has a join here, that is done. */
void
rw_rooms_mirror_joined (RwRooms *self, const char *room_id, const char *id,
                        const char *meta, gint64 now_us)
{
  RwHubRoom *room = find_room (self, room_id);
  const RwHubRoomJoin *join =
      rw_hub_room_joins_find (get_joins (self), id, room_id);
  const RwHubRoomMember *member =
      room != NULL ? rw_hub_room_find (room, id) : NULL;

  if (room == NULL ||
      (member != NULL && !rw_hub_room_member_is_remote (member)))
    return;

  if (join != NULL)
    enter (self, room, join, now_us);
  else
    rw_rooms_mirror_remote (self, room_id, id, meta);
}

/** rw_rooms_mirror_refuse: what is stored under that name is no room. */
void
rw_rooms_mirror_refuse (RwRooms *self, const char *room_id, const char *id)
{
  if (rw_hub_room_joins_remove (get_joins (self), id, room_id))
    rw_hub_room_joiner_send_error (
        rw_rooms_get_joiner (self), id, room_id, "room-unavailable",
        "The servers' store has no such room; choose another name");
}

/** rw_rooms_mirror_left: @is_own: it was of this server. */
void
rw_rooms_mirror_left (RwRooms *self, const char *room_id, const char *id,
                      gboolean is_own, gint64 now_us)
{
  RwHubRoom *room = find_room (self, room_id);
  RwHubRoomMember *member = room != NULL ? rw_hub_room_find (room, id) : NULL;
  g_autoptr (RwSignalMessage) left = NULL;

  if (room == NULL || (member == NULL && !is_own))
    return;

  left = rw_hub_room_new_message (room, RW_SIGNAL_MEMBER_LEFT, id);
  if (member != NULL)
    rw_hub_room_table_drop_member (rw_rooms_get_table (self), member);
  rw_hub_room_send_others (room, NULL, left);
}

typedef struct {
  RwRoomsLocalFunc func;
  gpointer user_data;
} Local;

static void
call_for_join (const RwHubRoomJoin *join, gpointer user_data)
{
  const Local *local = user_data;

  local->func (join->id, join->message->meta, local->user_data);
}

/** rw_rooms_foreach_local: those that are joining, too. */
void
rw_rooms_foreach_local (RwRooms *self, const char *room_id,
                        RwRoomsLocalFunc func, gpointer user_data)
{
  const RwHubRoom *room = find_room (self, room_id);
  Local local = {func, user_data};

  for (const GList *l = room != NULL ? rw_hub_room_get_members (room) : NULL;
       l != NULL; l = l->next) {
    if (!rw_hub_room_member_is_remote (l->data))
      func (rw_hub_room_member_get_id (l->data),
            rw_hub_room_member_get_meta (l->data), user_data);
  }
  rw_hub_room_joins_foreach (get_joins (self), NULL, room_id, call_for_join,
                             &local);
}

/* --- History --- */

static guint64
get_last (const RwHubRoom *room)
{
  return rw_hub_room_history_get_last (rw_hub_room_get_history (room));
}

guint64
rw_rooms_get_last_sequence (RwRooms *self, const char *room_id)
{
  const RwHubRoom *room = find_room (self, room_id);

  return room != NULL ? get_last (room) : 0;
}

/** rw_rooms_mirror_advance: @sequence is the last; what is not here of those
 * before is lost. */
void
rw_rooms_mirror_advance (RwRooms *self, const char *room_id, guint64 sequence,
                         gint64 now_us)
{
  RwHubRoom *room = find_room (self, room_id);

  if (room == NULL || sequence <= get_last (room))
    return;

  rw_hub_room_feed_cut (get_feed (self), room, G_MAXUINT64, sequence);
  rw_hub_room_feed_note_gap (get_feed (self), room, now_us);
}

/* A member that was sent it under another number is not sent it again. */
static void
pass_over (RwHubRoom *room, guint64 sequence)
{
  for (const GList *l = rw_hub_room_get_members (room); l != NULL;
       l = l->next) {
    if (!rw_hub_room_member_is_remote (l->data) &&
        rw_hub_room_member_get_next (l->data) == sequence)
      rw_hub_room_member_set_next (l->data, sequence + 1);
  }
}

/** rw_rooms_mirror_message: @data: (nullable): JSON */
void
rw_rooms_mirror_message (RwRooms *self, const char *room_id, guint64 sequence,
                         const char *id, const char *data, gboolean repeated,
                         gint64 now_us)
{
  RwHubRoom *room = find_room (self, room_id);
  g_autoptr (RwSignalMessage) message = NULL;
  GRefString *meta = NULL;

  if (room == NULL || sequence <= get_last (room))
    return;

  rw_rooms_mirror_advance (self, room_id, sequence - 1, now_us);
  message = rw_hub_room_new_message (room, RW_SIGNAL_ROOM_MESSAGE, id);
  message->sequence = sequence;
  meta = data != NULL ? g_ref_string_new (data) : NULL;
  rw_signal_message_set_meta (message, meta);
  g_clear_pointer (&meta, g_ref_string_release);
  if (repeated)
    pass_over (room, sequence);
  rw_hub_room_table_publish (rw_rooms_get_table (self), room, message, now_us);
}

/**
 * rw_rooms_mirror_epoch:
 * @sequence: the last number before the epoch
 *
 * The store had lost the end of the room, or all of it. Entries that this
 * server had not read are lost; numbers behind @sequence are given again.
 */
void
rw_rooms_mirror_epoch (RwRooms *self, const char *room_id, const char *instance,
                       guint64 sequence, gint64 now_us)
{
  RwHubRoom *room = find_room (self, room_id);

  if (room == NULL ||
      g_strcmp0 (rw_hub_room_get_instance (room), instance) == 0)
    return;

  rw_hub_room_set_instance (room, instance);
  rw_hub_room_feed_cut (get_feed (self), room,
                        get_last (room) < sequence ? G_MAXUINT64 : 0, sequence);
  for (const GList *l = rw_hub_room_get_members (room); l != NULL;
       l = l->next) {
    RwHubRoomMember *member = l->data;

    if (rw_hub_room_member_is_remote (member))
      continue;
    rw_hub_room_member_set_next (
        member, MIN (rw_hub_room_member_get_next (member), sequence + 1));
    rw_hub_room_send_joined (room, member);
  }
  rw_hub_room_feed_note_gap (get_feed (self), room, now_us);
}

/* --- The floor --- */

/** rw_rooms_mirror_holder: before its events are passed on; NULL or "": nobody
 * has the floor. */
void
rw_rooms_mirror_holder (RwRooms *self, const char *room_id, const char *holder)
{
  RwHubRoom *room = find_room (self, room_id);

  if (room != NULL)
    rw_hub_room_set_holder (room,
                            holder != NULL && *holder != '\0' ? holder : NULL);
}

/** rw_rooms_mirror_floor: what the arbiter has decided. */
void
rw_rooms_mirror_floor (RwRooms *self, const char *room_id,
                       const RwFloorEvent *event)
{
  RwHubRoom *room = find_room (self, room_id);

  if (room != NULL)
    rw_hub_room_floors_send (
        rw_hub_room_table_get_floors (rw_rooms_get_table (self)), room, event);
}
