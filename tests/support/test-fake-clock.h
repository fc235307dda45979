/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"

G_BEGIN_DECLS

/**
 * TestFakeClock:
 * A clock that a test turns by hand. It starts at one second. One thread.
 */
#define TEST_TYPE_FAKE_CLOCK (test_fake_clock_get_type ())
G_DECLARE_FINAL_TYPE (TestFakeClock, test_fake_clock, TEST, FAKE_CLOCK, RwClock)

TestFakeClock *test_fake_clock_new (void);

/**
 * test_fake_clock_advance:
 * Goes on by @delta_us, stopping at each timer that falls due on the way, and
 * dispatches the default context until it is idle at each stop.
 */
void test_fake_clock_advance (TestFakeClock *self, gint64 delta_us);

/** test_fake_clock_next_due_us: the earliest alarm, or -1. */
gint64 test_fake_clock_next_due_us (TestFakeClock *self);

G_END_DECLS
