/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-repair.h"

/* Minimum size of the table of sent frames. */
#define MIN_SPAN 64u

/* Minimum reordering tolerance. */
#define REORDER_US (5 * 1000)

typedef struct {
  gint64 sent_us;
  guint32 bytes;
} Batch;

void
rw_repair_init (RwRepair *repair)
{
  *repair = (RwRepair){.retry_us = G_MAXINT64};
  g_queue_init (&repair->batches);
}

void
rw_repair_clear (RwRepair *repair)
{
  g_queue_clear_full (&repair->batches, g_free);
  g_clear_pointer (&repair->sent, g_free);
}

/* The times at which frames were sent */

static guint32
to_ms (gint64 time_us)
{
  return MAX (1u, (guint32) (time_us / 1000));
}

static RwRepairSent *
slot_of (const RwRepair *repair, guint64 index)
{
  return &repair->sent[index & (repair->n_sent - 1)];
}

/* Grows the table to the span that the report requests. */
static void
make_room (RwRepair *repair, guint64 span)
{
  RwRepairSent *old = repair->sent;
  guint old_n = repair->n_sent;
  guint i;

  if (span <= old_n)
    return;
  repair->n_sent = MAX (MIN_SPAN, old_n);
  while (repair->n_sent < span)
    repair->n_sent *= 2;
  repair->sent = g_new0 (RwRepairSent, repair->n_sent);
  for (i = 0; i < old_n; i++)
    if (old[i].sent_ms != 0)
      *slot_of (repair, old[i].index) = old[i];
  g_free (old);
}

gboolean
rw_repair_note_frame (RwRepair *repair, guint64 index, gint64 now_us)
{
  RwRepairSent *slot = slot_of (repair, index);
  gboolean again = slot->index == (guint32) index && slot->sent_ms != 0;

  slot->index = (guint32) index;
  slot->sent_ms = to_ms (now_us);
  repair->at = index + 1;
  return again;
}

/* When a listed frame may be sent: at once if it was never sent, or the report
 * was made well after its arrival was due; else when its time-out expires. */
static gint64
get_send_time (const RwRepair *repair, guint64 index, const RwRtt *rtt,
               gint64 now_us)
{
  const RwRepairSent *slot = slot_of (repair, index);
  gint64 age_ms, sent_us, overtaken;

  if (slot->index != (guint32) index || slot->sent_ms == 0)
    return 0;
  age_ms = (guint32) (to_ms (now_us) - slot->sent_ms);
  sent_us = now_us - age_ms * 1000;
  overtaken = MAX (REORDER_US, rtt->srtt_us / 4);
  if (repair->confirmed_us > sent_us + overtaken)
    return 0;
  return sent_us + rw_rtt_get_rto_us (rtt);
}

/* Reports */

static void
rewind_search (RwRepair *repair)
{
  repair->range = 0;
  repair->at = 0;
  repair->retry_us = G_MAXINT64;
}

static void
add_range (RwReport *report, guint64 from, guint64 to)
{
  if (from < to && report->n_ranges < RW_MESSAGE_MAX_RANGES)
    report->ranges[report->n_ranges++] = (RwRange){from, to};
}

gboolean
rw_repair_take_report (RwRepair *repair, const RwReport *report, RwRange exists,
                       gint64 confirmed_us)
{
  guint64 low = MAX (report->next, exists.from);
  guint64 credit = CLAMP (report->credit, 1, RW_REPAIR_MAX_SPAN);
  guint64 high = low < exists.to ? MIN (exists.to, low + credit) : low;
  gboolean asks_for_gone = FALSE;
  guint i;

  repair->confirmed_us = confirmed_us;
  repair->report.next = report->next;
  repair->report.n_ranges = 0;
  for (i = 0; i < report->n_ranges; i++) {
    const RwRange *range = &report->ranges[i];

    add_range (&repair->report, MAX (range->from, low), MIN (range->to, high));
    asks_for_gone = asks_for_gone || range->from < low;
  }
  if (repair->report.n_ranges > 0)
    make_room (repair, high - low);
  rewind_search (repair);
  return asks_for_gone;
}

guint64
rw_repair_find (RwRepair *repair, guint64 tail, const RwRtt *rtt, gint64 now_us)
{
  const RwReport *report = &repair->report;
  guint64 low = MAX (tail, report->next);

  if (repair->retry_us <= now_us)
    rewind_search (repair);
  for (; repair->range < report->n_ranges; repair->range++) {
    const RwRange *range = &report->ranges[repair->range];

    repair->at = MAX (MAX (repair->at, range->from), low);
    for (; repair->at < range->to; repair->at++) {
      gint64 due = get_send_time (repair, repair->at, rtt, now_us);

      if (due <= now_us)
        return repair->at;
      repair->retry_us = MIN (repair->retry_us, due);
    }
  }
  return RW_INDEX_NONE;
}

gint64
rw_repair_get_retry (const RwRepair *repair)
{
  return repair->retry_us;
}

/* The frames in flight */

void
rw_repair_note_message (RwRepair *repair, guint32 bytes, gint64 sent_us)
{
  Batch *batch = g_new (Batch, 1);

  *batch = (Batch){sent_us, bytes};
  g_queue_push_tail (&repair->batches, batch);
  repair->outstanding += bytes;
}

guint32
rw_repair_retire (RwRepair *repair, gint64 up_to_us)
{
  guint32 bytes = 0;
  Batch *batch;

  while ((batch = g_queue_peek_head (&repair->batches)) != NULL &&
         batch->sent_us <= up_to_us) {
    bytes += batch->bytes;
    g_free (g_queue_pop_head (&repair->batches));
  }
  repair->outstanding -= bytes;
  return bytes;
}

gint64
rw_repair_get_oldest (const RwRepair *repair)
{
  const Batch *batch =
      repair->batches.head != NULL ? repair->batches.head->data : NULL;

  return batch != NULL ? batch->sent_us : G_MAXINT64;
}
