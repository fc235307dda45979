/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-clients.h"

#include "rw-disconnected-clients.h"
#include "rw-server-closing.h"
#include "rw-server-http.h"
#include "rw-server-log.h"
#include "rw-server-socket.h"
#include "rw-server-texts.h"

typedef struct {
  RwServerClients *owner;
  RwServerSocket *socket;
  RwServerShard *shard;
  guint64 connection;
  char *address;
  gint64 expires_us; /* wall clock: its token's end */
} Client;

struct _RwServerClients {
  const RwServerConfig *config;
  RwServerAdmission *admission;
  RwServerMetrics *metrics;
  RwServerQueues *queues;
  RwDisconnectedClients *disconnected;
  RwServerState *state; /* NULL: not started */
  GHashTable *table;
  RwServerClosing *closing;
  RwServerTexts *texts;
};

static void
client_free (gpointer data)
{
  Client *client = data;

  rw_server_socket_free (client->socket);
  rw_server_shards_leave (rw_server_closing_get_shards (client->owner->closing),
                          client->shard);
  g_free (client->address);
  g_free (client);
}

/* --- From the state --- */

/* Messages for a connection that is closed are dropped. */
static void
on_state_output (const RwClientsOutput *output, gpointer user_data)
{
  RwServerClients *self = user_data;
  RwServerNumbers numbers;
  Client *client;

  if (output == NULL) {
    rw_server_texts_forget (self->texts);
    return;
  }

  if (output->message != NULL &&
      output->message->type == RW_SIGNAL_RESILIENT_WELCOME)
    rw_disconnected_clients_note_resumed (self->disconnected,
                                          output->message->peer_id);
  client = g_hash_table_lookup (self->table, &output->connection);
  if (client == NULL)
    return;

  if (output->message == NULL) {
    rw_server_socket_close (client->socket, (gushort) output->close_code,
                            output->close_why);
    return;
  }
  self->metrics->messages_out++;
  numbers = (RwServerNumbers){output->seq, output->has_ack, output->ack};
  rw_server_socket_send (client->socket,
                         rw_server_texts_get (self->texts, output->message),
                         &numbers);
}

static void
close_client (Client *client, gushort code, const char *why)
{
  rw_server_socket_close (client->socket, code, why);
}

/* To clients with resumption only: an ordinary client has no such message. */
static void
send_to_resumable (RwServerClients *self, RwSignalMessage *message)
{
  GBytes *text = rw_server_texts_get (self->texts, message);
  RwClients *clients = rw_server_state_get_clients (self->state);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Client *client = value;

    if (rw_clients_is_resumable (clients, client->connection))
      rw_server_socket_send (client->socket, text, NULL);
  }
}

static void
on_state_degraded (gboolean degraded, gpointer user_data)
{
  RwServerClients *self = user_data;
  g_autoptr (RwSignalMessage) status =
      rw_signal_message_new (RW_SIGNAL_SERVER_STATUS);

  status->degraded = degraded;
  send_to_resumable (self, status);
}

/** For rw_server_state_new(), with the clients as user data. */
const RwServerStateFuncs rw_server_clients_state_funcs = {
    on_state_output,
    on_state_degraded,
};

/* --- From the sockets --- */

static void
on_socket_message (RwServerSocket *socket, const char *text, gsize len,
                   gpointer user_data)
{
  Client *client = user_data;
  RwServerClients *self = client->owner;

  self->metrics->messages_in++;
  /* 1013 would fit better, but libsoup makes 1002 of a code that it has no name
   * for. */
  if (rw_server_state_is_full (self->state, len))
    close_client (client, SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                  "too many bytes wait for the server's store");
  else if (!rw_server_state_handle (self->state, client->connection, text, len))
    self->metrics->messages_bad++;
}

static void
on_socket_unwanted (RwServerSocket *socket, const char *code, const char *what,
                    guint retry_after_ms, gpointer user_data)
{
  Client *client = user_data;

  rw_server_log (G_LOG_LEVEL_INFO, client->connection, client->address,
                 "message rejected, %s: %s", code, what);
  rw_server_state_fail (client->owner->state, client->connection, code, what,
                        retry_after_ms);
}

static void
on_socket_closed (RwServerSocket *socket, RwServerEnd end, gpointer user_data)
{
  static const char *const texts[RW_SERVER_N_ENDS] = {
      [RW_SERVER_END_CLOSED] = "closed by the client",
      [RW_SERVER_END_LOST] = "connection lost",
      [RW_SERVER_END_SILENT] = "closed: no answer within ping-timeout",
      [RW_SERVER_END_QUEUE] =
          "closed: more than max-queue-bytes waited for the client",
      [RW_SERVER_END_QUEUES] = ("closed: more than max-queues-bytes waited for "
                                "all clients, and this queue was the longest"),
  };
  Client *client = user_data;
  RwServerClients *self = client->owner;

  self->metrics->ends[end]++;
  rw_server_log (G_LOG_LEVEL_INFO, client->connection, client->address, "%s",
                 texts[end]);
  g_hash_table_steal (self->table, &client->connection);
  rw_server_admission_leave (self->admission, client->address);
  rw_server_closing_add (self->closing, client);
  if (end == RW_SERVER_END_CLOSED)
    rw_server_state_disconnect (self->state, client->connection, TRUE);
  else
    rw_disconnected_clients_add (self->disconnected, client->connection,
                                 client->address);
}

static const RwServerSocketFuncs socket_funcs = {
    on_socket_message,
    on_socket_unwanted,
    on_socket_closed,
};

