/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-outbox.h"

/* A request for a session begins an attempt, which is repeated by then. A
 * message of a session is of use for as long as a server may keep the client. A
 * talker has let go of the button by then. The end of a session and a message
 * to a room never expire. */
#define REQUEST_MAX_AGE_US (10 * G_TIME_SPAN_SECOND)
#define SESSION_MAX_AGE_US (60 * G_TIME_SPAN_SECOND)
#define FLOOR_MAX_AGE_US   (2 * G_TIME_SPAN_SECOND)

struct _RwOutbox {
  GQueue entries; /* of RwSignalMessage, oldest first */
  guint max;
  RwOutboxCounts counts;
};

typedef gboolean (*RwOutboxMatch) (const RwSignalMessage *queued,
                                   const RwSignalMessage *given);

static void
rw_outbox_delete (RwOutbox *self, GList *link)
{
  rw_signal_message_unref (link->data);
  g_queue_delete_link (&self->entries, link);
}

static guint
rw_outbox_delete_matches (RwOutbox *self, RwOutboxMatch match,
                          const RwSignalMessage *given)
{
  guint n = 0;

  for (GList *l = self->entries.head, *next; l != NULL; l = next) {
    next = l->next;
    if (match (l->data, given)) {
      rw_outbox_delete (self, l);
      n++;
    }
  }
  return n;
}

static gboolean
is_request (const RwSignalMessage *queued, const RwSignalMessage *given)
{
  return queued->type == RW_SIGNAL_START_SESSION;
}

static gboolean
is_request_to_same (const RwSignalMessage *queued, const RwSignalMessage *given)
{
  return is_request (queued, given) &&
         g_str_equal (queued->peer_id, given->peer_id);
}

static gboolean
is_of_session (const RwSignalMessage *queued, const RwSignalMessage *given)
{
  return !is_request (queued, given) && queued->session_id != NULL;
}

static gboolean
is_of_same_session (const RwSignalMessage *queued, const RwSignalMessage *given)
{
  return is_of_session (queued, given) &&
         g_str_equal (queued->session_id, given->session_id);
}

static gboolean
is_floor_request_in_same (const RwSignalMessage *queued,
                          const RwSignalMessage *given)
{
  return queued->type == RW_SIGNAL_REQUEST_FLOOR &&
         g_str_equal (queued->room_id, given->room_id);
}

static gboolean
is_join_of_same (const RwSignalMessage *queued, const RwSignalMessage *given)
{
  return queued->type == RW_SIGNAL_JOIN_ROOM &&
         g_str_equal (queued->room_id, given->room_id);
}

static gboolean
is_end (const RwSignalMessage *message)
{
  return message->type == RW_SIGNAL_END_SESSION ||
         message->type == RW_SIGNAL_END_SESSION_V1_1;
}

static gint64
get_max_age_us (const RwSignalMessage *message)
{
  switch (message->type) {
  case RW_SIGNAL_START_SESSION:
    return REQUEST_MAX_AGE_US;
  case RW_SIGNAL_PEER:
    return SESSION_MAX_AGE_US;
  case RW_SIGNAL_REQUEST_FLOOR:
    return FLOOR_MAX_AGE_US;
  default:
    return G_MAXINT64;
  }
}

static gboolean
is_candidate (const RwSignalMessage *message)
{
  return message->candidate != NULL;
}

/* It expires. */
static gboolean
is_passing (const RwSignalMessage *message)
{
  return message->expires_us != G_MAXINT64;
}

static GList *
rw_outbox_find_oldest (RwOutbox *self,
                       gboolean (*match) (const RwSignalMessage *message))
{
  for (GList *l = self->entries.head; l != NULL; l = l->next)
    if (match (l->data))
      return l;
  return NULL;
}

/* Messages that never expire go last. */
static void
rw_outbox_make_room (RwOutbox *self)
{
  GList *victim;

  if (self->entries.length < self->max)
    return;
  victim = rw_outbox_find_oldest (self, is_candidate);
  if (victim == NULL)
    victim = rw_outbox_find_oldest (self, is_passing);
  if (victim == NULL)
    victim = self->entries.head;
  rw_outbox_delete (self, victim);
  self->counts.overflow++;
}

RwOutbox *
rw_outbox_new (guint max)
{
  RwOutbox *self = g_new0 (RwOutbox, 1);

  g_return_val_if_fail (max > 0, self);

  self->max = max;
  return self;
}

void
rw_outbox_free (RwOutbox *self)
{
  g_queue_clear_full (&self->entries, (GDestroyNotify) rw_signal_message_unref);
  g_free (self);
}

void
rw_outbox_push (RwOutbox *self, RwSignalMessage *message, gint64 now_us)
{
  gint64 age_us = get_max_age_us (message);

  if (message->type == RW_SIGNAL_START_SESSION)
    rw_outbox_delete_matches (self, is_request_to_same, message);
  else if (is_end (message))
    rw_outbox_delete_matches (self, is_of_same_session, message);
  else if (message->type == RW_SIGNAL_REQUEST_FLOOR ||
           message->type == RW_SIGNAL_RELEASE_FLOOR)
    rw_outbox_delete_matches (self, is_floor_request_in_same, message);
  rw_outbox_make_room (self);
  message->expires_us = age_us == G_MAXINT64 ? age_us : now_us + age_us;
  g_queue_push_tail (&self->entries, message);
}

void
rw_outbox_push_first (RwOutbox *self, RwSignalMessage *message)
{
  if (message->type == RW_SIGNAL_JOIN_ROOM)
    rw_outbox_delete_matches (self, is_join_of_same, message);
  g_queue_push_head (&self->entries, message);
}

RwSignalMessage *
rw_outbox_pop (RwOutbox *self, gint64 now_us)
{
  RwSignalMessage *message;

  while ((message = g_queue_pop_head (&self->entries)) != NULL) {
    if (now_us < message->expires_us)
      return message;
    rw_signal_message_unref (message);
    self->counts.stale++;
  }
  return NULL;
}

void
rw_outbox_forget_sessions (RwOutbox *self)
{
  self->counts.stale += rw_outbox_delete_matches (self, is_of_session, NULL);
}

void
rw_outbox_clear (RwOutbox *self)
{
  g_queue_clear_full (&self->entries, (GDestroyNotify) rw_signal_message_unref);
}

void
rw_outbox_get_counts (RwOutbox *self, RwOutboxCounts *counts)
{
  *counts = self->counts;
}
