/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-disconnected-clients.h"

#include "rw-server-log.h"

/* A client that is kept. */
typedef struct {
  RwDisconnectedClients *owner;
  char *peer_id;
  char *address;
} Waiting;

struct _RwDisconnectedClients {
  const RwServerConfig *config;
  RwServerMetrics *metrics;
  RwServerState *state;   /* NULL: not started */
  GHashTable *by_peer_id; /* Waiting */
  GHashTable *addresses;  /* how many of them are of each */
};

static guint
count_of (RwDisconnectedClients *self, const char *address)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->addresses, address));
}

static void
set_count_of (RwDisconnectedClients *self, const char *address, guint n)
{
  if (n == 0)
    g_hash_table_remove (self->addresses, address);
  else
    g_hash_table_insert (self->addresses, g_strdup (address),
                         GUINT_TO_POINTER (n));
}

static void
waiting_free (gpointer data)
{
  Waiting *waiting = data;
  RwDisconnectedClients *self = waiting->owner;

  set_count_of (self, waiting->address, count_of (self, waiting->address) - 1);
  g_free (waiting->peer_id);
  g_free (waiting->address);
  g_free (waiting);
}

/* Whether the client may be kept. One that is counted already, and was resumed
 * elsewhere, makes room for itself. */
static gboolean
take_place (RwDisconnectedClients *self, const char *peer_id,
            const char *address)
{
  Waiting *waiting;

  g_hash_table_remove (self->by_peer_id, peer_id);
  if (count_of (self, address) >= self->config->max_clients_per_address)
    return FALSE;

  waiting = g_new0 (Waiting, 1);
  waiting->owner = self;
  waiting->peer_id = g_strdup (peer_id);
  waiting->address = g_strdup (address);
  g_hash_table_insert (self->by_peer_id, waiting->peer_id, waiting);
  set_count_of (self, address, count_of (self, address) + 1);
  return TRUE;
}

static void
decide (RwDisconnectedClients *self, guint64 connection, const char *address)
{
  RwClients *clients = rw_server_state_get_clients (self->state);
  g_autofree char *peer_id =
      rw_clients_is_resumable (clients, connection)
          ? g_strdup (rw_clients_get_peer_id (clients, connection))
          : NULL;
  gboolean waits = peer_id == NULL || take_place (self, peer_id, address);

  if (!waits) {
    self->metrics->not_waited_for++;
    rw_server_log (G_LOG_LEVEL_INFO, connection, address,
                   "not kept for resumption: max-clients-per-address is "
                   "reached");
  }
  rw_server_state_disconnect (self->state, connection, !waits);
}

/**
 * rw_disconnected_clients_add:
 * @connection: it is lost without a close
 *
 * Passes it on to the state.
 */
void
rw_disconnected_clients_add (RwDisconnectedClients *self, guint64 connection,
                             const char *address)
{
  /* Without grace or limit there is nothing to count. */
  if (self->config->max_clients_per_address == 0 || self->config->grace_ms == 0)
    rw_server_state_disconnect (self->state, connection, FALSE);
  else
    decide (self, connection, address);
}

/** rw_disconnected_clients_note_resumed: its client is back. */
void
rw_disconnected_clients_note_resumed (RwDisconnectedClients *self,
                                      const char *peer_id)
{
  g_hash_table_remove (self->by_peer_id, peer_id);
}

static gboolean
waits_no_more (gpointer key, gpointer value, gpointer user_data)
{
  const Waiting *waiting = value;
  RwServerState *state = user_data;

  return !rw_clients_is_waiting (rw_server_state_get_clients (state),
                                 waiting->peer_id);
}

/**
 * rw_disconnected_clients_tick:
 *
 * About once a second: finds those that have been resumed at another server, or
 * given up.
 */
void
rw_disconnected_clients_tick (RwDisconnectedClients *self)
{
  g_hash_table_foreach_remove (self->by_peer_id, waits_no_more, self->state);
}

/** rw_disconnected_clients_new: what it is given outlives it. */
RwDisconnectedClients *
rw_disconnected_clients_new (const RwServerConfig *config,
                             RwServerMetrics *metrics)
{
  RwDisconnectedClients *self = g_new0 (RwDisconnectedClients, 1);

  self->config = config;
  self->metrics = metrics;
  self->by_peer_id =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, waiting_free);
  self->addresses =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

/** rw_disconnected_clients_free: NULL is fine. */
void
rw_disconnected_clients_free (RwDisconnectedClients *self)
{
  if (self == NULL)
    return;

  rw_disconnected_clients_stop (self);
  g_hash_table_unref (self->by_peer_id);
  g_hash_table_unref (self->addresses);
  g_free (self);
}

/** rw_disconnected_clients_start: @state lives until
 * rw_disconnected_clients_stop(). */
void
rw_disconnected_clients_start (RwDisconnectedClients *self,
                               RwServerState *state)
{
  self->state = state;
}

/** rw_disconnected_clients_stop: nobody is counted any more. */
void
rw_disconnected_clients_stop (RwDisconnectedClients *self)
{
  g_hash_table_remove_all (self->by_peer_id);
  self->state = NULL;
}
