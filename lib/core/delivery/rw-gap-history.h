/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-message.h"

G_BEGIN_DECLS

/*
 * RwGapHistory: the gaps that were announced last, kept to distinguish a late
 * frame from a duplicate; part of #RwWindow. A caller-owned struct, all zero at
 * first.
 */

#define RW_GAP_HISTORY_SIZE 16u

typedef struct {
  /*< private >*/
  RwRange gaps[RW_GAP_HISTORY_SIZE];
  guint n_gaps; /* since the stream began */
} RwGapHistory;

void rw_gap_history_add (RwGapHistory *history, RwRange gap);
gboolean rw_gap_history_has (const RwGapHistory *history, guint64 index);

G_END_DECLS
