/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-server-link.h"

#include "rw-connect-report.h"
#include "rw-current-connection.h"

/*
 * Owns the controller, which decides when connections are opened and dropped,
 * the race that does so, and the connection in use.
 */

enum {
  SIGNAL_PROBE,
  SIGNAL_DISCONNECTED,
  SIGNAL_CLOSED,
  SIGNAL_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

struct _RwServerLink {
  GObject parent_instance;
  RwClock *clock;
  RwController *controller;
  RwServerPool *pool;
  RwConnectionRace *race;
  RwCurrentConnection *current;
  RwConnectReport *report;
};

G_DEFINE_FINAL_TYPE (RwServerLink, rw_server_link, G_TYPE_OBJECT)

static gint64
get_now_us (RwServerLink *self)
{
  return rw_clock_get_now_us (self->clock);
}

static RwServerConnection *
get_current (RwServerLink *self)
{
  return rw_current_connection_get (self->current);
}

static guint
server_of (RwServerConnection *connection)
{
  return rw_server_connection_get_server (connection);
}

/* ---- the race ---- */

static void
on_race_stalled (RwConnectionRace *race, RwServerConnection *connection,
                 const GError *error, RwServerLink *self)
{
  if (get_current (self) == NULL)
    rw_connect_report_stalled (self->report, error);
}

static void
on_race_activity (RwConnectionRace *race, RwServerConnection *connection,
                  RwServerLink *self)
{
  if (connection != get_current (self))
    return;
  /* Another connection has resumed the client: it is too late to win. */
  if (rw_server_connection_has_resumption (connection) &&
      rw_connection_race_is_busy (race))
    return;
  rw_current_connection_note_activity (self->current);
}

/* ---- the end of a connection ---- */

static RwFailure
classify (RwServerLink *self, guint server, const GError *error)
{
  RwFailure failure = error->domain == RW_FAILURE_ERROR
                          ? (RwFailure) error->code
                          : RW_FAILURE_UNREACHABLE;

  if (failure == RW_FAILURE_UNAUTHORIZED &&
      rw_connection_race_renew_token (self->race))
    failure = RW_FAILURE_REFUSED;
  return rw_server_pool_judge (self->pool, server, failure);
}

/* To have looked for a better server in vain is no harm: the connection in use
 * is what it was, and the look is repeated, at the time that the server asks
 * for.
 * @connection is gone afterwards. */
static void
fail_attempt (RwServerLink *self, RwServerConnection *connection,
              const GError *error, gint64 hold_us)
{
  RwFailure failure = classify (self, server_of (connection), error);
  gboolean was_moving = rw_server_link_is_moving (self, connection);

  rw_controller_report_attempt_failed (
      self->controller, rw_server_connection_get_generation (connection),
      failure, hold_us);
  if (was_moving && get_current (self) != NULL)
    rw_current_connection_keep (self->current, hold_us);
}

static void
on_race_closed (RwConnectionRace *race, RwServerConnection *connection,
                const GError *error, RwServerLink *link)
{
  g_autoptr (RwServerLink) self = g_object_ref (link);
  gint64 hold_us = rw_server_connection_get_hold_us (connection);

  rw_connect_report_note_error (self->report, error);
  rw_server_pool_note_failed (self->pool, server_of (connection),
                              get_now_us (self));
  if (connection == get_current (self))
    rw_current_connection_lose (self->current, hold_us);
  else
    fail_attempt (self, connection, error, hold_us);
}

/* A server that another one has replaced is not to wait for the client as for
 * one that was cut off. */
static void
on_race_abandoned (RwConnectionRace *race, RwServerConnection *connection,
                   RwServerLink *self)
{
  if (connection == get_current (self))
    rw_server_link_disconnect (self);
  if (rw_current_connection_has_replaced (self->current, connection))
    rw_server_connection_close (connection);
}

static void
on_current_cleared (gpointer data)
{
  g_signal_emit (data, signals[SIGNAL_DISCONNECTED], 0);
}

/* ---- the controller ---- */

static void
on_controller_retrying (RwController *controller, const RwStateInfo *info,
                        RwServerLink *self)
{
  RwServerConnection *connection =
      rw_connection_race_lookup (self->race, info->generation);

  if (get_current (self) != NULL) {
    /* It was only to see whether there is a better one. */
    rw_current_connection_keep (self->current, 0);
    return;
  }
  if (connection != NULL)
    rw_server_pool_note_failed (self->pool, server_of (connection),
                                get_now_us (self));
  rw_connect_report_retrying (self->report, info->delay_us);
}

static void
on_controller_state_changed (RwController *controller, const RwStateInfo *info,
                             RwServerLink *self)
{
  switch (info->state) {
  case RW_STATE_RECONNECTING:
    /* A handshake in progress may take over as if nothing had been. */
    if (get_current (self) != NULL ||
        rw_connection_race_is_handshaking (self->race))
      break;
    /* Planned after the state had changed. */
    rw_connect_report_lost (self->report,
                            rw_controller_get_delay_us (controller));
    break;
  case RW_STATE_FAILED:
    rw_connect_report_failed (self->report);
    break;
  default:
    break;
  }
}

static void
on_report_closed (const GError *error, gint64 delay_us, gpointer data)
{
  g_signal_emit (data, signals[SIGNAL_CLOSED], 0, error, delay_us);
}

static void
on_report_failed (const GError *error, gpointer data)
{
  g_signal_emit (data, signals[SIGNAL_FAILED], 0, error);
}

static const RwConnectReportFuncs report_funcs = {on_report_closed,
                                                  on_report_failed};

/* ---- object ---- */

static void
rw_server_link_dispose (GObject *object)
{
  RwServerLink *self = RW_SERVER_LINK (object);

  if (self->race != NULL) {
    g_signal_handlers_disconnect_by_data (self->race, self);
    g_object_run_dispose (G_OBJECT (self->race));
  }
  g_clear_pointer (&self->report, rw_connect_report_free);
  g_clear_object (&self->race);
  if (self->controller != NULL) {
    g_signal_handlers_disconnect_by_data (self->controller, self);
    rw_controller_stop (self->controller);
  }
  g_clear_pointer (&self->current, rw_current_connection_free);
  g_clear_object (&self->controller);
  G_OBJECT_CLASS (rw_server_link_parent_class)->dispose (object);
}

static void
rw_server_link_finalize (GObject *object)
{
  RwServerLink *self = RW_SERVER_LINK (object);

  rw_server_pool_free (self->pool);
  g_object_unref (self->clock);
  G_OBJECT_CLASS (rw_server_link_parent_class)->finalize (object);
}

#define INSTALL(id, name, n_args, ...)                                         \
  signals[id] =                                                                \
      g_signal_new (name, RW_TYPE_SERVER_LINK, G_SIGNAL_RUN_LAST, 0, NULL,     \
                    NULL, NULL, G_TYPE_NONE, n_args, ##__VA_ARGS__)
#define STATIC_ERROR (G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE)
#define CONNECTION   RW_TYPE_SERVER_CONNECTION

static void
rw_server_link_class_init (RwServerLinkClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_server_link_dispose;
  G_OBJECT_CLASS (klass)->finalize = rw_server_link_finalize;
  INSTALL (SIGNAL_PROBE, "probe", 1, CONNECTION);
  INSTALL (SIGNAL_DISCONNECTED, "disconnected", 0);
  INSTALL (SIGNAL_CLOSED, "closed", 2, STATIC_ERROR, G_TYPE_INT64);
  INSTALL (SIGNAL_FAILED, "failed", 1, STATIC_ERROR);
}

static void
rw_server_link_init (RwServerLink *self)
{
}

/* ---- public ---- */

static void
connect_parts (RwServerLink *self)
{
  RwConnectionRace *race = self->race;

  g_signal_connect (race, "stalled", G_CALLBACK (on_race_stalled), self);
  g_signal_connect (race, "activity", G_CALLBACK (on_race_activity), self);
  g_signal_connect (race, "closed", G_CALLBACK (on_race_closed), self);
  g_signal_connect (race, "abandoned", G_CALLBACK (on_race_abandoned), self);
  g_signal_connect (self->controller, "retrying",
                    G_CALLBACK (on_controller_retrying), self);
  g_signal_connect (self->controller, "state-changed",
                    G_CALLBACK (on_controller_state_changed), self);
}

RwServerLink *
rw_server_link_new (RwClock *clock, GMainContext *context, GRand *rand,
                    const RwServerLinkConfig *config)
{
  RwServerLink *self = g_object_new (RW_TYPE_SERVER_LINK, NULL);

  self->clock = g_object_ref (clock);
  self->controller = rw_controller_new (clock, context, rand);
  rw_controller_set_config (self->controller, &config->reconnect);
  self->pool = rw_server_pool_new (config->uris, &config->reconnect.backoff);
  self->current = rw_current_connection_new (clock, context,
                                             &(RwCurrentConnectionHost){
                                                 .controller = self->controller,
                                                 .pool = self->pool,
                                                 .cleared = on_current_cleared,
                                                 .user_data = self,
                                             },
                                             config->probe_timeout_us,
                                             config->better_delay_us);
  self->race = rw_connection_race_new (clock, context, self->controller,
                                       self->pool, &config->connection);
  self->report = rw_connect_report_new (self->race, &report_funcs, self);
  connect_parts (self);
  return self;
}

void
rw_server_link_start (RwServerLink *self)
{
  rw_controller_start (self->controller);
}

void
rw_server_link_stop (RwServerLink *self)
{
  rw_server_link_disconnect (self);
  rw_controller_stop (self->controller);
}

gboolean
rw_server_link_is_stopped (RwServerLink *self)
{
  return rw_controller_get_state (self->controller) == RW_STATE_STOPPED;
}

void
rw_server_link_retry_now (RwServerLink *self)
{
  rw_current_connection_doubt (self->current);
  rw_controller_retry_now (self->controller, RW_RETRY_NETWORK_CHANGED);
  if (rw_current_connection_begin_probe (self->current))
    g_signal_emit (self, signals[SIGNAL_PROBE], 0,
                   rw_current_connection_get (self->current));
}

RwConnectionRace *
rw_server_link_get_race (RwServerLink *self)
{
  return self->race;
}

RwServerConnection *
rw_server_link_get_current (RwServerLink *self)
{
  return rw_current_connection_get (self->current);
}

const char *
rw_server_link_get_uri (RwServerLink *self)
{
  return rw_current_connection_get_uri (self->current);
}

gboolean
rw_server_link_is_live (RwServerLink *self, RwServerConnection *connection)
{
  return rw_controller_is_live (
      self->controller, rw_server_connection_get_generation (connection));
}

gboolean
rw_server_link_is_moving (RwServerLink *self, RwServerConnection *connection)
{
  return rw_current_connection_is_moving (self->current, connection);
}

void
rw_server_link_use (RwServerLink *self, RwServerConnection *connection,
                    const RwSignalMessage *welcome)
{
  rw_connection_race_use (self->race, connection, welcome);
  rw_current_connection_use (self->current, connection);
  rw_connect_report_note_connected (self->report);
}

void
rw_server_link_reject (RwServerLink *self, RwServerConnection *connection,
                       const char *what)
{
  g_autoptr (GError) error = g_error_new (
      RW_FAILURE_ERROR, RW_FAILURE_PROTOCOL, "The signalling server %s %s",
      rw_server_connection_get_uri (connection), what);

  on_race_closed (self->race, connection, error, self);
}

void
rw_server_link_disconnect (RwServerLink *self)
{
  rw_current_connection_clear (self->current);
}

void
rw_server_link_drain (RwServerLink *self, guint64 max_delay_ms)
{
  gint64 max_us = (gint64) MIN (max_delay_ms, G_MAXUINT32) * 1000;
  gint64 delay_us = (gint64) (g_random_double () * (double) max_us);

  rw_current_connection_drain (self->current, delay_us);
}

void
rw_server_link_simulate_outage (RwServerLink *self, gint64 duration_us)
{
  rw_connection_race_block (self->race, duration_us);
  rw_current_connection_drop (self->current, "simulated-outage");
}
