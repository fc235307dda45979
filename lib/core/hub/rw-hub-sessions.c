/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-hub-sessions.h"

struct _RwHubSessions {
  RwHubDirectory *directory;
  RwHubNotifier *notifier;
  RwIdFunc new_id;
  gpointer user_data;
};

RwHubSessions *
rw_hub_sessions_new (RwHubDirectory *directory, RwHubNotifier *notifier,
                     RwIdFunc new_id, gpointer user_data)
{
  RwHubSessions *self = g_new0 (RwHubSessions, 1);

  self->directory = directory;
  self->notifier = notifier;
  self->new_id = new_id;
  self->user_data = user_data;
  return self;
}

/** rw_hub_sessions_free: NULL is fine. */
void
rw_hub_sessions_free (RwHubSessions *self)
{
  g_free (self);
}

/* --- Beginning --- */

gboolean
rw_hub_sessions_get_roles (RwHubClient *client, RwHubClient *other,
                           RwHubClient **producer, RwHubClient **consumer)
{
  if (client == NULL || other == NULL || other == client)
    return FALSE;

  if (rw_hub_client_get_roles (other) & RW_ROLE_PRODUCER) {
    *producer = other;
    *consumer = client;
    return TRUE;
  }
  *producer = client;
  *consumer = other;
  return (rw_hub_client_get_roles (other) & RW_ROLE_CONSUMER) != 0;
}

static void
send_session_started (RwHubSessions *self, const RwHubSession *session)
{
  const RwHubClient *producer = rw_hub_session_get_producer (session);
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_SESSION_STARTED);

  message->peer_id = g_strdup (rw_hub_client_get_id (producer));
  message->session_id = g_strdup (rw_hub_session_get_id (session));
  rw_hub_notifier_send (self->notifier, rw_hub_session_get_consumer (session),
                        message);
}

static void
send_start_session (RwHubSessions *self, const RwHubSession *session,
                    const RwHubClient *source, const RwSignalMessage *request)
{
  const RwHubClient *consumer = rw_hub_session_get_consumer (session);
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_new (RW_SIGNAL_START_SESSION);

  message->peer_id = g_strdup (rw_hub_client_get_id (consumer));
  message->session_id = g_strdup (rw_hub_session_get_id (session));
  message->source = g_strdup (rw_hub_client_get_id (source));
  message->offer = g_strdup (request->offer);
  message->traceparent = g_strdup (request->traceparent);
  rw_signal_message_set_request (message, &request->request);
  rw_hub_notifier_send (self->notifier, rw_hub_session_get_producer (session),
                        message);
}

static gboolean
is_full (RwHubClient *client)
{
  return rw_hub_client_get_sessions (client)->length >=
         RW_HUB_MAX_SESSIONS_PER_CLIENT;
}

void
rw_hub_sessions_on_start (RwHubSessions *self, RwHubClient *client,
                          const RwSignalMessage *message)
{
  RwHubClient *other =
      rw_hub_directory_find (self->directory, message->peer_id);
  RwHubClient *producer;
  RwHubClient *consumer;
  RwHubSession *session;

  if (!rw_hub_sessions_get_roles (client, other, &producer, &consumer)) {
    g_autofree char *details =
        g_strdup_printf ("there is no producer or consumer with the id \"%s\" "
                         "to start a session with",
                         message->peer_id);

    rw_hub_notifier_send_error (self->notifier, client, NULL, "unknown-peer",
                                details, 0);
    return;
  }
  if (is_full (producer) || is_full (consumer)) {
    rw_hub_notifier_send_error (
        self->notifier, client, NULL, "too-many-sessions",
        "one of the two peers is in too many sessions; end one first", 0);
    return;
  }

  session = rw_hub_directory_start_session (
      self->directory, self->new_id (self->user_data), producer, consumer);
  send_session_started (self, session);
  send_start_session (self, session, client, message);
}

/* --- Messages of a session --- */

