/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-private.h"

#include <string.h>

/* Bytes of an endSessionV1_1's reason. */
#define MAX_REASON 1000

typedef RwBrainClient Client;
typedef RwBrainSession Session;

typedef struct {
  char *id;
  RwBrainMessage *message;
} Output;

static void
output_free (gpointer data)
{
  Output *output = data;

  g_free (output->id);
  rw_brain_message_unref (output->message);
  g_free (output);
}

void
rw_brain_client_free (gpointer data)
{
  Client *client = data;

  for (guint i = 0; i < RW_BRAIN_ENDED_KEPT; i++)
    g_free (client->ended[i]);
  g_free (client->id);
  g_clear_pointer (&client->meta, g_ref_string_release);
  g_free (client->name);
  g_free (client->secret);
  g_free (client);
}

void
rw_brain_session_free (gpointer data)
{
  Session *session = data;

  g_free (session->id);
  g_free (session);
}

static void
send_to (RwBrain *self, const Client *client, RwBrainMessage *message)
{
  Output *output = g_new (Output, 1);

  output->id = g_strdup (client->id);
  output->message = rw_brain_message_ref (message);
  g_queue_push_tail (&self->output, output);
}

static void
send_error (RwBrain *self, const Client *client, const char *session_id,
            const char *code, const char *details)
{
  g_autoptr (RwBrainMessage) message =
      rw_brain_message_new (RW_SIGNAL_ERROR_REPLY);

  message->session_id = g_strdup (session_id);
  message->code = code;
  message->details = g_strdup (details);
  send_to (self, client, message);
}

static RwBrainMessage *
new_status (const Client *client)
{
  RwBrainMessage *message =
      rw_brain_message_new (RW_SIGNAL_PEER_STATUS_CHANGED);

  message->peer_id = g_strdup (client->id);
  message->source = g_strdup (client->id);
  message->roles = client->roles;
  message->meta =
      client->meta != NULL ? g_ref_string_acquire (client->meta) : NULL;
  return message;
}

void
rw_brain_announce (RwBrain *self, const Client *client)
{
  g_autoptr (RwBrainMessage) message = new_status (client);

  for (GList *l = self->listeners.head; l != NULL; l = l->next)
    send_to (self, l->data, message);
}

/* --- Sessions --- */

void
rw_brain_remember_ended (Client *client, const char *session_id)
{
  char **slot = &client->ended[client->n_ended++ % RW_BRAIN_ENDED_KEPT];

  g_free (*slot);
  *slot = g_strdup (session_id);
}

gboolean
rw_brain_ended_lately (const Client *client, const char *session_id)
{
  for (guint i = 0; i < RW_BRAIN_ENDED_KEPT; i++) {
    if (g_strcmp0 (client->ended[i], session_id) == 0)
      return TRUE;
  }

  return FALSE;
}

/* Takes @id. */
Session *
rw_brain_start_session (RwBrain *self, char *id, Client *producer,
                        Client *consumer)
{
  Session *session = g_new0 (Session, 1);

  session->id = id;
  session->producer = producer;
  session->consumer = consumer;
  session->of_producer.data = session;
  session->of_consumer.data = session;
  g_queue_push_tail_link (&producer->sessions, &session->of_producer);
  g_queue_push_tail_link (&consumer->sessions, &session->of_consumer);
  g_hash_table_insert (self->sessions, session->id, session);

  return session;
}

/* A reason is for people: what is longer than any would be is cut. */
static char *
shorten (const char *reason)
{
  if (reason == NULL || strlen (reason) <= MAX_REASON)
    return g_strdup (reason);

  return g_strndup (
      reason, (gsize) (g_utf8_find_prev_char (reason, reason + MAX_REASON + 1) -
                       reason));
}

