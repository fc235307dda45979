/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cursor.h"
#include "rw-journal.h"
#include "rw-message.h"

G_BEGIN_DECLS

/*
 * RwCursorBinding: binds one session to its consumer's cursor: where the
 * consumer begins, and which of its acknowledgements count; part of
 * #RwSendEndpoint. A caller-owned struct without a lock: the endpoint's owner
 * holds the journal's lock around every call. Borrows the journal and the
 * cursors.
 */
typedef struct {
  RwCursor *cursor; /* NULL before the HELLO */
  guint64 start;    /* the first index for this session */
  /*< private >*/
  RwJournal *journal;
  RwCursorSet *cursors;
  guint life; /* the cursor's, when it was bound */
} RwCursorBinding;

void rw_cursor_binding_init (RwCursorBinding *binding, RwJournal *journal,
                             RwCursorSet *cursors);

/* Unbinds the cursor, which stays in its set unless its consumer leaves. */
void rw_cursor_binding_clear (RwCursorBinding *binding);

/**
 * rw_cursor_binding_bind:
 * @hello: the first of the session
 * @live_from: the first frame of the session's live lane, or %RW_INDEX_NONE
 *
 * Returns: whether the cursor moved.
 */
gboolean rw_cursor_binding_bind (RwCursorBinding *binding, const RwHello *hello,
                                 guint64 live_from, gint64 now_us);

/* Fills in @report: which frames the consumer lacks, from the HELLO that bound
 * it. */
void rw_cursor_binding_fill_report (const RwCursorBinding *binding,
                                    const RwHello *hello, guint64 live_from,
                                    RwReport *report);

/* Whether the session belongs to a life of the consumer that is over, so that
 * its acknowledgements no longer count. @echoed_us: when the newest message
 * that the receiver has confirmed was sent. */
gboolean rw_cursor_binding_is_of_former_life (RwCursorBinding *binding,
                                              gint64 echoed_us);

/* Returns: whether the cursor moved. */
gboolean rw_cursor_binding_take_ack (RwCursorBinding *binding, const RwAck *ack,
                                     gint64 now_us);

G_END_DECLS
