/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-send-session.h"

#include "rw-link.h"
#include "rw-pacer.h"
#include "rw-repair.h"

#include <string.h>

/* What FRAMES costs on the wire besides payloads; see docs/protocol.md. */
#define FRAMES_OVERHEAD 60u
#define FRAME_OVERHEAD  16u

/* The live lane lags if it is this late in taking what was appended. */
#define LIVE_LAG_US (100 * 1000)

/* A beat that answers a question is not sent more often. */
#define BEAT_SPACING_US (20 * 1000)

struct _RwSendSession {
  RwJournal *journal;
  RwCursorSet *cursors;
  RwSendSessionConfig config;
  RwLink link;
  RwPacer pacer;
  RwCursor *cursor;
  guint life; /* the cursor's, when it was bound */
  RwSendEvents events;
  RwSendStats stats;
  gint64 deadline_us;

  gboolean welcome_due;
  guint64 start;
  guint formats_known; /* by the receiver */
  guint formats_sent;
  gint64 formats_sent_us;

  guint64 live_from;
  guint64 live_head;
  gint64 lag_since_us; /* since when the live lane lags, 0: it does not */
  gint64 last_packet_us;
  gint64 last_beat_us;
  gboolean beat_wanted;
  gboolean told_deaf;
  gboolean told_ended;

  RwRepair repair;
  guint32 report_seq;
  gboolean finished;
};

void
rw_send_session_config_init (RwSendSessionConfig *config)
{
  *config = (RwSendSessionConfig){
      .beat_idle_us = 50 * 1000,
      .beat_max_us = 200 * 1000,
      .ack_us = 100 * 1000,
      .stall_us = RW_LIVENESS_STALL_US,
      .drain_rate = 8.0,
      .max_buffered = 4096,
      .max_outstanding = 128 * 1024,
  };
}

RwSendSession *
rw_send_session_new (RwJournal *journal, RwCursorSet *cursors,
                     const RwSendSessionConfig *config, gint64 now_us)
{
  RwSendSession *session = g_new0 (RwSendSession, 1);

  session->journal = journal;
  session->cursors = cursors;
  session->config = *config;
  rw_link_init (&session->link, config->generation, config->ack_us,
                config->stall_us);
  rw_pacer_init (&session->pacer, config->drain_rate, config->max_outstanding,
                 now_us);
  rw_repair_init (&session->repair);
  session->live_from = RW_INDEX_NONE;
  session->deadline_us = G_MAXINT64;
  return session;
}

/* The cursor */

static gboolean
is_our_stream (const RwSendSession *session, const RwHello *hello)
{
  return memcmp (hello->stream_id, rw_journal_get_stream_id (session->journal),
                 RW_STREAM_ID_SIZE) == 0;
}

static void
bind_cursor (RwSendSession *session, const RwHello *hello, guint64 start,
             gint64 now_us)
{
  session->cursor =
      rw_cursor_set_add (session->cursors, hello->consumer_id, start, now_us);
  session->cursor->sessions++;
  session->cursor->leaving = FALSE;
  /* A new life was told to start where the last one's acks had come to: one
   * that is still on its way must not take away what is to be sent. */
  if (!is_our_stream (session, hello)) {
    session->cursor->life++;
    session->cursor->life_us = now_us;
    session->cursor->lost_before = session->cursor->lost;
  }
  session->life = session->cursor->life;
}

static void
unbind_cursor (RwSendSession *session)
{
  RwCursor *cursor = g_steal_pointer (&session->cursor);

  if (cursor == NULL)
    return;
  cursor->sessions--;
  if (cursor->sessions == 0 && cursor->leaving)
    rw_cursor_set_forget (session->cursors, cursor);
}

void
rw_send_session_free (RwSendSession *session)
{
  if (session == NULL)
    return;
  unbind_cursor (session);
  rw_link_clear (&session->link);
  rw_repair_clear (&session->repair);
  g_free (session);
}

/* Status */

static gboolean
live_lane_lags (const RwSendSession *session, gint64 now_us)
{
  return session->lag_since_us != 0 &&
         now_us - session->lag_since_us > LIVE_LAG_US;
}

static guint64
get_expect_to (const RwSendSession *session, gint64 now_us)
{
  if (session->live_from == RW_INDEX_NONE || live_lane_lags (session, now_us))
    return rw_journal_get_head (session->journal);
  return session->live_head;
}

