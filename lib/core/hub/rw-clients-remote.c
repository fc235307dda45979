/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-clients-remote.h"

#include "rw-client-transfer.h"
#include "rw-hub-transfer.h"
#include "rw-rooms-transfer.h"

/** rw_clients_attach: there are other servers; @uplink is copied. */
void
rw_clients_attach (RwClients *self, const RwClientsUplink *uplink)
{
  rw_client_delivery_set_uplink (rw_clients_get_delivery (self), uplink);
  rw_client_resumer_set_uplink (rw_clients_get_resumer (self), uplink);
  rw_client_intake_set_uplink (rw_clients_get_intake (self), uplink);
  rw_hub_track_changes (rw_clients_get_hub (self));
}

/** rw_clients_set_degraded: whether the other servers are out of reach. */
void
rw_clients_set_degraded (RwClients *self, gboolean degraded, gint64 now_us)
{
  rw_client_table_set_degraded (rw_clients_get_table (self), degraded, now_us);
  rw_client_resumer_set_degraded (rw_clients_get_resumer (self), degraded);
}

/** rw_clients_get_record: FALSE if there is no such client with resumption. */
gboolean
rw_clients_get_record (RwClients *self, const char *id, RwClientsRecord *record)
{
  const RwClient *client =
      rw_client_table_find (rw_clients_get_table (self), id);
  const RwResumption *resumption =
      client != NULL ? rw_client_get_resumption (client) : NULL;

  if (resumption == NULL)
    return FALSE;

  *record = (RwClientsRecord){rw_resumption_get_secret (resumption),
                              rw_resumption_get_attempt (resumption),
                              rw_client_get_grants (client)};
  return TRUE;
}

/** rw_clients_deliver: a message of this server's hub that was forwarded, and
 * has come back because @id is here. */
void
rw_clients_deliver (RwClients *self, const char *id, RwSignalMessage *message,
                    gint64 now_us)
{
  RwClientDelivery *delivery = rw_clients_get_delivery (self);

  rw_client_delivery_deliver (delivery, id, message, now_us);
  rw_client_delivery_run (delivery, now_us);
}

/** rw_clients_flush: delivers what other servers have led to. */
void
rw_clients_flush (RwClients *self, gint64 now_us)
{
  rw_client_delivery_run (rw_clients_get_delivery (self), now_us);
}

/** rw_clients_evict: @id is not this server's any more, and begins anew. */
void
rw_clients_evict (RwClients *self, const char *id, const char *why,
                  gint64 now_us)
{
  RwClient *client = rw_client_table_find (rw_clients_get_table (self), id);
  RwClientDelivery *delivery = rw_clients_get_delivery (self);

  if (client != NULL)
    rw_client_delivery_drop (delivery, client, why, now_us);
  rw_client_delivery_run (delivery, now_us);
}

/* --- Answers --- */

/* (nullable): the client on @connection, if it waits for an answer. */
static RwClient *
find_pending (RwClients *self, guint64 connection)
{
  RwClient *client =
      rw_client_table_find_connection (rw_clients_get_table (self), connection);

  return client != NULL && rw_client_get_pending (client) != NULL ? client
                                                                  : NULL;
}

/** rw_clients_refuse_resume: the client on @connection begins anew. */
void
rw_clients_refuse_resume (RwClients *self, guint64 connection, gint64 now_us)
{
  RwClient *client = find_pending (self, connection);
  g_autoptr (RwSignalMessage) request = NULL;

  if (client == NULL)
    return;

  request = rw_client_take_pending (client);
  rw_client_resumer_begin (rw_clients_get_resumer (self), client, request);
  rw_client_intake_continue (rw_clients_get_intake (self), client, now_us);
}

static void
apply_name (RwHub *hub, const char *id, RwSignalMessage *status,
            gboolean is_reserved, const char *holder)
{
  if (holder != NULL) {
    rw_hub_refuse_name (hub, id, status->name, holder);
    return;
  }

  if (is_reserved)
    rw_hub_yield_name (hub, id, status->name);
  rw_hub_handle (hub, id, status);
}

/**
 * rw_clients_answer_name:
 * @is_reserved: the name is reserved for @id
 * @holder: (nullable): the client that has the name; NULL: none, or unknown
 */
void
rw_clients_answer_name (RwClients *self, const char *id, gboolean is_reserved,
                        const char *holder, gint64 now_us)
{
  RwClientTable *table = rw_clients_get_table (self);
  RwClient *client = rw_client_table_find (table, id);
  g_autofree char *own_id = NULL;
  g_autoptr (RwSignalMessage) status = NULL;

  if (client == NULL || rw_client_get_pending (client) == NULL ||
      rw_client_get_resumption (client) == NULL)
    return;

  own_id = g_strdup (id);
  status = rw_client_take_pending (client);
  apply_name (rw_clients_get_hub (self), own_id, status, is_reserved, holder);
  rw_client_delivery_run (rw_clients_get_delivery (self), now_us);
  client = rw_client_table_find (table, own_id);
  if (client != NULL)
    rw_client_intake_continue (rw_clients_get_intake (self), client, now_us);
}

/**
 * rw_clients_restore:
 *
 * The client on @connection goes on as the one in @what, with its roles, its
 * name and its sessions; numbers begin anew, and rooms are joined again.
 */
