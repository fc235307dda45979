/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-server.h"

#include "rw-cluster.h"
#include "rw-redis-uri.h"
#include "rw-signal-message-state.h"

#define MAX_CLIENT_DELAY_US 30000

struct _SimServer {
  SimRedis *redis;
  SimRandom *random;
  SimBook *book;
  guint index;
  guint life;
  SimOwner *owner;
  GMainContext *context;
  GSource *turn; /* lets the world go on while the server waits */
  GUri *uri;
  RwClientsConfig config;
  RwClients *clients; /* NULL: it does not run */
  RwCluster *cluster;
  SimEvent *wake;
  GHashTable *connections; /* number -> SimConnection */
  guint64 last_connection;
  guint n_ids;
  gboolean is_pumping;
  gboolean is_stopping;
  gboolean is_wanted; /* to start again when it has stopped */
  gint64 ill_from_us;
  gint64 ill_us;
};

struct _SimConnection {
  guint ref_count;
  SimServer *server;
  SimOwner *process; /* of the server, when it was made */
  SimRandom *random;
  guint64 number;
  SimPeerFuncs funcs;
  gpointer user_data;
  gboolean is_left;   /* by the client */
  gboolean is_closed; /* by the server */
  gboolean is_lossy;
  gint64 to_us;
  gint64 from_us;
};

/* --- Connections --- */

static SimConnection *
connection_ref (SimConnection *self)
{
  self->ref_count++;
  return self;
}

static void
connection_unref (gpointer data)
{
  SimConnection *self = data;

  if (--self->ref_count > 0)
    return;
  sim_owner_unref (self->process);
  g_free (self);
}

typedef struct {
  SimConnection *connection;
  RwSignalMessage *message; /* to the server */
  RwClientsOutput output;   /* from it */
} Letter;

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  connection_unref (letter->connection);
  g_clear_pointer (&letter->message, rw_signal_message_unref);
  rw_clients_output_clear (&letter->output);
  g_free (letter);
}

/* When what is sent now arrives: behind what was sent before. */
static gint64
get_arrival_us (SimRandom *random, gint64 before_us)
{
  gint64 at_us =
      sim_time_get () + sim_random_range (random, 10, MAX_CLIENT_DELAY_US);

  return MAX (before_us, at_us);
}

/* --- The server --- */

static void pump (SimServer *self);

static void
on_wake (gpointer data)
{
  SimServer *self = data;

  self->wake = NULL;
  rw_clients_wake (self->clients, sim_time_get ());
  pump (self);
}

static void
arm (SimServer *self)
{
  gint64 wake_us = rw_clients_get_wake_us (self->clients);

  if (self->wake != NULL)
    sim_time_remove (self->wake);
  self->wake = wake_us != G_MAXINT64
                   ? sim_time_add (self->owner, wake_us, on_wake, self, NULL)
                   : NULL;
}

static void
on_lost (gpointer data)
{
  SimConnection *connection = data;

  if (connection->is_left)
    return;
  connection->is_left = TRUE;
  connection->funcs.lost (connection->user_data);
  connection_unref (connection);
}

static void
on_letter_from (gpointer data)
{
  const Letter *letter = data;
  SimConnection *connection = letter->connection;

  if (!connection->is_left)
    connection->funcs.receive (&letter->output, connection->user_data);
}

static void
close_connection (SimServer *self, SimConnection *connection)
{
  connection->is_closed = TRUE;
  connection->from_us = get_arrival_us (self->random, connection->from_us);
  sim_time_add (NULL, connection->from_us, on_lost, connection_ref (connection),
                connection_unref);
  g_hash_table_remove (self->connections, &connection->number);
}

static void
on_gone (gpointer data)
{
  SimConnection *connection = data;
  SimServer *self = connection->server;

  if (connection->is_closed)
    return;
  connection->is_closed = TRUE;
  rw_clients_disconnect (self->clients, connection->number, sim_time_get ());
  g_hash_table_remove (self->connections, &connection->number);
  pump (self);
}

static void
send_output (SimServer *self, const RwClientsOutput *output)
{
  SimConnection *connection =
      g_hash_table_lookup (self->connections, &output->connection);
  Letter *letter;

  if (connection == NULL)
    return;

  if (output->message != NULL && output->message->restored)
    sim_book_note_restored (self->book, output->message->peer_id);
  if (output->message == NULL) {
    sim_time_add (self->owner, sim_time_get (), on_gone,
                  connection_ref (connection), connection_unref);
    connection->from_us = get_arrival_us (self->random, connection->from_us);
    sim_time_add (NULL, connection->from_us, on_lost,
                  connection_ref (connection), connection_unref);
    return;
  }

  letter = g_new0 (Letter, 1);
  letter->connection = connection_ref (connection);
  letter->output = *output;
  rw_signal_message_ref (output->message);
  connection->from_us = get_arrival_us (self->random, connection->from_us);
  sim_time_add (NULL, connection->from_us, on_letter_from, letter, letter_free);
}

