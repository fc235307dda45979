/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-attempts.h"
#include "rw-backoff.h"
#include "rw-controller.h"
#include "rw-timer.h"

G_BEGIN_DECLS

/* The two parts of RwController: what it is and is told (rw-controller.c), and
 * what it makes of that and tells (rw-controller-decide.c). One thread. */

enum {
  SIGNAL_ATTEMPT,
  SIGNAL_ABANDON,
  SIGNAL_STATE_CHANGED,
  SIGNAL_RETRYING,
  N_SIGNALS
};

extern guint rw_controller_signals[N_SIGNALS];

struct _RwController {
  GObject parent_instance;
  RwClock *clock;
  RwTimer *timer;
  GRand *rand;
  RwBackoff backoff;
  RwBreaker breaker;
  int retries; /* -1: no end */
  gint64 attempt_timeout_us;
  gint64 spread_us;
  guint max_attempts;

  RwState state;
  guint64 current;     /* the session in use, or 0 */
  guint64 distrusted;  /* its progress does not count: the user wants another */
  guint64 last;        /* the newest generation */
  RwAttempts attempts; /* beside the one in use */

  gint64 next_us;        /* when the next attempt is due, or -1 */
  gboolean next_is_hint; /* it does not count against the retries */
  gint64 not_before_us;  /* a server's Retry-After */
  gint64 last_attempt_us;
  gint64 last_path_hint_us;
  const char *give_up; /* the reason, kept while the old session may heal */
  int n_counted;       /* of this outage's attempts, those against retries */

  gint64 last_progress_us;
  gboolean had_audio; /* since the start */
  guint n_attempts;   /* since audio was last acknowledged */
  RwControllerCounts counts;

  GQueue news;
  gboolean telling;
};

/* rw-controller-decide.c */
gint64 rw_controller_now_us (RwController *self);
void rw_controller_tell (RwController *self);
gboolean rw_controller_step (RwController *self, RwStateEvent event,
                             const char *reason);
void rw_controller_abandon_current (RwController *self);
void rw_controller_abandon_attempts (RwController *self);
void rw_controller_begin (RwController *self, gboolean is_hint);
void rw_controller_plan_attempt (RwController *self, gint64 due_us,
                                 gboolean is_hint);
void rw_controller_forget_failures (RwController *self);
void rw_controller_settle (RwController *self, RwStateEvent event,
                           const char *reason);
void rw_controller_win (RwController *self, guint64 generation);
void rw_controller_replace (RwController *self, gint64 delay_us);
void rw_controller_count_stale (RwController *self, guint64 generation);
gboolean rw_controller_is_in_use (RwController *self, guint64 generation);
void rw_controller_give_up (RwController *self, const char *reason);
void rw_controller_go_down (RwController *self, const char *reason,
                            gint64 delay_us);
void rw_controller_fail_attempt (RwController *self, guint64 generation,
                                 RwFailure failure, gint64 retry_after_us);
void rw_controller_on_timer (gpointer data);

G_END_DECLS
