/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a room keeps, and how each member gets it: once, in order, as fast as
 * it takes it. A member's @next says how far it is; who is not at the end is
 * away, or behind (the next ones are due with the clock), or has more unread
 * than it should (the next ones are due with its acknowledgements). */
#include "rw-rooms-private.h"

#include <string.h>

/* Who catches up gets so many messages at once, and the next ones so much
 * later: fifty are there within 5 ms, and a herd that returns does not fill
 * every queue at the same moment. */
#define CATCH_UP_MESSAGES 25
#define CATCH_UP_PACE_US  2000

/* What a message costs besides its data. */
#define MESSAGE_COST 256

typedef RwRoomsEntry Entry;
typedef RwRoomsRoom Room;
typedef RwRoomsMembership Member;

void
rw_rooms_entry_free (gpointer data)
{
  Entry *entry = data;

  rw_brain_message_unref (entry->message);
  g_free (entry);
}

/* --- To one member --- */

/* FALSE when it has enough to read already. */
static gboolean
send_next (RwRooms *self, Member *member, RwBrainMessage *message)
{
  if (self->config.may_send != NULL &&
      !self->config.may_send (member->id, message, self->config.user_data))
    return FALSE;

  rw_rooms_send (self, member->id, message);
  member->next++;
  return TRUE;
}

static gboolean
is_at_end (const Member *member)
{
  return member->next > member->room->last_sequence;
}

void
rw_rooms_set_behind (RwRooms *self, Member *member, gboolean behind,
                     gint64 now_us)
{
  if (behind == member->behind)
    return;

  if (behind && g_queue_is_empty (&self->behind))
    self->behind_due_us = now_us + CATCH_UP_PACE_US;
  if (behind)
    g_queue_push_tail_link (&self->behind, &member->as_behind);
  else
    g_queue_unlink (&self->behind, &member->as_behind);
  member->behind = behind;
}

/* --- What is kept --- */

/* Nobody who is there loses what it has room for. */
static void
drop_oldest (RwRooms *self, Room *room)
{
  Entry *entry = g_queue_pop_head (&room->log);

  for (const GList *l = room->order.head; l != NULL; l = l->next) {
    Member *member = l->data;

    if (!member->away && member->next == entry->sequence)
      send_next (self, member, entry->message);
  }

  self->log_bytes -= entry->cost;
  room->log_bytes -= entry->cost;
  rw_rooms_entry_free (entry);
}

static void
trim (RwRooms *self, Room *room, gint64 now_us)
{
  while (!g_queue_is_empty (&room->log)) {
    const Entry *oldest = g_queue_peek_head (&room->log);

    if (room->log.length <= self->config.max_messages &&
        room->log_bytes <= self->config.max_bytes &&
        now_us - oldest->at_us <= self->config.max_age_us)
      return;
    drop_oldest (self, room);
  }
}

/* Of two that are alike the one whose name comes first, so that the servers
 * that share a state drop the same. */
static Room *
find_largest (RwRooms *self)
{
  Room *largest = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->rooms);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Room *room = value;

    if (largest == NULL || room->log_bytes > largest->log_bytes ||
        (room->log_bytes == largest->log_bytes &&
         strcmp (room->id, largest->id) < 0))
      largest = room;
  }

  return largest;
}

/* Whoever fills rooms with large messages shortens the memory of those, not of
 * the others. */
static void
trim_all (RwRooms *self)
{
  while (self->config.max_total_bytes > 0 &&
         self->log_bytes > self->config.max_total_bytes)
    drop_oldest (self, find_largest (self));
}

/* Of a message in a room's history, in bytes. */
gsize
rw_rooms_get_cost (const RwBrainMessage *message)
{
  return MESSAGE_COST + (message->meta != NULL ? strlen (message->meta) : 0);
}

