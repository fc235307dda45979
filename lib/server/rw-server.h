/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-config.h"

G_BEGIN_DECLS

#define RW_TYPE_SERVER (rw_server_get_type ())
G_DECLARE_FINAL_TYPE (RwServer, rw_server, RW, SERVER, GObject)

/**
 * RwServer:
 *
 * The signalling server: WebSockets on any path of one port, served on the
 * main context that is thread-default in rw_server_start(). All calls come
 * from the thread that runs this context. It needs no other.
 */

RwServer *rw_server_new (const RwServerConfig *config);

gboolean rw_server_start (RwServer *self, GError **error);
gboolean rw_server_reload_tls (RwServer *self, GError **error);
void rw_server_drain (RwServer *self, guint delay_ms);
void rw_server_stop (RwServer *self);

guint16 rw_server_get_port (RwServer *self);
char *rw_server_dup_uri (RwServer *self);
guint rw_server_get_n_clients (RwServer *self);

G_END_DECLS