static void
fill_status (RwSendSession *session, gint64 now_us, RwStatus *status)
{
  *status = (RwStatus){
      .head = rw_journal_get_head (session->journal),
      .tail = rw_journal_get_tail (session->journal),
      .live_from = session->live_from,
      .expect_to = get_expect_to (session, now_us),
      .n_formats = rw_journal_get_n_formats (session->journal),
      .ended = rw_journal_is_ended (session->journal),
      .deaf = rw_liveness_is_deaf (&session->link.liveness),
  };
  session->told_deaf = status->deaf;
  session->told_ended = status->ended;
}

static void
update_lag (RwSendSession *session, gint64 now_us)
{
  if (session->live_from == RW_INDEX_NONE ||
      session->live_head >= rw_journal_get_head (session->journal))
    session->lag_since_us = 0;
  else if (session->lag_since_us == 0)
    session->lag_since_us = now_us;
}

/* Repair */

static void
take_report (RwSendSession *session, const RwReport *report)
{
  RwRange exists = {rw_journal_get_tail (session->journal),
                    rw_journal_get_head (session->journal)};

  if (rw_repair_take_report (&session->repair, report, exists,
                             session->link.echoed_us))
    session->beat_wanted = TRUE;
}

/* Whatever was sent before the newest message that the receiver has heard has
 * arrived or was lost: it is off the path. */
static void
settle (RwSendSession *session, gint64 now_us)
{
  guint32 outstanding = session->repair.outstanding;
  guint32 bytes = rw_repair_settle (&session->repair, session->link.echoed_us);

  if (bytes > 0)
    rw_pacer_settled (&session->pacer, bytes, outstanding, &session->link.rtt,
                      now_us);
}

/* Messages in */

/* Where a consumer begins that this set does not know. One that followed
 * another stream wants all there is of this one. */
static guint64
choose_start (const RwSendSession *session, const RwHello *hello,
              gboolean follows)
{
  guint64 tail = rw_journal_get_tail (session->journal);
  guint64 head = rw_journal_get_head (session->journal);

  if (follows || hello->start == RW_START_OLDEST)
    return tail;
  return session->live_from != RW_INDEX_NONE
             ? CLAMP (session->live_from, tail, head)
             : head;
}

static gboolean
knows_a_stream (const RwHello *hello)
{
  static const guint8 none[RW_STREAM_ID_SIZE];

  return memcmp (hello->stream_id, none, sizeof none) != 0;
}

/* Repair begins with the hello: what the receiver cannot have is known. */
static void
take_first_report (RwSendSession *session, const RwHello *hello)
{
  guint64 head = rw_journal_get_head (session->journal);
  guint64 to = MIN (head, session->live_from);
  RwReport report = {.next = session->start,
                     .known_to = session->start,
                     .room = RW_REPAIR_MAX_SPAN};

  if (is_our_stream (session, hello) && hello->report.next >= session->start)
    report = hello->report;
  report.known_to = MAX (report.known_to, session->start);
  if (report.known_to < to && report.n_ranges < RW_MESSAGE_MAX_RANGES)
    report.ranges[report.n_ranges++] = (RwRange){report.known_to, to};
  take_report (session, &report);
}

static void
on_hello (RwSendSession *session, const RwHello *hello, gint64 now_us)
{
  guint64 head = rw_journal_get_head (session->journal);
  gboolean ours = is_our_stream (session, hello);
  guint64 start;

  session->welcome_due = TRUE;
  if (session->cursor != NULL)
    return;
  start = ours ? MIN (hello->report.next, head)
               : choose_start (session, hello, knows_a_stream (hello));
  bind_cursor (session, hello, start, now_us);
  /* Where the cursor stands, even if that is gone: the receiver then learns
   * of the gap from the tail. */
  session->start =
      ours ? MAX (start, session->cursor->acked) : session->cursor->acked;
  take_first_report (session, hello);
  session->events |= RW_SEND_EVENT_ESTABLISHED;
}

/* Whoever echoes what we sent after the new life began is alive himself: then
 * it was the hello of that life that came late. */
static gboolean
is_of_former_life (RwSendSession *session)
{
  if (session->life == session->cursor->life)
    return FALSE;
  if (session->link.echoed_us < session->cursor->life_us)
    return TRUE;
  session->life = session->cursor->life;
  return FALSE;
}

