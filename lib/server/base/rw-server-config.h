/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * RwServerConfig:
 * @host: the address to listen on: numeric, or a name (its first address)
 * @port: 0 for any free one
 * @max_clients: WebSockets at once, more are answered with 503; and
 *   disconnected clients that are kept for resumption
 * @max_clients_per_address: the same for one address, answered with 429; a
 *   further client that is disconnected there is not kept; 0 for no limit
 * @max_message_bytes: a longer message closes its connection with 1009
 * @max_queue_bytes: what may wait for a slow reader before it is cut off, and
 *   for a disconnected client before it is removed; and what one room's history
 *   may take
 * @max_queues_bytes: what may wait for all clients together; beyond it, those
 *   with the longest queues are cut off
 * @message_rate: messages a second that one client may keep up (long ones
 *   count more), 0 for no limit
 * @message_burst: how many it may send at once
 * @ping_interval_s: between our pings, from 1
 * @ping_timeout_s: a connection silent for so long is given up
 * @http_timeout_s: how long a request may take to arrive
 * @grace_ms: how long a client with resumption is kept after it was lost, 0 for
 *   not at all
 * @max_rooms: at once
 * @room_history: messages that a room keeps for members that are away
 * @room_history_age_s: for how long
 * @max_history_bytes: that those of all rooms may take
 * @floor_max_hold_s: how long somebody may hold a room's floor, 0 for ever
 * @floor_grace_ms: how long a holder that lost its connection keeps the floor,
 *   0 for not at all
 * @floor_strict_rooms: (nullable): patterns of rooms without that grace
 * @origins: (nullable): the web pages that may connect, such as
 *   https://example.org; NULL for all. A client that sends no Origin is no
 *   page, and may connect
 * @trusted_proxies: (nullable): addresses and networks of proxies whose
 *   X-Forwarded-For names the client
 * @metrics_token_file: (nullable): with the bearer token that /metrics needs
 * @token_key_file: (nullable): the key that tokens are checked with; NULL for
 *   an open server
 * @token_algorithm: HS256, RS256 or ES256
 * @turn_uris: (nullable): TURN servers, sent to clients
 * @turn_secret_file: (nullable): with the secret they share with us
 * @turn_ttl_s: how long the credentials are good for
 * @redis_uri: (nullable): the Redis that the servers share their state
 *   through; NULL for a single server
 * @redis_prefix: of all keys there
 * @tls_certificate: (nullable): PEM file: with it the server speaks wss
 * @tls_key: (nullable): PEM file of its key
 * @web_root: (nullable): the folder of the page; the default one may be missing
 * @user: (nullable): whom the program becomes when it listens
 * @log_format: of the program's log: text, json or journal
 * @log_level: the lowest level that is logged
 *
 * How a server is to run. A plain value; docs/server.md lists the defaults,
 * rw-server-options.h has the table of all keys.
 */
typedef struct {
  char *host;
  guint port;
  guint max_clients;
  guint max_clients_per_address;
  guint max_message_bytes;
  guint max_queue_bytes;
  guint max_queues_bytes;
  guint message_rate;
  guint message_burst;
  guint ping_interval_s;
  guint ping_timeout_s;
  guint http_timeout_s;
  guint grace_ms;
  guint max_rooms;
  guint room_history;
  guint room_history_age_s;
  guint max_history_bytes;
  guint floor_max_hold_s;
  guint floor_grace_ms;
  char **floor_strict_rooms;
  char **origins;
  char **trusted_proxies;
  char *metrics_token_file;
  char *token_key_file;
  char *token_algorithm;
  char **turn_uris;
  char *turn_secret_file;
  guint turn_ttl_s;
  char *redis_uri;
  char *redis_prefix;
  char *tls_certificate;
  char *tls_key;
  char *web_root;
  char *user;
  char *log_format;
  char *log_level;
} RwServerConfig;

gboolean rw_server_config_has_own_web_root (const RwServerConfig *self);

RwServerConfig *rw_server_config_new (void);
RwServerConfig *rw_server_config_copy (const RwServerConfig *self);
void rw_server_config_free (RwServerConfig *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwServerConfig, rw_server_config_free)

G_END_DECLS
