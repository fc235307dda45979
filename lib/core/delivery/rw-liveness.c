/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-liveness.h"

void
rw_liveness_init (RwLiveness *liveness, gint64 interval_us, gint64 stall_us)
{
  *liveness = (RwLiveness){
      .interval_us = interval_us,
      .stall_us = stall_us,
      .not_receiving_since_us = -1,
  };
}

/* A long path does not increase the interval between beats, jitter does: SRTT
 * counts only up to a plausible change of the path by rerouting or queueing. */
#define SRTT_MAX_US (50 * 1000)

/* Two beats must have been missed, with a quarter of an interval for the
 * second one's own delay. */
static gint64
suspect_after (const RwLiveness *liveness, const RwRtt *rtt)
{
  gint64 jitter = 2 * MIN (rtt->srtt_us, SRTT_MAX_US) + 4 * rtt->rttvar_us +
                  liveness->interval_us;
  gint64 missed = 2 * liveness->interval_us + liveness->interval_us / 4;

  return MAX (RW_LIVENESS_SUSPECT_FLOOR_US, MAX (jitter, missed));
}

static gint64
down_after (const RwLiveness *liveness, const RwRtt *rtt)
{
  return MAX (MAX (liveness->stall_us, 4 * liveness->interval_us),
              suspect_after (liveness, rtt));
}

/* When silence changes the verdict next. */
static gint64
silence_due (const RwLiveness *liveness, const RwRtt *rtt)
{
  switch (liveness->by_silence) {
  case RW_LIVENESS_ALIVE:
    return liveness->received_us + suspect_after (liveness, rtt);
  case RW_LIVENESS_SUSPECT:
    return liveness->received_us + down_after (liveness, rtt);
  case RW_LIVENESS_OPENING:
  case RW_LIVENESS_DOWN:
  default:
    return G_MAXINT64;
  }
}

static void
judge_silence (RwLiveness *liveness, const RwRtt *rtt, gint64 now_us)
{
  gint64 due = silence_due (liveness, rtt);

  if (now_us < due)
    return;
  if (liveness->grace_until_us == 0 && now_us > due + RW_LIVENESS_LATE_US)
    liveness->grace_until_us = now_us + RW_LIVENESS_GRACE_US;
  if (now_us < liveness->grace_until_us)
    return;
  liveness->grace_until_us = 0;
  liveness->by_silence =
      now_us - liveness->received_us >= down_after (liveness, rtt)
          ? RW_LIVENESS_DOWN
          : RW_LIVENESS_SUSPECT;
}

static void
update_state (RwLiveness *liveness, gint64 now_us)
{
  RwLivenessState state = liveness->by_silence;

  if (state != RW_LIVENESS_OPENING && liveness->not_receiving_since_us >= 0) {
    gboolean long_not_receiving =
        now_us - liveness->not_receiving_since_us >= liveness->stall_us;

    state = MAX (state,
                 long_not_receiving ? RW_LIVENESS_DOWN : RW_LIVENESS_SUSPECT);
  }
  if (liveness->state == RW_LIVENESS_ALIVE && state > RW_LIVENESS_ALIVE)
    liveness->interrupted_us = now_us;
  liveness->state = state;
}

void
rw_liveness_note_received (RwLiveness *liveness, gint64 now_us)
{
  liveness->received_us = MAX (liveness->received_us, now_us);
  liveness->by_silence = RW_LIVENESS_ALIVE;
  liveness->grace_until_us = 0;
  update_state (liveness, now_us);
}

void
rw_liveness_set_peer_not_receiving (RwLiveness *liveness,
                                    gboolean not_receiving, gint64 now_us)
{
  if (!not_receiving)
    liveness->not_receiving_since_us = -1;
  else if (liveness->not_receiving_since_us < 0)
    liveness->not_receiving_since_us = now_us;
  update_state (liveness, now_us);
}

gboolean
rw_liveness_is_not_receiving (const RwLiveness *liveness)
{
  return liveness->by_silence >= RW_LIVENESS_SUSPECT;
}

RwLivenessState
rw_liveness_poll (RwLiveness *liveness, const RwRtt *rtt, gint64 now_us)
{
  judge_silence (liveness, rtt, now_us);
  update_state (liveness, now_us);
  return liveness->state;
}

gint64
rw_liveness_get_deadline (const RwLiveness *liveness, const RwRtt *rtt)
{
  gint64 due = liveness->grace_until_us != 0 ? liveness->grace_until_us
                                             : silence_due (liveness, rtt);

  if (liveness->not_receiving_since_us >= 0 &&
      liveness->state == RW_LIVENESS_SUSPECT)
    due = MIN (due, liveness->not_receiving_since_us + liveness->stall_us);
  return due;
}

const gchar *
rw_liveness_state_get_name (RwLivenessState state)
{
  static const gchar *const names[] = {"opening", "alive", "suspect", "down"};

  return names[state];
}
