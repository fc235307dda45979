/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"

G_BEGIN_DECLS

/**
 * RwTimer:
 * One alarm: a named source on a context, set and reset at will, owned by its
 * creator. All calls come from the context's thread. It follows an RwClock, so
 * that the tests' clock can drive it.
 */
typedef struct _RwTimer RwTimer;

typedef void (*RwTimerFunc) (gpointer data);

/**
 * rw_timer_new:
 * @context: where @func runs; NULL is the default context.
 * @name: static; for debuggers.
 *
 * A new timer is not set. Free it with rw_timer_free(), also from @func.
 */
RwTimer *rw_timer_new (RwClock *clock, GMainContext *context, const char *name,
                       RwTimerFunc func, gpointer data);
void rw_timer_free (RwTimer *self);

/** rw_timer_set_at: fires once at @due_us; replaces an earlier setting. */
void rw_timer_set_at (RwTimer *self, gint64 due_us);

/** rw_timer_set_in: fires once @delay_us from now. */
void rw_timer_set_in (RwTimer *self, gint64 delay_us);

/** rw_timer_stop: it will not fire until it is set again. */
void rw_timer_stop (RwTimer *self);

gboolean rw_timer_is_set (RwTimer *self);

/** rw_timer_get_due_us: when it fires, or -1 when it is not set. */
gint64 rw_timer_get_due_us (RwTimer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwTimer, rw_timer_free)

G_END_DECLS
