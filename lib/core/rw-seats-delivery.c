/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-seats-private.h"

#include <string.h>

/* How what the brain and the rooms have to say comes to those it is for, and
 * what becomes of it when it is too much. */

/* The part of what may wait for a seat that others may fill with what they say
 * of their own will. The rest is for what follows from it, such as the ends of
 * their sessions. */
#define OTHERS_PART 2

/* What who says too much to a seat is asked to wait. */
#define REFUSED_RETRY_MS 1000

/* What rooms say waits in their histories while a seat has this part of its
 * place taken, and goes on when it has only half of that. */
#define ROOMS_PART 4

/* Who has this part of a seat's place taken with news of itself is told to come
 * back more slowly, as soon as it wants more than is free. */
#define NEWS_PART 8

/* Who is there, and has acknowledged nothing for so long, has itself to blame.
 */
#define SILENT_US (15 * G_GINT64_CONSTANT (1000000))

/* What a message costs besides its long members. */
#define MESSAGE_COST 256
#define PEER_COST    64

typedef RwSeat Seat;
typedef RwSeatKept Kept;

/* --- What is kept --- */

void
rw_seat_kept_free (gpointer data)
{
  Kept *kept = data;

  kept->seat->kept_bytes -= kept->cost;
  if (kept->message->source != NULL)
    rw_shares_give_back (kept->seat->shares, kept->message->source, kept->cost);
  rw_brain_message_unref (kept->message);
  g_free (kept);
}

static gsize
length_of (const char *text)
{
  return text != NULL ? strlen (text) : 0;
}

static gsize
get_cost (const RwBrainMessage *message)
{
  gsize cost = MESSAGE_COST + length_of (message->meta) +
               length_of (message->body) + length_of (message->offer) +
               length_of (message->details) + length_of (message->reason);

  for (guint i = 0; message->peers != NULL && i < message->peers->len; i++) {
    const RwBrainPeer *peer = g_ptr_array_index (message->peers, i);

    cost += PEER_COST + length_of (peer->meta);
  }
  return cost;
}

/* Its bytes are @seat's until it is freed. */
Kept *
rw_seat_kept_new (Seat *seat, RwBrainMessage *message, guint64 identity,
                  guint64 said)
{
  Kept *kept = g_new (Kept, 1);

  kept->seat = seat;
  kept->message = rw_brain_message_ref (message);
  kept->cost = get_cost (message);
  kept->identity = identity;
  kept->said = said;
  seat->kept_bytes += kept->cost;
  if (message->source != NULL)
    rw_shares_take (seat->shares, message->source, kept->cost);
  return kept;
}

/* --- Output --- */

static RwSeatsOutput *
add_output (RwSeats *self, guint64 connection)
{
  RwSeatsOutput *output = g_new0 (RwSeatsOutput, 1);

  output->connection = connection;
  g_queue_push_tail (&self->output, output);
  return output;
}

void
rw_seats_close (RwSeats *self, guint64 connection, guint code, const char *why)
{
  RwSeatsOutput *output = add_output (self, connection);

  output->close_code = code;
  output->close_why = why;
}

void
rw_seats_settle_ack (RwSeats *self, Seat *seat)
{
  rw_replay_note_acknowledged (seat->replay);
  if (seat->ack_due_us != 0)
    g_queue_unlink (&self->owing, &seat->as_owing);
  seat->ack_due_us = 0;
}

/* What has been held back is not, as it could be lost with this node. */
guint64
rw_seats_get_told_ack (const Seat *seat)
{
  guint64 received = rw_replay_get_received (seat->replay);

  return seat->held_from != 0 ? MIN (received, seat->held_from - 1) : received;
}

void
rw_seats_add_message (RwSeats *self, Seat *seat, RwBrainMessage *message,
                      guint64 seq)
{
  RwSeatsOutput *output = add_output (self, seat->connection);

  output->message = rw_brain_message_ref (message);
  output->seq = seq;
  if (seat->replay == NULL || message->type == RW_SIGNAL_RESILIENT_WELCOME)
    return;

  output->has_ack = TRUE;
  output->ack = rw_seats_get_told_ack (seat);
  rw_seats_settle_ack (self, seat);
}

/* --- Too much --- */

