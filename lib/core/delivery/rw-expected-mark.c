/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-expected-mark.h"

void
rw_expected_mark_add_now (RwExpectedMarks *marks, guint64 to)
{
  marks->mark = MAX (marks->mark, to);
}

/* Two marks are kept, the one that waits and the newest after it, so that their
 * number does not grow with the frames that arrive meanwhile. */
void
rw_expected_mark_add (RwExpectedMarks *marks, guint64 to, guint64 first_missing,
                      gint64 due_us)
{
  RwExpectedMark expected = {to, due_us};

  if (to <= marks->mark)
    return;
  if (first_missing >= to)
    marks->mark = to;
  else if (marks->pending.to == 0)
    marks->pending = expected;
  else if (to > marks->pending.to && to > marks->later.to)
    marks->later = expected;
}

gboolean
rw_expected_mark_ripen (RwExpectedMarks *marks, gint64 now_us)
{
  guint64 before = marks->mark;

  while (marks->pending.to != 0 && marks->pending.due_us <= now_us) {
    rw_expected_mark_add_now (marks, marks->pending.to);
    marks->pending = marks->later;
    marks->later = (RwExpectedMark){0};
  }
  return marks->mark > before;
}

gint64
rw_expected_mark_get_deadline (const RwExpectedMarks *marks)
{
  return marks->pending.to != 0 ? marks->pending.due_us : G_MAXINT64;
}
