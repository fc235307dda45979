/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-producer-session.h"

G_BEGIN_DECLS

/*
 * The open sessions of one consumer, judged together: make before break has two
 * for a while, two receivers with one id have them for good.
 *
 * Thread: control.
 */

/* The consumer's state is that of its best session. */
RwState rw_consumer_sessions_get_state (const RwConsumerEntry *consumer);

/* The newer of two overlapping sessions counts. */
gboolean rw_consumer_sessions_is_newest (const RwConsumerEntry *consumer,
                                         const RwProducerSession *session);

/* The consumer acknowledges on @winner: silent older sessions are closed. */
void rw_consumer_sessions_close_superseded (RwConsumerEntry *consumer,
                                            RwProducerSession *winner);

/* The consumer has left, as it sent on @last: closes the other sessions.
 * FALSE if it has opened one after @last, which belongs to a new life of the
 * same consumer id; then none is closed. */
gboolean rw_consumer_sessions_close_others (RwConsumerEntry *consumer,
                                            RwProducerSession *last);

/* @session waits in @queue for its handshake. Only the newest request counts: a
 * session of the same peer that waits already gives its place, and closes. */
void rw_consumer_sessions_enqueue (RwConsumerEntry *consumer,
                                   RwAdmissionQueue *queue,
                                   RwProducerSession *session);

/* Once a second: warns when two receivers use one consumer id for long: a frame
 * that one of them acknowledges is lost to the other. */
void rw_consumer_sessions_check_rivals (RwConsumerEntry *consumer,
                                        RwEndpoint *endpoint);

G_END_DECLS
