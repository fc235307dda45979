/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-breaker.h"

void
rw_breaker_init (RwBreaker *self, guint threshold, gint64 delay_us)
{
  *self = (RwBreaker){.threshold = threshold, .delay_us = MAX (delay_us, 0)};
}

void
rw_breaker_succeed (RwBreaker *self)
{
  self->state = RW_BREAKER_CLOSED;
  self->n_failures = 0;
}

gint64
rw_breaker_fail (RwBreaker *self)
{
  if (self->n_failures < G_MAXUINT)
    self->n_failures++;
  if (self->threshold == 0 || self->n_failures < self->threshold)
    return 0;
  if (self->state != RW_BREAKER_OPEN)
    self->state = RW_BREAKER_OPEN;
  return self->delay_us;
}

guint
rw_breaker_admit (RwBreaker *self, guint wanted)
{
  if (self->state == RW_BREAKER_CLOSED)
    return wanted;
  self->state = RW_BREAKER_HALF_OPEN;
  return 1;
}
