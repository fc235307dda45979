/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-peer-shutdown.h"

GST_DEBUG_CATEGORY_STATIC (rw_peer_shutdown_debug);
#define GST_CAT_DEFAULT rw_peer_shutdown_debug

/* A close reason may be lost like every message, so it is repeated. */
#define REPEAT_MS 30

/* How long the other peer has to answer. */
#define ANSWER_MS 200

/* webrtcbin leaks its ICE agent when it goes to NULL in the middle of
 * negotiating, or just after it has begun to gather. Negotiating takes
 * milliseconds, so it is waited for; gathering may hang on a server. */
#define GATHER_MS          250
#define MAX_GATHER_PERIODS 8

/* libnice ends by itself well before. */
#define RELEASE_MS 2000

typedef enum {
  STEP_NONE,
  STEP_REASON,  /* the other peer is notified, and is to close the carrier */
  STEP_CARRIER, /* the carrier is closing */
  STEP_IDLE,    /* webrtcbin finishes what it has begun */
  STEP_RELAYS,  /* the TURN servers get their allocations back */
  STEP_DONE,
} Step;

struct _RwPeerShutdown {
  RwLoop *loop;
  RwNegotiator *negotiator;
  RwCarrier *carrier;
  RwPeerShutdownFuncs funcs;
  gpointer user_data;

  Step step;
  GBytes *close_reason;
  GSource *timer;
  guint n_periods;
};

RwPeerShutdown *
rw_peer_shutdown_new (RwLoop *loop, RwNegotiator *negotiator,
                      const RwPeerShutdownFuncs *funcs, gpointer user_data)
{
  static gsize has_category = 0;
  RwPeerShutdown *self = g_new0 (RwPeerShutdown, 1);

  if (g_once_init_enter (&has_category)) {
    GST_DEBUG_CATEGORY_INIT (rw_peer_shutdown_debug, "resilientwebrtcshutdown",
                             0, "The end of a WebRTC session");
    g_once_init_leave (&has_category, 1);
  }
  self->loop = loop;
  self->negotiator = negotiator;
  self->funcs = *funcs;
  self->user_data = user_data;
  return self;
}

static void
stop_timer (RwPeerShutdown *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

void
rw_peer_shutdown_free (RwPeerShutdown *self)
{
  stop_timer (self);
  g_clear_pointer (&self->close_reason, g_bytes_unref);
  g_free (self);
}

void
rw_peer_shutdown_set_close_reason (RwPeerShutdown *self, GBytes *message)
{
  g_clear_pointer (&self->close_reason, g_bytes_unref);
  self->close_reason = message != NULL ? g_bytes_ref (message) : NULL;
}

/* The next step, which has @delay_ms, or several times that. */
static void
enter (RwPeerShutdown *self, Step step, guint delay_ms, GSourceFunc func)
{
  stop_timer (self);
  self->step = step;
  self->n_periods = 0;
  self->timer = g_timeout_source_new (delay_ms);
  g_source_set_callback (self->timer, func, self, NULL);
  g_source_set_static_name (self->timer, "rw-peer-shutdown");
  g_source_attach (self->timer, rw_loop_get_context (self->loop));
}

static void
finish (RwPeerShutdown *self)
{
  stop_timer (self);
  self->step = STEP_DONE;
  self->funcs.done (self->user_data);
}

static gboolean
on_release_timeout (gpointer data)
{
  GST_WARNING ("libnice does not give its TURN allocations back; they expire");
  finish (data);
  return G_SOURCE_REMOVE;
}

static void
release_relays (RwPeerShutdown *self)
{
  if (self->funcs.release (self->user_data))
    enter (self, STEP_RELAYS, RELEASE_MS, on_release_timeout);
  else
    finish (self);
}

static gboolean
on_idle_timeout (gpointer data)
{
  RwPeerShutdown *self = data;
  gboolean is_requesting = rw_negotiator_is_requesting (self->negotiator);

  if (is_requesting && ++self->n_periods < MAX_GATHER_PERIODS)
    return G_SOURCE_CONTINUE;
  if (is_requesting)
    GST_WARNING ("webrtcbin does not answer; tearing it down nevertheless");
  release_relays (self);
  return G_SOURCE_REMOVE;
}

static void
finish_when_idle (RwPeerShutdown *self)
{
  if (rw_negotiator_is_idle (self->negotiator))
    release_relays (self);
  else
    enter (self, STEP_IDLE, GATHER_MS, on_idle_timeout);
}

static gboolean
on_close_due (gpointer data)
{
  RwPeerShutdown *self = data;

  if (++self->n_periods < ANSWER_MS / REPEAT_MS) {
    rw_carrier_close (self->carrier);
    return G_SOURCE_CONTINUE;
  }
  finish_when_idle (self);
  return G_SOURCE_REMOVE;
}

static void
close_carrier (RwPeerShutdown *self)
{
  enter (self, STEP_CARRIER, REPEAT_MS, on_close_due);
  rw_carrier_close (self->carrier);
}

static gboolean
on_reason_due (gpointer data)
{
  RwPeerShutdown *self = data;

  if (++self->n_periods < ANSWER_MS / REPEAT_MS) {
    rw_carrier_send (self->carrier, self->close_reason);
    return G_SOURCE_CONTINUE;
  }
  close_carrier (self);
  return G_SOURCE_REMOVE;
}

/* The other peer answers by closing the carrier. To close it here would let the
 * event of that overtake the reason. */
static void
send_reason (RwPeerShutdown *self)
{
  enter (self, STEP_REASON, REPEAT_MS, on_reason_due);
  rw_carrier_send (self->carrier, self->close_reason);
}

void
rw_peer_shutdown_begin (RwPeerShutdown *self, RwCarrier *carrier)
{
  g_return_if_fail (self->step == STEP_NONE);

  self->carrier = carrier;
  if (carrier == NULL || !rw_carrier_is_open (carrier))
    finish_when_idle (self);
  else if (self->close_reason != NULL)
    send_reason (self);
  else
    close_carrier (self);
}

static gboolean
is_waiting_for_peer (RwPeerShutdown *self)
{
  return self->step == STEP_REASON || self->step == STEP_CARRIER;
}

void
rw_peer_shutdown_hurry (RwPeerShutdown *self)
{
  if (is_waiting_for_peer (self))
    finish_when_idle (self);
}

void
rw_peer_shutdown_note_carrier_closed (RwPeerShutdown *self)
{
  if (is_waiting_for_peer (self))
    finish_when_idle (self);
}

void
rw_peer_shutdown_note_idle (RwPeerShutdown *self)
{
  if (self->step == STEP_IDLE)
    release_relays (self);
}

void
rw_peer_shutdown_note_released (RwPeerShutdown *self)
{
  if (self->step == STEP_RELAYS)
    finish (self);
}
