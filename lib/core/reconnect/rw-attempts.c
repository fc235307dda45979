/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-attempts.h"

#include <string.h>

static const RwAttempt *
rw_attempts_find (const RwAttempts *self, guint64 generation)
{
  for (guint i = 0; i < self->n; i++)
    if (self->items[i].generation == generation)
      return &self->items[i];
  return NULL;
}

static RwAttempt *
rw_attempts_get (RwAttempts *self, guint64 generation)
{
  return (RwAttempt *) rw_attempts_find (self, generation);
}

void
rw_attempts_add (RwAttempts *self, guint64 generation, gint64 deadline_us)
{
  g_return_if_fail (self->n < RW_MAX_ATTEMPTS);

  self->items[self->n++] =
      (RwAttempt){.generation = generation, .deadline_us = deadline_us};
}

gboolean
rw_attempts_remove (RwAttempts *self, guint64 generation)
{
  const RwAttempt *item = rw_attempts_find (self, generation);
  guint i;

  if (item == NULL)
    return FALSE;
  i = item - self->items;
  self->n--;
  memmove (&self->items[i], &self->items[i + 1],
           (self->n - i) * sizeof (RwAttempt));
  return TRUE;
}

guint64
rw_attempts_pop_oldest (RwAttempts *self)
{
  guint64 generation = self->n > 0 ? self->items[0].generation : 0;

  rw_attempts_remove (self, generation);
  return generation;
}

gboolean
rw_attempts_contains (const RwAttempts *self, guint64 generation)
{
  return rw_attempts_find (self, generation) != NULL;
}

gboolean
rw_attempts_is_overdue (const RwAttempts *self, guint64 generation)
{
  const RwAttempt *item = rw_attempts_find (self, generation);

  return item != NULL && item->deadline_us < 0;
}

gboolean
rw_attempts_has_young (const RwAttempts *self)
{
  return rw_attempts_get_deadline_us (self) >= 0;
}

void
rw_attempts_renew (RwAttempts *self, guint64 generation, gint64 deadline_us,
                   guint max)
{
  for (guint i = 0; i < self->n; i++) {
    RwAttempt *item = &self->items[i];

    if (item->generation == generation && item->deadline_us >= 0 &&
        item->n_renewals < max) {
      item->deadline_us = deadline_us;
      item->n_renewals++;
    }
  }
}

void
rw_attempts_wait (RwAttempts *self, guint64 generation, gint64 deadline_us)
{
  RwAttempt *item = rw_attempts_get (self, generation);

  if (item == NULL || item->deadline_us < 0)
    return;
  item->deadline_us = deadline_us;
  item->is_waiting = TRUE;
}

gboolean
rw_attempts_has_waiting (const RwAttempts *self)
{
  for (guint i = 0; i < self->n; i++)
    if (self->items[i].is_waiting)
      return TRUE;
  return FALSE;
}

gint64
rw_attempts_end_step (RwAttempts *self, guint64 generation, gint64 now_us,
                      gboolean is_measured)
{
  RwAttempt *item = rw_attempts_get (self, generation);
  gint64 began_us;

  if (item == NULL)
    return 0;
  began_us = item->is_waiting ? 0 : item->step_us;
  item->is_waiting = FALSE;
  item->step_us = is_measured ? now_us : 0;
  return began_us > 0 ? now_us - began_us : 0;
}

gboolean
rw_attempts_expire (RwAttempts *self, gint64 now_us, gboolean *in_step)
{
  gboolean expired = FALSE;

  *in_step = FALSE;
  for (guint i = 0; i < self->n; i++) {
    RwAttempt *item = &self->items[i];

    if (item->deadline_us >= 0 && item->deadline_us <= now_us) {
      item->deadline_us = -1;
      *in_step |= item->step_us > 0 && !item->is_waiting;
      expired = TRUE;
    }
  }
  return expired;
}

gint64
rw_attempts_get_deadline_us (const RwAttempts *self)
{
  gint64 deadline_us = -1;

  for (guint i = 0; i < self->n; i++) {
    gint64 d_us = self->items[i].deadline_us;

    if (d_us >= 0 && (deadline_us < 0 || d_us < deadline_us))
      deadline_us = d_us;
  }
  return deadline_us;
}
