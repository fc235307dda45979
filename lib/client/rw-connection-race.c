/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-connection-race.h"

#include "rw-handshake-queue.h"
#include "rw-timer.h"

/* How long a server that accepted the connection may take for the rest. */
#define QUEUE_TIME_US (10 * G_TIME_SPAN_SECOND)

enum {
  SIGNAL_HANDSHAKE,
  SIGNAL_WELCOMED,
  SIGNAL_MESSAGE,
  SIGNAL_MALFORMED,
  SIGNAL_STALLED,
  SIGNAL_ACTIVITY,
  SIGNAL_CLOSED,
  SIGNAL_ABANDONED,
  SIGNAL_REQUEST_TOKEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

struct _RwConnectionRace {
  GObject parent_instance;
  RwClock *clock;
  RwController *controller;
  RwServerDialer *dialer;
  RwHandshakeQueue *queue;
  RwTimer *block_timer; /* the end of a simulated outage */
  char *tried;
  guint64 n_received;
};

G_DEFINE_FINAL_TYPE (RwConnectionRace, rw_connection_race, G_TYPE_OBJECT)

static gboolean
is_used (RwServerConnection *connection)
{
  return rw_server_connection_get_used_us (connection) != 0;
}

static void
begin_handshake (RwConnectionRace *self, RwServerConnection *connection)
{
  rw_handshake_queue_begin (self->queue, connection,
                            rw_clock_get_now_us (self->clock));
  g_signal_emit (self, signals[SIGNAL_HANDSHAKE], 0, connection);
}

/* ---- a connection ---- */

/* A connection that stands is a place in a busy server's queue: to give it up
 * is to begin again at its end. */
static void
on_connection_connected (RwServerConnection *connection, RwConnectionRace *self)
{
  rw_controller_grant (self->controller,
                       rw_server_connection_get_generation (connection),
                       QUEUE_TIME_US);
}

static void
on_connection_opened (RwServerConnection *connection, RwConnectionRace *self)
{
  on_connection_connected (connection, self);
  if (!rw_connection_race_is_busy (self))
    begin_handshake (self, connection);
}

static void
on_connection_message (RwServerConnection *connection,
                       const RwSignalMessage *message, RwConnectionRace *race)
{
  g_autoptr (RwConnectionRace) self = g_object_ref (race);
  RwHandshakeResult result;

  self->n_received++;
  if (!is_used (connection)) {
    result = rw_server_connection_read_handshake (connection, message);
    if (result == RW_HANDSHAKE_PENDING)
      return;
    g_signal_emit (self, signals[SIGNAL_WELCOMED], 0, connection,
                   result == RW_HANDSHAKE_RESILIENT ? message : NULL);
    if (result == RW_HANDSHAKE_RESILIENT || !is_used (connection))
      return;
  }
  g_signal_emit (self, signals[SIGNAL_MESSAGE], 0, connection, message);
}

static void
on_connection_malformed (RwServerConnection *connection, guint64 seq,
                         const char *why, RwConnectionRace *self)
{
  self->n_received++;
  g_signal_emit (self, signals[SIGNAL_MALFORMED], 0, connection, seq, why);
}

static void
on_connection_stalled (RwServerConnection *connection, const GError *error,
                       RwConnectionRace *self)
{
  g_signal_emit (self, signals[SIGNAL_STALLED], 0, connection, error);
}

static void
on_connection_activity (RwServerConnection *connection, RwConnectionRace *self)
{
  g_signal_emit (self, signals[SIGNAL_ACTIVITY], 0, connection);
}

static void
on_connection_closed (RwServerConnection *connection, const GError *error,
                      RwConnectionRace *self)
{
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0, connection, error);
}

