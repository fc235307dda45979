/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cursor-binding.h"

#include "rw-repair.h"

#include <string.h>

void
rw_cursor_binding_init (RwCursorBinding *binding, RwJournal *journal,
                        RwCursorSet *cursors)
{
  *binding = (RwCursorBinding){.journal = journal, .cursors = cursors};
}

void
rw_cursor_binding_clear (RwCursorBinding *binding)
{
  RwCursor *cursor = g_steal_pointer (&binding->cursor);

  if (cursor == NULL)
    return;
  cursor->sessions--;
  if (cursor->sessions == 0 && cursor->leaving)
    rw_cursor_set_forget (binding->cursors, cursor);
}

static gboolean
is_our_stream (const RwCursorBinding *binding, const RwHello *hello)
{
  return memcmp (hello->stream_id, rw_journal_get_stream_id (binding->journal),
                 RW_STREAM_ID_SIZE) == 0;
}

static void
attach (RwCursorBinding *binding, const RwHello *hello, guint64 start,
        gint64 now_us)
{
  binding->cursor =
      rw_cursor_set_add (binding->cursors, hello->consumer_id, start, now_us);
  binding->cursor->sessions++;
  binding->cursor->leaving = FALSE;
  /* A new life starts at the last ack of the former one: a delayed ack of the
   * former life must not remove frames that the new one needs. */
  if (!is_our_stream (binding, hello)) {
    binding->cursor->life++;
    binding->cursor->life_us = now_us;
    binding->cursor->lost_before = binding->cursor->lost;
  }
  binding->life = binding->cursor->life;
}

static gboolean
follows_a_stream (const RwHello *hello)
{
  static const guint8 none[RW_STREAM_ID_SIZE];

  return memcmp (hello->stream_id, none, sizeof none) != 0;
}

/* First index of an unknown consumer. A consumer that followed another stream
 * gets all frames of this one. */
static guint64
choose_start (const RwCursorBinding *binding, const RwHello *hello,
              guint64 live_from)
{
  guint64 tail = rw_journal_get_tail (binding->journal);
  guint64 head = rw_journal_get_head (binding->journal);

  if (follows_a_stream (hello) || hello->start == RW_START_OLDEST)
    return tail;
  return live_from != RW_INDEX_NONE ? CLAMP (live_from, tail, head) : head;
}

/* The audio recorded while the session opened is not part of the stream of a
 * consumer that asked for what is live. */
static gboolean
place (RwCursorBinding *binding, const RwHello *hello, guint64 start,
       gint64 now_us)
{
  RwCursor *cursor = binding->cursor;
  gboolean is_late = cursor->is_provisional && hello->start == RW_START_LIVE;

  cursor->is_provisional = FALSE;
  return is_late &&
         rw_cursor_set_ack (binding->cursors, cursor, start,
                            rw_journal_get_tail (binding->journal), now_us);
}

gboolean
rw_cursor_binding_bind (RwCursorBinding *binding, const RwHello *hello,
                        guint64 live_from, gint64 now_us)
{
  gboolean ours = is_our_stream (binding, hello);
  guint64 head = rw_journal_get_head (binding->journal);
  guint64 start = ours ? MIN (hello->report.next, head)
                       : choose_start (binding, hello, live_from);
  gboolean has_moved;

  attach (binding, hello, start, now_us);
  has_moved = place (binding, hello, start, now_us);
  /* Where the cursor stands, even if that is gone: the receiver then learns
   * of the gap from the tail. */
  binding->start =
      ours ? MAX (start, binding->cursor->acked) : binding->cursor->acked;
  return has_moved;
}

void
rw_cursor_binding_fill_report (const RwCursorBinding *binding,
                               const RwHello *hello, guint64 live_from,
                               RwReport *report)
{
  guint64 to = MIN (rw_journal_get_head (binding->journal), live_from);

  *report = (RwReport){.next = binding->start,
                       .known_to = binding->start,
                       .credit = RW_REPAIR_MAX_SPAN};
  if (is_our_stream (binding, hello) && hello->report.next >= binding->start)
    *report = hello->report;
  report->known_to = MAX (report->known_to, binding->start);
  if (report->known_to < to && report->n_ranges < RW_MESSAGE_MAX_RANGES)
    report->ranges[report->n_ranges++] = (RwRange){report->known_to, to};
}

/* A session that echoes a message sent after the new life began belongs to the
 * present life; its HELLO was delayed. */
gboolean
rw_cursor_binding_is_of_former_life (RwCursorBinding *binding, gint64 echoed_us)
{
  if (binding->life == binding->cursor->life)
    return FALSE;
  if (echoed_us < binding->cursor->life_us)
    return TRUE;
  binding->life = binding->cursor->life;
  return FALSE;
}

gboolean
rw_cursor_binding_take_ack (RwCursorBinding *binding, const RwAck *ack,
                            gint64 now_us)
{
  RwCursor *cursor = binding->cursor;

  cursor->lost = MAX (cursor->lost, cursor->lost_before + ack->lost);
  return rw_cursor_set_ack (binding->cursors, cursor, ack->report.next,
                            rw_journal_get_tail (binding->journal), now_us);
}