void
rw_brain_send_end (RwBrain *self, Client *to, const char *id,
                   const char *reason)
{
  g_autoptr (RwBrainMessage) message = rw_brain_message_new (
      to->version == RW_SIGNAL_VERSION_1_1 ? RW_SIGNAL_END_SESSION_V1_1
                                           : RW_SIGNAL_END_SESSION);

  message->session_id = g_strdup (id);
  if (message->type == RW_SIGNAL_END_SESSION_V1_1)
    message->reason = shorten (reason);
  send_to (self, to, message);
}

/* Ends @session and tells both sides, save the one that knows: @by. */
void
rw_brain_end_session (RwBrain *self, Session *session, const Client *by,
                      const char *reason)
{
  if (session->producer != by)
    rw_brain_send_end (self, session->producer, session->id, reason);
  if (session->consumer != by)
    rw_brain_send_end (self, session->consumer, session->id, reason);
  rw_brain_remember_ended (session->producer, session->id);
  rw_brain_remember_ended (session->consumer, session->id);
  g_queue_unlink (&session->producer->sessions, &session->of_producer);
  g_queue_unlink (&session->consumer->sessions, &session->of_consumer);
  g_hash_table_remove (self->sessions, session->id);
}

/* Ends those of @client's sessions in which it has the roles it @lost. */
void
rw_brain_end_sessions_of (RwBrain *self, Client *client, RwRoles lost,
                          const Client *by, const char *reason)
{
  GList *next;

  for (GList *l = client->sessions.head; l != NULL; l = next) {
    Session *session = l->data;
    RwRoles role =
        session->producer == client ? RW_ROLE_PRODUCER : RW_ROLE_CONSUMER;

    next = l->next;
    if (lost & role)
      rw_brain_end_session (self, session, by, reason);
  }
}

/* The session if @client is in it; else NULL, and the client has been told,
 * unless the session was its own a moment ago. */
static Session *
find_session (RwBrain *self, Client *client, const char *id)
{
  Session *session = g_hash_table_lookup (self->sessions, id);
  g_autofree char *details = NULL;

  if (session != NULL &&
      (session->producer == client || session->consumer == client))
    return session;
  if (rw_brain_ended_lately (client, id))
    return NULL;

  /* The same words for both cases: an id of strangers is not confirmed. */
  details = g_strdup_printf ("you are in no session with the id \"%s\"", id);
  send_error (self, client, id, "unknown-session", details);
  return NULL;
}

/* --- Messages of clients --- */

static void
on_set_protocol_version (RwBrain *self, Client *client,
                         const RwBrainMessage *message)
{
  if (client->has_spoken) {
    send_error (self, client, NULL, "out-of-order",
                "setProtocolVersion must be the first message");
    return;
  }

  client->version = message->version;
  client->resilient = message->resilient;
  client->secret = g_strdup (message->client_id);
}

static void
set_listed (GQueue *queue, GList *link, gboolean was, gboolean is)
{
  if (is && !was)
    g_queue_push_tail_link (queue, link);
  else if (was && !is)
    g_queue_unlink (queue, link);
}

void
rw_brain_set_roles (RwBrain *self, Client *client, RwRoles roles)
{
  RwRoles old = client->roles;

  set_listed (&self->listeners, &client->as_listener, old & RW_ROLE_LISTENER,
              roles & RW_ROLE_LISTENER);
  set_listed (&self->producers, &client->as_producer, old & RW_ROLE_PRODUCER,
              roles & RW_ROLE_PRODUCER);
  set_listed (&self->consumers, &client->as_consumer, old & RW_ROLE_CONSUMER,
              roles & RW_ROLE_CONSUMER);
  client->roles = roles;
}

void
rw_brain_set_name (RwBrain *self, Client *client, const char *name)
{
  if (client->name != NULL)
    g_hash_table_remove (self->names, client->name);
  g_clear_pointer (&client->name, g_free);

  if (client->resilient && name != NULL && (client->roles & RW_ROLE_PRODUCER)) {
    client->name = g_strdup (name);
    g_hash_table_insert (self->names, client->name, client);
  }
}

