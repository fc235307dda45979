/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-pause.h"

/* -50 dBFS: quieter than speech, and than what a cut is heard in. */
#define QUIET_PEAK 0.00316f

#define MAX_PAUSE (200 * GST_MSECOND)

static gboolean
is_quiet (const GArray *samples)
{
  guint i;

  for (i = 0; i < samples->len; i++)
    if (ABS (g_array_index (samples, gfloat, i)) > QUIET_PEAK)
      return FALSE;
  return TRUE;
}

GstClockTime
rw_pause_shorten (RwPause *self, const GArray *samples, GstClockTime duration,
                  gint64 behind)
{
  if (!is_quiet (samples)) {
    self->length = 0;
    return 0;
  }
  self->length += duration;
  if (self->length <= MAX_PAUSE || behind <= 0)
    return 0;
  return MIN (duration, (GstClockTime) behind);
}
