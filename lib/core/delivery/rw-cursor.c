/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-cursor.h"

/* A binary min-heap on the cumulative ack; each cursor stores its index. */
struct _RwCursorSet {
  GHashTable *by_id; /* owns the cursors */
  GPtrArray *heap;
};

static void
cursor_free (gpointer data)
{
  RwCursor *cursor = data;

  g_free (cursor->consumer_id);
  g_free (cursor);
}

RwCursorSet *
rw_cursor_set_new (void)
{
  RwCursorSet *set = g_new0 (RwCursorSet, 1);

  set->by_id =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, cursor_free);
  set->heap = g_ptr_array_new ();
  return set;
}

void
rw_cursor_set_free (RwCursorSet *set)
{
  if (set == NULL)
    return;
  g_ptr_array_unref (set->heap);
  g_hash_table_unref (set->by_id);
  g_free (set);
}

/* The heap */

static RwCursor *
heap_at (const RwCursorSet *set, guint position)
{
  return set->heap->pdata[position];
}

static void
heap_put (RwCursorSet *set, RwCursor *cursor, guint position)
{
  set->heap->pdata[position] = cursor;
  cursor->heap_position = position;
}

static void
heap_rise (RwCursorSet *set, RwCursor *cursor)
{
  guint at = cursor->heap_position;

  while (at > 0 && heap_at (set, (at - 1) / 2)->acked > cursor->acked) {
    heap_put (set, heap_at (set, (at - 1) / 2), at);
    at = (at - 1) / 2;
  }
  heap_put (set, cursor, at);
}

static void
heap_sink (RwCursorSet *set, RwCursor *cursor)
{
  guint at = cursor->heap_position;
  guint child;

  while ((child = 2 * at + 1) < set->heap->len) {
    if (child + 1 < set->heap->len &&
        heap_at (set, child + 1)->acked < heap_at (set, child)->acked)
      child++;
    if (heap_at (set, child)->acked >= cursor->acked)
      break;
    heap_put (set, heap_at (set, child), at);
    at = child;
  }
  heap_put (set, cursor, at);
}

static void
heap_remove (RwCursorSet *set, RwCursor *cursor)
{
  guint at = cursor->heap_position;
  RwCursor *last = heap_at (set, set->heap->len - 1);

  g_ptr_array_set_size (set->heap, set->heap->len - 1);
  if (last == cursor)
    return;
  heap_put (set, last, at);
  heap_rise (set, last);
  heap_sink (set, last);
}

/* Cursors */

RwCursor *
rw_cursor_set_lookup (RwCursorSet *set, const gchar *consumer_id)
{
  return g_hash_table_lookup (set->by_id, consumer_id);
}

RwCursor *
rw_cursor_set_add (RwCursorSet *set, const gchar *consumer_id, guint64 position,
                   gint64 now_us)
{
  RwCursor *cursor = rw_cursor_set_lookup (set, consumer_id);

  if (cursor == NULL) {
    cursor = g_new0 (RwCursor, 1);
    cursor->consumer_id = g_strdup (consumer_id);
    cursor->acked = position;
    g_hash_table_insert (set->by_id, cursor->consumer_id, cursor);
    g_ptr_array_add (set->heap, cursor);
    cursor->heap_position = set->heap->len - 1;
    heap_rise (set, cursor);
  }
  cursor->last_seen_us = now_us;
  return cursor;
}

gboolean
rw_cursor_set_ack (RwCursorSet *set, RwCursor *cursor, guint64 next,
                   guint64 tail, gint64 now_us)
{
  cursor->last_seen_us = now_us;
  if (next <= cursor->acked)
    return FALSE;
  cursor->shed = rw_cursor_get_shed (cursor, MIN (tail, next));
  cursor->acked = next;
  heap_sink (set, cursor);
  return TRUE;
}

void
rw_cursor_set_forget (RwCursorSet *set, RwCursor *cursor)
{
  g_return_if_fail (cursor->sessions == 0);
  heap_remove (set, cursor);
  g_hash_table_remove (set->by_id, cursor->consumer_id);
}

guint
rw_cursor_set_forget_unseen (RwCursorSet *set, gint64 before_us)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, set->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    RwCursor *cursor = value;

    if (cursor->sessions > 0 || cursor->last_seen_us >= before_us)
      continue;
    heap_remove (set, cursor);
    g_hash_table_iter_remove (&iter);
    n++;
  }
  return n;
}

guint64
rw_cursor_set_get_lowest (const RwCursorSet *set, guint64 fallback)
{
  return set->heap->len > 0 ? heap_at (set, 0)->acked : fallback;
}

guint
rw_cursor_set_get_size (const RwCursorSet *set)
{
  return set->heap->len;
}

void
rw_cursor_set_foreach (RwCursorSet *set, RwCursorFunc func, gpointer user_data)
{
  guint i;

  for (i = 0; i < set->heap->len; i++)
    func (heap_at (set, i), user_data);
}

guint64
rw_cursor_get_shed (const RwCursor *cursor, guint64 tail)
{
  return cursor->shed + (tail > cursor->acked ? tail - cursor->acked : 0);
}