/* @client is no longer what it was to the others. */
static void
retire (RwBrain *self, Client *client, const char *reason)
{
  RwRoles roles = client->roles;

  rw_brain_end_sessions_of (self, client, RW_ROLE_PRODUCER | RW_ROLE_CONSUMER,
                            client, reason);
  rw_brain_set_roles (self, client, RW_ROLE_NONE);
  rw_brain_set_name (self, client, NULL);
  if (roles != RW_ROLE_NONE)
    rw_brain_announce (self, client);
}

/* Whether @client may have the name in those roles. A holder whose connection
 * is lost gives way: more often than not it is the ghost of who asks. One that
 * opted in with the same secret surely is: it has lost its connection and
 * nobody has noticed yet. (What it says about itself is known to all.) */
gboolean
rw_brain_claim_name (RwBrain *self, Client *client, const char *name,
                     RwRoles roles)
{
  g_autofree char *details = NULL;
  Client *holder;

  if (!client->resilient || name == NULL || !(roles & RW_ROLE_PRODUCER))
    return TRUE;

  holder = g_hash_table_lookup (self->names, name);
  if (holder == NULL || holder == client)
    return TRUE;
  if (!holder->connected) {
    rw_brain_remove_client (self, holder->id,
                            "another producer took over the name");
    return TRUE;
  }
  if (holder->secret != NULL &&
      g_strcmp0 (holder->secret, client->secret) == 0) {
    retire (self, holder, "the producer has a new connection");
    return TRUE;
  }

  details = g_strdup_printf (
      "the stream name \"%s\" is taken: the producer %s holds it; stop that "
      "one or choose another name",
      name, holder->id);
  send_error (self, client, NULL, "name-taken", details);
  return FALSE;
}

static void
on_set_peer_status (RwBrain *self, Client *client,
                    const RwBrainMessage *message)
{
  gboolean changed = client->roles != message->roles ||
                     g_strcmp0 (client->meta, message->meta) != 0;
  RwRoles lost = client->roles & ~message->roles;

  if ((message->roles & RW_ROLE_PRODUCER) &&
      (message->roles & RW_ROLE_CONSUMER)) {
    send_error (self, client, NULL, "bad-roles",
                "a peer cannot be producer and consumer at once; use a "
                "connection for each");
    return;
  }
  if (!rw_brain_claim_name (self, client, message->name, message->roles))
    return;

  rw_brain_end_sessions_of (self, client, lost, NULL,
                            "the peer gave up its role");
  rw_brain_set_roles (self, client, message->roles);
  rw_brain_set_name (self, client, message->name);
  g_clear_pointer (&client->meta, g_ref_string_release);
  if (message->meta != NULL)
    client->meta = g_ref_string_acquire (message->meta);

  if (changed) {
    rw_brain_announce (self, client);
  } else if (client->roles & RW_ROLE_LISTENER) {
    g_autoptr (RwBrainMessage) echo = new_status (client);

    send_to (self, client, echo);
  }
}

/* Who will produce and consume when @client calls @other; FALSE if neither
 * way is open. */
static gboolean
cast_roles (Client *client, Client *other, Client **producer, Client **consumer)
{
  if (other == NULL || other == client)
    return FALSE;

  if (other->roles & RW_ROLE_PRODUCER) {
    *producer = other;
    *consumer = client;
    return TRUE;
  }
  *producer = client;
  *consumer = other;
  return (other->roles & RW_ROLE_CONSUMER) != 0;
}

static void
send_session_started (RwBrain *self, const Session *session)
{
  g_autoptr (RwBrainMessage) message =
      rw_brain_message_new (RW_SIGNAL_SESSION_STARTED);

  message->peer_id = g_strdup (session->producer->id);
  message->session_id = g_strdup (session->id);
  send_to (self, session->consumer, message);
}

