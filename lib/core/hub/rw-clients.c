/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-clients.h"

/* The "meta" of all clients has to fit into this part of what may wait for a
 * client. */
#define META_PART 2

struct _RwClients {
  RwClientsConfig config;
  RwHub *hub;
  RwRooms *rooms;
  RwClientTable *table;
  RwClientDelivery *delivery;
  RwClientResumer *resumer;
  RwClientIntake *intake;
};

/* --- For RwRoomsConfig --- */

static char *
new_room_id (gpointer user_data)
{
  RwClients *self = user_data;

  return self->config.new_id (self->config.user_data);
}

static gboolean
may_send_of_room (const char *id, const RwSignalMessage *message,
                  gpointer user_data)
{
  RwClients *self = user_data;
  const RwClient *client = rw_client_table_find (self->table, id);

  /* A stored state may be anybody's, with members that have none. */
  return client != NULL && rw_client_get_resumption (client) != NULL &&
         rw_resumption_reserve (rw_client_get_resumption (client), message);
}

static gboolean
is_away (const char *id, gpointer user_data)
{
  RwClients *self = user_data;
  const RwClient *client = rw_client_table_find (self->table, id);

  return client == NULL || rw_client_get_connection (client) == 0;
}

/* --- Parts --- */

static RwRooms *
new_rooms (RwClients *self)
{
  RwRoomsConfig config = self->config.rooms;

  config.new_id = new_room_id;
  config.may_send = may_send_of_room;
  config.is_away = is_away;
  config.user_data = self;
  return rw_rooms_new (&config);
}

static RwClientTable *
new_table (RwClients *self)
{
  const RwClientTableConfig config = {
      self->hub, self->rooms, self->config.grace_us, self->config.max_waiting};

  return rw_client_table_new (&config);
}

static RwClientResumer *
new_resumer (RwClients *self)
{
  const RwClientResumerConfig config = {
      .table = self->table,
      .delivery = self->delivery,
      .hub = self->hub,
      .rooms = self->rooms,
      .new_token = self->config.new_token,
      .user_data = self->config.user_data,
      .grace_us = self->config.grace_us,
      .limits = rw_clients_get_limits (self),
  };

  return rw_client_resumer_new (&config);
}

static RwClientIntake *
new_intake (RwClients *self)
{
  const RwClientIntakeConfig config = {
      .table = self->table,
      .delivery = self->delivery,
      .resumer = self->resumer,
      .hub = self->hub,
      .rooms = self->rooms,
      .max_meta_bytes = self->config.max_kept_bytes / META_PART,
  };

  return rw_client_intake_new (&config);
}

RwClients *
rw_clients_new (const RwClientsConfig *config)
{
  RwClients *self;

  g_return_val_if_fail (config->new_id != NULL, NULL);
  g_return_val_if_fail (config->new_token != NULL, NULL);

  self = g_new0 (RwClients, 1);
  self->config = *config;
  self->hub = rw_hub_new (config->new_id, config->user_data);
  self->rooms = new_rooms (self);
  self->table = new_table (self);
  self->delivery = rw_client_delivery_new (self->table, self->hub, self->rooms);
  self->resumer = new_resumer (self);
  self->intake = new_intake (self);
  return self;
}

/** rw_clients_free: NULL is fine. */
void
rw_clients_free (RwClients *self)
{
  if (self == NULL)
    return;

  rw_client_intake_free (self->intake);
  rw_client_resumer_free (self->resumer);
  rw_client_delivery_free (self->delivery);
  rw_client_table_free (self->table);
  rw_rooms_free (self->rooms);
  rw_hub_free (self->hub);
  g_free (self);
}

/* --- Connections --- */

/**
 * rw_clients_connect:
 * @connection: never 0, and never used again
 * @grants: (transfer full) (nullable): what its token allows; NULL where
 *   nobody needs one
 */
void
rw_clients_connect (RwClients *self, guint64 connection, RwGrants *grants,
                    gint64 now_us)
{
  RwClient *client;

  g_return_if_fail (connection != 0);

  client = rw_client_new (self->config.new_id (self->config.user_data), grants);
  rw_client_table_add (self->table, client);
  rw_client_table_connect (self->table, client, connection);
  rw_hub_add_client (self->hub, rw_client_get_id (client));
  rw_client_delivery_run (self->delivery, now_us);
}

/** rw_clients_disconnect: @connection is lost; an unknown one is fine. */
void
rw_clients_disconnect (RwClients *self, guint64 connection, gint64 now_us)
{
  RwClient *client = rw_client_table_find_connection (self->table, connection);

  if (client == NULL)
    return;

  if (rw_client_table_may_wait (self->table, client))
    rw_client_table_start_waiting (self->table, client, now_us);
  else
    rw_client_table_remove (self->table, client, RW_SESSION_LOST, now_us);
  rw_client_delivery_run (self->delivery, now_us);
}

