/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Telling the service manager how the program is doing: sd_notify(3)'s
 * protocol, which is one datagram, without its library. Any thread. */

gboolean rw_notify (const char *state);
gint64 rw_notify_get_watchdog_us (void);

G_END_DECLS
