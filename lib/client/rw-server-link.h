/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-connection-race.h"

G_BEGIN_DECLS

/**
 * RwServerLink:
 * Which connection is in use, and when it is replaced: the first that a server
 * welcomes, until it is lost, or suspect and another one is quicker, or to a
 * server that is less preferred than one that works again. Control thread.
 *
 * Signals, besides those of its RwConnectionRace:
 *   probe (RwServerConnection *connection)
 *     Send a question that every server answers.
 *   disconnected ()
 *     There is no connection in use any more.
 *   closed (GError *error, gint64 delay_us)
 *     As in RwSignaller; the next attempt is made by itself.
 *   failed (GError *error)
 *     There is no next attempt until rw_server_link_start().
 */
#define RW_TYPE_SERVER_LINK (rw_server_link_get_type ())
G_DECLARE_FINAL_TYPE (RwServerLink, rw_server_link, RW, SERVER_LINK, GObject)

/**
 * RwServerLinkConfig: read while in rw_server_link_new() alone.
 * @connection: its URI is not used.
 * @reconnect: of the connection; its back-off also where a server keeps closing
 *   new connections.
 * The other members: see RwWsSignallerConfig.
 */
typedef struct {
  const char *const *uris;
  RwWsConnectionConfig connection;
  RwReconnectConfig reconnect;
  gint64 probe_timeout_us;
  gint64 better_delay_us;
} RwServerLinkConfig;

/** rw_server_link_new: @rand: (transfer full) (nullable). */
RwServerLink *rw_server_link_new (RwClock *clock, GMainContext *context,
                                  GRand *rand,
                                  const RwServerLinkConfig *config);

/** rw_server_link_get_race: which announces connections and their messages. One
 * that it announces as welcomed is to be given to rw_server_link_use() or
 * rw_server_link_reject(). */
RwConnectionRace *rw_server_link_get_race (RwServerLink *self);

void rw_server_link_start (RwServerLink *self);

/** rw_server_link_stop: every connection is dropped, unless it is being
 * closed. */
void rw_server_link_stop (RwServerLink *self);
gboolean rw_server_link_is_stopped (RwServerLink *self);

/** rw_server_link_retry_now: as rw_signaller_retry_now(). */
void rw_server_link_retry_now (RwServerLink *self);

/** rw_server_link_get_current: the connection in use, or NULL. */
RwServerConnection *rw_server_link_get_current (RwServerLink *self);

/** rw_server_link_get_uri: of the server in use, in full, or NULL. */
const char *rw_server_link_get_uri (RwServerLink *self);

/** rw_server_link_is_live: whether @connection still counts. */
gboolean rw_server_link_is_live (RwServerLink *self,
                                 RwServerConnection *connection);

/** rw_server_link_is_moving: @connection is to a preferred server, and nothing
 * is wrong with the one in use. */
gboolean rw_server_link_is_moving (RwServerLink *self,
                                   RwServerConnection *connection);

/** rw_server_link_use: @connection, with this @welcome, is the one in use. */
void rw_server_link_use (RwServerLink *self, RwServerConnection *connection,
                         const RwSignalMessage *welcome);

/** rw_server_link_reject: the server makes no sense on @connection, which ends;
 * @what completes "The signalling server ...". */
void rw_server_link_reject (RwServerLink *self, RwServerConnection *connection,
                            const char *what);

/** rw_server_link_disconnect: the connection in use does not count any more. */
void rw_server_link_disconnect (RwServerLink *self);

/** rw_server_link_drain: the server in use is about to stop, and wants its
 * clients to leave within @max_delay_ms. */
void rw_server_link_drain (RwServerLink *self, guint64 max_delay_ms);

/** rw_server_link_simulate_outage: every attempt fails for @duration_us. */
void rw_server_link_simulate_outage (RwServerLink *self, gint64 duration_us);

G_END_DECLS
