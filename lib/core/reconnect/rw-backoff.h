/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwBackoffConfig: how long to wait between attempts.
 * @delay_us: the first delay.
 * @factor: what each further delay is multiplied by; at least 1.
 * @delay_max_us: no computed delay is longer.
 * @jitter: 0 to 1, the part of a delay that chance may take away: 0.5 gives
 *   anything from half of it to all of it. Applied after the maximum, so that
 *   many clients that have all reached it do not come in step.
 * @retries: retries after the first attempt, or -1 for no end.
 */
typedef struct {
  gint64 delay_us;
  double factor;
  gint64 delay_max_us;
  double jitter;
  int retries;
} RwBackoffConfig;

#define RW_BACKOFF_CONFIG_DEFAULT                                              \
  ((RwBackoffConfig){.delay_us = 250000,                                       \
                     .factor = 2.0,                                            \
                     .delay_max_us = 30000000,                                 \
                     .jitter = 0.5,                                            \
                     .retries = -1})

/** A server may ask for a longer delay than delay_max_us, but a bounded one. */
#define RW_BACKOFF_RETRY_AFTER_MAX_US (G_GINT64_CONSTANT (3600) * 1000000)

/** RwBackoff: caller-owned, any thread, no allocation. */
typedef struct {
  RwBackoffConfig config;
  guint n_retries; /* since the last reset */
  double scale;    /* factor^n_retries, as far as it matters */
} RwBackoff;

/** rw_backoff_init: values out of range are moved to the nearest good one. */
void rw_backoff_init (RwBackoff *self, const RwBackoffConfig *config);

/** rw_backoff_set_config: keeps the count of retries. */
void rw_backoff_set_config (RwBackoff *self, const RwBackoffConfig *config);

/** rw_backoff_reset: it worked; the next delay is the first again. */
void rw_backoff_reset (RwBackoff *self);

/**
 * rw_backoff_next:
 * @rand: where chance comes from; not used without jitter.
 * @retry_after_us: what the server asked for, or 0. Never undercut: chance
 *   only adds to it, up to its half times the jitter.
 * @delay_us: (out): how long to wait before the retry.
 *
 * Counts a retry. FALSE when there are none left; @delay_us is then 0.
 */
gboolean rw_backoff_next (RwBackoff *self, GRand *rand, gint64 retry_after_us,
                          gint64 *delay_us);

G_END_DECLS
