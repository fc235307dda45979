/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-receive-endpoint.h"

#include "rw-ack-writer.h"
#include "rw-hello-writer.h"
#include "rw-link.h"

/* Beat interval of a sender before its WELCOME. */
#define BEAT_US (50 * 1000)

struct _RwReceiveEndpoint {
  RwWindow *window;
  RwLink link;
  RwReceiveEvents events;
  gint64 deadline_us;
  RwHelloWriter hello;
  RwAckWriter ack;
  RwFrameIntake intake;
  RwStatus status; /* the sender's last */
  guint32 status_seq;
};

void
rw_receive_endpoint_config_init (RwReceiveEndpointConfig *config,
                                 const gchar *consumer_id, guint32 generation)
{
  *config = (RwReceiveEndpointConfig){
      .consumer_id = consumer_id,
      .generation = generation,
      .start = RW_START_LIVE,
      .ack_us = 100 * 1000,
      .reorder_us = 20 * 1000,
      .stall_us = RW_LIVENESS_STALL_US,
  };
}

RwReceiveEndpoint *
rw_receive_endpoint_new (RwWindow *window,
                         const RwReceiveEndpointConfig *config, gint64 now_us)
{
  RwReceiveEndpoint *endpoint = g_new0 (RwReceiveEndpoint, 1);

  endpoint->window = window;
  rw_link_init (&endpoint->link, config->generation, BEAT_US, config->stall_us);
  endpoint->deadline_us = now_us;
  rw_hello_writer_init (&endpoint->hello, config->consumer_id, config->start,
                        now_us);
  rw_frame_intake_init (&endpoint->intake, window, &endpoint->link.rtt,
                        config->reorder_us, config->live_func,
                        config->live_data);
  rw_ack_writer_init (&endpoint->ack, config->ack_us);
  return endpoint;
}

void
rw_receive_endpoint_free (RwReceiveEndpoint *endpoint)
{
  if (endpoint == NULL)
    return;
  rw_frame_intake_clear (&endpoint->intake);
  rw_hello_writer_clear (&endpoint->hello);
  rw_link_clear (&endpoint->link);
  g_free (endpoint);
}

static gboolean
is_welcome (const RwReceiveEndpoint *endpoint)
{
  return endpoint->intake.serial != 0;
}

static gboolean
is_current (const RwReceiveEndpoint *endpoint)
{
  return rw_frame_intake_is_current (&endpoint->intake);
}

static void
expect_now (RwReceiveEndpoint *endpoint, guint64 to)
{
  if (rw_frame_intake_expect_now (&endpoint->intake, to))
    endpoint->ack.wanted = TRUE;
}

/* Frames in */

static void
note_liveness (RwReceiveEndpoint *endpoint, RwLivenessState before)
{
  if (endpoint->link.liveness.state != before)
    endpoint->events |= RW_RECEIVE_EVENT_LIVENESS;
  rw_ack_writer_note_liveness (&endpoint->ack, &endpoint->link.liveness);
}

static gint64
get_ack_due (const RwReceiveEndpoint *endpoint)
{
  return rw_ack_writer_get_due (&endpoint->ack, &endpoint->link,
                                endpoint->window,
                                endpoint->intake.expected.mark);
}

static gint64
get_ack_deadline (const RwReceiveEndpoint *endpoint)
{
  return rw_ack_writer_get_deadline (&endpoint->ack, &endpoint->link,
                                     endpoint->window,
                                     endpoint->intake.expected.mark);
}

static void
note_arrival (RwReceiveEndpoint *endpoint, gint64 now_us)
{
  RwLivenessState before = endpoint->link.liveness.state;

  rw_link_note_received (&endpoint->link, now_us);
  note_liveness (endpoint, before);
  endpoint->ack.has_arrival = TRUE;
  if (endpoint->ack.wanted && is_welcome (endpoint))
    endpoint->deadline_us = MIN (endpoint->deadline_us, get_ack_due (endpoint));
}

RwWindowResult
rw_receive_endpoint_note_live (RwReceiveEndpoint *endpoint,
                               const RwFrame *frame, GBytes *payload,
                               gint64 now_us)
{
  RwFrameIntake *intake = &endpoint->intake;
  gboolean was_not_receiving =
      rw_liveness_is_not_receiving (&endpoint->link.liveness);
  RwWindowResult result;

  note_arrival (endpoint, now_us);
  result = rw_frame_intake_put (intake, frame, payload, RW_LANE_LIVE, now_us);
  if (result != RW_WINDOW_NEW || !is_welcome (endpoint))
    return result;
  /* Frames sent during the silence that this frame ends were lost, not
   * reordered. */
  if (was_not_receiving)
    expect_now (endpoint, frame->index);
  else
    rw_frame_intake_expect_soon (intake, frame->index, now_us);
  endpoint->deadline_us = MIN (
      endpoint->deadline_us, rw_expected_mark_get_deadline (&intake->expected));
  return result;
}

