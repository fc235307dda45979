/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server.h"

#include <libsoup/soup.h>
#include <string.h>

#include "rw-brain-json.h"
#include "rw-random.h"
#include "rw-seats.h"
#include "rw-server-api.h"
#include "rw-server-auth.h"
#include "rw-server-http.h"
#include "rw-server-listener.h"
#include "rw-server-metrics.h"
#include "rw-server-socket.h"
#include "rw-turn.h"

/* The shell round the seats and their brain: HTTP and WebSockets, JSON in and
 * out, clocks and dice. */

#define TICK_S 1

/* The outer context looks at each shard, a shard at each of its clients: with
 * ten thousand clients, about as many of either. */
#define CLIENTS_PER_SHARD 64

/* Under this name a request holds its RwGrants. */
#define GRANTS_DATA "rw-grants"

/* Which libsoup has no name for. */
#define STATUS_TOO_MANY_REQUESTS 429

/* What a client is asked to wait when there is no place for it. */
#define RETRY_AFTER_S 5

/* Messages that may wait for a client that is away, or does not acknowledge. */
#define MAX_KEPT 1000

/* Rooms that one client may be in. */
#define MAX_ROOMS_PER_CLIENT 100

/* Clients that may wait for one floor. */
#define MAX_FLOOR_QUEUE 1000

/* How long a stopped server's last words may take to leave. */
#define FAREWELL_S 2

/* A shard and how many clients are on it. */
typedef struct {
  RwServerShard *loop;
  guint n_clients;
} Shard;

typedef struct {
  RwServer *server;
  RwServerSocket *socket;
  Shard *shard;
  guint64 connection;
  char *address;
  gint64 expires_us; /* wall clock: its token's end */
} Client;

struct _RwServer {
  GObject parent_instance;
  RwServerConfig *config;
  GMainContext *context;
  SoupServer *soup;
  GSource *tick;
  GSource *sweep;
  GSource *farewell;
  guint16 port;
  RwSeats *seats;
  GSource *wake;
  guint64 last_connection;
  GHashTable *clients;
  GHashTable *addresses;
  GHashTable *requests;
  RwServerMetrics metrics;
  RwTurn *turn;       /* NULL: no TURN servers are known */
  RwServerAuth *auth; /* NULL: open to everybody */
  GPtrArray *shards;  /* Shard */
  GPtrArray *gone;
  GPtrArray *leaving;
  gboolean pumping;
};

G_DEFINE_FINAL_TYPE (RwServer, rw_server, G_TYPE_OBJECT)

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
find_shard (RwServer *self)
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

static GSource *
attach (RwServer *self, GSource *source, const char *name, GSourceFunc func)
{
  g_source_set_static_name (source, name);
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, self->context);
  return source;
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;

  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static gboolean
on_sweep (gpointer user_data)
{
  RwServer *self = user_data;

  clear_source (&self->sweep);
  g_ptr_array_set_size (self->gone, 0);
  return G_SOURCE_REMOVE;
}

/* A socket may not be freed in its own callback. */
static void
client_free_later (RwServer *self, Client *client)
{
  g_ptr_array_add (self->gone, client);
  if (self->sweep == NULL)
    self->sweep =
        attach (self, g_idle_source_new (), "rw-server-sweep", on_sweep);
}

/* --- How many clients there are from an address --- */

static guint
count_from (RwServer *self, const char *address)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->addresses, address));
}

static void
add_from (RwServer *self, const char *address, gint n)
{
  guint sum = (guint) ((gint) count_from (self, address) + n);

  if (sum == 0)
    g_hash_table_remove (self->addresses, address);
  else
    g_hash_table_insert (self->addresses, g_strdup (address),
                         GUINT_TO_POINTER (sum));
}

/* --- Names --- */

static char *
new_id (gpointer user_data)
{
  return rw_random_uuid ();
}

static char *
new_token (gpointer user_data)
{
  return rw_random_token ();
}

/* --- Seats to sockets --- */

