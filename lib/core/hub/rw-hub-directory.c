/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-directory.h"

struct _RwHubDirectory {
  GHashTable *clients;
  GHashTable *sessions;
  GHashTable *names;
  GQueue listeners;
  GQueue producers;
  GQueue consumers;
  guint64 last_session;
  GHashTable *changed; /* (nullable): ids */
};

RwHubDirectory *
rw_hub_directory_new (void)
{
  RwHubDirectory *self = g_new0 (RwHubDirectory, 1);

  self->clients = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                         (GDestroyNotify) rw_hub_client_free);
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                          (GDestroyNotify) rw_hub_session_free);
  self->names = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

/** rw_hub_directory_free: NULL is fine. */
void
rw_hub_directory_free (RwHubDirectory *self)
{
  if (self == NULL)
    return;

  g_clear_pointer (&self->changed, g_hash_table_unref);
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->sessions);
  g_hash_table_unref (self->clients);
  g_free (self);
}

/* --- Clients --- */

RwHubClient *
rw_hub_directory_add (RwHubDirectory *self, const char *id, const char *home)
{
  RwHubClient *client = rw_hub_client_new (id, home);

  g_hash_table_insert (self->clients, (char *) rw_hub_client_get_id (client),
                       client);
  return client;
}

RwHubClient *
rw_hub_directory_ensure (RwHubDirectory *self, const char *id, const char *home)
{
  RwHubClient *client = g_hash_table_lookup (self->clients, id);
  const RwHubRecord record = {.id = id, .home = home, .connected = TRUE};

  if (client == NULL) {
    client = rw_hub_directory_add (self, id, home);
    rw_hub_client_apply_record (client, &record);
  }
  return client;
}

void
rw_hub_directory_remove (RwHubDirectory *self, RwHubClient *client)
{
  g_hash_table_remove (self->clients, rw_hub_client_get_id (client));
}

/** rw_hub_directory_find: (transfer none) (nullable); @id: (nullable) */
RwHubClient *
rw_hub_directory_find (RwHubDirectory *self, const char *id)
{
  return id != NULL ? g_hash_table_lookup (self->clients, id) : NULL;
}

RwHubClient *
rw_hub_directory_find_name (RwHubDirectory *self, const char *name)
{
  return g_hash_table_lookup (self->names, name);
}

GList *
rw_hub_directory_get_clients (RwHubDirectory *self)
{
  return g_hash_table_get_values (self->clients);
}

static GQueue *
get_queue (RwHubDirectory *self, RwRoles role)
{
  return role == RW_ROLE_LISTENER   ? &self->listeners
         : role == RW_ROLE_PRODUCER ? &self->producers
                                    : &self->consumers;
}

const GQueue *
rw_hub_directory_get_of_role (RwHubDirectory *self, RwRoles role)
{
  return get_queue (self, role);
}

static void
set_role (RwHubDirectory *self, RwHubClient *client, RwRoles role,
          RwRoles roles)
{
  gboolean was = (rw_hub_client_get_roles (client) & role) != 0;
  gboolean is = (roles & role) != 0;

  if (is && !was)
    g_queue_push_tail_link (get_queue (self, role),
                            rw_hub_client_get_link (client, role));
  else if (was && !is)
    g_queue_unlink (get_queue (self, role),
                    rw_hub_client_get_link (client, role));
}

void
rw_hub_directory_set_roles (RwHubDirectory *self, RwHubClient *client,
                            RwRoles roles)
{
  if (rw_hub_client_is_local (client))
    set_role (self, client, RW_ROLE_LISTENER, roles);
  set_role (self, client, RW_ROLE_PRODUCER, roles);
  set_role (self, client, RW_ROLE_CONSUMER, roles);
  rw_hub_client_set_roles (client, roles);
}

