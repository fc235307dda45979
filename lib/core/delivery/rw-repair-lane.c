/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-repair-lane.h"

/* The size of FRAMES on the wire besides payloads; see docs/protocol.md. */
#define FRAMES_OVERHEAD 60u
#define FRAME_OVERHEAD  16u

void
rw_repair_lane_init (RwRepairLane *lane, RwJournal *journal, RwLink *link,
                     guint64 max_buffered)
{
  lane->n_frames = lane->n_repeated = lane->n_bytes = 0;
  lane->journal = journal;
  lane->link = link;
  lane->max_buffered = max_buffered;
  rw_repair_init (&lane->repair);
}

void
rw_repair_lane_clear (RwRepairLane *lane)
{
  rw_repair_clear (&lane->repair);
}

gboolean
rw_repair_lane_take_report (RwRepairLane *lane, const RwReport *report)
{
  RwRange exists = {rw_journal_get_tail (lane->journal),
                    rw_journal_get_head (lane->journal)};

  return rw_repair_take_report (&lane->repair, report, exists,
                                lane->link->echoed_us);
}

void
rw_repair_lane_retire (RwRepairLane *lane, gint64 now_us)
{
  guint32 outstanding = lane->repair.outstanding;
  guint32 bytes = rw_repair_retire (&lane->repair, lane->link->echoed_us);

  if (bytes > 0)
    rw_pacer_note_retired (&lane->pacer, bytes, outstanding, &lane->link->rtt,
                           now_us);
}

static guint64
find_frame (RwRepairLane *lane, gint64 now_us)
{
  return rw_repair_find (&lane->repair, rw_journal_get_tail (lane->journal),
                         &lane->link->rtt, now_us);
}

/* Fills a message with frames. Returns the audio in it. */
static guint64
fill_frames (RwRepairLane *lane, gint64 now_us, RwFrames *frames,
             guint32 *bytes)
{
  guint64 audio = 0;
  guint64 index;

  *bytes = FRAMES_OVERHEAD;
  frames->n_frames = 0;
  while (frames->n_frames < RW_MESSAGE_MAX_FRAMES &&
         (index = find_frame (lane, now_us)) != RW_INDEX_NONE) {
    RwFrame *frame = &frames->frames[frames->n_frames];

    if (!rw_journal_peek (lane->journal, index, frame))
      break;
    if (frames->n_frames > 0 &&
        *bytes + FRAME_OVERHEAD + frame->size > RW_MESSAGE_TARGET_SIZE)
      break;
    *bytes += FRAME_OVERHEAD + frame->size;
    audio += rw_frame_samples_to_ns (frame->duration);
    if (rw_repair_note_frame (&lane->repair, index, now_us))
      lane->n_repeated++;
    frames->n_frames++;
  }
  return audio;
}

/* On a suspect path only beats are sent. */
static gboolean
may_repair (const RwRepairLane *lane)
{
  return lane->link->liveness.state < RW_LIVENESS_SUSPECT;
}

gboolean
rw_repair_lane_next (RwRepairLane *lane, gint64 now_us, guint64 buffered,
                     RwMessage *out)
{
  guint32 bytes;
  guint64 audio;

  rw_repair_retire (&lane->repair,
                    now_us - rw_rtt_get_rto_us (&lane->link->rtt));
  if (!may_repair (lane) || buffered > lane->max_buffered ||
      find_frame (lane, now_us) == RW_INDEX_NONE ||
      !rw_pacer_may_send (&lane->pacer, lane->repair.outstanding, now_us))
    return FALSE;
  audio = fill_frames (lane, now_us, &out->frames, &bytes);
  if (out->frames.n_frames == 0)
    return FALSE;
  rw_link_stamp (lane->link, RW_MESSAGE_FRAMES, now_us, out);
  rw_pacer_sent (&lane->pacer, audio);
  rw_repair_note_message (&lane->repair, bytes, lane->link->sent_us);
  lane->n_frames += out->frames.n_frames;
  lane->n_bytes += bytes;
  return TRUE;
}

gint64
rw_repair_lane_get_due (RwRepairLane *lane, gint64 now_us, guint64 buffered)
{
  gint64 oldest = rw_repair_get_oldest (&lane->repair);
  gint64 rto = rw_rtt_get_rto_us (&lane->link->rtt);

  if (!may_repair (lane))
    return G_MAXINT64;
  if (find_frame (lane, now_us) == RW_INDEX_NONE)
    return rw_repair_get_retry (&lane->repair);
  if (buffered > lane->max_buffered)
    return now_us + RW_LINK_RETRY_US;
  if (!rw_pacer_may_send (&lane->pacer, lane->repair.outstanding, now_us) &&
      rw_pacer_get_deadline (&lane->pacer) <= now_us && oldest != G_MAXINT64)
    return oldest + rto; /* the window is full: wait for an ack */
  return rw_pacer_get_deadline (&lane->pacer);
}
