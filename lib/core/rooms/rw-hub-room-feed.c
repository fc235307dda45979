/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-room-feed.h"

#include "rw-time-queue.h"

/* A member that catches up gets so many messages at once, and the next ones so
 * much later: fifty are there within 5 ms, and a herd that returns does not
 * fill every queue at the same moment. */
#define CATCH_UP_MESSAGES 25
#define CATCH_UP_PACE_US  2000

struct _RwHubRoomFeed {
  RwHubRoomFeedConfig config;
  RwTimeQueue *behind; /* of RwHubRoomMember */
  gint64 behind_due_us;
  gsize total_bytes;
  guint64 n_caught_up;
  guint64 n_lost;
};

RwHubRoomFeed *
rw_hub_room_feed_new (const RwHubRoomFeedConfig *config)
{
  RwHubRoomFeed *self = g_new0 (RwHubRoomFeed, 1);

  self->config = *config;
  self->behind = rw_time_queue_new ();
  return self;
}

/** rw_hub_room_feed_free: NULL is fine. */
void
rw_hub_room_feed_free (RwHubRoomFeed *self)
{
  if (self == NULL)
    return;

  rw_time_queue_free (self->behind);
  g_free (self);
}

/* --- To one member --- */

/* FALSE when it has enough unread already. */
static gboolean
send_next (RwHubRoomFeed *self, RwHubRoomMember *member,
           RwSignalMessage *message)
{
  const char *id = rw_hub_room_member_get_id (member);

  if (self->config.may_send != NULL &&
      !self->config.may_send (id, message, self->config.user_data))
    return FALSE;

  rw_hub_room_send (rw_hub_room_member_get_room (member), id, message);
  rw_hub_room_member_set_next (member, message->sequence + 1);
  return TRUE;
}

/* To all members that are not away, and that it is the next one for. */
static void
send_to_all (RwHubRoomFeed *self, RwHubRoom *room, RwSignalMessage *message)
{
  for (const GList *l = rw_hub_room_get_members (room); l != NULL;
       l = l->next) {
    if (!rw_hub_room_member_is_away (l->data) &&
        rw_hub_room_member_get_next (l->data) == message->sequence)
      send_next (self, l->data, message);
  }
}

static gboolean
is_at_end (const RwHubRoomMember *member)
{
  return rw_hub_room_member_get_next (member) >
         rw_hub_room_history_get_last (
             rw_hub_room_get_history (rw_hub_room_member_get_room (member)));
}

static void
add_behind (RwHubRoomFeed *self, RwHubRoomMember *member, gint64 now_us)
{
  if (rw_time_queue_get_length (self->behind) == 0)
    self->behind_due_us = now_us + CATCH_UP_PACE_US;
  rw_time_queue_add (self->behind, member, now_us);
}

void
rw_hub_room_feed_forget_member (RwHubRoomFeed *self, RwHubRoomMember *member)
{
  rw_time_queue_remove (self->behind, member);
}

/* --- Histories --- */

/* No member that is connected loses what it has space for. */
void
rw_hub_room_feed_drop_oldest (RwHubRoomFeed *self, RwHubRoom *room)
{
  RwHubRoomHistory *history = rw_hub_room_get_history (room);
  gsize bytes = rw_hub_room_history_get_bytes (history);
  g_autoptr (RwSignalMessage) message = rw_hub_room_history_pop (history);

  g_return_if_fail (message != NULL);

  self->total_bytes -= bytes - rw_hub_room_history_get_bytes (history);
  send_to_all (self, room, message);
}

static void
trim (RwHubRoomFeed *self, RwHubRoom *room, gint64 now_us)
{
  while (rw_hub_room_history_exceeds (rw_hub_room_get_history (room),
                                      &self->config.limits, now_us))
    rw_hub_room_feed_drop_oldest (self, room);
}

void
rw_hub_room_feed_add (RwHubRoomFeed *self, RwHubRoom *room,
                      RwSignalMessage *message, gint64 now_us)
{
  RwHubRoomHistory *history = rw_hub_room_get_history (room);
  gsize bytes = rw_hub_room_history_get_bytes (history);

  send_to_all (self, room, message);
  rw_hub_room_history_add (history, message, now_us);
  self->total_bytes += rw_hub_room_history_get_bytes (history) - bytes;
  trim (self, room, now_us);
}

void
rw_hub_room_feed_cut (RwHubRoomFeed *self, RwHubRoom *room, guint64 first,
                      guint64 last)
{
  RwHubRoomHistory *history = rw_hub_room_get_history (room);
  gsize bytes = rw_hub_room_history_get_bytes (history);

  rw_hub_room_history_cut (history, first, last);
  self->total_bytes -= bytes - rw_hub_room_history_get_bytes (history);
}

