/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-message-rate.h"

/* A message of so many bytes costs a second token, and so on. */
#define UNIT_BYTES 4096

void
rw_message_rate_init (RwMessageRate *self, guint rate, guint burst,
                      gint64 now_us)
{
  *self = (RwMessageRate){
      .rate = rate, .burst = burst, .tokens = burst, .tokens_us = now_us};
}

gboolean
rw_message_rate_take (RwMessageRate *self, gsize len, gint64 now_us)
{
  double earned =
      (double) (now_us - self->tokens_us) * self->rate / G_USEC_PER_SEC;

  if (self->rate == 0)
    return TRUE;

  self->tokens_us = now_us;
  self->tokens = MIN (self->tokens + earned, self->burst);
  self->tokens -= 1.0 + (double) (len / UNIT_BYTES);

  return self->tokens >= 0.0;
}
