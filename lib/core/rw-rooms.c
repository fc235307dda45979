/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rooms-private.h"

#include <string.h>

typedef RwRoomsRoom Room;
typedef RwRoomsMembership Member;

typedef struct {
  char *id;
  RwBrainMessage *message;
} Output;

void
rw_rooms_membership_free (gpointer data)
{
  Member *member = data;

  g_free (member->id);
  g_clear_pointer (&member->meta, g_ref_string_release);
  g_free (member);
}

static void
room_free (gpointer data)
{
  Room *room = data;

  g_hash_table_unref (room->members);
  g_queue_clear_full (&room->log, rw_rooms_entry_free);
  rw_floor_free (room->floor);
  g_free (room->instance);
  g_free (room->id);
  g_free (room);
}

static void
output_free (gpointer data)
{
  Output *output = data;

  g_free (output->id);
  rw_brain_message_unref (output->message);
  g_free (output);
}

void
rw_rooms_send (RwRooms *self, const char *id, RwBrainMessage *message)
{
  Output *output = g_new (Output, 1);

  output->id = g_strdup (id);
  output->message = rw_brain_message_ref (message);
  g_queue_push_tail (&self->output, output);
}

static void
send_error (RwRooms *self, const char *id, const char *room_id,
            const char *code, const char *details)
{
  g_autoptr (RwBrainMessage) message =
      rw_brain_message_new (RW_SIGNAL_ERROR_REPLY);

  message->room_id = g_strdup (room_id);
  message->code = code;
  message->details = g_strdup (details);
  rw_rooms_send (self, id, message);
}

RwBrainMessage *
rw_rooms_new_message (RwSignalType type, const Room *room, const char *peer_id)
{
  RwBrainMessage *message = rw_brain_message_new (type);

  message->room_id = g_strdup (room->id);
  message->peer_id = g_strdup (peer_id);
  return message;
}

/* To all members that are there, but @except. What is not in the log is not
 * for those that are away: they are told how things stand when they return. */
static void
tell_others (RwRooms *self, Room *room, const char *except,
             RwBrainMessage *message)
{
  for (const GList *l = room->order.head; l != NULL; l = l->next) {
    const Member *member = l->data;

    if (!member->away && g_strcmp0 (member->id, except) != 0)
      rw_rooms_send (self, member->id, message);
  }
}

/* --- The floor --- */

static void
send_granted (RwRooms *self, Room *room, const RwFloorEvent *event)
{
  g_autoptr (RwBrainMessage) granted =
      rw_rooms_new_message (RW_SIGNAL_FLOOR_GRANTED, room, NULL);
  g_autoptr (RwBrainMessage) taken =
      rw_rooms_new_message (RW_SIGNAL_FLOOR_TAKEN, room, event->id);

  granted->time_ms = (guint64) event->remaining_us / 1000;
  rw_rooms_send (self, event->id, granted);
  if (event->again)
    return;

  self->counts.floors_granted++;
  self->counts.floor_wait_sum_us += event->waited_us;
  tell_others (self, room, event->id, taken);
}

static void
send_floor_event (RwRooms *self, Room *room, const RwFloorEvent *event)
{
  g_autoptr (RwBrainMessage) message = NULL;

  switch (event->type) {
  case RW_FLOOR_GRANTED:
    send_granted (self, room, event);
    return;
  case RW_FLOOR_QUEUED:
    message = rw_rooms_new_message (RW_SIGNAL_FLOOR_QUEUED, room, NULL);
    message->number = event->position;
    rw_rooms_send (self, event->id, message);
    return;
  case RW_FLOOR_DENIED:
    message = rw_rooms_new_message (RW_SIGNAL_FLOOR_DENIED, room,
                                    rw_floor_get_holder (room->floor));
    rw_rooms_send (self, event->id, message);
    return;
  case RW_FLOOR_RELEASED:
  default:
    message = rw_rooms_new_message (RW_SIGNAL_FLOOR_RELEASED, room, event->id);
    message->reason = g_strdup (event->reason);
    tell_others (self, room, NULL, message);
    return;
  }
}

static void
settle_floor (RwRooms *self, Room *room)
{
  gboolean timed;
  RwFloorEvent event;

  while (rw_floor_pop (room->floor, &event)) {
    send_floor_event (self, room, &event);
    rw_floor_event_clear (&event);
  }

  timed = rw_floor_get_wake_us (room->floor) != G_MAXINT64;
  if (timed && !room->timed)
    g_queue_push_tail_link (&self->timed, &room->as_timed);
  else if (!timed && room->timed)
    g_queue_unlink (&self->timed, &room->as_timed);
  room->timed = timed;
}