gboolean
rw_hub_room_feed_is_over_total (const RwHubRoomFeed *self)
{
  return self->config.max_total_bytes > 0 &&
         self->total_bytes > self->config.max_total_bytes;
}

void
rw_hub_room_feed_forget (RwHubRoomFeed *self, RwHubRoom *room)
{
  self->total_bytes -=
      rw_hub_room_history_get_bytes (rw_hub_room_get_history (room));
}

/* --- Catching up --- */

/* Passes over what is not kept any more. */
static void
send_missed (RwHubRoomFeed *self, RwHubRoomMember *member, gint64 away_us)
{
  RwHubRoom *room = rw_hub_room_member_get_room (member);
  const RwHubRoomHistory *history = rw_hub_room_get_history (room);
  guint64 next = rw_hub_room_member_get_next (member);
  guint64 first = MAX (next, rw_hub_room_history_get_first (history));
  g_autoptr (RwSignalMessage) message = rw_hub_room_new_message (
      room, RW_SIGNAL_RECONNECTION_DETECTED, rw_hub_room_get_holder (room));

  message->outage_ms = (guint64) away_us / 1000;
  message->missed = rw_hub_room_history_get_last (history) + 1 - first;
  message->lost = first - next;
  rw_hub_room_send (room, rw_hub_room_member_get_id (member), message);
  self->n_lost += message->lost;
  rw_hub_room_member_set_next (member, first);
}

typedef struct {
  RwHubRoomFeed *self;
  RwHubRoomMember *member;
  guint n_left;
  gboolean may_send;
} CatchUp;

static gboolean
catch_up_one (RwSignalMessage *message, gpointer user_data)
{
  CatchUp *up = user_data;

  up->may_send = send_next (up->self, up->member, message);
  up->self->n_caught_up += up->may_send;
  return --up->n_left > 0 && up->may_send;
}

static void
catch_up (RwHubRoomFeed *self, RwHubRoomMember *member, gint64 now_us)
{
  RwHubRoom *room = rw_hub_room_member_get_room (member);
  const RwHubRoomHistory *history = rw_hub_room_get_history (room);
  CatchUp up = {self, member, CATCH_UP_MESSAGES, TRUE};

  trim (self, room, now_us);
  if (rw_hub_room_member_get_next (member) <
      rw_hub_room_history_get_first (history))
    send_missed (self, member, 0);
  rw_hub_room_history_foreach (history, rw_hub_room_member_get_next (member),
                               catch_up_one, &up);

  if (up.may_send && !is_at_end (member))
    add_behind (self, member, now_us);
  else
    rw_hub_room_feed_forget_member (self, member);
}

void
rw_hub_room_feed_return (RwHubRoomFeed *self, RwHubRoomMember *member,
                         gint64 now_us)
{
  trim (self, rw_hub_room_member_get_room (member), now_us);
  rw_hub_room_member_set_away (member, FALSE);
  send_missed (self, member, now_us - rw_hub_room_member_get_seen_us (member));
  rw_hub_room_member_set_seen_us (member, now_us);
  catch_up (self, member, now_us);
}

void
rw_hub_room_feed_go_on (RwHubRoomFeed *self, RwHubRoomMember *member,
                        gint64 now_us)
{
  if (!rw_hub_room_member_is_away (member) &&
      !rw_time_queue_contains (self->behind, member) && !is_at_end (member))
    catch_up (self, member, now_us);
}

void
rw_hub_room_feed_note_gap (RwHubRoomFeed *self, RwHubRoom *room, gint64 now_us)
{
  for (const GList *l = rw_hub_room_get_members (room); l != NULL;
       l = l->next) {
    if (!rw_hub_room_member_is_away (l->data) && !is_at_end (l->data))
      add_behind (self, l->data, now_us);
  }
}

/** rw_hub_room_feed_get_wake_us: when rw_hub_room_feed_wake() is due;
 * G_MAXINT64 for never. */
gint64
rw_hub_room_feed_get_wake_us (const RwHubRoomFeed *self)
{
  return rw_time_queue_get_length (self->behind) > 0 ? self->behind_due_us
                                                     : G_MAXINT64;
}

void
rw_hub_room_feed_wake (RwHubRoomFeed *self, gint64 now_us)
{
  guint n = rw_time_queue_get_length (self->behind);

  if (n == 0 || now_us < self->behind_due_us)
    return;

  self->behind_due_us = now_us + CATCH_UP_PACE_US;
  for (guint i = 0; i < n; i++) {
    RwHubRoomMember *member = rw_time_queue_get (self->behind, NULL);

    rw_time_queue_remove (self->behind, member);
    catch_up (self, member, now_us);
  }
}

guint64
rw_hub_room_feed_get_caught_up (const RwHubRoomFeed *self, guint64 *lost)
{
  *lost = self->n_lost;
  return self->n_caught_up;
}
