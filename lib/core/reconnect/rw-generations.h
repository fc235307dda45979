/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-attempts.h"
#include "rw-reconnect-events.h"
#include "rw-step-time.h"

G_BEGIN_DECLS

/**
 * RwGenerations:
 * Which sessions there are: the one in use, and the attempts beside it. Each
 * begins with an attempt event and ends with an abandon event. Caller-owned,
 * pure.
 */
typedef struct {
  RwReconnectEvents *events;
  guint64 current;     /* the session in use, or 0 */
  guint64 distrusted;  /* its progress does not count: the user wants another */
  guint64 last;        /* the newest generation */
  RwAttempts attempts; /* beside the one in use */
  RwStepTime step_time;
  guint64 n_stale; /* reports about those that no longer count */
} RwGenerations;

/** rw_generations_init: @events outlives it. */
void rw_generations_init (RwGenerations *self, RwReconnectEvents *events);

/** rw_generations_begin: an attempt with @timeout_us, or longer where steps
 * have taken longer lately; of older ones so many go that @max are under way.
 */
void rw_generations_begin (RwGenerations *self, guint max, gint64 timeout_us,
                           gint64 now_us);

/** rw_generations_end_step: an attempt got further; @is_measured: the time it
 * took says how long others take. */
void rw_generations_end_step (RwGenerations *self, guint64 generation,
                              gboolean is_measured, gint64 now_us);

/** rw_generations_advance: and has so long for the next step; a few times. */
void rw_generations_advance (RwGenerations *self, guint64 generation,
                             gint64 timeout_us, gboolean is_measured,
                             gint64 now_us);

/** rw_generations_expire: whether an attempt became overdue. If it had got
 * further, the steps of others have more time; @timeout_us at the least. */
gboolean rw_generations_expire (RwGenerations *self, gint64 timeout_us,
                                gint64 now_us);

/** rw_generations_use: an attempt replaces the session in use. */
void rw_generations_use (RwGenerations *self, guint64 generation);

void rw_generations_abandon_current (RwGenerations *self);
void rw_generations_abandon_attempts (RwGenerations *self);
void rw_generations_abandon_attempt (RwGenerations *self, guint64 generation);

/** rw_generations_is_attempt: one that is under way. */
gboolean rw_generations_is_attempt (const RwGenerations *self,
                                    guint64 generation);

/** rw_generations_check_current: whether a report about the session in use is
 * about it; counted as stale if it is about one that no longer counts. */
gboolean rw_generations_check_current (RwGenerations *self, guint64 generation);

gboolean rw_generations_is_live (const RwGenerations *self, guint64 generation);

G_END_DECLS
