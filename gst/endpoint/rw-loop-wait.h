/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-loop.h"

G_BEGIN_DECLS

/**
 * rw_loop_wait:
 * Iterates @loop until @is_done (called on its thread) returns TRUE, or for
 * @timeout_us. Any thread, also the loop's own.
 */
void rw_loop_wait (RwLoop *loop, gboolean (*is_done) (gpointer), gpointer data,
                   gint64 timeout_us);

G_END_DECLS
