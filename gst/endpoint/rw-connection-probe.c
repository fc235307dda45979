/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-connection-probe.h"

#include "rw-timer.h"

/* See the header. */

/* Interval of the probes while media is down: short, so that the return of the
 * network is detected within a fraction of a second; longer after a minute of
 * outage, when a second more does not matter. */
#define PROBE_US       (250 * 1000)
#define PROBE_SLOW_US  (2 * G_USEC_PER_SEC)
#define PROBE_QUICK_US (60 * G_USEC_PER_SEC)

struct _RwConnectionProbe {
  RwClock *clock;
  RwSignaller *signaller;
  RwTimer *timer; /* runs while media is suspect or down */
  gint64 since_us;
};

static void
on_probe_timer (gpointer data)
{
  RwConnectionProbe *self = data;
  gboolean quick =
      rw_clock_get_now_us (self->clock) - self->since_us < PROBE_QUICK_US;

  rw_timer_set_in (self->timer, quick ? PROBE_US : PROBE_SLOW_US);
  rw_signaller_retry_now (self->signaller);
}

RwConnectionProbe *
rw_connection_probe_new (RwClock *clock, GMainContext *context,
                         RwSignaller *signaller)
{
  RwConnectionProbe *self = g_new0 (RwConnectionProbe, 1);

  self->clock = g_object_ref (clock);
  self->signaller = g_object_ref (signaller);
  self->timer =
      rw_timer_new (clock, context, "signalling probe", on_probe_timer, self);
  return self;
}

void
rw_connection_probe_free (RwConnectionProbe *self)
{
  rw_timer_free (self->timer);
  g_object_unref (self->signaller);
  g_object_unref (self->clock);
  g_free (self);
}

void
rw_connection_probe_follow_media (RwConnectionProbe *self, RwState state)
{
  gboolean wanted = state == RW_STATE_SUSPECT || state == RW_STATE_RECONNECTING;

  if (wanted == rw_timer_is_set (self->timer))
    return;
  if (!wanted) {
    rw_timer_stop (self->timer);
    return;
  }
  self->since_us = rw_clock_get_now_us (self->clock);
  rw_timer_set_in (self->timer, 0);
}
