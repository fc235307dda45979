/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "rw-loop.h"
#include "rw-post.h"

G_BEGIN_DECLS

/**
 * rw_relay_release:
 * @agent: the NiceAgent of a session that has ended
 * @owner: kept alive until @func has run
 *
 * Gives back what @agent has allocated at TURN servers, which would keep each
 * allocation for ten minutes. @func runs on @loop with @self and NULL, once:
 * when the servers have answered, or when libnice has given up on one that does
 * not, after about half a second. FALSE, and @func does not run, where @agent
 * is another kind of agent. Control thread.
 */
gboolean rw_relay_release (GObject *agent, RwLoop *loop, gpointer owner,
                           RwPostFunc func, gpointer self);

G_END_DECLS
