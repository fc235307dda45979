/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-registry.h"

#include "rw-redis-reply.h"

struct _RwClusterRegistry {
  RwClusterStore *store;
  RwClients *clients;
  RwHub *hub;
  guint64 grace_ms;
  GHashTable *changed; /* ids whose record is not what was written last */
  GHashTable *written; /* ids that have a record */
  GHashTable *visible; /* ids that have had to do with other servers' clients */
};

/* A record on its way. @name: that is requested; NULL: no client waits. */
typedef struct {
  RwClusterRegistry *owner;
  char *id;
  char *name;
} Put;

static void
put_free (Put *put)
{
  g_free (put->id);
  g_free (put->name);
  g_free (put);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Put, put_free)

/** rw_cluster_hash: (nullable): what is stored instead of a secret. */
char *
rw_cluster_hash (const char *secret)
{
  return secret != NULL
             ? g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1)
             : NULL;
}

/* --- Records --- */

typedef struct {
  const char *id;
  RwHub *hub;
  GVariantBuilder builder;
} Sessions;

static void
add_session (const char *id, const char *producer, const char *consumer,
             guint64 number, gpointer user_data)
{
  Sessions *sessions = user_data;
  RwHubRecord other;

  if (rw_hub_get_record (
          sessions->hub,
          g_str_equal (producer, sessions->id) ? consumer : producer, &other) &&
      other.home != NULL)
    g_variant_builder_add (&sessions->builder, "(ssss)", id, producer, consumer,
                           other.home);
}

/* (transfer full): those with clients homed elsewhere. */
static GVariant *
save_sessions (RwClusterRegistry *self, const char *id)
{
  Sessions sessions = {.id = id, .hub = self->hub};

  g_variant_builder_init (&sessions.builder, G_VARIANT_TYPE ("a(ssss)"));
  rw_hub_foreach_session_of (self->hub, id, add_session, &sessions);
  return g_variant_ref_sink (g_variant_builder_end (&sessions.builder));
}

static void
add_field (RwCommand *fields, const char *name, const char *value)
{
  rw_command_add (fields, name);
  rw_command_add (fields, value);
}

static void
add_number (RwCommand *fields, const char *name, guint64 value)
{
  rw_command_add (fields, name);
  rw_command_add_number (fields, value);
}

static void
add_resumption (RwCommand *fields, const RwClientsRecord *resumption)
{
  g_autofree char *token = rw_cluster_hash (resumption->secret);
  g_autoptr (GVariant) grants =
      resumption->grants != NULL
          ? g_variant_ref_sink (rw_grants_save (resumption->grants))
          : NULL;

  add_field (fields, "token", token);
  add_number (fields, "attempt", resumption->attempt);
  rw_command_add (fields, "grants");
  rw_command_add_variant (fields, grants);
}

/* A client without a role is not seen by other servers until it has a session
 * with one of their clients. */
static gboolean
is_visible (RwClusterRegistry *self, const RwHubRecord *record)
{
  g_autoptr (GVariant) sessions = NULL;

  if (g_hash_table_contains (self->visible, record->id))
    return TRUE;
  sessions = save_sessions (self, record->id);
  if (record->roles == RW_ROLE_NONE && g_variant_n_children (sessions) == 0)
    return FALSE;

  g_hash_table_add (self->visible, g_strdup (record->id));
  return TRUE;
}

static RwCommand *
new_fields (RwClusterRegistry *self, const RwHubRecord *record,
            const char *name)
{
  RwCommand *fields = rw_command_new_empty ();
  g_autofree char *secret = rw_cluster_hash (record->secret);
  g_autoptr (GVariant) sessions = save_sessions (self, record->id);
  RwClientsRecord resumption;

  add_number (fields, "roles", record->roles);
  add_field (fields, "meta", record->meta);
  add_field (fields, "name", name);
  add_field (fields, "secret", secret);
  add_field (fields, "away", record->connected ? "0" : "1");
  add_field (fields, "resilient", record->resilient ? "1" : "0");
  add_field (fields, "visible", is_visible (self, record) ? "1" : "0");
  rw_command_add (fields, "sessions");
  rw_command_add_variant (fields, sessions);
  if (rw_clients_get_record (self->clients, record->id, &resumption))
    add_resumption (fields, &resumption);
  return fields;
}