static void
on_ack (RwSendSession *session, const RwMessage *message, gint64 now_us)
{
  const RwAck *ack = &message->ack;
  guint64 head = rw_journal_get_head (session->journal);

  if (session->cursor == NULL || ack->report.next > head)
    return;
  if (is_of_former_life (session)) {
    session->link.n_fenced++;
    return;
  }
  if (!session->link.has_bye)
    session->cursor->leaving = FALSE;
  session->cursor->lost =
      MAX (session->cursor->lost, session->cursor->lost_before + ack->lost);
  if (rw_cursor_set_ack (session->cursors, session->cursor, ack->report.next,
                         rw_journal_get_tail (session->journal), now_us))
    session->events |= RW_SEND_EVENT_ACKED;
  session->formats_known = MAX (session->formats_known, ack->n_formats);
  if (ack->finished && rw_journal_is_ended (session->journal) &&
      ack->report.next == head && !session->finished) {
    session->finished = TRUE;
    session->events |= RW_SEND_EVENT_FINISHED;
  }
  if (message->seq <= session->report_seq)
    return;
  session->report_seq = message->seq;
  rw_liveness_set_peer_deaf (&session->link.liveness, ack->deaf, now_us);
  take_report (session, &ack->report);
}

static void
on_bye (RwSendSession *session)
{
  session->events |= RW_SEND_EVENT_BYE;
  if (session->cursor != NULL && session->link.bye.reason == RW_BYE_STOPPED)
    session->cursor->leaving = TRUE;
}

static void
note_liveness (RwSendSession *session, RwLivenessState before)
{
  if (session->link.liveness.state != before)
    session->events |= RW_SEND_EVENT_LIVENESS;
  if (rw_liveness_is_deaf (&session->link.liveness) != session->told_deaf)
    session->beat_wanted = TRUE;
}

void
rw_send_session_receive (RwSendSession *session, const RwMessage *message,
                         gint64 now_us)
{
  RwLivenessState before = session->link.liveness.state;

  if (!rw_link_receive (&session->link, message, now_us))
    return;
  if (message->type == RW_MESSAGE_HELLO)
    on_hello (session, &message->hello, now_us);
  else if (message->type == RW_MESSAGE_ACK)
    on_ack (session, message, now_us);
  else if (message->type == RW_MESSAGE_BYE)
    on_bye (session);
  settle (session, now_us);
  note_liveness (session, before);
  session->deadline_us = now_us;
}

/* Messages out */

static gboolean
next_welcome (RwSendSession *session, gint64 now_us, RwMessage *out)
{
  if (!session->welcome_due)
    return FALSE;
  session->welcome_due = FALSE;
  rw_link_stamp (&session->link, RW_MESSAGE_WELCOME, now_us, out);
  memcpy (out->welcome.stream_id, rw_journal_get_stream_id (session->journal),
          RW_STREAM_ID_SIZE);
  out->welcome.start = session->start;
  out->welcome.beat_ms = session->config.beat_idle_us / 1000;
  fill_status (session, now_us, &out->welcome.status);
  session->last_beat_us = now_us;
  return TRUE;
}

static gboolean
next_format (RwSendSession *session, gint64 now_us, RwMessage *out)
{
  guint n = rw_journal_get_n_formats (session->journal);
  gint64 rto = rw_rtt_get_rto_us (&session->link.rtt);
  guint id;

  if (session->formats_sent >= n && session->formats_known < n &&
      now_us - session->formats_sent_us >= rto)
    session->formats_sent = session->formats_known;
  session->formats_sent = MAX (session->formats_sent, session->formats_known);
  if (session->formats_sent >= n)
    return FALSE;
  id = session->formats_sent++;
  session->formats_sent_us = now_us;
  rw_link_stamp (&session->link, RW_MESSAGE_FORMAT, now_us, out);
  out->format.id = id;
  out->format.caps = rw_journal_get_format (session->journal, id);
  out->format.length = strlen (out->format.caps);
  return TRUE;
}

