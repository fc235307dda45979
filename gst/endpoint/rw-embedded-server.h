/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-loop.h"

G_BEGIN_DECLS

/*
 * RwEmbeddedServer: the signalling server inside an element, which runs while
 * it is started; it lives on the element's control thread.
 *
 * Thread: start, stop and free come from state changes, and wait for the
 * control thread; the rest from any.
 */
typedef struct _RwEmbeddedServer RwEmbeddedServer;

RwEmbeddedServer *rw_embedded_server_new (void);

/* It does not run. */
void rw_embedded_server_free (RwEmbeddedServer *self);

/* Returns when it listens; FALSE and @error on failure (port in use). @loop: of
 * the control thread, which runs until it is stopped. */
gboolean rw_embedded_server_start (RwEmbeddedServer *self, RwLoop *loop,
                                   const char *host, guint port,
                                   GError **error);

/* Does nothing where it does not run. */
void rw_embedded_server_stop (RwEmbeddedServer *self);

/* The requested port or, for 0, the port that was chosen; 0 where it does not
 * run. */
guint rw_embedded_server_get_port (RwEmbeddedServer *self);

/* The server's URI for clients in this process; NULL where it does not run. */
char *rw_embedded_server_dup_uri (RwEmbeddedServer *self);

G_END_DECLS
