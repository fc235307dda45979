/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwResendQueue:
 *
 * One end of a reliable channel that outlives its connections: each message is
 * numbered from 1 when it is first sent, kept until the other end acknowledges
 * it, and sent again on the next connection if it was not. With one at each
 * end, over connections that lose only their last messages (TCP), every message
 * arrives exactly once and in order. Messages are opaque. Of one thread; pure.
 *
 * On a new connection both ends send the number that they have received last,
 * call rw_resend_queue_resume() with the other's, and send what
 * rw_resend_queue_next() gives.
 */
typedef struct _RwResendQueue RwResendQueue;

/** RwResendQueueVerdict: what to do with a received message. */
typedef enum {
  RW_RESEND_QUEUE_NEW,       /* the next one: handle it */
  RW_RESEND_QUEUE_DUPLICATE, /* duplicate: drop it, and acknowledge it again */
  RW_RESEND_QUEUE_GAP, /* one is missing, a protocol error: close the connection
                        */
} RwResendQueueVerdict;

/**
 * rw_resend_queue_new:
 * @max: messages that may wait for their acknowledgement
 * @ack_every: messages received after which one is due at once
 * @destroy: of a message
 */
RwResendQueue *rw_resend_queue_new (guint max, guint ack_every,
                                    GDestroyNotify destroy);
void rw_resend_queue_free (RwResendQueue *self);

/** rw_resend_queue_reset: both ends begin anew: drops the kept messages. */
void rw_resend_queue_reset (RwResendQueue *self);

/** rw_resend_queue_is_full: nothing more may be sent until something is
 * acknowledged. */
gboolean rw_resend_queue_is_full (RwResendQueue *self);

/**
 * rw_resend_queue_send:
 * @message: (transfer full): about to be sent, for the first time
 *
 * Returns its number; 0, and @message is freed, if it is full.
 */
guint64 rw_resend_queue_send (RwResendQueue *self, gpointer message);

/** rw_resend_queue_receive: judges @seq, and counts it when it is new. */
RwResendQueueVerdict rw_resend_queue_receive (RwResendQueue *self, guint64 seq);

/** rw_resend_queue_acknowledge: all up to @seq have arrived. FALSE if that many
 * were never sent. */
gboolean rw_resend_queue_acknowledge (RwResendQueue *self, guint64 seq);

/**
 * rw_resend_queue_resume:
 * @seq: the last that the other end has received
 *
 * A new connection: all above @seq is to be sent again. FALSE if this end no
 * longer has it, so that the channel cannot resume.
 */
gboolean rw_resend_queue_resume (RwResendQueue *self, guint64 seq);

/** rw_resend_queue_can_resume: whether rw_resend_queue_resume() would. */
gboolean rw_resend_queue_can_resume (RwResendQueue *self, guint64 seq);

/** rw_resend_queue_next: (transfer none): the next message to send again, with
 * its number, or NULL. */
gpointer rw_resend_queue_next (RwResendQueue *self, guint64 *seq);

/** rw_resend_queue_get_received: what to acknowledge. */
guint64 rw_resend_queue_get_received (RwResendQueue *self);

/** rw_resend_queue_note_acknowledged: an acknowledgement of all that was
 * received has just been sent. */
void rw_resend_queue_note_acknowledged (RwResendQueue *self);

/** rw_resend_queue_get_owed: messages received and not yet acknowledged. */
guint rw_resend_queue_get_owed (RwResendQueue *self);

/** rw_resend_queue_is_past: whether the other end has acknowledged more than
 * @seq. */
gboolean rw_resend_queue_is_past (RwResendQueue *self, guint64 seq);

/** rw_resend_queue_is_ack_due: so many are owed that it should not wait. */
gboolean rw_resend_queue_is_ack_due (RwResendQueue *self);

/** rw_resend_queue_get_kept: messages sent and not yet acknowledged. */
guint rw_resend_queue_get_kept (RwResendQueue *self);

/** RwResendQueueNumbers: the state of a resend queue without its messages.
 */
typedef struct {
  guint64 sent;
  guint64 received;
  guint64 acknowledged;
} RwResendQueueNumbers;

void rw_resend_queue_get_numbers (RwResendQueue *self,
                                  RwResendQueueNumbers *numbers);

/** rw_resend_queue_foreach: @func gets each message that is kept, the oldest
 * first.
 */
void rw_resend_queue_foreach (RwResendQueue *self, GFunc func,
                              gpointer user_data);

/**
 * rw_resend_queue_restore:
 * @messages: (transfer full): with the last numbers sent; emptied
 *
 * Restores an unused queue from a saved state. FALSE, and it stays as it is, if
 * that cannot have been.
 */
gboolean rw_resend_queue_restore (RwResendQueue *self,
                                  const RwResendQueueNumbers *numbers,
                                  GQueue *messages);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwResendQueue, rw_resend_queue_free)

G_END_DECLS
