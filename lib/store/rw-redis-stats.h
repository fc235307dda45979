/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define RW_REDIS_N_BUCKETS 8

/**
 * RwRedisStats:
 * @is_up: Redis is there, and this node has joined the others
 * @is_alone: it is not, and this node handles what it can without it
 * @latency_buckets: entries of this node by the time from being sent to being
 *   read back, each bucket those of up to rw_redis_stats_bucket_us(), not
 *   cumulative; the last is the rest
 *
 * What a node counts of its store. A plain value.
 */
typedef struct {
  gboolean is_up;
  gboolean is_alone;
  guint32 node;
  guint nodes;
  guint64 position_ms;
  guint64 entries;
  guint64 entries_bad;
  guint64 snapshots;
  guint64 snapshots_failed;
  gsize snapshot_bytes; /* of the last that was tried; 0: none yet */
  guint64 log_entries;
  gint64 lag_us;          /* of the last entry read, while there are more */
  gint64 snapshot_age_us; /* -1: none yet */
  gint64 degraded_us;
  guint64 rejoined;
  gsize pending_bytes;
  guint64 latency_buckets[RW_REDIS_N_BUCKETS + 1];
  gint64 latency_sum_us;
} RwRedisStats;

void rw_redis_stats_note_latency (RwRedisStats *self, gint64 latency_us);
gint64 rw_redis_stats_bucket_us (guint bucket);

G_END_DECLS
