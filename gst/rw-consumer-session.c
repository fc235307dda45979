/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-consumer-session.h"

/* See the header. A report to the controller may close the session it is
 * about, so each is made only while it is open. */

GST_DEBUG_CATEGORY_STATIC (rw_consumer_session_debug);
#define GST_CAT_DEFAULT rw_consumer_session_debug

/* The sender speaks at least five times a second on the data channel. */
#define CHANNEL_SILENCE_US (1 * G_USEC_PER_SEC)

/* An ordinary peer makes no promise to be heard, but a microphone that sent
 * and is silent for so long has most likely gone. */
#define ORDINARY_SILENCE_US (10 * G_USEC_PER_SEC)
#define ORDINARY_CHECK_US   (G_USEC_PER_SEC / 4)

struct _RwConsumerSession {
  const RwConsumerSessionHost *host;
  guint64 generation;
  RwSession *session; /* owns us */
  RwInlet *inlet;     /* NULL once closing */
  guint64 accepted;
  gint64 channel_us;        /* the last message that was looked at */
  RwLivenessState heard;    /* by anything that came in */
  RwLivenessState liveness; /* as reported to the controller */
  gint64 doubted_us;        /* since when that is not alive, or 0 */
};

/* What the streaming threads of a session hold on to. */
typedef struct {
  RwReceiver *receiver;
  RwInlet *inlet;
} MediaContext;

/* ---- Media in, on the session's streaming threads ---- */

static void
media_context_free (gpointer data)
{
  MediaContext *context = data;

  rw_inlet_unref (context->inlet);
  g_object_unref (context->receiver);
  g_free (context);
}

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

/* ---- What is made of it ---- */

static gboolean
is_open (RwConsumerSession *self)
{
  return self->inlet != NULL;
}

static gint64
now_us (RwConsumerSession *self)
{
  return rw_endpoint_now_us (self->host->endpoint);
}

/* After the end of the stream there is nothing to reconnect for. */
static gboolean
stop_if_finished (RwConsumerSession *self)
{
  if (!rw_receiver_is_finished (self->host->receiver))
    return FALSE;
  rw_controller_stop (self->host->controller);
  return TRUE;
}

static void
report_silence (RwConsumerSession *self, const RwInletStatus *status)
{
  const RwConsumerSessionHost *host = self->host;
  gboolean is_down = status->liveness == RW_LIVENESS_DOWN;

  if (stop_if_finished (self))
    return;
  rw_outage_log_note_silence (host->outages, status->heard_us, now_us (self),
                              is_down);
  if (is_down)
    rw_controller_report_down (host->controller, self->generation);
  else
    rw_controller_report_suspect (host->controller, self->generation);
}

static void
report_liveness (RwConsumerSession *self, const RwInletStatus *status)
{
  if (status->liveness == RW_LIVENESS_ALIVE)
    self->doubted_us = 0;
  else if (self->doubted_us == 0)
    self->doubted_us = now_us (self);
  self->liveness = status->liveness;
  switch (status->liveness) {
  case RW_LIVENESS_SUSPECT:
  case RW_LIVENESS_DOWN:
    report_silence (self, status);
    return;
  case RW_LIVENESS_ALIVE:
    rw_controller_report_alive (self->host->controller, self->generation);
    return;
  default:
    return;
  }
}

/* RTP is heard again before anything else is: the path is well, and whatever
 * waits for a retry may try now. */
static void
note_heard (RwConsumerSession *self, RwLivenessState heard)
{
  const RwConsumerSessionHost *host = self->host;
  gboolean is_back =
      heard == RW_LIVENESS_ALIVE &&
      (self->heard == RW_LIVENESS_SUSPECT || self->heard == RW_LIVENESS_DOWN);

  self->heard = heard;
  if (!is_back)
    return;
  rw_signaller_retry_now (rw_session_table_get_signaller (host->sessions));
  rw_controller_retry_now (host->controller, RW_RETRY_PATH_ALIVE);
}

/* After an outage RTP is back at once, the data channel of an old session
 * seconds later: a session whose channel is silent is not alive, whatever else
 * comes over it, and one that was doubted has to speak to be trusted again. */
