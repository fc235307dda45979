/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * RwHostSleep: notices that the host has slept, which monotonic time leaves
 * out. A caller-owned struct; the owner's lock guards it.
 */
typedef struct {
  gint64 slept_us; /* since it was booted */
} RwHostSleep;

void rw_host_sleep_init (RwHostSleep *sleep);

/* How long it has slept since the last call, in us; 0 for less than a second.
 */
gint64 rw_host_sleep_take_us (RwHostSleep *sleep);

G_END_DECLS
