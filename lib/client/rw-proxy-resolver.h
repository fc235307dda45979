/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwProxyResolver:
 * GIO's default proxy resolver with HTTP proxies that CONNECT (RwConnectProxy),
 * as RFC 6455 (4.1) requires for a WebSocket. libsoup itself uses CONNECT for
 * wss:// only: for ws:// it would send the handshake to the proxy, which few
 * forward, and where the proxy rejects the credentials of its URI it would ask
 * again and again without a pause. (libsoup asks GIO about http:// and https://
 * instead of ws:// and wss://.)
 *
 * Any thread.
 */
#define RW_TYPE_PROXY_RESOLVER (rw_proxy_resolver_get_type ())
G_DECLARE_FINAL_TYPE (RwProxyResolver, rw_proxy_resolver, RW, PROXY_RESOLVER,
                      GObject)

GProxyResolver *rw_proxy_resolver_new (void);

G_END_DECLS
