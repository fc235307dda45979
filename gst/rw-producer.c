/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-producer.h"

#include "rw-quality-watch.h"
#include "rw-registration.h"
#include "rw-session-table.h"

/* See the header. A consumer's record outlives its sessions while it may
 * return. */

GST_DEBUG_CATEGORY_STATIC (rw_producer_debug);
#define GST_CAT_DEFAULT rw_producer_debug

/* A session on which the consumer has been silent for so long. */
#define ABANDON_US (60 * G_USEC_PER_SEC)

/* One that has no transport after so long will not get it any more, and would
 * be there for as long as the one who asked for it likes. */
#define OPENING_US (20 * G_USEC_PER_SEC)

/* One that is silent while a newer one of the same consumer works. */
#define SUPERSEDED_US (3 * G_USEC_PER_SEC)

/* Two that go by one id, and are both well for so many seconds on end, are no
 * consumer that has just come back. */
#define CONTESTED_S 5

/* No honest consumer has more at once; a flood of requests is refused. */
#define MAX_SESSIONS_PER_PEER 8
#define MAX_SESSIONS          2048
#define MAX_CONSUMERS         16384

#define DRAIN_AT_STOP_US (1 * G_USEC_PER_SEC)

typedef struct {
  char *id; /* consumer id, or the session id of an ordinary peer */
  RwState state;
  gint64 lost_us; /* when it went suspect */
  guint n_sessions;
  gboolean was_here; /* it has spoken on a session, so it may return */
  guint contested_s;
  guint64 backlog_ns; /* as it was when its last session closed */
} Consumer;

typedef struct {
  RwProducer *producer;
  char *peer_id;
  Consumer *consumer; /* NULL once closing */
  gint64 opened_us;
  gboolean is_connected;
  gboolean is_ours; /* a consumer of our kind has spoken on it */
  RwSession *base;  /* owns us */
  RwOutlet *outlet; /* NULL once closing */
} Session;

struct _RwProducer {
  GObject parent_instance;

  RwEndpoint *endpoint;
  RwLoop *loop; /* its */
  RwTransmitter *transmitter;
  char *stream_name;
  RwSessionTable *sessions;     /* while started; their owners are Session */
  RwSignaller *signaller;       /* its */
  GHashTable *consumers;        /* id -> Consumer */
  RwQualityWatch *quality;      /* while started */
  RwRegistration *registration; /* while started */
  gboolean stopping;
  gboolean has_failed; /* signalling, for good */
};

G_DEFINE_FINAL_TYPE (RwProducer, rw_producer, G_TYPE_OBJECT)

static void session_close (Session *session, const char *error);

static void
consumer_free (Consumer *consumer)
{
  g_free (consumer->id);
  g_free (consumer);
}

static void
session_free (gpointer data)
{
  Session *session = data;

  g_free (session->peer_id);
  g_free (session);
}

static void
rw_producer_finalize (GObject *object)
{
  RwProducer *self = RW_PRODUCER (object);

  g_assert (self->sessions == NULL);
  g_hash_table_unref (self->consumers);
  g_clear_object (&self->transmitter);
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
  self->consumers = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                           (GDestroyNotify) consumer_free);
}

/* The worst of what the consumers are: an operator looks at one light. */
static RwState
overall_state (RwProducer *self)
{
  static const RwState worst_first[] = {
      RW_STATE_RECONNECTING,
      RW_STATE_SUSPECT,
      RW_STATE_CONNECTED,
  };
  GHashTableIter iter;
  Consumer *consumer;

  if (self->stopping)
    return RW_STATE_STOPPED;
  if (self->has_failed)
    return RW_STATE_FAILED;
  for (guint i = 0; i < G_N_ELEMENTS (worst_first); i++) {
    g_hash_table_iter_init (&iter, self->consumers);
    while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &consumer))
      if (consumer->state == worst_first[i])
        return consumer->state;
  }
  return RW_STATE_CONNECTING;
}