/* A query with a bad value has been refused. */
static guint
get_ping_interval (RwServerClients *self, GUri *uri)
{
  guint seconds = self->config->ping_interval_s;
  g_autoptr (GHashTable) query = g_uri_get_query (uri) != NULL
                                     ? soup_form_decode (g_uri_get_query (uri))
                                     : NULL;

  rw_server_http_get_ping_interval (query, &seconds);
  return seconds;
}

/**
 * rw_server_clients_add:
 * @msg: an upgraded request, whose answer has left
 *
 * From now on it is a WebSocket. We make the connection ourselves, to have our
 * limiter under it.
 */
void
rw_server_clients_add (RwServerClients *self, SoupServerMessage *msg)
{
  g_autoptr (GSocket) socket =
      g_object_ref (soup_server_message_get_socket (msg));
  g_autoptr (GUri) uri = g_uri_ref (soup_server_message_get_uri (msg));
  g_autofree char *address =
      rw_server_admission_dup_address (self->admission, msg);
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (msg);
  guint ping_interval_s = get_ping_interval (self, uri);
  Client *client = g_new0 (Client, 1);
  RwGrants *grants = rw_server_admission_steal_grants (msg);

  client->owner = self;
  client->connection = rw_server_state_new_connection (self->state);
  client->shard =
      rw_server_shards_enter (rw_server_closing_get_shards (self->closing));
  client->address = g_steal_pointer (&address);
  client->socket = rw_server_socket_new (
      stream, uri, socket, client->shard, self->config, self->queues,
      ping_interval_s, &socket_funcs, client);
  g_hash_table_insert (self->table, &client->connection, client);
  rw_server_admission_enter (self->admission, client->address);
  client->expires_us = grants != NULL ? grants->expires_us : G_MAXINT64;
  self->metrics->accepted++;
  rw_server_log (G_LOG_LEVEL_INFO, client->connection, client->address,
                 "connected");

  rw_server_state_connect (self->state, client->connection, grants);
}

/* A tick may close its own socket; that frees it later, never here. */
static void
tick_client (Client *client, gint64 now_us)
{
  if (client->expires_us <= g_get_real_time ())
    rw_server_socket_close (client->socket,
                            SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION,
                            "the token has expired");
  rw_server_socket_tick (client->socket, now_us);
}

/** rw_server_clients_tick: about once a second. */
void
rw_server_clients_tick (RwServerClients *self, gint64 now_us)
{
  g_autoptr (GList) clients = g_hash_table_get_values (self->table);

  for (GList *l = clients; l != NULL; l = l->next)
    tick_client (l->data, now_us);
  rw_disconnected_clients_tick (self->disconnected);
}

/* --- Life --- */

/** rw_server_clients_new: what it is given outlives it. */
RwServerClients *
rw_server_clients_new (const RwServerConfig *config,
                       RwServerAdmission *admission, RwServerMetrics *metrics)
{
  RwServerClients *self = g_new0 (RwServerClients, 1);

  self->config = config;
  self->admission = admission;
  self->metrics = metrics;
  self->queues = rw_server_queues_new (config->max_queues_bytes);
  self->disconnected = rw_disconnected_clients_new (config, metrics);
  self->table =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, client_free);
  self->texts = rw_server_texts_new (self->queues);
  self->closing = rw_server_closing_new (client_free);
  return self;
}

/** rw_server_clients_free: NULL is fine. */
void
rw_server_clients_free (RwServerClients *self)
{
  if (self == NULL)
    return;

  rw_server_clients_stop (self);
  rw_server_closing_free (self->closing);
  g_hash_table_unref (self->table);
  rw_server_texts_free (self->texts);
  rw_disconnected_clients_free (self->disconnected);
  rw_server_queues_free (self->queues);
  g_free (self);
}

/**
 * rw_server_clients_start:
 * @state: receives the clients' messages, until rw_server_clients_stop()
 * @turn: (nullable): the same
 *
 * On the thread-default main context.
 */
void
rw_server_clients_start (RwServerClients *self, RwServerState *state,
                         RwTurn *turn)
{
  g_return_if_fail (self->state == NULL);

  self->state = state;
  rw_server_texts_set_turn (self->texts, turn);
  rw_disconnected_clients_start (self->disconnected, state);
  rw_server_closing_start (self->closing);
}

static void
close_all (RwServerClients *self)
{
  GHashTableIter iter;
  gpointer client;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &client)) {
    g_hash_table_iter_steal (&iter);
    rw_server_socket_leave (((Client *) client)->socket);
    rw_server_closing_add_leaving (self->closing, client);
  }
}

/**
 * rw_server_clients_stop:
 *
 * The clients' connections are closed, if the context runs on for a moment and
 * this is kept that long. Fine when not started.
 */
void
rw_server_clients_stop (RwServerClients *self)
{
  if (self->state == NULL)
    return;

  close_all (self);
  rw_server_closing_stop (self->closing);
  rw_server_texts_forget (self->texts);
  rw_disconnected_clients_stop (self->disconnected);
  self->state = NULL;
  rw_server_texts_set_turn (self->texts, NULL);
}

/** rw_server_clients_drain: see rw_server_drain(). */
void
rw_server_clients_drain (RwServerClients *self, guint delay_ms)
{
  g_autoptr (RwSignalMessage) moved = rw_signal_message_new (RW_SIGNAL_MOVED);
  GHashTableIter iter;
  gpointer value;

  moved->delay_ms = delay_ms;
  send_to_resumable (self, moved);
  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    close_client (value, SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                  "the server is restarting");
}

/** rw_server_clients_get_n: the WebSockets open now. */
guint
rw_server_clients_get_n (RwServerClients *self)
{
  return g_hash_table_size (self->table);
}

/** rw_server_clients_get_queued_bytes: what waits to be sent to them. */
gsize
rw_server_clients_get_queued_bytes (RwServerClients *self)
{
  return rw_server_queues_get_bytes (self->queues);
}
