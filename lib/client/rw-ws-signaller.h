/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-backoff.h"
#include "rw-clock.h"
#include "rw-signaller.h"
#include "rw-ws-rooms.h"

G_BEGIN_DECLS

/**
 * RwWsSignaller:
 * The RwSignaller that speaks the protocol of docs/signalling.md over a
 * WebSocket, with this project's server and with others. Control thread only:
 * made, used and freed on the thread whose default context is the one it was
 * given.
 *
 * It reconnects under an RwController: when the connection does not answer a
 * probe, a second one is opened beside it, and the first that is answered wins.
 *
 * Signal, besides the interface's:
 *   request-token () -> char *
 *     The server does not accept the token: a fresh one, or NULL to give up.
 */
#define RW_TYPE_WS_SIGNALLER (rw_ws_signaller_get_type ())
G_DECLARE_FINAL_TYPE (RwWsSignaller, rw_ws_signaller, RW, WS_SIGNALLER, GObject)

/**
 * RwWsSignallerConfig: copied.
 * @uris: NULL-terminated, the preferred one first; at least one.
 * @client_id: known to this client alone, and the same after a restart, so
 *   that a server with resumption knows the client without a token; NULL for
 *   one at random.
 * @auth_token: or NULL.
 * @tls_ca_file: PEM file of the authorities to trust; NULL: the system's.
 * @insecure_tls: trust any certificate.
 * @backoff: between attempts.
 * @attempt_timeout_us: until an attempt is taken for dead.
 * @ping_interval_us: whole seconds; 0 for none.
 * @pong_timeout_us: how late a pong may be.
 * @probe_timeout_us: how soon a doubted connection has to answer before a
 *   second is opened; a server without resumption is given four times that.
 * @better_delay_us: how long to stay with a server that is not the preferred
 *   one before looking whether that one is well again.
 * @spread_us: a random part of it is waited after the server has closed.
 */
typedef struct {
  const char *const *uris;
  const char *client_id;
  const char *auth_token;
  const char *tls_ca_file;
  gboolean insecure_tls;
  RwBackoffConfig backoff;
  gint64 attempt_timeout_us;
  gint64 ping_interval_us;
  gint64 pong_timeout_us;
  gint64 probe_timeout_us;
  gint64 better_delay_us;
  gint64 spread_us;
} RwWsSignallerConfig;

#define RW_WS_SIGNALLER_CONFIG_DEFAULT                                         \
  ((RwWsSignallerConfig){.backoff = RW_BACKOFF_CONFIG_DEFAULT,                 \
                         .attempt_timeout_us = 3000000,                        \
                         .ping_interval_us = 5000000,                          \
                         .pong_timeout_us = 3000000,                           \
                         .probe_timeout_us = 250000,                           \
                         .better_delay_us = 10000000,                          \
                         .spread_us = 1000000})

/** RwWsSignallerCounts: since it was made. */
typedef struct {
  guint64 attempts;
  guint64 opened;
  guint64 resumed;          /* of those, where the server knew the client */
  guint64 sent;             /* messages */
  guint64 received;         /* messages, understood or not */
  guint64 malformed;        /* received, and not understood */
  guint64 resent;           /* of the sent, those sent before */
  guint64 duplicates;       /* received again, and dropped */
  guint64 dropped_overflow; /* the queue was full */
  guint64 dropped_stale;    /* what it was about is gone */
} RwWsSignallerCounts;

/**
 * rw_ws_signaller_new:
 * @context: NULL is the default context.
 * @rand: (transfer full): where chance comes from; NULL for a random seed.
 *
 * NULL with an RW_FAILURE_ERROR if a setting cannot be used (an address that
 * is none, a CA file that cannot be read).
 */
RwWsSignaller *rw_ws_signaller_new (RwClock *clock, GMainContext *context,
                                    GRand *rand,
                                    const RwWsSignallerConfig *config,
                                    GError **error);

/** rw_ws_signaller_set_auth_token: for the next connection. */
void rw_ws_signaller_set_auth_token (RwWsSignaller *self, const char *token);

gboolean rw_ws_signaller_is_open (RwWsSignaller *self);
void rw_ws_signaller_get_counts (RwWsSignaller *self,
                                 RwWsSignallerCounts *counts);

/** rw_ws_signaller_get_rooms: the client's rooms and their floors. */
RwWsRooms *rw_ws_signaller_get_rooms (RwWsSignaller *self);

/** rw_ws_signaller_get_uri: of the server in use, or NULL. */
const char *rw_ws_signaller_get_uri (RwWsSignaller *self);

/**
 * rw_ws_signaller_simulate_outage:
 * Drops the connection, and every attempt fails, for @duration_us.
 */
void rw_ws_signaller_simulate_outage (RwWsSignaller *self, gint64 duration_us);

G_END_DECLS
