/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-consumer.h"

#include <string.h>

#include "rw-consumer-failures.h"
#include "rw-consumer-reporter.h"
#include "rw-producer-finder.h"
#include "rw-quality-watch.h"
#include "rw-session-requests.h"
#include "rw-session-set.h"
#include "rw-signalling-watch.h"

/* See the header. The controller names sessions by their generation. */

GST_DEBUG_CATEGORY_STATIC (rw_consumer_debug);
#define GST_CAT_DEFAULT rw_consumer_debug

/* A working path connects in a tenth of it. A late attempt is not torn down but
 * joined by another one, so that a slow path still gets its chance.
 */
#define ATTEMPT_TIMEOUT_US (1 * G_TIME_SPAN_SECOND)

struct _RwConsumer {
  GObject parent_instance;

  RwEndpoint *endpoint;
  RwLoop *loop; /* its */
  RwReceiver *receiver;
  char *producer_name;
  char *consumer_id;
  RwStart start;
  RwOpusTerms terms;

  RwSessionSet *sessions;
  RwConsumerReporter *reporter;
  RwOutageLog *outages;
  RwController *controller;
  gboolean stopping;

  /* While started. */
  RwSignaller *signaller;
  RwProducerFinder *finder;
  RwSessionRequests *requests;
  RwConsumerFailures *failures;
  RwSignallingWatch *signalling;
  RwQualityWatch *quality;
};

G_DEFINE_FINAL_TYPE (RwConsumer, rw_consumer, G_TYPE_OBJECT)

static void
rw_consumer_finalize (GObject *object)
{
  RwConsumer *self = RW_CONSUMER (object);

  g_assert (self->signaller == NULL);
  rw_session_set_unref (self->sessions);
  g_clear_object (&self->controller);
  g_clear_object (&self->receiver);
  g_clear_object (&self->loop);
  g_clear_object (&self->endpoint);
  g_clear_pointer (&self->outages, rw_outage_log_free);
  g_clear_pointer (&self->reporter, rw_consumer_reporter_free);
  g_free (self->producer_name);
  g_free (self->consumer_id);
  G_OBJECT_CLASS (rw_consumer_parent_class)->finalize (object);
}

static void
rw_consumer_class_init (RwConsumerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_consumer_finalize;
  GST_DEBUG_CATEGORY_INIT (rw_consumer_debug, "resilientwebrtcconsumer", 0,
                           "resilient WebRTC source's sessions");
}

static void
rw_consumer_init (RwConsumer *self)
{
  self->outages = rw_outage_log_new ();
}

static GstElement *
element_of (RwConsumer *self)
{
  return rw_endpoint_get_element (self->endpoint);
}

/* The peer id of the producer to ask, or NULL. */
static const char *
target (RwConsumer *self)
{
  return rw_producer_finder_get_target (self->finder);
}

/* ---- Sessions ---- */

static void
on_session_failed (gpointer data, guint64 generation, const GError *error)
{
  RwConsumer *self = data;

  rw_consumer_failures_take_session (self->failures, generation, error);
}

static void
on_session_ended (gpointer data, guint64 generation, const char *error)
{
  RwConsumer *self = data;

  rw_consumer_failures_take_refusal (
      self->failures, generation,
      error ? g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                           "The producer ended the session: %s", error)
            : NULL);
}

static void
on_session_closed (gpointer data, const char *peer_id, gboolean has_closed)
{
  RwConsumer *self = data;

  rw_producer_finder_note_closed (self->finder, peer_id, has_closed);
}

static gboolean
has_producer (gpointer data)
{
  return target (data) != NULL;
}

/* ---- Decisions of the controller ---- */

static void
on_attempt (RwController *controller, guint64 generation, gpointer data)
{
  RwConsumer *self = data;

  GST_DEBUG_OBJECT (
      element_of (self),
      "attempt %" G_GUINT64_FORMAT ": signalling %s, producer %s", generation,
      rw_signalling_watch_is_open (self->signalling) ? "open" : "closed",
      GST_STR_NULL (target (self)));
  if (rw_consumer_failures_report_signalling (self->failures))
    return;
  if (!rw_signalling_watch_is_open (self->signalling))
    rw_controller_report_attempt_failed (controller, generation,
                                         RW_FAILURE_NO_SIGNALLING, 0);
  else if (target (self) == NULL)
    rw_controller_report_attempt_failed (controller, generation,
                                         RW_FAILURE_NO_PRODUCER, 0);
  else
    rw_session_requests_send (self->requests, generation);
}

