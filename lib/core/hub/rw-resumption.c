/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-resumption.h"

#include "rw-fair-quota.h"
#include "rw-signal-message-state.h"
#include "rw-struct-serializer.h"

#include <string.h>

/* So many messages are acknowledged at once. */
#define ACK_EVERY 16

/* The part of the limits that other clients may fill with what they send on
 * their own account. The rest is for what follows from it, such as the ends of
 * their sessions. */
#define OTHERS_PART 2

/* Messages of rooms wait in the rooms' histories while this part of the limits
 * is taken, and go on when only half of it is. */
#define ROOMS_PART 4

/* A source that has this part of the limits taken with its notices is
 * throttled as soon as it wants more than its fair part. */
#define NOTICES_PART 8

/* A client that is connected and has acknowledged nothing for so long is
 * itself the cause of what waits for it. */
#define SILENT_US (15 * G_GINT64_CONSTANT (1000000))

/* The cost of a message, in bytes, besides its texts. */
#define MESSAGE_COST 256
#define PEER_COST    64

#define QUEUE_TYPE                                                             \
  "(ttta"                                                                      \
  "a{sv})"

struct _RwResumption {
  RwResumptionLimits limits;
  char *secret;
  guint64 attempt;
  RwResendQueue *queue; /* of Kept */
  RwFairQuota *quota;   /* of what @queue keeps, by source */
  gsize kept_bytes;
  guint reserved; /* messages of rooms on their way */
  gsize reserved_bytes;
  gint64 progress_us; /* the last acknowledgement, or the first message after */
};

/* An entry of the queue; its bytes are given back when it is freed. */
typedef struct {
  RwResumption *owner;
  RwSignalMessage *message;
  gsize cost;
} Kept;

static const RwField fields[] = {
    RW_FIELD (RwResumption, attempt, UINT64),
    RW_FIELD (RwResumption, secret, STRING),
};

static gsize
get_cost (const RwSignalMessage *message)
{
  guint n_peers = message->peers != NULL ? message->peers->len : 0;

  return MESSAGE_COST + PEER_COST * (gsize) n_peers +
         rw_signal_message_get_length (message);
}

static Kept *
kept_new (RwResumption *self, RwSignalMessage *message)
{
  Kept *kept = g_new (Kept, 1);

  kept->owner = self;
  kept->message = rw_signal_message_ref (message);
  kept->cost = get_cost (message);
  self->kept_bytes += kept->cost;
  if (message->source != NULL)
    rw_fair_quota_take (self->quota, message->source, kept->cost);
  return kept;
}

static void
kept_free (gpointer data)
{
  Kept *kept = data;

  kept->owner->kept_bytes -= kept->cost;
  if (kept->message->source != NULL)
    rw_fair_quota_give_back (kept->owner->quota, kept->message->source,
                             kept->cost);
  rw_signal_message_unref (kept->message);
  g_free (kept);
}

RwResumption *
rw_resumption_new (const RwResumptionLimits *limits, char *secret)
{
  RwResumption *self = g_new0 (RwResumption, 1);

  self->limits = *limits;
  self->secret = secret;
  self->queue = rw_resend_queue_new (limits->max_kept, ACK_EVERY, kept_free);
  self->quota = rw_fair_quota_new ();
  return self;
}

/** rw_resumption_free: NULL is fine. */
void
rw_resumption_free (RwResumption *self)
{
  if (self == NULL)
    return;

  rw_resend_queue_free (self->queue);
  rw_fair_quota_free (self->quota);
  g_free (self->secret);
  g_free (self);
}

/* --- The token --- */

char *
rw_resumption_print_token (const RwResumption *self, const char *id)
{
  return g_strconcat (id, ".", self->secret, NULL);
}

