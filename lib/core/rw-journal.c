/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-journal.h"

#include <string.h>

/*
 * Frames are kept in blocks of 64 consecutive indices, aligned, so that an
 * index finds its block by a shift. The newest block is open: its records and
 * payloads grow in two buffers that are used again for every block. A full
 * block is sealed into one allocation of exactly its size, with records of 16
 * bytes where its times allow it (they do unless they jump by seconds), of 24
 * where not. The blocks hang in a ring of pointers.
 */
#define BLOCK_SHIFT  6u
#define BLOCK_FRAMES (1u << BLOCK_SHIFT)
#define BLOCK_MASK   (BLOCK_FRAMES - 1u)

/* A payload buffer that grew beyond this is not kept for the next block. */
#define OPEN_PAYLOAD_KEEP (256u * 1024u)
#define OPEN_PAYLOAD_MIN  2048u

/* A frame without a valid duration weighs as the shortest there is, so that a
 * bound on time bounds it as well. */
#define MIN_SAMPLES 120u

typedef struct {
  guint64 running_time_ns;
  gint64 capture_time_ns;
  guint32 offset; /* of the payload's first byte in the block */
  guint16 duration;
  guint8 format;
  guint8 flags;
} WideRecord;

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

typedef struct {
  guint64 first_sample; /* samples in the journal's life before this block */
  guint64 base_running;
  gint64 base_capture; /* capture - running time of the first frame */
  guint32 payload_size;
  guint32 allocated;
  gboolean wide;
  gboolean captured; /* all have a capture time; else none has (narrow) */
  /* then BLOCK_FRAMES records, then the payload */
} Block;

struct _RwJournal {
  guint8 stream_id[RW_STREAM_ID_SIZE];
  RwJournalLimits limits;
  gboolean ended;

  Block **ring; /* of sealed blocks */
  guint ring_size;
  guint64 first_block; /* number (index >> BLOCK_SHIFT) of the oldest */
  guint64 sealed_end;  /* and one past the newest sealed one */

  WideRecord open[BLOCK_FRAMES];
  guint8 *open_payload;
  guint32 open_size;
  guint32 open_room;
  guint64 open_first_sample;

  guint64 head;
  guint64 tail;
  guint64 head_sample; /* samples appended in all */
  guint64 tail_sample; /* samples below the tail */
  guint64 payload_bytes;
  guint64 block_bytes;
  guint64 n_shed;

  GPtrArray *formats;
  GHashTable *format_ids;
  gsize format_bytes;
};

RwJournal *
rw_journal_new (const guint8 *stream_id, const RwJournalLimits *limits)
{
  RwJournal *journal = g_new0 (RwJournal, 1);

  memcpy (journal->stream_id, stream_id, RW_STREAM_ID_SIZE);
  if (limits != NULL)
    journal->limits = *limits;
  journal->formats = g_ptr_array_new_with_free_func (g_free);
  journal->format_ids = g_hash_table_new (g_str_hash, g_str_equal);
  return journal;
}

static Block **
block_slot (const RwJournal *journal, guint64 number)
{
  return &journal->ring[number & (journal->ring_size - 1)];
}

void
rw_journal_free (RwJournal *journal)
{
  guint64 i;

  if (journal == NULL)
    return;
  for (i = journal->first_block; i < journal->sealed_end; i++)
    g_free (*block_slot (journal, i));
  g_free (journal->ring);
  g_free (journal->open_payload);
  g_hash_table_unref (journal->format_ids);
  g_ptr_array_unref (journal->formats);
  g_free (journal);
}

const guint8 *
rw_journal_get_stream_id (const RwJournal *journal)
{
  return journal->stream_id;
}