/* --- Clients that move --- */

/* @claim: the generation of another server's claim, 0 if there is none */
static void
drop (RwClusterRegistry *self, const char *id, guint64 claim)
{
  RwCommand *args = rw_command_new (id, NULL);
  gboolean has_come = g_hash_table_remove (self->written, id);

  rw_command_add_number (args, claim);
  rw_command_add_number (args, has_come ? 0 : 1);
  rw_cluster_store_call (self->store, RW_SCRIPT_DROP, args, NULL, NULL);
}

/* FALSE if its client has requested a later resumption, or none. */
static gboolean
move (RwClusterRegistry *self, const char *id, guint64 attempt,
      guint64 generation)
{
  g_autoptr (RwCommand) args = rw_command_new (id, NULL);
  g_autoptr (RwCommand) fields = NULL;
  g_autoptr (GVariant) state = NULL;
  RwHubRecord record;

  if (!rw_hub_get_record (self->hub, id, &record) || record.home != NULL)
    return FALSE;
  fields = new_fields (self, &record, record.name);
  state = rw_clients_export (self->clients, id, attempt, "", generation,
                             g_get_monotonic_time ());
  if (state == NULL)
    return FALSE;

  g_hash_table_remove (self->written, id);
  rw_command_add_number (args, self->grace_ms);
  rw_command_add_variant (args, state);
  rw_command_add (args, "generation");
  rw_command_add_number (args, generation);
  rw_command_add_all (args, fields);
  rw_cluster_store_call (self->store, RW_SCRIPT_TRANSFER,
                         g_steal_pointer (&args), NULL, NULL);
  return TRUE;
}

/** rw_cluster_registry_moved: a record of @id was not written, because another
 * server is its home from @generation on. */
void
rw_cluster_registry_moved (RwClusterRegistry *self, const char *id,
                           guint64 generation)
{
  RwHubRecord record;

  if (rw_hub_get_record (self->hub, id, &record) && record.home == NULL &&
      record.generation <= generation && !move (self, id, 0, generation))
    rw_clients_evict (self->clients, id, "the client is at another server",
                      g_get_monotonic_time ());
}

/** rw_cluster_registry_claimed: another server is the home of @id from
 * @generation on. */
void
rw_cluster_registry_claimed (RwClusterRegistry *self, const char *id,
                             guint64 attempt, guint64 generation)
{
  RwHubRecord record;
  gboolean is_here =
      rw_hub_get_record (self->hub, id, &record) && record.home == NULL;

  /* The client has moved and come back since then. */
  if (is_here && record.generation >= generation)
    return;
  if (move (self, id, attempt, generation))
    return;

  if (is_here) {
    /* The other server may have taken the client over since. */
    rw_hub_set_home (self->hub, id, NULL, generation + 1);
    rw_hub_note_changed_id (self->hub, id);
  } else {
    drop (self, id, generation);
  }
}

static void
move_if_local (const RwHubRecord *record, gpointer user_data)
{
  RwClusterRegistry *self = user_data;
  g_autofree char *id = g_strdup (record->id);

  if (record->home == NULL && !move (self, id, 0, record->generation))
    rw_hub_remove_client (self->hub, id, "the server stops");
}

/** rw_cluster_registry_move_all: the server stops. */
void
rw_cluster_registry_move_all (RwClusterRegistry *self)
{
  rw_hub_foreach_client (self->hub, move_if_local, self);
}

/* --- Writing --- */

static void
take_verdict (RwClusterRegistry *self, const Put *put, const redisReply *reply)
{
  const char *verdict = rw_reply_get_text (reply, 0);
  gboolean is_taken = g_strcmp0 (verdict, "taken") == 0;
  const char *holder = is_taken ? rw_reply_get_text (reply, 1) : NULL;
  gint64 now_us = g_get_monotonic_time ();

  /* The notice in the mailbox follows. */
  if (g_strcmp0 (verdict, "moved") == 0)
    return;

  if (put->name != NULL) {
    rw_clients_answer_name (self->clients, put->id,
                            g_strcmp0 (verdict, "ok") == 0, holder, now_us);
  } else if (holder != NULL) {
    rw_hub_lose_name (self->hub, put->id, holder);
    rw_clients_flush (self->clients, now_us);
  }
}