gboolean
rw_resumption_split_token (const char *token, char **id, char **secret)
{
  const char *dot = strrchr (token, '.');

  if (dot == NULL || dot == token || dot[1] == '\0')
    return FALSE;

  *id = g_strndup (token, (gsize) (dot - token));
  *secret = g_strdup (dot + 1);
  return TRUE;
}

const char *
rw_resumption_get_secret (const RwResumption *self)
{
  return self->secret;
}

guint64
rw_resumption_get_attempt (const RwResumption *self)
{
  return self->attempt;
}

void
rw_resumption_set_attempt (RwResumption *self, guint64 attempt)
{
  self->attempt = attempt;
}

RwResendQueue *
rw_resumption_get_queue (RwResumption *self)
{
  return self->queue;
}

/* --- A new connection --- */

gboolean
rw_resumption_resume (RwResumption *self, guint64 ack, gint64 now_us)
{
  if (!rw_resend_queue_resume (self->queue, ack))
    return FALSE;

  self->progress_us = now_us;
  return TRUE;
}

RwSignalMessage *
rw_resumption_next (RwResumption *self, guint64 *seq)
{
  const Kept *kept = rw_resend_queue_next (self->queue, seq);

  return kept != NULL ? kept->message : NULL;
}

/* --- From the client --- */

gboolean
rw_resumption_acknowledge (RwResumption *self, guint64 ack, gint64 now_us)
{
  guint kept = rw_resend_queue_get_kept (self->queue);

  if (!rw_resend_queue_acknowledge (self->queue, ack))
    return FALSE;

  if (rw_resend_queue_get_kept (self->queue) < kept)
    self->progress_us = now_us;
  return TRUE;
}

/* --- To the client --- */

gboolean
rw_resumption_is_notice (const RwSignalMessage *message)
{
  return message->type == RW_SIGNAL_PEER_STATUS_CHANGED ||
         message->type == RW_SIGNAL_MEMBER_JOINED;
}

/* No source may cause a client's removal by sending more than the client can
 * take. Notices count only for a source that has much of them waiting already:
 * other sources must not suffer for a client that acknowledges nothing. */
static gboolean
counts_against_source (RwResumption *self, const RwSignalMessage *message,
                       gboolean has_source)
{
  if (message->source == NULL || !rw_resumption_is_notice (message))
    return message->source != NULL;

  if (message->type == RW_SIGNAL_PEER_STATUS_CHANGED &&
      message->roles == RW_ROLE_NONE)
    return FALSE;
  return has_source &&
         rw_fair_quota_has (self->quota, message->source,
                            self->limits.max_kept / NOTICES_PART,
                            self->limits.max_kept_bytes / NOTICES_PART);
}

static gboolean
is_within_quota (RwResumption *self, const RwSignalMessage *message)
{
  guint kept = rw_resend_queue_get_kept (self->queue);
  guint limit = self->limits.max_kept / OTHERS_PART;
  gsize max_bytes = self->limits.max_kept_bytes;

  return rw_fair_quota_may_take (
      self->quota, message->source, limit > kept ? limit - kept : 0,
      max_bytes > self->kept_bytes ? max_bytes - self->kept_bytes : 0,
      get_cost (message));
}

RwResumptionVerdict
rw_resumption_check (RwResumption *self, const RwSignalMessage *message,
                     gboolean has_source)
{
  if (counts_against_source (self, message, has_source) &&
      !is_within_quota (self, message))
    return RW_RESUMPTION_THROTTLED;

  return rw_resend_queue_is_full (self->queue) ||
                 self->kept_bytes + get_cost (message) >
                     self->limits.max_kept_bytes
             ? RW_RESUMPTION_FULL
             : RW_RESUMPTION_FITS;
}

guint64
rw_resumption_send (RwResumption *self, RwSignalMessage *message, gint64 now_us)
{
  if (rw_resend_queue_get_kept (self->queue) == 0)
    self->progress_us = now_us;
  return rw_resend_queue_send (self->queue, kept_new (self, message));
}

