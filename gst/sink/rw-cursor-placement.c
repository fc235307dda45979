/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cursor-placement.h"

#include <string.h>

#include "rw-message.h"
#include "rw-stream-id.h"

/* See the header. */

/* Where an unknown consumer begins: at the position of its request; at the
 * oldest frame if it followed another stream, because it must get all of this
 * one. */
static guint64
choose_position (const RwJournal *journal, const RwSessionRequest *request,
                 gboolean ours)
{
  guint64 tail = rw_journal_get_tail (journal);
  guint64 head = rw_journal_get_head (journal);

  if (ours)
    return request->next;
  if (request->start == RW_SESSION_START_OLDEST || request->stream_id != NULL)
    return tail;
  return head;
}

void
rw_cursor_place (RwCursorSet *cursors, const RwJournal *journal,
                 const RwSessionRequest *request, gint64 now_us)
{
  guint8 stream_id[RW_STREAM_ID_SIZE];
  RwCursor *cursor;
  gboolean ours, is_new;

  if (strlen (request->consumer_id) > RW_CONSUMER_ID_MAX)
    return;
  ours = request->stream_id != NULL &&
         rw_stream_id_parse (request->stream_id, stream_id) &&
         memcmp (stream_id, rw_journal_get_stream_id (journal),
                 RW_STREAM_ID_SIZE) == 0 &&
         request->next <= rw_journal_get_head (journal);
  is_new = rw_cursor_set_lookup (cursors, request->consumer_id) == NULL;
  cursor = rw_cursor_set_add (cursors, request->consumer_id,
                              choose_position (journal, request, ours), now_us);
  if (is_new)
    cursor->is_provisional =
        request->stream_id == NULL && request->start != RW_SESSION_START_OLDEST;
  if (ours)
    rw_cursor_set_ack (cursors, cursor, request->next,
                       rw_journal_get_tail (journal), now_us);
}
