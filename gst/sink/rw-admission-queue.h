/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"

G_BEGIN_DECLS

/*
 * RwAdmissionQueue: the requested sessions without a transport. Some are being
 * opened, as many as RwAdmission allows; the others wait. Sessions whose
 * consumer has no living session come first, then the oldest. A consumer whose
 * old session still works may have requested a session out of a false
 * suspicion: in a crowd such a request waits for a moment, and most are
 * withdrawn before they have cost anything.
 *
 * Owns no sessions: they are pointers of the owner, each at most once in the
 * queue.
 *
 * Thread: control.
 */
typedef struct _RwAdmissionQueue RwAdmissionQueue;

/* @is_urgent: whether @session's consumer is without a living session.
 * @start: begin the handshake; may take the session out of the queue. */
typedef struct {
  gboolean (*is_urgent) (gpointer session);
  void (*start) (gpointer session);
} RwAdmissionFuncs;

RwAdmissionQueue *rw_admission_queue_new (RwClock *clock, GMainContext *context,
                                          const RwAdmissionFuncs *funcs);
void rw_admission_queue_free (RwAdmissionQueue *self);

/* @start follows, never from in here. */
void rw_admission_queue_add (RwAdmissionQueue *self, gpointer session);

/* @session takes the place of @former, which waits, and leaves. */
void rw_admission_queue_replace (RwAdmissionQueue *self, gpointer former,
                                 gpointer session);

gboolean rw_admission_queue_is_waiting (RwAdmissionQueue *self,
                                        gpointer session);

/* Its description is made: what the machine had to do for it so far is done. */
void rw_admission_queue_note_described (RwAdmissionQueue *self,
                                        gpointer session);

/* It has its transport, and leaves. */
void rw_admission_queue_note_connected (RwAdmissionQueue *self,
                                        gpointer session);

/* It leaves, if it is in the queue at all. */
void rw_admission_queue_remove (RwAdmissionQueue *self, gpointer session);

/* The result of is_urgent() may have changed. */
void rw_admission_queue_review (RwAdmissionQueue *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwAdmissionQueue, rw_admission_queue_free)

G_END_DECLS
