/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-producer-meta.h"

#include "rw-json-print.h"

#define RW_PRODUCER_META_VERSION 1

static char *
dup_string_member (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;

  return json_node_dup_string (node);
}

static guint
get_version_member (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "resilient");

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return 0;

  return (guint) CLAMP (json_node_get_int (node), 0, G_MAXINT);
}

/**
 * rw_producer_meta_read_node:
 * @self: (out): filled in; whatever it held before is not freed
 * @meta: (nullable): any JSON
 */
void
rw_producer_meta_read_node (RwProducerMeta *self, JsonNode *meta)
{
  JsonObject *object;

  g_return_if_fail (self != NULL);

  *self = (RwProducerMeta){NULL, 0, NULL};
  if (meta == NULL || !JSON_NODE_HOLDS_OBJECT (meta))
    return;

  object = json_node_get_object (meta);
  self->name = dup_string_member (object, "name");
  self->resilient = get_version_member (object);
  self->stream_id = dup_string_member (object, "streamId");
}

/**
 * rw_producer_meta_read:
 * @self: (out): filled in; whatever it held before is not freed
 * @meta: (nullable): the text of any JSON, from a message
 */
void
rw_producer_meta_read (RwProducerMeta *self, const char *meta)
{
  g_autoptr (JsonNode) node =
      meta != NULL ? json_from_string (meta, NULL) : NULL;

  rw_producer_meta_read_node (self, node);
}

/** rw_producer_meta_clear: frees what @self holds; may run twice. */
void
rw_producer_meta_clear (RwProducerMeta *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->stream_id, g_free);
  self->resilient = 0;
}

/**
 * rw_producer_meta_new_text:
 *
 * Returns: (transfer full): the `meta` that a sink of ours announces
 */
GRefString *
rw_producer_meta_new_text (const char *name, const char *stream_id)
{
  g_autoptr (GString) text = g_string_new ("{");

  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (stream_id != NULL, NULL);

  rw_json_print_name (text, "name");
  rw_json_print_string (text, name);
  rw_json_print_name (text, "resilient");
  g_string_append_printf (text, "%d", RW_PRODUCER_META_VERSION);
  rw_json_print_name (text, "streamId");
  rw_json_print_string (text, stream_id);
  g_string_append_c (text, '}');
  return g_ref_string_new (text->str);
}
