/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwAttempts:
 * The sessions being opened, oldest first: a handful, so that a plain array is
 * quickest. An attempt is young until its deadline, then overdue. Caller-owned,
 * pure.
 */
#define RW_MAX_ATTEMPTS 16

typedef struct {
  guint64 generation;
  gint64 deadline_us; /* -1 when overdue */
  guint n_renewals;
  gboolean is_waiting; /* for an answer that is not lost unnoticed */
  gint64 step_us;      /* when its present step began, 0: not measured */
} RwAttempt;

typedef struct {
  RwAttempt items[RW_MAX_ATTEMPTS];
  guint n;
} RwAttempts;

/** rw_attempts_add: there must be room. */
void rw_attempts_add (RwAttempts *self, guint64 generation, gint64 deadline_us);
gboolean rw_attempts_remove (RwAttempts *self, guint64 generation);

/** rw_attempts_pop_oldest: its generation, or 0 when there is none. */
guint64 rw_attempts_pop_oldest (RwAttempts *self);

gboolean rw_attempts_contains (const RwAttempts *self, guint64 generation);
gboolean rw_attempts_is_overdue (const RwAttempts *self, guint64 generation);
gboolean rw_attempts_has_young (const RwAttempts *self);

/** rw_attempts_renew: a young attempt's deadline, at most @max times. */
void rw_attempts_renew (RwAttempts *self, guint64 generation,
                        gint64 deadline_us, guint max);

/** rw_attempts_wait: a young attempt is due at @deadline_us, and until its next
 * step it waits for an answer that comes or is known to be lost. */
void rw_attempts_wait (RwAttempts *self, guint64 generation,
                       gint64 deadline_us);

/** rw_attempts_has_waiting: whether one waits in that way, overdue or not. */
gboolean rw_attempts_has_waiting (const RwAttempts *self);

/** rw_attempts_end_step: the attempt got further. Returns how long the step has
 * taken; 0 for one that was not to be measured, as the first one and one that
 * waited: they do not measure this machine.
 * @is_measured: whether the next one is. */
gint64 rw_attempts_end_step (RwAttempts *self, guint64 generation,
                             gint64 now_us, gboolean is_measured);

/** rw_attempts_expire: whether one became overdue.
 * @in_step: (out): whether one of them had got further, and not waited. */
gboolean rw_attempts_expire (RwAttempts *self, gint64 now_us,
                             gboolean *in_step);

/** rw_attempts_get_deadline_us: the earliest, or -1. */
gint64 rw_attempts_get_deadline_us (const RwAttempts *self);

G_END_DECLS
