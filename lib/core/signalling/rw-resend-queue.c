/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-resend-queue.h"

struct _RwResendQueue {
  GQueue kept; /* messages with the numbers sent - length + 1 ... sent */
  GDestroyNotify destroy;
  guint max;
  guint ack_every;
  guint64 sent;         /* the last number given */
  GList *next;          /* the next to send again, or NULL */
  guint64 next_seq;     /* its number */
  guint64 received;     /* the last number that came */
  guint64 acknowledged; /* of those, the last that was acknowledged */
};

static guint64
rw_resend_queue_first_kept (RwResendQueue *self)
{
  return self->sent - self->kept.length + 1;
}

RwResendQueue *
rw_resend_queue_new (guint max, guint ack_every, GDestroyNotify destroy)
{
  RwResendQueue *self = g_new0 (RwResendQueue, 1);

  self->max = MAX (max, 1);
  self->ack_every = MAX (ack_every, 1);
  self->destroy = destroy;
  return self;
}

void
rw_resend_queue_free (RwResendQueue *self)
{
  rw_resend_queue_reset (self);
  g_free (self);
}

void
rw_resend_queue_reset (RwResendQueue *self)
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
rw_resend_queue_is_full (RwResendQueue *self)
{
  return self->kept.length >= self->max;
}

guint64
rw_resend_queue_send (RwResendQueue *self, gpointer message)
{
  g_return_val_if_fail (message != NULL, 0);

  if (rw_resend_queue_is_full (self)) {
    self->destroy (message);
    return 0;
  }
  g_queue_push_tail (&self->kept, message);
  return ++self->sent;
}

RwResendQueueVerdict
rw_resend_queue_receive (RwResendQueue *self, guint64 seq)
{
  if (seq <= self->received) {
    /* The other end has not received the acknowledgement: it is due again. */
    self->acknowledged = MIN (self->acknowledged, seq - (seq > 0 ? 1 : 0));
    return RW_RESEND_QUEUE_DUPLICATE;
  }
  if (seq != self->received + 1)
    return RW_RESEND_QUEUE_GAP;
  self->received = seq;
  return RW_RESEND_QUEUE_NEW;
}

gboolean
rw_resend_queue_acknowledge (RwResendQueue *self, guint64 seq)
{
  if (seq > self->sent)
    return FALSE;
  while (self->kept.length > 0 && rw_resend_queue_first_kept (self) <= seq) {
    if (self->next == self->kept.head) {
      self->next = self->next->next;
      self->next_seq++;
    }
    self->destroy (g_queue_pop_head (&self->kept));
  }
  return TRUE;
}

gboolean
rw_resend_queue_is_past (RwResendQueue *self, guint64 seq)
{
  return seq + 1 < rw_resend_queue_first_kept (self);
}

gboolean
rw_resend_queue_can_resume (RwResendQueue *self, guint64 seq)
{
  return !rw_resend_queue_is_past (self, seq) && seq <= self->sent;
}

gboolean
rw_resend_queue_resume (RwResendQueue *self, guint64 seq)
{
  if (!rw_resend_queue_can_resume (self, seq))
    return FALSE;

  rw_resend_queue_acknowledge (self, seq);
  self->next = self->kept.head;
  self->next_seq = rw_resend_queue_first_kept (self);
  self->acknowledged = self->received;
  return TRUE;
}

gpointer
rw_resend_queue_next (RwResendQueue *self, guint64 *seq)
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
rw_resend_queue_get_received (RwResendQueue *self)
{
  return self->received;
}

void
rw_resend_queue_note_acknowledged (RwResendQueue *self)
{
  self->acknowledged = self->received;
}

guint
rw_resend_queue_get_owed (RwResendQueue *self)
{
  return (guint) MIN (self->received - self->acknowledged, G_MAXUINT);
}

gboolean
rw_resend_queue_is_ack_due (RwResendQueue *self)
{
  return rw_resend_queue_get_owed (self) >= self->ack_every;
}

guint
rw_resend_queue_get_kept (RwResendQueue *self)
{
  return self->kept.length;
}

void
rw_resend_queue_get_numbers (RwResendQueue *self, RwResendQueueNumbers *numbers)
{
  numbers->sent = self->sent;
  numbers->received = self->received;
  numbers->acknowledged = self->acknowledged;
}

void
rw_resend_queue_foreach (RwResendQueue *self, GFunc func, gpointer user_data)
{
  g_queue_foreach (&self->kept, func, user_data);
}

gboolean
rw_resend_queue_restore (RwResendQueue *self,
                         const RwResendQueueNumbers *numbers, GQueue *messages)
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
