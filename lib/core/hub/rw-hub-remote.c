/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-remote.h"

static RwHubClient *
find (RwHub *self, const char *id)
{
  return rw_hub_directory_find (rw_hub_get_directory (self), id);
}

/* --- Records --- */

/** rw_hub_get_record: FALSE if there is no such client. */
gboolean
rw_hub_get_record (RwHub *self, const char *id, RwHubRecord *record)
{
  const RwHubClient *client = find (self, id);

  if (client == NULL)
    return FALSE;

  rw_hub_client_get_record (client, record);
  return TRUE;
}

/** rw_hub_foreach_client: @func may remove the client that it is given. */
void
rw_hub_foreach_client (RwHub *self, RwHubRecordFunc func, gpointer user_data)
{
  g_autoptr (GList) clients =
      rw_hub_directory_get_clients (rw_hub_get_directory (self));

  for (GList *l = clients; l != NULL; l = l->next) {
    RwHubRecord record;

    rw_hub_client_get_record (l->data, &record);
    func (&record, user_data);
  }
}

static gboolean
is_change (const RwHubClient *client, const RwHubRecord *record)
{
  return rw_hub_client_get_roles (client) != record->roles ||
         g_strcmp0 (rw_hub_client_get_meta (client), record->meta) != 0;
}

/**
 * rw_hub_put_remote:
 *
 * A remote client, as its home has it now. A local client, and what is of a
 * generation that is over, are left alone.
 */
void
rw_hub_put_remote (RwHub *self, const RwHubRecord *record)
{
  RwHubClient *client = find (self, record->id);
  gboolean is_changed;

  if (client != NULL &&
      (rw_hub_client_is_local (client) ||
       rw_hub_client_get_generation (client) > record->generation))
    return;
  if (client == NULL && record->roles == RW_ROLE_NONE)
    return;

  if (client == NULL)
    client = rw_hub_directory_add (rw_hub_get_directory (self), record->id,
                                   record->home);
  is_changed = is_change (client, record);
  rw_hub_sessions_end_of (rw_hub_get_sessions (self), client,
                          rw_hub_client_get_roles (client) & ~record->roles,
                          client, "the peer gave up its role");
  rw_hub_roster_set_record (rw_hub_get_roster (self), client, record);
  if (is_changed)
    rw_hub_notifier_announce (rw_hub_get_notifier (self), client);
}

/** rw_hub_remove_remote: its home has removed it, or the home is gone. */
void
rw_hub_remove_remote (RwHub *self, const char *id, const char *reason)
{
  RwHubClient *client = find (self, id);

  if (client != NULL && !rw_hub_client_is_local (client))
    rw_hub_roster_remove (rw_hub_get_roster (self), client, reason);
}

/* --- Changes --- */

/** rw_hub_note_changed_id: what others need of @id has changed. */
void
rw_hub_note_changed_id (RwHub *self, const char *id)
{
  const RwHubClient *client = find (self, id);

  if (client != NULL)
    rw_hub_directory_note_changed (rw_hub_get_directory (self), client);
}

/** rw_hub_track_changes: for rw_hub_pop_changed(), from now on. */
void
rw_hub_track_changes (RwHub *self)
{
  rw_hub_directory_track_changes (rw_hub_get_directory (self));
}

/**
 * rw_hub_pop_changed:
 *
 * Returns: (transfer full) (nullable): a local client whose record is another
 *   than it was; it may have left
 */
char *
rw_hub_pop_changed (RwHub *self)
{
  return rw_hub_directory_pop_changed (rw_hub_get_directory (self));
}

/* --- Moving --- */

/**
 * rw_hub_set_home:
 * @home: (nullable): as in RwHubRecord
 *
 * A client moves. A local one that goes keeps its sessions with clients that
 * stay; those with other remote ones are not this server's any more.
 */
void
rw_hub_set_home (RwHub *self, const char *id, const char *home,
                 guint64 generation)
{
  RwHubDirectory *directory = rw_hub_get_directory (self);
  RwHubClient *client = find (self, id);
  GList *next;

  if (client == NULL)
    return;

  rw_hub_directory_set_home (directory, client, home, generation);
  for (GList *l = rw_hub_client_get_sessions (client)->head;
       home != NULL && l != NULL; l = next) {
    next = l->next;
    if (rw_hub_client_is_local (rw_hub_session_get_other (l->data, client)))
      rw_hub_directory_note_session (directory, l->data);
    else
      rw_hub_directory_forget_session (directory, l->data);
  }
}

/* --- Names --- */

/** rw_hub_yield_name: another client than @id has @name here no more. */
void
rw_hub_yield_name (RwHub *self, const char *id, const char *name)
{
  rw_hub_roster_yield_name (rw_hub_get_roster (self), id, name);
}

/** rw_hub_refuse_name: another server has given @name to @holder. */
void
rw_hub_refuse_name (RwHub *self, const char *id, const char *name,
                    const char *holder)
{
  const RwHubClient *client = find (self, id);

  g_return_if_fail (client != NULL);

  rw_hub_notifier_send_name_taken (rw_hub_get_notifier (self), client, name,
                                   holder);
}

/** rw_hub_lose_name: another server has given the name of @id to @holder. */
void
rw_hub_lose_name (RwHub *self, const char *id, const char *holder)
{
  RwHubClient *client = find (self, id);
  g_autofree char *name = NULL;

  if (client == NULL || !rw_hub_client_is_local (client) ||
      rw_hub_client_get_name (client) == NULL)
    return;

  name = g_strdup (rw_hub_client_get_name (client));
  rw_hub_roster_retire (rw_hub_get_roster (self), client,
                        "another producer has the name");
  rw_hub_notifier_send_name_taken (rw_hub_get_notifier (self), client, name,
                                   holder);
}

