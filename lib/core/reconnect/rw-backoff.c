/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-backoff.h"

/* The delay before chance; in doubles, where an overflow is an infinity and
 * still compares. */
static double
rw_backoff_grow (RwBackoff *self)
{
  const RwBackoffConfig *config = &self->config;
  double delay = config->delay_us * self->scale;

  if (delay >= (double) config->delay_max_us)
    return (double) config->delay_max_us;
  self->scale *= config->factor;
  return delay;
}

static double
draw (double jitter, GRand *rand)
{
  return jitter > 0.0 ? jitter * g_rand_double (rand) : 0.0;
}

void
rw_backoff_init (RwBackoff *self, const RwBackoffConfig *config)
{
  rw_backoff_reset (self);
  rw_backoff_set_config (self, config);
}

void
rw_backoff_set_config (RwBackoff *self, const RwBackoffConfig *config)
{
  RwBackoffConfig c = *config;

  c.delay_us = MAX (c.delay_us, 0);
  c.delay_max_us = MAX (c.delay_max_us, 0);
  /* Written so that a NaN falls on the safe side. */
  c.factor = c.factor >= 1.0 ? c.factor : 1.0;
  c.jitter = c.jitter >= 0.0 ? MIN (c.jitter, 1.0) : 0.0;
  c.retries = MAX (c.retries, -1);
  self->config = c;
}

void
rw_backoff_reset (RwBackoff *self)
{
  self->n_retries = 0;
  self->scale = 1.0;
}

gboolean
rw_backoff_next (RwBackoff *self, GRand *rand, gint64 retry_after_us,
                 gint64 *delay_us)
{
  const RwBackoffConfig *config = &self->config;
  double delay, asked;

  *delay_us = 0;
  if (config->retries >= 0 && self->n_retries >= (guint) config->retries)
    return FALSE;
  asked = CLAMP (retry_after_us, 0, RW_BACKOFF_RETRY_AFTER_MAX_US);
  asked *= 1.0 + draw (config->jitter / 2, rand);
  delay = rw_backoff_grow (self);
  delay *= 1.0 - draw (config->jitter, rand);
  *delay_us = (gint64) MAX (delay, asked);
  if (self->n_retries < G_MAXUINT)
    self->n_retries++;
  return TRUE;
}
