/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-seats-private.h"

/* An acknowledgement waits so long for a message to travel with. */
#define ACK_DELAY_US (200 * G_GINT64_CONSTANT (1000))

/* What all say about themselves has to fit into this part of a seat's place,
 * but for those who say little. */
#define META_PART  2
#define SMALL_META 256

static const gint64 bucket_us[RW_SEATS_N_BUCKETS] = {
    100 * G_GINT64_CONSTANT (1000),   500 * G_GINT64_CONSTANT (1000),
    1000 * G_GINT64_CONSTANT (1000),  2000 * G_GINT64_CONSTANT (1000),
    5000 * G_GINT64_CONSTANT (1000),  10000 * G_GINT64_CONSTANT (1000),
    30000 * G_GINT64_CONSTANT (1000), 60000 * G_GINT64_CONSTANT (1000),
};

typedef RwSeat Seat;
typedef RwSeatKept Kept;

void
rw_seat_free (gpointer data)
{
  Seat *seat = data;

  g_clear_pointer (&seat->replay, rw_replay_free);
  g_clear_pointer (&seat->told, g_array_unref);
  rw_shares_free (seat->shares);
  rw_grants_free (seat->grants);
  g_free (seat->token);
  g_free (seat->id);
  g_free (seat);
}

/* --- Seats come and go --- */

void
rw_seats_stop_waiting (RwSeats *self, Seat *seat)
{
  if (seat->lost_us == 0)
    return;

  seat->lost_us = 0;
  g_queue_unlink (&self->waiting, &seat->as_waiting);
}

void
rw_seats_set_quality (RwSeats *self, Seat *seat, RwQuality quality)
{
  if (seat->quality != RW_QUALITY_UNKNOWN)
    self->counts.of_quality[seat->quality]--;
  seat->quality = quality;
  if (quality != RW_QUALITY_UNKNOWN)
    self->counts.of_quality[quality]++;
}

/* Takes @seat out of all books and frees it; the brain is told. */
void
rw_seats_remove (RwSeats *self, Seat *seat, const char *reason)
{
  rw_seats_stop_waiting (self, seat);
  rw_seats_set_quality (self, seat, RW_QUALITY_UNKNOWN);
  if (seat->ack_due_us != 0)
    g_queue_unlink (&self->owing, &seat->as_owing);
  if (seat->token != NULL) {
    g_hash_table_remove (self->by_token, seat->token);
    self->counts.seats--;
  }
  if (seat->connection != 0)
    g_hash_table_remove (self->by_connection, &seat->connection);
  rw_brain_remove_client (self->brain, seat->id, reason);
  rw_rooms_remove (self->rooms, seat->id, self->now_us);
  g_hash_table_remove (self->by_id, seat->id);
}

/* A seat that cannot go on: its connection, if any, is closed, and its client
 * begins anew. */
void
rw_seats_drop (RwSeats *self, Seat *seat, const char *why)
{
  if (seat->connection != 0)
    rw_seats_close (self, seat->connection, RW_CLOSE_POLICY, why);
  rw_seats_remove (self, seat, why);
}

void
rw_seats_sit (RwSeats *self, Seat *seat, guint64 connection)
{
  seat->connection = connection;
  seat->home = connection;
  g_hash_table_insert (self->by_connection, &seat->connection, seat);
}

/* --- Input --- */

static void
owe_ack (RwSeats *self, Seat *seat, gint64 now_us)
{
  if (seat->ack_due_us != 0 || rw_replay_get_owed (seat->replay) == 0)
    return;

  seat->ack_due_us = now_us + ACK_DELAY_US;
  g_queue_push_tail_link (&self->owing, &seat->as_owing);
}

void
rw_seats_send_ack (RwSeats *self, Seat *seat)
{
  g_autoptr (RwBrainMessage) message = rw_brain_message_new (RW_SIGNAL_ACK);

  if (seat->connection != 0)
    rw_seats_add_message (self, seat, message, 0);
  else
    rw_seats_settle_ack (self, seat);
}

