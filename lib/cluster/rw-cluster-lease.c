/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-lease.h"

#include "rw-redis-reply.h"

/* Three times as long as between two renewals. */
#define LEASE_MS 3000

struct _RwClusterLease {
  RwClusterStore *store;
  char *me;
  char *version;
  guint64 grace_ms;
  guint64 term; /* of the lease, by its last answer */
  RwClusterLeaseFuncs funcs;
  gpointer user_data;
  GHashTable *servers;  /* the others */
  gboolean is_renewing; /* that has not been answered */
  gboolean is_online;
  gint64 down_us; /* 0: it is there */
  gint64 degraded_us;
};

/* --- Servers --- */

static void
lose (RwClusterLease *self, const char *server)
{
  g_autofree char *name = g_strdup (server);

  g_hash_table_remove (self->servers, name);
  self->funcs.lost (name, self->user_data);
}

/* @may_lose: a server that is not listed has died. */
static void
set_servers (RwClusterLease *self, const redisReply *servers, gboolean may_lose)
{
  g_autoptr (GHashTable) listed = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GList) known = NULL;

  for (gsize i = 0; i < rw_reply_get_length (servers); i++) {
    const char *server = rw_reply_get_text (servers, i);

    if (server == NULL || g_str_equal (server, self->me))
      continue;
    g_hash_table_add (listed, (gpointer) server);
    g_hash_table_add (self->servers, g_strdup (server));
  }
  known = g_hash_table_get_keys (self->servers);
  for (GList *l = known; may_lose && l != NULL; l = l->next) {
    if (!g_hash_table_contains (listed, l->data))
      lose (self, l->data);
  }
}

/* {{client, room, ...}} */
static void
expire (RwClusterLease *self, const redisReply *clients)
{
  for (gsize i = 0; i < rw_reply_get_length (clients); i++) {
    const redisReply *client = rw_reply_get (clients, i);
    const char *id = rw_reply_get_text (client, 0);

    for (gsize room = 1; room < rw_reply_get_length (client); room++) {
      const char *room_id = rw_reply_get_text (client, room);

      if (id != NULL && room_id != NULL)
        self->funcs.expired (id, room_id, self->user_data);
    }
  }
}

/* --- The lease --- */

static void
set_online (RwClusterLease *self, gboolean may_be_lost)
{
  self->is_online = TRUE;
  if (self->down_us != 0)
    self->degraded_us += g_get_monotonic_time () - self->down_us;
  self->down_us = 0;
  self->funcs.online (may_be_lost, self->user_data);
}

static void
on_renewed (const redisReply *reply, const GError *error, gpointer user_data)
{
  RwClusterLease *self = user_data;
  guint64 term = rw_reply_get_number (reply, 0);
  gboolean may_be_lost = term != self->term;

  self->is_renewing = FALSE;
  if (error != NULL &&
      g_error_matches (error, RW_REDIS_ERROR, RW_REDIS_ERROR_REFUSED)) {
    g_warning ("Redis does not register this server: %s; a key of another "
               "program may be in the way: remove it, or set redis-prefix",
               error->message);
    rw_cluster_store_drop (self->store, error);
  }
  if (error != NULL)
    return;

  self->term = term;
  set_servers (self, rw_reply_get (reply, 1), rw_reply_get_number (reply, 3));
  if (!self->is_online || may_be_lost)
    set_online (self, may_be_lost);
  expire (self, rw_reply_get (reply, 2));
  self->funcs.renewed (self->user_data);
}

/** rw_cluster_lease_renew: when Redis is there, and about once a second. */
void
rw_cluster_lease_renew (RwClusterLease *self)
{
  g_autoptr (RwCommand) args = rw_command_new_empty ();

  if (self->is_renewing)
    return;

  rw_command_add_number (args, LEASE_MS);
  rw_command_add (args, self->version);
  rw_command_add_number (args, self->grace_ms);
  rw_command_add_number (args, self->term);
  self->is_renewing = rw_cluster_store_run (self->store, RW_SCRIPT_LEASE, args,
                                            on_renewed, self);
}

/** rw_cluster_lease_go_down: it is not. TRUE if it was online. */
gboolean
rw_cluster_lease_go_down (RwClusterLease *self)
{
  if (!self->is_online)
    return FALSE;

  self->is_online = FALSE;
  self->down_us = g_get_monotonic_time ();
  return TRUE;
}

gboolean
rw_cluster_lease_is_online (RwClusterLease *self)
{
  return self->is_online;
}

/** rw_cluster_lease_get_n_servers: with this one. */
guint
rw_cluster_lease_get_n_servers (RwClusterLease *self)
{
  return g_hash_table_size (self->servers) + 1;
}

/** rw_cluster_lease_get_degraded_us: how long Redis has been away, in all. */
gint64
rw_cluster_lease_get_degraded_us (RwClusterLease *self)
{
  gint64 now_us = g_get_monotonic_time ();

  return self->degraded_us + (self->down_us != 0 ? now_us - self->down_us : 0);
}

/* --- Life --- */

RwClusterLease *
rw_cluster_lease_new (RwClusterStore *store, const char *me,
                      const char *version, gint64 grace_us,
                      const RwClusterLeaseFuncs *funcs, gpointer user_data)
{
  RwClusterLease *self = g_new0 (RwClusterLease, 1);

  self->store = store;
  self->me = g_strdup (me);
  self->version = g_strdup (version);
  self->grace_ms = (guint64) grace_us / 1000;
  self->funcs = *funcs;
  self->user_data = user_data;
  self->servers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

/** rw_cluster_lease_free: after its store. NULL is fine. */
void
rw_cluster_lease_free (RwClusterLease *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->servers);
  g_free (self->version);
  g_free (self->me);
  g_free (self);
}