static void
on_put (const redisReply *reply, const GError *error, gpointer user_data)
{
  g_autoptr (Put) put = user_data;

  if (error != NULL &&
      g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED))
    g_warning ("The record of client %s was not written: %s", put->id,
               error->message);
  else if (error != NULL)
    rw_cluster_registry_note_changed (put->owner, put->id);
  take_verdict (put->owner, put, reply);
}

/* @name: (nullable): that is requested */
static gboolean
put (RwClusterRegistry *self, const RwHubRecord *record, const char *name)
{
  g_autoptr (RwCommand) args = rw_command_new (record->id, NULL);
  g_autoptr (RwCommand) fields =
      new_fields (self, record, name != NULL ? name : record->name);
  Put *put = g_new0 (Put, 1);

  rw_command_add_number (args, record->generation);
  rw_command_add_all (args, fields);
  put->owner = self;
  put->id = g_strdup (record->id);
  put->name = g_strdup (name);
  if (!rw_cluster_store_run (self->store, RW_SCRIPT_PUT, args, on_put, put)) {
    put_free (put);
    return FALSE;
  }
  g_hash_table_add (self->written, g_strdup (record->id));
  return TRUE;
}

/* A plain client that is not visible needs no record. FALSE while Redis is
 * away. */
static gboolean
write_record (RwClusterRegistry *self, const char *id)
{
  RwClientsRecord resumption;
  RwHubRecord record;
  gboolean is_here = rw_hub_get_record (self->hub, id, &record);

  if (is_here && record.home != NULL)
    return TRUE;
  if (is_here && (is_visible (self, &record) ||
                  rw_clients_get_record (self->clients, id, &resumption)))
    return put (self, &record, NULL);

  g_hash_table_remove (self->visible, id);
  if (g_hash_table_contains (self->written, id))
    drop (self, id, 0);
  return TRUE;
}

/** rw_cluster_registry_flush: writes what has changed. */
void
rw_cluster_registry_flush (RwClusterRegistry *self)
{
  g_autoptr (GHashTable) changed = NULL;
  GHashTableIter iter;
  gpointer id;

  if (!rw_cluster_store_is_up (self->store) ||
      g_hash_table_size (self->changed) == 0)
    return;

  changed = g_steal_pointer (&self->changed);
  self->changed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_iter_init (&iter, changed);
  while (g_hash_table_iter_next (&iter, &id, NULL)) {
    if (!write_record (self, id))
      rw_cluster_registry_note_changed (self, id);
  }
}

/** rw_cluster_registry_note_changed: @id, which may have left. */
void
rw_cluster_registry_note_changed (RwClusterRegistry *self, const char *id)
{
  g_hash_table_add (self->changed, g_strdup (id));
}

static void
note_local (const RwHubRecord *record, gpointer user_data)
{
  if (record->home == NULL)
    rw_cluster_registry_note_changed (user_data, record->id);
}

/** rw_cluster_registry_note_all: Redis may have lost them. */
void
rw_cluster_registry_note_all (RwClusterRegistry *self)
{
  rw_hub_foreach_client (self->hub, note_local, self);
}

/** rw_cluster_registry_reserve: for RwClientsUplink. */
gboolean
rw_cluster_registry_reserve (RwClusterRegistry *self, const char *id,
                             const char *name)
{
  RwHubRecord record;

  rw_cluster_registry_flush (self);
  return rw_hub_get_record (self->hub, id, &record) &&
         put (self, &record, name);
}

/* --- Life --- */

/** rw_cluster_registry_new: what it is given outlives it. */
RwClusterRegistry *
rw_cluster_registry_new (RwClusterStore *store, RwClients *clients,
                         gint64 grace_us)
{
  RwClusterRegistry *self = g_new0 (RwClusterRegistry, 1);

  self->store = store;
  self->clients = clients;
  self->hub = rw_clients_get_hub (clients);
  self->grace_ms = (guint64) grace_us / 1000;
  self->changed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->written = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->visible = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

/** rw_cluster_registry_free: after its store. NULL is fine. */
void
rw_cluster_registry_free (RwClusterRegistry *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->changed);
  g_hash_table_unref (self->written);
  g_hash_table_unref (self->visible);
  g_free (self);
}
