/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-brain.h"
#include "rw-grants.h"
#include "rw-rooms.h"

G_BEGIN_DECLS

/**
 * RwSeats:
 *
 * Which connection sits where. An ordinary connection is one client of the
 * brain for as long as it lives. A client that opts in gets a *seat*: its
 * place in the brain, which outlives the connection for a grace period, and
 * which a later connection claims with the seat's token. What is said to and
 * by a seat is numbered, acknowledged and replayed, so that it arrives exactly
 * once and in order across connections.
 *
 * Pure, as the brain is: connections are numbers, time comes as an argument.
 * Of one thread.
 */
typedef struct _RwSeats RwSeats;

/**
 * RwSeatsConfig:
 * @new_id: makes the ids of peers and sessions
 * @new_token: makes tokens; they must be beyond guessing
 * @grace_us: how long a seat waits for its client
 * @max_kept: messages that may wait for an acknowledgement, for each seat
 * @max_kept_bytes: the same in bytes
 * @max_waiting: seats that may wait for their client at once; the one that
 *   has waited longest goes first
 * @rooms: for the rooms, which only seats may enter
 */
typedef struct {
  RwIdFunc new_id;
  RwIdFunc new_token;
  gpointer user_data;
  gint64 grace_us;
  guint max_kept;
  gsize max_kept_bytes;
  guint max_waiting;
  RwRoomsConfig rooms;
} RwSeatsConfig;

#define RW_SEATS_N_BUCKETS 8

/**
 * RwSeatsCounts: since the start, but for the first three, which are now.
 * @of_quality: seats whose client is connected and has said how well, by that
 * @held_off: messages that were refused, as their client had said too much to a
 *   seat already
 * @outage_buckets: resumptions by the length of the outage, each bucket those
 *   of up to rw_seats_bucket_us(), not cumulative; the last is the rest
 */
typedef struct {
  guint seats;
  guint waiting;
  guint of_quality[RW_QUALITY_POOR + 1];
  guint64 opted_in;
  guint64 resumed;
  guint64 refused;
  guint64 evicted;
  guint64 expired;
  guint64 overflowed;
  guint64 held_off;
  guint64 replayed;
  guint64 duplicates;
  guint64 dropped;
  guint64 outage_buckets[RW_SEATS_N_BUCKETS + 1];
  gint64 outage_sum_us;
} RwSeatsCounts;

/**
 * RwSeatsOutput:
 * @connection: where it goes
 * @message: (nullable): to send; NULL: close the connection instead
 * @seq: its number, 0 for none
 * @has_ack: whether @ack goes with it
 * @close_code: for a close
 * @close_why: for a close; static
 */
typedef struct {
  guint64 connection;
  RwBrainMessage *message;
  guint64 seq;
  guint64 ack;
  gboolean has_ack;
  guint close_code;
  const char *close_why;
} RwSeatsOutput;

/** Codes of ours from the range that is free for applications. */
#define RW_CLOSE_PROTOCOL_ERROR 1002
#define RW_CLOSE_POLICY         1008
#define RW_CLOSE_CLAIMED        4001

RwSeats *rw_seats_new (const RwSeatsConfig *config);
void rw_seats_free (RwSeats *self);

void rw_seats_connect (RwSeats *self, guint64 connection, RwGrants *grants);
void rw_seats_disconnect (RwSeats *self, guint64 connection, gint64 now_us);
void rw_seats_leave (RwSeats *self, guint64 connection, gint64 now_us);
void rw_seats_handle (RwSeats *self, guint64 connection,
                      const RwBrainMessage *message, gint64 now_us);
void rw_seats_fail (RwSeats *self, guint64 connection, const char *code,
                    const char *details, guint64 retry_after_ms);

gint64 rw_seats_get_wake_us (RwSeats *self);
void rw_seats_wake (RwSeats *self, gint64 now_us);

gboolean rw_seats_pop (RwSeats *self, RwSeatsOutput *output);
void rw_seats_output_clear (RwSeatsOutput *output);

gboolean rw_seats_is_seat (RwSeats *self, guint64 connection);
gboolean rw_seats_is_waiting (RwSeats *self, const char *peer_id);
const char *rw_seats_get_peer_id (RwSeats *self, guint64 connection);
const char *rw_seats_find_user (RwSeats *self, const char *user,
                                const char *room_id);
RwBrain *rw_seats_get_brain (RwSeats *self);
RwRooms *rw_seats_get_rooms (RwSeats *self);
void rw_seats_get_counts (RwSeats *self, RwSeatsCounts *counts);
gint64 rw_seats_bucket_us (guint bucket);

/* One server of several: a connection's number begins with its node's. */
guint32 rw_seats_node_of (guint64 connection);
void rw_seats_set_cause (RwSeats *self, guint32 node, guint64 n);

GVariant *rw_seats_save (RwSeats *self);
RwSeats *rw_seats_load (const RwSeatsConfig *config, GVariant *state,
                        GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwSeats, rw_seats_free)

G_END_DECLS