gboolean
rw_resumption_is_silent (RwResumption *self, gint64 now_us)
{
  return now_us - self->progress_us > SILENT_US;
}

gboolean
rw_resumption_reserve (RwResumption *self, const RwSignalMessage *message)
{
  if (rw_resend_queue_get_kept (self->queue) + self->reserved >=
          self->limits.max_kept / ROOMS_PART ||
      self->kept_bytes + self->reserved_bytes >=
          self->limits.max_kept_bytes / ROOMS_PART)
    return FALSE;

  self->reserved++;
  self->reserved_bytes += get_cost (message);
  return TRUE;
}

void
rw_resumption_release (RwResumption *self, const RwSignalMessage *message)
{
  self->reserved--;
  self->reserved_bytes -= get_cost (message);
}

gboolean
rw_resumption_has_space (RwResumption *self)
{
  return rw_resend_queue_get_kept (self->queue) <
             self->limits.max_kept / ROOMS_PART / 2 &&
         self->kept_bytes < self->limits.max_kept_bytes / ROOMS_PART / 2;
}

/* --- Moving to another server --- */

static void
save_kept (gpointer data, gpointer user_data)
{
  g_variant_builder_add (user_data, "@a{sv}",
                         rw_signal_message_save (((Kept *) data)->message));
}

static GVariant *
save_queue (RwResendQueue *queue)
{
  RwResendQueueNumbers numbers;
  GVariantBuilder builder;

  rw_resend_queue_get_numbers (queue, &numbers);
  g_variant_builder_init (&builder, G_VARIANT_TYPE (QUEUE_TYPE));
  g_variant_builder_add (&builder, "t", numbers.sent);
  g_variant_builder_add (&builder, "t", numbers.received);
  g_variant_builder_add (&builder, "t", numbers.acknowledged);
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("aa{sv}"));
  rw_resend_queue_foreach (queue, save_kept, &builder);
  g_variant_builder_close (&builder);
  return g_variant_builder_end (&builder);
}

void
rw_resumption_save (RwResumption *self, GVariantBuilder *builder)
{
  rw_struct_serializer_save (fields, G_N_ELEMENTS (fields), self, builder);
  rw_struct_serializer_add (builder, "replay", save_queue (self->queue));
}

static gboolean
load_queue (RwResumption *self, GVariant *state, GError **error)
{
  g_autoptr (GVariant) queue =
      rw_struct_serializer_get (state, "replay", QUEUE_TYPE, error);
  g_autoptr (GVariant) kept = NULL;
  GQueue messages = G_QUEUE_INIT;
  RwResendQueueNumbers numbers;
  gboolean done = TRUE;

  if (queue == NULL)
    return FALSE;

  g_variant_get (queue, "(ttt@aa{sv})", &numbers.sent, &numbers.received,
                 &numbers.acknowledged, &kept);
  for (gsize i = 0; done && i < g_variant_n_children (kept); i++) {
    g_autoptr (GVariant) saved = g_variant_get_child_value (kept, i);
    g_autoptr (RwSignalMessage) message = rw_signal_message_load (saved, error);

    done = message != NULL;
    if (done)
      g_queue_push_tail (&messages, kept_new (self, message));
  }
  if (done && !rw_resend_queue_restore (self->queue, &numbers, &messages))
    done = rw_struct_serializer_fail (error, "replay");
  g_queue_clear_full (&messages, kept_free);
  return done;
}

RwResumption *
rw_resumption_load (const RwResumptionLimits *limits, GVariant *state,
                    GError **error)
{
  g_autoptr (RwResumption) self = rw_resumption_new (limits, NULL);

  if (!rw_struct_serializer_load (fields, G_N_ELEMENTS (fields), self, state,
                                  error) ||
      !load_queue (self, state, error))
    return NULL;
  if (self->secret == NULL) {
    rw_struct_serializer_fail (error, "resumption state");
    return NULL;
  }

  return g_steal_pointer (&self);
}
