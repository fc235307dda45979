/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-private.h"
#include "rw-fields.h"

/* The brain, saved and gone on from. Where an order is seen from outside it is
 * kept; where there is none, ids are sorted: brains that were told the same
 * are saved as the same bytes. */

#define ALL_ROLES (RW_ROLE_PRODUCER | RW_ROLE_LISTENER | RW_ROLE_CONSUMER)

static const RwField client_fields[] = {
    RW_FIELD (RwBrainClient, id, STRING),
    RW_FIELD_LIMITED (RwBrainClient, version, RW_SIGNAL_VERSION_1_1),
    RW_FIELD_LIMITED (RwBrainClient, resilient, TRUE),
    RW_FIELD (RwBrainClient, secret, STRING),
    RW_FIELD_LIMITED (RwBrainClient, has_spoken, TRUE),
    RW_FIELD_LIMITED (RwBrainClient, connected, TRUE),
    RW_FIELD_LIMITED (RwBrainClient, roles, ALL_ROLES),
    RW_FIELD (RwBrainClient, meta, REF_STRING),
    RW_FIELD (RwBrainClient, name, STRING),
    RW_FIELD (RwBrainClient, n_ended, UINT),
};

/* --- Saving --- */

static GVariant *
save_ended (const RwBrainClient *client)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("ams"));
  for (guint i = 0; i < RW_BRAIN_ENDED_KEPT; i++)
    g_variant_builder_add (&builder, "ms", client->ended[i]);
  return g_variant_builder_end (&builder);
}

static GVariant *
save_session_ids (const RwBrainClient *client)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (const GList *l = client->sessions.head; l != NULL; l = l->next)
    g_variant_builder_add (&builder, "s", ((RwBrainSession *) l->data)->id);
  return g_variant_builder_end (&builder);
}

static GVariant *
save_client_ids (const GQueue *clients)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (const GList *l = clients->head; l != NULL; l = l->next)
    g_variant_builder_add (&builder, "s", ((RwBrainClient *) l->data)->id);
  return g_variant_builder_end (&builder);
}

/* But for its sessions. */
static void
save_client (const RwBrainClient *client, GVariantBuilder *builder)
{
  rw_fields_save (client_fields, G_N_ELEMENTS (client_fields), client, builder);
  if (client->n_ended > 0)
    rw_fields_add (builder, "ended", save_ended (client));
}

/* (transfer floating) */
GVariant *
rw_brain_client_save (const RwBrainClient *client)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  save_client (client, &builder);
  return g_variant_builder_end (&builder);
}

static GVariant *
save_clients (RwBrain *self)
{
  g_autoptr (GList) ids = rw_fields_sorted_keys (self->clients);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *l = ids; l != NULL; l = l->next) {
    const RwBrainClient *client = g_hash_table_lookup (self->clients, l->data);

    g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
    save_client (client, &builder);
    if (client->sessions.length > 0)
      rw_fields_add (&builder, "sessions", save_session_ids (client));
    g_variant_builder_close (&builder);
  }

  return g_variant_builder_end (&builder);
}

static GVariant *
save_sessions (RwBrain *self)
{
  g_autoptr (GList) ids = rw_fields_sorted_keys (self->sessions);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sss)"));
  for (GList *l = ids; l != NULL; l = l->next) {
    const RwBrainSession *session =
        g_hash_table_lookup (self->sessions, l->data);

    g_variant_builder_add (&builder, "(sss)", session->id,
                           session->producer->id, session->consumer->id);
  }

  return g_variant_builder_end (&builder);
}

/**
 * rw_brain_save:
 *
 * Returns: (transfer floating): all of it; nothing may wait to be popped
 */
GVariant *
rw_brain_save (RwBrain *self)
{
  GVariantBuilder builder;

  g_return_val_if_fail (g_queue_is_empty (&self->output), NULL);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  rw_fields_add (&builder, "clients", save_clients (self));
  rw_fields_add (&builder, "sessions", save_sessions (self));
  rw_fields_add (&builder, "listeners", save_client_ids (&self->listeners));
  rw_fields_add (&builder, "producers", save_client_ids (&self->producers));
  rw_fields_add (&builder, "consumers", save_client_ids (&self->consumers));
  return g_variant_builder_end (&builder);
}

/* --- Loading --- */

static gboolean
load_ended (RwBrainClient *client, GVariant *state, GError **error)
{
  g_autoptr (GVariant) ended = NULL;

  if (client->n_ended == 0)
    return TRUE;

  ended = rw_fields_get (state, "ended", "ams", error);
  if (ended == NULL)
    return FALSE;
  if (g_variant_n_children (ended) != RW_BRAIN_ENDED_KEPT)
    return rw_fields_fail (error, "ended");

  for (guint i = 0; i < RW_BRAIN_ENDED_KEPT; i++)
    g_variant_get_child (ended, i, "ms", &client->ended[i]);
  return TRUE;
}

/* (nullable): in no book yet. */
RwBrainClient *
rw_brain_client_load (GVariant *state, GError **error)
{
  RwBrainClient *client = g_new0 (RwBrainClient, 1);

  client->as_listener.data = client;
  client->as_producer.data = client;
  client->as_consumer.data = client;
  if (rw_fields_load (client_fields, G_N_ELEMENTS (client_fields), client,
                      state, error) &&
      load_ended (client, state, error) &&
      (client->id != NULL || rw_fields_fail (error, "client")))
    return client;

  rw_brain_client_free (client);
  return NULL;
}

