/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame.h"

G_BEGIN_DECLS

/*
 * RwJournalBlock: 64 frames of consecutive indices, sealed into one allocation
 * of exactly their size; part of #RwJournal. Immutable.
 *
 * A record takes 16 bytes where the block's times allow it (they do unless
 * they jump by seconds), 24 where not.
 */
#define RW_JOURNAL_BLOCK_SHIFT  6u
#define RW_JOURNAL_BLOCK_FRAMES (1u << RW_JOURNAL_BLOCK_SHIFT)
#define RW_JOURNAL_BLOCK_MASK   (RW_JOURNAL_BLOCK_FRAMES - 1u)

typedef struct _RwJournalBlock RwJournalBlock;

/* A frame while its block is open; its payload begins at @offset and ends
 * where the next one's begins. */
typedef struct {
  guint64 running_time_ns;
  gint64 capture_time_ns;
  guint32 offset;
  guint16 duration;
  guint8 format;
  guint8 flags;
} RwJournalRecord;

/* @first_sample: samples in the journal's life before the block. Free with
 * g_free(). */
RwJournalBlock *rw_journal_block_seal (const RwJournalRecord *records,
                                       const guint8 *payload,
                                       guint32 payload_size,
                                       guint64 first_sample);

/* The frame of @index, whose low bits say which one of the block it is. */
void rw_journal_block_peek (const RwJournalBlock *block, guint64 index,
                            RwFrame *out);

guint64 rw_journal_block_get_first_sample (const RwJournalBlock *block);
gsize rw_journal_block_get_size (const RwJournalBlock *block);

/* A record as a frame that borrows the payload it points into. */
void rw_journal_record_get (const RwJournalRecord *record, guint64 index,
                            guint32 end, const guint8 *payload, RwFrame *out);

G_END_DECLS
