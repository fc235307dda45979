/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rw-session.h"

G_BEGIN_DECLS

/*
 * RwSessionTable: the sessions of an element and its line to the signalling
 * server: hands what the server says about a session to it, and keeps each
 * until its peer has ended.
 *
 * Thread: control.
 */
typedef struct _RwSessionTable RwSessionTable;

/* NULL, and an element error, when the settings give no signaller. The line is
 * not started yet. */
RwSessionTable *rw_session_table_new (RwEndpoint *endpoint);

/**
 * rw_session_table_close:
 * Ends the line, and waits until it and all sessions are gone, two seconds at
 * the most. The caller has closed the sessions.
 */
void rw_session_table_close (RwSessionTable *self);

/* Closed before. */
void rw_session_table_free (RwSessionTable *self);

RwSignaller *rw_session_table_get_signaller (RwSessionTable *self);

/* A new session, which is the table's; see rw_session_new(). There must be
 * none of that id yet. */
RwSession *rw_session_table_add (RwSessionTable *self, const char *id,
                                 RwWebrtcPeerConfig *config,
                                 const RwSessionFuncs *funcs, gpointer owner,
                                 GDestroyNotify free_owner);

/* Closing ones count in all of these. */
guint rw_session_table_get_size (RwSessionTable *self);
gboolean rw_session_table_has_id (RwSessionTable *self, const char *id);
RwSession *rw_session_table_find (RwSessionTable *self, guint64 generation);

/* Of RwSession, as they are now; for loops that may close some. */
GPtrArray *rw_session_table_list (RwSessionTable *self);

G_END_DECLS
