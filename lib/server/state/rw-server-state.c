/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-state.h"

#include "rw-random.h"
#include "rw-server-cluster.h"
#include "rw-server-log.h"
#include "rw-server-source.h"
#include "rw-signal-json.h"
#include "rw-trace-context.h"

/* Messages that may wait for a client that is away, or does not acknowledge. */
#define MAX_KEPT 4096

/* Rooms that one client may be in. */
#define MAX_ROOMS_PER_CLIENT 100

/* Clients that may wait for one floor. */
#define MAX_FLOOR_QUEUE 1000

/* Messages of clients may wait for the store up to this; as much again is
 * for messages that are short, so that large ones do not keep a session from
 * being made. */
#define MAX_PENDING_BYTES (64 * 1024 * 1024)
#define SHORT_BYTES       (16 * 1024)

struct _RwServerState {
  RwClients *clients;
  RwServerCluster *cluster; /* NULL: a single server */
  RwServerStateFuncs funcs;
  gpointer user_data;
  GSource *wake;
  guint64 last_connection;
  gboolean pumping;
  gboolean degraded;
};

typedef struct {
  GSource parent;
  RwServerState *state;
} WakeSource;

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

static RwClientsConfig
get_clients_config (const RwServerConfig *config)
{
  return (RwClientsConfig){
      .new_id = new_id,
      .new_token = new_token,
      .grace_us = (gint64) config->grace_ms * 1000,
      .max_kept = MAX_KEPT,
      .max_kept_bytes = config->max_queue_bytes,
      .max_waiting = config->max_clients,
      .rooms =
          {
              .max_rooms = config->max_rooms,
              .max_rooms_per_member = MAX_ROOMS_PER_CLIENT,
              .max_messages = config->room_history,
              .max_bytes = config->max_queue_bytes,
              .max_total_bytes = config->max_history_bytes,
              .max_age_us =
                  (gint64) config->room_history_age_s * G_USEC_PER_SEC,
              .floor =
                  {
                      .max_hold_us =
                          (gint64) config->floor_max_hold_s * G_USEC_PER_SEC,
                      .grace_us = (gint64) config->floor_grace_ms * 1000,
                      .max_queue = MAX_FLOOR_QUEUE,
                  },
              .strict_rooms = config->floor_strict_rooms,
          },
  };
}

/* An output may cause further ones, which the loop already here sends. */
static void
pump (RwServerState *self)
{
  RwClientsOutput output;

  if (self->pumping)
    return;

  self->pumping = TRUE;
  if (self->cluster != NULL)
    rw_server_cluster_flush (self->cluster);
  while (rw_clients_pop (self->clients, &output)) {
    self->funcs.output (&output, self->user_data);
    rw_clients_output_clear (&output);
  }
  self->funcs.output (NULL, self->user_data);
  self->pumping = FALSE;
}

static gboolean
on_wake (gpointer user_data)
{
  RwServerState *self = user_data;

  rw_clients_wake (self->clients, g_get_monotonic_time ());
  pump (self);
  return G_SOURCE_CONTINUE;
}

static void
on_output (gpointer user_data)
{
  pump (user_data);
}

static void
on_changed (gpointer user_data)
{
  RwServerState *self = user_data;
  RwServerStore store;

  rw_server_state_get_store (self, &store);
  if (!store.ready || store.degraded == self->degraded)
    return;

  self->degraded = store.degraded;
  self->funcs.degraded (self->degraded, self->user_data);
}

