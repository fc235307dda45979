/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-loop.h"

G_BEGIN_DECLS

/*
 * RwOwnServer: the signalling server inside an element; it lives on the
 * element's control thread.
 *
 * Thread: new and free come from state changes, and wait for the control
 * thread; the rest from any.
 */
typedef struct _RwOwnServer RwOwnServer;

/* Listens already. NULL and @error when it cannot (port in use). */
RwOwnServer *rw_own_server_new (RwLoop *loop, const char *host, guint port,
                                GError **error);
void rw_own_server_free (RwOwnServer *self);

/* The one that was asked for or, for 0, the one that was free. */
guint rw_own_server_get_port (const RwOwnServer *self);

/* Where it can be reached from this process. */
char *rw_own_server_dup_uri (const RwOwnServer *self);

G_END_DECLS
