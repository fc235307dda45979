/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-member.h"

#include "sim-time.h"

struct _SimMember {
  char *room;
  guint client;
  SimBook *book;
  char *instance; /* NULL: it has not joined yet */
  guint64 sequence;
  char *holder; /* of the floor; NULL: nobody */
  gboolean has_floor;
  gboolean is_joining;
  gint64 floor_end_us; /* known from floorGranted */
};

SimMember *
sim_member_new (const char *room, guint client, SimBook *book)
{
  SimMember *self = g_new0 (SimMember, 1);

  self->room = g_strdup (room);
  self->client = client;
  self->book = book;
  self->floor_end_us = G_MAXINT64;
  return self;
}

void
sim_member_free (SimMember *self)
{
  g_free (self->room);
  g_free (self->instance);
  g_free (self->holder);
  g_free (self);
}

RwSignalMessage *
sim_member_new_join (SimMember *self)
{
  RwSignalMessage *message = rw_signal_message_new (RW_SIGNAL_JOIN_ROOM);

  message->room_id = g_strdup (self->room);
  message->instance = g_strdup (self->instance);
  message->sequence = self->sequence;
  self->has_floor = FALSE;
  self->is_joining = TRUE;
  return message;
}

/* What happened to the floor while the client was away is not sent. */
void
sim_member_return (SimMember *self)
{
  g_clear_pointer (&self->holder, g_free);
}

/* --- The floor --- */

static void
set_holder (SimMember *self, const char *holder, const char *own_id)
{
  g_free (self->holder);
  self->holder = g_strdup (holder);
  self->has_floor = g_strcmp0 (holder, own_id) == 0;
}

static void
pass_floor (SimMember *self, const char *to, const char *own_id)
{
  if (self->holder != NULL && !g_str_equal (self->holder, to))
    sim_book_fail (self->book,
                   "c%u: the floor of %s goes to %s while %s has it",
                   self->client, self->room, to, self->holder);
  set_holder (self, to, own_id);
}

void
sim_member_release (SimMember *self)
{
  self->has_floor = FALSE;
}

gboolean
sim_member_has_floor (const SimMember *self)
{
  return self->has_floor && sim_time_get () < self->floor_end_us;
}

gboolean
sim_member_is_joining (const SimMember *self)
{
  return self->is_joining;
}

/* --- Messages --- */

static void
on_joined (SimMember *self, const RwSignalMessage *message, const char *own_id)
{
  if (g_strcmp0 (self->instance, message->instance) == 0 &&
      message->sequence != self->sequence && !sim_book_is_forgiven (self->book))
    sim_book_fail (self->book,
                   "c%u joined %s again at %" G_GUINT64_FORMAT
                   " instead of %" G_GUINT64_FORMAT,
                   self->client, self->room, message->sequence, self->sequence);
  sim_book_note (self->book, "c%u is in %s %s at %" G_GUINT64_FORMAT,
                 self->client, self->room, message->instance,
                 message->sequence);
  g_free (self->instance);
  self->instance = g_strdup (message->instance);
  self->sequence = message->sequence;
  self->is_joining = FALSE;
  if (message->sequence > 0)
    sim_book_pass_over (self->book, self->client, self->room);
  set_holder (self, message->peer_id, own_id);
}

static void
on_reconnection (SimMember *self, const RwSignalMessage *message,
                 const char *own_id)
{
  if (message->lost > 0 && !sim_book_is_forgiven (self->book))
    sim_book_fail (self->book, "c%u lost %" G_GUINT64_FORMAT " messages of %s",
                   self->client, message->lost, self->room);
  self->sequence += message->lost;
  set_holder (self, message->peer_id, own_id);
}

static void
on_message (SimMember *self, const RwSignalMessage *message)
{
  if (self->instance == NULL)
    return; /* the client has left the room, and joined again */
  if (message->sequence != self->sequence + 1 &&
      !sim_book_is_forgiven (self->book))
    sim_book_fail (self->book,
                   "c%u received number %" G_GUINT64_FORMAT
                   " of %s after %" G_GUINT64_FORMAT,
                   self->client, message->sequence, self->room, self->sequence);
  self->sequence = message->sequence;
  sim_book_read (self->book, self->client, self->room, self->instance,
                 message->sequence, message->meta);
}

void
sim_member_receive (SimMember *self, const RwSignalMessage *message,
                    const char *own_id)
{
  if (message->type != RW_SIGNAL_ROOM_MESSAGE)
    sim_book_note (self->book, "  c%u %s: type %u, peer %s, reason %s",
                   self->client, self->room, message->type, message->peer_id,
                   message->reason);
  switch (message->type) {
  case RW_SIGNAL_ROOM_JOINED:
    on_joined (self, message, own_id);
    return;
  case RW_SIGNAL_RECONNECTION_DETECTED:
    on_reconnection (self, message, own_id);
    return;
  case RW_SIGNAL_ROOM_MESSAGE:
    on_message (self, message);
    return;
  case RW_SIGNAL_FLOOR_GRANTED:
    set_holder (self, own_id, own_id); /* what was before is not sent again */
    self->floor_end_us = sim_time_get () + (gint64) message->max_hold_ms * 1000;
    return;
  case RW_SIGNAL_FLOOR_TAKEN:
    pass_floor (self, message->peer_id, own_id);
    return;
  case RW_SIGNAL_FLOOR_RELEASED:
    if (g_strcmp0 (self->holder, message->peer_id) == 0)
      set_holder (self, NULL, own_id);
    return;
  case RW_SIGNAL_ERROR_REPLY:
    sim_book_note (self->book, "c%u: %s: %s", self->client, message->code,
                   message->details);
    return;
  default:
    return;
  }
}

const char *
sim_member_get_last (const SimMember *self, guint64 *sequence)
{
  *sequence = self->sequence;
  return self->instance;
}