static gboolean
load_client (RwBrain *self, GVariant *state, GError **error)
{
  RwBrainClient *client = rw_brain_client_load (state, error);

  if (client == NULL)
    return FALSE;
  if (g_hash_table_contains (self->clients, client->id)) {
    rw_brain_client_free (client);
    return rw_fields_fail (error, "client");
  }

  g_hash_table_insert (self->clients, client->id, client);
  if (client->name == NULL)
    return TRUE;
  return g_hash_table_insert (self->names, client->name, client)
             ? TRUE
             : rw_fields_fail (error, "name");
}

static gboolean
load_clients (RwBrain *self, GVariant *clients, GError **error)
{
  GVariantIter iter;
  GVariant *state;

  g_variant_iter_init (&iter, clients);
  while ((state = g_variant_iter_next_value (&iter)) != NULL) {
    g_autoptr (GVariant) owned = state;

    if (!load_client (self, owned, error))
      return FALSE;
  }

  return TRUE;
}

/* In nobody's list yet: these have an order of their own. */
static gboolean
load_sessions (RwBrain *self, GVariant *sessions, GError **error)
{
  GVariantIter iter;
  const char *id;
  const char *producer;
  const char *consumer;

  g_variant_iter_init (&iter, sessions);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &id, &producer, &consumer)) {
    RwBrainSession *session = g_new0 (RwBrainSession, 1);

    session->id = g_strdup (id);
    session->producer = g_hash_table_lookup (self->clients, producer);
    session->consumer = g_hash_table_lookup (self->clients, consumer);
    if (!g_hash_table_replace (self->sessions, session->id, session) ||
        session->producer == NULL || session->consumer == NULL ||
        session->producer == session->consumer)
      return rw_fields_fail (error, "session");
  }

  return TRUE;
}

static gboolean
link_session (RwBrain *self, RwBrainClient *client, const char *id)
{
  RwBrainSession *session = g_hash_table_lookup (self->sessions, id);
  GList *link;

  if (session == NULL)
    return FALSE;

  link = session->producer == client ? &session->of_producer
                                     : &session->of_consumer;
  if (link->data != NULL ||
      (session->producer != client && session->consumer != client))
    return FALSE;

  link->data = session;
  g_queue_push_tail_link (&client->sessions, link);
  return TRUE;
}

static gboolean
link_sessions (RwBrain *self, GVariant *clients, GError **error)
{
  gsize n_linked = 0;
  GVariantIter iter;
  GVariant *state;

  g_variant_iter_init (&iter, clients);
  while ((state = g_variant_iter_next_value (&iter)) != NULL) {
    g_autoptr (GVariant) owned = state;
    g_autofree const char **ids = NULL;
    const char *client_id = NULL;

    g_variant_lookup (owned, "id", "&s", &client_id);
    if (!g_variant_lookup (owned, "sessions", "^a&s", &ids))
      continue;
    for (guint i = 0; ids[i] != NULL; i++, n_linked++) {
      if (!link_session (self, g_hash_table_lookup (self->clients, client_id),
                         ids[i]))
        return rw_fields_fail (error, "sessions");
    }
  }

  return n_linked == 2 * (gsize) g_hash_table_size (self->sessions)
             ? TRUE
             : rw_fields_fail (error, "sessions");
}

/* Whether the list names exactly those that have the @role. */
static gboolean
load_list (RwBrain *self, GVariant *state, const char *name, RwRoles role,
           GQueue *list, gsize offset, GError **error)
{
  g_autoptr (GVariant) ids = rw_fields_get (state, name, "as", error);
  GHashTableIter iter;
  guint n_expected = 0;
  gpointer value;

  if (ids == NULL)
    return FALSE;

  for (gsize i = 0; i < g_variant_n_children (ids); i++) {
    const char *id;
    RwBrainClient *client;
    GList *link;

    g_variant_get_child (ids, i, "&s", &id);
    client = g_hash_table_lookup (self->clients, id);
    link = client != NULL ? G_STRUCT_MEMBER_P (client, offset) : NULL;
    if (client == NULL || !(client->roles & role) || link->prev != NULL ||
        link == list->head)
      return rw_fields_fail (error, name);
    g_queue_push_tail_link (list, link);
  }

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n_expected += (((RwBrainClient *) value)->roles & role) != 0;
  return list->length == n_expected ? TRUE : rw_fields_fail (error, name);
}

static gboolean
load_lists (RwBrain *self, GVariant *state, GError **error)
{
  return load_list (self, state, "listeners", RW_ROLE_LISTENER,
                    &self->listeners,
                    G_STRUCT_OFFSET (RwBrainClient, as_listener), error) &&
         load_list (self, state, "producers", RW_ROLE_PRODUCER,
                    &self->producers,
                    G_STRUCT_OFFSET (RwBrainClient, as_producer), error) &&
         load_list (self, state, "consumers", RW_ROLE_CONSUMER,
                    &self->consumers,
                    G_STRUCT_OFFSET (RwBrainClient, as_consumer), error);
}

/** rw_brain_load: as rw_brain_new(); NULL if @state is damaged. */
RwBrain *
rw_brain_load (RwIdFunc new_id, gpointer user_data, GVariant *state,
               GError **error)
{
  g_autoptr (GVariant) clients =
      rw_fields_get (state, "clients", "aa{sv}", error);
  g_autoptr (GVariant) sessions =
      clients != NULL ? rw_fields_get (state, "sessions", "a(sss)", error)
                      : NULL;
  g_autoptr (RwBrain) self = rw_brain_new (new_id, user_data);

  if (sessions == NULL || !load_clients (self, clients, error) ||
      !load_sessions (self, sessions, error) ||
      !link_sessions (self, clients, error) || !load_lists (self, state, error))
    return NULL;

  return g_steal_pointer (&self);
}
