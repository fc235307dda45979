/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-receive-session.h"

#include "rw-claims.h"
#include "rw-link.h"

#include <string.h>

/* HELLO is repeated with this delay, doubled each time up to the second. */
#define HELLO_MIN_US (100 * 1000)
#define HELLO_MAX_US (500 * 1000)

/* Acks are no closer than this, but while something is missing no farther
 * apart than that. */
#define ACK_SPACING_US (10 * 1000)
#define ACK_MISSING_US (50 * 1000)

/* A sender promises at first to be heard this often. */
#define BEAT_US (50 * 1000)

typedef struct {
  RwFrame frame;
  GBytes *payload;
  RwLane lane;
} Held;

struct _RwReceiveSession {
  RwWindow *window;
  RwReceiveSessionConfig config;
  RwLink link;
  RwReceiveEvents events;
  RwReceiveStats stats;
  gint64 deadline_us;

  gint64 hello_due_us;
  gint64 hello_delay_us;
  GQueue held; /* of Held */

  guint32 serial; /* of the stream in the window, 0 until welcomed */
  RwStatus status;
  guint32 status_seq;

  RwClaims claims;
  gint64 last_ack_us;
  gboolean ack_wanted;
  gboolean told_deaf;
  gboolean told_finished;
};

void
rw_receive_session_config_init (RwReceiveSessionConfig *config,
                                const gchar *consumer_id, guint32 generation)
{
  *config = (RwReceiveSessionConfig){
      .consumer_id = consumer_id,
      .generation = generation,
      .start = RW_START_LIVE,
      .ack_us = 100 * 1000,
      .reorder_us = 20 * 1000,
      .stall_us = RW_LIVENESS_STALL_US,
  };
}

RwReceiveSession *
rw_receive_session_new (RwWindow *window, const RwReceiveSessionConfig *config,
                        gint64 now_us)
{
  RwReceiveSession *session = g_new0 (RwReceiveSession, 1);

  session->window = window;
  session->config = *config;
  session->config.consumer_id = g_strdup (config->consumer_id);
  rw_link_init (&session->link, config->generation, BEAT_US, config->stall_us);
  session->hello_due_us = now_us;
  session->hello_delay_us = HELLO_MIN_US;
  session->deadline_us = now_us;
  g_queue_init (&session->held);
  return session;
}

static void
held_free (gpointer data)
{
  Held *held = data;

  g_bytes_unref (held->payload);
  g_free (held);
}

void
rw_receive_session_free (RwReceiveSession *session)
{
  if (session == NULL)
    return;
  g_queue_clear_full (&session->held, held_free);
  rw_link_clear (&session->link);
  g_free ((gchar *) session->config.consumer_id);
  g_free (session);
}

/* Whether the window still holds this session's stream. Where not, the
 * session must neither feed it nor speak for it. */
static gboolean
is_current (const RwReceiveSession *session)
{
#ifdef RW_MUTATION_NO_FENCING /* for the test of the simulation */
  return session->serial != 0;
#endif
  return session->serial != 0 &&
         session->serial == rw_window_get_serial (session->window);
}

static gboolean
is_missing_any (const RwReceiveSession *session)
{
  return rw_window_get_first_missing (session->window) <
         session->claims.claimed;
}

static void
claim_now (RwReceiveSession *session, guint64 to)
{
  guint64 before = session->claims.claimed;

  rw_claims_add_now (&session->claims, to);
  if (session->claims.claimed > before && is_missing_any (session))
    session->ack_wanted = TRUE;
}

static void
claim_soon (RwReceiveSession *session, guint64 to, gint64 now_us)
{
  rw_claims_add (&session->claims, to,
                 rw_window_get_first_missing (session->window),
                 now_us + session->config.reorder_us);
}

/* Frames in */

static void
hold (RwReceiveSession *session, const RwFrame *frame, GBytes *payload,
      RwLane lane)
{
  Held *held;

  if (session->held.length >= RW_RECEIVE_MAX_HELD)
    held_free (g_queue_pop_head (&session->held));
  held = g_new (Held, 1);
  held->frame = *frame;
  held->payload = payload != NULL ? g_bytes_ref (payload)
                                  : g_bytes_new (frame->data, frame->size);
  held->frame.data = NULL;
  held->lane = lane;
  g_queue_push_tail (&session->held, held);
}

