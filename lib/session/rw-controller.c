/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-controller-private.h"

/*
 * Owns the state, the back-off, the breaker, the generations and one timer.
 * Runs on one thread.
 */

/* How often an attempt that advances may renew its time. */
#define MAX_RENEWALS 4

enum {
  PROP_RETRY_DELAY = 1,
  PROP_RETRY_FACTOR,
  PROP_RETRY_DELAY_MAX,
  PROP_RETRY_JITTER,
  PROP_RETRIES,
  PROP_ATTEMPT_TIMEOUT,
  PROP_BREAKER_FAILURES,
  PROP_BREAKER_DELAY,
  PROP_SPREAD,
  PROP_MAX_ATTEMPTS,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];
guint rw_controller_signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (RwController, rw_controller, G_TYPE_OBJECT)

/* ---- object ---- */

static void
rw_controller_set_config (RwController *self, guint id, const GValue *value)
{
  RwBackoffConfig config = self->backoff.config;

  switch (id) {
  case PROP_RETRY_DELAY:
    config.delay_us = g_value_get_uint (value) * G_GINT64_CONSTANT (1000);
    break;
  case PROP_RETRY_FACTOR:
    config.factor = g_value_get_double (value);
    break;
  case PROP_RETRY_DELAY_MAX:
    config.delay_max_us = g_value_get_uint (value) * G_GINT64_CONSTANT (1000);
    break;
  case PROP_RETRY_JITTER:
    config.jitter = g_value_get_double (value);
    break;
  default:
    g_assert_not_reached ();
  }
  rw_backoff_set_config (&self->backoff, &config);
}

static void
rw_controller_set_property (GObject *object, guint id, const GValue *value,
                            GParamSpec *pspec)
{
  RwController *self = RW_CONTROLLER (object);

  switch (id) {
  case PROP_RETRIES:
    self->retries = g_value_get_int (value);
    break;
  case PROP_ATTEMPT_TIMEOUT:
    self->attempt_timeout_us =
        g_value_get_uint (value) * G_GINT64_CONSTANT (1000);
    break;
  case PROP_BREAKER_FAILURES:
    self->breaker.threshold = g_value_get_uint (value);
    break;
  case PROP_BREAKER_DELAY:
    self->breaker.delay_us =
        g_value_get_uint (value) * G_GINT64_CONSTANT (1000);
    break;
  case PROP_SPREAD:
    self->spread_us = g_value_get_uint (value) * G_GINT64_CONSTANT (1000);
    break;
  case PROP_MAX_ATTEMPTS:
    self->max_attempts = g_value_get_uint (value);
    break;
  default:
    rw_controller_set_config (self, id, value);
    break;
  }
}

static void
rw_controller_get_property (GObject *object, guint id, GValue *value,
                            GParamSpec *pspec)
{
  RwController *self = RW_CONTROLLER (object);
  const RwBackoffConfig *config = &self->backoff.config;

  switch (id) {
  case PROP_RETRY_DELAY:
    g_value_set_uint (value, config->delay_us / 1000);
    break;
  case PROP_RETRY_FACTOR:
    g_value_set_double (value, config->factor);
    break;
  case PROP_RETRY_DELAY_MAX:
    g_value_set_uint (value, config->delay_max_us / 1000);
    break;
  case PROP_RETRY_JITTER:
    g_value_set_double (value, config->jitter);
    break;
  case PROP_RETRIES:
    g_value_set_int (value, self->retries);
    break;
  case PROP_ATTEMPT_TIMEOUT:
    g_value_set_uint (value, self->attempt_timeout_us / 1000);
    break;
  case PROP_BREAKER_FAILURES:
    g_value_set_uint (value, self->breaker.threshold);
    break;
  case PROP_BREAKER_DELAY:
    g_value_set_uint (value, self->breaker.delay_us / 1000);
    break;
  case PROP_SPREAD:
    g_value_set_uint (value, self->spread_us / 1000);
    break;
  case PROP_MAX_ATTEMPTS:
    g_value_set_uint (value, self->max_attempts);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    break;
  }
}

