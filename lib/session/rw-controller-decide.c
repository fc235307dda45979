/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-controller-private.h"

/*
 * Every report changes the fields first and queues what is to be told; the
 * outermost call then tells it, in order, so that a handler may report or stop
 * in its turn.
 */

/* Between two attempts, however good the evidence. */
#define MIN_SPACING_US 100000

/* What is still to be told. */
typedef struct {
  guint signal;
  guint64 generation;
  RwStateInfo info;
} RwNews;

gint64
rw_controller_now_us (RwController *self)
{
  return rw_clock_get_now_us (self->clock);
}

/* ---- telling ---- */

static RwStateInfo
rw_controller_describe (RwController *self, const char *reason)
{
  gint64 now_us = rw_controller_now_us (self);

  return (RwStateInfo){
      .state = self->state,
      .previous = self->state,
      .reason = reason,
      .generation = self->current != 0 ? self->current : self->last,
      .attempt = self->n_attempts,
      .retries = self->counts.retries,
      .delay_us = rw_controller_get_delay_us (self),
      .outage_us = self->had_audio ? now_us - self->last_progress_us : 0,
  };
}

static void
rw_controller_queue (RwController *self, guint signal, guint64 generation,
                     const RwStateInfo *info)
{
  RwNews *news = g_new0 (RwNews, 1);

  news->signal = signal;
  news->generation = generation;
  if (info != NULL)
    news->info = *info;
  g_queue_push_tail (&self->news, news);
}

static gboolean
rw_controller_unqueue_attempt (RwController *self, guint64 generation)
{
  for (GList *l = self->news.head; l != NULL; l = l->next) {
    RwNews *news = l->data;

    if (news->signal == SIGNAL_ATTEMPT && news->generation == generation) {
      g_free (news);
      g_queue_delete_link (&self->news, l);
      return TRUE;
    }
  }
  return FALSE;
}

static void
rw_controller_tell_one (RwController *self, const RwNews *news)
{
  switch (news->signal) {
  case SIGNAL_ATTEMPT:
  case SIGNAL_ABANDON:
    g_signal_emit (self, rw_controller_signals[news->signal], 0,
                   news->generation);
    break;
  default:
    g_signal_emit (self, rw_controller_signals[news->signal], 0, &news->info);
    break;
  }
}

static void
rw_controller_set_alarm (RwController *self)
{
  gint64 due_us = rw_attempts_get_deadline_us (&self->attempts);

  if (self->next_us >= 0 && (due_us < 0 || self->next_us < due_us))
    due_us = self->next_us;
  if (due_us < 0)
    rw_timer_stop (self->timer);
  else
    rw_timer_set_at (self->timer, due_us);
}

/* Ends each entry point. Nobody may touch self after it. */
void
rw_controller_tell (RwController *self)
{
  RwNews *news;

  rw_controller_set_alarm (self);
  if (self->telling)
    return;
  g_object_ref (self);
  self->telling = TRUE;
  while ((news = g_queue_pop_head (&self->news)) != NULL) {
    rw_controller_tell_one (self, news);
    g_free (news);
  }
  self->telling = FALSE;
  g_object_unref (self);
}

/* The only place that changes the state. */
gboolean
rw_controller_step (RwController *self, RwStateEvent event, const char *reason)
{
  RwState previous = self->state;
  RwStateInfo info;

  if (!rw_state_step (&self->state, event)) {
    g_debug ("%s in %s: refused", rw_state_event_to_string (event),
             rw_state_to_string (self->state));
    return FALSE;
  }
  if (self->state == previous)
    return TRUE;
  if (previous == RW_STATE_CONNECTED && self->state != RW_STATE_STOPPED)
    self->counts.outages++;
  info = rw_controller_describe (self, reason);
  info.previous = previous;
  g_info ("%s -> %s: %s, generation %" G_GUINT64_FORMAT ", attempt %u",
          rw_state_to_string (previous), rw_state_to_string (self->state),
          reason, info.generation, info.attempt);
  rw_controller_queue (self, SIGNAL_STATE_CHANGED, 0, &info);
  return TRUE;
}

/* ---- generations ---- */