/* Now, or a little later. */
void
rw_seats_acknowledge (RwSeats *self, Seat *seat, gint64 now_us)
{
  if (rw_replay_is_ack_due (seat->replay))
    rw_seats_send_ack (self, seat);
  else
    owe_ack (self, seat, now_us);
}

/* Numbers of a client that nobody could have: the line is to be closed. What
 * becomes of the seat is decided when it is, as for all others that are lost: a
 * client that knows better can resume it. */
static void
break_off (RwSeats *self, const Seat *seat, const char *why)
{
  rw_seats_close (self, seat->connection, RW_CLOSE_PROTOCOL_ERROR, why);
}

/* Whether the message is to be handled; its numbers have been seen to. */
gboolean
rw_seats_check_numbers (RwSeats *self, Seat *seat,
                        const RwBrainMessage *message, gint64 now_us)
{
  guint kept = rw_replay_get_kept (seat->replay);

  if (message->has_ack && !rw_replay_acknowledge (seat->replay, message->ack)) {
    break_off (self, seat, "\"ack\" of a message that was never sent");
    return FALSE;
  }
  if (rw_replay_get_kept (seat->replay) < kept) {
    seat->progress_us = now_us;
    if (rw_seats_may_go_on (self, seat))
      rw_rooms_go_on (self->rooms, seat->id, now_us);
  }
  if (message->seq == 0)
    return TRUE;

  switch (rw_replay_receive (seat->replay, message->seq)) {
  case RW_REPLAY_NEW:
    return TRUE;
  case RW_REPLAY_DUPLICATE:
    self->counts.duplicates++;
    return FALSE;
  case RW_REPLAY_GAP:
  default:
    break_off (self, seat, "a number is missing before \"seq\"");
    return FALSE;
  }
}

/* An ordinary client may say so too; nobody asks it. */
static void
on_quality (RwSeats *self, Seat *seat, RwQuality quality)
{
  if (seat->replay == NULL)
    return;
  rw_seats_set_quality (self, seat, quality);
  rw_rooms_note_quality (self->rooms, seat->id, quality);
}

/* (nullable): what is wrong with the meta. What others publish passes by; this
 * stays, once for each client and room, and whoever lists or joins is told all
 * of it at once. */
static const char *
refuse_meta (RwSeats *self, const Seat *seat, const RwBrainMessage *message)
{
  gsize len = message->meta != NULL ? g_ref_string_length (message->meta) : 0;
  gsize of_others;

  if (len <= SMALL_META || (message->type != RW_SIGNAL_SET_PEER_STATUS &&
                            message->type != RW_SIGNAL_JOIN_ROOM))
    return NULL;
  if (len > RW_SEATS_MAX_META)
    return "\"meta\" is kept for as long as you are here; it may have 16 KiB "
           "at "
           "most";

  of_others = message->type == RW_SIGNAL_JOIN_ROOM
                  ? rw_rooms_get_meta_bytes (self->rooms, message->room_id)
                  : rw_brain_get_meta_bytes (self->brain, seat->id);
  if (of_others + len > self->config.max_kept_bytes / META_PART)
    return "the others' \"meta\" leaves no place for so much; say it in 256 "
           "bytes";
  return NULL;
}

void
rw_seats_dispatch (RwSeats *self, Seat *seat, const RwBrainMessage *message,
                   gint64 now_us)
{
  RwRoles role =
      message->type == RW_SIGNAL_START_SESSION
          ? rw_brain_get_session_role (self->brain, seat->id, message->peer_id)
          : RW_ROLE_NONE;
  const char *refusal = rw_grants_refuse (seat->grants, message, role);
  const char *meta_refusal = refuse_meta (self, seat, message);

  if (refusal != NULL) {
    rw_brain_fail (self->brain, seat->id, "not-allowed", refusal, 0);
  } else if (meta_refusal != NULL) {
    rw_brain_fail (self->brain, seat->id, "meta-too-large", meta_refusal, 0);
  } else if (message->type == RW_SIGNAL_REPORT_QUALITY) {
    on_quality (self, seat, message->quality);
  } else if (!rw_rooms_takes (message->type)) {
    rw_brain_handle (self->brain, seat->id, message);
  } else if (seat->replay != NULL) {
    rw_rooms_handle (self->rooms, seat->id, message, now_us);
  } else {
    rw_brain_fail (self->brain, seat->id, "seat-needed",
                   "rooms are for clients that opted in with "
                   "setProtocolVersion",
                   0);
  }
}