/** rw_clients_leave: the client on @connection has closed it: no grace. */
void
rw_clients_leave (RwClients *self, guint64 connection, gint64 now_us)
{
  RwClient *client = rw_client_table_find_connection (self->table, connection);

  if (client == NULL)
    return;

  rw_client_table_remove (self->table, client, "the peer has left", now_us);
  rw_client_delivery_run (self->delivery, now_us);
}

/** rw_clients_handle: @message came on @connection. */
void
rw_clients_handle (RwClients *self, guint64 connection,
                   RwSignalMessage *message, gint64 now_us)
{
  RwClient *client = rw_client_table_find_connection (self->table, connection);

  /* Closed here already, but its last messages were on their way. */
  if (client != NULL)
    rw_client_intake_handle (self->intake, client, message, now_us);
}

/** rw_clients_fail: as rw_hub_fail(), to the client on @connection. */
void
rw_clients_fail (RwClients *self, guint64 connection, const char *code,
                 const char *details, guint64 retry_after_ms, gint64 now_us)
{
  RwClient *client = rw_client_table_find_connection (self->table, connection);

  if (client == NULL)
    return;

  rw_client_note_sent (client);
  rw_hub_fail (self->hub, rw_client_get_id (client), code, details,
               retry_after_ms);
  rw_client_delivery_run (self->delivery, now_us);
}

/**
 * rw_clients_pop:
 * @output: (out caller-allocates): the oldest thing to do; clear it after
 *
 * Returns: FALSE if there is nothing to do
 */
gboolean
rw_clients_pop (RwClients *self, RwClientsOutput *output)
{
  return rw_client_delivery_pop (self->delivery, output);
}

/* --- Time --- */

/** rw_clients_get_wake_us: when rw_clients_wake() is due; G_MAXINT64 for never.
 */
gint64
rw_clients_get_wake_us (RwClients *self)
{
  return MIN (rw_client_table_get_wake_us (self->table),
              rw_rooms_get_wake_us (self->rooms));
}

/** rw_clients_wake: does all that is due by now. */
void
rw_clients_wake (RwClients *self, gint64 now_us)
{
  RwClient *client;

  rw_rooms_wake (self->rooms, now_us);
  rw_client_delivery_run (self->delivery, now_us);
  while ((client = rw_client_table_get_ack_due (self->table, now_us)) != NULL)
    rw_client_delivery_send_ack (self->delivery, client);
  rw_client_table_expire (self->table, now_us);
  rw_client_delivery_run (self->delivery, now_us);
}

/* --- State --- */

/** rw_clients_get_peer_id: of the client on @connection; NULL when it is
 * closed. */
const char *
rw_clients_get_peer_id (RwClients *self, guint64 connection)
{
  const RwClient *client =
      rw_client_table_find_connection (self->table, connection);

  return client != NULL ? rw_client_get_id (client) : NULL;
}

/** rw_clients_is_resumable: whether the client on @connection has requested
 * resumption. */
gboolean
rw_clients_is_resumable (RwClients *self, guint64 connection)
{
  const RwClient *client =
      rw_client_table_find_connection (self->table, connection);

  return client != NULL && rw_client_get_resumption (client) != NULL;
}

/** rw_clients_is_waiting: whether there is such a client, and it has no
 * connection. */
gboolean
rw_clients_is_waiting (RwClients *self, const char *peer_id)
{
  const RwClient *client = rw_client_table_find (self->table, peer_id);

  return client != NULL && rw_client_get_connection (client) == 0;
}

/**
 * rw_clients_find_user:
 *
 * Returns: (transfer none) (nullable): the peer id under which @user is in the
 *   room; on an open server, users are their peer ids
 */
const char *
rw_clients_find_user (RwClients *self, const char *user, const char *room_id)
{
  const RwClient *client =
      rw_client_table_find_user (self->table, user, room_id);

  return client != NULL ? rw_client_get_id (client) : NULL;
}

void
rw_clients_get_counts (RwClients *self, RwClientsCounts *counts)
{
  *counts = (RwClientsCounts){0};
  rw_client_table_add_counts (self->table, counts);
  rw_client_delivery_add_counts (self->delivery, counts);
  rw_client_resumer_add_counts (self->resumer, counts);
  rw_client_intake_add_counts (self->intake, counts);
}

/** rw_clients_get_hub: (transfer none): for its counts. */
RwHub *
rw_clients_get_hub (RwClients *self)
{
  return self->hub;
}

/** rw_clients_get_rooms: (transfer none): to read. */
RwRooms *
rw_clients_get_rooms (RwClients *self)
{
  return self->rooms;
}

RwClientTable *
rw_clients_get_table (RwClients *self)
{
  return self->table;
}

RwClientDelivery *
rw_clients_get_delivery (RwClients *self)
{
  return self->delivery;
}

RwClientResumer *
rw_clients_get_resumer (RwClients *self)
{
  return self->resumer;
}

RwClientIntake *
rw_clients_get_intake (RwClients *self)
{
  return self->intake;
}

RwResumptionLimits
rw_clients_get_limits (RwClients *self)
{
  return (RwResumptionLimits){self->config.max_kept,
                              self->config.max_kept_bytes};
}
