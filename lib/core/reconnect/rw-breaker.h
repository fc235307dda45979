/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwBreaker:
 * A circuit breaker: after a row of failures it opens, and then lets nothing
 * through for a while but one probe, whose fate decides. Caller-owned, pure.
 */
typedef enum {
  RW_BREAKER_CLOSED,
  RW_BREAKER_OPEN,
  RW_BREAKER_HALF_OPEN,
} RwBreakerState;

typedef struct {
  guint threshold; /* failures in a row that open it; 0: never */
  gint64 delay_us; /* how long it stays open */
  RwBreakerState state;
  guint n_failures; /* in a row */
} RwBreaker;

void rw_breaker_init (RwBreaker *self, guint threshold, gint64 delay_us);

/** rw_breaker_succeed: closes it and forgets the failures. */
void rw_breaker_succeed (RwBreaker *self);

/**
 * rw_breaker_fail:
 *
 * Returns for how long nothing should be tried: 0 while it is closed.
 */
gint64 rw_breaker_fail (RwBreaker *self);

/**
 * rw_breaker_admit: an attempt begins; an open breaker becomes half-open.
 *
 * Returns how many attempts may be under way, this one included: @wanted, or
 * 1 for a probe.
 */
guint rw_breaker_admit (RwBreaker *self, guint wanted);

G_END_DECLS
