/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-consumer.h"

#include <string.h>

#include "rw-controller.h"
#include "rw-outage-log.h"
#include "rw-stream-id.h"
#include "rw-timer.h"

/*
 * See the header. The controller names sessions by their generation; a session
 * belongs to the table until its peer has said "closed".
 */

GST_DEBUG_CATEGORY_STATIC (rw_consumer_debug);
#define GST_CAT_DEFAULT rw_consumer_debug

#define CLOSE_AT_STOP_US (2 * G_USEC_PER_SEC)

/* A path that works connects in a tenth of it. An attempt over its time is not
 * torn down but joined by another, so that a slow path still gets its chance.
 */
#define ATTEMPT_TIMEOUT_MS 1000

/* The sender speaks at least five times a second on the data channel. */
#define CHANNEL_SILENCE_US (1 * G_USEC_PER_SEC)

/* An ordinary peer makes no promise to be heard, but a microphone that sent
 * and is silent for so long has most likely gone. */
#define ORDINARY_SILENCE_US (10 * G_USEC_PER_SEC)

typedef struct {
  RwConsumer *consumer;
  guint64 generation;
  char *id;
  RwWebrtcPeer *peer;
  RwInlet *inlet; /* NULL once closing */
  RwTimer *timer; /* NULL once closing */
  guint64 accepted;
  gint64 channel_us;        /* the last message that was looked at */
  RwLivenessState heard;    /* by anything that came in */
  RwLivenessState liveness; /* as reported to the controller */
  gint64 doubted_us;        /* since when that is not alive, or 0 */
} Session;

/* What the streaming threads of a session hold on to. */
typedef struct {
  RwReceiver *receiver;
  RwInlet *inlet;
} MediaContext;

/* A producer that the signalling server told of. */
typedef struct {
  char *id;
  char *name;
  char *stream_id;
  gboolean is_unusable; /* it cannot be played; told once */
} Producer;

struct _RwConsumer {
  GObject parent_instance;

  RwEndpoint *endpoint;
  RwReceiver *receiver;
  char *producer_name;
  char *consumer_id;
  RwStart start;
  guint latency_ms;

  RwSignaller *signaller;
  RwController *controller;
  gboolean signalling_open;
  gboolean signalling_stopped;
  gboolean stopping;
  GPtrArray *producers;     /* Producer, in order of appearance */
  char *target;             /* peer id of the producer */
  GHashTable *sessions;     /* generation -> Session */
  GError *last_error;       /* why the last session came to nothing */
  GError *signalling_error; /* why there will be no more signalling */
  RwOutageLog *outages;
};

G_DEFINE_FINAL_TYPE (RwConsumer, rw_consumer, G_TYPE_OBJECT)

static void session_close (Session *session, RwByeReason reason);
static void session_pump (gpointer data);

static void
producer_free (Producer *producer)
{
  g_free (producer->id);
  g_free (producer->name);
  g_free (producer->stream_id);
  g_free (producer);
}

static void
session_free (Session *session)
{
  g_signal_handlers_disconnect_by_data (session->peer, session);
  g_clear_pointer (&session->timer, rw_timer_free);
  g_clear_object (&session->peer);
  g_free (session->id);
  g_free (session);
}

static void
media_context_free (MediaContext *context)
{
  rw_inlet_unref (context->inlet);
  g_object_unref (context->receiver);
  g_free (context);
}

static void
rw_consumer_finalize (GObject *object)
{
  RwConsumer *self = RW_CONSUMER (object);

  g_hash_table_unref (self->sessions);
  g_ptr_array_unref (self->producers);
  g_clear_object (&self->controller);
  g_clear_object (&self->signaller);
  g_clear_object (&self->receiver);
  g_clear_object (&self->endpoint);
  g_clear_pointer (&self->outages, rw_outage_log_free);
  g_clear_error (&self->last_error);
  g_clear_error (&self->signalling_error);
  g_free (self->producer_name);
  g_free (self->consumer_id);
  g_free (self->target);
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
  self->producers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) producer_free);
  self->sessions = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL,
                                          (GDestroyNotify) session_free);
  self->outages = rw_outage_log_new ();
}

static GstElement *
element_of (RwConsumer *self)
{
  return rw_endpoint_get_element (self->endpoint);
}

