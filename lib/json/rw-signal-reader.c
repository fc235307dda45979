/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-json.h"

#include "rw-json-fields.h"
#include "rw-json-text.h"
#include "rw-producer-meta.h"
#include "rw-signal-member.h"

/* JSON text -> RwSignalMessage. Unknown members are ignored; a known one must
 * be as the table has it. */

/* @inner: (out): the object that holds @member; NULL if it is absent. */
static gboolean
find_object (JsonObject *outer, const RwSignalMember *member,
             JsonObject **inner, GError **error)
{
  *inner = NULL;
  if (member->object == NULL) {
    *inner = outer;
    return TRUE;
  }
  return rw_json_read_object (outer, member->object, RW_JSON_OPTIONAL, inner,
                              error);
}

static gboolean
read_members (JsonObject *object, const RwSignalMember *members,
              RwSignalMessage *message, GError **error)
{
  JsonObject *inner;

  for (const RwSignalMember *m = members; m->name != NULL; m++) {
    if (!find_object (object, m, &inner, error) ||
        (inner != NULL && !rw_signal_member_read (inner, m, message, error)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_one_object (JsonObject *object, const RwSignalSchema *schema,
                  GError **error)
{
  const char *first = NULL;
  const char *last = NULL;
  guint n = 0;

  for (const RwSignalMember *m = schema->members; m->name != NULL; m++) {
    if (m->object == NULL || g_strcmp0 (m->object, last) == 0)
      continue;
    first = first != NULL ? first : m->object;
    last = m->object;
    n += rw_json_is_present (object, m->object) ? 1 : 0;
  }
  return n == 1 || rw_signal_error_set_invalid (
                       error, "needs either \"%s\" or \"%s\"", first, last);
}

/* A client's name is in its meta. */
static void
read_name (JsonObject *object, RwSignalMessage *message)
{
  g_auto (RwProducerMeta) meta = {NULL, 0, NULL};

  rw_producer_meta_read_node (&meta, json_object_get_member (object, "meta"));
  message->name = g_steal_pointer (&meta.name);
}

static gboolean
read_message (JsonObject *object, RwSignalMessage *message, GError **error)
{
  const RwSignalSchema *schema = rw_signal_schema_get (message->type);

  if (!schema->is_unnumbered &&
      !read_members (object, rw_signal_schema_get_common (), message, error))
    return FALSE;
  if (schema->needs_ack && !message->has_ack)
    return rw_signal_error_set_invalid (error, "\"ack\" is missing");
  if (schema->one_object && !check_one_object (object, schema, error))
    return FALSE;
  if (!read_members (object, schema->members, message, error))
    return FALSE;

  if (message->type == RW_SIGNAL_SET_PEER_STATUS)
    read_name (object, message);
  return TRUE;
}

static gboolean
find_type (JsonObject *object, RwSignalType *type, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *shown = NULL;

  if (!rw_json_read_string (object, "type", RW_JSON_REQUIRED, &name, error))
    return FALSE;
  if (rw_signal_schema_find (name, type))
    return TRUE;

  shown = g_utf8_substring (name, 0, MIN (g_utf8_strlen (name, -1), 64));
  g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_UNKNOWN_TYPE,
               "unknown message type \"%s\"", shown);
  return FALSE;
}

/* The text has passed rw_json_text_check(), so that json-glib refusing it
 * would be a surprise, but not a crash. */
static JsonNode *
load (const char *text, gsize len, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) reason = NULL;
  g_autoptr (JsonNode) root = NULL;

  if (!json_parser_load_from_data (parser, text, (gssize) len, &reason)) {
    g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_SYNTAX, "not JSON: %s",
                 reason->message);
    return NULL;
  }

  root = json_parser_steal_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    rw_signal_error_set_invalid (error, "a message must be a JSON object");
    return NULL;
  }

  return g_steal_pointer (&root);
}

/**
 * rw_signal_message_parse:
 * @text: one frame; need not end in a NUL
 * @len: its bytes, at most RW_SIGNAL_MAX_FRAME
 *
 * Returns: (transfer full): the message, or NULL with an RwSignalError whose
 *   text may be sent to the sender
 */
RwSignalMessage *
rw_signal_message_parse (const char *text, gsize len, GError **error)
{
  g_autoptr (RwSignalMessage) message = NULL;
  g_autoptr (JsonNode) root = NULL;
  RwSignalType type;

  g_return_val_if_fail (text != NULL, NULL);

  if (len > RW_SIGNAL_MAX_FRAME) {
    g_set_error (error, RW_SIGNAL_ERROR, RW_SIGNAL_ERROR_TOO_LARGE,
                 "a message of %" G_GSIZE_FORMAT " bytes, over the limit of "
                 "%d",
                 len, RW_SIGNAL_MAX_FRAME);
    return NULL;
  }
  if (!rw_json_text_check (text, len, RW_JSON_TEXT_MAX_DEPTH, error))
    return NULL;

  root = load (text, len, error);
  if (root == NULL || !find_type (json_node_get_object (root), &type, error))
    return NULL;

  message = rw_signal_message_new (type);
  if (!read_message (json_node_get_object (root), message, error)) {
    g_prefix_error (error, "%s: ", rw_signal_type_to_string (type));
    return NULL;
  }

  return g_steal_pointer (&message);
}

/**
 * rw_signal_message_peek_seq:
 * @seq: (out): its number, 0 for none
 *
 * For what rw_signal_message_parse() has refused: a message of a type of a
 * later version is ignored, and counts all the same. Returns FALSE if the text
 * is no JSON object.
 */
gboolean
rw_signal_message_peek_seq (const char *text, gsize len, guint64 *seq)
{
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (text != NULL, FALSE);

  *seq = 0;
  if (len > RW_SIGNAL_MAX_FRAME ||
      !rw_json_text_check (text, len, RW_JSON_TEXT_MAX_DEPTH, NULL))
    return FALSE;
  root = load (text, len, NULL);
  return root != NULL && rw_json_read_uint (json_node_get_object (root), "seq",
                                            RW_JSON_OPTIONAL, seq, NULL);
}
