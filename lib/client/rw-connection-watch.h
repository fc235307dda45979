/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-server-connection.h"

G_BEGIN_DECLS

/**
 * RwConnectionWatch:
 * Whether the connection in use still works, when there is reason to doubt it:
 * a connection that does not answer a probe in time is suspect, and one that
 * never does is closed. Control thread.
 */
typedef struct _RwConnectionWatch RwConnectionWatch;

/** rw_connection_watch_new: @timeout_us: until a server with resumption is
 * suspect; others have four times as long. @on_suspect (@data) then. */
RwConnectionWatch *rw_connection_watch_new (RwClock *clock,
                                            GMainContext *context,
                                            gint64 timeout_us,
                                            void (*on_suspect) (gpointer data),
                                            gpointer data);
void rw_connection_watch_free (RwConnectionWatch *self);

/** rw_connection_watch_doubt: there is reason to distrust the network. */
void rw_connection_watch_doubt (RwConnectionWatch *self);

/** rw_connection_watch_is_doubted: there was, so lately that it explains what
 * happens. */
gboolean rw_connection_watch_is_doubted (RwConnectionWatch *self);

/** rw_connection_watch_begin_probe: TRUE if the caller is to send a question
 * that is always answered; FALSE: the answer to one is waited for already. */
gboolean rw_connection_watch_begin_probe (RwConnectionWatch *self,
                                          RwServerConnection *connection);

/** rw_connection_watch_end_probe: something was received, or it does not matter
 * any more. */
void rw_connection_watch_end_probe (RwConnectionWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RwConnectionWatch, rw_connection_watch_free)

G_END_DECLS
