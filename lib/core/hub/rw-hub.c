/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub.h"

struct _RwHub {
  RwHubDirectory *directory;
  RwHubNotifier *notifier;
  RwHubSessions *sessions;
  RwHubRoster *roster;
};

/**
 * rw_hub_new:
 * @new_id: makes session ids; the hub itself rolls no dice
 */
RwHub *
rw_hub_new (RwIdFunc new_id, gpointer user_data)
{
  RwHub *self;

  g_return_val_if_fail (new_id != NULL, NULL);

  self = g_new0 (RwHub, 1);
  self->directory = rw_hub_directory_new ();
  self->notifier = rw_hub_notifier_new (self->directory);
  self->sessions =
      rw_hub_sessions_new (self->directory, self->notifier, new_id, user_data);
  self->roster =
      rw_hub_roster_new (self->directory, self->notifier, self->sessions);
  return self;
}

/** rw_hub_free: nobody is notified. NULL is fine. */
void
rw_hub_free (RwHub *self)
{
  if (self == NULL)
    return;

  rw_hub_roster_free (self->roster);
  rw_hub_sessions_free (self->sessions);
  rw_hub_notifier_free (self->notifier);
  rw_hub_directory_free (self->directory);
  g_free (self);
}

RwHubDirectory *
rw_hub_get_directory (RwHub *self)
{
  return self->directory;
}

RwHubNotifier *
rw_hub_get_notifier (RwHub *self)
{
  return self->notifier;
}

RwHubSessions *
rw_hub_get_sessions (RwHub *self)
{
  return self->sessions;
}

RwHubRoster *
rw_hub_get_roster (RwHub *self)
{
  return self->roster;
}

/* --- Messages of clients --- */

static void
on_set_protocol_version (RwHub *self, RwHubClient *client,
                         const RwSignalMessage *message)
{
  if (rw_hub_client_has_sent (client))
    rw_hub_notifier_send_error (self->notifier, client, NULL, "out-of-order",
                                "setProtocolVersion must be the first message",
                                0);
  else
    rw_hub_client_set_protocol (client, message);
}

/* When all producers come back at once, each asks for a sign of life: to name
 * all to each would be work by the square of their number. */
static void
on_list (RwHub *self, const RwHubClient *client, const RwSignalMessage *request,
         RwRoles role)
{
  const GQueue *of = rw_hub_directory_get_of_role (self->directory, role);
  g_autoptr (RwSignalMessage) answer = rw_signal_message_new (request->type);

  answer->peers = rw_signal_peers_new ();
  for (const GList *l = request->brief ? NULL : of->head; l != NULL;
       l = l->next)
    rw_signal_peers_add (answer->peers, rw_hub_client_get_id (l->data),
                         rw_hub_client_get_meta (l->data));
  rw_hub_notifier_send (self->notifier, client, answer);
}

/* The writer of the answer fills in the servers. */
static void
on_get_ice_servers (RwHub *self, const RwHubClient *client)
{
  g_autoptr (RwSignalMessage) answer =
      rw_signal_message_new (RW_SIGNAL_ICE_SERVERS);

  answer->peer_id = g_strdup (rw_hub_client_get_id (client));
  rw_hub_notifier_send (self->notifier, client, answer);
}

static void
dispatch (RwHub *self, RwHubClient *client, RwSignalMessage *message)
{
  switch (message->type) {
  case RW_SIGNAL_SET_PROTOCOL_VERSION:
    on_set_protocol_version (self, client, message);
    return;
  case RW_SIGNAL_SET_PEER_STATUS:
    rw_hub_roster_on_status (self->roster, client, message);
    return;
  case RW_SIGNAL_START_SESSION:
    rw_hub_sessions_on_start (self->sessions, client, message);
    return;
  case RW_SIGNAL_END_SESSION:
  case RW_SIGNAL_END_SESSION_V1_1:
    rw_hub_sessions_on_end (self->sessions, client, message);
    return;
  case RW_SIGNAL_PEER:
    rw_hub_sessions_on_peer (self->sessions, client, message);
    return;
  case RW_SIGNAL_GET_ICE_SERVERS:
    on_get_ice_servers (self, client);
    return;
  case RW_SIGNAL_LIST:
    on_list (self, client, message, RW_ROLE_PRODUCER);
    return;
  case RW_SIGNAL_LIST_CONSUMERS:
    on_list (self, client, message, RW_ROLE_CONSUMER);
    return;
  default:
    rw_hub_notifier_send_error (
        self->notifier, client, NULL, "wrong-direction",
        "that message is for a server to send, not to receive", 0);
    return;
  }
}

/** rw_hub_handle: @message came from the client @id, which must be in. The hub
 * may pass it on, and so must not be handed it twice. */
void
rw_hub_handle (RwHub *self, const char *id, RwSignalMessage *message)
{
  RwHubClient *client = rw_hub_directory_find (self->directory, id);

  g_return_if_fail (client != NULL);

  dispatch (self, client, message);
  rw_hub_client_note_sent (client);
}

/**
 * rw_hub_fail:
 * @code: static
 * @retry_after_ms: 0 for none
 *
 * Sends @id an error in its turn.
 */
