/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "rw-cursor.h"
#include "rw-journal.h"
#include "rw-overrun-log.h"
#include "rw-session-request.h"

G_BEGIN_DECLS

/*
 * RwStream: one life of the journal, named by its UUID: the frames, the cursors
 * of the consumers, and the losses over the journal's bounds.
 *
 * Threads: any, under the lock of its owner. Overruns are reported by the
 * owner, without that lock.
 */
typedef struct _RwStream RwStream;

RwStream *rw_stream_new (const RwJournalLimits *limits);
void rw_stream_free (RwStream *self);

/* Both belong to the stream. */
RwJournal *rw_stream_get_journal (RwStream *self);
RwCursorSet *rw_stream_get_cursors (RwStream *self);

/* The stream's UUID as text. */
char *rw_stream_dup_id (RwStream *self);

/* Of the newest format, which a new session offers; NULL before the first. */
GstCaps *rw_stream_dup_caps (RwStream *self);

/* Both return the overruns (RwOverrun) that are due now, or NULL for none. The
 * cursors of consumers that were absent for too long may be gone after it. */
GPtrArray *rw_stream_append (RwStream *self, RwFrame *frame, gint64 now_us);
GPtrArray *rw_stream_set_limits (RwStream *self, const RwJournalLimits *limits,
                                 gint64 now_us);

/* The overrun of the consumer at @cursor (nullable), if it is due, or NULL; it
 * is due where the cursor's session @is_last. */
RwOverrun *rw_stream_check_overrun (RwStream *self, const RwCursor *cursor,
                                    gint64 now_us, gboolean is_last);

/* Drops the frames that every consumer has acknowledged. */
void rw_stream_release (RwStream *self);

gboolean rw_stream_has_consumer (RwStream *self, const char *consumer_id);

/* Removes the cursor of a consumer that will not return. FALSE, and no change,
 * while the consumer is in session. */
gboolean rw_stream_forget (RwStream *self, const char *consumer_id);

/* Adds its fields to @stats. */
void rw_stream_fill_stats (RwStream *self, GstStructure *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwStream, rw_stream_free)

G_END_DECLS