static void
handle_numbered (RwSeats *self, Seat *seat, const RwBrainMessage *message,
                 gint64 now_us)
{
  guint64 connection = seat->connection;

  if (rw_seats_check_numbers (self, seat, message, now_us) &&
      message->type != RW_SIGNAL_ACK) {
    rw_seats_set_said (self, seat, message->seq);
    rw_seats_dispatch (self, seat, message, now_us);
    rw_seats_drain (self);
  }

  /* Either may have ended the seat, or its connection. */
  seat = g_hash_table_lookup (self->by_connection, &connection);
  if (seat != NULL)
    rw_seats_acknowledge (self, seat, now_us);
}

/**
 * rw_seats_handle:
 *
 * @message came on @connection, which must be open.
 */
void
rw_seats_handle (RwSeats *self, guint64 connection,
                 const RwBrainMessage *message, gint64 now_us)
{
  Seat *seat = g_hash_table_lookup (self->by_connection, &connection);
  gboolean first;

  /* Closed here already, but its last messages were on their way. */
  if (seat == NULL)
    return;

  self->now_us = now_us;
  first = !seat->has_spoken;
  seat->has_spoken = TRUE;
  if (first && message->type == RW_SIGNAL_SET_PROTOCOL_VERSION &&
      message->resilient)
    rw_seats_opt_in (self, seat, message, now_us);
  else if (seat->replay != NULL)
    handle_numbered (self, seat, message, now_us);
  else
    rw_seats_dispatch (self, seat, message, now_us);
  rw_seats_drain (self);
}

/** rw_seats_fail: as rw_brain_fail(), to whoever sits on @connection. */
void
rw_seats_fail (RwSeats *self, guint64 connection, const char *code,
               const char *details, guint64 retry_after_ms)
{
  Seat *seat = g_hash_table_lookup (self->by_connection, &connection);

  if (seat == NULL)
    return;

  seat->has_spoken = TRUE;
  rw_brain_fail (self->brain, seat->id, code, details, retry_after_ms);
  rw_seats_drain (self);
}

/**
 * rw_seats_connect:
 * @connection: never 0, and never used again
 * @grants: (transfer full) (nullable): what its token allows; NULL where
 *   nobody needs one
 */
void
rw_seats_connect (RwSeats *self, guint64 connection, RwGrants *grants)
{
  Seat *seat = g_new0 (Seat, 1);

  g_return_if_fail (connection != 0);

  seat->id = self->config.new_id (self->config.user_data);
  seat->grants = grants;
  seat->as_waiting.data = seat;
  seat->as_owing.data = seat;
  g_hash_table_insert (self->by_id, seat->id, seat);
  rw_seats_sit (self, seat, connection);
  rw_brain_add_client (self->brain, seat->id);
  rw_seats_drain (self);
}

void
rw_seats_start_waiting (RwSeats *self, Seat *seat, gint64 now_us)
{
  if (self->waiting.length >= self->config.max_waiting &&
      self->waiting.head != NULL) {
    self->counts.expired++;
    rw_seats_remove (self, self->waiting.head->data,
                     "too many peers are away at once");
  }

  rw_seats_set_quality (self, seat, RW_QUALITY_UNKNOWN);
  g_hash_table_remove (self->by_connection, &seat->connection);
  seat->connection = 0;
  seat->lost_us = now_us;
  g_queue_push_tail_link (&self->waiting, &seat->as_waiting);
  rw_brain_set_connected (self->brain, seat->id, FALSE);
  rw_rooms_set_away (self->rooms, seat->id, TRUE, now_us);
}

