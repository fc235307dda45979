/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cluster.h"

#include "rw-cluster-claims.h"
#include "rw-cluster-lease.h"
#include "rw-cluster-peers.h"
#include "rw-cluster-registry.h"
#include "rw-cluster-rooms.h"
#include "rw-timer.h"

/* How often the lease is renewed, and what is regular is done. */
#define TICK_US G_USEC_PER_SEC

/* How long a server that stops may take to store its clients. */
#define STOP_US (2 * G_USEC_PER_SEC)

struct _RwCluster {
  RwClusterConfig config;
  RwClusterFuncs funcs;
  gpointer user_data;
  GMainContext *context;
  char *id;
  char *mailbox_key;
  char *states_key;
  RwClusterStore *store;
  RwClusterLease *lease;
  RwClusterReader *reader;
  RwClusterPeers *peers;
  RwClusterRegistry *registry;
  RwClusterClaims *claims;
  RwClusterRooms *rooms;
  RwClock *clock;
  RwTimer *timer;
  gint64 tick_us;    /* when the next one is due */
  gboolean is_ready; /* it has ever been, with all that others have */
  gboolean is_stopping;
  gboolean is_moved; /* all that it has had is to be stored */
  gboolean is_over;  /* the last answer has come, or is not waited for */
};

/* --- Time --- */

static void
arm (RwCluster *self)
{
  gint64 wake_us = rw_cluster_rooms_get_wake_us (self->rooms);
  gint64 due_us = self->tick_us;

  if (wake_us != G_MAXINT64)
    due_us = MIN (due_us, g_get_monotonic_time () +
                              MAX (wake_us - g_get_real_time (), 0));
  rw_timer_set_at (self->timer, due_us);
}

/* Sends the messages and changes that the last input has caused. */
static void
flush (RwCluster *self)
{
  if (self->is_stopping)
    return;

  rw_clients_flush (self->config.clients, g_get_monotonic_time ());
  rw_cluster_registry_flush (self->registry);
  arm (self);
  self->funcs.output (self->user_data);
}

/* --- Redis --- */

static void
check_ready (RwCluster *self)
{
  if (self->is_ready || !rw_cluster_lease_is_online (self->lease) ||
      !rw_cluster_peers_are_listed (self->peers))
    return;

  self->is_ready = TRUE;
  self->funcs.changed (self->user_data);
}

/* The one way to begin, to come back, and to write again what Redis has lost:
 * all that is here is written. */
static void
on_online (gboolean may_be_lost, gpointer user_data)
{
  RwCluster *self = user_data;

  rw_clients_set_degraded (self->config.clients, FALSE,
                           g_get_monotonic_time ());
  rw_cluster_claims_hold (self->claims);
  if (may_be_lost) {
    rw_cluster_registry_note_all (self->registry);
    rw_cluster_reader_add (self->reader, self->mailbox_key, "0-0");
    rw_cluster_peers_list (self->peers, TRUE);
  }
  rw_cluster_registry_flush (self->registry);
  rw_cluster_rooms_go_up (self->rooms, may_be_lost);
  rw_cluster_store_open (self->store);
  rw_cluster_reader_go_on (self->reader);
  if (self->is_ready && !self->is_stopping)
    self->funcs.changed (self->user_data);
}

static void
on_renewed (gpointer user_data)
{
  rw_cluster_claims_retry_all (((RwCluster *) user_data)->claims);
}

static void
on_lost (const char *server, gpointer user_data)
{
  rw_cluster_rooms_lose (((RwCluster *) user_data)->rooms, server);
}

static void
on_expired (const char *client, const char *room_id, gpointer user_data)
{
  rw_cluster_rooms_leave (((RwCluster *) user_data)->rooms, room_id, client);
}

static void
on_timer (gpointer user_data)
{
  RwCluster *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  if (self->is_stopping)
    return;
  if (now_us >= self->tick_us) {
    self->tick_us = now_us + TICK_US;
    rw_cluster_lease_renew (self->lease);
    rw_cluster_peers_tick (self->peers);
    rw_cluster_reader_trim (self->reader, self->mailbox_key);
  }
  rw_cluster_rooms_wake (self->rooms);
  flush (self);
}

static void
on_up (gpointer user_data)
{
  rw_cluster_lease_renew (((RwCluster *) user_data)->lease);
}

static void
on_down (const GError *error, gpointer user_data)
{
  RwCluster *self = user_data;

  if (!rw_cluster_lease_go_down (self->lease))
    return;

  rw_clients_set_degraded (self->config.clients, self->is_ready,
                           g_get_monotonic_time ());
  if (!self->is_stopping)
    self->funcs.changed (self->user_data);
  flush (self);
}

static void
on_answered (gpointer user_data)
{
  RwCluster *self = user_data;

  check_ready (self);
  flush (self);
}

/* --- Entries of streams --- */

static void
stop_if_read (RwCluster *self)
{
  if (!self->is_stopping)
    return;

  /* The messages that the last answers have caused move with the clients. */
  rw_clients_flush (self->config.clients, g_get_monotonic_time ());
  rw_cluster_registry_move_all (self->registry);
  rw_clients_flush (self->config.clients, g_get_monotonic_time ());
  rw_cluster_registry_flush (self->registry);
  self->is_moved = TRUE;
}

