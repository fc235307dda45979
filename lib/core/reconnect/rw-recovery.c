/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-recovery.h"

void
rw_recovery_init (RwRecovery *self, GRand *rand)
{
  *self = (RwRecovery){.rand = rand};
  rw_reconnect_events_init (&self->events);
  rw_generations_init (&self->generations, &self->events);
  rw_retry_policy_init (&self->policy);
}

void
rw_recovery_clear (RwRecovery *self)
{
  rw_reconnect_events_clear (&self->events);
  g_clear_pointer (&self->rand, g_rand_free);
}

gint64
rw_recovery_get_delay_us (const RwRecovery *self, gint64 now_us)
{
  gint64 next_us = self->policy.next_us;

  return next_us < 0 ? 0 : MAX (next_us - now_us, 0);
}

static RwStateInfo
describe (RwRecovery *self, const char *reason)
{
  RwStateInfo info =
      rw_state_tracker_describe (&self->tracker, reason, self->now_us);

  info.generation = self->generations.current != 0 ? self->generations.current
                                                   : self->generations.last;
  info.delay_us = rw_recovery_get_delay_us (self, self->now_us);
  return info;
}

gboolean
rw_recovery_step (RwRecovery *self, RwStateEvent event, const char *reason)
{
  RwState previous;
  RwStateInfo info;

  if (!rw_state_tracker_step (&self->tracker, event, &previous))
    return FALSE;
  if (self->tracker.state == previous)
    return TRUE;
  info = describe (self, reason);
  info.previous = previous;
  g_info ("%s -> %s: %s, generation %" G_GUINT64_FORMAT ", attempt %u",
          rw_state_to_string (previous), rw_state_to_string (info.state),
          reason, info.generation, info.attempt);
  rw_reconnect_events_push (&self->events, RW_RECONNECT_EVENT_STATE_CHANGED, 0,
                            &info);
  return TRUE;
}

void
rw_recovery_begin (RwRecovery *self, gboolean is_hint)
{
  /* Without evidence that anything is better now, one more would only be one
   * more: it takes the place of an older one. */
  guint wanted =
      is_hint ? self->config.max_attempts : MIN (self->config.max_attempts, 2);
  guint max =
      rw_retry_policy_begin (&self->policy, self->now_us, is_hint, wanted);

  rw_state_tracker_note_attempt (&self->tracker);
  rw_generations_begin (&self->generations, max,
                        self->config.attempt_timeout_us, self->now_us);
}

void
rw_recovery_plan (RwRecovery *self, gint64 delay_us, gboolean is_hint)
{
  if (rw_retry_policy_plan (&self->policy, self->now_us + delay_us,
                            self->now_us, is_hint))
    rw_recovery_begin (self, is_hint);
}

static gboolean
has_retries (RwRecovery *self)
{
  return rw_retry_policy_has_retries (&self->policy, self->tracker.state ==
                                                         RW_STATE_CONNECTING);
}

void
rw_recovery_give_up (RwRecovery *self, const char *reason)
{
  rw_generations_abandon_attempts (&self->generations);
  rw_retry_policy_cancel (&self->policy);
  if (self->tracker.state == RW_STATE_SUSPECT ||
      self->generations.distrusted != 0) {
    self->give_up = reason;
    self->generations.distrusted = 0;
    return;
  }
  if (rw_recovery_step (self, RW_STATE_EVENT_GIVE_UP, reason))
    rw_generations_abandon_current (&self->generations);
}

void
rw_recovery_retry_later (RwRecovery *self, const char *reason,
                         gint64 retry_after_us)
{
  gint64 pause_us = rw_retry_policy_fail (&self->policy);
  gint64 delay_us;
  RwStateInfo info;

  if (!has_retries (self)) {
    rw_recovery_give_up (self, reason);
    return;
  }
  self->generations.distrusted = 0;
  delay_us = rw_retry_policy_draw_delay (&self->policy, self->rand,
                                         self->now_us, retry_after_us);
  if (pause_us > 0)
    rw_generations_abandon_attempts (&self->generations);
  rw_recovery_step (self, RW_STATE_EVENT_ATTEMPT_FAILED, reason);
  rw_recovery_plan (self, MAX (delay_us, pause_us), FALSE);
  info = describe (self, reason);
  rw_reconnect_events_push (&self->events, RW_RECONNECT_EVENT_RETRYING, 0,
                            &info);
}

