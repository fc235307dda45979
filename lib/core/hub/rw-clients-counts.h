/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-quality.h"

#include <glib.h>

G_BEGIN_DECLS

#define RW_CLIENTS_N_BUCKETS 8

/**
 * RwClientsCounts: since the start, but for the first three, which are now.
 * @resumable: clients with a resumption; @waiting: those of them that have no
 *   connection
 * @of_quality: connected clients by the quality that they report
 * @requested: resumptions that were begun; @refused: those of them for which
 *   the client had another token
 * @evicted: connections that were closed, as the client had a newer one
 * @expired: clients that did not come back; @overflowed: for which too much
 *   waited
 * @throttled: messages that were refused, as their source had sent too much to
 *   a client already
 * @replayed: messages that were sent again; @duplicates: received again
 * @dropped: messages for clients that were removed
 * @outage_buckets: resumes by the length of the outage, each bucket those
 *   of up to rw_clients_bucket_us(), not cumulative; the last is the rest
 */
typedef struct {
  guint resumable;
  guint waiting;
  guint of_quality[RW_QUALITY_POOR + 1];
  guint64 requested;
  guint64 resumed;
  guint64 refused;
  guint64 evicted;
  guint64 expired;
  guint64 overflowed;
  guint64 throttled;
  guint64 replayed;
  guint64 duplicates;
  guint64 dropped;
  guint64 outage_buckets[RW_CLIENTS_N_BUCKETS + 1];
  gint64 outage_sum_us;
} RwClientsCounts;

/** rw_clients_bucket_us: the upper bound of an outage bucket but the last. */
gint64 rw_clients_bucket_us (guint bucket);

/** rw_clients_counts_add_outage: a resume after @outage_us. */
void rw_clients_counts_add_outage (RwClientsCounts *self, gint64 outage_us);

G_END_DECLS