static RwWindowResult
insert (RwReceiveSession *session, const RwFrame *frame, GBytes *payload,
        RwLane lane)
{
  RwWindowResult result =
      rw_window_insert (session->window, session->serial, frame, payload, lane);

  if (result == RW_WINDOW_FENCED)
    session->events |= RW_RECEIVE_EVENT_FENCED;
  if (result != RW_WINDOW_NEW)
    return result;
  session->events |= RW_RECEIVE_EVENT_PROGRESS;
  if (lane == RW_LANE_LIVE)
    session->stats.frames_live++;
  else
    session->stats.frames_repaired++;
  return result;
}

static void
release_held (RwReceiveSession *session, gint64 now_us)
{
  Held *held;

  while ((held = g_queue_pop_head (&session->held)) != NULL) {
    insert (session, &held->frame, held->payload, held->lane);
    if (held->lane == RW_LANE_LIVE)
      claim_soon (session, held->frame.index, now_us);
    held_free (held);
  }
}

static void
note_liveness (RwReceiveSession *session, RwLivenessState before)
{
  if (session->link.liveness.state != before)
    session->events |= RW_RECEIVE_EVENT_LIVENESS;
  if (rw_liveness_is_deaf (&session->link.liveness) != session->told_deaf)
    session->ack_wanted = TRUE;
}

static gint64 get_ack_due (const RwReceiveSession *session);

void
rw_receive_session_note_heard (RwReceiveSession *session, gint64 now_us)
{
  RwLivenessState before = session->link.liveness.state;

  rw_link_heard (&session->link, now_us);
  note_liveness (session, before);
  if (session->ack_wanted && session->serial != 0)
    session->deadline_us = MIN (session->deadline_us, get_ack_due (session));
}

RwWindowResult
rw_receive_session_note_live (RwReceiveSession *session, const RwFrame *frame,
                              GBytes *payload, gint64 now_us)
{
  gboolean was_deaf = rw_liveness_is_deaf (&session->link.liveness);
  RwWindowResult result;

  rw_receive_session_note_heard (session, now_us);
  if (session->serial == 0) {
    hold (session, frame, payload, RW_LANE_LIVE);
    return RW_WINDOW_NEW;
  }
  result = insert (session, frame, payload, RW_LANE_LIVE);
  if (result != RW_WINDOW_NEW)
    return result;
  /* What was sent into the silence that this frame ends was not overtaken. */
  if (was_deaf)
    claim_now (session, frame->index);
  else
    claim_soon (session, frame->index, now_us);
  session->deadline_us =
      MIN (session->deadline_us, rw_claims_get_deadline (&session->claims));
  return result;
}

/* Messages in */

static void
end_stream (RwReceiveSession *session, guint64 final)
{
  if (!session->status.ended)
    session->events |= RW_RECEIVE_EVENT_ENDED;
  session->status.ended = TRUE;
  session->status.head = final;
  rw_window_end (session->window, session->serial, final);
}

static void
take_status (RwReceiveSession *session, const RwMessage *message,
             const RwStatus *status, gint64 now_us)
{
  gboolean ended = session->status.ended;

  if (message->seq <= session->status_seq) /* overtaken: old news */
    return;
  session->status_seq = message->seq;
  rw_liveness_set_peer_deaf (&session->link.liveness, status->deaf, now_us);
  session->status = *status;
  session->status.ended = ended;
  if (!is_current (session))
    return;
  rw_window_set_tail (session->window, session->serial, status->tail);
  if (status->ended)
    end_stream (session, status->head);
  claim_now (session, MIN (status->live_from, status->head));
  claim_soon (session, MIN (status->expect_to, status->head), now_us);
  if (status->n_formats > rw_window_get_n_formats (session->window))
    session->ack_wanted = TRUE;
}

