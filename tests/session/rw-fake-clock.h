/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"

G_BEGIN_DECLS

/**
 * RwFakeClock:
 * A clock that a test turns by hand. It starts at one second. One thread.
 */
#define RW_TYPE_FAKE_CLOCK (rw_fake_clock_get_type ())
G_DECLARE_FINAL_TYPE (RwFakeClock, rw_fake_clock, RW, FAKE_CLOCK, RwClock)

RwFakeClock *rw_fake_clock_new (void);

/**
 * rw_fake_clock_advance:
 * Goes on by @delta_us, stopping at each timer that falls due on the way, and
 * dispatches the default context until it is idle at each stop.
 */
void rw_fake_clock_advance (RwFakeClock *self, gint64 delta_us);

/** rw_fake_clock_next_due_us: the earliest alarm, or -1. */
gint64 rw_fake_clock_next_due_us (RwFakeClock *self);

G_END_DECLS
