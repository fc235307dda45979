/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-beat-writer.h"

/* Minimum interval of urgent beats. */
#define BEAT_SPACING_US (20 * 1000)

/* Of a usual frame, and some jitter. */
#define FRAME_US (25 * 1000)

void
rw_beat_writer_note_liveness (RwBeatWriter *writer)
{
  if (rw_liveness_is_not_receiving (&writer->link->liveness) !=
      writer->stated_not_receiving)
    writer->wanted = TRUE;
}

void
rw_beat_writer_fill_status (RwBeatWriter *writer, gint64 now_us,
                            RwStatus *status)
{
  guint64 head = rw_journal_get_head (writer->journal);

  *status = (RwStatus){
      .head = head,
      .tail = rw_journal_get_tail (writer->journal),
      .live_from = writer->live->from,
      .expect_to = rw_live_progress_get_expect_to (writer->live, head, now_us),
      .n_formats = rw_journal_get_n_formats (writer->journal),
      .ended = rw_journal_is_ended (writer->journal),
      .not_receiving = rw_liveness_is_not_receiving (&writer->link->liveness),
  };
  writer->stated_not_receiving = status->not_receiving;
  writer->stated_ended = status->ended;
  writer->last_us = now_us;
}

gint64
rw_beat_writer_get_due (const RwBeatWriter *writer)
{
  const RwLink *link = writer->link;
  gint64 due = MIN (writer->last_packet_us + writer->idle_us,
                    writer->last_us + writer->max_us);
  gboolean urgent = writer->wanted || rw_journal_is_ended (writer->journal) !=
                                          writer->stated_ended;

  /* The longer an outage lasts, the rarer the probes. */
  if (link->liveness.state == RW_LIVENESS_DOWN)
    due = writer->last_us + rw_link_get_probe_us (link, writer->last_us);
  else if (link->liveness.state == RW_LIVENESS_SUSPECT)
    due = MIN (due, writer->last_us + writer->idle_us);
  return urgent ? MIN (due, writer->last_us + BEAT_SPACING_US) : due;
}

/* A beat that would be due before the next frame goes along with this one. */
static gboolean
goes_with_frame (const RwBeatWriter *writer, gint64 now_us)
{
  return writer->has_frame &&
         writer->link->liveness.state == RW_LIVENESS_ALIVE &&
         now_us >= writer->last_us + writer->max_us - FRAME_US;
}

gboolean
rw_beat_writer_next (RwBeatWriter *writer, gint64 now_us, RwMessage *out)
{
  if (now_us < rw_beat_writer_get_due (writer) &&
      !goes_with_frame (writer, now_us))
    return FALSE;
  writer->wanted = FALSE;
  rw_link_stamp (writer->link, RW_MESSAGE_BEAT, now_us, out);
  rw_beat_writer_fill_status (writer, now_us, &out->beat.status);
  return TRUE;
}