static void
on_abandon (RwController *controller, guint64 generation, gpointer data)
{
  RwConsumer *self = data;

  rw_session_requests_forget (self->requests, generation);
  rw_session_set_end (self->sessions, generation,
                      self->stopping ? RW_BYE_STOPPED : RW_BYE_SUPERSEDED);
}

static void
on_state_changed (RwController *controller, const RwStateInfo *info,
                  gpointer data)
{
  RwConsumer *self = data;
  const char *session_id = rw_session_set_get_id (
      self->sessions, rw_controller_get_generation (controller));

  rw_consumer_reporter_report_state (
      self->reporter, info, target (self), session_id,
      rw_consumer_failures_get_signalling_error (self->failures));
}

static void
on_retrying (RwController *controller, const RwStateInfo *info, gpointer data)
{
  RwConsumer *self = data;

  rw_consumer_reporter_report_retry (self->reporter, info);
}

/* ---- Start and stop ---- */

static void
create_controller (RwConsumer *self)
{
  RwRetrySettings retry = rw_endpoint_get_retry_settings (self->endpoint);
  RwReconnectConfig config = RW_RECONNECT_CONFIG_DEFAULT;

  self->controller = rw_controller_new (rw_endpoint_get_clock (self->endpoint),
                                        rw_loop_get_context (self->loop), NULL);
  config.backoff = rw_retry_settings_get_backoff (&retry);
  config.attempt_timeout_us = ATTEMPT_TIMEOUT_US;
  rw_controller_set_config (self->controller, &config);
  g_signal_connect (self->controller, "attempt", G_CALLBACK (on_attempt), self);
  g_signal_connect (self->controller, "abandon", G_CALLBACK (on_abandon), self);
  g_signal_connect (self->controller, "state-changed",
                    G_CALLBACK (on_state_changed), self);
  g_signal_connect (self->controller, "retrying", G_CALLBACK (on_retrying),
                    self);
}

/* While audio flows silence decides; else what failed may work now. */
static void
on_network_changed (RwEndpoint *endpoint, gpointer data)
{
  RwConsumer *self = data;

  rw_controller_retry_now (self->controller, RW_RETRY_NETWORK_CHANGED);
}

static void
collect_quality (RwQualityWatch *watch, gpointer data)
{
  RwConsumer *self = data;
  RwQualitySample sample;

  if (rw_controller_get_state (self->controller) == RW_STATE_CONNECTED &&
      target (self) != NULL &&
      rw_receiver_sample_quality (self->receiver, &sample))
    rw_quality_watch_take (watch, target (self), &sample);
}

/* The parts that live from start to stop. */
static void
create_parts (RwConsumer *self)
{
  RwConsumerSessionHost host;

  create_controller (self);
  self->finder =
      rw_producer_finder_new (self->endpoint, self->signaller, self->receiver,
                              self->controller, self->producer_name);
  self->failures = rw_consumer_failures_new (self->endpoint, self->controller,
                                             self->finder, self->reporter);
  host = (RwConsumerSessionHost){
      .controller = self->controller,
      .outages = self->outages,
      .reporter = self->reporter,
      .terms = self->terms,
      .failed = on_session_failed,
      .ended = on_session_ended,
      .closed = on_session_closed,
      .has_producer = has_producer,
      .data = self,
  };
  rw_session_set_connect (self->sessions, &host);
  self->requests = rw_session_requests_new (
      &(RwSessionRequestsHost){
          .endpoint = self->endpoint,
          .signaller = self->signaller,
          .receiver = self->receiver,
          .controller = self->controller,
          .finder = self->finder,
          .failures = self->failures,
          .sessions = self->sessions,
      },
      self->consumer_id, self->start);
}

