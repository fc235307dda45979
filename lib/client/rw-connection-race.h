/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-controller.h"
#include "rw-server-dialer.h"

G_BEGIN_DECLS

/**
 * RwConnectionRace:
 * Opens and drops connections as an RwController decides, and lets one after
 * the other do its handshake. The owner decides which is used. Control
 * thread.
 *
 * Signals, each about one RwServerConnection:
 *   handshake (RwServerConnection *connection)
 *     It is its turn: send what a server needs from a client.
 *   welcomed (RwServerConnection *connection, const RwSignalMessage *welcome)
 *     Its server has answered; @welcome is NULL where it has no resumption.
 *   message, malformed, stalled, activity, closed
 *     As in RwServerConnection, with the connection in front; the first only
 *     for a connection that was used.
 *   abandoned (RwServerConnection *connection)
 *     It is dropped now, unless the handler closes it.
 * And:
 *   request-token () -> char *
 *     A server rejects the token: another one, or NULL.
 */
#define RW_TYPE_CONNECTION_RACE (rw_connection_race_get_type ())
G_DECLARE_FINAL_TYPE (RwConnectionRace, rw_connection_race, RW, CONNECTION_RACE,
                      GObject)

RwConnectionRace *rw_connection_race_new (RwClock *clock, GMainContext *context,
                                          RwController *controller,
                                          RwServerPool *pool,
                                          const RwWsConnectionConfig *config);

RwServerConnection *rw_connection_race_lookup (RwConnectionRace *self,
                                               guint64 generation);

/** rw_connection_race_use: @connection has won, with this @welcome. */
void rw_connection_race_use (RwConnectionRace *self,
                             RwServerConnection *connection,
                             const RwSignalMessage *welcome);

/** rw_connection_race_is_handshaking: one is in the handshake. */
gboolean rw_connection_race_is_handshaking (RwConnectionRace *self);

/** rw_connection_race_is_busy: and so lately that the others wait for it. */
gboolean rw_connection_race_is_busy (RwConnectionRace *self);

/** rw_connection_race_get_stage: whose answer is waited for. */
RwConnectStage rw_connection_race_get_stage (RwConnectionRace *self);

/** rw_connection_race_get_tried: the server of the last attempt, as it may be
 * shown; NULL before the first. */
const char *rw_connection_race_get_tried (RwConnectionRace *self);

/** rw_connection_race_block: simulates an outage: nothing that is begun within
 * @duration_us opens. */
void rw_connection_race_block (RwConnectionRace *self, gint64 duration_us);

/** rw_connection_race_set_auth_token: for the next connection. */
void rw_connection_race_set_auth_token (RwConnectionRace *self,
                                        const char *token);

/** rw_connection_race_renew_token: asks for another token; FALSE if there is
 * none. */
gboolean rw_connection_race_renew_token (RwConnectionRace *self);

guint64 rw_connection_race_get_n_attempts (RwConnectionRace *self);

/** rw_connection_race_get_n_received: messages, understood or not. */
guint64 rw_connection_race_get_n_received (RwConnectionRace *self);

G_END_DECLS
