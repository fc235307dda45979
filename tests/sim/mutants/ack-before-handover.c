/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-window.h"

/* A window that acknowledges each frame that has arrived, before downstream
 * has taken it. */

guint64 __wrap_rw_window_get_next (const RwWindow *window);
void __real_rw_window_get_report (const RwWindow *window, guint64 known_to,
                                  RwReport *report);
void __wrap_rw_window_get_report (const RwWindow *window, guint64 known_to,
                                  RwReport *report);

guint64
__wrap_rw_window_get_next (const RwWindow *window)
{
  return rw_window_get_first_missing (window);
}

void
__wrap_rw_window_get_report (const RwWindow *window, guint64 known_to,
                             RwReport *report)
{
  guint64 next = rw_window_get_first_missing (window);

  __real_rw_window_get_report (window, known_to, report);
  report->credit -= MIN (report->credit, next - report->next);
  report->known_to = MAX (report->known_to, next);
  report->next = next;
}