static void
note_backlog (RwProducer *self, Consumer *consumer, Session *session)
{
  RwOutletStatus status;

  if (session->outlet == NULL)
    return;
  rw_transmitter_get_outlet_status (self->transmitter, session->outlet,
                                    &status);
  consumer->backlog_ns = status.backlog_ns;
}

/* @session is the one that it is about, or NULL. */
static void
consumer_set_state (RwProducer *self, Consumer *consumer, Session *session,
                    RwState state, const char *reason)
{
  gint64 now_us = rw_endpoint_now_us (self->endpoint);
  RwStateReport report = {
      .state = state,
      .previous = consumer->state,
      .reason = reason,
      .peer_id = consumer->id,
      .session_id = session ? rw_session_get_id (session->base) : NULL,
      .generation = session ? rw_session_get_generation (session->base) : 0,
      .retries = -1,
  };

  if (consumer->state == state)
    return;
  consumer->state = state;
  if (session)
    note_backlog (self, consumer, session);
  report.backlog_ns = consumer->backlog_ns;
  if (consumer->lost_us)
    report.outage_ns = (now_us - consumer->lost_us) * 1000;
  if (state == RW_STATE_CONNECTED)
    consumer->lost_us = 0;
  else if (consumer->lost_us == 0 && report.previous == RW_STATE_CONNECTED)
    consumer->lost_us = now_us;
  rw_endpoint_announce (self->endpoint, overall_state (self), &report);
}

/* The consumer leaves the record: it said so, or it is an ordinary peer, which
 * has nothing to come back to. */
static void
consumer_forget (RwProducer *self, Consumer *consumer)
{
  rw_transmitter_forget (self->transmitter, consumer->id);
  g_hash_table_remove (self->consumers, consumer->id);
}

static Consumer *
consumer_ensure (RwProducer *self, const char *id)
{
  Consumer *consumer = g_hash_table_lookup (self->consumers, id);

  if (consumer)
    return consumer;
  consumer = g_new0 (Consumer, 1);
  consumer->id = g_strdup (id);
  consumer->state = RW_STATE_CONNECTING;
  g_hash_table_insert (self->consumers, consumer->id, consumer);
  return consumer;
}

/* Nobody waits any more for those whose cursors the transmitter has let go. */
static void
forget_vanished (RwProducer *self)
{
  GHashTableIter iter;
  Consumer *consumer;

  g_hash_table_iter_init (&iter, self->consumers);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &consumer)) {
    if (consumer->n_sessions > 0 ||
        rw_transmitter_knows (self->transmitter, consumer->id))
      continue;
    consumer_set_state (self, consumer, NULL, RW_STATE_STOPPED,
                        "did not return");
    rw_transmitter_forget (self->transmitter, consumer->id);
    g_hash_table_iter_remove (&iter);
  }
}

static Session *
nth_session (GPtrArray *sessions, guint n)
{
  return rw_session_get_owner (g_ptr_array_index (sessions, n));
}

/* Whatever the description said: who speaks our language is of our kind. */
static gboolean
is_resilient (Session *session)
{
  return session->is_ours || rw_session_is_resilient (session->base);
}

static gboolean
is_silent_for (Session *session, gint64 limit_us)
{
  RwProducer *self = session->producer;
  RwOutletStatus status;

  rw_transmitter_get_outlet_status (self->transmitter, session->outlet,
                                    &status);
  return rw_endpoint_now_us (self->endpoint) -
             MAX (status.heard_us, session->opened_us) >
         limit_us;
}

/* The other sessions of the consumer that have fallen silent give way. */
static void
close_superseded (RwProducer *self, Session *winner)
{
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->sessions);

  for (guint i = 0; i < sessions->len; i++) {
    Session *other = nth_session (sessions, i);

    if (other->consumer == winner->consumer &&
        rw_session_get_generation (other->base) <
            rw_session_get_generation (winner->base) &&
        is_silent_for (other, SUPERSEDED_US))
      session_close (other, NULL);
  }
}