static void
rw_controller_dispose (GObject *object)
{
  RwController *self = RW_CONTROLLER (object);

  g_clear_pointer (&self->timer, rw_timer_free);
  G_OBJECT_CLASS (rw_controller_parent_class)->dispose (object);
}

static void
rw_controller_finalize (GObject *object)
{
  RwController *self = RW_CONTROLLER (object);

  g_queue_clear_full (&self->news, g_free);
  g_rand_free (self->rand);
  g_object_unref (self->clock);
  G_OBJECT_CLASS (rw_controller_parent_class)->finalize (object);
}

#define READWRITE (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)

static GParamSpec *
ms_property (const char *name, guint value)
{
  return g_param_spec_uint (name, NULL, NULL, 0, G_MAXUINT / 2, value,
                            READWRITE);
}

static void
install_properties (GObjectClass *klass)
{
  properties[PROP_RETRY_DELAY] = ms_property ("retry-delay", 250);
  properties[PROP_RETRY_FACTOR] = g_param_spec_double (
      "retry-factor", NULL, NULL, 1.0, 1000.0, 2.0, READWRITE);
  properties[PROP_RETRY_DELAY_MAX] = ms_property ("retry-delay-max", 30000);
  properties[PROP_RETRY_JITTER] = g_param_spec_double (
      "retry-jitter", NULL, NULL, 0.0, 1.0, 0.5, READWRITE);
  properties[PROP_RETRIES] =
      g_param_spec_int ("retries", NULL, NULL, -1, G_MAXINT, -1, READWRITE);
  properties[PROP_ATTEMPT_TIMEOUT] = ms_property ("attempt-timeout", 3000);
  properties[PROP_BREAKER_FAILURES] = g_param_spec_uint (
      "breaker-failures", NULL, NULL, 0, G_MAXUINT, 8, READWRITE);
  properties[PROP_BREAKER_DELAY] = ms_property ("breaker-delay", 30000);
  properties[PROP_SPREAD] = ms_property ("spread", 0);
  properties[PROP_MAX_ATTEMPTS] = g_param_spec_uint (
      "max-attempts", NULL, NULL, 1, RW_MAX_ATTEMPTS, 2, READWRITE);
  g_object_class_install_properties (klass, N_PROPERTIES, properties);
}

static guint
install_signal (const char *name, GType type)
{
  return g_signal_new (name, RW_TYPE_CONTROLLER, G_SIGNAL_RUN_LAST, 0, NULL,
                       NULL, NULL, G_TYPE_NONE, 1, type);
}

static void
install_signals (void)
{
  rw_controller_signals[SIGNAL_ATTEMPT] =
      install_signal ("attempt", G_TYPE_UINT64);
  rw_controller_signals[SIGNAL_ABANDON] =
      install_signal ("abandon", G_TYPE_UINT64);
  rw_controller_signals[SIGNAL_STATE_CHANGED] =
      install_signal ("state-changed", G_TYPE_POINTER);
  rw_controller_signals[SIGNAL_RETRYING] =
      install_signal ("retrying", G_TYPE_POINTER);
}

static void
rw_controller_class_init (RwControllerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = rw_controller_set_property;
  object_class->get_property = rw_controller_get_property;
  object_class->dispose = rw_controller_dispose;
  object_class->finalize = rw_controller_finalize;
  install_properties (object_class);
  install_signals ();
}

static void
rw_controller_init (RwController *self)
{
  RwBackoffConfig config = RW_BACKOFF_CONFIG_DEFAULT;

  /* Retries are counted here, not there: those with evidence are free. */
  rw_backoff_init (&self->backoff, &config);
  self->retries = -1;
  self->max_attempts = 2;
  rw_breaker_init (&self->breaker, 8, 30 * G_TIME_SPAN_SECOND);
  self->attempt_timeout_us = 3 * G_TIME_SPAN_SECOND;
  self->next_us = -1;
  self->last_attempt_us = -1;
  g_queue_init (&self->news);
}

/* ---- public ---- */

