/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-message.h"

G_BEGIN_DECLS

/*
 * RwLiveProgress: which frames a session has sent on its live lane, and whether
 * that lane lags behind the journal; part of #RwSendEndpoint. A caller-owned
 * struct.
 */
typedef struct {
  guint64 from; /* the first frame sent, RW_INDEX_NONE before it */
  guint64 head; /* one past the last */
  /*< private >*/
  gint64 lag_since_us; /* 0: not lagging */
} RwLiveProgress;

void rw_live_progress_init (RwLiveProgress *progress);

/* Frame @index was sent. */
void rw_live_progress_note_sent (RwLiveProgress *progress, guint64 index);

/* Compares the lane with the journal's head. */
void rw_live_progress_update (RwLiveProgress *progress, guint64 journal_head,
                              gint64 now_us);

/* The index below which the receiver may expect the frames to arrive without a
 * request; all of the journal if the live lane does not send it. */
guint64 rw_live_progress_get_expect_to (const RwLiveProgress *progress,
                                        guint64 journal_head, gint64 now_us);

G_END_DECLS
