/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rw-host-sleep.h"

#include <time.h>

/* See the header. */

static gint64
get_slept_us (void)
{
  struct timespec boot;

  clock_gettime (CLOCK_BOOTTIME, &boot);
  return boot.tv_sec * G_USEC_PER_SEC + boot.tv_nsec / 1000 -
         g_get_monotonic_time ();
}

void
rw_host_sleep_init (RwHostSleep *sleep)
{
  sleep->slept_us = get_slept_us ();
}

gint64
rw_host_sleep_take_us (RwHostSleep *sleep)
{
  gint64 before_us = sleep->slept_us;

  sleep->slept_us = get_slept_us ();
  return sleep->slept_us - before_us > G_USEC_PER_SEC
             ? sleep->slept_us - before_us
             : 0;
}
