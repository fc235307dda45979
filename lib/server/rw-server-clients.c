/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-clients.h"

#include "rw-brain-json.h"
#include "rw-server-log.h"
#include "rw-server-losses.h"
#include "rw-server-shard.h"
#include "rw-server-socket.h"
#include "rw-server-source.h"

/* The outer context looks at each shard, a shard at each of its clients: with
 * ten thousand clients, about as many of either. */
#define CLIENTS_PER_SHARD 64

/* How long a stopped server's last words may take to leave. */
#define FAREWELL_S 2

/* A shard and how many clients are on it. */
typedef struct {
  RwServerShard *loop;
  guint n_clients;
} Shard;

typedef struct {
  RwServerClients *owner;
  RwServerSocket *socket;
  Shard *shard;
  guint64 connection;
  char *address;
  guint64 mark;      /* of what it said last */
  gint64 expires_us; /* wall clock: its token's end */
} Client;

/* A broadcast is the same message many times in a row: it is written once. */
typedef struct {
  RwBrainMessage *message;
  GBytes *text;
} Written;

struct _RwServerClients {
  const RwServerConfig *config;
  RwServerAdmission *admission;
  RwServerMetrics *metrics;
  RwServerQueues *queues;
  RwServerLosses *losses;
  RwServerState *state; /* NULL: not started */
  RwTurn *turn;         /* NULL: no TURN servers are known */
  GMainContext *context;
  GHashTable *table;
  GPtrArray *shards; /* Shard */
  GPtrArray *gone;
  GPtrArray *leaving;
  GSource *sweep;
  GSource *farewell;
  Written written;
};

static void
client_free (gpointer data)
{
  Client *client = data;

  rw_server_socket_free (client->socket);
  client->shard->n_clients--;
  g_free (client->address);
  g_free (client);
}

static void
shard_free (gpointer data)
{
  Shard *shard = data;

  rw_server_shard_free (shard->loop);
  g_free (shard);
}

/* One with room. They are few, and stay as long as the server. */
static Shard *
find_shard (RwServerClients *self)
{
  Shard *shard;

  for (guint i = 0; i < self->shards->len; i++) {
    shard = g_ptr_array_index (self->shards, i);
    if (shard->n_clients < CLIENTS_PER_SHARD)
      return shard;
  }

  shard = g_new0 (Shard, 1);
  shard->loop = rw_server_shard_new (self->context);
  g_ptr_array_add (self->shards, shard);
  return shard;
}

static void
written_clear (Written *written)
{
  g_clear_pointer (&written->message, rw_brain_message_unref);
  g_clear_pointer (&written->text, g_bytes_unref);
}

/* --- Those that are gone --- */

static gboolean
on_sweep (gpointer user_data)
{
  RwServerClients *self = user_data;

  rw_server_source_clear (&self->sweep);
  g_ptr_array_set_size (self->gone, 0);
  return G_SOURCE_REMOVE;
}

/* A socket may not be freed in its own callback. */
static void
client_free_later (RwServerClients *self, Client *client)
{
  g_ptr_array_add (self->gone, client);
  if (self->sweep == NULL)
    self->sweep = rw_server_source_attach (self->context, g_idle_source_new (),
                                           "rw-server-sweep", on_sweep, self);
}

/* Nobody is left on the shards of a stopped server. */
static void
end_farewell (RwServerClients *self)
{
  rw_server_source_clear (&self->farewell);
  g_ptr_array_set_size (self->leaving, 0);
  g_ptr_array_set_size (self->shards, 0);
}

static gboolean
on_farewell_over (gpointer user_data)
{
  end_farewell (user_data);
  return G_SOURCE_REMOVE;
}

static void
say_farewell (RwServerClients *self)
{
  GHashTableIter iter;
  gpointer client;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &client)) {
    g_hash_table_iter_steal (&iter);
    rw_server_socket_leave (((Client *) client)->socket);
    g_ptr_array_add (self->leaving, client);
  }

  rw_server_source_clear (&self->farewell);
  self->farewell = rw_server_source_attach (
      self->context, g_timeout_source_new_seconds (FAREWELL_S),
      "rw-server-farewell", on_farewell_over, self);
}

/* --- From the state --- */

