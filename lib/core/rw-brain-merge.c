/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-brain-merge.h"
#include "rw-brain-private.h"
#include "rw-fields.h"

/* Two brains that were one, and have been told different things since, become
 * one again. */

/**
 * rw_brain_save_client:
 *
 * Returns: (transfer floating) (nullable): what @id is, but for its sessions
 */
GVariant *
rw_brain_save_client (RwBrain *self, const char *id)
{
  const RwBrainClient *client = g_hash_table_lookup (self->clients, id);

  return client != NULL ? rw_brain_client_save (client) : NULL;
}

static void
merge_ended (RwBrainClient *client, const RwBrainClient *other)
{
  for (guint i = 0; i < RW_BRAIN_ENDED_KEPT; i++) {
    if (other->ended[i] != NULL &&
        !rw_brain_ended_lately (client, other->ended[i]))
      rw_brain_remember_ended (client, other->ended[i]);
  }
}

static void
take_status (RwBrain *self, RwBrainClient *client, const RwBrainClient *other)
{
  gboolean may_have_name =
      rw_brain_claim_name (self, client, other->name, other->roles);
  RwRoles roles = other->roles;
  gboolean changed;

  if (!may_have_name)
    roles &= ~(guint) RW_ROLE_PRODUCER;
  changed =
      client->roles != roles || g_strcmp0 (client->meta, other->meta) != 0;

  rw_brain_end_sessions_of (self, client, client->roles & ~roles, NULL,
                            "the peer gave up its role");
  rw_brain_set_roles (self, client, roles);
  rw_brain_set_name (self, client, other->name);
  g_clear_pointer (&client->meta, g_ref_string_release);
  if (other->meta != NULL)
    client->meta = g_ref_string_acquire (other->meta);
  if (changed)
    rw_brain_announce (self, client);
}

static RwBrainClient *
load (GVariant *state, const char *id, GError **error)
{
  RwBrainClient *client = rw_brain_client_load (state, error);

  if (client == NULL || g_str_equal (client->id, id))
    return client;

  rw_brain_client_free (client);
  rw_fields_fail (error, "client");
  return NULL;
}

/** rw_brain_is_client: whether @state is @id's, and sound. */
gboolean
rw_brain_is_client (GVariant *state, const char *id)
{
  RwBrainClient *client = load (state, id, NULL);

  if (client == NULL)
    return FALSE;
  rw_brain_client_free (client);
  return TRUE;
}

/**
 * rw_brain_merge_client:
 * @id: whose
 * @state: from another brain's rw_brain_save_client()
 *
 * The client is as @state has it, but for what it is to others; it comes in if
 * it was not there. It is sent no welcome.
 *
 * Returns: FALSE, with an RwStateError, if @state is damaged
 */
gboolean
rw_brain_merge_client (RwBrain *self, const char *id, GVariant *state,
                       GError **error)
{
  RwBrainClient *other = load (state, id, error);
  RwBrainClient *client = g_hash_table_lookup (self->clients, id);

  if (other == NULL)
    return FALSE;

  if (client == NULL)
    client = rw_brain_new_client (self, id);
  client->version = other->version;
  client->resilient = other->resilient;
  client->has_spoken = other->has_spoken;
  client->connected = other->connected;
  g_free (client->secret);
  client->secret = g_strdup (other->secret);
  merge_ended (client, other);
  rw_brain_client_free (other);
  return TRUE;
}

/**
 * rw_brain_merge_status:
 * @id: whose; it is here
 * @state: from another brain's rw_brain_save_client()
 *
 * The client is to others what it is in @state. If its name is another's here
 * it is told so, as rw_brain_fail() does, and is no producer.
 *
 * Returns: FALSE, with an RwStateError, if @state is damaged
 */
gboolean
rw_brain_merge_status (RwBrain *self, const char *id, GVariant *state,
                       GError **error)
{
  RwBrainClient *other = load (state, id, error);
  RwBrainClient *client = g_hash_table_lookup (self->clients, id);

  if (other == NULL)
    return FALSE;

  take_status (self, client, other);
  rw_brain_client_free (other);
  return TRUE;
}

