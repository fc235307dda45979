/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where a Redis is: redis://[[user]:password@]host[:port][/database] or
 * unix:///path/of/socket[?db=database]. Any thread. */

GUri *rw_redis_uri_parse (const char *text, GError **error);
gboolean rw_redis_uri_is_unix (GUri *uri);
guint rw_redis_uri_get_port (GUri *uri);
const char *rw_redis_uri_get_database (GUri *uri);
char *rw_redis_uri_to_log (GUri *uri);

G_END_DECLS
