/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-backoff.h"
#include "rw-breaker.h"

G_BEGIN_DECLS

/**
 * RwRetryPolicy:
 * When the next attempt is due: the back-off, the circuit breaker, the number
 * of retries, what a server asked for, and a least distance between attempts.
 * An attempt that evidence suggests (a *hint*) does not wait for the back-off
 * and does not count against the retries. Caller-owned, pure.
 */
typedef struct {
  RwBackoff backoff;
  RwBreaker breaker;
  int retries;           /* -1: no end */
  int n_counted;         /* attempts of this outage that count against them */
  gint64 next_us;        /* when the next attempt is due, or -1 */
  gboolean next_is_hint; /* that one does not count */
  gint64 not_before_us;  /* a server's Retry-After */
  gint64 last_us;        /* when the last one began, or -1 */
  guint n_barren;        /* sessions in a row that brought no audio */
  gint64 barren_us;      /* since when the last of them is well */
} RwRetryPolicy;

void rw_retry_policy_init (RwRetryPolicy *self);

/** rw_retry_policy_set_config: keeps all counts. The least delay of an open
 * breaker is bounded by the longest of the back-off. */
void rw_retry_policy_set_config (RwRetryPolicy *self,
                                 const RwBackoffConfig *backoff,
                                 guint breaker_failures,
                                 gint64 breaker_delay_us);

/** rw_retry_policy_succeed: forgets all failures. */
void rw_retry_policy_succeed (RwRetryPolicy *self);

/** rw_retry_policy_note_session: a session is in use that has brought no audio
 * yet, so that no failure is forgotten. */
void rw_retry_policy_note_session (RwRetryPolicy *self, gint64 now_us);

/** rw_retry_policy_keep_session: that session is still well. For ten seconds:
 * then it counts as a success, as its sender has nothing to send. */
void rw_retry_policy_keep_session (RwRetryPolicy *self, gint64 now_us);

/** rw_retry_policy_has_barren: whether the last sessions, more than one, have
 * brought nothing, so that their loss is a failure. */
gboolean rw_retry_policy_has_barren (const RwRetryPolicy *self);

/** rw_retry_policy_fail: counts a failure. Returns for how long the breaker
 * wants no attempt, or 0. */
gint64 rw_retry_policy_fail (RwRetryPolicy *self);

/** rw_retry_policy_has_retries: @is_first: no session was had yet, so that the
 * first attempt is no retry. */
gboolean rw_retry_policy_has_retries (const RwRetryPolicy *self,
                                      gboolean is_first);

/** rw_retry_policy_draw_delay: the back-off's next delay.
 * @retry_after_us: what a server asked for, or 0; hints obey it as well. */
gint64 rw_retry_policy_draw_delay (RwRetryPolicy *self, GRand *rand,
                                   gint64 now_us, gint64 retry_after_us);

/** rw_retry_policy_plan: an attempt at @due_us, unless an earlier one is
 * planned. Returns whether one is due now. */
gboolean rw_retry_policy_plan (RwRetryPolicy *self, gint64 due_us,
                               gint64 now_us, gboolean is_hint);
void rw_retry_policy_cancel (RwRetryPolicy *self);
gboolean rw_retry_policy_is_due (const RwRetryPolicy *self, gint64 now_us);

/** rw_retry_policy_begin: an attempt begins. Returns how many may be under way,
 * of @wanted, this one included. */
guint rw_retry_policy_begin (RwRetryPolicy *self, gint64 now_us,
                             gboolean is_hint, guint wanted);

/** rw_retry_policy_uncount: the last attempt was none after all. */
void rw_retry_policy_uncount (RwRetryPolicy *self, gboolean was_newest);

/** rw_retry_policy_hold_off: no attempt for so long. */
void rw_retry_policy_hold_off (RwRetryPolicy *self, gint64 now_us,
                               gint64 duration_us);

G_END_DECLS