static void
start_on_loop (gpointer data)
{
  RwConsumer *self = data;

  self->signaller = rw_session_set_open (self->sessions);
  if (self->signaller == NULL)
    return;
  create_parts (self);
  self->signalling =
      rw_signalling_watch_new (self->endpoint, self->signaller,
                               self->controller, self->finder, self->failures);
  g_signal_connect (self->endpoint, "network-changed",
                    G_CALLBACK (on_network_changed), self);
  rw_signaller_set_status (self->signaller, RW_ROLE_LISTENER, NULL, NULL);
  rw_endpoint_join_room (self->endpoint, self->signaller, NULL, FALSE);
  self->quality = rw_quality_watch_new (self->endpoint, self->signaller,
                                        collect_quality, self);
  rw_controller_start (self->controller);
  rw_signaller_start (self->signaller);
}

gboolean
rw_consumer_start (RwConsumer *self)
{
  rw_loop_call (self->loop, start_on_loop, self);
  return self->signaller != NULL;
}

static void
stop_on_loop (gpointer data)
{
  RwConsumer *self = data;

  if (self->signaller == NULL)
    return;
  self->stopping = TRUE;
  rw_controller_stop (self->controller);
  g_clear_pointer (&self->quality, rw_quality_watch_free);
  rw_session_set_close (self->sessions);
  g_clear_pointer (&self->requests, rw_session_requests_free);
  g_clear_pointer (&self->signalling, rw_signalling_watch_free);
  g_signal_handlers_disconnect_by_data (self->controller, self);
  g_signal_handlers_disconnect_by_data (self->endpoint, self);
  self->signaller = NULL;
  rw_session_set_release (self->sessions);
  g_clear_pointer (&self->failures, rw_consumer_failures_free);
  g_clear_pointer (&self->finder, rw_producer_finder_free);
}

void
rw_consumer_stop (RwConsumer *self)
{
  rw_loop_call (self->loop, stop_on_loop, self);
}

static void
retry_on_loop (gpointer data)
{
  RwConsumer *self = data;

  if (self->signaller == NULL || self->stopping)
    return;
  rw_producer_finder_reopen (self->finder);
  rw_signaller_retry_now (self->signaller);
  rw_controller_retry_now (self->controller, RW_RETRY_REQUESTED);
}

void
rw_consumer_retry_now (RwConsumer *self)
{
  rw_loop_invoke (self->loop, retry_on_loop, g_object_ref (self),
                  g_object_unref);
}

static void
set_base_time_on_loop (gpointer data)
{
  RwConsumer *self = data;

  rw_session_set_update_base_time (
      self->sessions, gst_element_get_base_time (element_of (self)));
}

void
rw_consumer_update_base_time (RwConsumer *self)
{
  rw_loop_invoke (self->loop, set_base_time_on_loop, g_object_ref (self),
                  g_object_unref);
}

void
rw_consumer_fill_stats (RwConsumer *self, GstStructure *stats)
{
  rw_outage_log_fill_stats (self->outages, stats);
}

gboolean
rw_consumer_check_id (GstElement *element, const char *id)
{
  if (id && *id && strlen (id) <= RW_CONSUMER_ID_MAX)
    return TRUE;
  GST_ELEMENT_ERROR (element, RESOURCE, SETTINGS,
                     ("The property consumer-id is empty or too long; set it "
                      "to 1 to %u bytes.",
                      RW_CONSUMER_ID_MAX),
                     (NULL));
  return FALSE;
}

RwConsumer *
rw_consumer_new (RwEndpoint *endpoint, RwReceiver *receiver,
                 const RwConsumerConfig *config)
{
  RwConsumer *self = g_object_new (RW_TYPE_CONSUMER, NULL);

  self->endpoint = g_object_ref (endpoint);
  self->loop = g_object_ref (rw_endpoint_get_loop (endpoint));
  self->receiver = g_object_ref (receiver);
  self->reporter =
      rw_consumer_reporter_new (self->endpoint, self->receiver, self->outages);
  self->producer_name = g_strdup (config->producer_name);
  self->consumer_id = g_strdup (config->consumer_id);
  self->start = config->start;
  self->terms = config->terms;
  self->sessions = rw_session_set_new (endpoint, receiver, config->consumer_id,
                                       config->start, config->latency_ms);
  return self;
}
