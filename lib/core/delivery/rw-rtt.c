/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-rtt.h"

#define RTO_MIN_US     (60 * 1000)
#define RTO_INITIAL_US (250 * 1000)
#define RTO_MAX_US     (3 * G_USEC_PER_SEC)

void
rw_rtt_init (RwRtt *rtt)
{
  *rtt = (RwRtt){.recent_us = {G_MAXINT64, G_MAXINT64},
                 .base_us = {G_MAXINT64, G_MAXINT64}};
}

/* Keeps the least sample of this period and of the one before. */
static void
update_least (gint64 *least_us, gint64 *since_us, gint64 period_us,
              gint64 sample_us, gint64 now_us)
{
  if (now_us - *since_us >= period_us) {
    least_us[1] = least_us[0];
    least_us[0] = G_MAXINT64;
    *since_us = now_us;
  }
  least_us[0] = MIN (least_us[0], sample_us);
}

/* RFC 6298, section 2, with its gains of 1/8 and 1/4. */
void
rw_rtt_update (RwRtt *rtt, gint64 sample_us, gint64 now_us)
{
  if (sample_us < 0)
    return;
  if (!rtt->valid) {
    rtt->srtt_us = sample_us;
    rtt->rttvar_us = sample_us / 2;
    rtt->base_since_us = rtt->recent_since_us = now_us;
    rtt->valid = TRUE;
  } else {
    rtt->rttvar_us += (ABS (sample_us - rtt->srtt_us) - rtt->rttvar_us) / 4;
    rtt->srtt_us += (sample_us - rtt->srtt_us) / 8;
  }
  rtt->latest_us = sample_us;
  update_least (rtt->base_us, &rtt->base_since_us, RW_RTT_BASE_PERIOD_US,
                sample_us, now_us);
  update_least (rtt->recent_us, &rtt->recent_since_us,
                MAX (RW_RTT_RECENT_PERIOD_US, rtt->srtt_us / 2), sample_us,
                now_us);
}

gint64
rw_rtt_get_rto_us (const RwRtt *rtt)
{
  if (!rtt->valid)
    return RTO_INITIAL_US;
  return CLAMP (rtt->srtt_us + rtt->srtt_us / 2 + 4 * rtt->rttvar_us,
                RTO_MIN_US, RTO_MAX_US);
}

gint64
rw_rtt_get_base_us (const RwRtt *rtt)
{
  return rtt->valid ? MIN (rtt->base_us[0], rtt->base_us[1]) : 0;
}

gint64
rw_rtt_get_queueing_us (const RwRtt *rtt)
{
  if (!rtt->valid)
    return 0;
  return MIN (rtt->recent_us[0], rtt->recent_us[1]) - rw_rtt_get_base_us (rtt);
}
