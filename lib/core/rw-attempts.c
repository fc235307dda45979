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

void
rw_attempts_add (RwAttempts *self, guint64 generation, gint64 deadline_us)
{
  g_return_if_fail (self->n < RW_MAX_ATTEMPTS);

  self->items[self->n++] = (RwAttempt){generation, deadline_us, 0};
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

gboolean
rw_attempts_expire (RwAttempts *self, gint64 now_us)
{
  gboolean expired = FALSE;

  for (guint i = 0; i < self->n; i++) {
    gint64 *deadline_us = &self->items[i].deadline_us;

    if (*deadline_us >= 0 && *deadline_us <= now_us) {
      *deadline_us = -1;
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
