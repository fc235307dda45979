/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-clients-counts.h"

static const gint64 bucket_us[RW_CLIENTS_N_BUCKETS] = {
    100 * G_GINT64_CONSTANT (1000),   500 * G_GINT64_CONSTANT (1000),
    1000 * G_GINT64_CONSTANT (1000),  2000 * G_GINT64_CONSTANT (1000),
    5000 * G_GINT64_CONSTANT (1000),  10000 * G_GINT64_CONSTANT (1000),
    30000 * G_GINT64_CONSTANT (1000), 60000 * G_GINT64_CONSTANT (1000),
};

gint64
rw_clients_bucket_us (guint bucket)
{
  g_return_val_if_fail (bucket < RW_CLIENTS_N_BUCKETS, 0);

  return bucket_us[bucket];
}

void
rw_clients_counts_add_outage (RwClientsCounts *self, gint64 outage_us)
{
  guint bucket = 0;

  while (bucket < RW_CLIENTS_N_BUCKETS && outage_us > bucket_us[bucket])
    bucket++;
  self->outage_buckets[bucket]++;
  self->outage_sum_us += outage_us;
}
