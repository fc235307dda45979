/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-seats.h"

G_BEGIN_DECLS

/**
 * RwReplica:
 *
 * One node's copy of the seats of several nodes. What happens to a connection
 * becomes an *entry*: bytes that go to a log which all nodes share. Each node
 * applies every entry, in the log's order, to its own seats; so all hold the
 * same state, and what is to be sent comes out at the node that has the
 * connection. An entry carries all that it depends on but the state: nothing
 * here is decided by a clock, by dice or by a node's own configuration.
 *
 * Each node numbers its entries. One that comes again is passed over; so is
 * one with a number missing before it, which its node will send again, in
 * order. So every entry counts once, however often it was appended.
 *
 * Pure. Of one thread.
 */
typedef struct _RwReplica RwReplica;

#define RW_REPLICA_SEED_BYTES 32

#define RW_REPLICA_ERROR (rw_replica_error_quark ())
GQuark rw_replica_error_quark (void);

/**
 * RwReplicaError:
 * @RW_REPLICA_ERROR_ENTRY: an entry that no node of this version writes
 * @RW_REPLICA_ERROR_STATE: the same of a saved state
 */
typedef enum {
  RW_REPLICA_ERROR_ENTRY,
  RW_REPLICA_ERROR_STATE,
} RwReplicaError;

/**
 * RwReplicaPosition: an entry's place in the log: a time in milliseconds, and
 * a number within it. Later ones are greater.
 */
typedef struct {
  guint64 ms;
  guint64 seq;
} RwReplicaPosition;

/** RwReplicaParseFunc: (nullable): a client's text as a message. */
typedef RwBrainMessage *(*RwReplicaParseFunc) (const char *text, gsize len,
                                               gpointer user_data);

/** RwReplicaSeedFunc: fills @seed with bytes that nobody can guess. */
typedef void (*RwReplicaSeedFunc) (guint8 *seed, gpointer user_data);

/** RwReplicaTimeFunc: what time it is by the log's clock, as far as known. */
typedef gint64 (*RwReplicaTimeFunc) (gpointer user_data);

/**
 * RwReplicaConfig:
 * @node: this node's number, from 1; none other may have it, now or before
 * @get_time_us: (nullable): for when the log's clock is set back, and it says
 *   the same time again and again; the nodes' clocks go on
 * @seats: its functions are not used; the rest counts for a new log only
 */
typedef struct {
  guint32 node;
  RwReplicaParseFunc parse;
  RwReplicaSeedFunc new_seed;
  RwReplicaTimeFunc get_time_us;
  gpointer user_data;
  RwSeatsConfig seats;
} RwReplicaConfig;

RwReplica *rw_replica_new (const RwReplicaConfig *config);
void rw_replica_free (RwReplica *self);

/* What happened here: each makes an entry, which counts once it is applied. */
guint64 rw_replica_new_connection (RwReplica *self);
void rw_replica_connect (RwReplica *self, guint64 connection,
                         const RwGrants *grants);
void rw_replica_disconnect (RwReplica *self, guint64 connection,
                            gboolean goodbye);
void rw_replica_handle (RwReplica *self, guint64 connection, const char *text,
                        gsize len);
void rw_replica_fail (RwReplica *self, guint64 connection, const char *code,
                      const char *details, guint64 retry_after_ms);
void rw_replica_set_quality (RwReplica *self, const char *room_id,
                             const char *peer_id, RwQuality quality);
void rw_replica_wake (RwReplica *self);
void rw_replica_declare_down (RwReplica *self, guint32 node);

/* While the log is away. */
gboolean rw_replica_go_alone (RwReplica *self);
gboolean rw_replica_is_alone (RwReplica *self);
void rw_replica_come_back (RwReplica *self);
gboolean rw_replica_is_settled (RwReplica *self);

/* This node's entries, to be appended in the order of their numbers. */
guint64 rw_replica_get_last_made (RwReplica *self);
guint64 rw_replica_get_last_applied (RwReplica *self);
GBytes *rw_replica_get_entry (RwReplica *self, guint64 n);
gsize rw_replica_get_pending_bytes (RwReplica *self);

/* The log. */
gboolean rw_replica_apply (RwReplica *self, const RwReplicaPosition *position,
                           GBytes *entry, GError **error);
void rw_replica_get_position (RwReplica *self, RwReplicaPosition *position);
gint64 rw_replica_get_time_us (RwReplica *self);
gint64 rw_replica_get_wake_us (RwReplica *self);

gboolean rw_replica_pop (RwReplica *self, RwSeatsOutput *output);
gboolean rw_replica_take_declared_down (RwReplica *self);
GArray *rw_replica_get_other_nodes (RwReplica *self);

/* Snapshots. */
GBytes *rw_replica_save (RwReplica *self);
gboolean rw_replica_load (RwReplica *self, GBytes *state, GError **error);
void rw_replica_set_position (RwReplica *self,
                              const RwReplicaPosition *position);

gboolean rw_replica_knows (RwReplica *self, guint64 connection);
gboolean rw_replica_can_go_on (RwReplica *self);
RwSeats *rw_replica_get_seats (RwReplica *self);
int rw_replica_position_compare (const RwReplicaPosition *a,
                                 const RwReplicaPosition *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwReplica, rw_replica_free)

G_END_DECLS
