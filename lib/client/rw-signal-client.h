/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-reliable-channel.h"
#include "rw-server-link.h"
#include "rw-signaller.h"
#include "rw-ws-rooms.h"

G_BEGIN_DECLS

/**
 * RwSignalClient:
 * A client of signalling servers behind an RwSignaller, which emits what
 * happens: it opens the protocol on each new connection, takes sessions, rooms
 * and unsent messages from one to the next, and handles what servers send.
 * Control thread.
 */
typedef struct _RwSignalClient RwSignalClient;

/** RwSignalClientCounts: since it was made. */
typedef struct {
  RwReliableChannelCounts channel;
  guint64 opened;
  guint64 resumed;   /* of those, where the server knew the client */
  guint64 malformed; /* messages that could not be read */
} RwSignalClientCounts;

/** rw_signal_client_new: @signaller owns it, and has the signal "request-token"
 * besides the interface's; @rand: (transfer full) (nullable). */
RwSignalClient *rw_signal_client_new (RwSignaller *signaller, RwClock *clock,
                                      GMainContext *context, GRand *rand,
                                      const char *client_id,
                                      const RwServerLinkConfig *config);
void rw_signal_client_free (RwSignalClient *self);

RwServerLink *rw_signal_client_get_link (RwSignalClient *self);
RwWsRooms *rw_signal_client_get_rooms (RwSignalClient *self);

/** rw_signal_client_send: (transfer full) @message; now or when it can be. */
void rw_signal_client_send (RwSignalClient *self, RwSignalMessage *message);

/** rw_signal_client_send_state: (transfer full) @message; now or never, and
 * only to a server with resumption. */
void rw_signal_client_send_state (RwSignalClient *self,
                                  RwSignalMessage *message);

void rw_signal_client_set_status (RwSignalClient *self, RwRoles roles,
                                  const char *name, const char *stream_id);

/** rw_signal_client_stop: (transfer full): the connection that is being closed
 * in good order, or NULL. */
RwServerConnection *rw_signal_client_stop (RwSignalClient *self);

void rw_signal_client_get_counts (RwSignalClient *self,
                                  RwSignalClientCounts *counts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSignalClient, rw_signal_client_free)

G_END_DECLS
