/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-replica-private.h"

G_BEGIN_DECLS

/* A node while the log is away, from the first moment to the last:
 *
 * 1. Alone (rw-replica-alone.c). rw_replica_go_alone() makes a copy of the
 *    seats. Entries that are on their way to the log are applied to the copy,
 *    too; from then on inputs make no entries, but are handled on the copy, as
 *    far as they concern clients of this node only. The rest is *late* (said by
 *    a seat: it is received, but not acknowledged) or *held* (all else). The
 *    seats themselves stay as the log has left them.
 *
 * 2. Back (rw-replica-return.c). rw_replica_come_back() compares the copy with
 *    the seats and makes entries of what is different:
 *    - GONE, of each client that has left: first, as whoever has its place, or
 *      its name, comes after it;
 *    - SAID, of each seat that the others know: how much it has said, and what
 *      of that is late. Before the sessions' ends, as what was said in one came
 *      before its end; and before all clients, as one that has moved is told
 *      only what its sources have not said again elsewhere (RwSeatBound);
 *    - SESSION_END, of each session that is over: before the clients, so that
 *      one that has moved is told nothing of it but that;
 *    - CLIENT, of each that is new or changed; SAID, of each new seat, which
 *      has to be there first;
 *    - SESSION, of each that has begun: last, as it needs both its clients.
 *    What was held follows as the entries that it would have been.
 *
 * 3. Together again (rw-replica-merge.c, rw-seats-merge.c). Every node applies
 *    these entries, in the log's order, to seats that may have gone on without
 *    this node. Its clients have been told already what follows from them; only
 *    the others are, and this node drops what its own have heard before
 *    (rw_replica_filter()). Once the last of them has come back by the log the
 *    node is *settled*, and may be alone again. */

/* An input that is for later: the entry that it will be. */
typedef struct {
  RwEntryKind kind;
  guint64 connection;
  GVariant *body;
} RwReplicaHeld;

/* Of a seat of which only the others know how far it has come. */
typedef struct {
  guint64 connection;
  gint64 until_us;
} RwReplicaClaim;

struct _RwReplicaAlone {
  RwSeats *seats;   /* the copy */
  GHashTable *ours; /* peers of this node that the others may know of, and
                       whether they do as seats */
  GQueue held;
  GHashTable *blocked; /* connections, guint64: all that they say is held; ->
                          GQueue of its links there */
  GQueue claims;       /* RwReplicaClaim, for which some of them are */
  GHashTable *holding; /* ordinary ones of which something is held */
  GHashTable *late;    /* peer -> GPtrArray of GVariant: what it has said */
  gboolean refusing;   /* the claim that is being handled */
  gsize bytes;         /* of what is held and late */
};

G_END_DECLS