static void
on_claimed_elsewhere (RwCluster *self, const char *id, const redisReply *fields)
{
  guint64 attempt = rw_fields_get_number (fields, "attempt");

  rw_cluster_claims_cancel (self->claims, id, attempt);
  rw_cluster_registry_claimed (self->registry, id, attempt,
                               rw_fields_get_number (fields, "generation"));
}

/* An entry of the mailbox, written by a script that @server has run. */
static void
take_notice (RwCluster *self, const redisReply *fields)
{
  const char *server = rw_fields_get_id (fields, "server");
  const char *kind = rw_fields_get_id (fields, "kind");
  const char *id = rw_fields_get_id (fields, "client");

  if (server == NULL || kind == NULL)
    return;
  if (g_str_equal (kind, "stop"))
    stop_if_read (self);
  else if (g_str_equal (kind, "signal"))
    rw_cluster_peers_receive (self->peers, server, fields);
  else if (g_str_equal (kind, "claimed") && id != NULL)
    on_claimed_elsewhere (self, id, fields);
  else if (g_str_equal (kind, "moved") && id != NULL)
    rw_cluster_registry_moved (self->registry, id,
                               rw_fields_get_number (fields, "generation"));
  else if (g_str_equal (kind, "stored") && id != NULL)
    rw_cluster_claims_retry (self->claims, id);
}

static void
on_entry (const char *key, const char *id, const redisReply *fields,
          gpointer user_data)
{
  RwCluster *self = user_data;

  if (g_str_equal (key, self->mailbox_key))
    take_notice (self, fields);
  else if (g_str_equal (key, self->states_key))
    rw_cluster_peers_take (self->peers, fields);
  else
    rw_cluster_rooms_take (self->rooms, key, id, fields);
  rw_clients_flush (self->config.clients, g_get_monotonic_time ());
}

/* --- The clients --- */

static void
on_forward (const char *to, RwSignalMessage *message, gpointer user_data)
{
  rw_cluster_peers_forward (((RwCluster *) user_data)->peers, to, message);
}

static gboolean
is_followed (const char *id, gpointer user_data)
{
  return rw_cluster_peers_is_followed (((RwCluster *) user_data)->peers, id);
}

static void
on_changed (const char *id, gpointer user_data)
{
  RwCluster *self = user_data;

  rw_cluster_registry_note_changed (self->registry, id);
}

static gboolean
on_reserve (const char *id, const char *name, gpointer user_data)
{
  RwCluster *self = user_data;

  return rw_cluster_lease_is_online (self->lease) &&
         rw_cluster_registry_reserve (self->registry, id, name);
}

static gboolean
on_claim (guint64 connection, const char *id, const char *secret,
          guint64 attempt, gpointer user_data)
{
  RwCluster *self = user_data;

  rw_cluster_claims_add (self->claims, connection, id, secret, attempt);
  return TRUE;
}

/* --- Life --- */

static char *
new_id (gpointer user_data)
{
  return g_uuid_string_random ();
}

static void
make_parts (RwCluster *self)
{
  static const RwClusterStoreFuncs store_funcs = {on_up, on_down, on_answered};
  static const RwClusterLeaseFuncs lease_funcs = {on_online, on_renewed,
                                                  on_lost, on_expired};
  RwClients *clients = self->config.clients;
  const RwClientsConfig *config = self->config.config;
  RwClusterRoomsConfig rooms = {.clients = clients,
                                .me = self->id,
                                .rooms = &config->rooms,
                                .new_id = new_id};

  self->store =
      rw_cluster_store_new (self->config.uri, self->config.prefix, self->id,
                            self->context, &store_funcs, self);
  self->mailbox_key =
      rw_cluster_store_dup_key (self->store, "mailbox:", self->id);
  self->states_key = rw_cluster_store_dup_key (self->store, "states", "");
  self->reader =
      rw_cluster_reader_new (self->store, self->mailbox_key, on_entry, self);
  self->peers =
      rw_cluster_peers_new (self->store, self->reader, clients, self->id);
  self->lease =
      rw_cluster_lease_new (self->store, self->id, self->config.version,
                            config->grace_us, &lease_funcs, self);
  self->registry =
      rw_cluster_registry_new (self->store, clients, config->grace_us);
  self->claims = rw_cluster_claims_new (self->store, clients, config->grace_us);
  rooms.store = self->store;
  rooms.reader = self->reader;
  self->rooms = rw_cluster_rooms_new (&rooms);
}

/** rw_cluster_new: what @config points to outlives it. */
RwCluster *
rw_cluster_new (const RwClusterConfig *config, GMainContext *context,
                const RwClusterFuncs *funcs, gpointer user_data)
{
  RwCluster *self = g_new0 (RwCluster, 1);
  const RwClientsUplink uplink = {on_forward, is_followed, on_changed,
                                  on_reserve, on_claim,    self};

  self->config = *config;
  self->funcs = *funcs;
  self->user_data = user_data;
  self->context = g_main_context_ref (context);
  self->id = new_id (NULL);
  self->tick_us = g_get_monotonic_time ();
  self->clock = rw_clock_new ();
  self->timer =
      rw_timer_new (self->clock, context, "rw-cluster-timer", on_timer, self);
  make_parts (self);
  rw_clients_attach (config->clients, &uplink);
  arm (self);
  return self;
}

