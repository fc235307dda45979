/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-generations.h"

/* How often an attempt that advances may renew its time. */
#define MAX_RENEWALS 4

void
rw_generations_init (RwGenerations *self, RwReconnectEvents *events)
{
  *self = (RwGenerations){.events = events};
}

static void
rw_generations_abandon_oldest (RwGenerations *self)
{
  rw_reconnect_events_push_abandon (self->events,
                                    rw_attempts_pop_oldest (&self->attempts));
}

void
rw_generations_begin (RwGenerations *self, guint max, gint64 timeout_us,
                      gint64 now_us)
{
  gint64 longest_us =
      rw_step_time_get_timeout_us (&self->step_time, timeout_us);

  while (self->attempts.n >= max)
    rw_generations_abandon_oldest (self);
  self->last++;
  rw_attempts_add (&self->attempts, self->last, now_us + longest_us);
  rw_reconnect_events_push (self->events, RW_RECONNECT_EVENT_ATTEMPT,
                            self->last, NULL);
}

void
rw_generations_end_step (RwGenerations *self, guint64 generation,
                         gboolean is_measured, gint64 now_us)
{
  gint64 took_us =
      rw_attempts_end_step (&self->attempts, generation, now_us, is_measured);

  if (took_us > 0)
    rw_step_time_take (&self->step_time, took_us);
}

void
rw_generations_advance (RwGenerations *self, guint64 generation,
                        gint64 timeout_us, gboolean is_measured, gint64 now_us)
{
  rw_generations_end_step (self, generation, is_measured, now_us);
  timeout_us = rw_step_time_get_timeout_us (&self->step_time, timeout_us);
  rw_attempts_renew (&self->attempts, generation, now_us + timeout_us,
                     MAX_RENEWALS);
}

gboolean
rw_generations_expire (RwGenerations *self, gint64 timeout_us, gint64 now_us)
{
  gboolean in_step;
  gboolean expired = rw_attempts_expire (&self->attempts, now_us, &in_step);

  if (in_step)
    rw_step_time_note_timeout (&self->step_time, timeout_us);
  return expired;
}

void
rw_generations_use (RwGenerations *self, guint64 generation)
{
  rw_attempts_remove (&self->attempts, generation);
  rw_generations_abandon_current (self);
  self->current = generation;
}

void
rw_generations_abandon_current (RwGenerations *self)
{
  if (self->current != 0)
    rw_reconnect_events_push_abandon (self->events, self->current);
  self->current = 0;
  self->distrusted = 0;
}

void
rw_generations_abandon_attempts (RwGenerations *self)
{
  while (self->attempts.n > 0)
    rw_generations_abandon_oldest (self);
}

void
rw_generations_abandon_attempt (RwGenerations *self, guint64 generation)
{
  if (rw_attempts_remove (&self->attempts, generation))
    rw_reconnect_events_push_abandon (self->events, generation);
}

gboolean
rw_generations_is_attempt (const RwGenerations *self, guint64 generation)
{
  return rw_attempts_contains (&self->attempts, generation);
}

gboolean
rw_generations_check_current (RwGenerations *self, guint64 generation)
{
  if (generation != 0 && generation == self->current)
    return TRUE;
  /* An attempt cannot go silent before anything was received on it. */
  if (!rw_generations_is_attempt (self, generation)) {
    self->n_stale++;
    g_debug ("generation %" G_GUINT64_FORMAT
             " no longer counts; %" G_GUINT64_FORMAT " such reports so far",
             generation, self->n_stale);
  }
  return FALSE;
}

gboolean
rw_generations_is_live (const RwGenerations *self, guint64 generation)
{
  return generation != 0 && (generation == self->current ||
                             rw_generations_is_attempt (self, generation));
}
