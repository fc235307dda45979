/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-producer.h"

#include "rw-consumer-sessions.h"
#include "rw-loop-wait.h"
#include "rw-quality-watch.h"
#include "rw-registration.h"

/* See the header. */

GST_DEBUG_CATEGORY_STATIC (rw_producer_debug);
#define GST_CAT_DEFAULT rw_producer_debug

/* Limit of sessions of one peer, against a flood of requests. */
#define MAX_SESSIONS_PER_PEER 8
#define MAX_SESSIONS          2048
#define MAX_CONSUMERS         16384

#define DRAIN_AT_STOP_US (1 * G_USEC_PER_SEC)

struct _RwProducer {
  GObject parent_instance;

  RwEndpoint *endpoint;
  RwLoop *loop; /* its */
  RwTransmitter *transmitter;
  RwTalk *talk;
  char *stream_name;

  /* While started. */
  RwSessionTable *sessions; /* their owners are RwProducerSession */
  RwSignaller *signaller;   /* its */
  RwQualityWatch *quality;
  RwRegistration *registration;
  RwConsumerBook *book;
  RwAdmissionQueue *handshakes;
  GHashTable *n_sessions_of; /* peer id -> open sessions */
  RwAlarm *alarm;            /* for the sessions at rest */
  RwProducerSessionHost host;
  gboolean has_failed; /* signalling, for good */
};

G_DEFINE_FINAL_TYPE (RwProducer, rw_producer, G_TYPE_OBJECT)

static void
rw_producer_finalize (GObject *object)
{
  RwProducer *self = RW_PRODUCER (object);

  g_assert (self->sessions == NULL);
  g_clear_object (&self->transmitter);
  g_clear_object (&self->talk);
  g_clear_object (&self->loop);
  g_clear_object (&self->endpoint);
  g_free (self->stream_name);
  G_OBJECT_CLASS (rw_producer_parent_class)->finalize (object);
}

static void
rw_producer_class_init (RwProducerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = rw_producer_finalize;
  GST_DEBUG_CATEGORY_INIT (rw_producer_debug, "resilientwebrtcproducer", 0,
                           "resilient WebRTC sink's sessions");
}

static void
rw_producer_init (RwProducer *self)
{
}

/* ---- Sessions ---- */

static RwProducerSession *
nth_session (GPtrArray *sessions, guint n)
{
  return rw_session_get_owner (g_ptr_array_index (sessions, n));
}

static guint
count_sessions_of (RwProducer *self, const char *peer_id)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->n_sessions_of, peer_id));
}

static void
set_sessions_of (RwProducer *self, const char *peer_id, guint n)
{
  if (n > 0)
    g_hash_table_insert (self->n_sessions_of, g_strdup (peer_id),
                         GUINT_TO_POINTER (n));
  else
    g_hash_table_remove (self->n_sessions_of, peer_id);
}

static void
on_session_closed (RwProducerSession *session, gpointer data)
{
  RwProducer *self = data;
  const char *peer_id = rw_producer_session_get_peer_id (session);

  set_sessions_of (self, peer_id, count_sessions_of (self, peer_id) - 1);
}

static gboolean
is_full (RwProducer *self, const char *peer_id)
{
  return rw_session_table_get_size (self->sessions) >= MAX_SESSIONS ||
         rw_consumer_book_get_size (self->book) >= MAX_CONSUMERS ||
         count_sessions_of (self, peer_id) >= MAX_SESSIONS_PER_PEER;
}

static void
on_session_requested (RwSignaller *signaller, const char *peer_id,
                      const char *session_id, const char *offer,
                      const RwSessionRequest *request, gpointer data)
{
  RwProducer *self = data;

  rw_registration_on_found (self->registration);
  if (self->host.is_stopping ||
      rw_session_table_has_id (self->sessions, session_id))
    return;
  if (is_full (self, peer_id)) {
    GST_WARNING_OBJECT (self, "refused a session with %s: too many sessions",
                        peer_id);
    rw_signaller_end_session (signaller, session_id, "too many sessions");
    return;
  }
  GST_INFO_OBJECT (self, "session %s for %s (%s)", session_id, peer_id,
                   request ? request->consumer_id : "ordinary peer");
  set_sessions_of (self, peer_id, count_sessions_of (self, peer_id) + 1);
  rw_producer_session_open (&self->host, peer_id, session_id, offer, request);
}