/* The next of @room, for all that are there and at its end. */
void
rw_rooms_add_entry (RwRooms *self, Room *room, RwBrainMessage *message,
                    gint64 now_us)
{
  Entry *entry = g_new (Entry, 1);

  for (const GList *l = room->order.head; l != NULL; l = l->next) {
    Member *member = l->data;

    if (!member->away && member->next == message->sequence)
      send_next (self, member, message);
  }

  entry->sequence = message->sequence;
  entry->at_us = now_us;
  entry->message = rw_brain_message_ref (message);
  entry->cost = rw_rooms_get_cost (message);
  self->log_bytes += entry->cost;
  room->log_bytes += entry->cost;
  g_queue_push_tail (&room->log, entry);
  trim (self, room, now_us);
  trim_all (self);
}

static guint64
get_first_kept (const Room *room)
{
  return room->last_sequence - room->log.length + 1;
}

/* --- Catching up --- */

/* Passes over what is not kept any more. */
static void
tell_missed (RwRooms *self, Member *member, gint64 away_us)
{
  const Room *room = member->room;
  guint64 first = MAX (member->next, get_first_kept (room));
  g_autoptr (RwBrainMessage) message = rw_rooms_new_message (
      RW_SIGNAL_RECONNECTION_DETECTED, room, rw_floor_get_holder (room->floor));

  message->time_ms = (guint64) away_us / 1000;
  message->number = room->last_sequence + 1 - first;
  message->lost = first - member->next;
  rw_rooms_send (self, member->id, message);
  self->counts.lost += message->lost;
  member->next = first;
}

/* Since when whoever had all up to @sequence has missed something, as far as
 * the history tells: @now_us if it tells nothing. */
gint64
rw_rooms_get_missed_us (const RwRoomsRoom *room, guint64 sequence,
                        gint64 now_us)
{
  for (const GList *l = room->log.head; l != NULL; l = l->next) {
    const Entry *entry = l->data;

    if (entry->sequence > sequence)
      return entry->at_us;
  }

  return now_us;
}

static void
catch_up (RwRooms *self, Member *member, gint64 now_us)
{
  Room *room = member->room;
  gboolean may_send = TRUE;
  GList *link;

  trim (self, room, now_us);
  if (member->next < get_first_kept (room))
    tell_missed (self, member, 0);

  link = g_queue_peek_nth_link (&room->log,
                                (guint) (member->next - get_first_kept (room)));
  for (guint i = 0; i < CATCH_UP_MESSAGES && link != NULL && may_send; i++) {
    may_send = send_next (self, member, ((Entry *) link->data)->message);
    self->counts.caught_up += may_send;
    link = link->next;
  }
  rw_rooms_set_behind (self, member, may_send && !is_at_end (member), now_us);
}

/* @member was away. */
void
rw_rooms_return (RwRooms *self, Member *member, gint64 now_us)
{
  trim (self, member->room, now_us);
  member->away = FALSE;
  tell_missed (self, member, now_us - member->seen_us);
  member->seen_us = now_us;
  catch_up (self, member, now_us);
}

void
rw_rooms_wake_behind (RwRooms *self, gint64 now_us)
{
  guint n = self->behind.length;

  if (n == 0 || now_us < self->behind_due_us)
    return;

  self->behind_due_us = now_us + CATCH_UP_PACE_US;
  for (guint i = 0; i < n; i++) {
    Member *member = self->behind.head->data;

    rw_rooms_set_behind (self, member, FALSE, now_us);
    catch_up (self, member, now_us);
  }
}

/** rw_rooms_go_on: @id has read enough to be sent more. */
void
rw_rooms_go_on (RwRooms *self, const char *id, gint64 now_us)
{
  const GPtrArray *memberships = g_hash_table_lookup (self->clients, id);

  for (guint i = 0; memberships != NULL && i < memberships->len; i++) {
    Member *member = g_ptr_array_index (memberships, i);

    if (!member->away && !member->behind && !is_at_end (member))
      catch_up (self, member, now_us);
  }
}