/* --- Members --- */

/* A room without members, which must not stay so. Takes @floor. */
Room *
rw_rooms_add_room (RwRooms *self, const char *id, RwFloor *floor)
{
  Room *room = g_new0 (Room, 1);

  room->id = g_strdup (id);
  room->members = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                         rw_rooms_membership_free);
  room->floor = floor;
  room->as_timed.data = room;
  g_hash_table_insert (self->rooms, room->id, room);
  return room;
}

/* What holds for the floor of the room @id. */
RwFloorConfig
rw_rooms_get_floor_config (const RwRooms *self, const char *id)
{
  RwFloorConfig config = self->config.floor;

  for (char *const *l = self->config.strict_rooms; l != NULL && *l != NULL;
       l++) {
    if (g_pattern_match_simple (*l, id))
      config.grace_us = 0;
  }

  return config;
}

static Room *
ensure_room (RwRooms *self, const char *id)
{
  Room *room = g_hash_table_lookup (self->rooms, id);
  RwFloorConfig floor;

  if (room != NULL || g_hash_table_size (self->rooms) >= self->config.max_rooms)
    return room;

  floor = rw_rooms_get_floor_config (self, id);
  room = rw_rooms_add_room (self, id, rw_floor_new (&floor));
  room->instance = self->config.new_id (self->config.user_data);
  return room;
}

static GPtrArray *
ensure_memberships (RwRooms *self, const char *id)
{
  GPtrArray *memberships = g_hash_table_lookup (self->clients, id);

  if (memberships == NULL) {
    memberships = g_ptr_array_new ();
    g_hash_table_insert (self->clients, g_strdup (id), memberships);
  }

  return memberships;
}

static Member *
find_member (RwRooms *self, const char *room_id, const char *id)
{
  Room *room = g_hash_table_lookup (self->rooms, room_id);

  return room != NULL ? g_hash_table_lookup (room->members, id) : NULL;
}

static void
drop_room (RwRooms *self, Room *room)
{
  if (room->timed)
    g_queue_unlink (&self->timed, &room->as_timed);
  self->log_bytes -= room->log_bytes;
  g_hash_table_remove (self->rooms, room->id);
}

/* Frees @member, and its room with the last of them. */
static void
remove_member (RwRooms *self, Member *member, gint64 now_us)
{
  Room *room = member->room;
  g_autofree char *id = g_strdup (member->id);
  GPtrArray *memberships = g_hash_table_lookup (self->clients, id);
  g_autoptr (RwBrainMessage) left =
      rw_rooms_new_message (RW_SIGNAL_MEMBER_LEFT, room, id);

  rw_rooms_set_behind (self, member, FALSE, now_us);
  g_ptr_array_remove_fast (memberships, member);
  if (memberships->len == 0)
    g_hash_table_remove (self->clients, id);
  g_queue_unlink (&room->order, &member->as_member);
  g_hash_table_remove (room->members, id);
  if (g_hash_table_size (room->members) == 0) {
    drop_room (self, room);
    return;
  }

  tell_others (self, room, NULL, left);
  rw_floor_remove (room->floor, id, now_us);
  settle_floor (self, room);
}

/* The state of the room, to one that comes or comes again. */
static void
send_joined (RwRooms *self, const Member *member)
{
  Room *room = member->room;
  g_autoptr (RwBrainMessage) joined = rw_rooms_new_message (
      RW_SIGNAL_ROOM_JOINED, room, rw_floor_get_holder (room->floor));

  joined->instance = g_strdup (room->instance);
  joined->sequence = member->next - 1;
  joined->peers = rw_brain_message_new_peers ();
  for (const GList *l = room->order.head; l != NULL; l = l->next) {
    const Member *other = l->data;

    rw_brain_message_add_peer (joined, other->id, other->meta);
  }
  rw_rooms_send (self, member->id, joined);
}

/* Takes @member, which has its id and is in no room yet. */
void
rw_rooms_add_membership (RwRooms *self, Room *room, Member *member)
{
  member->room = room;
  member->as_behind.data = member;
  member->as_member.data = member;
  g_hash_table_insert (room->members, member->id, member);
  g_queue_push_tail_link (&room->order, &member->as_member);
  g_ptr_array_add (ensure_memberships (self, member->id), member);
}

/* Whether who joins was in this very room before, and can go on from where it
 * was. A number that was never given is from a server that has lost its end. */
static gboolean
is_returning (const Room *room, const RwBrainMessage *message)
{
  return g_strcmp0 (message->instance, room->instance) == 0 &&
         message->sequence <= room->last_sequence;
}

