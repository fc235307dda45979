/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-struct-serializer.h"

#include <string.h>

/* Plain members of structs as the entries of an a{sv}. Members that are NULL or
 * 0 are left out. The order is that of the table, so that equal structs give
 * equal bytes. */

G_DEFINE_QUARK (rw - state - error - quark, rw_state_error)

static GVariant *
save_field (const RwField *field, gconstpointer from)
{
  gconstpointer member = G_STRUCT_MEMBER_P (from, field->offset);
  const char *text;
  const char *const *texts;

  switch (field->kind) {
  case RW_FIELD_STRING:
  case RW_FIELD_REF_STRING:
  case RW_FIELD_STATIC_STRING:
    text = *(const char *const *) member;
    return text != NULL ? g_variant_new_string (text) : NULL;
  case RW_FIELD_STRINGS:
    texts = *(const char *const *const *) member;
    return texts != NULL ? g_variant_new_strv (texts, -1) : NULL;
  case RW_FIELD_ENUM:
  case RW_FIELD_UINT:
    return *(const guint *) member != 0
               ? g_variant_new_uint32 (*(const guint *) member)
               : NULL;
  case RW_FIELD_UINT64:
    return *(const guint64 *) member != 0
               ? g_variant_new_uint64 (*(const guint64 *) member)
               : NULL;
  case RW_FIELD_DOUBLE:
    return *(const double *) member != 0.0
               ? g_variant_new_double (*(const double *) member)
               : NULL;
  case RW_FIELD_INT64:
  default:
    return *(const gint64 *) member != 0
               ? g_variant_new_int64 (*(const gint64 *) member)
               : NULL;
  }
}

static void
load_string (const RwField *field, gpointer member, GVariant *value)
{
  const char *text = g_variant_get_string (value, NULL);

  if (field->kind == RW_FIELD_STRING)
    *(char **) member = g_strdup (text);
  else if (field->kind == RW_FIELD_REF_STRING)
    *(GRefString **) member = g_ref_string_new (text);
  else
    *(const char **) member = g_intern_string (text);
}

static const GVariantType *
get_type (const RwField *field)
{
  switch (field->kind) {
  case RW_FIELD_STRING:
  case RW_FIELD_REF_STRING:
  case RW_FIELD_STATIC_STRING:
    return G_VARIANT_TYPE_STRING;
  case RW_FIELD_STRINGS:
    return G_VARIANT_TYPE_STRING_ARRAY;
  case RW_FIELD_ENUM:
  case RW_FIELD_UINT:
    return G_VARIANT_TYPE_UINT32;
  case RW_FIELD_UINT64:
    return G_VARIANT_TYPE_UINT64;
  case RW_FIELD_DOUBLE:
    return G_VARIANT_TYPE_DOUBLE;
  case RW_FIELD_INT64:
  default:
    return G_VARIANT_TYPE_INT64;
  }
}

/* FALSE when it is out of range. */
static gboolean
load_field (const RwField *field, gpointer into, GVariant *value)
{
  gpointer member = G_STRUCT_MEMBER_P (into, field->offset);

  switch (field->kind) {
  case RW_FIELD_STRING:
  case RW_FIELD_REF_STRING:
  case RW_FIELD_STATIC_STRING:
    load_string (field, member, value);
    return TRUE;
  case RW_FIELD_STRINGS:
    *(char ***) member = g_variant_dup_strv (value, NULL);
    return TRUE;
  case RW_FIELD_ENUM:
    *(guint *) member = g_variant_get_uint32 (value);
    return *(guint *) member <= field->max;
  case RW_FIELD_UINT:
    *(guint *) member = g_variant_get_uint32 (value);
    return TRUE;
  case RW_FIELD_UINT64:
    *(guint64 *) member = g_variant_get_uint64 (value);
    return TRUE;
  case RW_FIELD_DOUBLE:
    *(double *) member = g_variant_get_double (value);
    return TRUE;
  case RW_FIELD_INT64:
  default:
    *(gint64 *) member = g_variant_get_int64 (value);
    return TRUE;
  }
}

static gsize
find_field (const RwField *fields, gsize n_fields, const char *name)
{
  gsize i = 0;

  while (i < n_fields && !g_str_equal (fields[i].name, name))
    i++;
  return i;
}

/** rw_struct_serializer_save: adds the members of @from to @to, which makes an
 * a{sv}. */
void
rw_struct_serializer_save (const RwField *fields, gsize n_fields,
                           gconstpointer from, GVariantBuilder *to)
{
  for (gsize i = 0; i < n_fields; i++) {
    GVariant *value = save_field (&fields[i], from);

    if (value != NULL)
      rw_struct_serializer_add (to, fields[i].name, value);
  }
}

/** rw_struct_serializer_save_all: (transfer floating): all structs in @of, as
 * aa{sv}. */
GVariant *
rw_struct_serializer_save_all (const RwField *fields, gsize n_fields,
                               const GQueue *of)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (const GList *l = of->head; l != NULL; l = l->next) {
    g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
    rw_struct_serializer_save (fields, n_fields, l->data, &builder);
    g_variant_builder_close (&builder);
  }

  return g_variant_builder_end (&builder);
}

/**
 * rw_struct_serializer_load:
 * @n_fields: at most 64
 * @into: a struct that is all 0
 *
 * Returns: FALSE if something in @from is of the wrong type or out of range;
 *   @into can be freed as ever
 */
gboolean
rw_struct_serializer_load (const RwField *fields, gsize n_fields, gpointer into,
                           GVariant *from, GError **error)
{
  guint64 seen = 0;
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, from);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value)) {
    g_autoptr (GVariant) owned = value;
    gsize i = find_field (fields, n_fields, name);

    if (i == n_fields)
      continue;
    if ((seen >> i & 1) ||
        !g_variant_is_of_type (owned, get_type (&fields[i])) ||
        !load_field (&fields[i], into, owned))
      return rw_struct_serializer_fail (error, name);
    seen |= G_GUINT64_CONSTANT (1) << i;
  }

  return TRUE;
}

/** rw_struct_serializer_add: @value: may be floating */
void
rw_struct_serializer_add (GVariantBuilder *to, const char *name,
                          GVariant *value)
{
  g_variant_builder_add (to, "{sv}", name, value);
}

/**
 * rw_struct_serializer_get:
 *
 * Returns: (transfer full) (nullable): what @from, an a{sv}, has under @name;
 *   NULL with an error if it is not there, or not of that type
 */
GVariant *
rw_struct_serializer_get (GVariant *from, const char *name, const char *type,
                          GError **error)
{
  GVariant *value = g_variant_lookup_value (from, name, G_VARIANT_TYPE (type));

  if (value == NULL)
    rw_struct_serializer_fail (error, name);
  return value;
}

/** rw_struct_serializer_fail: sets an error that names @what. Returns FALSE. */
gboolean
rw_struct_serializer_fail (GError **error, const char *what)
{
  g_set_error (error, RW_STATE_ERROR, RW_STATE_ERROR_DAMAGED,
               "the saved state is damaged: \"%s\" is missing or wrong", what);
  return FALSE;
}
