/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-signaller-private.h"

/* What the controller's decisions mean to the application, when a line is
 * doubted, and when a better server is looked for. */

/* A line on which nothing was heard for so long after a probe is closed: the
 * promise is 2 s, and the controller wants to be told before. */
#define PROBE_DEADLINE_US (1800 * G_GINT64_CONSTANT (1000))

/* A server that keeps seats is given four times what its first answer took, and
 * this at least. */
#define PROBE_MIN_US (50 * G_GINT64_CONSTANT (1000))

/* What a server without seats is given before it is doubted, in probe times:
 * there, changing lines ends our sessions. */
#define PLAIN_PATIENCE 4

/* ---- telling ---- */

/* Who does not answer, as far as is known. */
static char *
rw_ws_signaller_name_silent (RwWsSignaller *self)
{
  GHashTableIter iter;
  gpointer seat;

  g_hash_table_iter_init (&iter, self->seats);
  while (g_hash_table_iter_next (&iter, NULL, &seat))
    if (rw_ws_line_is_at_proxy (((RwWsSeat *) seat)->line))
      return g_strdup_printf (
          "The HTTP proxy on the way to the signalling server %s", self->tried);
  return g_strdup_printf ("The signalling server %s", self->tried);
}

/* The cause, and what happens next. */
static GError *
rw_ws_signaller_describe (RwWsSignaller *self, gint64 delay_us)
{
  const GError *cause = self->last_error;
  g_autofree char *silent = rw_ws_signaller_name_silent (self);
  g_autofree char *next =
      delay_us > 0 ? g_strdup_printf ("trying again in %.1f s",
                                      delay_us / (double) G_TIME_SPAN_SECOND)
                   : g_strdup ("trying again");

  if (cause == NULL)
    return g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
                        "%s does not answer; %s", silent, next);
  return g_error_new (cause->domain, cause->code, "%s; %s", cause->message,
                      next);
}

void
rw_ws_signaller_on_retrying (RwController *controller, const RwStateInfo *info,
                             RwWsSignaller *self)
{
  g_autoptr (GError) error = rw_ws_signaller_describe (self, info->delay_us);
  RwWsSeat *seat = g_hash_table_lookup (self->seats, &info->generation);

  if (self->seat != NULL) {
    /* It was only to see whether there is a better one. */
    rw_ws_signaller_plan_better (self);
    rw_controller_report_progress (controller, self->seat->generation);
    return;
  }
  if (seat != NULL)
    rw_server_list_fail (self->servers, seat->uri_index,
                         rw_clock_get_now_us (self->clock));
  g_clear_error (&self->last_error);
  rw_ws_signaller_tell_closed (self, error, info->delay_us);
}

static void
rw_ws_signaller_fail (RwWsSignaller *self)
{
  g_autoptr (GError) error = g_steal_pointer (&self->last_error);
  g_autofree char *silent = rw_ws_signaller_name_silent (self);

  if (error == NULL)
    error = g_error_new (RW_FAILURE_ERROR, RW_FAILURE_TIMED_OUT,
                         "%s does not answer; given up, as there are no "
                         "retries left",
                         silent);
  rw_signaller_emit_failed (RW_SIGNALLER (self), error);
}

void
rw_ws_signaller_on_state_changed (RwController *controller,
                                  const RwStateInfo *info, RwWsSignaller *self)
{
  g_autoptr (GError) error = NULL;
  gint64 delay_us;

  switch (info->state) {
  case RW_STATE_RECONNECTING:
    /* One that is being greeted may take over as if nothing had been. */
    if (self->seat != NULL || self->greeted != NULL)
      break;
    /* Planned after the state had changed. */
    delay_us = rw_controller_get_delay_us (controller);
    error = rw_ws_signaller_describe (self, delay_us);
    rw_ws_signaller_tell_closed (self, error, delay_us);
    break;
  case RW_STATE_FAILED:
    rw_ws_signaller_fail (self);
    break;
  default:
    break;
  }
}

void
rw_ws_signaller_tell_closed (RwWsSignaller *self, const GError *error,
                             gint64 delay_us)
{
  self->is_told_open = FALSE;
  rw_signaller_emit_closed (RW_SIGNALLER (self), error, TRUE, delay_us);
}

/* ---- doubt ---- */

void
rw_ws_signaller_on_probe (gpointer data)
{
  RwWsSignaller *self = data;

  if (self->seat != NULL)
    rw_controller_report_suspect (self->controller, self->seat->generation);
}

void
rw_ws_signaller_probe (RwWsSignaller *self)
{
  gint64 patience_us = self->probe_timeout_us;

  if (rw_timer_is_set (self->probe_timer))
    return;
  if (!self->seat->resilient)
    patience_us *= PLAIN_PATIENCE;
  else
    patience_us = CLAMP (4 * self->seat->answer_us,
                         MIN (PROBE_MIN_US, patience_us), patience_us);
  rw_timer_set_in (self->probe_timer, patience_us);
  rw_ws_line_expect (self->seat->line, PROBE_DEADLINE_US);
  rw_ws_signaller_ask_list (self, self->seat);
}

/* ---- going back to a preferred server ---- */

void
rw_ws_signaller_plan_better (RwWsSignaller *self)
{
  gint64 better_us =
      rw_server_list_get_better_us (self->servers, self->seat->uri_index);
  gint64 soon_us = rw_clock_get_now_us (self->clock) + self->better_delay_us;

  if (better_us >= 0)
    rw_timer_set_at (self->better_timer, MAX (better_us, soon_us));
}

void
rw_ws_signaller_on_better (gpointer data)
{
  RwWsSignaller *self = data;

  rw_controller_retry_now (self->controller, RW_RETRY_REQUESTED);
}

void
rw_ws_signaller_on_outage_over (gpointer data)
{
  RwWsSignaller *self = data;

  rw_controller_retry_now (self->controller, RW_RETRY_NETWORK_CHANGED);
}