gint
rw_journal_add_format (RwJournal *journal, const gchar *caps)
{
  gpointer id;
  gsize length = strlen (caps);
  gchar *copy;

  if (g_hash_table_lookup_extended (journal->format_ids, caps, NULL, &id))
    return GPOINTER_TO_INT (id);
  if (length == 0 || length > RW_FORMAT_MAX_LENGTH ||
      journal->formats->len >= RW_JOURNAL_MAX_FORMATS)
    return -1;

  copy = g_strdup (caps);
  id = GINT_TO_POINTER ((gint) journal->formats->len);
  g_ptr_array_add (journal->formats, copy);
  g_hash_table_insert (journal->format_ids, copy, id);
  journal->format_bytes += length + 1;
  return GPOINTER_TO_INT (id);
}

const gchar *
rw_journal_get_format (const RwJournal *journal, guint id)
{
  return id < journal->formats->len ? journal->formats->pdata[id] : NULL;
}

guint
rw_journal_get_n_formats (const RwJournal *journal)
{
  return journal->formats->len;
}

/* Records and payloads */

static guint
weight (guint16 duration)
{
  return MAX (duration, MIN_SAMPLES);
}

static gsize
records_size (gboolean wide)
{
  return BLOCK_FRAMES * (wide ? sizeof (WideRecord) : sizeof (NarrowRecord));
}

static gint64
capture_offset (const WideRecord *record)
{
  return (gint64) ((guint64) record->capture_time_ns - record->running_time_ns);
}

/* Whether the open block's times fit NarrowRecord. Unsigned arithmetic, since
 * hostile times may be anything. */
