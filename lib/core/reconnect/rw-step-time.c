/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-step-time.h"

#define MOST_US          (10 * G_TIME_SPAN_SECOND)
#define MOST_PATIENCE_US (4 * G_TIME_SPAN_SECOND)

void
rw_step_time_take (RwStepTime *self, gint64 took_us)
{
  self->patience_us /= 2;
  if (self->mean_us == 0) {
    self->mean_us = MAX (took_us, 1);
    self->deviation_us = took_us / 2;
    return;
  }
  self->deviation_us +=
      (ABS (took_us - self->mean_us) - self->deviation_us) / 4;
  self->mean_us += (took_us - self->mean_us) / 8;
}

void
rw_step_time_note_timeout (RwStepTime *self, gint64 least_us)
{
  gint64 was_us = rw_step_time_get_timeout_us (self, least_us);

  self->patience_us = MIN (2 * was_us, MOST_PATIENCE_US);
}

gint64
rw_step_time_get_timeout_us (const RwStepTime *self, gint64 least_us)
{
  gint64 lately_us = self->mean_us + 4 * self->deviation_us;

  return MAX (least_us, MIN (MAX (lately_us, self->patience_us), MOST_US));
}