static void
pump (SimServer *self)
{
  RwClientsOutput output;

  if (self->is_pumping || self->is_stopping)
    return;

  self->is_pumping = TRUE;
  rw_cluster_flush (self->cluster);
  while (rw_clients_pop (self->clients, &output)) {
    send_output (self, &output);
    rw_clients_output_clear (&output);
  }
  self->is_pumping = FALSE;
  arm (self);
}

static void
on_output (gpointer user_data)
{
  pump (user_data);
}

static void
on_changed (gpointer user_data)
{
}

static char *
new_id (gpointer user_data)
{
  SimServer *self = user_data;

  return g_strdup_printf ("s%u-%u-%u", self->index, self->life, ++self->n_ids);
}

/* --- Life --- */

static gboolean
dispatch_turn (GSource *source, GSourceFunc callback, gpointer data)
{
  sim_time_step ();
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs turn_funcs = {.dispatch = dispatch_turn};

void
sim_server_start (SimServer *self)
{
  const RwClusterFuncs funcs = {on_output, on_changed};
  RwClusterConfig cluster;

  self->is_wanted = self->is_stopping;
  if (self->clients != NULL)
    return;

  self->life++;
  self->owner = sim_owner_new ();
  self->context = g_main_context_new ();
  self->turn = g_source_new (&turn_funcs, sizeof (GSource));
  g_source_set_ready_time (self->turn, 0);
  g_source_attach (self->turn, self->context);
  sim_owner_attach (self->owner, self->context);
  self->clients = rw_clients_new (&self->config);
  cluster =
      (RwClusterConfig){self->uri, "p", self->clients, &self->config, "sim"};
  self->cluster = rw_cluster_new (&cluster, self->context, &funcs, self);
  arm (self);
}

/* What is left of the process; what is on its way to it is dropped. */
static void
clear (SimServer *self)
{
  if (self->wake != NULL)
    sim_time_remove (self->wake);
  self->wake = NULL;
  self->owner->is_dead = TRUE;
  g_clear_pointer (&self->clients, rw_clients_free);
  self->cluster = NULL;
  g_source_destroy (self->turn);
  g_clear_pointer (&self->turn, g_source_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->owner, sim_owner_unref);
  self->is_stopping = FALSE;
  if (self->is_wanted)
    sim_server_start (self);
}

static void
close_all (SimServer *self)
{
  g_autoptr (GList) all = g_hash_table_get_values (self->connections);

  for (GList *l = all; l != NULL; l = l->next) {
    SimConnection *connection = l->data;

    rw_clients_disconnect (self->clients, connection->number, sim_time_get ());
    close_connection (self, connection);
  }
}

/* As at SIGTERM. */
void
sim_server_stop (SimServer *self)
{
  if (self->clients == NULL || self->is_stopping)
    return;

  close_all (self);
  rw_cluster_flush (self->cluster);
  self->is_stopping = TRUE;
  rw_cluster_free (self->cluster);
  clear (self);
}

void
sim_server_kill (SimServer *self)
{
  if (self->clients == NULL || self->is_stopping)
    return;

  self->is_stopping = TRUE;
  close_all (self);
  sim_redis_forget (self->redis, self->owner);
  sim_redis_cut (self->redis, self->owner, TRUE, TRUE);
  rw_cluster_free (self->cluster);
  sim_redis_forget (self->redis, self->owner);
  clear (self);
}

void
sim_server_freeze (SimServer *self, gint64 until_us)
{
  if (self->owner != NULL)
    self->owner->frozen_until_us = MAX (self->owner->frozen_until_us, until_us);
}

guint
sim_server_get_index (const SimServer *self)
{
  return self->index;
}

gboolean
sim_server_is_there (const SimServer *self)
{
  return self->clients != NULL && !self->is_stopping &&
         rw_cluster_is_ready (self->cluster);
}

gboolean
sim_server_is_stopping (const SimServer *self)
{
  return self->is_stopping;
}

gboolean
sim_server_is_well (const SimServer *self)
{
  return sim_server_is_there (self) &&
         self->owner->frozen_until_us <= sim_time_get () &&
         !rw_cluster_is_degraded (self->cluster);
}

/* Less than this between two times makes them one. */
#define ILL_APART_US (2 * G_USEC_PER_SEC)

void
sim_server_look (SimServer *self)
{
  gint64 now_us = sim_time_get ();

  if (sim_server_is_well (self) &&
      !sim_redis_is_away (self->redis, self->owner))
    return;

  if (now_us - self->ill_us > ILL_APART_US)
    self->ill_from_us = now_us;
  self->ill_us = now_us;
}

gint64
sim_server_get_ill_us (const SimServer *self, gint64 *from_us)
{
  *from_us = self->ill_from_us;
  return self->ill_us;
}

SimOwner *
sim_server_get_owner (const SimServer *self)
{
  return self->owner;
}

RwClients *
sim_server_get_clients (const SimServer *self)
{
  return self->clients;
}

SimServer *
sim_server_new (SimRedis *redis, SimRandom *random, guint index, SimBook *book)
{
  SimServer *self = g_new0 (SimServer, 1);

  self->redis = redis;
  self->random = random;
  self->book = book;
  self->index = index;
  self->uri = rw_redis_uri_parse ("unix:///nowhere", NULL);
  self->connections = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL,
                                             connection_unref);
  self->config =
      (RwClientsConfig){.new_id = new_id,
                        .new_token = new_id,
                        .user_data = self,
                        .grace_us = 30 * G_USEC_PER_SEC,
                        .max_kept = 4096,
                        .max_kept_bytes = 4 << 20,
                        .max_waiting = 1000,
                        .rooms = {.max_rooms = 100,
                                  .max_rooms_per_member = 100,
                                  .max_messages = 1000,
                                  .max_bytes = 4 << 20,
                                  .max_total_bytes = 64 << 20,
                                  .max_age_us = 300 * G_USEC_PER_SEC,
                                  .floor = {.max_hold_us = 4 * G_USEC_PER_SEC,
                                            .grace_us = 2 * G_USEC_PER_SEC,
                                            .max_queue = 100}}};
  return self;
}

