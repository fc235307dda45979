/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-member.h"

#include "rw-ice-json.h"
#include "rw-json-fields.h"
#include "rw-signal-error.h"

/* --- Single values --- */

static GRefString *
to_text (JsonNode *node)
{
  g_autofree char *text = NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return NULL;
  text = json_to_string (node, FALSE);
  return g_ref_string_new (text);
}

static gboolean
read_uint (JsonObject *object, const RwSignalMember *member, RwJsonNeed need,
           guint64 *out, GError **error)
{
  gboolean present = rw_json_is_present (object, member->name);

  if (!rw_json_read_uint (object, member->name, need, out, error))
    return FALSE;
  if (present && *out < member->min)
    return rw_signal_error_set_invalid (
        error, "\"%s\" must be at least %" G_GUINT64_FORMAT, member->name,
        member->min);
  if (member->max != 0 && *out > member->max)
    return rw_signal_error_set_invalid (error,
                                        "\"%s\" must be from %" G_GUINT64_FORMAT
                                        " to %" G_GUINT64_FORMAT,
                                        member->name, member->min, member->max);
  return TRUE;
}

static gboolean
read_maybe_uint (JsonObject *object, const RwSignalMember *member,
                 RwJsonNeed need, guint64 *out, GError **error)
{
  gboolean *given = G_STRUCT_MEMBER_P (out, sizeof *out);

  *given = rw_json_is_present (object, member->name);
  return read_uint (object, member, need, out, error);
}

static gboolean
read_number (JsonObject *object, const RwSignalMember *member, RwJsonNeed need,
             double *out, GError **error)
{
  *out = member->absent;
  if (!rw_json_read_double (object, member->name, need, out, error))
    return FALSE;
  if (member->max != 0 && *out > (double) member->max)
    return rw_signal_error_set_invalid (
        error, "\"%s\" must be from 0 to %" G_GUINT64_FORMAT, member->name,
        member->max);
  return TRUE;
}

static gboolean
read_negated (JsonObject *object, const RwSignalMember *member, RwJsonNeed need,
              gboolean *out, GError **error)
{
  gboolean value = TRUE;

  if (!rw_json_read_bool (object, member->name, need, &value, error))
    return FALSE;
  *out = !value;
  return TRUE;
}

/* --- Words --- */

static gboolean
find_word (const RwSignalMember *member, const char *word, guint *index)
{
  for (guint i = 0; word != NULL && member->words[i] != NULL; i++) {
    if (g_str_equal (member->words[i], word)) {
      *index = i;
      return TRUE;
    }
  }

  return FALSE;
}

static gboolean
no_such_word (const RwSignalMember *member, const char *verb, GError **error)
{
  g_autofree char *words = g_strjoinv ("\", \"", (GStrv) member->words);

  return rw_signal_error_set_invalid (error, "\"%s\" must %s \"%s\"",
                                      member->name, verb, words);
}

static gboolean
read_enum (JsonObject *object, const RwSignalMember *member, RwJsonNeed need,
           guint *out, GError **error)
{
  g_autofree char *word = NULL;

  if (!rw_json_read_string (object, member->name, need, &word, error))
    return FALSE;
  return word == NULL || find_word (member, word, out) ||
         no_such_word (member, "be one of", error);
}

static gboolean
read_flags (JsonObject *object, const RwSignalMember *member, RwJsonNeed need,
            guint *out, GError **error)
{
  JsonArray *array = NULL;
  guint index;

  if (!rw_json_read_array (object, member->name, need, &array, error))
    return FALSE;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    gboolean is_text = json_node_get_value_type (node) == G_TYPE_STRING;

    if (!find_word (member, is_text ? json_node_get_string (node) : NULL,
                    &index))
      return no_such_word (member, "hold nothing but", error);
    *out |= 1u << index;
  }
  return TRUE;
}

/* --- Lists --- */

static gboolean
read_peer (JsonNode *node, GPtrArray *peers, GError **error)
{
  g_autofree char *id = NULL;
  GRefString *meta;
  JsonObject *object;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return rw_signal_error_set_invalid (
        error, "a list holds something other than objects");
  object = json_node_get_object (node);
  if (!rw_json_read_id (object, "id", RW_JSON_REQUIRED, &id, error))
    return FALSE;

  meta = to_text (json_object_get_member (object, "meta"));
  rw_signal_peers_add (peers, id, meta);
  g_clear_pointer (&meta, g_ref_string_release);
  return TRUE;
}

static gboolean
read_peers (JsonObject *object, const RwSignalMember *member, RwJsonNeed need,
            GPtrArray **out, GError **error)
{
  JsonArray *array = NULL;

  if (!rw_json_read_array (object, member->name, need, &array, error))
    return FALSE;
  if (array == NULL)
    return TRUE;

  *out = rw_signal_peers_new ();
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!read_peer (json_array_get_element (array, i), *out, error))
      return FALSE;
  return TRUE;
}

/* --- By the table --- */

static gboolean
read_kind (JsonObject *object, const RwSignalMember *member, RwJsonNeed need,
           gpointer field, GError **error)
{
  const char *name = member->name;

  switch (member->kind) {
  case RW_SIGNAL_KIND_STRING:
    return rw_json_read_string (object, name, need, field, error);
  case RW_SIGNAL_KIND_ID:
    return rw_json_read_id (object, name, need, field, error);
  case RW_SIGNAL_KIND_JSON:
    *(GRefString **) field = to_text (json_object_get_member (object, name));
    return TRUE;
  case RW_SIGNAL_KIND_UINT:
  case RW_SIGNAL_KIND_DECIMAL:
    return read_uint (object, member, need, field, error);
  case RW_SIGNAL_KIND_MAYBE_UINT:
    return read_maybe_uint (object, member, need, field, error);
  case RW_SIGNAL_KIND_NUMBER:
    return read_number (object, member, need, field, error);
  case RW_SIGNAL_KIND_BOOL:
    return rw_json_read_bool (object, name, need, field, error);
  case RW_SIGNAL_KIND_NEGATED:
    return read_negated (object, member, need, field, error);
  case RW_SIGNAL_KIND_ENUM:
    return read_enum (object, member, need, field, error);
  case RW_SIGNAL_KIND_FLAGS:
    return read_flags (object, member, need, field, error);
  case RW_SIGNAL_KIND_PEERS:
    return read_peers (object, member, need, field, error);
  case RW_SIGNAL_KIND_ICE_SERVERS:
  default:
    return rw_ice_json_read (object, name, field, error);
  }
}

gboolean
rw_signal_member_read (JsonObject *object, const RwSignalMember *member,
                       RwSignalMessage *message, GError **error)
{
  gpointer field = G_STRUCT_MEMBER_P (message, member->offset);
  RwJsonNeed need =
      member->need == RW_SIGNAL_REQUIRED ? RW_JSON_REQUIRED : RW_JSON_OPTIONAL;

  if (member->with != NULL && need == RW_JSON_REQUIRED &&
      !rw_json_is_present (object, member->with)) {
    if (rw_json_is_present (object, member->name))
      return rw_signal_error_set_invalid (
          error, "\"%s\" needs \"%s\" beside it", member->name, member->with);
    return TRUE;
  }

  if (member->old_name != NULL && !rw_json_is_present (object, member->name) &&
      rw_json_is_present (object, member->old_name)) {
    RwSignalMember old = *member;

    old.name = member->old_name;
    return read_kind (object, &old, need, field, error);
  }
  return read_kind (object, member, need, field, error);
}