/* An attempt that nobody has heard of yet needs no tearing down. */
static void
rw_controller_abandon (RwController *self, guint64 generation)
{
  if (!rw_controller_unqueue_attempt (self, generation))
    rw_controller_queue (self, SIGNAL_ABANDON, generation, NULL);
}

void
rw_controller_abandon_current (RwController *self)
{
  if (self->current != 0)
    rw_controller_abandon (self, self->current);
  self->current = 0;
  self->distrusted = 0;
}

void
rw_controller_abandon_attempts (RwController *self)
{
  guint64 generation;

  while ((generation = rw_attempts_pop_oldest (&self->attempts)) != 0)
    rw_controller_abandon (self, generation);
}

void
rw_controller_begin (RwController *self, gboolean is_hint)
{
  gint64 now_us = rw_controller_now_us (self);
  /* Without evidence that anything is better now, one more would only be one
   * more: it takes the place of an older one. */
  guint wanted = is_hint ? self->max_attempts : MIN (self->max_attempts, 2);
  guint max = rw_breaker_admit (&self->breaker, wanted);

  while (self->attempts.n >= max)
    rw_controller_abandon (self, rw_attempts_pop_oldest (&self->attempts));
  self->next_us = -1;
  self->last_attempt_us = now_us;
  self->last++;
  self->n_attempts++;
  self->counts.attempts++;
  if (self->state != RW_STATE_CONNECTING || self->n_attempts > 1)
    self->counts.retries++;
  if (!is_hint)
    self->n_counted++;
  rw_attempts_add (&self->attempts, self->last,
                   now_us + self->attempt_timeout_us);
  rw_controller_queue (self, SIGNAL_ATTEMPT, self->last, NULL);
}

/* The first attempt to connect is no retry, the first to reconnect is one. */
static gboolean
rw_controller_has_retries (RwController *self)
{
  int first = self->state == RW_STATE_CONNECTING ? 1 : 0;

  return self->retries < 0 || self->n_counted < self->retries + first;
}

void
rw_controller_plan_attempt (RwController *self, gint64 due_us, gboolean is_hint)
{
  gint64 now_us = rw_controller_now_us (self);

  due_us = MAX (due_us, self->not_before_us);
  if (self->last_attempt_us >= 0)
    due_us = MAX (due_us, self->last_attempt_us + MIN_SPACING_US);
  if (self->next_us >= 0 && self->next_us <= due_us)
    return;
  self->next_us = due_us;
  self->next_is_hint = is_hint;
  if (due_us <= now_us)
    rw_controller_begin (self, is_hint);
}

/* ---- outcomes ---- */

/* While the old session may yet heal, only its end will tell. */
void
rw_controller_give_up (RwController *self, const char *reason)
{
  rw_controller_abandon_attempts (self);
  self->next_us = -1;
  if (self->state == RW_STATE_SUSPECT || self->distrusted != 0) {
    self->give_up = reason;
    self->distrusted = 0;
    return;
  }
  if (rw_controller_step (self, RW_STATE_EVENT_GIVE_UP, reason))
    rw_controller_abandon_current (self);
}

static void
rw_controller_retry_later (RwController *self, const char *reason,
                           gint64 retry_after_us)
{
  RwBackoff *backoff = &self->backoff;
  gint64 now_us = rw_controller_now_us (self);
  gint64 pause_us = rw_breaker_fail (&self->breaker);
  gint64 delay_us;
  RwStateInfo info;

  pause_us = MIN (pause_us, backoff->config.delay_max_us);
  if (!rw_controller_has_retries (self)) {
    rw_controller_give_up (self, reason);
    return;
  }
  self->distrusted = 0;
  rw_backoff_next (backoff, self->rand, retry_after_us, &delay_us);
  if (retry_after_us > 0)
    self->not_before_us = now_us + delay_us;
  if (pause_us > 0)
    rw_controller_abandon_attempts (self);
  rw_controller_step (self, RW_STATE_EVENT_ATTEMPT_FAILED, reason);
  rw_controller_plan_attempt (self, now_us + MAX (delay_us, pause_us), FALSE);
  info = rw_controller_describe (self, reason);
  rw_controller_queue (self, SIGNAL_RETRYING, 0, &info);
}