void
rw_hub_directory_set_name (RwHubDirectory *self, RwHubClient *client,
                           const char *name)
{
  if (rw_hub_client_get_name (client) != NULL)
    g_hash_table_remove (self->names, rw_hub_client_get_name (client));
  if (!rw_hub_client_is_resilient (client) ||
      !(rw_hub_client_get_roles (client) & RW_ROLE_PRODUCER))
    name = NULL;

  rw_hub_client_set_name (client, name);
  if (name != NULL)
    g_hash_table_insert (self->names, (char *) rw_hub_client_get_name (client),
                         client);
}

void
rw_hub_directory_set_home (RwHubDirectory *self, RwHubClient *client,
                           const char *home, guint64 generation)
{
  RwRoles roles = rw_hub_client_get_roles (client);

  rw_hub_directory_set_roles (self, client, RW_ROLE_NONE);
  rw_hub_client_set_home (client, home, generation);
  rw_hub_directory_set_roles (self, client, roles);
}

static gsize
count_meta (const GQueue *clients, const char *except)
{
  gsize bytes = 0;

  for (const GList *l = clients->head; l != NULL; l = l->next) {
    GRefString *meta = rw_hub_client_get_meta (l->data);

    if (meta != NULL && !g_str_equal (rw_hub_client_get_id (l->data), except))
      bytes += g_ref_string_length (meta);
  }
  return bytes;
}

gsize
rw_hub_directory_get_meta_bytes (RwHubDirectory *self, const char *except)
{
  return count_meta (&self->producers, except) +
         count_meta (&self->consumers, except);
}

/* --- Sessions --- */

RwHubSession *
rw_hub_directory_start_session (RwHubDirectory *self, char *id,
                                RwHubClient *producer, RwHubClient *consumer)
{
  RwHubSession *session =
      rw_hub_session_new (id, ++self->last_session, producer, consumer);

  g_hash_table_insert (self->sessions, (char *) rw_hub_session_get_id (session),
                       session);
  rw_hub_directory_note_session (self, session);
  return session;
}

void
rw_hub_directory_forget_session (RwHubDirectory *self, RwHubSession *session)
{
  g_hash_table_remove (self->sessions, rw_hub_session_get_id (session));
}

/** rw_hub_directory_find_session: (transfer none) (nullable) */
RwHubSession *
rw_hub_directory_find_session (RwHubDirectory *self, const char *id)
{
  return g_hash_table_lookup (self->sessions, id);
}

GList *
rw_hub_directory_get_sessions (RwHubDirectory *self)
{
  return g_hash_table_get_values (self->sessions);
}

guint64
rw_hub_directory_get_last_session (RwHubDirectory *self)
{
  return self->last_session;
}

/* --- Changes of records --- */

void
rw_hub_directory_track_changes (RwHubDirectory *self)
{
  if (self->changed == NULL)
    self->changed =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

void
rw_hub_directory_note_changed (RwHubDirectory *self, const RwHubClient *client)
{
  if (self->changed != NULL && rw_hub_client_is_local (client))
    g_hash_table_add (self->changed, g_strdup (rw_hub_client_get_id (client)));
}

void
rw_hub_directory_note_session (RwHubDirectory *self,
                               const RwHubSession *session)
{
  const RwHubClient *producer = rw_hub_session_get_producer (session);
  const RwHubClient *consumer = rw_hub_session_get_consumer (session);

  if (rw_hub_client_is_local (producer) && rw_hub_client_is_local (consumer))
    return;

  rw_hub_directory_note_changed (self, producer);
  rw_hub_directory_note_changed (self, consumer);
}

char *
rw_hub_directory_pop_changed (RwHubDirectory *self)
{
  GHashTableIter iter;
  gpointer id;

  if (self->changed == NULL)
    return NULL;

  g_hash_table_iter_init (&iter, self->changed);
  if (!g_hash_table_iter_next (&iter, &id, NULL))
    return NULL;
  g_hash_table_iter_steal (&iter);
  return id;
}
