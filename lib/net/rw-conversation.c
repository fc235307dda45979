/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-conversation.h"

#include "rw-outbox.h"
#include "rw-timer.h"

/* As the protocol has it: docs/signalling.md. */
#define OUTBOX_MAX   100
#define KEPT_MAX     100
#define ACK_EVERY    16
#define ACK_DELAY_US (200 * G_GINT64_CONSTANT (1000))

struct _RwConversation {
  RwClock *clock;
  RwTimer *ack_timer;
  RwWsLine *line;    /* the one in use, or NULL */
  gboolean numbered; /* its server keeps our seat */
  RwOutbox *outbox;  /* never said */
  RwReplay *replay;  /* said, and not acknowledged */
  GArray *requests;  /* generations of sessions asked for, not answered */
  RwConversationCounts counts;
};

static gboolean
rw_conversation_is_open (RwConversation *self)
{
  return self->line != NULL && rw_ws_line_is_open (self->line);
}

static void
rw_conversation_write (RwConversation *self, RwWsLine *line,
                       const RwSignalMessage *message)
{
  g_autofree char *json = rw_signal_message_to_json (message);

  g_debug ("-> %s", rw_signal_type_to_string (message->type));
  if (rw_ws_line_send (line, json))
    self->counts.sent++;
}

/* With the news of what we have received. */
static void
rw_conversation_write_on_seat (RwConversation *self, RwSignalMessage *message)
{
  message->has_ack = self->numbered;
  message->ack = rw_replay_get_received (self->replay);
  rw_replay_note_acknowledged (self->replay);
  rw_timer_stop (self->ack_timer);
  rw_conversation_write (self, self->line, message);
}

static void
rw_conversation_acknowledge (RwConversation *self)
{
  g_autoptr (RwSignalMessage) message = rw_signal_message_new (RW_SIGNAL_ACK);

  if (rw_conversation_is_open (self) && self->numbered)
    rw_conversation_write_on_seat (self, message);
}

static void
on_ack_due (gpointer data)
{
  rw_conversation_acknowledge (data);
}

static void
rw_conversation_note_request (RwConversation *self,
                              const RwSignalMessage *message)
{
  guint64 generation =
      message->request != NULL ? message->request->generation : 0;

  /* A server that never answers is not worth the memory. */
  if (self->requests->len >= KEPT_MAX)
    g_array_remove_index (self->requests, 0);
  g_array_append_val (self->requests, generation);
}

/* On a server without seats a room's messages make no sense. */
static gboolean
is_for_seats (const RwSignalMessage *message)
{
  return message->room_id != NULL;
}

/* Takes @message. */
static void
rw_conversation_write_new (RwConversation *self, RwSignalMessage *message)
{
  if (!self->numbered && is_for_seats (message)) {
    self->counts.stale++;
    rw_signal_message_free (message);
    return;
  }
  if (message->type == RW_SIGNAL_START_SESSION)
    rw_conversation_note_request (self, message);
  if (self->numbered) {
    message->seq = rw_replay_send (self->replay, message);
    rw_conversation_write_on_seat (self, message);
  } else {
    rw_conversation_write (self, self->line, message);
    rw_signal_message_free (message);
  }
}

static gboolean
rw_conversation_can_write (RwConversation *self)
{
  return rw_conversation_is_open (self) &&
         !(self->numbered && rw_replay_is_full (self->replay));
}

/* What is not meant any more gives its number to a message that says nothing:
 * a number may not be missing. If the server had it after all, that is one that
 * it has had already. */
static void
rw_conversation_drop_stale (RwConversation *self, RwSignalMessage *message)
{
  if (message->type != RW_SIGNAL_REQUEST_FLOOR ||
      rw_clock_get_now_us (self->clock) < message->expires_us)
    return;
  message->type = RW_SIGNAL_ACK;
  self->counts.stale++;
}

static void
rw_conversation_replay (RwConversation *self)
{
  RwSignalMessage *message;
  guint64 seq;

  while (rw_conversation_is_open (self) &&
         (message = rw_replay_next (self->replay, &seq)) != NULL) {
    rw_conversation_drop_stale (self, message);
    rw_conversation_write_on_seat (self, message);
    self->counts.replayed++;
  }
}

/* A seat that the server does not know, or a server that keeps none. */
static void
rw_conversation_begin (RwConversation *self)
{
  self->counts.stale += rw_replay_get_kept (self->replay);
  rw_replay_reset (self->replay);
  rw_outbox_forget_sessions (self->outbox);
}

