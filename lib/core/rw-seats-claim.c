/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-seats-private.h"

#include <string.h>

/* How a client gets a seat, and comes back to it. */

typedef RwSeat Seat;
typedef RwSeatKept Kept;

/* --- Tokens --- */

/* What its client is told: the secret, and which connection it was on. */
static char *
print_token (const Seat *seat)
{
  return g_strdup_printf ("%s.%" G_GINT64_MODIFIER "x", seat->token,
                          seat->connection);
}

/**
 * rw_seats_find_token:
 * @line: (out): the connection that its client was told it on; 0 for none
 *
 * Returns: (nullable): whose it is
 */
Seat *
rw_seats_find_token (RwSeats *self, const char *token, guint64 *line)
{
  const char *end = strchr (token, '.');
  g_autofree char *secret =
      end != NULL ? g_strndup (token, (gsize) (end - token)) : g_strdup (token);

  *line = end != NULL ? g_ascii_strtoull (end + 1, NULL, 16) : 0;
  return g_hash_table_lookup (self->by_token, secret);
}

/* --- Seats --- */

static void
send_resilient_welcome (RwSeats *self, Seat *seat, gboolean resumed)
{
  g_autoptr (RwBrainMessage) message =
      rw_brain_message_new (RW_SIGNAL_RESILIENT_WELCOME);

  message->peer_id = g_strdup (seat->id);
  message->token = print_token (seat);
  message->grace_ms = (guint64) self->config.grace_us / 1000;
  message->resumed = resumed;
  message->degraded = self->alone != 0;
  message->ack = rw_seats_get_told_ack (seat);
  rw_seats_add_message (self, seat, message, 0);
}

/* Makes a seat of an ordinary client. */
void
rw_seats_open (RwSeats *self, Seat *seat, char *token)
{
  seat->token = token;
  seat->replay = rw_replay_new (self->config.max_kept, RW_SEATS_ACK_EVERY,
                                rw_seat_kept_free);
  seat->shares = rw_shares_new ();
  g_hash_table_insert (self->by_token, seat->token, seat);
  self->counts.seats++;
  self->counts.opted_in++;
}

/* --- Resuming --- */

static void
count_outage (RwSeats *self, gint64 outage_us)
{
  guint bucket = 0;

  while (bucket < RW_SEATS_N_BUCKETS && outage_us > rw_seats_bucket_us (bucket))
    bucket++;
  self->counts.outage_buckets[bucket]++;
  self->counts.outage_sum_us += outage_us;
}

static void
evict (RwSeats *self, Seat *seat)
{
  if (seat->connection == 0)
    return;

  self->counts.evicted++;
  rw_seats_close (self, seat->connection, RW_CLOSE_CLAIMED,
                  "another connection has claimed this seat");
  g_hash_table_remove (self->by_connection, &seat->connection);
  seat->connection = 0;
  rw_rooms_set_away (self->rooms, seat->id, TRUE, self->now_us);
}

static void
replay (RwSeats *self, Seat *seat)
{
  Kept *kept;
  guint64 seq;

  while ((kept = rw_replay_next (seat->replay, &seq)) != NULL) {
    self->counts.replayed++;
    rw_seats_add_message (self, seat, kept->message, seq);
  }
}

/* A claim that was long on its way, and has been overtaken by a later one of
 * the same client. */
static gboolean
is_overtaken (const Seat *seat, const RwBrainMessage *message)
{
  return (message->attempt != 0 && message->attempt <= seat->attempt) ||
         (seat->connection != 0 &&
          rw_replay_is_past (seat->replay, message->ack));
}

/* While the node that it was on was alone it has heard what may have been lost
 * with that one. */
static gboolean
may_know_more (const Seat *newcomer, const RwBrainMessage *message,
               guint64 line)
{
  return message->degraded &&
         rw_seats_node_of (line) != rw_seats_node_of (newcomer->connection);
}

/* The seat that @message claims, if it can go on from where its client is. It
 * holds what its token allowed when it got it: a claim with one that allows
 * less is none. */
static Seat *
find_claimed (RwSeats *self, const Seat *newcomer,
              const RwBrainMessage *message)
{
  guint64 line;
  Seat *seat = rw_seats_find_token (self, message->token, &line);

  if (seat == NULL || !rw_grants_include (newcomer->grants, seat->grants) ||
      is_overtaken (seat, message))
    return NULL;
  if (rw_brain_has_client (self->brain, seat->id) &&
      !may_know_more (newcomer, message, line) &&
      rw_replay_resume (seat->replay, message->ack))
    return seat;

  self->counts.dropped += rw_replay_get_kept (seat->replay);
  rw_seats_drop (self, seat, "the seat was claimed, but cannot go on");
  return NULL;
}

static void
resume (RwSeats *self, Seat *seat, Seat *newcomer, gint64 now_us)
{
  guint64 connection = newcomer->connection;

  count_outage (self, seat->lost_us != 0 ? now_us - seat->lost_us : 0);
  self->counts.resumed++;
  rw_grants_free (seat->grants);
  seat->grants = g_steal_pointer (&newcomer->grants);
  rw_seats_remove (self, newcomer, NULL);
  evict (self, seat);
  rw_seats_stop_waiting (self, seat);
  seat->progress_us = now_us;
  rw_seats_sit (self, seat, connection);
  rw_brain_set_connected (self->brain, seat->id, TRUE);

  send_resilient_welcome (self, seat, TRUE);
  replay (self, seat);
  rw_rooms_set_away (self->rooms, seat->id, FALSE, now_us);
}

/* @message is the first of its connection. A claim that is not good gives a new
 * seat: its client begins anew. */
void
rw_seats_opt_in (RwSeats *self, Seat *seat, const RwBrainMessage *message,
                 gint64 now_us)
{
  Seat *claimed =
      message->token != NULL ? find_claimed (self, seat, message) : NULL;

  if (claimed != NULL) {
    claimed->attempt = message->attempt;
    resume (self, claimed, seat, now_us);
    return;
  }

  if (message->token != NULL)
    self->counts.refused++;
  rw_brain_handle (self->brain, seat->id, message);
  rw_seats_open (self, seat, self->config.new_token (self->config.user_data));
  seat->attempt = message->attempt;
  send_resilient_welcome (self, seat, FALSE);
}
