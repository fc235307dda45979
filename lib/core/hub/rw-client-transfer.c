/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-client-transfer.h"

#include "rw-hub-remote.h"
#include "rw-hub-transfer.h"
#include "rw-rooms-transfer.h"
#include "rw-struct-serializer.h"

#define SESSIONS_TYPE "a(ssss)"
#define ROOMS_TYPE    "a(ssmst)"

/* --- Saving --- */

typedef struct {
  RwHub *hub;
  const char *id;
  GVariantBuilder builder;
} SavedSessions;

static void
save_session (const char *id, const char *producer, const char *consumer,
              guint64 number, gpointer user_data)
{
  SavedSessions *saved = user_data;
  const char *other = g_str_equal (producer, saved->id) ? consumer : producer;
  RwHubRecord record;

  if (rw_hub_get_record (saved->hub, other, &record))
    g_variant_builder_add (&saved->builder, "(ssss)", id, producer, consumer,
                           record.home != NULL ? record.home : "");
}

static GVariant *
save_sessions (RwHub *hub, const char *id)
{
  SavedSessions saved = {.hub = hub, .id = id};

  g_variant_builder_init (&saved.builder, G_VARIANT_TYPE (SESSIONS_TYPE));
  rw_hub_foreach_session_of (hub, id, save_session, &saved);
  return g_variant_builder_end (&saved.builder);
}

GVariant *
rw_client_transfer_save (const RwClientTransfer *self, const RwClient *client)
{
  const char *id = rw_client_get_id (client);
  const RwGrants *grants = rw_client_get_grants (client);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_struct_serializer_add (&builder, "id", g_variant_new_string (id));
  rw_resumption_save (rw_client_get_resumption (client), &builder);
  if (grants != NULL)
    rw_struct_serializer_add (&builder, "grants", rw_grants_save (grants));
  rw_struct_serializer_add (&builder, "hub",
                            rw_hub_save_client (self->hub, id));
  rw_struct_serializer_add (&builder, "sessions",
                            save_sessions (self->hub, id));
  rw_struct_serializer_add (&builder, "rooms",
                            rw_rooms_save_memberships (self->rooms, id));
  rw_struct_serializer_add (&builder, "joins",
                            rw_rooms_save_joins (self->rooms, id));
  return g_variant_builder_end (&builder);
}

/* --- Loading --- */

static gboolean
load_grants (RwClient *client, GVariant *state, GError **error)
{
  g_autoptr (GVariant) saved =
      g_variant_lookup_value (state, "grants", G_VARIANT_TYPE_VARDICT);
  RwGrants *grants = NULL;

  if (saved == NULL)
    return TRUE;

  grants = rw_grants_load (saved, error);
  rw_client_set_grants (client, grants);
  return grants != NULL;
}

/* (nullable): in no table yet. */
static RwClient *
load_client (const RwClientTransfer *self, GVariant *state,
             const char *expected, GError **error)
{
  g_autoptr (GVariant) id = rw_struct_serializer_get (state, "id", "s", error);
  g_autoptr (RwClient) client = NULL;
  RwResumption *resumption;

  if (id == NULL)
    return NULL;
  if (!g_str_equal (g_variant_get_string (id, NULL), expected) ||
      rw_client_table_find (self->table, expected) != NULL) {
    rw_struct_serializer_fail (error, "id");
    return NULL;
  }

  client = rw_client_new (g_strdup (expected), NULL);
  rw_client_note_sent (client);
  resumption = rw_resumption_load (&self->limits, state, error);
  if (resumption == NULL)
    return NULL;
  rw_client_set_resumption (client, resumption);
  return load_grants (client, state, error) ? g_steal_pointer (&client) : NULL;
}

/* The session of two clients of the server that it comes from names no home. */
static void
load_sessions (RwHub *hub, GVariant *state, const char *from)
{
  g_autoptr (GVariant) sessions = g_variant_lookup_value (
      state, "sessions", G_VARIANT_TYPE (SESSIONS_TYPE));
  GVariantIter iter;
  const char *id;
  const char *producer;
  const char *consumer;
  const char *home;

  if (sessions == NULL)
    return;
  g_variant_iter_init (&iter, sessions);
  while (g_variant_iter_next (&iter, "(&s&s&s&s)", &id, &producer, &consumer,
                              &home))
    rw_hub_add_session (hub, id, producer, consumer,
                        *home != '\0' ? home : from);
}

static gboolean
load_hub (RwHub *hub, const char *expected, GVariant *state, GError **error)
{
  g_autoptr (GVariant) saved =
      rw_struct_serializer_get (state, "hub", "a{sv}", error);
  g_autoptr (GVariant) id =
      saved != NULL ? rw_struct_serializer_get (saved, "id", "s", error) : NULL;

  return id != NULL &&
         (g_str_equal (g_variant_get_string (id, NULL), expected) ||
          rw_struct_serializer_fail (error, "id")) &&
         rw_hub_load_client (hub, saved, error);
}

gboolean
rw_client_transfer_load (const RwClientTransfer *self, GVariant *state,
                         const char *from, const char *id, gint64 now_us,
                         GError **error)
{
  g_autoptr (GVariant) rooms =
      g_variant_lookup_value (state, "rooms", G_VARIANT_TYPE (ROOMS_TYPE));
  g_autoptr (GVariant) joins =
      g_variant_lookup_value (state, "joins", G_VARIANT_TYPE (ROOMS_TYPE));
  g_autoptr (RwClient) client = NULL;

  if (!g_variant_is_normal_form (state))
    return rw_struct_serializer_fail (error, "form");
  client = load_client (self, state, id, error);
  if (client == NULL || !load_hub (self->hub, id, state, error))
    return FALSE;

  rw_client_table_add_waiting (self->table, g_steal_pointer (&client), now_us);
  load_sessions (self->hub, state, from);
  if (rooms != NULL)
    rw_rooms_load_memberships (self->rooms, id, rooms);
  if (joins != NULL)
    rw_rooms_load_joins (self->rooms, id, joins);
  rw_hub_note_changed_id (self->hub, id);
  return TRUE;
}