/* A broadcast is the same message many times in a row: it is written once. */
typedef struct {
  RwBrainMessage *message;
  char *text;
} Written;

static void
written_clear (Written *written)
{
  g_clear_pointer (&written->message, rw_brain_message_unref);
  g_clear_pointer (&written->text, g_free);
}

static char *
new_text (RwServer *self, const RwBrainMessage *message)
{
  g_autofree char *text = rw_brain_message_to_json (message);
  g_autofree char *ice_servers = NULL;

  if (self->turn == NULL || message->type != RW_SIGNAL_RESILIENT_WELCOME)
    return g_steal_pointer (&text);

  ice_servers =
      rw_turn_to_json (self->turn, message->peer_id, g_get_real_time ());
  return rw_brain_json_add_member (text, "iceServers", ice_servers);
}

static GBytes *
write_message (RwServer *self, Written *written, const RwSeatsOutput *output)
{
  char *text;

  if (written->message != output->message) {
    written_clear (written);
    written->message = rw_brain_message_ref (output->message);
    written->text = new_text (self, output->message);
  }

  text = output->seq > 0 || output->has_ack
             ? rw_brain_json_add_numbers (written->text, output->seq,
                                          output->has_ack, output->ack)
             : g_strdup (written->text);
  return g_bytes_new_take (text, strlen (text));
}

static void
perform (RwServer *self, Written *written, const RwSeatsOutput *output)
{
  Client *client = g_hash_table_lookup (self->clients, &output->connection);
  g_autoptr (GBytes) text = NULL;

  if (client == NULL)
    return;

  if (output->message == NULL) {
    rw_server_socket_close (client->socket, (gushort) output->close_code,
                            output->close_why);
    return;
  }
  self->metrics.messages_out++;
  text = write_message (self, written, output);
  rw_server_socket_send (client->socket, text);
}

static void
arm_wake (RwServer *self)
{
  gint64 wake_us = rw_seats_get_wake_us (self->seats);

  g_source_set_ready_time (self->wake, wake_us == G_MAXINT64 ? -1 : wake_us);
}

static void
pump_seats (RwServer *self)
{
  Written written = {NULL, NULL};
  RwSeatsOutput output;

  if (self->pumping)
    return;

  self->pumping = TRUE;
  while (rw_seats_pop (self->seats, &output)) {
    perform (self, &written, &output);
    rw_seats_output_clear (&output);
  }
  self->pumping = FALSE;
  written_clear (&written);
  arm_wake (self);
}

