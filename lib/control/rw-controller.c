/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-controller.h"

#include "rw-timer.h"

/*
 * Owns an RwReconnect and one timer. Each entry point reports to the former and
 * ends in rw_controller_emit(). A handler may call back into the controller:
 * the outermost call emits what follows from that, so that signals come in the
 * order of what they announce.
 */

enum {
  SIGNAL_ATTEMPT,
  SIGNAL_ABANDON,
  SIGNAL_STATE_CHANGED,
  SIGNAL_RETRYING,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

struct _RwController {
  GObject parent_instance;
  RwClock *clock;
  RwTimer *timer;
  RwReconnect *reconnect;
  gint64 attempt_timeout_us;
  gboolean is_emitting;
};

G_DEFINE_FINAL_TYPE (RwController, rw_controller, G_TYPE_OBJECT)

static gint64
rw_controller_now_us (RwController *self)
{
  return rw_clock_get_now_us (self->clock);
}

static void
rw_controller_emit_one (RwController *self, const RwReconnectEvent *event)
{
  switch (event->type) {
  case RW_RECONNECT_EVENT_ATTEMPT:
    g_signal_emit (self, signals[SIGNAL_ATTEMPT], 0, event->generation);
    break;
  case RW_RECONNECT_EVENT_ABANDON:
    g_signal_emit (self, signals[SIGNAL_ABANDON], 0, event->generation);
    break;
  case RW_RECONNECT_EVENT_STATE_CHANGED:
    g_signal_emit (self, signals[SIGNAL_STATE_CHANGED], 0, &event->info);
    break;
  case RW_RECONNECT_EVENT_RETRYING:
    g_signal_emit (self, signals[SIGNAL_RETRYING], 0, &event->info);
    break;
  default:
    g_assert_not_reached ();
  }
}

/* @self may be gone afterwards. */
static void
rw_controller_emit (RwController *self)
{
  gint64 due_us = rw_reconnect_get_due_us (self->reconnect);
  RwReconnectEvent event;

  if (due_us < 0)
    rw_timer_stop (self->timer);
  else
    rw_timer_set_at (self->timer, due_us);
  if (self->is_emitting)
    return;
  g_object_ref (self);
  self->is_emitting = TRUE;
  while (rw_reconnect_take_event (self->reconnect, &event))
    rw_controller_emit_one (self, &event);
  self->is_emitting = FALSE;
  g_object_unref (self);
}

static void
on_timer (gpointer data)
{
  RwController *self = data;

  rw_reconnect_wake (self->reconnect, rw_controller_now_us (self));
  rw_controller_emit (self);
}

/* ---- object ---- */

static void
rw_controller_dispose (GObject *object)
{
  g_clear_pointer (&RW_CONTROLLER (object)->timer, rw_timer_free);
  G_OBJECT_CLASS (rw_controller_parent_class)->dispose (object);
}

static void
rw_controller_finalize (GObject *object)
{
  RwController *self = RW_CONTROLLER (object);

  rw_reconnect_free (self->reconnect);
  g_object_unref (self->clock);
  G_OBJECT_CLASS (rw_controller_parent_class)->finalize (object);
}

static guint
install_signal (const char *name, GType argument)
{
  return g_signal_new (name, RW_TYPE_CONTROLLER, G_SIGNAL_RUN_LAST, 0, NULL,
                       NULL, NULL, G_TYPE_NONE, 1, argument);
}

static void
rw_controller_class_init (RwControllerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rw_controller_dispose;
  G_OBJECT_CLASS (klass)->finalize = rw_controller_finalize;
  signals[SIGNAL_ATTEMPT] = install_signal ("attempt", G_TYPE_UINT64);
  signals[SIGNAL_ABANDON] = install_signal ("abandon", G_TYPE_UINT64);
  signals[SIGNAL_STATE_CHANGED] =
      install_signal ("state-changed", G_TYPE_POINTER);
  signals[SIGNAL_RETRYING] = install_signal ("retrying", G_TYPE_POINTER);
}

static void
rw_controller_init (RwController *self)
{
}

/* ---- public ---- */

RwController *
rw_controller_new (RwClock *clock, GMainContext *context, GRand *rand)
{
  RwController *self;

  g_return_val_if_fail (RW_IS_CLOCK (clock), NULL);

  self = g_object_new (RW_TYPE_CONTROLLER, NULL);
  self->clock = g_object_ref (clock);
  self->reconnect = rw_reconnect_new (rand != NULL ? rand : g_rand_new ());
  self->attempt_timeout_us = RW_RECONNECT_CONFIG_DEFAULT.attempt_timeout_us;
  self->timer = rw_timer_new (clock, context, "rw-controller", on_timer, self);
  return self;
}

void
rw_controller_set_config (RwController *self, const RwReconnectConfig *config)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  self->attempt_timeout_us = config->attempt_timeout_us;
  rw_reconnect_set_config (self->reconnect, config);
}

