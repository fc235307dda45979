/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-client.h"

#include "rw-struct-serializer.h"

#define ALL_ROLES (RW_ROLE_PRODUCER | RW_ROLE_LISTENER | RW_ROLE_CONSUMER)

struct _RwHubClient {
  char *id;
  char *home;
  guint64 generation;
  RwSignalVersion version;
  gboolean resilient;
  char *secret; /* (nullable): the "clientId" of its setProtocolVersion */
  gboolean has_sent;
  gboolean connected;
  RwRoles roles;
  GRefString *meta;
  char *name;
  GQueue sessions;
  GList as_listener;
  GList as_producer;
  GList as_consumer;
  RwEndedSessions *ended;
};

/* "has_spoken" is the name that servers exchange. */
static const RwField fields[] = {
    RW_FIELD (RwHubClient, id, STRING),
    RW_FIELD_LIMITED (RwHubClient, version, RW_SIGNAL_VERSION_1_1),
    RW_FIELD_LIMITED (RwHubClient, resilient, TRUE),
    RW_FIELD (RwHubClient, secret, STRING),
    {"has_spoken", RW_FIELD_ENUM, G_STRUCT_OFFSET (RwHubClient, has_sent),
     TRUE},
    RW_FIELD_LIMITED (RwHubClient, connected, TRUE),
    RW_FIELD_LIMITED (RwHubClient, roles, ALL_ROLES),
    RW_FIELD (RwHubClient, meta, REF_STRING),
    RW_FIELD (RwHubClient, name, STRING),
};

RwHubClient *
rw_hub_client_new (const char *id, const char *home)
{
  RwHubClient *self = g_new0 (RwHubClient, 1);

  self->id = g_strdup (id);
  self->home = g_strdup (home);
  self->as_listener.data = self;
  self->as_producer.data = self;
  self->as_consumer.data = self;
  self->ended = rw_ended_sessions_new ();
  return self;
}

/** rw_hub_client_free: NULL is fine. */
void
rw_hub_client_free (RwHubClient *self)
{
  if (self == NULL)
    return;

  rw_ended_sessions_free (self->ended);
  g_free (self->id);
  g_free (self->home);
  g_clear_pointer (&self->meta, g_ref_string_release);
  g_free (self->name);
  g_free (self->secret);
  g_free (self);
}

const char *
rw_hub_client_get_id (const RwHubClient *self)
{
  return self->id;
}

/** rw_hub_client_get_home: (nullable): as in RwHubRecord */
const char *
rw_hub_client_get_home (const RwHubClient *self)
{
  return self->home;
}

gboolean
rw_hub_client_is_local (const RwHubClient *self)
{
  return self->home == NULL;
}

guint64
rw_hub_client_get_generation (const RwHubClient *self)
{
  return self->generation;
}

void
rw_hub_client_set_home (RwHubClient *self, const char *home, guint64 generation)
{
  g_free (self->home);
  self->home = g_strdup (home);
  self->generation = generation;
}

/* --- The connection --- */

gboolean
rw_hub_client_has_sent (const RwHubClient *self)
{
  return self->has_sent;
}

void
rw_hub_client_note_sent (RwHubClient *self)
{
  self->has_sent = TRUE;
}

gboolean
rw_hub_client_is_connected (const RwHubClient *self)
{
  return self->connected;
}

void
rw_hub_client_set_connected (RwHubClient *self, gboolean connected)
{
  self->connected = connected;
}

RwSignalVersion
rw_hub_client_get_version (const RwHubClient *self)
{
  return self->version;
}

gboolean
rw_hub_client_is_resilient (const RwHubClient *self)
{
  return self->resilient;
}

void
rw_hub_client_set_protocol (RwHubClient *self, const RwSignalMessage *request)
{
  self->version = request->version;
  self->resilient = request->extension_version > 0;
  g_free (self->secret);
  self->secret = g_strdup (request->client_id);
}

gboolean
rw_hub_client_is_same (const RwHubClient *self, const RwHubClient *other)
{
  return self->secret != NULL && g_strcmp0 (self->secret, other->secret) == 0;
}