static gboolean
on_wake (gpointer user_data)
{
  RwServer *self = user_data;

  rw_seats_wake (self->seats, g_get_monotonic_time ());
  pump_seats (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_wake (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs wake_funcs = {.dispatch = dispatch_wake};

/* --- Sockets to seats --- */

static void
on_socket_message (RwServerSocket *socket, const char *text, gsize len,
                   gpointer user_data)
{
  Client *client = user_data;
  RwServer *self = client->server;
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSignalMessage) signal =
      rw_signal_message_parse (text, len, &error);
  g_autoptr (RwBrainMessage) message = NULL;

  self->metrics.messages_in++;
  if (signal == NULL) {
    self->metrics.messages_bad++;
    g_debug ("%" G_GUINT64_FORMAT ": bad message: %s", client->connection,
             error->message);
    rw_seats_fail (self->seats, client->connection, "bad-message",
                   error->message, 0);
  } else {
    message = rw_brain_message_from_signal (signal);
    rw_seats_handle (self->seats, client->connection, message,
                     g_get_monotonic_time ());
  }
  pump_seats (self);
}

static void
on_socket_unwanted (RwServerSocket *socket, const char *code, const char *what,
                    guint retry_after_ms, gpointer user_data)
{
  Client *client = user_data;

  rw_seats_fail (client->server->seats, client->connection, code, what,
                 retry_after_ms);
  pump_seats (client->server);
}

static void
on_socket_closed (RwServerSocket *socket, gboolean goodbye, gpointer user_data)
{
  Client *client = user_data;
  RwServer *self = client->server;

  g_debug ("%" G_GUINT64_FORMAT ": closed", client->connection);
  g_hash_table_steal (self->clients, &client->connection);
  add_from (self, client->address, -1);
  if (goodbye)
    rw_seats_leave (self->seats, client->connection, g_get_monotonic_time ());
  rw_seats_disconnect (self->seats, client->connection,
                       g_get_monotonic_time ());
  client_free_later (self, client);
  pump_seats (self);
}

static const RwServerSocketFuncs socket_funcs = {
    on_socket_message,
    on_socket_unwanted,
    on_socket_closed,
};

/* --- Who is let in --- */

static gboolean
is_full (RwServer *self)
{
  return g_hash_table_size (self->clients) >= self->config->max_clients;
}

/* What the bearer may do stays with @msg. FALSE when it has been answered. */
static gboolean
authenticate (RwServer *self, SoupServerMessage *msg, GHashTable *query)
{
  g_autofree char *token = NULL;
  g_autoptr (GError) error = NULL;
  RwGrants *grants;

  if (self->auth == NULL)
    return TRUE;

  token = rw_server_http_dup_token (msg, query);
  grants = rw_server_auth_check (self->auth, token, g_get_real_time (), &error);
  if (grants == NULL) {
    self->metrics.refused_auth++;
    rw_server_http_answer_unauthorized (msg, error->message);
    return FALSE;
  }

  g_object_set_data_full (G_OBJECT (msg), GRANTS_DATA, grants,
                          (GDestroyNotify) rw_grants_free);
  return TRUE;
}

/* FALSE when @msg has been answered with why not. */
static gboolean
let_in (RwServer *self, SoupServerMessage *msg)
{
  const char *address = soup_server_message_get_remote_host (msg);
  guint limit = self->config->max_clients_per_address;

  if (is_full (self)) {
    self->metrics.refused_full++;
    rw_server_http_answer_later (
        msg, SOUP_STATUS_SERVICE_UNAVAILABLE, RETRY_AFTER_S,
        "This server has as many clients as it may; try again later.\n");
    return FALSE;
  }
  if (limit > 0 && count_from (self, address) >= limit) {
    self->metrics.refused_address++;
    rw_server_http_answer_later (
        msg, STATUS_TOO_MANY_REQUESTS, RETRY_AFTER_S,
        "There are as many clients at this address as there may be.\n");
    return FALSE;
  }
  if (!rw_server_http_origin_allowed (msg, self->config->origins)) {
    self->metrics.refused_origin++;
    rw_server_http_answer (msg, SOUP_STATUS_FORBIDDEN,
                           "Pages of this origin may not connect.\n");
    return FALSE;
  }

  return TRUE;
}

/* --- HTTP --- */

static void
answer_metrics (RwServer *self, SoupServerMessage *msg)
{
  g_autofree char *text = NULL;

  self->metrics.connections = g_hash_table_size (self->clients);
  rw_brain_get_counts (rw_seats_get_brain (self->seats), &self->metrics.brain);
  rw_seats_get_counts (self->seats, &self->metrics.seats);
  rw_rooms_get_counts (rw_seats_get_rooms (self->seats), &self->metrics.rooms);
  text = rw_server_metrics_to_text (&self->metrics);
  rw_server_http_answer_metrics (msg, text);
}

static void
answer_ice_servers (RwServer *self, SoupServerMessage *msg)
{
  const RwGrants *grants = g_object_get_data (G_OBJECT (msg), GRANTS_DATA);
  g_autofree char *text = NULL;

  if (self->turn != NULL)
    text =
        rw_turn_to_json (self->turn, grants != NULL ? grants->user : "anybody",
                         g_get_real_time ());
  rw_server_http_answer_json (msg, text != NULL ? text : "[]");
}

static void
answer_ready (RwServer *self, SoupServerMessage *msg)
{
  if (is_full (self))
    rw_server_http_answer_later (msg, SOUP_STATUS_SERVICE_UNAVAILABLE,
                                 RETRY_AFTER_S, "full\n");
  else
    rw_server_http_answer (msg, SOUP_STATUS_OK, "ready\n");
}

static void
answer_request (RwServer *self, SoupServerMessage *msg, const char *path,
                GHashTable *query)
{
  g_autofree char *uri = NULL;

  if (rw_server_api_takes (path)) {
    if (authenticate (self, msg, query))
      rw_server_api_answer (self->seats, msg, path, query,
                            g_object_get_data (G_OBJECT (msg), GRANTS_DATA));
  } else if (!rw_server_http_is_get (msg)) {
    rw_server_http_answer (msg, SOUP_STATUS_METHOD_NOT_ALLOWED,
                           "Only GET is understood here.\n");
  } else if (g_str_equal (path, "/healthz")) {
    rw_server_http_answer (msg, SOUP_STATUS_OK, "ok\n");
  } else if (g_str_equal (path, "/readyz")) {
    answer_ready (self, msg);
  } else if (g_str_equal (path, "/webrtc/ice-servers")) {
    if (authenticate (self, msg, query))
      answer_ice_servers (self, msg);
  } else if (g_str_equal (path, "/metrics")) {
    if (authenticate (self, msg, query))
      answer_metrics (self, msg);
  } else {
    uri = rw_server_dup_uri (self);
    rw_server_http_answer_plain (msg, uri);
  }
}

/* The answer to a handshake has left: from now on it is a WebSocket. We make
 * the connection ourselves, to have our guard under it. */
static void
on_upgraded (SoupServerMessage *msg, gpointer user_data)
{
  RwServer *self = user_data;
  g_autoptr (GSocket) socket =
      g_object_ref (soup_server_message_get_socket (msg));
  g_autoptr (GUri) uri = g_uri_ref (soup_server_message_get_uri (msg));
  g_autofree char *address =
      g_strdup (soup_server_message_get_remote_host (msg));
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (msg);
  Client *client = g_new0 (Client, 1);
  RwGrants *grants;

  g_hash_table_remove (self->requests, msg);
  client->server = self;
  client->connection = ++self->last_connection;
  client->shard = find_shard (self);
  client->shard->n_clients++;
  client->address = g_steal_pointer (&address);
  client->socket =
      rw_server_socket_new (stream, uri, socket, client->shard->loop,
                            self->config, &socket_funcs, client);
  g_hash_table_insert (self->clients, &client->connection, client);
  add_from (self, client->address, 1);
  grants = g_object_steal_data (G_OBJECT (msg), GRANTS_DATA);
  client->expires_us = grants != NULL ? grants->expires_us : G_MAXINT64;
  self->metrics.accepted++;
  g_debug ("%" G_GUINT64_FORMAT ": from %s", client->connection,
           client->address);

  rw_seats_connect (self->seats, client->connection, grants);
  pump_seats (self);
}

static void
on_soup_request (SoupServer *soup, SoupServerMessage *msg, const char *path,
                 GHashTable *query, gpointer user_data)
{
  RwServer *self = user_data;

  if (!rw_server_http_wants_websocket (msg))
    answer_request (self, msg, path, query);
  else if (let_in (self, msg) && authenticate (self, msg, query) &&
           soup_websocket_server_process_handshake (msg, NULL, NULL, NULL,
                                                    NULL))
    g_signal_connect_object (msg, "wrote-informational",
                             G_CALLBACK (on_upgraded), self, 0);
}

/* A body is kept only where somebody reads it, and where it is short; any
 * other is read and dropped, piece by piece. */
static void
on_got_headers (SoupServerMessage *msg, gpointer unused)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  const char *path = g_uri_get_path (soup_server_message_get_uri (msg));

  if (rw_server_api_takes (path) &&
      soup_message_headers_get_encoding (headers) ==
          SOUP_ENCODING_CONTENT_LENGTH &&
      soup_message_headers_get_content_length (headers) <=
          RW_SERVER_API_MAX_BODY)
    soup_message_body_set_accumulate (
        soup_server_message_get_request_body (msg), TRUE);
}

static void
on_request_started (SoupServer *soup, SoupServerMessage *msg,
                    gpointer user_data)
{
  RwServer *self = user_data;
  gint64 *since_us = g_new (gint64, 1);

  *since_us = g_get_monotonic_time ();
  soup_message_body_set_accumulate (soup_server_message_get_request_body (msg),
                                    FALSE);
  g_signal_connect (msg, "got-headers", G_CALLBACK (on_got_headers), NULL);
  g_hash_table_insert (self->requests, g_object_ref (msg), since_us);
}

static void
on_request_over (SoupServer *soup, SoupServerMessage *msg, gpointer user_data)
{
  RwServer *self = user_data;

  g_hash_table_remove (self->requests, msg);
}

/* A connection that sends no whole request in time is cut off. */
static void
check_requests (RwServer *self, gint64 now_us)
{
  g_autoptr (GPtrArray) late = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 limit_us = (gint64) self->config->http_timeout_s * G_USEC_PER_SEC;
  GHashTableIter iter;
  gpointer msg;
  gpointer since_us;

  g_hash_table_iter_init (&iter, self->requests);
  while (g_hash_table_iter_next (&iter, &msg, &since_us)) {
    if (now_us - *(gint64 *) since_us > limit_us)
      g_ptr_array_add (late, g_object_ref (msg));
  }

  for (guint i = 0; i < late->len; i++) {
    SoupServerMessage *slow = g_ptr_array_index (late, i);
    GSocket *socket = soup_server_message_get_socket (slow);

    g_hash_table_remove (self->requests, slow);
    if (socket != NULL)
      g_socket_shutdown (socket, TRUE, TRUE, NULL);
  }
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

static gboolean
on_tick (gpointer user_data)
{
  RwServer *self = user_data;
  g_autoptr (GList) clients = g_hash_table_get_values (self->clients);
  gint64 now_us = g_get_monotonic_time ();

  for (GList *l = clients; l != NULL; l = l->next)
    tick_client (l->data, now_us);
  check_requests (self, now_us);

  return G_SOURCE_CONTINUE;
}

/* --- Life --- */

static RwSeats *
new_seats (RwServer *self)
{
  RwSeatsConfig config = {
      .new_id = new_id,
      .new_token = new_token,
      .grace_us = (gint64) self->config->grace_ms * 1000,
      .max_kept = MAX_KEPT,
      .max_kept_bytes = self->config->max_queue_bytes,
      .max_waiting = self->config->max_clients,
      .rooms =
          {
              .max_rooms = self->config->max_rooms,
              .max_rooms_per_member = MAX_ROOMS_PER_CLIENT,
              .max_messages = self->config->room_history,
              .max_bytes = self->config->max_queue_bytes,
              .max_age_us =
                  (gint64) self->config->room_history_age_s * G_USEC_PER_SEC,
              .floor =
                  {
                      .max_hold_us = (gint64) self->config->floor_max_hold_s *
                                     G_USEC_PER_SEC,
                      .grace_us = (gint64) self->config->floor_grace_ms * 1000,
                      .max_queue = MAX_FLOOR_QUEUE,
                  },
          },
  };

  return rw_seats_new (&config);
}

static SoupServer *
new_soup_server (RwServer *self)
{
  SoupServer *soup = soup_server_new (NULL, NULL);

  soup_server_add_handler (soup, NULL, on_soup_request, self, NULL);
  g_signal_connect (soup, "request-started", G_CALLBACK (on_request_started),
                    self);
  g_signal_connect (soup, "request-finished", G_CALLBACK (on_request_over),
                    self);
  g_signal_connect (soup, "request-aborted", G_CALLBACK (on_request_over),
                    self);

  return soup;
}

/* Nobody is left on the shards of a stopped server. */
static void
end_farewell (RwServer *self)
{
  clear_source (&self->farewell);
  g_ptr_array_set_size (self->leaving, 0);
  g_ptr_array_set_size (self->shards, 0);
}

static void
rw_server_dispose (GObject *object)
{
  RwServer *self = RW_SERVER (object);

  rw_server_stop (self);
  end_farewell (self);

  G_OBJECT_CLASS (rw_server_parent_class)->dispose (object);
}

static void
rw_server_finalize (GObject *object)
{
  RwServer *self = RW_SERVER (object);

  g_hash_table_unref (self->clients);
  g_hash_table_unref (self->requests);
  g_hash_table_unref (self->addresses);
  g_ptr_array_unref (self->gone);
  g_ptr_array_unref (self->leaving);
  g_ptr_array_unref (self->shards);
  rw_server_auth_free (self->auth);
  rw_turn_free (self->turn);
  rw_server_config_free (self->config);

  G_OBJECT_CLASS (rw_server_parent_class)->finalize (object);
}

static void
rw_server_class_init (RwServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = rw_server_dispose;
  object_class->finalize = rw_server_finalize;
}

static void
rw_server_init (RwServer *self)
{
  self->clients =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, client_free);
  self->requests = g_hash_table_new_full (NULL, NULL, g_object_unref, g_free);
  self->addresses =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->shards = g_ptr_array_new_with_free_func (shard_free);
  self->gone = g_ptr_array_new_with_free_func (client_free);
  self->leaving = g_ptr_array_new_with_free_func (client_free);
}

/** rw_server_new: @config is copied. */
RwServer *
rw_server_new (const RwServerConfig *config)
{
  RwServer *self;

  g_return_val_if_fail (config != NULL, NULL);

  self = g_object_new (RW_TYPE_SERVER, NULL);
  self->config = rw_server_config_copy (config);

  return self;
}

/* What is not there yet; a server that is started again has it already. */
static gboolean
load_secrets (RwServer *self, GError **error)
{
  const RwServerConfig *config = self->config;

  if (config->token_key_file != NULL && self->auth == NULL)
    self->auth = rw_server_auth_new (config->token_key_file,
                                     config->token_algorithm, error);
  if (config->token_key_file != NULL && self->auth == NULL)
    return FALSE;

  if (config->turn_uris != NULL && self->turn == NULL)
    self->turn = rw_turn_new (config->turn_uris, config->turn_secret_file,
                              config->turn_ttl_s, error);
  return config->turn_uris == NULL || self->turn != NULL;
}

/**
 * rw_server_start:
 *
 * Listens, and serves on the thread-default main context from now on. May be
 * called again after rw_server_stop(). An error names host and port and what
 * can be done; the server is then stopped.
 */
gboolean
rw_server_start (RwServer *self, GError **error)
{
  g_autoptr (SoupServer) soup = NULL;

  g_return_val_if_fail (RW_IS_SERVER (self), FALSE);
  g_return_val_if_fail (self->soup == NULL, FALSE);

  if (!load_secrets (self, error))
    return FALSE;
  soup = new_soup_server (self);
  if (!rw_server_load_tls (soup, self->config, error))
    return FALSE;
  self->port = rw_server_listen (soup, self->config, error);
  if (self->port == 0)
    return FALSE;

  end_farewell (self);
  self->soup = g_steal_pointer (&soup);
  self->context = g_main_context_ref_thread_default ();
  self->seats = new_seats (self);
  self->wake = attach (self, g_source_new (&wake_funcs, sizeof (GSource)),
                       "rw-server-wake", on_wake);
  self->tick = attach (self, g_timeout_source_new_seconds (TICK_S),
                       "rw-server-tick", on_tick);
  return TRUE;
}

static gboolean
on_farewell_over (gpointer user_data)
{
  end_farewell (user_data);
  return G_SOURCE_REMOVE;
}

static void
say_farewell (RwServer *self)
{
  GHashTableIter iter;
  gpointer client;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &client)) {
    g_hash_table_iter_steal (&iter);
    rw_server_socket_leave (((Client *) client)->socket);
    g_ptr_array_add (self->leaving, client);
  }

  clear_source (&self->farewell);
  self->farewell = attach (self, g_timeout_source_new_seconds (FAREWELL_S),
                           "rw-server-farewell", on_farewell_over);
}