static void
send_start_session (RwBrain *self, const Session *session, const Client *source,
                    const RwBrainMessage *asked)
{
  g_autoptr (RwBrainMessage) message =
      rw_brain_message_new (RW_SIGNAL_START_SESSION);

  message->peer_id = g_strdup (session->consumer->id);
  message->session_id = g_strdup (session->id);
  message->source = g_strdup (source->id);
  message->offer = g_strdup (asked->offer);
  message->request = rw_session_request_copy (asked->request);
  send_to (self, session->producer, message);
}

static void
on_start_session (RwBrain *self, Client *client, const RwBrainMessage *message)
{
  Client *other = g_hash_table_lookup (self->clients, message->peer_id);
  Client *producer;
  Client *consumer;
  Session *session;

  if (!cast_roles (client, other, &producer, &consumer)) {
    g_autofree char *details =
        g_strdup_printf ("there is no producer or consumer with the id \"%s\" "
                         "to start a session with",
                         message->peer_id);

    send_error (self, client, NULL, "unknown-peer", details);
    return;
  }
  if (producer->sessions.length >= RW_BRAIN_MAX_SESSIONS_PER_CLIENT ||
      consumer->sessions.length >= RW_BRAIN_MAX_SESSIONS_PER_CLIENT) {
    send_error (self, client, NULL, "too-many-sessions",
                "one of the two peers is in too many sessions; end one first");
    return;
  }

  session = rw_brain_start_session (self, self->new_id (self->user_data),
                                    producer, consumer);
  send_session_started (self, session);
  send_start_session (self, session, client, message);
}

static void
on_end_session (RwBrain *self, Client *client, const RwBrainMessage *message)
{
  Session *session = find_session (self, client, message->session_id);

  if (session != NULL)
    rw_brain_end_session (self, session, client, message->reason);
}

static void
on_peer (RwBrain *self, Client *client, const RwBrainMessage *message)
{
  Session *session = find_session (self, client, message->session_id);
  g_autoptr (RwBrainMessage) passed_on = NULL;

  if (session == NULL)
    return;

  passed_on = rw_brain_message_new (RW_SIGNAL_PEER);
  passed_on->session_id = g_strdup (session->id);
  passed_on->source = g_strdup (client->id);
  passed_on->body = g_ref_string_acquire (message->body);
  send_to (self,
           session->producer == client ? session->consumer : session->producer,
           passed_on);
}

/* When all producers come back at once, each asks for a sign of life: to name
 * all to each would be work by the square of their number. */
static void
on_list (RwBrain *self, Client *client, const RwBrainMessage *asked,
         const GQueue *of)
{
  g_autoptr (RwBrainMessage) answer = rw_brain_message_new (asked->type);

  answer->peers = rw_brain_message_new_peers ();
  for (const GList *l = asked->brief ? NULL : of->head; l != NULL;
       l = l->next) {
    const Client *peer = l->data;

    rw_brain_message_add_peer (answer, peer->id, peer->meta);
  }
  send_to (self, client, answer);
}

/* Whoever writes the answer knows of what. */
static void
on_get_ice_servers (RwBrain *self, Client *client)
{
  g_autoptr (RwBrainMessage) answer =
      rw_brain_message_new (RW_SIGNAL_ICE_SERVERS);

  answer->peer_id = g_strdup (client->id);
  send_to (self, client, answer);
}

