/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-consumer.h"

#include <string.h>

#include "rw-consumer-session.h"
#include "rw-producer-list.h"
#include "rw-quality-watch.h"
#include "rw-stream-id.h"

/* See the header. The controller names sessions by their generation. */

GST_DEBUG_CATEGORY_STATIC (rw_consumer_debug);
#define GST_CAT_DEFAULT rw_consumer_debug

/* A path that works connects in a tenth of it. An attempt over its time is not
 * torn down but joined by another, so that a slow path still gets its chance.
 */
#define ATTEMPT_TIMEOUT_MS 1000

/* From the server's word that a session begins to the producer's offer. Both
 * are said over lines that lose nothing, and a producer that has gone is told
 * of: what takes long is a machine that is busy, which a second session would
 * only keep busier. */
#define OFFER_TIMEOUT_US (3 * G_TIME_SPAN_SECOND)

struct _RwConsumer {
  GObject parent_instance;

  RwEndpoint *endpoint;
  RwLoop *loop; /* its */
  RwReceiver *receiver;
  char *producer_name;
  char *consumer_id;
  RwStart start;
  guint latency_ms;

  RwSessionTable *sessions; /* while started */
  RwSignaller *signaller;   /* its */
  RwController *controller;
  RwConsumerSessionHost host;
  gboolean signalling_open;
  gboolean stopping;
  RwProducerList *producers;
  GHashTable *asked;        /* generation -> peer id, until it answers */
  GError *last_error;       /* why the last session came to nothing */
  GError *signalling_error; /* why there will be no more signalling */
  RwOutageLog *outages;
  RwQualityWatch *quality; /* while started */
};

G_DEFINE_FINAL_TYPE (RwConsumer, rw_consumer, G_TYPE_OBJECT)

static void
rw_consumer_finalize (GObject *object)
{
  RwConsumer *self = RW_CONSUMER (object);

  g_assert (self->sessions == NULL);
  g_hash_table_unref (self->asked);
  g_clear_pointer (&self->producers, rw_producer_list_free);
  g_clear_object (&self->controller);
  g_clear_object (&self->receiver);
  g_clear_object (&self->loop);
  g_clear_object (&self->endpoint);
  g_clear_pointer (&self->outages, rw_outage_log_free);
  g_clear_error (&self->last_error);
  g_clear_error (&self->signalling_error);
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
  self->asked =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->outages = rw_outage_log_new ();
}

static GstElement *
element_of (RwConsumer *self)
{
  return rw_endpoint_get_element (self->endpoint);
}

/* ---- Finding the producer ---- */

/* The peer id of the producer to ask, or NULL. */
static const char *
target (RwConsumer *self)
{
  RwProducerEntry *producer = rw_producer_list_choose (self->producers);

  return producer ? producer->id : NULL;
}

/* A producer that comes with another stream has lost its journal: the session
 * with its former self is over, though nobody said so. */
static void
check_for_new_stream (RwConsumer *self, const char *stream_id)
{
  guint8 ours[RW_STREAM_ID_SIZE], theirs[RW_STREAM_ID_SIZE];
  guint64 next;

  rw_receiver_get_position (self->receiver, ours, &next);
  if (stream_id == NULL || !rw_stream_id_parse (stream_id, theirs) ||
      memcmp (ours, theirs, sizeof ours) == 0)
    return;
  rw_controller_report_suspect (
      self->controller, rw_controller_get_generation (self->controller));
}

static void
on_peer_status (RwSignaller *signaller, const char *peer_id, RwRoles roles,
                const char *name, gboolean is_resilient, const char *stream_id,
                gpointer data)
{
  RwConsumer *self = data;

  if (!(roles & RW_ROLE_PRODUCER)) {
    rw_producer_list_remove (self->producers, peer_id);
    return;
  }
  rw_producer_list_put (self->producers, peer_id, name, stream_id);
  if (g_strcmp0 (target (self), peer_id) != 0)
    return;
  GST_INFO_OBJECT (element_of (self), "producer %s is \"%s\"", peer_id,
                   GST_STR_NULL (name));
  if (rw_controller_get_state (self->controller) == RW_STATE_CONNECTED)
    check_for_new_stream (self, stream_id);
  rw_controller_retry_now (self->controller, RW_RETRY_PRODUCER_ANNOUNCED);
}

/* ---- Sessions ---- */

static void
take_last_error (RwConsumer *self, GError *error)
{
  g_clear_error (&self->last_error);
  self->last_error = error;
}

