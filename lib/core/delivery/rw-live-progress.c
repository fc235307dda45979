/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-live-progress.h"

/* The live lane lags if it has not sent an appended frame after this time. */
#define LIVE_LAG_US (100 * 1000)

void
rw_live_progress_init (RwLiveProgress *progress)
{
  *progress = (RwLiveProgress){.from = RW_INDEX_NONE};
}

void
rw_live_progress_note_sent (RwLiveProgress *progress, guint64 index)
{
  if (progress->from == RW_INDEX_NONE)
    progress->from = index;
  progress->head = MAX (progress->head, index + 1);
}

void
rw_live_progress_update (RwLiveProgress *progress, guint64 journal_head,
                         gint64 now_us)
{
  if (progress->from == RW_INDEX_NONE || progress->head >= journal_head)
    progress->lag_since_us = 0;
  else if (progress->lag_since_us == 0)
    progress->lag_since_us = now_us;
}

static gboolean
lags (const RwLiveProgress *progress, gint64 now_us)
{
  return progress->lag_since_us != 0 &&
         now_us - progress->lag_since_us > LIVE_LAG_US;
}

guint64
rw_live_progress_get_expect_to (const RwLiveProgress *progress,
                                guint64 journal_head, gint64 now_us)
{
  if (progress->from == RW_INDEX_NONE || lags (progress, now_us))
    return journal_head;
  return progress->head;
}
