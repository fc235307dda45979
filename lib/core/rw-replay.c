/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-replay.h"

struct _RwReplay {
  GQueue kept; /* messages with the numbers sent - length + 1 ... sent */
  GDestroyNotify destroy;
  guint max;
  guint ack_every;
  guint64 sent;         /* the last number given */
  GList *next;          /* the next to send again, or NULL */
  guint64 next_seq;     /* its number */
  guint64 received;     /* the last number that came */
  guint64 acknowledged; /* of those, the last that the other end was told */
};

static guint64
rw_replay_first_kept (RwReplay *self)
{
  return self->sent - self->kept.length + 1;
}

RwReplay *
rw_replay_new (guint max, guint ack_every, GDestroyNotify destroy)
{
  RwReplay *self = g_new0 (RwReplay, 1);

  self->max = MAX (max, 1);
  self->ack_every = MAX (ack_every, 1);
  self->destroy = destroy;
  return self;
}

void
rw_replay_free (RwReplay *self)
{
  rw_replay_reset (self);
  g_free (self);
}

void
rw_replay_reset (RwReplay *self)
{
  gpointer message;

  while ((message = g_queue_pop_head (&self->kept)) != NULL)
    self->destroy (message);
  self->sent = 0;
  self->next = NULL;
  self->received = 0;
  self->acknowledged = 0;
}

gboolean
rw_replay_is_full (RwReplay *self)
{
  return self->kept.length >= self->max;
}

guint64
rw_replay_send (RwReplay *self, gpointer message)
{
  g_return_val_if_fail (message != NULL, 0);

  if (rw_replay_is_full (self)) {
    self->destroy (message);
    return 0;
  }
  g_queue_push_tail (&self->kept, message);
  return ++self->sent;
}

RwReplayVerdict
rw_replay_receive (RwReplay *self, guint64 seq)
{
  if (seq <= self->received) {
    /* The other end does not know that we have it: it is owed the news. */
    self->acknowledged = MIN (self->acknowledged, seq - (seq > 0 ? 1 : 0));
    return RW_REPLAY_DUPLICATE;
  }
  if (seq != self->received + 1)
    return RW_REPLAY_GAP;
  self->received = seq;
  return RW_REPLAY_NEW;
}

void
rw_replay_receive_up_to (RwReplay *self, guint64 seq)
{
  self->received = MAX (self->received, seq);
}

gboolean
rw_replay_acknowledge (RwReplay *self, guint64 seq)
{
  if (seq > self->sent)
    return FALSE;
  while (self->kept.length > 0 && rw_replay_first_kept (self) <= seq) {
    if (self->next == self->kept.head) {
      self->next = self->next->next;
      self->next_seq++;
    }
    self->destroy (g_queue_pop_head (&self->kept));
  }
  return TRUE;
}

gboolean
rw_replay_is_past (RwReplay *self, guint64 seq)
{
  return seq + 1 < rw_replay_first_kept (self);
}

gboolean
rw_replay_can_resume (RwReplay *self, guint64 seq)
{
  return !rw_replay_is_past (self, seq) && seq <= self->sent;
}

gboolean
rw_replay_resume (RwReplay *self, guint64 seq)
{
  if (!rw_replay_can_resume (self, seq))
    return FALSE;

  rw_replay_acknowledge (self, seq);
  self->next = self->kept.head;
  self->next_seq = rw_replay_first_kept (self);
  self->acknowledged = self->received;
  return TRUE;
}

gpointer
rw_replay_next (RwReplay *self, guint64 *seq)
{
  gpointer message;

  if (self->next == NULL)
    return NULL;
  message = self->next->data;
  *seq = self->next_seq++;
  self->next = self->next->next;
  return message;
}

guint64
rw_replay_get_received (RwReplay *self)
{
  return self->received;
}

void
rw_replay_note_acknowledged (RwReplay *self)
{
  self->acknowledged = self->received;
}

guint
rw_replay_get_owed (RwReplay *self)
{
  return (guint) MIN (self->received - self->acknowledged, G_MAXUINT);
}

gboolean
rw_replay_is_ack_due (RwReplay *self)
{
  return rw_replay_get_owed (self) >= self->ack_every;
}

guint
rw_replay_get_kept (RwReplay *self)
{
  return self->kept.length;
}

void
rw_replay_get_numbers (RwReplay *self, RwReplayNumbers *numbers)
{
  numbers->sent = self->sent;
  numbers->received = self->received;
  numbers->acknowledged = self->acknowledged;
}

void
rw_replay_foreach (RwReplay *self, GFunc func, gpointer user_data)
{
  g_queue_foreach (&self->kept, func, user_data);
}

gboolean
rw_replay_restore (RwReplay *self, const RwReplayNumbers *numbers,
                   GQueue *messages)
{
  g_return_val_if_fail (self->sent == 0 && self->received == 0, FALSE);

  if (messages->length > self->max || messages->length > numbers->sent ||
      numbers->acknowledged > numbers->received)
    return FALSE;

  self->kept = *messages;
  g_queue_init (messages);
  self->sent = numbers->sent;
  self->received = numbers->received;
  self->acknowledged = numbers->acknowledged;
  return TRUE;
}
