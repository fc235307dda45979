/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-seats.h"

G_BEGIN_DECLS

/* Seats of several nodes that are apart for a while: each node goes on alone,
 * with a copy, for the clients that it serves; then what it told them becomes
 * true for all. Which entries tell the others, in which order and why, is at
 * the head of rw-replica-alone.h. A client may have been told things twice, by
 * the node that was alone and by those that were not; what is the same, and
 * where it is now, is told from:
 *
 * - *home*, a client's last connection, kept while it is away: it is of the
 *   node that had it. One whose home is not any more where it was when its node
 *   went alone has moved to another;
 * - *attempt*, which its client counts: where it sits at two nodes, it is where
 *   the later attempt was;
 * - *identity*, of a message: a hash of what it follows from (who said what it
 *   answers, with which number, or else which entry), its type and its session.
 *   It is the same whichever node tells it, and whatever its number is there;
 * - *base*, the last number that a seat was sent before the copy was made. What
 *   the others have sent it since, and is not among the identities that it was
 *   *told* alone, it is told again, behind these, with new numbers;
 * - *by_log*, of a copied seat: what it was told up to there followed from
 *   entries that were on their way, so that a client that has moved hears it by
 *   the log;
 * - *bound*, of a seat: what it said with a later number only the node that was
 *   alone has heard, and passes on. What it said before came by the log. */

/**
 * RwSeatsVerdict: what a node that is alone does about a message
 * @RW_SEATS_NOW: handle it
 * @RW_SEATS_LATER: rw_seats_hold() it, until all are together again
 * @RW_SEATS_BLOCK: the same, and with all that comes on the connection
 */
typedef enum {
  RW_SEATS_NOW,
  RW_SEATS_LATER,
  RW_SEATS_BLOCK,
} RwSeatsVerdict;

/**
 * RwSeatsMerge:
 * @node: whose client it is
 * @connection: its, 0 for none
 * @state: rw_seats_save_client() of the copy
 * @home: its last connection before the copy was made; 0 if it was not there
 * @base: the last number that it had been sent then
 * @by_log: up to this number it was told what comes by the log, too
 * @is_new: it has come in since
 * @has_status: it has said since what it is
 * @told: (array length=n_told): what it was told while the node was alone, and
 *   may come by the log, too
 *
 * A client as a node that was alone has it. A plain value; borrows all.
 */
typedef struct {
  guint32 node;
  guint64 connection;
  GVariant *state;
  guint64 home;
  guint64 base;
  guint64 by_log;
  gboolean is_new;
  gboolean has_status;
  const guint64 *told;
  gsize n_told;
} RwSeatsMerge;

/* Alone. */
RwSeats *rw_seats_go_alone (RwSeats *self, const RwSeatsConfig *config,
                            guint32 node);
RwSeatsVerdict rw_seats_judge (RwSeats *self, guint64 connection,
                               const RwBrainMessage *message);
gboolean rw_seats_hold (RwSeats *self, guint64 connection,
                        const RwBrainMessage *message, gint64 now_us);

void rw_seats_end_of_log (RwSeats *self);

/* What came of it. */
GPtrArray *rw_seats_list_of_node (RwSeats *self, guint32 node);
gboolean rw_seats_has_seat (RwSeats *self, const char *peer_id);
guint64 rw_seats_get_home (RwSeats *self, const char *peer_id);
guint64 rw_seats_get_connection (RwSeats *self, const char *peer_id);
guint64 rw_seats_get_received (RwSeats *self, const char *peer_id);
guint64 rw_seats_get_sent (RwSeats *self, const char *peer_id);
guint64 rw_seats_get_by_log (RwSeats *self, const char *peer_id);
GArray *rw_seats_get_told (RwSeats *self, const char *peer_id);
GVariant *rw_seats_save_client (RwSeats *self, const char *peer_id);

/* Together again. */
void rw_seats_merge_gone (RwSeats *self, guint32 node, guint64 home,
                          const char *peer_id, gint64 now_us);
gboolean rw_seats_merge_client (RwSeats *self, const RwSeatsMerge *merge,
                                gint64 now_us, GError **error);
void rw_seats_merge_received (RwSeats *self, guint32 node, const char *peer_id,
                              guint64 received);
void rw_seats_merge_message (RwSeats *self, const char *peer_id,
                             const RwBrainMessage *message, gint64 now_us);
void rw_seats_merge_done (RwSeats *self, const char *peer_id);
void rw_seats_merge_session (RwSeats *self, guint32 node, const char *id,
                             const char *producer_id, const char *consumer_id,
                             gint64 now_us);
void rw_seats_merge_session_end (RwSeats *self, guint32 node, const char *id,
                                 gint64 now_us);

G_END_DECLS