/* --- The end --- */

static void
on_left (const redisReply *reply, const GError *error, gpointer user_data)
{
  ((RwCluster *) user_data)->is_over = TRUE;
}

static void
on_stop_late (gpointer user_data)
{
  ((RwCluster *) user_data)->is_over = TRUE;
}

/* Waits until @is_done, or the time is up; NULL: for the last answer. Nothing
 * else runs meanwhile: the sockets have other contexts, or are closed. */
static void
wait_until (RwCluster *self, gboolean (*is_done) (const RwCluster *self))
{
  while (!self->is_over && (is_done == NULL || !is_done (self)))
    g_main_context_iteration (self->context, TRUE);
}

static gboolean
is_online (const RwCluster *self)
{
  return rw_cluster_lease_is_online (self->lease);
}

static gboolean
is_moved (const RwCluster *self)
{
  return self->is_moved &&
         rw_cluster_store_get_pending_bytes (self->store) == 0;
}

/* Clients find their state at another server, and their names remain theirs
 * until they have come there. Redis may be away for a moment. */
static void
stop (RwCluster *self)
{
  g_autoptr (RwTimer) limit = rw_timer_new (
      self->clock, self->context, "rw-cluster-stop", on_stop_late, self);
  g_autoptr (RwCommand) grace = rw_command_new_empty ();
  g_autoptr (RwCommand) none = rw_command_new_empty ();

  self->is_stopping = TRUE;
  rw_timer_set_in (limit, self->is_ready ? STOP_US : 0);
  wait_until (self, is_online);
  if (!is_online (self))
    return;

  rw_cluster_registry_flush (self->registry);
  rw_command_add_number (grace, (guint64) self->config.config->grace_us / 1000);
  rw_cluster_store_run (self->store, RW_SCRIPT_STOP, grace, NULL, NULL);
  wait_until (self, is_moved);
  rw_cluster_rooms_stop (self->rooms);
  if (rw_cluster_store_run (self->store, RW_SCRIPT_LEAVE, none, on_left, self))
    wait_until (self, NULL);
}

/** rw_cluster_free: the clients have no other servers any more. NULL is fine.
 */
void
rw_cluster_free (RwCluster *self)
{
  const RwClientsUplink none = {0};
  const RwRoomsStore no_store = {0};

  if (self == NULL)
    return;

  stop (self);
  self->is_stopping = TRUE;
  rw_clients_attach (self->config.clients, &none);
  rw_rooms_set_store (rw_clients_get_rooms (self->config.clients), &no_store);
  rw_cluster_store_free (self->store);
  rw_cluster_rooms_free (self->rooms);
  rw_cluster_claims_free (self->claims);
  rw_cluster_registry_free (self->registry);
  rw_cluster_reader_free (self->reader);
  rw_cluster_lease_free (self->lease);
  rw_cluster_peers_free (self->peers);
  rw_timer_free (self->timer);
  g_object_unref (self->clock);
  g_main_context_unref (self->context);
  g_free (self->mailbox_key);
  g_free (self->states_key);
  g_free (self->id);
  g_free (self);
}

/* --- For the server --- */

/** rw_cluster_get_id: of this server, for as long as it runs. */
const char *
rw_cluster_get_id (RwCluster *self)
{
  return self->id;
}

/** rw_cluster_is_ready: whether it has ever joined the other servers. */
gboolean
rw_cluster_is_ready (RwCluster *self)
{
  return self->is_ready;
}

/** rw_cluster_is_degraded: whether Redis is away. */
gboolean
rw_cluster_is_degraded (RwCluster *self)
{
  return !rw_cluster_lease_is_online (self->lease);
}

/** rw_cluster_get_pending_bytes: what Redis has not taken yet. */
gsize
rw_cluster_get_pending_bytes (RwCluster *self)
{
  return rw_cluster_store_get_pending_bytes (self->store);
}

/** rw_cluster_flush: after the clients were given something. */
void
rw_cluster_flush (RwCluster *self)
{
  rw_cluster_registry_flush (self->registry);
  arm (self);
}

void
rw_cluster_get_stats (RwCluster *self, RwClusterStats *stats)
{
  *stats = (RwClusterStats){
      .is_up = rw_cluster_lease_is_online (self->lease),
      .servers = rw_cluster_lease_get_n_servers (self->lease),
      .commands = rw_cluster_store_get_n_commands (self->store),
      .messages_sent = rw_cluster_peers_get_n_messages (self->peers, FALSE),
      .messages_received = rw_cluster_peers_get_n_messages (self->peers, TRUE),
      .degraded_us = rw_cluster_lease_get_degraded_us (self->lease),
      .pending_bytes = rw_cluster_get_pending_bytes (self),
  };
  stats->latency_sum_us =
      rw_cluster_store_get_latency (self->store, stats->latency_buckets);
}
