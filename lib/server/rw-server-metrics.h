/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-brain.h"
#include "rw-seats.h"
#include "rw-server-socket.h"

G_BEGIN_DECLS

#define RW_SERVER_STORE_MAX_BUCKETS 16

/**
 * RwServerStore:
 * @given: whether there is one
 * @ready: whether the server has ever joined the other nodes
 * @degraded: it is away
 * @position_ms: time of the last entry that was read
 * @lag_us: how long before now that was, while there is more to be read
 * @snapshot_age_us: of this node's last, -1 for none
 * @pending_bytes: of what waits for it
 * @latency_buckets: entries by the time until they were read back, as many as
 *   @n_buckets and one for the rest; not cumulative
 *
 * The store that a server shares with other nodes.
 */
typedef struct {
  gboolean given;
  gboolean ready;
  gboolean degraded;
  gboolean up;
  gboolean alone;
  guint32 node;
  guint nodes;
  guint64 position_ms;
  guint64 entries;
  guint64 entries_bad;
  guint64 snapshots;
  guint64 snapshots_failed;
  gsize snapshot_bytes;
  guint64 log_entries;
  gint64 lag_us;
  gint64 snapshot_age_us;
  gint64 degraded_us;
  guint64 rejoined;
  gsize pending_bytes;
  guint n_buckets;
  gint64 bucket_us[RW_SERVER_STORE_MAX_BUCKETS];
  guint64 latency_buckets[RW_SERVER_STORE_MAX_BUCKETS + 1];
  gint64 latency_sum_us;
} RwServerStore;

/**
 * RwServerMetrics:
 *
 * What a server counts of itself. The counts of the parts are filled in
 * when somebody asks.
 */
typedef struct {
  guint connections;
  gsize queued_bytes;
  guint64 ends[RW_SERVER_N_ENDS];
  RwBrainCounts brain;
  RwSeatsCounts seats;
  RwRoomsCounts rooms;
  RwServerStore store;
  guint64 accepted;
  guint64 refused_full;
  guint64 refused_address;
  guint64 refused_origin;
  guint64 refused_auth;
  guint64 not_waited_for;
  guint64 messages_in;
  guint64 messages_out;
  guint64 messages_bad;
} RwServerMetrics;

char *rw_server_metrics_to_text (const RwServerMetrics *self);

G_END_DECLS
