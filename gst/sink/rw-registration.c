/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-registration.h"

#include "rw-timer.h"

GST_DEBUG_CATEGORY_STATIC (rw_registration_debug);
#define GST_CAT_DEFAULT rw_registration_debug

#define FIRST_US (1 * G_USEC_PER_SEC)
#define MAX_US   (8 * G_USEC_PER_SEC)

struct _RwRegistration {
  RwEndpoint *endpoint;
  RwSignaller *signaller;
  RwTransmitter *transmitter;
  const char *stream_name;
  gboolean was_found; /* on the present connection */
  char *refusal;      /* the last error reported on it, or NULL */
  RwTimer *timer;     /* to ask again */
  gint64 next_us;     /* after so long */
};

void
rw_registration_send (RwRegistration *self)
{
  g_autofree char *stream_id = rw_transmitter_dup_stream_id (self->transmitter);

  rw_signaller_set_status (self->signaller, RW_ROLE_PRODUCER, self->stream_name,
                           stream_id);
}

static void
on_due (gpointer data)
{
  rw_registration_send (data);
}

RwRegistration *
rw_registration_new (RwEndpoint *endpoint, RwLoop *loop, RwSignaller *signaller,
                     RwTransmitter *transmitter, const char *stream_name)
{
  static gsize category = 0;
  RwRegistration *self = g_new0 (RwRegistration, 1);

  if (g_once_init_enter (&category)) {
    GST_DEBUG_CATEGORY_INIT (rw_registration_debug, "resilientwebrtcproducer",
                             0, "resilient WebRTC producer's registration");
    g_once_init_leave (&category, 1);
  }
  self->endpoint = endpoint;
  self->signaller = signaller;
  self->transmitter = transmitter;
  self->stream_name = stream_name;
  self->next_us = FIRST_US;
  self->timer = rw_timer_new (rw_endpoint_get_clock (endpoint),
                              rw_loop_get_context (loop), "rw-registration",
                              on_due, self);
  return self;
}

void
rw_registration_free (RwRegistration *self)
{
  rw_timer_free (self->timer);
  g_free (self->refusal);
  g_free (self);
}

void
rw_registration_on_opened (RwRegistration *self)
{
  self->was_found = FALSE;
  g_clear_pointer (&self->refusal, g_free);
  rw_timer_stop (self->timer);
  self->next_us = FIRST_US;
}

void
rw_registration_on_found (RwRegistration *self)
{
  self->was_found = TRUE;
}

void
rw_registration_on_refused (RwRegistration *self, const char *details)
{
  g_autofree char *text =
      g_strdup_printf ("The signalling server reported an error: %s", details);

  if (self->was_found) {
    GST_INFO ("%s", text);
    return;
  }

  rw_timer_set_in (self->timer, self->next_us);
  self->next_us = MIN (2 * self->next_us, MAX_US);
  if (g_strcmp0 (self->refusal, details) == 0)
    return;
  g_free (self->refusal);
  self->refusal = g_strdup (details);
  rw_notifier_post_warning (rw_endpoint_get_notifier (self->endpoint),
                            GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED, text,
                            NULL);
}