/* ---- Finding the producer ---- */

static Producer *
find_producer (RwConsumer *self, const char *id)
{
  for (guint i = 0; i < self->producers->len; i++) {
    Producer *producer = g_ptr_array_index (self->producers, i);

    if (g_str_equal (producer->id, id))
      return producer;
  }
  return NULL;
}

static gboolean
is_wanted (RwConsumer *self, const Producer *producer)
{
  if (producer->is_unusable)
    return FALSE;
  return self->producer_name == NULL ||
         g_strcmp0 (producer->name, self->producer_name) == 0 ||
         g_str_equal (producer->id, self->producer_name);
}

/* The newest of that name wins: an older one is a ghost of the same producer
 * that the server has not noticed yet. Without a name the first one does. */
static Producer *
choose_producer (RwConsumer *self)
{
  for (guint i = 0; i < self->producers->len; i++) {
    guint n = self->producer_name ? self->producers->len - 1 - i : i;
    Producer *producer = g_ptr_array_index (self->producers, n);

    if (is_wanted (self, producer))
      return producer;
  }
  return NULL;
}

static void
update_target (RwConsumer *self)
{
  Producer *producer = choose_producer (self);

  g_free (self->target);
  self->target = producer ? g_strdup (producer->id) : NULL;
}

static void
remove_producer (RwConsumer *self, const char *id)
{
  Producer *producer = find_producer (self, id);

  if (producer)
    g_ptr_array_remove (self->producers, producer);
  update_target (self);
}

/* A producer that comes with another stream has lost its journal: the session
 * with its former self is over, though nobody said so. */
static void
check_for_new_stream (RwConsumer *self, const Producer *producer)
{
  guint8 ours[RW_STREAM_ID_SIZE], theirs[RW_STREAM_ID_SIZE];
  guint64 next;

  rw_receiver_get_position (self->receiver, ours, &next);
  if (producer->stream_id == NULL ||
      !rw_stream_id_parse (producer->stream_id, theirs) ||
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
  Producer *producer;

  remove_producer (self, peer_id);
  if (!(roles & RW_ROLE_PRODUCER))
    return;
  producer = g_new0 (Producer, 1);
  producer->id = g_strdup (peer_id);
  producer->name = g_strdup (name);
  producer->stream_id = g_strdup (stream_id);
  g_ptr_array_add (self->producers, producer);
  update_target (self);
  if (g_strcmp0 (self->target, peer_id) != 0)
    return;
  GST_INFO_OBJECT (element_of (self), "producer %s is \"%s\"", peer_id,
                   GST_STR_NULL (name));
  if (rw_controller_get_state (self->controller) == RW_STATE_CONNECTED)
    check_for_new_stream (self, producer);
  rw_controller_retry_now (self->controller, RW_RETRY_PRODUCER_ANNOUNCED);
}

/* ---- Media in, on the sessions' streaming threads ---- */

static void
on_media_frame (const RwFrame *frame, gint64 arrival_us, gpointer data)
{
  MediaContext *context = data;

  rw_receiver_take_frame (context->receiver, context->inlet, frame, arrival_us);
}

static void
on_media_buffer (GstBuffer *buffer, gpointer data)
{
  MediaContext *context = data;

  rw_receiver_take_buffer (context->receiver, buffer);
}

static void
on_media_gap (GstClockTime pts, GstClockTime duration, gpointer data)
{
  MediaContext *context = data;

  rw_receiver_take_gap (context->receiver, pts, duration);
}

static const RwWebrtcPeerFuncs media_funcs = {
    .frame = on_media_frame,
    .buffer = on_media_buffer,
    .gap = on_media_gap,
};

/* ---- Sessions ---- */

static Session *
lookup_session (RwConsumer *self, guint64 generation)
{
  return g_hash_table_lookup (self->sessions, &generation);
}

static Session *
lookup_open_session (RwConsumer *self, const char *id)
{
  GHashTableIter iter;
  Session *session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &session))
    if (session->inlet && g_str_equal (session->id, id))
      return session;
  return NULL;
}

static const char *
current_session_id (RwConsumer *self)
{
  Session *session =
      lookup_session (self, rw_controller_get_generation (self->controller));

  return session ? session->id : NULL;
}