/* Messages in */

static void
end_stream (RwReceiveEndpoint *endpoint, guint64 final)
{
  if (!endpoint->status.ended)
    endpoint->events |= RW_RECEIVE_EVENT_ENDED;
  endpoint->status.ended = TRUE;
  endpoint->status.head = final;
  rw_window_end (endpoint->window, endpoint->intake.serial, final);
}

static void
take_status (RwReceiveEndpoint *endpoint, const RwMessage *message,
             const RwStatus *status, gint64 now_us)
{
  gboolean ended = endpoint->status.ended;

  if (message->seq <= endpoint->status_seq) /* reordered: an old status */
    return;
  endpoint->status_seq = message->seq;
  rw_liveness_set_peer_not_receiving (&endpoint->link.liveness,
                                      status->not_receiving, now_us);
  endpoint->status = *status;
  endpoint->status.ended = ended;
  if (!is_current (endpoint))
    return;
  rw_window_set_tail (endpoint->window, endpoint->intake.serial, status->tail);
  if (status->ended)
    end_stream (endpoint, status->head);
  expect_now (endpoint, MIN (status->live_from, status->head));
  rw_frame_intake_expect_soon (&endpoint->intake,
                               MIN (status->expect_to, status->head), now_us);
  if (status->n_formats > rw_window_get_n_formats (endpoint->window))
    endpoint->ack.wanted = TRUE;
}

static void
begin_stream (RwReceiveEndpoint *endpoint, const RwWelcome *welcome,
              gint64 now_us)
{
  guint32 before = rw_window_get_serial (endpoint->window);
  guint32 serial =
      rw_window_begin_stream (endpoint->window, welcome->stream_id,
                              endpoint->link.generation, welcome->start);

  if (serial == 0) {
    endpoint->events |= RW_RECEIVE_EVENT_FENCED;
    return;
  }
  endpoint->events |= RW_RECEIVE_EVENT_WELCOME;
  if (serial != before)
    endpoint->events |= RW_RECEIVE_EVENT_STREAM;
  endpoint->link.liveness.interval_us =
      CLAMP (welcome->beat_ms, 10, 1000) * 1000;
  endpoint->ack.wanted = TRUE;
  rw_frame_intake_begin (&endpoint->intake, serial, now_us);
}

static void
on_welcome (RwReceiveEndpoint *endpoint, const RwMessage *message,
            gint64 now_us)
{
  if (!is_welcome (endpoint))
    begin_stream (endpoint, &message->welcome, now_us);
  if (is_welcome (endpoint))
    take_status (endpoint, message, &message->welcome.status, now_us);
}

static void
on_format (RwReceiveEndpoint *endpoint, const RwFormat *format)
{
  if (is_current (endpoint) &&
      rw_window_set_format (endpoint->window, endpoint->intake.serial,
                            format->id, format->caps, format->length)) {
    endpoint->ack.wanted = TRUE;
    endpoint->events |= RW_RECEIVE_EVENT_PROGRESS;
  }
}

static void
on_frames (RwReceiveEndpoint *endpoint, const RwFrames *frames, gint64 now_us)
{
  guint i;

  for (i = 0; i < frames->n_frames; i++)
    rw_frame_intake_put (&endpoint->intake, &frames->frames[i], NULL,
                         RW_LANE_REPAIR, now_us);
  endpoint->ack.wanted = TRUE;
}

/* After BYE ended the missing frames are lost. */
static void
on_bye (RwReceiveEndpoint *endpoint, const RwBye *bye)
{
  endpoint->events |= RW_RECEIVE_EVENT_BYE;
  if (bye->reason != RW_BYE_ENDED || !is_current (endpoint))
    return;
  end_stream (endpoint, bye->head);
  rw_window_set_tail (endpoint->window, endpoint->intake.serial, bye->head);
  endpoint->events |= RW_RECEIVE_EVENT_PROGRESS;
}

void
rw_receive_endpoint_receive (RwReceiveEndpoint *endpoint,
                             const RwMessage *message, gint64 now_us)
{
  RwLivenessState before = endpoint->link.liveness.state;

  if (!rw_link_receive (&endpoint->link, message, now_us))
    return;
  if (is_welcome (endpoint) && !is_current (endpoint))
    endpoint->events |= RW_RECEIVE_EVENT_FENCED;
  if (message->type == RW_MESSAGE_WELCOME)
    on_welcome (endpoint, message, now_us);
  else if (message->type == RW_MESSAGE_FORMAT)
    on_format (endpoint, &message->format);
  else if (message->type == RW_MESSAGE_FRAMES)
    on_frames (endpoint, &message->frames, now_us);
  else if (message->type == RW_MESSAGE_BEAT)
    take_status (endpoint, message, &message->beat.status, now_us);
  else if (message->type == RW_MESSAGE_BYE)
    on_bye (endpoint, &message->bye);
  note_liveness (endpoint, before);
  endpoint->ack.has_arrival = TRUE;
  endpoint->deadline_us = now_us;
}

