/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-loop.h"

G_BEGIN_DECLS

typedef void (*RwPostFunc) (gpointer self, gpointer data);

/**
 * rw_post:
 * @owner: the object that @self is or is a part of; kept alive until @func has
 *   run.
 * @data: taken; freed with @free_data (may be NULL) on the loop.
 *
 * Forwards an event from a foreign thread: @func runs on the loop with @self
 * and @data, and must check whether the event is still relevant. Any thread.
 */
void rw_post (RwLoop *loop, gpointer owner, RwPostFunc func, gpointer self,
              gpointer data, GDestroyNotify free_data);

G_END_DECLS