void
sim_server_free (SimServer *self)
{
  sim_server_kill (self);
  g_hash_table_unref (self->connections);
  g_uri_unref (self->uri);
  g_free (self);
}

/* --- The client's side --- */

static void
on_come (gpointer data)
{
  SimConnection *connection = data;
  SimServer *self = connection->server;

  if (self->is_stopping || connection->is_lossy) {
    close_connection (self, connection);
    return;
  }
  g_hash_table_insert (self->connections, &connection->number,
                       connection_ref (connection));
  rw_clients_connect (self->clients, connection->number, NULL, sim_time_get ());
  pump (self);
}

SimConnection *
sim_connection_new (SimServer *server, const SimPeerFuncs *funcs,
                    gpointer user_data)
{
  SimConnection *self;

  if (!sim_server_is_there (server))
    return NULL;

  self = g_new0 (SimConnection, 1);
  self->ref_count = 1;
  self->server = server;
  self->process = sim_owner_ref (server->owner);
  self->random = server->random;
  self->number = ++server->last_connection;
  self->funcs = *funcs;
  self->user_data = user_data;
  self->to_us = get_arrival_us (self->random, 0);
  sim_time_add (self->process, self->to_us, on_come, connection_ref (self),
                connection_unref);
  return self;
}

static void
on_letter_to (gpointer data)
{
  const Letter *letter = data;
  SimConnection *connection = letter->connection;
  SimServer *self = connection->server;

  if (connection->is_closed || connection->is_lossy || self->is_stopping)
    return;
  rw_clients_handle (self->clients, connection->number, letter->message,
                     sim_time_get ());
  pump (self);
}

void
sim_connection_send (SimConnection *self, RwSignalMessage *message)
{
  g_autoptr (GVariant) saved =
      g_variant_ref_sink (rw_signal_message_save (message));
  Letter *letter = g_new0 (Letter, 1);

  letter->connection = connection_ref (self);
  letter->message = rw_signal_message_load (saved, NULL);
  g_assert_nonnull (letter->message);
  letter->message->seq = message->seq;
  letter->message->ack = message->ack;
  letter->message->has_ack = message->has_ack;
  self->to_us = get_arrival_us (self->random, self->to_us);
  sim_time_add (self->process, self->to_us, on_letter_to, letter, letter_free);
}

void
sim_connection_drop (SimConnection *self, gboolean is_lossy, gint64 late_us)
{
  if (self->is_left)
    return;

  self->is_left = TRUE;
  self->is_lossy = is_lossy;
  sim_time_add (self->process, MAX (self->to_us, sim_time_get () + late_us),
                on_gone, connection_ref (self), connection_unref);
  connection_unref (self);
}

SimServer *
sim_connection_get_server (const SimConnection *self)
{
  return self->server;
}
