/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwProxyResolver:
 * GIO's default proxy resolver, as a WebSocket needs it: an HTTP proxy is one
 * that GIO asks to CONNECT, as RFC 6455 (4.1) wants it. libsoup does so for
 * wss:// alone (for ws:// it would send the proxy the handshake itself, which
 * few pass on), and where the proxy does not take the credentials in its URI it
 * asks again and again without a pause. (GIO is asked about http:// and
 * https:// in place of ws:// and wss://: libsoup sees to that.)
 *
 * Any thread.
 */
#define RW_TYPE_PROXY_RESOLVER (rw_proxy_resolver_get_type ())
G_DECLARE_FINAL_TYPE (RwProxyResolver, rw_proxy_resolver, RW, PROXY_RESOLVER,
                      GObject)

GProxyResolver *rw_proxy_resolver_new (void);

G_END_DECLS