/* Alone nobody else's seat is given up for it. */
static gboolean
may_be_waited_for (RwSeats *self, const Seat *seat)
{
  return seat->replay != NULL && self->config.grace_us > 0 &&
         self->config.max_waiting > 0 &&
         (self->alone == 0 ||
          self->waiting.length < self->config.max_waiting) &&
         rw_brain_has_client (self->brain, seat->id);
}

/** rw_seats_disconnect: @connection is gone; an unknown one is fine. */
void
rw_seats_disconnect (RwSeats *self, guint64 connection, gint64 now_us)
{
  Seat *seat = g_hash_table_lookup (self->by_connection, &connection);

  if (seat == NULL)
    return;

  self->now_us = now_us;
  if (may_be_waited_for (self, seat))
    rw_seats_start_waiting (self, seat, now_us);
  else
    rw_seats_remove (self, seat,
                     "the peer's connection to the server was lost");
  rw_seats_drain (self);
}

/** rw_seats_leave: who sits on @connection has said goodbye: no grace. */
void
rw_seats_leave (RwSeats *self, guint64 connection, gint64 now_us)
{
  Seat *seat = g_hash_table_lookup (self->by_connection, &connection);

  if (seat == NULL)
    return;

  self->now_us = now_us;
  rw_seats_remove (self, seat, "the peer has left");
  rw_seats_drain (self);
}

/* --- Time --- */

/* Alone it does not run: who has gone to another node is not missed. */
static gint64
get_grace_end_us (RwSeats *self)
{
  const Seat *first = self->waiting.head != NULL && self->alone == 0
                          ? self->waiting.head->data
                          : NULL;

  return first != NULL ? first->lost_us + self->config.grace_us : G_MAXINT64;
}

static gint64
get_ack_due_us (RwSeats *self)
{
  const Seat *first = self->owing.head != NULL ? self->owing.head->data : NULL;

  return first != NULL ? first->ack_due_us : G_MAXINT64;
}

/** rw_seats_get_wake_us: when rw_seats_wake() is due; G_MAXINT64 for never. */
gint64
rw_seats_get_wake_us (RwSeats *self)
{
  gint64 wake_us = MIN (get_grace_end_us (self), get_ack_due_us (self));

  return MIN (wake_us, rw_rooms_get_wake_us (self->rooms));
}

/** rw_seats_wake: does all that is due by now. */
void
rw_seats_wake (RwSeats *self, gint64 now_us)
{
  self->now_us = now_us;
  rw_rooms_wake (self->rooms, now_us);
  rw_seats_drain (self);

  while (get_ack_due_us (self) <= now_us)
    rw_seats_send_ack (self, self->owing.head->data);

  while (get_grace_end_us (self) <= now_us) {
    Seat *seat = self->waiting.head->data;

    self->counts.expired++;
    self->counts.dropped += rw_replay_get_kept (seat->replay);
    rw_seats_remove (self, seat, "the peer did not come back in time");
  }
  rw_seats_drain (self);
}

/* --- The rest --- */

/** rw_seats_node_of: 0 where there is but one. */
guint32
rw_seats_node_of (guint64 connection)
{
  return (guint32) (connection >> 32);
}

/* For RwRoomsConfig. */
static char *
new_room_id (gpointer user_data)
{
  RwSeats *self = user_data;

  return self->config.new_id (self->config.user_data);
}