static gint64
get_beat_due (const RwSendSession *session)
{
  gint64 due = MIN (session->last_packet_us + session->config.beat_idle_us,
                    session->last_beat_us + session->config.beat_max_us);
  gboolean urgent =
      session->beat_wanted ||
      rw_journal_is_ended (session->journal) != session->told_ended;

  /* The longer it lasts the less it helps to knock often. */
  if (session->link.liveness.state == RW_LIVENESS_DOWN)
    due = session->last_beat_us +
          rw_link_get_knock_us (&session->link, session->last_beat_us);
  else if (rw_liveness_is_deaf (&session->link.liveness))
    due = MIN (due, session->last_beat_us + session->config.beat_idle_us);
  return urgent ? MIN (due, session->last_beat_us + BEAT_SPACING_US) : due;
}

static gboolean
next_beat (RwSendSession *session, gint64 now_us, RwMessage *out)
{
  if (now_us < get_beat_due (session))
    return FALSE;
  session->beat_wanted = FALSE;
  session->last_beat_us = now_us;
  rw_link_stamp (&session->link, RW_MESSAGE_BEAT, now_us, out);
  fill_status (session, now_us, &out->beat.status);
  return TRUE;
}

static guint64
find_frame (RwSendSession *session, gint64 now_us)
{
  return rw_repair_find (&session->repair,
                         rw_journal_get_tail (session->journal),
                         &session->link.rtt, now_us);
}

/* Fills a message with frames. Returns the audio in it. */
static guint64
fill_frames (RwSendSession *session, gint64 now_us, RwFrames *frames,
             guint32 *bytes)
{
  guint64 audio = 0;
  guint64 index;

  *bytes = FRAMES_OVERHEAD;
  frames->n_frames = 0;
  while (frames->n_frames < RW_MESSAGE_MAX_FRAMES &&
         (index = find_frame (session, now_us)) != RW_INDEX_NONE) {
    RwFrame *frame = &frames->frames[frames->n_frames];

    if (!rw_journal_peek (session->journal, index, frame))
      break;
    if (frames->n_frames > 0 &&
        *bytes + FRAME_OVERHEAD + frame->size > RW_MESSAGE_TARGET_SIZE)
      break;
    *bytes += FRAME_OVERHEAD + frame->size;
    audio += rw_frame_samples_to_ns (frame->duration);
    if (rw_repair_note_frame (&session->repair, index, now_us))
      session->stats.frames_repeated++;
    frames->n_frames++;
  }
  return audio;
}

/* While the path is in doubt only beats probe it. */
static gboolean
may_repair (const RwSendSession *session)
{
  return session->link.liveness.state < RW_LIVENESS_SUSPECT;
}

static gboolean
next_frames (RwSendSession *session, gint64 now_us, guint64 buffered,
             RwMessage *out)
{
  guint32 bytes;
  guint64 audio;

  rw_repair_settle (&session->repair,
                    now_us - rw_rtt_get_rto_us (&session->link.rtt));
  if (!may_repair (session) || buffered > session->config.max_buffered ||
      find_frame (session, now_us) == RW_INDEX_NONE ||
      !rw_pacer_may_send (&session->pacer, session->repair.outstanding, now_us))
    return FALSE;
  audio = fill_frames (session, now_us, &out->frames, &bytes);
  if (out->frames.n_frames == 0)
    return FALSE;
  rw_link_stamp (&session->link, RW_MESSAGE_FRAMES, now_us, out);
  rw_pacer_sent (&session->pacer, audio);
  rw_repair_note_message (&session->repair, bytes, session->link.sent_us);
  session->stats.frames_repaired += out->frames.n_frames;
  session->stats.bytes_repaired += bytes;
  return TRUE;
}

/* When a frame may go next, if there is one to send. */
static gint64
get_frames_due (RwSendSession *session, gint64 now_us, guint64 buffered)
{
  gint64 oldest = rw_repair_get_oldest (&session->repair);
  gint64 rto = rw_rtt_get_rto_us (&session->link.rtt);

  if (!may_repair (session))
    return G_MAXINT64;
  if (find_frame (session, now_us) == RW_INDEX_NONE)
    return rw_repair_get_retry (&session->repair);
  if (buffered > session->config.max_buffered)
    return now_us + RW_LINK_RETRY_US;
  if (!rw_pacer_may_send (&session->pacer, session->repair.outstanding,
                          now_us) &&
      rw_pacer_get_deadline (&session->pacer) <= now_us && oldest != G_MAXINT64)
    return oldest + rto; /* the window is full: wait for an ack */
  return rw_pacer_get_deadline (&session->pacer);
}