/* The best of the consumer's sessions is what it is to us. */
static RwState
best_state (RwProducer *self, Consumer *consumer)
{
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->sessions);
  RwState best = RW_STATE_RECONNECTING;

  for (guint i = 0; i < sessions->len; i++) {
    Session *session = nth_session (sessions, i);
    RwOutletStatus status;

    if (session->consumer != consumer)
      continue;
    rw_transmitter_get_outlet_status (self->transmitter, session->outlet,
                                      &status);
    if (status.established && status.liveness == RW_LIVENESS_ALIVE)
      return RW_STATE_CONNECTED;
    if (status.established && status.liveness == RW_LIVENESS_SUSPECT)
      best = RW_STATE_SUSPECT;
  }
  return best;
}

static void
session_update_state (Session *session)
{
  RwProducer *self = session->producer;
  Consumer *consumer = session->consumer;
  RwState state = best_state (self, consumer);

  if (consumer->state == RW_STATE_CONNECTING && state != RW_STATE_CONNECTED)
    return;
  consumer_set_state (self, consumer, session, state,
                      state == RW_STATE_CONNECTED ? "audio acknowledged"
                                                  : "no sign of life");
}

/* None of what it had opened until then will hear from it any more: but for one
 * that came after, from a new life under the same name. */
static void
consumer_leave (RwProducer *self, Session *last)
{
  Consumer *consumer = last->consumer;
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->sessions);
  gboolean is_back = FALSE;

  for (guint i = 0; i < sessions->len; i++) {
    Session *other = nth_session (sessions, i);

    is_back |=
        other->consumer == consumer && other->opened_us > last->opened_us;
  }
  if (is_back)
    return;

  consumer_set_state (self, consumer, last, RW_STATE_STOPPED, "consumer left");
  for (guint i = 0; i < sessions->len; i++) {
    Session *other = nth_session (sessions, i);

    if (other->consumer == consumer && other != last)
      session_close (other, NULL);
  }
}

/* The consumer's BYE: whether it means to come back is in its reason. */
static void
session_on_bye (Session *session)
{
  RwProducer *self = session->producer;
  RwOutletStatus status;

  rw_transmitter_get_outlet_status (self->transmitter, session->outlet,
                                    &status);
  GST_DEBUG_OBJECT (self, "session %s: goodbye, reason %d",
                    rw_session_get_id (session->base), status.bye_reason);
  if (status.bye_reason == RW_BYE_STOPPED)
    consumer_leave (self, session);
  session_close (session, NULL);
}

/* What the consumer calls itself on the data channel is who it is: signalling
 * may not have passed it on, or said something else. */
static void
session_establish (Session *session)
{
  RwProducer *self = session->producer;
  Consumer *former = session->consumer;
  RwOutletStatus status;

  rw_transmitter_get_outlet_status (self->transmitter, session->outlet,
                                    &status);
  session->is_ours = TRUE;
  session->consumer = consumer_ensure (self, status.consumer_id);
  session->consumer->was_here = TRUE;
  session->consumer->n_sessions++;
  if (--former->n_sessions > 0 || former->was_here)
    return;
  if (former->state != RW_STATE_CONNECTING)
    consumer_set_state (self, former, session, RW_STATE_STOPPED,
                        "consumer left");
  consumer_forget (self, former);
}

/* Why the session has no more time, or NULL. */
static const char *
find_overdue (Session *session)
{
  gint64 now_us = rw_endpoint_now_us (session->producer->endpoint);

  if (!session->is_connected && now_us - session->opened_us > OPENING_US)
    return "no transport to the consumer in time";
  if (is_resilient (session) && is_silent_for (session, ABANDON_US))
    return "no sign of life from the consumer";
  return NULL;
}

static void
session_pump (gpointer data)
{
  Session *session = data;
  RwProducer *self = session->producer;
  const char *overdue;
  gint64 deadline_us;
  RwSendEvents events;

  events =
      rw_transmitter_pump (self->transmitter, session->outlet, &deadline_us);
  rw_session_wake_at (session->base, deadline_us);
  if (events & RW_SEND_EVENT_ESTABLISHED)
    session_establish (session);
  if (events & (RW_SEND_EVENT_ESTABLISHED | RW_SEND_EVENT_LIVENESS))
    session_update_state (session);
  if (events & RW_SEND_EVENT_ACKED)
    close_superseded (self, session);
  if (events & RW_SEND_EVENT_BYE)
    session_on_bye (session);
  else if ((overdue = find_overdue (session)) != NULL)
    session_close (session, overdue);
}