static gboolean
fits_narrow (const WideRecord *records)
{
  gboolean captured = records[0].capture_time_ns != RW_CAPTURE_TIME_NONE;
  guint64 base = (guint64) capture_offset (&records[0]);
  guint i;

  for (i = 0; i < BLOCK_FRAMES; i++) {
    const WideRecord *record = &records[i];
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
narrow_records (const RwJournal *journal, NarrowRecord *out)
{
  const WideRecord *first = &journal->open[0];
  guint i;

  for (i = 0; i < BLOCK_FRAMES; i++) {
    const WideRecord *in = &journal->open[i];

    out[i].running_delta = in->running_time_ns - first->running_time_ns;
    out[i].capture_delta = (gint32) ((guint64) capture_offset (in) -
                                     (guint64) capture_offset (first));
    out[i].offset = in->offset;
    out[i].duration = in->duration;
    out[i].format = in->format;
    out[i].flags = in->flags;
  }
}

/* Doubles the ring of blocks when it is full: amortised O(1). */
static void
make_ring_room (RwJournal *journal)
{
  guint64 used = journal->sealed_end - journal->first_block;
  guint old_size = journal->ring_size;
  Block **old = journal->ring;
  guint64 i;

  if (used < old_size)
    return;
  journal->ring_size = MAX (8u, 2 * old_size);
  journal->ring = g_new0 (Block *, journal->ring_size);
  for (i = journal->first_block; i < journal->sealed_end; i++)
    *block_slot (journal, i) = old[i & (old_size - 1)];
  g_free (old);
}

static void
reset_open (RwJournal *journal)
{
  journal->open_size = 0;
  journal->open_first_sample = journal->head_sample;
  if (journal->open_room > OPEN_PAYLOAD_KEEP) {
    g_clear_pointer (&journal->open_payload, g_free);
    journal->open_room = 0;
  }
}

static void
seal_open (RwJournal *journal)
{
  gboolean wide = !fits_narrow (journal->open);
  gsize size = sizeof (Block) + records_size (wide) + journal->open_size;
  guint8 *memory = g_malloc (size);
  Block *block = (Block *) memory;
  guint8 *records = memory + sizeof (Block);
  const WideRecord *first = &journal->open[0];

  *block = (Block){
      .first_sample = journal->open_first_sample,
      .base_running = first->running_time_ns,
      .base_capture = capture_offset (first),
      .payload_size = journal->open_size,
      .allocated = size,
      .wide = wide,
      .captured = first->capture_time_ns != RW_CAPTURE_TIME_NONE,
  };
  if (wide)
    memcpy (records, journal->open, sizeof journal->open);
  else
    narrow_records (journal, (NarrowRecord *) records);
  if (journal->open_size > 0)
    memcpy (records + records_size (wide), journal->open_payload,
            journal->open_size);

  make_ring_room (journal);
  *block_slot (journal, journal->sealed_end++) = block;
  journal->block_bytes += size;
  reset_open (journal);
}

static void
fill_frame (RwFrame *out, guint64 index, const WideRecord *record, guint32 end,
            const guint8 *payload)
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
peek_open (const RwJournal *journal, guint64 index, RwFrame *out)
{
  guint i = index & BLOCK_MASK;
  guint32 end = index + 1 == journal->head ? journal->open_size
                                           : journal->open[i + 1].offset;

  fill_frame (out, index, &journal->open[i], end, journal->open_payload);
}

static void
peek_wide (const Block *block, guint64 index, RwFrame *out)
{
  const WideRecord *records = (const WideRecord *) (block + 1);
  guint i = index & BLOCK_MASK;
  guint32 end = i == BLOCK_MASK ? block->payload_size : records[i + 1].offset;

  fill_frame (out, index, &records[i], end,
              (const guint8 *) (records + BLOCK_FRAMES));
}

static void
peek_narrow (const Block *block, guint64 index, RwFrame *out)
{
  const NarrowRecord *records = (const NarrowRecord *) (block + 1);
  guint i = index & BLOCK_MASK;
  const NarrowRecord *in = &records[i];
  guint32 end = i == BLOCK_MASK ? block->payload_size : records[i + 1].offset;
  guint64 running = block->base_running + in->running_delta;
  WideRecord record = {
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
  fill_frame (out, index, &record, end,
              (const guint8 *) (records + BLOCK_FRAMES));
}

gboolean
rw_journal_peek (const RwJournal *journal, guint64 index, RwFrame *out)
{
  guint64 number = index >> BLOCK_SHIFT;
  const Block *block;

  if (index < journal->tail || index >= journal->head)
    return FALSE;
  if (number >= journal->sealed_end) {
    peek_open (journal, index, out);
    return TRUE;
  }
  block = *block_slot (journal, number);
  if (block->wide)
    peek_wide (block, index, out);
  else
    peek_narrow (block, index, out);
  return TRUE;
}

/* Dropping */

static void
drop_oldest (RwJournal *journal)
{
  RwFrame frame;

  rw_journal_peek (journal, journal->tail, &frame);
  journal->payload_bytes -= frame.size;
  journal->tail_sample += weight (frame.duration);
  journal->tail++;
}

/* Frees the sealed blocks that lie wholly below the tail. */
static void
free_blocks (RwJournal *journal)
{
  guint64 keep = MIN (journal->tail >> BLOCK_SHIFT, journal->sealed_end);

  for (; journal->first_block < keep; journal->first_block++) {
    Block **slot = block_slot (journal, journal->first_block);

    journal->block_bytes -= (*slot)->allocated;
    g_clear_pointer (slot, g_free);
  }
}

guint64
rw_journal_release (RwJournal *journal, guint64 up_to)
{
  guint64 before = journal->tail;

  up_to = MIN (up_to, journal->head);
  while (journal->tail < up_to)
    drop_oldest (journal);
  free_blocks (journal);
  return journal->tail - before;
}

static gboolean
over_limits (const RwJournal *journal)
{
  const RwJournalLimits *limits = &journal->limits;

  return (limits->max_frames != 0 &&
          journal->head - journal->tail > limits->max_frames) ||
         (limits->max_bytes != 0 &&
          journal->payload_bytes > limits->max_bytes) ||
         (limits->max_time_ns != 0 &&
          rw_journal_get_level_ns (journal) > limits->max_time_ns);
}

static guint64
shed (RwJournal *journal)
{
  guint64 before = journal->tail;

  while (journal->head - journal->tail > 1 && over_limits (journal))
    drop_oldest (journal);
  free_blocks (journal);
  journal->n_shed += journal->tail - before;
  return journal->tail - before;
}

guint64
rw_journal_set_limits (RwJournal *journal, const RwJournalLimits *limits)
{
  journal->limits = *limits;
  return shed (journal);
}

static void
make_payload_room (RwJournal *journal, guint32 size)
{
  guint32 wanted = journal->open_size + size;

  if (wanted <= journal->open_room)
    return;
  journal->open_room = MAX (OPEN_PAYLOAD_MIN, journal->open_room);
  while (journal->open_room < wanted)
    journal->open_room += journal->open_room / 2;
  journal->open_payload = g_realloc (journal->open_payload, journal->open_room);
}

guint64
rw_journal_append (RwJournal *journal, RwFrame *frame)
{
  WideRecord *record = &journal->open[journal->head & BLOCK_MASK];

  g_return_val_if_fail (!journal->ended, 0);
  g_return_val_if_fail (frame->size <= RW_FRAME_MAX_SIZE, 0);
  g_return_val_if_fail (frame->format < journal->formats->len, 0);

  make_payload_room (journal, frame->size);
  if (frame->size > 0)
    memcpy (journal->open_payload + journal->open_size, frame->data,
            frame->size);
  *record = (WideRecord){
      .running_time_ns = frame->running_time_ns,
      .capture_time_ns = frame->capture_time_ns,
      .offset = journal->open_size,
      .duration = frame->duration,
      .format = frame->format,
      .flags = frame->flags,
  };
  frame->index = journal->head++;
  journal->open_size += frame->size;
  journal->payload_bytes += frame->size;
  journal->head_sample += weight (frame->duration);
  if ((journal->head & BLOCK_MASK) == 0)
    seal_open (journal);
  return shed (journal);
}

guint64
rw_journal_get_head (const RwJournal *journal)
{
  return journal->head;
}

guint64
rw_journal_get_tail (const RwJournal *journal)
{
  return journal->tail;
}

void
rw_journal_end (RwJournal *journal)
{
  journal->ended = TRUE;
}

gboolean
rw_journal_is_ended (const RwJournal *journal)
{
  return journal->ended;
}

guint64
rw_journal_get_n_frames (const RwJournal *journal)
{
  return journal->head - journal->tail;
}

guint64
rw_journal_get_payload_bytes (const RwJournal *journal)
{
  return journal->payload_bytes;
}

guint64
rw_journal_get_memory_bytes (const RwJournal *journal)
{
  return sizeof *journal + journal->ring_size * sizeof *journal->ring +
         journal->block_bytes + journal->open_room + journal->format_bytes;
}

guint64
rw_journal_get_level_ns (const RwJournal *journal)
{
  return rw_frame_samples_to_ns (journal->head_sample - journal->tail_sample);
}

/* Samples in the journal's life before @index, which is held or the head. */
static guint64
samples_before (const RwJournal *journal, guint64 index)
{
  guint64 number = index >> BLOCK_SHIFT;
  guint64 samples, i;
  RwFrame frame;

  if (index <= journal->tail)
    return journal->tail_sample;
  if (index >= journal->head)
    return journal->head_sample;
  if (number == journal->tail >> BLOCK_SHIFT) {
    samples = journal->tail_sample;
    i = journal->tail;
  } else {
    samples = number >= journal->sealed_end
                  ? journal->open_first_sample
                  : (*block_slot (journal, number))->first_sample;
    i = number << BLOCK_SHIFT;
  }
  for (; i < index; i++) {
    rw_journal_peek (journal, i, &frame);
    samples += weight (frame.duration);
  }
  return samples;
}

guint64
rw_journal_get_span_ns (const RwJournal *journal, guint64 from, guint64 to)
{
  if (to <= from)
    return 0;
  return rw_frame_samples_to_ns (samples_before (journal, to) -
                                 samples_before (journal, from));
}

guint64
rw_journal_get_n_shed (const RwJournal *journal)
{
  return journal->n_shed;
}