/* Audio is acknowledged: forget the outage. */
void
rw_controller_forget_failures (RwController *self)
{
  rw_backoff_reset (&self->backoff);
  rw_breaker_succeed (&self->breaker);
  self->n_counted = 0;
  self->not_before_us = 0;
}

void
rw_controller_settle (RwController *self, RwStateEvent event,
                      const char *reason)
{
  rw_controller_abandon_attempts (self);
  self->next_us = -1;
  rw_controller_step (self, event, reason);
  self->give_up = NULL;
  self->distrusted = 0;
  self->last_progress_us = rw_controller_now_us (self);
  self->had_audio = TRUE;
  self->n_attempts = 0;
}

void
rw_controller_win (RwController *self, guint64 generation)
{
  const char *reason = self->current != 0 ? "replaced"
                       : self->had_audio  ? "reconnected"
                                          : "connected";

  rw_attempts_remove (&self->attempts, generation);
  rw_controller_abandon_current (self);
  self->current = generation;
  rw_controller_forget_failures (self);
  rw_controller_settle (self, RW_STATE_EVENT_PROGRESS, reason);
}

/* The first attempt of an outage. */
void
rw_controller_replace (RwController *self, gint64 delay_us)
{
  if (self->attempts.n > 0 || self->next_us >= 0)
    return;
  if (!rw_controller_has_retries (self))
    rw_controller_give_up (self, "no-retries");
  else
    rw_controller_plan_attempt (self, rw_controller_now_us (self) + delay_us,
                                FALSE);
}

/* A generation that we have let go of, or never had. */
void
rw_controller_count_stale (RwController *self, guint64 generation)
{
  self->counts.stale_events++;
  g_debug ("generation %" G_GUINT64_FORMAT " no longer counts", generation);
}

gboolean
rw_controller_is_in_use (RwController *self, guint64 generation)
{
  if (generation != 0 && generation == self->current)
    return TRUE;
  /* An attempt cannot go silent before it has been heard. */
  if (!rw_attempts_contains (&self->attempts, generation))
    rw_controller_count_stale (self, generation);
  return FALSE;
}

void
rw_controller_go_down (RwController *self, const char *reason, gint64 delay_us)
{
  if (!rw_controller_step (self, RW_STATE_EVENT_DOWN, reason))
    return;
  if (self->give_up != NULL)
    rw_controller_give_up (self, g_steal_pointer (&self->give_up));
  else
    rw_controller_replace (self, delay_us);
}

void
rw_controller_fail_attempt (RwController *self, guint64 generation,
                            RwFailure failure, gint64 retry_after_us)
{
  const char *reason = rw_failure_to_string (failure);
  gboolean was_overdue = rw_attempts_is_overdue (&self->attempts, generation);

  rw_attempts_remove (&self->attempts, generation);
  rw_controller_abandon (self, generation);
  if (rw_failure_get_policy (failure) == RW_FAILURE_POLICY_GIVE_UP) {
    rw_controller_give_up (self, reason);
    return;
  }
  /* Its successor is planned or under way already. */
  if (was_overdue || rw_attempts_has_young (&self->attempts))
    return;
  if (rw_failure_get_policy (failure) == RW_FAILURE_POLICY_RETRY) {
    rw_controller_retry_later (self, reason, retry_after_us);
    return;
  }
  /* It waits for somebody else, which is no retry, and it never left: the next
   * one needs no distance to it. */
  self->distrusted = 0;
  if (generation == self->last)
    self->last_attempt_us = -1;
  self->n_counted = MAX (self->n_counted - 1, 0);
  rw_controller_step (self, RW_STATE_EVENT_ATTEMPT_FAILED, reason);
}

void
rw_controller_on_timer (gpointer data)
{
  RwController *self = data;
  gint64 now_us = rw_controller_now_us (self);

  /* An overdue attempt stays in flight until its successor needs the place. */
  if (rw_attempts_expire (&self->attempts, now_us) &&
      !rw_attempts_has_young (&self->attempts))
    rw_controller_retry_later (self,
                               rw_failure_to_string (RW_FAILURE_TIMED_OUT), 0);
  if (self->next_us >= 0 && self->next_us <= now_us)
    rw_controller_begin (self, self->next_is_hint);
  rw_controller_tell (self);
}