void
rw_hub_fail (RwHub *self, const char *id, const char *code, const char *details,
             guint64 retry_after_ms)
{
  RwHubClient *client = rw_hub_directory_find (self->directory, id);

  g_return_if_fail (client != NULL);

  rw_hub_notifier_send_error (self->notifier, client, NULL, code, details,
                              retry_after_ms);
  rw_hub_client_note_sent (client);
}

/**
 * rw_hub_refuse:
 * @message: a message of a session that could not be given to @id
 * @retry_after_ms: sent to its source
 *
 * The source has sent more to @id than @id could take: it gets an error, and
 * the session between the two is over, as what is missing could not be made
 * good.
 */
void
rw_hub_refuse (RwHub *self, const char *id, const RwSignalMessage *message,
               guint64 retry_after_ms)
{
  RwHubSession *session =
      message->session_id != NULL
          ? rw_hub_directory_find_session (self->directory, message->session_id)
          : NULL;
  const RwHubClient *source =
      rw_hub_directory_find (self->directory, message->source);
  const RwHubClient *to = rw_hub_directory_find (self->directory, id);

  if (session == NULL || source == NULL)
    return;

  rw_hub_notifier_send_error (
      self->notifier, source, rw_hub_session_get_id (session), "rate-limited",
      "too much waits for that peer already; the session is over, start "
      "another one later",
      retry_after_ms);
  /* A client that was not notified of its beginning is not of its end. */
  rw_hub_sessions_end (self->sessions, session,
                       message->type == RW_SIGNAL_START_SESSION ? to : NULL,
                       "the other peer was sending too much");
}

/* --- Clients come and go --- */

/** rw_hub_add_client: @id comes in, connected, and is sent its welcome. */
void
rw_hub_add_client (RwHub *self, const char *id)
{
  g_autoptr (RwSignalMessage) welcome =
      rw_signal_message_new (RW_SIGNAL_WELCOME);
  RwHubClient *client;

  g_return_if_fail (!rw_hub_has_client (self, id));

  client = rw_hub_directory_add (self->directory, id, NULL);
  rw_hub_client_set_connected (client, TRUE);

  welcome->peer_id = g_strdup (id);
  rw_hub_notifier_send (self->notifier, client, welcome);
}

/**
 * rw_hub_remove_client:
 * @reason: (nullable): sent to the other sides of its sessions
 *
 * @id has left for good. Messages queued for it stay queued. An unknown
 * id is fine.
 */
void
rw_hub_remove_client (RwHub *self, const char *id, const char *reason)
{
  RwHubClient *client = rw_hub_directory_find (self->directory, id);

  if (client != NULL)
    rw_hub_roster_remove (self->roster, client, reason);
}

/**
 * rw_hub_set_connected:
 *
 * Whether there is a connection to @id now. A client without one keeps its
 * roles and sessions until it is removed, but cannot hold a name against
 * another.
 */
void
rw_hub_set_connected (RwHub *self, const char *id, gboolean connected)
{
  RwHubClient *client = rw_hub_directory_find (self->directory, id);

  g_return_if_fail (client != NULL);

  rw_hub_client_set_connected (client, connected);
  rw_hub_directory_note_changed (self->directory, client);
}

gboolean
rw_hub_has_client (RwHub *self, const char *id)
{
  return rw_hub_directory_find (self->directory, id) != NULL;
}

/* --- State --- */

/** rw_hub_get_meta_bytes: of all clients but @except. */
gsize
rw_hub_get_meta_bytes (RwHub *self, const char *except)
{
  return rw_hub_directory_get_meta_bytes (self->directory, except);
}

/**
 * rw_hub_get_session_role:
 * @id: a client
 * @other_id: the one that it would start a session with
 *
 * Returns: what @id would be in it; RW_ROLE_NONE if there would be none
 */
RwRoles
rw_hub_get_session_role (RwHub *self, const char *id, const char *other_id)
{
  RwHubClient *client = rw_hub_directory_find (self->directory, id);
  RwHubClient *other = rw_hub_directory_find (self->directory, other_id);
  RwHubClient *producer;
  RwHubClient *consumer;

  if (!rw_hub_sessions_get_roles (client, other, &producer, &consumer))
    return RW_ROLE_NONE;

  return producer == client ? RW_ROLE_PRODUCER : RW_ROLE_CONSUMER;
}

/**
 * rw_hub_pop:
 * @id: (out) (transfer full): the client; it may have left meanwhile
 *
 * Returns: (transfer full) (nullable): the oldest message queued, or NULL
 */
RwSignalMessage *
rw_hub_pop (RwHub *self, char **id)
{
  return rw_hub_notifier_pop (self->notifier, id);
}

static void
count (RwHubClient *client, RwHubCounts *counts)
{
  counts->clients++;
  if (rw_hub_client_get_roles (client) & RW_ROLE_PRODUCER)
    counts->producers++;
  for (const GList *l = rw_hub_client_get_sessions (client)->head; l != NULL;
       l = l->next)
    counts->sessions += rw_hub_session_get_producer (l->data) == client;
}

/** rw_hub_get_counts: of the local clients; a session is counted where its
 * producer is homed. */
void
rw_hub_get_counts (RwHub *self, RwHubCounts *counts)
{
  g_autoptr (GList) clients = rw_hub_directory_get_clients (self->directory);

  *counts = (RwHubCounts){0};
  for (const GList *l = clients; l != NULL; l = l->next) {
    if (rw_hub_client_is_local (l->data))
      count (l->data, counts);
  }
}
