/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-roster.h"

struct _RwHubRoster {
  RwHubDirectory *directory;
  RwHubNotifier *notifier;
  RwHubSessions *sessions;
};

RwHubRoster *
rw_hub_roster_new (RwHubDirectory *directory, RwHubNotifier *notifier,
                   RwHubSessions *sessions)
{
  RwHubRoster *self = g_new0 (RwHubRoster, 1);

  self->directory = directory;
  self->notifier = notifier;
  self->sessions = sessions;
  return self;
}

/** rw_hub_roster_free: NULL is fine. */
void
rw_hub_roster_free (RwHubRoster *self)
{
  g_free (self);
}

/* --- Leaving --- */

void
rw_hub_roster_retire (RwHubRoster *self, RwHubClient *client,
                      const char *reason)
{
  RwRoles roles = rw_hub_client_get_roles (client);

  rw_hub_sessions_end_of (self->sessions, client,
                          RW_ROLE_PRODUCER | RW_ROLE_CONSUMER, client, reason);
  rw_hub_directory_set_roles (self->directory, client, RW_ROLE_NONE);
  rw_hub_directory_set_name (self->directory, client, NULL);
  rw_hub_directory_note_changed (self->directory, client);
  if (roles != RW_ROLE_NONE)
    rw_hub_notifier_announce (self->notifier, client);
}

void
rw_hub_roster_remove (RwHubRoster *self, RwHubClient *client,
                      const char *reason)
{
  rw_hub_roster_retire (self, client, reason);
  rw_hub_directory_remove (self->directory, client);
}

/* --- Names --- */

void
rw_hub_roster_yield_name (RwHubRoster *self, const char *id, const char *name)
{
  RwHubClient *holder =
      name != NULL ? rw_hub_directory_find_name (self->directory, name) : NULL;

  if (holder == NULL || g_str_equal (rw_hub_client_get_id (holder), id))
    return;

  if (!rw_hub_client_is_local (holder))
    rw_hub_directory_set_name (self->directory, holder, NULL);
  else if (!rw_hub_client_is_connected (holder))
    rw_hub_roster_remove (self, holder, "another producer took over the name");
  else
    rw_hub_roster_retire (self, holder, "the producer has a new connection");
}

/* Whether @client may have the name in those roles. A holder whose connection
 * is lost gives way: more often than not it is the earlier connection of the
 * same program. A holder that has sent the same secret surely is: its
 * connection is lost and nobody has noticed that yet. (The meta of a client is
 * known to all.) */
static gboolean
may_have_name (RwHubRoster *self, const RwHubClient *client, const char *name,
               RwRoles roles)
{
  RwHubClient *holder;

  if (name == NULL || !(roles & RW_ROLE_PRODUCER))
    return TRUE;

  /* An ordinary client reserves no name, and takes none that is in use. */
  holder = rw_hub_directory_find_name (self->directory, name);
  if (holder == NULL || holder == client ||
      (!rw_hub_client_is_resilient (client) &&
       !rw_hub_client_is_connected (holder)))
    return TRUE;
  if (rw_hub_client_is_local (holder) && !rw_hub_client_is_connected (holder)) {
    rw_hub_roster_remove (self, holder, "another producer took over the name");
    return TRUE;
  }
  if (rw_hub_client_is_same (holder, client)) {
    rw_hub_roster_retire (self, holder, "the producer has a new connection");
    return TRUE;
  }

  rw_hub_notifier_send_name_taken (self->notifier, client, name,
                                   rw_hub_client_get_id (holder));
  return FALSE;
}

/* --- Status --- */

static gboolean
is_change (const RwHubClient *client, RwRoles roles, const char *meta)
{
  return rw_hub_client_get_roles (client) != roles ||
         g_strcmp0 (rw_hub_client_get_meta (client), meta) != 0;
}

static void
apply_status (RwHubRoster *self, RwHubClient *client,
              const RwSignalMessage *message)
{
  gboolean is_changed = is_change (client, message->roles, message->meta);
  RwRoles lost = rw_hub_client_get_roles (client) & ~message->roles;

  rw_hub_sessions_end_of (self->sessions, client, lost, NULL,
                          "the peer gave up its role");
  rw_hub_directory_set_roles (self->directory, client, message->roles);
  if (is_changed ||
      g_strcmp0 (rw_hub_client_get_name (client), message->name) != 0)
    rw_hub_directory_note_changed (self->directory, client);
  rw_hub_directory_set_name (self->directory, client, message->name);
  rw_hub_client_set_meta (client, message->meta);

  if (is_changed)
    rw_hub_notifier_announce (self->notifier, client);
  else if (message->roles & RW_ROLE_LISTENER)
    rw_hub_notifier_send_status (self->notifier, client);
}

void
rw_hub_roster_on_status (RwHubRoster *self, RwHubClient *client,
                         const RwSignalMessage *message)
{
  if ((message->roles & RW_ROLE_PRODUCER) &&
      (message->roles & RW_ROLE_CONSUMER))
    rw_hub_notifier_send_error (
        self->notifier, client, NULL, "bad-roles",
        "a peer cannot be producer and consumer at once; use a "
        "connection for each",
        0);
  else if (may_have_name (self, client, message->name, message->roles))
    apply_status (self, client, message);
}

/* --- Other servers --- */

void
rw_hub_roster_set_status (RwHubRoster *self, RwHubClient *client, RwRoles roles,
                          const char *name)
{
  rw_hub_directory_set_roles (self->directory, client, roles);
  rw_hub_roster_yield_name (self, rw_hub_client_get_id (client), name);
  rw_hub_directory_set_name (self->directory, client, name);
}

void
rw_hub_roster_set_record (RwHubRoster *self, RwHubClient *client,
                          const RwHubRecord *record)
{
  rw_hub_client_apply_record (client, record);
  rw_hub_roster_set_status (self, client, record->roles, record->name);
}