/* After the end of the stream there is nothing to reconnect for. */
static gboolean
stop_if_finished (RwConsumer *self)
{
  if (!rw_receiver_is_finished (self->receiver))
    return FALSE;
  rw_controller_stop (self->controller);
  return TRUE;
}

static void
session_report_liveness (Session *session, const RwInletStatus *status)
{
  RwConsumer *self = session->consumer;
  gint64 now_us = rw_endpoint_now_us (self->endpoint);

  if (status->liveness == RW_LIVENESS_ALIVE)
    session->doubted_us = 0;
  else if (session->doubted_us == 0)
    session->doubted_us = now_us;
  session->liveness = status->liveness;
  switch (status->liveness) {
  case RW_LIVENESS_SUSPECT:
  case RW_LIVENESS_DOWN:
    if (stop_if_finished (self))
      return;
    rw_outage_log_note_silence (self->outages, status->heard_us, now_us,
                                status->liveness == RW_LIVENESS_DOWN);
    if (status->liveness == RW_LIVENESS_SUSPECT)
      rw_controller_report_suspect (self->controller, session->generation);
    else
      rw_controller_report_down (self->controller, session->generation);
    return;
  case RW_LIVENESS_ALIVE:
    rw_controller_report_alive (self->controller, session->generation);
    return;
  default:
    return;
  }
}

/* RTP is heard again before anything else is: the path is well, and whatever
 * waits for a retry may try now. */
static void
session_note_heard (Session *session, RwLivenessState heard)
{
  RwConsumer *self = session->consumer;
  gboolean is_back =
      heard == RW_LIVENESS_ALIVE && (session->heard == RW_LIVENESS_SUSPECT ||
                                     session->heard == RW_LIVENESS_DOWN);

  session->heard = heard;
  if (!is_back)
    return;
  rw_signaller_retry_now (self->signaller);
  rw_controller_retry_now (self->controller, RW_RETRY_PATH_ALIVE);
}

/* After an outage RTP is back at once, the data channel of an old session
 * seconds later: a session whose channel is silent is not alive, whatever else
 * comes over it, and one that was doubted has to speak to be trusted again. */
static RwLivenessState
session_judge (Session *session, const RwInletStatus *status)
{
  RwEndpoint *endpoint = session->consumer->endpoint;
  gint64 silent_us = rw_endpoint_now_us (endpoint) - status->channel_us;
  gint64 stall_us = rw_endpoint_get_stall_timeout_ms (endpoint) * 1000;

  if (status->liveness == RW_LIVENESS_ALIVE && session->doubted_us > 0 &&
      status->channel_us < session->doubted_us)
    return session->liveness;
  if (!status->welcome || status->liveness != RW_LIVENESS_ALIVE ||
      silent_us <= CHANNEL_SILENCE_US)
    return status->liveness;
  return silent_us <= CHANNEL_SILENCE_US + stall_us ? RW_LIVENESS_SUSPECT
                                                    : RW_LIVENESS_DOWN;
}

/* Progress is a frame newly taken or, where there is no audio, a message that
 * leaves nothing to be wished for. */
static void
session_report_progress (Session *session, const RwInletStatus *status)
{
  RwConsumer *self = session->consumer;
  gboolean has_frames = status->accepted != session->accepted;
  gboolean has_message = status->channel_us != session->channel_us;

  session->accepted = status->accepted;
  session->channel_us = status->channel_us;
  if (has_frames || (has_message && !rw_receiver_has_holes (self->receiver)))
    rw_controller_report_progress (self->controller, session->generation);
}

static void
session_report_lost (Session *session, const char *reason)
{
  RwConsumer *self = session->consumer;

  if (!stop_if_finished (self))
    rw_controller_report_lost (self->controller, session->generation, reason);
}

/* What an outage left behind has been made good. */
static void
check_catch_up (RwConsumer *self)
{
  RwCatchUp catch_up;

  if (!rw_outage_log_is_catching_up (self->outages) ||
      rw_receiver_has_holes (self->receiver))
    return;
  rw_outage_log_note_caught_up (
      self->outages, rw_endpoint_now_us (self->endpoint),
      rw_receiver_get_repaired (self->receiver), &catch_up);
  rw_endpoint_post (self->endpoint,
                    rw_bus_message_new_repaired (catch_up.frames,
                                                 catch_up.outage_us * 1000,
                                                 catch_up.catch_up_us * 1000));
}