void
rw_recovery_keep_current (RwRecovery *self, RwStateEvent event,
                          const char *reason)
{
  rw_generations_abandon_attempts (&self->generations);
  rw_retry_policy_cancel (&self->policy);
  rw_recovery_step (self, event, reason);
  self->give_up = NULL;
  self->generations.distrusted = 0;
  rw_state_tracker_note_progress (&self->tracker, self->now_us);
}

void
rw_recovery_win (RwRecovery *self, guint64 generation, gboolean has_audio)
{
  const char *reason = self->generations.current != 0 ? "replaced"
                       : self->tracker.had_audio      ? "reconnected"
                                                      : "connected";

  rw_generations_end_step (&self->generations, generation, FALSE, self->now_us);
  rw_generations_use (&self->generations, generation);
  if (has_audio)
    rw_retry_policy_succeed (&self->policy);
  else
    rw_retry_policy_note_session (&self->policy, self->now_us);
  rw_recovery_keep_current (self, RW_STATE_EVENT_PROGRESS, reason);
}

/* One session after the other brings nothing: their loss is a failure, though
 * each was open for a moment. */
static gint64
draw_barren_delay (RwRecovery *self)
{
  gint64 pause_us = rw_retry_policy_fail (&self->policy);

  return MAX (pause_us, rw_retry_policy_draw_delay (&self->policy, self->rand,
                                                    self->now_us, 0));
}

void
rw_recovery_replace (RwRecovery *self, gint64 delay_us)
{
  if (self->generations.attempts.n > 0 || self->policy.next_us >= 0)
    return;
  if (!has_retries (self)) {
    rw_recovery_give_up (self, "no-retries");
    return;
  }
  if (rw_retry_policy_has_barren (&self->policy))
    delay_us = MAX (delay_us, draw_barren_delay (self));
  rw_recovery_plan (self, delay_us, FALSE);
}

void
rw_recovery_go_down (RwRecovery *self, const char *reason, gint64 delay_us)
{
  if (!rw_recovery_step (self, RW_STATE_EVENT_DOWN, reason))
    return;
  if (self->give_up != NULL)
    rw_recovery_give_up (self, g_steal_pointer (&self->give_up));
  else
    rw_recovery_replace (self, delay_us);
}

void
rw_recovery_fail_attempt (RwRecovery *self, guint64 generation,
                          RwFailure failure, gint64 retry_after_us)
{
  const char *reason = rw_failure_to_string (failure);
  gboolean was_overdue =
      rw_attempts_is_overdue (&self->generations.attempts, generation);

  rw_generations_abandon_attempt (&self->generations, generation);
  if (rw_failure_get_policy (failure) == RW_FAILURE_POLICY_GIVE_UP) {
    rw_recovery_give_up (self, reason);
    return;
  }
  /* Its successor is planned or under way already. */
  if (was_overdue || rw_attempts_has_young (&self->generations.attempts))
    return;
  if (rw_failure_get_policy (failure) == RW_FAILURE_POLICY_RETRY) {
    rw_recovery_retry_later (self, reason, retry_after_us);
    return;
  }
  /* It waits for another party, which is no retry, and it sent nothing: the
   * next one needs no distance to it. */
  self->generations.distrusted = 0;
  rw_retry_policy_uncount (&self->policy, generation == self->generations.last);
  rw_state_tracker_uncount_attempt (&self->tracker);
  rw_recovery_step (self, RW_STATE_EVENT_ATTEMPT_FAILED, reason);
}