static void
on_connected (gpointer data)
{
  Session *session = data;
  RwProducer *self = session->producer;

  session->is_connected = TRUE;
  rw_transmitter_set_live (self->transmitter, session->outlet);
  if (!is_resilient (session))
    consumer_set_state (self, session->consumer, session, RW_STATE_CONNECTED,
                        "transport connected to an ordinary peer");
}

static void
on_channel_message (gpointer data, GBytes *message)
{
  Session *session = data;
  g_autoptr (GError) error = NULL;

  if (!rw_transmitter_receive (session->producer->transmitter, session->outlet,
                               message, &error)) {
    GST_WARNING_OBJECT (session->producer, "session %s: dropped a message: %s",
                        rw_session_get_id (session->base), error->message);
    return;
  }
  session_pump (session);
}

static void
on_channel_closed (gpointer data)
{
  Session *session = data;

  if (is_resilient (session))
    session_close (session, NULL);
}

static void
on_failed (gpointer data, const GError *error)
{
  Session *session = data;
  RwProducer *self = session->producer;

  if (!g_error_matches (error, RW_PEER_ERROR, RW_PEER_ERROR_TRANSPORT)) {
    g_autofree char *text = g_strdup_printf ("Consumer %s cannot be served: %s",
                                             session->peer_id, error->message);

    rw_endpoint_post_warning (self->endpoint, GST_STREAM_ERROR,
                              GST_STREAM_ERROR_FAILED, text, NULL);
  }
  session_close (session, error->message);
}

/* Media outlives signalling: the end of a session that a resilient consumer
 * holds is said on the data channel. */
static void
on_ended (gpointer data, const char *error)
{
  Session *session = data;
  RwOutletStatus status;

  rw_transmitter_get_outlet_status (session->producer->transmitter,
                                    session->outlet, &status);
  if (!status.established)
    session_close (session, NULL);
}

static const RwSessionFuncs session_funcs = {
    .timeout = session_pump,
    .connected = on_connected,
    .channel_open = session_pump,
    .channel_message = on_channel_message,
    .channel_closed = on_channel_closed,
    .failed = on_failed,
    .ended = on_ended,
};

/* See rw_session_close(). */
static void
session_close_with (Session *session, const char *error, GBytes *farewell)
{
  RwProducer *self = session->producer;
  Consumer *consumer = session->consumer;
  gboolean may_return = consumer->was_here || is_resilient (session);
  RwOutlet *outlet;

  if (session->outlet == NULL)
    return;
  note_backlog (self, consumer, session);
  outlet = g_steal_pointer (&session->outlet);
  rw_transmitter_remove_outlet (self->transmitter, outlet);
  rw_session_close (session->base, error, farewell);

  session->consumer = NULL;
  if (--consumer->n_sessions > 0)
    return;
  if (self->stopping)
    consumer_set_state (self, consumer, session, RW_STATE_STOPPED, "stopped");
  else if (!may_return)
    consumer_set_state (self, consumer, session, RW_STATE_STOPPED,
                        "consumer left");
  if (consumer->state == RW_STATE_STOPPED)
    consumer_forget (self, consumer);
  else
    consumer_set_state (self, consumer, session, RW_STATE_RECONNECTING,
                        "waiting for the consumer to return");
}

static void
session_close (Session *session, const char *error)
{
  session_close_with (session, error, NULL);
}

static guint
count_sessions_of (RwProducer *self, const char *peer_id)
{
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->sessions);
  guint n = 0;

  for (guint i = 0; i < sessions->len; i++)
    n += g_str_equal (nth_session (sessions, i)->peer_id, peer_id);
  return n;
}

