/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-uri.h"

#include <string.h>

#define DEFAULT_PORT 6379

/* Redis is built with 16; more can be configured. */
#define MAX_DATABASE 65535

static gboolean
parse_database (RwRedisUri *self, const char *text, GError **error)
{
  guint64 number = 0;

  if (text == NULL || *text == '\0')
    return TRUE;

  if (!g_ascii_string_to_unsigned (text, 10, 0, MAX_DATABASE, &number, NULL)) {
    g_set_error (error, G_URI_ERROR, G_URI_ERROR_FAILED,
                 "the database is not a number from 0 to %d", MAX_DATABASE);
    return FALSE;
  }

  self->database = (guint) number;
  return TRUE;
}

static gboolean
parse_unix (RwRedisUri *self, GUri *uri, GError **error)
{
  const char *query = g_uri_get_query (uri);

  self->path = g_strdup (g_uri_get_path (uri));
  if (*self->path == '\0') {
    g_set_error_literal (error, G_URI_ERROR, G_URI_ERROR_BAD_PATH,
                         "there is no path of a socket");
    return FALSE;
  }
  if (query != NULL && !g_str_has_prefix (query, "db=")) {
    g_set_error_literal (error, G_URI_ERROR, G_URI_ERROR_BAD_QUERY,
                         "only db=NUMBER may stand behind the \"?\"");
    return FALSE;
  }

  return parse_database (self, query != NULL ? query + 3 : NULL, error);
}

static gboolean
parse_tcp (RwRedisUri *self, GUri *uri, GError **error)
{
  const char *path = g_uri_get_path (uri);

  self->host = g_strdup (g_uri_get_host (uri));
  if (self->host == NULL || *self->host == '\0') {
    g_set_error_literal (error, G_URI_ERROR, G_URI_ERROR_BAD_HOST,
                         "there is no host");
    return FALSE;
  }
  self->port =
      g_uri_get_port (uri) > 0 ? (guint) g_uri_get_port (uri) : DEFAULT_PORT;

  return parse_database (self, *path == '/' ? path + 1 : NULL, error);
}

/**
 * rw_redis_uri_parse:
 *
 * An error does not repeat @text, which may hold a password.
 */
RwRedisUri *
rw_redis_uri_parse (const char *text, GError **error)
{
  g_autoptr (RwRedisUri) self = g_new0 (RwRedisUri, 1);
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_HAS_PASSWORD, NULL);
  gboolean fine;

  if (uri == NULL) {
    g_set_error_literal (error, G_URI_ERROR, G_URI_ERROR_FAILED,
                         "this is no URI such as redis://host:6379/0");
    return NULL;
  }

  if (g_str_equal (g_uri_get_scheme (uri), "unix")) {
    fine = parse_unix (self, uri, error);
  } else if (g_str_equal (g_uri_get_scheme (uri), "redis")) {
    fine = parse_tcp (self, uri, error);
  } else {
    g_set_error (error, G_URI_ERROR, G_URI_ERROR_BAD_SCHEME,
                 "%s: is not known here; redis: and unix: are",
                 g_uri_get_scheme (uri));
    return NULL;
  }
  if (!fine)
    return NULL;

  self->password = g_strdup (g_uri_get_password (uri));
  if (g_uri_get_user (uri) != NULL && *g_uri_get_user (uri) != '\0')
    self->user = g_strdup (g_uri_get_user (uri));
  return g_steal_pointer (&self);
}

RwRedisUri *
rw_redis_uri_copy (const RwRedisUri *self)
{
  RwRedisUri *copy = g_new (RwRedisUri, 1);

  *copy = *self;
  copy->host = g_strdup (self->host);
  copy->path = g_strdup (self->path);
  copy->user = g_strdup (self->user);
  copy->password = g_strdup (self->password);
  return copy;
}

/** rw_redis_uri_free: NULL is fine. */
void
rw_redis_uri_free (RwRedisUri *self)
{
  if (self == NULL)
    return;

  g_free (self->host);
  g_free (self->path);
  g_free (self->user);
  g_free (self->password);
  g_free (self);
}

/** rw_redis_uri_to_log: without user and password. */
char *
rw_redis_uri_to_log (const RwRedisUri *self)
{
  if (self->path != NULL)
    return g_strdup_printf ("unix://%s?db=%u", self->path, self->database);

  return g_strdup_printf (strchr (self->host, ':') != NULL
                              ? "redis://[%s]:%u/%u"
                              : "redis://%s:%u/%u",
                          self->host, self->port, self->database);
}
