/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-reconnect.h"

#include "rw-recovery.h"

/* Decides which reports count, and what each means in the present state; what
 * follows is up to RwRecovery. */

struct _RwReconnect {
  RwRecovery recovery;
  gint64 last_path_hint_us;
};

RwReconnect *
rw_reconnect_new (GRand *rand)
{
  RwReconnect *self = g_new0 (RwReconnect, 1);

  rw_recovery_init (&self->recovery, rand);
  rw_reconnect_set_config (self, &RW_RECONNECT_CONFIG_DEFAULT);
  return self;
}

void
rw_reconnect_free (RwReconnect *self)
{
  rw_recovery_clear (&self->recovery);
  g_free (self);
}

void
rw_reconnect_set_config (RwReconnect *self, const RwReconnectConfig *config)
{
  g_return_if_fail (config->max_attempts > 0 &&
                    config->max_attempts <= RW_MAX_ATTEMPTS);

  self->recovery.config = *config;
  rw_retry_policy_set_config (&self->recovery.policy, &config->backoff,
                              config->breaker_failures,
                              config->breaker_delay_us);
}

void
rw_reconnect_start (RwReconnect *self, gint64 now_us)
{
  self->recovery.now_us = now_us;
  if (!rw_recovery_step (&self->recovery, RW_STATE_EVENT_START, "start"))
    return;
  rw_retry_policy_succeed (&self->recovery.policy);
  self->recovery.policy.last_us = -1;
  rw_state_tracker_restart (&self->recovery.tracker);
  self->recovery.give_up = NULL;
  self->last_path_hint_us = 0;
  rw_recovery_begin (&self->recovery, FALSE);
}

void
rw_reconnect_stop (RwReconnect *self, gint64 now_us)
{
  self->recovery.now_us = now_us;
  rw_generations_abandon_attempts (&self->recovery.generations);
  rw_generations_abandon_current (&self->recovery.generations);
  rw_retry_policy_cancel (&self->recovery.policy);
  rw_recovery_step (&self->recovery, RW_STATE_EVENT_STOP, "stop");
}

static void
rw_reconnect_progress (RwReconnect *self, guint64 generation,
                       gboolean has_audio, gint64 now_us)
{
  RwState before = self->recovery.tracker.state;

  self->recovery.now_us = now_us;
  if (rw_generations_is_attempt (&self->recovery.generations, generation)) {
    rw_recovery_win (&self->recovery, generation, has_audio);
    return;
  }
  if (!rw_generations_check_current (&self->recovery.generations, generation) ||
      generation == self->recovery.generations.distrusted)
    return;
  if (has_audio)
    rw_retry_policy_succeed (&self->recovery.policy);
  else
    rw_retry_policy_keep_session (&self->recovery.policy, now_us);
  if (before == RW_STATE_CONNECTED)
    rw_state_tracker_note_progress (&self->recovery.tracker, now_us);
  else
    rw_recovery_keep_current (&self->recovery, RW_STATE_EVENT_PROGRESS,
                              "path-healed");
}

void
rw_reconnect_report_progress (RwReconnect *self, guint64 generation,
                              gint64 now_us)
{
  rw_reconnect_progress (self, generation, TRUE, now_us);
}

void
rw_reconnect_report_usable (RwReconnect *self, guint64 generation,
                            gint64 now_us)
{
  rw_reconnect_progress (self, generation, FALSE, now_us);
}

void
rw_reconnect_report_suspect (RwReconnect *self, guint64 generation,
                             gint64 now_us)
{
  self->recovery.now_us = now_us;
  if (!rw_generations_check_current (&self->recovery.generations, generation))
    return;
  if (rw_recovery_step (&self->recovery, RW_STATE_EVENT_SUSPECT, "silence") &&
      self->recovery.give_up == NULL)
    rw_recovery_replace (&self->recovery, 0);
}

void
rw_reconnect_report_down (RwReconnect *self, guint64 generation, gint64 now_us)
{
  self->recovery.now_us = now_us;
  if (!rw_generations_check_current (&self->recovery.generations, generation))
    return;
  rw_recovery_go_down (&self->recovery, "stalled", 0);
}

void
rw_reconnect_report_alive (RwReconnect *self, guint64 generation, gint64 now_us)
{
  self->recovery.now_us = now_us;
  if (self->recovery.tracker.state == RW_STATE_CONNECTED &&
      generation == self->recovery.generations.current)
    return;
  if (!rw_generations_check_current (&self->recovery.generations, generation) ||
      generation == self->recovery.generations.distrusted)
    return;
  if (self->recovery.tracker.state == RW_STATE_SUSPECT)
    rw_recovery_keep_current (&self->recovery, RW_STATE_EVENT_ALIVE, "alive");
  else if (self->recovery.now_us - self->last_path_hint_us >=
           self->recovery.config.attempt_timeout_us / 2) {
    /* Packets keep coming while the attempt that the first one caused is
     * under way: do not start anew for each. */
    self->last_path_hint_us = self->recovery.now_us;
    rw_reconnect_retry_now (self, RW_RETRY_PATH_ALIVE, now_us);
  }
}