/* A producer that we cannot play: with a name given there is no other. */
static void
give_up_producer (RwConsumer *self, guint64 generation, const GError *error)
{
  RwProducerEntry *producer = rw_producer_list_choose (self->producers);
  g_autofree char *text = NULL;

  if (self->producer_name || producer == NULL) {
    rw_controller_report_attempt_failed (self->controller, generation,
                                         RW_FAILURE_INCOMPATIBLE, 0);
    return;
  }
  text = g_strdup_printf (
      "Producer %s cannot be played: %s Waiting for another one.", producer->id,
      error->message);
  rw_endpoint_post_warning (self->endpoint, GST_STREAM_ERROR,
                            GST_STREAM_ERROR_FORMAT, text, NULL);
  producer->is_unusable = TRUE;
  rw_controller_report_attempt_failed (self->controller, generation,
                                       RW_FAILURE_NO_PRODUCER, 0);
  if (target (self))
    rw_controller_retry_now (self->controller, RW_RETRY_PRODUCER_ANNOUNCED);
}

static void
on_failed (gpointer data, guint64 generation, const GError *error)
{
  RwConsumer *self = data;

  take_last_error (self, g_error_copy (error));
  if (g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT) ||
      g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL))
    rw_controller_report_attempt_failed (self->controller, generation,
                                         RW_FAILURE_ICE, 0);
  else
    give_up_producer (self, generation, error);
}

static void
on_ended (gpointer data, guint64 generation, const char *error)
{
  RwConsumer *self = data;

  if (error)
    take_last_error (self,
                     g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                                  "The producer ended the session: %s", error));
  rw_controller_report_attempt_failed (self->controller, generation,
                                       RW_FAILURE_REFUSED, 0);
}

static const char *
current_session_id (RwConsumer *self)
{
  RwSession *session =
      self->sessions
          ? rw_session_table_find (
                self->sessions, rw_controller_get_generation (self->controller))
          : NULL;

  return session ? rw_session_get_id (session) : NULL;
}

static void
start_session (RwConsumer *self, guint64 generation, const char *id)
{
  RwReceiveSessionConfig config;

  rw_receive_session_config_init (&config, self->consumer_id, generation);
  config.start = self->start;
  config.stall_us =
      rw_endpoint_get_stall_timeout_ms (self->endpoint) * (gint64) 1000;
  rw_consumer_session_start (&self->host, id, &config, self->latency_ms);
}

/* ---- The controller's wishes ---- */

static void
ask_for_session (RwConsumer *self, guint64 generation)
{
  guint8 stream_id[RW_STREAM_ID_SIZE];
  static const guint8 none[RW_STREAM_ID_SIZE] = {0};
  g_autoptr (RwSessionRequest) request =
      rw_session_request_new (self->consumer_id);

  rw_receiver_get_position (self->receiver, stream_id, &request->next);
  if (memcmp (stream_id, none, sizeof none) != 0)
    request->stream_id = rw_stream_id_to_string (stream_id);
  request->generation = generation;
  request->start = self->start == RW_START_OLDEST ? RW_SESSION_START_OLDEST
                                                  : RW_SESSION_START_LIVE;
  g_hash_table_insert (self->asked, g_memdup2 (&generation, sizeof generation),
                       g_strdup (target (self)));
  rw_signaller_start_session (self->signaller, target (self), NULL, request);
}

/* Why there is no hope of signalling, as a state's reason. */
static RwFailure
signalling_failure (RwConsumer *self)
{
  return self->signalling_error->domain == RW_FAILURE_ERROR
             ? (RwFailure) self->signalling_error->code
             : RW_FAILURE_NO_SIGNALLING;
}

static void
on_attempt (RwController *controller, guint64 generation, gpointer data)
{
  RwConsumer *self = data;

  GST_DEBUG_OBJECT (element_of (self),
                    "attempt %" G_GUINT64_FORMAT ": signalling %s, producer %s",
                    generation, self->signalling_open ? "open" : "closed",
                    GST_STR_NULL (target (self)));
  if (self->signalling_error)
    rw_controller_report_hopeless (controller, signalling_failure (self));
  else if (!self->signalling_open)
    rw_controller_report_attempt_failed (controller, generation,
                                         RW_FAILURE_NO_SIGNALLING, 0);
  else if (target (self) == NULL)
    rw_controller_report_attempt_failed (controller, generation,
                                         RW_FAILURE_NO_PRODUCER, 0);
  else
    ask_for_session (self, generation);
}

