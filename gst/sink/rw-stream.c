/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-stream.h"

#include "rw-stream-id.h"

/* The cursor of an absent consumer is kept while the journal could still serve
 * it, and at least this long. */
#define MIN_REMEMBER_US (60 * G_USEC_PER_SEC)

/* Frames are shed one by one; the consumers are checked only this often. */
#define OVERRUN_INTERVAL_US G_USEC_PER_SEC

struct _RwStream {
  RwJournal *journal;
  RwCursorSet *cursors;
  RwOverrunLog *overruns;
  gint64 remember_us;
  gint64 overruns_checked_us;
};

static void
set_remembrance (RwStream *self, const RwJournalLimits *limits)
{
  self->remember_us =
      MAX (MIN_REMEMBER_US, (gint64) (limits->max_time_ns / 1000));
}

RwStream *
rw_stream_new (const RwJournalLimits *limits)
{
  RwStream *self = g_new0 (RwStream, 1);
  guint8 id[RW_STREAM_ID_SIZE];

  rw_stream_id_generate (id);
  self->journal = rw_journal_new (id, limits);
  self->cursors = rw_cursor_set_new ();
  self->overruns = rw_overrun_log_new ();
  set_remembrance (self, limits);
  return self;
}

void
rw_stream_free (RwStream *self)
{
  rw_overrun_log_free (self->overruns);
  rw_cursor_set_free (self->cursors);
  rw_journal_free (self->journal);
  g_free (self);
}

RwJournal *
rw_stream_get_journal (RwStream *self)
{
  return self->journal;
}

RwCursorSet *
rw_stream_get_cursors (RwStream *self)
{
  return self->cursors;
}

char *
rw_stream_dup_id (RwStream *self)
{
  return rw_stream_id_to_string (rw_journal_get_stream_id (self->journal));
}

GstCaps *
rw_stream_dup_caps (RwStream *self)
{
  guint n = rw_journal_get_n_formats (self->journal);

  return n ? gst_caps_from_string (rw_journal_get_format (self->journal, n - 1))
           : NULL;
}

static GPtrArray *
take_overruns (RwStream *self, guint64 n_shed, gint64 now_us)
{
  if (n_shed == 0 || now_us - self->overruns_checked_us < OVERRUN_INTERVAL_US)
    return NULL;
  self->overruns_checked_us = now_us;
  rw_cursor_set_forget_unseen (self->cursors, now_us - self->remember_us);
  return rw_overrun_log_check_all (self->overruns, self->cursors,
                                   rw_journal_get_tail (self->journal), now_us);
}

GPtrArray *
rw_stream_append (RwStream *self, RwFrame *frame, gint64 now_us)
{
  return take_overruns (self, rw_journal_append (self->journal, frame), now_us);
}

GPtrArray *
rw_stream_set_limits (RwStream *self, const RwJournalLimits *limits,
                      gint64 now_us)
{
  set_remembrance (self, limits);
  return take_overruns (self, rw_journal_set_limits (self->journal, limits),
                        now_us);
}

RwOverrun *
rw_stream_check_overrun (RwStream *self, const RwCursor *cursor, gint64 now_us,
                         gboolean is_last)
{
  if (cursor == NULL || rw_journal_get_n_shed (self->journal) == 0)
    return NULL;
  return rw_overrun_log_check (self->overruns, cursor,
                               rw_journal_get_tail (self->journal), now_us,
                               is_last);
}

void
rw_stream_release (RwStream *self)
{
  rw_journal_release (self->journal,
                      rw_cursor_set_get_lowest (
                          self->cursors, rw_journal_get_tail (self->journal)));
}

gboolean
rw_stream_has_consumer (RwStream *self, const char *consumer_id)
{
  return rw_cursor_set_lookup (self->cursors, consumer_id) != NULL;
}

gboolean
rw_stream_forget (RwStream *self, const char *consumer_id)
{
  RwCursor *cursor = rw_cursor_set_lookup (self->cursors, consumer_id);

  if (cursor && cursor->sessions > 0)
    return FALSE;
  rw_overrun_log_forget (self->overruns, consumer_id);
  if (cursor)
    rw_cursor_set_forget (self->cursors, cursor);
  return TRUE;
}

void
rw_stream_fill_stats (RwStream *self, GstStructure *stats)
{
  guint64 head = rw_journal_get_head (self->journal);
  guint64 lowest = rw_cursor_set_get_lowest (self->cursors, head);

  /* clang-format off */
  gst_structure_set (stats,
      "frames", G_TYPE_UINT64, head,
      "acknowledged", G_TYPE_UINT64, lowest,
      "shed", G_TYPE_UINT64, rw_journal_get_n_shed (self->journal),
      "backlog", G_TYPE_UINT64,
      rw_journal_get_span_ns (self->journal, lowest, head),
      "backlog-bytes", G_TYPE_UINT64,
      rw_journal_get_payload_bytes (self->journal),
      "journal-memory", G_TYPE_UINT64,
      rw_journal_get_memory_bytes (self->journal),
      "consumers", G_TYPE_UINT, rw_cursor_set_get_size (self->cursors),
      NULL);
  /* clang-format on */
}