void
rw_clients_restore (RwClients *self, guint64 connection,
                    const RwClientsRestore *what, gint64 now_us)
{
  RwClient *newcomer = find_pending (self, connection);
  RwClientResumer *resumer = rw_clients_get_resumer (self);
  RwHub *hub = rw_clients_get_hub (self);
  const char *id = what->client.id;
  g_autoptr (RwSignalMessage) request = NULL;
  RwClient *client;

  if (newcomer == NULL)
    return;
  if (!rw_grants_include (rw_client_get_grants (newcomer), what->grants) ||
      rw_client_table_find (rw_clients_get_table (self), id) != NULL) {
    rw_clients_refuse_resume (self, connection, now_us);
    return;
  }

  request = rw_client_take_pending (newcomer);
  client = rw_client_resumer_replace (resumer, newcomer, id, now_us);
  rw_hub_restore_client (hub, &what->client, request);
  for (guint i = 0; i + 3 < what->sessions->len; i += 4)
    rw_hub_add_session (hub, g_ptr_array_index (what->sessions, i),
                        g_ptr_array_index (what->sessions, i + 1),
                        g_ptr_array_index (what->sessions, i + 2),
                        g_ptr_array_index (what->sessions, i + 3));
  rw_client_resumer_restore (resumer, client, request->attempt);
  rw_client_intake_continue (rw_clients_get_intake (self), client, now_us);
}

/* --- Moving --- */

static RwClientTransfer
get_transfer (RwClients *self)
{
  return (RwClientTransfer){
      rw_clients_get_table (self), rw_clients_get_hub (self),
      rw_clients_get_rooms (self), rw_clients_get_limits (self)};
}

/* (nullable): the client @id, if it may move. Messages that it still waits for
 * are handled first. */
static RwClient *
prepare_export (RwClients *self, const char *id, guint64 attempt, gint64 now_us)
{
  RwClientTable *table = rw_clients_get_table (self);
  RwClient *client = rw_client_table_find (table, id);
  const RwResumption *resumption =
      client != NULL ? rw_client_get_resumption (client) : NULL;
  g_autoptr (RwSignalMessage) pending = NULL;

  if (resumption == NULL ||
      (attempt != 0 && attempt <= rw_resumption_get_attempt (resumption)) ||
      !rw_hub_has_client (rw_clients_get_hub (self), id))
    return NULL;

  pending = rw_client_take_pending (client);
  if (pending == NULL)
    return client;
  rw_hub_handle (rw_clients_get_hub (self), id, pending);
  rw_client_delivery_run (rw_clients_get_delivery (self), now_us);
  return rw_client_table_find (table, id);
}

/**
 * rw_clients_export:
 * @attempt: of the request to resume, 0 if it has none
 * @home: where the client goes; "": not known yet
 *
 * Returns: (transfer full) (nullable): an a{sv}; NULL if there is no such
 *   client, or it has resumed here later than that
 */
GVariant *
rw_clients_export (RwClients *self, const char *id, guint64 attempt,
                   const char *home, guint64 generation, gint64 now_us)
{
  RwClient *client = prepare_export (self, id, attempt, now_us);
  const RwClientTransfer transfer = get_transfer (self);
  GVariant *state;

  if (client == NULL)
    return NULL;

  rw_client_resumer_evict (rw_clients_get_resumer (self), client);
  state = g_variant_ref_sink (rw_client_transfer_save (&transfer, client));
  rw_rooms_release (rw_clients_get_rooms (self), id);
  rw_hub_set_home (rw_clients_get_hub (self), id, home, generation);
  rw_client_table_forget (rw_clients_get_table (self), client);
  return state;
}

/* (nullable): the id that @token names. */
static char *
get_token_id (const char *token)
{
  g_autofree char *secret = NULL;
  char *id = NULL;

  return token != NULL && rw_resumption_split_token (token, &id, &secret)
             ? id
             : NULL;
}

static gboolean
take_over (RwClients *self, GVariant *state, const char *from, const char *id,
           gint64 now_us)
{
  const RwClientTransfer transfer = get_transfer (self);
  g_autoptr (GError) error = NULL;

  if (rw_client_transfer_load (&transfer, state, from, id, now_us, &error))
    return TRUE;

  g_warning ("A client cannot be taken over from its former server: %s",
             error->message);
  return FALSE;
}

/**
 * rw_clients_import:
 * @connection: of the client that wants to resume
 * @state: from rw_clients_export(), or from anywhere: it is checked, and may be
 *   any bytes under the type a{sv}
 * @from: the server that it comes from; "": it has stopped
 *
 * The client is here, and resumes if it can go on from there.
 */
void
rw_clients_import (RwClients *self, guint64 connection, GVariant *state,
                   const char *from, guint64 generation, gint64 now_us)
{
  RwClient *newcomer = find_pending (self, connection);
  RwClientTable *table = rw_clients_get_table (self);
  g_autoptr (RwSignalMessage) request = NULL;
  g_autofree char *id = NULL;

  if (newcomer == NULL)
    return;
  id = get_token_id (rw_client_get_pending (newcomer)->token);
  if (id == NULL || !take_over (self, state, from, id, now_us)) {
    rw_clients_refuse_resume (self, connection, now_us);
    return;
  }

  request = rw_client_take_pending (newcomer);
  rw_hub_set_home (rw_clients_get_hub (self), id, NULL, generation);
  rw_client_resumer_request (rw_clients_get_resumer (self), newcomer, request,
                             now_us);
  rw_client_delivery_run (rw_clients_get_delivery (self), now_us);
  newcomer = rw_client_table_find_connection (table, connection);
  if (newcomer != NULL)
    rw_client_intake_continue (rw_clients_get_intake (self), newcomer, now_us);
}
