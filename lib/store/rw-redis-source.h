/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <hiredis/async.h>

G_BEGIN_DECLS

/* Lets a main context drive a connection of hiredis. The source ends with the
 * connection. Of the context's thread. */

void rw_redis_source_attach (redisAsyncContext *ac, GMainContext *context);
gint64 rw_redis_source_get_heard_us (const redisAsyncContext *ac);
gboolean rw_redis_source_has_input (const redisAsyncContext *ac);

G_END_DECLS
