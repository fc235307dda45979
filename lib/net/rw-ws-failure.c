/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-signaller-private.h"

/* What an attempt that came to nothing, or a line that did not last, means for
 * the next one. */

/* A server that hangs up sooner has not served us. */
#define SERVED_US (1 * G_TIME_SPAN_SECOND)

/* The server does not want our token: the application may have another. */
static gboolean
rw_ws_signaller_renew_token (RwWsSignaller *self)
{
  g_autofree char *token = NULL;

  g_signal_emit_by_name (self, "request-token", &token);
  if (token == NULL || g_strcmp0 (token, self->auth_token) == 0)
    return FALSE;
  rw_ws_signaller_set_auth_token (self, token);
  return TRUE;
}

static gboolean
rw_ws_signaller_is_hopeless (RwWsSignaller *self)
{
  for (guint i = 0; self->uris[i] != NULL; i++)
    if (!self->hopeless[i])
      return FALSE;
  return TRUE;
}

/* What is final at one server may be well at the next: only when all have said
 * so is there nothing left to try. */
static RwFailure
rw_ws_signaller_classify (RwWsSignaller *self, guint uri_index,
                          const GError *error)
{
  RwFailure failure = error->domain == RW_FAILURE_ERROR
                          ? (RwFailure) error->code
                          : RW_FAILURE_UNREACHABLE;

  self->hopeless[uri_index] =
      rw_failure_get_policy (failure) == RW_FAILURE_POLICY_GIVE_UP;
  if (failure == RW_FAILURE_UNAUTHORIZED &&
      rw_ws_signaller_renew_token (self)) {
    self->hopeless[uri_index] = FALSE;
    return RW_FAILURE_REFUSED;
  }
  if (self->hopeless[uri_index] && !rw_ws_signaller_is_hopeless (self))
    return RW_FAILURE_REFUSED;
  return failure;
}

/* Back-off is over once a line is open; so one that is closed at once, again
 * and again, needs one of its own. Once is no habit. */
gint64
rw_ws_signaller_lose_patience (RwWsSignaller *self, RwWsSeat *seat)
{
  gint64 now_us = rw_clock_get_now_us (self->clock);
  gint64 delay_us = 0;

  if (now_us - self->doubted_us < DOUBT_TIME_US)
    return 0;
  if (now_us - seat->taken_us >= SERVED_US) {
    rw_backoff_reset (&self->patience);
    self->is_tried = FALSE;
    return 0;
  }
  if (self->is_tried)
    rw_backoff_next (&self->patience, NULL, 0, &delay_us);
  self->is_tried = TRUE;
  /* Never in step with others. */
  return (gint64) ((1 + g_random_double ()) / 2 * delay_us);
}

/* To have looked for a better server in vain is no harm: the line in use is
 * what it was, and it is looked again, when the server says if it does. @seat
 * is gone afterwards. */
void
rw_ws_signaller_fail_attempt (RwWsSignaller *self, RwWsSeat *seat,
                              const GError *error, gint64 hold_us)
{
  RwFailure failure = rw_ws_signaller_classify (self, seat->uri_index, error);
  gboolean was_looking = rw_ws_signaller_is_moving (self, seat);

  rw_controller_report_attempt_failed (self->controller, seat->generation,
                                       failure, hold_us);
  if (!was_looking || self->seat == NULL)
    return;
  rw_ws_signaller_plan_better (self);
  if (hold_us > self->better_delay_us)
    rw_timer_set_in (self->better_timer, hold_us);
  rw_controller_report_progress (self->controller, self->seat->generation);
}
