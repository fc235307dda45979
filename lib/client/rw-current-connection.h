/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-controller.h"
#include "rw-server-connection.h"
#include "rw-server-pool.h"

G_BEGIN_DECLS

/**
 * RwCurrentConnection:
 * The connection in use, if there is one, and the reasons to replace it: it
 * does not answer a probe, or a preferred server works again. It reports both
 * to the controller. Part of RwServerLink. Control thread. The connection is
 * borrowed from the RwConnectionRace.
 */
typedef struct _RwCurrentConnection RwCurrentConnection;

/** rw_current_connection_new: @controller and @pool outlive it. The times: see
 * RwWsSignallerConfig. */
RwCurrentConnection *
rw_current_connection_new (RwClock *clock, GMainContext *context,
                           RwController *controller, RwServerPool *pool,
                           gint64 probe_timeout_us, gint64 better_delay_us);
void rw_current_connection_free (RwCurrentConnection *self);

/** rw_current_connection_get: the connection in use, or NULL. */
RwServerConnection *rw_current_connection_get (RwCurrentConnection *self);

/** rw_current_connection_use: @connection is the one in use. */
void rw_current_connection_use (RwCurrentConnection *self,
                                RwServerConnection *connection);

/** rw_current_connection_clear: none is in use. Returns whether one was. */
gboolean rw_current_connection_clear (RwCurrentConnection *self);

/** rw_current_connection_note_activity: something was received on it. */
void rw_current_connection_note_activity (RwCurrentConnection *self);

/** rw_current_connection_keep: an attempt to find a better server has failed,
 * and nothing was wrong with the connection in use. The next such attempt
 * comes after @hold_us at the earliest. */
void rw_current_connection_keep (RwCurrentConnection *self, gint64 hold_us);

/** rw_current_connection_doubt: there is reason to distrust the network. */
void rw_current_connection_doubt (RwCurrentConnection *self);

/** rw_current_connection_is_doubted: there was, so lately that it explains the
 * loss of the connection. */
gboolean rw_current_connection_is_doubted (RwCurrentConnection *self);

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

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwCurrentConnection, rw_current_connection_free)

G_END_DECLS
