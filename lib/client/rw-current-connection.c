/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-current-connection.h"

#include "rw-connection-watch.h"
#include "rw-preferred-server.h"

struct _RwCurrentConnection {
  RwClock *clock;
  RwController *controller; /* not owned */
  RwServerPool *pool;       /* not owned */
  RwConnectionWatch *watch;
  RwPreferredServer *preferred;
  RwServerConnection *connection; /* or NULL; not owned */
};

static guint
get_server (RwCurrentConnection *self)
{
  return rw_server_connection_get_server (self->connection);
}

static guint64
get_generation (RwCurrentConnection *self)
{
  return rw_server_connection_get_generation (self->connection);
}

static void
on_preferred_due (gpointer data)
{
  RwCurrentConnection *self = data;

  rw_controller_retry_now (self->controller, RW_RETRY_REQUESTED);
}

static void
on_watch_suspect (gpointer data)
{
  RwCurrentConnection *self = data;

  if (self->connection != NULL)
    rw_controller_report_suspect (self->controller, get_generation (self));
}

RwCurrentConnection *
rw_current_connection_new (RwClock *clock, GMainContext *context,
                           RwController *controller, RwServerPool *pool,
                           gint64 probe_timeout_us, gint64 better_delay_us)
{
  RwCurrentConnection *self = g_new0 (RwCurrentConnection, 1);

  self->clock = g_object_ref (clock);
  self->controller = controller;
  self->pool = pool;
  self->watch = rw_connection_watch_new (clock, context, probe_timeout_us,
                                         on_watch_suspect, self);
  self->preferred = rw_preferred_server_new (
      clock, context, pool, better_delay_us, on_preferred_due, self);
  return self;
}

void
rw_current_connection_free (RwCurrentConnection *self)
{
  if (self == NULL)
    return;
  rw_connection_watch_free (self->watch);
  rw_preferred_server_free (self->preferred);
  g_object_unref (self->clock);
  g_free (self);
}

RwServerConnection *
rw_current_connection_get (RwCurrentConnection *self)
{
  return self->connection;
}

static void
confirm (RwCurrentConnection *self)
{
  rw_controller_report_progress (self->controller, get_generation (self));
}

void
rw_current_connection_use (RwCurrentConnection *self,
                           RwServerConnection *connection)
{
  rw_connection_watch_end_probe (self->watch);
  /* Before the loser goes, which must not be taken for the one in use. */
  self->connection = connection;
  confirm (self);
  rw_server_pool_note_working (self->pool, get_server (self),
                               rw_clock_get_now_us (self->clock));
  rw_preferred_server_plan (self->preferred, get_server (self), 0);
}

gboolean
rw_current_connection_clear (RwCurrentConnection *self)
{
  gboolean was_connected = self->connection != NULL;

  self->connection = NULL;
  rw_connection_watch_end_probe (self->watch);
  rw_preferred_server_stop (self->preferred);
  return was_connected;
}

void
rw_current_connection_note_activity (RwCurrentConnection *self)
{
  rw_connection_watch_end_probe (self->watch);
  confirm (self);
}

void
rw_current_connection_keep (RwCurrentConnection *self, gint64 hold_us)
{
  rw_preferred_server_plan (self->preferred, get_server (self), hold_us);
  confirm (self);
}

void
rw_current_connection_doubt (RwCurrentConnection *self)
{
  rw_connection_watch_doubt (self->watch);
}

gboolean
rw_current_connection_is_doubted (RwCurrentConnection *self)
{
  return rw_connection_watch_is_doubted (self->watch);
}

gboolean
rw_current_connection_begin_probe (RwCurrentConnection *self)
{
  return self->connection != NULL &&
         rw_controller_get_state (self->controller) == RW_STATE_CONNECTED &&
         rw_connection_watch_begin_probe (self->watch, self->connection);
}

void
rw_current_connection_drain (RwCurrentConnection *self, gint64 delay_us)
{
  rw_server_pool_note_failed (self->pool, get_server (self),
                              rw_clock_get_now_us (self->clock));
  rw_server_connection_hold_off (self->connection, delay_us);
  rw_preferred_server_look_in (self->preferred, delay_us);
}

gboolean
rw_current_connection_is_moving (RwCurrentConnection *self,
                                 RwServerConnection *connection)
{
  return self->connection != NULL &&
         get_server (self) != rw_server_connection_get_server (connection) &&
         rw_controller_get_state (self->controller) != RW_STATE_SUSPECT;
}