static Session *
session_new (RwProducer *self, const char *peer_id, const char *session_id,
             const RwSessionRequest *request)
{
  Session *session = g_new0 (Session, 1);
  g_autoptr (GstCaps) caps = rw_transmitter_dup_caps (self->transmitter);
  RwWebrtcPeerConfig config = {
      .role = RW_WEBRTC_PEER_PRODUCER,
      .generation = request ? request->generation : 0,
      .caps = caps,
  };

  session->producer = self;
  session->peer_id = g_strdup (peer_id);
  session->opened_us = rw_endpoint_now_us (self->endpoint);
  session->consumer =
      consumer_ensure (self, request ? request->consumer_id : session_id);
  session->consumer->n_sessions++;
  session->base = rw_session_table_add (self->sessions, session_id, &config,
                                        &session_funcs, session, session_free);
  session->outlet = rw_transmitter_add_outlet (
      self->transmitter, rw_session_get_peer (session->base), request);
  rw_session_wake_in (session->base, OPENING_US + 1);
  return session;
}

static void
on_session_requested (RwSignaller *signaller, const char *peer_id,
                      const char *session_id, const char *offer,
                      const RwSessionRequest *request, gpointer data)
{
  RwProducer *self = data;
  Session *session;

  rw_registration_on_found (self->registration);
  if (self->stopping || rw_session_table_has_id (self->sessions, session_id))
    return;
  if (rw_session_table_get_size (self->sessions) >= MAX_SESSIONS ||
      g_hash_table_size (self->consumers) >= MAX_CONSUMERS ||
      count_sessions_of (self, peer_id) >= MAX_SESSIONS_PER_PEER) {
    GST_WARNING_OBJECT (self, "refused a session to %s: too many", peer_id);
    rw_signaller_end_session (signaller, session_id, "too many sessions");
    return;
  }
  GST_INFO_OBJECT (self, "session %s for %s (%s)", session_id, peer_id,
                   request ? request->consumer_id : "ordinary peer");
  session = session_new (self, peer_id, session_id, request);
  rw_session_start (session->base, offer);
}

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
  rw_endpoint_announce (self->endpoint, RW_STATE_FAILED, &report);
  rw_endpoint_post_error (self->endpoint, GST_RESOURCE_ERROR,
                          GST_RESOURCE_ERROR_FAILED, error->message);
}

