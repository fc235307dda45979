/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-ws-handshake.h"

G_BEGIN_DECLS

/**
 * RwWsConnection:
 * One WebSocket connection as a client, used once; it does not read the
 * messages that it carries. libsoup sends pings but sets no deadline for the
 * answer; this type does: a connection on which nothing was received for too
 * long is closed with an error. Belongs to the thread whose default context it
 * was made on.
 *
 * Signals:
 *   connected ()
 *     There is a TCP connection, to the server or the proxy. The program that
 *     listens there may not have seen it yet.
 *   stalled (GError *error)
 *     The TLS handshake takes unusually long; it is still waited for.
 *   opened ()
 *   activity ()
 *     Anything was received: a pong or a message (before "text").
 *   text (const char *text, guint len)
 *     One text frame, with a NUL after it.
 *   closed (GError *error)
 *     The last signal, once, unless the connection was dropped. Without an
 *     error both sides have closed it in good order. The domain is
 *     RW_FAILURE_ERROR.
 */
#define RW_TYPE_WS_CONNECTION (rw_ws_connection_get_type ())
G_DECLARE_FINAL_TYPE (RwWsConnection, rw_ws_connection, RW, WS_CONNECTION,
                      GObject)

/**
 * RwWsConnectionConfig: read while in rw_ws_connection_new() alone.
 * @ping_interval_us: whole seconds, rounded up; 0 for no pings.
 * @pong_timeout_us: how long after a ping was due something must be received.
 * @max_message_bytes: the connection ends when a larger message is received.
 */
typedef struct {
  RwWsHandshakeConfig handshake;
  gint64 ping_interval_us;
  gint64 pong_timeout_us;
  guint max_message_bytes;
} RwWsConnectionConfig;

RwWsConnection *rw_ws_connection_new (RwClock *clock,
                                      const RwWsConnectionConfig *config);

/** rw_ws_connection_open: call once; no signal comes before it returns. */
void rw_ws_connection_open (RwWsConnection *self);

/** rw_ws_connection_send: FALSE if it is not open (any more). */
gboolean rw_ws_connection_send (RwWsConnection *self, const char *text);

/** rw_ws_connection_expect: the connection is closed unless something is
 * received within @timeout_us. */
void rw_ws_connection_expect (RwWsConnection *self, gint64 timeout_us);

/**
 * rw_ws_connection_close: sends a close frame, after all that was sent before;
 * "closed" follows within a second. The connection keeps itself alive until
 * then.
 */
void rw_ws_connection_close (RwWsConnection *self, const char *reason);

/** rw_ws_connection_drop: ends it now, without a signal. */
void rw_ws_connection_drop (RwWsConnection *self);

gboolean rw_ws_connection_is_open (RwWsConnection *self);

/** rw_ws_connection_get_stage: whose answer it waits for. */
RwConnectStage rw_ws_connection_get_stage (RwWsConnection *self);

/** rw_ws_connection_get_retry_after_us: what a refusing server asked for, or 0.
 */
gint64 rw_ws_connection_get_retry_after_us (RwWsConnection *self);

/** rw_ws_connection_get_uri: as it can be shown: without a password or a query.
 */
const char *rw_ws_connection_get_uri (RwWsConnection *self);

G_END_DECLS
