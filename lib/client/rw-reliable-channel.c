/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-reliable-channel.h"

#include "rw-outbox.h"
#include "rw-timer.h"

/* As the protocol has it: docs/signalling.md. */
#define OUTBOX_MAX   100
#define KEPT_MAX     100
#define ACK_EVERY    16
#define ACK_DELAY_US (200 * G_GINT64_CONSTANT (1000))

struct _RwReliableChannel {
  RwClock *clock;
  RwTimer *ack_timer;
  RwServerConnection *connection; /* the one in use, or NULL */
  gboolean is_numbered;           /* its server has resumption */
  RwOutbox *outbox;               /* never sent */
  RwResendQueue *resend;          /* sent, and not acknowledged */
  GArray *requests; /* generations of sessions asked for, not answered */

  char *client_id;
  char *token;        /* resumes the last connection */
  guint64 n_requests; /* to resume, or to be resumable */
  RwReliableChannelCounts counts;
};

static gboolean
rw_reliable_channel_is_open (RwReliableChannel *self)
{
  return self->connection != NULL &&
         rw_server_connection_is_open (self->connection);
}

static void
rw_reliable_channel_write (RwReliableChannel *self,
                           RwServerConnection *connection,
                           const RwSignalMessage *message)
{
  if (rw_server_connection_send (connection, message))
    self->counts.sent++;
}

/* With the number of the last message that was received. */
static void
rw_reliable_channel_write_numbered (RwReliableChannel *self,
                                    RwSignalMessage *message)
{
  message->has_ack = self->is_numbered;
  message->ack = rw_resend_queue_get_received (self->resend);
  rw_resend_queue_note_acknowledged (self->resend);
  rw_timer_stop (self->ack_timer);
  rw_reliable_channel_write (self, self->connection, message);
}

static void
rw_reliable_channel_acknowledge (RwReliableChannel *self)
{
  g_autoptr (RwSignalMessage) message = rw_signal_message_new (RW_SIGNAL_ACK);

  if (rw_reliable_channel_is_open (self) && self->is_numbered)
    rw_reliable_channel_write_numbered (self, message);
}

static void
on_ack_due (gpointer data)
{
  rw_reliable_channel_acknowledge (data);
}

static void
rw_reliable_channel_note_request (RwReliableChannel *self,
                                  const RwSignalMessage *message)
{
  guint64 generation = message->request.generation;

  /* A server that never answers is not worth the memory. */
  if (self->requests->len >= KEPT_MAX)
    g_array_remove_index (self->requests, 0);
  g_array_append_val (self->requests, generation);
}

/* A server without resumption has no rooms. */
static gboolean
needs_resumption (const RwSignalMessage *message)
{
  return message->room_id != NULL;
}

/* Takes @message. */
static void
rw_reliable_channel_write_new (RwReliableChannel *self,
                               RwSignalMessage *message)
{
  if (!self->is_numbered && needs_resumption (message)) {
    self->counts.stale++;
    rw_signal_message_unref (message);
    return;
  }
  if (message->type == RW_SIGNAL_START_SESSION)
    rw_reliable_channel_note_request (self, message);
  if (self->is_numbered) {
    message->seq = rw_resend_queue_send (self->resend, message);
    rw_reliable_channel_write_numbered (self, message);
  } else {
    rw_reliable_channel_write (self, self->connection, message);
    rw_signal_message_unref (message);
  }
}

static gboolean
rw_reliable_channel_can_write (RwReliableChannel *self)
{
  return rw_reliable_channel_is_open (self) &&
         !(self->is_numbered && rw_resend_queue_is_full (self->resend));
}

/* A request that its sender does not mean any more gives its number to an empty
 * message: numbers must have no hole. If the server has the request after all,
 * the empty message is a duplicate to it. */
static void
rw_reliable_channel_blank_stale (RwReliableChannel *self,
                                 RwSignalMessage *message)
{
  if (message->type != RW_SIGNAL_REQUEST_FLOOR ||
      rw_clock_get_now_us (self->clock) < message->expires_us)
    return;
  message->type = RW_SIGNAL_ACK;
  self->counts.stale++;
}

static void
rw_reliable_channel_resend (RwReliableChannel *self)
{
  RwSignalMessage *message;
  guint64 seq;

  while (rw_reliable_channel_is_open (self) &&
         (message = rw_resend_queue_next (self->resend, &seq)) != NULL) {
    rw_reliable_channel_blank_stale (self, message);
    rw_reliable_channel_write_numbered (self, message);
    self->counts.resent++;
  }
}

/* The server does not know the client, or has no resumption. */
static void
rw_reliable_channel_begin (RwReliableChannel *self, gboolean keeps_sessions)
{
  self->counts.stale += rw_resend_queue_get_kept (self->resend);
  rw_resend_queue_reset (self->resend);
  if (!keeps_sessions)
    rw_outbox_forget_sessions (self->outbox);
}

static void
rw_reliable_channel_plan_ack (RwReliableChannel *self)
{
  if (rw_resend_queue_is_ack_due (self->resend))
    rw_reliable_channel_acknowledge (self);
  else if (rw_resend_queue_get_owed (self->resend) > 0 &&
           !rw_timer_is_set (self->ack_timer))
    rw_timer_set_in (self->ack_timer, ACK_DELAY_US);
}

