/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-resend-queue.h"
#include "rw-server-connection.h"

G_BEGIN_DECLS

/**
 * RwReliableChannel:
 * A client's messages to a server and back, over one connection after another.
 * A message that cannot be sent now waits. A server with resumption keeps the
 * client for a while when its connection ends; there messages are numbered, and
 * sent again on the next connection until the server has acknowledged them, and
 * what the server repeats is dropped. Also holds what such a server needs to
 * know the client again. Control thread.
 */
typedef struct _RwReliableChannel RwReliableChannel;

/** RwReliableChannelCounts: since it was made. */
typedef struct {
  guint64 sent;
  guint64 resent;
  guint64 duplicates; /* received again, and dropped */
  guint64 overflow;   /* dropped, as too many waited */
  guint64 stale;      /* dropped, as too old or about what is gone */
} RwReliableChannelCounts;

/** rw_reliable_channel_new: @client_id: known to this client alone, and the
 * same after a restart, so that a server knows it without a token. */
RwReliableChannel *rw_reliable_channel_new (RwClock *clock,
                                            GMainContext *context,
                                            const char *client_id);
void rw_reliable_channel_free (RwReliableChannel *self);

/** rw_reliable_channel_new_request: setProtocolVersion with the request to be
 * resumed, or to be resumable from now on. */
RwSignalMessage *rw_reliable_channel_new_request (RwReliableChannel *self);

/** rw_reliable_channel_send_now: on @connection, before it is the one in use;
 * or a state that is sent again on each connection, and needs no number. */
void rw_reliable_channel_send_now (RwReliableChannel *self,
                                   RwServerConnection *connection,
                                   const RwSignalMessage *message);

/** rw_reliable_channel_send: (transfer full) @message; now or when it can be.
 */
void rw_reliable_channel_send (RwReliableChannel *self,
                               RwSignalMessage *message);

/** rw_reliable_channel_send_first: (transfer full) @message; before all that
 * waits, at the next flush. */
void rw_reliable_channel_send_first (RwReliableChannel *self,
                                     RwSignalMessage *message);

/**
 * rw_reliable_channel_open:
 * @welcome: (nullable): of a server with resumption
 *
 * @connection is the one in use from now on. FALSE if the server acknowledges
 * what was never sent: such a state cannot be resumed.
 */
gboolean rw_reliable_channel_open (RwReliableChannel *self,
                                   RwServerConnection *connection,
                                   const RwSignalMessage *welcome);

/** rw_reliable_channel_flush: sends what waits. */
void rw_reliable_channel_flush (RwReliableChannel *self);

/** rw_reliable_channel_pause: there is no connection. */
void rw_reliable_channel_pause (RwReliableChannel *self);

/** rw_reliable_channel_forget: the server's state is of no use. */
void rw_reliable_channel_forget (RwReliableChannel *self);

/** rw_reliable_channel_end: a clean end: nothing waits any more. */
void rw_reliable_channel_end (RwReliableChannel *self);

/** rw_reliable_channel_receive: whether @message is new; takes its
 * acknowledgement. */
RwResendQueueVerdict
rw_reliable_channel_receive (RwReliableChannel *self,
                             const RwSignalMessage *message);

/** rw_reliable_channel_receive_number: of a message that cannot be read. */
RwResendQueueVerdict
rw_reliable_channel_receive_number (RwReliableChannel *self, guint64 seq);

/**
 * rw_reliable_channel_take_answer:
 * @generation: (out): of the request that has waited longest for its answer
 *
 * Servers answer requests for sessions in the order of the requests. FALSE if
 * none waits.
 */
gboolean rw_reliable_channel_take_answer (RwReliableChannel *self,
                                          guint64 *generation);

void rw_reliable_channel_get_counts (RwReliableChannel *self,
                                     RwReliableChannelCounts *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwReliableChannel, rw_reliable_channel_free)

G_END_DECLS
