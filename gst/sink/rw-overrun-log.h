/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cursor.h"

G_BEGIN_DECLS

/*
 * RwOverrunLog: which losses over the journal's bounds were reported to the
 * application for each consumer, and which are due.
 *
 * Threads: any, under the lock of its owner.
 */
typedef struct _RwOverrunLog RwOverrunLog;

/**
 * RwOverrun: one report.
 * @frames: lost since the last report for this consumer
 * @total: lost in all, as reported so far: an upper bound, because of what was
 *   shed while the consumer was away some may have reached it
 * @lost: those that the consumer has announced as gaps: exact up to its
 *   position
 */
typedef struct {
  char *consumer_id;
  guint64 frames;
  guint64 total;
  guint64 lost;
} RwOverrun;

RwOverrunLog *rw_overrun_log_new (void);
void rw_overrun_log_free (RwOverrunLog *log);

void rw_overrun_log_forget (RwOverrunLog *log, const char *consumer_id);

/**
 * rw_overrun_log_check:
 * @tail: of the journal
 * @is_last: @cursor is about to be removed: the report is due now
 *
 * The report that is due for @cursor's consumer; NULL if nothing was lost since
 * the last one, or that is less than a second old. A frame that is shed before
 * a consumer has acknowledged it is lost if the consumer says so, or is away; a
 * consumer that is there may have it.
 */
RwOverrun *rw_overrun_log_check (RwOverrunLog *log, const RwCursor *cursor,
                                 guint64 tail, gint64 now_us, gboolean is_last);

/* The reports that are due for the consumers of @cursors; NULL if none is. */
GPtrArray *rw_overrun_log_check_all (RwOverrunLog *log, RwCursorSet *cursors,
                                     guint64 tail, gint64 now_us);

void rw_overrun_free (RwOverrun *overrun);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwOverrun, rw_overrun_free)

G_END_DECLS
