/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-jitter.h"

/* The gain of RFC 3550. */
#define GAIN_DEN 16

void
rw_jitter_init (RwJitter *jitter)
{
  *jitter = (RwJitter){0};
}

void
rw_jitter_note (RwJitter *jitter, gint64 media_us, gint64 arrival_us)
{
  gint64 transit_us = arrival_us - media_us;
  gint64 change_us = ABS (transit_us - jitter->transit_us);

  if (jitter->started)
    jitter->jitter_us += (change_us - jitter->jitter_us) / GAIN_DEN;
  jitter->started = TRUE;
  jitter->transit_us = transit_us;
}
