/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-state-tracker.h"

void
rw_state_tracker_restart (RwStateTracker *self)
{
  self->n_attempts = 0;
  self->had_audio = FALSE;
}

void
rw_state_tracker_note_attempt (RwStateTracker *self)
{
  self->n_attempts++;
  if (self->state != RW_STATE_CONNECTING || self->n_attempts > 1)
    self->n_retries++;
}

void
rw_state_tracker_uncount_attempt (RwStateTracker *self)
{
  if (self->n_attempts == 0)
    return;
  if (self->n_retries > 0 &&
      (self->state != RW_STATE_CONNECTING || self->n_attempts > 1))
    self->n_retries--;
  self->n_attempts--;
}

void
rw_state_tracker_note_progress (RwStateTracker *self, gint64 now_us)
{
  self->last_progress_us = now_us;
  self->had_audio = TRUE;
  self->n_attempts = 0;
}

RwStateInfo
rw_state_tracker_describe (const RwStateTracker *self, const char *reason,
                           gint64 now_us)
{
  return (RwStateInfo){
      .state = self->state,
      .previous = self->state,
      .reason = reason,
      .attempt = self->n_attempts,
      .retries = self->n_retries,
      .outage_us = self->had_audio ? now_us - self->last_progress_us : 0,
  };
}

gboolean
rw_state_tracker_step (RwStateTracker *self, RwStateEvent event,
                       RwState *previous)
{
  *previous = self->state;
  if (!rw_state_step (&self->state, event)) {
    g_debug ("%s in %s: refused", rw_state_event_to_string (event),
             rw_state_to_string (self->state));
    return FALSE;
  }
  return TRUE;
}