static void
adopt (RwConnectionRace *self, RwServerConnection *connection)
{
  static const struct {
    const char *name;
    GCallback handler;
  } handlers[] = {
      {"connected", G_CALLBACK (on_connection_connected)},
      {"opened", G_CALLBACK (on_connection_opened)},
      {"message", G_CALLBACK (on_connection_message)},
      {"malformed", G_CALLBACK (on_connection_malformed)},
      {"stalled", G_CALLBACK (on_connection_stalled)},
      {"activity", G_CALLBACK (on_connection_activity)},
      {"closed", G_CALLBACK (on_connection_closed)},
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (connection, handlers[i].name, handlers[i].handler, self);
  rw_handshake_queue_add (self->queue, connection);
}

/* Others may hold a reference. */
static void
release (RwConnectionRace *self, RwServerConnection *connection)
{
  g_signal_handlers_disconnect_by_data (connection, self);
  rw_server_connection_drop (connection);
}

/* ---- the controller ---- */

static void
on_controller_attempt (RwController *controller, guint64 generation,
                       RwConnectionRace *self)
{
  RwServerConnection *connection =
      rw_server_dialer_dial (self->dialer, generation);

  g_free (self->tried);
  self->tried = g_strdup (rw_server_connection_get_uri (connection));
  adopt (self, connection);
  g_debug ("%s: attempt %" G_GUINT64_FORMAT, self->tried, generation);
  /* In a simulated outage nothing answers; the attempt's time runs out. */
  if (!rw_timer_is_set (self->block_timer))
    rw_server_connection_open (connection);
}

static void
on_controller_abandon (RwController *controller, guint64 generation,
                       RwConnectionRace *self)
{
  g_autoptr (RwServerConnection) connection = NULL;
  RwServerConnection *next;
  gboolean was_active;

  g_set_object (&connection,
                rw_handshake_queue_lookup (self->queue, generation));
  if (connection == NULL)
    return;
  was_active = connection == rw_handshake_queue_get_active (self->queue);
  rw_handshake_queue_remove (self->queue, connection);
  g_signal_emit (self, signals[SIGNAL_ABANDONED], 0, connection);
  release (self, connection);
  /* Nothing came of that one. */
  next = was_active ? rw_handshake_queue_find_next (self->queue) : NULL;
  if (next != NULL)
    begin_handshake (self, next);
}

static void
on_block_timer (gpointer data)
{
  RwConnectionRace *self = data;

  rw_controller_retry_now (self->controller, RW_RETRY_NETWORK_CHANGED);
}

/* ---- object ---- */

static void
rw_connection_race_dispose (GObject *object)
{
  RwConnectionRace *self = RW_CONNECTION_RACE (object);
  RwServerConnection *connection;

  if (self->controller != NULL)
    g_signal_handlers_disconnect_by_data (self->controller, self);
  g_clear_object (&self->controller);
  while ((connection = rw_handshake_queue_pop (self->queue)) != NULL) {
    release (self, connection);
    g_object_unref (connection);
  }
  g_clear_pointer (&self->block_timer, rw_timer_free);
  G_OBJECT_CLASS (rw_connection_race_parent_class)->dispose (object);
}

static void
rw_connection_race_finalize (GObject *object)
{
  RwConnectionRace *self = RW_CONNECTION_RACE (object);

  rw_handshake_queue_free (self->queue);
  rw_server_dialer_free (self->dialer);
  g_free (self->tried);
  g_object_unref (self->clock);
  G_OBJECT_CLASS (rw_connection_race_parent_class)->finalize (object);
}

#define INSTALL(id, name, n_args, ...)                                         \
  signals[id] =                                                                \
      g_signal_new (name, RW_TYPE_CONNECTION_RACE, G_SIGNAL_RUN_LAST, 0, NULL, \
                    NULL, NULL, G_TYPE_NONE, n_args, __VA_ARGS__)
#define CONNECTION   RW_TYPE_SERVER_CONNECTION
#define STATIC_ERROR (G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE)

static void
rw_connection_race_class_init (RwConnectionRaceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_connection_race_dispose;
  G_OBJECT_CLASS (klass)->finalize = rw_connection_race_finalize;
  INSTALL (SIGNAL_HANDSHAKE, "handshake", 1, CONNECTION);
  INSTALL (SIGNAL_WELCOMED, "welcomed", 2, CONNECTION, G_TYPE_POINTER);
  INSTALL (SIGNAL_MESSAGE, "message", 2, CONNECTION, G_TYPE_POINTER);
  INSTALL (SIGNAL_MALFORMED, "malformed", 3, CONNECTION, G_TYPE_UINT64,
           G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  INSTALL (SIGNAL_STALLED, "stalled", 2, CONNECTION, STATIC_ERROR);
  INSTALL (SIGNAL_ACTIVITY, "activity", 1, CONNECTION);
  INSTALL (SIGNAL_CLOSED, "closed", 2, CONNECTION, STATIC_ERROR);
  INSTALL (SIGNAL_ABANDONED, "abandoned", 1, CONNECTION);
  signals[SIGNAL_REQUEST_TOKEN] = g_signal_new (
      "request-token", RW_TYPE_CONNECTION_RACE, G_SIGNAL_RUN_LAST, 0,
      g_signal_accumulator_first_wins, NULL, NULL, G_TYPE_STRING, 0);
}

static void
rw_connection_race_init (RwConnectionRace *self)
{
  self->queue = rw_handshake_queue_new ();
}

/* ---- public ---- */

RwConnectionRace *
rw_connection_race_new (RwClock *clock, GMainContext *context,
                        RwController *controller, RwServerPool *pool,
                        const RwWsConnectionConfig *config)
{
  RwConnectionRace *self = g_object_new (RW_TYPE_CONNECTION_RACE, NULL);

  self->clock = g_object_ref (clock);
  self->controller = g_object_ref (controller);
  self->dialer = rw_server_dialer_new (clock, pool, config);
  self->block_timer =
      rw_timer_new (clock, context, "rw-outage", on_block_timer, self);
  g_signal_connect (controller, "attempt", G_CALLBACK (on_controller_attempt),
                    self);
  g_signal_connect (controller, "abandon", G_CALLBACK (on_controller_abandon),
                    self);
  return self;
}

RwServerConnection *
rw_connection_race_lookup (RwConnectionRace *self, guint64 generation)
{
  return rw_handshake_queue_lookup (self->queue, generation);
}

void
rw_connection_race_use (RwConnectionRace *self, RwServerConnection *connection,
                        const RwSignalMessage *welcome)
{
  gint64 now_us = rw_clock_get_now_us (self->clock);
  gint64 begun_us = rw_handshake_queue_get_begun_us (self->queue);

  rw_server_connection_use (connection, welcome, now_us - begun_us, now_us);
  rw_handshake_queue_end (self->queue);
}

gboolean
rw_connection_race_is_handshaking (RwConnectionRace *self)
{
  return rw_handshake_queue_get_active (self->queue) != NULL;
}

gboolean
rw_connection_race_is_busy (RwConnectionRace *self)
{
  return rw_handshake_queue_is_busy (self->queue,
                                     rw_clock_get_now_us (self->clock));
}

RwConnectStage
rw_connection_race_get_stage (RwConnectionRace *self)
{
  return rw_handshake_queue_get_stage (self->queue);
}

const char *
rw_connection_race_get_tried (RwConnectionRace *self)
{
  return self->tried;
}

void
rw_connection_race_block (RwConnectionRace *self, gint64 duration_us)
{
  rw_timer_set_in (self->block_timer, duration_us);
}

void
rw_connection_race_set_auth_token (RwConnectionRace *self, const char *token)
{
  rw_server_dialer_set_auth_token (self->dialer, token);
}

gboolean
rw_connection_race_renew_token (RwConnectionRace *self)
{
  g_autofree char *token = NULL;

  g_signal_emit (self, signals[SIGNAL_REQUEST_TOKEN], 0, &token);
  return token != NULL && rw_server_dialer_set_auth_token (self->dialer, token);
}

guint64
rw_connection_race_get_n_attempts (RwConnectionRace *self)
{
  return rw_server_dialer_get_n_dialed (self->dialer);
}

guint64
rw_connection_race_get_n_received (RwConnectionRace *self)
{
  return self->n_received;
}