static void
dispatch (RwBrain *self, Client *client, const RwBrainMessage *message)
{
  switch (message->type) {
  case RW_SIGNAL_SET_PROTOCOL_VERSION:
    on_set_protocol_version (self, client, message);
    return;
  case RW_SIGNAL_SET_PEER_STATUS:
    on_set_peer_status (self, client, message);
    return;
  case RW_SIGNAL_START_SESSION:
    on_start_session (self, client, message);
    return;
  case RW_SIGNAL_END_SESSION:
  case RW_SIGNAL_END_SESSION_V1_1:
    on_end_session (self, client, message);
    return;
  case RW_SIGNAL_PEER:
    on_peer (self, client, message);
    return;
  case RW_SIGNAL_GET_ICE_SERVERS:
    on_get_ice_servers (self, client);
    return;
  case RW_SIGNAL_LIST:
    on_list (self, client, message, &self->producers);
    return;
  case RW_SIGNAL_LIST_CONSUMERS:
    on_list (self, client, message, &self->consumers);
    return;
  default:
    send_error (self, client, NULL, "wrong-direction",
                "that message is for a server to send, not to receive");
    return;
  }
}

/* --- Public --- */

/**
 * rw_brain_new:
 * @new_id: makes session ids; the brain itself rolls no dice
 */
RwBrain *
rw_brain_new (RwIdFunc new_id, gpointer user_data)
{
  RwBrain *self;

  g_return_val_if_fail (new_id != NULL, NULL);

  self = g_new0 (RwBrain, 1);
  self->new_id = new_id;
  self->user_data = user_data;
  self->clients = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                         rw_brain_client_free);
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                          rw_brain_session_free);
  self->names = g_hash_table_new (g_str_hash, g_str_equal);

  return self;
}

/** rw_brain_free: says goodbye to nobody. NULL is fine. */
void
rw_brain_free (RwBrain *self)
{
  if (self == NULL)
    return;

  g_queue_clear_full (&self->output, output_free);
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->sessions);
  g_hash_table_unref (self->clients);
  g_free (self);
}

Client *
rw_brain_new_client (RwBrain *self, const char *id)
{
  Client *client = g_new0 (Client, 1);

  client->id = g_strdup (id);
  client->as_listener.data = client;
  client->as_producer.data = client;
  client->as_consumer.data = client;
  g_hash_table_insert (self->clients, client->id, client);
  return client;
}

/** rw_brain_add_client: @id comes in, connected, and is sent its welcome. */
void
rw_brain_add_client (RwBrain *self, const char *id)
{
  g_autoptr (RwBrainMessage) welcome = rw_brain_message_new (RW_SIGNAL_WELCOME);
  Client *client;

  g_return_if_fail (!rw_brain_has_client (self, id));

  client = rw_brain_new_client (self, id);
  client->connected = TRUE;

  welcome->peer_id = g_strdup (id);
  send_to (self, client, welcome);
}

/**
 * rw_brain_remove_client:
 * @reason: (nullable): told to the other sides of its sessions
 *
 * @id has left for good. What is still queued for it stays queued. An unknown
 * id is fine.
 */
void
rw_brain_remove_client (RwBrain *self, const char *id, const char *reason)
{
  Client *client = g_hash_table_lookup (self->clients, id);

  if (client == NULL)
    return;

  retire (self, client, reason);
  g_hash_table_remove (self->clients, client->id);
}

/**
 * rw_brain_set_connected:
 *
 * Whether there is a connection to @id now. A client without one keeps its
 * roles and sessions until it is removed, but cannot hold a name against
 * another.
 */
void
rw_brain_set_connected (RwBrain *self, const char *id, gboolean connected)
{
  Client *client = g_hash_table_lookup (self->clients, id);

  g_return_if_fail (client != NULL);

  client->connected = connected;
}

/** rw_brain_handle: @message came from the client @id, which must be in. */
void
rw_brain_handle (RwBrain *self, const char *id, const RwBrainMessage *message)
{
  Client *client = g_hash_table_lookup (self->clients, id);

  g_return_if_fail (client != NULL);

  dispatch (self, client, message);
  client->has_spoken = TRUE;
}

static gsize
count_meta (const GQueue *clients, const char *but)
{
  gsize bytes = 0;

  for (const GList *l = clients->head; l != NULL; l = l->next) {
    const Client *client = l->data;

    if (client->meta != NULL && !g_str_equal (client->id, but))
      bytes += g_ref_string_length (client->meta);
  }
  return bytes;
}

