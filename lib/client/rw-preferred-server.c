/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-preferred-server.h"

#include "rw-timer.h"

struct _RwPreferredServer {
  RwClock *clock;
  RwTimer *timer;
  RwServerPool *pool;
  gint64 min_delay_us;
};

RwPreferredServer *
rw_preferred_server_new (RwClock *clock, GMainContext *context,
                         RwServerPool *pool, gint64 min_delay_us,
                         void (*on_due) (gpointer data), gpointer data)
{
  RwPreferredServer *self = g_new0 (RwPreferredServer, 1);

  self->clock = g_object_ref (clock);
  self->timer =
      rw_timer_new (clock, context, "rw-preferred-server", on_due, data);
  self->pool = pool;
  self->min_delay_us = min_delay_us;
  return self;
}

void
rw_preferred_server_free (RwPreferredServer *self)
{
  rw_timer_free (self->timer);
  g_object_unref (self->clock);
  g_free (self);
}

void
rw_preferred_server_plan (RwPreferredServer *self, guint server, gint64 hold_us)
{
  gint64 better_us = rw_server_pool_get_better_us (self->pool, server);
  gint64 soon_us = rw_clock_get_now_us (self->clock) + self->min_delay_us;

  if (hold_us > self->min_delay_us)
    rw_timer_set_in (self->timer, hold_us);
  else if (better_us >= 0)
    rw_timer_set_at (self->timer, MAX (better_us, soon_us));
}

void
rw_preferred_server_look_in (RwPreferredServer *self, gint64 delay_us)
{
  rw_timer_set_in (self->timer, delay_us);
}

void
rw_preferred_server_stop (RwPreferredServer *self)
{
  rw_timer_stop (self->timer);
}
