/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-json-fields.h"

#include <math.h>
#include <string.h>

#include "rw-signal-error.h"
#include "rw-signal-schema.h"

static gboolean
wrong (const char *member, const char *wanted, GError **error)
{
  g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_INVALID,
               "\"%s\" must be %s", member, wanted);
  return FALSE;
}

/* NULL for absent and for null. */
static JsonNode *
get_value (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node == NULL || JSON_NODE_HOLDS_NULL (node) ? NULL : node;
}

gboolean
rw_json_is_present (JsonObject *object, const char *member)
{
  return get_value (object, member) != NULL;
}

static gboolean
absent (const char *member, RwJsonNeed need, GError **error)
{
  if (need == RW_JSON_OPTIONAL)
    return TRUE;

  g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_INVALID,
               "\"%s\" is missing", member);
  return FALSE;
}

gboolean
rw_json_read_string (JsonObject *object, const char *member, RwJsonNeed need,
                     char **out, GError **error)
{
  JsonNode *node = get_value (object, member);

  if (node == NULL)
    return absent (member, need, error);
  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return wrong (member, "a string", error);

  g_free (*out);
  *out = json_node_dup_string (node);
  return TRUE;
}

/** rw_json_read_id: a string of 1 to RW_SIGNAL_MAX_ID bytes. */
gboolean
rw_json_read_id (JsonObject *object, const char *member, RwJsonNeed need,
                 char **out, GError **error)
{
  g_autofree char *id = NULL;

  if (!rw_json_read_string (object, member, need, &id, error))
    return FALSE;
  if (id == NULL)
    return TRUE;
  if (*id == '\0' || strlen (id) > RW_SIGNAL_MAX_ID)
    return wrong (member, "an id of 1 to 256 bytes", error);

  g_free (*out);
  *out = g_steal_pointer (&id);
  return TRUE;
}

/** rw_json_read_uint: a number, or a decimal string for what exceeds 2^53. */
gboolean
rw_json_read_uint (JsonObject *object, const char *member, RwJsonNeed need,
                   guint64 *out, GError **error)
{
  const char *wanted = "a whole number from 0 (as a number or decimal string)";
  JsonNode *node = get_value (object, member);
  GType type;

  if (node == NULL)
    return absent (member, need, error);

  type = json_node_get_value_type (node);
  if (type == G_TYPE_STRING) {
    if (!g_ascii_string_to_unsigned (json_node_get_string (node), 10, 0,
                                     G_MAXUINT64, out, NULL))
      return wrong (member, wanted, error);
    return TRUE;
  }
  if (type != G_TYPE_INT64 || json_node_get_int (node) < 0)
    return wrong (member, wanted, error);

  *out = (guint64) json_node_get_int (node);
  return TRUE;
}

/** rw_json_read_double: a number from 0. */
gboolean
rw_json_read_double (JsonObject *object, const char *member, RwJsonNeed need,
                     double *out, GError **error)
{
  JsonNode *node = get_value (object, member);
  GType type;

  if (node == NULL)
    return absent (member, need, error);

  type = json_node_get_value_type (node);
  if ((type != G_TYPE_INT64 && type != G_TYPE_DOUBLE) ||
      !isfinite (json_node_get_double (node)) ||
      json_node_get_double (node) < 0.0)
    return wrong (member, "a number from 0", error);

  *out = json_node_get_double (node);
  return TRUE;
}

gboolean
rw_json_read_bool (JsonObject *object, const char *member, RwJsonNeed need,
                   gboolean *out, GError **error)
{
  JsonNode *node = get_value (object, member);

  if (node == NULL)
    return absent (member, need, error);
  if (json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return wrong (member, "true or false", error);

  *out = json_node_get_boolean (node);
  return TRUE;
}

gboolean
rw_json_read_object (JsonObject *object, const char *member, RwJsonNeed need,
                     JsonObject **out, GError **error)
{
  JsonNode *node = get_value (object, member);

  if (node == NULL)
    return absent (member, need, error);
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return wrong (member, "an object", error);

  *out = json_node_get_object (node);
  return TRUE;
}

gboolean
rw_json_read_array (JsonObject *object, const char *member, RwJsonNeed need,
                    JsonArray **out, GError **error)
{
  JsonNode *node = get_value (object, member);

  if (node == NULL)
    return absent (member, need, error);
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return wrong (member, "an array", error);

  *out = json_node_get_array (node);
  return TRUE;
}