/* --- Status --- */

RwRoles
rw_hub_client_get_roles (const RwHubClient *self)
{
  return self->roles;
}

void
rw_hub_client_set_roles (RwHubClient *self, RwRoles roles)
{
  self->roles = roles;
}

/** rw_hub_client_get_name: (nullable): of its stream */
const char *
rw_hub_client_get_name (const RwHubClient *self)
{
  return self->name;
}

void
rw_hub_client_set_name (RwHubClient *self, const char *name)
{
  g_free (self->name);
  self->name = g_strdup (name);
}

/** rw_hub_client_get_meta: (transfer none) (nullable) */
GRefString *
rw_hub_client_get_meta (const RwHubClient *self)
{
  return self->meta;
}

void
rw_hub_client_set_meta (RwHubClient *self, GRefString *meta)
{
  if (meta != NULL)
    g_ref_string_acquire (meta);
  g_clear_pointer (&self->meta, g_ref_string_release);
  self->meta = meta;
}

GList *
rw_hub_client_get_link (RwHubClient *self, RwRoles role)
{
  switch (role) {
  case RW_ROLE_LISTENER:
    return &self->as_listener;
  case RW_ROLE_PRODUCER:
    return &self->as_producer;
  case RW_ROLE_CONSUMER:
    return &self->as_consumer;
  default:
    g_assert_not_reached ();
  }
}

/* --- Sessions --- */

GQueue *
rw_hub_client_get_sessions (RwHubClient *self)
{
  return &self->sessions;
}

/** rw_hub_client_get_ended: (transfer none) */
RwEndedSessions *
rw_hub_client_get_ended (const RwHubClient *self)
{
  return self->ended;
}

/* --- Other servers --- */

void
rw_hub_client_get_record (const RwHubClient *self, RwHubRecord *record)
{
  *record = (RwHubRecord){
      .id = self->id,
      .home = self->home,
      .generation = self->generation,
      .roles = self->roles,
      .meta = self->meta,
      .name = self->name,
      .secret = self->secret,
      .connected = self->connected,
      .resilient = self->resilient,
      .n_sessions = self->sessions.length,
  };
}

void
rw_hub_client_apply_record (RwHubClient *self, const RwHubRecord *record)
{
  rw_hub_client_set_home (self, record->home, record->generation);
  rw_hub_client_set_meta (self, record->meta);
  self->connected = record->connected;
  self->resilient = record->resilient;
  self->version = RW_SIGNAL_VERSION_1_1;
}

GVariant *
rw_hub_client_save (const RwHubClient *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_struct_serializer_save (fields, G_N_ELEMENTS (fields), self, &builder);
  rw_ended_sessions_save (self->ended, &builder);
  return g_variant_builder_end (&builder);
}

RwHubClient *
rw_hub_client_load (GVariant *state, GError **error)
{
  g_autoptr (RwHubClient) self = rw_hub_client_new (NULL, NULL);
  RwEndedSessions *ended;

  if (!rw_struct_serializer_load (fields, G_N_ELEMENTS (fields), self, state,
                                  error))
    return NULL;
  ended = rw_ended_sessions_load (state, error);
  if (ended == NULL)
    return NULL;
  rw_ended_sessions_free (self->ended);
  self->ended = ended;
  if (self->id == NULL) {
    rw_struct_serializer_fail (error, "client");
    return NULL;
  }

  self->connected = FALSE;
  return g_steal_pointer (&self);
}

void
rw_hub_client_take (RwHubClient *self, RwHubClient *loaded)
{
  g_clear_pointer (&self->home, g_free);
  self->version = loaded->version;
  self->resilient = loaded->resilient;
  self->has_sent = loaded->has_sent;
  self->connected = loaded->connected;
  g_free (self->secret);
  self->secret = g_steal_pointer (&loaded->secret);
  rw_hub_client_set_meta (self, loaded->meta);
  rw_ended_sessions_free (self->ended);
  self->ended = g_steal_pointer (&loaded->ended);
}