RwController *
rw_controller_new (RwClock *clock, GMainContext *context, GRand *rand)
{
  RwController *self;

  g_return_val_if_fail (RW_IS_CLOCK (clock), NULL);

  self = g_object_new (RW_TYPE_CONTROLLER, NULL);
  self->clock = g_object_ref (clock);
  self->rand = rand != NULL ? rand : g_rand_new ();
  self->timer = rw_timer_new (clock, context, "rw-controller",
                              rw_controller_on_timer, self);
  return self;
}

void
rw_controller_start (RwController *self)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  if (!rw_controller_step (self, RW_STATE_EVENT_START, "start"))
    return;
  rw_controller_forget_failures (self);
  self->n_attempts = 0;
  self->had_audio = FALSE;
  self->give_up = NULL;
  self->last_attempt_us = -1;
  self->last_path_hint_us = 0;
  rw_controller_begin (self, FALSE);
  rw_controller_tell (self);
}

void
rw_controller_stop (RwController *self)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_controller_abandon_attempts (self);
  rw_controller_abandon_current (self);
  self->next_us = -1;
  rw_controller_step (self, RW_STATE_EVENT_STOP, "stop");
  rw_controller_tell (self);
}

void
rw_controller_report_progress (RwController *self, guint64 generation)
{
  RwState before;

  g_return_if_fail (RW_IS_CONTROLLER (self));

  before = self->state;
  if (rw_attempts_contains (&self->attempts, generation)) {
    rw_controller_win (self, generation);
  } else if (generation == 0 || generation != self->current) {
    rw_controller_count_stale (self, generation);
  } else if (generation != self->distrusted) {
    rw_controller_forget_failures (self);
    if (before == RW_STATE_CONNECTED) {
      self->last_progress_us = rw_controller_now_us (self);
      return;
    }
    if (before == RW_STATE_SUSPECT)
      self->counts.false_suspects++;
    rw_controller_settle (self, RW_STATE_EVENT_PROGRESS, "path-healed");
  }
  rw_controller_tell (self);
}

void
rw_controller_report_suspect (RwController *self, guint64 generation)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  if (!rw_controller_is_in_use (self, generation))
    return;
  if (rw_controller_step (self, RW_STATE_EVENT_SUSPECT, "silence") &&
      self->give_up == NULL)
    rw_controller_replace (self, 0);
  rw_controller_tell (self);
}

void
rw_controller_report_down (RwController *self, guint64 generation)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  if (!rw_controller_is_in_use (self, generation))
    return;
  rw_controller_go_down (self, "stalled", 0);
  rw_controller_tell (self);
}

void
rw_controller_report_alive (RwController *self, guint64 generation)
{
  gint64 now_us;

  g_return_if_fail (RW_IS_CONTROLLER (self));

  if (self->state == RW_STATE_CONNECTED && generation == self->current)
    return;
  if (!rw_controller_is_in_use (self, generation) ||
      generation == self->distrusted)
    return;
  now_us = rw_controller_now_us (self);
  if (self->state == RW_STATE_SUSPECT) {
    self->counts.false_suspects++;
    rw_controller_settle (self, RW_STATE_EVENT_ALIVE, "alive");
    rw_controller_tell (self);
  } else if (now_us - self->last_path_hint_us >= self->attempt_timeout_us / 2) {
    /* Packets keep coming while the attempt that the first one caused is
     * under way: do not start anew for each. */
    self->last_path_hint_us = now_us;
    rw_controller_retry_now (self, RW_RETRY_PATH_ALIVE);
  }
}

void
rw_controller_report_lost (RwController *self, guint64 generation,
                           const char *reason)
{
  gint64 delay_us;

  g_return_if_fail (RW_IS_CONTROLLER (self));
  g_return_if_fail (reason != NULL);

  if (rw_attempts_contains (&self->attempts, generation)) {
    rw_controller_fail_attempt (self, generation, RW_FAILURE_ICE, 0);
  } else if (rw_controller_is_in_use (self, generation)) {
    rw_controller_abandon_current (self);
    delay_us = (gint64) (self->spread_us * g_rand_double (self->rand));
    rw_controller_go_down (self, reason, delay_us);
  }
  rw_controller_tell (self);
}

