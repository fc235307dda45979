/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-grants.h"

#include "rw-struct-serializer.h"

static const RwField grants_fields[] = {
    RW_FIELD (RwGrants, user, STRING),
    RW_FIELD (RwGrants, name, STRING),
    RW_FIELD (RwGrants, rooms, STRINGS),
    RW_FIELD_LIMITED (RwGrants, roles,
                      RW_ROLE_PRODUCER | RW_ROLE_CONSUMER | RW_ROLE_LISTENER),
    RW_FIELD (RwGrants, expires_us, INT64),
};

/** rw_grants_new: for everything, for ever; narrow it down. */
RwGrants *
rw_grants_new (const char *user)
{
  RwGrants *self = g_new0 (RwGrants, 1);

  self->user = g_strdup (user);
  self->roles = RW_ROLE_PRODUCER | RW_ROLE_CONSUMER | RW_ROLE_LISTENER;
  self->expires_us = G_MAXINT64;

  return self;
}

/** rw_grants_free: NULL is fine. */
void
rw_grants_free (RwGrants *self)
{
  if (self == NULL)
    return;

  g_free (self->user);
  g_free (self->name);
  g_strfreev (self->rooms);
  g_free (self);
}

/** rw_grants_allow_room: @self may be NULL, for an open server. */
gboolean
rw_grants_allow_room (const RwGrants *self, const char *room_id)
{
  return self == NULL || self->rooms == NULL ||
         g_strv_contains ((const char *const *) self->rooms, "*") ||
         g_strv_contains ((const char *const *) self->rooms, room_id);
}

static const char *
refuse_status (const RwGrants *self, const RwSignalMessage *message)
{
  if (message->roles & ~(self->roles | RW_ROLE_LISTENER))
    return "your token does not allow that role";
  if ((message->roles & RW_ROLE_PRODUCER) && self->name != NULL &&
      g_strcmp0 (self->name, message->name) != 0)
    return "your token allows another stream name only";

  return NULL;
}

static gboolean
includes_rooms (const RwGrants *self, const RwGrants *other)
{
  if (self->rooms == NULL)
    return TRUE;
  if (other->rooms == NULL)
    return FALSE;

  for (guint i = 0; other->rooms[i] != NULL; i++) {
    if (!rw_grants_allow_room (self, other->rooms[i]))
      return FALSE;
  }

  return TRUE;
}

/**
 * rw_grants_include:
 * @self: (nullable): NULL for an open server, as is @other
 *
 * Returns: whether it is the same user, and may do all that @other may
 */
gboolean
rw_grants_include (const RwGrants *self, const RwGrants *other)
{
  if (self == NULL || other == NULL)
    return self == other;

  return g_strcmp0 (self->user, other->user) == 0 &&
         (other->roles & ~self->roles) == 0 &&
         (self->name == NULL || g_strcmp0 (self->name, other->name) == 0) &&
         includes_rooms (self, other);
}

/* No role needs to be announced to start a session: what counts is what the
 * session makes of its beginner. */
static const char *
refuse_session (const RwGrants *self, RwRoles role)
{
  if ((role & ~self->roles) == 0)
    return NULL;

  return role == RW_ROLE_CONSUMER ? "your token does not allow to consume"
                                  : "your token does not allow to produce";
}

/**
 * rw_grants_refuse:
 * @self: (nullable): NULL for an open server
 * @role: what its bearer would be in the session that @message asks for;
 *   RW_ROLE_NONE where there is none
 *
 * Returns: why its bearer may not send @message; NULL if it may. Static.
 */
const char *
rw_grants_refuse (const RwGrants *self, const RwSignalMessage *message,
                  RwRoles role)
{
  if (self == NULL)
    return NULL;

  switch (message->type) {
  case RW_SIGNAL_SET_PEER_STATUS:
    return refuse_status (self, message);
  case RW_SIGNAL_START_SESSION:
    return refuse_session (self, role);
  case RW_SIGNAL_JOIN_ROOM:
    return rw_grants_allow_room (self, message->room_id)
               ? NULL
               : "your token does not allow that room";
  default:
    return NULL;
  }
}

/** rw_grants_save: (transfer floating): an a{sv}. */
GVariant *
rw_grants_save (const RwGrants *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_struct_serializer_save (grants_fields, G_N_ELEMENTS (grants_fields), self,
                             &builder);
  return g_variant_builder_end (&builder);
}

/** rw_grants_load: NULL if @state is damaged. */
RwGrants *
rw_grants_load (GVariant *state, GError **error)
{
  g_autoptr (RwGrants) self = g_new0 (RwGrants, 1);

  if (!rw_struct_serializer_load (grants_fields, G_N_ELEMENTS (grants_fields),
                                  self, state, error))
    return NULL;
  if (self->user == NULL) {
    rw_struct_serializer_fail (error, "user");
    return NULL;
  }

  return g_steal_pointer (&self);
}
