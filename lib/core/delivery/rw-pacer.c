/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-pacer.h"

/* Burst after a pause, in audio time. */
#define BURST_US 20000

/* The largest message is worth about this many bytes (LEDBAT's MSS). */
#define SEGMENT 1200.0

void
rw_pacer_init (RwPacer *pacer, gdouble rate, guint32 max_window, gint64 now_us)
{
  *pacer = (RwPacer){
      .rate = rate,
      .window = RW_PACER_MIN_WINDOW,
      .max_window = MAX (max_window, RW_PACER_MIN_WINDOW),
      .slow_start = TRUE,
      .filled_us = now_us,
      .cut_us = now_us,
  };
}

static void
fill (RwPacer *pacer, gint64 now_us)
{
  gdouble earned = (now_us - pacer->filled_us) * 1000.0 * pacer->rate;
  gdouble most = BURST_US * 1000.0 * pacer->rate;

  pacer->budget_ns = (gint64) MIN (pacer->budget_ns + earned, most);
  pacer->filled_us = now_us;
}

void
rw_pacer_set_rate (RwPacer *pacer, gdouble rate, gint64 now_us)
{
  fill (pacer, now_us);
  pacer->rate = rate;
}

gboolean
rw_pacer_may_send (RwPacer *pacer, guint32 outstanding, gint64 now_us)
{
  if (outstanding > 0 && outstanding + SEGMENT > pacer->window)
    return FALSE;
  if (pacer->rate <= 0)
    return TRUE;
  fill (pacer, now_us);
  return pacer->budget_ns >= 0;
}

void
rw_pacer_sent (RwPacer *pacer, guint64 audio_ns)
{
  if (pacer->rate > 0)
    pacer->budget_ns -= (gint64) audio_ns;
}

/* At most once a round trip, for its effect shows only after one. */
static void
cut (RwPacer *pacer, const RwRtt *rtt, gint64 now_us)
{
  if (now_us - pacer->cut_us < rtt->srtt_us)
    return;
  pacer->cut_us = now_us;
  pacer->window /= 2;
}

/* A segment a round trip is little on a long path: up to four there. */
static gdouble
get_gain (const RwRtt *rtt)
{
  return CLAMP (rw_rtt_get_base_us (rtt) / 50000.0, 1.0, 4.0);
}

void
rw_pacer_note_retired (RwPacer *pacer, guint32 bytes, guint32 outstanding,
                       const RwRtt *rtt, gint64 now_us)
{
  gdouble queueing = rw_rtt_get_queueing_us (rtt);
  gdouble excess = rtt->latest_us - rw_rtt_get_base_us (rtt);
  gdouble off = (RW_PACER_TARGET_US - queueing) / RW_PACER_TARGET_US;
  gdouble step = get_gain (rtt) * off * bytes * SEGMENT / pacer->window;
  gboolean used = outstanding + SEGMENT > pacer->window / 2;

  /* Doubling ends at the first delay beyond jitter. */
  if (queueing > RW_PACER_TARGET_US / 2 || excess > 3 * RW_PACER_TARGET_US)
    pacer->slow_start = FALSE;
  if (queueing > 2 * RW_PACER_TARGET_US)
    cut (pacer, rtt, now_us);
  else if (off < 0)
    pacer->window += step;
  else if (used)
    pacer->window += pacer->slow_start ? bytes : step;
  pacer->window = CLAMP (pacer->window, RW_PACER_MIN_WINDOW, pacer->max_window);
}

gint64
rw_pacer_get_deadline (const RwPacer *pacer)
{
  if (pacer->rate <= 0 || pacer->budget_ns >= 0)
    return pacer->filled_us;
  return pacer->filled_us + 1 +
         (gint64) (-pacer->budget_ns / (pacer->rate * 1000.0));
}