static void
on_welcome (RwReceiveSession *session, const RwMessage *message, gint64 now_us)
{
  const RwWelcome *welcome = &message->welcome;
  guint32 before = rw_window_get_serial (session->window);

  if (session->serial == 0) {
    session->serial =
        rw_window_begin_stream (session->window, welcome->stream_id,
                                session->link.generation, welcome->start);
    if (session->serial == 0) {
      session->events |= RW_RECEIVE_EVENT_FENCED;
      return;
    }
    session->events |= RW_RECEIVE_EVENT_WELCOME;
    if (session->serial != before)
      session->events |= RW_RECEIVE_EVENT_STREAM;
    session->link.liveness.interval_us =
        CLAMP (welcome->beat_ms, 10, 1000) * 1000;
    session->ack_wanted = TRUE;
    release_held (session, now_us);
  }
  take_status (session, message, &welcome->status, now_us);
}

static void
on_format (RwReceiveSession *session, const RwFormat *format)
{
  if (is_current (session) &&
      rw_window_set_format (session->window, session->serial, format->id,
                            format->caps, format->length)) {
    session->ack_wanted = TRUE;
    session->events |= RW_RECEIVE_EVENT_PROGRESS;
  }
}

static void
on_frames (RwReceiveSession *session, const RwFrames *frames)
{
  guint i;

  for (i = 0; i < frames->n_frames; i++) {
    if (session->serial == 0)
      hold (session, &frames->frames[i], NULL, RW_LANE_REPAIR);
    else
      insert (session, &frames->frames[i], NULL, RW_LANE_REPAIR);
  }
  session->ack_wanted = TRUE;
}

/* Nothing more will come: what is missing of an ended stream is lost. */
static void
on_bye (RwReceiveSession *session, const RwBye *bye)
{
  session->events |= RW_RECEIVE_EVENT_BYE;
  if (bye->reason != RW_BYE_ENDED || !is_current (session))
    return;
  end_stream (session, bye->head);
  rw_window_set_tail (session->window, session->serial, bye->head);
  session->events |= RW_RECEIVE_EVENT_PROGRESS;
}

void
rw_receive_session_receive (RwReceiveSession *session, const RwMessage *message,
                            gint64 now_us)
{
  RwLivenessState before = session->link.liveness.state;

  if (!rw_link_receive (&session->link, message, now_us))
    return;
  if (session->serial != 0 && !is_current (session))
    session->events |= RW_RECEIVE_EVENT_FENCED;
  if (message->type == RW_MESSAGE_WELCOME)
    on_welcome (session, message, now_us);
  else if (message->type == RW_MESSAGE_FORMAT)
    on_format (session, &message->format);
  else if (message->type == RW_MESSAGE_FRAMES)
    on_frames (session, &message->frames);
  else if (message->type == RW_MESSAGE_BEAT)
    take_status (session, message, &message->beat.status, now_us);
  else if (message->type == RW_MESSAGE_BYE)
    on_bye (session, &message->bye);
  note_liveness (session, before);
  session->deadline_us = now_us;
}

/* Messages out */

static gboolean
next_hello (RwReceiveSession *session, gint64 now_us, RwMessage *out)
{
  RwHello *hello = &out->hello;

  if (session->serial != 0 || now_us < session->hello_due_us)
    return FALSE;
  session->hello_due_us = now_us + session->hello_delay_us;
  session->hello_delay_us = MIN (2 * session->hello_delay_us, HELLO_MAX_US);
  rw_link_stamp (&session->link, RW_MESSAGE_HELLO, now_us, out);
  g_strlcpy (hello->consumer_id, session->config.consumer_id,
             sizeof hello->consumer_id);
  memcpy (hello->stream_id, rw_window_get_stream_id (session->window),
          RW_STREAM_ID_SIZE);
  hello->start = session->config.start;
  rw_window_get_report (
      session->window, rw_window_get_highest (session->window), &hello->report);
  return TRUE;
}

static gint64
get_ack_due (const RwReceiveSession *session)
{
  gboolean finished = rw_window_is_finished (session->window);
  gint64 delay = session->config.ack_us;

  if (session->link.liveness.state == RW_LIVENESS_DOWN)
    delay = rw_link_get_knock_us (&session->link, session->last_ack_us);
  else if (is_missing_any (session) ||
           rw_liveness_is_deaf (&session->link.liveness))
    delay = MIN (delay, ACK_MISSING_US);
  if (session->ack_wanted || finished != session->told_finished)
    delay = MIN (delay, ACK_SPACING_US);
  return session->last_ack_us + delay;
}

