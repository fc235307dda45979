/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwRtt: smoothed round-trip time of one session, and its base.
 *
 * A caller-owned struct. Samples come from echoed send times, each of which
 * names one message, so a repeated message cannot spoil them (Karn's rule
 * holds by construction).
 */

/* The base is the least of this and the previous such period. */
#define RW_RTT_BASE_PERIOD_US (30 * G_USEC_PER_SEC)

/* The same for the delay of now, or half a round trip if that is longer: long
 * enough to see through jitter, short enough to see a queue build up. */
#define RW_RTT_RECENT_PERIOD_US (50 * 1000)

typedef struct {
  gboolean valid;
  gint64 srtt_us;
  gint64 rttvar_us;
  gint64 latest_us;
  /*< private >*/
  gint64 recent_us[2];
  gint64 recent_since_us;
  gint64 base_us[2];
  gint64 base_since_us;
} RwRtt;

void rw_rtt_init (RwRtt *rtt);

/* Adds one sample; negative ones (of a faulty peer) are ignored. */
void rw_rtt_update (RwRtt *rtt, gint64 sample_us, gint64 now_us);

/* When a message counts as lost: max(60 ms, 1.5 SRTT + 4 RTTVAR); 250 ms while
 * nothing was measured; at most 3 s. */
gint64 rw_rtt_get_rto_us (const RwRtt *rtt);

/* Least RTT of the last 30 to 60 s; 0 while nothing was measured. */
gint64 rw_rtt_get_base_us (const RwRtt *rtt);

/* By how much the least recent sample exceeds the base: the delay that queues
 * on the path add now. */
gint64 rw_rtt_get_queueing_us (const RwRtt *rtt);

G_END_DECLS
