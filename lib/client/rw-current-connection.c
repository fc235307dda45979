/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-current-connection.h"

#include "rw-connection-watch.h"
#include "rw-preferred-server.h"

struct _RwCurrentConnection {
  RwClock *clock;
  RwCurrentConnectionHost host;
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

  rw_controller_retry_now (self->host.controller, RW_RETRY_REQUESTED);
}

static void
on_watch_suspect (gpointer data)
{
  RwCurrentConnection *self = data;

  if (self->connection != NULL)
    rw_controller_report_suspect (self->host.controller, get_generation (self));
}

RwCurrentConnection *
rw_current_connection_new (RwClock *clock, GMainContext *context,
                           const RwCurrentConnectionHost *host,
                           gint64 probe_timeout_us, gint64 better_delay_us)
{
  RwCurrentConnection *self = g_new0 (RwCurrentConnection, 1);

  self->clock = g_object_ref (clock);
  self->host = *host;
  self->watch = rw_connection_watch_new (clock, context, probe_timeout_us,
                                         on_watch_suspect, self);
  self->preferred = rw_preferred_server_new (
      clock, context, host->pool, better_delay_us, on_preferred_due, self);
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
  rw_controller_report_progress (self->host.controller, get_generation (self));
}

void
rw_current_connection_use (RwCurrentConnection *self,
                           RwServerConnection *connection)
{
  rw_connection_watch_end_probe (self->watch);
  /* Before the loser goes, which must not be taken for the one in use. */
  self->connection = connection;
  confirm (self);
  rw_server_pool_note_working (self->host.pool, get_server (self),
                               rw_clock_get_now_us (self->clock));
  rw_preferred_server_plan (self->preferred, get_server (self), 0);
}

const char *
rw_current_connection_get_uri (RwCurrentConnection *self)
{
  return self->connection != NULL
             ? rw_server_pool_get_uri (self->host.pool, get_server (self))
             : NULL;
}

void
rw_current_connection_clear (RwCurrentConnection *self)
{
  gboolean was_connected = self->connection != NULL;

  self->connection = NULL;
  rw_connection_watch_end_probe (self->watch);
  rw_preferred_server_stop (self->preferred);
  if (was_connected)
    self->host.cleared (self->host.user_data);
}

void
rw_current_connection_drop (RwCurrentConnection *self, const char *reason)
{
  guint64 generation;

  if (self->connection == NULL)
    return;
  generation = get_generation (self);
  rw_current_connection_clear (self);
  rw_controller_report_lost (self->host.controller, generation, reason);
}

void
rw_current_connection_lose (RwCurrentConnection *self, gint64 hold_us)
{
  RwController *controller = self->host.controller;
  guint64 generation = get_generation (self);
  gint64 uptime_us = rw_clock_get_now_us (self->clock) -
                     rw_server_connection_get_used_us (self->connection);
  gboolean is_doubted = rw_connection_watch_is_doubted (self->watch);
  gint64 early_us = 0;

  rw_current_connection_clear (self);
  if (!is_doubted)
    early_us = rw_server_pool_note_ended (self->host.pool, uptime_us);
  hold_us = MAX (hold_us, early_us);
  if (hold_us > 0)
    rw_controller_hold_off (controller, hold_us);
  rw_controller_report_lost (controller, generation, "connection-lost");
  /* The network went, not the server: no other client comes back at this
   * moment. */
  if (hold_us == 0 && is_doubted)
    rw_controller_retry_now (controller, RW_RETRY_NETWORK_CHANGED);
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
rw_current_connection_begin_probe (RwCurrentConnection *self)
{
  return self->connection != NULL &&
         rw_controller_get_state (self->host.controller) ==
             RW_STATE_CONNECTED &&
         rw_connection_watch_begin_probe (self->watch, self->connection);
}

void
rw_current_connection_drain (RwCurrentConnection *self, gint64 delay_us)
{
  rw_server_pool_note_failed (self->host.pool, get_server (self),
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
         rw_controller_get_state (self->host.controller) != RW_STATE_SUSPECT;
}

gboolean
rw_current_connection_has_replaced (RwCurrentConnection *self,
                                    RwServerConnection *connection)
{
  return self->connection != NULL &&
         get_server (self) != rw_server_connection_get_server (connection) &&
         !rw_server_connection_is_resumed (self->connection) &&
         rw_server_connection_get_used_us (connection) != 0;
}
