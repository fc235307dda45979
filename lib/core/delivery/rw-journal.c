/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-journal.h"

#include "rw-format-table.h"
#include "rw-journal-block.h"

#include <string.h>

/*
 * Frames are kept in blocks of 64 consecutive indices, aligned, so that an
 * index finds its block by a shift. The newest block is open: its records and
 * payloads grow in two buffers that are used again for every block. A full
 * block is sealed into one allocation of exactly its size, with records of 16
 * bytes where its times allow it (they do unless they jump by seconds), of 24
 * where not. The blocks hang in a ring of pointers.
 */
#define BLOCK_SHIFT  RW_JOURNAL_BLOCK_SHIFT
#define BLOCK_FRAMES RW_JOURNAL_BLOCK_FRAMES
#define BLOCK_MASK   RW_JOURNAL_BLOCK_MASK

/* A payload buffer that grew beyond this is not kept for the next block. */
#define OPEN_PAYLOAD_KEEP (256u * 1024u)
#define OPEN_PAYLOAD_MIN  2048u

/* A frame without a valid duration weighs as the shortest there is, so that a
 * bound on time bounds it as well. */
#define MIN_SAMPLES 120u

struct _RwJournal {
  guint8 stream_id[RW_STREAM_ID_SIZE];
  RwJournalLimits limits;
  gboolean ended;

  RwJournalBlock **ring; /* of sealed blocks */
  guint ring_size;
  guint64 first_block; /* number (index >> BLOCK_SHIFT) of the oldest */
  guint64 sealed_end;  /* and one past the newest sealed one */

  RwJournalRecord open[BLOCK_FRAMES];
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

  RwFormatTable formats;
};

RwJournal *
rw_journal_new (const guint8 *stream_id, const RwJournalLimits *limits)
{
  RwJournal *journal = g_new0 (RwJournal, 1);

  memcpy (journal->stream_id, stream_id, RW_STREAM_ID_SIZE);
  if (limits != NULL)
    journal->limits = *limits;
  rw_format_table_init (&journal->formats);
  return journal;
}

static RwJournalBlock **
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
  rw_format_table_clear (&journal->formats);
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
  return rw_format_table_add (&journal->formats, caps);
}

const gchar *
rw_journal_get_format (const RwJournal *journal, guint id)
{
  return rw_format_table_get (&journal->formats, id);
}

guint
rw_journal_get_n_formats (const RwJournal *journal)
{
  return rw_format_table_get_n (&journal->formats);
}

/* Records and payloads */

static guint
weight (guint16 duration)
{
  return MAX (duration, MIN_SAMPLES);
}

/* Doubles the ring of blocks when it is full: amortised O(1). */
static void
make_ring_room (RwJournal *journal)
{
  guint64 used = journal->sealed_end - journal->first_block;
  guint old_size = journal->ring_size;
  RwJournalBlock **old = journal->ring;
  guint64 i;

  if (used < old_size)
    return;
  journal->ring_size = MAX (8u, 2 * old_size);
  journal->ring = g_new0 (RwJournalBlock *, journal->ring_size);
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
  RwJournalBlock *block =
      rw_journal_block_seal (journal->open, journal->open_payload,
                             journal->open_size, journal->open_first_sample);

  make_ring_room (journal);
  *block_slot (journal, journal->sealed_end++) = block;
  journal->block_bytes += rw_journal_block_get_size (block);
  reset_open (journal);
}

static void
peek_open (const RwJournal *journal, guint64 index, RwFrame *out)
{
  guint i = index & BLOCK_MASK;
  guint32 end = index + 1 == journal->head ? journal->open_size
                                           : journal->open[i + 1].offset;

  rw_journal_record_get (&journal->open[i], index, end, journal->open_payload,
                         out);
}

gboolean
rw_journal_peek (const RwJournal *journal, guint64 index, RwFrame *out)
{
  guint64 number = index >> BLOCK_SHIFT;

  if (index < journal->tail || index >= journal->head)
    return FALSE;
  if (number >= journal->sealed_end)
    peek_open (journal, index, out);
  else
    rw_journal_block_peek (*block_slot (journal, number), index, out);
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
    RwJournalBlock **slot = block_slot (journal, journal->first_block);

    journal->block_bytes -= rw_journal_block_get_size (*slot);
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
  RwJournalRecord *record = &journal->open[journal->head & BLOCK_MASK];

  g_return_val_if_fail (!journal->ended, 0);
  g_return_val_if_fail (frame->size <= RW_FRAME_MAX_SIZE, 0);
  g_return_val_if_fail (frame->format < rw_journal_get_n_formats (journal), 0);

  make_payload_room (journal, frame->size);
  if (frame->size > 0)
    memcpy (journal->open_payload + journal->open_size, frame->data,
            frame->size);
  *record = (RwJournalRecord){
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
rw_journal_get_payload_bytes (const RwJournal *journal)
{
  return journal->payload_bytes;
}

guint64
rw_journal_get_memory_bytes (const RwJournal *journal)
{
  return sizeof *journal + journal->ring_size * sizeof *journal->ring +
         journal->block_bytes + journal->open_room + journal->formats.bytes;
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
    samples =
        number >= journal->sealed_end
            ? journal->open_first_sample
            : rw_journal_block_get_first_sample (*block_slot (journal, number));
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