static gboolean
is_numbered (const RwBrainMessage *message)
{
  return message->type != RW_SIGNAL_LIST &&
         message->type != RW_SIGNAL_LIST_CONSUMERS &&
         message->type != RW_SIGNAL_ICE_SERVERS;
}

/* What is for all who listen, or are in a room, whether they care or not. */
static gboolean
is_news (const RwBrainMessage *message)
{
  return message->type == RW_SIGNAL_PEER_STATUS_CHANGED ||
         message->type == RW_SIGNAL_MEMBER_JOINED;
}

/* Nobody may drive a seat out by saying more than it can take. News count for
 * who has told much of them already: others must not suffer for a seat that
 * is full, or acknowledges nothing. */
static gboolean
is_held_against_source (RwSeats *self, const Seat *seat,
                        const RwBrainMessage *message)
{
  if (message->source == NULL || !is_news (message))
    return message->source != NULL;

  if (message->type == RW_SIGNAL_PEER_STATUS_CHANGED &&
      message->roles == RW_ROLE_NONE)
    return FALSE;
  return g_hash_table_contains (self->by_id, message->source) &&
         rw_shares_has (seat->shares, message->source,
                        self->config.max_kept / NEWS_PART,
                        self->config.max_kept_bytes / NEWS_PART);
}

static gboolean
may_wait (RwSeats *self, Seat *seat, const RwBrainMessage *message)
{
  guint kept = rw_replay_get_kept (seat->replay);
  guint limit = self->config.max_kept / OTHERS_PART;
  gsize max_bytes = self->config.max_kept_bytes;

  return !is_held_against_source (self, seat, message) ||
         rw_shares_may_take (
             seat->shares, message->source, limit > kept ? limit - kept : 0,
             max_bytes > seat->kept_bytes ? max_bytes - seat->kept_bytes : 0,
             get_cost (message));
}

/* Its sessions' other sides and those who listen are told that it is gone, so
 * that nobody misses what was not passed on. */
static void
shut_out (RwSeats *self, Seat *seat)
{
  g_autoptr (RwBrainMessage) error =
      rw_brain_message_new (RW_SIGNAL_ERROR_REPLY);

  error->code = "rate-limited";
  error->details = g_strdup ("too much news of you for those who are told; "
                             "come back more slowly");
  error->retry_after_ms = REFUSED_RETRY_MS;
  if (seat->connection != 0)
    rw_seats_add_message (self, seat, error, 0);
  rw_seats_drop (self, seat, "too much news of this peer");
}

static void
overflow (RwSeats *self, Seat *seat)
{
  self->counts.overflowed++;
  self->counts.dropped += rw_replay_get_kept (seat->replay) + 1;
  rw_seats_drop (self, seat, "too many messages were not acknowledged");
}

static gboolean
is_silent (RwSeats *self, const Seat *seat)
{
  return seat->connection != 0 && self->now_us - seat->progress_us > SILENT_US;
}

static void
hold_off (RwSeats *self, Seat *seat, const RwBrainMessage *message)
{
  if (is_news (message) && is_silent (self, seat)) {
    overflow (self, seat);
    return;
  }

  self->counts.held_off++;
  if (is_news (message))
    shut_out (self, g_hash_table_lookup (self->by_id, message->source));
  else
    rw_brain_refuse (self->brain, seat->id, message, REFUSED_RETRY_MS);
}

/* --- What is the same --- */

#define FNV_OFFSET G_GUINT64_CONSTANT (0xcbf29ce484222325)
#define FNV_PRIME  G_GUINT64_CONSTANT (0x100000001b3)

static guint64
mix (guint64 hash, const void *data, gsize len)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < len; i++)
    hash = (hash ^ bytes[i]) * FNV_PRIME;
  return hash;
}

/** rw_seats_set_cause: the next inputs are entry @n of @node in a log. */
void
rw_seats_set_cause (RwSeats *self, guint32 node, guint64 n)
{
  guint64 numbers[] = {GUINT64_TO_LE (node), GUINT64_TO_LE (n)};

  self->cause = mix (FNV_OFFSET, numbers, sizeof numbers);
  self->said = 0;
}

/* The next is @seat's message with that number: the same wherever it says it.
 */
void
rw_seats_set_said (RwSeats *self, const Seat *seat, guint64 seq)
{
  guint64 number = GUINT64_TO_LE (seq);

  self->said = seq;
  if (seq != 0)
    self->cause = mix (mix (FNV_OFFSET, seat->id, strlen (seat->id)), &number,
                       sizeof number);
}