/* --- Sessions --- */

static void
call_session_func (const RwHubSession *session, RwHubSessionFunc func,
                   gpointer user_data)
{
  func (rw_hub_session_get_id (session),
        rw_hub_client_get_id (rw_hub_session_get_producer (session)),
        rw_hub_client_get_id (rw_hub_session_get_consumer (session)),
        rw_hub_session_get_number (session), user_data);
}

/** rw_hub_foreach_session_of: those that @client_id is in; @func may end the
 * session that it is given. */
void
rw_hub_foreach_session_of (RwHub *self, const char *client_id,
                           RwHubSessionFunc func, gpointer user_data)
{
  RwHubClient *client = find (self, client_id);
  g_autoptr (GList) sessions =
      client != NULL ? g_list_copy (rw_hub_client_get_sessions (client)->head)
                     : NULL;

  for (GList *l = sessions; l != NULL; l = l->next)
    call_session_func (l->data, func, user_data);
}

/** rw_hub_get_last_session: the number of the last that began here. */
guint64
rw_hub_get_last_session (RwHub *self)
{
  return rw_hub_directory_get_last_session (rw_hub_get_directory (self));
}

/** rw_hub_add_session: one that began before. @home: of the client of the two
 * that is not known yet; "": unknown. */
void
rw_hub_add_session (RwHub *self, const char *id, const char *producer,
                    const char *consumer, const char *home)
{
  RwHubDirectory *directory = rw_hub_get_directory (self);
  RwHubClient *from = find (self, producer);
  RwHubClient *to = find (self, consumer);

  if (from == NULL && to != NULL)
    from = rw_hub_directory_ensure (directory, producer, home);
  if (to == NULL && from != NULL)
    to = rw_hub_directory_ensure (directory, consumer, home);
  if (from != NULL && to != NULL && from != to &&
      rw_hub_directory_find_session (directory, id) == NULL)
    rw_hub_directory_start_session (directory, g_strdup (id), from, to);
}

static RwHubClient *
find_other (RwHub *self, const RwHubClient *client, const char *session_id)
{
  const RwHubSession *session =
      rw_hub_directory_find_session (rw_hub_get_directory (self), session_id);

  return session != NULL && client != NULL
             ? rw_hub_session_get_other (session, client)
             : NULL;
}

static gboolean
is_end (const RwSignalMessage *message)
{
  return message->type == RW_SIGNAL_END_SESSION ||
         message->type == RW_SIGNAL_END_SESSION_V1_1;
}

/* @session: (nullable): NULL: @client and @other are in no such session. */
static void
pass_on (RwHub *self, RwHubSession *session, const RwHubClient *client,
         const RwHubClient *other, RwSignalMessage *message)
{
  RwHubNotifier *notifier = rw_hub_get_notifier (self);

  if (session == NULL) {
    if (!is_end (message) && message->type != RW_SIGNAL_ERROR_REPLY)
      rw_hub_notifier_send_end (notifier, other, message->session_id,
                                "the other peer is in no such session");
  } else if (is_end (message)) {
    rw_hub_sessions_end (rw_hub_get_sessions (self), session, other,
                         message->reason);
  } else if (message->type == RW_SIGNAL_PEER ||
             message->type == RW_SIGNAL_START_SESSION ||
             message->type == RW_SIGNAL_SESSION_STARTED ||
             message->type == RW_SIGNAL_ERROR_REPLY) {
    rw_hub_notifier_send (notifier, client, message);
  }
}

/**
 * rw_hub_receive:
 * @to: of this server
 * @from: (nullable): of @from_home, which need not be known yet; NULL: the
 *   other side of the session
 *
 * A message for @to from the hub of another server. Where the two are in no
 * such session, the other side is notified that it is over.
 */
void
rw_hub_receive (RwHub *self, const char *to, const char *from,
                const char *from_home, RwSignalMessage *message)
{
  RwHubClient *client = find (self, to);
  RwHubSession *session = NULL;
  RwHubClient *other;

  if (message->session_id == NULL || g_strcmp0 (to, from) == 0)
    return;
  other = from != NULL ? rw_hub_directory_ensure (rw_hub_get_directory (self),
                                                  from, from_home)
                       : find_other (self, client, message->session_id);
  if (other == NULL)
    return;

  if (client != NULL && rw_hub_client_is_local (client))
    session = rw_hub_sessions_ensure (rw_hub_get_sessions (self), client, other,
                                      message);
  pass_on (self, session, client, other, message);
}

/**
 * rw_hub_receive_own:
 *
 * Likewise, but the message is of this hub, from when @to was at another
 * server. The session may have been forgotten here since, because the other
 * side has moved as well; or @to has come with a session that had ended here.
 *
 * Returns: whether @to has been sent what is due; FALSE: it is the message
 */
gboolean
rw_hub_receive_own (RwHub *self, const char *to, const char *from,
                    RwSignalMessage *message)
{
  const RwHubClient *other = from != NULL ? find (self, from) : NULL;
  gboolean produces = message->type == RW_SIGNAL_START_SESSION;

  if (message->session_id == NULL)
    return FALSE;

  if (is_end (message) &&
      find_other (self, find (self, to), message->session_id) != NULL) {
    rw_hub_receive (self, to, NULL, NULL, message);
    return TRUE;
  }
  if ((produces || message->type == RW_SIGNAL_SESSION_STARTED) &&
      other != NULL && !rw_hub_client_is_local (other))
    rw_hub_add_session (self, message->session_id, produces ? to : from,
                        produces ? from : to, "");
  return FALSE;
}
