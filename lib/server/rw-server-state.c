/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-state.h"

#include "rw-brain-json.h"
#include "rw-random.h"
#include "rw-server-source.h"
#include "rw-signal-message.h"

/* Messages that may wait for a client that is away, or does not acknowledge. */
#define MAX_KEPT 4096

/* Rooms that one client may be in. */
#define MAX_ROOMS_PER_CLIENT 100

/* Clients that may wait for one floor. */
#define MAX_FLOOR_QUEUE 1000

struct _RwServerState {
  RwSeats *seats;
  RwServerOutputFunc func;
  gpointer user_data;
  GSource *wake;
  guint64 last_connection;
  gboolean pumping;
};

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

static RwSeats *
new_seats (const RwServerConfig *config)
{
  RwSeatsConfig seats = {
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
              .max_age_us =
                  (gint64) config->room_history_age_s * G_USEC_PER_SEC,
              .floor =
                  {
                      .max_hold_us =
                          (gint64) config->floor_max_hold_s * G_USEC_PER_SEC,
                      .grace_us = (gint64) config->floor_grace_ms * 1000,
                      .max_queue = MAX_FLOOR_QUEUE,
                  },
          },
  };

  return rw_seats_new (&seats);
}

static void
arm_wake (RwServerState *self)
{
  gint64 wake_us = rw_seats_get_wake_us (self->seats);

  g_source_set_ready_time (self->wake, wake_us == G_MAXINT64 ? -1 : wake_us);
}

/* What an output leads to may say more: that is for the loop already here. */
static void
pump (RwServerState *self)
{
  RwSeatsOutput output;

  if (self->pumping)
    return;

  self->pumping = TRUE;
  while (rw_seats_pop (self->seats, &output)) {
    self->func (&output, self->user_data);
    rw_seats_output_clear (&output);
  }
  self->func (NULL, self->user_data);
  self->pumping = FALSE;
  arm_wake (self);
}

static gboolean
on_wake (gpointer user_data)
{
  RwServerState *self = user_data;

  rw_seats_wake (self->seats, g_get_monotonic_time ());
  pump (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_wake (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs wake_funcs = {.dispatch = dispatch_wake};

RwServerState *
rw_server_state_new (const RwServerConfig *config, GMainContext *context,
                     RwServerOutputFunc func, gpointer user_data)
{
  RwServerState *self = g_new0 (RwServerState, 1);

  self->func = func;
  self->user_data = user_data;
  self->seats = new_seats (config);
  self->wake = rw_server_source_attach (
      context, g_source_new (&wake_funcs, sizeof (GSource)), "rw-server-wake",
      on_wake, self);
  return self;
}

/** rw_server_state_free: NULL is fine. */
void
rw_server_state_free (RwServerState *self)
{
  if (self == NULL)
    return;

  rw_server_source_clear (&self->wake);
  rw_seats_free (self->seats);
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
  rw_seats_connect (self->seats, connection, grants);
  pump (self);
}

/** rw_server_state_disconnect: @goodbye: the client meant to go. */
void
rw_server_state_disconnect (RwServerState *self, guint64 connection,
                            gboolean goodbye)
{
  gint64 now_us = g_get_monotonic_time ();

  if (goodbye)
    rw_seats_leave (self->seats, connection, now_us);
  rw_seats_disconnect (self->seats, connection, now_us);
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
  rw_seats_handle (self->seats, connection, message, g_get_monotonic_time ());
  pump (self);
  return TRUE;
}

/** rw_server_state_fail: what it sent was not good. */
void
rw_server_state_fail (RwServerState *self, guint64 connection, const char *code,
                      const char *what, guint retry_after_ms)
{
  rw_seats_fail (self->seats, connection, code, what, retry_after_ms);
  pump (self);
}

/** rw_server_state_get_seats: to read. */
RwSeats *
rw_server_state_get_seats (RwServerState *self)
{
  return self->seats;
}
