/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-signal-json.h"
#include "rw-ws-connection.h"

G_BEGIN_DECLS

/**
 * RwServerConnection:
 * A connection to a signalling server, from the attempt to the end, and what
 * the server has announced about itself in the handshake. Control thread.
 *
 * In the handshake a client sends at once all that a server needs, without
 * waiting for a welcome: its version, its status, and the question for the
 * list. A server with resumption answers the first with a resilientWelcome; if
 * an answer to a later one comes first, it is an ordinary server. Either way
 * the connection can be used one round trip after the WebSocket is open.
 *
 * Signals: those of RwWsConnection but "text"; instead of it
 *   message (const RwSignalMessage *message)
 *   malformed (guint64 seq, const char *why)
 *     A message that cannot be read; its number, or 0.
 */
#define RW_TYPE_SERVER_CONNECTION (rw_server_connection_get_type ())
G_DECLARE_FINAL_TYPE (RwServerConnection, rw_server_connection, RW,
                      SERVER_CONNECTION, GObject)

/** RwHandshakeResult: what a message of the server has made of the handshake.
 * @RW_HANDSHAKE_RESILIENT: done; it is the welcome of a server with resumption.
 * @RW_HANDSHAKE_PLAIN: done with an ordinary server; the message is still to be
 *   handled. */
typedef enum {
  RW_HANDSHAKE_PENDING,
  RW_HANDSHAKE_RESILIENT,
  RW_HANDSHAKE_PLAIN,
} RwHandshakeResult;

/** rw_server_connection_new: @server: its index in the pool. */
RwServerConnection *
rw_server_connection_new (RwClock *clock, const RwWsConnectionConfig *config,
                          guint64 generation, guint server);
void rw_server_connection_open (RwServerConnection *self);

/** rw_server_connection_send: FALSE if it is not open (any more). */
gboolean rw_server_connection_send (RwServerConnection *self,
                                    const RwSignalMessage *message);

/** rw_server_connection_expect: see rw_ws_connection_expect(). */
void rw_server_connection_expect (RwServerConnection *self, gint64 timeout_us);

/** rw_server_connection_close: see rw_ws_connection_close(). The connection is
 * closed in good order even after the last reference or a drop. */
void rw_server_connection_close (RwServerConnection *self);

/** rw_server_connection_drop: see rw_ws_connection_drop(). */
void rw_server_connection_drop (RwServerConnection *self);

/** rw_server_connection_read_handshake: a message that came before the
 * connection is in use. */
RwHandshakeResult
rw_server_connection_read_handshake (RwServerConnection *self,
                                     const RwSignalMessage *message);

/**
 * rw_server_connection_use:
 * @welcome: (nullable): of a server with resumption
 * @answer_us: how long the server took for it
 *
 * The handshake is done, and this is the connection in use from now on.
 */
void rw_server_connection_use (RwServerConnection *self,
                               const RwSignalMessage *welcome, gint64 answer_us,
                               gint64 now_us);

/** rw_server_connection_hold_off: how long the server wants no new connection
 * when this one has ended. */
void rw_server_connection_hold_off (RwServerConnection *self, gint64 hold_us);
gint64 rw_server_connection_get_hold_us (RwServerConnection *self);

guint64 rw_server_connection_get_generation (RwServerConnection *self);
guint rw_server_connection_get_server (RwServerConnection *self);
gboolean rw_server_connection_is_open (RwServerConnection *self);
RwConnectStage rw_server_connection_get_stage (RwServerConnection *self);

/** rw_server_connection_get_uri: as it may be shown. */
const char *rw_server_connection_get_uri (RwServerConnection *self);

/** rw_server_connection_get_peer_id: the client's, at this server, or
 * NULL. */
const char *rw_server_connection_get_peer_id (RwServerConnection *self);

/** rw_server_connection_has_version: the server knows setProtocolVersion. */
gboolean rw_server_connection_has_version (RwServerConnection *self);

/** rw_server_connection_has_resumption: the server keeps clients that are
 * away. */
gboolean rw_server_connection_has_resumption (RwServerConnection *self);

/** rw_server_connection_is_resumed: the server knows the client from an earlier
 * connection. */
gboolean rw_server_connection_is_resumed (RwServerConnection *self);

gint64 rw_server_connection_get_answer_us (RwServerConnection *self);

/** rw_server_connection_get_used_us: since when it is in use; 0: never. */
gint64 rw_server_connection_get_used_us (RwServerConnection *self);

G_END_DECLS
