/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-controller.h"
#include "rw-endpoint.h"
#include "rw-receiver.h"

G_BEGIN_DECLS

/*
 * RwProducerFinder: finds the producer to receive: follows the announcements of
 * the signalling server, chooses from them (RwProducerList), warns about a name
 * that no producer has (RwNameCheck), and makes the controller retry when the
 * chosen producer is announced.
 *
 * Thread: control.
 */
typedef struct _RwProducerFinder RwProducerFinder;

/* @wanted: a name, a peer id, or NULL for any. @endpoint, @receiver and
 * @controller outlive the finder. */
RwProducerFinder *rw_producer_finder_new (RwEndpoint *endpoint,
                                          RwSignaller *signaller,
                                          RwReceiver *receiver,
                                          RwController *controller,
                                          const char *wanted);
void rw_producer_finder_free (RwProducerFinder *self);

/* The peer id of the chosen producer, or NULL. Borrowed until the next
 * announcement. */
const char *rw_producer_finder_get_target (RwProducerFinder *self);

/* The server knows this client by another id, and may be another server: none
 * is chosen before it is announced again. */
void rw_producer_finder_doubt_all (RwProducerFinder *self);

/* The producer has gone, though the server has not announced it. */
void rw_producer_finder_remove (RwProducerFinder *self, const char *peer_id);

/* The chosen producer cannot be played, because of @error: warns, and does not
 * choose it again unless it announces another stream, a few times at most. */
void rw_producer_finder_leave_target (RwProducerFinder *self,
                                      const GError *error);

/* @has_closed: that producer has closed a session: it is not chosen again
 * before it has gone and announced itself again, or before _reopen(). FALSE: it
 * has opened another one. */
void rw_producer_finder_note_closed (RwProducerFinder *self,
                                     const char *peer_id, gboolean has_closed);
void rw_producer_finder_reopen (RwProducerFinder *self);

/* As rw_producer_finder_leave_target(); FALSE, and nothing done, where no other
 * one would do. */
gboolean rw_producer_finder_exclude_target (RwProducerFinder *self,
                                            const GError *error);

G_END_DECLS
