/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-signal-message-state.h"

#include <math.h>

#include "rw-struct-serializer.h"

/* The saved form of a message: its type, and each field that is not NULL or 0
 * under the field's own name. */

#define SAVED(kind, field, max)                                                \
  {#field, RW_FIELD_##kind, G_STRUCT_OFFSET (RwSignalMessage, field), max},

#define SAVED_STRING(field)  SAVED (STRING, field, 0)
#define SAVED_ID(field)      SAVED (STRING, field, 0)
#define SAVED_JSON(field)    SAVED (REF_STRING, field, 0)
#define SAVED_UINT(field)    SAVED (UINT64, field, 0)
#define SAVED_DECIMAL(field) SAVED (UINT64, field, 0)
#define SAVED_NUMBER(field)  SAVED (DOUBLE, field, 0)
#define SAVED_BOOL(field)    SAVED (ENUM, field, TRUE)
#define SAVED_NEGATED(field) SAVED (ENUM, field, TRUE)
#define SAVED_ENUM(field)    SAVED (UINT, field, 0)
#define SAVED_FLAGS(field)   SAVED (UINT, field, 0)
#define SAVED_MAYBE_UINT(field)                                                \
  SAVED (UINT64, field, 0) SAVED (ENUM, has_##field, TRUE)
#define SAVED_PEERS(field)
#define SAVED_ICE_SERVERS(field)

#define FIELD(kind, field, ...) SAVED_##kind (field)
#define PART                    FIELD
#define COMMON                  FIELD
#define HIDDEN                  FIELD
#define TYPE(...)
#define END_TYPE
#define ALSO(...)
static const RwField fields[] = {
#include "rw-signal-messages.def"
};

static GVariant *
save_peers (const GPtrArray *peers)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sms)"));
  for (guint i = 0; i < peers->len; i++) {
    const RwSignalPeer *peer = g_ptr_array_index (peers, i);

    g_variant_builder_add (&builder, "(sms)", peer->id, peer->meta);
  }
  return g_variant_builder_end (&builder);
}

static GVariant *
save_ice_servers (const GPtrArray *servers)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(asmsms)"));
  for (guint i = 0; i < servers->len; i++) {
    const RwIceServer *server = g_ptr_array_index (servers, i);

    g_variant_builder_add (&builder, "(^asmsms)", server->urls,
                           server->username, server->credential);
  }
  return g_variant_builder_end (&builder);
}

/** rw_signal_message_save: (transfer floating) */
GVariant *
rw_signal_message_save (const RwSignalMessage *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_struct_serializer_add (
      &builder, "type",
      g_variant_new_string (rw_signal_type_to_string (self->type)));
  rw_struct_serializer_save (fields, G_N_ELEMENTS (fields), self, &builder);
  if (self->peers != NULL)
    rw_struct_serializer_add (&builder, "peers", save_peers (self->peers));
  if (self->ice_servers != NULL)
    rw_struct_serializer_add (&builder, "ice_servers",
                              save_ice_servers (self->ice_servers));
  return g_variant_builder_end (&builder);
}

static GPtrArray *
load_peers (GVariant *state)
{
  g_autoptr (GVariant) saved =
      g_variant_lookup_value (state, "peers", G_VARIANT_TYPE ("a(sms)"));
  GPtrArray *peers = saved != NULL ? rw_signal_peers_new () : NULL;
  GVariantIter iter;
  const char *id;
  const char *meta;

  if (saved == NULL)
    return NULL;

  g_variant_iter_init (&iter, saved);
  while (g_variant_iter_next (&iter, "(&sm&s)", &id, &meta)) {
    GRefString *text = meta != NULL ? g_ref_string_new (meta) : NULL;

    rw_signal_peers_add (peers, id, text);
    g_clear_pointer (&text, g_ref_string_release);
  }
  return peers;
}

static GPtrArray *
load_ice_servers (GVariant *state)
{
  g_autoptr (GVariant) saved = g_variant_lookup_value (
      state, "ice_servers", G_VARIANT_TYPE ("a(asmsms)"));
  GPtrArray *servers = saved != NULL ? rw_ice_servers_new () : NULL;
  GVariantIter iter;
  RwIceServer read;

  if (saved == NULL)
    return NULL;

  g_variant_iter_init (&iter, saved);
  while (g_variant_iter_next (&iter, "(^asmsms)", &read.urls, &read.username,
                              &read.credential))
    g_ptr_array_add (servers, g_memdup2 (&read, sizeof read));
  return servers;
}

/* Whether what will be written is what may be read. */
static gboolean
is_sound (const RwSignalMember *member, const RwSignalMessage *self)
{
  gconstpointer field = G_STRUCT_MEMBER_P (self, member->offset);
  guint n = member->words != NULL ? g_strv_length ((GStrv) member->words) : 0;

  switch (member->kind) {
  case RW_SIGNAL_KIND_STRING:
  case RW_SIGNAL_KIND_ID:
    return member->need != RW_SIGNAL_REQUIRED || member->object != NULL ||
           *(const char *const *) field != NULL;
  case RW_SIGNAL_KIND_ENUM:
    return *(const guint *) field < n;
  case RW_SIGNAL_KIND_FLAGS:
    return *(const guint *) field >> n == 0;
  case RW_SIGNAL_KIND_NUMBER:
    return isfinite (*(const double *) field);
  default:
    return TRUE;
  }
}

static gboolean
check_members (const RwSignalMessage *self, GError **error)
{
  const RwSignalMember *member = rw_signal_schema_get (self->type)->members;

  for (; member->name != NULL; member++)
    if (!is_sound (member, self))
      return rw_struct_serializer_fail (error, member->name);
  return TRUE;
}

/** rw_signal_message_load: NULL if @state is damaged. */
RwSignalMessage *
rw_signal_message_load (GVariant *state, GError **error)
{
  g_autoptr (RwSignalMessage) self = NULL;
  g_autoptr (GVariant) name =
      rw_struct_serializer_get (state, "type", "s", error);
  RwSignalType type;

  if (name == NULL)
    return NULL;
  if (!rw_signal_schema_find (g_variant_get_string (name, NULL), &type)) {
    rw_struct_serializer_fail (error, "type");
    return NULL;
  }

  self = rw_signal_message_new (type);
  if (!rw_struct_serializer_load (fields, G_N_ELEMENTS (fields), self, state,
                                  error) ||
      !check_members (self, error))
    return NULL;
  self->peers = load_peers (state);
  self->ice_servers = load_ice_servers (state);
  return g_steal_pointer (&self);
}
