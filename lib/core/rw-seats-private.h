/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-replay.h"
#include "rw-seats.h"
#include "rw-shares.h"

/* What seats are made of, for those files that are their own. */

G_BEGIN_DECLS

/* What a seat said with a later number than @after is what @node, which had
 * been alone, has to pass on; what it said before came by the log. */
typedef struct {
  guint32 node;
  guint64 after;
} RwSeatBound;

/* So many nodes may come back at about the same time; of more than these, a
 * client that has moved is told again what its sources have said again. */
#define RW_SEAT_BOUNDS 4

/* One client of the brain. @connection is 0 while a seat waits. */
typedef struct {
  char *id;
  guint64 connection;
  guint64 home;    /* its last connection: of the node that serves it */
  guint64 attempt; /* of its client's, as it counts them; 0: it does not */
  gboolean has_spoken;
  RwGrants *grants; /* NULL: the server is open */
  char *token;      /* NULL: no seat, an ordinary client. Its client is told
                       more, see rw_seats_find_token() */
  RwReplay *replay;
  RwShares *shares; /* of what the replay keeps: who made it */
  gsize kept_bytes;
  guint coming; /* messages of rooms that are on their way to it */
  gsize coming_bytes;
  gint64 progress_us; /* since when there is something to acknowledge */
  gint64 lost_us;
  gint64 ack_due_us;
  RwQuality quality;                  /* of its connection, as it says */
  RwSeatBound bounds[RW_SEAT_BOUNDS]; /* the last of each node, newest last */
  guint64 held_from; /* only alone: not acknowledged from there on; 0: all is */
  guint64 by_log;    /* only alone: up to there it hears it from the log, too */
  GArray *told;      /* only alone: what it was told: identities */
  GList as_waiting;
  GList as_owing;
} RwSeat;

/* What a replay keeps: it gives its bytes back when it goes. */
typedef struct {
  RwSeat *seat;
  RwBrainMessage *message;
  gsize cost;
  guint64 identity; /* what it is, whichever node tells it */
  guint64 said;     /* the number that its source said it with; 0: none */
} RwSeatKept;

struct _RwSeats {
  RwSeatsConfig config;
  RwBrain *brain;
  RwRooms *rooms;
  gint64 now_us;         /* of the call that is being served */
  guint64 cause;         /* likewise: see rw_seats_set_cause() */
  guint64 said;          /* likewise: the number that it came with */
  guint32 alone;         /* the node whose clients it serves; 0: those of all */
  RwRooms *rooms_before; /* (nullable): only alone: to be read */
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
                              guint64 identity, guint64 said);
void rw_seat_kept_free (gpointer data);
void rw_seat_free (gpointer data);

/* Seats come and go. */
void rw_seats_open (RwSeats *self, RwSeat *seat, char *token);
void rw_seats_opt_in (RwSeats *self, RwSeat *seat,
                      const RwBrainMessage *message, gint64 now_us);
void rw_seats_sit (RwSeats *self, RwSeat *seat, guint64 connection);
RwSeat *rw_seats_find_token (RwSeats *self, const char *token, guint64 *line);
void rw_seats_start_waiting (RwSeats *self, RwSeat *seat, gint64 now_us);
void rw_seats_stop_waiting (RwSeats *self, RwSeat *seat);
void rw_seats_set_quality (RwSeats *self, RwSeat *seat, RwQuality quality);
void rw_seats_remove (RwSeats *self, RwSeat *seat, const char *reason);
void rw_seats_drop (RwSeats *self, RwSeat *seat, const char *why);

/* What they are told. */
void rw_seats_close (RwSeats *self, guint64 connection, guint code,
                     const char *why);
void rw_seats_add_message (RwSeats *self, RwSeat *seat, RwBrainMessage *message,
                           guint64 seq);
void rw_seats_settle_ack (RwSeats *self, RwSeat *seat);
guint64 rw_seats_get_told_ack (const RwSeat *seat);
void rw_seats_set_said (RwSeats *self, const RwSeat *seat, guint64 seq);
gboolean rw_seats_may_send_of_room (const char *id,
                                    const RwBrainMessage *message,
                                    gpointer user_data);
gboolean rw_seats_may_go_on (RwSeats *self, const RwSeat *seat);
void rw_seats_give (RwSeats *self, const char *id, RwBrainMessage *message);
void rw_seats_deliver (RwSeats *self, const char *id, RwBrainMessage *message);
void rw_seats_drain (RwSeats *self);

/* What they say. */
gboolean rw_seats_check_numbers (RwSeats *self, RwSeat *seat,
                                 const RwBrainMessage *message, gint64 now_us);
void rw_seats_send_ack (RwSeats *self, RwSeat *seat);
void rw_seats_acknowledge (RwSeats *self, RwSeat *seat, gint64 now_us);
void rw_seats_dispatch (RwSeats *self, RwSeat *seat,
                        const RwBrainMessage *message, gint64 now_us);

/* As they are stored. */
GVariant *rw_seats_save_with (RwSeats *self, RwRooms *rooms);
GVariant *rw_seat_save (const RwSeat *seat);
RwSeat *rw_seat_load (RwSeats *self, GVariant *state, GError **error);
RwReplay *rw_seat_load_replay (RwSeats *self, RwSeat *seat, GVariant *state,
                               GError **error);

G_END_DECLS
