/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-redis-stats.h"

static const gint64 bucket_us[RW_REDIS_N_BUCKETS] = {
    250, 500, 1000, 2500, 5000, 25000, 100000, 1000000,
};

void
rw_redis_stats_note_latency (RwRedisStats *self, gint64 latency_us)
{
  guint bucket = 0;

  while (bucket < RW_REDIS_N_BUCKETS && latency_us > bucket_us[bucket])
    bucket++;
  self->latency_buckets[bucket]++;
  self->latency_sum_us += latency_us;
}

/** rw_redis_stats_bucket_us: the upper bound of a bucket but the last. */
gint64
rw_redis_stats_bucket_us (guint bucket)
{
  g_return_val_if_fail (bucket < RW_REDIS_N_BUCKETS, 0);

  return bucket_us[bucket];
}