static void
on_server_error (RwSignaller *signaller, const char *details, gpointer data)
{
  RwProducer *self = data;

  if (!self->stopping)
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

/* Of two that overlap the newer one counts. */
static gboolean
is_newest (GPtrArray *sessions, const Session *session)
{
  for (guint i = 0; i < sessions->len; i++) {
    const Session *other = nth_session (sessions, i);

    if (other != session && other->consumer == session->consumer &&
        other->opened_us > session->opened_us)
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_alive (Session *session)
{
  RwOutletStatus status;

  if (session->outlet == NULL)
    return FALSE;
  rw_transmitter_get_outlet_status (session->producer->transmitter,
                                    session->outlet, &status);
  return status.established && status.liveness == RW_LIVENESS_ALIVE;
}

static Session *
find_rival (GPtrArray *sessions, const Session *session)
{
  for (guint i = 0; i < sessions->len; i++) {
    Session *other = nth_session (sessions, i);

    if (other->consumer == session->consumer &&
        !g_str_equal (other->peer_id, session->peer_id) && is_alive (other))
      return other;
  }
  return NULL;
}

/* What the one acknowledges is gone for the other. */
static void
check_rivals (RwProducer *self, GPtrArray *sessions)
{
  for (guint i = 0; i < sessions->len; i++) {
    Session *session = nth_session (sessions, i);
    Consumer *consumer = session->consumer;
    g_autofree char *text = NULL;

    if (consumer == NULL || consumer->n_sessions < 2 ||
        !is_newest (sessions, session))
      continue;
    if (!is_alive (session) || find_rival (sessions, session) == NULL)
      consumer->contested_s = 0;
    else if (++consumer->contested_s == CONTESTED_S) {
      text = g_strdup_printf ("Two receivers go by the consumer-id \"%s\", so "
                              "neither of them is given all that it lacks. "
                              "Give each an id of its own",
                              consumer->id);
      rw_endpoint_post_warning (self->endpoint, GST_RESOURCE_ERROR,
                                GST_RESOURCE_ERROR_BUSY, text, NULL);
    }
  }
}

static void
collect_quality (RwQualityWatch *watch, gpointer data)
{
  RwProducer *self = data;
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->sessions);

  forget_vanished (self);
  check_rivals (self, sessions);
  for (guint i = 0; i < sessions->len; i++) {
    Session *session = nth_session (sessions, i);
    RwQualitySample sample;

    if (session->outlet && session->consumer &&
        session->consumer->state == RW_STATE_CONNECTED &&
        is_newest (sessions, session) &&
        rw_transmitter_sample_quality (self->transmitter, session->outlet,
                                       &sample))
      rw_quality_watch_take (watch, session->consumer->id, &sample);
  }
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
  self->registration =
      rw_registration_new (self->endpoint, self->loop, self->signaller,
                           self->transmitter, self->stream_name);
  connect_signaller (self);
  rw_endpoint_announce (self->endpoint, RW_STATE_CONNECTING, &report);
  rw_registration_say (self->registration);
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
say_goodbye (RwProducer *self)
{
  g_autoptr (GPtrArray) sessions = rw_session_table_list (self->sessions);

  for (guint i = 0; i < sessions->len; i++) {
    Session *session = nth_session (sessions, i);

    g_autoptr (GBytes) bye = NULL;

    if (session->outlet == NULL)
      continue;
    bye = rw_transmitter_close_outlet (self->transmitter, session->outlet,
                                       RW_BYE_ENDED);
    session_close_with (session, NULL, is_resilient (session) ? bye : NULL);
  }
}

/* Those that were waited for are told of as well. */
static void
forget_all_consumers (RwProducer *self)
{
  GHashTableIter iter;
  Consumer *consumer;

  g_hash_table_iter_init (&iter, self->consumers);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &consumer)) {
    consumer_set_state (self, consumer, NULL, RW_STATE_STOPPED, "stopped");
    g_hash_table_iter_remove (&iter);
  }
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
  rw_endpoint_wait (self->endpoint, is_drained, self, DRAIN_AT_STOP_US);
  self->stopping = TRUE;
  say_goodbye (self);
  g_clear_pointer (&self->quality, rw_quality_watch_free);
  rw_session_table_close (self->sessions);
  g_signal_handlers_disconnect_by_data (self->signaller, self);
  self->signaller = NULL;
  g_clear_pointer (&self->registration, rw_registration_free);
  g_clear_pointer (&self->sessions, rw_session_table_free);
  forget_all_consumers (self);
  rw_endpoint_announce (self->endpoint, RW_STATE_STOPPED, &report);
}

/* Nobody lives on into another stream; those who wait for it hear of it. */
static void
restart_on_loop (gpointer data)
{
  RwProducer *self = data;

  if (self->sessions == NULL || self->stopping)
    return;
  self->stopping = TRUE;
  say_goodbye (self);
  forget_all_consumers (self);
  self->stopping = FALSE;
  rw_transmitter_start (self->transmitter);
  rw_registration_say (self->registration);
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

  if (self->signaller && !self->stopping)
    rw_signaller_retry_now (self->signaller);
}

void
rw_producer_retry_now (RwProducer *self)
{
  rw_loop_invoke (self->loop, retry_on_loop, g_object_ref (self),
                  g_object_unref);
}

RwProducer *
rw_producer_new (RwEndpoint *endpoint, RwTransmitter *transmitter,
                 const char *stream_name)
{
  RwProducer *self = g_object_new (RW_TYPE_PRODUCER, NULL);

  self->endpoint = g_object_ref (endpoint);
  self->loop = g_object_ref (rw_endpoint_get_loop (endpoint));
  self->transmitter = g_object_ref (transmitter);
  self->stream_name = g_strdup (stream_name);
  return self;
}
