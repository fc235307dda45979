/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <hiredis/async.h>

G_BEGIN_DECLS

/* Lets a main context drive a connection of hiredis. The source ends with the
 * connection. Of the context's thread. */

void rw_redis_source_attach (redisAsyncContext *ac, GMainContext *context);

G_END_DECLS
