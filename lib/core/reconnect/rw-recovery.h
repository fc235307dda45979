/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-failure.h"
#include "rw-generations.h"
#include "rw-reconnect-config.h"
#include "rw-retry-policy.h"
#include "rw-state-tracker.h"

G_BEGIN_DECLS

/**
 * RwRecovery:
 * Carries out what follows from an outcome: changes the state, plans, begins
 * and abandons attempts, and queues the events for the owner. Part of
 * RwReconnect, which decides which reports count. Combines RwStateTracker (the
 * state), RwRetryPolicy (when the next attempt is due), RwGenerations (the
 * sessions) and RwReconnectEvents. Caller-owned, pure.
 *
 * The owner sets @now_us before each call.
 */
typedef struct {
  gint64 now_us; /* of the call in progress */
  RwReconnectConfig config;
  RwStateTracker tracker;
  RwRetryPolicy policy;
  RwReconnectEvents events;
  RwGenerations generations;
  GRand *rand;
  const char *give_up; /* the reason, kept while the old session may heal */
} RwRecovery;

/** rw_recovery_init: @rand: (transfer full). @self stays where it is in
 * memory. */
void rw_recovery_init (RwRecovery *self, GRand *rand);
void rw_recovery_clear (RwRecovery *self);

/** rw_recovery_step: the only place that changes the state. FALSE if the table
 * refuses @event. */
gboolean rw_recovery_step (RwRecovery *self, RwStateEvent event,
                           const char *reason);

/** rw_recovery_begin: an attempt, now. */
void rw_recovery_begin (RwRecovery *self, gboolean is_hint);

/** rw_recovery_plan: an attempt after @delay_us. */
void rw_recovery_plan (RwRecovery *self, gint64 delay_us, gboolean is_hint);

/** rw_recovery_give_up: now, or once the old session, which may yet heal, has
 * ended. */
void rw_recovery_give_up (RwRecovery *self, const char *reason);

/** rw_recovery_retry_later: an attempt has failed, the back-off decides about
 * the next. */
void rw_recovery_retry_later (RwRecovery *self, const char *reason,
                              gint64 retry_after_us);

/** rw_recovery_keep_current: the session in use is well, so that no attempt
 * beside it is needed. */
void rw_recovery_keep_current (RwRecovery *self, RwStateEvent event,
                               const char *reason);

/** rw_recovery_win: the attempt @generation becomes the session in use.
 * @has_audio: it has brought audio, so that failures are forgotten. */
void rw_recovery_win (RwRecovery *self, guint64 generation, gboolean has_audio);

/** rw_recovery_replace: plans the first attempt of an outage. */
void rw_recovery_replace (RwRecovery *self, gint64 delay_us);

/** rw_recovery_go_down: the session in use is down. */
void rw_recovery_go_down (RwRecovery *self, const char *reason,
                          gint64 delay_us);

/** rw_recovery_fail_attempt: the attempt @generation has failed. */
void rw_recovery_fail_attempt (RwRecovery *self, guint64 generation,
                               RwFailure failure, gint64 retry_after_us);

/** rw_recovery_get_delay_us: until the next attempt that is planned, or 0. */
gint64 rw_recovery_get_delay_us (const RwRecovery *self, gint64 now_us);

G_END_DECLS
