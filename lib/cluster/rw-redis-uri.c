/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-uri.h"

#define DEFAULT_PORT 6379

/* Redis is built with 16; more can be configured. */
#define MAX_DATABASE 65535

gboolean
rw_redis_uri_is_unix (GUri *uri)
{
  return g_str_equal (g_uri_get_scheme (uri), "unix");
}

guint
rw_redis_uri_get_port (GUri *uri)
{
  return g_uri_get_port (uri) > 0 ? (guint) g_uri_get_port (uri) : DEFAULT_PORT;
}

/** rw_redis_uri_get_database: a number, "0" if @uri has none. */
const char *
rw_redis_uri_get_database (GUri *uri)
{
  const char *query = g_uri_get_query (uri);
  const char *path = g_uri_get_path (uri);
  const char *text = "";

  if (!rw_redis_uri_is_unix (uri))
    text = *path == '/' ? path + 1 : "";
  else if (query != NULL)
    text = query + (g_str_has_prefix (query, "db=") ? 3 : 0);
  return *text != '\0' ? text : "0";
}

static const char *
find_fault (GUri *uri)
{
  guint64 number;

  if (!rw_redis_uri_is_unix (uri) &&
      !g_str_equal (g_uri_get_scheme (uri), "redis"))
    return "the scheme must be redis: or unix:";
  if (rw_redis_uri_is_unix (uri) && *g_uri_get_path (uri) == '\0')
    return "the path of the socket is missing";
  if (!rw_redis_uri_is_unix (uri) &&
      (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0'))
    return "the host is missing";
  if (!g_ascii_string_to_unsigned (rw_redis_uri_get_database (uri), 10, 0,
                                   MAX_DATABASE, &number, NULL))
    return "the database must be a number from 0 to 65535";
  return NULL;
}

/** rw_redis_uri_parse: an error does not repeat @text, which may hold a
 * password. */
GUri *
rw_redis_uri_parse (const char *text, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_HAS_PASSWORD, NULL);
  const char *fault = uri != NULL
                          ? find_fault (uri)
                          : "this is no URI such as redis://host:6379/0";

  if (fault == NULL)
    return g_steal_pointer (&uri);

  g_set_error_literal (error, G_URI_ERROR, G_URI_ERROR_FAILED, fault);
  return NULL;
}

/** rw_redis_uri_to_log: without user and password. */
char *
rw_redis_uri_to_log (GUri *uri)
{
  return g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO);
}
