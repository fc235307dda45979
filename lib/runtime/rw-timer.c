/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-timer.h"

struct _RwTimer {
  GSource source; /* first: an RwTimer is a GSource, and so freed after use */
  RwClock *clock;
  RwTimerFunc func;
  gpointer data;
  gint64 due_us;
};

static gboolean
rw_timer_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  RwTimer *self = (RwTimer *) source;

  /* Set again, to a later time, between being ready and being dispatched. */
  if (self->due_us < 0 || rw_clock_get_now_us (self->clock) < self->due_us)
    return G_SOURCE_CONTINUE;
  rw_timer_stop (self);
  self->func (self->data);
  return G_SOURCE_CONTINUE;
}

static void
rw_timer_finalize (GSource *source)
{
  g_object_unref (((RwTimer *) source)->clock);
}

static GSourceFuncs rw_timer_funcs = {
    .dispatch = rw_timer_dispatch,
    .finalize = rw_timer_finalize,
};

RwTimer *
rw_timer_new (RwClock *clock, GMainContext *context, const char *name,
              RwTimerFunc func, gpointer data)
{
  RwTimer *self;

  g_return_val_if_fail (RW_IS_CLOCK (clock), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  self = (RwTimer *) g_source_new (&rw_timer_funcs, sizeof (RwTimer));
  self->clock = g_object_ref (clock);
  self->func = func;
  self->data = data;
  self->due_us = -1;
  g_source_set_static_name (&self->source, name);
  g_source_attach (&self->source, context);
  return self;
}

void
rw_timer_free (RwTimer *self)
{
  rw_timer_stop (self);
  g_source_destroy (&self->source);
  g_source_unref (&self->source);
}

void
rw_timer_set_at (RwTimer *self, gint64 due_us)
{
  g_return_if_fail (self != NULL);

  self->due_us = MAX (due_us, 0);
  rw_clock_schedule (self->clock, &self->source, self->due_us);
}

void
rw_timer_set_in (RwTimer *self, gint64 delay_us)
{
  g_return_if_fail (self != NULL);

  rw_timer_set_at (self, rw_clock_get_now_us (self->clock) + delay_us);
}

void
rw_timer_stop (RwTimer *self)
{
  g_return_if_fail (self != NULL);

  self->due_us = -1;
  rw_clock_schedule (self->clock, &self->source, -1);
}

gboolean
rw_timer_is_set (RwTimer *self)
{
  return self->due_us >= 0;
}

gint64
rw_timer_get_due_us (RwTimer *self)
{
  return self->due_us;
}