void
rw_reconnect_report_lost (RwReconnect *self, guint64 generation,
                          const char *reason, gint64 now_us)
{
  double spread = (double) self->recovery.config.spread_us;

  self->recovery.now_us = now_us;
  if (rw_generations_is_attempt (&self->recovery.generations, generation)) {
    rw_recovery_fail_attempt (&self->recovery, generation, RW_FAILURE_ICE, 0);
  } else if (rw_generations_check_current (&self->recovery.generations,
                                           generation)) {
    rw_generations_abandon_current (&self->recovery.generations);
    rw_recovery_go_down (
        &self->recovery, reason,
        (gint64) (spread * g_rand_double (self->recovery.rand)));
  }
}

void
rw_reconnect_report_advance (RwReconnect *self, guint64 generation,
                             gint64 duration_us, gint64 now_us)
{
  /* One that is given more time waits for another party. */
  gboolean is_measured =
      duration_us <= self->recovery.config.attempt_timeout_us;

  rw_generations_advance (&self->recovery.generations, generation, duration_us,
                          is_measured, now_us);
}

void
rw_reconnect_report_waiting (RwReconnect *self, guint64 generation,
                             gint64 longest_us, gint64 now_us)
{
  rw_attempts_wait (&self->recovery.generations.attempts, generation,
                    now_us + longest_us);
}

void
rw_reconnect_report_attempt_failed (RwReconnect *self, guint64 generation,
                                    RwFailure failure, gint64 retry_after_us,
                                    gint64 now_us)
{
  self->recovery.now_us = now_us;
  if (!rw_generations_is_attempt (&self->recovery.generations, generation)) {
    rw_reconnect_report_lost (self, generation, rw_failure_to_string (failure),
                              now_us);
    return;
  }
  rw_recovery_fail_attempt (&self->recovery, generation, failure,
                            retry_after_us);
}

void
rw_reconnect_report_permanent (RwReconnect *self, RwFailure failure,
                               gint64 now_us)
{
  self->recovery.now_us = now_us;
  if (self->recovery.tracker.state != RW_STATE_CONNECTED)
    rw_recovery_give_up (&self->recovery, rw_failure_to_string (failure));
}

void
rw_reconnect_retry_now (RwReconnect *self, RwRetryReason reason, gint64 now_us)
{
  const char *name = rw_retry_reason_to_string (reason);
  gboolean is_requested = reason == RW_RETRY_REQUESTED;
  gboolean may_wait = reason <= RW_RETRY_PATH_ALIVE;

  self->recovery.now_us = now_us;
  switch (self->recovery.tracker.state) {
  case RW_STATE_IDLE:
  case RW_STATE_FAILED:
  case RW_STATE_STOPPED:
    return;
  case RW_STATE_CONNECTED:
    if (!is_requested)
      return;
    self->recovery.generations.distrusted = self->recovery.generations.current;
    rw_recovery_step (&self->recovery, RW_STATE_EVENT_DOWN, name);
    break;
  default:
    if (self->recovery.give_up != NULL && !is_requested)
      return;
    self->recovery.give_up = NULL;
    break;
  }
  g_debug ("retry now: %s", name);
  if (may_wait &&
      rw_attempts_has_waiting (&self->recovery.generations.attempts))
    return;
  rw_recovery_plan (&self->recovery, 0, TRUE);
}

void
rw_reconnect_hold_off (RwReconnect *self, gint64 duration_us, gint64 now_us)
{
  rw_retry_policy_hold_off (&self->recovery.policy, now_us, duration_us);
}

void
rw_reconnect_wake (RwReconnect *self, gint64 now_us)
{
  self->recovery.now_us = now_us;
  /* An overdue attempt stays in flight until its successor needs the place. */
  if (rw_generations_expire (&self->recovery.generations,
                             self->recovery.config.attempt_timeout_us,
                             now_us) &&
      !rw_attempts_has_young (&self->recovery.generations.attempts))
    rw_recovery_retry_later (&self->recovery,
                             rw_failure_to_string (RW_FAILURE_TIMED_OUT), 0);
  if (rw_retry_policy_is_due (&self->recovery.policy, now_us))
    rw_recovery_begin (&self->recovery, self->recovery.policy.next_is_hint);
}

gint64
rw_reconnect_get_due_us (const RwReconnect *self)
{
  gint64 deadline_us =
      rw_attempts_get_deadline_us (&self->recovery.generations.attempts);
  gint64 next_us = self->recovery.policy.next_us;

  if (deadline_us < 0)
    return next_us;
  return next_us < 0 ? deadline_us : MIN (next_us, deadline_us);
}

gboolean
rw_reconnect_take_event (RwReconnect *self, RwReconnectEvent *event)
{
  return rw_reconnect_events_pop (&self->recovery.events, event);
}

RwState
rw_reconnect_get_state (const RwReconnect *self)
{
  return self->recovery.tracker.state;
}

gint64
rw_reconnect_get_delay_us (const RwReconnect *self, gint64 now_us)
{
  return rw_recovery_get_delay_us (&self->recovery, now_us);
}

guint64
rw_reconnect_get_generation (const RwReconnect *self)
{
  return self->recovery.generations.current;
}

gboolean
rw_reconnect_is_live (const RwReconnect *self, guint64 generation)
{
  return rw_generations_is_live (&self->recovery.generations, generation);
}
