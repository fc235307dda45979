/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-state.h"

#include "rw-brain-json.h"
#include "rw-server-backend.h"
#include "rw-signal-message.h"

/* Messages that may wait for a client that is away, or does not acknowledge. */
#define MAX_KEPT 4096

/* Rooms that one client may be in. */
#define MAX_ROOMS_PER_CLIENT 100

/* Clients that may wait for one floor. */
#define MAX_FLOOR_QUEUE 1000

/* What clients have said may wait for the store up to this; as much again is
 * for messages that are short, so that large ones do not keep a session from
 * being made. */
#define MAX_PENDING_BYTES (64 * 1024 * 1024)
#define SHORT_BYTES       (16 * 1024)

struct _RwServerState {
  RwServerBackend *backend;
  RwServerStateFuncs funcs;
  gpointer user_data;
  gboolean pumping;
  gboolean degraded;
};

static RwSeatsConfig
get_seats_config (const RwServerConfig *config)
{
  return (RwSeatsConfig){
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

/* What an output leads to may say more: that is for the loop already here. */
static void
pump (RwServerState *self)
{
  RwSeatsOutput output;

  if (self->pumping)
    return;

  self->pumping = TRUE;
  while (self->backend->pop (self->backend, &output)) {
    self->funcs.output (&output, self->user_data);
    rw_seats_output_clear (&output);
  }
  self->funcs.output (NULL, self->user_data);
  self->pumping = FALSE;
}

static void
on_output (gpointer user_data)
{
  pump (user_data);
}

static void
on_rejoined (gpointer user_data)
{
  RwServerState *self = user_data;

  self->funcs.rejoined (self->user_data);
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

/** rw_server_state_new: an error is about the configuration. */
RwServerState *
rw_server_state_new (const RwServerConfig *config, GMainContext *context,
                     const RwServerStateFuncs *funcs, gpointer user_data,
                     GError **error)
{
  static const RwServerBackendFuncs backend_funcs = {on_output, on_rejoined,
                                                     on_changed};
  RwSeatsConfig seats = get_seats_config (config);
  RwServerState *self = g_new0 (RwServerState, 1);

  self->funcs = *funcs;
  self->user_data = user_data;
  self->backend =
      config->redis_uri != NULL
          ? rw_server_shared_new (config, &seats, context, &backend_funcs, self,
                                  error)
          : rw_server_alone_new (&seats, context, &backend_funcs, self);
  if (self->backend == NULL)
    g_clear_pointer (&self, rw_server_state_free);
  return self;
}

/** rw_server_state_free: NULL is fine. */
void
rw_server_state_free (RwServerState *self)
{
  if (self == NULL)
    return;

  if (self->backend != NULL)
    self->backend->free (self->backend);
  g_free (self);
}

/** rw_server_state_new_connection: its number, never given before. */
guint64
rw_server_state_new_connection (RwServerState *self)
{
  return self->backend->new_connection (self->backend);
}

/** rw_server_state_connect: takes @grants, which are nullable. */
void
rw_server_state_connect (RwServerState *self, guint64 connection,
                         RwGrants *grants)
{
  self->backend->connect (self->backend, connection, grants);
  pump (self);
}

/** rw_server_state_disconnect: @goodbye: the client meant to go. */
void
rw_server_state_disconnect (RwServerState *self, guint64 connection,
                            gboolean goodbye)
{
  self->backend->disconnect (self->backend, connection, goodbye);
  pump (self);
}

/**
 * rw_server_state_handle:
 * @text: as it came
 *
 * FALSE when that is no message; the client is then told so.
 */
gboolean
rw_server_state_handle (RwServerState *self, guint64 connection,
                        const char *text, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RwSignalMessage) signal =
      rw_signal_message_parse (text, len, &error);
  g_autoptr (RwBrainMessage) message = NULL;

  if (signal == NULL) {
    g_debug ("%" G_GUINT64_FORMAT ": bad message: %s", connection,
             error->message);
    rw_server_state_fail (self, connection, "bad-message", error->message, 0);
    return FALSE;
  }

  message = rw_brain_message_from_signal (signal);
  self->backend->handle (self->backend, connection, message, text, len);
  pump (self);
  return TRUE;
}

/** rw_server_state_fail: what it sent was not good. */
void
rw_server_state_fail (RwServerState *self, guint64 connection, const char *code,
                      const char *what, guint retry_after_ms)
{
  self->backend->fail (self->backend, connection, code, what, retry_after_ms);
  pump (self);
}

/** rw_server_state_set_quality: as rw_rooms_set_quality(). */
void
rw_server_state_set_quality (RwServerState *self, const char *room_id,
                             const char *peer_id, RwQuality quality)
{
  self->backend->set_quality (self->backend, room_id, peer_id, quality);
}

/** rw_server_state_get_seats: (transfer none): to read, for the moment. */
RwSeats *
rw_server_state_get_seats (RwServerState *self)
{
  return self->backend->get_seats (self->backend);
}

/** rw_server_state_get_now_us: by the clock that the seats go by. */
gint64
rw_server_state_get_now_us (RwServerState *self)
{
  return self->backend->get_now_us (self->backend);
}

/** rw_server_state_knows: whether the seats have such a connection. */
gboolean
rw_server_state_knows (RwServerState *self, guint64 connection)
{
  return self->backend->knows == NULL ||
         self->backend->knows (self->backend, connection);
}

/** rw_server_state_get_mark: for rw_server_state_has_reached(); never falls,
 * but when the server begins anew. */
guint64
rw_server_state_get_mark (RwServerState *self)
{
  return self->backend->get_mark != NULL
             ? self->backend->get_mark (self->backend)
             : 0;
}

/** rw_server_state_has_reached: whether the seats have taken in all that was
 * said here before @mark. */
gboolean
rw_server_state_has_reached (RwServerState *self, guint64 mark)
{
  return self->backend->has_reached == NULL ||
         self->backend->has_reached (self->backend, mark);
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
  if (self->backend->get_store != NULL)
    self->backend->get_store (self->backend, store);
}
