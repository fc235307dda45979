/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-frame.h"

G_BEGIN_DECLS

/*
 * RwJournal: the bounded log of encoded frames that every consumer reads.
 *
 * Owns the payloads. Frames leave it in order, oldest first: by
 * rw_journal_release() when every consumer has acknowledged them, or by
 * rw_journal_append() over a bound. It has no lock and reads no clock: the
 * owner holds one lock around every call and around the use of lent data.
 * Appending, looking up and releasing are O(1).
 */
typedef struct _RwJournal RwJournal;

/**
 * RwJournalLimits:
 * @max_time_ns: audio kept, as the sum of the frames' durations (silence that
 *   was not encoded does not count); 0 = no bound
 * @max_bytes: payload bytes kept; 0 = no bound
 * @max_frames: frames kept; 0 = no bound
 */
typedef struct {
  guint64 max_time_ns;
  guint64 max_bytes;
  guint64 max_frames;
} RwJournalLimits;

/**
 * rw_journal_new:
 * @stream_id: %RW_STREAM_ID_SIZE bytes that identify this life of the journal
 * @limits: (nullable): the bounds; %NULL for none
 */
RwJournal *rw_journal_new (const guint8 *stream_id,
                           const RwJournalLimits *limits);
void rw_journal_free (RwJournal *journal);

const guint8 *rw_journal_get_stream_id (const RwJournal *journal);

/* Replaces the bounds. Returns the number of frames shed. */
guint64 rw_journal_set_limits (RwJournal *journal,
                               const RwJournalLimits *limits);

/**
 * rw_journal_add_format:
 * @caps: caps text, at most %RW_FORMAT_MAX_LENGTH bytes
 *
 * Ids count up from 0; the same text always gets the same id.
 *
 * Returns: the id, or -1 when the table is full or @caps too long.
 */
gint rw_journal_add_format (RwJournal *journal, const gchar *caps);

/* The text of a format, or NULL; lives as long as the journal. */
const gchar *rw_journal_get_format (const RwJournal *journal, guint id);
guint rw_journal_get_n_formats (const RwJournal *journal);

/**
 * rw_journal_append:
 * @frame: (inout): everything but the index, which is assigned here; the
 *   payload is copied. Its format must be in the table.
 *
 * Over a bound the oldest frames are shed; the newest one always stays.
 *
 * Returns: how many frames were shed.
 */
guint64 rw_journal_append (RwJournal *journal, RwFrame *frame);

/**
 * rw_journal_peek:
 * @out: the frame; its payload is lent until the next call that changes the
 *   journal
 *
 * Returns: %FALSE if @index was removed or does not exist yet.
 */
gboolean rw_journal_peek (const RwJournal *journal, guint64 index,
                          RwFrame *out);

/* The index of the next frame. */
guint64 rw_journal_get_head (const RwJournal *journal);

/* The oldest index in the journal; equals the head when empty. */
guint64 rw_journal_get_tail (const RwJournal *journal);

/* Removes the frames below @up_to (at most the head). Returns their number. */
guint64 rw_journal_release (RwJournal *journal, guint64 up_to);

/* No frame will follow. Idempotent; appending afterwards is a bug. */
void rw_journal_end (RwJournal *journal);
gboolean rw_journal_is_ended (const RwJournal *journal);

guint64 rw_journal_get_payload_bytes (const RwJournal *journal);

/* All memory: payload, records, tables and spare capacity. */
guint64 rw_journal_get_memory_bytes (const RwJournal *journal);

/* Audio held, in the sense of RwJournalLimits.max_time_ns. */
guint64 rw_journal_get_level_ns (const RwJournal *journal);

/* The same between two indices, clamped to what is held. */
guint64 rw_journal_get_span_ns (const RwJournal *journal, guint64 from,
                                guint64 to);

/* Frames shed over a bound since the journal began. */
guint64 rw_journal_get_n_shed (const RwJournal *journal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwJournal, rw_journal_free)

G_END_DECLS
