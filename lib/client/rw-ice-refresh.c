/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ice-refresh.h"

#include "rw-timer.h"

/* When the credentials are renewed: at this part of their life. */
#define RENEW_NUM 3
#define RENEW_DEN 4

/* A question that was lost with its connection is asked again after this part.
 */
#define REPEAT_DEN 16

#define SHORTEST_US (1 * G_TIME_SPAN_SECOND)

/* No longer than a week, so that the sums cannot overflow. */
#define LONGEST_MS G_GUINT64_CONSTANT (604800000)

struct _RwIceRefresh {
  RwTimer *timer;
  gint64 ttl_us; /* for how long the last credentials were good */
  void (*on_due) (gpointer data);
  gpointer data;
};

static void
rw_ice_refresh_plan (RwIceRefresh *self, gint64 delay_us)
{
  rw_timer_set_in (self->timer, MAX (delay_us, SHORTEST_US));
}

static void
on_timer (gpointer data)
{
  RwIceRefresh *self = data;

  rw_ice_refresh_plan (self, self->ttl_us / REPEAT_DEN);
  self->on_due (self->data);
}

RwIceRefresh *
rw_ice_refresh_new (RwClock *clock, GMainContext *context,
                    void (*on_due) (gpointer data), gpointer data)
{
  RwIceRefresh *self = g_new0 (RwIceRefresh, 1);

  self->timer = rw_timer_new (clock, context, "rw-ice-refresh", on_timer, self);
  self->on_due = on_due;
  self->data = data;
  return self;
}

void
rw_ice_refresh_free (RwIceRefresh *self)
{
  rw_timer_free (self->timer);
  g_free (self);
}

void
rw_ice_refresh_note_servers (RwIceRefresh *self, guint n_servers,
                             guint64 ttl_ms)
{
  self->ttl_us = (gint64) MIN (ttl_ms, LONGEST_MS) * 1000;
  if (n_servers > 0 && self->ttl_us > 0)
    rw_ice_refresh_plan (self, self->ttl_us / RENEW_DEN * RENEW_NUM);
  else
    rw_timer_stop (self->timer);
}

void
rw_ice_refresh_stop (RwIceRefresh *self)
{
  rw_timer_stop (self->timer);
}