/* One that returns is away until the room has told it how things stand. */
static void
add_member (RwRooms *self, Room *room, const char *id,
            const RwBrainMessage *message, gint64 now_us)
{
  Member *member = g_new0 (Member, 1);
  gboolean returns = is_returning (room, message);
  guint64 last = returns ? message->sequence : room->last_sequence;
  g_autoptr (RwBrainMessage) joined =
      rw_rooms_new_message (RW_SIGNAL_MEMBER_JOINED, room, id);

  member->id = g_strdup (id);
  member->meta =
      message->meta != NULL ? g_ref_string_acquire (message->meta) : NULL;
  member->next = last + 1;
  member->away = returns;
  member->seen_us = rw_rooms_get_missed_us (room, last, now_us);
  rw_rooms_add_membership (self, room, member);

  send_joined (self, member);
  joined->source = g_strdup (id);
  joined->meta =
      member->meta != NULL ? g_ref_string_acquire (member->meta) : NULL;
  tell_others (self, room, id, joined);
  if (returns)
    rw_rooms_return (self, member, now_us);
}

/* --- Messages --- */

static void
on_join (RwRooms *self, const char *id, const RwBrainMessage *message,
         gint64 now_us)
{
  GPtrArray *memberships = g_hash_table_lookup (self->clients, id);
  const Member *member = find_member (self, message->room_id, id);
  Room *room;

  if (member != NULL) {
    send_joined (self, member);
    return;
  }
  if (memberships != NULL &&
      memberships->len >= self->config.max_rooms_per_member) {
    send_error (self, id, message->room_id, "too-many-rooms",
                "you are in too many rooms; leave one first");
    return;
  }
  room = ensure_room (self, message->room_id);
  if (room == NULL) {
    send_error (self, id, message->room_id, "too-many-rooms",
                "the server has as many rooms as it may");
    return;
  }

  add_member (self, room, id, message, now_us);
}

static void
on_publish (RwRooms *self, Member *member, const RwBrainMessage *message,
            gint64 now_us)
{
  Room *room = member->room;
  g_autoptr (RwBrainMessage) published =
      rw_rooms_new_message (RW_SIGNAL_ROOM_MESSAGE, room, member->id);

  published->sequence = ++room->last_sequence;
  published->meta =
      message->meta != NULL ? g_ref_string_acquire (message->meta) : NULL;
  self->counts.published++;
  rw_rooms_add_entry (self, room, published, now_us);
}

static void
on_floor (RwRooms *self, Member *member, const RwBrainMessage *message,
          gint64 now_us)
{
  Room *room = member->room;

  if (message->type == RW_SIGNAL_REQUEST_FLOOR)
    rw_floor_request (room->floor, member->id, (guint) message->number,
                      !message->no_wait, now_us);
  else
    rw_floor_release (room->floor, member->id, now_us);
  settle_floor (self, room);
}

/** rw_rooms_takes: whether messages of @type are for rw_rooms_handle(). */
gboolean
rw_rooms_takes (RwSignalType type)
{
  return type == RW_SIGNAL_JOIN_ROOM || type == RW_SIGNAL_LEAVE_ROOM ||
         type == RW_SIGNAL_PUBLISH || type == RW_SIGNAL_REQUEST_FLOOR ||
         type == RW_SIGNAL_RELEASE_FLOOR;
}

/** rw_rooms_handle: @message, of a type that it takes, came from @id. */
void
rw_rooms_handle (RwRooms *self, const char *id, const RwBrainMessage *message,
                 gint64 now_us)
{
  Member *member;

  if (message->type == RW_SIGNAL_JOIN_ROOM) {
    on_join (self, id, message, now_us);
    return;
  }

  member = find_member (self, message->room_id, id);
  if (member == NULL) {
    send_error (self, id, message->room_id, "unknown-room",
                "you are not in that room; join it first");
    return;
  }

  member->seen_us = now_us;
  if (message->type == RW_SIGNAL_LEAVE_ROOM)
    remove_member (self, member, now_us);
  else if (message->type == RW_SIGNAL_PUBLISH)
    on_publish (self, member, message, now_us);
  else
    on_floor (self, member, message, now_us);
}

static void
set_member_away (RwRooms *self, Member *member, gboolean away, gint64 now_us)
{
  if (away == member->away)
    return;

  if (away) {
    member->away = TRUE;
    member->seen_us = now_us;
    rw_rooms_set_behind (self, member, FALSE, now_us);
  } else {
    rw_rooms_return (self, member, now_us);
  }
  rw_floor_set_away (member->room->floor, member->id, away, now_us);
  settle_floor (self, member->room);
}

