/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwClock:
 * The clock of everything outside lib/core: the monotonic clock, unless a
 * subclass overrides both vfuncs, as the tests' fake clock does. Any thread may
 * read it.
 */
#define RW_TYPE_CLOCK (rw_clock_get_type ())
G_DECLARE_DERIVABLE_TYPE (RwClock, rw_clock, RW, CLOCK, GObject)

/**
 * RwClockClass:
 * @get_now_us: the time, in microseconds; never runs backwards.
 * @schedule: makes @source ready when the time is @due_us, or never for -1.
 *   Replaces an earlier call; called with -1 before a source goes away.
 */
struct _RwClockClass {
  GObjectClass parent_class;

  gint64 (*get_now_us) (RwClock *self);
  void (*schedule) (RwClock *self, GSource *source, gint64 due_us);
};

/** rw_clock_new: the monotonic clock (g_get_monotonic_time()). */
RwClock *rw_clock_new (void);

gint64 rw_clock_get_now_us (RwClock *self);

/** rw_clock_schedule: for RwTimer; see RwClockClass. */
void rw_clock_schedule (RwClock *self, GSource *source, gint64 due_us);

G_END_DECLS
