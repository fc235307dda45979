/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwCursorSet: where each consumer of one journal has got to.
 *
 * Owns its cursors, which are never moved in memory. The lowest position is
 * O(1), an acknowledgement O(log n). No lock: the owner of the journal calls
 * under the journal's lock. A consumer that vanished is remembered, so that it
 * may go on where it was; one that said goodbye is to be forgotten.
 */

/* Longest consumer id in bytes, without the terminating NUL. */
#define RW_CONSUMER_ID_MAX 128u

/**
 * RwCursor: (read-only for everyone but the set)
 * @consumer_id: stable identity of the consumer
 * @acked: cumulative ack: all lower frames were handed on at the consumer
 * @sessions: how many transport sessions are bound to it now
 * @last_seen_us: when it was last heard of
 * @shed: frames that were shed before it acknowledged them, up to @acked;
 *   rw_cursor_get_shed() adds those it has yet to be told of
 * @life: counts the times that the consumer came back without its memory
 * @life_us: when it last did: what an earlier life had still acknowledged is
 *   not believed after this
 * @leaving: said goodbye: forgotten when its last session is gone
 * @lost: frames that the consumer itself declared a gap, in all its lives:
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
 * @position: where a cursor that is new begins
 *
 * Returns: the cursor of that name, an existing one where it stands.
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

/* Drops a cursor; it must have no session bound. */
void rw_cursor_set_forget (RwCursorSet *set, RwCursor *cursor);

/* Forgets the cursors without a session last seen before @before_us.
 * Returns how many. */
guint rw_cursor_set_forget_unseen (RwCursorSet *set, gint64 before_us);

/* The lowest cumulative ack of all, or @fallback with no cursor: what may be
 * released from the journal. */
guint64 rw_cursor_set_get_lowest (const RwCursorSet *set, guint64 fallback);
guint rw_cursor_set_get_size (const RwCursorSet *set);

/* Calls @func for each cursor, in no order; it must not change the set. */
void rw_cursor_set_foreach (RwCursorSet *set, RwCursorFunc func,
                            gpointer user_data);

/* Frames shed before this consumer acknowledged them, to this moment: nothing
 * has to be done at the time of shedding, however many cursors lag behind. */
guint64 rw_cursor_get_shed (const RwCursor *cursor, guint64 tail);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwCursorSet, rw_cursor_set_free)

G_END_DECLS
