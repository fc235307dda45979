/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-retry-policy.h"

/* Between two attempts, however good the evidence. */
#define MIN_SPACING_US 100000

/* A session that is well for so long is one, though its sender is silent. */
#define PROVEN_US (10 * G_USEC_PER_SEC)

void
rw_retry_policy_init (RwRetryPolicy *self)
{
  *self = (RwRetryPolicy){.retries = -1, .next_us = -1, .last_us = -1};
  rw_backoff_init (&self->backoff, &RW_BACKOFF_CONFIG_DEFAULT);
  rw_breaker_init (&self->breaker, 0, 0);
}

void
rw_retry_policy_set_config (RwRetryPolicy *self, const RwBackoffConfig *backoff,
                            guint breaker_failures, gint64 breaker_delay_us)
{
  RwBackoffConfig endless = *backoff;

  /* Retries are counted here, not there: hints are free. */
  endless.retries = -1;
  rw_backoff_set_config (&self->backoff, &endless);
  self->retries = backoff->retries;
  self->breaker.threshold = breaker_failures;
  self->breaker.delay_us = breaker_delay_us;
}

void
rw_retry_policy_succeed (RwRetryPolicy *self)
{
  rw_backoff_reset (&self->backoff);
  rw_breaker_succeed (&self->breaker);
  self->n_counted = 0;
  self->not_before_us = 0;
  self->n_barren = 0;
}

void
rw_retry_policy_note_session (RwRetryPolicy *self, gint64 now_us)
{
  self->n_barren++;
  self->barren_us = now_us;
}

void
rw_retry_policy_keep_session (RwRetryPolicy *self, gint64 now_us)
{
  if (self->n_barren > 0 && now_us - self->barren_us >= PROVEN_US)
    rw_retry_policy_succeed (self);
}

gboolean
rw_retry_policy_has_barren (const RwRetryPolicy *self)
{
  return self->n_barren > 1;
}

gint64
rw_retry_policy_fail (RwRetryPolicy *self)
{
  gint64 pause_us = rw_breaker_fail (&self->breaker);

  return MIN (pause_us, self->backoff.config.delay_max_us);
}

gboolean
rw_retry_policy_has_retries (const RwRetryPolicy *self, gboolean is_first)
{
  return self->retries < 0 ||
         self->n_counted < self->retries + (is_first ? 1 : 0);
}

gint64
rw_retry_policy_draw_delay (RwRetryPolicy *self, GRand *rand, gint64 now_us,
                            gint64 retry_after_us)
{
  gint64 delay_us;

  rw_backoff_next (&self->backoff, rand, retry_after_us, &delay_us);
  if (retry_after_us > 0)
    self->not_before_us = now_us + delay_us;
  return delay_us;
}

gboolean
rw_retry_policy_plan (RwRetryPolicy *self, gint64 due_us, gint64 now_us,
                      gboolean is_hint)
{
  due_us = MAX (due_us, self->not_before_us);
  if (self->last_us >= 0)
    due_us = MAX (due_us, self->last_us + MIN_SPACING_US);
  if (self->next_us >= 0 && self->next_us <= due_us)
    return FALSE;
  self->next_us = due_us;
  self->next_is_hint = is_hint;
  return due_us <= now_us;
}

void
rw_retry_policy_cancel (RwRetryPolicy *self)
{
  self->next_us = -1;
}

gboolean
rw_retry_policy_is_due (const RwRetryPolicy *self, gint64 now_us)
{
  return self->next_us >= 0 && self->next_us <= now_us;
}

guint
rw_retry_policy_begin (RwRetryPolicy *self, gint64 now_us, gboolean is_hint,
                       guint wanted)
{
  self->next_us = -1;
  self->last_us = now_us;
  if (!is_hint)
    self->n_counted++;
  return rw_breaker_admit (&self->breaker, wanted);
}

void
rw_retry_policy_uncount (RwRetryPolicy *self, gboolean was_newest)
{
  if (was_newest)
    self->last_us = -1;
  self->n_counted = MAX (self->n_counted - 1, 0);
}

void
rw_retry_policy_hold_off (RwRetryPolicy *self, gint64 now_us,
                          gint64 duration_us)
{
  duration_us = CLAMP (duration_us, 0, RW_BACKOFF_RETRY_AFTER_MAX_US);
  self->not_before_us = MAX (self->not_before_us, now_us + duration_us);
}
