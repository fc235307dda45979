/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-session-liveness.h"

/* Five beats: on a data channel the sender sends one every 200 ms at least, in
 * RTCP every 500 ms. */
#define CHANNEL_SILENCE_US (1 * G_USEC_PER_SEC)
#define RTCP_SILENCE_US    (5 * G_USEC_PER_SEC / 2)

/* The producer reports that it receives nothing, while its packets arrive here:
 * one direction is cut, or one side is too busy to send in time. There is no
 * hurry, because the audio arrives, and a new session would use the same path.
 */
#define ONE_WAY_US (2 * G_USEC_PER_SEC)

/* Whether the doubt is the producer's alone, and still young. */
static gboolean
is_doubt_tolerated (RwSessionLiveness *self, const RwReceivePathStatus *status,
                    gint64 now_us)
{
  gboolean is_one_way =
      status->liveness > RW_LIVENESS_ALIVE && self->doubted_us == 0 &&
      now_us - status->received_us < RW_LIVENESS_SUSPECT_FLOOR_US;

  if (!is_one_way)
    self->one_way_us = 0;
  else if (self->one_way_us == 0)
    self->one_way_us = now_us;
  return is_one_way && now_us - self->one_way_us < ONE_WAY_US;
}

/* After an outage RTP returns at once, the data channel of an old session
 * seconds later. A session without messages is therefore not alive, and a
 * suspect session needs a message to count as alive again. */
static RwLivenessState
judge_channel (const RwSessionLiveness *self, const RwReceivePathStatus *status,
               gint64 stall_us, gint64 now_us)
{
  gint64 silent_us = now_us - status->message_us;
  gint64 limit_us = status->is_rtcp ? RTCP_SILENCE_US : CHANNEL_SILENCE_US;

  if (self->doubted_us > 0 && status->message_us < self->doubted_us)
    return self->state;
  if (!status->welcome || silent_us <= limit_us)
    return RW_LIVENESS_ALIVE;
  return silent_us <= limit_us + stall_us ? RW_LIVENESS_SUSPECT
                                          : RW_LIVENESS_DOWN;
}

gboolean
rw_session_liveness_update (RwSessionLiveness *self,
                            const RwReceivePathStatus *status, gint64 stall_us,
                            gint64 now_us)
{
  RwLivenessState former = self->state;
  gboolean is_tolerated = is_doubt_tolerated (self, status, now_us);

  if (is_tolerated || status->liveness == RW_LIVENESS_ALIVE)
    self->state = judge_channel (self, status, stall_us, now_us);
  else
    self->state = status->liveness;
  if (self->state == former)
    return FALSE;
  if (self->state == RW_LIVENESS_ALIVE)
    self->doubted_us = 0;
  else if (self->doubted_us == 0)
    self->doubted_us = now_us;
  return TRUE;
}

gboolean
rw_session_liveness_note_path (RwSessionLiveness *self, RwLivenessState state)
{
  RwLivenessState former = self->path_state;

  self->path_state = state;
  return state == RW_LIVENESS_ALIVE && former > RW_LIVENESS_ALIVE;
}
