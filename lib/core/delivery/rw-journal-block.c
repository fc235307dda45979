/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-journal-block.h"

#include <string.h>

/* Times relative to the block's first frame. Capture times are kept as what
 * they differ from running times by, which hardly changes. */
typedef struct {
  guint32 running_delta;
  gint32 capture_delta;
  guint32 offset;
  guint16 duration;
  guint8 format;
  guint8 flags;
} NarrowRecord;

struct _RwJournalBlock {
  guint64 first_sample;
  guint64 base_running;
  gint64 base_capture; /* capture - running time of the first frame */
  guint32 payload_size;
  guint32 size; /* of all of it */
  gboolean wide;
  gboolean captured; /* narrow: all have a capture time, else none has */
  /* then the records, then the payload */
};

static gsize
records_size (gboolean wide)
{
  return RW_JOURNAL_BLOCK_FRAMES *
         (wide ? sizeof (RwJournalRecord) : sizeof (NarrowRecord));
}

static gint64
capture_offset (const RwJournalRecord *record)
{
  return (gint64) ((guint64) record->capture_time_ns - record->running_time_ns);
}

/* Whether the times fit NarrowRecord. Unsigned arithmetic, since
 * hostile times may be anything. */
static gboolean
fits_narrow (const RwJournalRecord *records)
{
  gboolean captured = records[0].capture_time_ns != RW_CAPTURE_TIME_NONE;
  guint64 base = (guint64) capture_offset (&records[0]);
  guint i;

  for (i = 0; i < RW_JOURNAL_BLOCK_FRAMES; i++) {
    const RwJournalRecord *record = &records[i];
    guint64 moved = (guint64) capture_offset (record) - base + G_MAXINT32;

    if (record->running_time_ns - records[0].running_time_ns > G_MAXUINT32)
      return FALSE;
    if ((record->capture_time_ns != RW_CAPTURE_TIME_NONE) != captured)
      return FALSE;
    if (captured && moved > 2 * (guint64) G_MAXINT32)
      return FALSE;
  }
  return TRUE;
}

static void
narrow_records (const RwJournalRecord *records, NarrowRecord *out)
{
  const RwJournalRecord *first = &records[0];
  guint i;

  for (i = 0; i < RW_JOURNAL_BLOCK_FRAMES; i++) {
    const RwJournalRecord *in = &records[i];

    out[i].running_delta = in->running_time_ns - first->running_time_ns;
    out[i].capture_delta = (gint32) ((guint64) capture_offset (in) -
                                     (guint64) capture_offset (first));
    out[i].offset = in->offset;
    out[i].duration = in->duration;
    out[i].format = in->format;
    out[i].flags = in->flags;
  }
}

RwJournalBlock *
rw_journal_block_seal (const RwJournalRecord *records, const guint8 *payload,
                       guint32 payload_size, guint64 first_sample)
{
  gboolean wide = !fits_narrow (records);
  gsize size = sizeof (RwJournalBlock) + records_size (wide) + payload_size;
  RwJournalBlock *block = g_malloc (size);
  guint8 *body = (guint8 *) (block + 1);

  *block = (RwJournalBlock){
      .first_sample = first_sample,
      .base_running = records[0].running_time_ns,
      .base_capture = capture_offset (&records[0]),
      .payload_size = payload_size,
      .size = size,
      .wide = wide,
      .captured = records[0].capture_time_ns != RW_CAPTURE_TIME_NONE,
  };
  if (wide)
    memcpy (body, records, records_size (wide));
  else
    narrow_records (records, (NarrowRecord *) body);
  if (payload_size > 0)
    memcpy (body + records_size (wide), payload, payload_size);
  return block;
}

void
rw_journal_record_get (const RwJournalRecord *record, guint64 index,
                       guint32 end, const guint8 *payload, RwFrame *out)
{
  *out = (RwFrame){
      .index = index,
      .running_time_ns = record->running_time_ns,
      .capture_time_ns = record->capture_time_ns,
      .duration = record->duration,
      .format = record->format,
      .flags = record->flags,
      .size = end - record->offset,
      .data = payload + record->offset,
  };
}

static void
peek_wide (const RwJournalBlock *block, guint64 index, RwFrame *out)
{
  const RwJournalRecord *records = (const RwJournalRecord *) (block + 1);
  guint i = index & RW_JOURNAL_BLOCK_MASK;
  guint32 end =
      i == RW_JOURNAL_BLOCK_MASK ? block->payload_size : records[i + 1].offset;

  rw_journal_record_get (&records[i], index, end,
                         (const guint8 *) (records + RW_JOURNAL_BLOCK_FRAMES),
                         out);
}

static void
peek_narrow (const RwJournalBlock *block, guint64 index, RwFrame *out)
{
  const NarrowRecord *records = (const NarrowRecord *) (block + 1);
  guint i = index & RW_JOURNAL_BLOCK_MASK;
  const NarrowRecord *in = &records[i];
  guint32 end =
      i == RW_JOURNAL_BLOCK_MASK ? block->payload_size : records[i + 1].offset;
  guint64 running = block->base_running + in->running_delta;
  RwJournalRecord record = {
      .running_time_ns = running,
      .capture_time_ns = RW_CAPTURE_TIME_NONE,
      .offset = in->offset,
      .duration = in->duration,
      .format = in->format,
      .flags = in->flags,
  };

  if (block->captured)
    record.capture_time_ns = (gint64) (running + (guint64) block->base_capture +
                                       (guint64) (gint64) in->capture_delta);
  rw_journal_record_get (&record, index, end,
                         (const guint8 *) (records + RW_JOURNAL_BLOCK_FRAMES),
                         out);
}

void
rw_journal_block_peek (const RwJournalBlock *block, guint64 index, RwFrame *out)
{
  if (block->wide)
    peek_wide (block, index, out);
  else
    peek_narrow (block, index, out);
}

guint64
rw_journal_block_get_first_sample (const RwJournalBlock *block)
{
  return block->first_sample;
}

gsize
rw_journal_block_get_size (const RwJournalBlock *block)
{
  return block->size;
}
