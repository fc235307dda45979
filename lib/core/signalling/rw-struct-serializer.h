/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwFieldKind: what a member of a struct is.
 * @RW_FIELD_STRING: a char *, NULL or owned
 * @RW_FIELD_REF_STRING: a GRefString *, NULL or owned
 * @RW_FIELD_STATIC_STRING: a const char *, NULL or static
 * @RW_FIELD_STRINGS: a char **, NULL or owned
 * @RW_FIELD_ENUM: an enum, a set of flags or a gboolean, of the size of a
 *   guint, and at most the field's @max
 * @RW_FIELD_UINT: a guint
 * @RW_FIELD_UINT64: a guint64
 * @RW_FIELD_INT64: a gint64
 * @RW_FIELD_DOUBLE: a double
 */
typedef enum {
  RW_FIELD_STRING,
  RW_FIELD_REF_STRING,
  RW_FIELD_STATIC_STRING,
  RW_FIELD_STRINGS,
  RW_FIELD_ENUM,
  RW_FIELD_UINT,
  RW_FIELD_UINT64,
  RW_FIELD_INT64,
  RW_FIELD_DOUBLE,
} RwFieldKind;

/** RwField: a member of a struct, and the name it is saved under. */
typedef struct {
  const char *name;
  RwFieldKind kind;
  gsize offset;
  guint max;
} RwField;

#define RW_FIELD(Struct, member, kind)                                         \
  {                                                                            \
#member, RW_FIELD_##kind, G_STRUCT_OFFSET(Struct, member), 0               \
  }
#define RW_FIELD_LIMITED(Struct, member, max)                                  \
  {                                                                            \
#member, RW_FIELD_ENUM, G_STRUCT_OFFSET(Struct, member), max               \
  }

/** RW_STATE_ERROR: a saved state that cannot be gone on from. */
#define RW_STATE_ERROR (rw_state_error_quark ())

typedef enum {
  RW_STATE_ERROR_DAMAGED,
  RW_STATE_ERROR_VERSION,
} RwStateError;

GQuark rw_state_error_quark (void);

void rw_struct_serializer_save (const RwField *fields, gsize n_fields,
                                gconstpointer from, GVariantBuilder *to);
GVariant *rw_struct_serializer_save_all (const RwField *fields, gsize n_fields,
                                         const GQueue *of);
gboolean rw_struct_serializer_load (const RwField *fields, gsize n_fields,
                                    gpointer into, GVariant *from,
                                    GError **error);

void rw_struct_serializer_add (GVariantBuilder *to, const char *name,
                               GVariant *value);
GVariant *rw_struct_serializer_get (GVariant *from, const char *name,
                                    const char *type, GError **error);
gboolean rw_struct_serializer_fail (GError **error, const char *what);

G_END_DECLS
