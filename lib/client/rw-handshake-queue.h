/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-connection.h"

G_BEGIN_DECLS

/**
 * RwHandshakeQueue:
 * The connections of an RwConnectionRace, by generation, and which of them is
 * in the handshake. Several may open at the same moment, when the network is
 * back; they take turns, so that they do not resume the client from each other.
 * Reads no clock.
 */
typedef struct _RwHandshakeQueue RwHandshakeQueue;

RwHandshakeQueue *rw_handshake_queue_new (void);
void rw_handshake_queue_free (RwHandshakeQueue *self);

/** rw_handshake_queue_add: takes @connection. */
void rw_handshake_queue_add (RwHandshakeQueue *self,
                             RwServerConnection *connection);
void rw_handshake_queue_remove (RwHandshakeQueue *self,
                                RwServerConnection *connection);
RwServerConnection *rw_handshake_queue_lookup (RwHandshakeQueue *self,
                                               guint64 generation);

/** rw_handshake_queue_pop: (transfer full): any connection, or NULL. */
RwServerConnection *rw_handshake_queue_pop (RwHandshakeQueue *self);

/** rw_handshake_queue_begin: it is the turn of @connection. */
void rw_handshake_queue_begin (RwHandshakeQueue *self,
                               RwServerConnection *connection, gint64 now_us);

/** rw_handshake_queue_end: the handshake is done, or came to nothing. */
void rw_handshake_queue_end (RwHandshakeQueue *self);

/** rw_handshake_queue_get_active: the connection in the handshake, or NULL. */
RwServerConnection *rw_handshake_queue_get_active (RwHandshakeQueue *self);
gint64 rw_handshake_queue_get_begun_us (RwHandshakeQueue *self);

/** rw_handshake_queue_is_busy: a handshake is in progress, and the others are
 * to wait for it. */
gboolean rw_handshake_queue_is_busy (RwHandshakeQueue *self, gint64 now_us);

/** rw_handshake_queue_find_next: an open connection that was not used yet, or
 * NULL. */
RwServerConnection *rw_handshake_queue_find_next (RwHandshakeQueue *self);

/** rw_handshake_queue_get_stage: whose answer is waited for, as far as is
 * known.
 */
RwConnectStage rw_handshake_queue_get_stage (RwHandshakeQueue *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwHandshakeQueue, rw_handshake_queue_free)

G_END_DECLS