static void
session_pump (gpointer data)
{
  Session *session = data;
  RwConsumer *self = session->consumer;
  RwInletStatus status;
  RwReceiveEvents events;
  gint64 deadline_us;

  if (session->inlet == NULL)
    return;
  events = rw_receiver_pump (self->receiver, session->inlet, &deadline_us);
  rw_timer_set_at (session->timer,
                   MIN (deadline_us, rw_endpoint_now_us (self->endpoint) +
                                         10 * G_USEC_PER_SEC));
  rw_receiver_get_inlet_status (self->receiver, session->inlet, &status);
  g_object_ref (self);
  session_note_heard (session, status.liveness);
  status.liveness = session_judge (session, &status);
  if (session->inlet && session->liveness != status.liveness)
    session_report_liveness (session, &status);
  if (session->inlet && status.welcome && status.liveness == RW_LIVENESS_ALIVE)
    session_report_progress (session, &status);
  check_catch_up (self);
  if (session->inlet && (events & RW_RECEIVE_EVENT_FENCED))
    session_report_lost (session, "replaced");
  if (session->inlet && (events & RW_RECEIVE_EVENT_BYE))
    session_report_lost (session, "goodbye");
  g_object_unref (self);
}

/* An ordinary peer: no acks, so what comes in is what counts. */
static void
session_check_ordinary (gpointer data)
{
  Session *session = data;
  RwConsumer *self = session->consumer;
  gint64 arrival_us;

  if (session->inlet == NULL)
    return;
  rw_timer_set_in (session->timer, G_USEC_PER_SEC / 4);
  arrival_us = rw_webrtc_peer_get_last_arrival (session->peer);
  if (arrival_us == 0)
    return;
  if (g_get_monotonic_time () - arrival_us < ORDINARY_SILENCE_US)
    rw_controller_report_progress (self->controller, session->generation);
  else
    rw_controller_report_suspect (self->controller, session->generation);
}

static void
on_session_timer (gpointer data)
{
  Session *session = data;

  if (rw_webrtc_peer_is_resilient (session->peer))
    session_pump (session);
  else
    session_check_ordinary (session);
}

static void
on_peer_local_description (RwPeer *peer, RwSdpType type, const char *sdp,
                           gpointer data)
{
  Session *session = data;

  rw_signaller_send_description (session->consumer->signaller, session->id,
                                 type, sdp);
}

static void
on_peer_local_candidate (RwPeer *peer, guint mline, const char *candidate,
                         gpointer data)
{
  Session *session = data;

  rw_signaller_send_candidate (session->consumer->signaller, session->id, mline,
                               candidate);
}

static void
on_peer_transport_connected (RwPeer *peer, gpointer data)
{
  Session *session = data;

  if (session->inlet == NULL)
    return;
  rw_controller_report_advance (session->consumer->controller,
                                session->generation);
  if (!rw_webrtc_peer_is_resilient (session->peer))
    session_check_ordinary (session);
}

static void
on_peer_channel_open (RwPeer *peer, gpointer data)
{
  Session *session = data;

  if (session->inlet == NULL || !rw_webrtc_peer_is_resilient (session->peer))
    return;
  rw_receiver_set_peer (session->consumer->receiver, session->inlet, peer);
  session_pump (session);
}

static void
on_peer_channel_message (RwPeer *peer, GBytes *message, gpointer data)
{
  Session *session = data;
  g_autoptr (GError) error = NULL;

  if (session->inlet == NULL || !rw_webrtc_peer_is_resilient (session->peer))
    return;
  if (!rw_receiver_receive (session->consumer->receiver, session->inlet,
                            message, &error)) {
    GST_WARNING_OBJECT (element_of (session->consumer),
                        "session %s: dropped a message: %s", session->id,
                        error->message);
    return;
  }
  session_pump (session);
}

static void
on_peer_channel_closed (RwPeer *peer, gpointer data)
{
  Session *session = data;

  if (session->inlet && rw_webrtc_peer_is_resilient (session->peer))
    session_report_lost (session, "peer-closed");
}