static char *
new_text (RwServerClients *self, const RwBrainMessage *message)
{
  g_autofree char *text = rw_brain_message_to_json (message);
  g_autofree char *ice_servers = NULL;
  g_autofree char *members = NULL;

  if (self->turn == NULL || (message->type != RW_SIGNAL_RESILIENT_WELCOME &&
                             message->type != RW_SIGNAL_ICE_SERVERS))
    return g_steal_pointer (&text);

  ice_servers =
      rw_turn_to_json (self->turn, message->peer_id, g_get_real_time ());
  members = g_strdup_printf ("%s,\"iceTtlMs\":%" G_GUINT64_FORMAT, ice_servers,
                             rw_turn_get_ttl_ms (self->turn));
  return rw_brain_json_add_member (text, "iceServers", members);
}

static void
send_message (RwServerClients *self, Client *client,
              const RwSeatsOutput *output)
{
  const RwServerNumbers numbers = {output->seq, output->has_ack, output->ack};
  Written *written = &self->written;

  if (written->message != output->message) {
    written_clear (written);
    written->message = rw_brain_message_ref (output->message);
    written->text = rw_server_queues_new_text (
        self->queues, new_text (self, output->message));
  }

  rw_server_socket_send (client->socket, written->text, &numbers);
}

static GBytes *
new_signal (RwServerClients *self, const RwSignalMessage *message)
{
  return rw_server_queues_new_text (self->queues,
                                    rw_signal_message_to_json (message));
}

static GBytes *
new_status (RwServerClients *self, gboolean degraded)
{
  g_autoptr (RwSignalMessage) status =
      rw_signal_message_new (RW_SIGNAL_SERVER_STATUS);

  status->degraded = degraded;
  return new_signal (self, status);
}

/* What is for nobody here is dropped. */
static void
on_state_output (const RwSeatsOutput *output, gpointer user_data)
{
  RwServerClients *self = user_data;
  Client *client;

  if (output == NULL) {
    written_clear (&self->written);
    rw_server_losses_go_on (self->losses);
    return;
  }

  if (output->message != NULL &&
      output->message->type == RW_SIGNAL_RESILIENT_WELCOME)
    rw_server_losses_note_resumed (self->losses, output->message->peer_id);
  client = g_hash_table_lookup (self->table, &output->connection);
  if (client == NULL)
    return;

  if (output->message == NULL) {
    rw_server_socket_close (client->socket, (gushort) output->close_code,
                            output->close_why);
    return;
  }
  self->metrics->messages_out++;
  send_message (self, client, output);
}

static void
close_client (Client *client, gushort code, const char *why)
{
  rw_server_socket_close (client->socket, code, why);
}

/* They come again, and resume. */
static void
on_state_rejoined (gpointer user_data)
{
  RwServerClients *self = user_data;
  g_autoptr (GList) clients = g_hash_table_get_values (self->table);

  for (GList *l = clients; l != NULL; l = l->next) {
    Client *client = l->data;

    if (!rw_server_state_knows (self->state, client->connection))
      close_client (client, SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                    "the server has lost sight of this connection");
  }
}

/* To seats only: an ordinary client knows no such message. */
static void
tell_seats (RwServerClients *self, GBytes *text)
{
  RwSeats *seats = rw_server_state_get_seats (self->state);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Client *client = value;

    if (rw_seats_is_seat (seats, client->connection))
      rw_server_socket_send (client->socket, text, NULL);
  }
}

static void
on_state_degraded (gboolean degraded, gpointer user_data)
{
  RwServerClients *self = user_data;
  g_autoptr (GBytes) text = new_status (self, degraded);

  tell_seats (self, text);
}

/** For rw_server_state_new(), with the clients as user data. */
const RwServerStateFuncs rw_server_clients_state_funcs = {
    on_state_output,
    on_state_rejoined,
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
  /* 1013 would say it better, but libsoup makes 1002 of what it has no name
   * for. */
  if (rw_server_state_is_full (self->state, len))
    close_client (client, SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                  "too much waits for the server's store");
  else if (!rw_server_state_handle (self->state, client->connection, text, len))
    self->metrics->messages_bad++;
  client->mark = rw_server_state_get_mark (self->state);
}

static void
on_socket_unwanted (RwServerSocket *socket, const char *code, const char *what,
                    guint retry_after_ms, gpointer user_data)
{
  Client *client = user_data;

  rw_server_log (G_LOG_LEVEL_INFO, client->connection, client->address,
                 "not taken, %s: %s", code, what);
  rw_server_state_fail (client->owner->state, client->connection, code, what,
                        retry_after_ms);
}