/** rw_brain_has_same_status: whether @id is the same to others in both. */
gboolean
rw_brain_has_same_status (RwBrain *self, RwBrain *other, const char *id)
{
  const RwBrainClient *a = g_hash_table_lookup (self->clients, id);
  const RwBrainClient *b = g_hash_table_lookup (other->clients, id);

  return a != NULL && b != NULL && a->roles == b->roles &&
         g_strcmp0 (a->meta, b->meta) == 0 && g_strcmp0 (a->name, b->name) == 0;
}

static void
tell_end (RwBrain *self, RwBrainClient *client, const char *id)
{
  if (client == NULL)
    return;

  rw_brain_remember_ended (client, id);
  rw_brain_send_end (self, client, id, "the other peer is not there any more");
}

/**
 * rw_brain_merge_session:
 * @are_there: whether both know of it
 *
 * Another brain has begun it. It is over, and those who are there are told, if
 * it cannot be.
 */
void
rw_brain_merge_session (RwBrain *self, const char *id, const char *producer_id,
                        const char *consumer_id, gboolean are_there)
{
  RwBrainClient *producer = g_hash_table_lookup (self->clients, producer_id);
  RwBrainClient *consumer = g_hash_table_lookup (self->clients, consumer_id);
  gboolean can_be =
      are_there && producer != NULL && consumer != NULL &&
      producer != consumer &&
      ((producer->roles & RW_ROLE_PRODUCER) ||
       (consumer->roles & RW_ROLE_CONSUMER)) &&
      producer->sessions.length < RW_BRAIN_MAX_SESSIONS_PER_CLIENT &&
      consumer->sessions.length < RW_BRAIN_MAX_SESSIONS_PER_CLIENT;

  if (g_hash_table_contains (self->sessions, id))
    return;

  if (can_be) {
    rw_brain_start_session (self, g_strdup (id), producer, consumer);
    return;
  }
  tell_end (self, producer, id);
  tell_end (self, consumer, id);
}

/** rw_brain_merge_session_end: another brain has ended it. */
void
rw_brain_merge_session_end (RwBrain *self, const char *id)
{
  RwBrainSession *session = g_hash_table_lookup (self->sessions, id);

  if (session != NULL)
    rw_brain_end_session (self, session, NULL, NULL);
}

/** rw_brain_foreach_session: in the order of their ids. */
void
rw_brain_foreach_session (RwBrain *self, RwBrainSessionFunc func,
                          gpointer user_data)
{
  g_autoptr (GList) ids = rw_fields_sorted_keys (self->sessions);

  for (GList *l = ids; l != NULL; l = l->next) {
    const RwBrainSession *session =
        g_hash_table_lookup (self->sessions, l->data);

    func (session->id, session->producer->id, session->consumer->id, user_data);
  }
}

/** rw_brain_has_session: whether there is one with that id. */
gboolean
rw_brain_has_session (RwBrain *self, const char *id)
{
  return g_hash_table_contains (self->sessions, id);
}

/** rw_brain_get_other: (nullable): who is in the session @id with @client_id.
 */
const char *
rw_brain_get_other (RwBrain *self, const char *id, const char *client_id)
{
  const RwBrainSession *session = g_hash_table_lookup (self->sessions, id);

  if (session == NULL)
    return NULL;
  if (g_str_equal (session->producer->id, client_id))
    return session->consumer->id;
  return g_str_equal (session->consumer->id, client_id) ? session->producer->id
                                                        : NULL;
}

/** rw_brain_has_ended: whether @client_id was in the session @id lately. */
gboolean
rw_brain_has_ended (RwBrain *self, const char *id, const char *client_id)
{
  const RwBrainClient *client = g_hash_table_lookup (self->clients, client_id);

  return client != NULL && rw_brain_ended_lately (client, id);
}