/* Messages out */

static gboolean
next_ack (RwReceiveEndpoint *endpoint, gint64 now_us, RwMessage *out)
{
  if (!is_current (endpoint) || now_us < get_ack_due (endpoint))
    return FALSE;
  rw_ack_writer_fill (&endpoint->ack, &endpoint->link, endpoint->window,
                      endpoint->intake.expected.mark, now_us, out);
  return TRUE;
}

static void
set_deadline (RwReceiveEndpoint *endpoint, gint64 now_us, guint64 buffered)
{
  gint64 due =
      rw_liveness_get_deadline (&endpoint->link.liveness, &endpoint->link.rtt);

  if (endpoint->link.closing) {
    endpoint->deadline_us =
        endpoint->link.byes_left > 0 ? endpoint->link.bye_due_us : G_MAXINT64;
    return;
  }
  due = MIN (due, rw_expected_mark_get_deadline (&endpoint->intake.expected));
  if (buffered > RW_LINK_MAX_BUFFERED)
    due = MIN (due, now_us + RW_LINK_RETRY_US);
  else if (!is_welcome (endpoint))
    due = MIN (due, endpoint->hello.due_us);
  else if (is_current (endpoint))
    due = MIN (due, get_ack_deadline (endpoint));
  endpoint->deadline_us = MAX (due, now_us + 1);
}

static gboolean
next_message (RwReceiveEndpoint *endpoint, gint64 now_us, guint64 buffered,
              RwMessage *out)
{
  if (rw_link_next_bye (&endpoint->link, 0, now_us, out))
    return TRUE;
  if (endpoint->link.closing || buffered > RW_LINK_MAX_BUFFERED)
    return FALSE;
  if (!is_welcome (endpoint))
    return rw_hello_writer_next (&endpoint->hello, &endpoint->link,
                                 endpoint->window, now_us, out);
  return next_ack (endpoint, now_us, out);
}

gboolean
rw_receive_endpoint_next (RwReceiveEndpoint *endpoint, gint64 now_us,
                          guint64 buffered, RwMessage *out)
{
  RwLivenessState before = endpoint->link.liveness.state;

  rw_liveness_poll (&endpoint->link.liveness, &endpoint->link.rtt, now_us);
  note_liveness (endpoint, before);
  if (rw_frame_intake_poll (&endpoint->intake, now_us))
    endpoint->ack.wanted = TRUE;
  if (next_message (endpoint, now_us, buffered, out))
    return TRUE;
  endpoint->ack.has_arrival = FALSE;
  set_deadline (endpoint, now_us, buffered);
  return FALSE;
}

gint64
rw_receive_endpoint_get_deadline (const RwReceiveEndpoint *endpoint)
{
  return endpoint->deadline_us;
}

/* The rest */

void
rw_receive_endpoint_close (RwReceiveEndpoint *endpoint, RwByeReason reason,
                           const gchar *text)
{
  rw_link_close (&endpoint->link, reason, text);
  endpoint->deadline_us = 0;
}

RwReceiveEvents
rw_receive_endpoint_take_events (RwReceiveEndpoint *endpoint)
{
  RwReceiveEvents events = endpoint->events;

  if (endpoint->intake.has_new)
    events |= RW_RECEIVE_EVENT_PROGRESS;
  if (endpoint->intake.has_fenced)
    events |= RW_RECEIVE_EVENT_FENCED;
  endpoint->intake.has_new = endpoint->intake.has_fenced = FALSE;
  endpoint->events = 0;
  return events;
}

gboolean
rw_receive_endpoint_is_welcome (const RwReceiveEndpoint *endpoint)
{
  return is_welcome (endpoint);
}

const RwLink *
rw_receive_endpoint_get_link (const RwReceiveEndpoint *endpoint)
{
  return &endpoint->link;
}

const RwStatus *
rw_receive_endpoint_get_status (const RwReceiveEndpoint *endpoint)
{
  return &endpoint->status;
}

void
rw_receive_endpoint_get_stats (const RwReceiveEndpoint *endpoint,
                               RwReceiveStats *stats)
{
  *stats = (RwReceiveStats){
      .messages_sent = endpoint->link.n_sent,
      .messages_received = endpoint->link.n_received,
      .messages_fenced = endpoint->link.n_fenced,
      .frames_live = endpoint->intake.n_live,
      .frames_repaired = endpoint->intake.n_repaired,
  };
}