/**
 * rw_rooms_set_away:
 *
 * The connection of @id is lost, or there again: in the latter case it is
 * told, in each of its rooms, how long it was away, and catches up.
 */
void
rw_rooms_set_away (RwRooms *self, const char *id, gboolean away, gint64 now_us)
{
  GPtrArray *memberships = g_hash_table_lookup (self->clients, id);

  for (guint i = 0; memberships != NULL && i < memberships->len; i++)
    set_member_away (self, g_ptr_array_index (memberships, i), away, now_us);
}

/** rw_rooms_remove: @id is gone for good, and out of all rooms. */
void
rw_rooms_remove (RwRooms *self, const char *id, gint64 now_us)
{
  GPtrArray *memberships;

  while ((memberships = g_hash_table_lookup (self->clients, id)) != NULL)
    remove_member (self, g_ptr_array_index (memberships, 0), now_us);
}

/* --- Time --- */

gint64
rw_rooms_get_wake_us (RwRooms *self)
{
  gint64 wake_us = self->behind.head != NULL ? self->behind_due_us : G_MAXINT64;

  for (GList *l = self->timed.head; l != NULL; l = l->next)
    wake_us =
        MIN (wake_us, rw_floor_get_wake_us (((const Room *) l->data)->floor));

  return wake_us;
}

void
rw_rooms_wake (RwRooms *self, gint64 now_us)
{
  GList *next;

  rw_rooms_wake_behind (self, now_us);
  for (GList *l = self->timed.head; l != NULL; l = next) {
    Room *room = l->data;

    next = l->next;
    rw_floor_wake (room->floor, now_us);
    settle_floor (self, room);
  }
}

/* --- The rest --- */

RwRooms *
rw_rooms_new (const RwRoomsConfig *config)
{
  RwRooms *self;

  g_return_val_if_fail (config->new_id != NULL, NULL);

  self = g_new0 (RwRooms, 1);
  self->config = *config;
  self->rooms =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, room_free);
  self->clients = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify) g_ptr_array_unref);

  return self;
}

/** rw_rooms_free: NULL is fine. */
void
rw_rooms_free (RwRooms *self)
{
  if (self == NULL)
    return;

  g_queue_clear_full (&self->output, output_free);
  g_hash_table_unref (self->clients);
  g_hash_table_unref (self->rooms);
  g_free (self);
}

/** rw_rooms_pop: as rw_brain_pop(). */
RwBrainMessage *
rw_rooms_pop (RwRooms *self, char **id)
{
  Output *output = g_queue_pop_head (&self->output);
  RwBrainMessage *message;

  if (output == NULL)
    return NULL;

  message = output->message;
  *id = output->id;
  g_free (output);

  return message;
}

/** rw_rooms_get_meta_bytes: what the members say about themselves. */
gsize
rw_rooms_get_meta_bytes (RwRooms *self, const char *room_id)
{
  Room *room = g_hash_table_lookup (self->rooms, room_id);
  gsize bytes = 0;

  for (const GList *l = room != NULL ? room->order.head : NULL; l != NULL;
       l = l->next) {
    GRefString *meta = ((const Member *) l->data)->meta;

    bytes += meta != NULL ? g_ref_string_length (meta) : 0;
  }
  return bytes;
}

/** rw_rooms_get_member: FALSE if @id is not in the room. */
gboolean
rw_rooms_get_member (RwRooms *self, const char *room_id, const char *id,
                     RwRoomsMember *member)
{
  const Member *found = find_member (self, room_id, id);

  if (found == NULL)
    return FALSE;

  member->last_sequence = found->next - 1;
  member->last_seen_us = found->seen_us;
  member->is_connected = !found->away;
  member->quality = found->quality;
  return TRUE;
}

/** rw_rooms_set_quality: what @id says of its connection, for the record. */
void
rw_rooms_set_quality (RwRooms *self, const char *room_id, const char *id,
                      RwQuality quality)
{
  Member *member = find_member (self, room_id, id);

  if (member != NULL)
    member->quality = quality;
}

/** rw_rooms_note_quality: the same, in each of its rooms. */
void
rw_rooms_note_quality (RwRooms *self, const char *id, RwQuality quality)
{
  const GPtrArray *memberships = g_hash_table_lookup (self->clients, id);

  for (guint i = 0; memberships != NULL && i < memberships->len; i++)
    ((Member *) g_ptr_array_index (memberships, i))->quality = quality;
}

void
rw_rooms_get_counts (RwRooms *self, RwRoomsCounts *counts)
{
  *counts = self->counts;
  counts->rooms = g_hash_table_size (self->rooms);
}