static void
on_abandon (RwController *controller, guint64 generation, gpointer data)
{
  RwConsumer *self = data;
  RwSession *session = rw_session_table_find (self->sessions, generation);

  g_hash_table_remove (self->asked, &generation);
  if (session)
    rw_consumer_session_close (session, self->stopping ? RW_BYE_STOPPED
                                                       : RW_BYE_SUPERSEDED);
}

static void
post_progress (RwConsumer *self, const RwStateInfo *info)
{
  gboolean was_lost = info->previous == RW_STATE_SUSPECT ||
                      info->previous == RW_STATE_RECONNECTING;

  switch (info->state) {
  case RW_STATE_SUSPECT:
  case RW_STATE_RECONNECTING:
    if (info->previous == RW_STATE_CONNECTED)
      rw_endpoint_post_progress (self->endpoint, GST_PROGRESS_TYPE_START,
                                 "Reconnecting; audio is kept at the sender");
    break;
  case RW_STATE_CONNECTED:
    if (was_lost)
      rw_endpoint_post_progress (self->endpoint, GST_PROGRESS_TYPE_COMPLETE,
                                 "Connected again");
    break;
  case RW_STATE_FAILED:
    if (was_lost)
      rw_endpoint_post_progress (self->endpoint, GST_PROGRESS_TYPE_ERROR,
                                 "Given up");
    break;
  case RW_STATE_STOPPED:
    if (was_lost)
      rw_endpoint_post_progress (self->endpoint, GST_PROGRESS_TYPE_CANCELED,
                                 "Stopped");
    break;
  default:
    break;
  }
}

static void
post_failure (RwConsumer *self, const RwStateInfo *info)
{
  const char *why = self->last_error ? self->last_error->message : info->reason;
  g_autofree char *text =
      self->signalling_error
          ? g_strdup (self->signalling_error->message)
          : g_strdup_printf ("Given up after %u attempts: %s", info->attempt,
                             why);

  rw_endpoint_post_error (self->endpoint, GST_RESOURCE_ERROR,
                          GST_RESOURCE_ERROR_FAILED, text);
}

static void
on_state_changed (RwController *controller, const RwStateInfo *info,
                  gpointer data)
{
  RwConsumer *self = data;
  RwRetrySettings retry = rw_endpoint_get_retry_settings (self->endpoint);
  RwStateReport report = {
      .is_own = TRUE,
      .state = info->state,
      .reason = info->reason,
      .peer_id = target (self),
      .session_id = current_session_id (self),
      .generation = info->generation,
      .attempt = info->attempt,
      .retries = retry.retries,
      .delay_ns = info->delay_us * 1000,
      .outage_ns = info->outage_us * 1000,
      .backlog_ns = rw_receiver_get_backlog_ns (self->receiver),
  };

  rw_outage_log_note_state (
      self->outages, info->state, rw_endpoint_now_us (self->endpoint),
      info->outage_us, rw_receiver_get_repaired (self->receiver));
  rw_endpoint_announce (self->endpoint, info->state, &report);
  post_progress (self, info);
  if (info->state == RW_STATE_FAILED)
    post_failure (self, info);
}

static void
on_retrying (RwController *controller, const RwStateInfo *info, gpointer data)
{
  RwConsumer *self = data;
  g_autofree char *text =
      g_strdup_printf ("Attempt %u in %.1f s: %s", info->attempt + 1,
                       info->delay_us / (gdouble) G_USEC_PER_SEC, info->reason);

  GST_INFO_OBJECT (element_of (self), "%s", text);
  if (info->state != RW_STATE_CONNECTING)
    rw_endpoint_post_progress (self->endpoint, GST_PROGRESS_TYPE_CONTINUE,
                               text);
}

/* ---- Signalling ---- */

static void
on_session_started (RwSignaller *signaller, const char *peer_id,
                    const char *session_id, guint64 generation, gpointer data)
{
  RwConsumer *self = data;

  g_hash_table_remove (self->asked, &generation);
  /* It was abandoned meanwhile, or is one that a replay has told us before. */
  if (!rw_controller_is_live (self->controller, generation) ||
      rw_session_table_find (self->sessions, generation) != NULL ||
      rw_session_table_has_id (self->sessions, session_id)) {
    rw_signaller_end_session (signaller, session_id, NULL);
    return;
  }
  GST_INFO_OBJECT (element_of (self),
                   "session %s with %s, generation %" G_GUINT64_FORMAT,
                   session_id, peer_id, generation);
  rw_controller_grant (self->controller, generation, OFFER_TIMEOUT_US);
  start_session (self, generation, session_id);
}

