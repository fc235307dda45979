/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-clock.h"

G_DEFINE_TYPE (RwClock, rw_clock, G_TYPE_OBJECT)

static gint64
rw_clock_real_get_now_us (RwClock *self)
{
  return g_get_monotonic_time ();
}

static void
rw_clock_real_schedule (RwClock *self, GSource *source, gint64 due_us)
{
  g_source_set_ready_time (source, due_us);
}

static void
rw_clock_class_init (RwClockClass *klass)
{
  klass->get_now_us = rw_clock_real_get_now_us;
  klass->schedule = rw_clock_real_schedule;
}

static void
rw_clock_init (RwClock *self)
{
}

RwClock *
rw_clock_new (void)
{
  return g_object_new (RW_TYPE_CLOCK, NULL);
}

gint64
rw_clock_get_now_us (RwClock *self)
{
  g_return_val_if_fail (RW_IS_CLOCK (self), 0);

  return RW_CLOCK_GET_CLASS (self)->get_now_us (self);
}

void
rw_clock_schedule (RwClock *self, GSource *source, gint64 due_us)
{
  g_return_if_fail (RW_IS_CLOCK (self));
  g_return_if_fail (due_us >= -1);

  RW_CLOCK_GET_CLASS (self)->schedule (self, source, due_us);
}