/* A producer that we cannot play: with a name given there is no other. */
static void
give_up_producer (RwConsumer *self, guint64 generation, const GError *error)
{
  Producer *producer = self->target ? find_producer (self, self->target) : NULL;
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
  update_target (self);
  rw_controller_report_attempt_failed (self->controller, generation,
                                       RW_FAILURE_NO_PRODUCER, 0);
  if (self->target)
    rw_controller_retry_now (self->controller, RW_RETRY_PRODUCER_ANNOUNCED);
}

static void
on_peer_failed (RwPeer *peer, GError *error, gpointer data)
{
  Session *session = data;
  RwConsumer *self = session->consumer;

  GST_INFO_OBJECT (element_of (self), "session %s failed: %s", session->id,
                   error->message);
  g_clear_error (&self->last_error);
  self->last_error = g_error_copy (error);
  if (session->inlet == NULL)
    return;
  if (g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT) ||
      g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_INTERNAL))
    rw_controller_report_attempt_failed (self->controller, session->generation,
                                         RW_FAILURE_ICE, 0);
  else
    give_up_producer (self, session->generation, error);
}

static void
on_peer_closed (RwPeer *peer, gpointer data)
{
  Session *session = data;

  g_hash_table_remove (session->consumer->sessions, &session->generation);
}

static void
session_connect_peer (Session *session)
{
  static const struct {
    const char *signal;
    GCallback handler;
  } handlers[] = {
      {"local-description", G_CALLBACK (on_peer_local_description)},
      {"local-candidate", G_CALLBACK (on_peer_local_candidate)},
      {"transport-connected", G_CALLBACK (on_peer_transport_connected)},
      {"channel-open", G_CALLBACK (on_peer_channel_open)},
      {"channel-message", G_CALLBACK (on_peer_channel_message)},
      {"channel-closed", G_CALLBACK (on_peer_channel_closed)},
      {"failed", G_CALLBACK (on_peer_failed)},
      {"closed", G_CALLBACK (on_peer_closed)},
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (session->peer, handlers[i].signal, handlers[i].handler,
                      session);
}

static RwInlet *
add_inlet (RwConsumer *self, guint64 generation)
{
  RwReceiveSessionConfig config;

  rw_receive_session_config_init (&config, self->consumer_id, generation);
  config.start = self->start;
  config.stall_us =
      rw_endpoint_get_stall_timeout_ms (self->endpoint) * (gint64) 1000;
  return rw_receiver_add_inlet (self->receiver, &config);
}

static Session *
session_new (RwConsumer *self, guint64 generation, const char *id)
{
  Session *session = g_new0 (Session, 1);
  MediaContext *context = g_new0 (MediaContext, 1);
  RwWebrtcPeerConfig config = {
      .role = RW_WEBRTC_PEER_CONSUMER,
      .generation = generation,
      .latency_ms = self->latency_ms,
      .funcs = &media_funcs,
      .user_data = context,
      .destroy = (GDestroyNotify) media_context_free,
  };

  session->consumer = self;
  session->generation = generation;
  session->id = g_strdup (id);
  session->inlet = add_inlet (self, generation);
  context->receiver = g_object_ref (self->receiver);
  context->inlet = rw_inlet_ref (session->inlet);
  session->peer = rw_endpoint_create_peer (self->endpoint, &config);
  session->timer =
      rw_timer_new (rw_endpoint_get_clock (self->endpoint),
                    rw_loop_get_context (rw_endpoint_get_loop (self->endpoint)),
                    "consumer session", on_session_timer, session);
  session_connect_peer (session);
  g_hash_table_insert (self->sessions, &session->generation, session);
  return session;
}

static void
session_close (Session *session, RwByeReason reason)
{
  RwConsumer *self = session->consumer;
  RwInlet *inlet = session->inlet;
  g_autoptr (GBytes) bye = NULL;

  if (inlet == NULL)
    return;
  GST_INFO_OBJECT (element_of (self),
                   "closing session %s of generation %" G_GUINT64_FORMAT,
                   session->id, session->generation);
  bye = rw_receiver_close_inlet (self->receiver, inlet, reason);
  rw_webrtc_peer_set_farewell (session->peer, bye);
  session->inlet = NULL;
  g_clear_pointer (&session->timer, rw_timer_free);
  rw_receiver_remove_inlet (self->receiver, inlet);
  rw_inlet_unref (inlet);
  rw_signaller_end_session (self->signaller, session->id, NULL);
  rw_peer_close (RW_PEER (session->peer), TRUE);
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
  rw_signaller_start_session (self->signaller, self->target, NULL, request);
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
                    GST_STR_NULL (self->target));
  if (self->signalling_error)
    rw_controller_report_hopeless (controller, signalling_failure (self));
  else if (!self->signalling_open)
    rw_controller_report_attempt_failed (controller, generation,
                                         RW_FAILURE_NO_SIGNALLING, 0);
  else if (self->target == NULL)
    rw_controller_report_attempt_failed (controller, generation,
                                         RW_FAILURE_NO_PRODUCER, 0);
  else
    ask_for_session (self, generation);
}

