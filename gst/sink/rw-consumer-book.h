/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-endpoint.h"
#include "rw-transmitter.h"

G_BEGIN_DECLS

/*
 * RwConsumerBook: the consumers of a sink: those in session, and those that
 * may return. It keeps the state of each and announces its changes together
 * with the state of the sink, which is the worst of its consumers'.
 *
 * A record outlives the sessions of its consumer until the consumer sends that
 * it will not return, or the transmitter has dropped its cursor.
 *
 * Thread: control.
 */
typedef struct _RwConsumerBook RwConsumerBook;

/* One consumer; belongs to the book. Sessions are pointers of their owner's. */
typedef struct {
  char *id; /* consumer id, or the session id of an ordinary peer */
  RwState state;
  gint64 lost_us;      /* when it ceased to be connected, or 0 */
  GPtrArray *sessions; /* the open ones, oldest first; not owned */
  gboolean was_here;   /* it has sent a message, so it may return */
  guint contested_s;   /* how long two peers have used the id */
  guint64 backlog_ns;  /* as it was when last looked at */
} RwConsumerEntry;

/* The session that a change of state is about; NULL where it is about none. */
typedef struct {
  const char *session_id;
  guint64 generation;
} RwConsumerCause;

RwConsumerBook *rw_consumer_book_new (RwEndpoint *endpoint,
                                      RwTransmitter *transmitter);
void rw_consumer_book_free (RwConsumerBook *self);

guint rw_consumer_book_get_size (RwConsumerBook *self);

/* @session is of the consumer @id from now on; its record is made if there is
 * none. */
RwConsumerEntry *rw_consumer_book_join (RwConsumerBook *self, const char *id,
                                        gpointer session);

/* @session, so far of @former, is of the consumer @id, which has sent a message
 * on it. A record that @session alone had called for is dropped. */
RwConsumerEntry *rw_consumer_book_move (RwConsumerBook *self,
                                        RwConsumerEntry *former, const char *id,
                                        gpointer session,
                                        const RwConsumerCause *cause);

/* @session has closed. With the last one the consumer is reconnecting; with a
 * reason to be @stopped (nullable) it is, and its record is dropped. */
void rw_consumer_book_leave (RwConsumerBook *self, RwConsumerEntry *entry,
                             gpointer session, const RwConsumerCause *cause,
                             const char *stopped);

/* Announces it if it is a change. */
void rw_consumer_book_set_state (RwConsumerBook *self, RwConsumerEntry *entry,
                                 const RwConsumerCause *cause, RwState state,
                                 const char *reason);

/* Those without a session whose cursors the transmitter has let go. */
void rw_consumer_book_forget_vanished (RwConsumerBook *self);

/* At an end of the stream: each is announced as stopped, and forgotten. */
void rw_consumer_book_forget_all (RwConsumerBook *self);

/* While set, this is the sink's state whatever its consumers are; IDLE: none.
 */
void rw_consumer_book_override (RwConsumerBook *self, RwState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwConsumerBook, rw_consumer_book_free)

G_END_DECLS
