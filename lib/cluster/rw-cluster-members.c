/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster-members.h"

#include <string.h>

struct _RwClusterMembers {
  RwRooms *rooms;
  char *room_id;
  char *me;
  GHashTable *servers; /* member -> its server */
};

static gboolean
is_me (const RwClusterMembers *self, const char *server)
{
  return g_strcmp0 (server, self->me) == 0;
}

static GHashTable *
new_servers (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
set_server (RwClusterMembers *self, const char *id, const char *server)
{
  g_hash_table_replace (self->servers, g_strdup (id), g_strdup (server));
}

/* --- The list --- */

/* A member that is not listed has left, or is to be written yet. */
static void
drop_unlisted (RwClusterMembers *self, GHashTable *former, gboolean may_come)
{
  GHashTableIter iter;
  gpointer id;
  gpointer server;

  g_hash_table_iter_init (&iter, former);
  while (g_hash_table_iter_next (&iter, &id, &server)) {
    if (g_hash_table_contains (self->servers, id) || is_me (self, server))
      continue;
    if (may_come)
      set_server (self, id, server);
    else
      rw_rooms_mirror_left (self->rooms, self->room_id, id, FALSE,
                            g_get_monotonic_time ());
  }
}

/** rw_cluster_members_list: @members: {{id, server, meta}}, in their order;
 * @is_first: they are not new to the members of this server; @may_come: members
 * that are not listed may still be written by their servers */
void
rw_cluster_members_list (RwClusterMembers *self, const redisReply *members,
                         gboolean is_first, gboolean may_come)
{
  g_autoptr (GHashTable) former = g_steal_pointer (&self->servers);

  self->servers = new_servers ();
  for (gsize i = 0; i < rw_reply_get_length (members); i++) {
    const redisReply *member = rw_reply_get (members, i);
    const char *id = rw_reply_get_text (member, 0);
    const char *server = rw_reply_get_text (member, 1);
    const char *meta = rw_reply_get_text (member, 2);

    if (id == NULL || server == NULL || strlen (id) > RW_REPLY_MAX_ID)
      continue;
    set_server (self, id, server);
    if (is_me (self, server))
      continue;
    if (is_first)
      rw_rooms_mirror_member (self->rooms, self->room_id, id, meta);
    else
      rw_rooms_mirror_joined (self->rooms, self->room_id, id, meta,
                              g_get_monotonic_time ());
  }
  drop_unlisted (self, former, may_come);
}

/* --- Members of this server --- */

static void
collect (const char *id, GRefString *meta, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (id));
}

/** rw_cluster_members_finish_joins: of those that are listed; @is_joining: a
 * later join of a member is not answered yet */
void
rw_cluster_members_finish_joins (RwClusterMembers *self,
                                 RwClusterMembersFunc is_joining,
                                 gpointer user_data)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  rw_rooms_foreach_local (self->rooms, self->room_id, collect, ids);
  for (guint i = 0; i < ids->len; i++) {
    const char *id = g_ptr_array_index (ids, i);

    if (is_me (self, g_hash_table_lookup (self->servers, id)) &&
        !is_joining (id, user_data))
      rw_rooms_mirror_joined (self->rooms, self->room_id, id, NULL,
                              g_get_monotonic_time ());
  }
}

/* --- One by one --- */

/** rw_cluster_members_join: @is_overtaken: a later join of the member, which is
 * of this server, is to come */
void
rw_cluster_members_join (RwClusterMembers *self, const char *id,
                         const char *server, const char *meta,
                         gboolean is_overtaken)
{
  set_server (self, id, server != NULL ? server : "");
  if (is_overtaken)
    rw_rooms_mirror_remote (self->rooms, self->room_id, id, meta);
  else
    rw_rooms_mirror_joined (self->rooms, self->room_id, id, meta,
                            g_get_monotonic_time ());
}

/** rw_cluster_members_leave: @server: that has written it */
void
rw_cluster_members_leave (RwClusterMembers *self, const char *id,
                          const char *server)
{
  g_hash_table_remove (self->servers, id);
  rw_rooms_mirror_left (self->rooms, self->room_id, id, is_me (self, server),
                        g_get_monotonic_time ());
}

/* --- Life --- */

RwClusterMembers *
rw_cluster_members_new (RwRooms *rooms, const char *room_id, const char *me)
{
  RwClusterMembers *self = g_new0 (RwClusterMembers, 1);

  self->rooms = rooms;
  self->room_id = g_strdup (room_id);
  self->me = g_strdup (me);
  self->servers = new_servers ();
  return self;
}

/** rw_cluster_members_free: NULL is fine. */
void
rw_cluster_members_free (RwClusterMembers *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->servers);
  g_free (self->room_id);
  g_free (self->me);
  g_free (self);
}
