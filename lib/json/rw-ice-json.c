/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ice-json.h"

#include <string.h>

#include "rw-json-fields.h"
#include "rw-signal-error.h"

static gboolean
invalid (GError **error, const char *what)
{
  g_set_error_literal (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_INVALID, what);
  return FALSE;
}

static gboolean
read_text (JsonObject *object, const char *member, char **out, GError **error)
{
  if (!rw_json_read_string (object, member, RW_JSON_OPTIONAL, out, error))
    return FALSE;
  if (*out != NULL && strlen (*out) > RW_ICE_JSON_MAX_TEXT)
    return invalid (error, "an ICE server's credentials are too long");
  return TRUE;
}

static gboolean
add_url (JsonNode *node, GStrvBuilder *builder, GError **error)
{
  const char *url = json_node_get_value_type (node) == G_TYPE_STRING
                        ? json_node_get_string (node)
                        : NULL;

  if (url == NULL || strlen (url) > RW_ICE_JSON_MAX_TEXT)
    return invalid (error, "an ICE server's \"urls\" must be strings of at "
                           "most 1024 bytes");
  g_strv_builder_add (builder, url);
  return TRUE;
}

/* One, or a list. */
static gboolean
read_urls (JsonObject *object, RwIceServer *server, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonNode *node = json_object_get_member (object, "urls");
  JsonArray *array;

  if (node == NULL)
    return invalid (error, "an ICE server's \"urls\" is missing");
  if (!JSON_NODE_HOLDS_ARRAY (node)) {
    if (!add_url (node, builder, error))
      return FALSE;
    server->urls = g_strv_builder_end (builder);
    return TRUE;
  }

  array = json_node_get_array (node);
  if (json_array_get_length (array) > RW_ICE_JSON_MAX_URLS)
    return invalid (error, "an ICE server has too many \"urls\"");
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!add_url (json_array_get_element (array, i), builder, error))
      return FALSE;
  server->urls = g_strv_builder_end (builder);
  return TRUE;
}

static gboolean
read_server (JsonNode *node, GPtrArray *servers, GError **error)
{
  g_autoptr (RwIceServer) server = g_new0 (RwIceServer, 1);
  JsonObject *object;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return invalid (error, "an ICE server must be an object");
  object = json_node_get_object (node);
  if (!read_urls (object, server, error) ||
      !read_text (object, "username", &server->username, error) ||
      !read_text (object, "credential", &server->credential, error))
    return FALSE;
  g_ptr_array_add (servers, g_steal_pointer (&server));
  return TRUE;
}

/**
 * rw_ice_json_read:
 * @servers: (out): (element-type RwIceServer); left alone where there is no
 *   @member
 *
 * Within the limits above; the URLs are not checked. Errors are
 * RW_SIGNAL_ERROR_INVALID, without a word of what was read.
 */
gboolean
rw_ice_json_read (JsonObject *object, const char *member, GPtrArray **servers,
                  GError **error)
{
  g_autoptr (GPtrArray) read = NULL;
  JsonArray *array = NULL;

  if (!rw_json_read_array (object, member, RW_JSON_OPTIONAL, &array, error))
    return FALSE;
  if (array == NULL)
    return TRUE;
  if (json_array_get_length (array) > RW_ICE_JSON_MAX_SERVERS)
    return invalid (error, "there are too many ICE servers");

  read = rw_ice_servers_new ();
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!read_server (json_array_get_element (array, i), read, error))
      return FALSE;
  *servers = g_steal_pointer (&read);
  return TRUE;
}
