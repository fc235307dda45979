/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-state.h"

G_BEGIN_DECLS

/**
 * RwStateInfo: the fields of a state message.
 * @reason: a static word, such as "silence", "path-healed" or "refused".
 * @generation: of the session in use, or of the newest attempt without one.
 * @attempt: attempts begun since audio was last acknowledged.
 * @retries: attempts begun in all, save those that a start made.
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

/**
 * RwStateTracker:
 * The state of a connection, and what is counted for its reports. Caller-owned,
 * pure.
 */
typedef struct {
  RwState state;
  gint64 last_progress_us;
  gboolean had_audio; /* since the start */
  guint n_attempts;   /* since audio was last acknowledged */
  guint64 n_retries;  /* in all */
} RwStateTracker;

/** rw_state_tracker_restart: nothing was had of this start yet. */
void rw_state_tracker_restart (RwStateTracker *self);

/** rw_state_tracker_note_attempt: one begins. */
void rw_state_tracker_note_attempt (RwStateTracker *self);

/** rw_state_tracker_uncount_attempt: the last one was none: it was not made for
 * want of another party. */
void rw_state_tracker_uncount_attempt (RwStateTracker *self);

/** rw_state_tracker_note_progress: audio is acknowledged: any outage ends. */
void rw_state_tracker_note_progress (RwStateTracker *self, gint64 now_us);

/** rw_state_tracker_describe: all but the generation and the delay. */
RwStateInfo rw_state_tracker_describe (const RwStateTracker *self,
                                       const char *reason, gint64 now_us);

/**
 * rw_state_tracker_step:
 * @previous: (out): the state before
 *
 * FALSE if the table refuses @event.
 */
gboolean rw_state_tracker_step (RwStateTracker *self, RwStateEvent event,
                                RwState *previous);

G_END_DECLS
