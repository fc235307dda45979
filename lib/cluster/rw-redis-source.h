/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <hiredis/async.h>

G_BEGIN_DECLS

/* Lets a main context drive a connection of hiredis, and notes when the
 * connection last made progress. hiredis' own GLib adapter is not used: it
 * reads from a connection that its write has just freed (a refused connect),
 * and ignores G_IO_HUP. The source ends with the connection. Of the context's
 * thread. */

void rw_redis_source_attach (redisAsyncContext *ac, GMainContext *context);
gint64 rw_redis_source_get_progress_us (const redisAsyncContext *ac);
gboolean rw_redis_source_has_input (const redisAsyncContext *ac);

G_END_DECLS
