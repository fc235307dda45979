/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-admission-queue.h"
#include "rw-consumer-book.h"
#include "rw-session-table.h"

G_BEGIN_DECLS

/*
 * RwConsumerMembership: the consumer of one session. Puts the session on the
 * consumer's record in the book, moves it to another record and takes it off,
 * and sets the consumer's state, with the session as the cause. Because a
 * consumer without a working session goes first in the queue of handshakes, the
 * queue is reviewed after each change.
 *
 * A caller-owned struct of the session. Thread: control.
 */
typedef struct {
  RwConsumerBook *book;         /* not owned */
  RwAdmissionQueue *handshakes; /* not owned */
  gpointer session;             /* in the book and the queue */
  RwSession *base;              /* of the same session; not owned */
  RwConsumerEntry *consumer;    /* NULL after leaving */
} RwConsumerMembership;

/* @session, whose common part is @base, is of the consumer @id. The book and
 * the queue are set before. */
void rw_consumer_membership_join (RwConsumerMembership *membership,
                                  const char *id, gpointer session,
                                  RwSession *base);

/* The consumer has sent a message on @path. The id in it takes precedence over
 * the one of the request, since signalling may have dropped that or carried
 * another one. */
void rw_consumer_membership_move (RwConsumerMembership *membership,
                                  RwSendPath *path);

/* @path: of the session */
void rw_consumer_membership_set_state (RwConsumerMembership *membership,
                                       RwSendPath *path, RwState state,
                                       const char *reason);

/**
 * rw_consumer_membership_leave:
 * @status: the last one of the session's path, which is gone
 * @stopped: (nullable): why the consumer will not return
 *
 * The session has closed.
 */
void rw_consumer_membership_leave (RwConsumerMembership *membership,
                                   const RwSendPathStatus *status,
                                   const char *stopped);

G_END_DECLS
