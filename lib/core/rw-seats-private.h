/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-replay.h"
#include "rw-seats.h"
#include "rw-shares.h"

/* What seats are made of, for those files that are their own. */

G_BEGIN_DECLS

/* One client of the brain. @connection is 0 while a seat waits. */
typedef struct {
  char *id;
  guint64 connection;
  gboolean has_spoken;
  RwGrants *grants; /* NULL: the server is open */
  char *token;      /* NULL: no seat, an ordinary client */
  RwReplay *replay;
  RwShares *shares; /* of what the replay keeps: who made it */
  gsize kept_bytes;
  guint coming; /* messages of rooms that are on their way to it */
  gsize coming_bytes;
  gint64 progress_us; /* since when there is something to acknowledge */
  gint64 lost_us;
  gint64 ack_due_us;
  RwQuality quality; /* of its connection, as it says */
  GList as_waiting;
  GList as_owing;
} RwSeat;

/* What a replay keeps: it gives its bytes back when it goes. */
typedef struct {
  RwSeat *seat;
  RwBrainMessage *message;
  gsize cost;
  guint64 position; /* of the input that it comes from */
} RwSeatKept;

struct _RwSeats {
  RwSeatsConfig config;
  RwBrain *brain;
  RwRooms *rooms;
  gint64 now_us;    /* of the call that is being served */
  guint64 position; /* likewise, as rw_seats_set_position() has it */
  GHashTable *by_connection;
  GHashTable *by_id;
  GHashTable *by_token;
  GQueue waiting; /* in the order of their deadlines, as grace is the same */
  GQueue owing;   /* in the order of their acknowledgements' deadlines */
  GQueue output;
  RwSeatsCounts counts;
};

/* So many messages are acknowledged at once. */
#define RW_SEATS_ACK_EVERY 16

/* Of what a client says about itself. */
#define RW_SEATS_MAX_META 16384

RwSeatKept *rw_seat_kept_new (RwSeat *seat, RwBrainMessage *message,
                              guint64 position);
void rw_seat_kept_free (gpointer data);
void rw_seat_free (gpointer data);

G_END_DECLS
