/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "rw-clock.h"
#include "rw-connect-error.h"

G_BEGIN_DECLS

/**
 * RwWsHandshake:
 * Opens one WebSocket: name, TCP, perhaps a proxy, TLS, and the request.
 * Belongs to the thread whose default context it was started on.
 */
typedef struct _RwWsHandshake RwWsHandshake;

/**
 * RwWsHandshakeConfig: read while in rw_ws_handshake_new() alone.
 * @uri: ws:// or wss://.
 * @auth_token: sent as a bearer token; or NULL.
 * @tls_database: what to trust; NULL is the system's.
 * @insecure_tls: any certificate will do.
 */
typedef struct {
  const char *uri;
  const char *auth_token;
  GTlsDatabase *tls_database;
  gboolean insecure_tls;
} RwWsHandshakeConfig;

/**
 * RwWsHandshakeFuncs: none is called by rw_ws_handshake_start(), or after
 * rw_ws_handshake_free(), which each may call.
 * @connected: there is a TCP connection, to the server or the proxy.
 * @stalled: the TLS handshake takes unusually long; it is still waited for.
 * @done: once, with the connection or an RW_FAILURE_ERROR (both: full).
 */
typedef struct {
  void (*connected) (gpointer owner);
  void (*stalled) (gpointer owner, const GError *error);
  void (*done) (gpointer owner, SoupWebsocketConnection *connection,
                GError *error);
} RwWsHandshakeFuncs;

RwWsHandshake *rw_ws_handshake_new (RwClock *clock,
                                    const RwWsHandshakeConfig *config,
                                    const RwWsHandshakeFuncs *funcs,
                                    gpointer owner);

/** rw_ws_handshake_free: also ends the connection that it has opened. */
void rw_ws_handshake_free (RwWsHandshake *self);

void rw_ws_handshake_start (RwWsHandshake *self);

RwConnectStage rw_ws_handshake_get_stage (RwWsHandshake *self);

/** rw_ws_handshake_get_retry_after_us: what a server that refused asked for,
 * or 0. */
gint64 rw_ws_handshake_get_retry_after_us (RwWsHandshake *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwWsHandshake, rw_ws_handshake_free)

G_END_DECLS