/* Two nodes that were apart may have told a seat the same. */
static guint64
identify (RwSeats *self, const RwBrainMessage *message)
{
  guint64 numbers[] = {GUINT64_TO_LE (self->cause),
                       GUINT64_TO_LE ((guint64) message->type)};

  return mix (mix (FNV_OFFSET, numbers, sizeof numbers), message->session_id,
              length_of (message->session_id));
}

/* A client that has come to another node may say again there what it said here
 * last: no more than it keeps. */
static void
note_told (RwSeats *self, Seat *seat, guint64 identity)
{
  if (seat->told == NULL)
    seat->told = g_array_new (FALSE, FALSE, sizeof identity);
  if (seat->told->len >= 2 * self->config.max_kept)
    g_array_remove_range (seat->told, 0, self->config.max_kept);
  g_array_append_val (seat->told, identity);
}

/* --- Giving --- */

static void
send_numbered (RwSeats *self, Seat *seat, RwBrainMessage *message)
{
  guint64 identity = identify (self, message);
  Kept *kept;
  guint64 seq;

  if (!may_wait (self, seat, message)) {
    hold_off (self, seat, message);
    return;
  }
  if (rw_replay_is_full (seat->replay) ||
      seat->kept_bytes + get_cost (message) > self->config.max_kept_bytes) {
    overflow (self, seat);
    return;
  }

  if (rw_replay_get_kept (seat->replay) == 0)
    seat->progress_us = self->now_us;
  kept = rw_seat_kept_new (seat, message, identity, self->said);
  if (self->alone != 0)
    note_told (self, seat, identity);
  seq = rw_replay_send (seat->replay, kept);
  if (seat->connection != 0)
    rw_seats_add_message (self, seat, message, seq);
}

/* For RwRoomsConfig. */
gboolean
rw_seats_may_send_of_room (const char *id, const RwBrainMessage *message,
                           gpointer user_data)
{
  RwSeats *self = user_data;
  Seat *seat = g_hash_table_lookup (self->by_id, id);

  /* A stored state may be anybody's, with members that have none. */
  if (seat == NULL || seat->replay == NULL)
    return FALSE;
  if (rw_replay_get_kept (seat->replay) + seat->coming >=
          self->config.max_kept / ROOMS_PART ||
      seat->kept_bytes + seat->coming_bytes >=
          self->config.max_kept_bytes / ROOMS_PART)
    return FALSE;

  seat->coming++;
  seat->coming_bytes += get_cost (message);
  return TRUE;
}

gboolean
rw_seats_may_go_on (RwSeats *self, const Seat *seat)
{
  return rw_replay_get_kept (seat->replay) <
             self->config.max_kept / ROOMS_PART / 2 &&
         seat->kept_bytes < self->config.max_kept_bytes / ROOMS_PART / 2;
}

/* @message is for @id: it gets it now, or later. */
void
rw_seats_give (RwSeats *self, const char *id, RwBrainMessage *message)
{
  Seat *seat = g_hash_table_lookup (self->by_id, id);

  /* Alone, another node's is told when all are together again. */
  if (seat == NULL ||
      (self->alone != 0 && rw_seats_node_of (seat->home) != self->alone))
    return;

  if (seat->replay != NULL && is_numbered (message))
    send_numbered (self, seat, message);
  else if (seat->connection != 0)
    rw_seats_add_message (self, seat, message, 0);
}

void
rw_seats_deliver (RwSeats *self, const char *id, RwBrainMessage *message)
{
  Seat *seat = g_hash_table_lookup (self->by_id, id);

  if (seat != NULL && message->type == RW_SIGNAL_ROOM_MESSAGE) {
    seat->coming--;
    seat->coming_bytes -= get_cost (message);
  }
  rw_seats_give (self, id, message);
}

/* Moves what the brain and the rooms have to say to those it is for. A seat
 * that fails on the way makes them say more, which the same loop delivers. */
void
rw_seats_drain (RwSeats *self)
{
  for (;;) {
    g_autofree char *id = NULL;
    g_autoptr (RwBrainMessage) message = rw_brain_pop (self->brain, &id);

    if (message == NULL)
      message = rw_rooms_pop (self->rooms, &id);
    if (message == NULL)
      return;
    rw_seats_deliver (self, id, message);
  }
}
