/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwNetworkWatch:
 * Hears from the kernel (rtnetlink) when a link, an address or a route comes or
 * goes, in the network namespace of the thread that makes it. Repetitions, such
 * as the lifetimes of IPv6 addresses being renewed, are no change. One thread.
 *
 * Signal:
 *   changed (gboolean gained)
 *     Once for all that the kernel had to say at that moment. @gained:
 * something new came, so that what failed before may work now; else things only
 * went.
 */
#define RW_TYPE_NETWORK_WATCH (rw_network_watch_get_type ())
G_DECLARE_FINAL_TYPE (RwNetworkWatch, rw_network_watch, RW, NETWORK_WATCH,
                      GObject)

/**
 * rw_network_watch_new:
 * @context: where the signal comes; NULL is the default context.
 *
 * Never NULL: where the kernel does not talk to us (a sandbox) it is silent,
 * which is logged once, and the timers of reconnecting have to do.
 */
RwNetworkWatch *rw_network_watch_new (GMainContext *context);

/** rw_network_watch_is_active: whether the kernel talks to us. */
gboolean rw_network_watch_is_active (RwNetworkWatch *self);

G_END_DECLS
