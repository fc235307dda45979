/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * RwIceServer:
 * @urls: as RFC 7064 and 7065 have them: stun:host:3478,
 *   turn:host:3478?transport=tcp, turns:host; never NULL
 * @username: (nullable)
 * @credential: (nullable): a secret
 *
 * A STUN or TURN server recommended by the signalling server, as in the web's
 * RTCIceServer. A plain value.
 */
typedef struct {
  char **urls;
  char *username;
  char *credential;
} RwIceServer;

void rw_ice_server_free (RwIceServer *self);

/** rw_ice_servers_new: an array that owns what it holds. */
GPtrArray *rw_ice_servers_new (void);

/**
 * rw_ice_servers_dup_turn_uris:
 * @servers: (element-type RwIceServer)
 *
 * Returns: (transfer full): those of TURN servers in the form that webrtcbin
 *   takes, turn://user:password@host:port?transport=..., with the two
 *   escaped; never NULL. Servers without credentials or in another form are
 * left out, and so are those of TURN over TLS: libnice would speak to them in
 * the clear.
 */
char **rw_ice_servers_dup_turn_uris (const GPtrArray *servers);

/** rw_ice_servers_find_tls_url: the first URL of TURN over TLS, borrowed; or
 * NULL. */
const char *rw_ice_servers_find_tls_url (const GPtrArray *servers);

/** rw_ice_servers_dup_stun_uri: of the first STUN server, stun://host:port; or
 * NULL. webrtcbin takes one. */
char *rw_ice_servers_dup_stun_uri (const GPtrArray *servers);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwIceServer, rw_ice_server_free)

G_END_DECLS
