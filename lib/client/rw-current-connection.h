/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-controller.h"
#include "rw-server-connection.h"
#include "rw-server-pool.h"

G_BEGIN_DECLS

/**
 * RwCurrentConnection:
 * The connection in use, if there is one, its end, and the reasons to replace
 * it: it does not answer a probe, or a preferred server works again. It reports
 * these to the controller. Part of RwServerLink. Control thread. The connection
 * is borrowed from the RwConnectionRace.
 */
typedef struct _RwCurrentConnection RwCurrentConnection;

/**
 * RwCurrentConnectionHost: outlives it.
 * @cleared: there is no connection in use any more.
 */
typedef struct {
  RwController *controller;
  RwServerPool *pool;
  void (*cleared) (gpointer user_data);
  gpointer user_data;
} RwCurrentConnectionHost;

/** rw_current_connection_new: copies @host. The times: see
 * RwWsSignallerConfig. */
RwCurrentConnection *
rw_current_connection_new (RwClock *clock, GMainContext *context,
                           const RwCurrentConnectionHost *host,
                           gint64 probe_timeout_us, gint64 better_delay_us);
void rw_current_connection_free (RwCurrentConnection *self);

/** rw_current_connection_get: the connection in use, or NULL. */
RwServerConnection *rw_current_connection_get (RwCurrentConnection *self);

/** rw_current_connection_use: @connection is the one in use. */
void rw_current_connection_use (RwCurrentConnection *self,
                                RwServerConnection *connection);

/** rw_current_connection_get_uri: of its server, in full, or NULL. */
const char *rw_current_connection_get_uri (RwCurrentConnection *self);

/** rw_current_connection_clear: none is in use. */
void rw_current_connection_clear (RwCurrentConnection *self);

/** rw_current_connection_lose: the connection in use has ended; the next one is
 * opened after @hold_us at the earliest. */
void rw_current_connection_lose (RwCurrentConnection *self, gint64 hold_us);

/** rw_current_connection_drop: the connection in use, if there is one, counts
 * as lost for @reason. */
void rw_current_connection_drop (RwCurrentConnection *self, const char *reason);

/** rw_current_connection_note_activity: something was received on it. */
void rw_current_connection_note_activity (RwCurrentConnection *self);

/** rw_current_connection_keep: an attempt to find a better server has failed,
 * and nothing was wrong with the connection in use. The next such attempt
 * comes after @hold_us at the earliest. */
void rw_current_connection_keep (RwCurrentConnection *self, gint64 hold_us);

/** rw_current_connection_doubt: there is reason to distrust the network. */
void rw_current_connection_doubt (RwCurrentConnection *self);

/** rw_current_connection_begin_probe: TRUE if the caller is to send a question
 * that is always answered. */
gboolean rw_current_connection_begin_probe (RwCurrentConnection *self);

/** rw_current_connection_drain: its server stops; it is left after
 * @delay_us. */
void rw_current_connection_drain (RwCurrentConnection *self, gint64 delay_us);

/** rw_current_connection_is_moving: @connection is to another server, and
 * nothing is wrong with the one in use. */
gboolean rw_current_connection_is_moving (RwCurrentConnection *self,
                                          RwServerConnection *connection);

/** rw_current_connection_has_replaced: @connection was in use, and the one that
 * is in use now is to another server, which has welcomed the client as a new
 * one: the server of @connection does not know. */
gboolean rw_current_connection_has_replaced (RwCurrentConnection *self,
                                             RwServerConnection *connection);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwCurrentConnection, rw_current_connection_free)

G_END_DECLS