/* ---- Signalling ---- */

static void
on_signaller_opened (RwSignaller *signaller, const char *peer_id, gpointer data)
{
  RwProducer *self = data;

  rw_registration_on_opened (self->registration);
}

static void
on_signaller_failed (RwSignaller *signaller, GError *error, gpointer data)
{
  RwProducer *self = data;
  RwStateReport report = {
      .is_own = TRUE,
      .state = RW_STATE_FAILED,
      .reason = "no signalling",
      .retries = rw_endpoint_get_retry_settings (self->endpoint).retries,
  };

  self->has_failed = TRUE;
  rw_consumer_book_override (self->book, RW_STATE_FAILED);
  rw_endpoint_announce (self->endpoint, RW_STATE_FAILED, &report);
  rw_notifier_post_error (rw_endpoint_get_notifier (self->endpoint),
                          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED,
                          error->message);
}

static void
on_server_error (RwSignaller *signaller, const char *details, gpointer data)
{
  RwProducer *self = data;

  if (!self->host.is_stopping)
    rw_registration_on_refused (self->registration, details);
}

static void
connect_signaller (RwProducer *self)
{
  g_signal_connect (self->signaller, "opened", G_CALLBACK (on_signaller_opened),
                    self);
  g_signal_connect (self->signaller, "failed", G_CALLBACK (on_signaller_failed),
                    self);
  g_signal_connect (self->signaller, "server-error",
                    G_CALLBACK (on_server_error), self);
  g_signal_connect (self->signaller, "session-requested",
                    G_CALLBACK (on_session_requested), self);
}

/* ---- Once a second ---- */

static void
collect_quality (RwQualityWatch *watch, gpointer data)
{
  RwProducer *self = data;
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->sessions);

  rw_consumer_book_forget_vanished (self->book);
  for (guint i = 0; i < sessions->len; i++) {
    RwProducerSession *session = nth_session (sessions, i);
    RwConsumerEntry *consumer = rw_producer_session_get_consumer (session);
    RwQualitySample sample;

    if (consumer == NULL || !rw_consumer_sessions_is_newest (consumer, session))
      continue;
    rw_consumer_sessions_check_rivals (consumer, self->endpoint);
    if (consumer->state == RW_STATE_CONNECTED &&
        rw_producer_session_sample_quality (session, &sample))
      rw_quality_watch_take (watch, consumer->id, &sample);
  }
}

/* ---- Start and stop ---- */

static void
on_alarm (gpointer data)
{
  RwProducer *self = data;
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->sessions);

  rw_transmitter_send_due (self->transmitter);
  for (guint i = 0; i < sessions->len; i++)
    rw_producer_session_look (nth_session (sessions, i));
}

static void
open_sessions (RwProducer *self)
{
  self->alarm = rw_alarm_new (rw_loop_get_context (self->loop), "rw-producer",
                              on_alarm, self);
  rw_transmitter_set_alarm (self->transmitter, self->alarm);
  self->book = rw_consumer_book_new (self->endpoint, self->transmitter);
  self->handshakes = rw_admission_queue_new (
      rw_endpoint_get_clock (self->endpoint), rw_loop_get_context (self->loop),
      &rw_producer_session_admission_funcs);
  self->n_sessions_of =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->host = (RwProducerSessionHost){
      .endpoint = self->endpoint,
      .transmitter = self->transmitter,
      .sessions = self->sessions,
      .book = self->book,
      .handshakes = self->handshakes,
      .closed = on_session_closed,
      .data = self,
  };
}

static void
close_sessions (RwProducer *self)
{
  rw_transmitter_set_alarm (self->transmitter, NULL);
  g_clear_pointer (&self->alarm, rw_alarm_free);
  g_clear_pointer (&self->sessions, rw_session_table_free);
  rw_consumer_book_forget_all (self->book);
  g_clear_pointer (&self->handshakes, rw_admission_queue_free);
  g_clear_pointer (&self->book, rw_consumer_book_free);
  g_clear_pointer (&self->n_sessions_of, g_hash_table_unref);
}

