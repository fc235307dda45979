/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "rw-clock.h"

G_BEGIN_DECLS

/**
 * RwWsLine:
 * One WebSocket connection as a client, used once. It knows nothing of what is
 * said on it. libsoup sends pings but has no deadline for the answer; this
 * does: a line on which nothing was heard for too long is closed with an error.
 * Belongs to the thread whose default context it was opened on.
 *
 * Signals:
 *   connected ()
 *     There is a TCP connection. The server's program need not know yet.
 *   opened ()
 *   heard ()
 *     Anything came: a pong or a message (before "text").
 *   text (const char *text, guint len)
 *     One text frame, with a NUL after it.
 *   closed (GError *error)
 *     The last signal, once, unless the line was dropped. Without an error
 *     both sides have said goodbye. The domain is RW_FAILURE_ERROR.
 */
#define RW_TYPE_WS_LINE (rw_ws_line_get_type ())
G_DECLARE_FINAL_TYPE (RwWsLine, rw_ws_line, RW, WS_LINE, GObject)

/**
 * RwWsLineConfig: read while in rw_ws_line_new() alone.
 * @uri: ws:// or wss://.
 * @auth_token: sent as a bearer token; or NULL.
 * @tls_database: what to trust; NULL is the system's.
 * @insecure_tls: any certificate will do.
 * @ping_interval_us: whole seconds, rounded up; 0 for no pings.
 * @pong_timeout_us: how long after a ping was due something must be heard.
 */
typedef struct {
  const char *uri;
  const char *auth_token;
  GTlsDatabase *tls_database;
  gboolean insecure_tls;
  gint64 ping_interval_us;
  gint64 pong_timeout_us;
} RwWsLineConfig;

/** rw_ws_line_check_uri: says what to write instead if it is of no use. */
gboolean rw_ws_line_check_uri (const char *uri, GError **error);

RwWsLine *rw_ws_line_new (RwClock *clock, const RwWsLineConfig *config);

/** rw_ws_line_open: call once; no signal comes before it returns. */
void rw_ws_line_open (RwWsLine *self);

/** rw_ws_line_send: FALSE if it is not open (any more). */
gboolean rw_ws_line_send (RwWsLine *self, const char *text);

/** rw_ws_line_expect: something must be heard within @timeout_us, else the line
 * is closed. */
void rw_ws_line_expect (RwWsLine *self, gint64 timeout_us);

/**
 * rw_ws_line_close: says goodbye; "closed" follows within a second. What was
 * sent before is sent first. The line keeps itself alive until then.
 */
void rw_ws_line_close (RwWsLine *self, const char *reason);

/** rw_ws_line_drop: ends it now; no signal comes any more. */
void rw_ws_line_drop (RwWsLine *self);

gboolean rw_ws_line_is_open (RwWsLine *self);

/** rw_ws_line_is_at_proxy: it is the proxy's answer that is waited for. */
gboolean rw_ws_line_is_at_proxy (RwWsLine *self);

/** rw_ws_line_get_retry_after_us: what a refusing server asked for, or 0. */
gint64 rw_ws_line_get_retry_after_us (RwWsLine *self);

/** rw_ws_line_get_uri: as it can be shown: without a password or a query. */
const char *rw_ws_line_get_uri (RwWsLine *self);

G_END_DECLS
