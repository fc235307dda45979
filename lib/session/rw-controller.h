/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"
#include "rw-breaker.h"
#include "rw-failure.h"
#include "rw-state.h"

G_BEGIN_DECLS

/**
 * RwController:
 * Decides when a session is begun, kept and torn down, from what its owner
 * reports; knows nothing of how. Each session has a generation, counted from 1.
 * One thread: the one whose context it was given.
 *
 * Make before break: an attempt is begun beside the session in use, and the
 * first generation with acknowledged audio wins; the others are abandoned.
 * An attempt over its time is not torn down until a newer one takes its place:
 * it costs little, and it may yet win.
 *
 * Signals:
 *   attempt (guint64 generation)
 *     Begin a new session beside what there is.
 *   abandon (guint64 generation)
 *     Tear that one down. Comes once for each generation, and never before its
 *     attempt.
 *   state-changed (const RwStateInfo *info)
 *     Once for each change.
 *   retrying (const RwStateInfo *info)
 *     An attempt has failed and the next one is planned: info->delay_us.
 * They come in the order of what they tell, also when a handler calls back into
 * the controller.
 *
 * Properties (times in ms; read them in the owner's thread only):
 *   retry-delay (guint, 250), retry-factor (double, 2.0), retry-delay-max
 *   (guint, 30000), retry-jitter (double, 0.5), retries (int, -1: for ever; 0:
 *   a lost session is not replaced), attempt-timeout (guint, 3000),
 *   breaker-failures (guint, 8; 0: off), breaker-delay (guint, 30000; at most
 *   retry-delay-max counts),
 *   max-attempts (guint, 2: under way at once, besides the session in use; one
 *   is enough while it is young, another keeps an older one, which may yet win,
 *   until its successor has had its time; more where attempts are cheap, but
 *   for attempts with evidence only),
 *   spread (guint, 0: the first attempt after a loss waits for a random part of
 *   it, so that the clients of a server that went do not all return at once).
 */
#define RW_TYPE_CONTROLLER (rw_controller_get_type ())
G_DECLARE_FINAL_TYPE (RwController, rw_controller, RW, CONTROLLER, GObject)

/**
 * RwStateInfo: what an application is told of a change.
 * @reason: a static word, such as "silence", "path-healed" or "refused".
 * @generation: of the session in use, or of the newest attempt without one.
 * @attempt: attempts begun since audio was last acknowledged.
 * @retries: attempts begun in all, save those that start() made.
 * @delay_us: until the next attempt, or 0.
 * @outage_us: since audio was last acknowledged; on connecting again, how long
 *   it took.
 */
typedef struct {
  RwState state;
  RwState previous;
  const char *reason;
  guint64 generation;
  guint attempt;
  guint64 retries;
  gint64 delay_us;
  gint64 outage_us;
} RwStateInfo;

/** RwRetryReason: the evidence that an attempt is worth more than waiting. */
typedef enum {
  RW_RETRY_NETWORK_CHANGED,
  RW_RETRY_PRODUCER_ANNOUNCED,
  RW_RETRY_SIGNALLING_OPENED,
  RW_RETRY_PATH_ALIVE,
  RW_RETRY_REQUESTED, /* by the user: also while connected */
} RwRetryReason;

/** RwControllerCounts: since it was made. */
typedef struct {
  guint64 attempts;
  guint64 retries;
  guint64 outages;        /* states other than connected, after the first */
  guint64 false_suspects; /* suspicions that ended without a new session */
  guint64 stale_events;   /* from generations that no longer count */
  guint64 breaker_opened;
} RwControllerCounts;

/**
 * rw_controller_new:
 * @context: where its timer runs; NULL is the default context.
 * @rand: (transfer full): where chance comes from; NULL for a random seed.
 */
RwController *rw_controller_new (RwClock *clock, GMainContext *context,
                                 GRand *rand);

/** rw_controller_start: the first attempt follows at once. */
void rw_controller_start (RwController *self);

/** rw_controller_stop: every generation is abandoned, and none begun. */
void rw_controller_stop (RwController *self);

/** rw_controller_report_progress: audio of @generation was acknowledged. */
void rw_controller_report_progress (RwController *self, guint64 generation);

/** rw_controller_report_suspect: the session in use has gone silent. */
void rw_controller_report_suspect (RwController *self, guint64 generation);

/**
 * rw_controller_report_down: silent for so long that it counts as down. It is
 * kept all the same: it may heal.
 */
void rw_controller_report_down (RwController *self, guint64 generation);

/**
 * rw_controller_report_alive: something was heard on the session in use. A
 * suspicion ends; a session that is down is a hint to retry now.
 */
void rw_controller_report_alive (RwController *self, guint64 generation);

/**
 * rw_controller_report_lost: the session in use has ended and cannot heal.
 * @reason: static, for RwStateInfo; such as "peer-closed".
 */
void rw_controller_report_lost (RwController *self, guint64 generation,
                                const char *reason);

/** rw_controller_report_advance: an attempt got further; its time is renewed a
 * few times (an answer has come, ICE has connected). */
void rw_controller_report_advance (RwController *self, guint64 generation);

/** rw_controller_grant: an attempt that got further has reason to take so much
 * longer; otherwise like rw_controller_report_advance(). */
void rw_controller_grant (RwController *self, guint64 generation,
                          gint64 duration_us);

/**
 * rw_controller_report_attempt_failed:
 * @retry_after_us: what a server asked for, or 0.
 *
 * For the session in use it means the same as rw_controller_report_lost().
 */
void rw_controller_report_attempt_failed (RwController *self,
                                          guint64 generation, RwFailure failure,
                                          gint64 retry_after_us);

/**
 * rw_controller_report_hopeless:
 * No attempt can succeed any more. Connecting and reconnecting it gives up, in
 * suspicion once the session in use is down. While connected it means nothing
 * yet: an attempt that follows is to be answered with this again.
 */
void rw_controller_report_hopeless (RwController *self, RwFailure failure);

/**
 * rw_controller_retry_now:
 * Begins an attempt whatever the back-off says, though not two within 100 ms
 * (the second is put off until then) and not before a server's Retry-After is
 * over. Means nothing when stopped or failed, and, unless it is requested by
 * the user, while connected.
 */
void rw_controller_retry_now (RwController *self, RwRetryReason reason);

/** rw_controller_hold_off: the other side asks for no attempt for so long. */
void rw_controller_hold_off (RwController *self, gint64 duration_us);

RwState rw_controller_get_state (RwController *self);

/** rw_controller_get_delay_us: until the next attempt that is planned, or 0. */
gint64 rw_controller_get_delay_us (RwController *self);

/** rw_controller_get_generation: of the session in use, or 0. */
guint64 rw_controller_get_generation (RwController *self);

/** rw_controller_is_live: whether events of @generation still count. */
gboolean rw_controller_is_live (RwController *self, guint64 generation);

RwBreakerState rw_controller_get_breaker_state (RwController *self);
void rw_controller_get_counts (RwController *self, RwControllerCounts *counts);

G_END_DECLS