/* The session if @client is in it; else NULL, and the client is sent an error,
 * unless the session was its own a moment ago. */
static RwHubSession *
find (RwHubSessions *self, RwHubClient *client, const char *id)
{
  RwHubSession *session = rw_hub_directory_find_session (self->directory, id);
  g_autofree char *details = NULL;

  if (session != NULL && rw_hub_session_has (session, client))
    return session;
  if (rw_ended_sessions_contains (rw_hub_client_get_ended (client), id))
    return NULL;

  /* The same words for both cases: an id of strangers is not confirmed. */
  details = g_strdup_printf ("you are in no session with the id \"%s\"", id);
  rw_hub_notifier_send_error (self->notifier, client, id, "unknown-session",
                              details, 0);
  return NULL;
}

void
rw_hub_sessions_on_peer (RwHubSessions *self, RwHubClient *client,
                         RwSignalMessage *message)
{
  const RwHubSession *session = find (self, client, message->session_id);

  if (session == NULL)
    return;

  /* The same in both directions: it is passed on as it is. */
  g_free (message->source);
  message->source = g_strdup (rw_hub_client_get_id (client));
  rw_hub_notifier_send (self->notifier,
                        rw_hub_session_get_other (session, client), message);
}

void
rw_hub_sessions_on_end (RwHubSessions *self, RwHubClient *client,
                        const RwSignalMessage *message)
{
  RwHubSession *session = find (self, client, message->session_id);

  if (session != NULL)
    rw_hub_sessions_end (self, session, client, message->reason);
}

/* --- Ends --- */

static void
end_for (RwHubSessions *self, const RwHubSession *session, RwHubClient *client,
         const RwHubClient *by, const char *reason)
{
  const char *id = rw_hub_session_get_id (session);

  if (client != by)
    rw_hub_notifier_send_end (self->notifier, client, id, reason);
  rw_ended_sessions_add (rw_hub_client_get_ended (client), id);
}

void
rw_hub_sessions_end (RwHubSessions *self, RwHubSession *session,
                     const RwHubClient *by, const char *reason)
{
  rw_hub_directory_note_session (self->directory, session);
  end_for (self, session, rw_hub_session_get_producer (session), by, reason);
  end_for (self, session, rw_hub_session_get_consumer (session), by, reason);
  rw_hub_directory_forget_session (self->directory, session);
}

void
rw_hub_sessions_end_of (RwHubSessions *self, RwHubClient *client, RwRoles lost,
                        const RwHubClient *by, const char *reason)
{
  GList *next;

  for (GList *l = rw_hub_client_get_sessions (client)->head; l != NULL;
       l = next) {
    RwRoles role = rw_hub_session_get_producer (l->data) == client
                       ? RW_ROLE_PRODUCER
                       : RW_ROLE_CONSUMER;

    next = l->next;
    if (lost & role)
      rw_hub_sessions_end (self, l->data, by, reason);
  }
}

/* --- Other servers --- */

static gboolean
begins_session (RwHubClient *to, const RwSignalMessage *message)
{
  return (message->type == RW_SIGNAL_START_SESSION ||
          message->type == RW_SIGNAL_SESSION_STARTED) &&
         !rw_ended_sessions_contains (rw_hub_client_get_ended (to),
                                      message->session_id) &&
         !is_full (to);
}

RwHubSession *
rw_hub_sessions_ensure (RwHubSessions *self, RwHubClient *to, RwHubClient *from,
                        const RwSignalMessage *message)
{
  RwHubSession *session =
      rw_hub_directory_find_session (self->directory, message->session_id);

  if (session == NULL && begins_session (to, message)) {
    gboolean produces = message->type == RW_SIGNAL_START_SESSION;

    session = rw_hub_directory_start_session (
        self->directory, g_strdup (message->session_id), produces ? to : from,
        produces ? from : to);
  }
  return session != NULL && rw_hub_session_has (session, to) &&
                 rw_hub_session_has (session, from)
             ? session
             : NULL;
}