static void
on_session_requested (RwSignaller *signaller, const char *peer_id,
                      const char *session_id, const char *offer,
                      const RwSessionRequest *request, gpointer data)
{
  rw_signaller_end_session (signaller, session_id,
                            "this peer only consumes what it asks for");
}

static void
on_session_refused (RwSignaller *signaller, guint64 generation,
                    const char *details, gpointer data)
{
  RwConsumer *self = data;
  const char *asked = g_hash_table_lookup (self->asked, &generation);
  gboolean is_elsewhere = asked && g_strcmp0 (asked, target (self)) != 0;

  GST_INFO_OBJECT (element_of (self),
                   "no session of generation %" G_GUINT64_FORMAT ": %s",
                   generation, details);
  if (asked)
    rw_producer_list_remove (self->producers, asked);
  g_hash_table_remove (self->asked, &generation);
  if (!rw_controller_is_live (self->controller, generation))
    return;
  take_last_error (self,
                   g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                                "The signalling server says: %s", details));
  rw_controller_report_attempt_failed (self->controller, generation,
                                       RW_FAILURE_REFUSED, 0);
  /* It was the former producer, of which this says nothing new. */
  if (is_elsewhere && target (self))
    rw_controller_retry_now (self->controller, RW_RETRY_PRODUCER_ANNOUNCED);
}

static void
on_server_error (RwSignaller *signaller, const char *details, gpointer data)
{
  GST_WARNING_OBJECT (element_of (data), "signalling server: %s", details);
}

static void
on_signaller_opened (RwSignaller *signaller, const char *peer_id, gpointer data)
{
  RwConsumer *self = data;

  self->signalling_open = TRUE;
  rw_controller_retry_now (self->controller, RW_RETRY_SIGNALLING_OPENED);
}

static void
on_signaller_closed (RwSignaller *signaller, GError *error, gboolean will_retry,
                     gint64 delay_us, gpointer data)
{
  RwConsumer *self = data;

  /* The producers are kept: with a server that is still there their ids hold,
   * and one that is not there any more is refused by it. */
  self->signalling_open = FALSE;
}

/* Media outlives signalling: while audio flows there is nothing to give up yet,
 * but no session that could follow this one. */
static void
on_signaller_failed (RwSignaller *signaller, GError *error, gpointer data)
{
  RwConsumer *self = data;
  g_autofree char *text = NULL;

  g_clear_error (&self->signalling_error);
  self->signalling_error = g_error_copy (error);
  if (rw_controller_get_state (self->controller) == RW_STATE_CONNECTED) {
    text = g_strdup_printf ("%s Audio goes on, but cannot come back once it is "
                            "interrupted.",
                            error->message);
    rw_endpoint_post_warning (self->endpoint, GST_RESOURCE_ERROR,
                              GST_RESOURCE_ERROR_FAILED, text, NULL);
  }
  rw_controller_report_hopeless (self->controller, signalling_failure (self));
}

