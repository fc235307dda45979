/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-random.h"
#include "rw-server-backend.h"
#include "rw-server-source.h"

/* The seats in this process, which is all there is. */

typedef struct {
  RwServerBackend backend;
  RwSeats *seats;
  RwServerBackendFuncs funcs;
  gpointer user_data;
  GSource *wake;
  guint64 last_connection;
} Alone;

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

static void
arm_wake (Alone *self)
{
  gint64 wake_us = rw_seats_get_wake_us (self->seats);

  g_source_set_ready_time (self->wake, wake_us == G_MAXINT64 ? -1 : wake_us);
}

static gboolean
on_wake (gpointer user_data)
{
  Alone *self = user_data;

  rw_seats_wake (self->seats, g_get_monotonic_time ());
  arm_wake (self);
  self->funcs.output (self->user_data);
  return G_SOURCE_CONTINUE;
}

static void
alone_free (RwServerBackend *backend)
{
  Alone *self = (Alone *) backend;

  rw_server_source_clear (&self->wake);
  rw_seats_free (self->seats);
  g_free (self);
}

static guint64
alone_new_connection (RwServerBackend *backend)
{
  return ++((Alone *) backend)->last_connection;
}

static void
alone_connect (RwServerBackend *backend, guint64 connection, RwGrants *grants)
{
  Alone *self = (Alone *) backend;

  rw_seats_connect (self->seats, connection, grants);
  arm_wake (self);
}

static void
alone_disconnect (RwServerBackend *backend, guint64 connection,
                  gboolean goodbye)
{
  Alone *self = (Alone *) backend;
  gint64 now_us = g_get_monotonic_time ();

  if (goodbye)
    rw_seats_leave (self->seats, connection, now_us);
  rw_seats_disconnect (self->seats, connection, now_us);
  arm_wake (self);
}

static void
alone_handle (RwServerBackend *backend, guint64 connection,
              const RwBrainMessage *message, const char *text, gsize len)
{
  Alone *self = (Alone *) backend;

  rw_seats_handle (self->seats, connection, message, g_get_monotonic_time ());
  arm_wake (self);
}

static void
alone_fail (RwServerBackend *backend, guint64 connection, const char *code,
            const char *what, guint retry_after_ms)
{
  Alone *self = (Alone *) backend;

  rw_seats_fail (self->seats, connection, code, what, retry_after_ms);
  arm_wake (self);
}

static void
alone_set_quality (RwServerBackend *backend, const char *room_id,
                   const char *peer_id, RwQuality quality)
{
  Alone *self = (Alone *) backend;

  rw_rooms_set_quality (rw_seats_get_rooms (self->seats), room_id, peer_id,
                        quality);
}

static gboolean
alone_pop (RwServerBackend *backend, RwSeatsOutput *output)
{
  return rw_seats_pop (((Alone *) backend)->seats, output);
}

static RwSeats *
alone_get_seats (RwServerBackend *backend)
{
  return ((Alone *) backend)->seats;
}

static gint64
alone_get_now_us (RwServerBackend *backend)
{
  return g_get_monotonic_time ();
}

static const RwServerBackend alone_backend = {
    .free = alone_free,
    .new_connection = alone_new_connection,
    .connect = alone_connect,
    .disconnect = alone_disconnect,
    .handle = alone_handle,
    .fail = alone_fail,
    .set_quality = alone_set_quality,
    .pop = alone_pop,
    .get_seats = alone_get_seats,
    .get_now_us = alone_get_now_us,
};

static gboolean
dispatch_wake (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs wake_funcs = {.dispatch = dispatch_wake};

/** rw_server_alone_new: @config but for its functions. */
RwServerBackend *
rw_server_alone_new (const RwSeatsConfig *config, GMainContext *context,
                     const RwServerBackendFuncs *funcs, gpointer user_data)
{
  Alone *self = g_new0 (Alone, 1);
  RwSeatsConfig seats = *config;

  seats.new_id = new_id;
  seats.new_token = new_token;
  self->backend = alone_backend;
  self->funcs = *funcs;
  self->user_data = user_data;
  self->seats = rw_seats_new (&seats);
  self->wake = rw_server_source_attach (
      context, g_source_new (&wake_funcs, sizeof (GSource)), "rw-server-wake",
      on_wake, self);
  return &self->backend;
}
