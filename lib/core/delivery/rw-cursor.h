/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-message.h"

G_BEGIN_DECLS

/*
 * RwCursorSet: the position of each consumer of one journal.
 *
 * Owns its cursors, which are never moved in memory. The lowest position is
 * O(1), an acknowledgement O(log n). No lock: the owner of the journal calls
 * under the journal's lock. The cursor of a consumer that vanished is kept, so
 * that it can continue at its position; the owner removes the cursor of a
 * consumer that sent BYE stopped.
 */

/**
 * RwCursor: (read-only outside the set)
 * @consumer_id: stable identity of the consumer
 * @acked: cumulative ack: all lower frames were handed on at the consumer
 * @sessions: how many transport sessions are bound to it now
 * @last_seen_us: when its last message arrived
 * @shed: frames that were shed before it acknowledged them, up to @acked;
 *   rw_cursor_get_shed() adds those that are not reported yet
 * @life: how often the consumer has returned without its state
 * @life_us: when it last did: acknowledgements of an earlier life are ignored
 *   after this
 * @leaving: sent BYE stopped: removed with its last session
 * @is_provisional: placed where a new consumer's request found the head; it
 *   begins with the first frame that its session carries live
 * @lost: frames that the consumer itself announced as gaps, in all its lives:
 *   exact
 * @lost_before: those of its earlier lives
 */
typedef struct {
  gchar *consumer_id;
  guint64 acked;
  guint sessions;
  gint64 last_seen_us;
  guint64 shed;
  guint64 lost;
  guint64 lost_before;
  guint life;
  gint64 life_us;
  gboolean leaving;
  gboolean is_provisional;
  /*< private >*/
  guint heap_position;
} RwCursor;

typedef struct _RwCursorSet RwCursorSet;
typedef void (*RwCursorFunc) (RwCursor *cursor, gpointer user_data);

RwCursorSet *rw_cursor_set_new (void);
void rw_cursor_set_free (RwCursorSet *set);

RwCursor *rw_cursor_set_lookup (RwCursorSet *set, const gchar *consumer_id);

/**
 * rw_cursor_set_add:
 * @position: position of a new cursor
 *
 * Returns: the consumer's cursor; an existing one keeps its position.
 */
RwCursor *rw_cursor_set_add (RwCursorSet *set, const gchar *consumer_id,
                             guint64 position, gint64 now_us);

/**
 * rw_cursor_set_ack:
 * @next: the consumer's cumulative ack
 * @tail: the journal's oldest index now
 *
 * A cursor never moves back: a late or repeated ack changes nothing.
 *
 * Returns: %TRUE if the cursor moved.
 */
gboolean rw_cursor_set_ack (RwCursorSet *set, RwCursor *cursor, guint64 next,
                            guint64 tail, gint64 now_us);

/* Removes a cursor, which must have no session bound. */
void rw_cursor_set_forget (RwCursorSet *set, RwCursor *cursor);

/* Removes the cursors without a session last seen before @before_us. Returns
 * their number. */
guint rw_cursor_set_forget_unseen (RwCursorSet *set, gint64 before_us);

/* The lowest cumulative ack of all cursors, or @fallback without a cursor:
 * lower frames may be released from the journal. */
guint64 rw_cursor_set_get_lowest (const RwCursorSet *set, guint64 fallback);
guint rw_cursor_set_get_size (const RwCursorSet *set);

/* Calls @func for each cursor, in no order; it must not change the set. */
void rw_cursor_set_foreach (RwCursorSet *set, RwCursorFunc func,
                            gpointer user_data);

/* Frames shed before this consumer acknowledged them, up to now. Computed on
 * demand, so that shedding costs the same however many cursors lag behind. */
guint64 rw_cursor_get_shed (const RwCursor *cursor, guint64 tail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwCursorSet, rw_cursor_set_free)

G_END_DECLS
