/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-consumer-failures.h"

#include "rw-webrtc-peer.h"

/* After a session whose other end had not the announced certificate. */
#define DISTRUST_US (10 * G_TIME_SPAN_SECOND)

struct _RwConsumerFailures {
  RwEndpoint *endpoint;
  RwController *controller;
  RwProducerFinder *finder;
  RwConsumerReporter *reporter;
  GError *signalling_error; /* why signalling was given up */
};

RwConsumerFailures *
rw_consumer_failures_new (RwEndpoint *endpoint, RwController *controller,
                          RwProducerFinder *finder,
                          RwConsumerReporter *reporter)
{
  RwConsumerFailures *self = g_new0 (RwConsumerFailures, 1);

  self->endpoint = endpoint;
  self->controller = controller;
  self->finder = finder;
  self->reporter = reporter;
  return self;
}

void
rw_consumer_failures_free (RwConsumerFailures *self)
{
  g_clear_error (&self->signalling_error);
  g_free (self);
}

/* Handles a producer that cannot be played; with a producer-name there is no
 * other one. */
static void
give_up_producer (RwConsumerFailures *self, guint64 generation,
                  const GError *error)
{
  if (!rw_producer_finder_exclude_target (self->finder, error)) {
    rw_controller_report_attempt_failed (self->controller, generation,
                                         RW_FAILURE_INCOMPATIBLE, 0);
    rw_controller_report_permanent (self->controller, RW_FAILURE_INCOMPATIBLE);
    return;
  }
  rw_controller_report_attempt_failed (self->controller, generation,
                                       RW_FAILURE_NO_PRODUCER, 0);
  if (rw_producer_finder_get_target (self->finder))
    rw_controller_retry_now (self->controller, RW_RETRY_PRODUCER_ANNOUNCED);
}

/* It is of our kind, and what it sends is nothing that a decoder takes: another
 * session would bring the same. It may come back with something else, as a new
 * client, so that the source waits, also with a producer-name. */
static void
leave_producer (RwConsumerFailures *self, guint64 generation,
                const GError *error)
{
  rw_producer_finder_leave_target (self->finder, error);
  rw_controller_report_attempt_failed (self->controller, generation,
                                       RW_FAILURE_INCOMPATIBLE, 0);
  if (rw_producer_finder_get_target (self->finder))
    rw_controller_retry_now (self->controller, RW_RETRY_PRODUCER_ANNOUNCED);
}

/* A quick attempt would meet the same wrong certificate again. */
static void
distrust_producer (RwConsumerFailures *self, guint64 generation,
                   const GError *error)
{
  rw_notifier_post_warning (
      rw_endpoint_get_notifier (self->endpoint), GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_AUTHORIZED, error->message, NULL);
  rw_controller_report_attempt_failed (self->controller, generation,
                                       RW_FAILURE_ICE, DISTRUST_US);
}

void
rw_consumer_failures_take_session (RwConsumerFailures *self, guint64 generation,
                                   const GError *error)
{
  rw_consumer_reporter_take_error (self->reporter, g_error_copy (error));
  if (g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_IDENTITY))
    distrust_producer (self, generation, error);
  else if (g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_FORMAT))
    leave_producer (self, generation, error);
  else if (g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT) ||
           g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL))
    rw_controller_report_attempt_failed (self->controller, generation,
                                         RW_FAILURE_ICE, 0);
  else
    give_up_producer (self, generation, error);
}

void
rw_consumer_failures_take_refusal (RwConsumerFailures *self, guint64 generation,
                                   GError *error)
{
  if (error)
    rw_consumer_reporter_take_error (self->reporter, error);
  rw_controller_report_attempt_failed (self->controller, generation,
                                       RW_FAILURE_REFUSED, 0);
}

gboolean
rw_consumer_failures_report_signalling (RwConsumerFailures *self)
{
  const GError *error = self->signalling_error;

  if (error == NULL)
    return FALSE;
  rw_controller_report_permanent (self->controller,
                                  error->domain == RW_FAILURE_ERROR
                                      ? (RwFailure) error->code
                                      : RW_FAILURE_NO_SIGNALLING);
  return TRUE;
}

/* Media outlives signalling: while audio flows there is nothing to give up yet,
 * but no session that could follow this one. */
void
rw_consumer_failures_take_signalling (RwConsumerFailures *self,
                                      const GError *error)
{
  g_autofree char *text = NULL;

  g_clear_error (&self->signalling_error);
  self->signalling_error = g_error_copy (error);
  if (rw_controller_get_state (self->controller) == RW_STATE_CONNECTED) {
    text = g_strdup_printf (
        "%s Audio continues, but cannot reconnect after an interruption.",
        error->message);
    rw_notifier_post_warning (rw_endpoint_get_notifier (self->endpoint),
                              GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED,
                              text, NULL);
  }
  rw_consumer_failures_report_signalling (self);
}

const GError *
rw_consumer_failures_get_signalling_error (RwConsumerFailures *self)
{
  return self->signalling_error;
}
