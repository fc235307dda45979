/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-gap-history.h"

void
rw_gap_history_add (RwGapHistory *history, RwRange gap)
{
  history->gaps[history->n_gaps++ % RW_GAP_HISTORY_SIZE] = gap;
}

gboolean
rw_gap_history_has (const RwGapHistory *history, guint64 index)
{
  guint i;

  for (i = 0; i < MIN (history->n_gaps, RW_GAP_HISTORY_SIZE); i++)
    if (index >= history->gaps[i].from && index < history->gaps[i].to)
      return TRUE;
  return FALSE;
}