/**
 * rw_server_stop:
 *
 * The port is free when it returns; the clients are told to go, if the context
 * runs on for a moment and the server is kept that long. Fine when not
 * started.
 */
void
rw_server_stop (RwServer *self)
{
  g_return_if_fail (RW_IS_SERVER (self));

  if (self->soup == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->soup, self);
  soup_server_remove_handler (self->soup, NULL);
  soup_server_disconnect (self->soup);
  g_clear_object (&self->soup);
  clear_source (&self->tick);
  clear_source (&self->sweep);
  g_ptr_array_set_size (self->gone, 0);
  g_hash_table_remove_all (self->requests);
  g_hash_table_remove_all (self->addresses);
  if (g_hash_table_size (self->clients) > 0)
    say_farewell (self);
  else
    end_farewell (self);
  clear_source (&self->wake);
  g_clear_pointer (&self->seats, rw_seats_free);
  g_clear_pointer (&self->context, g_main_context_unref);
  self->port = 0;
}

static GBytes *
new_moved_text (guint delay_ms)
{
  g_autoptr (RwSignalMessage) moved = rw_signal_message_new (RW_SIGNAL_MOVED);
  char *text;

  moved->delay_ms = delay_ms;
  text = rw_signal_message_to_json (moved);
  return g_bytes_new_take (text, strlen (text));
}

