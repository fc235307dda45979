/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ws-signaller-private.h"

/* The STUN and TURN servers that a server with seats recommends. Credentials
 * for TURN are good for a limited time, and are asked for anew before it is
 * over; each new line brings fresh ones anyway. */

/* When the credentials are renewed: at this part of their life. */
#define RENEW_NUM 3
#define RENEW_DEN 4

/* A question that was lost with its line is asked again after this part. */
#define REPEAT_DEN 16

#define SHORTEST_US (1 * G_TIME_SPAN_SECOND)

/* No longer than a week, so that it can be reckoned with. */
#define LONGEST_MS G_GUINT64_CONSTANT (604800000)

static void
rw_ws_signaller_plan_ice (RwWsSignaller *self, gint64 delay_us)
{
  rw_timer_set_in (self->ice_timer, MAX (delay_us, SHORTEST_US));
}

void
rw_ws_signaller_hear_ice (RwWsSignaller *self, const RwSignalMessage *message)
{
  g_autoptr (GPtrArray) none = rw_ice_servers_new ();
  GPtrArray *servers =
      message->ice_servers != NULL ? message->ice_servers : none;

  self->ice_ttl_us = (gint64) MIN (message->time_ms, LONGEST_MS) * 1000;
  if (servers->len > 0 && self->ice_ttl_us > 0)
    rw_ws_signaller_plan_ice (self, self->ice_ttl_us / RENEW_DEN * RENEW_NUM);
  else
    rw_timer_stop (self->ice_timer);
  rw_signaller_emit_ice_servers (RW_SIGNALLER (self), servers);
}

void
rw_ws_signaller_on_ice_due (gpointer data)
{
  RwWsSignaller *self = data;
  g_autoptr (RwSignalMessage) question = NULL;

  rw_ws_signaller_plan_ice (self, self->ice_ttl_us / REPEAT_DEN);
  if (self->seat == NULL || !self->seat->resilient)
    return;
  question = rw_signal_message_new (RW_SIGNAL_GET_ICE_SERVERS);
  rw_conversation_say_now (self->conversation, self->seat->line, question);
}