static void
set_deadline (RwSendSession *session, gint64 now_us, guint64 buffered)
{
  gint64 due =
      rw_liveness_get_deadline (&session->link.liveness, &session->link.rtt);

  if (session->link.closing) {
    session->deadline_us =
        session->link.byes_left > 0 ? session->link.bye_due_us : G_MAXINT64;
    return;
  }
  if (session->cursor != NULL && buffered > RW_LINK_MAX_BUFFERED) {
    due = MIN (due, now_us + RW_LINK_RETRY_US);
  } else if (session->cursor != NULL) {
    due = MIN (due, get_beat_due (session));
    due = MIN (due, get_frames_due (session, now_us, buffered));
    if (session->formats_known < rw_journal_get_n_formats (session->journal))
      due = MIN (due, session->formats_sent_us +
                          rw_rtt_get_rto_us (&session->link.rtt));
  }
  session->deadline_us = MAX (due, now_us + 1);
}

static gboolean
next_message (RwSendSession *session, gint64 now_us, guint64 buffered,
              RwMessage *out)
{
  if (rw_link_next_bye (&session->link, rw_journal_get_head (session->journal),
                        now_us, out))
    return TRUE;
  if (session->link.closing || session->cursor == NULL ||
      buffered > RW_LINK_MAX_BUFFERED)
    return FALSE;
  return next_welcome (session, now_us, out) ||
         next_format (session, now_us, out) ||
         next_beat (session, now_us, out) ||
         next_frames (session, now_us, buffered, out);
}

gboolean
rw_send_session_next (RwSendSession *session, gint64 now_us, guint64 buffered,
                      RwMessage *out)
{
  RwLivenessState before = session->link.liveness.state;

  rw_liveness_poll (&session->link.liveness, &session->link.rtt, now_us);
  note_liveness (session, before);
  update_lag (session, now_us);
  if (next_message (session, now_us, buffered, out)) {
    session->last_packet_us = now_us;
    return TRUE;
  }
  set_deadline (session, now_us, buffered);
  return FALSE;
}

gint64
rw_send_session_get_deadline (const RwSendSession *session)
{
  return session->deadline_us;
}

/* The rest */

void
rw_send_session_note_live_sent (RwSendSession *session, guint64 index,
                                gint64 now_us)
{
  if (session->live_from == RW_INDEX_NONE)
    session->live_from = index;
  session->live_head = MAX (session->live_head, index + 1);
  session->last_packet_us = now_us;
  session->stats.frames_live++;
#ifdef RW_MUTATION_TRIM_ON_SEND /* for the test of the simulation */
  rw_journal_release (session->journal, index + 1);
#endif
}

void
rw_send_session_note_heard (RwSendSession *session, gint64 now_us)
{
  RwLivenessState before = session->link.liveness.state;

  rw_link_heard (&session->link, now_us);
  note_liveness (session, before);
  if (session->beat_wanted)
    session->deadline_us = MIN (session->deadline_us, get_beat_due (session));
}

void
rw_send_session_close (RwSendSession *session, RwByeReason reason,
                       const gchar *text)
{
  rw_link_close (&session->link, reason, text);
  session->deadline_us = 0;
}

void
rw_send_session_set_drain_rate (RwSendSession *session, gdouble rate,
                                gint64 now_us)
{
  rw_pacer_set_rate (&session->pacer, rate, now_us);
}

RwSendEvents
rw_send_session_take_events (RwSendSession *session)
{
  RwSendEvents events = session->events;

  session->events = 0;
  return events;
}

RwCursor *
rw_send_session_get_cursor (const RwSendSession *session)
{
  return session->cursor;
}

RwLivenessState
rw_send_session_get_liveness (const RwSendSession *session)
{
  return session->link.liveness.state;
}

const RwRtt *
rw_send_session_get_rtt (const RwSendSession *session)
{
  return &session->link.rtt;
}

gint64
rw_send_session_get_heard_us (const RwSendSession *session)
{
  return session->link.liveness.heard_us;
}

const RwBye *
rw_send_session_get_bye (const RwSendSession *session)
{
  return session->link.has_bye ? &session->link.bye : NULL;
}

void
rw_send_session_get_stats (const RwSendSession *session, RwSendStats *stats)
{
  *stats = session->stats;
  stats->messages_sent = session->link.n_sent;
  stats->messages_received = session->link.n_received;
  stats->messages_fenced = session->link.n_fenced;
}