void
rw_controller_start (RwController *self)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_start (self->reconnect, rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_stop (RwController *self)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_stop (self->reconnect, rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_report_progress (RwController *self, guint64 generation)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_report_progress (self->reconnect, generation,
                                rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_report_usable (RwController *self, guint64 generation)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_report_usable (self->reconnect, generation,
                              rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_report_suspect (RwController *self, guint64 generation)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_report_suspect (self->reconnect, generation,
                               rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_report_down (RwController *self, guint64 generation)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_report_down (self->reconnect, generation,
                            rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_report_alive (RwController *self, guint64 generation)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_report_alive (self->reconnect, generation,
                             rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_report_lost (RwController *self, guint64 generation,
                           const char *reason)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));
  g_return_if_fail (reason != NULL);

  rw_reconnect_report_lost (self->reconnect, generation, reason,
                            rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_report_advance (RwController *self, guint64 generation)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_controller_grant (self, generation, self->attempt_timeout_us);
}

void
rw_controller_grant (RwController *self, guint64 generation, gint64 duration_us)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_report_advance (self->reconnect, generation, duration_us,
                               rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_report_waiting (RwController *self, guint64 generation,
                              gint64 longest_us)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_report_waiting (self->reconnect, generation, longest_us,
                               rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_report_attempt_failed (RwController *self, guint64 generation,
                                     RwFailure failure, gint64 retry_after_us)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_report_attempt_failed (self->reconnect, generation, failure,
                                      retry_after_us,
                                      rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_report_permanent (RwController *self, RwFailure failure)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_report_permanent (self->reconnect, failure,
                                 rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_retry_now (RwController *self, RwRetryReason reason)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));
  g_return_if_fail ((guint) reason < RW_N_RETRY_REASONS);

  rw_reconnect_retry_now (self->reconnect, reason, rw_controller_now_us (self));
  rw_controller_emit (self);
}

void
rw_controller_hold_off (RwController *self, gint64 duration_us)
{
  g_return_if_fail (RW_IS_CONTROLLER (self));

  rw_reconnect_hold_off (self->reconnect, duration_us,
                         rw_controller_now_us (self));
  rw_controller_emit (self);
}

RwState
rw_controller_get_state (RwController *self)
{
  g_return_val_if_fail (RW_IS_CONTROLLER (self), RW_STATE_IDLE);

  return rw_reconnect_get_state (self->reconnect);
}

gint64
rw_controller_get_delay_us (RwController *self)
{
  g_return_val_if_fail (RW_IS_CONTROLLER (self), 0);

  return rw_reconnect_get_delay_us (self->reconnect,
                                    rw_controller_now_us (self));
}

guint64
rw_controller_get_generation (RwController *self)
{
  g_return_val_if_fail (RW_IS_CONTROLLER (self), 0);

  return rw_reconnect_get_generation (self->reconnect);
}

gboolean
rw_controller_is_live (RwController *self, guint64 generation)
{
  g_return_val_if_fail (RW_IS_CONTROLLER (self), FALSE);

  return rw_reconnect_is_live (self->reconnect, generation);
}
