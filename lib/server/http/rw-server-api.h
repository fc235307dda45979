/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "rw-grants.h"
#include "rw-server-state.h"

G_BEGIN_DECLS

/* The HTTP API under /webrtc/rooms/: what a member of a room reports of its
 * connection, and what the room has of it. Server's thread. */

#define RW_SERVER_API_MAX_BODY 16384

gboolean rw_server_api_takes (const char *path);
void rw_server_api_answer (RwServerState *state, SoupServerMessage *msg,
                           const char *path, GHashTable *query,
                           const RwGrants *grants);

G_END_DECLS
