/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** RwConnectStage: whose answer a connection waits for. */
typedef enum {
  RW_CONNECT_STAGE_TCP,
  RW_CONNECT_STAGE_PROXY,     /* the HTTP proxy's, to CONNECT */
  RW_CONNECT_STAGE_TLS,       /* the server's, to the TLS handshake */
  RW_CONNECT_STAGE_WEBSOCKET, /* the server's, to the WebSocket handshake */
  RW_CONNECT_STAGE_OPEN,
} RwConnectStage;

/**
 * RwConnectFault: what is known of a connection that could not be opened.
 * @server: the server's URI, as it may be shown.
 * @status: of the HTTP response, or 0.
 * @certificate: (nullable): the one that was rejected, for @tls_errors.
 */
typedef struct {
  const char *server;
  RwConnectStage stage;
  guint status;
  GTlsCertificate *certificate;
  GTlsCertificateFlags tls_errors;
} RwConnectFault;

/*
 * Errors of the domain RW_FAILURE_ERROR: what failed, at which server, and what
 * the user can do. Pure.
 */

/** rw_connect_error_new: of a connection that could not be opened; @cause is
 * the library's. */
GError *rw_connect_error_new (const RwConnectFault *fault, const GError *cause);

/** rw_connect_error_new_stalled: there is no answer yet; it is still waited
 * for. */
GError *rw_connect_error_new_stalled (const char *server, RwConnectStage stage);

/** rw_connect_error_new_closed: the server closed an open connection; @reason
 * is the text of the close frame. */
GError *rw_connect_error_new_closed (const char *server, guint code,
                                     const char *reason);

/** rw_connect_error_new_broken: an open connection ended without a close. */
GError *rw_connect_error_new_broken (const char *server, const GError *cause);

/** rw_connect_error_new_silent: nothing was received on an open connection. */
GError *rw_connect_error_new_silent (const char *server);

G_END_DECLS
