/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-failure.h"
#include "rw-reconnect-config.h"
#include "rw-reconnect-events.h"
#include "rw-retry-reason.h"

G_BEGIN_DECLS

/**
 * RwReconnect:
 * Decides when a session is begun, kept and torn down, from what its owner
 * reports; a session is only a generation to it. Each session has a generation,
 * counted from 1.
 *
 * Make before break: an attempt is begun beside the session in use, and the
 * first generation with acknowledged audio wins; the others are abandoned. An
 * attempt over its time is not torn down until a newer one takes its place: it
 * costs little, and it may yet win.
 *
 * Pure: the time is an argument. After each call the owner takes the events and
 * wakes it again at rw_reconnect_get_due_us().
 */
typedef struct _RwReconnect RwReconnect;

/** rw_reconnect_new: @rand: (transfer full): where chance comes from. */
RwReconnect *rw_reconnect_new (GRand *rand);
void rw_reconnect_free (RwReconnect *self);

/** rw_reconnect_set_config: from the next decision on. */
void rw_reconnect_set_config (RwReconnect *self,
                              const RwReconnectConfig *config);

/** rw_reconnect_start: the first attempt is due at once. */
void rw_reconnect_start (RwReconnect *self, gint64 now_us);

/** rw_reconnect_stop: every generation is abandoned, and none begun. */
void rw_reconnect_stop (RwReconnect *self, gint64 now_us);

/** rw_reconnect_report_progress: audio of @generation was acknowledged. */
void rw_reconnect_report_progress (RwReconnect *self, guint64 generation,
                                   gint64 now_us);

/** rw_reconnect_report_usable: @generation works, but no audio of it was handed
 * on yet. It wins all the same, and forgets no failure. */
void rw_reconnect_report_usable (RwReconnect *self, guint64 generation,
                                 gint64 now_us);

/** rw_reconnect_report_suspect: the session in use has gone silent. */
void rw_reconnect_report_suspect (RwReconnect *self, guint64 generation,
                                  gint64 now_us);

/** rw_reconnect_report_down: silent for so long that it counts as down. It is
 * kept all the same: it may heal. */
void rw_reconnect_report_down (RwReconnect *self, guint64 generation,
                               gint64 now_us);

/** rw_reconnect_report_alive: something was received on the session in use. A
 * suspicion ends; a session that is down is a hint to retry now. */
void rw_reconnect_report_alive (RwReconnect *self, guint64 generation,
                                gint64 now_us);

/** rw_reconnect_report_lost: the session in use has ended and cannot heal.
 * @reason: static, for RwStateInfo; such as "peer-closed". */
void rw_reconnect_report_lost (RwReconnect *self, guint64 generation,
                               const char *reason, gint64 now_us);

/** rw_reconnect_report_advance: an attempt got further, and may take so much
 * longer from now on, or as long as others took lately; a few times. */
void rw_reconnect_report_advance (RwReconnect *self, guint64 generation,
                                  gint64 duration_us, gint64 now_us);

/** rw_reconnect_report_waiting: an attempt waits for an answer that comes or is
 * known to be lost, so that time alone says little: it has @longest_us, until
 * it advances. */
void rw_reconnect_report_waiting (RwReconnect *self, guint64 generation,
                                  gint64 longest_us, gint64 now_us);

/**
 * rw_reconnect_report_attempt_failed:
 * @retry_after_us: what a server asked for, or 0.
 *
 * For the session in use it means the same as rw_reconnect_report_lost().
 */
void rw_reconnect_report_attempt_failed (RwReconnect *self, guint64 generation,
                                         RwFailure failure,
                                         gint64 retry_after_us, gint64 now_us);

/**
 * rw_reconnect_report_permanent:
 * No attempt can succeed any more. Connecting and reconnecting it gives up, in
 * suspicion once the session in use is down. While connected it means nothing
 * yet: an attempt that follows is to be answered with this again.
 */
void rw_reconnect_report_permanent (RwReconnect *self, RwFailure failure,
                                    gint64 now_us);

/**
 * rw_reconnect_retry_now:
 * Plans an attempt regardless of the back-off, but not two within 100 ms (the
 * second is put off until then) and not before a server's Retry-After is over.
 * Means nothing when stopped or failed, and, unless it is requested by the
 * user, while connected.
 */
void rw_reconnect_retry_now (RwReconnect *self, RwRetryReason reason,
                             gint64 now_us);

/** rw_reconnect_hold_off: the other side asks for no attempt for so long. */
void rw_reconnect_hold_off (RwReconnect *self, gint64 duration_us,
                            gint64 now_us);

/** rw_reconnect_wake: it is rw_reconnect_get_due_us(), or earlier. */
void rw_reconnect_wake (RwReconnect *self, gint64 now_us);

/** rw_reconnect_get_due_us: when to wake it, or -1. */
gint64 rw_reconnect_get_due_us (const RwReconnect *self);

/** rw_reconnect_take_event: the next one; FALSE if there is none. */
gboolean rw_reconnect_take_event (RwReconnect *self, RwReconnectEvent *event);

RwState rw_reconnect_get_state (const RwReconnect *self);

/** rw_reconnect_get_delay_us: until the next attempt that is planned, or 0. */
gint64 rw_reconnect_get_delay_us (const RwReconnect *self, gint64 now_us);

/** rw_reconnect_get_generation: of the session in use, or 0. */
guint64 rw_reconnect_get_generation (const RwReconnect *self);

/** rw_reconnect_is_live: whether events of @generation still count. */
gboolean rw_reconnect_is_live (const RwReconnect *self, guint64 generation);

G_END_DECLS