RwReliableChannel *
rw_reliable_channel_new (RwClock *clock, GMainContext *context,
                         const char *client_id)
{
  RwReliableChannel *self = g_new0 (RwReliableChannel, 1);

  self->client_id = g_strdup (client_id);
  self->clock = g_object_ref (clock);
  self->ack_timer = rw_timer_new (clock, context, "rw-ack", on_ack_due, self);
  self->outbox = rw_outbox_new (OUTBOX_MAX);
  self->requests = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->resend = rw_resend_queue_new (KEPT_MAX, ACK_EVERY,
                                      (GDestroyNotify) rw_signal_message_unref);
  return self;
}

void
rw_reliable_channel_free (RwReliableChannel *self)
{
  rw_reliable_channel_pause (self);
  rw_timer_free (self->ack_timer);
  rw_outbox_free (self->outbox);
  rw_resend_queue_free (self->resend);
  g_array_unref (self->requests);
  g_free (self->client_id);
  g_free (self->token);
  g_object_unref (self->clock);
  g_free (self);
}

void
rw_reliable_channel_send_now (RwReliableChannel *self,
                              RwServerConnection *connection,
                              const RwSignalMessage *message)
{
  rw_reliable_channel_write (self, connection, message);
}

void
rw_reliable_channel_send (RwReliableChannel *self, RwSignalMessage *message)
{
  gint64 now_us = rw_clock_get_now_us (self->clock);

  /* Never before what waits already. */
  rw_outbox_push (self->outbox, message, now_us);
  rw_reliable_channel_flush (self);
}

void
rw_reliable_channel_send_first (RwReliableChannel *self,
                                RwSignalMessage *message)
{
  rw_outbox_push_first (self->outbox, message);
}

gboolean
rw_reliable_channel_open (RwReliableChannel *self,
                          RwServerConnection *connection,
                          const RwSignalMessage *welcome)
{
  gboolean resumed = welcome != NULL && welcome->resumed;

  if (resumed && !rw_resend_queue_resume (self->resend, welcome->resume_ack))
    return FALSE;
  if (!resumed)
    rw_reliable_channel_begin (self, welcome != NULL && welcome->restored);
  g_set_object (&self->connection, connection);
  self->is_numbered = welcome != NULL;
  g_free (self->token);
  self->token = welcome != NULL ? g_strdup (welcome->token) : NULL;
  rw_reliable_channel_resend (self);
  return TRUE;
}

void
rw_reliable_channel_flush (RwReliableChannel *self)
{
  gint64 now_us = rw_clock_get_now_us (self->clock);
  RwSignalMessage *message;

  while (rw_reliable_channel_can_write (self) &&
         (message = rw_outbox_pop (self->outbox, now_us)) != NULL)
    rw_reliable_channel_write_new (self, message);
}

void
rw_reliable_channel_pause (RwReliableChannel *self)
{
  g_clear_object (&self->connection);
  rw_timer_stop (self->ack_timer);
}

void
rw_reliable_channel_end (RwReliableChannel *self)
{
  rw_reliable_channel_pause (self);
  rw_resend_queue_reset (self->resend);
  rw_outbox_clear (self->outbox);
  g_array_set_size (self->requests, 0);
  rw_reliable_channel_forget (self);
}

void
rw_reliable_channel_forget (RwReliableChannel *self)
{
  g_clear_pointer (&self->token, g_free);
}

RwSignalMessage *
rw_reliable_channel_new_request (RwReliableChannel *self)
{
  RwSignalMessage *message =
      rw_signal_message_new (RW_SIGNAL_SET_PROTOCOL_VERSION);

  message->version = RW_SIGNAL_VERSION_1_1;
  message->extension_version = RW_SIGNAL_EXTENSION_VERSION;
  message->client_id = g_strdup (self->client_id);
  message->token = g_strdup (self->token);
  message->resume_ack = rw_resend_queue_get_received (self->resend);
  message->attempt = ++self->n_requests;
  return message;
}

RwResendQueueVerdict
rw_reliable_channel_receive_number (RwReliableChannel *self, guint64 seq)
{
  RwResendQueueVerdict verdict;

  if (seq == 0 || !self->is_numbered)
    return RW_RESEND_QUEUE_NEW;
  verdict = rw_resend_queue_receive (self->resend, seq);
  if (verdict == RW_RESEND_QUEUE_DUPLICATE)
    self->counts.duplicates++;
  rw_reliable_channel_plan_ack (self);
  return verdict;
}

RwResendQueueVerdict
rw_reliable_channel_receive (RwReliableChannel *self,
                             const RwSignalMessage *message)
{
  if (message->has_ack && self->is_numbered) {
    if (!rw_resend_queue_acknowledge (self->resend, message->ack))
      return RW_RESEND_QUEUE_GAP;
    rw_reliable_channel_flush (self);
  }
  return rw_reliable_channel_receive_number (self, message->seq);
}

gboolean
rw_reliable_channel_take_answer (RwReliableChannel *self, guint64 *generation)
{
  if (self->requests->len == 0)
    return FALSE;
  *generation = g_array_index (self->requests, guint64, 0);
  g_array_remove_index (self->requests, 0);
  return TRUE;
}

void
rw_reliable_channel_get_counts (RwReliableChannel *self,
                                RwReliableChannelCounts *counts)
{
  RwOutboxCounts dropped;

  rw_outbox_get_counts (self->outbox, &dropped);
  *counts = self->counts;
  counts->overflow = dropped.overflow;
  counts->stale += dropped.stale;
}
