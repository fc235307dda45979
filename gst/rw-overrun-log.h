/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-cursor.h"

G_BEGIN_DECLS

/*
 * What the application has been told of the frames that consumers lost because
 * the journal was full, and what there is to tell.
 *
 * Threads: any, under the lock of its owner.
 */
typedef struct _RwOverrunLog RwOverrunLog;

/**
 * RwOverrun: one thing to tell.
 * @frames: shed since the last one about this consumer
 * @total: shed in all before it acknowledged them: the most it can have lost,
 *   as some of them may have reached it
 * @lost: those among them that the consumer has declared a gap: exact, up to
 *   where it stands
 */
typedef struct {
  char *consumer_id;
  guint64 frames;
  guint64 total;
  guint64 lost;
} RwOverrun;

RwOverrunLog *rw_overrun_log_new (void);
void rw_overrun_log_free (RwOverrunLog *log);

/** rw_overrun_log_reset: another journal begins. */
void rw_overrun_log_reset (RwOverrunLog *log);
void rw_overrun_log_forget (RwOverrunLog *log, const char *consumer_id);

/**
 * rw_overrun_log_check:
 * @tail: of the journal
 * @is_last: @cursor is about to go; no time is left for waiting
 *
 * What is to be told of @cursor's consumer now: NULL where there is nothing
 * new, or the last time was less than a second ago.
 */
RwOverrun *rw_overrun_log_check (RwOverrunLog *log, const RwCursor *cursor,
                                 guint64 tail, gint64 now_us, gboolean is_last);

void rw_overrun_free (RwOverrun *overrun);

G_END_DECLS
