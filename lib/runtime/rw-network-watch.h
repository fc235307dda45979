/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwNetworkWatch:
 * Reports when a link, an address or a route appears or disappears (rtnetlink),
 * in the network namespace of the thread that creates it. Repetitions, such as
 * renewed lifetimes of IPv6 addresses, are no change. One thread.
 *
 * Signal:
 *   changed (gboolean gained)
 *     Once for all messages that the kernel has sent by that moment. @gained:
 *     something appeared, so that a failed attempt may now succeed; FALSE:
 *     things only disappeared.
 */
#define RW_TYPE_NETWORK_WATCH (rw_network_watch_get_type ())
G_DECLARE_FINAL_TYPE (RwNetworkWatch, rw_network_watch, RW, NETWORK_WATCH,
                      GObject)

/**
 * rw_network_watch_new:
 * @context: where the signal comes; NULL is the default context.
 *
 * Never NULL: where the kernel gives no such socket (a sandbox) no signal
 * comes, which is logged once, and reconnecting relies on its timers.
 */
RwNetworkWatch *rw_network_watch_new (GMainContext *context);

/** rw_network_watch_is_active: whether there is a socket to the kernel. */
gboolean rw_network_watch_is_active (RwNetworkWatch *self);

G_END_DECLS