static RwLivenessState
judge (RwConsumerSession *self, const RwInletStatus *status)
{
  gint64 silent_us = now_us (self) - status->channel_us;
  gint64 stall_us =
      rw_endpoint_get_stall_timeout_ms (self->host->endpoint) * (gint64) 1000;

  if (status->liveness == RW_LIVENESS_ALIVE && self->doubted_us > 0 &&
      status->channel_us < self->doubted_us)
    return self->liveness;
  if (!status->welcome || status->liveness != RW_LIVENESS_ALIVE ||
      silent_us <= CHANNEL_SILENCE_US)
    return status->liveness;
  return silent_us <= CHANNEL_SILENCE_US + stall_us ? RW_LIVENESS_SUSPECT
                                                    : RW_LIVENESS_DOWN;
}

/* Progress is a frame newly taken or, where there is no audio, a message that
 * leaves nothing to be wished for. */
static void
report_progress (RwConsumerSession *self, const RwInletStatus *status)
{
  const RwConsumerSessionHost *host = self->host;
  gboolean has_frames = status->accepted != self->accepted;
  gboolean has_message = status->channel_us != self->channel_us;

  self->accepted = status->accepted;
  self->channel_us = status->channel_us;
  if (has_frames || (has_message && !rw_receiver_has_holes (host->receiver)))
    rw_controller_report_progress (host->controller, self->generation);
}

static void
report_lost (RwConsumerSession *self, const char *reason)
{
  if (!stop_if_finished (self))
    rw_controller_report_lost (self->host->controller, self->generation,
                               reason);
}

/* What an outage left behind has been made good. */
static void
check_catch_up (RwConsumerSession *self)
{
  const RwConsumerSessionHost *host = self->host;
  RwCatchUp catch_up;

  if (!rw_outage_log_is_catching_up (host->outages) ||
      rw_receiver_has_holes (host->receiver))
    return;
  rw_outage_log_note_caught_up (host->outages, now_us (self),
                                rw_receiver_get_repaired (host->receiver),
                                &catch_up);
  rw_endpoint_post (host->endpoint,
                    rw_bus_message_new_repaired (catch_up.frames,
                                                 catch_up.outage_us * 1000,
                                                 catch_up.catch_up_us * 1000));
}

static void
pump (RwConsumerSession *self)
{
  RwReceiver *receiver = self->host->receiver;
  RwInletStatus status;
  RwReceiveEvents events;
  gint64 deadline_us;

  if (!is_open (self))
    return;
  events = rw_receiver_pump (receiver, self->inlet, &deadline_us);
  rw_session_wake_at (self->session, deadline_us);
  rw_receiver_get_inlet_status (receiver, self->inlet, &status);
  note_heard (self, status.liveness);
  status.liveness = judge (self, &status);
  if (is_open (self) && self->liveness != status.liveness)
    report_liveness (self, &status);
  if (is_open (self) && status.welcome && status.liveness == RW_LIVENESS_ALIVE)
    report_progress (self, &status);
  check_catch_up (self);
  if (is_open (self) && (events & RW_RECEIVE_EVENT_FENCED))
    report_lost (self, "replaced");
  if (is_open (self) && (events & RW_RECEIVE_EVENT_BYE))
    report_lost (self, "goodbye");
}

/* An ordinary peer: no acks, so what comes in is what counts. */
static void
check_ordinary (RwConsumerSession *self)
{
  RwController *controller = self->host->controller;
  gint64 arrival_us =
      rw_webrtc_peer_get_last_arrival (rw_session_get_peer (self->session));

  rw_session_wake_in (self->session, ORDINARY_CHECK_US);
  if (arrival_us == 0)
    return;
  if (g_get_monotonic_time () - arrival_us < ORDINARY_SILENCE_US)
    rw_controller_report_progress (controller, self->generation);
  else
    rw_controller_report_suspect (controller, self->generation);
}

/* ---- What the session has to say ---- */

static void
on_timeout (gpointer data)
{
  RwConsumerSession *self = data;

  if (rw_session_is_resilient (self->session))
    pump (self);
  else
    check_ordinary (self);
}

static void
on_described (gpointer data)
{
  RwConsumerSession *self = data;

  rw_controller_report_advance (self->host->controller, self->generation);
}