static void
connect_signaller (RwConsumer *self)
{
  static const struct {
    const char *signal;
    GCallback handler;
  } handlers[] = {
      {"opened", G_CALLBACK (on_signaller_opened)},
      {"closed", G_CALLBACK (on_signaller_closed)},
      {"failed", G_CALLBACK (on_signaller_failed)},
      {"server-error", G_CALLBACK (on_server_error)},
      {"peer-status", G_CALLBACK (on_peer_status)},
      {"session-started", G_CALLBACK (on_session_started)},
      {"session-refused", G_CALLBACK (on_session_refused)},
      {"session-requested", G_CALLBACK (on_session_requested)},
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (self->signaller, handlers[i].signal, handlers[i].handler,
                      self);
}

/* ---- Start and stop ---- */

typedef struct {
  RwConsumer *consumer;
  guint64 generation;
} Wake;

static void
wake_free (Wake *wake)
{
  g_object_unref (wake->consumer);
  g_free (wake);
}

static void
wake_on_loop (gpointer data)
{
  Wake *wake = data;
  RwSession *session;

  if (wake->consumer->sessions == NULL)
    return;
  session = rw_session_table_find (wake->consumer->sessions, wake->generation);
  if (session)
    rw_consumer_session_pump (session);
}

static void
on_receiver_wake (guint64 generation, gpointer data)
{
  RwConsumer *self = data;
  Wake *wake = g_new0 (Wake, 1);

  wake->consumer = g_object_ref (self);
  wake->generation = generation;
  rw_loop_invoke (self->loop, wake_on_loop, wake, (GDestroyNotify) wake_free);
}

static void
create_controller (RwConsumer *self)
{
  RwRetrySettings retry = rw_endpoint_get_retry_settings (self->endpoint);

  self->controller = rw_controller_new (rw_endpoint_get_clock (self->endpoint),
                                        rw_loop_get_context (self->loop), NULL);
  /* clang-format off */
  g_object_set (self->controller,
      "retry-delay", retry.retry_delay_ms,
      "retry-factor", retry.retry_factor,
      "retry-delay-max", retry.retry_delay_max_ms,
      "retry-jitter", retry.retry_jitter,
      "retries", retry.retries,
      "attempt-timeout", ATTEMPT_TIMEOUT_MS,
      NULL);
  /* clang-format on */
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

static void
start_on_loop (gpointer data)
{
  RwConsumer *self = data;

  self->sessions = rw_session_table_new (self->endpoint);
  if (self->sessions == NULL)
    return;
  self->signaller = rw_session_table_get_signaller (self->sessions);
  create_controller (self);
  self->host = (RwConsumerSessionHost){
      .endpoint = self->endpoint,
      .receiver = self->receiver,
      .controller = self->controller,
      .sessions = self->sessions,
      .outages = self->outages,
      .failed = on_failed,
      .ended = on_ended,
      .data = self,
  };
  connect_signaller (self);
  g_signal_connect (self->endpoint, "network-changed",
                    G_CALLBACK (on_network_changed), self);
  rw_receiver_set_wake_func (self->receiver, on_receiver_wake, self);
  rw_signaller_set_status (self->signaller, RW_ROLE_LISTENER, NULL, NULL);
  self->quality = rw_quality_watch_new (self->endpoint, self->signaller,
                                        collect_quality, self);
  rw_controller_start (self->controller);
  rw_signaller_start (self->signaller);
}

gboolean
rw_consumer_start (RwConsumer *self)
{
  rw_loop_call (self->loop, start_on_loop, self);
  return self->sessions != NULL;
}

static void
close_all_sessions (RwConsumer *self)
{
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->sessions);

  for (guint i = 0; i < sessions->len; i++)
    rw_consumer_session_close (g_ptr_array_index (sessions, i), RW_BYE_STOPPED);
}

static void
stop_on_loop (gpointer data)
{
  RwConsumer *self = data;

  if (self->sessions == NULL)
    return;
  self->stopping = TRUE;
  rw_controller_stop (self->controller);
  close_all_sessions (self);
  g_clear_pointer (&self->quality, rw_quality_watch_free);
  rw_session_table_close (self->sessions);
  g_signal_handlers_disconnect_by_data (self->signaller, self);
  g_signal_handlers_disconnect_by_data (self->controller, self);
  g_signal_handlers_disconnect_by_data (self->endpoint, self);
  self->signaller = NULL;
  g_clear_pointer (&self->sessions, rw_session_table_free);
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

  if (self->sessions == NULL || self->stopping)
    return;
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
  GstClockTime base_time = gst_element_get_base_time (element_of (self));
  g_autoptr (GPtrArray) sessions = NULL;

  if (self->sessions == NULL)
    return;
  sessions = rw_session_table_list (self->sessions);
  for (guint i = 0; i < sessions->len; i++)
    rw_webrtc_peer_set_base_time (
        rw_session_get_peer (g_ptr_array_index (sessions, i)), base_time);
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

RwConsumer *
rw_consumer_new (RwEndpoint *endpoint, RwReceiver *receiver,
                 const RwConsumerConfig *config)
{
  RwConsumer *self = g_object_new (RW_TYPE_CONSUMER, NULL);

  self->endpoint = g_object_ref (endpoint);
  self->loop = g_object_ref (rw_endpoint_get_loop (endpoint));
  self->receiver = g_object_ref (receiver);
  self->producer_name = g_strdup (config->producer_name);
  self->producers = rw_producer_list_new (config->producer_name);
  self->consumer_id = g_strdup (config->consumer_id);
  self->start = config->start;
  self->latency_ms = config->latency_ms;
  return self;
}