RwSeats *
rw_seats_new (const RwSeatsConfig *config)
{
  RwSeats *self;

  g_return_val_if_fail (config->new_id != NULL, NULL);
  g_return_val_if_fail (config->new_token != NULL, NULL);

  self = g_new0 (RwSeats, 1);
  self->config = *config;
  self->config.rooms.new_id = new_room_id;
  self->config.rooms.may_send = rw_seats_may_send_of_room;
  self->config.rooms.user_data = self;
  self->brain = rw_brain_new (config->new_id, config->user_data);
  self->rooms = rw_rooms_new (&self->config.rooms);
  self->by_connection = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->by_id =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, rw_seat_free);
  self->by_token = g_hash_table_new (g_str_hash, g_str_equal);

  return self;
}

static void
output_free (gpointer data)
{
  rw_seats_output_clear (data);
  g_free (data);
}

/** rw_seats_free: NULL is fine. */
void
rw_seats_free (RwSeats *self)
{
  if (self == NULL)
    return;

  g_queue_clear_full (&self->output, output_free);
  g_hash_table_unref (self->by_token);
  g_hash_table_unref (self->by_connection);
  g_hash_table_unref (self->by_id);
  rw_rooms_free (self->rooms);
  rw_brain_free (self->brain);
  g_free (self);
}

/**
 * rw_seats_pop:
 * @output: (out caller-allocates): the oldest thing to do; clear it after
 *
 * Returns: FALSE if there is nothing to do
 */
gboolean
rw_seats_pop (RwSeats *self, RwSeatsOutput *output)
{
  g_autofree RwSeatsOutput *head = g_queue_pop_head (&self->output);

  if (head == NULL)
    return FALSE;

  *output = *head;
  return TRUE;
}

void
rw_seats_output_clear (RwSeatsOutput *output)
{
  g_clear_pointer (&output->message, rw_brain_message_unref);
}

/** rw_seats_get_peer_id: of who sits on @connection; NULL when it is closed. */
const char *
rw_seats_get_peer_id (RwSeats *self, guint64 connection)
{
  const Seat *seat = g_hash_table_lookup (self->by_connection, &connection);

  return seat != NULL ? seat->id : NULL;
}

/** rw_seats_is_seat: whether the client on @connection has opted in. */
gboolean
rw_seats_is_seat (RwSeats *self, guint64 connection)
{
  const Seat *seat = g_hash_table_lookup (self->by_connection, &connection);

  return seat != NULL && seat->replay != NULL;
}

/** rw_seats_is_waiting: whether there is such a seat, and its client is away.
 */
gboolean
rw_seats_is_waiting (RwSeats *self, const char *peer_id)
{
  const Seat *seat = g_hash_table_lookup (self->by_id, peer_id);

  return seat != NULL && seat->connection == 0;
}

/**
 * rw_seats_find_user:
 *
 * Returns: (transfer none) (nullable): the peer id under which @user is in the
 *   room; on an open server, users are their peer ids
 */
const char *
rw_seats_find_user (RwSeats *self, const char *user, const char *room_id)
{
  RwRoomsMember member;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Seat *seat = value;
    const char *name = seat->grants != NULL ? seat->grants->user : seat->id;

    if (g_str_equal (name, user) &&
        rw_rooms_get_member (rw_seats_get_rooms (self), room_id, seat->id,
                             &member))
      return seat->id;
  }

  return NULL;
}

/** rw_seats_get_brain: (transfer none): for its counts. */
RwBrain *
rw_seats_get_brain (RwSeats *self)
{
  return self->brain;
}

/** rw_seats_get_rooms: (transfer none): for what it knows. */
RwRooms *
rw_seats_get_rooms (RwSeats *self)
{
  return self->rooms_before != NULL ? self->rooms_before : self->rooms;
}

void
rw_seats_get_counts (RwSeats *self, RwSeatsCounts *counts)
{
  *counts = self->counts;
  counts->waiting = self->waiting.length;
}

/** rw_seats_bucket_us: the upper bound of an outage bucket but the last. */
gint64
rw_seats_bucket_us (guint bucket)
{
  g_return_val_if_fail (bucket < RW_SEATS_N_BUCKETS, 0);

  return bucket_us[bucket];
}
