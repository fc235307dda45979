/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-capture-origin.h"

#include "rw-frame.h"

/* See the header. */

/* The origin is kept while it is right to this; a reading of the clocks that
 * took longer than that is not used. */
#define MAX_ORIGIN_ERROR_NS (300 * 1000)
#define MAX_READ_NS         (100 * 1000u)

/* Two clocks are read at one moment; where the thread was interrupted between
 * them, what was known before is better. */
gboolean
rw_capture_origin_measure (gint64 *origin_ns, RwRunningTime *time)
{
  GstClockTime before, after;
  gint64 now_ns;

  before = rw_running_time_get (time, g_get_monotonic_time ());
  now_ns = g_get_real_time () * 1000;
  after = rw_running_time_get (time, g_get_monotonic_time ());
  now_ns -= (gint64) ((before + after) / 2);
  if (*origin_ns != RW_CAPTURE_TIME_NONE &&
      (after - before > MAX_READ_NS ||
       ABS (now_ns - *origin_ns) < MAX_ORIGIN_ERROR_NS))
    return FALSE;
  *origin_ns = now_ns;
  return TRUE;
}