static gboolean
next_ack (RwReceiveSession *session, gint64 now_us, RwMessage *out)
{
  RwAck *ack = &out->ack;

  if (!is_current (session) || now_us < get_ack_due (session))
    return FALSE;
  session->ack_wanted = FALSE;
  session->last_ack_us = now_us;
  rw_link_stamp (&session->link, RW_MESSAGE_ACK, now_us, out);
  rw_window_get_report (session->window, session->claims.claimed, &ack->report);
  ack->lost = rw_window_get_stream_lost (session->window);
  ack->n_formats = rw_window_get_n_formats (session->window);
  ack->deaf = rw_liveness_is_deaf (&session->link.liveness);
  ack->finished = rw_window_is_finished (session->window);
  session->told_deaf = ack->deaf;
  session->told_finished = ack->finished;
  return TRUE;
}

static void
set_deadline (RwReceiveSession *session, gint64 now_us, guint64 buffered)
{
  gint64 due =
      rw_liveness_get_deadline (&session->link.liveness, &session->link.rtt);

  if (session->link.closing) {
    session->deadline_us =
        session->link.byes_left > 0 ? session->link.bye_due_us : G_MAXINT64;
    return;
  }
  due = MIN (due, rw_claims_get_deadline (&session->claims));
  if (buffered > RW_LINK_MAX_BUFFERED)
    due = MIN (due, now_us + RW_LINK_RETRY_US);
  else if (session->serial == 0)
    due = MIN (due, session->hello_due_us);
  else if (is_current (session))
    due = MIN (due, get_ack_due (session));
  session->deadline_us = MAX (due, now_us + 1);
}

static gboolean
next_message (RwReceiveSession *session, gint64 now_us, guint64 buffered,
              RwMessage *out)
{
  if (rw_link_next_bye (&session->link, 0, now_us, out))
    return TRUE;
  if (session->link.closing || buffered > RW_LINK_MAX_BUFFERED)
    return FALSE;
  return next_hello (session, now_us, out) || next_ack (session, now_us, out);
}

gboolean
rw_receive_session_next (RwReceiveSession *session, gint64 now_us,
                         guint64 buffered, RwMessage *out)
{
  RwLivenessState before = session->link.liveness.state;

  rw_liveness_poll (&session->link.liveness, &session->link.rtt, now_us);
  note_liveness (session, before);
  if (rw_claims_ripen (&session->claims, now_us) && is_missing_any (session))
    session->ack_wanted = TRUE;
  if (next_message (session, now_us, buffered, out))
    return TRUE;
  set_deadline (session, now_us, buffered);
  return FALSE;
}

gint64
rw_receive_session_get_deadline (const RwReceiveSession *session)
{
  return session->deadline_us;
}

/* The rest */

void
rw_receive_session_close (RwReceiveSession *session, RwByeReason reason,
                          const gchar *text)
{
  rw_link_close (&session->link, reason, text);
  session->deadline_us = 0;
}

RwReceiveEvents
rw_receive_session_take_events (RwReceiveSession *session)
{
  RwReceiveEvents events = session->events;

  session->events = 0;
  return events;
}

gboolean
rw_receive_session_is_welcome (const RwReceiveSession *session)
{
  return session->serial != 0;
}

RwLivenessState
rw_receive_session_get_liveness (const RwReceiveSession *session)
{
  return session->link.liveness.state;
}

const RwRtt *
rw_receive_session_get_rtt (const RwReceiveSession *session)
{
  return &session->link.rtt;
}

gint64
rw_receive_session_get_heard_us (const RwReceiveSession *session)
{
  return session->link.liveness.heard_us;
}

const RwStatus *
rw_receive_session_get_status (const RwReceiveSession *session)
{
  return &session->status;
}

const RwBye *
rw_receive_session_get_bye (const RwReceiveSession *session)
{
  return session->link.has_bye ? &session->link.bye : NULL;
}

void
rw_receive_session_get_stats (const RwReceiveSession *session,
                              RwReceiveStats *stats)
{
  *stats = session->stats;
  stats->messages_sent = session->link.n_sent;
  stats->messages_received = session->link.n_received;
  stats->messages_fenced = session->link.n_fenced;
}