static gboolean
dispatch_wake (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

/* Once in each turn of the context, however much has been handled in it. */
static gboolean
prepare_wake (GSource *source, gint *timeout_ms)
{
  RwServerState *self = ((WakeSource *) source)->state;
  gint64 wake_us = rw_clients_get_wake_us (self->clients);

  g_source_set_ready_time (source, wake_us == G_MAXINT64 ? -1 : wake_us);
  *timeout_ms = -1;
  return FALSE;
}

static GSourceFuncs wake_funcs = {.prepare = prepare_wake,
                                  .dispatch = dispatch_wake};

static GSource *
new_wake (RwServerState *self)
{
  GSource *source = g_source_new (&wake_funcs, sizeof (WakeSource));

  ((WakeSource *) source)->state = self;
  return source;
}

/** rw_server_state_new: an error is about the configuration. */
RwServerState *
rw_server_state_new (const RwServerConfig *config, GMainContext *context,
                     const RwServerStateFuncs *funcs, gpointer user_data,
                     GError **error)
{
  static const RwServerClusterFuncs cluster_funcs = {on_output, on_changed};
  RwClientsConfig clients = get_clients_config (config);
  RwServerState *self = g_new0 (RwServerState, 1);

  self->funcs = *funcs;
  self->user_data = user_data;
  self->clients = rw_clients_new (&clients);
  self->wake = rw_server_source_attach (context, new_wake (self),
                                        "rw-server-wake", on_wake, self);
  if (config->redis_uri == NULL)
    return self;

  self->cluster = rw_server_cluster_new (config, self->clients, &clients,
                                         context, &cluster_funcs, self, error);
  if (self->cluster == NULL)
    g_clear_pointer (&self, rw_server_state_free);
  return self;
}

/** rw_server_state_free: NULL is fine. */
void
rw_server_state_free (RwServerState *self)
{
  if (self == NULL)
    return;

  /* Outputs caused by the messages to other servers are dropped. */
  self->pumping = TRUE;
  rw_server_cluster_free (self->cluster);
  rw_server_source_clear (&self->wake);
  rw_clients_free (self->clients);
  g_free (self);
}

/** rw_server_state_new_connection: its number, never given before. */
guint64
rw_server_state_new_connection (RwServerState *self)
{
  return ++self->last_connection;
}

/** rw_server_state_connect: takes @grants, which are nullable. */
void
rw_server_state_connect (RwServerState *self, guint64 connection,
                         RwGrants *grants)
{
  rw_clients_connect (self->clients, connection, grants,
                      g_get_monotonic_time ());
  pump (self);
}

/** rw_server_state_disconnect: @is_close: the client closed it. */
void
rw_server_state_disconnect (RwServerState *self, guint64 connection,
                            gboolean is_close)
{
  gint64 now_us = g_get_monotonic_time ();

  if (is_close)
    rw_clients_leave (self->clients, connection, now_us);
  rw_clients_disconnect (self->clients, connection, now_us);
  pump (self);
}

/* A tracing system finds the session by it. A member that is no traceparent is
 * passed on, but not logged. */
static void
log_trace (guint64 connection, const RwSignalMessage *message)
{
  if (message->traceparent != NULL &&
      rw_traceparent_is_valid (message->traceparent))
    rw_server_log (message->type == RW_SIGNAL_START_SESSION ? G_LOG_LEVEL_INFO
                                                            : G_LOG_LEVEL_DEBUG,
                   connection, NULL, "%s traceparent=%s",
                   rw_signal_type_to_string (message->type),
                   message->traceparent);
}

/**
 * rw_server_state_handle:
 * @text: as it came
 *
 * FALSE when that is no message; the client then gets an error.
 */
gboolean
rw_server_state_handle (RwServerState *self, guint64 connection,
                        const char *text, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSignalMessage) message =
      rw_signal_message_parse (text, len, &error);

  if (message == NULL) {
    g_debug ("%" G_GUINT64_FORMAT ": bad message: %s", connection,
             error->message);
    rw_server_state_fail (self, connection, "bad-message", error->message, 0);
    return FALSE;
  }

  log_trace (connection, message);
  rw_clients_handle (self->clients, connection, message,
                     g_get_monotonic_time ());
  pump (self);
  return TRUE;
}

/** rw_server_state_fail: what it sent was not good. */
void
rw_server_state_fail (RwServerState *self, guint64 connection, const char *code,
                      const char *what, guint retry_after_ms)
{
  rw_clients_fail (self->clients, connection, code, what, retry_after_ms,
                   g_get_monotonic_time ());
  pump (self);
}

/** rw_server_state_get_clients: (transfer none): to read, for the moment. */
RwClients *
rw_server_state_get_clients (RwServerState *self)
{
  return self->clients;
}

/** rw_server_state_is_ready: whether clients can be served at all. */
gboolean
rw_server_state_is_ready (RwServerState *self)
{
  RwServerStore store;

  rw_server_state_get_store (self, &store);
  return !store.given || store.ready;
}

/** rw_server_state_is_degraded: whether the store is away. */
gboolean
rw_server_state_is_degraded (RwServerState *self)
{
  return self->degraded;
}

/**
 * rw_server_state_is_full:
 *
 * Whether too much waits for the store, away or only slow, to take @len bytes
 * more.
 */
gboolean
rw_server_state_is_full (RwServerState *self, gsize len)
{
  RwServerStore store;
  gsize limit =
      len > SHORT_BYTES ? MAX_PENDING_BYTES : 2 * (gsize) MAX_PENDING_BYTES;

  rw_server_state_get_store (self, &store);
  return store.pending_bytes + len > limit;
}

/** rw_server_state_get_store: zeros where there is none. */
void
rw_server_state_get_store (RwServerState *self, RwServerStore *store)
{
  *store = (RwServerStore){0};
  if (self->cluster != NULL)
    rw_server_cluster_get_store (self->cluster, store);
}