void
rw_controller_report_advance (RwController *self, guint64 generation)
{
  gint64 deadline_us;

  g_return_if_fail (RW_IS_CONTROLLER (self));

  deadline_us = rw_controller_now_us (self) + self->attempt_timeout_us;
  rw_attempts_renew (&self->attempts, generation, deadline_us, MAX_RENEWALS);
  rw_controller_tell (self);
}

void
rw_controller_grant (RwController *self, guint64 generation, gint64 duration_us)
{
  gint64 deadline_us;

  g_return_if_fail (RW_IS_CONTROLLER (self));

  deadline_us = rw_controller_now_us (self) + duration_us;
  rw_attempts_renew (&self->attempts, generation, deadline_us, MAX_RENEWALS);
  rw_controller_tell (self);
}

void
rw_controller_report_attempt_failed (RwController *self, guint64 generation,
                                     RwFailure failure, gint64 retry_after_us)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  if (!rw_attempts_contains (&self->attempts, generation)) {
    rw_controller_report_lost (self, generation,
                               rw_failure_to_string (failure));
    return;
  }
  rw_controller_fail_attempt (self, generation, failure, retry_after_us);
  rw_controller_tell (self);
}

void
rw_controller_report_hopeless (RwController *self, RwFailure failure)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  if (self->state != RW_STATE_CONNECTED)
    rw_controller_give_up (self, rw_failure_to_string (failure));
  rw_controller_tell (self);
}

void
rw_controller_retry_now (RwController *self, RwRetryReason reason)
{
  static const char *const names[] = {"network-changed", "producer-announced",
                                      "signalling-opened", "path-alive",
                                      "requested"};
  gboolean is_requested = reason == RW_RETRY_REQUESTED;

  g_return_if_fail (RW_IS_CONTROLLER (self));
  g_return_if_fail ((guint) reason < G_N_ELEMENTS (names));

  switch (self->state) {
  case RW_STATE_IDLE:
  case RW_STATE_FAILED:
  case RW_STATE_STOPPED:
    return;
  case RW_STATE_CONNECTED:
    if (!is_requested)
      return;
    self->distrusted = self->current;
    rw_controller_step (self, RW_STATE_EVENT_DOWN, names[reason]);
    break;
  default:
    if (self->give_up != NULL && !is_requested)
      return;
    self->give_up = NULL;
    break;
  }
  g_debug ("retry now: %s", names[reason]);
  rw_controller_plan_attempt (self, rw_controller_now_us (self), TRUE);
  rw_controller_tell (self);
}

void
rw_controller_hold_off (RwController *self, gint64 duration_us)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  duration_us = CLAMP (duration_us, 0, RW_BACKOFF_RETRY_AFTER_MAX_US);
  self->not_before_us =
      MAX (self->not_before_us, rw_controller_now_us (self) + duration_us);
}

RwState
rw_controller_get_state (RwController *self)
{
  g_return_val_if_fail (RW_IS_CONTROLLER (self), RW_STATE_IDLE);

  return self->state;
}

gint64
rw_controller_get_delay_us (RwController *self)
{
  g_return_val_if_fail (RW_IS_CONTROLLER (self), 0);

  if (self->next_us < 0)
    return 0;
  return MAX (self->next_us - rw_controller_now_us (self), 0);
}

guint64
rw_controller_get_generation (RwController *self)
{
  g_return_val_if_fail (RW_IS_CONTROLLER (self), 0);

  return self->current;
}

gboolean
rw_controller_is_live (RwController *self, guint64 generation)
{
  g_return_val_if_fail (RW_IS_CONTROLLER (self), FALSE);

  return generation != 0 &&
         (generation == self->current ||
          rw_attempts_contains (&self->attempts, generation));
}

RwBreakerState
rw_controller_get_breaker_state (RwController *self)
{
  g_return_val_if_fail (RW_IS_CONTROLLER (self), RW_BREAKER_CLOSED);

  return self->breaker.state;
}

void
rw_controller_get_counts (RwController *self, RwControllerCounts *counts)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  *counts = self->counts;
  counts->breaker_opened = self->breaker.n_opened;
}