static void
on_abandon (RwController *controller, guint64 generation, gpointer data)
{
  RwConsumer *self = data;
  Session *session = lookup_session (self, generation);

  if (session)
    session_close (session,
                   self->stopping ? RW_BYE_STOPPED : RW_BYE_SUPERSEDED);
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
      .peer_id = self->target,
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
  Session *session;

  /* It was abandoned meanwhile, or is one that a replay has told us before. */
  if (!rw_controller_is_live (self->controller, generation) ||
      lookup_session (self, generation) != NULL) {
    rw_signaller_end_session (signaller, session_id, NULL);
    return;
  }
  GST_INFO_OBJECT (element_of (self),
                   "session %s with %s, generation %" G_GUINT64_FORMAT,
                   session_id, peer_id, generation);
  session = session_new (self, generation, session_id);
  rw_peer_start (RW_PEER (session->peer));
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
on_description (RwSignaller *signaller, const char *session_id, RwSdpType type,
                const char *sdp, gpointer data)
{
  Session *session = lookup_open_session (data, session_id);

  if (session == NULL)
    return;
  rw_controller_report_advance (session->consumer->controller,
                                session->generation);
  rw_peer_set_remote_description (RW_PEER (session->peer), type, sdp);
}

static void
on_candidate (RwSignaller *signaller, const char *session_id, guint mline,
              const char *candidate, gpointer data)
{
  Session *session = lookup_open_session (data, session_id);

  if (session)
    rw_peer_add_remote_candidate (RW_PEER (session->peer), mline, candidate);
}

/* Media outlives signalling: where there is a data channel, that tells. */
static void
on_session_ended (RwSignaller *signaller, const char *session_id,
                  const char *error, gpointer data)
{
  RwConsumer *self = data;
  Session *session = lookup_open_session (self, session_id);
  RwInletStatus status;

  if (session == NULL)
    return;
  rw_receiver_get_inlet_status (self->receiver, session->inlet, &status);
  if (status.welcome)
    return;
  if (error) {
    g_clear_error (&self->last_error);
    self->last_error =
        g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                     "The producer ended the session: %s", error);
  }
  rw_controller_report_attempt_failed (self->controller, session->generation,
                                       RW_FAILURE_REFUSED, 0);
}

static void
on_session_refused (RwSignaller *signaller, guint64 generation,
                    const char *details, gpointer data)
{
  RwConsumer *self = data;

  GST_INFO_OBJECT (element_of (self),
                   "no session of generation %" G_GUINT64_FORMAT ": %s",
                   generation, details);
  if (!rw_controller_is_live (self->controller, generation))
    return;
  if (self->target)
    remove_producer (self, self->target);
  g_clear_error (&self->last_error);
  self->last_error = g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED,
                                  "The signalling server says: %s", details);
  rw_controller_report_attempt_failed (self->controller, generation,
                                       RW_FAILURE_REFUSED, 0);
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

  GST_INFO_OBJECT (element_of (self), "signalling is up, our id is %s",
                   peer_id);
  self->signalling_open = TRUE;
  rw_endpoint_report_signalling (self->endpoint, NULL, FALSE, 0);
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
  self->signalling_stopped = !will_retry;
  rw_endpoint_report_signalling (self->endpoint, error, will_retry, delay_us);
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
      {"session-ended", G_CALLBACK (on_session_ended)},
      {"description", G_CALLBACK (on_description)},
      {"candidate", G_CALLBACK (on_candidate)},
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
  Session *session = lookup_session (wake->consumer, wake->generation);

  if (session)
    session_pump (session);
}