static void
rw_conversation_owe (RwConversation *self)
{
  if (rw_replay_is_ack_due (self->replay))
    rw_conversation_acknowledge (self);
  else if (rw_replay_get_owed (self->replay) > 0 &&
           !rw_timer_is_set (self->ack_timer))
    rw_timer_set_in (self->ack_timer, ACK_DELAY_US);
}

RwConversation *
rw_conversation_new (RwClock *clock, GMainContext *context)
{
  RwConversation *self = g_new0 (RwConversation, 1);

  self->clock = g_object_ref (clock);
  self->ack_timer = rw_timer_new (clock, context, "rw-ack", on_ack_due, self);
  self->outbox = rw_outbox_new (OUTBOX_MAX);
  self->requests = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->replay = rw_replay_new (KEPT_MAX, ACK_EVERY,
                                (GDestroyNotify) rw_signal_message_free);
  return self;
}

void
rw_conversation_free (RwConversation *self)
{
  rw_conversation_pause (self);
  rw_timer_free (self->ack_timer);
  rw_outbox_free (self->outbox);
  rw_replay_free (self->replay);
  g_array_unref (self->requests);
  g_object_unref (self->clock);
  g_free (self);
}

void
rw_conversation_say_now (RwConversation *self, RwWsLine *line,
                         const RwSignalMessage *message)
{
  rw_conversation_write (self, line, message);
}

void
rw_conversation_say (RwConversation *self, RwSignalMessage *message)
{
  gint64 now_us = rw_clock_get_now_us (self->clock);

  /* Never past what waits already. */
  rw_outbox_push (self->outbox, message, now_us);
  rw_conversation_flush (self);
}

void
rw_conversation_say_first (RwConversation *self, RwSignalMessage *message)
{
  rw_outbox_push_first (self->outbox, message);
}

gboolean
rw_conversation_open (RwConversation *self, RwWsLine *line,
                      const RwSignalResilience *resilience)
{
  gboolean resumed = resilience != NULL && resilience->resumed;

  if (resumed && !rw_replay_resume (self->replay, resilience->ack))
    return FALSE;
  if (!resumed)
    rw_conversation_begin (self);
  g_set_object (&self->line, line);
  self->numbered = resilience != NULL;
  rw_conversation_replay (self);
  return TRUE;
}

void
rw_conversation_flush (RwConversation *self)
{
  gint64 now_us = rw_clock_get_now_us (self->clock);
  RwSignalMessage *message;

  while (rw_conversation_can_write (self) &&
         (message = rw_outbox_pop (self->outbox, now_us)) != NULL)
    rw_conversation_write_new (self, message);
}

void
rw_conversation_pause (RwConversation *self)
{
  g_clear_object (&self->line);
  rw_timer_stop (self->ack_timer);
}

void
rw_conversation_end (RwConversation *self)
{
  rw_conversation_pause (self);
  rw_replay_reset (self->replay);
  rw_outbox_clear (self->outbox);
  g_array_set_size (self->requests, 0);
}

RwReplayVerdict
rw_conversation_hear_number (RwConversation *self, guint64 seq)
{
  RwReplayVerdict verdict;

  if (seq == 0 || !self->numbered)
    return RW_REPLAY_NEW;
  verdict = rw_replay_receive (self->replay, seq);
  if (verdict == RW_REPLAY_DUPLICATE)
    self->counts.duplicates++;
  rw_conversation_owe (self);
  return verdict;
}

RwReplayVerdict
rw_conversation_hear (RwConversation *self, const RwSignalMessage *message)
{
  if (message->has_ack && self->numbered) {
    if (!rw_replay_acknowledge (self->replay, message->ack))
      return RW_REPLAY_GAP;
    rw_conversation_flush (self);
  }
  return rw_conversation_hear_number (self, message->seq);
}

gboolean
rw_conversation_take_answer (RwConversation *self, guint64 *generation)
{
  if (self->requests->len == 0)
    return FALSE;
  *generation = g_array_index (self->requests, guint64, 0);
  g_array_remove_index (self->requests, 0);
  return TRUE;
}

guint64
rw_conversation_get_received (RwConversation *self)
{
  return rw_replay_get_received (self->replay);
}

void
rw_conversation_get_counts (RwConversation *self, RwConversationCounts *counts)
{
  RwOutboxCounts dropped;

  rw_outbox_get_counts (self->outbox, &dropped);
  *counts = self->counts;
  counts->overflow = dropped.overflow;
  counts->stale += dropped.stale;
}