static void
on_connected (gpointer data)
{
  RwConsumerSession *self = data;

  rw_controller_report_advance (self->host->controller, self->generation);
  if (is_open (self) && !rw_session_is_resilient (self->session))
    check_ordinary (self);
}

static void
on_channel_open (gpointer data)
{
  RwConsumerSession *self = data;

  if (!rw_session_is_resilient (self->session))
    return;
  rw_receiver_set_peer (self->host->receiver, self->inlet,
                        RW_PEER (rw_session_get_peer (self->session)));
  pump (self);
}

static void
on_channel_message (gpointer data, GBytes *message)
{
  RwConsumerSession *self = data;
  g_autoptr (GError) error = NULL;

  if (!rw_session_is_resilient (self->session))
    return;
  if (!rw_receiver_receive (self->host->receiver, self->inlet, message,
                            &error)) {
    GST_WARNING_OBJECT (rw_endpoint_get_element (self->host->endpoint),
                        "session %s: dropped a message: %s",
                        rw_session_get_id (self->session), error->message);
    return;
  }
  pump (self);
}

static void
on_channel_closed (gpointer data)
{
  RwConsumerSession *self = data;

  if (rw_session_is_resilient (self->session))
    report_lost (self, "peer-closed");
}

static void
on_failed (gpointer data, const GError *error)
{
  RwConsumerSession *self = data;

  GST_INFO_OBJECT (rw_endpoint_get_element (self->host->endpoint),
                   "session %s failed: %s", rw_session_get_id (self->session),
                   error->message);
  self->host->failed (self->host->data, self->generation, error);
}

/* Media outlives signalling: where there is a data channel, that tells. */
static void
on_ended (gpointer data, const char *error)
{
  RwConsumerSession *self = data;
  RwInletStatus status;

  rw_receiver_get_inlet_status (self->host->receiver, self->inlet, &status);
  if (!status.welcome)
    self->host->ended (self->host->data, self->generation, error);
}

static const RwSessionFuncs session_funcs = {
    .timeout = on_timeout,
    .described = on_described,
    .connected = on_connected,
    .channel_open = on_channel_open,
    .channel_message = on_channel_message,
    .channel_closed = on_channel_closed,
    .failed = on_failed,
    .ended = on_ended,
};

/* ---- Public ---- */

/* The same as the consumer's. */
static void
init_debug (void)
{
  static gsize done = 0;

  if (!g_once_init_enter (&done))
    return;
  GST_DEBUG_CATEGORY_INIT (rw_consumer_session_debug, "resilientwebrtcconsumer",
                           0, "resilient WebRTC source's sessions");
  g_once_init_leave (&done, 1);
}

void
rw_consumer_session_start (const RwConsumerSessionHost *host, const char *id,
                           const RwReceiveSessionConfig *config,
                           guint latency_ms)
{
  RwConsumerSession *self = g_new0 (RwConsumerSession, 1);
  MediaContext *context = g_new0 (MediaContext, 1);
  RwWebrtcPeerConfig peer = {
      .role = RW_WEBRTC_PEER_CONSUMER,
      .generation = config->generation,
      .latency_ms = latency_ms,
      .funcs = &media_funcs,
      .user_data = context,
      .destroy = media_context_free,
  };

  init_debug ();
  self->host = host;
  self->generation = config->generation;
  self->inlet = rw_receiver_add_inlet (host->receiver, config);
  context->receiver = g_object_ref (host->receiver);
  context->inlet = rw_inlet_ref (self->inlet);
  self->session = rw_session_table_add (host->sessions, id, &peer,
                                        &session_funcs, self, g_free);
  rw_session_start (self->session, NULL);
}

void
rw_consumer_session_close (RwSession *session, RwByeReason reason)
{
  RwConsumerSession *self = rw_session_get_owner (session);
  RwReceiver *receiver = self->host->receiver;
  RwInlet *inlet = g_steal_pointer (&self->inlet);
  g_autoptr (GBytes) bye = NULL;

  if (inlet == NULL)
    return;
  bye = rw_receiver_close_inlet (receiver, inlet, reason);
  rw_receiver_remove_inlet (receiver, inlet);
  rw_inlet_unref (inlet);
  rw_session_close (session, NULL, bye);
}

void
rw_consumer_session_pump (RwSession *session)
{
  pump (rw_session_get_owner (session));
}
