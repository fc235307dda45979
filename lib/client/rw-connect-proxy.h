/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/** The protocol of the proxies that an RwConnectProxy is for. */
#define RW_CONNECT_PROXY_PROTOCOL "rw-connect"

/**
 * RwConnectProxy:
 * GIO's HTTP proxy under a protocol name of its own. It asks the proxy to
 * CONNECT; libsoup asks an HTTP proxy under the name "http" in its own way.
 *
 * Any thread.
 */
#define RW_TYPE_CONNECT_PROXY (rw_connect_proxy_get_type ())
G_DECLARE_FINAL_TYPE (RwConnectProxy, rw_connect_proxy, RW, CONNECT_PROXY,
                      GObject)

/** rw_connect_proxy_register: GIO uses it from now on. FALSE if GIO has no HTTP
 * proxy, which cannot be. */
gboolean rw_connect_proxy_register (void);

G_END_DECLS
