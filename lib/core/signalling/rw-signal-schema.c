/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-schema.h"

#include <string.h>

#include "rw-signal-message.h"

static const char *const rw_signal_versions[] = {
    [RW_SIGNAL_VERSION_1_0] = "v1_0", [RW_SIGNAL_VERSION_1_1] = "v1_1", NULL};
static const char *const rw_signal_sdp_types[] = {
    [RW_SDP_TYPE_OFFER] = "offer", [RW_SDP_TYPE_ANSWER] = "answer", NULL};
static const char *const rw_signal_starts[] = {[RW_SESSION_START_LIVE] = "live",
                                               [RW_SESSION_START_OLDEST] =
                                                   "oldest",
                                               NULL};

/* In the order of the bits of RwRoles. */
static const char *const rw_signal_roles[] = {"producer", "listener",
                                              "consumer", NULL};

#define MEMBER(kind_, field, name_, need_, ...)                                \
  {.name = name_,                                                              \
   .kind = RW_SIGNAL_KIND_##kind_,                                             \
   .need = RW_SIGNAL_##need_,                                                  \
   .offset = G_STRUCT_OFFSET (RwSignalMessage, field),                         \
   ##__VA_ARGS__},

#define TYPE(id, name_, direction_, protocol_, ...)                            \
  [id] = {.name = name_,                                                       \
          .direction = RW_SIGNAL_##direction_,                                 \
          .protocol = RW_SIGNAL_##protocol_,                                   \
          ##__VA_ARGS__,                                                       \
          .members = (const RwSignalMember[]) {
#define END_TYPE                                                               \
  {                                                                            \
    .name = NULL                                                               \
  }                                                                            \
  }                                                                            \
  }                                                                            \
  ,
#define FIELD MEMBER
#define ALSO  MEMBER
#define PART  MEMBER
#define COMMON(...)
#define HIDDEN(...)
static const RwSignalSchema schemas[] = {
#include "rw-signal-messages.def"
};
#undef TYPE
#undef END_TYPE
#undef FIELD
#undef ALSO
#undef PART
#undef COMMON

#define TYPE(...)
#define END_TYPE
#define FIELD(...)
#define ALSO(...)
#define PART(...)
#define COMMON MEMBER
static const RwSignalMember common[] = {
#include "rw-signal-messages.def"
    {.name = NULL}};

G_STATIC_ASSERT (G_N_ELEMENTS (schemas) == RW_SIGNAL_LAST + 1);

const RwSignalSchema *
rw_signal_schema_get (RwSignalType type)
{
  g_return_val_if_fail (type <= RW_SIGNAL_LAST, NULL);

  return &schemas[type];
}

/** rw_signal_schema_get_common: the members of any type, until one without a
 * name. */
const RwSignalMember *
rw_signal_schema_get_common (void)
{
  return common;
}

/** rw_signal_schema_find: FALSE if no type is called @name. */
gboolean
rw_signal_schema_find (const char *name, RwSignalType *type)
{
  for (guint i = 0; i < G_N_ELEMENTS (schemas); i++) {
    if (g_str_equal (name, schemas[i].name)) {
      *type = i;
      return TRUE;
    }
  }

  return FALSE;
}

/** rw_signal_type_to_string: the text of the `type` member; static. */
const char *
rw_signal_type_to_string (RwSignalType type)
{
  const RwSignalSchema *schema = rw_signal_schema_get (type);

  return schema != NULL ? schema->name : NULL;
}

/** rw_signal_member_is_set: whether it is other than NULL, 0 and FALSE. */
gboolean
rw_signal_member_is_set (const RwSignalMember *self, gconstpointer message)
{
  gconstpointer field = G_STRUCT_MEMBER_P (message, self->offset);

  switch (self->kind) {
  case RW_SIGNAL_KIND_UINT:
  case RW_SIGNAL_KIND_DECIMAL:
    return *(const guint64 *) field != 0;
  case RW_SIGNAL_KIND_MAYBE_UINT:
    return *(const gboolean *) G_STRUCT_MEMBER_P (field, sizeof (guint64));
  case RW_SIGNAL_KIND_NUMBER:
    return *(const double *) field != self->absent;
  case RW_SIGNAL_KIND_BOOL:
  case RW_SIGNAL_KIND_NEGATED:
  case RW_SIGNAL_KIND_ENUM:
  case RW_SIGNAL_KIND_FLAGS:
    return *(const guint *) field != 0;
  default:
    return *(const gconstpointer *) field != NULL;
  }
}