static void
start_on_loop (gpointer data)
{
  RwProducer *self = data;
  RwStateReport report = {.is_own = TRUE,
                          .state = RW_STATE_CONNECTING,
                          .reason = "started",
                          .retries = -1};

  self->sessions = rw_session_table_new (self->endpoint);
  if (self->sessions == NULL)
    return;
  self->signaller = rw_session_table_get_signaller (self->sessions);
  open_sessions (self);
  self->registration =
      rw_registration_new (self->endpoint, self->loop, self->signaller,
                           self->transmitter, self->stream_name);
  connect_signaller (self);
  rw_room_set_priority (rw_endpoint_get_room (self->endpoint),
                        rw_talk_get_priority (self->talk));
  rw_endpoint_join_room (self->endpoint, self->signaller, self->stream_name,
                         rw_talk_get_mode (self->talk) ==
                             RW_FLOOR_MODE_REQUEST);
  rw_talk_open (self->talk);
  rw_endpoint_announce (self->endpoint, RW_STATE_CONNECTING, &report);
  rw_registration_send (self->registration);
  self->quality = rw_quality_watch_new (self->endpoint, self->signaller,
                                        collect_quality, self);
  rw_signaller_start (self->signaller);
}

gboolean
rw_producer_start (RwProducer *self)
{
  rw_transmitter_set_stall_timeout (
      self->transmitter, rw_endpoint_get_stall_timeout_ms (self->endpoint));
  rw_loop_call (self->loop, start_on_loop, self);
  return self->sessions != NULL;
}

static gboolean
is_drained (gpointer data)
{
  return !rw_transmitter_is_draining (RW_PRODUCER (data)->transmitter);
}

static void
end_sessions (RwProducer *self)
{
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->sessions);

  self->host.is_stopping = TRUE;
  rw_consumer_book_override (self->book, RW_STATE_STOPPED);
  for (guint i = 0; i < sessions->len; i++)
    rw_producer_session_end (nth_session (sessions, i));
}

static void
stop_on_loop (gpointer data)
{
  RwProducer *self = data;
  RwStateReport report = {.is_own = TRUE,
                          .state = RW_STATE_STOPPED,
                          .reason = "stopped",
                          .retries = -1};

  if (self->sessions == NULL)
    return;
  rw_transmitter_end (self->transmitter);
  rw_loop_wait (rw_endpoint_get_loop (self->endpoint), is_drained, self,
                DRAIN_AT_STOP_US);
  end_sessions (self);
  g_clear_pointer (&self->quality, rw_quality_watch_free);
  rw_talk_close (self->talk);
  rw_session_table_close (self->sessions);
  g_signal_handlers_disconnect_by_data (self->signaller, self);
  self->signaller = NULL;
  g_clear_pointer (&self->registration, rw_registration_free);
  close_sessions (self);
  rw_endpoint_announce (self->endpoint, RW_STATE_STOPPED, &report);
}

/* No session continues in another stream; the consumers are notified. */
static void
restart_on_loop (gpointer data)
{
  RwProducer *self = data;

  if (self->sessions == NULL || self->host.is_stopping)
    return;
  end_sessions (self);
  rw_consumer_book_forget_all (self->book);
  rw_consumer_book_override (self->book, self->has_failed ? RW_STATE_FAILED
                                                          : RW_STATE_IDLE);
  self->host.is_stopping = FALSE;
  rw_transmitter_start (self->transmitter);
  rw_registration_send (self->registration);
}

void
rw_producer_restart (RwProducer *self)
{
  rw_loop_call (self->loop, restart_on_loop, self);
}

void
rw_producer_stop (RwProducer *self)
{
  rw_loop_call (self->loop, stop_on_loop, self);
}

static void
retry_on_loop (gpointer data)
{
  RwProducer *self = data;

  if (self->signaller && !self->host.is_stopping)
    rw_signaller_retry_now (self->signaller);
}

void
rw_producer_retry_now (RwProducer *self)
{
  rw_loop_invoke (self->loop, retry_on_loop, g_object_ref (self),
                  g_object_unref);
}

RwProducer *
rw_producer_new (RwEndpoint *endpoint, RwTransmitter *transmitter, RwTalk *talk,
                 const char *stream_name)
{
  RwProducer *self = g_object_new (RW_TYPE_PRODUCER, NULL);

  self->endpoint = g_object_ref (endpoint);
  self->loop = g_object_ref (rw_endpoint_get_loop (endpoint));
  self->transmitter = g_object_ref (transmitter);
  self->talk = g_object_ref (talk);
  self->stream_name = g_strdup (stream_name);
  return self;
}
