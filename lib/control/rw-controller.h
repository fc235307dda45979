/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-clock.h"
#include "rw-reconnect.h"

G_BEGIN_DECLS

/**
 * RwController:
 * An RwReconnect with a clock, a timer and signals: rw-reconnect.h documents
 * its decisions and reports. One thread: the one whose context it was given.
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
 * They come in the order of what they announce, also when a handler calls back
 * into the controller.
 */
#define RW_TYPE_CONTROLLER (rw_controller_get_type ())
G_DECLARE_FINAL_TYPE (RwController, rw_controller, RW, CONTROLLER, GObject)

/**
 * rw_controller_new:
 * @context: where its timer runs; NULL is the default context.
 * @rand: (transfer full): where chance comes from; NULL for a random seed.
 *
 * With RW_RECONNECT_CONFIG_DEFAULT.
 */
RwController *rw_controller_new (RwClock *clock, GMainContext *context,
                                 GRand *rand);
void rw_controller_set_config (RwController *self,
                               const RwReconnectConfig *config);

void rw_controller_start (RwController *self);
void rw_controller_stop (RwController *self);

void rw_controller_report_progress (RwController *self, guint64 generation);

/** rw_controller_report_usable: it works, and no audio was handed on yet. */
void rw_controller_report_usable (RwController *self, guint64 generation);
void rw_controller_report_suspect (RwController *self, guint64 generation);
void rw_controller_report_down (RwController *self, guint64 generation);
void rw_controller_report_alive (RwController *self, guint64 generation);
void rw_controller_report_lost (RwController *self, guint64 generation,
                                const char *reason);

/** rw_controller_report_advance: the attempt has the time of a new one. */
void rw_controller_report_advance (RwController *self, guint64 generation);

/** rw_controller_grant: an attempt that got further has reason to take so much
 * longer; otherwise like rw_controller_report_advance(). */
void rw_controller_grant (RwController *self, guint64 generation,
                          gint64 duration_us);
void rw_controller_report_waiting (RwController *self, guint64 generation,
                                   gint64 longest_us);
void rw_controller_report_attempt_failed (RwController *self,
                                          guint64 generation, RwFailure failure,
                                          gint64 retry_after_us);
void rw_controller_report_permanent (RwController *self, RwFailure failure);

void rw_controller_retry_now (RwController *self, RwRetryReason reason);
void rw_controller_hold_off (RwController *self, gint64 duration_us);

RwState rw_controller_get_state (RwController *self);
gint64 rw_controller_get_delay_us (RwController *self);
guint64 rw_controller_get_generation (RwController *self);
gboolean rw_controller_is_live (RwController *self, guint64 generation);

G_END_DECLS