static void
on_socket_closed (RwServerSocket *socket, RwServerEnd end, gpointer user_data)
{
  static const char *const texts[RW_SERVER_N_ENDS] = {
      [RW_SERVER_END_GOODBYE] = "said goodbye",
      [RW_SERVER_END_LOST] = "connection lost",
      [RW_SERVER_END_SILENT] = "cut off: silent",
      [RW_SERVER_END_QUEUE] = "cut off: too much waited for it",
      [RW_SERVER_END_QUEUES] = "cut off: too much waited for all clients, and "
                               "it had the longest queue",
  };
  Client *client = user_data;
  RwServerClients *self = client->owner;

  self->metrics->ends[end]++;
  rw_server_log (G_LOG_LEVEL_INFO, client->connection, client->address, "%s",
                 texts[end]);
  g_hash_table_steal (self->table, &client->connection);
  rw_server_admission_leave (self->admission, client->address);
  client_free_later (self, client);
  if (end == RW_SERVER_END_GOODBYE)
    rw_server_state_disconnect (self->state, client->connection, TRUE);
  else
    rw_server_losses_add (self->losses, client->connection, client->address,
                          client->mark);
}

static const RwServerSocketFuncs socket_funcs = {
    on_socket_message,
    on_socket_unwanted,
    on_socket_closed,
};

/**
 * rw_server_clients_add:
 * @msg: an upgraded request, whose answer has left
 *
 * From now on it is a WebSocket. We make the connection ourselves, to have our
 * guard under it.
 */
void
rw_server_clients_add (RwServerClients *self, SoupServerMessage *msg)
{
  g_autoptr (GSocket) socket =
      g_object_ref (soup_server_message_get_socket (msg));
  g_autoptr (GUri) uri = g_uri_ref (soup_server_message_get_uri (msg));
  g_autofree char *address =
      g_strdup (soup_server_message_get_remote_host (msg));
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (msg);
  Client *client = g_new0 (Client, 1);
  RwGrants *grants = rw_server_admission_steal_grants (msg);

  client->owner = self;
  client->connection = rw_server_state_new_connection (self->state);
  client->shard = find_shard (self);
  client->shard->n_clients++;
  client->address = g_steal_pointer (&address);
  client->socket =
      rw_server_socket_new (stream, uri, socket, client->shard->loop,
                            self->config, self->queues, &socket_funcs, client);
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
  rw_server_losses_tick (self->losses);
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
  self->losses = rw_server_losses_new (config, metrics);
  self->table =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, client_free);
  self->shards = g_ptr_array_new_with_free_func (shard_free);
  self->gone = g_ptr_array_new_with_free_func (client_free);
  self->leaving = g_ptr_array_new_with_free_func (client_free);
  return self;
}

/** rw_server_clients_free: NULL is fine. */
void
rw_server_clients_free (RwServerClients *self)
{
  if (self == NULL)
    return;

  rw_server_clients_stop (self);
  end_farewell (self);
  g_hash_table_unref (self->table);
  g_ptr_array_unref (self->gone);
  g_ptr_array_unref (self->leaving);
  g_ptr_array_unref (self->shards);
  rw_server_losses_free (self->losses);
  rw_server_queues_free (self->queues);
  g_free (self);
}

/**
 * rw_server_clients_start:
 * @state: what the clients talk to, until rw_server_clients_stop()
 * @turn: (nullable): the same
 *
 * On the thread-default main context.
 */
void
rw_server_clients_start (RwServerClients *self, RwServerState *state,
                         RwTurn *turn)
{
  g_return_if_fail (self->state == NULL);

  end_farewell (self);
  self->state = state;
  self->turn = turn;
  rw_server_losses_start (self->losses, state);
  self->context = g_main_context_ref_thread_default ();
}

/**
 * rw_server_clients_stop:
 *
 * The clients are told to go, if the context runs on for a moment and this is
 * kept that long. Fine when not started.
 */
void
rw_server_clients_stop (RwServerClients *self)
{
  if (self->state == NULL)
    return;

  rw_server_source_clear (&self->sweep);
  g_ptr_array_set_size (self->gone, 0);
  if (g_hash_table_size (self->table) > 0)
    say_farewell (self);
  else
    end_farewell (self);
  written_clear (&self->written);
  g_clear_pointer (&self->context, g_main_context_unref);
  rw_server_losses_stop (self->losses);
  self->state = NULL;
  self->turn = NULL;
}

/** rw_server_clients_send_away: see rw_server_send_away(). */
void
rw_server_clients_send_away (RwServerClients *self, guint delay_ms)
{
  g_autoptr (RwSignalMessage) moved = rw_signal_message_new (RW_SIGNAL_MOVED);
  g_autoptr (GBytes) text = NULL;
  GHashTableIter iter;
  gpointer value;

  moved->delay_ms = delay_ms;
  text = new_signal (self, moved);
  tell_seats (self, text);
  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    close_client (value, SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                  "the server restarts");
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
