/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-ack-writer.h"

/* Minimum interval of acks, and maximum interval while frames are missing. */
#define ACK_SPACING_US (10 * 1000)
#define ACK_MISSING_US (50 * 1000)

/* The parts of the interval by which an ack may be early, and its timer late:
 * for frames of 20 ms every fifth frame has one, whatever its jitter. */
#define ACK_EARLY_PART 10
#define ACK_LATE_PART  20

void
rw_ack_writer_init (RwAckWriter *writer, gint64 interval_us)
{
  *writer = (RwAckWriter){.interval_us = interval_us};
}

void
rw_ack_writer_note_liveness (RwAckWriter *writer, const RwLiveness *liveness)
{
  if (rw_liveness_is_not_receiving (liveness) != writer->stated_not_receiving)
    writer->wanted = TRUE;
}

static gboolean
is_at_rest (const RwAckWriter *writer, const RwLink *link,
            const RwWindow *window, guint64 known_to)
{
  return link->liveness.state == RW_LIVENESS_ALIVE && !writer->wanted &&
         rw_window_is_finished (window) == writer->stated_finished &&
         rw_window_get_first_missing (window) >= known_to;
}

static gint64
get_due (const RwAckWriter *writer, const RwLink *link, const RwWindow *window,
         guint64 known_to)
{
  gboolean finished = rw_window_is_finished (window);
  gint64 delay = writer->interval_us;

  if (link->liveness.state == RW_LIVENESS_DOWN)
    delay = rw_link_get_probe_us (link, writer->last_us);
  else if (rw_window_get_first_missing (window) < known_to ||
           rw_liveness_is_not_receiving (&link->liveness))
    delay = MIN (delay, ACK_MISSING_US);
  if (writer->wanted || finished != writer->stated_finished)
    delay = MIN (delay, ACK_SPACING_US);
  return writer->last_us + delay;
}

gint64
rw_ack_writer_get_due (const RwAckWriter *writer, const RwLink *link,
                       const RwWindow *window, guint64 known_to)
{
  gint64 due_us = get_due (writer, link, window, known_to);

  if (writer->has_arrival && is_at_rest (writer, link, window, known_to))
    due_us -= writer->interval_us / ACK_EARLY_PART;
  return due_us;
}

gint64
rw_ack_writer_get_deadline (const RwAckWriter *writer, const RwLink *link,
                            const RwWindow *window, guint64 known_to)
{
  gint64 due_us = get_due (writer, link, window, known_to);

  if (is_at_rest (writer, link, window, known_to))
    due_us += writer->interval_us / ACK_LATE_PART;
  return due_us;
}

void
rw_ack_writer_fill (RwAckWriter *writer, RwLink *link, const RwWindow *window,
                    guint64 known_to, gint64 now_us, RwMessage *out)
{
  RwAck *ack = &out->ack;

  writer->wanted = FALSE;
  writer->last_us = now_us;
  rw_link_stamp (link, RW_MESSAGE_ACK, now_us, out);
  rw_window_get_report (window, known_to, &ack->report);
  ack->lost = rw_window_get_stream_lost (window);
  ack->n_formats = rw_window_get_n_formats (window);
  ack->not_receiving = rw_liveness_is_not_receiving (&link->liveness);
  ack->finished = rw_window_is_finished (window);
  writer->stated_not_receiving = ack->not_receiving;
  writer->stated_finished = ack->finished;
}