/** rw_brain_get_meta_bytes: what all say about themselves, but for @but. */
gsize
rw_brain_get_meta_bytes (RwBrain *self, const char *but)
{
  return count_meta (&self->producers, but) +
         count_meta (&self->consumers, but);
}

/**
 * rw_brain_fail:
 * @code: static
 * @retry_after_ms: 0 for nothing said
 *
 * Sends @id an error in its turn.
 */
void
rw_brain_fail (RwBrain *self, const char *id, const char *code,
               const char *details, guint64 retry_after_ms)
{
  Client *client = g_hash_table_lookup (self->clients, id);
  g_autoptr (RwBrainMessage) message =
      rw_brain_message_new (RW_SIGNAL_ERROR_REPLY);

  g_return_if_fail (client != NULL);

  message->code = code;
  message->details = g_strdup (details);
  message->retry_after_ms = retry_after_ms;
  send_to (self, client, message);
  client->has_spoken = TRUE;
}

/**
 * rw_brain_refuse:
 * @message: a message of a session that could not be given to @id
 * @retry_after_ms: told to its source
 *
 * The source has said more to @id than @id could take: it is told so, and the
 * session between the two is over, as what is missing could not be made good.
 */
void
rw_brain_refuse (RwBrain *self, const char *id, const RwBrainMessage *message,
                 guint64 retry_after_ms)
{
  Session *session = g_hash_table_lookup (self->sessions, message->session_id);
  Client *source = g_hash_table_lookup (self->clients, message->source);
  Client *to = g_hash_table_lookup (self->clients, id);
  g_autoptr (RwBrainMessage) error = NULL;

  if (session == NULL || source == NULL)
    return;

  error = rw_brain_message_new (RW_SIGNAL_ERROR_REPLY);
  error->session_id = g_strdup (session->id);
  error->code = "rate-limited";
  error->details = g_strdup ("too much waits for that peer already; the "
                             "session is over, start another one later");
  error->retry_after_ms = retry_after_ms;
  send_to (self, source, error);
  /* Who has not heard of its beginning needs not hear of its end. */
  rw_brain_end_session (self, session,
                        message->type == RW_SIGNAL_START_SESSION ? to : NULL,
                        "the other peer was sending too much");
}

/**
 * rw_brain_get_session_role:
 * @id: a client
 * @other_id: the one that it would start a session with
 *
 * Returns: what @id would be in it; RW_ROLE_NONE if there would be none
 */
RwRoles
rw_brain_get_session_role (RwBrain *self, const char *id, const char *other_id)
{
  Client *client = g_hash_table_lookup (self->clients, id);
  Client *other = g_hash_table_lookup (self->clients, other_id);
  Client *producer;
  Client *consumer;

  if (!cast_roles (client, other, &producer, &consumer))
    return RW_ROLE_NONE;

  return producer == client ? RW_ROLE_PRODUCER : RW_ROLE_CONSUMER;
}

gboolean
rw_brain_has_client (RwBrain *self, const char *id)
{
  return g_hash_table_contains (self->clients, id);
}

/**
 * rw_brain_pop:
 * @id: (out) (transfer full): whom to send it to; may have left meanwhile
 *
 * Returns: (transfer full) (nullable): the oldest message queued, or NULL
 */
RwBrainMessage *
rw_brain_pop (RwBrain *self, char **id)
{
  Output *output = g_queue_pop_head (&self->output);
  RwBrainMessage *message;

  if (output == NULL)
    return NULL;

  message = output->message;
  *id = output->id;
  g_free (output);

  return message;
}

void
rw_brain_get_counts (RwBrain *self, RwBrainCounts *counts)
{
  counts->clients = g_hash_table_size (self->clients);
  counts->producers = self->producers.length;
  counts->sessions = g_hash_table_size (self->sessions);
}