static void
on_receiver_wake (guint64 generation, gpointer data)
{
  RwConsumer *self = data;
  Wake *wake = g_new0 (Wake, 1);

  wake->consumer = g_object_ref (self);
  wake->generation = generation;
  rw_loop_invoke (rw_endpoint_get_loop (self->endpoint), wake_on_loop, wake,
                  (GDestroyNotify) wake_free);
}

static void
create_controller (RwConsumer *self)
{
  RwRetrySettings retry = rw_endpoint_get_retry_settings (self->endpoint);

  self->controller = rw_controller_new (
      rw_endpoint_get_clock (self->endpoint),
      rw_loop_get_context (rw_endpoint_get_loop (self->endpoint)), NULL);
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
start_on_loop (gpointer data)
{
  RwConsumer *self = data;

  self->signaller = rw_endpoint_create_signaller (self->endpoint);
  if (self->signaller == NULL)
    return;
  create_controller (self);
  connect_signaller (self);
  g_signal_connect (self->endpoint, "network-changed",
                    G_CALLBACK (on_network_changed), self);
  rw_receiver_set_wake_func (self->receiver, on_receiver_wake, self);
  rw_signaller_set_status (self->signaller, RW_ROLE_LISTENER, NULL, NULL);
  rw_controller_start (self->controller);
  rw_signaller_start (self->signaller);
}

gboolean
rw_consumer_start (RwConsumer *self)
{
  rw_loop_call (rw_endpoint_get_loop (self->endpoint), start_on_loop, self);
  return self->signaller != NULL;
}

static gboolean
is_closed (gpointer data)
{
  RwConsumer *self = data;

  return self->signalling_stopped && g_hash_table_size (self->sessions) == 0;
}

static void
close_all_sessions (RwConsumer *self)
{
  g_autoptr (GList) sessions = g_hash_table_get_values (self->sessions);

  for (GList *item = sessions; item; item = item->next)
    session_close (item->data, RW_BYE_STOPPED);
}

static void
stop_on_loop (gpointer data)
{
  RwConsumer *self = data;

  if (self->signaller == NULL)
    return;
  self->stopping = TRUE;
  rw_controller_stop (self->controller);
  close_all_sessions (self);
  rw_signaller_stop (self->signaller);
  rw_endpoint_wait (self->endpoint, is_closed, self, CLOSE_AT_STOP_US);
  g_signal_handlers_disconnect_by_data (self->signaller, self);
  g_signal_handlers_disconnect_by_data (self->controller, self);
  g_signal_handlers_disconnect_by_data (self->endpoint, self);
  rw_endpoint_drop_signaller (self->endpoint);
  g_hash_table_remove_all (self->sessions);
}

void
rw_consumer_stop (RwConsumer *self)
{
  rw_loop_call (rw_endpoint_get_loop (self->endpoint), stop_on_loop, self);
}

static void
retry_on_loop (gpointer data)
{
  RwConsumer *self = data;

  if (self->signaller == NULL || self->stopping)
    return;
  rw_signaller_retry_now (self->signaller);
  rw_controller_retry_now (self->controller, RW_RETRY_REQUESTED);
}

void
rw_consumer_retry_now (RwConsumer *self)
{
  rw_loop_invoke (rw_endpoint_get_loop (self->endpoint), retry_on_loop,
                  g_object_ref (self), g_object_unref);
}

static void
set_base_time_on_loop (gpointer data)
{
  RwConsumer *self = data;
  GstClockTime base_time = gst_element_get_base_time (element_of (self));
  GHashTableIter iter;
  Session *session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &session))
    rw_webrtc_peer_set_base_time (session->peer, base_time);
}

void
rw_consumer_update_base_time (RwConsumer *self)
{
  rw_loop_invoke (rw_endpoint_get_loop (self->endpoint), set_base_time_on_loop,
                  g_object_ref (self), g_object_unref);
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
  self->receiver = g_object_ref (receiver);
  self->producer_name = g_strdup (config->producer_name);
  self->consumer_id = g_strdup (config->consumer_id);
  self->start = config->start;
  self->latency_ms = config->latency_ms;
  return self;
}