/**
 * rw_server_send_away:
 * @delay_ms: over how long the clients are to spread their return
 *
 * Before a restart: nobody new is let in, and everybody is told to come again.
 * rw_server_get_n_clients() falls to 0 while the context runs; then stop.
 */
void
rw_server_send_away (RwServer *self, guint delay_ms)
{
  g_autoptr (GBytes) moved = new_moved_text (delay_ms);
  GHashTableIter iter;
  gpointer value;

  g_return_if_fail (RW_IS_SERVER (self));
  g_return_if_fail (self->soup != NULL);

  soup_server_disconnect (self->soup);
  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Client *client = value;

    if (rw_seats_is_seat (self->seats, client->connection))
      rw_server_socket_send (client->socket, moved);
    rw_server_socket_close (client->socket, SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                            "the server restarts");
  }
}

/** rw_server_get_port: where it listens; 0 when it does not. */
guint16
rw_server_get_port (RwServer *self)
{
  g_return_val_if_fail (RW_IS_SERVER (self), 0);

  return self->port;
}

/**
 * rw_server_reload_tls:
 *
 * Reads the certificate again; it counts for new connections. On an error the
 * old one stays. Fine without TLS.
 */
gboolean
rw_server_reload_tls (RwServer *self, GError **error)
{
  g_return_val_if_fail (RW_IS_SERVER (self), FALSE);
  g_return_val_if_fail (self->soup != NULL, FALSE);

  return rw_server_load_tls (self->soup, self->config, error);
}

/** rw_server_dup_uri: such as ws://0.0.0.0:8443. */
char *
rw_server_dup_uri (RwServer *self)
{
  gboolean ipv6;

  g_return_val_if_fail (RW_IS_SERVER (self), NULL);

  ipv6 = strchr (self->config->host, ':') != NULL;
  return g_strdup_printf (ipv6 ? "%s://[%s]:%u" : "%s://%s:%u",
                          self->config->tls_certificate != NULL ? "wss" : "ws",
                          self->config->host, self->port);
}

/** rw_server_get_n_clients: the WebSockets open now. */
guint
rw_server_get_n_clients (RwServer *self)
{
  g_return_val_if_fail (RW_IS_SERVER (self), 0);

  return g_hash_table_size (self->clients);
}
